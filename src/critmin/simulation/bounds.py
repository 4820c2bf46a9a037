"""Bounds of every simulation: the choke price, and what keeps numbers finite, whatever a fit gives."""

import numpy as np

from critmin.internal.arrays import Floats
from critmin.mineral import get_mineral
from critmin.model.equations import CHOKE_FACTOR
from critmin.posterior import Posterior

FARTHEST = 100.0
"""Most that a log price, cost or output moves within a year, and away from where it started.

No economics: no draw of the built-in posterior comes near it. It is there for fits that failed, whose
draws may hold an elasticity of almost nothing: what they say of prices then grows until it is no
number any more.
"""

LARGEST_MOVE = 2.5
"""Most that a price shock moves a log price within a year, either way.

The largest move of any of the 66 minerals since 1960 is smaller (tests/simulation/test_simulation.py).
Student t shocks of three degrees of freedom would otherwise draw a price of no market once in some
ten thousand draws.
"""


def bounded(log: Floats, about: Floats | float = 0.0) -> Floats:
    """Logs kept within `FARTHEST` of where they started; those within stay as they are, to the bit.

    Parameters
    ----------
    log : array
    about : array or float
        Where they started; 0 for changes.

    Examples
    --------
    >>> bounded(np.array([0.1, 400.0])).tolist()
    [0.1, 100.0]
    """
    return np.minimum(np.maximum(log, about - FARTHEST), about + FARTHEST)


def bounded_move(log: Floats) -> Floats:
    """Shocks of a log price within `LARGEST_MOVE`.

    Parameters
    ----------
    log : array
    """
    return np.minimum(np.maximum(log, -LARGEST_MOVE), LARGEST_MOVE)


def choke_price(posterior: Posterior, mineral: str) -> float:
    """Price at which demand has found a way to do without, real USD per tonne of element.

    `CHOKE_FACTOR` times the highest real price on record.
    """
    return CHOKE_FACTOR * float(np.nanmax(posterior.of(mineral)["observed"]))


def most_output(posterior: Posterior, mineral: str, host_growth: Floats) -> Floats:
    """Most tonnes that can be produced (year, sample): a by-product's potential grows with its host.

    Without figures of production there is nothing to limit.
    """
    known = get_mineral(mineral)
    if known.potential is None or not posterior.of(mineral)["output"] > 0:
        return np.full(host_growth.shape, np.inf)
    trend = posterior.of(known.host)["growth"] if known.host in posterior.minerals else 0.0
    return known.potential * np.exp(np.cumsum(trend + host_growth, axis=0))
