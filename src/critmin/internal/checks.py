"""Checks of what callers give: numbers, horizons, seeds and probabilities."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import numpy as np

from critmin.exceptions import CritminError

MAX_HORIZON = 40

_SHARES = 10
"""What may be at most this is a share or a multiple, which people also write in percent."""

Prob = float | Iterable[float]
"""Probability of an interval, or of several."""


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


def check_probabilities(prob: Prob) -> tuple[float, ...]:
    """Probabilities of intervals as a sorted tuple.

    Raises
    ------
    CritminError
        If one is not a number strictly between 0 and 1.

    Examples
    --------
    >>> check_probabilities((0.9, 0.5))
    (0.5, 0.9)
    """
    if isinstance(prob, np.ndarray):
        prob = prob.tolist()  # that of a single number is one
    several = isinstance(prob, Iterable) and not isinstance(prob, str | bytes)
    given: tuple[Any, ...] = tuple(prob) if several else (prob,)  # type: ignore[arg-type]
    if not given:
        raise CritminError("prob must lie between 0 and 1, such as 0.9: got none")
    for level in given:
        kinds = (int, float, np.integer, np.floating)
        if isinstance(level, bool) or not isinstance(level, kinds) or not 0 < level < 1:
            raise CritminError(
                f"prob must lie between 0 and 1, such as 0.9 or (0.5, 0.9), got {prob!r}"
            )
    return tuple(sorted({float(level) for level in given}))


def check_probability(prob: Prob) -> float:
    """The probability of the one interval that is asked for.

    Raises
    ------
    CritminError
        If it is not a number strictly between 0 and 1, or there are several.
    """
    levels = check_probabilities(prob)
    if len(levels) > 1:
        raise CritminError(f"prob must be one number such as 0.9 here, got {prob!r}")
    return levels[0]


def check_number(
    value: object, name: str, low: float, high: float, *, integer: bool = False
) -> None:
    """Refuse what is not a number within bounds."""
    kinds = (int, np.integer) if integer else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if integer else "a number"
        cure = _as_share(value) if not integer and low > -1 and high <= _SHARES else ""
        raise CritminError(
            f"{name} must be {kind} from {low:g} to {high:g}, got {value!r:.80}{cure}"
        )


def _as_share(value: object) -> str:
    """What a percentage is as the number that is asked for, where one was given."""
    percent: object = value
    if isinstance(value, str) and value.strip().endswith("%"):
        with suppress(ValueError):
            percent = float(value.strip()[:-1])
    known = isinstance(percent, int | float | np.number) and not isinstance(percent, bool)
    return f"; {percent:g}% is {percent / 100:g}" if known and 0 < percent <= 100 else ""  # type: ignore[operator]


def check_executor(executor: object) -> None:
    """Refuse what runs nothing; None is for one after the other."""
    if executor is not None and not hasattr(executor, "submit"):
        raise CritminError(f"executor must be one of concurrent.futures, got {executor!r:.80}")


def each[Result](
    names: str | Iterable[str], kind: str, one: Callable[[str], Result]
) -> Result | dict[str, Result]:
    """Apply a function to a name, or to each of several.

    Parameters
    ----------
    names : str, or list or tuple of str
    kind : str
        What the names are, for the error.
    one : callable

    Raises
    ------
    CritminError
        If it is neither a name nor a list of names.
    """
    if isinstance(names, str):
        return one(names)
    if isinstance(names, list | tuple) and names and all(isinstance(n, str) for n in names):
        return {name: one(name) for name in names}
    raise CritminError(f"{kind} must be a name or a list of names, got {names!r:.100}")
