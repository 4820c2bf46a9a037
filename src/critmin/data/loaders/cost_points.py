"""Published points of production cost, each with what a person read in it."""

from pathlib import Path

import pandas as pd

from critmin.data.countries import country_names
from critmin.data.loaders.readings import Rate, number, rows_with_readings, usd_per_tonne
from critmin.exceptions import DataError

MEASURES = {
    "c1": "cash cost to a saleable product, without sustaining capital (mostly C1)",
    "operating": "operating cost in the publisher's own definition",
    "aisc": "all-in sustaining cost: cash cost, royalties and sustaining capital",
    "all_in": "all-in or total cost, growth or sunk capital included",
    "marginal": "cost or break-even price of the marginal producers",
    "percentile_90": "cost at the ninetieth percentile of capacity",
    "incentive": "price at which a new or closed plant would be built or reopened",
    "capex": "capital per tonne of yearly capacity",
}
"""What a point measures."""

BASES = ("reported", "guidance", "study", "estimate")
"""A company's result, its forecast, a feasibility study or plan, an analyst's or ministry's estimate."""

SPANS = ("year", "half", "quarter", "month")
CREDITS = ("gross", "net", "unknown", "")
"""Before or after the revenue of by-products; empty for capital."""

COLUMNS = (
    "mineral",
    "country",
    "name",
    "process",
    "year",
    "span",
    "measure",
    "basis",
    "credits",
    "value",
    "lower",
    "upper",
    "unit",
    "bound",
    "form",
    "stage",
    "vat",
    "doubts",
    "printed",
    "source",
    "address",
)
READ = ("mineral", "span", "measure", "basis", "credits", "bound", "form", "stage", "vat", "doubts")
"""Columns that are the reading's own words."""

CHINESE_VAT = 0.13
"""Taken off where a page says that its cost includes the tax: all such pages are of 2025."""


def load_published_costs(path: str | Path, readings: pd.DataFrame, rate: Rate) -> pd.DataFrame:
    """Read the compiled costs that can be read surely.

    Parameters
    ----------
    path : path
        ``cost-points.csv``.
    readings : DataFrame
        The hand table ``cost-readings``, text.
    rate : callable
        Units of a currency per US dollar in a year.

    Returns
    -------
    DataFrame
        With `COLUMNS`. ``value`` is nominal USD per tonne of contained element at the
        stated ``stage`` (capital: per tonne of yearly capacity), ``lower`` and ``upper`` the printed
        range; ``bound`` says "at most" or "at least"; ``credits`` gross, net or unknown;
        ``doubts`` what is weak; ``printed`` the number as published.

    Raises
    ------
    DataError
        With every row that differs from its reading, or whose reading has a word that is not one
        of `MEASURES`, `BASES`, `SPANS`, `CREDITS`.

    Notes
    -----
    Two minerals are mixes: ``platinum_group`` (per tonne of the metals that the basket counts) and
    ``rare_earths`` (mixed oxides at 84% metal, as in bastnaesite).
    """
    records, problems = [], []
    for row, reading in rows_with_readings(path, readings):
        if reading["refused"]:
            continue
        problems.extend(_wrong(row, reading))
        records.append(_point(row, reading, rate))
    if problems:
        raise DataError(f"{path}: {len(problems)} readings refused", problems)
    table = pd.DataFrame(records, columns=list(COLUMNS))
    order = ["mineral", "form", "measure", "year", "country", "name", "span", "value"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def _wrong(row: dict[str, str], reading: dict[str, str]) -> list[str]:
    allowed = {
        "measure": tuple(MEASURES),
        "basis": BASES,
        "span": SPANS,
        "credits": CREDITS,
        "stage": ("mined", "refined"),
        "vat": ("in", "unknown", ""),
        "bound": ("at most", "at least", ""),
    }
    found = [
        f"row {reading['line']}: {name} {reading[name]!r} is none of {words}"
        for name, words in allowed.items()
        if reading[name] not in words
    ]
    if row["country"] not in {*country_names(), "WLD"}:
        found.append(f"row {reading['line']}: unknown country code {row['country']!r}")
    return found


def _point(row: dict[str, str], reading: dict[str, str], rate: Rate) -> dict[str, object]:
    year, unit = int(reading["year"]), reading["unit"]
    taxed = 1 + CHINESE_VAT if reading["vat"] == "in" else 1.0
    factor = usd_per_tonne(1.0, unit, year, rate) / float(reading["content"]) / taxed
    low, high = number(row["low"]), number(row["high"])
    if "range not of this value" in reading["doubts"]:
        low = high = float("nan")
    printed = number(row["value"])
    value = (low + high) / 2 if printed != printed else printed
    return {
        **{name: reading[name] for name in READ},
        "country": row["country"],
        "name": row["producer_or_scope"],
        "process": row["process"],
        "year": year,
        "value": factor * value,
        "lower": factor * low,
        "upper": factor * high,
        "unit": "USD/t",
        "printed": f"{row['value'] or row['low'] + ' to ' + row['high']} {unit}",
        "source": row["source_title"],
        "address": row["source_address"],
    }
