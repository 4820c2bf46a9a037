"""Combine forecasts: weights and width learned from earlier outcomes (Yao and others 2018)."""

import numpy as np

from critmin.internal.arrays import Floats
from critmin.internal.extras import extras

PRIOR_FORECASTS = 20.0
"""Forecasts that the prior of equal weights is worth: few outcomes should not choose one model."""

ROUNDS = 500

EXTREME = 0.0025
"""Where transforms are cut: half a slice of probability of a stored forecast."""


LEARNED: tuple[int, ...] = (1995, 2005, 2010, 2015, 2024)
"""Origins whose outcomes the widths of forecasts are learned from; the others check them."""


def stacking_weights(log_scores: Floats, prior: float = PRIOR_FORECASTS) -> Floats:
    """Weights of a linear pool that maximise the mean log density of past outcomes.

    Parameters
    ----------
    log_scores : array (model, forecast)
        Negative log densities of the outcomes.
    prior : float
        Forecasts that equal weights count for, a Dirichlet prior.

    Returns
    -------
    array (model,)
        Adding up to one; equal without forecasts.

    Notes
    -----
    Expectation maximisation for the weights of a mixture with known components, which cannot
    leave the simplex.

    Examples
    --------
    >>> stacking_weights(np.array([[1.0, 1.0], [3.0, 3.0]]), prior=0.0).round(2).tolist()
    [1.0, 0.0]
    """
    models, forecasts = log_scores.shape
    weights = np.full(models, 1 / models)
    if not forecasts:
        return weights
    density = np.exp(log_scores.min(axis=0) - log_scores)
    for _ in range(ROUNDS):
        share = weights[:, None] * density
        share = share / share.sum(axis=0)
        weights = (share.sum(axis=1) + prior / models) / (forecasts + prior)
    return weights


def widening(pit: Floats, prior: float = PRIOR_FORECASTS) -> float:
    """Factor, at least one, by which past forecasts should have been wider.

    Parameters
    ----------
    pit : array (forecast,)
        Probability integral transforms of past outcomes.
    prior : float
        Forecasts of the right width that are added to them.

    Returns
    -------
    float
        Standard deviation of the transforms on the scale of a standard normal, of which it is one
        if the width was right.

    Examples
    --------
    >>> widening(np.array([0.5, 0.4, 0.6])), round(widening(np.array([0.001] * 20)), 1)
    (1.0, 2.1)
    """
    with extras():
        from scipy.stats import norm

    z = norm.ppf(np.clip(pit, EXTREME, 1 - EXTREME))
    return max(1.0, float(np.sqrt((prior + (z**2).sum()) / (prior + len(z)))))
