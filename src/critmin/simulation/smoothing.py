"""Pareto smoothing of importance weights (Vehtari, Simpson, Gelman, Yao and Gabry 2024, JMLR 25).

ArviZ has it too, and a test holds the two together; but it comes with SciPy, which is no part of a plain
install, and a service takes up today's price without either.
"""

import numpy as np

from critmin.internal.arrays import Floats

LEAST_TAIL = 5
"""Largest weights without which there is no tail to fit."""


def smoothed(log_weight: Floats) -> tuple[Floats, float]:
    """Logs of weights whose largest are those expected of a Pareto tail, and Pareto k.

    Parameters
    ----------
    log_weight : array (particle,)

    Returns
    -------
    array (particle,)
        Their exponentials add up to one.
    float
        Infinite where no tail can be fitted: such weights are not to be trusted.

    Examples
    --------
    >>> weight, k = smoothed(np.log(1 - np.random.default_rng(1).random(4000)))
    >>> round(float(np.exp(weight).sum()), 9), k < 0
    (1.0, True)
    """
    log = log_weight - log_weight.max()
    count = len(log)
    tail = int(3 * count**0.5) if count > 225 else count // 5
    order = np.argsort(log)
    k, largest = np.inf, order[count - tail :]
    if tail >= LEAST_TAIL and np.isfinite(log[largest]).all():
        cutoff = np.exp(log[order[count - tail - 1]])
        k, scale = _fitted(np.exp(log[largest]) - cutoff)
        if np.isfinite(k) and scale > 0:
            missed = np.log1p(-np.arange(0.5, tail) / tail)
            above = -missed if k == 0 else np.expm1(-k * missed) / k
            log[largest] = np.minimum(np.log(cutoff + scale * above), 0.0)
    return log - np.log(np.exp(log).sum()), k


def _fitted(excess: Floats) -> tuple[float, float]:
    """Shape and scale of a generalized Pareto distribution (Zhang and Stephens 2009, Technometrics 51).

    With a prior for the shape about one half that is worth ten draws, as in Vehtari and others. The values
    rise.
    """
    count = len(excess)
    quartile = excess[int(count / 4 + 0.5) - 1]
    if not quartile > excess[0]:
        return np.inf, np.nan
    grid = 30 + int(count**0.5)
    slope = (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * quartile) + 1 / excess[-1]
    shape = np.log1p(-slope[:, None] * excess).mean(axis=1)
    log = count * (np.log(-slope / shape) - shape - 1)
    weight = np.exp(log - log.max())
    best = float(slope @ weight / weight.sum())
    k = float(np.log1p(-best * excess).mean())
    scale = -k / best
    return (count * k + 5) / (count + 10), scale
