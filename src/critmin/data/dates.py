"""Dates as publishers write them: days, months, quarters, years and Excel's serial numbers.

``"03/04/2023"`` is a day in March or in April. A column is read without being told only where its own
cells leave no choice; otherwise it is refused, with what to say.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from critmin.data.cells import BLANKS, plain_text, unmarked
from critmin.exceptions import DataError
from critmin.internal.arrays import Bools, Ints

Span = Literal["year", "half", "quarter", "month", "day"]

MONTHS: dict[Span, int] = {"year": 12, "half": 6, "quarter": 3, "month": 1, "day": 1}
"""Months in each span (a day lies in one)."""

_LONGEST = 60  # no date is longer
_EXCEL_DAYS = (18264, 73051)  # 1950 to 2100
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_1904 = date(1904, 1, 1)
_MONTH_WORDS = (
    "jan january januar janv janvier ene enero gen gennaio janeiro",
    "feb february februar fev fév févr février febrero febbraio fevereiro",
    "mar march mär märz mrz mars marzo março",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio maio",
    "jun june juni juin junio giu giugno junho",
    "jul july juli juil juillet julio lug luglio julho",
    "aug august août ago agosto",
    "sep sept september septembre septiembre set settembre setembro",
    "oct october okt oktober octobre octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember déc décembre dic diciembre dicembre dezembro",
)
_MONTH_OF = {word: i + 1 for i, words in enumerate(_MONTH_WORDS) for word in words.split()}
_NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
_YEAR = r"(?P<year>\d{4})"
_SHORT = r"(?P<short>\d{2})"
_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>\d{1,2})"
_SHAPES: tuple[tuple[Span, str], ...] = (
    ("year", _YEAR + r"(?:\.0+)?(?: ?[年년])?"),
    ("year", r"CY ?" + _YEAR),
    ("day", _YEAR + r"([-/.])" + _MONTH + r"\2" + _DAY),
    ("day", _YEAR + r" ?[年년] ?" + _MONTH + r" ?[月월] ?" + _DAY + r" ?[日일]"),
    ("day", r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:\.0+)?"),
    ("month", r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?:\.0+)?"),
    ("month", _YEAR + r"[-/]" + _MONTH),
    ("month", _YEAR + r" ?[年년] ?" + _MONTH + r" ?[月월]"),
    ("month", _YEAR + r"[._:](?P<month>0[1-9]|1[0-2])"),  # "2023.1" can be October
    ("month", r"(?P<month>0[1-9]|1[0-2])\." + _YEAR),
    ("month", r"[Mm]" + _MONTH + r"[-/ ]" + _YEAR),
    ("month", _YEAR + r"[- ]?[Mm]" + _MONTH),
    ("month", _MONTH + r"[-/]" + _YEAR),
    ("quarter", _YEAR + r"[-/ ]?[Qq](?P<quarter>[1-4])"),
    ("quarter", _YEAR + r" ?年 ?第?(?P<quarter>[1-4])(?:季度|四半期)"),
    ("quarter", r"[Qq](?P<quarter>[1-4])[-/ ]?" + _YEAR),
    ("quarter", r"(?P<quarter>[1-4])[Qq][- ]?" + _YEAR),
    ("quarter", r"[Qq](?P<quarter>[1-4])[-/ ']" + _SHORT),
    ("quarter", r"(?P<quarter>[1-4])[Qq][- ']?" + _SHORT),
    ("half", _YEAR + r"[- ]?[Hh](?P<half>[12])"),
    ("half", r"[Hh](?P<half>[12])[-/ ]?" + _YEAR),
    ("half", r"(?P<half>[12])[Hh][- ]?" + _YEAR),
    ("month", _NAME + r"[-/ ,']*" + _YEAR),
    ("month", _NAME + r"[-/ ']+" + _SHORT),
    ("month", _YEAR + r"[-/ ]" + _NAME),
    ("day", _DAY + r"(?:\.|st|nd|rd|th)?[-/ ]*" + _NAME + r"[-/, ]*" + _YEAR),
    ("day", _DAY + r"[-/ ]" + _NAME + r"[-/ ]" + _SHORT),
    ("day", _NAME + r" *(?P<day>\d{1,2})(?:st|nd|rd|th)?,? +" + _YEAR),
    ("day", _YEAR + r"[- ]" + _NAME + r"[- ]" + _DAY),
)
_PATTERNS = tuple((span, re.compile(shape)) for span, shape in _SHAPES)
_NOTHING = ("", 0, 0, 0)
_EITHER = re.compile(r"(?P<one>\d{1,2})([-/.])(?P<two>\d{1,2})\2(?P<year>\d{4})")
_SHORT_DAY = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}")
_SERIAL = re.compile(r"(?P<serial>\d{5})(?:\.\d+)?")
_WEEKDAY = re.compile(
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)\.?,? +(?=\S)",
    re.IGNORECASE,
)
_TIMED = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
_CLOCK = re.compile(
    r"(?:T|\s+)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp][Mm])?\s*(?P<zone>Z|UTC|GMT|[-+]\d{2}:?\d{2})?$"
)


@dataclass(frozen=True, slots=True)
class Periods:
    """A column of dates, as read; 0 in rows that are blank or bad.

    Attributes
    ----------
    year, month, day : ndarray of int
        First month and day of each.
    span : ndarray of str
        "year", "half", "quarter", "month" or "day"; "" where there is none.
    blank, bad : ndarray of bool
        Cells that are empty, and cells that hold something else than a date.
    marked : int
        How many dates bear a publisher's mark of an estimate or revision.
    """

    year: Ints
    month: Ints
    day: Ints
    span: "np.typing.NDArray[np.object_]"
    blank: Bools
    bad: Bools
    marked: int = 0


def read_dates(
    cells: pd.Series,
    *,
    date_format: str | None = None,
    rows: Ints | None = None,
    from_1904: bool = False,
) -> Periods:
    """Read a column of dates, as dates, numbers or text.

    Parameters
    ----------
    cells : Series
        Such as ``2023``, ``"2023-01-31"``, ``"31.01.2023"``, ``"Dec-20"``, ``"2020M12"``, ``"2020Q4"``, or
        44927 (Excel's days).
    date_format : str, optional
        As for `datetime.datetime.strptime`, such as ``"%d/%m/%Y"``; for text that can be read in two ways.
    rows : ndarray of int, optional
        Number of each row, for messages.
    from_1904 : bool
        Excel's days count from 1904, as in old workbooks of a Mac.

    Raises
    ------
    DataError
        If the column can be read in two ways, or mixes time zones.

    Examples
    --------
    >>> dates = read_dates(pd.Series(["2020Q4", "Dec-20", "2020", "31/12/2020"]))
    >>> dates.month.tolist(), dates.span.tolist()
    ([10, 12, 1, 12], ['quarter', 'month', 'year', 'day'])
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        cells = cells.dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(cells.dtype):
        return _from_stamps(cells)
    zones: set[str] = set()
    if isinstance(cells.dtype, pd.StringDtype):
        if date_format is None:
            # Times of a day differ in every row; without them few kinds of dates are left.
            timed = cells.str.fullmatch(_TIMED).fillna(False).astype(bool)
            cells = cells.where(~timed, cells.str.slice(0, 10))
            zones |= {"none"} if timed.any() else set()
    else:
        cells = cells.astype(object)
    try:
        codes, kinds = pd.factorize(cells, use_na_sentinel=False)
    except TypeError as error:
        raise DataError(f"the column of dates holds what is no date ({error})") from error
    texts, more = _texts(kinds)
    zones |= more
    texts = [plain_text(text).strip() for text in texts]
    bare = [unmarked(text) for text in texts]
    texts = [text if one is None else one for text, one in zip(texts, bare, strict=True)]
    if date_format is None:
        first = np.unique(codes, return_index=True)[1]
        first = first if rows is None else rows[first]
        found, more = _by_shape(texts, first, _EXCEL_1904 if from_1904 else _EXCEL_EPOCH)
        zones |= more
    else:
        found = _by_format(texts, date_format)
    if len(zones) > 1:
        raise DataError(
            f"dates mix time zones ({', '.join(sorted(zones))}): give all of them in one"
        )
    blank = np.array([text.lower() in BLANKS for text in texts], dtype=bool)
    good = np.array([_is_real(*one) for one in found], dtype=bool)
    clean = [one if ok else _NOTHING for one, ok in zip(found, good, strict=True)]
    spans = np.array([one[0] for one in clean], dtype=object)[codes]
    parts = np.array([one[1:] for one in clean], dtype=np.int64).reshape(-1, 3)[codes]
    marked = np.array([one is not None for one in bare], dtype=bool)
    bad = (~good & ~blank)[codes]
    return Periods(
        parts[:, 0],
        parts[:, 1],
        parts[:, 2],
        spans,
        blank[codes],
        bad,
        int((marked & good)[codes].sum()),
    )


def _from_stamps(cells: pd.Series) -> Periods:
    blank = cells.isna().to_numpy()
    days = cells.dt
    year, month, day = (
        part.fillna(0).to_numpy(dtype=np.int64) for part in (days.year, days.month, days.day)
    )
    span = np.where(blank, "", "day").astype(object)
    return Periods(year, month, day, span, blank, np.zeros(len(cells), dtype=bool))


def _is_real(span: str, year: int, month: int, day: int) -> bool:
    """Whether it is a date; a year out of reach is told as such by the caller."""
    try:
        date(min(max(year, 1), 9999), month, day)
    except ValueError:
        return False
    return bool(span)


def _texts(kinds: "pd.Index[object]") -> tuple[list[str], set[str]]:
    """Every kind of cell as text, and the time zones that stamps bear."""
    zones: set[str] = set()
    texts = []
    for cell in kinds:
        if isinstance(cell, str):
            texts.append(cell.strip())
        elif cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
            texts.append("")
        elif isinstance(cell, pd.Period):
            texts.append(_of_period(cell))
        elif isinstance(cell, date | np.datetime64):
            stamp = pd.Timestamp(cell)
            zones |= {str(stamp.tzinfo)} if stamp.tzinfo else set()
            texts.append(stamp.date().isoformat())
        elif isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
            number = float(cell)
            texts.append(f"{number:.0f}" if number.is_integer() else repr(number))
        else:
            texts.append(repr(cell))
    return texts, zones


def _of_period(period: pd.Period) -> str:
    kind, start = period.freqstr[0], period.start_time
    if kind in "YA" and start.month == 1:
        return str(start.year)
    if kind == "Q" and start.month % 3 == 1:
        return f"{start.year}Q{start.quarter}"
    if kind in "YAQ":
        return repr(period)  # a fiscal one, which is no span of a calendar year
    return f"{start.year}M{start.month}" if kind == "M" else start.date().isoformat()


def _dated(stamps: "pd.Series[pd.Timestamp]", span: str) -> list[tuple[str, int, int, int]]:
    """Span, year, month and day of each stamp; `_NOTHING` where there is none."""
    parts = (stamps.dt.year, stamps.dt.month, stamps.dt.day)
    numbers = (part.fillna(0).astype(int).tolist() for part in parts)
    return list(zip(np.where(stamps.isna(), "", span).tolist(), *numbers, strict=True))


def _by_format(texts: list[str], date_format: str) -> list[tuple[str, int, int, int]]:
    if not isinstance(date_format, str) or not re.search("%[Yy]", date_format):
        raise DataError(
            f"date_format {date_format!r}: expected such as '%d/%m/%Y', with %Y or %y in it"
        )
    try:
        stamps = pd.to_datetime(pd.Series(texts, dtype="str"), format=date_format, errors="coerce")
    except (ValueError, TypeError, re.error) as error:
        raise DataError(
            f"date_format {date_format!r}: {error}; expected such as '%d/%m/%Y'"
        ) from error
    has_day = re.search("%[djDxcF]", date_format)
    span = "day" if has_day else "month" if re.search("%[mbB]", date_format) else "year"
    return _dated(stamps, span)


def _by_shape(
    texts: list[str], rows: Ints, epoch: date
) -> tuple[list[tuple[str, int, int, int]], set[str]]:
    """Read each text by its shape, and the time zones found in them."""
    stamps = pd.to_datetime(pd.Series(texts, dtype="str"), format="%Y-%m-%d", errors="coerce")
    found = _dated(stamps, "day")
    zones: set[str] = set()
    either: dict[int, re.Match[str]] = {}
    for i in np.flatnonzero(stamps.isna()).tolist():
        if len(texts[i]) > _LONGEST:
            continue
        clock = _CLOCK.search(texts[i])
        text = texts[i][: clock.start()] if clock else texts[i]
        text = _WEEKDAY.sub("", text, count=1)
        if clock:
            zones.add(clock["zone"] or "none")
        match = _EITHER.fullmatch(text)
        if match:
            either[i] = match
        elif _SHORT_DAY.fullmatch(text):
            raise DataError(
                f"row {rows[i]}: {text!r} has a year of two digits: say date_format, such as '%d/%m/%y'"
            )
        else:
            found[i] = _one(text, epoch)
    day_first = _day_first(either, rows)
    for i, match in either.items():
        one, two = int(match["one"]), int(match["two"])
        month, day = (two, one) if day_first else (one, two)
        found[i] = ("day", int(match["year"]), month, day)
    return found, zones


def _day_first(either: dict[int, re.Match[str]], rows: Ints) -> bool:
    """Whether the day stands before the month, which some cell must show."""
    first = {i: m for i, m in either.items() if int(m["one"]) > 12 or m[2] == "."}
    second = {i: m for i, m in either.items() if int(m["two"]) > 12}
    if first and second:
        i, j = next(iter(first)), next(iter(second))
        raise DataError(
            f"row {rows[i]}: {first[i][0]!r} and row {rows[j]}: {second[j][0]!r} have day and month in two "
            "orders: say date_format, or mend the dates"
        )
    unsure = next((i for i, m in either.items() if m["one"] != m["two"]), None)
    if not first and not second and unsure is not None:
        raise DataError(
            f"row {rows[unsure]}: {either[unsure][0]!r} can be day or month first: say "
            "date_format='%d/%m/%Y' or '%m/%d/%Y'"
        )
    return not second


def _one(text: str, epoch: date) -> tuple[str, int, int, int]:
    """Span, year, month and day of a text; `_NOTHING` where it is no date."""
    serial = _SERIAL.fullmatch(text)
    if serial and _EXCEL_DAYS[0] <= int(serial["serial"]) < _EXCEL_DAYS[1]:
        stamp = epoch + timedelta(days=int(serial["serial"]))
        return "day", stamp.year, stamp.month, stamp.day
    for span, pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if not match:
            continue
        parts = match.groupdict()
        name = parts.get("name")
        if name and name.lower() not in _MONTH_OF:
            continue
        # Two digits are of 1969 to 2068, as in POSIX.
        short = int(parts.get("short") or 0)
        year = int(parts["year"]) if parts.get("year") else short + (2000 if short < 69 else 1900)
        month = _MONTH_OF[name.lower()] if name else int(parts.get("month") or 1)
        month = 3 * int(parts.get("quarter") or 0) - 2 if parts.get("quarter") else month
        month = 6 * int(parts.get("half") or 0) - 5 if parts.get("half") else month
        return span, year, month, int(parts.get("day") or 1)
    return _NOTHING


def decimal_year(text: object) -> float:
    """An ISO date as a year with its fraction; NaN for "" or anything but text.

    Examples
    --------
    >>> round(decimal_year("2023-07-02"), 2)
    2023.5
    """
    if not isinstance(text, str) or not text:
        return float("nan")
    stamp = pd.Timestamp(text)
    return stamp.year + (stamp.day_of_year - 1) / 365.25
