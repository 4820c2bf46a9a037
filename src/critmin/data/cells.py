"""Numbers in text: which mark parts thousands and which the decimals, by evidence and never by guess.

``"1,234"`` is 1234 in New York and 1.234 in Frankfurt. A column is read without being told only where its
own cells leave no choice; otherwise it is refused, with what to say.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from critmin.exceptions import DataError, UnknownNameError
from critmin.forms import parse_currency
from critmin.internal.arrays import Bools, Floats, Ints

BLANKS = frozenset(
    {
        "",
        ".",
        "..",
        "...",
        "…",
        "-",
        "--",
        "–",
        "—",
        "n/a",
        "na",
        "n.a.",
        "#n/a",
        "nan",
        "null",
        "none",
        "---",
        "#n/a n/a",
        "n/d",
        "nd",
        "n.d.",
        "w",
        "(w)",
        "withheld",
        "not available",
        "no data",
        "closed",
        "holiday",
        "休市",
    }
)
"""What a cell holds, in lower case, where there is no value: on a holiday, or withheld."""

_MINUS = "\u2010\u2011\u2012\u2013\u2212\ufe63"
_MARKED = re.compile(
    r"(?P<figure>.*\d)(?:\s*(?P<mark>[eErRpP*†‡ᵉʳᵖ])/?"
    r"|\s*[(\[](?:[eErRpP*]|est\.?|rev\.?|prel\.?)[)\]]|\s+(?:est|rev|prel)\.?)",
    re.IGNORECASE,
)
_LONGEST = 40  # no number is longer
_DECIMALS = (".", ",")
_THOUSANDS = (".", ",", " ", "'")
_LOOSE = re.compile(r"[-+]?[\d.,' ]*\d[\d.,' ]*(?:[eE][-+]?\d+)?")
_MONEY = re.compile(
    r"(?P<sign>[-+]?)(?P<before>[^\d.,' +-]*) ?(?P<number>[-+]?[\d.,].*?) ?(?P<after>[^\d.,']*)"
)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a column of numbers; None where it has none."""

    decimal: str | None = None
    thousands: str | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers, as read.

    Attributes
    ----------
    values : ndarray of float
        NaN where there is none.
    blank : ndarray of bool
        Cells that hold no value.
    bad : ndarray of bool
        Cells that hold something else than a finite number.
    marked : int
        How many numbers bear a publisher's mark of an estimate or revision.
    """

    values: Floats
    blank: Bools
    bad: Bools
    marked: int = 0


def plain_text(text: str) -> str:
    r"""Text with ASCII's digits, marks, spaces and minus, whatever its script writes for them.

    A raised digit is that of a footnote and stays.

    Examples
    --------
    >>> plain_text("\uff11\uff18\u2009\uff14\uff16\uff15"), plain_text("\u221218465¹")
    ('18 465', '-18465¹')
    """
    return text if text.isascii() else "".join(map(_plain, text))


def _plain(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if "\uff01" <= char <= "\uff5e":  # ASCII in full width
        return chr(ord(char) - 0xFEE0)
    if char in _MINUS:
        return "-"
    kind = unicodedata.category(char)
    return " " if kind == "Zs" else "" if kind == "Cf" else char


def unmarked(text: str, currency: str | None = None) -> str | None:
    """A figure or date without its publisher's mark of an estimate or revision; None if it has none.

    Parameters
    ----------
    text : str
        Such as ``"16814 p"``, ``"2024e"`` or ``"21521 (r)"``.
    currency : str, optional
        ISO 4217 code of the figure.

    Examples
    --------
    >>> unmarked("16814 p"), unmarked("2024 (est.)"), unmarked("1.2E+04")
    ('16814', '2024', None)
    """
    if re.match("[er\u1d49\u02b3] ?\\d", text):  # as the USGS writes them
        return text[1:].strip()
    found = _MARKED.fullmatch(text)
    if found is None or (currency == "GBP" and found["mark"] in ("p", "P")):  # pence
        return None
    return found["figure"]


def check_mark(value: str | None, name: str, allowed: tuple[str, ...]) -> str | None:
    """A decimal or thousands mark.

    Raises
    ------
    UnknownNameError
        If it is not one of those allowed.
    """
    if value is not None and value not in allowed:
        raise UnknownNameError.of(f"{name} mark", value, map(repr, allowed))
    return value


def read_numbers(
    cells: pd.Series,
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    currency: str | None = None,
    rows: Ints | None = None,
) -> Numbers:
    """Read a column of numbers, as numbers or as text.

    Parameters
    ----------
    cells : Series
        Numbers or text.
    decimal, thousands : str, optional
        Marks of the text; found where the column leaves no choice.
    currency : str, optional
        ISO 4217 code whose sign may stand beside a number.
    rows : ndarray of int, optional
        Number of each row, for messages.

    Raises
    ------
    DataError
        If the column can be read in two ways, or in none.
    UnknownNameError
        If a mark can be none.

    Examples
    --------
    >>> read_numbers(pd.Series(["1.234,5", "980,0", "."])).values.tolist()
    [1234.5, 980.0, nan]
    """
    decimal = check_mark(decimal, "decimal", _DECIMALS)
    thousands = check_mark(thousands, "thousands", _THOUSANDS)
    if decimal is not None and decimal == thousands:
        raise DataError(f"decimal and thousands mark are both {decimal!r}")
    given = Marks(decimal, thousands)
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_complex_dtype(cells.dtype):
        return _finished(np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool))
    if pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype=float, na_value=np.nan)
        return _finished(values, np.isnan(values))
    if isinstance(cells.dtype, pd.StringDtype):
        text = cells.fillna("").reset_index(drop=True)
        return _finished(
            *_read_text(text, given, currency, np.arange(len(text)) if rows is None else rows)
        )
    values = np.full(len(cells), np.nan)
    raw = cells.to_numpy(dtype=object)
    is_text = np.fromiter((isinstance(cell, str) for cell in raw), dtype=bool, count=len(raw))
    blank = np.zeros(len(cells), dtype=bool)
    for i in np.flatnonzero(~is_text):
        blank[i] = _is_missing(raw[i])
        if isinstance(raw[i], int | float | Decimal | np.number) and not isinstance(raw[i], bool):
            values[i] = float(raw[i])
    where = np.flatnonzero(is_text)
    marked = 0
    if where.size:
        values[where], blank[where], marked = _read_text(
            pd.Series(raw[where], dtype="str"),
            given,
            currency,
            where if rows is None else rows[where],
        )
    return _finished(values, blank, marked)


def _is_missing(cell: object) -> bool:
    return (
        cell is None
        or cell is pd.NA
        or cell is pd.NaT
        or (isinstance(cell, float) and np.isnan(cell))
    )


def _finished(values: Floats, blank: Bools, marked: int = 0) -> Numbers:
    return Numbers(values, blank, ~np.isfinite(values) & ~blank, marked)


def _read_text(
    text: "pd.Series[str]", given: Marks, currency: str | None, rows: Ints
) -> tuple[Floats, Bools, int]:
    cells = text.str.strip()
    values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, copy=True)
    dotted = cells.str.contains(".", regex=False).to_numpy(dtype=bool)
    # What pandas reads at once has no mark but a point; the rest is judged by shape, one of a kind.
    odd = ~np.isfinite(values)
    cells[odd] = cells[odd].map(plain_text).str.strip()
    blank = np.zeros(len(cells), dtype=bool)
    blank[odd] = cells[odd].str.lower().isin(BLANKS).to_numpy(dtype=bool)
    bare = cells[odd].map(lambda cell: unmarked(cell, currency), na_action="ignore")
    cells[odd] = bare.where(bare.notna(), cells[odd])
    bodies = _bodies(cells[odd], currency)
    shapes = _shapes(bodies)
    first = ~shapes.duplicated().to_numpy()
    seen = zip(bodies[first], rows[odd][first], strict=True)
    pointed = ((str(cells.iloc[i]), int(rows[i])) for i in np.flatnonzero(dotted & ~odd))
    marks = _marks_of(seen, pointed, given)
    values[odd] = _values(bodies, shapes, marks)
    if marks.decimal != ".":
        again = dotted & ~odd
        values[again] = _values(cells[again], _shapes(cells[again]), marks)
    return values, blank, int((bare.notna() & np.isfinite(values[odd])).sum())


def _shapes(bodies: "pd.Series[str]") -> "pd.Series[str]":
    """Cells with every digit a 9, but for a leading 0: cells of one shape are read in one way."""
    nines = bodies.str.replace("[0-9]", "9", regex=True)
    return nines.mask(bodies.str.match("[-+]?0"), nines.str.replace("9", "0", n=1, regex=False))


def _bodies(cells: "pd.Series[str]", currency: str | None) -> "pd.Series[str]":
    """The number in each cell, with one kind of apostrophe and no currency; "" for none."""
    plain = cells.str.replace("[\u2019`]", "'", regex=True)
    plain = plain.where(plain.str.len() <= _LONGEST, "")
    loose = plain.str.fullmatch(_LOOSE.pattern)
    with_money = {cell: _body(cell, currency) for cell in plain[~loose].unique()}
    return plain.where(loose, plain.map(with_money)).astype("str")


def _body(cell: str, currency: str | None) -> str:
    """The number beside the sign of the currency that it must be in; "" for none."""
    parts = _MONEY.fullmatch(cell)
    if parts is None or currency is None or bool(parts["before"]) == bool(parts["after"]):
        return ""
    try:
        same = parse_currency(parts["before"] or parts["after"]) == currency
    except UnknownNameError:
        return ""
    number = parts["sign"] + parts["number"].strip()
    return number if same and _LOOSE.fullmatch(number) else ""


def _split(body: str) -> tuple[list[str], list[str]]:
    """Marks of a number in order, and the digits between them."""
    mantissa = re.split("[eE]", body.lstrip("+-"))[0]
    return re.findall(r"[^\d]", mantissa), re.split(r"[^\d]", mantissa)


def _grouped(groups: list[str]) -> bool:
    return 1 <= len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(g) == 3 for g in groups[1:])


def _evidence(body: str) -> tuple[str, str, str]:
    """Decimal mark, thousands mark and mark of either kind that a number shows; "" for none."""
    marks, groups = _split(body)
    if not marks:
        return "", "", ""
    first, last = marks[0], marks[-1]
    if len(set(marks)) == 2 and marks.count(last) == 1 and _grouped(groups[:-1]):
        return last, first, ""
    if len(set(marks)) > 1:
        return "", "", ""
    if len(marks) > 1 or first in " '":
        return "", (first if _grouped(groups) else ""), ""
    return ("", "", first) if _grouped(groups) else (first, "", "")


def _marks_of(
    odd: Iterable[tuple[str, int]], pointed: Iterable[tuple[str, int]], given: Marks
) -> Marks:
    """Marks that are given, and those that a column's cells leave no choice about."""
    # By kind (decimal, thousands, either): the first cell that shows each mark, with its row.
    shown: tuple[dict[str, tuple[str, int]], ...] = ({}, {}, {})
    for cell, row in odd:
        for seen, mark in zip(shown, _evidence(cell), strict=True):
            if mark and mark not in (given.decimal, given.thousands):
                seen.setdefault(mark, (cell, row))
    if "." not in (given.decimal, given.thousands):
        for cell, row in pointed:
            point, _, either_way = _evidence(cell)
            if point:
                shown[0].setdefault(".", (cell, row))
                break
            if either_way:
                shown[2].setdefault(".", (cell, row))
    decimals, thousands, either = shown
    for both in {*decimals} & {*thousands}:
        raise _conflict(decimals[both], thousands[both])
    for kind, known in ((decimals, given.decimal), (thousands, given.thousands)):
        if known is None and len(kind) > 1:
            raise _conflict(*list(kind.values())[:2])
    decimal = given.decimal or next(iter(decimals), None)
    group = given.thousands or next(iter(thousands), None)
    for unsure, (cell, row) in either.items():
        if unsure in (decimal, group):
            continue
        if decimal is None and group is None:
            raise DataError(
                f"row {row}: {cell!r} can be {cell.replace(unsure, '.')} or {cell.replace(unsure, '')}: "
                f"say decimal={unsure!r} or thousands={unsure!r}"
            )
        if decimal is not None and group is not None:
            continue
        decimal, group = (decimal, unsure) if decimal is not None else (unsure, group)
    return Marks(decimal, group)


def _conflict(one: tuple[str, int], other: tuple[str, int]) -> DataError:
    return DataError(
        f"row {one[1]}: {one[0]!r} and row {other[1]}: {other[0]!r} are written in two ways: say "
        "decimal= and thousands=, or mend the cells"
    )


def _values(bodies: "pd.Series[str]", shapes: "pd.Series[str]", marks: Marks) -> Floats:
    """The numbers, NaN where the marks are not those of the column."""
    fits = {shape: _fits(str(shape), marks) for shape in shapes.unique()}
    plain = bodies
    if marks.thousands is not None:
        plain = plain.str.replace(marks.thousands, "", regex=False)
    if marks.decimal is not None:
        plain = plain.str.replace(marks.decimal, ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, copy=True)
    numbers[~shapes.map(fits).to_numpy(dtype=bool)] = np.nan
    return numbers


def _fits(body: str, marks: Marks) -> bool:
    if not _LOOSE.fullmatch(body):
        return False
    found, groups = _split(body)
    if found and found[-1] == marks.decimal and found.count(found[-1]) == 1:
        found, groups = found[:-1], groups[:-1]
    parted = len(groups) > 1
    return all(mark == marks.thousands for mark in found) and (not parted or _grouped(groups))
