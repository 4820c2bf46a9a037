"""Clauses with a third party or without any: a state's floor, royalties, security of supply."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critmin.contracts.amounts import Amount, words_of
from critmin.contracts.cashflows import DEADWEIGHT, Clause, Run
from critmin.contracts.prices import Indexed, Price, as_price
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number


def _check_payer(name: object) -> None:
    if not isinstance(name, str) or not name or name in ("seller", "buyer", DEADWEIGHT):
        raise CritminError(
            f"payer must be the name of a third party, such as 'state', got {name!r}"
        )


def _reference(run: Run, price: Price | None) -> Floats:
    return (Indexed() if price is None else price).paid(run.market)


@dataclass(frozen=True, slots=True)
class StateFloor(Clause):
    """A third party pays the seller what a reference price lacks to a floor (contract for difference).

    Attributes
    ----------
    at : float, str or tuple of these
    payer : str
    reference : Price, optional
        The market price by default.

    Notes
    -----
    It is paid on all that the seller can deliver, and goes on when a party has walked away.

    Examples
    --------
    >>> StateFloor("110 USD/kg").words()
    'the state pays the seller what the market lacks to 110 USD/kg'
    """

    at: Amount
    payer: str = "state"
    reference: Price | None = None
    stage: ClassVar[int] = 60

    def __post_init__(self) -> None:
        _check_payer(self.payer)
        as_price(self.reference, "reference")

    def act(self, run: Run) -> None:
        """Pay the difference."""
        lacking = run.market.amount(self.at, "state's floor") - _reference(run, self.reference)
        run.pay(self.payer, "seller", run.deliverable * np.maximum(lacking, 0))
        if run.market.marks is not None:
            run.market.mark("statefloor", lacking > 0)

    def words(self) -> str:
        """The clause in words."""
        return f"the {self.payer} pays the seller what the market lacks to {words_of(self.at)}"


@dataclass(frozen=True, slots=True)
class StateShare(Clause):
    """A third party gets a share of what a reference price is above an amount.

    Attributes
    ----------
    above : float, str or tuple of these
    share : float
    payer : str
        Who gets it.
    reference : Price, optional
        The market price by default.

    Examples
    --------
    >>> StateShare("110 USD/kg", 0.3).words()
    'the state gets 30% of what the market is above 110 USD/kg'
    """

    above: Amount
    share: float
    payer: str = "state"
    reference: Price | None = None
    stage: ClassVar[int] = 60

    def __post_init__(self) -> None:
        _check_payer(self.payer)
        as_price(self.reference, "reference")
        check_number(self.share, "share", 0, 1)

    def act(self, run: Run) -> None:
        """Pay the share."""
        excess = _reference(run, self.reference) - run.market.amount(self.above, "above")
        run.pay("seller", self.payer, self.share * run.deliverable * np.maximum(excess, 0))
        if run.market.marks is not None:
            run.market.mark("stateshare", excess > 0)

    def words(self) -> str:
        """The clause in words."""
        return (
            f"the {self.payer} gets {100 * self.share:.4g}% of what the market is above "
            f"{words_of(self.above)}"
        )


@dataclass(frozen=True, slots=True)
class Royalty(Clause):
    """The seller owes a third party a share of the market value of what it delivers.

    Attributes
    ----------
    rate : float
    upfront : float or str
        Money that the third party pays in the first year for it.
    payer : str
        Who gets the royalty.

    Examples
    --------
    >>> Royalty(0.02).words()
    'the royalty holder gets a royalty of 2%'
    """

    rate: float
    upfront: float | str = 0.0
    payer: str = "royalty holder"
    stage: ClassVar[int] = 60

    def __post_init__(self) -> None:
        _check_payer(self.payer)
        check_number(self.rate, "rate", 0, 1)

    def act(self, run: Run) -> None:
        """Pay the royalty."""
        run.pay(self.payer, "seller", run.lump(self.upfront, "upfront"))
        run.pay("seller", self.payer, self.rate * run.deliverable * run.market.spot)

    def words(self) -> str:
        """The clause in words."""
        paid = f" for {words_of(self.upfront)} at the start" if self.upfront else ""
        return f"the {self.payer} gets a royalty of {100 * self.rate:.4g}%{paid}"


@dataclass(frozen=True, slots=True)
class Security(Clause):
    """What a stop costs the buyer, and how far the contract buys it down.

    Attributes
    ----------
    stop_cost : float, str or tuple of these
        Money that each tonne which the buyer needs and cannot get costs it, beyond its price.

    Notes
    -----
    Without the contract the buyer goes short of the share of world supply that restrictions withhold in
    the forecast; with it, of what the seller cannot deliver (`Delivery`), or again of the market's
    share once a party has walked away. The difference is nobody's payment: it stands apart, as
    ``security``, and counts for the buyer in a negotiation.

    Examples
    --------
    >>> Security("30 USD/lb").words()
    'a missing tonne costs the buyer 30 USD/lb beyond its price'
    """

    stop_cost: Amount
    stage: ClassVar[int] = 70

    def act(self, run: Run) -> None:
        """Count what is spared."""
        lost = run.planned * run.market.lost()
        short = np.where(run.alive, run.planned - run.deliverable, lost)
        cost = run.market.amount(self.stop_cost, "stop_cost", small=False)
        run.security = run.security + cost * (lost - short)

    def words(self) -> str:
        """The clause in words."""
        return f"a missing tonne costs the buyer {words_of(self.stop_cost)} beyond its price"
