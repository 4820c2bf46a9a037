"""Facts of exports by month and year around controls: compiled from customs by way of the press."""

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from critmin.data.loaders.files import checked_path, read_csv
from critmin.exceptions import DataError

DATASET = "critmin-export-volumes"
COLUMNS = (
    "dataset",
    "form",
    "year",
    "first",
    "last",
    "value",
    "unit",
    "destination",
    "source",
    "address",
)

_YEAR = re.compile(r"(\d{4})")
_HALF = re.compile(r"(\d{4})H([12])")
_MONTHS = re.compile(r"(\d{4})-(\d{2})(?:/(\d{4})-(\d{2}))?")
_KILOGRAMS = {"kg": 1.0, "t": 1000.0}
_IMPUTED = 1e-3
_CODES = {250410: "graphite, flake and powder (250410)", 380110: "graphite, artificial (380110)"}
_AROUND = (("2019-12", "2022-11"), ("2022-12", "2023-11"), ("2023-12", "2024-11"))
"""Windows around graphite's control of 1 December 2023: fourth to second year before, last, first after."""


@dataclass(frozen=True, slots=True)
class Volumes:
    """Facts that could be read, and the others counted by reason."""

    table: pd.DataFrame
    refused: dict[str, int]


def load_volumes(path: str | Path) -> Volumes:
    """Read physical exports to the whole world; values, quotas, shares, destinations are counted only.

    Parameters
    ----------
    path : path
        CSV with mineral, what, period, value, unit, destination, source, address.

    Returns
    -------
    Volumes
        Its table has `COLUMNS`; value in kilograms over the whole period, from the first to the last
        month (``"2024-01"``). Figures that contradict each other all stay.
    """
    needed = ("mineral", "what", "period", "value", "unit", "destination", "source", "address")
    rows, refused = [], Counter[str]()
    for number, row in enumerate(read_csv(path, required=needed).to_dict("records"), start=2):
        span = months(row["period"])
        reason = _reason(row, span)
        if reason:
            refused[reason] += 1
            continue
        try:
            amount = float(row["value"]) * _KILOGRAMS[row["unit"]]
        except ValueError:
            raise DataError(f"{path}: row {number}: {row['value']!r} is not a number") from None
        assert span is not None
        rows.append(
            {
                "dataset": DATASET,
                "form": row["mineral"],
                "year": int(span[0][:4]),
                "first": span[0],
                "last": span[1],
                "value": amount,
                "unit": "kg",
                "destination": "WLD",
                "source": row["source"],
                "address": row["address"],
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = ["form", "first", "last", "value", "source"]
    return Volumes(table.sort_values(order, kind="stable", ignore_index=True), dict(refused))


def _reason(row: dict[str, str], span: tuple[str, str] | None) -> str:
    if row["what"] != "exports":
        return "no volume of exports (quotas, values, licences, averages)"
    if row["unit"] not in _KILOGRAMS:
        return "no weight"
    if not row["destination"].startswith("world"):
        return "one destination"
    if "Inner Mongolia" in row["destination"]:
        return "one province"
    if span is None:
        return "no period"
    if "period printed" in row["source"] or "period a" in row["source"]:
        return "period in doubt"
    return ""


def months(period: str) -> tuple[str, str] | None:
    """First and last month of a period as the press writes it.

    Examples
    --------
    >>> months("2024H1"), months("2024-01/2024-08"), months("lately")
    (('2024-01', '2024-06'), ('2024-01', '2024-08'), None)
    """
    text = period.strip()
    if year := _YEAR.fullmatch(text):
        return f"{year[1]}-01", f"{year[1]}-12"
    if half := _HALF.fullmatch(text):
        return (
            (f"{half[1]}-01", f"{half[1]}-06")
            if half[2] == "1"
            else (f"{half[1]}-07", f"{half[1]}-12")
        )
    if span := _MONTHS.fullmatch(text):
        first = f"{span[1]}-{span[2]}"
        last = f"{span[3]}-{span[4]}" if span[3] else first
        return (first, last) if first <= last else None
    return None


def load_monthly(path: str | Path) -> Volumes:
    """Read China's exports by month and partner, and give them by whole year and around the control.

    Months in which every partner pays the same imputed unit value are dropped, and with them their year.
    The bundle 811292 is left out: it is no material's.

    Parameters
    ----------
    path : path
        CSV with period_dt, partner_name, hs6, val (USD), qty (kg), uv.
    """
    table = pd.read_csv(checked_path(path))
    needed = ("period_dt", "partner_name", "hs6", "val", "qty")
    missing = [column for column in needed if column not in table]
    if missing:
        raise DataError(f"{path}: columns {missing} are missing; found {list(table.columns)[:20]}")
    refused = {"rows of a bundle of materials": int((~table["hs6"].isin(_CODES)).sum())}
    table = table[table["hs6"].isin(_CODES)]
    table["month"] = table["period_dt"].str[:7]
    unit = np.log(table["val"] / table["qty"].where(table["qty"] > 0))
    spread = unit.groupby([table["hs6"], table["month"]]).transform(lambda s: s.max() - s.min())
    imputed = spread < _IMPUTED
    refused["rows with the month's one imputed unit value"] = int(imputed.sum())
    sums = table[~imputed].groupby(["hs6", "month"])["qty"].sum().reset_index()
    years = sorted(set(sums["month"].str[:4]))
    spans = [(f"{year}-01", f"{year}-12") for year in years]
    rows, refused["spans without all of their months"] = [], 0
    for code, (first, last) in itertools.product(_CODES, [*spans, *_AROUND]):
        part = sums[(sums["hs6"] == code) & sums["month"].between(first, last)]
        if len(part) < month_count(first, last):
            refused["spans without all of their months"] += 1
            continue
        rows.append(
            {
                "dataset": DATASET,
                "form": _CODES[code],
                "year": int(first[:4]),
                "first": first,
                "last": last,
                "value": float(part["qty"].sum()),
                "unit": "kg",
                "destination": "WLD",
                "source": "UN Comtrade, China's exports by month, added up",
                "address": "https://comtradeplus.un.org",
            }
        )
    return Volumes(pd.DataFrame(rows, columns=list(COLUMNS)), refused)


def month_count(first: str, last: str) -> int:
    """Months from the first to the last, both included."""
    (y0, m0), (y1, m1) = (map(int, month.split("-")) for month in (first, last))
    return 12 * (y1 - y0) + m1 - m0 + 1
