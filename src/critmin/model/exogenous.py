"""The exogenous processes: drivers of cost, income, technologies."""

from typing import Any

import numpy as np
import pymc as pm

from critmin.data.drivers import BY_NAME, DRIFTING, RETURNING
from critmin.model import cost_equations
from critmin.model.coords import Index
from critmin.model.inputs import ModelInputs
from critmin.model.priors import PRIORS


def exogenous(inputs: ModelInputs, at: Index) -> None:
    """Add the drivers (`critmin.data.drivers`) to the PyMC model of the context.

    Real prices of energy and materials return to a mean; wages drift; income growth and the
    surprises of technologies are white.

    Parameters
    ----------
    inputs : ModelInputs
    at : Index
        Of `critmin.model.coords.index`.
    """
    surprises: dict[str, Any] = {}
    for driver in RETURNING:
        path, named = inputs.drivers[driver.name], driver.parameters
        speed, mean, scale = (PRIORS[named[p]].build() for p in ("reversion", "mean", "scale"))
        expected = cost_equations.driver_expectation(before=path[:-1], reversion=speed, mean=mean)
        if driver.follows:
            expected = expected + PRIORS[named["pull"]].build() * surprises[driver.follows]
        pm.Normal(driver.observed, expected, scale, observed=path[1:], dims="transition")
        surprises[driver.name] = path[1:] - expected
    known = np.isfinite(inputs.wage_growth)
    for driver in DRIFTING:
        drift, scale = (PRIORS[driver.parameters[p]].build() for p in ("drift", "scale"))
        growth = inputs.wage_growth[known]
        pm.Normal(driver.observed, drift, scale, observed=growth, dims="wage_year")
    income = BY_NAME["gdp"]
    pm.Normal(
        income.observed,
        0,
        PRIORS[income.parameters["scale"]].build(),
        observed=inputs.income[inputs.income_known],
        dims="income_year",
    )
    technology, t = at.surprises
    scale = PRIORS["technology_scale"].build("technology")
    pm.Normal(
        "technology_surprise",
        0,
        scale[technology],
        observed=inputs.technology_surprise[technology, t],
        dims="technology_year",
    )
