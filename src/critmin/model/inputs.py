"""From a panel to the arrays that the model is conditioned on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.drivers import DRIFTING, RETURNING
from critmin.data.given import given_panel, of_panel
from critmin.data.panel import load_panel
from critmin.data.tables import recycled_shares, technology_shares
from critmin.exceptions import CritminError, DataError
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.mineral import get_mineral
from critmin.model.restricted import restriction_inputs
from critmin.model.shares import (
    MAX_GROWTH,
    cost_paths,
    world_growth,
    world_output,
)
from critmin.model.supported import support_inputs

START = 1960
"""First year of the model: the drivers (energy, income) begin here."""


MOBILITY = (0.4, 2.5)
"""Smallest and largest mobility of a mineral within its group."""

ENOUGH_CHANGES = 8
"""Yearly changes from which a mineral's mobility is measured."""


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
    drivers : dict of str to array (T,) or (M, T)
        Log real indices of what moves costs (`critmin.data.drivers`), 0 in the base year; wages are
        those where each mineral is produced.
    wage_growth : array (T,)
        Mean growth of wages over the minerals; NaN where not known.
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
    restriction_force : array (E, T)
        Part of each year in which the measure was in force.
    restriction_open : array (E,) of bool
        Whether it is still in force at the panel's end.
    restriction_fence : array (E,)
        Position of its fence.
    restriction_witnessed : array (E,) of bool
        Whether wedges or exports were measured while it was in force.
    withheld_mean : array (E,)
        Prior mean of the share of normal exports withheld.
    fence_names : list of str
        Length F, mineral and country.
    fence_mineral : array (F,)
    fence_closed : array (F,) of bool
        Whether a measure that makes a price inside is in force at the panel's end.
    fence_output, fence_use : arrays (F, T)
        Share of world output, and prior median of the share of it that is used at home.
    wedge_fence, wedge_year : arrays (W,)
        Positions of pairs of prices outside and inside.
    wedge_log, wedge_error : arrays (W,)
        Log outside over inside price less taxes, and its error.
    wedge_active : array (W, E)
        1 for the measures in force at its date.
    volume_year : array (V,)
        Positions of exports after a measure over normal ones.
    volume_ratio, volume_error : arrays (V,)
    volume_active : array (V, E)
    support_names : list of str
        Length S.
    support_mineral : array (S,)
    support_share : array (S, T)
        Share of world supply that the support reaches, ramped up.
    support_growth : array (S, T)
        Growth of the supported producer's output less that of the rest; NaN where not known.
    support_rate : array (S,)
        Log of one and the mean of the countervailing rates found against it; NaN where none was.
    support_rate_year : array (S,)
        Position of the middle year of these findings; 0 where there is none.
    rounding : array (M, T)
        Standard error of the log price from rounding.
    mobility : array (M,)
        How much the mineral's price moves in a typical year, over the median of its group.
    listed : array (M, T) of bool
        Whether the price is a producer's frozen list price.
    anchor_mineral, anchor_year : arrays (A,)
        Positions of what is known of the full cost of marginal producers.
    anchor_log, anchor_error : arrays (A,)
        Log real cost, and its standard deviation.
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
    monthly: Bools
    first: Ints
    basis: Floats
    unit_value: Bools
    drivers: dict[str, Floats]
    wage_growth: Floats
    income: Floats
    income_known: Bools
    income_mean: float
    technology_surprise: Floats
    technology_weight: Floats
    recycled: Floats
    host_growth: Floats
    has_host: Bools
    revision: Floats
    growth: Floats
    output: Floats
    restriction_names: list[str]
    restriction_force: Floats
    restriction_open: Bools
    restriction_fence: Ints
    restriction_witnessed: Bools
    withheld_mean: Floats
    fence_names: list[str]
    fence_mineral: Ints
    fence_closed: Bools
    fence_output: Floats
    fence_use: Floats
    wedge_fence: Ints
    wedge_year: Ints
    wedge_log: Floats
    wedge_error: Floats
    wedge_active: Floats
    volume_year: Ints
    volume_ratio: Floats
    volume_error: Floats
    volume_active: Floats
    support_names: list[str]
    support_mineral: Ints
    support_share: Floats
    support_growth: Floats
    support_rate: Floats
    support_rate_year: Ints
    rounding: Floats
    mobility: Floats
    listed: Bools
    anchor_mineral: Ints
    anchor_year: Ints
    anchor_log: Floats
    anchor_error: Floats
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


def _drivers(panel: xr.Dataset, minerals: list[str]) -> dict[str, Floats]:
    """What moves costs, (year,), and by mineral where its producers differ, (mineral, year)."""
    paths = [cost_paths(panel, m) for m in minerals]
    world = {driver.name: paths[0][driver.name] for driver in RETURNING}
    return world | {d.name: np.stack([path[d.name] for path in paths]) for d in DRIFTING}


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


def _mobility(log_price: Floats, listed: Bools, groups: list[str]) -> Floats:
    """Median size of yearly changes over that of the group, within `MOBILITY`; 1 where little is known."""
    change = np.abs(np.diff(log_price, axis=1))
    change[listed[:, 1:]] = np.nan
    known = np.isfinite(change).sum(axis=1) >= ENOUGH_CHANGES
    size = np.array(
        [np.nanmedian(row) if k else np.nan for row, k in zip(change, known, strict=True)]
    )
    typical = pd.Series(size).groupby(groups).transform("median").to_numpy()
    return np.nan_to_num(np.clip(size / typical, *MOBILITY), nan=1.0)


def make_inputs(panel: xr.Dataset, anchor: pd.DataFrame | None = None) -> ModelInputs:
    """Condition a panel for the model.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`.
    anchor : DataFrame, optional
        Columns mineral, year, log_cost (of real USD/t of element) and sd: what is known of the full
        cost of marginal producers; nothing by default.

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

    if anchor is None:
        anchor = pd.DataFrame({"mineral": [], "year": [], "log_cost": [], "sd": []})
    known = anchor[anchor["mineral"].isin(minerals) & anchor["year"].between(years[0], years[-1])]
    listed = (panel["price_class"].values == "list_price") & np.isfinite(log_price)
    carry = np.log(panel["price_year_end"].values) - log_price
    growth = np.stack([world_growth(panel, m) for m in minerals])
    surprise, weight = _technology(panel, minerals, growth)
    drivers = _drivers(panel, minerals)
    wage_growth = np.diff(drivers["wages"], axis=1, prepend=np.nan).mean(axis=0)
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
        drivers=drivers,
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
        **restriction_inputs(panel, minerals, years),
        **support_inputs(panel, minerals, years),
        rounding=np.nan_to_num(panel["price_rounding"].values.astype(float)) / 3**0.5,
        mobility=_mobility(log_price, listed, [get_mineral(m).group for m in minerals]),
        listed=listed,
        anchor_mineral=known["mineral"].map(minerals.index).to_numpy(dtype=np.int64),
        anchor_year=np.searchsorted(years, known["year"].to_numpy(dtype=np.int64)),
        anchor_log=known["log_cost"].to_numpy(dtype=float),
        anchor_error=known["sd"].to_numpy(dtype=float),
        data_hash=str(panel.attrs["data_hash"]),
        datasets=list(panel.attrs["datasets"]),
        private=list(panel.attrs["private"]),
    )


def as_inputs(data: xr.Dataset | ModelInputs | None, minerals: Sequence[str] | None) -> ModelInputs:
    """Inputs from what a caller may give: some, a panel, or None for the built-in data."""
    if isinstance(data, ModelInputs):
        if minerals is None:
            return data
        raise CritminError("give either ModelInputs or minerals, not both")
    if data is None:
        return make_inputs(load_panel(minerals))
    panel = given_panel(data)
    return make_inputs(panel if minerals is None else of_panel(panel, minerals))
