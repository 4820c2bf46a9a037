"""Plain forecasts that a structural model has to beat, honestly fitted.

Each takes what is known at an origin and returns mean and standard deviation, both (mineral, horizon),
of a normal forecast of the log prices of the years after it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from critmin.internal.arrays import Floats, Ints
from critmin.model.prior import expit


@dataclass(frozen=True, slots=True)
class Known:
    """What a baseline sees at an origin.

    Attributes
    ----------
    prices : array (mineral, year)
        Log prices up to the origin, whose own are known; NaN in holes.
    year_ends : array (mineral, year)
        Log prices of each year's last month; NaN where there are none.
    """

    prices: Floats
    year_ends: Floats


LEAST_MOVES = 10
"""Past moves over a horizon that its spread is estimated from; else one year's are scaled up."""


LEAST_PAIRS = 2
"""Changes from one year to the next that a series needs; else those between neighbours stand for them."""

WIDEST_START = 1e4
"""Largest variance of a level at the start, in variances of yearly changes."""


def _skipping(prices: Floats) -> Ints:
    """Positions of series of which too few years follow each other."""
    return np.flatnonzero(np.isfinite(np.diff(prices, axis=1)).sum(axis=1) < LEAST_PAIRS)


def _moves(prices: Floats, slope: Floats | float = 0.0) -> Floats:
    """Yearly changes (mineral, year) about a slope a year, NaN where not known.

    Of a series that skips years those between neighbours, over the root of the years between.
    """
    slope = np.broadcast_to(slope, len(prices))
    moves: Floats = np.diff(prices, axis=1) - slope[:, None]
    for i in _skipping(prices):
        at = np.flatnonzero(np.isfinite(prices[i]))
        gap = np.diff(at)
        moves[i, at[1:] - 1] = (np.diff(prices[i, at]) - gap * slope[i]) / np.sqrt(gap)
    return moves


def spreads(
    prices: Floats,
    starts: Floats,
    horizon: int,
    slope: Floats | float = 0.0,
    least: Ints | int = LEAST_MOVES,
) -> Floats:
    """Root mean square (mineral, horizon) of past moves from the starts about a slope a year.

    Parameters
    ----------
    prices, starts : array (mineral, year)
        Logs; starts are what moves are counted from.
    horizon : int
        Years.
    slope : array (mineral,) or float
    least : array (horizon,) or int
        Moves from which a spread of its own is taken; else that of one year grows with the root of time.
    """
    least = np.broadcast_to(least, horizon)
    slope = np.broadcast_to(slope, len(prices))
    yearly = np.sqrt(np.nanmean(_moves(prices, slope) ** 2, axis=1))
    spread: Floats = yearly[:, None] * np.sqrt(np.arange(1, horizon + 1))
    for h in range(1, min(horizon, prices.shape[1] - 1) + 1):
        moves = prices[:, h:] - starts[:, :-h] - h * slope[:, None]
        counts = np.isfinite(moves).sum(axis=1)
        known = np.sqrt(np.nansum(moves**2, axis=1) / np.maximum(counts, 1))
        spread[:, h - 1] = np.where(counts >= least[h - 1], known, spread[:, h - 1])
    return spread


def random_walk(known: Known, horizon: int) -> tuple[Floats, Floats]:
    """Last price, with the spread of the mineral's own past moves over each horizon."""
    prices = known.prices
    return np.repeat(prices[:, -1:], horizon, axis=1), spreads(prices, prices, horizon)


def year_end_walk(known: Known, horizon: int) -> tuple[Floats, Floats]:
    """The same from the price of the year's last month, where there is one."""
    mean, spread = random_walk(known, horizon)
    has = np.isfinite(known.year_ends[:, -1])
    mean[has] = known.year_ends[has, -1:]
    spread[has] = spreads(known.prices[has], known.year_ends[has], horizon)
    return mean, spread


def drift(known: Known, horizon: int) -> tuple[Floats, Floats]:
    """Last price and the mineral's mean change, whose own error widens the spread."""
    prices, ahead = known.prices, np.arange(1, horizon + 1)
    changes = _moves(prices)
    slope = np.nanmean(changes, axis=1)
    for i in _skipping(prices):
        at = np.flatnonzero(np.isfinite(prices[i]))
        slope[i] = (prices[i, at[-1]] - prices[i, at[0]]) / (at[-1] - at[0])
    error = np.nanstd(changes, axis=1, ddof=1) / np.sqrt(np.isfinite(changes).sum(axis=1))
    spread = spreads(prices, prices, horizon, slope)
    mean = prices[:, -1:] + slope[:, None] * ahead
    return mean, np.sqrt(spread**2 + (error[:, None] * ahead) ** 2)


def historical_mean(known: Known, horizon: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of all past prices."""
    mean, spread = np.nanmean(known.prices, axis=1), np.nanstd(known.prices, axis=1, ddof=1)
    return np.repeat(mean[:, None], horizon, axis=1), np.repeat(spread[:, None], horizon, axis=1)


def pooled_ar1(known: Known, horizon: int) -> tuple[Floats, Floats]:
    """Return to each mineral's mean at one speed for all, by least squares on pooled deviations."""
    prices = known.prices
    mean = np.nanmean(prices, axis=1, keepdims=True)
    moves = _moves(prices)
    scale = np.nanstd(moves, axis=1, keepdims=True)
    gap = (prices - mean) / scale
    now, then = gap[:, 1:], gap[:, :-1]
    both = np.isfinite(now) & np.isfinite(then)
    phi = float(np.clip((now[both] * then[both]).sum() / (then[both] ** 2).sum(), 0, 0.999))
    residual = np.where(both, now - phi * then, np.nan) * scale
    skips = both.sum(axis=1) < LEAST_PAIRS
    residual[skips] = moves[skips]
    yearly = np.sqrt(np.nanmean(residual**2, axis=1))
    variance = np.cumsum(phi ** (2 * np.arange(horizon)))
    powers = phi ** np.arange(1, horizon + 1)
    return mean + (prices[:, -1:] - mean) * powers, yearly[:, None] * np.sqrt(variance)


def _filter(prices: Floats, phi: float, ratio: float) -> tuple[Floats, Floats, Floats]:
    """Kalman filter of a local level plus AR(1), both scaled to unit innovation of the AR(1).

    Returns the state's mean (mineral, 2) and covariance (mineral, 2, 2) at the end, and by mineral
    the mean squared standardised innovation, the mean log variance and the count of prices.
    """
    count = len(prices)
    transition = np.array([[1.0, 0.0], [0.0, phi]])
    noise = np.diag([ratio**2, 1.0])
    start = np.nanmean(prices, axis=1)
    mean = np.stack([start, np.zeros(count)], axis=1)
    spread = np.nanvar(prices, axis=1) / np.nanvar(_moves(prices), axis=1)
    covariance = np.zeros((count, 2, 2))
    covariance[:, 0, 0] = 4 * np.clip(spread, 1.0, WIDEST_START)
    covariance[:, 1, 1] = 1 / (1 - phi**2)
    squares, logs, seen = np.zeros(count), np.zeros(count), np.zeros(count)
    for value in prices.T:
        mean = mean @ transition.T
        covariance = transition @ covariance @ transition.T + noise
        known = np.isfinite(value)
        variance = covariance.sum(axis=(1, 2))
        surprise = np.where(known, value - mean.sum(axis=1), 0.0)
        gain = covariance.sum(axis=2) / variance[:, None] * known[:, None]
        squares += surprise**2 / variance
        logs += np.where(known, np.log(variance), 0.0)
        seen += known
        mean = mean + gain * surprise[:, None]
        covariance = covariance - gain[:, :, None] * covariance.sum(axis=1)[:, None, :]
    return mean, covariance, np.stack([squares / seen, logs / seen, seen])


def local_level(known: Known, horizon: int) -> tuple[Floats, Floats]:
    """Slow local level plus AR(1), its speed and ratio of innovations pooled, by maximum likelihood.

    Harvey (1989, Forecasting, Structural Time Series Models and the Kalman Filter); each mineral's
    scale is concentrated out.
    """

    def parameters(point: Floats) -> tuple[float, float]:
        return min(float(expit(point[0])), 0.999), float(np.exp(point[1]))

    def loss(point: Floats) -> float:
        _, _, (squares, logs, seen) = _filter(known.prices, *parameters(point))
        return float((seen * (np.log(squares) + logs)).sum())

    best = minimize(loss, np.array([1.5, -1.5]), method="Nelder-Mead", options={"xatol": 1e-3})
    phi, ratio = parameters(best.x)
    mean, covariance, (squares, _, _) = _filter(known.prices, phi, ratio)
    ahead = np.arange(1, horizon + 1)
    powers = phi**ahead
    variance = (
        covariance[:, 0, 0, None]
        + ahead * ratio**2
        + powers**2 * covariance[:, 1, 1, None]
        + 2 * powers * covariance[:, 0, 1, None]
        + np.cumsum(phi ** (2 * np.arange(horizon)))
    )
    return mean[:, :1] + mean[:, 1:] * powers, np.sqrt(variance * squares[:, None])


BASELINES: dict[str, Callable[[Known, int], tuple[Floats, Floats]]] = {
    "random walk": random_walk,
    "walk from year end": year_end_walk,
    "drift": drift,
    "historical mean": historical_mean,
    "pooled AR(1)": pooled_ar1,
    "local level": local_level,
}
"""Baselines by name."""
