"""Who pays whom, year by year and draw by draw, against buying and selling at the market price."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from critmin.contracts.market import FAR, Market
from critmin.exceptions import CritminError
from critmin.internal.arrays import Bools, Floats

DEADWEIGHT = "deadweight"
"""What is lost to everybody: lawyers, and the cost of walking away."""


@dataclass(slots=True, eq=False)
class Run:
    """A contract in the course of its years; clauses act on it in the order of their stage.

    Attributes
    ----------
    market : Market
    discount : float
        Real yearly rate.
    planned : array (Y, 1)
        Tonnes of each year.
    deliverable : array (Y, S)
        What the seller can deliver of them.
    price : array (Y, S)
        Nominal money per tonne.
    taken : array (Y, S)
        Tonnes delivered at that price.
    alive : array (Y, S) of bool
        Where no party has walked away.
    flows : dict of str to array (Y, S)
        Nominal money that each party gets, against the market; they add up to zero.
    security : array (Y, S)
        Nominal money of losses that the contract spares the buyer; nobody pays it.
    """

    market: Market
    discount: float
    planned: Floats
    deliverable: Floats
    price: Floats
    taken: Floats
    alive: Bools
    flows: dict[str, Floats] = field(default_factory=dict)
    security: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.security = np.zeros_like(self.price)

    def pay(self, payer: str, to: str, money: Floats | float) -> None:
        """Move money from one party to another; negative money goes back."""
        for party, sign in ((payer, -1.0), (to, 1.0)):
            if party not in self.flows:
                self.flows[party] = np.zeros_like(self.price)
            self.flows[party] += sign * money

    def lump(self, given: float | str, name: str) -> Floats:
        """A sum paid in the first year (Y, 1), in nominal money.

        Raises
        ------
        CritminError
            If it is `FAR` times the market value of all that is sold.
        """
        amount = self.market.goods.money(given, name)
        whole = self.market.typical * float(self.planned.sum())
        if amount > FAR * whole:
            raise CritminError(
                f"{name} of {given} is {amount / whole:,.3g} times the market value of all that is sold, "
                f"{whole:,.4g} {self.market.goods.currency}; a sum is such as '50 million USD'"
            )
        schedule = np.zeros_like(self.planned)
        schedule[0] = amount
        return self.market.inflated(schedule)

    def remaining(self) -> Floats:
        """Tonnes of this and the later years (Y, 1), brought to the year's value."""
        keep = 1 / (1 + self.discount)
        whole = np.zeros_like(self.planned)
        ahead = np.zeros(1)
        for y in range(len(whole) - 1, -1, -1):
            ahead = self.planned[y] + keep * ahead
            whole[y] = ahead
        return whole

    def worth(self) -> Floats:
        """What remains at the contract's price (Y, S); nothing where a toll takes more than all of it."""
        return np.maximum(self.price, 0.0) * self.remaining()


@dataclass(frozen=True, slots=True)
class Clause:
    """Anything that acts on a run beside the price; a new one needs `act`, `words` and a stage.

    Stages: 10 what can be delivered, 20 the price, 30 what is taken, 40 payments between the two
    parties, 50 walking away, 60 payments by and to others, 70 what nobody pays.
    """

    stage: ClassVar[int] = 40

    def act(self, run: Run) -> None:
        """Change the run."""
        raise NotImplementedError

    def words(self) -> str:
        """The clause in words."""
        raise NotImplementedError

    def label(self) -> str:
        """Short name of the clause in tables."""
        return type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class Settle(Clause):
    """What every contract has: what is taken is paid for at the price, instead of at the market's."""

    stage: ClassVar[int] = 39

    def act(self, run: Run) -> None:
        """Pay the difference to the market price."""
        run.pay("buyer", "seller", run.taken * (run.price - run.market.spot))

    def words(self) -> str:
        """The clause in words."""
        return "what is taken is paid for"


def settle(
    market: Market, price: Floats, planned: Floats, clauses: Sequence[Clause], discount: float
) -> Run:
    """Run a contract through its years.

    Parameters
    ----------
    market : Market
    price : array (Y, S) or (Y, 1)
        Nominal money per tonne.
    planned : array (Y,)
        Tonnes of each year.
    clauses : sequence of Clause
    discount : float
        Real yearly rate, for clauses that value what remains.

    Returns
    -------
    Run
    """
    shape = (len(market.years), market.samples)
    column = np.asarray(planned, dtype=float)[:, None]
    whole = np.broadcast_to(column, shape)
    paid = np.broadcast_to(price, shape)
    run = Run(market, discount, column, whole, paid, whole, np.ones(shape, bool))
    run.flows = {party: np.zeros(shape) for party in ("seller", "buyer", DEADWEIGHT)}
    for clause in sorted((*clauses, Settle()), key=lambda each: each.stage):
        clause.act(run)
    return run


def real(run: Run) -> Run:
    """The same run with flows and security in real money."""
    money = run.market.money
    changed = replace(run, flows={k: v / money for k, v in run.flows.items()})
    changed.security = run.security / money
    return changed


def discount_factors(market: Market, discount: float) -> Floats:
    """Value at the end of the forecast's origin (Y,) of real money paid in the middle of each year."""
    ahead = market.offset + 0.5 + np.arange(len(market.years))
    return np.asarray((1 + discount) ** -ahead, dtype=float)
