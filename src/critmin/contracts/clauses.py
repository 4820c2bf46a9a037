"""Clauses on volumes and money between buyer and seller: delivery, take-or-pay, prepayment, streaming."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critmin.contracts.amounts import Amount, words_of
from critmin.contracts.cashflows import Clause, Run
from critmin.data.countries import as_country
from critmin.exceptions import CritminError
from critmin.internal.checks import check_number


@dataclass(frozen=True, slots=True)
class Delivery(Clause):
    """The seller delivers as its country's output and export restrictions in the forecast allow.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3, a producer that the forecast tells apart.
    tolerance : float
        Output may lie below the year's median by this share before anything is missing.
    penalty : float
        Share of its price that the seller owes for a tonne missing because of low output. What a
        restriction withholds is force majeure: nothing is owed.

    Notes
    -----
    The country's share withheld is the contract's: a buyer with a licence of its own does better. Of
    a basket the first mineral counts.

    Examples
    --------
    >>> Delivery("AUS", penalty=0.2).words()
    "delivery depends on AUS's output, at 20% of the price for e...s are force majeure"
    """

    country: str
    tolerance: float = 0.1
    penalty: float = 0.0
    stage: ClassVar[int] = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "country", as_country(self.country))
        check_number(self.tolerance, "tolerance", 0, 1)
        check_number(self.penalty, "penalty", 0, 5)

    def act(self, run: Run) -> None:
        """Cut what can be delivered, and pay for what should have been."""
        market = run.market
        output = market.country("production", self.country)
        free = 1 - market.country("withheld", self.country)
        normal = np.median(output, axis=1, keepdims=True)
        short = np.maximum(1 - self.tolerance - output / np.maximum(normal, 1e-12), 0)
        missing = run.planned * free * short
        run.deliverable = run.planned * free * (1 - short)
        run.taken = run.deliverable
        run.pay("seller", "buyer", self.penalty * run.price * missing)
        if market.marks is not None:
            market.mark("delivery", run.deliverable < run.planned * (1 - 1e-9))

    def words(self) -> str:
        """The clause in words."""
        owed = f", at {100 * self.penalty:.4g}% of the price for each missing tonne"
        return (
            f"delivery depends on {self.country}'s output{owed if self.penalty else ''}, its export "
            "restrictions are force majeure"
        )


@dataclass(frozen=True, slots=True)
class Take(Clause):
    """How much the buyer must take, may take and pays for in any case.

    Attributes
    ----------
    minimum, maximum : float
        Shares of the year's volume.
    pay : float, optional
        Share that is paid for at least, taken or not; the minimum by default.
    make_up : int
        Years in which what was paid for and not taken may be taken for nothing.

    Notes
    -----
    The buyer's rule looks at the year's prices only: it takes the maximum where the contract's price
    is not above the market's, and the minimum otherwise. It makes up in years of the first kind, the
    oldest tonnes first, at most one year's deliverable volume, which the seller would have sold at the
    market price. What is not made up in time is lost.

    Examples
    --------
    >>> Take(0.8, pay=0.9, make_up=3).words()
    'the buyer takes 80% to 100% of the volume, pays for at leas...r it within 3 years'
    """

    minimum: float = 1.0
    maximum: float = 1.0
    pay: float | None = None
    make_up: int = 0
    stage: ClassVar[int] = 30

    def __post_init__(self) -> None:
        check_number(self.minimum, "minimum", 0, 1)
        check_number(self.maximum, "maximum", self.minimum, 5)
        if self.pay is not None:
            check_number(self.pay, "pay", 0, self.maximum)
        check_number(self.make_up, "make_up", 0, 40, integer=True)

    def act(self, run: Run) -> None:
        """Decide what is taken, pay for what is not, and make up for it later."""
        spot = run.market.spot
        cheap = run.price <= spot
        run.taken = run.deliverable * np.where(cheap, self.maximum, self.minimum)
        owed = (self.pay or 0.0) * run.deliverable
        idle = np.maximum(owed - run.taken, 0)
        run.pay("buyer", "seller", idle * run.price)
        if run.market.marks is not None:
            run.market.mark("take", idle > 0)
        if self.make_up and idle.any():
            self._make_up(run, idle, cheap)

    def _make_up(self, run: Run, idle: np.ndarray, cheap: np.ndarray) -> None:
        free = np.zeros_like(idle)
        for y in range(len(idle)):
            room = np.where(cheap[y], run.deliverable[y], 0.0)
            for earlier in range(max(y - self.make_up, 0), y):
                now = np.minimum(idle[earlier], room)
                idle[earlier] -= now
                room = room - now
                free[y] += now
        run.pay("seller", "buyer", free * run.market.spot)

    def words(self) -> str:
        """The clause in words."""
        said = (
            f"the buyer takes {100 * self.minimum:.4g}% to {100 * self.maximum:.4g}% of the volume"
        )
        if self.pay is not None:
            said += f", pays for at least {100 * self.pay:.4g}%"
        if self.make_up:
            said += f", and may make up for it within {self.make_up} years"
        return said


@dataclass(frozen=True, slots=True)
class Prepayment(Clause):
    """The buyer pays a sum in the first year, which the seller gives back off later invoices.

    Attributes
    ----------
    amount : float or str
        Money, such as ``"50 million USD"``.
    over : int
        Equal yearly instalments, from the second year on.
    rate : float
        Yearly interest: nominal, or real if the contract's amounts are.

    Examples
    --------
    >>> Prepayment("50 million USD", 5, 0.06).words()
    'the buyer prepays 50 million USD, given back over 5 years at 6%'
    """

    amount: float | str
    over: int
    rate: float = 0.0

    def __post_init__(self) -> None:
        check_number(self.over, "over", 1, 39, integer=True)
        check_number(self.rate, "rate", 0, 0.5)

    def act(self, run: Run) -> None:
        """Pay the sum and the instalments."""
        years = len(run.market.years)
        if self.over >= years:
            raise CritminError(
                f"a prepayment given back over {self.over} years needs a contract of more than that, "
                f"got {years} years"
            )
        run.pay("buyer", "seller", run.lump(self.amount, "prepayment"))
        amount = run.market.goods.money(self.amount, "prepayment")
        growth = (1 + self.rate) ** self.over
        annuity = (
            amount / self.over if self.rate == 0 else amount * self.rate * growth / (growth - 1)
        )
        schedule = np.zeros((years, 1))
        schedule[1 : self.over + 1] = annuity
        run.pay("seller", "buyer", run.market.inflated(schedule))

    def words(self) -> str:
        """The clause in words."""
        return (
            f"the buyer prepays {words_of(self.amount)}, given back over {self.over} years at "
            f"{100 * self.rate:.4g}%"
        )


@dataclass(frozen=True, slots=True)
class Streaming(Clause):
    """The buyer pays a sum in the first year for the right to a share of the volume at a low price.

    Attributes
    ----------
    share : float
        Of what is taken.
    at : float, str or tuple of these
        Price paid for that share instead of the contract's.
    upfront : float or str
        Money.

    Examples
    --------
    >>> Streaming(0.1, 6_000, "60 million USD").words()
    '10% of it is streamed at 6,000 for 60 million USD at the start'
    """

    share: float
    at: Amount
    upfront: float | str

    def __post_init__(self) -> None:
        check_number(self.share, "share", 0, 1)

    def act(self, run: Run) -> None:
        """Pay the sum, and less for the share."""
        run.pay("buyer", "seller", run.lump(self.upfront, "upfront"))
        at = run.market.amount(self.at, "streaming price")
        run.pay("seller", "buyer", self.share * run.taken * (run.price - at))

    def words(self) -> str:
        """The clause in words."""
        return (
            f"{100 * self.share:.4g}% of it is streamed at {words_of(self.at)} for "
            f"{words_of(self.upfront)} at the start"
        )
