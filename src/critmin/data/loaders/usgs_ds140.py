"""USGS Data Series 140, historical statistics: the workbooks and a table transcribed from them."""

import re
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.loaders.files import read_csv, read_sheet
from critmin.exceptions import DataError

SERIES = {
    "unit value ($/t)": ("unit_value", "USD/t"),
    "world production": ("world_production", "t"),
    "world production (gross weight)": ("world_production_gross", "t"),
    "world production (lithium content)": ("world_production", "t"),
    "production": ("us_production", "t"),
    "primary production": ("us_production", "t"),
    "imports": ("us_imports", "t"),
    "exports": ("us_exports", "t"),
    "apparent consumption": ("us_consumption", "t"),
    "estimated consumption": ("us_consumption", "t"),
}
"""Headings of the workbooks that are read; the others (constant dollars, notes) are left."""


def load_workbook(path: str | Path) -> pd.DataFrame:
    """Read one commodity's workbook.

    Parameters
    ----------
    path : path
        A file whose first sheet starts with ``<COMMODITY> STATISTICS`` and has a row of headings
        that begins with ``Year``.

    Returns
    -------
    DataFrame
        Tidy and annual, `dataset` ``usgs-ds140-<commodity>``.

    Raises
    ------
    DataError
        If it is not such a workbook, or a cell cannot be read.
    """
    rows = read_sheet(path)
    title = re.match(r"([A-Z][A-Z \-()]+?) STATISTICS", str(rows[0][0] or "")) if rows else None
    header = next((i for i, row in enumerate(rows) if str(row[0]).strip() == "Year"), None)
    if not title or header is None:
        raise DataError(f"{path}: expected '<COMMODITY> STATISTICS' and a heading row with 'Year'")
    commodity = title[1].strip().lower().replace(" ", "-")
    columns = [
        (i, *SERIES[name])
        for i, cell in enumerate(rows[header])
        if (name := " ".join(str(cell or "").lower().split())) in SERIES
    ]
    records, problems = [], []
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        if not isinstance(row[0], int | float):
            continue
        for column, series, unit in columns:
            try:
                cell = tidy.parse_cell(row[column])
            except ValueError:
                problems.append(f"row {number}: cannot read {row[column]!r}")
                continue
            if cell.qualifier == "not_available":
                continue
            records.append(
                {
                    "dataset": f"usgs-ds140-{commodity}",
                    "series": series,
                    "commodity": commodity,
                    "country": "WLD" if series.startswith("world") else "USA",
                    "year": int(row[0]),
                    "value": cell.value,
                    "unit": unit,
                    "qualifier": cell.qualifier,
                }
            )
    if problems:
        raise DataError(f"{path}: {len(problems)} cells refused", problems)
    return tidy.check(tidy.frame(records), str(path))


def load_series(path: str | Path) -> pd.DataFrame:
    """Read figures transcribed from several workbooks: year, commodity, series, value, unit."""
    table = read_csv(path, required=("year", "commodity", "series", "value", "unit"))
    records, problems = [], []
    for number, row in enumerate(table.to_dict("records"), start=2):
        try:
            cell = tidy.parse_cell(row["value"])
            year = int(row["year"])
        except ValueError:
            problems.append(f"row {number}: cannot read {row['year']!r}, {row['value']!r}")
            continue
        if not cell.value > 0:
            problems.append(f"row {number}: {row['series']} {row['value']!r} is not positive")
            continue
        world = row["series"].startswith("world")
        records.append(
            {
                "dataset": f"usgs-ds140-{row['commodity']}",
                "series": row["series"],
                "commodity": row["commodity"],
                "country": "WLD" if world else "USA",
                "year": year,
                "value": cell.value,
                "unit": "t" if world else "USD/t",
                "qualifier": cell.qualifier,
            }
        )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return tidy.check(tidy.frame(records), str(path))
