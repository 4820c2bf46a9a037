"""Scores of probabilistic forecasts given as equally probable points (Gneiting and Raftery 2007)."""

import numpy as np

from critmin.internal.arrays import Floats
from critmin.internal.extras import extras

POINTS = 200
"""Points of a stored forecast: quantiles at the middles of as many equal slices of probability."""

LEVELS = (np.arange(POINTS) + 0.5) / POINTS

COVERAGES: tuple[float, ...] = (0.5, 0.8, 0.9, 0.95)

SCORES: tuple[str, ...] = ("crps", "log_score", "wis", "absolute_error")
"""Negatively oriented, in log points (the log score in nats): smaller is better."""

WORST_LOG_SCORE = 50.0
"""Nats; the kernel density of far outcomes is 0 in floating point."""


def to_points(draws: Floats) -> Floats:
    """Reduce draws (sample, ...) to `POINTS` quantiles (..., point)."""
    return np.moveaxis(np.quantile(draws, LEVELS, axis=0), 0, -1)


def score(points: Floats, outcome: Floats) -> dict[str, Floats]:
    """Score forecasts against outcomes.

    Parameters
    ----------
    points : array (..., point)
        Sorted, equally probable; NaN where no forecast was made, and so are its scores.
    outcome : array (...)

    Returns
    -------
    dict of str to array (...)
        `SCORES`, the probability integral transform ``pit``, and ``inside 90%`` and so on: whether
        the outcome lies in the central interval of that probability.

    Notes
    -----
    The log score is of a Gaussian kernel density of the points, at most `WORST_LOG_SCORE`; the
    weighted interval score (Bracher et al. 2021) is over the intervals of `COVERAGES` and the median.
    """
    with extras():
        import scoringrules as sr  # compiles for seconds when it is loaded

    below = [np.quantile(points, (1 - p) / 2, axis=-1) for p in COVERAGES]
    above = [np.quantile(points, (1 + p) / 2, axis=-1) for p in COVERAGES]
    median = np.median(points, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "crps": sr.crps_ensemble(outcome, points, sorted_ensemble=True),
            "log_score": np.minimum(sr.logs_ensemble(outcome, points), WORST_LOG_SCORE),
            "wis": sr.weighted_interval_score(
                outcome,
                median,
                np.stack(below, axis=-1),
                np.stack(above, axis=-1),
                1 - np.array(COVERAGES),
            ),
            "absolute_error": np.abs(outcome - median),
            "pit": (points < outcome[..., None]).mean(axis=-1),
        }
    for p, low, high in zip(COVERAGES, below, above, strict=True):
        found[f"inside {p:.0%}"] = ((low <= outcome) & (outcome <= high)).astype(float)
    # What compares with NaN is false: a forecast that was not made would be one that missed.
    made = np.isfinite(points).all(axis=-1)
    return {name: np.where(made, values, np.nan) for name, values in found.items()}


def pool(points: Floats, weights: Floats) -> Floats:
    """Points of the weighted mixture of forecasts (linear opinion pool).

    Parameters
    ----------
    points : array (model, ..., point)
    weights : array (model,)
        Adding up to one.

    Returns
    -------
    array (..., point)
    """
    models, size = len(points), points.shape[-1]
    every = np.moveaxis(points, 0, -2).reshape(*points.shape[1:-1], models * size)
    mass = np.repeat(weights / size, size)
    order = np.argsort(every, axis=-1)
    values = np.take_along_axis(every, order, axis=-1)
    cumulative = np.cumsum(mass[order], axis=-1) - mass[order] / 2
    flat, at = values.reshape(-1, models * size), cumulative.reshape(-1, models * size)
    mixed = np.stack([np.interp(LEVELS, a, v) for a, v in zip(at, flat, strict=True)])
    return mixed.reshape(*points.shape[1:-1], POINTS)
