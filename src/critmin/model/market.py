"""The joint model of all minerals as one `pm.Model` with named dims."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from critmin.data.panel import TECHNOLOGIES, load_panel
from critmin.exceptions import CritminError
from critmin.internal.arrays import Ints
from critmin.mineral import GROUPS
from critmin.model import equations
from critmin.model.equations import COMPONENTS
from critmin.model.inputs import ModelInputs, make_inputs, support_ramps, without_support
from critmin.model.literature import published_prior
from critmin.model.priors import (
    COST_OFFSET,
    COST_SPREAD,
    GROUP_SHARE,
    PRICE_SCALE,
    PUBLISHED,
    REVERSION,
    SUPPORT_SCALE,
    SUPPORT_STEP,
    SUPPORT_YEARS,
    WITHHELD_CONCENTRATION,
    Assumptions,
    logit,
    route_concentration,
)
from critmin.units import BASE_YEAR


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


# Parameters that pool within groups: where the prior comes from (a name of the meta-analysis, or a
# median and a spread on the unbounded scale), and the link to the unbounded scale.
_POOLED: dict[str, tuple[str | tuple[float, float], str]] = {
    "supply_elasticity": ("supply", "log"),
    "demand_elasticity": ("demand", "log"),
    "income_elasticity": ("income", "log"),
    "price_scale": (PRICE_SCALE, "log"),
    "reversion": (REVERSION, "logit"),
}
_LINKS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "log": (np.log, pt.exp),
    "logit": (logit, pm.math.invlogit),
}


def _pooled_prior(inputs: ModelInputs, assumptions: Assumptions) -> NDArray[np.float64]:
    """Median and spread of `_POOLED` (parameter, 2, mineral) under the assumptions."""
    swap = {"literature": (1.0, 1.0), "sceptical": (0.5, 1.0), "diffuse": (1.0, 2.0)}
    factors = np.array(swap[assumptions.elasticities])[:, None]
    return np.array(
        [
            factors * published_prior(source, inputs.minerals)
            if isinstance(source, str)
            else np.repeat(np.array(source)[:, None], len(inputs.minerals), axis=1)
            for source, _ in _POOLED.values()
        ]
    )


def _parameters(inputs: ModelInputs, assumptions: Assumptions) -> dict[str, "pt.TensorVariable"]:
    """Parameters of the equations, by mineral, with the priors of `critmin.model.priors`.

    All pooled parameters share two arrays of standard normals (one by group, one by mineral):
    the same model as separate ones, at half the compile time.
    """
    group = np.array([GROUPS.index(g) for g in inputs.groups])
    prior = _pooled_prior(inputs, assumptions)
    by_group = pm.Normal("group_effect", 0, 1, dims=("pooled", "group"))
    by_mineral = pm.Normal("mineral_effect", 0, 1, dims=("pooled", "mineral"))
    effect = GROUP_SHARE**0.5 * by_group[:, group] + (1 - GROUP_SHARE) ** 0.5 * by_mineral
    par = {}
    for i, (name, (_, link)) in enumerate(_POOLED.items()):
        to_real, from_real = _LINKS[link]
        unbounded = to_real(prior[i, 0]) + prior[i, 1] * effect[i]
        par[name] = pm.Deterministic(name, from_real(unbounded), dims="mineral")
    loading = pm.HalfNormal("factor_loading_group", 0.10, dims="group")
    cost_scale = pm.LogNormal("cost_scale_group", float(np.log(0.04)), 0.25, dims="group")
    inertia = pm.Normal("persistence_quality", [0.15, 0.0], [0.1, 0.15], dims="quality")
    tie = pt.zeros(len(inputs.minerals))
    if inputs.has_host.any():
        tie = pt.set_subtensor(
            tie[np.flatnonzero(inputs.has_host)],
            pm.Normal("host_tie_hosted", 0.5, 0.25, dims="hosted"),
        )
    median, spread = published_prior("substitution", [""])[:, 0]
    par |= {
        "scrap_elasticity": pm.LogNormal("scrap_elasticity", float(np.log(0.3)), 0.5),
        "substitution": pm.Deterministic(
            "substitution",
            pm.math.invlogit(logit(median) + spread * pm.Normal("substitution_effect", 0, 1)),
        ),
        "persistence": pm.Deterministic(
            "persistence",
            pt.where(inputs.monthly, 0.0, inertia[inputs.unit_value.astype(int)]),
            dims="mineral",
        ),
        "carry_response": pm.Normal("carry_response", 0.5, 0.2),
        "carry_scale": pm.LogNormal("carry_scale", float(np.log(0.87)), 0.3),
        "tail": pm.Deterministic("tail", 6 + pm.Gamma("tail_excess", 2, 0.2)),
        "factor_loading": pm.Deterministic("factor_loading", loading[group], dims="mineral"),
        "host_tie": pm.Deterministic("host_tie", tie, dims="mineral"),
        "technology_response": pm.Normal("technology_response", 1, 0.3),
        "cost_scale": pm.Deterministic("cost_scale", cost_scale[group], dims="mineral"),
        "cost_drift": pm.Normal("cost_drift", 0, 0.01, dims="mineral"),
        "cost_share": pm.Dirichlet(
            "cost_share", route_concentration(inputs.routes), dims=("mineral", "component")
        ),
        "wage_pass_through": pm.TruncatedNormal("wage_pass_through", 0.4, 0.15, lower=0, upper=1),
        "capital_trend": pm.Normal("capital_trend", 0, 0.01),
        "compliance_trend": pm.Normal("compliance_trend", 0.01, 0.01),
        "demand_share": pm.Beta("demand_share", 4, 4, dims="mineral"),
        "growth": pm.Normal("growth", 0.03, 0.02, dims="mineral"),
        "revision_scale": pm.LogNormal("revision_scale", float(np.log(0.04)), 0.5),
    }
    primary = 1 - inputs.recycled
    return par | {
        "slope": pm.Deterministic(
            "slope",
            equations.total_slope(
                supply_elasticity=par["supply_elasticity"],
                demand_elasticity=par["demand_elasticity"],
                scrap_elasticity=par["scrap_elasticity"],
                primary=primary,
            ),
            dims="mineral",
        ),
        "primary": pt.as_tensor(primary),
    }


def _drivers(inputs: ModelInputs) -> None:
    """The exogenous processes.

    Real prices of energy and materials return to a mean; wages drift; income growth and the
    surprises of technologies are white.
    """
    previous: Any = None
    for name, path in (("energy", inputs.energy), ("materials", inputs.materials)):
        speed = pm.Beta(f"{name}_reversion", 2, 10)
        mean = pm.Normal(f"{name}_mean", 0, 0.5)
        scale = pm.HalfNormal(f"{name}_scale", 0.4)
        before = path[:-1]
        expected = before + speed * (mean - before)
        if previous is not None:
            # Fertiliser, steel and rubber are made of gas, coal and oil.
            expected = expected + pm.Normal("materials_energy", 0.3, 0.2) * previous
        pm.Normal(f"{name}_price", expected, scale, observed=path[1:], dims="transition")
        previous = path[1:] - expected
    known = np.isfinite(inputs.wage_growth)
    pm.Normal(
        "wage_growth",
        pm.Normal("wage_drift", 0.015, 0.01),
        pm.HalfNormal("wage_scale", 0.1),
        observed=inputs.wage_growth[known],
        dims="wage_year",
    )
    pm.Normal(
        "income",
        0,
        pm.HalfNormal("income_scale", 0.1),
        observed=inputs.income[inputs.income_known],
        dims="income_year",
    )
    technology, _ = np.nonzero(np.isfinite(inputs.technology_surprise))
    scale = pm.HalfNormal("technology_scale", 0.3, dims="technology")
    pm.Normal(
        "technology_surprise",
        0,
        scale[technology],
        observed=inputs.technology_surprise[np.isfinite(inputs.technology_surprise)],
        dims="technology_year",
    )


def _distortions(
    inputs: ModelInputs, assumptions: Assumptions
) -> tuple["pt.TensorVariable", "pt.TensorVariable"]:
    """State support and availability under restrictions, both (mineral, year)."""
    shape = (len(inputs.minerals), len(inputs.years))
    support: pt.TensorVariable = pt.zeros(shape)
    if inputs.support_names:
        level = pm.HalfNormal(
            "state_support", SUPPORT_SCALE * assumptions.support, dims="supporter"
        )
        steps = pm.Normal("support_step", 0, SUPPORT_STEP, dims=("supporter", "support_year"))
        wedge = level[:, None] * pt.exp(pt.dot(steps, support_ramps(inputs.years)))
        support = pt.inc_subtensor(support[inputs.support_mineral], wedge * inputs.support_share)
        where, t = np.nonzero(np.isfinite(inputs.support_growth) & (inputs.support_share > 0))
        if len(t):
            # Excess capacity: a carried producer outgrows the others by more than its own trend.
            advantage = pm.Normal("support_advantage", 0, 0.03, dims="supporter")
            response = pm.LogNormal("capacity_response", float(np.log(0.3)), 0.5)
            pm.StudentT(
                "support_growth",
                nu=4,
                mu=advantage[where] + response * wedge[where, t - 1],
                sigma=pm.HalfNormal("support_noise", 0.2),
                observed=pm.Data("support_growth_data", inputs.support_growth[where, t]),
                dims="support_observation",
            )
    availability: pt.TensorVariable = pt.zeros(shape)
    if inputs.restriction_names:
        mean, k = inputs.withheld_mean, WITHHELD_CONCENTRATION
        withheld = pm.Beta("withheld", mean * k, (1 - mean) * k, dims="restriction")
        left = pt.inc_subtensor(
            availability[inputs.restriction_mineral],
            pt.log1p(-withheld[:, None] * inputs.restriction_share),
        )
        availability = equations.availability_term(pt.exp(left), xp=pt)
    return (
        pm.Deterministic("support", support, dims=("mineral", "year")),
        pm.Deterministic("availability", availability, dims=("mineral", "year")),
    )


def _log_cost(
    inputs: ModelInputs,
    par: dict[str, "pt.TensorVariable"],
    support: "pt.TensorVariable",
    step: "pt.TensorVariable",
    first_price: "pt.TensorVariable",
) -> "pt.TensorVariable":
    """Log full cost (mineral, year): drivers, drift, and a random walk from the first price on.

    The gap between price and cost in the first year is drawn from its stationary distribution, so
    that the level of the cost is learned from the price around which the market hovers.
    """
    rows = np.arange(len(inputs.minerals))
    age = np.arange(len(inputs.years))[None, :] - inputs.first[:, None]
    alive = age > 0
    shocks = pm.Normal("cost_shock", 0, 1, dims="innovation")
    walk = pt.cumsum(pt.set_subtensor(pt.zeros(alive.shape)[np.nonzero(alive)], shocks), axis=1)
    drivers = equations.cost_drivers(
        energy=inputs.energy[None, :],
        wages=inputs.wages,
        materials=inputs.materials[None, :],
        years_ahead=(inputs.years - BASE_YEAR)[None, :],
        wage_pass_through=par["wage_pass_through"],
        capital_trend=par["capital_trend"],
        compliance_trend=par["compliance_trend"],
    )
    mix = pt.log(
        sum(
            equations.component_costs(par["cost_share"][:, k, None], driver, xp=pt)
            for k, driver in enumerate(drivers)
        )
    )
    path = (
        par["cost_scale"][:, None] * walk
        + par["cost_drift"][:, None] * np.maximum(age, 0)
        + mix
        - mix[rows, inputs.first][:, None]
    )
    kappa = par["reversion"]
    stationary = par["price_scale"] / pt.sqrt(kappa * (2 - kappa))
    start = pm.Normal("start", 0, 1, dims="mineral")
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
    data: xr.Dataset | ModelInputs | None = None,
    minerals: Sequence[str] | None = None,
    *,
    assumptions: Assumptions = PUBLISHED,
) -> pm.Model:
    """Build the joint model of all minerals.

    Parameters
    ----------
    data : Dataset or ModelInputs, optional
        A panel of `critmin.data.load_panel`; by default the built-in data with whatever is
        registered.
    minerals : sequence of str, optional
        Restrict the panel to these.
    assumptions : Assumptions, optional
        Of `critmin.model.priors`, instead of the published priors.

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
    if not assumptions.support:
        inputs = without_support(inputs)

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
    known_surprise = np.nonzero(np.isfinite(inputs.technology_surprise))
    supported = np.nonzero(np.isfinite(inputs.support_growth) & (inputs.support_share > 0))
    coords = {
        "mineral": inputs.minerals,
        "group": list(GROUPS),
        "pooled": list(_POOLED),
        "quality": ["assessment", "unit_value"],
        "component": list(COMPONENTS),
        "technology": list(TECHNOLOGIES),
        "year": inputs.years,
        "transition": inputs.years[1:],
        "income_year": inputs.years[inputs.income_known],
        "wage_year": inputs.years[np.isfinite(inputs.wage_growth)],
        "technology_year": [
            f"{name}:{inputs.years[t]}"
            for name, t in zip(
                np.array(list(TECHNOLOGIES))[known_surprise[0]], known_surprise[1], strict=True
            )
        ],
        "observation": label(observed.m, observed.t),
        "production_observation": label(observed.m[has_growth], observed.t[has_growth]),
        "carry_observation": label(observed.m[carried], observed.t[carried]),
        "hole": label(hole_m, hole_t),
        "innovation": label(*np.nonzero(alive)),
        "hosted": [inputs.minerals[m] for m in np.flatnonzero(inputs.has_host)],
        "supporter": inputs.support_names,
        "support_year": SUPPORT_YEARS,
        "support_observation": [
            f"{inputs.support_names[k]}:{inputs.years[t]}" for k, t in zip(*supported, strict=True)
        ],
        "restriction": inputs.restriction_names,
        "stepped": [inputs.minerals[m] for m in np.flatnonzero(inputs.basis.any(axis=1))],
        "revised": np.arange(len(inputs.revision)),
        "cost_observation": np.arange(len(inputs.cost_log)),
    }
    rows = np.arange(len(inputs.minerals))
    with pm.Model(coords=coords) as model:
        # What calibration simulates anew is data; the rest is constant.
        first_price = pm.Data("first_log_price", inputs.log_price[rows, inputs.first])
        price_data = pm.Data("log_price_data", inputs.log_price[observed.m, observed.t])
        par = _parameters(inputs, assumptions)
        _drivers(inputs)
        support, availability = _distortions(inputs, assumptions)
        step = _step(inputs)
        log_cost = _log_cost(inputs, par, support, step, first_price)
        factor = pm.Normal("factor", 0, 1, dims="year")
        # Prices on the basis of the newest source; holes are filled below, in time order.
        price = pt.set_subtensor(pt.zeros(alive.shape)[rows, inputs.first], first_price)
        price = pt.set_subtensor(price[observed.m, observed.t], price_data)
        price = price + inputs.basis * step[:, None]
        margin = support - log_cost  # the gap less the price
        carry_known = np.isfinite(inputs.carry)
        carry_observed: Any = np.nan_to_num(inputs.carry)
        if carried.any():
            carry_data = pm.Data("carry_data", inputs.carry[observed.m, observed.t][carried])
            carry_observed = pt.set_subtensor(
                pt.as_tensor(carry_observed)[observed.m[carried], observed.t[carried]], carry_data
            )
        column = {name: value[:, None] for name, value in par.items() if value.ndim == 1}
        cost_change = log_cost[:, 1:] - log_cost[:, :-1]
        support_change = support[:, 1:] - support[:, :-1]
        technology = par["technology_response"] * np.einsum(
            "mkt,kt->mt", inputs.technology_weight, np.nan_to_num(inputs.technology_surprise)
        )
        push = equations.price_push(
            cost_change=cost_change,
            support_change=support_change,
            availability_change=availability[:, 1:] - availability[:, :-1],
            income=inputs.income[None, 1:],
            technology=technology[:, 1:],
            host=inputs.host_growth[:, 1:],
            factor=factor[None, 1:],
            supply_elasticity=column["supply_elasticity"],
            slope=column["slope"],
            primary=column["primary"],
            income_elasticity=column["income_elasticity"],
            host_tie=column["host_tie"],
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
                        par["persistence"][m] * previous,
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
                column["persistence"] * started * previous,
            ),
            gap=gap,
            reversion=column["reversion"],
        )
        m, t = observed.m, observed.t
        pm.StudentT(
            "log_price",
            nu=par["tail"],
            mu=price_data - shock[m, t - 1],
            sigma=par["price_scale"][m],
            observed=price_data,
            dims="observation",
        )
        if carried.any():
            m, t = observed.m[carried], observed.t[carried]
            pm.StudentT(
                "carry",
                nu=par["tail"],
                mu=par["carry_response"] * shock[m, t - 1],
                sigma=par["carry_scale"] * par["price_scale"][m],
                observed=carry_data,
                dims="carry_observation",
            )
        if len(inputs.revision):
            pm.StudentT(
                "revision",
                nu=4,
                mu=0,
                sigma=par["revision_scale"],
                observed=pm.Data("revision_data", inputs.revision),
                dims="revised",
            )
        if has_growth.any():
            m, t = observed.m[has_growth], observed.t[has_growth]
            mean = equations.production_growth(
                trend=column["growth"],
                price_change=change,
                cost_change=cost_change,
                support_change=support_change,
                host=inputs.host_growth[:, 1:],
                gap=gap,
                price_shock=shock,
                demand_share=column["demand_share"],
                substitution=par["substitution"],
                supply_elasticity=column["supply_elasticity"],
                slope=column["slope"],
                primary=column["primary"],
                host_tie=column["host_tie"],
                reversion=column["reversion"],
            )
            spread = equations.production_scale(
                price_scale=par["price_scale"],
                demand_share=par["demand_share"],
                slope=par["slope"],
                primary=par["primary"],
                # Both years of a growth rate are first reports.
                measurement=2**0.5 * par["revision_scale"],
            )
            surprise = (shock / column["price_scale"])[m, t - 1]
            tail = par["tail"]
            pm.StudentT(
                "production_growth",
                nu=tail + 1,
                mu=mean[m, t - 1],
                sigma=spread[m] * pt.sqrt((tail + surprise**2) / (tail + 1)),
                observed=pm.Data("production_growth_data", inputs.growth[m, t]),
                dims="production_observation",
            )
        if len(inputs.cost_log):
            offset, offset_spread = np.array(COST_OFFSET)[inputs.cost_kind].T
            pm.Normal(
                "cost_point",
                log_cost[inputs.cost_mineral, inputs.cost_year] - offset,
                np.sqrt(offset_spread**2 + COST_SPREAD**2 / inputs.cost_count),
                observed=inputs.cost_log,
                dims="cost_observation",
            )
    return model
