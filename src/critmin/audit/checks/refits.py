"""Fits made for a check: of the market model alone, with all its variables."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.exceptions import UnknownNameError
from critmin.inference.sampling import sample
from critmin.internal.arrays import Floats
from critmin.model.assumptions import PUBLISHED, Assumptions
from critmin.model.counterfactual import deviation_path
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.posterior import builtin_posterior

OBSERVED = ("log_price", "production_growth")
"""Likelihoods that a module's worth is measured by."""


def market_inputs(panel: xr.Dataset) -> ModelInputs:
    """What the market model is given: a panel, and the built-in posterior's anchors of cost."""
    return make_inputs(panel, builtin_posterior().cost_anchors)


def full_trace(
    inputs: ModelInputs,
    draws: int,
    tune: int,
    seed: int,
    likelihood: bool = True,
    assumptions: Assumptions = PUBLISHED,
) -> xr.DataTree:
    """A full fit of the market model with log prior and log likelihood, 4 chains."""
    import pymc as pm

    from critmin.model.market import build_model

    with build_model(inputs, assumptions=assumptions) as model:
        trace = sample(model, draws=draws, tune=tune, seed=seed, everything=True)
        if likelihood:
            pm.compute_log_likelihood(trace, var_names=list(OBSERVED), progressbar=False)
    return trace


def last_ratio(trace: xr.DataTree, inputs: ModelInputs) -> Floats:
    """Draws of log fair over market price in the last year, (draw, mineral)."""
    posterior: Any = trace["posterior"]

    def draws(name: str) -> Floats:
        values: Floats = posterior[name].values
        return values.reshape(-1, *values.shape[2:])

    path = deviation_path(
        support=draws("support"),
        availability=draws("availability"),
        supply_elasticity=draws("supply_elasticity"),
        slope=draws("slope"),
        primary=1 - inputs.recycled,
        reversion=draws("reversion"),
        inertia=draws("persistence"),
    )
    return path[..., -1]


def ends(trace: xr.DataTree, inputs: ModelInputs) -> pd.DataFrame:
    """Log of the median cost and of the median fair over market price in the last year, by mineral."""
    cost = trace["posterior"]["log_cost"].isel(year=-1).median(("chain", "draw")).values
    fair = np.median(last_ratio(trace, inputs), axis=0)
    return pd.DataFrame({"cost": cost, "fair": fair}, index=inputs.minerals)


def check_names(kind: str, given: Sequence[str], known: Iterable[str]) -> None:
    """Refuse a name that is not known."""
    for name in given:
        if name not in known:
            raise UnknownNameError.of(kind, name, known)
