"""Exchange rates by year, for past money and for costs in local currency."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from critmin.data.catalogue import load
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats

DATASET = "fed-exchange-rates"


Rates = Mapping[str, "pd.Series[float]"]
"""Units of each currency per US dollar, by year."""


def by_currency(table: pd.DataFrame) -> Rates:
    """Rates of each currency, indexed by year.

    Parameters
    ----------
    table : DataFrame
        From `critmin.data.loaders.exchange_rates.load_exchange_rates`.

    Returns
    -------
    mapping of str to Series

    Examples
    --------
    >>> table = pd.DataFrame({"currency": ["JPY"], "year": [2011], "value": [79.7]})
    >>> by_currency(table)["JPY"].to_dict()
    {2011: 79.7}
    """
    return MappingProxyType(
        {str(name): part.set_index("year")["value"] for name, part in table.groupby("currency")}
    )


@cache
def _rates() -> Rates:
    return by_currency(load(DATASET))


def currencies() -> pd.DataFrame:
    """Years that each currency has rates for.

    Returns
    -------
    DataFrame
        Indexed by ISO 4217 code, columns first_year and last_year; the US dollar is not in it.

    Examples
    --------
    >>> currencies().loc["EUR"].tolist()
    [1999, 2025]
    """
    years = {name: (int(r.index[0]), int(r.index[-1])) for name, r in _rates().items()}
    return pd.DataFrame.from_dict(years, orient="index", columns=["first_year", "last_year"])


def exchange_rate(currency: str, year: npt.ArrayLike) -> Floats:
    """Units of a currency per US dollar, the average of each year.

    Parameters
    ----------
    currency : str
        ISO 4217 code such as ``"JPY"``; ``"USD"`` is 1 in every year.
    year : int or array_like of int
        Years from the currency's first one on. After the last published year its rate is held:
        the best forecast of an exchange rate is today's (Meese and Rogoff 1983).

    Returns
    -------
    ndarray, shape of `year`
        0-dimensional for one year.

    Raises
    ------
    UnknownNameError
        If the currency has no rates; the message names the nearest one.
    CritminError
        If a year lies before the currency's first one, or is not a whole number.

    Examples
    --------
    >>> round(float(exchange_rate("JPY", 2011)), 1)
    79.7
    >>> exchange_rate("CNY", [2023, 2040]).round(2).tolist()
    [7.08, 7.19]
    """
    return rate_from(_rates(), currency, year)


SPREAD_YEARS = 20
"""Years whose moves say how far a rate goes in one."""


def yearly_spread(currency: str) -> float:
    """Standard deviation of the yearly moves of a currency's log rate over the last `SPREAD_YEARS`.

    Parameters
    ----------
    currency : str
        ISO 4217 code.

    Raises
    ------
    UnknownNameError
        If the currency has no rates.

    Examples
    --------
    >>> round(yearly_spread("JPY"), 2), round(yearly_spread("CNY"), 2)
    (0.09, 0.04)
    """
    if currency not in _rates():
        raise UnknownNameError.of("currency", currency, ["USD", *_rates()])
    moves = np.diff(np.log(_rates()[currency].tail(SPREAD_YEARS + 1).to_numpy(dtype=float)))
    return float(np.std(moves))


def rate_from(rates: Rates, currency: str, year: npt.ArrayLike) -> Floats:
    """`exchange_rate` from rates of one's own, such as those of a newer file.

    Parameters
    ----------
    rates : mapping of str to Series
        From `by_currency`.
    currency, year
        As in `exchange_rate`, with its errors.

    Returns
    -------
    ndarray, shape of `year`

    Examples
    --------
    >>> float(rate_from({"JPY": pd.Series({2024: 151.0, 2025: 150.0})}, "JPY", 2030))
    150.0
    """
    given = np.asarray(year)
    if given.dtype.kind not in "iu":
        raise CritminError(f"year must be whole numbers such as 2011, got {year!r}")
    if currency == "USD":
        return np.ones(given.shape)
    if currency not in rates:
        raise UnknownNameError.of("currency", currency, ["USD", *rates])
    of_year = rates[currency]
    first, last = int(of_year.index[0]), int(of_year.index[-1])
    if given.size and given.min() < first:
        raise CritminError(
            f"no exchange rate of {currency} in {given.min()}: the rates are of {first} to {last}"
        )
    held = np.minimum(given, last)
    return np.asarray(of_year.reindex(held.ravel()).to_numpy(dtype=float).reshape(given.shape))
