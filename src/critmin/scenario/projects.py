"""Interventions of the economy: mines and refineries that open or close, and recycling."""

from dataclasses import dataclass

from critmin.data.countries import as_country
from critmin.data.production import REFINED
from critmin.data.reserves import reserves
from critmin.exceptions import CritminError
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.model.refiners import main_stage, refiners, two_stages
from critmin.scenario.amounts import tonnes, usd_per_tonne
from critmin.scenario.economy import spreading
from critmin.scenario.effects import Effects, Project, check_span, register


@dataclass(frozen=True, slots=True)
class _Plant:
    """What mines and refineries have in common."""

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

    def _project(self, country: int) -> Project:
        """The plant, as one of the country at a position."""
        return Project(
            country=country,
            capacity=self._tonnes(),
            start=self.start,
            delay=self.delay,
            delay_log_sd=self.delay_log_sd,
            cost=self._usd_per_tonne(),
        )


@register
@dataclass(frozen=True, slots=True)
class MineProject(_Plant):
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
        Full cost in real USD per unit; it rests after a year with a market price below, unless a
        `PriceFloor` or `StateSupport` makes up for it.
    unit : str
        Of the capacity, and what the cost is per (a tonne where it is kt or Mt): ``"t"`` of contained
        element (of what the mineral's output is counted in), ``"t LCE"``, ``"quoted"`` ...

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
            effects.projects.append(self._project(effects.countries.index(self.country)))


@register
@dataclass(frozen=True, slots=True)
class RefineryProject(_Plant):
    """A refinery or smelter comes on line, perhaps late: it adds no ore.

    Attributes
    ----------
    country : str
        Need not refine yet.
    mineral : str
        Counted refined, or with figures of both stages (`critmin.model.refiners.two_stages`).
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
        As of `MineProject`.

    Notes
    -----
    Of a mineral counted at the mine it takes ore from the other refiners in proportion to their shares.
    What the world refines stays, and without restrictions the price; a country that restricts exports of
    what it refines holds less of the world's. `Forecast.supply` with ``stage="refined"`` and
    `Forecast.exposure` show it.
    Of a mineral counted refined, such as gallium, it is new output, as a `MineProject` is.

    Examples
    --------
    >>> from critmin import forecast
    >>> plant = RefineryProject("IND", "copper", capacity=1_500, start=2027, unit="kt")
    >>> effect = forecast("copper", 3, scenario=plant).compare(forecast("copper", 3))
    >>> refined = effect["refined"].sel(year=2028).median("sample")
    >>> bool(refined.sel(refiner="IND") > 1e6), bool(refined.sel(refiner="CHN") < -5e5)
    (True, True)
    """

    def __post_init__(self) -> None:
        _Plant.__post_init__(self)
        if not self._adds and self.mineral not in two_stages():
            raise CritminError(
                f"no refined output of {self.mineral} is known, so nobody's share of it can move: a "
                f"RefineryProject is of {', '.join(two_stages())} or of what is counted refined, such as "
                "aluminum or gallium; a MineProject is of any mineral with output"
            )

    @property
    def _adds(self) -> bool:
        """Whether the mineral's output is that of its refineries."""
        return main_stage(self.mineral) == REFINED

    @property
    def newcomer(self) -> tuple[str, str] | None:
        """Mineral and country, which may not have produced it so far; None where ore is counted."""
        return (self.mineral, self.country) if self._adds else None

    def apply(self, effects: Effects) -> None:
        """Add a refinery.

        Raises
        ------
        CritminError
            If all refineries of the scenario need more ore than the world has.
        """
        if effects.mineral != self.mineral:
            return
        output = effects.known_output()
        effects.during(self.start, None)
        if self._adds:
            effects.projects.append(self._project(effects.countries.index(self.country)))
            return
        world = refiners(self.mineral, int(effects.years[0]) - 1).ratio * output
        built = sum(each.capacity for each in effects.refineries) + self._tonnes()
        if built > world:
            raise CritminError(
                f"new refineries of {self.mineral} for {built:,.0f} t a year would need more than the "
                f"world's ore, which yields {world:,.0f} t: a refinery adds none, a MineProject does"
            )
        if self.country not in effects.refining:
            effects.refining.append(self.country)
        effects.refineries.append(self._project(effects.refining.index(self.country)))


@register
@dataclass(frozen=True, slots=True)
class Recycling:
    """A country's old scrap adds a growing share of the world's output at the origin, beyond today's.

    Attributes
    ----------
    country : str
        Need not produce yet.
    mineral : str
    share : float
        Of that output, in the end; 0 to 1.
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
