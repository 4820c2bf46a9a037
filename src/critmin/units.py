"""Units of price and mass, deflation and currency.

Inside critmin every price is real USD of `BASE_YEAR` per tonne of contained element. This
module is the only place where that is converted from or to anything else.

Notes
-----
Mass factors are exact by definition (international avoirdupois pound 0.45359237 kg, troy ounce
31.1034768 g); the mercury flask of 76 lb and the metric ton unit (10 kg, one percent of a tonne)
are those of the USGS, Mineral Commodity Summaries 2025, appendix A.
"""

import tomllib
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import pandas as pd

from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats

BASE_YEAR = 2025
"""Year of the US dollars that `real` prices are stated in."""

LONG_RUN_INFLATION = 0.02
"""Assumed US inflation after the data's end: the Federal Reserve's longer-run goal (FOMC 2012)."""

FORMS = tomllib.loads(files("critmin").joinpath("forms.toml").read_text(encoding="utf-8"))
"""The hand table of masses, forms and currencies, which nothing writes into."""

TONNES = MappingProxyType(
    {name: float(row["tonnes"]) for name, row in (FORMS["mass"] | FORMS["content"]).items()}
)
"""Tonnes in one of each unit of mass, as ``forms.toml`` states them."""

USD_PER_UNIT_PER_T = MappingProxyType(
    {f"USD/{unit}": 1 / tonnes for unit, tonnes in TONNES.items() if unit not in ("kt", "Mt")}
    | {"ct/lb": 0.01 / TONNES["lb"]}
)
"""Factor from each unit of price to USD per tonne."""

POUND_YEAR = 2024
"""Year of the rate of the pound, which has no rates by year."""

# Averages of `BASE_YEAR`, foreign currency per US dollar: US Federal Reserve, release G.5A. It does not
# give the pound, which is that of `POUND_YEAR`: US Internal Revenue Service, "Yearly average currency
# exchange rates". Held constant in real terms.
UNITS_PER_USD = MappingProxyType(
    {
        "USD": 1.0,
        "EUR": 0.8845,
        "JPY": 149.5686,
        "GBP": 0.783,
        "CNY": 7.1875,
        "KRW": 1421.3963,
        "CAD": 1.3973,
        "AUD": 1.5504,
    }
)


def mass_factor(unit: str) -> float:
    """Tonnes in one `unit` of mass.

    Examples
    --------
    >>> round(1 / mass_factor("lb"), 2)
    2204.62
    """
    if unit not in TONNES:
        raise UnknownNameError.of("unit of mass", unit, TONNES)
    return TONNES[unit]


def price_factor(unit: str) -> float:
    """Factor that takes a price in `unit` to USD per tonne of the same thing.

    Parameters
    ----------
    unit : str
        Such as ``"USD/lb"``, ``"ct/lb"``, ``"USD/mtu"`` or ``"USD/troy_oz"``.

    Raises
    ------
    UnknownNameError
        If the unit is not known.

    Examples
    --------
    >>> round(price_factor("USD/lb") * 17.2)  # cobalt, 2023
    37920
    """
    if unit not in USD_PER_UNIT_PER_T:
        raise UnknownNameError.of("unit of price", unit, USD_PER_UNIT_PER_T)
    return USD_PER_UNIT_PER_T[unit]


def currency_rate(currency: str) -> float:
    """Units of `currency` per US dollar, the average of `BASE_YEAR` (the pound: of 2024)."""
    if currency not in UNITS_PER_USD:
        raise UnknownNameError.of("currency", currency, UNITS_PER_USD)
    return UNITS_PER_USD[currency]


def annual_cpi(monthly: pd.DataFrame) -> "pd.Series[float]":
    """Annual average price index of the years with at least eleven months.

    (The index for October 2025 was never collected.)

    Parameters
    ----------
    monthly : DataFrame
        Tidy rows with columns ``year``, ``month`` and ``value``.
    """
    counts = monthly.groupby("year")["value"].agg(["mean", "count"])
    return counts.loc[counts["count"] >= 11, "mean"]


def deflator(cpi: "pd.Series[float]", years: "np.typing.ArrayLike") -> Floats:
    """Nominal USD of each year per real USD of `BASE_YEAR`.

    Years after the index ends are carried on with `LONG_RUN_INFLATION`.

    Parameters
    ----------
    cpi : Series
        Annual price index by year.
    years : array_like of int
        Any years from the first of `cpi` on.

    Returns
    -------
    ndarray, shape of `years`
        1 in `BASE_YEAR`.

    Examples
    --------
    >>> cpi = pd.Series({2024: 98.0, 2025: 100.0})
    >>> deflator(cpi, [2024, 2025, 2026]).tolist()
    [0.98, 1.0, 1.02]
    """
    wanted = np.asarray(years, dtype=int)
    first, last = int(cpi.index[0]), int(cpi.index[-1])
    if wanted.size and wanted.min() < first:
        raise CritminError(f"no price index before {first}: got year {wanted.min()}")
    known = cpi.to_numpy(dtype=float)[np.minimum(wanted, last) - first]
    beyond = (1 + LONG_RUN_INFLATION) ** np.maximum(wanted - last, 0)
    return np.asarray(known * beyond / float(cpi.loc[BASE_YEAR]))
