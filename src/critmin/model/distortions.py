"""State support and export restrictions of history as part of the model."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from critmin.model import equations
from critmin.model.assumptions import Assumptions
from critmin.model.inputs import ModelInputs, support_ramps
from critmin.model.priors import PRIORS, WITHHELD_CONCENTRATION


def _support(inputs: ModelInputs, assumptions: Assumptions) -> "pt.TensorVariable":
    support: pt.TensorVariable = pt.zeros((len(inputs.minerals), len(inputs.years)))
    if not inputs.support_names:
        return support
    (scale,) = PRIORS["state_support"].numbers
    level = pm.HalfNormal("state_support", scale * assumptions.support, dims="supporter")
    steps = PRIORS["support_step"].build(("supporter", "support_year"))
    wedge = level[:, None] * pt.exp(pt.dot(steps, support_ramps(inputs.years)))
    where, t = np.nonzero(np.isfinite(inputs.support_growth) & (inputs.support_share > 0))
    if len(t):
        # Excess capacity: a carried producer outgrows the others by more than its own trend.
        advantage = PRIORS["support_advantage"].build("supporter")
        response = PRIORS["capacity_response"].build()
        pm.StudentT(
            "support_growth",
            nu=4,
            mu=advantage[where] + response * wedge[where, t - 1],
            sigma=PRIORS["support_noise"].build(),
            observed=pm.Data("support_growth_data", inputs.support_growth[where, t]),
            dims="support_observation",
        )
    return pt.inc_subtensor(support[inputs.support_mineral], wedge * inputs.support_share)


def _availability(inputs: ModelInputs) -> "pt.TensorVariable":
    shape = (len(inputs.minerals), len(inputs.years))
    if not inputs.restriction_names:
        return pt.zeros(shape)
    mean, k = inputs.withheld_mean, WITHHELD_CONCENTRATION
    withheld = pm.Beta("withheld", mean * k, (1 - mean) * k, dims="restriction")
    left = pt.inc_subtensor(
        pt.zeros(shape)[inputs.restriction_mineral],
        pt.log1p(-withheld[:, None] * inputs.restriction_share),
    )
    return equations.availability_term(pt.exp(left), xp=pt)


def distortions(
    inputs: ModelInputs, assumptions: Assumptions
) -> tuple["pt.TensorVariable", "pt.TensorVariable"]:
    """Add state support and availability under restrictions, both (mineral, year).

    Parameters
    ----------
    inputs : ModelInputs
    assumptions : Assumptions
    """
    support = _support(inputs, assumptions)
    return (
        pm.Deterministic("support", support, dims=("mineral", "year")),
        pm.Deterministic("availability", _availability(inputs), dims=("mineral", "year")),
    )
