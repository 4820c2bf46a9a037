"""Terms of price that stand alone, and what every term of price can do.

Terms nest and add: ``Indexed("fair") + Floor(14_000) + Shared(20_000, 0.5)`` is a share of what is
above a floor on the fair price. `critmin.contracts.adjustments` has the terms that act on another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np

from critmin.contracts.amounts import Amount, words_of
from critmin.contracts.market import INDICES, Market
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number

Index = Literal["market", "marginal", "inside", "fair"]


@dataclass(frozen=True, slots=True)
class Price:
    """Any term of price. A new one needs `paid` and `words`; see `Fixed` for the pattern."""

    dial: ClassVar[dict[str, str]] = {}
    """What `turned` may set: the name that a zone gives it, and the field that it is."""

    def paid(self, market: Market) -> Floats:
        """Nominal money per tonne of what is sold (year, sample or 1), without looking ahead."""
        raise NotImplementedError

    def words(self) -> str:
        """The term in words."""
        raise NotImplementedError

    def onto(self, base: "Price") -> "Price":  # noqa: ARG002
        """The same term, acting on `base` where it waits for a price."""
        return self

    def open(self) -> bool:
        """Whether it waits for a price to act on."""
        return False

    def without(self) -> dict[str, "Price"]:
        """What remains when one term is left out, by the name of the term."""
        return {}

    def label(self) -> str:
        """Short name of the term in tables."""
        return type(self).__name__.lower()

    def turned(self, values: Mapping[str, Amount]) -> "Price":
        """The price with every floor, cap or fixed price in it set to the value of that name."""
        changes = {self.dial[name]: value for name, value in values.items() if name in self.dial}
        return replace(self, **changes) if changes else self

    def dials(self) -> dict[str, Amount]:
        """What `turned` can set, by name, as it is."""
        return {name: getattr(self, of) for name, of in self.dial.items()}

    def __add__(self, other: "Price") -> "Price":
        if not isinstance(other, Price):
            return NotImplemented
        return other.onto(self) if other.open() else Sum((self, other))


@dataclass(frozen=True, slots=True)
class Fixed(Price):
    """One price, or one for each year.

    Attributes
    ----------
    at : float, str or tuple of these
        A number in the contract's unit and currency, or a text such as ``"110 USD/kg of oxide"``.

    Examples
    --------
    >>> Fixed("110 USD/kg of oxide").words()
    'a fixed price of 110 USD/kg of oxide'
    """

    at: Amount
    dial: ClassVar[dict[str, str]] = {"price": "at"}

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        return market.amount(self.at, "price")

    def words(self) -> str:
        """The term in words."""
        return f"a fixed price of {words_of(self.at)}"


@dataclass(frozen=True, slots=True)
class Indexed(Price):
    """A price that follows an index.

    Attributes
    ----------
    to : {"market", "marginal", "inside", "fair"}
        ``"market"`` is what importers pay on average, ``"fair"`` what they would without distortions.
        Where a country restricts its exports (gallium), ``"marginal"`` is what the unlicensed tonne
        costs outside, ``"inside"`` what a tonne costs in that country; elsewhere they are refused.
    lag : int
        Years that the index lies back.
    average : int
        Years that are averaged, the last of them `lag` years back.
    discount : float
        Share taken off.
    payable : float
        Share of the metal that is paid for.

    Examples
    --------
    >>> Indexed("fair", lag=1, payable=0.9).words()
    'the fair price, 1 year back, 90% payable'
    >>> Indexed("fare")
    Traceback (most recent call last):
    critmin.exceptions.UnknownNameError: unknown index 'fare': did you mean 'fair'?
    """

    to: Index = "market"
    lag: int = 0
    average: int = 1
    discount: float = 0.0
    payable: float = 1.0

    def __post_init__(self) -> None:
        if self.to not in INDICES:
            raise UnknownNameError.of("index", self.to, INDICES)
        check_number(self.lag, "lag", 0, 10, integer=True)
        check_number(self.average, "average", 1, 10, integer=True)
        check_number(self.discount, "discount", -1, 1)
        check_number(self.payable, "payable", 0, 1)

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        whole = market.index(self.to, self.lag)
        for back in range(1, self.average):
            whole = whole + market.index(self.to, self.lag + back)
        factor = self.payable * (1 - self.discount) / self.average
        return whole if factor == 1 else whole * factor

    def words(self) -> str:
        """The term in words."""
        said = [f"the {self.to} price"]
        if self.average > 1:
            said.append(f"mean of {self.average} years")
        if self.lag:
            said.append(f"{self.lag} year{'s' if self.lag > 1 else ''} back")
        if self.payable != 1:
            said.append(f"{100 * self.payable:.4g}% payable")
        if self.discount:
            said.append(f"less {100 * self.discount:.4g}%")
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Premium(Price):
    """What is paid on top: an amount, or what stated standards cost a producer.

    Attributes
    ----------
    amount : float, str or tuple of these, optional
    standards : mapping of str to float
        Component of cost (``"labour"``, ``"compliance"``, ``"energy"``, ...) and the share by which
        meeting the standard raises it: ``{"labour": 0.2, "compliance": 0.5}``. The premium is that
        share of the marginal producer's component in the forecast, draw by draw. Kept as pairs.

    Examples
    --------
    >>> (Indexed("fair") + Premium(standards={"labour": 0.2})).words()
    'the fair price, plus a premium of 20% of labour cost'
    """

    amount: Amount | None = None
    standards: Mapping[str, float] | tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "standards", tuple(dict(self.standards).items()))
        except (TypeError, ValueError) as error:
            raise CritminError(
                f"standards must be shares by component, such as {{'labour': 0.2}}, got "
                f"{self.standards!r:.80}"
            ) from error
        for name, share in dict(self.standards).items():
            check_number(share, f"standard of {name}", 0, 10)
        if (self.amount is None) == (not self.standards):
            raise CritminError("a premium is either an amount or the cost of standards: give one")

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        if self.amount is not None:
            return market.amount(self.amount, "premium", small=True)
        whole = np.zeros((len(market.years), market.samples))
        for name, share in dict(self.standards).items():
            whole += share * market.cost(name)
        return whole

    def words(self) -> str:
        """The term in words."""
        if self.amount is not None:
            return f"a premium of {words_of(self.amount)}"
        shares = [
            f"{100 * share:.4g}% of {name} cost" for name, share in dict(self.standards).items()
        ]
        return "a premium of " + " and ".join(shares)


@dataclass(frozen=True, slots=True)
class Adjusted(Price):
    """A term that acts on another price.

    Attributes
    ----------
    of : Price, optional
        By keyword; one that waits for a price acts on what it is added to, or on the market price.
    """

    of: Price | None = field(default=None, kw_only=True)

    def onto(self, base: Price) -> Price:
        """The same term, acting on `base` where it waits for a price."""
        inner = as_price(self.of, "of")
        return replace(self, of=base if inner is None else inner.onto(base))

    def open(self) -> bool:
        """Whether it waits for a price to act on."""
        inner = as_price(self.of, "of")
        return inner is None or inner.open()

    def without(self) -> dict[str, Price]:
        """What remains when one term is left out, by the name of the term."""
        left = {self.label(): self.base()}
        for name, rest in self.base().without().items():
            left[unused(name, left)] = replace(self, of=rest)
        return left

    def turned(self, values: Mapping[str, Amount]) -> Price:
        """See `Price.turned`."""
        changes = {self.dial[name]: value for name, value in values.items() if name in self.dial}
        return replace(self, of=self.base().turned(values), **changes)

    def dials(self) -> dict[str, Amount]:
        """See `Price.dials`; the outermost of several counts."""
        return self.base().dials() | {name: getattr(self, of) for name, of in self.dial.items()}

    def base(self) -> Price:
        """The price that it acts on."""
        return Indexed() if self.of is None else self.of


def as_price(given: object, name: str) -> Price | None:
    """A term of price or None.

    Raises
    ------
    CritminError
        If it is neither.
    """
    if given is None or isinstance(given, Price):
        return given
    raise CritminError(f"{name} must be a term of price such as Fixed(16_000), got {given!r:.80}")


def unused(name: str, taken: Mapping[str, object]) -> str:
    """A name, numbered if it is taken."""
    number, plain = 2, name
    while name in taken:
        name, number = f"{plain} {number}", number + 1
    return name


@dataclass(frozen=True, slots=True)
class Sum(Price):
    """Prices added up, as ``+`` makes them.

    Attributes
    ----------
    prices : tuple of Price
    """

    prices: tuple[Price, ...]

    def __post_init__(self) -> None:
        given = self.prices if isinstance(self.prices, tuple) else ()
        if not given or not all(isinstance(each, Price) for each in given):
            raise CritminError(f"prices must be several terms of price, got {self.prices!r:.80}")

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        first, *others = (each.paid(market) for each in self.prices)
        for each in others:
            first = first + each
        return first

    def onto(self, base: Price) -> "Sum":
        """The same, with every term that waits for a price acting on `base`."""
        return Sum(tuple(each.onto(base) for each in self.prices))

    def open(self) -> bool:
        """Whether one of them waits for a price to act on."""
        return any(each.open() for each in self.prices)

    def without(self) -> dict[str, Price]:
        """What remains when one term is left out, by the name of the term."""
        left: dict[str, Price] = {}
        for i, each in enumerate(self.prices):
            others = self.prices[:i] + self.prices[i + 1 :]
            if i:
                left[unused(each.label(), left)] = others[0] if len(others) == 1 else Sum(others)
            for name, rest in each.without().items():
                left[unused(name, left)] = Sum((*self.prices[:i], rest, *self.prices[i + 1 :]))
        return left

    def turned(self, values: Mapping[str, Amount]) -> Price:
        """See `Price.turned`."""
        return Sum(tuple(each.turned(values) for each in self.prices))

    def dials(self) -> dict[str, Amount]:
        """See `Price.dials`; the first of several counts."""
        found: dict[str, Amount] = {}
        for each in self.prices[::-1]:
            found |= each.dials()
        return found

    def words(self) -> str:
        """The term in words."""
        return ", plus ".join(each.words() for each in self.prices)
