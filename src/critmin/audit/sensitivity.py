"""What moves the fair price: priors by power-scaling, modules and groups by leaving them out."""

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.audit.calibration import prior_draws
from critmin.audit.vintage import fittable
from critmin.data.catalogue import catalog
from critmin.data.panel import load_panel
from critmin.exceptions import DataError, UnknownNameError
from critmin.inference import deviation_path
from critmin.mineral import GROUPS
from critmin.model.inputs import ModelInputs, make_inputs, without_support
from critmin.model.priors import PUBLISHED, Assumptions
from critmin.posterior import PARAMETERS, SHARED, Posterior, builtin_posterior
from critmin.sampling import sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

OBSERVED = ("log_price", "production_growth")
"""Likelihoods that a module's worth is measured by."""

THRESHOLD = 0.05
"""Power-scaling sensitivity from which a prior is said to matter (Kallioinen and others 2024)."""


def _trace(
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


def _without_technology(x: ModelInputs) -> ModelInputs:
    return dataclasses.replace(x, technology_weight=np.zeros_like(x.technology_weight))


def _without_hosts(x: ModelInputs) -> ModelInputs:
    return dataclasses.replace(
        x, host_growth=np.zeros_like(x.host_growth), has_host=np.zeros_like(x.has_host)
    )


def _without_recycling(x: ModelInputs) -> ModelInputs:
    return dataclasses.replace(x, recycled=np.zeros_like(x.recycled))


def _without_restrictions(x: ModelInputs) -> ModelInputs:
    return dataclasses.replace(
        x,
        restriction_names=[],
        restriction_mineral=np.zeros(0, dtype=np.int64),
        restriction_share=np.zeros((0, len(x.years))),
        withheld_mean=np.zeros(0),
        restriction_full=np.zeros(0),
    )


FAINT = 0.01
"""A driver is left out by shrinking it to this part: its own process needs some movement to fit."""


def _without_cost_drivers(x: ModelInputs) -> ModelInputs:
    return dataclasses.replace(
        x, energy=FAINT * x.energy, materials=FAINT * x.materials, wages=FAINT * x.wages
    )


def _without_income(x: ModelInputs) -> ModelInputs:
    return dataclasses.replace(x, income=FAINT * x.income)


def _without_cost_points(x: ModelInputs) -> ModelInputs:
    none = np.zeros(0, dtype=np.int64)
    return dataclasses.replace(
        x,
        cost_mineral=none,
        cost_year=none,
        cost_kind=none,
        cost_count=none,
        cost_log=np.zeros(0),
    )


MODULES: dict[str, Callable[[ModelInputs], ModelInputs]] = {
    "income": _without_income,
    "technology": _without_technology,
    "cost drivers": _without_cost_drivers,
    "hosts": _without_hosts,
    "recycling": _without_recycling,
    "restrictions": _without_restrictions,
    "state support": without_support,
    "cost points": _without_cost_points,
}
"""Modules that can be left out, each as a change of what the model is given."""


def _last_ratio(trace: xr.DataTree, inputs: ModelInputs) -> "NDArray[np.float64]":
    """Draws of log fair over market price in the last year, (draw, mineral)."""
    posterior: Any = trace["posterior"]

    def draws(name: str) -> "NDArray[np.float64]":
        values: NDArray[np.float64] = posterior[name].values
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


def _check_names(kind: str, given: Sequence[str], known: Iterable[str]) -> None:
    for name in given:
        if name not in known:
            raise UnknownNameError.of(kind, name, known)


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
        Of each of four chains; one fit a module, about a minute each.
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

    _check_names("module", modules, MODULES)
    inputs = make_inputs(load_panel(minerals))
    full = _trace(inputs, draws, tune, seed)
    base, _ = _pointwise(full, loo)
    ratio = np.median(_last_ratio(full, inputs), axis=0)
    rows = {}
    for name in modules:
        changed = MODULES[name](inputs)
        trace = _trace(changed, draws, tune, seed)
        score, unreliable = _pointwise(trace, loo)
        difference = base - score
        shift = np.abs(np.median(_last_ratio(trace, changed), axis=0) - ratio)
        rows[name] = {
            "elpd_difference": difference.sum(),
            "error": difference.std(ddof=1) * len(difference) ** 0.5,
            "moved": float(np.median(shift)),
            "unreliable": unreliable,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("module")


def _pointwise(trace: xr.DataTree, loo: Callable[..., Any]) -> "tuple[NDArray[np.float64], int]":
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
        Of each of four chains; one fit a group, about a minute each for all minerals.
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
    inputs = make_inputs(panel)
    if len(set(inputs.groups)) < 2:
        raise DataError(f"all minerals are of one group, {inputs.groups[0]!r}: none would stay")
    whole = _ends(_trace(inputs, draws, tune, seed, likelihood=False), inputs)
    rows = {}
    for group in (each for each in GROUPS if each in inputs.groups):
        stay = [m for m, g in zip(inputs.minerals, inputs.groups, strict=True) if g != group]
        part = make_inputs(panel.sel(mineral=stay))
        ends = _ends(_trace(part, draws, tune, seed, likelihood=False), part)
        moved = (ends - whole.loc[stay]).abs()
        rows[group] = {
            "minerals": len(inputs.minerals) - len(stay),
            "cost_median": moved["cost"].median(),
            "cost_most": moved["cost"].max(),
            "fair_median": moved["fair"].median(),
            "fair_most": moved["fair"].max(),
            "mineral": str(moved["cost"].idxmax()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group left out")


def _ends(trace: xr.DataTree, inputs: ModelInputs) -> pd.DataFrame:
    cost = trace["posterior"]["log_cost"].isel(year=-1).median(("chain", "draw")).values
    fair = np.median(_last_ratio(trace, inputs), axis=0)
    return pd.DataFrame({"cost": cost, "fair": fair}, index=inputs.minerals)


PRIOR_SWAPS: dict[str, Assumptions] = {
    "sceptical elasticities": Assumptions(elasticities="sceptical"),
    "diffuse elasticities": Assumptions(elasticities="diffuse"),
    "no state support": Assumptions(support=0.0),
    "half the state support": Assumptions(support=0.5),
    "twice the state support": Assumptions(support=2.0),
}
"""Priors that an auditor may prefer, by name."""


def prior_swaps(
    minerals: Sequence[str] | None = None,
    *,
    swaps: Sequence[str] = tuple(PRIOR_SWAPS),
    draws: int = 300,
    tune: int = 600,
    seed: int = 0,
) -> pd.DataFrame:
    """Refit under other priors: what moves.

    Parameters
    ----------
    minerals : sequence of str, optional
        Of the fit and of the table; all by default.
    swaps : sequence of str
        Of `PRIOR_SWAPS`.
    draws, tune : int
        Of each of four chains; one fit a swap, about a minute each for all minerals.
    seed : int

    Returns
    -------
    DataFrame
        By mineral; columns (swap of `PRIOR_SWAPS`, quantity): change of the log of the median ``cost``
        and of the ``fair`` over the market price in the last year.
    """
    _check_names("prior swap", swaps, PRIOR_SWAPS)
    inputs = make_inputs(load_panel(minerals))
    base = _ends(_trace(inputs, draws, tune, seed, likelihood=False), inputs)
    moved = {}
    for name in swaps:
        assumptions = PRIOR_SWAPS[name]
        trace = _trace(inputs, draws, tune, seed, likelihood=False, assumptions=assumptions)
        moved[name] = _ends(trace, inputs) - base
    return pd.concat(moved, axis=1).rename_axis("mineral")


def _without_prices(panel: xr.Dataset, publisher: str) -> xr.Dataset:
    """A panel without the publisher's prices, and without minerals that have then too few."""
    publishers = catalog()["publisher"]
    theirs = list(publishers.index[publishers == publisher])
    out = panel["price_dataset"].isin(theirs)
    kept = {
        name: panel[name].where(~out, other)
        for name, other in (
            ("price", np.nan),
            ("price_nominal", np.nan),
            ("price_year_end", np.nan),
            ("price_quality", ""),
            ("price_dataset", ""),
            ("price_basis", -1),
        )
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
        lambda x: _without_income(_without_cost_drivers(x)),
    ),
    "U.S. Geological Survey: prices": (
        lambda p: _without_prices(p, "U.S. Geological Survey"),
        _same_inputs,
    ),
    "U.S. Geological Survey: production": (_without_production, _same_inputs),
    "International Energy Agency and others: technologies": (_same, _without_technology),
    "governments' gazettes: export restrictions": (_same, _without_restrictions),
    "published costs": (_same, _without_cost_points),
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
    _check_names("publisher's part", publishers, PUBLISHERS)
    panel = load_panel(minerals)
    inputs = make_inputs(panel)
    base = _ends(_trace(inputs, draws, tune, seed, likelihood=False), inputs)
    moved = {}
    for name in publishers:
        of_panel, of_inputs = PUBLISHERS[name]
        part = of_panel(panel)
        if not part.sizes["mineral"]:
            continue
        changed = of_inputs(make_inputs(part))
        ends = _ends(_trace(changed, draws, tune, seed, likelihood=False), changed)
        moved[name] = (ends - base).reindex(base.index)
    return pd.concat(moved, axis=1).rename_axis("mineral")


LINEAR = frozenset(
    "support technology_response carry_response materials_energy growth cost_drift host_tie persistence "
    "capital_trend compliance_trend energy_mean materials_mean wage_drift".split()
)
"""Parameters that may be 0 or less, whose spread is compared as it is, not in logs."""

HEADLINE = ("cost", "fair over market")


def power_scaling(
    minerals: Sequence[str] = ("copper", "nickel", "lithium", "gallium", "neodymium"),
    *,
    fitted: Sequence[str] | None = None,
    draws: int = 1000,
    tune: int = 800,
    seed: int = 0,
) -> pd.DataFrame:
    """Power-scaling sensitivity of each mineral's cost and fair price to each prior.

    Parameters
    ----------
    minerals : sequence of str
        Whose headline outputs are tested.
    fitted : sequence of str, optional
        Minerals of the fit, those tested among them; all by default.
    draws, tune : int
        Of each of four chains.
    seed : int

    Returns
    -------
    DataFrame
        By prior (a free variable of the model) and output, such as ``"nickel: fair over market"``;
        only rows where the sensitivity is above `THRESHOLD`, largest first.

    Raises
    ------
    UnknownNameError
        If a mineral is not among those fitted.

    Notes
    -----
    The prior of one variable at a time is raised to a power just above and below one and the posterior
    reweighted, without a new fit (Kallioinen and others 2024, Statistics and Computing 34).
    """
    from arviz_stats import psense
    from pymc.stats import compute_log_prior

    from critmin.model.market import build_model

    inputs = make_inputs(load_panel(fitted))
    _check_names("mineral of the fit", minerals, inputs.minerals)
    trace = _trace(inputs, draws, tune, seed, likelihood=False)
    with build_model(inputs) as model:
        free = [v.name for v in model.free_RVs if not v.name.startswith("hole_")]
        compute_log_prior(trace, var_names=free, progressbar=False)
    ratio = _last_ratio(trace, inputs)
    posterior = trace["posterior"]
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    outputs = {}
    for mineral in minerals:
        i = inputs.minerals.index(mineral)
        cost = posterior["log_cost"].isel(mineral=i, year=-1).values
        for label, values in zip(HEADLINE, (cost, ratio[:, i].reshape(shape)), strict=True):
            outputs[f"{mineral}: {label}"] = (("chain", "draw"), values)
    # Priors by variable: its log density summed over its elements.
    log_prior = trace["log_prior"].to_dataset()
    summed = log_prior.map(lambda v: v.sum([d for d in v.dims if d not in ("chain", "draw")]))
    rows = []
    for name in map(str, summed.data_vars):
        tree = xr.DataTree.from_dict(
            {"posterior": xr.Dataset(outputs), "log_prior": summed[[name]]}
        )
        found = psense(tree, group="prior")
        for output in outputs:
            value = float(found[output])
            if value > THRESHOLD:
                rows.append({"prior": name, "output": output, "sensitivity": value})
    table = pd.DataFrame(rows, columns=["prior", "output", "sensitivity"])
    return table.sort_values("sensitivity", ascending=False, ignore_index=True)


def contraction(
    posterior: Posterior | None = None, *, draws: int = 500, seed: int = 0
) -> pd.DataFrame:
    """How far the data narrowed each prior: 1 less posterior over prior variance.

    Parameters
    ----------
    posterior : Posterior, optional
        The built-in one by default; fitted to the built-in data.
    draws : int
        Of the prior.
    seed : int

    Returns
    -------
    DataFrame
        By parameter: prior median and spread, posterior median and spread (means over minerals,
        logs of what is positive), ``contraction`` (median over minerals) and ``most`` (the largest,
        with its mineral). Near 0 the posterior is the prior; near 1 the data decide.

    Notes
    -----
    Schad, Betancourt and Vasishth (2021), Psychological Methods 26.
    """
    source = builtin_posterior() if posterior is None else posterior
    inputs = make_inputs(load_panel(source.minerals))
    prior = prior_draws(inputs, draws, seed)
    rows = {}
    for name in (*PARAMETERS, *SHARED, "support"):
        if name not in prior[0]:
            continue  # a parameter of the modules that share nothing with the market
        before = np.stack([draw[name] for draw in prior]).astype(float)
        if name == "support":
            before = before[..., -1]
        after = source.draws[name].transpose("sample", ...).values.astype(float)
        before, after = before.reshape(draws, -1), after.reshape(len(after), -1)
        moving = before.std(axis=0) > 0
        before, after = before[:, moving], after[:, moving]
        if name not in LINEAR and (before > 0).all() and (after > 0).all():
            before, after = np.log(before), np.log(after)
        shrunk = 1 - after.var(axis=0) / before.var(axis=0)
        labels = np.array(inputs.minerals)[moving] if len(moving) > 1 else np.array([""])
        most = int(shrunk.argmax())
        rows[name] = {
            "prior_median": np.median(before, axis=0).mean(),
            "prior_sd": before.std(axis=0).mean(),
            "posterior_median": np.median(after, axis=0).mean(),
            "posterior_sd": after.std(axis=0).mean(),
            "contraction": np.median(shrunk),
            "most": shrunk[most],
            "mineral": labels[most],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")
