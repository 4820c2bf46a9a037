"""World tables of output in the combined file that the USGS publishes from MCS 2026 on."""

import re
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.countries import iso3
from critmin.data.loaders.files import read_csv
from critmin.data.loaders.usgs_combined import COLUMNS as COMBINED
from critmin.exceptions import DataError

COLUMNS = (*COMBINED, "Notes")

SCALE = {
    "metric tons": 1.0,
    "thousand metric tons": 1e3,
    "thousand metric dry tons": 1e3,
    "million metric tons": 1e6,
    "kilograms": 1e-3,
}
"""Units of mass and the tonnes in each; chapters in other units (carats) are passed over."""

BLANK = frozenset({"s", "S", "XX"})
"""Cells that say "see elsewhere" or "not applicable"."""

_ROUNDED = re.compile(r",? ?:? ?rounded$")


def load_world_2026(path: str | Path) -> pd.DataFrame:
    """Read the output by country of the combined file's world tables.

    Parameters
    ----------
    path : path
        The combined file, with the columns of `COLUMNS`.

    Returns
    -------
    DataFrame
        Tidy and annual, in tonnes. `commodity` is the publisher's commodity, `series`
        ``"production: "`` and its detail (the forms that countries report apart are kept apart),
        `country` "WLD" for the printed total and "ROW" for other countries. Withheld figures keep
        their qualifier; a dash is 0. Periods of several years and cells without a year are left out.

    Raises
    ------
    DataError
        If a country or a figure cannot be read.
    """
    table = read_csv(path, required=COLUMNS)
    table = table[
        table["Section"].str.startswith("World")
        & (table["Statistics"].str.strip() == "Production")
        & table["Year"].str.strip().str.fullmatch(r"\d{4}")
        & table["Unit"].str.strip().isin(SCALE)
        & table["Country"].str.strip().ne("")
    ]
    edition = int(table["Year"].astype(int).max()) + 1
    records: dict[tuple[str, str, str, int], dict[str, object]] = {}
    problems = []
    for index, row in table.iterrows():
        raw = row["Value"].strip()
        if raw in BLANK:
            continue
        country = iso3(row["Country"])
        try:
            cell = tidy.parse_cell("0" if raw in {"—", "-", "–"} else raw)
        except ValueError:
            problems.append(f"row {int(str(index)) + 2}: cannot read {raw!r}")
            continue
        if country is None:
            problems.append(f"row {int(str(index)) + 2}: unknown country {row['Country']!r}")
            continue
        detail = _ROUNDED.sub("", " ".join(row["Statistics_detail"].lower().split()))
        commodity, scale = row["Commodity"].strip().lower(), SCALE[row["Unit"].strip()]
        key = (commodity, detail, country, int(row["Year"]))
        if key in records:
            problems.append(f"row {int(str(index)) + 2}: {key} given twice")
            continue
        estimated = row["Notes"].startswith("Estimated") and not cell.qualifier
        records[key] = {
            "dataset": f"usgs-mcs-{edition}-world",
            "series": f"production: {detail}",
            "commodity": commodity,
            "country": country,
            "year": int(row["Year"]),
            "value": cell.value * scale,
            "lower": cell.lower * scale,
            "upper": cell.upper * scale,
            "unit": "t",
            "qualifier": "estimated" if estimated else cell.qualifier,
        }
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return tidy.check(tidy.frame(records.values()), str(path))
