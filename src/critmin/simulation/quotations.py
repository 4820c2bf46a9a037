"""Prices of the year under way, as callers give them: how much, of what, and over which days."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from critmin.data.money import real_factor
from critmin.data.plausible import plausible_price
from critmin.exceptions import CritminError, UnknownNameError
from critmin.forms import parse_unit
from critmin.mineral import get_mineral
from critmin.posterior import Posterior

type Period = str | pd.Period | pd.Timestamp | tuple[str, str]
"""A day, a month, a quarter, a year, or the first and last of several of them."""

type Quote = float | tuple[float, str] | tuple[float, str, Period]
"""A price, its unit, and its period."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """The average price of a mineral over a part of the year under way.

    Attributes
    ----------
    mineral : str
    log_price : float
        Of real USD per tonne of contained element.
    start, end : float
        Parts of the year that had passed when the average began and ended.
    words : str
        What was given.
    """

    mineral: str
    log_price: float
    start: float
    end: float
    words: str


def quotations(
    posterior: Posterior, prices: Mapping[str, Quote], over: Period | None
) -> list[Quotation]:
    """Check prices of the year under way.

    Parameters
    ----------
    posterior : Posterior
    prices : mapping of str to float or tuple
        See `critmin.simulation.assimilation.assimilate`.
    over : str, Period, Timestamp or tuple, optional
        Period of those that name none; today by default.

    Raises
    ------
    CritminError
        If a price, unit or period cannot be; the message names it.
    """
    if not isinstance(prices, Mapping) or not prices:
        raise CritminError(
            f"prices must name minerals, such as {{'nickel': (15_200, 'USD/t')}}, got {prices!r:.100}"
        )
    found = [_quotation(posterior, str(name), quote, over) for name, quote in prices.items()]
    if len({each.mineral for each in found}) < len(found):
        raise CritminError(f"a mineral is named twice: {', '.join(map(str, prices))}")
    return found


def _quotation(posterior: Posterior, name: str, quote: object, over: Period | None) -> Quotation:
    about = get_mineral(name)
    if about.name not in posterior.minerals:
        raise UnknownNameError.of("mineral of this posterior", name, posterior.minerals)
    parts = tuple(quote) if isinstance(quote, tuple | list) else (quote,)
    if not 1 <= len(parts) <= 3:
        raise CritminError(
            f"{about.name}: a price is a number, (number, unit) or (number, unit, period), "
            f"got {quote!r:.100}"
        )
    value = parts[0]
    unit = parts[1] if len(parts) > 1 else about.quote
    when = parts[2] if len(parts) > 2 else over
    parsed = parse_unit(unit, about.name, kind="price")
    if parsed.currency != "USD":
        raise CritminError(
            f"{about.name}: {unit} is not in USD; exchange rates are known by the year only, so convert "
            "a newer price at its own day's rate"
        )
    price = plausible_price(value, unit, about.name)
    start, end, label = _window(pd.Timestamp.now() if when is None else when, posterior.origin + 1)
    real = price * float(real_factor(np.array([posterior.origin + 1]))[0])
    return Quotation(
        mineral=about.name,
        log_price=float(np.log(real)),
        start=start,
        end=end,
        words=f"{value:.10g} {parsed.words}, {label}",
    )


def _window(given: object, year: int) -> tuple[float, float, str]:
    """Where a period begins and ends within a year, and its name."""
    several = isinstance(given, tuple | list)
    ends = tuple(given) if isinstance(given, tuple | list) else (given,)
    if several and len(ends) != 2:
        raise CritminError(f"a period is one date or (first, last), got {given!r:.100}")
    periods = [_period(each) for each in ends]
    first, last = periods[0].start_time, periods[-1].end_time
    if last < first:
        raise CritminError(f"a period must end after it begins, got {given!r:.100}")
    if (first.year, last.year) != (year, year):
        cure = (
            "register older prices (critmin.data.register) and fit"
            if first.year < year
            else "fit the years between first (critmin.fit)"
        )
        raise CritminError(
            f"{' to '.join(map(str, dict.fromkeys(periods)))}: only prices of {year} can be assimilated, "
            f"the year after this posterior's data; {cure}"
        )
    origin = pd.Timestamp(year, 1, 1)
    length = pd.Timestamp(year + 1, 1, 1) - origin
    label = " to ".join(map(str, dict.fromkeys(periods)))
    start, end = (first - origin) / length, (last + pd.Timedelta(1, "ns") - origin) / length
    if last - first < pd.Timedelta(1, "D"):
        start = end = (start + end) / 2  # a day's price is that of one moment
    return start, end, label


def _period(given: object) -> "pd.Period":
    wrong = CritminError(
        f"a period must be a date such as '2026-05-12', '2026-05', '2026Q2' or '2026', got {given!r:.100}"
    )
    if isinstance(given, pd.Period):
        return given
    if isinstance(given, pd.Timestamp):
        return given.tz_localize(None).to_period("D")
    if not isinstance(given, str):
        raise wrong
    try:
        found = pd.Period(given)
    except ValueError as error:
        raise wrong from error
    if not isinstance(found, pd.Period):  # "NaT"
        raise wrong
    return found
