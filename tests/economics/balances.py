"""What a fence does to the prices on both sides, from the balances of those outside and inside."""

import numpy as np

from critmin.posterior import Posterior
from critmin.posterior_producers import Producer


def producer(posterior: Posterior, mineral: str, country: str) -> Producer:
    return next(p for p in posterior.producers(mineral) if p.country == country)


def sides(
    posterior: Posterior, mineral: str, country: str, withheld: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Rise of the log price outside and fall inside, where a country withholds a share of its exports.

    Those outside lack it and make do by their own mines, scrap and demand; those inside have to use it.
    """
    par, about = posterior.of(mineral), producer(posterior, mineral, country)
    made, primary = about.fence_output, par["primary"]
    used = about.own_use * made
    kept = withheld * primary * np.maximum(made - used, 0)
    mines = primary * par["supply_elasticity"]
    others = (1 - primary) * posterior.shared["scrap_elasticity"] + par["demand_elasticity"]
    outside = mines * (1 - made) / (1 - used) + others
    inside = mines * made / used + others
    # What is missing counts by its share of the whole, what is added by its log.
    return kept / (1 - used) / outside, np.log1p(kept / used) / inside


def duty_sides(
    posterior: Posterior, mineral: str, country: str, withheld: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """The same under a duty: what does not leave is not mined, and the price inside falls in proportion."""
    outside, inside = sides(posterior, mineral, country, withheld)
    about = producer(posterior, mineral, country)
    used = about.own_use * about.fence_output
    kept = withheld * posterior.of(mineral)["primary"] * np.maximum(about.fence_output - used, 0)
    return outside, inside * (kept / used) / np.log1p(kept / used)
