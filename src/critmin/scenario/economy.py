"""Interventions of the economy: technologies, demand, drivers."""

import math
from dataclasses import dataclass

import numpy as np

from critmin.data.countries import as_country
from critmin.data.drivers import SETTABLE
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats, Ints
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.scenario.effects import Effects, check_span, minerals_of, register


def spreading(age: Ints, years: float) -> Floats:
    """Part of its final share that what is new has reached: logistic, a tenth in its first year.

    Parameters
    ----------
    age : array
        Years since its first.
    years : float
        From 10% to 90%.

    Examples
    --------
    >>> spreading(np.array([0, 5, 10]), 10.0).round(2).tolist()
    [0.1, 0.5, 0.9]
    """
    return np.asarray(1 / (1 + 9 * np.exp(-2 * math.log(9) / years * age)))


@register
@dataclass(frozen=True, slots=True)
class NewTechnology:
    """A new way to mine or process, or to do without, spreads along a logistic curve.

    Attributes
    ----------
    mineral : str
    start : int
        First year with any of it.
    cost_change : float
        Log change of the full cost where it is adopted, such as -0.2; -2 to 1.
    demand_change : float
        Log change of the demand where it is adopted, such as -0.5 for a substitute; -3 to 3.
    adoption : float
        Final share of capacity (or of demand) that adopts it, 0 to 1.
    years : float
        Years from 10% to 90% of that.
    country : str, optional
        Only its producers' cost; all by default.

    Examples
    --------
    >>> NewTechnology("lithium", 2028, cost_change=-0.2, adoption=0.5).years
    10.0
    """

    mineral: str
    start: int
    cost_change: float = 0.0
    demand_change: float = 0.0
    adoption: float = 1.0
    years: float = 10.0
    country: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_number(self.cost_change, "cost_change", -2, 1)
        check_number(self.demand_change, "demand_change", -3, 3)
        check_number(self.adoption, "adoption", 0, 1)
        check_number(self.years, "years", 1, 50)
        check_span(self.start, None)
        if self.country is not None:
            object.__setattr__(self, "country", as_country(self.country))
        if not self.cost_change and not self.demand_change:
            raise CritminError("a new technology changes cost_change, demand_change or both")

    def apply(self, effects: Effects) -> None:
        """Lower cost and shift demand by what is adopted."""
        if effects.mineral != self.mineral:
            return
        during = effects.during(self.start, None)
        spread = self.adoption * spreading(effects.years[during] - self.start, self.years)
        # A share of capacity that adopts it changes the mean cost by that share of the change.
        if self.country is None:
            effects.cost[:, during] += spread * self.cost_change
        else:
            effects.cost[effects.at(self.country), during] += spread * self.cost_change
        effects.demand[during] += np.log1p(spread * math.expm1(self.demand_change))


@register
@dataclass(frozen=True, slots=True)
class DemandShock:
    """Demand at given prices is higher, or lower, for a while.

    Attributes
    ----------
    minerals : str or tuple of str
    change : float
        Log points, -2 to 2.
    start : int
    years : int, optional
        How long it lasts, those of the ramp included; for good by default.
    ramp : int
        Years until it is complete, in equal steps; 1 is at once.

    Examples
    --------
    >>> DemandShock("cobalt", change=-0.2, start=2027, ramp=3).minerals
    ('cobalt',)
    """

    minerals: str | tuple[str, ...]
    change: float
    start: int
    years: int | None = None
    ramp: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "minerals", minerals_of(self.minerals))
        check_number(self.change, "change", -2, 2)
        check_span(self.start, self.years)
        check_number(self.ramp, "ramp", 1, 40, integer=True)

    def apply(self, effects: Effects) -> None:
        """Shift demand."""
        if effects.concerns(self.minerals):
            during = effects.during(self.start, self.years)
            steps = np.minimum(effects.years[during] - self.start + 1, self.ramp) / self.ramp
            effects.demand[during] += self.change * steps


@register
@dataclass(frozen=True, slots=True)
class DriverPath:
    """A driver follows a given path instead of its own process.

    Attributes
    ----------
    driver : {"energy", "materials", "wages", "gdp", "exchange_rate"}
    path : tuple of float
        One value a year from the first year after the data's end, the last one held. For energy,
        materials and wages the real price relative to the last year of the data; for gdp the growth
        of world income, such as 0.03; for exchange_rate the real units of a buyer's money per dollar
        relative to that year, which only `Forecast.exposure` sees; a price in dollars stays.

    Examples
    --------
    >>> DriverPath("energy", (1.2, 1.5)).driver
    'energy'
    """

    driver: str
    path: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.driver not in SETTABLE:
            raise UnknownNameError.of("driver", self.driver, SETTABLE)
        if not isinstance(self.path, tuple | list) or not self.path:
            raise CritminError(f"path must be numbers, one a year, got {self.path!r}")
        bounds = SETTABLE[self.driver].path or ()
        for value in self.path:
            check_number(value, "every value of path", *bounds)
        object.__setattr__(self, "path", tuple(map(float, self.path)))

    def apply(self, effects: Effects) -> None:
        """Replace the driver's path."""
        if self.driver in effects.drivers:
            raise CritminError(f"two paths are given for the driver {self.driver!r}")
        effects.drivers[self.driver] = self.held(len(effects.years))

    def held(self, years: int) -> Floats:
        """The path over so many years, its last value held."""
        return np.array((*self.path, *([self.path[-1]] * years))[:years])
