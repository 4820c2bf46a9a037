"""Economies without distortions, each beside the market's with the same shocks."""

from dataclasses import dataclass, field

import numpy as np

from critmin.internal.arrays import Bools, Floats
from critmin.model.cost_equations import expansion_cost
from critmin.model.equations import (
    capacity_response,
    counterfactual_change,
    fair_output_growth,
    squeeze,
)
from critmin.simulation.bounds import FARTHEST, bounded


@dataclass(slots=True)
class Rules:
    """What stays the same over the years of one market.

    Attributes
    ----------
    par, shared : dict of str to array
        Of `critmin.posterior.Posterior.of` and ``shared``.
    slopes : dict of str to array
        Supply elasticity, primary share and total slope.
    by_product : bool
        Whether output follows a host: its cost does not rise with it then.
    choke : float
        Log price that nobody pays more than.
    size : int
        Number of samples.
    capacity : array (sample,)
        Growth of capacity a year for a gap of one log point.
    most : array (sample,)
        Most output of a simulation that is still a number.
    """

    par: dict[str, Floats]
    shared: dict[str, Floats]
    slopes: dict[str, Floats]
    by_product: bool
    choke: float
    size: int
    capacity: Floats = field(init=False)
    most: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.capacity = np.asarray(
            capacity_response(
                substitution=self.shared["substitution"],
                reversion=self.par["reversion"],
                slope=self.slopes["slope"],
                primary=self.par["primary"],
            )
        )
        self.most = np.full(self.size, max(float(self.par["output"]), 1.0) * np.exp(FARTHEST))

    def kept(self, output: Floats) -> Floats:
        """Output that is still a number."""
        return np.clip(output, np.exp(-2 * FARTHEST) * self.most, self.most)

    def expansion(self, output: Floats, trend: Floats) -> Floats:
        """Rise of the log cost where output has outgrown its trend; a by-product's follows its host."""
        if self.by_product:
            return np.zeros(self.size)
        return bounded(
            expansion_cost(
                output=np.log(output), trend=trend, elasticity=self.shared["long_run_elasticity"]
            )
        )


@dataclass(frozen=True, slots=True)
class Year:
    """What a year of the market leaves to the other worlds, (sample,).

    Attributes
    ----------
    support, closed, aided : array
        State support, availability that fences take and mines that a state pays for add, and the latter.
    trend, dearer : array
        Log output at the year's start had it grown along its trend, and the rise of cost with output.
    growth : array
        Of log output.
    opened, limit : array
        Tonnes that mines open, and most that can be produced.
    squeezed, spared : array
        Rise of the price where output meets its limit, and what the choke price spared.
    log_price : array
        At the end of the year.
    """

    support: Floats
    closed: Floats
    aided: Floats
    trend: Floats
    dearer: Floats
    growth: Floats
    opened: Floats
    limit: Floats
    squeezed: Floats
    spared: Floats
    log_price: Floats


WORLDS: tuple[str, ...] = ("fair", "fair_today", "unsupported")
"""Without distortions ever since, without them from today on, and without support only."""


@dataclass(slots=True)
class Worlds:
    """The market in each of `WORLDS`: without support, and without fences too if it lacks them.

    Attributes
    ----------
    deviation, change : array (world, sample)
        Log price less that of the market, and its last change.
    support, closed : array (world, sample)
        What the market has and it has not: last year's support and fences' availability.
    output : array (world, sample)
    cost_deviation : array (world, sample)
        Log cost less that of the market.
    fenced : array (world, 1) of bool
        Whether fences stand here as well.
    """

    deviation: Floats
    change: Floats
    support: Floats
    closed: Floats
    output: Floats
    cost_deviation: Floats
    fenced: Bools

    @classmethod
    def start(cls, par: dict[str, Floats], output: Floats) -> "Worlds":
        """Begin at the origin with the output (sample,) of the market."""
        none = np.zeros_like(output)
        return cls(
            deviation=np.stack([par["deviation"], none, par["unsupported"]]),
            change=np.stack([par["deviation_change"], none, par["unsupported_change"]]),
            support=np.stack([par["support"], none, par["support"]]),
            closed=np.stack([par["availability"], none, none]),
            output=np.stack([output] * len(WORLDS)),
            cost_deviation=np.stack([none] * len(WORLDS)),
            fenced=np.array([[False], [False], [True]]),
        )

    def advance(self, rules: Rules, year: Year) -> None:
        """Carry the differences to the market through a year."""
        par, slopes = rules.par, rules.slopes
        dearer = rules.expansion(self.output, year.trend) - year.dearer
        closed = np.where(self.fenced, year.aided, year.closed)
        change = bounded(
            counterfactual_change(
                carry=par["persistence"] * self.change,
                deviation=self.deviation,
                support=self.support,
                support_change=year.support - self.support,
                availability_change=closed - self.closed,
                reversion=par["reversion"],
                cost_deviation=self.cost_deviation,
                cost_deviation_change=dearer - self.cost_deviation,
                **slopes,
            )
        )
        growth = fair_output_growth(
            growth=year.growth,
            deviation=self.deviation - self.cost_deviation,
            deviation_change=change - (dearer - self.cost_deviation),
            support=self.support,
            support_change=year.support - self.support,
            supply_elasticity=par["supply_elasticity"],
            capacity=rules.capacity,
        )
        output = rules.kept(self.output * np.exp(bounded(growth)))
        excess = np.log(np.maximum((output + year.opened) / year.limit, 1.0))
        change = change + bounded(squeeze(excess=excess, **slopes)) - year.squeezed + year.spared
        # What one is spared by the choke price the other is not, but it pays no more than that either.
        self.change = np.minimum(change, rules.choke - year.log_price - self.deviation)
        self.deviation = bounded(self.deviation + self.change)
        self.support, self.closed, self.cost_deviation = year.support, closed, dearer
        self.output = output * np.exp(-excess)
