"""State support and export restrictions of history as part of the model.

What a measure withholds is a state; pairs of prices across a fence and exports after a measure witness
it. Taxes are taken off the pairs and are no part of what the fair price lacks.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from critmin.model import fences
from critmin.model.assumptions import RATE_ERROR, Assumptions
from critmin.model.coords import Index
from critmin.model.inputs import ModelInputs
from critmin.model.prior import logit
from critmin.model.priors import PRIORS, WITHHELD_CONCENTRATION
from critmin.model.supported import support_ramps

ANSWERS = ("supply_elasticity", "demand_elasticity", "primary")
"""Parameters of a mineral that decide the slopes on both sides of a fence."""


def _support(inputs: ModelInputs, at: Index, assumptions: Assumptions) -> "pt.TensorVariable":
    support: pt.TensorVariable = pt.zeros((len(inputs.minerals), len(inputs.years)))
    if not inputs.support_names:
        return support
    (scale,) = PRIORS["state_support"].numbers
    level = pm.HalfNormal("state_support", scale * assumptions.support, dims="supporter")
    steps = PRIORS["support_step"].build(("supporter", "support_year"))
    wedge = level[:, None] * pt.exp(pt.dot(steps, support_ramps(inputs.years)))
    where, t = at.supported
    if len(t):
        # Excess capacity: a carried producer outgrows the others by more than its own trend.
        advantage = PRIORS["support_advantage"].build("supporter")
        response = PRIORS["capacity_response"].build()
        pm.StudentT(
            "support_growth",
            nu=4,
            mu=advantage[where] + response * wedge[where, t - 1],
            sigma=PRIORS["support_noise"].build(),
            observed=pm.Data(
                "support_growth_data", inputs.support_growth[where, t], dims="support_observation"
            ),
            dims="support_observation",
        )
    found = at.countervailed
    if len(found):
        pm.StudentT(
            "support_rate",
            nu=4,
            mu=wedge[found, inputs.support_rate_year[found]],
            sigma=RATE_ERROR,
            observed=pm.Data("support_rate_data", inputs.support_rate[found], dims="countervailed"),
            dims="countervailed",
        )
    return pt.inc_subtensor(support[inputs.support_mineral], wedge * inputs.support_share)


def _withheld(inputs: ModelInputs, at: Index) -> "pt.TensorVariable":
    """Share of normal exports that each measure withholds, (restriction, year).

    From the measure's prior at its start; where it was measured, it walks on.
    """
    mean, k = inputs.withheld_mean, WITHHELD_CONCENTRATION
    start = pm.Beta("withheld", mean * k, (1 - mean) * k, dims="restriction")
    whole = pt.repeat(start[:, None], len(inputs.years), axis=1)
    e, t = at.walking
    if not len(e):
        return whole
    steps = PRIORS["withheld_step"].build("withheld_year")
    walk = pt.cumsum(
        pt.set_subtensor(pt.zeros(inputs.restriction_force.shape)[e, t], steps), axis=1
    )
    return pt.where(
        inputs.restriction_witnessed[:, None],
        pm.math.invlogit(pm.math.logit(whole) + walk),
        whole,
    )


def _fences(
    inputs: ModelInputs, at: Index, par: dict[str, "pt.TensorVariable"]
) -> "pt.TensorVariable":
    """Availability outside all fences (mineral, year), with the densities of what witnesses them."""
    shape = (len(inputs.minerals), len(inputs.years))
    if not inputs.restriction_names:
        return pt.zeros(shape)
    withheld = _withheld(inputs, at)
    pm.Deterministic("withheld_end", withheld[:, -1], dims="restriction")
    part = pm.math.invlogit(logit(inputs.fence_use) + PRIORS["use_effect"].build("fence")[:, None])
    use = inputs.fence_output * part

    def sides(held: Any, f: Any, t: Any) -> Any:
        """Rise outside and fall inside some fences in some years."""
        own = {name: par[name][inputs.fence_mineral[f]] for name in ANSWERS}
        return fences.both_sides(
            withheld=held,
            output=inputs.fence_output[f, t],
            use=use[f, t],
            scrap_elasticity=par["scrap_elasticity"],
            xp=pt,
            **own,
        )

    # Measures of one country act on what the others leave.
    left = pt.log1p(-withheld * inputs.restriction_force)
    held = 1 - pt.exp(pt.inc_subtensor(pt.zeros(use.shape)[inputs.restriction_fence], left))
    every, always = np.ogrid[: len(inputs.fence_names), : len(inputs.years)]
    rise, _ = sides(held, every, always)
    taken = fences.fence_availability(
        rise=rise,
        slope=par["slope"][inputs.fence_mineral, None],
        primary=par["primary"][inputs.fence_mineral, None],
    )
    f, t = inputs.wedge_fence, inputs.wedge_year
    if len(f):
        shares = 1 - pt.exp((inputs.wedge_active * pt.log1p(-withheld[:, t].T)).sum(axis=1))
        rise, fall = sides(shares, f, t)
        pm.StudentT(
            "wedge",
            nu=4,
            mu=PRIORS["wedge_level"].build() + (rise + fall) * (1 + par["quote_premium"]),
            sigma=pt.sqrt(inputs.wedge_error**2 + PRIORS["wedge_spread"].build() ** 2),
            observed=pm.Data("wedge_data", inputs.wedge_log, dims="pair"),
            dims="pair",
        )
    if len(inputs.volume_ratio):
        t = inputs.volume_year
        left = pt.exp((inputs.volume_active * pt.log1p(-withheld[:, t].T)).sum(axis=1))
        pm.StudentT(
            "export_ratio",
            nu=4,
            mu=left,
            sigma=inputs.volume_error,
            observed=pm.Data("export_ratio_data", inputs.volume_ratio, dims="export_volume"),
            dims="export_volume",
        )
    return pt.inc_subtensor(pt.zeros(shape)[inputs.fence_mineral], taken)


def distortions(
    inputs: ModelInputs, at: Index, assumptions: Assumptions, par: dict[str, "pt.TensorVariable"]
) -> tuple["pt.TensorVariable", "pt.TensorVariable"]:
    """Add state support and availability under restrictions, both (mineral, year).

    Parameters
    ----------
    inputs : ModelInputs
    at : Index
        Of `critmin.model.coords.index`.
    assumptions : Assumptions
    par : dict of str to tensor
        Of `critmin.model.parameters.parameters`.
    """
    support = _support(inputs, at, assumptions)
    return (
        pm.Deterministic("support", support, dims=("mineral", "year")),
        pm.Deterministic("availability", _fences(inputs, at, par), dims=("mineral", "year")),
    )
