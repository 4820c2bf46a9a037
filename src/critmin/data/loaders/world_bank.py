"""World Bank Commodity Price Data (the "Pink Sheet"), the publisher's monthly workbook."""

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.loaders.files import read_sheet
from critmin.exceptions import DataError

DATASET = "worldbank-pink-sheet"
SHEET = "Monthly Prices"

UNITS = {
    "($/mt)": "USD/t",
    "($/kg)": "USD/kg",
    "($/troy oz)": "USD/troy_oz",
    "($/dmtu)": "USD/mtu",
    "($/bbl)": "USD/bbl",
    "($/mmbtu)": "USD/mmbtu",
    "(cents/sheet)": "ct/sheet",
    "($/cubic meter)": "USD/m3",
    "(2010=100)": "index",
}
# The workbook labels iron ore per dry metric ton unit, but its figures (108 in 2020) are per dry
# metric ton of ore.
RELABELLED = {"IRON_ORE": "USD/t"}
_MONTH = re.compile(r"(\d{4})M(\d{2})")


def _headings(rows: list[tuple[object, ...]], source: str) -> tuple[list[str], list[str]]:
    """Codes and units: the last two rows above the figures that are not empty.

    The workbooks of some months have an empty row under the codes.
    """
    filled = [
        [str(cell or "").strip() for cell in row] for row in rows if any(cell for cell in row[1:])
    ]
    unit = next((i for i, row in enumerate(filled) if set(row) & set(UNITS)), None)
    if unit is None:
        raise DataError(f"{source}: no row of units such as {next(iter(UNITS))!r} above the months")
    if unit + 1 == len(filled):
        raise DataError(f"{source}: no row of codes such as 'NICKEL' under the units")
    return [code.upper() for code in filled[unit + 1]], filled[unit]


def load_pink_sheet(path: str | Path, series: Collection[str] | None = None) -> pd.DataFrame:
    """Read the monthly workbook.

    Parameters
    ----------
    path : path
        ``CMO-Historical-Data-Monthly.xlsx``.
    series : collection of str, optional
        Codes of the series wanted, such as ``{"NICKEL", "COAL_AUS"}``, upper case; all by default.

    Returns
    -------
    DataFrame
        Tidy, monthly, nominal; `series` is the publisher's code in upper case.

    Raises
    ------
    DataError
        If the sheet, its header rows or a cell is not as the publisher writes them.
    """
    rows = read_sheet(path, SHEET)
    first = next((i for i, row in enumerate(rows) if _MONTH.fullmatch(str(row[0]))), None)
    if first is None:
        raise DataError(f"{path}: sheet {SHEET!r} has no row that starts with a month like 1960M01")
    codes, units = _headings(rows[:first], str(path))
    wanted = [
        (column, code, units[column])
        for column, code in enumerate(codes)
        if column > 0 and code and (series is None or code in series)
    ]
    if series is not None and (absent := set(series) - {code for _, code, _ in wanted}):
        raise DataError(f"{path}: no series {sorted(absent)}")
    records, problems = [], []
    for number, row in enumerate(rows[first:], start=first + 1):
        stamp = _MONTH.fullmatch(str(row[0] or ""))
        if not stamp:
            continue
        for column, code, unit in wanted:
            try:
                cell = tidy.parse_cell(row[column])
            except ValueError:
                problems.append(f"row {number}, {code}: cannot read {row[column]!r}")
                continue
            if cell.qualifier == "not_available":
                continue
            records.append(
                {
                    "dataset": DATASET,
                    "series": code,
                    "year": int(stamp[1]),
                    "month": int(stamp[2]),
                    "value": cell.value,
                    "unit": RELABELLED.get(code) or UNITS.get(unit, unit),
                }
            )
    if problems:
        raise DataError(f"{path}: {len(problems)} cells refused", problems)
    if not records:
        raise DataError(f"{path}: no figure in the columns {[code for _, code, _ in wanted]}")
    return tidy.check(tidy.frame(records), str(path))
