"""The one tidy layout that every loader returns, and the cells publishers write into it."""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from critmin.exceptions import DataError

COLUMNS: tuple[str, ...] = (
    "dataset",
    "series",
    "commodity",
    "country",
    "year",
    "month",
    "value",
    "lower",
    "upper",
    "unit",
    "qualifier",
)
"""Columns of a tidy frame. `month` is 0 for annual figures, `country` is ISO 3166 alpha-3, "WLD",
"ROW" (all others) or "" where it does not apply; `lower` and `upper` bound a value that the
publisher gave as a range or bound."""

KEYS = ["dataset", "series", "commodity", "country", "year", "month"]
"""Columns that name a figure, in the order that tidy frames are sorted by."""

QUALIFIERS = frozenset(
    {
        "",
        "estimated",
        "withheld",
        "not_available",
        "below",
        "above",
        "range",
        "net_exporter",
        "described",
        "mended",
    }
)

_WHOLE = {"year", "month", "estimate"}
_REAL = {"value", "lower", "upper"}
_ABSENT = {"", "NA", "N/A", "NAN", "NONE", "...", "…", "..", "XX"}
_HALF_UNIT = re.compile(r"less than (1/2|½|a half|one-half) unit\.?", re.IGNORECASE)
_DESCRIBED = re.compile(
    r"(very )?(small|moderate|large)( to large)?|variable, depending on .*"
    r"|less than [\d,]+ (tons|carats)\.?"
)
_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+(\.\d*)?|\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
"""Commas part thousands: ``"6,4"`` is no number."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one published cell says: a number, a bound, or a reason for there being none."""

    value: float
    lower: float
    upper: float
    qualifier: str


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text.replace(",", ""))


def parse_cell(raw: object) -> Cell:
    """Read a cell the way the USGS and the World Bank write them.

    "W" is withheld, "E" a net exporter, "NA" and dots not available, "<", ">" and "Less than 1/2
    unit" bounds, two numbers with a dash a range; a leading or trailing "e" marks an estimate.

    Raises
    ------
    ValueError
        If the text is none of these.

    Examples
    --------
    >>> parse_cell(">75")
    Cell(value=nan, lower=75.0, upper=inf, qualifier='above')
    >>> parse_cell("50–300").qualifier
    'range'
    """
    nan = float("nan")
    if raw is None or (isinstance(raw, float) and np.isnan(raw)):
        return Cell(nan, nan, nan, "not_available")
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return Cell(float(raw), nan, nan, "")
    text = str(raw).strip().replace("−", "-").replace("$", "").removesuffix("%")
    upper = text.upper()
    if upper in _ABSENT:
        return Cell(nan, nan, nan, "not_available")
    if upper == "W":
        return Cell(nan, nan, nan, "withheld")
    if upper == "E":
        return Cell(nan, nan, nan, "net_exporter")
    if text in {"—", "–", "-", "--"}:
        return Cell(0.0, nan, nan, "")
    if _HALF_UNIT.fullmatch(text):
        return Cell(nan, 0.0, 0.5, "below")
    if _DESCRIBED.fullmatch(text.replace("\N{NO-BREAK SPACE}", " ").lower()):
        return Cell(nan, nan, nan, "described")
    if len(text) > 1 and text[0] in "<≤":
        return Cell(nan, -np.inf, _number(text[1:].strip()), "below")
    if len(text) > 1 and text[0] in ">≥":
        return Cell(nan, _number(text[1:].strip()), np.inf, "above")
    parts = re.split(r"\s*[–—]\s*|(?<=\d)\s*-\s*(?=\d)", text)
    if len(parts) == 2:
        low, high = _number(parts[0]), _number(parts[1])
        return Cell((low + high) / 2, low, high, "range")
    stripped = text[1:] if text[0] in "eE" else text[:-1] if text[-1] in "eE" else text
    return Cell(_number(stripped.strip()), nan, nan, "" if stripped == text else "estimated")


def frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a tidy frame of rows, with defaults for the columns they leave out.

    The rows are ordered by data set, series, commodity, country, year and month, so that the
    same figures always give the same bytes.
    """
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    table["month"] = pd.to_numeric(table["month"]).fillna(0).astype("int64")
    table["year"] = table["year"].astype("int64")
    for column in ("dataset", "series", "commodity", "country", "unit", "qualifier"):
        table[column] = table[column].astype(object).fillna("")
    for column in ("value", "lower", "upper"):
        table[column] = table[column].astype("float64")
    return table.sort_values(KEYS, kind="stable", ignore_index=True)


def check(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Refuse a tidy frame with double entries, unknown qualifiers or impossible years.

    Parameters
    ----------
    table : DataFrame
        In the tidy layout.
    source : str
        File or data set, for the message.

    Raises
    ------
    DataError
        Naming every row that is wrong.
    """
    problems = []
    for _, row in table[table.duplicated(KEYS, keep=False)].iterrows():
        problems.append(
            f"{row['series']} {row['commodity']} {row['country']} {row['year']}: given more than once"
        )
    for _, row in table[~table["qualifier"].isin(QUALIFIERS)].iterrows():
        problems.append(f"{row['series']} {row['year']}: unknown qualifier {row['qualifier']!r}")
    for _, row in table[(table["year"] < 1700) | (table["year"] > 2100)].iterrows():
        problems.append(f"{row['series']}: year {row['year']} is not between 1700 and 2100")
    for _, row in table[~table["month"].between(0, 12)].iterrows():
        problems.append(f"{row['series']} {row['year']}: month {row['month']} is not 0 to 12")
    if problems:
        raise DataError(f"{source}: {len(problems)} rows refused", problems)
    return table


def to_csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a tidy frame as the bytes that the snapshot holds and hashes."""
    text = table.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    return text.encode("utf-8")


def from_csv_bytes(content: bytes) -> pd.DataFrame:
    """Read what `to_csv_bytes` wrote; empty cells are NaN in columns of numbers, else ""."""
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    for column in table.columns:
        if column in _WHOLE:
            table[column] = table[column].astype("int64")
        elif column in _REAL:
            table[column] = table[column].replace("", np.nan).astype("float64")
        else:
            table[column] = table[column].astype(object)
    return table
