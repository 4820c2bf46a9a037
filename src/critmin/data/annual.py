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
        What a row that bears a day is of; found from how close the days lie where they show it.

    Raises
    ------
    DataError
        If the days do not show what they are of, if a year is given by years and by parts, or if no
        year has enough.

    Notes
    -----
    A month is there if any day of it is, in proportion to how many days its fellows have: three days in
    May are a twelfth of a year, not a year. Days are averaged as they are, as exchanges do.

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
        spanned = spanned_rows(part, frequency)
        spans |= set(spanned["span"].unique())
        _one_way(spanned)
        months = spanned["span"].map(MONTHS).to_numpy(dtype=float)
        share = _shares(spanned.assign(months=months))
        enough = share >= (1.0 - 1e-9 if total else min_share - 1e-9)
        for year in share.index[~enough]:
            of_year = spanned["year"] == year
            there = f"{share[year]:.0%}" if share[year] < 0.995 else "not all"
            dropped[f"rows of {year} ({there} of the year)"] += int(of_year.sum())
        kept = spanned[spanned["year"].isin(share.index[enough])]
        how = "sum" if total else "mean"
        annual = kept.groupby("year", as_index=False)["value"].agg(how)
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
        if frequency is not None and spans != [frequency]:
            raise DataError(f"frequency={frequency!r}, but the dates are of {' and '.join(spans)}")
        return part
    days = part[dated]
    span = frequency or _found(days)
    months = MONTHS[span]
    first = (days["month"].to_numpy() - 1) // months * months + 1
    if span == "day":
        return part
    month = part["month"].to_numpy(copy=True)
    month[dated] = first
    kinds = pd.Categorical(np.where(dated, span, part["span"].astype(object)), categories=[*MONTHS])
    return part.assign(span=kinds, month=month)


def _found(days: pd.DataFrame) -> Frequency:
    """Whether days are of a daily or weekly series, or stand for months."""
    month = np.sort((days["year"] * 12 + days["month"]).to_numpy())
    gaps = np.diff(month)
    if (gaps == 0).any():
        return "day"
    if gaps.size and np.median(gaps) == 1:
        return "month"
    raise DataError(
        f"{len(days)} dated values, months apart, do not show whether each is a day's or the average of a "
        "quarter or a year: say frequency='quarter' or 'year', or give the dates as such ('2023Q4', 2023)"
    )


def _one_way(rows: pd.DataFrame) -> None:
    """Refuse a year that is given whole and in parts, or in parts of two sizes."""
    kinds = rows.groupby("year")["span"].nunique()
    if (kinds > 1).any():
        year = kinds.index[kinds > 1][0]
        both = " and ".join(sorted(set(rows.loc[rows["year"] == year, "span"])))
        raise DataError(f"{year} is given by {both}: keep one of them")
    parts = rows[rows["span"] != "day"]
    doubled = parts[parts.duplicated(["year", "month"])]
    if len(doubled):
        one = doubled.iloc[0]
        raise DataError(
            f"{one['year']}, {one['span']} from month {one['month']}: given more than once"
        )


def _shares(rows: pd.DataFrame) -> "pd.Series[float]":
    """Share of each year that is there."""
    by_month = rows.groupby(["year", "month"]).agg(n=("value", "size"), months=("months", "first"))
    typical = by_month["n"].median()
    there = np.minimum(by_month["n"] / typical, 1.0) * by_month["months"]
    return there.groupby("year").sum() / 12


def _year_end(rows: pd.DataFrame) -> pd.DataFrame:
    """Average of the last month of each year, where months or days are known late enough."""
    late = rows[rows["span"].isin(["month", "day"]) & (rows["month"] >= LATE)]
    monthly = late.groupby(["year", "month"], as_index=False)["value"].mean()
    return monthly.groupby("year", as_index=False).tail(1)
