"""Terms that act on a price: limits, sharing, blending, escalation, review, toll.

Each acts on the price in its field ``of``, on what it is added to with ``+``, or on the market price.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from critmin.contracts.amounts import LARGEST, Amount, words_of
from critmin.contracts.market import Market
from critmin.contracts.parties import check_by
from critmin.contracts.prices import Adjusted, Indexed, Price, as_price, unused
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number

SPOT = Indexed()
"""The market price of the year."""


class CrossedError(CritminError, ValueError):
    """A floor above a cap."""

    @classmethod
    def of(cls, floor: Amount, cap: Amount) -> "CrossedError":
        """Build the error from what was given.

        Parameters
        ----------
        floor, cap : float, str or tuple of these
        """
        return cls(f"floor of {words_of(floor)} is above the cap of {words_of(cap)}")


@dataclass(frozen=True, slots=True)
class Floor(Adjusted):
    """Not less than an amount.

    Attributes
    ----------
    at : float, str or tuple of these

    Examples
    --------
    >>> Floor(14_000).words()
    'the market price, at least 14,000'
    """

    at: Amount
    dial: ClassVar[dict[str, str]] = {"floor": "at"}

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        base, at = self.base().paid(market), market.amount(self.at, "floor")
        if market.marks is not None:
            market.mark("floor", base < at)
        return np.maximum(base, at)

    def words(self) -> str:
        """The term in words."""
        return f"{self.base().words()}, at least {words_of(self.at)}"


@dataclass(frozen=True, slots=True)
class Cap(Adjusted):
    """Not more than an amount; see `Floor`.

    Examples
    --------
    >>> Cap(20_000).words()
    'the market price, at most 20,000'
    """

    at: Amount
    dial: ClassVar[dict[str, str]] = {"cap": "at"}

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        base, at = self.base().paid(market), market.amount(self.at, "cap")
        if market.marks is not None:
            market.mark("cap", base > at)
        return np.minimum(base, at)

    def words(self) -> str:
        """The term in words."""
        return f"{self.base().words()}, at most {words_of(self.at)}"


@dataclass(frozen=True, slots=True)
class Collar(Adjusted):
    """Between a floor and a cap.

    Attributes
    ----------
    floor, cap : float, str or tuple of these

    Examples
    --------
    >>> Collar(20_000, 14_000)
    Traceback (most recent call last):
    critmin.contracts.adjustments.CrossedError: floor of 20,000 is above the cap of 14,000
    """

    floor: Amount
    cap: Amount
    dial: ClassVar[dict[str, str]] = {"floor": "floor", "cap": "cap"}

    def __post_init__(self) -> None:
        floor, cap = self.floor, self.cap
        if (
            isinstance(floor, int | float)
            and isinstance(cap, int | float)
            and cap < floor < LARGEST
        ):
            raise CrossedError.of(floor, cap)

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        low, high = market.amount(self.floor, "floor"), market.amount(self.cap, "cap")
        if (low > high).any():
            raise CrossedError.of(self.floor, self.cap)
        base = self.base().paid(market)
        if market.marks is not None:
            market.mark("floor", base < low)
            market.mark("cap", base > high)
        return np.minimum(np.maximum(base, low), high)

    def without(self) -> dict[str, Price]:
        """What remains when one term is left out, by the name of the term."""
        inner = self.base()
        left: dict[str, Price] = {
            "floor": Cap(self.cap, of=inner),
            "cap": Floor(self.floor, of=inner),
        }
        for name, rest in inner.without().items():
            left[unused(name, left)] = replace(self, of=rest)
        return left

    def words(self) -> str:
        """The term in words."""
        return f"{self.base().words()}, between {words_of(self.floor)} and {words_of(self.cap)}"


@dataclass(frozen=True, slots=True)
class Shared(Adjusted):
    """Upside sharing: of what the price is above an amount, a share goes to the buyer.

    Attributes
    ----------
    above : float, str or tuple of these
    share : float
        0 leaves the price as it is, 1 is a cap.

    Examples
    --------
    >>> Shared(20_000, 0.3).words()
    'the market price, of what is above 20,000 30% to the buyer'
    """

    above: Amount
    share: float

    def __post_init__(self) -> None:
        check_number(self.share, "share", 0, 1)

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        base, above = self.base().paid(market), market.amount(self.above, "above")
        if market.marks is not None:
            market.mark("shared", base > above)
        return base - self.share * np.maximum(base - above, 0)

    def words(self) -> str:
        """The term in words."""
        return (
            f"{self.base().words()}, of what is above {words_of(self.above)} "
            f"{100 * self.share:.4g}% to the buyer"
        )


@dataclass(frozen=True, slots=True)
class Blend(Adjusted):
    """A mean of the fair price and another.

    Attributes
    ----------
    weight : float
        Of the fair price.

    Examples
    --------
    >>> Blend(0.3).words()
    '30% of the fair price plus 70% of the market price'
    """

    weight: float

    def __post_init__(self) -> None:
        check_number(self.weight, "weight", 0, 1)

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        return self.weight * market.index("fair") + (1 - self.weight) * self.base().paid(market)

    def words(self) -> str:
        """The term in words."""
        rest = f"{100 * (1 - self.weight):.4g}% of {self.base().words()}"
        return f"{100 * self.weight:.4g}% of the fair price plus {rest}"


@dataclass(frozen=True, slots=True)
class Escalated(Adjusted):
    """A price that rises with a cost, from its level in the contract's first year.

    Attributes
    ----------
    by : {"inflation", "energy", "labour"} or float
        US inflation; the energy or labour part of the marginal producer's cost in the forecast; or a
        yearly rate.
    share : float
        Share of the price that rises.

    Examples
    --------
    >>> from critmin.contracts import Fixed
    >>> Escalated("energy", share=0.4, of=Fixed(450)).words()
    'a fixed price of 450, rising with energy for 40% of it'
    """

    by: Literal["inflation", "energy", "labour"] | float
    share: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.by, str):
            if self.by not in ("inflation", "energy", "labour"):
                raise UnknownNameError.of("escalator", self.by, ("inflation", "energy", "labour"))
        else:
            check_number(self.by, "by (a yearly rate)", -0.5, 0.5)
        check_number(self.share, "share", 0, 1)

    def _ratio(self, market: Market) -> Floats:
        if self.by == "inflation":
            if market.basis == "real":
                raise CritminError(
                    "amounts of basis='real' rise with inflation already: leave the escalator out, or "
                    "take basis='nominal'"
                )
            return market.money / market.money[0]
        if isinstance(self.by, str):
            path = market.cost(self.by)
            if market.basis == "real":
                path = path / market.money
            ratio: Floats = path / path[0]
            return ratio
        return (1 + self.by) ** np.arange(len(market.years), dtype=float)[:, None]

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        base = self.base().paid(market)
        return base * (1 - self.share + self.share * self._ratio(market))

    def words(self) -> str:
        """The term in words."""
        how = f"with {self.by}" if isinstance(self.by, str) else f"by {100 * self.by:.4g}% a year"
        part = "" if self.share == 1 else f" for {100 * self.share:.4g}% of it"
        return f"{self.base().words()}, rising {how}{part}"


@dataclass(frozen=True, slots=True)
class Reviewed(Adjusted):
    """Price review: every few years a price that has strayed is reset, and keeps the new ratio.

    Attributes
    ----------
    every : int
        Years between reviews; the first is after as many.
    back_to : Price
        What it is compared with and reset to.
    band : float
        How far it may stray from that, as a share of it, and stay.
    by : {"either", "seller", "buyer"}
        Who may call for it: a seller does when the price is too low, a buyer when it is too high.

    Examples
    --------
    >>> Reviewed(3, Indexed("fair"), band=0.2).words()
    'the market price, reviewed every 3 years back to the fair price when more than 20% off'
    """

    every: int
    back_to: Price = SPOT
    band: float = 0.0
    by: Literal["either", "seller", "buyer"] = "either"

    def __post_init__(self) -> None:
        check_number(self.every, "every", 1, 40, integer=True)
        if as_price(self.back_to, "back_to") is None:
            raise CritminError("back_to must be a term of price such as Indexed('fair'), got None")
        check_number(self.band, "band", 0, 10)
        check_by(self.by)

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        shape = (len(market.years), market.samples)
        base = np.broadcast_to(self.base().paid(market), shape)
        reference = np.broadcast_to(self.back_to.paid(market), shape)
        factor = np.ones(market.samples)
        paid, moved = np.empty(shape), np.zeros(shape, bool)
        for y in range(len(market.years)):
            if y and y % self.every == 0:
                off = base[y] * factor / reference[y] - 1
                low = off < -self.band if self.by != "buyer" else False
                high = off > self.band if self.by != "seller" else False
                moved[y] = (low | high) & (base[y] != 0)  # no factor makes a price of nothing
                np.divide(reference[y], base[y], out=factor, where=moved[y])
            paid[y] = base[y] * factor
        market.mark("reviewed", moved)
        return paid

    def words(self) -> str:
        """The term in words."""
        who = "" if self.by == "either" else f" if the {self.by} asks"
        return (
            f"{self.base().words()}, reviewed every {self.every} years{who} back to "
            f"{self.back_to.words()} when more than {100 * self.band:.4g}% off"
        )


@dataclass(frozen=True, slots=True)
class Toll(Adjusted):
    """A charge taken off the price, such as a smelter's for treatment and refining.

    Attributes
    ----------
    charge : float, str or tuple of these
        Per unit of what is sold.

    Examples
    --------
    >>> Toll(80).words()
    'the market price, less a toll of 80'
    """

    charge: Amount

    def paid(self, market: Market) -> Floats:
        """Money per tonne; see `Price.paid`."""
        return self.base().paid(market) - market.amount(self.charge, "toll", small=True)

    def words(self) -> str:
        """The term in words."""
        return f"{self.base().words()}, less a toll of {words_of(self.charge)}"
