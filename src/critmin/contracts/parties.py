"""Parties: what risk is worth to them, and what they do when a contract has become too dear."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from critmin.contracts.cashflows import DEADWEIGHT, Clause, Run
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Bools, Floats
from critmin.internal.checks import check_number

Attitude = Literal["cara", "crra", "cvar"]


def _strays(run: Run, share: float, by: str) -> tuple[Bools, Bools]:
    """Where the buyer and the seller lose more than a share of the contract's value at today's prices."""
    gap = (run.price - run.market.spot) / np.maximum(run.price, 1e-12)
    return (gap > share) & (by != "seller"), (-gap > share) & (by != "buyer")


def check_by(by: object) -> None:
    """Refuse who is no party of a contract."""
    if by not in ("either", "seller", "buyer"):
        raise UnknownNameError.of("party", by, ("either", "seller", "buyer"))


@dataclass(frozen=True, slots=True)
class Default(Clause):
    """A party walks away when what it would lose exceeds a share of what remains of the contract.

    Attributes
    ----------
    share : float
        Of the value of the remaining volumes at the contract's price.
    penalty : float
        Share of that value which it pays the other for walking away.
    cost : float
        Share of it that is lost to both.
    by : {"either", "seller", "buyer"}

    Notes
    -----
    The loss is what would be lost if the year's contract and market prices stayed as they are: nobody
    looks ahead, and volumes cancel, so that the buyer walks where the price is above the market's by
    more than ``share`` of the price. What is prepaid and not yet given back is lost.

    Examples
    --------
    >>> Default(0.6, penalty=0.1).words()
    'a party walks when it would lose more than 60% of what remains, for a penalty of 10%'
    """

    share: float
    penalty: float = 0.0
    cost: float = 0.0
    by: Literal["either", "seller", "buyer"] = "either"
    stage: ClassVar[int] = 50

    def __post_init__(self) -> None:
        check_number(self.share, "share", 0, 10)
        check_number(self.penalty, "penalty", 0, 5)
        check_number(self.cost, "cost", 0, 5)
        check_by(self.by)

    def act(self, run: Run) -> None:
        """End the contract where a party walks."""
        buyer, seller = _strays(run, self.share, self.by)
        gone = np.logical_or.accumulate(buyer | seller, axis=0)
        first = gone & ~np.vstack([np.zeros((1, gone.shape[1]), bool), gone[:-1]])
        for party in ("seller", "buyer"):
            run.flows[party] = np.where(gone, 0.0, run.flows[party])
        run.flows[DEADWEIGHT] = np.where(gone, 0.0, run.flows[DEADWEIGHT])
        run.alive = run.alive & ~gone
        run.taken = np.where(gone, 0.0, run.taken)
        value = run.worth()
        for who, other, where in (("buyer", "seller", buyer), ("seller", "buyer", seller)):
            walks = np.where(first & where, value, 0.0)
            run.pay(who, other, self.penalty * walks)
            run.pay(who, DEADWEIGHT, self.cost * walks)
        if run.market.marks is not None:
            run.market.mark("default", gone)

    def words(self) -> str:
        """The clause in words."""
        who = "a party" if self.by == "either" else f"the {self.by}"
        return (
            f"{who} walks when it would lose more than {100 * self.share:.4g}% of what remains, for a "
            f"penalty of {100 * self.penalty:.4g}%"
        )


@dataclass(frozen=True, slots=True)
class Renegotiation(Clause):
    """Instead of walking, parties meet part of the way to the market, from then on.

    Attributes
    ----------
    share : float
        As in `Default`.
    split : float
        Part of the way to the market price that the contract's price goes, in that and every later year.
    cost : float
        Share of the remaining value that this costs, half to each, lost to both.
    by : {"either", "seller", "buyer"}
        Who can ask for it.

    Examples
    --------
    >>> Renegotiation(0.5).words()
    'once a party would lose more than 50% of what remains, the price goes 50% of the way to the market'
    """

    share: float
    split: float = 0.5
    cost: float = 0.0
    by: Literal["either", "seller", "buyer"] = "either"
    stage: ClassVar[int] = 20

    def __post_init__(self) -> None:
        check_number(self.share, "share", 0, 10)
        check_number(self.split, "split", 0, 1)
        check_number(self.cost, "cost", 0, 5)
        check_by(self.by)

    def act(self, run: Run) -> None:
        """Move the price."""
        buyer, seller = _strays(run, self.share, self.by)
        since = np.logical_or.accumulate(buyer | seller, axis=0)
        first = since & ~np.vstack([np.zeros((1, since.shape[1]), bool), since[:-1]])
        if self.cost:
            half = self.cost / 2 * np.where(first, run.worth(), 0.0)
            run.pay("buyer", DEADWEIGHT, half)
            run.pay("seller", DEADWEIGHT, half)
        moved = run.price + self.split * (run.market.spot - run.price)
        run.price = np.where(since, moved, run.price)
        if run.market.marks is not None:
            run.market.mark("renegotiation", since)

    def words(self) -> str:
        """The clause in words."""
        return (
            f"once a party would lose more than {100 * self.share:.4g}% of what remains, the price "
            f"goes {100 * self.split:.4g}% of the way to the market"
        )


@dataclass(frozen=True, slots=True)
class Party:
    """What risk is worth to a buyer or a seller.

    Attributes
    ----------
    attitude : {"cara", "crra", "cvar"}
        Constant absolute or relative risk aversion (Pratt 1964), or a mean of the expectation and of
        the worst tenth (Rockafellar and Uryasev 2000).
    aversion : float
        Relative risk aversion at its wealth, for ``"cara"`` and ``"crra"``; weight of the worst tenth,
        0 to 1, for ``"cvar"``. 0 is indifferent to risk.
    wealth : float, optional
        What it has at stake beside this, in the contract's real money; by default ten times the expected
        market value of the contract's volume.
    exposure : float
        How far the market price of the contract's volume moves its profit: 1 for a seller that sells and
        a buyer that buys at the market and passes nothing on, 0 for one that passes all on.

    See Also
    --------
    critmin.contracts.Valuation : What takes one.
    critmin.contracts.Zone : Where two of them gain.

    Notes
    -----
    Log-normal costs have no moment generating function: the certainty equivalent of a buyer with
    constant absolute aversion rests on the dearest draws, and moves with their number. ``"cvar"`` does
    not. `certainty_equivalent` returns what the draws say in either case.

    References
    ----------
    Pratt (1964), Econometrica 32, on risk aversion.

    Rockafellar and Uryasev (2000), Journal of Risk 2, on the mean of the worst.

    Examples
    --------
    >>> coin = np.array([-10.0, 10.0])
    >>> float(Party("cvar", 0.2).certainty_equivalent(coin, 100.0))
    -2.0
    """

    attitude: Attitude = "cvar"
    aversion: float = 0.5
    wealth: float | None = None
    exposure: float = 1.0

    def __post_init__(self) -> None:
        if self.attitude not in ("cara", "crra", "cvar"):
            raise UnknownNameError.of("attitude", self.attitude, ("cara", "crra", "cvar"))
        check_number(self.aversion, "aversion", 0, 1 if self.attitude == "cvar" else 50)
        check_number(self.exposure, "exposure", 0, 1)
        if self.wealth is not None:
            check_number(self.wealth, "wealth", 1e-9, 1e18)

    def certainty_equivalent(self, outcome: Floats, wealth: float) -> Floats | float:
        """Sure sum that is worth as much as a risky one.

        Parameters
        ----------
        outcome : array (sample, ...)
            Money in each draw.
        wealth : float
            What counts where the party states none of its own.

        Returns
        -------
        array (...)

        Raises
        ------
        CritminError
            If constant relative aversion meets a draw in which all is lost.

        Examples
        --------
        >>> coin = np.array([-10.0, 10.0])
        >>> round(float(Party("crra", 1.0).certainty_equivalent(coin, 100.0)), 3)  # log utility
        -0.501
        >>> float(Party("cvar", 0.5).certainty_equivalent(coin, 100.0))
        -5.0
        """
        outcome = np.asarray(outcome, dtype=float)
        mean: Floats = outcome.mean(axis=0)
        stake = self.wealth if self.wealth is not None else wealth
        if self.aversion == 0:
            return mean
        if self.attitude == "cvar":
            return (1 - self.aversion) * mean + self.aversion * tail_mean(outcome)
        if self.attitude == "cara":
            rate = self.aversion / stake
            lowest = outcome.min(axis=0)
            spread = np.exp(-rate * (outcome - lowest)).mean(axis=0)
            return lowest - np.log(spread) / rate
        whole = (stake + outcome) / stake
        if (whole <= 0).any():
            raise CritminError(
                f"constant relative aversion needs wealth above the largest loss, {-outcome.min():,.4g}: "
                f"got {stake:,.4g}; give more wealth, less exposure, or take 'cara' or 'cvar'"
            )
        if self.aversion == 1:
            return stake * (np.exp(np.log(whole).mean(axis=0)) - 1)
        power = 1 - self.aversion
        return stake * ((whole**power).mean(axis=0) ** (1 / power) - 1)


def as_party(given: Party | None) -> Party:
    """A party, one of the default attitude if none is given.

    Raises
    ------
    CritminError
        If it is something else.
    """
    if given is None:
        return Party()
    if isinstance(given, Party):
        return given
    raise CritminError(f"a party must be such as Party('cvar', 0.5), got {given!r:.80}")


TAIL = 0.1
"""Share of the draws that is the worst tail."""


def tail_mean(outcome: Floats, tail: float = TAIL) -> Floats:
    """Mean of the lowest draws: conditional value at risk, as a gain (sample, ...)."""
    count = max(round(tail * len(outcome)), 1)
    worst: Floats = np.partition(outcome, count - 1, axis=0)[:count].mean(axis=0)
    return worst


def standard_error(values: Floats) -> float:
    """Monte Carlo error of a mean of independent draws; NaN of a single one."""
    if len(values) < 2:
        return float("nan")
    return float(values.std(ddof=1)) / float(np.sqrt(len(values)))
