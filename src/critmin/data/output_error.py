"""How far publishers disagree about the same output: the error of its figures."""

import numpy as np
import pandas as pd

from critmin.data.countries import ROW

LARGE_PRODUCER = 0.05
"""Share of the world from which a country's figures are of the better known class."""

MIN_ERROR = 0.01
"""No published figure is better known: they are rounded to two or three digits."""

TYPICAL = {True: 0.11, False: 0.20}
"""Error of a large and of a small producer's figure where no second source tells: medians over the 32
and 36 series that have one."""

TYPICAL_REVISION = {True: 0.09, False: 0.16}
"""Spread of what a first estimate of a large and of a small producer is revised by: Mineral Commodity
Summaries 2025 against 2026 for 2024, 507 figures."""

SHARE_ERROR = 0.2
"""Error of a compiled share of a producer."""

PRIOR_WEIGHT = 3.0
"""Comparisons that the typical error of a class counts for beside a figure's own."""

LEAST = 8
"""Comparisons that a class of a series needs for an error of its own."""

COPY = 1e-3
"""Gap up to which two publishers have one figure, not two that agree."""

MAX_LOG_RATIO = 1.0
"""Two figures further apart count as this far: one is then another thing, not an inexact one."""

_SD = 68.27
"""Percentile of absolute deviations that is one standard deviation of a normal distribution."""


def pairs(every: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Every figure of a second source beside the chosen one, where both are positive.

    Parameters
    ----------
    every, chosen : DataFrame
        As in `relative_error`.

    Returns
    -------
    DataFrame
        country, year, value and source of the chosen, value_other and source_other, large (of a
        producer of at least `LARGE_PRODUCER`) and gap, the absolute logarithm of their ratio.
    """
    mine = chosen.assign(large=_large(chosen))
    both = mine.merge(every, on=["country", "year"], suffixes=("", "_other"))
    both = both[both["rank_other"] > both["rank"]]
    both = both[(both["value"] > 0) & (both["value_other"] > 0) & (both["country"] != ROW)]
    gap = np.abs(np.log(both["value_other"] / both["value"])).clip(upper=MAX_LOG_RATIO)
    # Publishers copy governments and each other: the same figure twice is one figure.
    both = both.assign(gap=gap)[gap > COPY]
    return both.drop_duplicates(["country", "year", "value_other"])


def _large(chosen: pd.DataFrame) -> "pd.Series[bool]":
    """Which figures are of a producer of at least `LARGE_PRODUCER`."""
    return chosen["value"] >= LARGE_PRODUCER * chosen.groupby("year")["value"].transform("sum")


def _spread(gaps: "pd.Series[float]", typical: float) -> float:
    """Standard deviation of one figure from gaps between two; `typical` where they are few."""
    if len(gaps) < LEAST:
        return typical
    return float(max(np.percentile(gaps, _SD) / np.sqrt(2), MIN_ERROR))


def relative_error(
    every: pd.DataFrame, chosen: pd.DataFrame, first: "pd.Series[bool]"
) -> "pd.Series[float]":
    """Standard deviation of the logarithm of each chosen figure.

    Parameters
    ----------
    every : DataFrame
        Figures of all sources of a series: source, rank, country, year, value.
    chosen : DataFrame
        Those that count.
    first : Series of bool
        Which of the chosen are first estimates.

    Returns
    -------
    Series
        On the index of `chosen`. Half the mean square gap to the other sources' figures of that
        country and year, shrunk to the typical one of large or small producers of the series; first
        estimates have the spread of their revisions on top.
    """
    both = pairs(every, chosen)
    large = _large(chosen)
    typical = {c: _spread(both.loc[both["large"] == c, "gap"], TYPICAL[c]) for c in (True, False)}
    own = both.assign(square=both["gap"] ** 2 / 2).groupby(["country", "year"])["square"]
    keys = pd.MultiIndex.from_frame(chosen[["country", "year"]])
    total = own.sum().reindex(keys).fillna(0.0).to_numpy()
    count = own.count().reindex(keys).fillna(0).to_numpy()
    base = large.map(typical).to_numpy(dtype=float)
    variance = (PRIOR_WEIGHT * base**2 + total) / (PRIOR_WEIGHT + count)
    variance += np.where(first, large.map(TYPICAL_REVISION).to_numpy(dtype=float) ** 2, 0.0)
    shared = (chosen["source"] == "shares").to_numpy()
    error = np.where(shared, SHARE_ERROR, np.sqrt(variance))
    return pd.Series(np.maximum(error, MIN_ERROR), index=chosen.index)
