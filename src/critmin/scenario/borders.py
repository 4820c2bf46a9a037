"""Interventions at a country's border: controls, duties, leaks, and stocks on one side of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from critmin.data.countries import as_buyer, as_country
from critmin.data.production import MINED, REFINED, STAGES, series_name, stages
from critmin.exceptions import CritminError, shown
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.model.refiners import refiners
from critmin.scenario.amounts import tonnes
from critmin.scenario.effects import Effects, Stock, check_span, minerals_of, register


def _check_stage(stage: object) -> None:
    if stage is not None and (not isinstance(stage, str) or stage not in STAGES):
        raise CritminError(f"stage must be {MINED!r}, {REFINED!r} or left out, got {shown(stage)}")


def _reach(effects: Effects, country: str, stage: str | None) -> None:
    """Let a country's measures reach all that it mines, or all that it refines."""
    if stage is None:
        return
    mineral = effects.mineral
    known = stages(series_name(get_mineral(mineral)) or "")
    if stage not in known:
        raise CritminError(f"{mineral}: no {stage} output is known, leave out stage")
    if known[0] != stage:
        origin = int(effects.years[0]) - 1
        if not refiners(mineral, origin).every.get(country, 0.0) > 0:
            raise CritminError(f"{country} is not known to refine {mineral}: leave out stage")
    if effects.stages.setdefault(country, stage) != stage:
        raise CritminError(f"measures of {country} on {mineral} are at two stages: give them one")


@register
@dataclass(frozen=True, slots=True)
class ExportControl:
    """A country withholds a share of its exports, from all or from one buyer.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3.
    minerals : str or tuple of str
    withheld : float
        Share of what it would export (to that buyer), 0 to 1, net of what leaks. Against all it counts only
        where it is more than what the country withholds anyway.
    start : int
        First year.
    years : int, optional
        How long; for good by default.
    to : str, optional
        ISO 3166 alpha-3, or ``"EU"``: only this buyer gets less.
    stage : {"mined", "refined"}, optional
        Withhold ore and metal alike, a share of all that is mined, or metal alone, a share of what the
        country refines, of its own ore or of others'. By default it is the stage where the country's trade
        is known, for copper refined metal, else that at which output is counted.

    See Also
    --------
    critmin.scenario.ExportDuty : A tax instead of a limit.
    critmin.scenario.Leakage : How much gets out all the same.
    critmin.scenario.LiftControls : The end of those in force.
    critmin.disruption_risk : How likely a new one is.

    Notes
    -----
    What one buyer does not get others do, and what they bought elsewhere goes to it: goods are rerouted,
    and the world's price stays. `Forecast.exposure` of that buyer has the cost of the detour and what
    nobody else sells; see `critmin.results.deliveries.REROUTED`.

    Examples
    --------
    >>> ExportControl("CHN", "gallium", withheld=1.5, start=2027)
    Traceback (most recent call last):
    critmin.exceptions.CritminError: withheld must be a number from 0 to 1, got 1.5; 1.5% is 0.015
    >>> ExportControl("CHN", "antimony", withheld=1.0, start=2027, to="United States").to
    'USA'
    """

    country: str
    minerals: str | tuple[str, ...]
    withheld: float
    start: int
    years: int | None = None
    to: str | None = None
    stage: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "minerals", minerals_of(self.minerals))
        check_number(self.withheld, "withheld", 0, 1)
        check_span(self.start, self.years)
        if self.to is not None:
            object.__setattr__(self, "to", as_buyer(self.to))
        if self.to == self.country:
            raise CritminError(
                f"{self.country} cannot keep its exports from itself: to= is a buyer"
            )
        _check_stage(self.stage)
        if self.stage and self.to:
            raise CritminError("stage is of a control against all buyers: leave out stage or to")

    def apply(self, effects: Effects) -> None:
        """Raise the least share withheld; a ban on one buyer only reroutes."""
        if not effects.concerns(self.minerals):
            return
        during = effects.during(self.start, self.years)
        if self.to is not None:
            effects.check_seller(self.country, self.to)
            return
        at = effects.at(self.country)
        _reach(effects, self.country, self.stage)
        row = effects.withheld[at]
        row[during] = np.maximum(row[during], self.withheld)


@register
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

    Examples
    --------
    >>> LiftControls("China", "graphite", start=2028).country
    'CHN'
    """

    country: str
    minerals: str | tuple[str, ...]
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "minerals", minerals_of(self.minerals))
        check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Clear the country's restrictions."""
        if effects.concerns(self.minerals):
            effects.lifted[effects.at(self.country), effects.during(self.start, self.years)] = True


@register
@dataclass(frozen=True, slots=True)
class ExportDuty:
    """A country taxes what leaves it.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3.
    mineral : str
    rate : float
        Of the value without the duty, such as 0.25; 0 to 5.
    start : int
    years : int, optional
        For good by default.
    stage : {"mined", "refined"}, optional
        Tax ore and metal alike, or metal alone, as of `ExportControl`.

    See Also
    --------
    critmin.scenario.ExportControl : A limit instead of a tax.
    critmin.producer_revenue : What duties and quotas earn the country.

    Notes
    -----
    It parts the prices: the country withholds as much as makes the outside stand above the inside by
    ``log(1 + rate)``, by the slopes of both sides, or all of its exports if that is not enough. Where
    a quota holds back more the duty takes a part of its rent, and no price moves; else producers keep
    less, and capacity goes elsewhere year by year. The fair price has no duty. `Forecast.draws` has
    ``duty_revenue``, before any evasion.

    Examples
    --------
    >>> from critmin import forecast
    >>> duty = ExportDuty("IDN", "nickel", 0.1, start=2026)
    >>> effect = forecast("nickel", 3, scenario=duty).compare(forecast("nickel", 3))
    >>> bool((effect["market_price_ratio"].sel(year=2026) > 1).all())
    True
    """

    country: str
    mineral: str
    rate: float
    start: int
    years: int | None = None
    stage: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_number(self.rate, "rate", 0, 5)
        check_span(self.start, self.years)
        _check_stage(self.stage)

    def apply(self, effects: Effects) -> None:
        """Add to the country's duties."""
        if effects.mineral == self.mineral:
            during = effects.during(self.start, self.years)
            at = effects.at(self.country)
            effects.duty[at, during] += self.rate
            _reach(effects, self.country, self.stage)


@register
@dataclass(frozen=True, slots=True)
class Leakage:
    """A part of what a country withholds gets out by smuggling or through third countries.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3.
    mineral : str
    share : float
        Of what its bans, quotas and licences withhold, 0 to 1, on top of what leaks already.
    start : int
    years : int, optional
        For good by default.

    See Also
    --------
    critmin.scenario.ExportControl : What it leaks from.

    Notes
    -----
    Without anything withheld nothing leaks: refused where the country withholds nothing in any draw.

    Examples
    --------
    >>> from critmin import forecast
    >>> leak = Leakage("CHN", "gallium", 0.5, start=2026)
    >>> effect = forecast("gallium", 3, scenario=leak).effect(forecast("gallium", 3))
    >>> bool(effect.loc[2026, ("market_price", "median")] < 1)
    True
    """

    country: str
    mineral: str
    share: float
    start: int
    years: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        check_number(self.share, "share", 0, 1)
        check_span(self.start, self.years)

    def apply(self, effects: Effects) -> None:
        """Let out a share of what is left; several leaks follow each other."""
        if effects.mineral == self.mineral:
            row = effects.leaked[effects.at(self.country)]
            during = effects.during(self.start, self.years)
            row[during] = 1 - (1 - row[during]) * (1 - self.share)


@register
@dataclass(frozen=True, slots=True)
class StateStock:
    """A state buys for its stock, or sells from it, on its own side of a fence.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3; need not produce.
    mineral : str
    start : int
        First year.
    years : int, optional
        How long; as long as the amounts given by year.
    release, purchase : float or tuple of float
        What it sells and buys, tonnes a year: one number for ``years`` years, or one for each year.
    unit : str
        As in `Stockpile`.

    See Also
    --------
    critmin.scenario.Stockpile : The same without a fence.

    Notes
    -----
    While its own quota, ban or licence is in force a country deals inside it: the price inside moves, that
    outside does not, until the inside would be the dearer one. Everybody else deals outside the largest
    fence. Where no fence stands all deal in the one market, as a `Stockpile` does, and in the fair world,
    which has no fences, they always do.

    Examples
    --------
    >>> StateStock("CHN", "gallium", start=2027, purchase=(50.0, 20.0)).years
    2
    >>> StateStock("USA", "cobalt", start=2027, years=3, release=2_000.0).release
    2000.0
    """

    country: str
    mineral: str
    start: int
    years: int | None = None
    release: float | tuple[float, ...] = 0.0
    purchase: float | tuple[float, ...] = 0.0
    unit: str = "t"

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        lengths = set()
        for name in ("release", "purchase"):
            given = getattr(self, name)
            if isinstance(given, Sequence) and not isinstance(given, str):
                object.__setattr__(self, name, tuple(given))
                lengths.add(len(given))
        if len(lengths | ({self.years} if self.years is not None else set())) > 1:
            raise CritminError(
                f"{self.country} {self.mineral}: amounts by year must be one for each of the years, "
                f"got release={self.release!r}, purchase={self.purchase!r}, years={self.years!r}"
            )
        if lengths and self.years is None:
            object.__setattr__(self, "years", lengths.pop())
        check_span(self.start, self.years)
        if self.years is None:
            raise CritminError("years must be given: no stock is built, or sold, for ever")
        self._taken()

    def _taken(self) -> Floats:
        """Tonnes that it takes by year; negative where it sells."""
        taken = np.zeros(self.years or 0)
        for name, sign in (("release", -1.0), ("purchase", 1.0)):
            given = getattr(self, name)
            by_year = given if isinstance(given, tuple) else (given,) * len(taken)
            taken += [sign * tonnes(each, name, self.unit, self.mineral) for each in by_year]
        return taken

    def apply(self, effects: Effects) -> None:
        """Add the stock."""
        if effects.mineral != self.mineral:
            return
        during, taken = effects.during(self.start, self.years), np.zeros(len(effects.years))
        taken[during] = self._taken()[: during.sum()]
        effects.check_stock(taken)
        effects.stocks.append(Stock(self.country, taken))
