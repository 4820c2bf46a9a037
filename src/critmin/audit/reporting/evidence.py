"""Tables that were measured once for the built-in posterior."""

from functools import cache
from importlib.resources import files

import pandas as pd

from critmin.audit.backtesting.record import STRUCTURAL, widened
from critmin.audit.checks.check import DEFINITIONS
from critmin.exceptions import DataError

LIMITS: tuple[str, ...] = (
    "How much support states give is mostly assumed: no series of subsidies exists. The fair price "
    "under half and twice the support is in the table of prior swaps.",
    "A restriction that no government has yet taken anywhere has no rate in the record.",
    "Costs of single mines, contracts and qualities are private; the cost here is that of the "
    "marginal producer, known from published points where there are some, and else learned from the "
    "price around which the market hovers.",
    "Prices of a few assessed years say little: such a mineral leans on its group.",
    "Most figures are of today's vintage; what was known in the year itself is kept for output, and for "
    "prices of the last editions.",
    "Within a few years the market price is close to a random walk; the table of backtests says "
    "from where on the model knows more.",
)


USED = widened(STRUCTURAL)
"""Model of the backtest that forecasts are made with."""


EVIDENCE: tuple[str, ...] = (
    "backtest",
    "supply",
    "prior_swaps",
    "knock_outs",
    "predictive",
    "sbc",
    "contraction",
    "module_worth",
    "leave_group_out",
    "events",
    "held_back",
)
"""Checks whose tables were measured once for the built-in posterior."""


def evidence(name: str) -> pd.DataFrame:
    """A table of `EVIDENCE` as it was measured for the built-in posterior.

    Raises
    ------
    DataError
        If this copy of critmin lacks it.
    """
    return _stored(name).copy()


def measured(name: str) -> bool:
    """Whether a table of `EVIDENCE` was measured for the built-in posterior's version of the model.

    Examples
    --------
    >>> measured("backtest")
    True
    """
    return files("critmin").joinpath("audit", "evidence", f"{name}.csv.gz").is_file()


@cache
def _stored(name: str) -> pd.DataFrame:
    folder = files("critmin").joinpath("audit", "evidence")
    single = folder.joinpath(f"{name}.csv.gz")
    if not single.is_file():
        raise DataError(
            f"no table of evidence named {name!r}: make it with `{DEFINITIONS[name].command}`"
        )
    header = [0, 1] if name in ("prior_swaps", "knock_outs", "predictive") else 0
    index = None if name in ("backtest", "supply", "events", "held_back") else 0
    with single.open("rb") as stream:
        return pd.read_csv(stream, compression="gzip", header=header, index_col=index)


def moved(table: pd.DataFrame) -> pd.DataFrame:
    """What a change of priors or data moves over all minerals, from a table of one row a mineral.

    Parameters
    ----------
    table : DataFrame
        Of `critmin.audit.checks.priors.prior_swaps` or `knock_outs`.

    Returns
    -------
    DataFrame
        By change: ``median`` over minerals of the absolute change of the log of the ``cost`` and of the
        ``fair`` over the market price, the ``largest``, and the mineral that has it.

    Examples
    --------
    >>> table = pd.DataFrame({("half", "cost"): [0.1, -0.3], ("half", "fair"): [0.0, 0.2]})
    >>> table.index = ["nickel", "gallium"]
    >>> moved(table).loc["half", ("fair", "mineral")]
    'gallium'
    """
    rows = {}
    for change in table.columns.unique(0):
        part = table[change].abs()
        rows[change] = {
            (name, label): value
            for name in ("cost", "fair")
            for label, value in (
                ("median", part[name].median()),
                ("largest", part[name].max()),
                ("mineral", part[name].idxmax()),
            )
        }
    found = pd.DataFrame.from_dict(rows, orient="index")
    return found.set_axis(pd.MultiIndex.from_tuples(found.columns), axis=1).rename_axis("change")
