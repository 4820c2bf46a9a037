"""Parameters of the equations by mineral, pooled within groups."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from critmin.data.drivers import COMPONENTS
from critmin.data.drivers import parameters as of_drivers
from critmin.internal.arrays import Floats, Ints
from critmin.mineral import GROUPS
from critmin.model import equations
from critmin.model.assumptions import (
    GROUP_SHARE,
    LOADING_SPREAD,
    PERSISTENCE,
    ROUTE_SHARES,
    TAIL_SPREAD,
    Assumptions,
)
from critmin.model.inputs import ModelInputs
from critmin.model.literature import published_prior
from critmin.model.prior import logit
from critmin.model.priors import PRIORS

BASE = "base"
"""Group whose cycle is the one common to all minerals: chains could not tell two of them apart."""

POOLED: tuple[str, ...] = (
    "supply_elasticity",
    "demand_elasticity",
    "income_elasticity",
    "price_scale",
    "reversion",
)
"""Parameters that pool within groups."""

_LINKS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "LogNormal": (np.log, pt.exp),
    "LogitNormal": (logit, pm.math.invlogit),
}
"""To the unbounded scale and back."""


def route_concentration(routes: list[str]) -> Floats:
    """Dirichlet concentrations of the cost shares, one row a mineral's route."""
    table = np.array([ROUTE_SHARES[route] for route in routes])
    if table.shape[1] != len(COMPONENTS):
        raise ValueError(f"a route needs {len(COMPONENTS)} shares")
    return table * PRIORS["cost_share"].numbers[0]


def pooled_prior(inputs: ModelInputs, assumptions: Assumptions) -> Floats:
    """Median and spread of `POOLED` (parameter, 2, mineral) under the assumptions."""
    swap = {"literature": (1.0, 1.0), "sceptical": (0.5, 1.0), "diffuse": (1.0, 2.0)}
    factors = np.array(swap[assumptions.elasticities])[:, None]
    return np.array(
        [
            factors * published_prior(name.removesuffix("_elasticity"), inputs.minerals)
            if name.endswith("_elasticity")
            else np.repeat(np.array(PRIORS[name].numbers)[:, None], len(inputs.minerals), axis=1)
            for name in POOLED
        ]
    )


def _pooled(
    inputs: ModelInputs, assumptions: Assumptions, group: Ints
) -> dict[str, "pt.TensorVariable"]:
    """Parameters of `POOLED`, all from one array of standard normals by group and one by mineral.

    The same model as separate arrays, at half the compile time.
    """
    prior = pooled_prior(inputs, assumptions)
    by_group = PRIORS["group_effect"].build(("pooled", "group"))
    by_mineral = PRIORS["mineral_effect"].build(("pooled", "mineral"))
    effect = GROUP_SHARE**0.5 * by_group[:, group] + (1 - GROUP_SHARE) ** 0.5 * by_mineral
    made = {}
    for i, name in enumerate(POOLED):
        to_real, from_real = _LINKS[PRIORS[name].family]
        unbounded = to_real(prior[i, 0]) + prior[i, 1] * effect[i]
        made[name] = pm.Deterministic(name, from_real(unbounded), dims="mineral")
    return made


def parameters(inputs: ModelInputs, assumptions: Assumptions) -> dict[str, "pt.TensorVariable"]:
    """Add every parameter of the equations to the PyMC model of the context.

    Parameters
    ----------
    inputs : ModelInputs
    assumptions : Assumptions

    Returns
    -------
    dict of str to tensor
        Scalars, and vectors (mineral,); ``cost_share`` is (mineral, component).
    """
    group = np.array([GROUPS.index(g) for g in inputs.groups])
    par = _pooled(inputs, assumptions, group)
    # The common cycle is that of the base metals: a second one of theirs could not be told from it.
    apart = np.array([name != BASE for name in inputs.groups])
    loading = PRIORS["factor_loading"].build("mineral")
    # Free within a group, one mineral could stand for all of it, and chains disagree on which.
    typical = PRIORS["group_loading"].build("group")[group] * inputs.mobility * apart
    tied = typical * pt.exp(LOADING_SPREAD * PRIORS["loading_effect"].build("mineral"))
    least = PRIORS["tail"].shift
    beyond = (PRIORS["tail"].build("group") - least)[group]
    tail = least + beyond * pt.exp(TAIL_SPREAD * PRIORS["tail_effect"].build("mineral"))
    cost_scale = PRIORS["cost_scale"].build("group")
    means, spreads = map(list, zip(*PERSISTENCE, strict=True))
    inertia = pm.Normal("persistence_quality", means, spreads, dims="quality")
    tie = pt.zeros(len(inputs.minerals))
    if inputs.has_host.any():
        hosted = PRIORS["host_tie"].build("hosted")
        tie = pt.set_subtensor(tie[np.flatnonzero(inputs.has_host)], hosted)
    median, spread = PRIORS["substitution"].numbers
    by_itself = ("scrap_elasticity", "carry_response", "carry_scale", "technology_response")
    trends = (*of_drivers("pass_through", "trend"), "revision_scale")
    tails = (
        *of_drivers("signal"),
        "volatility_memory",
        "list_scale",
        "quote_premium",
        "long_run_elasticity",
    )
    par |= {name: PRIORS[name].build() for name in (*by_itself, *trends, *tails)}
    par |= {
        name: PRIORS[name].build("mineral")
        for name in ("cost_drift", "demand_share", "growth", "lasting_share")
    }
    par |= {
        "substitution": pm.Deterministic(
            "substitution",
            pm.math.invlogit(logit(median) + spread * PRIORS["substitution_effect"].build()),
        ),
        "persistence": pm.Deterministic(
            "persistence",
            pt.where(inputs.monthly, 0.0, inertia[inputs.unit_value.astype(int)]),
            dims="mineral",
        ),
        "tail": pm.Deterministic("tail", tail, dims="mineral"),
        "factor_loading": loading,
        "group_loading": pm.Deterministic("group_loading", tied, dims="mineral"),
        "host_tie": pm.Deterministic("host_tie", tie, dims="mineral"),
        "cost_scale": pm.Deterministic("cost_scale", cost_scale[group], dims="mineral"),
        "cost_share": pm.Dirichlet(
            "cost_share", route_concentration(inputs.routes), dims=("mineral", "component")
        ),
    }
    primary = 1 - inputs.recycled
    slope = equations.total_slope(
        supply_elasticity=par["supply_elasticity"],
        demand_elasticity=par["demand_elasticity"],
        scrap_elasticity=par["scrap_elasticity"],
        primary=primary,
    )
    return par | {
        "slope": pm.Deterministic("slope", slope, dims="mineral"),
        "primary": pt.as_tensor(primary),
    }
