"""Where interventions act: `Effects`, arrays by year and by country that the simulator reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from critmin.data.countries import ROW
from critmin.exceptions import CritminError
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.model.equations import LARGEST_PURCHASE

ALL = "all"


@dataclass(frozen=True, slots=True)
class Project:
    """What is built, and when.

    Attributes
    ----------
    country : int
        Position of the country in `Effects.countries`, of refineries in `Effects.refining`.
    capacity : float
        Tonnes a year of the mineral's production series.
    start : int
        Planned first year.
    delay : float
        Median delay in years.
    delay_log_sd : float
        Spread of the log of the delay.
    cost : float
        Full cost in real USD per tonne of element; it rests after a year with a market price below.

    See Also
    --------
    critmin.scenario.MineProject : The intervention that opens one.

    Examples
    --------
    >>> Project(country=0, capacity=50_000, start=2029, delay=1, delay_log_sd=0.8, cost=0).start
    2029
    """

    country: int
    capacity: float
    start: int
    delay: float
    delay_log_sd: float
    cost: float


@dataclass(frozen=True, slots=True)
class Stock:
    """A public stock that deals on its country's side of a fence.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3; need not be a producer.
    taken : array (H,)
        Tonnes that it takes from the market by year; negative where it sells.

    See Also
    --------
    critmin.scenario.StateStock : The intervention that holds one.

    Examples
    --------
    >>> import numpy as np
    >>> Stock("JPN", np.array([10.0, -5.0])).taken.sum()
    np.float64(5.0)
    """

    country: str
    taken: Floats


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
    duty : array (C, H)
        Rates of a country's duties on its exports.
    leaked : array (C, H)
        Share of what it withholds that gets out nevertheless.
    stages : dict of str to str
        By country the stage, "mined" or "refined", of whose output it withholds a share, where a scenario
        says so.
    support, cost, wages : arrays (C, H)
        Log points added to a country's state support, full cost and cost of labour.
    levy : array (C, H)
        Real USD per tonne of element added to a country's cost.
    floor : array (C, H)
        Real USD per tonne of element below which a state pays a country's producers; 0 for none.
    capacity : array (C, H)
        Tonnes a year that open or, if negative, close for certain.
    projects : list of Project
    refining : list of str
        Countries of refineries that take ore from others.
    refineries : list of Project
        These, with positions in `refining`.
    demand : array (H,)
        Log points added to demand.
    purchases : array (H,)
        Tonnes a year bought for a stock.
    stocks : list of Stock
        Those that deal on one side of a fence.
    drivers : dict of str to array (H,)
        Paths that replace those of drivers.

    See Also
    --------
    critmin.scenario.Intervention : What writes into it.

    Examples
    --------
    >>> import numpy as np
    >>> effects = Effects("tin", np.arange(2026, 2029), ["CHN", "ROW"], frozenset({"CHN"}), 300_000)
    >>> effects.during(2027, 1).tolist(), effects.withheld.shape
    ([False, True, False], (2, 3))
    """

    mineral: str
    years: Ints
    countries: list[str]
    producing: frozenset[str]
    output: float
    withheld: Floats = field(init=False)
    lifted: Bools = field(init=False)
    duty: Floats = field(init=False)
    leaked: Floats = field(init=False)
    stages: dict[str, str] = field(default_factory=dict)
    support: Floats = field(init=False)
    cost: Floats = field(init=False)
    wages: Floats = field(init=False)
    levy: Floats = field(init=False)
    floor: Floats = field(init=False)
    capacity: Floats = field(init=False)
    projects: list[Project] = field(default_factory=list)
    refining: list[str] = field(default_factory=list)
    refineries: list[Project] = field(default_factory=list)
    demand: Floats = field(init=False)
    purchases: Floats = field(init=False)
    stocks: list[Stock] = field(default_factory=list)
    drivers: dict[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = (len(self.countries), len(self.years))
        zeros = (
            "withheld",
            "duty",
            "leaked",
            "support",
            "cost",
            "wages",
            "levy",
            "floor",
            "capacity",
        )
        for name in zeros:
            setattr(self, name, np.zeros(shape))
        self.lifted = np.zeros(shape, dtype=bool)
        self.demand, self.purchases = np.zeros(len(self.years)), np.zeros(len(self.years))

    def concerns(self, minerals: Sequence[str]) -> bool:
        """Whether an intervention on these minerals acts here."""
        return includes(minerals, self.mineral)

    def during(self, start: int, years: int | None) -> Bools:
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
        chosen: Bools = self.years >= start
        return chosen if years is None else chosen & (self.years < start + years)

    def at(self, country: str) -> int:
        """Position of a producer.

        Raises
        ------
        CritminError
            If the country does not produce the mineral.
        """
        if country not in self.producing:
            known = ", ".join(c for c in self.countries if c in self.producing and c != ROW)
            raise CritminError(
                f"{country} is not among the producers of {self.mineral} that are told apart: {known}"
            )
        return self.countries.index(country)

    def paying(self, country: str) -> int:
        """Position of a country whose state can pay its producers, or the mines that a scenario opens.

        Raises
        ------
        CritminError
            If it has neither.
        """
        told = [c for c in self.countries if c != ROW]
        return told.index(country) if country in told else self.at(country)

    def check_seller(self, country: str, buyer: str) -> None:
        """Refuse who neither produces the mineral nor sells it to a buyer, of others' ore perhaps.

        Parameters
        ----------
        country, buyer : str

        Raises
        ------
        CritminError
            If it does neither.
        """
        if country in self.producing:
            return
        from critmin.trade import suppliers

        if country not in suppliers(buyer, self.mineral).table.index:
            self.at(country)

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

    def check_stock(self, taken: Floats) -> None:
        """Refuse a public stock that takes or gives more than a market can bear.

        Parameters
        ----------
        taken : array (H,)
            Tonnes by year; negative where it sells.

        Raises
        ------
        CritminError
            If more than `critmin.model.equations.LARGEST_PURCHASE` of world output is dealt in a year.
        """
        largest = LARGEST_PURCHASE * self.known_output()
        if np.abs(taken).max() > largest:
            raise CritminError(
                f"a stock of {self.mineral} can take or give at most {LARGEST_PURCHASE:.0%} of world "
                f"output, {largest:,.0f} t a year, got {taken[np.abs(taken).argmax()]:,.0f}"
            )


@runtime_checkable
class Intervention(Protocol):
    """Anything with `apply`, which writes its effect into `Effects`.

    One that makes a country a producer has an attribute ``newcomer`` too: mineral and country. To be
    read from files it is a frozen dataclass with plain values, decorated with `register`.

    See Also
    --------
    critmin.scenario.Effects : What ``apply`` writes into.
    critmin.scenario.register : Make a kind known to files.

    Examples
    --------
    >>> class Boycott:
    ...     def apply(self, effects):
    ...         effects.demand -= 0.2
    >>> isinstance(Boycott(), Intervention)
    True
    """

    def apply(self, effects: Effects) -> None:
        """Act on the mineral of `effects`, or not at all if it is another's."""


def includes(minerals: Sequence[str], mineral: str) -> bool:
    """Whether a mineral is among those that an intervention is on; `ALL` stands for every one.

    Parameters
    ----------
    minerals : sequence of str
        Of an intervention.
    mineral : str

    Examples
    --------
    >>> includes(("gallium", "germanium"), "tin"), includes((ALL,), "tin")
    (False, True)
    """
    return ALL in minerals or mineral in minerals


def check_span(start: object, years: object) -> None:
    """Refuse a first year and a number of years that cannot be; no number is for good."""
    check_number(start, "start", 1900, 2200, integer=True)
    if years is not None:
        check_number(years, "years", 1, 100, integer=True)


def minerals_of(given: object) -> tuple[str, ...]:
    """Names of minerals from one name or several; ``"all"`` stands for every one."""
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, tuple | list) or not names:
        raise CritminError(f"minerals must be a name or several, got {given!r}")
    return tuple(ALL if name == ALL else get_mineral(name).name for name in names)


KINDS: dict[str, type[Any]] = {}
"""Interventions by name, as files have them."""


def register[Kind: type[Any]](kind: Kind) -> Kind:
    """Make a kind of intervention known to files of scenarios, under the name of its class.

    Parameters
    ----------
    kind : type
        A frozen dataclass with `Intervention.apply`.

    Returns
    -------
    type
        The same.

    See Also
    --------
    critmin.scenario.Intervention : What a kind must have.
    critmin.scenario.Effects : What it writes into.
    critmin.scenario.load_scenarios : What reads it from a file.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @register
    ... @dataclass(frozen=True)
    ... class Boycott:
    ...     mineral: str
    ...     change: float
    ...
    ...     def apply(self, effects):
    ...         if effects.mineral == self.mineral:
    ...             effects.demand += self.change
    >>> from critmin import forecast
    >>> forecast("gallium", 5, scenario=Boycott("gallium", -0.2)).scenario.to_dict()["intervention"]
    [{'kind': 'Boycott', 'mineral': 'gallium', 'change': -0.2}]
    >>> del KINDS["Boycott"]
    """
    if not (isinstance(kind, type) and is_dataclass(kind) and hasattr(kind, "apply")):
        raise CritminError(f"{kind!r} is no kind of intervention: a dataclass with a method apply")
    if kind.__name__ in KINDS:
        raise CritminError(f"there is an intervention {kind.__name__} already")
    KINDS[kind.__name__] = kind
    return kind
