"""From a table of cells to clean dated rows: what is dropped is counted, what is wrong is refused."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from critmin.data.cells import Numbers, read_numbers
from critmin.data.countries import as_country
from critmin.data.dates import MONTHS, Periods, read_dates
from critmin.data.plausible import same_unit
from critmin.data.reading import Sheet
from critmin.exceptions import DataError, UnknownNameError
from critmin.forms import Unit
from critmin.internal.arrays import Bools, Ints

_FIGURES = frozenset(
    "average avg mean median total sum min max minimum maximum high low stdev count change "
    "平均 合计 合計 总计 总和 小计 最高 最低".split()
)
"""What stands before a figure of all rows under a table."""

FIRST, LAST = 1900, 2100
"""Years that a date can be of."""


@dataclass(frozen=True, slots=True)
class Marking:
    """How the text of a file is written, as far as the caller says.

    Attributes
    ----------
    decimal, thousands : str or None
        Marks of numbers.
    date_format : str or None
        Format of dates.
    unit : Unit or None
        Of the values; the sign of its currency may stand beside a number.
    mineral : str
        Whose they are.
    """

    decimal: str | None = None
    thousands: str | None = None
    date_format: str | None = None
    unit: Unit | None = None
    mineral: str = ""


def clean_rows(
    sheet: Sheet, columns: Mapping[str, str], kind: str, marking: Marking
) -> tuple[pd.DataFrame, "Counter[str]"]:
    """Read dates and values of a table, and refuse it with every row that is wrong.

    Parameters
    ----------
    sheet : Sheet
        As read.
    columns : mapping
        Names of the columns for date, value and, of production, country.
    kind : {"price", "cost", "production"}
        What it is.
    marking : Marking
        How the text is written.

    Returns
    -------
    DataFrame
        Columns year, month, day, span, value, country.
    Counter
        Rows that were dropped, by reason: a date without a value, a blank row, a line under the table.

    Raises
    ------
    DataError
        Naming the source, every wrong row and the reason.
    """
    table, source = sheet.table, sheet.source
    units = _units_row(table, columns["value"], marking, source)
    table = table.iloc[units:]
    numbering = table.index.to_numpy(dtype=np.int64) + sheet.first_row
    try:
        dates = read_dates(
            table[columns["date"]],
            date_format=marking.date_format,
            rows=numbering,
            from_1904=sheet.from_1904,
        )
        numbers = read_numbers(
            table[columns["value"]],
            decimal=marking.decimal,
            thousands=marking.thousands,
            currency=marking.unit.currency if marking.unit else None,
            rows=numbering,
        )
    except DataError as error:
        raise DataError(f"{source}: refused, nothing was registered; {error}") from error
    given, strange = None, dict[str, str]()
    if "country" in columns:
        given, strange = _codes(table[columns["country"]].astype(str).str.strip())
    nowhere = np.zeros(len(table), dtype=np.int8)
    country = pd.Categorical.from_codes(nowhere, [""]) if given is None else pd.Categorical(given)
    rows = pd.DataFrame(
        {
            "year": dates.year,
            "month": dates.month,
            "day": dates.day,
            "span": pd.Categorical(dates.span, categories=[*MONTHS, ""]),
            "value": numbers.values,
            "country": country,
        }
    )
    both = table[[columns["date"], columns["value"]]]
    drop, dropped = _droppable(dates, numbers, both)
    for reason, count in (
        ("lines of units", units),
        ("marks of a publisher's, left off", dates.marked + numbers.marked),
    ):
        dropped.update({reason: count} if count else {})
    problems = _problems(rows, table, columns, kind, dates, numbers, drop, numbering, strange)
    kept = rows[~drop]
    if kept.empty:
        problems.append("no rows" + "".join(f"; {n} {reason}" for reason, n in dropped.items()))
    if problems:
        raise DataError(
            f"{source}: refused, nothing was registered" + _cure(dates, numbers, drop), problems
        )
    return kept.reset_index(drop=True), dropped


def _codes(given: "pd.Series[str]") -> tuple["pd.Series[str]", dict[str, str]]:
    """Codes of countries, and what is wrong with those that are none."""
    codes, strange = {}, {}
    for cell in given.unique():
        try:
            codes[cell] = as_country(cell)
        except UnknownNameError as error:
            codes[cell], strange[cell] = cell, str(error)
    return given.map(codes), strange


def _units_row(table: pd.DataFrame, column: str, marking: Marking, source: str) -> int:
    """1 if a line under the names says the unit, which must be the one given; else 0."""
    cell = table[column].iloc[0] if len(table) else None
    text = cell.strip(" ()[]") if isinstance(cell, str) else ""
    same = same_unit(text, marking.unit, marking.mineral) if text and marking.unit else None
    if same is False:
        raise DataError(
            f"{source}: refused, nothing was registered; the line under the names says {text!r}, but the "
            f"unit given is {marking.unit and marking.unit.words}"
        )
    return int(same is True)


def _cure(dates: Periods, numbers: Numbers, drop: Bools) -> str:
    """What would be right, of the first sort of mistake."""
    if (dates.bad & ~drop).any():
        return (
            "; a date is such as 2023, 2023-01-31, 2023Q4 or 'Dec 2023'; say date_format= of others"
        )
    if (numbers.bad & ~drop).any():
        return (
            "; a value is one number such as 18465 or 1.2e4, or an empty cell where there is none"
        )
    return ""


def _droppable(
    dates: Periods, numbers: Numbers, cells: pd.DataFrame
) -> tuple[Bools, "Counter[str]"]:
    """Rows that say nothing, and how many of each sort there are."""
    empty = dates.blank & numbers.blank
    holiday = ~dates.blank & ~dates.bad & numbers.blank
    # Lines under the table: after its last date, neither a date nor a value can be read.
    whole = np.flatnonzero(~dates.blank & ~dates.bad)
    under = np.arange(len(empty)) > (whole[-1] if whole.size else -1)
    # "2024 p" and "16,814 p" are data all the same, with a mark of the publisher's.
    footer = dates.bad & (numbers.blank | numbers.bad) & under
    for i in np.flatnonzero(footer):
        footer[i] = not all(str(cell).lstrip()[:1].isdigit() for cell in cells.iloc[i])
    for i in np.flatnonzero(dates.bad & under & ~footer):
        footer[i] = str(cells.iloc[i, 0]).strip(" :.").lower() in _FIGURES
    counts = {
        "blank rows": empty,
        "dates without a value": holiday,
        "lines under the table": footer,
    }
    dropped = Counter({reason: int(rows.sum()) for reason, rows in counts.items() if rows.any()})
    return empty | holiday | footer, dropped


def _problems(
    rows: pd.DataFrame,
    table: pd.DataFrame,
    columns: Mapping[str, str],
    kind: str,
    dates: Periods,
    numbers: Numbers,
    drop: Bools,
    numbering: Ints,
    strange: Mapping[str, str],
) -> list[str]:
    stamps = table[columns["date"]]
    values = table[columns["value"]]
    year, value = rows["year"].to_numpy(), rows["value"].to_numpy()
    dated = ~dates.blank & ~dates.bad
    with np.errstate(invalid="ignore"):
        low = (value < 0) | ((value == 0) & (kind != "production"))
    known = ~rows["country"].isin(list(strange)).to_numpy()
    # By the stamp as written: times within a day may differ.
    written = pd.DataFrame({"stamp": stamps.to_numpy(), "country": rows["country"].to_numpy()})
    doubled = written.duplicated(keep=False).to_numpy()
    found: list[tuple[int, str]] = []
    checks: tuple[tuple[Bools, Callable[[int], str]], ...] = (
        (~dated & ~drop, lambda i: f"{_text(stamps.iloc[i])} is neither a year nor a date"),
        (
            dated & ((year < FIRST) | (year > LAST)),
            lambda i: f"year {year[i]} is not between {FIRST} and {LAST}",
        ),
        (
            (numbers.bad | numbers.blank) & ~drop,
            lambda i: f"{_text(values.iloc[i])} is not a number",
        ),
        (low & ~drop, lambda i: f"{kind} {value[i]:g} is not positive"),
        (~known & ~drop, lambda i: strange[str(rows["country"].iloc[i])]),
        (
            doubled & dated & ~drop,
            lambda i: f"{_text(stamps.iloc[i])} given more than once{_hint(kind)}",
        ),
    )
    for wrong, say in checks:
        found += [(i, say(i)) for i in np.flatnonzero(wrong).tolist()]
    return [f"row {numbering[i]}: {reason}" for i, reason in sorted(found, key=lambda one: one[0])]


def _hint(kind: str) -> str:
    if kind == "production":
        return ""
    return " (several series in one file? say symbol=; months in another column? join them to one date)"


def _text(cell: object) -> str:
    text = str(cell)
    return repr(text if len(text) <= 60 else text[:57] + "...")
