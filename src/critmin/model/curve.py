"""A cost curve as a mixture: producers spread about their country's cost, weighted by capacity."""

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.drivers import COMPONENTS
from critmin.internal.arrays import Floats
from critmin.mineral import get_mineral
from critmin.units import BASE_YEAR

if TYPE_CHECKING:
    from critmin.model.producer_costs import Producers

MARGIN = 0.9
"""Share of capacity that produces at no more than the marginal cost (judgement): the last tenth of a
curve is idle, or carried by a state or by its by-products, in an average year."""

MARGINAL = NormalDist().inv_cdf(MARGIN)
"""The standard normal quantile of that share."""

NO_SPREAD = 1e-9
"""Log spread that stands for none."""

HALVINGS = 50
"""Steps of a bisection between bounds ten spreads apart: exact to the last digit that is shown."""

LEAST_SD = 0.05
"""An anchor is never surer than this."""


def normal_cdf(z: Floats) -> Floats:
    """Standard normal distribution function, to 1e-7: a plain install has no SciPy.

    Parameters
    ----------
    z : array

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 7.1.26.

    Examples
    --------
    >>> normal_cdf(np.array([0.0, 1.96])).round(3).tolist()
    [0.5, 0.975]
    """
    x = np.abs(z) / 2**0.5
    t = 1 / (1 + 0.3275911 * x)
    series = t * (
        0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))
    )
    tail = series * np.exp(-(x**2)) / 2
    return np.where(z > 0, 1 - tail, tail)


def share_above(log_cost: Floats, spread: Floats, capacity: Floats, log_price: Floats) -> Floats:
    """Share of capacity whose cost lies above a price.

    Parameters
    ----------
    log_cost : array (country, sample)
        Center of each country's costs.
    spread : array (sample,)
        Log spread of assets about it.
    capacity : array (country,)
    log_price : array (sample,) or number

    Returns
    -------
    array (sample,)
    """
    weight = capacity / capacity.sum()
    return np.asarray(weight @ normal_cdf((log_cost - log_price) / spread))


def quantile(log_cost: Floats, spread: Floats, capacity: Floats, q: float) -> Floats:
    """Log cost up to which a share `q` of capacity lies, (sample,).

    Parameters
    ----------
    log_cost, spread, capacity : array
        As in `share_above`.
    q : float
    """
    low = log_cost.min(axis=0) - 10 * spread
    high = log_cost.max(axis=0) + 10 * spread
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        dearer = share_above(log_cost, spread, capacity, middle) > 1 - q
        low, high = np.where(dearer, middle, low), np.where(dearer, high, middle)
    return np.asarray((low + high) / 2)


def relative_costs(kept: xr.Dataset, producers: "Producers") -> Floats:
    """Log cost of each producer beyond its mineral's level, (producer, sample).

    Parameters
    ----------
    kept : Dataset
        Draws of `critmin.model.producer_costs.build_producer_cost_model`, dims chain and draw or sample.
    producers : Producers
    """
    flat = _flat(kept)
    energy, labour, _, capital, _ = (
        producers.route_share[:, k, None] for k in range(len(COMPONENTS))
    )
    return np.asarray(
        flat["relative_effect"].transpose("producer", "sample").values
        + labour * producers.wage_gap[:, None] * flat["wage_gap_response"].values
        + energy * producers.power_gap[:, None] * flat["power_gap_response"].values
        + capital * producers.governance_gap[:, None] * flat["governance_response"].values
    )


def cost_anchors(kept: xr.Dataset, producers: "Producers") -> pd.DataFrame:
    """Marginal cost of each mineral with published costs, in the middle year of these.

    The one observation a mineral that the market gets of costs: inference is cut here, and prices never
    rewrite costs.

    Parameters
    ----------
    kept : Dataset
        Draws of `critmin.model.producer_costs.build_producer_cost_model`.
    producers : Producers
        That it was fitted to.

    Returns
    -------
    DataFrame
        One row a mineral: mineral, year, log_cost (log real USD of the base year per tonne of
        element: the `MARGIN` quantile of the curve, full cost, in a year of ordinary prices with
        that year's energy, wages and materials) and its sd. By-products have none, unless a private
        cost is registered: their supply is not decided by their own cost.
    """
    x = producers.points
    columns = ["mineral", "year", "log_cost", "sd"]
    if not x.costed:
        return pd.DataFrame(columns=columns)
    flat, relative = _flat(kept), relative_costs(kept, producers)
    driver, trend = flat["driver_response"].values, flat["cost_trend"].values
    rows = []
    for k, mineral in enumerate(x.costed):
        capacity = producers.capacity * [m == mineral for m, _ in producers.pairs]
        private = any(label.startswith(f"{mineral}:WLD:private:") for label in x.labels)
        if not capacity.any() or (get_mineral(mineral).host is not None and not private):
            continue
        where = np.flatnonzero(capacity)
        level = flat["cost_level"].sel(costed=mineral).values
        spread = flat["asset_spread"].sel(costed=mineral).values
        year = int(x.year[k])
        level = level + driver * x.year_shift[k] + trend * (year - BASE_YEAR)
        log_cost = quantile(level + relative[where], spread, capacity[where], MARGIN)
        sd = max(float(log_cost.std()), LEAST_SD)
        rows.append((mineral, year, float(log_cost.mean()), sd))
    return pd.DataFrame(rows, columns=columns)


def _flat(kept: xr.Dataset) -> xr.Dataset:
    """Chains and draws as one dim, sample."""
    if "sample" in kept.dims:
        return kept
    return kept.stack(sample=("chain", "draw"), create_index=False)  # noqa: PD013 (not pandas)
