"""The joint model of all minerals as one `pm.Model` with named dims."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from critmin.data.panel import load_panel
from critmin.exceptions import CritminError
from critmin.mineral import GROUPS
from critmin.model import equations
from critmin.model.equations import COMPONENTS
from critmin.model.inputs import Ints, ModelInputs, make_inputs
from critmin.model.priors import SUPPORT_SCALE, WITHHELD_CONCENTRATION, route_concentration


@dataclass(frozen=True, slots=True)
class _Cells:
    """Positions (mineral, year) of the observed price changes and of the unobserved years."""

    m: Ints
    t: Ints


def _cells(inputs: ModelInputs) -> tuple[_Cells, list[_Cells]]:
    """Observed years after a mineral's first, and the holes in the order they can be filled.

    A hole needs the price of the year before, so the first years of all holes come first, then
    the second years, and so on. Years from the last price to the panel's end are holes too: the
    model nowcasts them.
    """
    seen = np.isfinite(inputs.log_price)
    observed: list[tuple[int, int]] = []
    holes: list[list[tuple[int, int]]] = []
    for m in range(len(inputs.minerals)):
        run = 0
        for t in range(int(inputs.first[m]) + 1, len(inputs.years)):
            if seen[m, t]:
                observed.append((m, t))
                run = 0
            else:
                if run == len(holes):
                    holes.append([])
                holes[run].append((m, t))
                run += 1

    def cells(pairs: list[tuple[int, int]]) -> _Cells:
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return _Cells(table[:, 0], table[:, 1])

    return cells(observed), [cells(h) for h in holes]


# Parameters that pool within groups: prior median, its scale on the unbounded scale, the spread of
# minerals within a group, and the link to the unbounded scale.
_POOLED: dict[str, tuple[float, float, float, str]] = {
    "supply_elasticity": (0.13, 0.6, 0.3, "log"),
    "demand_elasticity": (0.15, 0.6, 0.3, "log"),
    "price_scale": (0.18, 0.5, 0.3, "log"),
    "income_elasticity": (0.92, 0.3, 0.15, "identity"),
    "reversion": (0.15, 0.5, 0.3, "logit"),
}
_LINKS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "log": (np.log, pt.exp),
    "identity": (lambda x: x, lambda x: x),
    "logit": (lambda x: np.log(x / (1 - x)), pm.math.invlogit),
}


def _parameters(inputs: ModelInputs) -> dict[str, "pt.TensorVariable"]:
    """Parameters of the equations, by mineral, with the priors of `critmin.model.priors`.

    All pooled parameters share two arrays of standard normals (one by group, one by mineral):
    the same model as separate ones, at half the compile time.
    """
    group = np.array([GROUPS.index(g) for g in inputs.groups])
    scale = np.array([[row[1]] for row in _POOLED.values()])
    spread = np.array([[row[2]] for row in _POOLED.values()])
    centre = np.array([[_LINKS[row[3]][0](row[0])] for row in _POOLED.values()])
    by_group = pm.Normal("group_effect", 0, 1, dims=("pooled", "group"))
    by_mineral = pm.Normal("mineral_effect", 0, 1, dims=("pooled", "mineral"))
    unbounded = centre + scale * by_group[:, group] + spread * by_mineral
    par = {
        name: pm.Deterministic(name, _LINKS[row[3]][1](unbounded[i]), dims="mineral")
        for i, (name, row) in enumerate(_POOLED.items())
    }
    loading = pm.HalfNormal("factor_loading_group", 0.10, dims="group")
    cost_scale = pm.LogNormal("cost_scale_group", float(np.log(0.04)), 0.25, dims="group")
    return par | {
        "persistence": pm.Normal("persistence", 0.15, 0.1),
        "carry_response": pm.Normal("carry_response", 0.5, 0.2),
        "carry_scale": pm.LogNormal("carry_scale", float(np.log(0.87)), 0.3),
        "tail": pm.Deterministic("tail", 6 + pm.Gamma("tail_excess", 2, 0.2)),
        "factor_loading": pm.Deterministic("factor_loading", loading[group], dims="mineral"),
        "cost_scale": pm.Deterministic("cost_scale", cost_scale[group], dims="mineral"),
        "cost_drift": pm.Normal("cost_drift", 0, 0.01, dims="mineral"),
        "cost_share": pm.Dirichlet(
            "cost_share", route_concentration(inputs.routes), dims=("mineral", "component")
        ),
        "demand_share": pm.Beta("demand_share", 4, 4, dims="mineral"),
        "growth": pm.Normal("growth", 0.03, 0.02, dims="mineral"),
        "measurement": pm.LogNormal("measurement", float(np.log(0.04)), 0.5),
    }


def _drivers(inputs: ModelInputs) -> None:
    """The exogenous processes: real energy prices revert to a mean, income growth is white."""
    speed = pm.Beta("energy_reversion", 2, 10)
    mean = pm.Normal("energy_mean", 0, 0.5)
    scale = pm.HalfNormal("energy_scale", 0.4)
    before = inputs.energy[:-1]
    pm.Normal(
        "energy_price",
        before + speed * (mean - before),
        scale,
        observed=inputs.energy[1:],
        dims="transition",
    )
    income_scale = pm.HalfNormal("income_scale", 0.1)
    pm.Normal(
        "income",
        0,
        income_scale,
        observed=inputs.income[inputs.income_known],
        dims="income_year",
    )


def _distortions(inputs: ModelInputs) -> tuple["pt.TensorVariable", "pt.TensorVariable"]:
    """State support and log availability under restrictions, both (mineral, year)."""
    shape = (len(inputs.minerals), len(inputs.years))
    support: pt.TensorVariable = pt.zeros(shape)
    if inputs.support_names:
        wedge = pm.HalfNormal("state_support", SUPPORT_SCALE, dims="supporter")
        support = pt.inc_subtensor(
            support[inputs.support_mineral], wedge[:, None] * inputs.support_share
        )
    availability: pt.TensorVariable = pt.zeros(shape)
    if inputs.restriction_names:
        mean, k = inputs.withheld_mean, WITHHELD_CONCENTRATION
        withheld = pm.Beta("withheld", mean * k, (1 - mean) * k, dims="restriction")
        availability = pt.inc_subtensor(
            availability[inputs.restriction_mineral],
            pt.log1p(-withheld[:, None] * inputs.restriction_share),
        )
    return (
        pm.Deterministic("support", support, dims=("mineral", "year")),
        pm.Deterministic("availability", availability, dims=("mineral", "year")),
    )


def _log_cost(
    inputs: ModelInputs,
    par: dict[str, "pt.TensorVariable"],
    support: "pt.TensorVariable",
    step: "pt.TensorVariable",
) -> "pt.TensorVariable":
    """Log full cost (mineral, year): drivers, drift, and a random walk from the first price on.

    The gap between price and cost in the first year is drawn from its stationary distribution, so
    that the level of the cost is learned from the price around which the market hovers.
    """
    n_years = len(inputs.years)
    rows = np.arange(len(inputs.minerals))
    age = np.arange(n_years)[None, :] - inputs.first[:, None]
    alive = age > 0
    shocks = pm.Normal("cost_shock", 0, 1, dims="innovation")
    walk = pt.cumsum(pt.set_subtensor(pt.zeros(alive.shape)[np.nonzero(alive)], shocks), axis=1)
    energy = equations.energy_mix(
        par["cost_share"][:, COMPONENTS.index("energy")][:, None], inputs.energy[None, :], xp=pt
    )
    path = (
        par["cost_scale"][:, None] * walk
        + par["cost_drift"][:, None] * np.maximum(age, 0)
        + energy
        - energy[rows, inputs.first][:, None]
    )
    kappa = par["reversion"]
    stationary = par["price_scale"] / pt.sqrt(kappa * (2 - kappa))
    start = pm.Normal("start", 0, 1, dims="mineral")
    first_price = np.array([inputs.log_price[m, inputs.first[m]] for m in rows])
    first_step = inputs.basis[rows, inputs.first] * step
    level = first_price + first_step + support[rows, inputs.first] - start * stationary
    return pm.Deterministic("log_cost", level[:, None] + path, dims=("mineral", "year"))


def _step(inputs: ModelInputs) -> "pt.TensorVariable":
    """Log step (mineral,) that brings an older price source to the level of the newest."""
    stepped = np.flatnonzero(inputs.basis.any(axis=1))
    step = pt.zeros(len(inputs.minerals))
    if not len(stepped):
        return step
    return pt.set_subtensor(step[stepped], pm.Normal("step", 0, 0.5, dims="stepped"))


def build_model(
    data: xr.Dataset | ModelInputs | None = None, minerals: Sequence[str] | None = None
) -> pm.Model:
    """Build the joint model of all minerals.

    Parameters
    ----------
    data : Dataset or ModelInputs, optional
        A panel of `critmin.data.load_panel`; by default the built-in data with whatever is
        registered.
    minerals : sequence of str, optional
        Restrict the panel to these.

    Returns
    -------
    pm.Model
        With dims mineral, group, component, year, observation (a mineral's year with a price after
        its first), production_observation, hole (years without a price, nowcasts among them),
        innovation, supporter and restriction. Observed: ``log_price``, ``production_growth``,
        ``energy_price``, ``income`` and, with private cost points, ``cost_point``.

    Raises
    ------
    DataError
        If the panel cannot be fitted.

    Notes
    -----
    ``log_price`` has the density of the price equation and ``production_growth`` that of output
    given the price of the same year: together the structural density of the simultaneous system
    (see `critmin.model.equations`). The two shocks share one Student t scale mixture, so the
    second has one degree of freedom more and a scale that grows with the price's surprise.

    Examples
    --------
    >>> model = build_model(minerals=["nickel", "gallium"])
    >>> list(model.coords["mineral"])
    ['nickel', 'gallium']
    """
    if isinstance(data, ModelInputs):
        if minerals is not None:
            raise CritminError("give either ModelInputs or minerals, not both")
        inputs = data
    else:
        panel = load_panel(minerals) if data is None else data
        if data is not None and minerals is not None:
            panel = panel.sel(mineral=list(minerals))
        inputs = make_inputs(panel)

    observed, holes = _cells(inputs)
    hole_m = np.concatenate([h.m for h in holes]) if holes else np.array([], dtype=int)
    hole_t = np.concatenate([h.t for h in holes]) if holes else np.array([], dtype=int)
    has_growth = np.isfinite(inputs.growth[observed.m, observed.t]) & (
        inputs.basis[observed.m, observed.t] == inputs.basis[observed.m, observed.t - 1]
    )
    names = np.array(inputs.minerals, dtype=object)

    def label(m: Ints, t: Ints) -> list[str]:
        return [f"{names[i]}:{inputs.years[j]}" for i, j in zip(m, t, strict=True)]

    alive = np.arange(len(inputs.years))[None, :] > inputs.first[:, None]
    carried = np.isfinite(inputs.carry[observed.m, observed.t])
    coords = {
        "mineral": inputs.minerals,
        "group": list(GROUPS),
        "pooled": list(_POOLED),
        "component": list(COMPONENTS),
        "year": inputs.years,
        "transition": inputs.years[1:],
        "income_year": inputs.years[inputs.income_known],
        "observation": label(observed.m, observed.t),
        "production_observation": label(observed.m[has_growth], observed.t[has_growth]),
        "carry_observation": label(observed.m[carried], observed.t[carried]),
        "hole": label(hole_m, hole_t),
        "innovation": label(*np.nonzero(alive)),
        "supporter": inputs.support_names,
        "restriction": inputs.restriction_names,
        "stepped": [inputs.minerals[m] for m in np.flatnonzero(inputs.basis.any(axis=1))],
        "cost_observation": np.arange(len(inputs.cost_log)),
    }
    with pm.Model(coords=coords) as model:
        par = _parameters(inputs)
        _drivers(inputs)
        support, availability = _distortions(inputs)
        step = _step(inputs)
        log_cost = _log_cost(inputs, par, support, step)
        factor = pm.Normal("factor", 0, 1, dims="year")
        # Prices on the basis of the newest source; holes are filled below, in time order.
        known = np.nan_to_num(inputs.log_price)
        price = known + inputs.basis * step[:, None]
        margin = support - log_cost  # the gap less the price
        carry_known = np.isfinite(inputs.carry)
        carry_observed = np.nan_to_num(inputs.carry)
        column = {name: value[:, None] for name, value in par.items() if value.ndim == 1}
        cost_change = log_cost[:, 1:] - log_cost[:, :-1]
        support_change = support[:, 1:] - support[:, :-1]
        push = equations.price_push(
            cost_change=cost_change,
            support_change=support_change,
            availability_change=availability[:, 1:] - availability[:, :-1],
            income=inputs.income[None, 1:],
            factor=factor[None, 1:],
            supply_elasticity=column["supply_elasticity"],
            demand_elasticity=column["demand_elasticity"],
            income_elasticity=column["income_elasticity"],
            factor_loading=column["factor_loading"],
        )
        if holes:
            # Student t as a mixture: its own tails are hard to sample.
            mixing = pm.Gamma("hole_mixing", par["tail"] / 2, par["tail"] / 2, dims="hole")
            surprise = pm.Normal("hole_normal", 0, 1, dims="hole") / pt.sqrt(mixing)
            done = 0
            for cells in holes:
                m, t = cells.m, cells.t
                before = np.maximum(t - 2, 0)
                earlier = (t - 2 >= inputs.first[m]).astype(float)
                previous = earlier * (price[m, t - 1] - price[m, before])
                change = equations.price_change(
                    push=push[m, t - 1],
                    carry=pt.where(
                        carry_known[m, t - 1],
                        carry_observed[m, t - 1],
                        par["persistence"] * previous,
                    ),
                    gap=price[m, t - 1] + margin[m, t - 1],
                    reversion=par["reversion"][m],
                )
                shock = surprise[done : done + len(m)]
                value = price[m, t - 1] + change + par["price_scale"][m] * shock
                price = pt.set_subtensor(price[m, t], value)
                done += len(m)
        pm.Deterministic("market_log_price", price, dims=("mineral", "year"))

        change = price[:, 1:] - price[:, :-1]
        started = np.arange(len(inputs.years) - 1)[None, :] > inputs.first[:, None]
        previous = pt.concatenate([pt.zeros((len(inputs.minerals), 1)), change[:, :-1]], axis=1)
        gap = price[:, :-1] + margin[:, :-1]
        shock = change - equations.price_change(
            push=push,
            carry=pt.where(
                carry_known[:, :-1],
                carry_observed[:, :-1],
                par["persistence"] * started * previous,
            ),
            gap=gap,
            reversion=column["reversion"],
        )
        m, t = observed.m, observed.t
        pm.StudentT(
            "log_price",
            nu=par["tail"],
            mu=inputs.log_price[m, t] - shock[m, t - 1],
            sigma=par["price_scale"][m],
            observed=inputs.log_price[m, t],
            dims="observation",
        )
        if carried.any():
            m, t = observed.m[carried], observed.t[carried]
            pm.StudentT(
                "carry",
                nu=par["tail"],
                mu=par["carry_response"] * shock[m, t - 1],
                sigma=par["carry_scale"] * par["price_scale"][m],
                observed=inputs.carry[m, t],
                dims="carry_observation",
            )
            m, t = observed.m, observed.t

        if has_growth.any():
            m, t = m[has_growth], t[has_growth]
            mean = equations.production_growth(
                trend=column["growth"],
                price_change=change,
                cost_change=cost_change,
                support_change=support_change,
                gap=gap,
                price_shock=shock,
                demand_share=column["demand_share"],
                supply_elasticity=column["supply_elasticity"],
                demand_elasticity=column["demand_elasticity"],
                reversion=column["reversion"],
            )
            spread = equations.production_scale(
                price_scale=par["price_scale"],
                demand_share=par["demand_share"],
                supply_elasticity=par["supply_elasticity"],
                demand_elasticity=par["demand_elasticity"],
                measurement=par["measurement"],
            )
            surprise = (shock / column["price_scale"])[m, t - 1]
            tail = par["tail"]
            pm.StudentT(
                "production_growth",
                nu=tail + 1,
                mu=mean[m, t - 1],
                sigma=spread[m] * pt.sqrt((tail + surprise**2) / (tail + 1)),
                observed=inputs.growth[m, t],
                dims="production_observation",
            )
        if len(inputs.cost_log):
            pm.Normal(
                "cost_point",
                log_cost[inputs.cost_mineral, inputs.cost_year],
                pm.HalfNormal("cost_error", 0.3),
                observed=inputs.cost_log,
                dims="cost_observation",
            )
    return model
