"""Combine forecasts by weights learned from earlier origins only (Yao and others 2018)."""

import numpy as np
from numpy.typing import NDArray

PRIOR_FORECASTS = 20.0
"""Forecasts that the prior of equal weights is worth: few outcomes should not choose one model."""

ROUNDS = 500

Floats = NDArray[np.float64]


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
