"""Posterior predictive checks: whether history looks like what the fitted model would make."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from critmin.audit.checks.refits import market_inputs
from critmin.data.panel import load_panel
from critmin.inference.sampling import sample
from critmin.internal.arrays import Floats

STATISTICS: tuple[str, ...] = ("spread", "largest move", "autocorrelation")


def _statistics(change: Floats) -> Floats:
    """`STATISTICS` of annual log changes (draw, year), as (draw, statistic)."""
    centred = change - change.mean(axis=1, keepdims=True)
    variance = (centred**2).mean(axis=1)
    lagged = (centred[:, 1:] * centred[:, :-1]).mean(axis=1)
    return np.stack([variance**0.5, np.abs(change).max(axis=1), lagged / variance], axis=1)


def predictive_checks(
    minerals: Sequence[str] | None = None, *, draws: int = 100, tune: int = 600, seed: int = 0
) -> pd.DataFrame:
    """Statistics of each mineral's annual price changes against the posterior predictive.

    Parameters
    ----------
    minerals : sequence of str, optional
        All by default; those with at least eight observed changes are checked.
    draws, tune : int
        Of each of four chains.
    seed : int

    Returns
    -------
    DataFrame
        By mineral; columns (statistic, ...): ``observed``, the ``5%`` and ``95%`` quantiles of the
        statistic among predicted histories, and the share of them ``above`` the observed.

    Notes
    -----
    Each year is predicted from the years before it as they were (Gelman, Meng and Stern 1996,
    Statistica Sinica 6). In sample, and therefore kind to the model: a share near 0 or 1 says that it
    misses something, one near a half says little.
    """
    import pymc as pm

    from critmin.model.market import build_model

    inputs = market_inputs(load_panel(minerals))
    with build_model(inputs) as model:
        trace = sample(model, draws=draws, tune=tune, seed=seed, everything=True)
        found = pm.sample_posterior_predictive(
            trace, var_names=["log_price"], random_seed=seed, progressbar=False
        )
    labels = [str(label).rsplit(":", 1) for label in model.coords["observation"]]
    values = found["posterior_predictive"]["log_price"].values.reshape(4 * draws, -1)
    rows = {}
    for i, name in enumerate(inputs.minerals):
        columns, before, after = [], [], []
        for k, (mineral, year) in enumerate(labels):
            t = int(year) - int(inputs.years[0])
            if mineral == name and np.isfinite(inputs.log_price[i, t - 1]):
                columns.append(k)
                before.append(inputs.log_price[i, t - 1])
                after.append(inputs.log_price[i, t])
        if len(columns) < 8:
            continue
        observed = _statistics(np.subtract(after, before)[None])[0]
        made = _statistics(values[:, columns] - np.array(before))
        low, high = np.quantile(made, [0.05, 0.95], axis=0)
        above = (made > observed).mean(axis=0)
        rows[name] = {
            (statistic, label): float(x[k])
            for k, statistic in enumerate(STATISTICS)
            for label, x in (("observed", observed), ("5%", low), ("95%", high), ("above", above))
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("mineral")
    return table.set_axis(pd.MultiIndex.from_tuples(table.columns), axis=1)
