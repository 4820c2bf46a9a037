"""Random numbers, one stream a shock.

Every shock has its own stream, named after what it shocks, and is drawn year by year: so a mineral's
draws do not depend on which others are priced beside it, a longer horizon continues a shorter one,
and two scenarios with the same seed see the same shocks. What `critmin.Posterior.assimilate` learned of
the year under way takes the place of that year's draws.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import numpy as np

from critmin.internal.arrays import Floats
from critmin.posterior import Posterior

_record: ContextVar[dict[str, Floats] | None] = ContextVar("record", default=None)


def stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one shock."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


@lru_cache(maxsize=64)
def _normals(seed: int, name: str, years: int, size: int) -> Floats:
    drawn = stream(seed, name).standard_normal((years, size))
    drawn.flags.writeable = False
    return drawn


def normals(posterior: Posterior, seed: int, name: str, years: int) -> Floats:
    """Standard normal shocks (year, sample), those `under_way` among them.

    The last ones drawn are kept: markets share shocks, and scenarios share a market's.
    """
    drawn = _normals(seed, name, years, posterior.draws.sizes["sample"])
    known = posterior.under_way.get(name)
    return under_way(posterior, name, drawn if known is None else drawn.copy())


def under_way(posterior: Posterior, name: str, drawn: Floats) -> Floats:
    """Put what a posterior knows of the first year's shocks in the place of those drawn.

    Parameters
    ----------
    posterior : Posterior
    name : str
        Of the stream.
    drawn : array (year, sample)
        Its shocks; the first year is written over.
    """
    known = posterior.under_way.get(name)
    if known is not None:
        drawn[0] = known
    remember(name, drawn[0])
    return drawn


def remember(name: str, first: Floats) -> None:
    """Note what the first year drew, if anybody is `recording`."""
    record = _record.get()
    if record is not None:
        record[name] = first.copy()


@contextmanager
def recording() -> Iterator[dict[str, Floats]]:
    """Collect the first year's shocks (sample,) of all that is simulated within, by stream."""
    found: dict[str, Floats] = {}
    token = _record.set(found)
    try:
        yield found
    finally:
        _record.reset(token)
