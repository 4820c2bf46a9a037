"""Who produces how much: shares, growth and wages of producer countries from a panel."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.drivers import DRIFTING, RETURNING
from critmin.data.production import series_name
from critmin.internal.arrays import Bools, Floats
from critmin.mineral import get_mineral

MAX_GROWTH = 0.5
"""Changes of world production beyond this (in logs) are changes of coverage and are left out."""

TYPICAL_SPREAD = 0.1
"""Spread of a country's relative growth where no country's is known."""

POPULATION_GROWTH = 0.013
"""Yearly growth of population taken off that of GDP: the world's mean 1980-2023 (World Bank)."""


def _by_country(panel: xr.Dataset, mineral: str) -> Floats:
    """Latest figures of production (country, year)."""
    latest = panel["production"].sel(mineral=mineral, vintage="latest")
    return latest.transpose("country", "year").values.astype(float)


def country_share(panel: xr.Dataset, mineral: str, country: str) -> Floats:
    """Share of a country in world production by year, carried to years without figures.

    Returns
    -------
    array (T,)
        Zeros where production is not known at all.
    """
    at = np.flatnonzero(panel["country"].values == country)
    if not len(at):
        return np.zeros(panel.sizes["year"])
    # A country without a figure in a year with figures made nothing that anybody counted.
    table = np.nan_to_num(_by_country(panel, mineral))
    total = table.sum(axis=0)
    share = pd.Series(table[at[0]] / np.where(total > 0, total, np.nan))
    return share.ffill().bfill().fillna(0.0).to_numpy(dtype=float)


def _same_publisher(panel: xr.Dataset, mineral: str) -> Bools:
    """Whether each year's production but the first is its publisher's of the year before."""
    return same_publisher(panel["production_source"].sel(mineral=mineral).values)


def same_publisher(sources: Iterable[object]) -> Bools:
    """Whether each source but the first is of the publisher of the one before."""
    publisher = np.array([str(name).split("-")[0] for name in sources])
    return np.asarray(publisher[1:] == publisher[:-1])


def world_growth(panel: xr.Dataset, mineral: str) -> Floats:
    """Growth of log world production, over the countries reported in both years.

    Matching countries keeps a country that enters or leaves the tables from looking like growth, and
    years of two publishers are not compared: their difference of method would look like growth as well.
    Years without countries take the growth of the printed total, where there is one.
    """
    about = get_mineral(mineral)
    years = panel["year"].values
    if series_name(about) is None or about.production_proxy:
        return np.full(len(years), np.nan)
    table = _by_country(panel, mineral)
    now, before = table[:, 1:], table[:, :-1]
    both = np.isfinite(now) & np.isfinite(before)
    sums = [np.where(both, x, 0).sum(axis=0) for x in (now, before)]
    known = (both.sum(axis=0) >= 2) & (sums[0] > 0) & (sums[1] > 0)
    known &= _same_publisher(panel, mineral)
    growth = np.full(len(years), np.nan)
    growth[1:][known] = np.log(sums[0][known] / sums[1][known])
    if "production_world" in panel:
        total = np.log(panel["production_world"].sel(mineral=mineral).values.astype(float))
        growth[1:] = np.where(np.isfinite(growth[1:]), growth[1:], np.diff(total))
    growth[np.abs(growth) > MAX_GROWTH] = np.nan
    return growth


def world_output(panel: xr.Dataset, mineral: str) -> float:
    """World production in the last year with figures, tonnes; 0 where not known."""
    latest = panel["production"].sel(mineral=mineral, vintage="latest")
    known = latest.sum("country", min_count=1).dropna("year")
    return float(known[-1]) if known.sizes["year"] else 0.0


def country_growth(panel: xr.Dataset, mineral: str, country: str) -> Floats:
    """Growth of a country's output less that of all other producers; NaN where not known."""
    at = np.flatnonzero(panel["country"].values == country)
    if not len(at):
        return np.full(panel.sizes["year"], np.nan)
    return growth_beyond_others(
        _by_country(panel, mineral), int(at[0]), _same_publisher(panel, mineral)
    )


def growth_beyond_others(table: Floats, at: int, comparable: Bools) -> Floats:
    """Growth of one producer's output less that of all others that both years have.

    Parameters
    ----------
    table : array (country, year)
        Output; NaN where not known.
    at : int
        Position of the producer.
    comparable : array (year - 1,) of bool
        Whether each year but the first can be set against the one before.

    Returns
    -------
    array (year,)
        NaN where not known, or further than `MAX_GROWTH` from none.
    """
    values = np.full(table.shape[1], np.nan)
    own, rest = table[at], np.delete(table, at, axis=0)
    both = np.isfinite(rest[:, 1:]) & np.isfinite(rest[:, :-1])
    now, before = (np.where(both, x, 0).sum(axis=0) for x in (rest[:, 1:], rest[:, :-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        values[1:] = np.log(own[1:] / own[:-1] * before / now)
    values[1:][~comparable] = np.nan
    values[~np.isfinite(values) | (np.abs(values) > MAX_GROWTH)] = np.nan
    return values


def producer_weights(panel: xr.Dataset, mineral: str) -> "pd.Series[float]":
    """Mean share of each country in world production over the last ten years with figures."""
    latest = panel["production"].sel(mineral=mineral, vintage="latest").dropna("year", how="all")
    if not latest.sizes["year"]:
        return pd.Series(dtype=float)
    recent = latest.isel(year=slice(-10, None)).fillna(0)
    total = recent.sum()
    return (recent.sum("year") / total).to_series().loc[lambda share: share > 0]


def cost_paths(panel: xr.Dataset, mineral: str) -> dict[str, Floats]:
    """Log real indices (year,) of what moves a mineral's cost, by driver, 0 in the base year."""
    world = {driver.name: panel[driver.name].values.astype(float) for driver in RETURNING}
    return world | {driver.name: producer_wages(panel, mineral) for driver in DRIFTING}


def producer_wages(panel: xr.Dataset, mineral: str) -> Floats:
    """Log real income per head in USD of the countries that produce it, 0 in the base year.

    Chained over the countries with figures in both years; years without figures keep the level.
    """
    weights = producer_weights(panel, mineral)
    log_gdp = np.log(panel["gdp_country"].sel(country=weights.index.tolist()).values)
    growth = np.diff(log_gdp, axis=1, prepend=np.nan) - POPULATION_GROWTH
    known = np.isfinite(growth) * weights.to_numpy()[:, None]
    world = np.diff(np.log(panel["gdp"].values), prepend=np.nan) - POPULATION_GROWTH
    total = known.sum(axis=0)
    mean = (np.nan_to_num(growth) * known).sum(axis=0) / np.where(total > 0, total, 1)
    path = np.nan_to_num(np.where(total > 0.2, mean, world)).cumsum()
    return path - path[-1]
