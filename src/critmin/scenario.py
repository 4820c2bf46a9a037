"""What can be changed about the future: interventions on named quantities of the simulator.

An intervention is a small frozen dataclass. `Effects` is where it acts: arrays by year, and by
country where it is a country's, that `critmin.simulate` reads. Interventions compose: their effects
add up, except that the strongest of several controls of one country counts.
"""

import dataclasses
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from critmin.data.countries import country_names
from critmin.data.reserves import reserves
from critmin.exceptions import CritminError, UnknownNameError
from critmin.mineral import get_mineral
from critmin.replacing import replacing

Floats = NDArray[np.float64]

ALL = "all"
DRIVERS: tuple[str, ...] = ("energy", "materials", "wages", "gdp", "exchange_rate")


@dataclass(slots=True)
class Effects:
    """What a scenario does to one mineral; C countries, H years.

    Attributes
    ----------
    mineral : str
    years : array (H,)
    countries : list of str
        Producers, and those that a project makes one; "ROW" is last.
    producing : frozenset of str
        Those that produce at the origin.
    output : float
        World output at the origin, tonnes.
    withheld : array (C, H)
        Least share of its exports that a country withholds.
    lifted : array (C, H) of bool
        Whether a country has given up all restrictions of its own.
    support, cost, wages : arrays (C, H)
        Log points added to a country's state support, full cost and cost of labour.
    levy : array (C, H)
        Real USD per tonne of element added to a country's cost.
    floor : array (C, H)
        Real USD per tonne of element below which a state pays a country's producers; 0 for none.
    capacity : array (C, H)
        Tonnes a year that open or, if negative, close for certain.
    projects : list of (int, MineProject)
        Position of the country, and what is built there.
    demand : array (H,)
        Log points added to demand.
    purchases : array (H,)
        Tonnes a year bought for a stock.
    drivers : dict of str to array (H,)
        Paths that replace those of drivers.
    """

    mineral: str
    years: NDArray[np.int64]
    countries: list[str]
    producing: frozenset[str]
    output: float
    withheld: Floats = field(init=False)
    lifted: NDArray[np.bool_] = field(init=False)
    support: Floats = field(init=False)
    cost: Floats = field(init=False)
    wages: Floats = field(init=False)
    levy: Floats = field(init=False)
    floor: Floats = field(init=False)
    capacity: Floats = field(init=False)
    projects: "list[tuple[int, MineProject]]" = field(default_factory=list)
    demand: Floats = field(init=False)
    purchases: Floats = field(init=False)
    drivers: dict[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.countries), len(self.years))
        for name in ("withheld", "support", "cost", "wages", "levy", "floor", "capacity"):
            setattr(self, name, np.zeros(shape))
        self.lifted = np.zeros(shape, dtype=bool)
        self.demand, self.purchases = np.zeros(len(self.years)), np.zeros(len(self.years))

    def concerns(self, minerals: Sequence[str]) -> bool:
        """Whether an intervention on these minerals acts here."""
        return ALL in minerals or self.mineral in minerals

    def during(self, start: int, years: int | None) -> NDArray[np.bool_]:
        """Years from `start` on, `years` of them or all.

        Raises
        ------
        CritminError
            If the start is not within the years simulated.
        """
        if not self.years[0] <= start <= self.years[-1]:
            raise CritminError(
                f"start must lie within the years simulated, {self.years[0]} to {self.years[-1]}, "
                f"got {start}"
            )
        chosen: NDArray[np.bool_] = self.years >= start
        return chosen if years is None else chosen & (self.years < start + years)

    def at(self, country: str) -> int:
        """Position of a producer.

        Raises
        ------
        CritminError
            If the country does not produce the mineral.
        """
        if country not in self.producing:
            known = ", ".join(c for c in self.countries if c in self.producing and c != "ROW")
            raise CritminError(
                f"{country} is not among the producers of {self.mineral} that are told apart: {known}"
            )
        return self.countries.index(country)

    def known_output(self) -> float:
        """World output in tonnes.

        Raises
        ------
        CritminError
            If the mineral has no figures of production of its own.
        """
        if not self.output > 0 or get_mineral(self.mineral).production_proxy:
            raise CritminError(
                f"{self.mineral}: world output in tonnes is not known, so volumes cannot be added"
            )
        return self.output


class Intervention(Protocol):
    """Anything with `apply`, which writes its effect into `Effects`."""

    def apply(self, effects: Effects) -> None:
        """Act on the mineral of `effects`, or not at all if it is another's."""


def _check(value: object, name: str, low: float, high: float, *, integer: bool = False) -> None:
    kinds = (int, np.integer) if integer else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if integer else "a number"
        raise CritminError(f"{name} must be {kind} from {low:g} to {high:g}, got {value!r}")


def _check_country(code: object) -> None:
    if code not in country_names():
        by_name = {name.lower(): c for c, name in country_names().items()}
        if isinstance(code, str) and code.lower() in by_name:
            raise UnknownNameError(
                f"unknown country {code!r}: write its ISO 3166 code, {by_name[code.lower()]!r}"
            )
        raise UnknownNameError.of("country code", code, country_names())


def _check_span(start: object, years: object) -> None:
    _check(start, "start", 1900, 2200, integer=True)
    if years is not None:
        _check(years, "years", 1, 100, integer=True)


def _minerals(given: object) -> tuple[str, ...]:
    """Names of minerals from one name or several; ``"all"`` stands for every one."""
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, tuple | list) or not names:
        raise CritminError(f"minerals must be a name or several, got {given!r}")
    return tuple(ALL if name == ALL else get_mineral(name).name for name in names)


@dataclass(frozen=True, slots=True)
class ExportControl:
    """A country withholds a share of its exports.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3.
    minerals : str or tuple of str
    withheld : float
        Share of what it would export, 0 to 1. It counts only where it is more than what the country
        withholds anyway.
    start : int
        First year.
    years : int, optional
        How long; for good by default.

    Examples
    --------
    >>> ExportControl("CHN", "gallium", withheld=1.5, start=2027)
    Traceback (most recent call last):
    critmin.exceptions.CritminError: withheld must be a number from 0 to 1, got 1.5
    """

    country: str
    minerals: str | tuple[str, ...]
    withheld: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "minerals", _minerals(self.minerals))
        _check(self.withheld, "withheld", 0, 1)
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Raise the least share withheld."""
        if effects.concerns(self.minerals):
            row = effects.withheld[effects.at(self.country)]
            during = effects.during(self.start, self.years)
            row[during] = np.maximum(row[during], self.withheld)


@dataclass(frozen=True, slots=True)
class LiftControls:
    """A country ends its export restrictions and takes no new ones, but those of the scenario.

    Attributes
    ----------
    country : str
    minerals : str or tuple of str
    start : int
    years : int, optional
        For how long it takes no new ones; for good by default. What was lifted does not come back.
    """

    country: str
    minerals: str | tuple[str, ...]
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "minerals", _minerals(self.minerals))
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Clear the country's restrictions."""
        if effects.concerns(self.minerals):
            effects.lifted[effects.at(self.country), effects.during(self.start, self.years)] = True


@dataclass(frozen=True, slots=True)
class StateSupport:
    """A state carries more, or less, of its producers' cost.

    Attributes
    ----------
    country : str
    mineral : str
    change : float
        Log points added to the support, about the share of cost; -1 to 1.
    start : int
    years : int, optional
    """

    country: str
    mineral: str
    change: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        _check(self.change, "change", -1, 1)
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Add to the support of the country's producers."""
        if effects.mineral == self.mineral:
            during = effects.during(self.start, self.years)
            effects.support[effects.at(self.country), during] += self.change


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
        _check(self.cost_change, "cost_change", -2, 1)
        _check(self.demand_change, "demand_change", -3, 3)
        _check(self.adoption, "adoption", 0, 1)
        _check(self.years, "years", 1, 50)
        _check_span(self.start, None)
        if self.country is not None:
            _check_country(self.country)
        if not self.cost_change and not self.demand_change:
            raise CritminError("a new technology changes cost_change, demand_change or both")

    def apply(self, effects: Effects) -> None:
        """Lower cost and shift demand by what is adopted."""
        if effects.mineral != self.mineral:
            return
        during = effects.during(self.start, None)
        # 10% of the final share in the first year.
        steepness = 2 * math.log(9) / self.years
        age = effects.years[during] - self.start
        spread = self.adoption / (1 + 9 * np.exp(-steepness * age))
        # A share of capacity that adopts it changes the mean cost by that share of the change.
        if self.country is None:
            effects.cost[:, during] += spread * self.cost_change
        else:
            effects.cost[effects.at(self.country), during] += spread * self.cost_change
        effects.demand[during] += np.log1p(spread * math.expm1(self.demand_change))


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
    """

    minerals: str | tuple[str, ...]
    change: float
    start: int
    years: int | None = None
    ramp: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "minerals", _minerals(self.minerals))
        _check(self.change, "change", -2, 2)
        _check_span(self.start, self.years)
        _check(self.ramp, "ramp", 1, 40, integer=True)

    def apply(self, effects: Effects) -> None:
        """Shift demand."""
        if effects.concerns(self.minerals):
            during = effects.during(self.start, self.years)
            steps = np.minimum(effects.years[during] - self.start + 1, self.ramp) / self.ramp
            effects.demand[during] += self.change * steps


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
    """

    driver: str
    path: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.driver not in DRIVERS:
            raise UnknownNameError.of("driver", self.driver, DRIVERS)
        if not isinstance(self.path, tuple | list) or not self.path:
            raise CritminError(f"path must be numbers, one a year, got {self.path!r}")
        low, high = (-0.2, 0.3) if self.driver == "gdp" else (0.05, 20)
        for value in self.path:
            _check(value, "every value of path", low, high)
        object.__setattr__(self, "path", tuple(map(float, self.path)))

    def apply(self, effects: Effects) -> None:
        """Replace the driver's path."""
        if self.driver in effects.drivers:
            raise CritminError(f"two paths are given for the driver {self.driver!r}")
        effects.drivers[self.driver] = self.held(len(effects.years))

    def held(self, years: int) -> Floats:
        """The path over so many years, its last value held."""
        return np.array((*self.path, *([self.path[-1]] * years))[:years])


@dataclass(frozen=True, slots=True)
class EnvironmentalRule:
    """A country's producers pay for cleaner production.

    Attributes
    ----------
    country : str
    mineral : str
    cost : float
        Real USD per tonne of contained element, from 0 on.
    start : int
    years : int, optional
    """

    country: str
    mineral: str
    cost: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        _check(self.cost, "cost", 0, 1e9)
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Add to the country's cost of compliance."""
        if effects.mineral == self.mineral:
            during = effects.during(self.start, self.years)
            effects.levy[effects.at(self.country), during] += self.cost


@dataclass(frozen=True, slots=True)
class LabourStandard:
    """Work in a country's mines and plants becomes dearer.

    Attributes
    ----------
    country : str
    minerals : str or tuple of str
    change : float
        Log points added to the cost of labour, 0 to 3.
    start : int
    years : int, optional
    """

    country: str
    minerals: str | tuple[str, ...]
    change: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "minerals", _minerals(self.minerals))
        _check(self.change, "change", 0, 3)
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Add to the country's cost of labour."""
        if effects.concerns(self.minerals):
            during = effects.during(self.start, self.years)
            effects.wages[effects.at(self.country), during] += self.change


@dataclass(frozen=True, slots=True)
class MineProject:
    """A mine, smelter or plant comes on line, perhaps late.

    Attributes
    ----------
    country : str
        Need not produce yet.
    mineral : str
    capacity : float
        Tonnes a year of the mineral's production series.
    start : int
        Planned first year.
    delay : float
        Median delay in years; 0 for a start as planned.
    delay_log_sd : float
        Spread of the log of the delay.
    cost : float
        Full cost in real USD per tonne of element; it rests after a year with a market price below.

    Notes
    -----
    It cannot mine more than the country's reserves, where these are known. Output of mines that exist
    has no such bound: reserves are what has been found worth mining, and new ones replace those that
    are used (Tilton 2003, On Borrowed Time?).
    """

    country: str
    mineral: str
    capacity: float
    start: int
    delay: float = 0.0
    delay_log_sd: float = 0.8
    cost: float = 0.0

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        _check(self.capacity, "capacity", 0, 1e10)
        _check(self.delay, "delay", 0, 40)
        _check(self.delay_log_sd, "delay_log_sd", 0, 3)
        _check(self.cost, "cost", 0, 1e9)
        _check_span(self.start, None)

    def apply(self, effects: Effects) -> None:
        """Add a project."""
        if effects.mineral == self.mineral:
            effects.known_output()
            running = int(effects.during(self.start, None).sum())
            known = reserves(get_mineral(self.mineral).production or "").get(self.country)
            if known is not None and self.capacity * running > known:
                raise CritminError(
                    f"{self.capacity:,.0f} t a year for {running} years is more than the reserves of "
                    f"{self.mineral} in {self.country}, {known:,.0f} t"
                )
            effects.projects.append((effects.countries.index(self.country), self))


@dataclass(frozen=True, slots=True)
class MineClosure:
    """Part of a country's output closes.

    Attributes
    ----------
    country : str
    mineral : str
    capacity : float
        Tonnes a year; at most what the country produces is lost.
    start : int
    years : int, optional
    """

    country: str
    mineral: str
    capacity: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        _check(self.capacity, "capacity", 0, 1e10)
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Take capacity away."""
        if effects.mineral == self.mineral:
            effects.known_output()
            during = effects.during(self.start, self.years)
            effects.capacity[effects.at(self.country), during] -= self.capacity


@dataclass(frozen=True, slots=True)
class Stockpile:
    """A state buys for a stock, or sells from one.

    Attributes
    ----------
    mineral : str
    volume : float
        Tonnes a year bought; negative sold, at most half of world output.
    start : int
    years : int
    """

    mineral: str
    volume: float
    start: int
    years: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        _check(self.volume, "volume", -1e10, 1e10)
        _check_span(self.start, self.years)
        if self.years is None:
            raise CritminError("years must be given: no stock is built for ever")

    def apply(self, effects: Effects) -> None:
        """Add to purchases."""
        if effects.mineral == self.mineral:
            effects.purchases[effects.during(self.start, self.years)] += self.volume
            if abs(effects.purchases).max() > 0.5 * effects.known_output():
                raise CritminError(
                    f"a stock of {self.mineral} can take or give at most half of world output "
                    f"({effects.output:,.0f} t a year), got {effects.purchases.max():,.0f}"
                )


@dataclass(frozen=True, slots=True)
class PriceFloor:
    """A state pays its producers what the market price lacks to a floor.

    Attributes
    ----------
    country : str
    mineral : str
    price : float
        Real USD per tonne of contained element.
    start : int
    years : int, optional

    Notes
    -----
    It acts as state support of the size of last year's shortfall.
    """

    country: str
    mineral: str
    price: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        _check_country(self.country)
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        _check(self.price, "price", 0, 1e9)
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Set the floor."""
        if effects.mineral == self.mineral:
            row = effects.floor[effects.at(self.country)]
            during = effects.during(self.start, self.years)
            row[during] = np.maximum(row[during], self.price)


@dataclass(frozen=True, slots=True)
class Tariff:
    """An importer levies a duty on what comes from a country.

    Attributes
    ----------
    importer : str
        ISO 3166 alpha-3, or ``"EU"``.
    exporter : str
        ISO 3166 alpha-3.
    rate : float
        Of the price, such as 0.25; 0 to 5.
    start : int
    minerals : str or tuple of str
        All by default.
    years : int, optional
        For good by default.

    Notes
    -----
    It raises the importer's price in `Forecast.exposure`. The world's price stays: without data on
    who buys from whom, what the importer leaves is taken to go to others.
    """

    importer: str
    exporter: str
    rate: float
    start: int
    minerals: str | tuple[str, ...] = ALL
    years: int | None = None

    def __post_init__(self) -> None:
        if self.importer != "EU":
            _check_country(self.importer)
        _check_country(self.exporter)
        if self.importer == self.exporter:
            raise CritminError(f"{self.importer} cannot levy a tariff on itself")
        object.__setattr__(self, "minerals", _minerals(self.minerals))
        _check(self.rate, "rate", 0, 5)
        _check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Refuse what cannot be; the market does not change."""
        if effects.concerns(self.minerals):
            effects.at(self.exporter)
            effects.during(self.start, self.years)


KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        DemandShock,
        DriverPath,
        EnvironmentalRule,
        ExportControl,
        LabourStandard,
        LiftControls,
        MineClosure,
        MineProject,
        NewTechnology,
        PriceFloor,
        StateSupport,
        Stockpile,
        Tariff,
    )
}
"""Interventions by name, as files have them."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Interventions under one name.

    Attributes
    ----------
    name : str
    interventions : tuple of Intervention
    note : str
        What it stands for.
    """

    name: str
    interventions: tuple[Any, ...]
    note: str = ""

    def __post_init__(self) -> None:
        for each in self.interventions:
            if type(each).__name__ not in KINDS:
                raise CritminError(f"{each!r} is not an intervention: one of {', '.join(KINDS)}")

    @property
    def newcomers(self) -> tuple[tuple[str, str], ...]:
        """Mineral and country of every project."""
        return tuple(
            (each.mineral, each.country)
            for each in self.interventions
            if isinstance(each, MineProject)
        )

    def tariffs(self, mineral: str, importer: str, years: NDArray[np.int64]) -> dict[str, Floats]:
        """Rates (year,) that an importer levies on a mineral, by exporter; several add up."""
        found: dict[str, Floats] = {}
        for each in self.interventions:
            if not isinstance(each, Tariff) or each.importer != importer:
                continue
            if ALL in each.minerals or mineral in each.minerals:
                end = math.inf if each.years is None else each.start + each.years
                rate = np.where((years >= each.start) & (years < end), each.rate, 0.0)
                found[each.exporter] = found.get(each.exporter, np.zeros(len(years))) + rate
        return found

    def exchange_rate(self, years: int) -> Floats | None:
        """Path (year,) of the real exchange rate relative to the data's end, if one is given."""
        paths = [
            each.held(years)
            for each in self.interventions
            if isinstance(each, DriverPath) and each.driver == "exchange_rate"
        ]
        return paths[0] if paths else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `from_dict` takes them."""
        return {
            "name": self.name,
            "note": self.note,
            "intervention": [
                {
                    "kind": type(each).__name__,
                    **{k: v for k, v in dataclasses.asdict(each).items() if v is not None},
                }
                for each in self.interventions
            ],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Scenario":
        """Read what `to_dict` gives.

        Raises
        ------
        CritminError
            If a key or a kind of intervention is not known, or a value is out of range.
        """
        unknown = set(content) - {"name", "note", "intervention"}
        if unknown or not isinstance(content.get("intervention"), list):
            raise CritminError(
                "a scenario has the keys name, note and intervention (a list), got "
                + ", ".join(map(str, content))
            )
        made = []
        for row in content["intervention"]:
            values = dict(row)
            kind = values.pop("kind", None)
            if kind not in KINDS:
                raise UnknownNameError.of("kind of intervention", kind, KINDS)
            known = [f.name for f in dataclasses.fields(KINDS[kind])]
            for name in values:
                if name not in known:
                    raise UnknownNameError.of(f"key of {kind}", name, known)
            lists = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
            try:
                made.append(KINDS[kind](**lists))
            except TypeError as error:
                raise CritminError(f"{kind}: {error}") from error
        return cls(str(content.get("name", "")), tuple(made), str(content.get("note", "")))


BASELINE = Scenario("baseline", ())
"""Nothing changes."""


def as_scenario(given: "Scenario | Intervention | Sequence[Intervention] | None") -> Scenario:
    """A `Scenario` from what a caller may give: one, an intervention, several, or none."""
    if isinstance(given, Scenario):
        return given
    if given is None:
        return BASELINE
    several = tuple(given) if isinstance(given, list | tuple) else (given,)
    return Scenario("scenario", several)


def load_scenarios(path: str | Path) -> dict[str, Scenario]:
    """Read scenarios from a TOML file.

    Parameters
    ----------
    path : path
        With tables ``[[scenario]]``, each with a name, a note and ``[[scenario.intervention]]``,
        whose ``kind`` is the name of a class of this module and whose other keys are its attributes.

    Returns
    -------
    dict of str to Scenario

    Raises
    ------
    CritminError
        If the file is not such a one; the message names what is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CritminError(f"{path}: cannot be read ({error})") from error
    return _parsed(text, str(path))


def _parsed(text: str, source: str) -> dict[str, Scenario]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CritminError(f"{source}: not TOML ({error})") from error
    if set(content) != {"scenario"} or not isinstance(content["scenario"], list):
        raise CritminError(f"{source}: expected tables [[scenario]], got {sorted(content)}")
    found: dict[str, Scenario] = {}
    for row in content["scenario"]:
        try:
            scenario = Scenario.from_dict(row)
        except CritminError as error:
            raise CritminError(f"{source}: scenario {row.get('name')!r}: {error}") from error
        if not scenario.name or scenario.name in found:
            raise CritminError(f"{source}: every scenario needs a name of its own: {row!r}")
        found[scenario.name] = scenario
    return found


def _toml(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(value.item() if isinstance(value, np.generic) else value)


def to_toml(scenarios: Sequence[Scenario]) -> str:
    """Scenarios as the text that `load_scenarios` reads from a file."""
    blocks = []
    for scenario in scenarios:
        content = scenario.to_dict()
        lines = ["[[scenario]]", f"name = {_toml(content['name'])}"]
        lines.append(f"note = {_toml(content['note'])}")
        for row in content["intervention"]:
            lines += ["", "[[scenario.intervention]]"]
            lines += [f"{key} = {_toml(value)}" for key, value in row.items()]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def save_scenarios(scenarios: Sequence[Scenario], path: str | Path) -> None:
    """Write scenarios as `load_scenarios` reads them, whole or not at all."""
    with replacing(Path(path)) as temporary:
        temporary.write_text(to_toml(scenarios), encoding="utf-8")


@cache
def gallery() -> dict[str, Scenario]:
    """Scenarios that come with critmin, by name.

    Examples
    --------
    >>> gallery()["gallium-ban"].interventions[0].withheld
    1.0
    """
    text = files("critmin").joinpath("scenarios.toml").read_text(encoding="utf-8")
    return _parsed(text, "scenarios.toml")
