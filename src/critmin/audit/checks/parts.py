"""Parts of the model and of the data left out: what each is worth, and what moves without it."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.audit.backtesting.vintage import fittable
from critmin.audit.checks.refits import (
    OBSERVED,
    check_names,
    ends,
    full_trace,
    last_ratio,
    market_inputs,
)
from critmin.data.catalogue import catalog
from critmin.data.panel import load_panel
from critmin.data.prices import HOLES
from critmin.exceptions import DataError
from critmin.internal.arrays import Floats
from critmin.mineral import GROUPS
from critmin.model.inputs import ModelInputs
from critmin.model.switches import (
    MODULES,
    without_cost_drivers,
    without_cost_points,
    without_income,
    without_restrictions,
    without_technology,
)


def module_worth(
    modules: Sequence[str] = tuple(MODULES),
    *,
    minerals: Sequence[str] | None = None,
    draws: int = 300,
    tune: int = 600,
    seed: int = 0,
) -> pd.DataFrame:
    """Predictive score of the model with and without each module.

    Parameters
    ----------
    modules : sequence of str
        Of `MODULES`.
    minerals : sequence of str, optional
        Of the fits; all by default.
    draws, tune : int
        Of each of four chains; one fit a module, some eight minutes of processor each for
        all minerals.
    seed : int

    Returns
    -------
    DataFrame
        By module: ``elpd_difference``, the expected log predictive density of annual prices and
        output that the module adds (positive: it helps), its standard error, ``moved``, the median
        over minerals of the absolute change of the fair price relative to the market price in the
        last year, and ``unreliable``, the number of observations whose importance weights are too
        heavy to be trusted (Pareto k too large).

    Raises
    ------
    UnknownNameError
        If there is no such module or mineral.

    Notes
    -----
    Pareto-smoothed importance sampling leave-one-out (Vehtari, Gelman and Gabry 2017, Statistics and
    Computing 27), over single years: what a module adds to forecasts is for a backtest to say.
    """
    from arviz import loo

    check_names("module", modules, MODULES)
    inputs = market_inputs(load_panel(minerals))
    full = full_trace(inputs, draws, tune, seed)
    base, _ = _pointwise(full, loo)
    ratio = np.median(last_ratio(full, inputs), axis=0)
    rows = {}
    for name in modules:
        changed = MODULES[name](inputs)
        trace = full_trace(changed, draws, tune, seed)
        score, unreliable = _pointwise(trace, loo)
        difference = base - score
        shift = np.abs(np.median(last_ratio(trace, changed), axis=0) - ratio)
        rows[name] = {
            "elpd_difference": difference.sum(),
            "error": difference.std(ddof=1) * len(difference) ** 0.5,
            "moved": float(np.median(shift)),
            "unreliable": unreliable,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("module")


def _pointwise(trace: xr.DataTree, loo: Callable[..., Any]) -> tuple[Floats, int]:
    """Log predictive density of each observation left out, and how many are not to be trusted."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        found = [loo(trace, var_name=name, pointwise=True) for name in OBSERVED]
    scores = np.concatenate([each.elpd_i.values.ravel() for each in found])
    return scores, sum(int((each.pareto_k.values > each.good_k).sum()) for each in found)


def leave_group_out(
    *,
    minerals: Sequence[str] | None = None,
    draws: int = 300,
    tune: int = 600,
    seed: int = 0,
) -> pd.DataFrame:
    """How far the other minerals move when one group is left out of the fit.

    Parameters
    ----------
    minerals : sequence of str, optional
        Of the fits, of two groups or more; all by default.
    draws, tune : int
        Of each of four chains; one fit a group, some eight minutes of processor each for
        all minerals.
    seed : int

    Returns
    -------
    DataFrame
        By group: ``minerals`` in it, and over the minerals that stay the median and the largest
        absolute change of the log of the median cost and of the fair over the market price in the
        last year, with the mineral that moves most.

    Raises
    ------
    DataError
        If all minerals are of one group: nothing would be left.
    """
    panel = load_panel(minerals)
    inputs = market_inputs(panel)
    if len(set(inputs.groups)) < 2:
        raise DataError(f"all minerals are of one group, {inputs.groups[0]!r}: none would stay")
    whole = ends(full_trace(inputs, draws, tune, seed, likelihood=False), inputs)
    rows = {}
    for group in (each for each in GROUPS if each in inputs.groups):
        stay = [m for m, g in zip(inputs.minerals, inputs.groups, strict=True) if g != group]
        part = market_inputs(panel.sel(mineral=stay))
        left = ends(full_trace(part, draws, tune, seed, likelihood=False), part)
        moved = (left - whole.loc[stay]).abs()
        rows[group] = {
            "minerals": len(inputs.minerals) - len(stay),
            "cost_median": moved["cost"].median(),
            "cost_most": moved["cost"].max(),
            "fair_median": moved["fair"].median(),
            "fair_most": moved["fair"].max(),
            "mineral": str(moved["cost"].idxmax()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group left out")


def _without_prices(panel: xr.Dataset, publisher: str) -> xr.Dataset:
    """A panel without the publisher's prices, and without minerals that have then too few."""
    publishers = catalog()["publisher"]
    theirs = list(publishers.index[publishers == publisher])
    out = panel["price_dataset"].isin(theirs)
    kept = {
        name: panel[name].where(~out, other)
        for name, other in {**HOLES, "price_year_end": np.nan}.items()
    }
    # What is left of a mineral starts on the basis of its newest source again.
    basis = kept["price_basis"]
    kept["price_basis"] = (basis - basis.where(basis >= 0).min("year")).where(basis >= 0, -1)
    kept["price_basis"] = kept["price_basis"].astype(np.int64)
    return fittable(panel.assign(kept))


def _without_production(panel: xr.Dataset) -> xr.Dataset:
    return panel.assign(production=panel["production"] * np.nan)


def _same(panel: xr.Dataset) -> xr.Dataset:
    return panel


def _same_inputs(inputs: ModelInputs) -> ModelInputs:
    return inputs


PUBLISHERS: dict[
    str, tuple[Callable[[xr.Dataset], xr.Dataset], Callable[[ModelInputs], ModelInputs]]
] = {
    "World Bank: prices": (lambda p: _without_prices(p, "World Bank"), _same_inputs),
    "World Bank: energy, materials, income": (
        _same,
        lambda x: without_income(without_cost_drivers(x)),
    ),
    "U.S. Geological Survey: prices": (
        lambda p: _without_prices(p, "U.S. Geological Survey"),
        _same_inputs,
    ),
    "U.S. Geological Survey: production": (_without_production, _same_inputs),
    "International Energy Agency and others: technologies": (_same, without_technology),
    "governments' gazettes: export restrictions": (_same, without_restrictions),
    "published costs": (_same, without_cost_points),
}
"""What can be left out: a publisher's part, as a change of the panel and of what the model is given."""


def knock_outs(
    minerals: Sequence[str] | None = None,
    *,
    publishers: Sequence[str] = tuple(PUBLISHERS),
    draws: int = 300,
    tune: int = 600,
    seed: int = 0,
) -> pd.DataFrame:
    """Refit without one publisher's data at a time: what moves.

    Parameters
    ----------
    publishers : sequence of str
        Of `PUBLISHERS`.
    minerals, draws, tune, seed
        As in `prior_swaps`.

    Returns
    -------
    DataFrame
        By mineral; columns (of `PUBLISHERS`, quantity) as in `prior_swaps`; NaN where a mineral has
        no prices left.
    """
    check_names("publisher's part", publishers, PUBLISHERS)
    panel = load_panel(minerals)
    inputs = market_inputs(panel)
    base = ends(full_trace(inputs, draws, tune, seed, likelihood=False), inputs)
    moved = {}
    for name in publishers:
        of_panel, of_inputs = PUBLISHERS[name]
        part = of_panel(panel)
        if not part.sizes["mineral"]:
            continue
        changed = of_inputs(market_inputs(part))
        left = ends(full_trace(changed, draws, tune, seed, likelihood=False), changed)
        moved[name] = (left - base).reindex(base.index)
    return pd.concat(moved, axis=1).rename_axis("mineral")
