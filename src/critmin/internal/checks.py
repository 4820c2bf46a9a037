"""Checks of what callers give: numbers, horizons, seeds and probabilities."""

import numpy as np

from critmin.exceptions import CritminError

MAX_HORIZON = 40


def check_horizon(horizon: object) -> int:
    """A horizon as a number of years.

    Raises
    ------
    CritminError
        If it is not a whole number from 1 to `MAX_HORIZON`.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer):
        raise CritminError(f"horizon must be a whole number of years, got {horizon!r}")
    if not 1 <= horizon <= MAX_HORIZON:
        raise CritminError(f"horizon must be 1 to {MAX_HORIZON} years, got {horizon}")
    return int(horizon)


def check_seed(seed: object) -> int:
    """A seed.

    Raises
    ------
    CritminError
        If it is not a whole number from 0 on.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise CritminError(f"seed must be a whole number from 0 on, got {seed!r}")
    return int(seed)


def check_probabilities(prob: float | tuple[float, ...]) -> tuple[float, ...]:
    """Probabilities of intervals as a sorted tuple.

    Raises
    ------
    CritminError
        If one is not strictly between 0 and 1.

    Examples
    --------
    >>> check_probabilities((0.9, 0.5))
    (0.5, 0.9)
    """
    levels = (prob,) if isinstance(prob, int | float) else tuple(prob)
    if not levels or not all(0 < level < 1 for level in levels):
        raise CritminError(f"prob must lie between 0 and 1, got {prob!r}")
    return tuple(sorted(set(map(float, levels))))


def check_number(
    value: object, name: str, low: float, high: float, *, integer: bool = False
) -> None:
    """Refuse what is not a number within bounds."""
    kinds = (int, np.integer) if integer else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if integer else "a number"
        raise CritminError(f"{name} must be {kind} from {low:g} to {high:g}, got {value!r}")
