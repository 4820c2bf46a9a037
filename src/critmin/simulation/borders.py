"""Duties and public stocks at the fences of one market, year by year."""

from dataclasses import dataclass, field

import numpy as np

from critmin.internal.arrays import Bools, Floats
from critmin.model.borders import duty_wedge, sides_with_stocks
from critmin.model.equations import LEAST_RESPONSE
from critmin.model.fences import MOST_OUTPUT
from critmin.scenario.effects import Stock
from critmin.simulation.bounds import bounded
from critmin.simulation.countries import TINY, Countries


@dataclass(frozen=True, slots=True)
class Dealt:
    """What fences, duties and stocks do in a year.

    Attributes
    ----------
    rise, fall : arrays (C, sample)
        Of the log price outside each country's fence, and inside.
    unpriced : array (sample,)
        Part of both at the main fence that makes no price inside.
    outside : array (sample,)
        Tonnes that stocks take outside every fence.
    loose : array (sample,)
        Part of it where no fence stands and one market is left.
    behind : array (sample,)
        Tonnes that stocks take behind fences.
    """

    rise: Floats
    fall: Floats
    unpriced: Floats | float = 0.0
    outside: Floats | float = 0.0
    loose: Floats | float = 0.0
    behind: Floats | float = 0.0


@dataclass(slots=True)
class Borders:
    """Duties and stocks of one mineral.

    Attributes
    ----------
    countries : Countries
        Whose exports duties hold back, on top of what they withhold.
    wedge : array (C, year)
        Log points of duty.
    stocks : list of tuple
        Position of the country (-1 for none of the producers) and tonnes taken by year.
    limits : array (C,) of bool
        Whether a country's own measures make a price inside, so that a duty is paid out of their rent.
    fence : int
        Position of the country with the main fence, -1 without one.
    capacity : array (sample,)
        Growth of capacity a year for a gap of one log point.
    quota : array (C, year, sample)
        Share of normal exports that is withheld without duties.
    """

    countries: Countries
    wedge: Floats
    stocks: list[tuple[int, Floats]]
    fence: int = -1
    capacity: Floats | float = 0.0
    limits: Bools = field(init=False)
    quota: Floats = field(init=False)

    def __post_init__(self) -> None:
        held, self.limits = self.countries.held, self.countries.closed
        # A stock bought inside may leave less to export than a quota lets out.
        self.quota = held.copy() if self.wedge.any() or self.stocks else held

    @classmethod
    def start(
        cls, countries: Countries, names: list[str], duty: Floats, stocks: list[Stock]
    ) -> "Borders":
        """Duties and stocks of a scenario; what duties hold back is first that of shares at the origin."""
        at = {name: i for i, name in enumerate(names)}
        taken = [(at.get(s.country, -1), s.taken) for s in stocks if s.taken.any()]
        made = cls(countries, duty_wedge(duty), taken)
        for h in np.flatnonzero(made.wedge.any(axis=0)):
            made._settle(int(h), np.broadcast_to(countries.share[:, None], countries.use.shape))
        countries.closed = countries.closed | made.wedge.any(axis=1)
        return made

    def dealt(self, h: int, share: Floats, output: Floats) -> Dealt:
        """What year h's fences do, with its duties and stocks.

        Parameters
        ----------
        h : int
        share : array (C, sample)
            Of last year's world output, as in `Countries.sides`.
        output : array (sample,)
            That output, tonnes.
        """
        taken = [(i, float(t[h])) for i, t in self.stocks if t[h]]
        if not taken and not self.wedge[:, h].any():
            return Dealt(*self.countries.sides(self.countries.held[:, h], share))
        # Who uses all that it makes withholds nothing.
        exports = self.countries.restricted(share) > self.countries.use
        binds = (self.quota[:, h] > 0) & self.limits[:, None] & exports
        behind, outside = np.zeros(share.shape), np.zeros(share.shape[1])
        for i, tonnes in taken:
            inside = binds[i] if i >= 0 else np.zeros(len(outside), dtype=bool)
            behind[i] += np.where(inside, tonnes, 0.0)
            outside += np.where(inside, 0.0, tonnes)
        fenced = binds[self.fence] if self.fence >= 0 else np.zeros(len(outside), dtype=bool)
        beyond = np.zeros(share.shape)
        beyond[self.fence] = np.where(fenced, outside, 0.0)
        rise, fall, unpriced = self._settle(h, share, beyond / output, behind / output)
        self._burden(h, share)
        loose = np.where(fenced, 0.0, outside)
        own = unpriced[self.fence] if self.fence >= 0 else 0.0
        return Dealt(rise, fall, own, outside, loose, behind.sum(axis=0))

    def _burden(self, h: int, share: Floats) -> None:
        """Let capacity turn away, from next year on, from where producers pay a duty."""
        countries = self.countries
        rent = np.add(*countries.sides(self.quota[:, h], share)) * self.limits[:, None]
        burden = np.maximum(self.wedge[:, h, None] - rent, 0.0)
        beyond = burden - (countries.weight[:, None] * burden).sum(axis=0)
        countries.relative = bounded(countries.relative - self.capacity * beyond)

    def _settle(
        self, h: int, share: Floats, outside: Floats | float = 0.0, inside: Floats | float = 0.0
    ) -> tuple[Floats, Floats, Floats]:
        """Let countries hold back what the year makes them: rise, fall, and the unpriced part of both."""
        countries = self.countries
        primary = countries.answers["primary"]
        shape = share.shape
        held, rise, fall, unpriced = sides_with_stocks(
            withheld=self.quota[:, h],
            output=countries.restricted(share),
            use=np.clip(countries.use, TINY, MOST_OUTPUT),
            outside_stock=np.broadcast_to(primary * outside, shape),
            inside_stock=np.broadcast_to(primary * inside, shape),
            duty=np.broadcast_to(self.wedge[:, h, None], shape),
            # A tax or a ban on ore withholds and makes no price inside: a duty comes on top.
            limits=np.broadcast_to(self.limits[:, None], shape),
            least=LEAST_RESPONSE,
            **countries.answers,
        )
        countries.hold(h, held)
        return rise, fall, unpriced


def scarcity(rent: Floats, wedge: float) -> Floats:
    """Part of the rent that is no duty: what a tonne earns by a licence."""
    return np.maximum(rent - wedge, 0.0)
