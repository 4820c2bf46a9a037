"""What a producing country earns in a simulation, at home and abroad, and which measures are tried."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from critmin.data.countries import ROW
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number
from critmin.model.borders import duty_revenue
from critmin.simulation.paths import Paths

QUOTAS: tuple[float, ...] = tuple(i / 10 for i in range(10))
"""Shares of its exports that a country withholds, where none are given."""


def levels_tried(
    withheld: Sequence[float] | None, duty: Sequence[float] | None
) -> tuple[str, tuple[float, ...]]:
    """What is tried: the policy and its levels, from nothing on.

    Parameters
    ----------
    withheld, duty : sequence of float or None
        As of `critmin.producer_revenue`.

    Raises
    ------
    CritminError
        If both are given, or one is no sequence of numbers in range.
    """
    if withheld is not None and duty is not None:
        raise CritminError("give withheld or duty, not both: use scenario for the other")
    policy = "withheld" if duty is None else "duty"
    given = QUOTAS if withheld is None and duty is None else withheld if duty is None else duty
    if (
        isinstance(given, str)
        or not isinstance(given, Sequence | np.ndarray | pd.Series)
        or not (np.ndim(given) and len(given))
    ):
        raise CritminError(
            f"{policy} must be several numbers, such as (0.1, 0.2), got {' '.join(repr(given).split()):.80}"
        )
    for level in given:
        check_number(level, f"every level of {policy}", 0, 1 if policy == "withheld" else 5)
    return policy, tuple(sorted({0.0, *map(float, given)}))


def earned(
    paths: Paths, country: str, worth: Floats, scale: Floats, royalty: float | None = None
) -> dict[str, Floats]:
    """What one country earns under one measure, (sample,).

    Parameters
    ----------
    paths : Paths
    country : str
        ISO 3166 alpha-3.
    worth : array (year,)
        Of a real dollar of each year.
    scale : array (year,)
        What turns real USD per tonne into the unit of the price.
    royalty : float, optional
        Share of what producers are paid that the state takes.

    Returns
    -------
    dict of str to array
        ``exports``, what buyers abroad pay, ``duty``, the state's part, ``home``, what its users pay;
        ``royalty``, where there is one, of both less the duty;
        ``share`` of what buyers outside get in the last year; ``price``, the mean price outside.

    Raises
    ------
    CritminError
        If the country is not told apart.
    """
    if country not in paths.countries:
        known = ", ".join(c for c in paths.countries if c != ROW)
        raise CritminError(f"{country} is not among the producers that are told apart: {known}")
    i = paths.countries.index(country)
    exports = paths.exports[i]
    used = paths.made[i] * (1 - paths.exported[i])
    inside = paths.inside if paths.fence == country else paths.market
    sold = (paths.production * (1 - paths.unsold)).sum(axis=0) - used
    taxed = duty_revenue(rate=paths.duty[i], price=paths.market, exports=exports)
    found = {
        "exports": (paths.market * exports) @ worth,
        "duty": taxed @ worth,
        "home": (inside * used) @ worth,
        "share": exports[:, -1] / sold[:, -1],
        "price": (paths.market * scale).mean(axis=1),
    }
    if royalty is not None:
        found["royalty"] = royalty * (found["exports"] - found["duty"] + found["home"])
    return found
