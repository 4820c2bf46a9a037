"""`Offtake`: who sells how much of what to whom, for how long, at which price, with which clauses."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from critmin.contracts.adjustments import CrossedError
from critmin.contracts.amounts import Amount, Goods, several
from critmin.contracts.cashflows import Clause
from critmin.contracts.prices import Adjusted, Indexed, Price, unused
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral

if TYPE_CHECKING:
    from critmin.contracts.parties import Party
    from critmin.contracts.result import Valuation
    from critmin.contracts.zones import Zone
    from critmin.posterior import Posterior
    from critmin.results.forecasts import Forecast
    from critmin.results.request import What

MAX_YEARS = 40


@dataclass(frozen=True, slots=True)
class Offtake:
    """A long-term contract of supply.

    Attributes
    ----------
    mineral : str or tuple of str
        One of `critmin.minerals`, or several for a basket.
    volume : float, str or tuple of these
        A year's: tonnes of what `unit` names, or a text such as ``"6000 t"``; one for all years or one
        for each.
    start : int
        First year.
    years : int
        1 to 40.
    price : Price
        The market price by default.
    seller, buyer : str, optional
        For people.
    mix : tuple of float, optional
        Shares of the minerals of a basket in the mass sold; equal by default.
    unit : str
        What plain numbers are per: a mass of contained element (``"t"``, ``"lb"``), or of a form
        (``"kg of oxide"``), or ``"quoted"``.
    currency : str
        Converted at the average rate of 2025 (the pound: of 2024), which is held in real terms.
    basis : {"nominal", "real"}
        Whether amounts stay as they are or rise with inflation from 2025 on.
    ramp : tuple of float
        Shares of the volume in the first years.
    clauses : tuple of Clause
        Also added with ``+``.
    capacity : float or str, optional
        The seller's, tonnes a year: more cannot be sold.
    note : str

    See Also
    --------
    critmin.contracts.Valuation : What ``value`` gives.
    critmin.contracts.Zone : What ``zone`` gives.
    critmin.contracts.Project : The mine behind it.
    critmin.contracts.gallery : Deals to start from.

    Examples
    --------
    >>> from critmin.contracts import Collar, Take
    >>> deal = Offtake("nickel", 5_000, 2027, 10, Collar(13_000, 19_000)) + Take(0.8, pay=0.9)
    >>> print(deal.describe())
    The seller sells the buyer 5,000 t a year of nickel from 2027 to 2036 at the market price, between
    13,000 and 19,000 (nominal USD per t of contained element); the buyer takes 80% to 100% of the
    volume, pays for at least 90%.
    """

    mineral: str | tuple[str, ...]
    volume: Amount
    start: int
    years: int
    price: Price = field(default_factory=Indexed)
    _: KW_ONLY
    seller: str | None = None
    buyer: str | None = None
    mix: tuple[float, ...] | None = None
    unit: str = "t"
    currency: str = "USD"
    basis: Literal["nominal", "real"] = "nominal"
    ramp: tuple[float, ...] = ()
    clauses: tuple[Clause, ...] = ()
    capacity: float | str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        check_number(self.start, "start", 1900, 2200, integer=True)
        check_number(self.years, "years", 1, MAX_YEARS, integer=True)
        if self.basis not in ("nominal", "real"):
            raise UnknownNameError.of("basis", self.basis, ("nominal", "real"))
        if not isinstance(self.price, Price):
            raise CritminError(
                f"price must be a term such as Fixed(16_000) or Collar(13_000, 19_000), got {self.price!r}"
            )
        for name in ("seller", "buyer", "note"):
            if not isinstance(given := getattr(self, name), str | None):
                raise CritminError(f"{name} must be text, got {given!r:.80}")
        for name in ("mix", "ramp", "clauses", "volume", "mineral"):
            given = getattr(self, name)
            if isinstance(given, list):
                object.__setattr__(self, name, tuple(given))
            elif name in ("ramp", "clauses") and not isinstance(given, tuple):
                raise CritminError(f"{name} must be a tuple, got {given!r:.80}")
        for each in self.clauses:
            if not isinstance(each, Clause):
                raise CritminError(f"{each!r} is not a clause, such as Take(0.8) or Default(0.5)")
        object.__setattr__(self, "price", self.price.onto(Indexed()))
        object.__setattr__(self, "currency", self.goods.currency)  # "RMB" as the code that it has
        self._check_volumes()
        check_limits(self.price, self.goods)

    def _check_volumes(self) -> None:
        tonnes = self.most_tonnes()
        if not (self.tonnes() > 0).any():
            raise CritminError("a contract needs a volume above 0 in some year")
        if self.capacity is not None:
            capacity = self.goods.tonnes(self.capacity, "capacity")
            if tonnes.max() > capacity:
                raise CritminError(
                    f"volumes of up to {tonnes.max():,.6g} t a year are beyond the seller's capacity of "
                    f"{capacity:,.6g} t"
                )

    @property
    def minerals(self) -> tuple[str, ...]:
        """Names of the minerals sold."""
        given = (self.mineral,) if isinstance(self.mineral, str) else self.mineral
        if not isinstance(given, tuple) or not given:
            raise CritminError(f"mineral must be a name or several, got {self.mineral!r:.80}")
        return tuple(get_mineral(name).name for name in given)

    @property
    def goods(self) -> Goods:
        """What is sold, and the unit and currency of plain numbers."""
        names = self.minerals
        mix = (1 / len(names),) * len(names) if self.mix is None else self.mix
        shares = mix if isinstance(mix, tuple) else ()
        for share in shares:
            check_number(share, "mix", 0, 1)
        if len(shares) != len(names) or abs(sum(shares) - 1) > 1e-6:
            raise CritminError(
                f"mix must be {len(names)} shares that add up to 1, one a mineral, got {mix!r:.80}"
            )
        return Goods(names, mix, self.unit, self.currency)

    @property
    def last(self) -> int:
        """Last year."""
        return self.start + self.years - 1

    def tonnes(self) -> Floats:
        """Tonnes of what is sold, by year (Y,).

        Raises
        ------
        CritminError
            If volumes or the ramp do not fit the years.
        """
        volumes = several(self.volume, "volume")
        if len(volumes) not in (1, self.years):
            raise CritminError(f"volume has {len(volumes)} years, the contract {self.years}")
        goods = self.goods
        whole = np.array([goods.tonnes(each, "volume") for each in volumes])
        by_year = np.array(np.broadcast_to(whole, self.years))
        if len(self.ramp) > self.years:
            raise CritminError(f"the ramp has {len(self.ramp)} years, the contract {self.years}")
        for i, share in enumerate(self.ramp):
            check_number(share, "ramp", 0, 1)
            by_year[i] *= share
        return by_year

    def most_tonnes(self) -> Floats:
        """Tonnes that the buyer may take, by year (Y,): a `Take` may let it have more than the volume."""
        return self.tonnes() * max((getattr(c, "maximum", 1.0) for c in self.clauses), default=1.0)

    def __add__(self, other: "Clause | Price") -> "Offtake":
        if isinstance(other, Price):
            return replace(self, price=self.price + other)
        if isinstance(other, Clause):
            return replace(self, clauses=(*self.clauses, other))
        return NotImplemented

    def without(self) -> dict[str, "Offtake"]:
        """The contract with one term or clause left out, by its name."""
        left = {name: replace(self, price=rest) for name, rest in self.price.without().items()}
        for i, clause in enumerate(self.clauses):
            others = self.clauses[:i] + self.clauses[i + 1 :]
            left[unused(clause.label(), left)] = replace(self, clauses=others)
        return left

    def turned(self, values: Mapping[str, Amount]) -> "Offtake":
        """The contract with another fixed ``price``, ``floor`` or ``cap``.

        Raises
        ------
        CritminError
            If it has no such term.

        Examples
        --------
        >>> from critmin.contracts import Fixed
        >>> Offtake("tin", 100, 2027, 5, Fixed(30_000)).turned({"price": 28_000}).price
        Fixed(at=28000)
        """
        check_dials(self.price, values)
        return replace(self, price=self.price.turned(values))

    def describe(self) -> str:
        """The terms in one plain sentence."""
        goods = self.goods
        tonnes = self.tonnes()
        form = goods.title().partition(" of ")[2].replace("contained element", "")
        names = " and ".join(name.replace("_", " ") for name in self.minerals)
        what = f"{names} as {form}" if form else names
        steady = f"{tonnes.max():,.6g} t a year of {what}"
        if tonnes.min() < tonnes.max():
            steady = f"{tonnes.min():,.6g} to {steady}"
        said = (
            f"{self.seller or 'The seller'} sells {self.buyer or 'the buyer'} {steady} from {self.start} "
            f"to {self.last} at {self.price.words()} ({self.basis} {self.currency} per {goods.title()})"
        )
        whole = "; ".join([said, *(clause.words() for clause in self.clauses)])
        return whole[0].upper() + whole[1:] + "."

    def value(
        self,
        forecast: "Forecast | Mapping[str, Forecast] | None" = None,
        *,
        discount: float = 0.08,
        scenario: "What" = None,
        posterior: "Posterior | str | Path | None" = None,
        alternatives: "Mapping[str, Forecast | Mapping[str, Forecast]] | None" = None,
        seed: int = 0,
    ) -> "Valuation":
        """What the contract is worth to each party; see `critmin.contracts.valuation.value`."""
        from critmin.contracts.valuation import value

        return value(
            self,
            forecast,
            discount=discount,
            scenario=scenario,
            posterior=posterior,
            alternatives=alternatives,
            seed=seed,
        )

    def zone(
        self,
        over: str | tuple[str, ...] = ("floor", "cap"),
        *,
        buyer: "Party | None" = None,
        seller: "Party | None" = None,
        forecast: "Forecast | Mapping[str, Forecast] | None" = None,
        discount: float = 0.08,
        scenario: "What" = None,
        posterior: "Posterior | str | Path | None" = None,
        points: int = 50,
        seed: int = 0,
    ) -> "Zone":
        """Terms that leave both better off; see `critmin.contracts.bargaining.zone`."""
        from critmin.contracts.bargaining import zone

        return zone(
            self,
            over,
            buyer=buyer,
            seller=seller,
            forecast=forecast,
            discount=discount,
            scenario=scenario,
            posterior=posterior,
            points=points,
            seed=seed,
        )

    def to_toml(self, path: str | Path | None = None) -> str:
        """The terms as TOML text, also written to a file if one is named."""
        from critmin.contracts.files import write

        return write(self, path)

    @classmethod
    def from_toml(cls, source: str | Path) -> "Offtake":
        """Read what `to_toml` writes: a path, or the text itself if it has several lines."""
        from critmin.contracts.files import read

        return read(source)


def check_dials(price: Price, names: Iterable[str]) -> None:
    """Refuse to turn what a price has not.

    Raises
    ------
    CritminError
    """
    known = price.dials()
    if missing := sorted(set(names) - set(known)):
        has = ", ".join(sorted(known)) or "none of price, floor, cap"
        cure = f"set that, over={min(known)!r}, or add" if known else "add"
        raise CritminError(
            f"the price has no {' and no '.join(missing)} to set: it has {has}; {cure} one, such as "
            "Collar(13_000, 19_000)"
        )


def check_limits(price: Price, goods: Goods) -> None:
    """Refuse a floor above a cap in one chain of terms.

    Raises
    ------
    CrossedError
    """
    floors: list[tuple[float, Amount]] = []
    caps: list[tuple[float, Amount]] = []
    each: Price | None = price
    while isinstance(each, Adjusted):
        for name, found in (("floor", floors), ("cap", caps)):
            if name in each.dial:
                given: Amount = getattr(each, each.dial[name])
                values = [goods.price(amount, name)[0] for amount in several(given, name)]
                found.append((max(values) if name == "floor" else min(values), given))
        each = each.of
    if floors and caps:
        highest, lowest = max(floors, key=lambda f: f[0]), min(caps, key=lambda c: c[0])
        schedule = isinstance(highest[1], tuple) or isinstance(lowest[1], tuple)
        if highest[0] > lowest[0] and not schedule:
            raise CrossedError.of(highest[1], lowest[1])
