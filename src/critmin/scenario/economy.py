"""Interventions of the economy: technologies, demand, drivers, mines."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from critmin.data.countries import as_country
from critmin.data.drivers import SETTABLE
from critmin.data.reserves import reserves
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.scenario.amounts import tonnes, usd_per_tonne
from critmin.scenario.effects import (
    Effects,
    Project,
    check_span,
    minerals_of,
    register,
)


def spreading(age: NDArray[np.int64], years: float) -> Floats:
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
        How long the full change lasts; for good by default.
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
        relative to that year, which only `Forecast.exposure` sees.

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


@register
@dataclass(frozen=True, slots=True)
class MineProject:
    """A mine, smelter or plant comes on line, perhaps late.

    Attributes
    ----------
    country : str
        Need not produce yet.
    mineral : str
    capacity : float
        Units a year.
    start : int
        Planned first year.
    delay : float
        Median delay in years; 0 for a start as planned.
    delay_log_sd : float
        Spread of the log of the delay.
    cost : float
        Full cost in real USD per unit; it rests after a year with a market price below.
    unit : str
        Of the capacity, and what the cost is per: ``"t"`` of contained element (of what the mineral's
        output is counted in), ``"t LCE"``, ``"quoted"`` ...

    See Also
    --------
    critmin.contracts.Project : Its money: finance, floor, default.

    Notes
    -----
    It cannot mine more than the country's reserves, where these are known. Output of mines that exist
    has no such bound: reserves are what has been found worth mining, and new ones replace those that
    are used (Tilton 2003, On Borrowed Time?).

    Examples
    --------
    >>> MineProject("FIN", "nickel", capacity=50_000, start=2029, delay=1).newcomer
    ('nickel', 'FIN')
    >>> MineProject("AUS", "lithium", 40_000, start=2028, cost=9_000, unit="t LCE").cost
    9000
    """

    country: str
    mineral: str
    capacity: float
    start: int
    delay: float = 0.0
    delay_log_sd: float = 0.8
    cost: float = 0.0
    unit: str = "t"

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_number(self.delay, "delay", 0, 40)
        check_number(self.delay_log_sd, "delay_log_sd", 0, 3)
        check_span(self.start, None)
        self._tonnes()
        self._usd_per_tonne()

    def _tonnes(self) -> float:
        return tonnes(self.capacity, "capacity", self.unit, self.mineral)

    def _usd_per_tonne(self) -> float:
        return usd_per_tonne(self.cost, "cost", self.unit, self.mineral)

    @property
    def newcomer(self) -> tuple[str, str]:
        """Mineral and country, which may not have produced it so far."""
        return self.mineral, self.country

    def apply(self, effects: Effects) -> None:
        """Add a project."""
        if effects.mineral == self.mineral:
            effects.known_output()
            capacity = self._tonnes()
            running = int(effects.during(self.start, None).sum())
            known = reserves(get_mineral(self.mineral).production or "").get(self.country)
            if known is not None and capacity * running > known:
                raise CritminError(
                    f"{capacity:,.0f} t a year for {running} years is more than the reserves of "
                    f"{self.mineral} in {self.country}, {known:,.0f} t"
                )
            effects.projects.append(
                Project(
                    country=effects.countries.index(self.country),
                    capacity=capacity,
                    start=self.start,
                    delay=self.delay,
                    delay_log_sd=self.delay_log_sd,
                    cost=self._usd_per_tonne(),
                )
            )


@register
@dataclass(frozen=True, slots=True)
class Recycling:
    """A country's old scrap covers a growing share of what the world uses, beyond today's.

    Attributes
    ----------
    country : str
        Need not produce yet.
    mineral : str
    share : float
        Of the world's output at the origin, in the end; 0 to 1.
    start : int
        First year, with a tenth of it.
    years : float
        Years from 10% to 90% of it.

    Notes
    -----
    What is collected comes whatever the price is, as under a duty to take back (the European Union's
    battery regulation 2023/1542); scrap that answers to prices is in every forecast.

    Examples
    --------
    >>> Recycling("JPN", "cobalt", share=0.05, start=2028).newcomer
    ('cobalt', 'JPN')
    """

    country: str
    mineral: str
    share: float
    start: int
    years: float = 10.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_number(self.share, "share", 0, 1)
        check_number(self.years, "years", 1, 50)
        check_span(self.start, None)

    @property
    def newcomer(self) -> tuple[str, str]:
        """Mineral and country, which may not have produced it so far."""
        return self.mineral, self.country

    def apply(self, effects: Effects) -> None:
        """Add what is collected to the country's output."""
        if effects.mineral == self.mineral:
            during = effects.during(self.start, None)
            collected = self.share * spreading(effects.years[during] - self.start, self.years)
            at = effects.countries.index(self.country)
            effects.capacity[at, during] += collected * effects.known_output()


@register
@dataclass(frozen=True, slots=True)
class MineClosure:
    """Part of a country's output closes.

    Attributes
    ----------
    country : str
    mineral : str
    capacity : float
        Units a year; at most what the country produces is lost.
    start : int
    years : int, optional
    unit : str
        Of what: ``"t"`` of contained element (of what the mineral's output is counted in), ``"t LCE"``,
        ``"quoted"`` ...

    Examples
    --------
    >>> MineClosure("AUS", "nickel", capacity=50_000, start=2027, years=2).country
    'AUS'
    """

    country: str
    mineral: str
    capacity: float
    start: int
    years: int | None = None
    unit: str = "t"

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_span(self.start, self.years)
        self._tonnes()

    def _tonnes(self) -> float:
        return tonnes(self.capacity, "capacity", self.unit, self.mineral)

    def apply(self, effects: Effects) -> None:
        """Take capacity away."""
        if effects.mineral == self.mineral:
            effects.known_output()
            during = effects.during(self.start, self.years)
            effects.capacity[effects.at(self.country), during] -= self._tonnes()
