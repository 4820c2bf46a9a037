"""Opening publishers' files, with errors that name the file and what was expected."""

import zipfile
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pandas as pd

from critmin.exceptions import DataError

MAX_BYTES = 200_000_000


def checked_path(path: str | Path) -> Path:
    """Return the path of an existing, not absurdly large file."""
    found = Path(path)
    if not found.is_file():
        raise DataError(f"{found}: no such file")
    if found.stat().st_size > MAX_BYTES:
        raise DataError(f"{found}: larger than {MAX_BYTES // 1_000_000} MB, not one of these files")
    return found


def read_text(path: str | Path) -> str:
    """Read a text file: UTF-8 with or without mark, or Windows-1252."""
    raw = checked_path(path).read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def read_csv(path: str | Path, required: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read every cell of a CSV file as text; UTF-8 with or without mark, or Windows-1252."""
    found = checked_path(path)
    try:
        table = pd.read_csv(StringIO(read_text(found)), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{found}: not a readable CSV table ({error})") from error
    table.columns = [str(column).strip() for column in table.columns]
    missing = [column for column in required if column not in table.columns]
    if missing:
        raise DataError(f"{found}: columns {missing} are missing; found {list(table.columns)[:20]}")
    return table


def read_sheets(path: str | Path, names: Sequence[str] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Read worksheets, by default the first, as rows of values (formulas as last calculated)."""
    import openpyxl

    found = checked_path(path)
    try:
        workbook = openpyxl.load_workbook(found, read_only=False, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"{found}: not a readable .xlsx workbook ({error})") from error
    for name in names:
        if name not in workbook.sheetnames:
            raise DataError(f"{found}: no sheet {name!r}; it has {workbook.sheetnames}")
    return {
        name: [tuple(row) for row in workbook[name].iter_rows(values_only=True)]
        for name in names or [workbook.worksheets[0].title]
    }


def read_sheet(path: str | Path, name: str | None = None) -> list[tuple[object, ...]]:
    """Read one worksheet, by default the first; see `read_sheets`."""
    (rows,) = read_sheets(path, () if name is None else (name,)).values()
    return rows
