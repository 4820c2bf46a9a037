"""From dated values to calendar years: how much of a year is there, and how it ended."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from critmin.data.dates import MONTHS
from critmin.data.quotes import MIN_MONTHS
from critmin.exceptions import DataError, UnknownNameError

Frequency = Literal["year", "half", "quarter", "month", "day"]
MIN_SHARE = MIN_MONTHS / 12
"""Share of a year's months that must be there for their average to stand for the year."""

MONTHS_ALONE = 3
"""Months in a row with one date each from which on a date among daily ones is of its month."""

LATE = 10
"""First month whose price can be a year's end."""


@dataclass(frozen=True, slots=True)
class Annual:
    """Values by calendar year.

    Attributes
    ----------
    table : DataFrame
        Columns country, year, value.
    year_end : DataFrame
        Of monthly and daily prices: year, month (the last one, from October on), value (its average).
    frequency : str
        What a row was of: "year", "half", "quarter", "month" or "day"; several joined by "+".
    dropped : Counter
        Rows that were left out, by reason.
    """

    table: pd.DataFrame
    year_end: pd.DataFrame
    frequency: str
    dropped: "Counter[str]"


def to_years(
    rows: pd.DataFrame,
    *,
    total: bool = False,
    min_share: float = MIN_SHARE,
    frequency: Frequency | None = None,
) -> Annual:
    """Average (or add up) dated values into calendar years.

    Parameters
    ----------
    rows : DataFrame
        Columns country, year, month, day, span (see `critmin.data.dates.Periods`) and value.
    total : bool
        Add up, and only years that are whole; otherwise average.
    min_share : float
        Least share of a year for its average to count, above 0 and at most 1.
    frequency : {"year", "half", "quarter", "month", "day"}, optional
        What a row that bears a day is of; found from how close the days lie where they show it. Where a
        year is given twice, rows of this span are kept.

    Raises
    ------
    DataError
        If the days do not show what they are of, if a part of a year is given twice, or if no year has
        enough.

    Notes
    -----
    A month is there if any day of it is, in proportion to how many days its fellows of the year have:
    three days in May are a twelfth of a year, not a year. Days are averaged as they are, as exchanges do;
    in a year whose parts are of several sizes (quarters, then months; weeks, then days) every month counts
    alike.

    Examples
    --------
    >>> rows = pd.DataFrame({"year": 2023, "month": range(1, 13), "day": 1, "span": "month"})
    >>> rows = rows.assign(country="", value=range(1, 13))
    >>> to_years(rows).table["value"].item(), to_years(rows).year_end["value"].item()
    (6.5, 12.0)
    """
    if (
        not isinstance(min_share, int | float)
        or isinstance(min_share, bool)
        or not 0 < min_share <= 1
    ):
        raise DataError(f"min_share must be above 0 and at most 1, got {min_share!r}")
    if frequency is not None and frequency not in get_args(Frequency):
        raise UnknownNameError.of("frequency", frequency, get_args(Frequency))
    frames, year_ends, dropped = [], [], Counter[str]()
    spans: set[str] = set()
    for country, part in rows.groupby("country", sort=True, observed=True):
        spanned = _one_way(spanned_rows(part, frequency), frequency, dropped)
        spans |= set(spanned["span"].unique())
        parts = _parts(spanned)
        months = _months(parts, by_year=not total)
        share = months.groupby(level="year").sum() / 12
        enough = share >= (1.0 - 1e-9 if total else min_share - 1e-9)
        for year in share.index[~enough]:
            of_year = spanned["year"] == year
            there = f"{share[year]:.0%}" if share[year] < 0.995 else "not all"
            dropped[f"rows of {year} ({there} of the year)"] += int(of_year.sum())
        kept = spanned[spanned["year"].isin(share.index[enough])]
        annual = kept.groupby("year", as_index=False)["value"].agg("sum" if total else "mean")
        if not total and len(uneven := _uneven(parts).intersection(annual["year"])):
            by_months = annual["year"].map(_by_months(parts, months))
            annual["value"] = annual["value"].where(~annual["year"].isin(uneven), by_months)
        frames.append(annual.assign(country=country))
        year_ends.append(_year_end(kept))
    table = pd.concat(frames, ignore_index=True)[["country", "year", "value"]]
    if table.empty:
        least = 1.0 if total else min_share
        raise DataError(
            f"no year is there: a year counts if at least {least:.0%} of it is given"
            + ("" if total else " (min_share)"),
            [f"{n} {reason}" for reason, n in dropped.items()],
        )
    names = [span for span in MONTHS if span in spans]
    return Annual(table, pd.concat(year_ends, ignore_index=True), "+".join(names), dropped)


def spanned_rows(part: pd.DataFrame, frequency: Frequency | None) -> pd.DataFrame:
    """Rows with the span that their days stand for, and its first month.

    Parameters
    ----------
    part : DataFrame
        Columns year, month and span.
    frequency : {"year", "half", "quarter", "month", "day"}, optional
        As in `to_years`.

    Examples
    --------
    >>> rows = pd.DataFrame({"year": [2023], "month": [12], "span": ["day"]})
    >>> made = spanned_rows(rows, "quarter")
    >>> made["month"].item(), made["span"].item()
    (10, 'quarter')
    """
    dated = (part["span"] == "day").to_numpy()
    if not dated.any():
        spans = sorted(set(part["span"].unique()))
        if frequency is not None and frequency not in spans:
            raise DataError(f"frequency={frequency!r}, but the dates are of {' and '.join(spans)}")
        return part
    days = part[dated]
    found = np.full(len(days), frequency, dtype=object) if frequency else _found(days)
    length = pd.Series(found).map(MONTHS).to_numpy(dtype=np.int64)
    month, spans = part["month"].to_numpy(copy=True), part["span"].to_numpy(dtype=object)
    month[dated] = (days["month"].to_numpy() - 1) // length * length + 1
    spans[dated] = found
    return part.assign(span=pd.Categorical(spans, categories=[*MONTHS]), month=month)


def _found(days: pd.DataFrame) -> "np.typing.NDArray[np.object_]":
    """Whether each day is of a daily or weekly series, or stands for its month."""
    month = (days["year"] * 12 + days["month"]).to_numpy()
    kinds, codes, n = np.unique(month, return_inverse=True, return_counts=True)
    if (n > 1).any():
        # Monthly figures before (or after) daily ones: months in a row with one date each.
        alone = pd.Series(n == 1)
        run = (~alone | (np.diff(kinds, prepend=kinds[0]) > 1)).cumsum()
        long = alone.groupby([run, alone]).transform("size") >= MONTHS_ALONE
        return np.where(alone & long, "month", "day").astype(object)[codes]
    if kinds.size > 1 and np.median(np.diff(kinds)) == 1:
        return np.full(len(days), "month", dtype=object)
    raise DataError(
        f"{len(days)} dated values, months apart, do not show whether each is a day's or the average of a "
        "quarter or a year: say frequency='quarter' or 'year', or give the dates as such ('2023Q4', 2023)"
    )


def _one_way(
    rows: pd.DataFrame, frequency: Frequency | None, dropped: "Counter[str]"
) -> pd.DataFrame:
    """Rows of which no part of a year is given twice."""
    for year, part in rows.groupby("year"):
        spans = part["span"].unique()
        if len(spans) < 2:
            continue
        given = part.drop_duplicates(["month", "span"])
        length = given["span"].map(MONTHS).astype(int)
        covered = [m for a, n in zip(given["month"], length, strict=True) for m in range(a, a + n)]
        if len(set(covered)) == len(covered):
            continue
        names = sorted(spans)
        if frequency not in names:
            keeps = " or ".join(f"frequency={name!r}" for name in names)
            raise DataError(
                f"{year} is given by {' and '.join(names)}: keep one of them ({keeps} does so)"
            )
        beside = (rows["year"] == year) & (rows["span"] != frequency)
        dropped[f"rows of {year} beside those by {frequency}"] += int(beside.sum())
        rows = rows[~beside]
    parts = rows[rows["span"] != "day"]
    doubled = parts[parts.duplicated(["year", "month"])]
    if len(doubled):
        one = doubled.iloc[0]
        raise DataError(
            f"{one['year']}, {one['span']} from month {one['month']}: given more than once"
        )
    return rows


def _parts(rows: pd.DataFrame) -> pd.DataFrame:
    """By year and first month of each part: number of rows, their span and mean."""
    return rows.groupby(["year", "month"]).agg(
        n=("value", "size"), span=("span", "first"), mean=("value", "mean")
    )


def _months(parts: pd.DataFrame, *, by_year: bool) -> "pd.Series[float]":
    """How many months each part of a year stands for, by year and first month."""
    days = parts["n"].where(parts["span"] == "day")
    typical = days.groupby(level="year").transform("median") if by_year else days.median()
    there = (days / typical).clip(upper=1.0).fillna(1.0)
    return there * parts["span"].map(MONTHS).astype(float)


def _uneven(parts: pd.DataFrame) -> "pd.Index[int]":
    """Years whose parts are of several sizes, or whose days lie twice as close for some months."""
    by_year = parts.groupby(level="year")
    spread = by_year["n"].quantile(0.75) > 2 * by_year["n"].quantile(0.25)
    uneven = (by_year["span"].nunique() >= 2) | spread
    return uneven.index[uneven]


def _by_months(parts: pd.DataFrame, months: "pd.Series[float]") -> "pd.Series[float]":
    """Average by year in which every month counts alike, as far as it is there."""
    whole = (parts["mean"] * months).groupby(level="year").sum()
    return whole / months.groupby(level="year").sum()


def _year_end(rows: pd.DataFrame) -> pd.DataFrame:
    """Average of the last month of each year, where months or days are known late enough."""
    late = rows[rows["span"].isin(["month", "day"]) & (rows["month"] >= LATE)]
    monthly = late.groupby(["year", "month"], as_index=False)["value"].mean()
    return monthly.groupby("year", as_index=False).tail(1)
