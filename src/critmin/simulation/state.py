"""A market at the end of a year, and what moves its balance in the next."""

from dataclasses import dataclass

from critmin.internal.arrays import Floats


@dataclass(slots=True)
class State:
    """The market at the end of a year, (sample,)."""

    log_price: Floats
    carry: Floats
    log_cost: Floats
    surprise: Floats
    trend: Floats  # log output, had it grown along its trend
    support: Floats
    paid: Floats  # by floors and scenarios to each country, (country, sample)
    available: Floats
    free: Floats  # availability if no exports were withheld and no mine aided
    demand_shift: float
    output: Floats
    scrap: Floats


@dataclass(frozen=True, slots=True)
class Balance:
    """What moves a year's balance besides the price."""

    shares: Floats
    added: Floats
    rise: Floats  # of the log price outside each country's fence
    fall: Floats  # and inside
    available: Floats
    free: Floats
    aided: Floats  # part of what is available by mines that run because a state pays
    unpriced: Floats | float  # part of both at the main fence that makes no price inside
    stocked: Floats | float  # tonnes that stocks of one side take outside every fence
