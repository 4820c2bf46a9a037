"""Random numbers, one stream a shock.

Every shock has its own stream, named after what it shocks, and is drawn year by year: so a mineral's
draws do not depend on which others are priced beside it, a longer horizon continues a shorter one,
and two scenarios with the same seed see the same shocks.
"""

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one shock."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))
