"""From a panel to the arrays that the model is conditioned on."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.data.panel import real_factor
from critmin.exceptions import DataError
from critmin.mineral import get_mineral
from critmin.model.priors import SCOPE_FACTOR, WITHHELD_MEAN

START = 1960
"""First year of the model: the drivers (energy, income) begin here."""

MAX_GROWTH = 0.5
"""Changes of world production beyond this (in logs) are changes of coverage and are left out."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """What the model sees; M minerals, T years, O observed price changes, Q production growths.

    Attributes
    ----------
    minerals, groups, routes : list of str
        Length M.
    years : array (T,)
    log_price : array (M, T)
        Log real price; NaN where not observed.
    carry : array (M, T)
        Log price of the year's last month less that of the year; NaN where not known.
    monthly : array (M,) of bool
        Whether the mineral's source is monthly.
    first : array (M,)
        Position of the first observed year.
    basis : array (M, T)
        1 where the price is on the basis of an older source that does not join up, else 0.
    energy : array (T,)
        Log real energy price, 0 in the base year.
    income : array (T,)
        Growth of world income about its mean; 0 where not yet known.
    income_known : array (T,) of bool
    growth : array (M, T)
        Growth of log world production; NaN where not known.
    restriction_names : list of str
        Length E.
    restriction_mineral : array (E,)
        Position of the mineral.
    restriction_share : array (E, T)
        Share of world supply that the measure covers, times the part of the year it was in force.
    withheld_mean : array (E,)
        Prior mean of the share withheld.
    support_names : list of str
        Length K.
    support_mineral : array (K,)
    support_share : array (K, T)
        Share of world supply that the support reaches, ramped up.
    cost_mineral, cost_year : arrays (C,)
        Positions of private cost points.
    cost_log : array (C,)
        Their log real values.
    data_hash : str
    datasets, private : list of str
        Identifiers of the data sets used.
    """

    minerals: list[str]
    groups: list[str]
    routes: list[str]
    years: Ints
    log_price: Floats
    carry: Floats
    monthly: NDArray[np.bool_]
    first: Ints
    basis: Floats
    energy: Floats
    income: Floats
    income_known: NDArray[np.bool_]
    growth: Floats
    restriction_names: list[str]
    restriction_mineral: Ints
    restriction_share: Floats
    withheld_mean: Floats
    support_names: list[str]
    support_mineral: Ints
    support_share: Floats
    cost_mineral: Ints
    cost_year: Ints
    cost_log: Floats
    data_hash: str
    datasets: list[str]
    private: list[str]


@cache
def support_evidence() -> pd.DataFrame:
    """Producers with stated evidence of state support: mineral, country, since, full, share, evidence."""
    text = files("critmin.data").joinpath("state_support.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text))


def country_share(panel: xr.Dataset, mineral: str, country: str) -> Floats:
    """Share of a country in world production by year, carried to years without figures.

    Returns
    -------
    array (T,)
        Zeros where production is not known at all.
    """
    latest = panel["production"].sel(mineral=mineral, vintage="latest")
    if country not in latest["country"].values:
        return np.zeros(panel.sizes["year"])
    total = latest.sum("country", min_count=1)
    share = (latest.sel(country=country) / total.where(total > 0)).to_series()
    return share.ffill().bfill().fillna(0.0).to_numpy(dtype=float)


def world_growth(panel: xr.Dataset, mineral: str) -> Floats:
    """Growth of log world production, over the countries reported in both years.

    Matching countries keeps a country that enters or leaves the tables from looking like growth.
    """
    about = get_mineral(mineral)
    years = panel["year"].values
    if about.production is None or about.production_proxy:
        return np.full(len(years), np.nan)
    table = panel["production"].sel(mineral=mineral, vintage="latest").values.astype(float)
    now, before = table[:, 1:], table[:, :-1]
    both = np.isfinite(now) & np.isfinite(before)
    sums = [np.where(both, x, 0).sum(axis=0) for x in (now, before)]
    known = (both.sum(axis=0) >= 2) & (sums[0] > 0) & (sums[1] > 0)
    growth = np.full(len(years), np.nan)
    growth[1:][known] = np.log(sums[0][known] / sums[1][known])
    growth[np.abs(growth) > MAX_GROWTH] = np.nan
    return growth


def _in_force(start: float, end: float, years: Ints) -> Floats:
    """Part of each year that lies between two decimal years; an open end lasts."""
    stop = np.inf if np.isnan(end) else end
    return np.clip(np.minimum(stop, years + 1) - np.maximum(start, years), 0, 1)


def _affected(event_mineral: str, minerals: list[str]) -> list[str]:
    """Minerals that an event's entry names: itself, or every rare earth."""
    if event_mineral == "rare_earths":
        return [m for m in minerals if get_mineral(m).group == "rare_earth" and m != "scandium"]
    return [event_mineral] if event_mineral in minerals else []


def make_inputs(panel: xr.Dataset) -> ModelInputs:
    """Condition a panel for the model.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`.

    Raises
    ------
    DataError
        If a mineral has fewer than two prices since `START`, or a price source has more than one
        break.
    """
    panel = panel.sel(year=slice(START, None))
    minerals = [str(m) for m in panel["mineral"].values]
    years = panel["year"].values.astype(np.int64)
    log_price = np.log(panel["price"].values)
    counts = np.isfinite(log_price).sum(axis=1)
    problems = [
        f"{m}: {n} prices since {START}, at least 2 are needed"
        for m, n in zip(minerals, counts, strict=True)
        if n < 2
    ]
    basis = panel["price_basis"].values
    problems += [
        f"{m}: more than one break between price sources"
        for m, b in zip(minerals, basis.max(axis=1), strict=True)
        if b > 1
    ]
    if problems:
        raise DataError("the panel cannot be fitted", problems)

    dy = np.diff(np.log(panel["gdp"].values), prepend=np.nan)
    income = np.nan_to_num(dy - np.nanmean(dy))

    names, where, shares, means = [], [], [], []
    for i in range(panel.sizes["event"]):
        measure = str(panel["event_measure"].values[i])
        if measure not in WITHHELD_MEAN:
            continue
        start, end = float(panel["event_start"][i]), float(panel["event_end"][i])
        country = str(panel["event_country"].values[i])
        for mineral in _affected(str(panel["event_mineral"].values[i]), minerals):
            share = country_share(panel, mineral, country) * _in_force(start, end, years)
            if share.max() < 0.005:
                continue
            names.append(f"{mineral}:{country}:{measure}:{start:.2f}")
            where.append(minerals.index(mineral))
            shares.append(share)
            scope = str(panel["event_scope"].values[i])
            means.append(WITHHELD_MEAN[measure] * SCOPE_FACTOR[scope])

    support_names, support_where, support_shares = [], [], []
    for row in support_evidence().itertuples(index=False):
        if row.mineral not in minerals:
            continue
        mineral = str(row.mineral)
        share = (
            country_share(panel, mineral, str(row.country))
            if np.isnan(row.share)
            else np.full(len(years), float(row.share))
        )
        ramp = np.clip((years - row.since) / max(row.full - row.since, 1), 0, 1)
        support_names.append(f"{mineral}:{row.country}")
        support_where.append(minerals.index(mineral))
        support_shares.append(share * ramp)

    cost_year = panel["cost_year"].values.astype(np.int64)
    inside = np.isin(cost_year, years)
    cost_real = panel["cost"].values[inside] * real_factor(cost_year[inside])
    t = len(years)
    carry = np.log(panel["price_year_end"].values) - log_price
    return ModelInputs(
        minerals=minerals,
        groups=[get_mineral(m).group for m in minerals],
        routes=[get_mineral(m).route for m in minerals],
        years=years,
        log_price=log_price,
        carry=carry,
        monthly=np.isfinite(carry).any(axis=1),
        first=np.isfinite(log_price).argmax(axis=1),
        basis=(basis == 1).astype(float),
        energy=panel["energy"].values.astype(float),
        income=income,
        income_known=np.isfinite(dy),
        growth=np.stack([world_growth(panel, m) for m in minerals]),
        restriction_names=names,
        restriction_mineral=np.array(where, dtype=np.int64),
        restriction_share=np.array(shares, dtype=float).reshape(-1, t),
        withheld_mean=np.array(means, dtype=float),
        support_names=support_names,
        support_mineral=np.array(support_where, dtype=np.int64),
        support_share=np.array(support_shares, dtype=float).reshape(-1, t),
        cost_mineral=np.array(
            [minerals.index(str(m)) for m in panel["cost_mineral"].values[inside]], dtype=np.int64
        ),
        cost_year=np.searchsorted(years, cost_year[inside]),
        cost_log=np.log(cost_real),
        data_hash=str(panel.attrs["data_hash"]),
        datasets=list(panel.attrs["datasets"]),
        private=list(panel.attrs["private"]),
    )
