"""USGS Mineral Commodity Summaries to 2025: salient statistics and world tables.

The unit of a salient column stands at the end of its name. A few names contradict the metadata
that the USGS publishes beside the file; for those the metadata count, and `RENAMED` lists them.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from critmin.data import tidy
from critmin.data.countries import iso3
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError

UNIT_TOKENS = {
    "t": "t",
    "kt": "kt",
    "Mt": "Mt",
    "kg": "kg",
    "dlb": "USD/lb",
    "dkg": "USD/kg",
    "dg": "USD/g",
    "dt": "USD/t",
    "ctslb": "ct/lb",
    "dtoz": "USD/troy_oz",
    "dto": "USD/troy_oz",
    "dst": "USD/short_ton",
    "df": "USD/flask",
    "pct": "%",
    "mmt": "Mt",
    "g": "g",
    "num": "persons",
    "mct": "Mct",
    "mcm": "Mm3",
    "mdol": "MUSD",
}
"""Last token of a salient column's name and the unit it stands for."""

RENAMED = {
    ("arsen", "Price_Mtl_US_dkg"): "USD/lb",
    ("bauxi", "Alumina_Price_kt"): "USD/t",
    ("manga", "Price_CN_CIF_dt"): "USD/mtu",
    ("mica", "Price_Sheet-Block_dt"): "USD/kg",
    ("mica", "Price_Sheet-Splittings_dt"): "USD/kg",
    ("mgmet", "Price_European_dlb"): "USD/lb",
    ("rareee", "NIR_Compounds-Metals_t"): "%",
    ("rareee", "NIR_Concentrate_t"): "%",
    ("tungs", "Price_WO3_dt"): "USD/mtu",
    ("zirco", "Price_Zircon_premium_CIF_CN_t"): "USD/t",
    ("zirco", "Price_Zircon_imported_t"): "USD/t",
    ("zirco", "Price_Zircon_sponge_CN_t"): "USD/kg",
    ("zirco", "Price_Hf_unwrought_t"): "USD/kg",
}
"""Units that the publisher's metadata state and the column's name does not."""

WORLD_UNITS = {
    "metric tons": "t",
    "thousand metric tons": "kt",
    "million metric tons": "Mt",
    "kilograms": "kg",
    "metric tons, gross weight": "t",
    "million cubic meters": "Mm3",
    "million carats": "Mct",
    "thousand carats": "kct",
}

_CHAPTER = re.compile(r"mcs(\d{4})-?([a-z]+)[_-]", re.IGNORECASE)

CHAPTERS = {
    "alum": "alumi",
    "lithium": "lithi",
    "quartz": "quart",
    "raree": "rareee",
    "scandi": "scand",
    "thalli": "thall",
}
"""Chapters that an edition abbreviates otherwise than the one of 2025."""


def _column_unit(chapter: str, column: str) -> str:
    renamed = RENAMED.get((chapter, column))
    if renamed:
        return renamed
    token = column.rsplit("_", 1)[-1].split(".")[0]  # ".1": a name the publisher used twice
    if token == "ct" and column.startswith("NIR"):  # the publisher's slip for pct
        return "%"
    return UNIT_TOKENS.get(token, "")


def load_salient(path: str | Path) -> pd.DataFrame:
    """Read the salient statistics of one commodity chapter.

    Parameters
    ----------
    path : path
        A file of the editions from 2022 to 2025, named like ``mcs2025-cobal_salient.csv``; edition
        and chapter come from the name.

    Returns
    -------
    DataFrame
        Tidy and annual. `series` is the publisher's column, `unit` is read off its name (see
        `RENAMED` for the exceptions). Withheld values, bounds, ranges and net exporters keep their
        `qualifier`.

    Raises
    ------
    DataError
        If the name, a year or a cell cannot be read.
    """
    found = _CHAPTER.search(Path(path).name)
    if not found:
        raise DataError(f"{path}: expected a name like mcs2025-cobal_salient.csv")
    edition, chapter = found[1], CHAPTERS.get(found[2].lower(), found[2].lower()[:6])
    table = read_csv(path, required=("Commodity", "Year"))
    statistics = [
        c
        for c in table.columns
        if c not in {"DataSource", "Source", "Commodity", "Year"} and not c.startswith("Unnamed")
    ]
    records, problems = [], []
    for number, (_, row) in enumerate(table.iterrows(), start=2):
        year = str(row["Year"]).strip().lower().removesuffix("e").strip()
        if not year and not any(str(row[c]).strip() for c in statistics):
            continue
        if not re.fullmatch(r"\d{4}", year):
            problems.append(f"row {number}: {row['Year']!r} is not a year")
            continue
        for column in statistics:
            if not (raw := str(row[column]).strip()):
                continue
            unit = _column_unit(chapter, column)
            try:
                cell = tidy.parse_cell(raw)
            except ValueError:
                problems.append(f"row {number}, {column}: cannot read {raw!r}")
                continue
            qualifier = cell.qualifier
            if not qualifier and int(year) == int(edition) - 1:
                qualifier = "estimated"
            records.append(
                {
                    "dataset": f"usgs-mcs-{edition}-{chapter}",
                    "series": column,
                    "commodity": str(row["Commodity"]).strip().lower(),
                    "country": "USA",
                    "year": int(year),
                    "value": cell.value,
                    "lower": cell.lower,
                    "upper": cell.upper,
                    "unit": unit,
                    "qualifier": qualifier,
                }
            )
    if problems:
        raise DataError(f"{path}: {len(problems)} cells refused", problems)
    return tidy.check(tidy.frame(records), str(path))


def _collect(
    store: dict[tuple[object, ...], dict[str, object]],
    key: tuple[object, ...],
    row: dict[str, object],
) -> None:
    """Add up rows that share a key: the publisher splits some countries by grade."""
    if key in store:
        value = np.nansum([float(str(store[key]["value"])), float(str(row["value"]))])
        store[key]["value"] = float(value)
    else:
        store[key] = row


def load_world(path: str | Path) -> pd.DataFrame:
    """Read the world production, capacity and reserves of all chapters (layout of MCS 2025).

    Returns
    -------
    DataFrame
        Tidy and annual; `series` is ``"production"``, ``"capacity"`` or ``"reserves"`` followed by
        a colon and the publisher's type of production; quantities in tonnes where the publisher's
        unit is one of mass. Rows of one country that differ only by grade are added up.
    """
    table = read_csv(path, required=("SOURCE", "COMMODITY", "COUNTRY", "TYPE", "UNIT_MEAS"))
    edition = int(re.sub(r"\D", "", table["SOURCE"].iloc[0]))
    measures = []
    for column in table.columns:
        found = re.fullmatch(r"(PROD|CAP|RESERVES)_(EST_ ?)?(\d{4})", column)
        if found:
            measures.append(
                (
                    column,
                    {"PROD": "production", "CAP": "capacity", "RESERVES": "reserves"}[found[1]],
                    int(found[3]),
                    bool(found[2]),
                )
            )
    store: dict[tuple[object, ...], dict[str, object]] = {}
    problems = []
    for number, (_, row) in enumerate(table.iterrows(), start=2):
        country = iso3(row["COUNTRY"])
        if country is None:
            problems.append(f"row {number}: unknown country {row['COUNTRY']!r}")
            continue
        commodity = row["COMMODITY"].strip().lower().replace("gemanium", "germanium")
        unit = WORLD_UNITS.get(row["UNIT_MEAS"].strip().lower(), row["UNIT_MEAS"].strip())
        scale = {"t": 1.0, "kt": 1e3, "Mt": 1e6, "kg": 1e-3}.get(unit)
        for column, measure, year, is_estimate in measures:
            raw = row[column].strip()
            if not raw:
                continue
            try:
                cell = tidy.parse_cell(raw)
            except ValueError:
                problems.append(f"row {number}, {column}: cannot read {raw!r}")
                continue
            series = f"{measure}: {' '.join(row['TYPE'].lower().split())}"
            key = (series, commodity, country, year)
            _collect(
                store,
                key,
                {
                    "dataset": f"usgs-mcs-{edition}-world",
                    "series": series,
                    "commodity": commodity,
                    "country": country,
                    "year": year,
                    "value": cell.value * (scale or 1.0),
                    "lower": cell.lower * (scale or 1.0),
                    "upper": cell.upper * (scale or 1.0),
                    "unit": "t" if scale else unit,
                    "qualifier": cell.qualifier or ("estimated" if is_estimate else ""),
                },
            )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return tidy.check(tidy.frame(store.values()), str(path))
