"""What every check of the model is called, says and asks: one definition for pages and command line."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from critmin.exceptions import UnknownNameError

SIGNIFICANCE = 0.01
"""Over all rows of a table together."""


def _calibrated(table: pd.DataFrame) -> bool:
    # Bonferroni: one row of many may look odd by chance.
    return bool((table["p_value"] > SIGNIFICANCE / len(table)).all())


def _predicted(table: pd.DataFrame) -> bool:
    above = table["above"] if "above" in table else table.xs("above", axis=1, level=1)
    edge = SIGNIFICANCE / 2
    return bool(((above >= edge) & (above <= 1 - edge)).all(axis=None))


def _beats_the_last(table: pd.DataFrame) -> bool | None:
    better = (table["log_score"] - table["log_score_stays"]).dropna()
    return bool(better.mean() < 0) if len(better) else None


@dataclass(frozen=True, slots=True)
class Definition:
    """What a check asks.

    Attributes
    ----------
    title : str
        Over its table.
    note : str
        What to know when reading it.
    command : str
        That makes it anew.
    passes : callable, optional
        Whether a table passes; None where a check describes and there is nothing to pass.
    """

    title: str
    note: str
    command: str
    passes: Callable[[pd.DataFrame], bool | None] | None = None


DEFINITIONS: dict[str, Definition] = {
    "backtest": Definition(
        "Backtest",
        "By years ahead; skill is against the random walk.",
        "critmin backtest --processes 2 --folder backtest --out backtest.csv",
    ),
    "supply": Definition(
        "Backtest of world output",
        "By years ahead; skill is against output that stays as it was.",
        "critmin backtest --processes 2 --folder backtest --out backtest.csv",
    ),
    "prior_swaps": Definition(
        "Prior swaps",
        "Change of the log of cost and of fair over market price in the last year.",
        "critmin audit swaps",
    ),
    "knock_outs": Definition(
        "Publishers left out",
        "Change of the log of cost and of fair over market price in the last year.",
        "critmin audit publishers",
    ),
    "predictive": Definition(
        "Posterior predictive checks",
        "Share of predicted histories above the observed; in sample.",
        "critmin audit predictive",
        _predicted,
    ),
    "sbc": Definition(
        "Simulation-based calibration",
        "Ranks of the truth among posterior draws of simulated histories: mean 1/2 if right.",
        "critmin audit sbc",
        _calibrated,
    ),
    "contraction": Definition(
        "Contraction", "1 less posterior over prior variance.", "critmin audit contraction"
    ),
    "events": Definition(
        "Past export controls",
        "Price over that of the year before the control: as it happened, as forecast before it "
        "without and with the control (median, 90% interval).",
        "critmin audit events",
    ),
    "held_back": Definition(
        "Wedges held back",
        "A fence's last wedges, or those under one control, predicted from what is left; scores against "
        "a last wedge that stays and one that returns (less is better). It passes if it beats the first "
        "by mean log score.",
        "critmin audit wedges",
        _beats_the_last,
    ),
    "power_scaling": Definition(
        "Power-scaling",
        "Which priors move cost and fair price, and by how much.",
        "critmin audit priors",
    ),
    "module_worth": Definition(
        "Worth of modules",
        "Predictive score of the model with and without each module.",
        "critmin audit modules",
    ),
    "leave_group_out": Definition(
        "Groups left out",
        "How far the other minerals move when one group is left out.",
        "critmin audit groups",
    ),
}
"""By name of the check."""


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A check of the model with what it found.

    Attributes
    ----------
    name : str
        One of `DEFINITIONS`.
    table : DataFrame
    passed : bool or None
        None where there is nothing to pass.

    Examples
    --------
    >>> found = Check.of("sbc", pd.DataFrame({"p_value": [0.4, 0.7]}, index=["tail", "slope"]))
    >>> found.title, found.passed, found.verdict
    ('Simulation-based calibration', True, 'Passed.')
    """

    name: str
    table: pd.DataFrame
    passed: bool | None

    @classmethod
    def of(cls, name: str, table: pd.DataFrame) -> "Check":
        """Judge a table by the definition of its check.

        Raises
        ------
        UnknownNameError
            If there is no such check.
        """
        if name not in DEFINITIONS:
            raise UnknownNameError.of("check", name, DEFINITIONS)
        passes = DEFINITIONS[name].passes
        return cls(name, table, None if passes is None else passes(table))

    @property
    def title(self) -> str:
        """What stands over its table."""
        return DEFINITIONS[self.name].title

    @property
    def note(self) -> str:
        """What to know when reading it."""
        return DEFINITIONS[self.name].note

    @property
    def command(self) -> str:
        """What makes it anew."""
        return DEFINITIONS[self.name].command

    @property
    def verdict(self) -> str:
        """Whether it passed, in words; "" where there is nothing to pass."""
        return {True: "Passed.", False: "Not passed.", None: ""}[self.passed]
