"""Prices on both sides of a fence, and what a distortion is made of, as variables of a result."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import country_names
from critmin.internal.arrays import Floats
from critmin.internal.checks import Prob
from critmin.internal.tables import intervals
from critmin.posterior import Posterior
from critmin.simulation.paths import Paths

MEASURED = 0.3
"""Part of the prior variance of what a fence withholds from which the data are said to have measured it."""

SIDES: tuple[str, ...] = ("marginal_price", "inside_price")
"""Prices that a result has only where a fence is."""

PRICE_LOOKS: dict[str, tuple[str, str]] = {
    "market_price": ("#c04a00", "market price"),
    "fair_price": ("#00735c", "fair price"),
    "inside_price": ("#0062a3", "inside price"),
    "marginal_price": ("#a8487f", "marginal price"),
}
"""Colour and name of each price in pictures; the first two always exist. Okabe and Ito's vermilion, green,
blue and purple (2008, Color Universal Design), darkened until words in them stand out from white by 4.5
to 1."""

Variables = dict[str, tuple[tuple[str, str], Floats, dict[str, str]]]


def prices_of(draws: xr.Dataset, first: Iterable[str]) -> tuple[str, ...]:
    """Names of a result's prices: the given ones, then those of both sides of a fence if there is one."""
    return (*first, *(name for name in SIDES if name in draws))


def price_variables(paths: Paths, scale: Floats, attrs: dict[str, str]) -> Variables:
    """Every price of a simulation as variables (sample, year)."""
    named = {
        "market_price": paths.market,
        "fair_price": paths.fair,
        "fair_price_today": paths.fair_today,
        "unsupported_price": paths.unsupported,
    }
    if paths.fence:
        named |= {"marginal_price": paths.marginal, "inside_price": paths.inside}
    return {name: (("sample", "year"), path * scale, attrs) for name, path in named.items()}


def fence_attrs(posterior: Posterior, mineral: str, paths: Paths) -> dict[str, str]:
    """What is known of the fence: country and whether what it withholds was measured."""
    if not paths.fence:
        return {}
    known = {p.country: p.withheld_contraction for p in posterior.producers(mineral)}
    basis = "measured" if known.get(paths.fence, 0.0) >= MEASURED else "assumed"
    return {"fence": paths.fence, "fence_basis": basis}


def fence_in_words(draws: xr.Dataset) -> str:
    """Where the fence is, and how far it is known.

    Examples
    --------
    >>> fence_in_words(xr.Dataset(attrs={"fence": "CHN", "fence_basis": "measured"}))
    'Exports of China are restricted; how much is withheld was measured'
    """
    if "fence" not in draws.attrs:
        return ""
    country = country_names().get(draws.attrs["fence"], draws.attrs["fence"])
    basis = {"measured": "was measured", "assumed": "is assumed, not measured"}
    return f"Exports of {country} are restricted; how much is withheld {basis[draws.attrs['fence_basis']]}"


def distortion(draws: xr.Dataset, prob: Prob) -> pd.DataFrame:
    """Split the market price less the fair one into what fences and state support do to it.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.FairPrice` or `critmin.Forecast`.
    prob : float or several
        Probabilities of the intervals.

    Returns
    -------
    DataFrame
        Indexed by year and part: ``all``, ``support`` and ``fence`` (which add up draw by draw), and,
        where there is a fence, ``wedge``: market less inside price, taxes included. Columns (unit,
        statistic), in the unit of the prices and in percent of the fair price.
    """
    fair, market = draws["fair_price"], draws["market_price"]
    support = market - draws["unsupported_price"]
    parts = {"all": market - fair, "support": support, "fence": market - fair - support}
    if "inside_price" in draws:
        parts["wedge"] = market - draws["inside_price"]
    tables = {}
    for name, part in parts.items():
        columns: dict[tuple[str, str], Any] = {}
        for unit, values in (("price", part), ("%", 100 * part / fair)):
            shown = np.asarray(values.transpose("sample", "year").values)
            columns |= {(unit, label): row for label, row in intervals(shown, prob).items()}
        tables[name] = pd.DataFrame(columns, index=pd.Index(draws["year"].values, name="year"))
    table = (
        pd.concat(tables, names=["part"]).swaplevel().sort_index(level="year", sort_remaining=False)
    )
    table.attrs |= fair.attrs
    return table
