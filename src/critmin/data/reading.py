"""From a file as an agency sends it to a table of cells: kind, encoding, delimiter, preamble, footer.

pandas and openpyxl read; here is decided what they are given, and hostile files are refused before. Cells
are never evaluated: a formula counts by the value its workbook was saved with.
"""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from critmin.data.decoding import decoded
from critmin.data.loaders.files import MAX_BYTES, checked_path
from critmin.exceptions import CritminError, DataError, UnknownNameError
from critmin.internal.arrays import Bools

MAX_CELLS = 100_000_000
MAX_PREAMBLE = 100
"""Lines in which the names of the columns are looked for."""

_TAIL = 5_000
_SPARE = 20
_SIDE_BY_SIDE = 2  # years in names of columns
_DELIMITERS = (",", ";", "\t", "|")
_EXCEL = b"PK\x03\x04"
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as read, with nothing interpreted.

    Attributes
    ----------
    table : DataFrame
        Text, or what a workbook or frame holds.
    source : str
        What it came from, for messages.
    first_row : int
        Number of the first row in the source, as people count it.
    from_1904 : bool
        The workbook's days count from 1904.
    """

    table: pd.DataFrame
    source: str
    first_row: int
    from_1904: bool = False


def read_sheet(
    data: object,
    names: Iterable[str],
    *,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Sheet:
    """Read a frame or a file whose columns are named so.

    Parameters
    ----------
    data : DataFrame or path
        CSV in any of the usual delimiters and encodings, Excel (.xlsx), Parquet, or one of them in gz. What
        it is shows by its content, not by its name.
    names : iterable of str
        Columns that there must be; a line that holds them all is the header, in whatever case.
    encoding : str, optional
        Of a text; UTF-8, UTF-16 and Windows-1252 are told apart without.
    sheet : str, optional
        Of a workbook; the first by default.

    Raises
    ------
    DataError
        If it cannot be read, is too large, or has no such columns.

    Examples
    --------
    >>> frame = pd.DataFrame({"date": [2023], "value": [1.0]})
    >>> read_sheet(frame, ["date", "value"]).source
    'DataFrame'
    """
    wanted = list(names)
    if isinstance(data, pd.DataFrame):
        return _of_frame(data, wanted)
    if not isinstance(data, str | Path) or not str(data).strip() or "\0" in str(data):
        raise DataError(f"data must be a DataFrame or the path of a file, got {_short(data)}")
    try:
        path = checked_path(data)
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{_short(str(data))}: cannot be opened ({error.strerror})") from error
    if content.startswith(_GZIP):
        content = _gunzip(content, str(path))
    if content.startswith(_EXCEL):
        return _of_workbook(content, str(path), wanted, sheet)
    if content.startswith(_PARQUET) or path.suffix.lower() == ".parquet":
        return _of_parquet(content, str(path), wanted)
    if sheet is not None:
        raise DataError(f"{path}: sheet={sheet!r} is for workbooks; this is a text")
    return _of_text(decoded(content, str(path), encoding, wanted), str(path), wanted)


def _short(data: object) -> str:
    cure = {"Series": "; use .reset_index()", "dict": "; use pandas.DataFrame(...)"}
    kind = type(data).__name__
    return f"a {kind}{cure.get(kind, '')}" if not isinstance(data, str) else repr(data[:60])


def _gunzip(content: bytes, source: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{source}: not a readable gz file ({error})") from error
    if len(plain) > MAX_BYTES:
        raise DataError(f"{source}: unpacks to more than {MAX_BYTES // 1_000_000} MB")
    if plain.startswith(_GZIP):
        raise DataError(f"{source}: a gz file within a gz file")
    return plain


def _of_frame(data: pd.DataFrame, wanted: list[str]) -> Sheet:
    if isinstance(data.columns, pd.MultiIndex):
        raise DataError("DataFrame: columns in several levels; expected one name a column")
    dated = isinstance(data.index, pd.DatetimeIndex | pd.PeriodIndex)
    if dated and wanted[0].lower() not in {str(name).strip().lower() for name in data.columns}:
        data = data.rename_axis(wanted[0]).reset_index()
    return Sheet(_named(data.reset_index(drop=True), "DataFrame", wanted), "DataFrame", 0)


def _named(table: pd.DataFrame, source: str, wanted: list[str]) -> pd.DataFrame:
    """The table with the wanted columns under the wanted names, whatever their case."""
    have = [str(column).strip() for column in table.columns]
    renamed: dict[str, int] = {}
    for name in wanted:
        places = [i for i, one in enumerate(have) if one == name]
        places = places or [i for i, one in enumerate(have) if one.lower() == name.lower()]
        if len(places) > 1:
            raise DataError(f"{source}: column {name!r} is there {len(places)} times")
        if places:
            renamed[name] = places[0]
    if lost := [name for name in wanted if name not in renamed]:
        raise lost_columns(source, lost, have)
    chosen = table.iloc[:, list(renamed.values())]
    chosen.columns = list(renamed)
    return chosen


def lost_columns(
    source: str, wanted: list[str], have: list[str], sheets: Iterable[str] = ()
) -> DataError:
    """The error for columns that are not there, in the first of several sheets."""
    known = {name.lower() for name in have}
    lost = [name for name in wanted if name.lower() not in known] or wanted
    side = sum(bool(re.search(r"(?:19|20)\d\d", name)) for name in have) >= _SIDE_BY_SIDE
    turn = "; dates stand side by side: pandas.melt puts one in each row" * side
    shown, others = (
        ", ".join(repr(name[:40]) for name in [*names][:20]) for names in (have, sheets)
    )
    return DataError(
        f"{source}: missing {' and '.join(lost)}; it has {shown}: name the columns, such as "
        'columns={"date": "Date", "value": "Price"}'
        + f", or say sheet= of {others}" * bool(others)
        + turn
    )


def _of_text(text: str, source: str, wanted: list[str]) -> Sheet:
    text = text.replace("\r\r\n", "\n")  # what Windows makes of a text that is written as one twice
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    lines = [line.rstrip("\r") for line in text.split("\n", MAX_PREAMBLE)[:MAX_PREAMBLE]]
    if not text.strip():
        raise DataError(f"{source}: not a readable CSV table (it is empty)")
    at, delimiter, header = _header(lines, source, wanted)
    # Cut here: pandas counts the lines of a quoted cell above the table as one.
    text = "".join(text.split("\n", at + 1)[at + 1 :])
    # More columns than the header has, to see what no name stands over.
    # pandas makes an index of what lies beyond, and takes minutes over a line of a million cells.
    most = len(header) + _SPARE
    if _widest(text, delimiter) > most and _widest(re.sub('"[^"]*"', "", text), delimiter) > most:
        raise DataError(f"{source}: a row has more cells than the {len(header)} columns, by far")
    widest = _widest(text[-_TAIL:], delimiter)
    names = [str(i) for i in range(len(header) + min(max(widest + 1 - len(header), 0), _SPARE) + 1)]
    if (text.count("\n") + 1) * len(names) > MAX_CELLS:
        raise DataError(f"{source}: more than {MAX_CELLS:,} cells, not one of these files")
    try:
        cells = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=names,
            dtype="str",
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
            engine="c",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OverflowError) as error:
        raise DataError(f"{source}: not a readable CSV table ({error})") from error
    first_row = at + 2
    if not isinstance(cells.index, pd.RangeIndex):
        raise DataError(f"{source}: row {first_row} has more cells than the {len(header)} columns")
    table = cells[names[: len(header)]]
    table.columns = header
    table = _named(table, source, wanted)
    beyond = (cells[names[len(header) :]].fillna("") != "").any(axis=1).to_numpy()
    if beyond.any():
        under = _under(table, wanted[0])
        if (beyond & ~under).any():
            row = int((beyond & ~under).argmax())
            raise DataError(
                f"{source}: row {row + first_row} has more cells than the {len(header)} columns: "
                f"{delimiter.join(cells.iloc[row].fillna(''))[:80]!r}; are decimal commas parting cells?"
            )
        # What parts the cells of a sentence is no delimiter.
        table = table.mask(np.asarray(beyond)[:, None] & (np.arange(table.shape[1]) > 0), "")
    return Sheet(table, source, first_row)


def _widest(text: str, delimiter: str) -> int:
    return max(line.count(delimiter) for line in text.split("\n"))


def _under(table: pd.DataFrame, date: str) -> Bools:
    """Rows of text under the table: from the end, as long as no cell can be a date."""
    under = np.zeros(len(table), dtype=bool)
    column = table[date].fillna("").to_numpy(dtype=object)
    for i in range(len(table) - 1, -1, -1):
        cell = str(column[i]).strip()
        if cell and re.search(r"\d", cell) and len(cell) <= 25 and cell[0] not in "(*©":
            break
        under[i] = True
    return under


def _header(lines: list[str], source: str, wanted: list[str]) -> tuple[int, str, list[str]]:
    """Number of the line with the names of the columns, the delimiter, and the names."""
    widest: list[str] = []
    low = {name.lower() for name in wanted}
    for i, line in enumerate(lines):
        for delimiter in _DELIMITERS:
            try:
                cells = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                continue
            cells = [cell.strip() for cell in cells]
            if low <= {cell.lower() for cell in cells}:
                return i, delimiter, cells
            if len(cells) > len(widest):
                widest = cells
    raise lost_columns(source, wanted, widest)


def _of_parquet(content: bytes, source: str, wanted: list[str]) -> Sheet:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise DataError(f"{source}: Parquet needs pyarrow: install critmin[parquet]") from error
    try:
        about = pyarrow.parquet.ParquetFile(io.BytesIO(content)).metadata
        if about.num_rows * max(about.num_columns, 1) > MAX_CELLS:
            raise DataError(f"{source}: more than {MAX_CELLS:,} cells, not one of these files")
        table = pd.read_parquet(io.BytesIO(content))
        if table.index.name is not None:
            table = table.reset_index()
        table = _named(table, source, wanted)
        for column in table.select_dtypes("string"):
            table[column].to_numpy(dtype=object)  # text that is none shows only now
    except CritminError:
        raise
    except Exception as error:  # pyarrow lets out whatever a damaged file makes it meet
        raise DataError(f"{source}: not a readable Parquet file ({error})") from error
    return Sheet(table, source, 0)


def _of_workbook(content: bytes, source: str, wanted: list[str], sheet: str | None) -> Sheet:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_BYTES:
                raise DataError(f"{source}: unpacks to more than {MAX_BYTES // 1_000_000} MB")
            xml = {name: parts.read(name) for name in parts.namelist() if name.endswith(".xml")}
        if not any(name.startswith("xl/") for name in xml):
            raise DataError(f"{source}: a zip file, but no workbook (.xlsx)")
        if any(b"<!DOCTYPE" in part or b"<!ENTITY" in part for part in xml.values()):
            raise DataError(f"{source}: the workbook defines entities, which none of Excel's does")
        for name, part in xml.items():
            if name.startswith("xl/worksheets/") and _extent(part) > MAX_CELLS:
                raise DataError(f"{source}: {name} spans more than {MAX_CELLS:,} cells")
        with pd.ExcelFile(io.BytesIO(content), engine="openpyxl") as workbook:
            sheets = [str(s) for s in workbook.sheet_names]
            name = _sheet_name(sheets, sheet, source)
            cells = pd.read_excel(
                workbook, sheet_name=name, header=None, dtype=object, na_filter=False
            )
        _refuse_uncalculated(content, xml, source, name)
    except CritminError:
        raise
    except Exception as error:  # openpyxl lets out whatever a damaged part makes it meet
        raise DataError(f"{source}: not a readable .xlsx workbook ({error})") from error
    at, header = _header_row(cells, source, wanted, sheets * (sheet is None and len(sheets) > 1))
    table = cells.iloc[at + 1 :].reset_index(drop=True).set_axis(header, axis=1)
    old_mac = re.search(rb"date1904=[\"'](?:1|true)[\"']", xml.get("xl/workbook.xml", b""))
    return Sheet(_named(table, source, wanted), source, at + 2, bool(old_mac))


def _extent(worksheet: bytes) -> int:
    """Rows times columns that a worksheet says it has, most of which may be empty."""
    rows = [int(row) for row in re.findall(rb"<row\b[^>]*?\br=\"(\d{1,18})\"", worksheet)]
    columns = set(re.findall(rb"<c\b[^>]*?\br=\"([A-Za-z]{1,9})\d", worksheet))
    widest = max(columns, key=lambda letters: (len(letters), letters), default=b"A").upper()
    width = 0
    for letter in widest:
        width = 26 * width + letter - 64
    return max(rows, default=1) * width


def _sheet_name(names: list[str], sheet: str | None, source: str) -> str:
    if sheet is None:
        return names[0]
    if sheet not in names:
        raise UnknownNameError.of(f"sheet of {source}", sheet, names)
    return sheet


def _refuse_uncalculated(content: bytes, xml: dict[str, bytes], source: str, sheet: str) -> None:
    """Refuse formulas that were saved without a value, which would read as blanks."""
    if not any(re.search(rb"<f[ >/]", part) for name, part in xml.items() if "worksheets/" in name):
        return
    import openpyxl

    formulas = openpyxl.load_workbook(io.BytesIO(content), data_only=False)[sheet]
    values = openpyxl.load_workbook(io.BytesIO(content), data_only=True)[sheet]
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f" and values[cell.coordinate].value is None:
                raise DataError(
                    f"{source}: cell {cell.coordinate} is a formula that was never calculated: open the "
                    "workbook, save it, and try again"
                )


def _header_row(
    cells: pd.DataFrame, source: str, wanted: list[str], sheets: list[str]
) -> tuple[int, list[str]]:
    low = {name.lower() for name in wanted}
    widest: list[str] = []
    for i in range(min(len(cells), MAX_PREAMBLE)):
        header = [str(cell).strip() for cell in cells.iloc[i]]
        if low <= {name.lower() for name in header}:
            return i, header
        if sum(map(bool, header)) > sum(map(bool, widest)):
            widest = header
    raise lost_columns(source, wanted, widest, sheets)
