"""Interventions of states at home and as importers: support, tariffs, rules and stocks."""

from dataclasses import dataclass

import numpy as np

from critmin.data.countries import as_buyer, as_country
from critmin.data.trade import EU
from critmin.exceptions import CritminError
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.scenario.amounts import tonnes, usd_per_tonne
from critmin.scenario.effects import ALL, Effects, check_span, minerals_of, register


@register
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

    Notes
    -----
    A `MineProject` of the country, which may be its first, counts it when it decides whether to run.

    Examples
    --------
    >>> StateSupport("IDN", "nickel", change=-0.1, start=2027).mineral
    'nickel'
    """

    country: str
    mineral: str
    change: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_number(self.change, "change", -1, 1)
        check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Add to the support of the country's producers."""
        if effects.mineral == self.mineral:
            during = effects.during(self.start, self.years)
            effects.support[effects.paying(self.country), during] += self.change


@register
@dataclass(frozen=True, slots=True)
class PriceFloor:
    """A state pays its producers what the market price lacks to a floor.

    Attributes
    ----------
    country : str
    mineral : str
    price : float
        Real USD per unit.
    start : int
    years : int, optional
    unit : str
        What the price is per, such as ``"lb"``, ``"kg of oxide"`` or ``"quoted"``; a mass without a form is
        of contained element.

    Notes
    -----
    It acts as state support of the size of last year's shortfall. A `MineProject` of the country, which may
    be its first, runs while the floor pays its cost.

    Examples
    --------
    >>> PriceFloor("USA", "neodymium", 110, start=2026, unit="kg of oxide").price
    110
    >>> PriceFloor("USA", "neodymium", 110, start=2026)
    Traceback (most recent call last):
    critmin.exceptions.CritminError: price: 110 USD per t of contained Nd is ... looks like USD per kg ...
    """

    country: str
    mineral: str
    price: float
    start: int
    years: int | None = None
    unit: str = "t"

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_span(self.start, self.years)
        self._usd_per_tonne()

    def _usd_per_tonne(self) -> float:
        return usd_per_tonne(self.price, "price", self.unit, self.mineral)

    def apply(self, effects: Effects) -> None:
        """Set the floor."""
        if effects.mineral == self.mineral:
            row = effects.floor[effects.paying(self.country)]
            during = effects.during(self.start, self.years)
            row[during] = np.maximum(row[during], self._usd_per_tonne())


@register
@dataclass(frozen=True, slots=True)
class Stockpile:
    """A state buys for a stock, or sells from one.

    Attributes
    ----------
    mineral : str
    volume : float
        Bought a year; negative sold, at most half of world output.
    start : int
    years : int
    unit : str
        Of what: ``"t"`` of contained element (of what the mineral's output is counted in), ``"t LCE"``,
        ``"quoted"`` ...

    Examples
    --------
    >>> Stockpile("lithium", volume=20, start=2027, years=3, unit="kt LCE").volume
    20
    """

    mineral: str
    volume: float
    start: int
    years: int
    unit: str = "t"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_span(self.start, self.years)
        if self.years is None:
            raise CritminError("years must be given: no stock is built for ever")
        self._tonnes()

    def _tonnes(self) -> float:
        return tonnes(self.volume, "volume", self.unit, self.mineral, low=-1e15)

    def apply(self, effects: Effects) -> None:
        """Add to purchases."""
        if effects.mineral == self.mineral:
            effects.purchases[effects.during(self.start, self.years)] += self._tonnes()
            effects.check_stock(effects.purchases)


@register
@dataclass(frozen=True, slots=True)
class Tariff:
    """An importer levies a duty on what comes from a country.

    Attributes
    ----------
    importer : str
        ISO 3166 alpha-3, or ``"EU"``, which is each of its members too.
    exporter : str
        ISO 3166 alpha-3; a producer, or one that the importer buys from.
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

    Examples
    --------
    >>> Tariff("USA", "CHN", 0.25, start=2027, minerals="graphite").minerals
    ('graphite',)
    """

    importer: str
    exporter: str
    rate: float
    start: int
    minerals: str | tuple[str, ...] = ALL
    years: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "importer", as_buyer(self.importer, "importer"))
        object.__setattr__(self, "exporter", as_country(self.exporter, "exporter"))
        if self.importer == self.exporter or (self.importer == "EU" and self.exporter in EU):
            raise CritminError(f"{self.importer} cannot levy a tariff on itself")
        object.__setattr__(self, "minerals", minerals_of(self.minerals))
        check_number(self.rate, "rate", 0, 5)
        check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Refuse what cannot be; the market does not change."""
        if effects.concerns(self.minerals):
            effects.during(self.start, self.years)
            if ALL not in self.minerals:
                effects.check_seller(self.exporter, self.importer)


@register
@dataclass(frozen=True, slots=True)
class EnvironmentalRule:
    """A country's producers pay for cleaner production.

    Attributes
    ----------
    country : str
    mineral : str
    cost : float
        Real USD per unit, from 0 on.
    start : int
    years : int, optional
    unit : str
        What the cost is per, such as ``"lb"``, ``"kg of oxide"`` or ``"quoted"``; a mass without a form is
        of contained element.

    Examples
    --------
    >>> EnvironmentalRule("IDN", "nickel", cost=800, start=2028).cost
    800
    """

    country: str
    mineral: str
    cost: float
    start: int
    years: int | None = None
    unit: str = "t"

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_span(self.start, self.years)
        self._usd_per_tonne()

    def _usd_per_tonne(self) -> float:
        return usd_per_tonne(self.cost, "cost", self.unit, self.mineral, levy=True)

    def apply(self, effects: Effects) -> None:
        """Add to the country's cost of compliance."""
        if effects.mineral == self.mineral:
            during = effects.during(self.start, self.years)
            effects.levy[effects.at(self.country), during] += self._usd_per_tonne()


@register
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

    Examples
    --------
    >>> LabourStandard("COD", ("cobalt", "copper"), change=0.3, start=2027).minerals
    ('cobalt', 'copper')
    """

    country: str
    minerals: str | tuple[str, ...]
    change: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "minerals", minerals_of(self.minerals))
        check_number(self.change, "change", 0, 3)
        check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Add to the country's cost of labour."""
        if effects.concerns(self.minerals):
            during = effects.during(self.start, self.years)
            effects.wages[effects.at(self.country), during] += self.change
