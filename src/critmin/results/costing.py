"""The numbers of a cost curve: from published points where there are any, else from the price."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from critmin.data.drivers import COMPONENTS
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats, Ints
from critmin.mineral import Mineral
from critmin.model.assumptions import ROUTE_SHARES
from critmin.model.curve import MARGIN, quantile
from critmin.posterior import Posterior
from critmin.results.request import Request, counted
from critmin.simulation.market import simulate

STEP_MARGIN = 0.85
"""Where no cost of a mineral is published: share of capacity, country by country, that produces at no
more than the marginal cost; the last seventh is idle, or carried by a state, in an average year
(judgement)."""

FROM_PRICE = "level from price"
"""Said of curves of minerals without any published cost."""


def _marginal(values: Floats, weights: Floats, q: float) -> Floats:
    """Lowest value (per column) up to which at least `q` of the weights lie."""
    whole = np.broadcast_to(weights[:, None], values.shape)
    return np.asarray(np.quantile(values, q, axis=0, weights=whole, method="inverted_cdf"))


def curve_draws(about: Mineral, year: int, request: Request) -> xr.Dataset:
    """Draws of `critmin.results.cost_curves.CostCurve`.

    Parameters
    ----------
    about : Mineral
    year : int
        After the data's end.
    request : Request
    """
    source = request.posterior
    ahead = year - source.origin
    world = simulate(source, about.name, ahead, request.seed).components[..., -1]
    owner, country = (source.draws[f"producer_{n}"].values for n in ("mineral", "country"))
    capacity = source.draws["capacity"].values
    where = np.flatnonzero((owner == about.name) & (capacity > 0))
    if not len(where):
        raise CritminError(f"{about.name}: no production by country is known, so no cost curve")
    capacity = capacity[where]
    relative = source.draws["relative_effect"].values[:, where].astype(float).T
    stack = world[None] * np.exp(relative)[:, None, :]
    responses = _responses(source, where)
    for k, gap, response in responses:
        stack[:, k] *= np.exp(gap * response)
    points = int(source.draws["cost_points"].sel(mineral=about.name))
    spread = source.draws["asset_spread"].sel(mineral=about.name).values if points else 0.0
    spread = np.broadcast_to(np.asarray(spread, dtype=float), (stack.shape[-1],))
    credit = source.draws["credit"].sel(mineral=about.name).values.astype(float)
    if points:
        par = source.of(about.name)
        route = np.array(ROUTE_SHARES[about.route])
        for k, gap, response in responses:
            relative += route[k] * gap * response
        level = source.draws["cost_level"].sel(mineral=about.name).values.astype(float)
        # Later years move with the world's cost, drivers and drift alike.
        moved = np.log(world.sum(axis=0)) - par["log_cost"]
        log_cost = level + moved + relative
        stack *= (np.exp(log_cost) / stack.sum(axis=1))[:, None, :]
        marginal = np.exp(quantile(log_cost, spread, capacity, MARGIN))
    else:
        marginal = world.sum(axis=0)
        stack *= marginal / _marginal(stack.sum(axis=1), capacity, STEP_MARGIN)
    order = np.argsort(np.median(stack.sum(axis=1), axis=-1))
    scale = float(request.money.scale(about, np.array([year]))[0])
    units = request.money.attrs(about)
    return xr.Dataset(
        {
            "cost": (("country", "component", "sample"), stack[order] * scale, units),
            "marginal_cost": ("sample", marginal * scale, units),
            "spread": ("sample", spread, {"units": "1", "words": "log spread of assets"}),
            "credit": ("sample", -np.expm1(-credit), {"units": "1", "words": "part of the cost"}),
            "decided_by": ("country", _decided_by(source, where[order]), {"units": "1"}),
            "capacity": ("country", capacity[order], counted(about)),
        },
        coords={
            "country": [str(c) for c in country[where][order]],
            "component": list(COMPONENTS),
        },
        attrs={"level": _level(points)},
    )


def _level(points: int) -> str:
    """What the level of a curve rests on, in words."""
    if not points:
        return FROM_PRICE
    return f"level from {points} published point{'s' if points > 1 else ''}"


def _responses(source: Posterior, where: Ints) -> list[tuple[int, Floats, Floats]]:
    """Of each driver that tells countries apart: its component, gaps (country, 1), response (sample,)."""
    return [
        (
            COMPONENTS.index(component),
            source.draws[f"{gap}_gap"].values.astype(float)[where, None],
            source.draws[response].values.astype(float),
        )
        for component, gap, response in (
            ("labour", "wage", "wage_gap_response"),
            ("energy", "power", "power_gap_response"),
            ("capital", "governance", "governance_response"),
        )
    ]


def _decided_by(source: Posterior, where: Ints) -> NDArray[np.object_]:
    """What the cost of each country rests on."""
    return np.asarray(source.draws["cost_decided_by"].values[where].astype(str), dtype=object)
