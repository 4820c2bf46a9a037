"""USGS Data Series 140, historical statistics: workbooks, sheets as text, and a transcription."""

import re
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.loaders.account import Account, Reading
from critmin.data.loaders.files import read_csv, read_sheet, read_text
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
    years = _sheet_years([str(row[0] or "") for row in rows[header + 1 :]])
    for number, (row, year) in enumerate(
        zip(rows[header + 1 :], years, strict=True), start=header + 2
    ):
        if year is None:
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
                    "year": year,
                    "value": cell.value,
                    "unit": unit,
                    "qualifier": cell.qualifier,
                }
            )
    if problems:
        raise DataError(f"{path}: {len(problems)} cells refused", problems)
    return tidy.check(tidy.frame(records), str(path))


_BASIS = re.compile(
    r"all (?:values|quantities) (?:are )?in metric tons \(t\)(?: of)? *(.*?)(?: unless.*)?",
    re.IGNORECASE,
)
_DATE_MADE_OF_NUMBER = re.compile(r"\d{1,2}\.\d{2}\.\d{2}")


def basis(line: str) -> str:
    """What the tonnes of a sheet are of, from its third line; "" where it does not say.

    Examples
    --------
    >>> basis("[All values are in metric tons (t) gallium content unless otherwise noted]")
    'gallium content'
    >>> basis("[All quantities in metric tons (t) rare-earth oxide equivalent unless otherwise noted]")
    'rare-earth oxide equivalent'
    """
    found = _BASIS.fullmatch(line.strip().strip('"[]\t ').rstrip("]"))
    return found[1].strip().lower() if found else ""


def _sheet_years(cells: list[str]) -> list[int | None]:
    """Years of a sheet's rows; a year that stands twice in running is the next one the second time.

    (The nickel workbook prints 2019 for 2020; the lithium one repeats its last year without
    figures.)
    """
    years: list[int | None] = []
    for cell in cells:
        year = int(cell[:4]) if re.fullmatch(r"\d{4}\D*", cell.strip()) else None
        last = years[-1] if years else None
        years.append(year + 1 if year is not None and year == last else year)
    return years


def load_sheet(path: str | Path, commodity: str) -> Reading:
    """Read one sheet exported as tab-separated text.

    Parameters
    ----------
    path : path
        A file of UTF-8 text: title, publisher, basis in square brackets, date, and a row of
        headings that begins with ``Year``.
    commodity : str
        What the data set is called after, such as ``"galli"``.

    Returns
    -------
    Reading
        Its table is tidy and annual, `dataset` ``usgs-ds140-<commodity>``. The unit value per tonne
        is called after the basis, such as ``"unit_value: gallium content"`` or
        ``"unit_value: gross weight"``; the other series are as in `load_workbook`.

    Raises
    ------
    DataError
        If it is not such a sheet, or nothing in it can be read.
    """
    lines = read_text(path).splitlines()
    rows = [[cell.strip().strip('"') for cell in line.split("\t")] for line in lines]
    header = next((i for i, row in enumerate(rows) if row[0] == "Year"), None)
    if header is None or header < 3 or "GEOLOGICAL SURVEY" not in rows[1][0].upper():
        raise DataError(f"{path}: expected title, publisher, basis and a heading row with 'Year'")
    of = basis(lines[2])
    columns = {
        SERIES[name]: i
        for i, cell in reversed([*enumerate(rows[header])])
        if (name := " ".join(cell.lower().split())) in SERIES
    }
    account, records = Account(), []
    body = [(n, row) for n, row in enumerate(rows, start=1) if n > header + 1 and row[0]]
    for (number, row), year in zip(body, _sheet_years([r[0] for _, r in body]), strict=True):
        if year is None:
            continue  # a footnote
        if not row[0].startswith(str(year)) and any(c not in ("", "NA") for c in row[1:]):
            account.mend("a year printed twice is the next", f"row {number}: {row[0]!r} is {year}")
        for (series, unit), column in columns.items():
            raw = row[column] if column < len(row) else ""
            try:
                cell = tidy.parse_cell(raw)
            except ValueError:
                odd = _DATE_MADE_OF_NUMBER.fullmatch(raw)
                reason = "a number that a spreadsheet made a date" if odd else "not a figure"
                account.refuse(reason, f"row {number}, {series}: {raw!r}")
                continue
            if cell.qualifier == "not_available":
                continue
            name = f"{series}: {of}" if series == "unit_value" and of else series
            records.append(
                {
                    "dataset": f"usgs-ds140-{commodity}",
                    "series": name,
                    "commodity": commodity,
                    "country": "WLD" if series.startswith("world") else "USA",
                    "year": year,
                    "value": cell.value,
                    "unit": unit,
                    "qualifier": cell.qualifier,
                }
            )
    if not records:
        raise DataError(f"{path}: no figure can be read", list(account.problems()))
    table = tidy.check(tidy.frame(records), str(path))
    return account.close(table, len(table))


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
