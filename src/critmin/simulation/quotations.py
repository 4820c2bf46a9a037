"""Prices of the year under way, as callers give them: how much, of what, where, and over which days."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from critmin.data.exchange import currencies, exchange_rate, yearly_spread
from critmin.data.fences import PAIR_SPREAD
from critmin.data.money import real_factor
from critmin.data.plausible import MOST, plausible_price
from critmin.data.registering import vat_rates
from critmin.exceptions import CritminError, UnknownNameError
from critmin.forms import Unit, basis_of, parse_unit
from critmin.mineral import Mineral, get_mineral
from critmin.posterior import Posterior
from critmin.units import currency_rate

type Period = str | pd.Period | pd.Timestamp | tuple[str, str]
"""A day, a month, a quarter, a year, or the first and last of several of them."""

type Quote = float | tuple[Any, ...] | Mapping[str, Any]
"""A price; or its price, unit, period, place, tax and exchange rate, by position or by name (`FIELDS`)."""

FIELDS = ("price", "unit", "over", "place", "vat", "per_dollar")
"""What a quote may say."""

Place = Literal["outside", "customs", "marginal", "inside"]

SIDES: dict[str, str] = {
    "outside": "market",
    "customs": "market",
    "marginal": "marginal",
    "inside": "inside",
}
"""Which price of `critmin.simulation.paths.Paths` is paid where."""

ISO = r"\d{4}(-?Q[1-4]|-\d\d(-\d\d([ T][\d:.]+)?)?|\d{4})?"
"""How a period is written: a year first."""

ODD_RATE = 2.0
"""Ratio to the last yearly rate beyond which an exchange rate is refused: turned over, or another's."""

ODD_MOVES = 3.0
"""Yearly moves (standard deviations) off the last rate beyond which one near its inverse is turned over."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """The average price of a mineral over a part of the year under way.

    Attributes
    ----------
    mineral : str
    log_price : float
        Of real USD per tonne of contained element, without value-added tax.
    start, end : float
        Parts of the year that had passed when the average began and ended.
    words : str
        What was given.
    side : str
        Which price of `critmin.simulation.paths.Paths` it is.
    error : float
        Standard deviation in logs of what may be between it and that price: an exchange rate that is not
        known, and where it is not the mineral's own series, place, terms and grade.
    said : bool
        Whether it was said where the price is paid; otherwise its kind says so.
    """

    mineral: str
    log_price: float
    start: float
    end: float
    words: str
    side: str = "market"
    error: float = 0.0
    said: bool = True


def quotations(
    posterior: Posterior, prices: Mapping[str, Quote], over: Period | None
) -> list[Quotation]:
    """Check prices of the year under way.

    Parameters
    ----------
    posterior : Posterior
    prices : mapping of str to float, tuple or mapping
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


def _named(name: str, quote: object) -> dict[str, Any]:
    """What a quote says, by `FIELDS`."""
    if isinstance(quote, Mapping):
        for key in quote:
            if key not in FIELDS:
                raise UnknownNameError.of(f"key of the price of {name}", key, FIELDS)
        if "price" not in quote:
            raise CritminError(f"{name}: a price by name needs 'price', got {dict(quote)!r:.100}")
        return dict(quote)
    parts = tuple(quote) if isinstance(quote, tuple | list) else (quote,)
    if not 1 <= len(parts) <= len(FIELDS):
        raise CritminError(
            f"{name}: a price is a number, (number, unit), (number, unit, period) or "
            f"({', '.join(FIELDS)}), got {quote!r:.100}"
        )
    return dict(zip(FIELDS, parts, strict=False))


def _quotation(posterior: Posterior, name: str, quote: object, over: Period | None) -> Quotation:
    about = get_mineral(name)
    if about.name not in posterior.minerals:
        raise UnknownNameError.of("mineral of this posterior", name, posterior.minerals)
    said = _named(about.name, quote)
    value, when = said["price"], said.get("over") if said.get("over") is not None else over
    unit, place = (
        None if isinstance(each, str) and not each else each
        for each in (said.get("unit"), said.get("place"))
    )
    if place is not None and (not isinstance(place, str) or place not in get_args(Place)):
        raise UnknownNameError.of(f"place of the price of {about.name}", place, get_args(Place))
    parsed = parse_unit(about.quote if unit is None else unit, about.name, kind="price")
    year = posterior.origin + 1
    start, end, label = _window(pd.Timestamp.now() if when is None else when, year)
    paid = place or _place(posterior, about, start == end)
    price, told, error = _in_dollars(about.name, parsed, said, year, (start + end) / 2)
    real = price * float(real_factor(np.array([year]))[0])
    if paid in ("marginal", "inside"):
        error = float(np.hypot(error, PAIR_SPREAD))
    where = "" if paid == "outside" else f", {paid}"
    return Quotation(
        mineral=about.name,
        log_price=float(np.log(real)),
        start=start,
        end=end,
        words=f"{value:.10g} {parsed.words}{told}{where}, {label}",
        side=SIDES[paid],
        error=error,
        said=place is not None,
    )


def _place(posterior: Posterior, mineral: Mineral, of_a_day: bool) -> Place:
    """Where a price is paid that does not say so: a customs value is never of one day, so that is a quote.

    It matters where the mineral's own series is of customs and a fence stands. Other series are of quotes.
    """
    customs = mineral.prices[0].quality == "unit_value" and not posterior.draws.attrs["private"]
    fenced = any(producer.fence_closed for producer in posterior.producers(mineral.name))
    return "marginal" if of_a_day and customs and fenced else "outside"


def _in_dollars(
    mineral: str, parsed: Unit, said: dict[str, Any], year: int, middle: float
) -> tuple[float, str, float]:
    """Nominal USD per tonne of element without tax, how it came about, and its error in logs."""
    value, currency = said["price"], str(parsed.currency)
    vat, per_dollar = said.get("vat"), said.get("per_dollar")
    if currency == "USD" and vat is None and per_dollar is None:
        unit = said.get("unit") or get_mineral(mineral).quote
        return plausible_price(value, unit, mineral), "", 0.0
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 < value < MOST:
        raise CritminError(f"{mineral}: a price must be a positive number, got {value!r:.80}")
    month = min(int(12 * middle), 11) + 1
    day = pd.DataFrame({"year": [year], "month": [month], "span": ["month"]})
    tax = float(vat_rates(vat, currency, day)[0])
    rate, error = _rate(currency, per_dollar, year)
    told = (f" with {tax:.3g} of tax" if tax else "") + (
        "" if currency == "USD" else f" at {rate:.6g} {currency} a dollar"
    )
    usd = float(value) * parsed.factor / (1 + tax) / rate
    return plausible_price(usd, f"USD/t of {basis_of(mineral)}", mineral), told, error


def _rate(currency: str, given: Any, year: int) -> tuple[float, float]:
    """Units of a currency per US dollar, and the error of its log where no rate of the year is known."""
    if currency == "USD" and given is None:
        return 1.0, 0.0
    known = currencies()
    held = (
        float(exchange_rate(currency, year))
        if currency == "USD" or currency in known.index
        else currency_rate(currency)
    )
    if given is None:
        of_year = currency in known.index and known.loc[currency, "last_year"] >= year
        return held, 0.0 if of_year else _spread(currency)
    number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    if (
        not number
        or not held / ODD_RATE <= float(given) <= held * ODD_RATE
        or _over(float(given), held, currency)
    ):
        raise CritminError(
            f"per_dollar must be the {currency} that a dollar buys, about {held:.4g}, got {given!r}"
        )
    return float(given), 0.0


def _over(given: float, held: float, currency: str) -> bool:
    """Whether a rate is one turned over: nearer to the dollars that one buys, and far from the last one."""
    off, turned = abs(np.log(given / held)), abs(np.log(given * held))
    return bool(turned < off and off > ODD_MOVES * _spread(currency))


def _spread(currency: str) -> float:
    """How far a rate goes in a year; one without yearly rates (the pound) as far as the euro's."""
    return yearly_spread(currency if currency in currencies().index else "EUR")


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
    if isinstance(given, dt.date) and not isinstance(given, type(pd.NaT)):
        return pd.Timestamp(given).tz_localize(None).to_period("D")
    # Day and month in another order are not guessed.
    if not isinstance(given, str) or not re.fullmatch(ISO, given.strip()):
        raise wrong
    try:
        found = pd.Period(given)
    except ValueError as error:
        raise wrong from error
    if not isinstance(found, pd.Period):  # "NaT"
        raise wrong
    return found
