"""The exogenous processes: energy, materials, wages, income, technologies."""

from typing import Any

import numpy as np
import pymc as pm

from critmin.model import cost_equations
from critmin.model.inputs import ModelInputs
from critmin.model.priors import PRIORS


def exogenous(inputs: ModelInputs) -> None:
    """Add the drivers to the PyMC model of the context.

    Real prices of energy and materials return to a mean; wages drift; income growth and the
    surprises of technologies are white.

    Parameters
    ----------
    inputs : ModelInputs
    """
    surprise: Any = None
    for name, path in (("energy", inputs.energy), ("materials", inputs.materials)):
        speed = PRIORS[f"{name}_reversion"].build()
        mean = PRIORS[f"{name}_mean"].build()
        scale = PRIORS[f"{name}_scale"].build()
        expected = cost_equations.driver_expectation(before=path[:-1], reversion=speed, mean=mean)
        if surprise is not None:
            # Fertiliser, steel and rubber are made of gas, coal and oil.
            expected = expected + PRIORS["materials_energy"].build() * surprise
        pm.Normal(f"{name}_price", expected, scale, observed=path[1:], dims="transition")
        surprise = path[1:] - expected
    known = np.isfinite(inputs.wage_growth)
    pm.Normal(
        "wage_growth",
        PRIORS["wage_drift"].build(),
        PRIORS["wage_scale"].build(),
        observed=inputs.wage_growth[known],
        dims="wage_year",
    )
    pm.Normal(
        "income",
        0,
        PRIORS["income_scale"].build(),
        observed=inputs.income[inputs.income_known],
        dims="income_year",
    )
    technology, _ = np.nonzero(np.isfinite(inputs.technology_surprise))
    scale = PRIORS["technology_scale"].build("technology")
    pm.Normal(
        "technology_surprise",
        0,
        scale[technology],
        observed=inputs.technology_surprise[np.isfinite(inputs.technology_surprise)],
        dims="technology_year",
    )
