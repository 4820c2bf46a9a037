"""The second stage: who refines the ore that others mine, and how their shares move.

A refiner's output grows beyond the others' by a drift and by chance. Of the mean growth of the last
years as much is kept as drift as its error leaves; `scripts/compare_stages.py` shows what that is worth
against last shares that stay, and against their trend.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from critmin.data.countries import ROW
from critmin.data.production import output, series_name, stages
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.mineral import get_mineral, registry
from critmin.model.shares import TYPICAL_SPREAD, growth_beyond_others, same_publisher

SMALLEST_REFINER = 0.01
"""Share of the world's refined output below which a country is joined with the rest."""

FEWEST_GROWTHS = 5
"""Years of growth from which a refiner's own spread is known."""

DRIFT_YEARS = 10
"""Latest years of growth that a drift is taken from, and how many years the prior that there is none
weighs: of ten years' mean growth half goes on."""

MEASURED, ASSUMED = "measured", "assumed"


@dataclass(frozen=True, slots=True, eq=False)
class Refiners:
    """Refiners of one mineral that is counted at the mine; R countries, the rest last.

    Attributes
    ----------
    countries : list of str
    share : array (R,)
        Of the world's refined output in the last year with figures.
    spread : array (R,)
        Standard deviation of the yearly growth of output beyond that of others; 0 for the rest.
    drift, drift_error : array (R,)
        That growth a year, and its standard error.
    every : dict of str to float
        Shares of all countries with figures, also of those joined with the rest.
    year : int
        Of the figures.
    ratio : float
        World refined over mined output in the last year that has both.
    basis : {"measured", "assumed"}
        Whether spreads are of this mineral's history, or the median of those of others.
    """

    countries: list[str]
    share: Floats
    spread: Floats
    drift: Floats
    drift_error: Floats
    every: dict[str, float]
    year: int
    ratio: float
    basis: str

    def ahead(self, shocks: Floats, origin: int) -> Floats:
        """Shares of the world's refined output in the years after an origin, (R, sample, year).

        Parameters
        ----------
        shocks : array (R - 1, 1 + year, sample)
            Standard normal: of each refiner's drift, and of its growth by year.
        origin : int
            Last year without a forecast. Those since the last figures count: nobody has seen them.
        """
        steps = shocks[:, 1:].copy()
        missed = origin - self.year
        steps[:, 0] *= np.sqrt(1 + missed)
        since = missed + 1 + np.arange(steps.shape[1])
        drift = self.drift[:-1, None] + self.drift_error[:-1, None] * shocks[:, 0]
        walk = self.spread[:-1, None, None] * steps.cumsum(axis=1)
        relative = drift[:, None] * since[:, None] + walk
        share = self.share[:-1, None, None] * np.exp(relative)
        rest = np.full((1, *share.shape[1:]), self.share[-1])
        whole = np.concatenate([share, rest])
        return np.asarray(np.moveaxis(whole / whole.sum(axis=0), 1, 2))


def main_stage(mineral: str) -> str:
    """Stage that a mineral's output is counted at; empty where it has no figures.

    Examples
    --------
    >>> main_stage("cobalt"), main_stage("gallium"), main_stage("neodymium")
    ('mined', 'refined', 'mined')
    """
    return "".join(stages(series_name(get_mineral(mineral)) or "")[:1])


@cache
def two_stages() -> tuple[str, ...]:
    """Minerals counted at the mine of which refined output by country is known as well."""
    return tuple(
        mineral.name
        for mineral in registry().values()
        if not mineral.production_proxy
        and stages(series_name(mineral) or "") == ("mined", "refined")
    )


@cache
def refiners(mineral: str, last: int) -> Refiners:
    """Refiners of a mineral that is counted at the mine.

    Parameters
    ----------
    mineral : str
    last : int
        Last year known.

    Raises
    ------
    CritminError
        If the mineral has no second stage, or no figures of it until that year.

    Examples
    --------
    >>> known = refiners("cobalt", 2025)
    >>> known.countries[:2], known.year, known.basis
    (['CHN', 'FIN'], 2023, 'measured')
    >>> refiners("graphite", 2025).basis
    'assumed'
    """
    if mineral not in two_stages():
        raise CritminError(
            f"{mineral}: no second stage is known; output is counted both mined and refined of "
            f"{', '.join(two_stages())}"
        )
    name = series_name(get_mineral(mineral)) or ""
    table, growths = history(mineral, last)
    if table.empty:
        first = int(output(name, "refined")["year"].min())
        raise CritminError(f"{mineral}: refined output is known from {first} on, not by {last}")
    year = int(table.columns[-1])
    every = (table[year] / table[year].sum()).fillna(0.0).drop(ROW, errors="ignore")
    share = every[every >= SMALLEST_REFINER].sort_values(ascending=False, kind="stable")
    known = {c: growths[c] for c in share.index if len(growths[c]) >= FEWEST_GROWTHS}
    typical = _typical_spread(last)
    kept = [known.get(c, np.empty(0)) for c in share.index]
    spread = np.array([g.std() if len(g) else typical for g in kept])
    recent = [g[-DRIFT_YEARS:] for g in kept]
    drift = np.array([g.sum() / (len(g) + DRIFT_YEARS) for g in recent])
    error = spread / np.sqrt([len(g) + DRIFT_YEARS for g in recent])
    return Refiners(
        countries=[*map(str, share.index), ROW],
        share=np.append(share, max(1 - share.sum(), 0.0)),
        spread=np.append(spread, 0.0),
        drift=np.append(drift, 0.0),
        drift_error=np.append(error, 0.0),
        every={str(c): float(part) for c, part in every.items()},
        year=year,
        ratio=_ratio(name, table.sum()),
        basis=MEASURED if known else ASSUMED,
    )


@cache
def history(mineral: str, last: int) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Refined output until a year, and its growth beyond that of others.

    Returns
    -------
    DataFrame
        Tonnes by country and year.
    dict of str to array
        The growths that are known, by country.
    """
    rows = output(series_name(get_mineral(mineral)) or "", "refined")
    rows = rows[rows["year"] <= last]
    table = rows.pivot_table(index="country", columns="year", values="value")
    source = rows.groupby("year")["source"].first()
    comparable = same_publisher(source) & (np.diff(source.index.to_numpy()) == 1)
    values = table.to_numpy(dtype=float)
    growths = {}
    for at, country in enumerate(map(str, table.index)):
        growth = growth_beyond_others(values, at, comparable)
        growths[country] = growth[np.isfinite(growth)]
    return table, growths


@cache
def _typical_spread(last: int) -> float:
    """Median spread of the refiners of all minerals that have one."""
    found = [
        growth.std()
        for mineral in two_stages()
        for country, growth in _large(mineral, last).items()
        if country != ROW and len(growth) >= FEWEST_GROWTHS
    ]
    return float(np.median(found)) if found else TYPICAL_SPREAD


def _large(mineral: str, last: int) -> dict[str, Floats]:
    """Growth of the refiners that are told apart."""
    table, growths = history(mineral, last)
    if table.empty:
        return {}
    latest = table.iloc[:, -1]
    return {c: g for c, g in growths.items() if latest[c] >= SMALLEST_REFINER * latest.sum()}


def _ratio(name: str, refined: "pd.Series[float]") -> float:
    """World refined over mined output in the last year that has both."""
    mined = output(name, "mined").groupby("year")["value"].sum()
    both = refined.index.intersection(mined.index)
    return float(refined[both[-1]] / mined[both[-1]])
