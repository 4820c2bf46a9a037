"""Outlooks of others, to be compared with: the IEA's critical minerals, Australia's quarterly."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from critmin.data.countries import ROW, iso3
from critmin.data.loaders.files import checked_path, read_sheets
from critmin.data.loaders.iea_supply import REST, disjoint
from critmin.exceptions import DataError

IEA, REQ = "iea-critical-minerals-2025", "australia-req-2025-06"

COLUMNS = (
    "dataset",
    "mineral",
    "quantity",
    "country",
    "scenario",
    "year",
    "value",
    "unit",
    "status",
)

SCENARIOS = ("STEPS", "APS", "NZE")
"""Stated policies, announced pledges, net zero by 2050."""

_IEA_NAMES = {
    "Rare Earth Elements": "magnet_rare_earths",
    "Battery-grade graphite": "battery_graphite",
    "PGMs": "platinum_group",
}
_TOTALS = frozenset({"Total REE"})
_NOT_COUNTRIES = re.compile(r"^(Notes?:|“)")
_COUNTRIES = {REST: ROW, "Democratic Republic of Congo": "COD"}

OUNCES, CARBONATE, HYDROXIDE = 1 / 31.1034768e-6, 0.18787, 0.16543
IRON = 0.62

REQ_ROWS: tuple[tuple[str, str, str, str, str, str, float], ...] = (
    ("Steel-making", "Iron ore", "– nominal", "iron_ore", "price", "US$/t", 1 / IRON),
    ("Gold", "Price", "– nominal", "gold", "price", "US$/oz", OUNCES),
    ("Gold", "", "Mine production", "gold", "mined", "t", 1.0),
    ("Gold", "", "Total demand", "gold", "demand", "t", 1.0),
    ("Aluminium", "World aluminium", "– nominal", "aluminum", "price", "US$/t", 1.0),
    ("Aluminium", "Primary aluminium", "Production", "aluminum", "refined", "kt", 1e3),
    ("Aluminium", "Primary aluminium", "Consumption", "aluminum", "demand", "kt", 1e3),
    ("Copper", "Price LME", "– nominal", "copper", "price", "US$/t", 1.0),
    ("Copper", "Production", "– mine", "copper", "mined", "kt", 1e3),
    ("Copper", "Production", "– refined", "copper", "refined", "kt", 1e3),
    ("Copper", "", "Consumption", "copper", "demand", "kt", 1e3),
    ("Nickel", "Price LME", "– nominal", "nickel", "price", "US$/t", 1.0),
    ("Nickel", "Production", "– mine", "nickel", "mined", "kt", 1e3),
    ("Nickel", "Production", "– refined", "nickel", "refined", "kt", 1e3),
    ("Nickel", "", "Consumption", "nickel", "demand", "kt", 1e3),
    ("Zinc", "Price", "– nominal", "zinc", "price", "US$/t", 1.0),
    ("Zinc", "Production", "– mine", "zinc", "mined", "kt", 1e3),
    ("Zinc", "Production", "– refined", "zinc", "refined", "kt", 1e3),
    ("Zinc", "", "Consumption", "zinc", "demand", "kt", 1e3),
    ("Lithium", "Lithium hydroxide price", "– nominal", "lithium", "price", "US$/t", 1 / HYDROXIDE),
    ("Lithium", "", "Production (refined)", "lithium", "refined", "LCE kt", 1e3 * CARBONATE),
    ("Lithium", "", "Demand", "lithium", "demand", "LCE kt", 1e3 * CARBONATE),
)
"""Sheet, heading above the row ("" for none needed), row, mineral, quantity, unit, and the factor to
tonnes of element or nominal USD per tonne of element."""


def load_iea(path: str | Path) -> pd.DataFrame:
    """Read the IEA's demand by scenario and supply by country.

    Parameters
    ----------
    path : path
        The JSON file of the edition of May 2025.

    Returns
    -------
    DataFrame
        With `COLUMNS`. quantity is "demand" (all uses; six minerals), "clean_demand" (energy
        technologies), "mined" or "refined" (by country, "WLD" for the total); values are tonnes of
        contained element (graphite: of graphite). The edition's 2024 is its base year. Where the
        rest of the world holds a country that has a row of its own, it is taken out of the rest.

    Raises
    ------
    DataError
        If countries do not add up to their total, or a country is not known.
    """
    document = json.loads(checked_path(path).read_text(encoding="utf-8"))
    records = [*_iea_demand(document), *_iea_supply(document, path)]
    return _tidy(records)


def _record(mineral: str, quantity: str, country: str, **rest: Any) -> dict[str, Any]:
    return {"dataset": IEA, "mineral": mineral, "quantity": quantity, "country": country, **rest}


def _mineral(name: str) -> str:
    return _IEA_NAMES.get(name, name.lower())


def _iea_demand(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    parts = [("demand", n, v["totalDemand"]) for n, v in document["totalDemand"].items()]
    parts += [("clean_demand", n, v) for n, v in document["cleantechByMineral"].items()]
    for quantity, name, values in parts:
        if name in _TOTALS:
            continue
        base = {"year": 2024, "value": 1e3 * values["2024"], "unit": "t", "status": "base"}
        yield _record(_mineral(name), quantity, "WLD", scenario="", **base)
        for scenario in SCENARIOS:
            for year, value in values[scenario].items():
                if value is not None:
                    ahead = {"year": int(year), "value": 1e3 * value, "unit": "t"}
                    ahead["status"] = "forecast"
                    yield _record(_mineral(name), quantity, "WLD", scenario=scenario, **ahead)


def _iea_supply(document: dict[str, Any], path: str | Path) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    problems: list[str] = []
    for name, stages in document["supply"].items():
        for stage, quantity in (("mining", "mined"), ("refining", "refined")):
            part = stages[stage]
            # Footnotes of the sheet stand among the countries.
            countries = {c: v for c, v in part["countries"].items() if not _NOT_COUNTRIES.match(c)}
            try:
                countries = disjoint(countries, part["total"])
            except ValueError as error:
                problems.append(f"{name} {stage}: {error}")
                continue
            for country, values in {**countries, "World": part["total"]}.items():
                code = _COUNTRIES.get(country) or iso3(country)
                if code is None:
                    problems.append(f"{name} {stage}: unknown country {country!r}")
                    continue
                records.extend(
                    _record(
                        _mineral(name),
                        quantity,
                        code,
                        scenario="" if year == "2024" else "base case",
                        year=int(year),
                        value=1e3 * value,
                        unit="t",
                        status="base" if year == "2024" else "forecast",
                    )
                    for year, value in values.items()
                )
    if problems:
        raise DataError(f"{path}: {len(problems)} figures refused", problems)
    return records


def load_req(path: str | Path) -> pd.DataFrame:
    """Read the world's prices and volumes of the Resources and Energy Quarterly.

    Parameters
    ----------
    path : path
        The workbook of forecast tables, June 2025.

    Returns
    -------
    DataFrame
        With `COLUMNS`, of the rows `REQ_ROWS`: prices in nominal USD per tonne of contained element,
        volumes in tonnes of it, all of the world.

    Raises
    ------
    DataError
        Naming every row that is not there, or has another unit.
    """
    records: list[dict[str, Any]] = []
    problems: list[str] = []
    sheets = read_sheets(path, list(dict.fromkeys(row[0] for row in REQ_ROWS)))
    for sheet, heading, label, mineral, quantity, unit, factor in REQ_ROWS:
        found = _req_row(sheets[sheet], heading, label)
        if found is None:
            problems.append(f"sheet {sheet!r}: no row {label!r} under {heading!r}")
            continue
        years, row, start = found
        if not str(row[start + 1]).startswith(unit):
            problems.append(
                f"sheet {sheet!r}, {label!r}: unit {row[start + 1]!r}, expected {unit!r}"
            )
            continue
        for column, (year, status) in years.items():
            value = row[column]
            if not isinstance(value, int | float) or not math.isfinite(value):
                problems.append(f"sheet {sheet!r}, {label!r}, {year}: {value!r} is not a number")
                continue
            records.append(
                {
                    "dataset": REQ,
                    "mineral": mineral,
                    "quantity": quantity,
                    "country": "WLD",
                    "scenario": "",
                    "year": year,
                    "value": factor * value,
                    "unit": "USD/t" if quantity == "price" else "t",
                    "status": status,
                }
            )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return _tidy(records)


def _text(cell: object) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""


def _req_row(
    rows: list[tuple[object, ...]], heading: str, label: str
) -> tuple[dict[int, tuple[int, str]], tuple[object, ...], int] | None:
    """Years by column, the row, and its first column: in the world's block, after the heading."""
    years: dict[int, tuple[int, str]] = {}
    start, within, above = 0, False, not heading
    for row in rows:
        units = [i for i, cell in enumerate(row) if _text(cell) == "Unit"]
        if units and not years:
            start = units[0] - 1
            years = _years(row, units[0])
            continue
        text = _text(row[start]) if start < len(row) else ""
        if text.startswith("Australia"):
            within = False
        elif text.startswith("World") and not within and years and row[start + 1] in (None, " "):
            within = True
            continue
        if not within:
            continue
        if heading and text.startswith(heading):
            above = True
        elif above and text.startswith(label):
            return years, row, start
    return None


def _years(row: tuple[object, ...], unit: int) -> dict[int, tuple[int, str]]:
    """Columns of the years; the changes in per cent beside them repeat the years."""
    found: dict[int, tuple[int, str]] = {}
    for i in range(unit + 1, len(row)):
        match = re.fullmatch(r"(20\d\d)( f| s)?", _text(row[i]))
        if match is None or any(int(match[1]) == year for year, _ in found.values()):
            break
        found[i] = (int(match[1]), "forecast" if match[2] == " f" else "base")
    return found


def _tidy(records: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(records, columns=list(COLUMNS))
    keys = ["dataset", "mineral", "quantity", "country", "scenario", "year"]
    return table.sort_values(keys, kind="stable", ignore_index=True)
