"""The world's full cost of each mineral over history."""

import numpy as np
import pytensor.tensor as pt

from critmin.model import cost_equations
from critmin.model.inputs import ModelInputs
from critmin.model.priors import PRIORS
from critmin.units import BASE_YEAR


def log_cost_path(
    inputs: ModelInputs,
    par: dict[str, "pt.TensorVariable"],
    support: "pt.TensorVariable",
    step: "pt.TensorVariable",
    first_price: "pt.TensorVariable",
) -> "pt.TensorVariable":
    """Log full cost (mineral, year): drivers, drift, and a random walk from the first price on.

    What lasts of price shocks comes on top (`critmin.model.economy.shocks`).

    The gap between price and cost in the first year is drawn from its stationary distribution, so
    that the level of the cost is learned from the price around which the market hovers.

    Parameters
    ----------
    inputs : ModelInputs
    par : dict of str to tensor
        Of `critmin.model.parameters.parameters`.
    support : tensor (mineral, year)
    step, first_price : tensors (mineral,)
        Log step of the older price source, and the first log price.
    """
    rows = np.arange(len(inputs.minerals))
    age = np.arange(len(inputs.years))[None, :] - inputs.first[:, None]
    alive = age > 0
    shocks = PRIORS["cost_shock"].build("innovation")
    walk = pt.cumsum(pt.set_subtensor(pt.zeros(alive.shape)[np.nonzero(alive)], shocks), axis=1)
    drivers = cost_equations.cost_drivers(
        paths={name: np.atleast_2d(path) for name, path in inputs.drivers.items()},
        parameters=par,
        years_ahead=(inputs.years - BASE_YEAR)[None, :],
    )
    mix = pt.log(
        sum(
            cost_equations.component_costs(par["cost_share"][:, k, None], driver, xp=pt)
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
    start = PRIORS["start"].build("mineral")
    first_step = inputs.basis[rows, inputs.first] * step
    level = first_price + first_step + support[rows, inputs.first] - start * stationary
    return level[:, None] + path
