"""Priors on trial: swapped, scaled by powers, and how far the data narrowed them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from critmin.audit.checks.calibration import prior_draws
from critmin.audit.checks.refits import check_names, ends, full_trace, last_ratio, market_inputs
from critmin.data.panel import load_panel
from critmin.model.assumptions import Assumptions
from critmin.model.priors import PRIORS
from critmin.posterior import Posterior, builtin_posterior
from critmin.posterior_format import PARAMETERS, SHARED

THRESHOLD = 0.05
"""Power-scaling sensitivity from which a prior is said to matter (Kallioinen and others 2024)."""


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
        Of each of four chains; one fit a swap, some eight minutes of processor each for
        all minerals.
    seed : int

    Returns
    -------
    DataFrame
        By mineral; columns (swap of `PRIOR_SWAPS`, quantity): change of the log of the median ``cost``
        and of the ``fair`` over the market price in the last year.
    """
    check_names("prior swap", swaps, PRIOR_SWAPS)
    inputs = market_inputs(load_panel(minerals))
    base = ends(full_trace(inputs, draws, tune, seed, likelihood=False), inputs)
    moved = {}
    for name in swaps:
        assumptions = PRIOR_SWAPS[name]
        trace = full_trace(inputs, draws, tune, seed, likelihood=False, assumptions=assumptions)
        moved[name] = ends(trace, inputs) - base
    return pd.concat(moved, axis=1).rename_axis("mineral")


LINEAR = frozenset(["support", *(p.name for p in PRIORS.values() if p.family == "Normal")])
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

    inputs = market_inputs(load_panel(fitted))
    check_names("mineral of the fit", minerals, inputs.minerals)
    trace = full_trace(inputs, draws, tune, seed, likelihood=False)
    with build_model(inputs) as model:
        free = [v.name for v in model.free_RVs if not v.name.startswith("hole_")]
        compute_log_prior(trace, var_names=free, progressbar=False)
    ratio = last_ratio(trace, inputs)
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
    inputs = market_inputs(load_panel(source.minerals))
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
