"""From a panel to the arrays that the model is conditioned on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.data.money import real_factor
from critmin.data.tables import recycled_shares, support_evidence, technology_shares
from critmin.exceptions import DataError
from critmin.internal.arrays import Floats, Ints
from critmin.mineral import get_mineral
from critmin.model.assumptions import SCOPE_FACTOR, SUPPORT_SPACING, SUPPORT_YEARS, WITHHELD_MEAN
from critmin.model.shares import (
    MAX_GROWTH,
    country_growth,
    country_share,
    producer_wages,
    world_growth,
    world_output,
)

START = 1960
"""First year of the model: the drivers (energy, income) begin here."""


COST_KINDS: tuple[str, ...] = ("deposit", "average", "marginal")
"""What a published cost is the cost of: one deposit, the average or the marginal producer."""


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """What the model sees; M minerals, T years, K technologies.

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
    unit_value : array (M,) of bool
        Whether the newest price source is an average of what buyers reported.
    energy, materials : array (T,)
        Log real price indices, 0 in the base year.
    wages : array (M, T)
        Log real income per head where the mineral is produced, 0 in the base year.
    wage_growth : array (T,)
        Its mean growth over the minerals; NaN where not known.
    income : array (T,)
        Growth of world income about its mean; 0 where not yet known.
    income_known : array (T,) of bool
    income_mean : float
        Mean growth of world income.
    technology_surprise : array (K, T)
        Growth of each technology less its mean of the three years before; NaN where not known.
    technology_weight : array (M, K, T)
        Share of each technology in the demand of the mineral in the year before.
    recycled : array (M,)
        Share of supply from old scrap.
    host_growth : array (M, T)
        Growth of the host's output about its mean; 0 where there is no host or no figure.
    has_host : array (M,) of bool
    revision : array (R,)
        Log of revised over first reported world production.
    growth : array (M, T)
        Growth of log world production; NaN where not known.
    output : array (M,)
        World production in the last year with figures, tonnes; 0 where not known.
    restriction_names : list of str
        Length E.
    restriction_mineral : array (E,)
        Position of the mineral.
    restriction_country : list of str
        Length E.
    restriction_share : array (E, T)
        Share of world supply that the measure covers, times the part of the year it was in force.
    withheld_mean : array (E,)
        Prior mean of the share withheld.
    restriction_full : array (E,)
        Share of world supply that the measure covers at the panel's end if it is still in force then,
        else 0.
    support_names : list of str
        Length S.
    support_mineral : array (K,)
    support_share : array (S, T)
        Share of world supply that the support reaches, ramped up.
    support_growth : array (S, T)
        Growth of the supported producer's output less that of the rest; NaN where not known.
    cost_mineral, cost_year : arrays (C,)
        Positions of cost points.
    cost_log : array (C,)
        Their log real values, the mean where a mineral has several of a kind in a year.
    cost_kind : array (C,)
        Position in `COST_KINDS`.
    cost_count : array (C,)
        How many points there are behind it.
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
    unit_value: NDArray[np.bool_]
    energy: Floats
    materials: Floats
    wages: Floats
    wage_growth: Floats
    income: Floats
    income_known: NDArray[np.bool_]
    income_mean: float
    technology_surprise: Floats
    technology_weight: Floats
    recycled: Floats
    host_growth: Floats
    has_host: NDArray[np.bool_]
    revision: Floats
    growth: Floats
    output: Floats
    restriction_names: list[str]
    restriction_mineral: Ints
    restriction_country: list[str]
    restriction_share: Floats
    withheld_mean: Floats
    restriction_full: Floats
    support_names: list[str]
    support_mineral: Ints
    support_share: Floats
    support_growth: Floats
    cost_mineral: Ints
    cost_year: Ints
    cost_log: Floats
    cost_kind: Ints
    cost_count: Ints
    data_hash: str
    datasets: list[str]
    private: list[str]


def _technology(panel: xr.Dataset, minerals: list[str], growth: Floats) -> tuple[Floats, Floats]:
    """Surprises (technology, year) and weights (mineral, technology, year)."""
    volume = panel["technology_volume"].to_pandas().T
    rate = volume.map(np.log).diff()
    surprise = (rate - rate.rolling(3, min_periods=2).mean().shift(1)).T.to_numpy(dtype=float)
    names = [str(name) for name in panel["technology"].values]
    years = panel["year"].values
    weight = np.zeros((len(minerals), len(names), len(years)))
    for row in technology_shares().itertuples(index=False):
        if row.mineral not in minerals or row.year > years[-1]:
            continue  # a share that nobody knew at the origin
        m, k = minerals.index(row.mineral), names.index(row.technology)
        # The technology's tonnage grows with its units, the market with world output.
        output = pd.Series(np.nan_to_num(growth[m], nan=0.03).cumsum(), index=years)
        relative = volume[row.technology] / volume.loc[row.year, row.technology]
        market = np.exp(output - output.loc[row.year])
        share = (row.share * relative / market).clip(upper=0.9).shift(1)
        weight[m, k] = share.ffill().fillna(0.0).to_numpy(dtype=float)
    return surprise, weight


def _host_growth(panel: xr.Dataset, mineral: str) -> Floats:
    host = get_mineral(mineral).host
    if host is None or host not in panel["mineral"].values:
        return np.zeros(panel.sizes["year"])
    growth = world_growth(panel, host)
    if np.isfinite(growth).sum() < 5:
        return np.zeros(panel.sizes["year"])
    return np.nan_to_num(growth - np.nanmean(growth))


def revisions(panel: xr.Dataset) -> Floats:
    """Log of revised over first reported world production, over the countries in both."""
    first = panel["production"].sel(vintage="first_estimate")
    latest = panel["production"].sel(vintage="latest")
    both = first.notnull() & latest.notnull()
    sums = [x.where(both).sum("country").values.ravel() for x in (latest, first)]
    known = (sums[0] > 0) & (sums[1] > 0)
    logs = np.log(sums[0][known] / sums[1][known])
    # A mineral and year with one vintage only has the same figures in both.
    return logs[(np.abs(logs) > 1e-9) & (np.abs(logs) < MAX_GROWTH)]


def support_ramps(years: Ints) -> Floats:
    """How far each step of the state support has come by each year, (support_year, year)."""
    since = (years[None, :] - SUPPORT_YEARS[:, None]) / SUPPORT_SPACING
    ramps: Floats = np.clip(since + 1, 0, 1)
    return ramps


def _in_force(start: float, end: float, years: Ints) -> Floats:
    """Part of each year that lies between two decimal years; an open end lasts."""
    stop = np.inf if np.isnan(end) else end
    return np.clip(np.minimum(stop, years + 1) - np.maximum(start, years), 0, 1)


def _cost_points(panel: xr.Dataset, minerals: list[str], years: Ints) -> pd.DataFrame:
    """Mean log real cost and number of points by position of mineral, year and kind."""
    panel = panel.isel(cost_point=panel["cost_mineral"].isin(minerals).values)
    year = panel["cost_year"].values.astype(np.int64)
    table = pd.DataFrame(
        {
            "mineral": [minerals.index(str(m)) for m in panel["cost_mineral"].values],
            "year": np.searchsorted(years, year),
            "kind": [COST_KINDS.index(str(kind)) for kind in panel["cost_kind"].values],
            "log": np.log(panel["cost"].values * real_factor(year)) if len(year) else [],
        }
    )[np.isin(year, years)]
    grouped = table.groupby(["mineral", "year", "kind"])["log"]
    return grouped.agg(["mean", "count"]).reset_index()


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

    names, where, owners, shares, means, full = [], [], [], [], [], []
    for i in range(panel.sizes["event"]):
        measure = str(panel["event_measure"].values[i])
        if measure not in WITHHELD_MEAN:
            continue
        start, end = float(panel["event_start"][i]), float(panel["event_end"][i])
        country = str(panel["event_country"].values[i])
        for mineral in _affected(str(panel["event_mineral"].values[i]), minerals):
            whole = country_share(panel, mineral, country)
            share = whole * _in_force(start, end, years)
            if share.max() < 0.005:
                continue
            names.append(f"{mineral}:{country}:{measure}:{start:.2f}")
            where.append(minerals.index(mineral))
            owners.append(country)
            shares.append(share)
            full.append(0.0 if end < years[-1] + 1 else float(whole[-1]))
            scope = str(panel["event_scope"].values[i])
            means.append(WITHHELD_MEAN[measure] * SCOPE_FACTOR[scope])

    support_names, support_where, support_shares, support_growth = [], [], [], []
    for row in support_evidence(int(years[-1])).itertuples(index=False):
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
        support_growth.append(country_growth(panel, mineral, str(row.country)))

    points = _cost_points(panel, minerals, years)
    t = len(years)
    carry = np.log(panel["price_year_end"].values) - log_price
    growth = np.stack([world_growth(panel, m) for m in minerals])
    surprise, weight = _technology(panel, minerals, growth)
    wages = np.stack([producer_wages(panel, m) for m in minerals])
    wage_growth = np.diff(wages, axis=1, prepend=np.nan).mean(axis=0)
    hosts = np.stack([_host_growth(panel, m) for m in minerals])
    quality = panel["price_quality"].values
    newest = [next(q for q in row[::-1] if q) for row in quality]
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
        unit_value=np.array([q == "unit_value" for q in newest]),
        energy=panel["energy"].values.astype(float),
        materials=panel["materials"].values.astype(float),
        wages=wages,
        wage_growth=np.where(np.isfinite(dy), wage_growth, np.nan),
        income=income,
        income_known=np.isfinite(dy),
        income_mean=float(np.nanmean(dy)),
        technology_surprise=surprise,
        technology_weight=weight,
        recycled=recycled_shares().reindex(minerals).fillna(0.0).to_numpy(dtype=float),
        host_growth=hosts,
        has_host=hosts.any(axis=1),
        revision=revisions(panel),
        growth=growth,
        output=np.array([world_output(panel, m) for m in minerals]),
        restriction_names=names,
        restriction_mineral=np.array(where, dtype=np.int64),
        restriction_country=owners,
        restriction_share=np.array(shares, dtype=float).reshape(-1, t),
        withheld_mean=np.array(means, dtype=float),
        restriction_full=np.array(full, dtype=float),
        support_names=support_names,
        support_mineral=np.array(support_where, dtype=np.int64),
        support_share=np.array(support_shares, dtype=float).reshape(-1, t),
        support_growth=np.array(support_growth, dtype=float).reshape(-1, t),
        cost_mineral=points["mineral"].to_numpy(dtype=np.int64),
        cost_year=points["year"].to_numpy(dtype=np.int64),
        cost_log=points["mean"].to_numpy(dtype=float),
        cost_kind=points["kind"].to_numpy(dtype=np.int64),
        cost_count=points["count"].to_numpy(dtype=np.int64),
        data_hash=str(panel.attrs["data_hash"]),
        datasets=list(panel.attrs["datasets"]),
        private=list(panel.attrs["private"]),
    )
