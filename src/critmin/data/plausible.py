"""Whether an amount can be what it says: against the public price and the world's output.

A unit gone wrong is off by a factor that gives it away: 1,000 for kilograms, 2,205 for pounds, 7 for
yuan. An amount that is far off is refused with the unit that it looks like.
"""

import contextlib
import re

import numpy as np
import pandas as pd

from critmin.data import catalogue
from critmin.data.countries import ROW
from critmin.data.prices import price_history
from critmin.data.production import (
    OFFICIAL_PRODUCTION,
    official_production,
    output,
    series_name,
    stages,
)
from critmin.exceptions import CritminError, DataError, UnknownNameError
from critmin.forms import CENT, Unit, forms_of, parse_currency, parse_unit
from critmin.mineral import Mineral, get_mineral
from critmin.units import currency_rate

FAR = 2.0
"""Ratio to the public price beyond which a price series of the same market is refused."""

FAR_APART = 10.0
"""The same for a series of another place, for costs, and where the public price has no common year."""

MOST = 1e30
"""Number from which on none is a price, and ratios of it overflow."""

ABSURD_PRICE = 100.0
"""Ratio to the public prices of ten years beyond which a single amount is refused."""

ABSURD_OUTPUT = 10.0
"""Multiple of the world's yearly output beyond which a mass is refused."""

LEAST_WORLD = 0.5
"""Share of the world's output that must be given of a year of which no output is published."""

_LARGE = 0.01
_CLOSE = 1.6
_MISTAKE = 0.25
_MASSES = ("t", "kg", "lb", "g", "troy_oz", "mtu", "short_ton")
_MONEY = ("USD", "ct", "CNY", "EUR", "JPY")
_SHAPE_YEARS = 2


def plausible_price(value: float, unit: str, mineral: str, *, below: float = ABSURD_PRICE) -> float:
    """A price in USD per tonne of contained element, refused if it is absurd.

    Parameters
    ----------
    value : float
        Of one unit.
    unit : str
        See `critmin.forms.parse_unit`; one without a form is of the form that the mineral is quoted in.
    mineral : str
        Whose price it is.
    below : float
        How many times below the price it may be; a part of the price may be further than a price.

    Returns
    -------
    float
        At a constant exchange rate, if it is in another currency.

    Raises
    ------
    CritminError
        If it is more than `ABSURD_PRICE` times above, or `below` times below, the mineral's price of the
        last ten years; the message names the unit that it looks like.

    Examples
    --------
    >>> round(plausible_price(110, "USD/kg of oxide", "neodymium"))
    128295
    >>> plausible_price(110, "USD/t", "neodymium")
    Traceback (most recent call last):
    critmin.exceptions.CritminError: 110 USD per t ... in the last ten years: looks like USD per kg of Nd2O3
    """
    about, parsed = get_mineral(mineral), parse_unit(unit, mineral, kind="price")
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | np.number)
        or not 0 < value < MOST
    ):
        raise CritminError(f"a price must be a positive number, got {value!r:.80}")
    per_unit = parsed.factor / currency_rate(str(parsed.currency))
    price = float(value) * per_unit
    public = price_history(about, own=False)["price"].tail(10)
    low, high = float(public.min()), float(public.max())
    if low / price <= below and price / high <= ABSURD_PRICE:
        return price
    ratio, way = (low / price, "below") if price < low else (price / high, "above")
    raise CritminError(
        f"{value:g} {parsed.words} is {_short(ratio)} times {way} the price of {about.name}, "
        f"{low / per_unit:.6g} to {high / per_unit:.6g} in the last ten years"
        + _slip(price / float(np.sqrt(low * high)), parsed, about)
    )


def plausible_mass(value: float, unit: str, mineral: str, *, least: float = 0.0) -> float:
    """A mass in tonnes of contained element, refused if the world does not make it.

    Parameters
    ----------
    value : float
        Of one unit.
    unit : str
        See `critmin.forms.parse_unit`; one without a form is of contained element.
    mineral : str
        Of which it is.
    least : float
        Share of the world's output below which an amount, if it is not 0, is refused.

    Raises
    ------
    CritminError
        If it is more than `ABSURD_OUTPUT` times the world's output in the last year known, or less than
        `least` of it. Minerals without a world total of their own pass.

    Examples
    --------
    >>> round(plausible_mass(40, "kt LCE", "lithium"))
    7515
    """
    about, parsed = get_mineral(mineral), parse_unit(unit, mineral, kind="mass")
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | np.number)
        or not 0 <= value < np.inf
    ):
        raise CritminError(f"a mass must be a number from 0 on, got {value!r}")
    mass = float(value) * parsed.factor
    world = _world_output(about)
    if world and mass > ABSURD_OUTPUT * world:
        raise CritminError(
            f"{value:g} {parsed.words} is {_short(mass / world)} times the world's output of {about.name} "
            f"in a year ({world:,.0f} t): looks like a smaller unit than {parsed.mass}"
        )
    if world and not about.production_proxy and 0 < mass < least * world:
        raise CritminError(
            f"{value:g} {parsed.words} is {mass / world:.2g} of the world's output of "
            f"{about.name} in a year ({world:,.0f} t): looks like a larger unit than {parsed.mass}"
        )
    return mass


def _world_output(about: Mineral) -> float | None:
    # A proxy's total is that of a wider commodity: it bounds too, from further above.
    if about.production in OFFICIAL_PRODUCTION:
        rows = official_production(catalogue.load("usgs-mcs-2025-world"), about.production)
    elif about.production is None and stages(about.name):
        rows = output(about.name, stages(about.name)[0])
    else:
        return None
    return float(rows.groupby("year")["value"].sum().iloc[-1]) or None


def same_unit(text: str, unit: Unit, mineral: str) -> bool | None:
    """Whether a text says a unit of price or mass; None if it is none.

    Parameters
    ----------
    text : str
        Such as ``"$/mt"``.
    unit : Unit
        What it should say.
    mineral : str
        Whose.

    Examples
    --------
    >>> dollars = parse_unit("USD/t", "nickel")
    >>> [same_unit(text, dollars, "nickel") for text in ("$/mt", "EUR/t", "Nickel")]
    [True, False, None]
    """
    try:
        other = parse_unit(text, mineral)
    except CritminError:
        return None
    if other.currency != unit.currency:
        return False
    factors = (other.factor, unit.factor)
    if not other.named:  # then only money and mass are said
        power = -1 if unit.currency is None else 1
        factors = (other.factor * other.content**power, unit.factor * unit.content**power)
    return bool(np.isclose(*factors))


def refuse_other_money(column: str, unit: Unit) -> None:
    """Refuse a column whose own name is of another currency than the unit.

    Raises
    ------
    DataError
        Naming both.
    """
    found = re.findall(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])|[€£₹₩]", column)
    codes = set()
    for code in found:
        with contextlib.suppress(UnknownNameError):
            codes.add(parse_currency(code))
    if unit.currency is not None and codes and unit.currency not in codes:
        raise DataError(
            f"column {column!r} names {' and '.join(sorted(codes))}, but the unit is {unit.words}: give "
            "the unit that the values are in, or the column another name"
        )


def refuse_far(annual: "pd.Series[float]", unit: Unit, mineral: Mineral, *, near: bool) -> None:
    """Refuse a series of prices that is not on the level of the public one, or does not move with it.

    Parameters
    ----------
    annual : Series
        By year, nominal USD per tonne of contained element.
    unit : Unit
        What it was given in.
    mineral : Mineral
        Whose price it is.
    near : bool
        It is of the same market as the public price; otherwise only what must be a slip is refused.

    Raises
    ------
    DataError
        With the ratio and what the unit looks like.
    """
    public = price_history(mineral, own=False)["price"]
    years = annual.index.intersection(public.index)
    if len(years):
        logs = np.log(annual[years] / public[years])
        limit = FAR if near else FAR_APART
        when = f"{years[0]}" if len(years) == 1 else f"{years[0]} to {years[-1]}"
    else:
        logs = pd.Series([np.log(annual.iloc[0] / public.iloc[-1])])
        limit, when = FAR_APART, f"{public.index[-1]}, the nearest year"
    ratio = float(np.exp(logs.median()))
    if not 1 / limit <= ratio <= limit:
        raise DataError(
            f"{_times(ratio)} the public price of {mineral.name} in {when}, more than {limit:g} times off"
            + _slip(ratio, unit, mineral)
            + ". If it is right, say allow_far=True"
        )
    apart = np.abs(logs - logs.median())
    if near and len(years) >= _SHAPE_YEARS and float(apart.max()) > np.log(FAR):
        odd = years[int(np.argmax(apart))]
        raise DataError(
            f"it does not move as the public price of {mineral.name}: {_times(ratio)} it as a rule, but "
            f"{_times(float(np.exp(logs[odd])))} it in {odd}. If it is right, say allow_far=True"
        )


def refuse_far_output(table: pd.DataFrame, unit: Unit, mineral: Mineral) -> None:
    """Refuse output that is not on the scale of the published one, or would pass for the world's.

    Parameters
    ----------
    table : DataFrame
        Columns country, year, value in tonnes.
    unit : Unit
        What it was given in.
    mineral : Mineral
        Whose output it is.

    Raises
    ------
    DataError
        If the world does not make so much, if the mineral is counted by shares of a wider commodity, if
        a country with 1% of the world's output or more is `FAR_APART` times off a published figure, or
        if less than `LEAST_WORLD` of the world is given for a year without published figures.
    """
    plausible_mass(float(table.groupby("year")["value"].sum().max()), "t", mineral.name)
    name = series_name(mineral)
    if name is None or not stages(name):
        return
    cure = ". If it is right, say allow_far=True"
    public = output(name, stages(name)[0])
    world = public.groupby("year")["value"].sum()
    shared = name != mineral.name or public["source"].iloc[-1] == "shares"
    if mineral.production_proxy and shared:
        raise DataError(
            f"output of {mineral.name} is not published: shares of countries are read from a whole of "
            f"{_short(float(world.iloc[-1]))} t in {world.index[-1]}, and tonnes of {mineral.name} beside "
            "them would be taken for such shares" + cure
        )
    both = table.merge(public, on=["country", "year"], suffixes=("", "_public"))
    pair = both[["value", "value_public"]]
    large = pair.max(axis=1) >= _LARGE * both["year"].map(world)
    both = both[large & (pair.min(axis=1) > 0) & (both["country"] != ROW)]
    logs = np.log(both["value"] / both["value_public"])
    if (logs.abs() > np.log(FAR_APART)).any():
        odd = logs.abs().idxmax()
        raise DataError(
            f"{both.loc[odd, 'country']}, {both.loc[odd, 'year']}: {_times(float(np.exp(logs[odd])))} its "
            f"published output of {mineral.name}, more than {FAR_APART:g} times off, read as "
            f"{unit.words}{cure}"
        )
    beyond = table[~table["year"].isin(world.index)].groupby("year")["value"].sum()
    for year, whole in zip(beyond.index.tolist(), beyond.tolist(), strict=True):
        nearest = min(world.index.tolist(), key=lambda known: abs(known - year))
        if whole < LEAST_WORLD * world[nearest]:
            until = f" (until={nearest})" if year > nearest else ""
            raise DataError(
                f"no output of {mineral.name} is published of {year}, so that what is given, "
                f"{_short(whole)} t, would be taken for the world's ({_short(float(world[nearest]))} t in "
                f"{nearest}): give all countries, or leave the year out{until}{cure}"
            )


def _times(ratio: float) -> str:
    return f"{_short(ratio)} times" if ratio >= 1 else f"1/{_short(1 / ratio)} of"


def _short(ratio: float) -> str:
    return f"{ratio:,.0f}" if 100 <= ratio < 1e9 else f"{ratio:.3g}"


def _slip(ratio: float, unit: Unit, about: Mineral) -> str:
    """Which unit would bring a ratio to one, in words; "" if none does."""
    best, text = np.inf, ""
    own = "ct" if unit.pint.startswith(CENT) else str(unit.currency)
    for currency in dict.fromkeys((own, *_MONEY)):
        for mass in _MASSES:
            for form in (unit.form, *forms_of(about.name)):
                try:
                    other = parse_unit(f"{currency}/{mass} of {form}", about.name)
                    rate = currency_rate(str(unit.currency)) / currency_rate(str(other.currency))
                except CritminError:
                    continue
                off = abs(np.log(ratio * rate * other.factor / unit.factor))
                # Each thing that must have been mistaken makes a slip less likely.
                mistakes = (currency != own) + (mass != unit.mass) + (form != unit.form)
                if mistakes <= 2 and off < np.log(_CLOSE) and off + _MISTAKE * mistakes < best:
                    best, text = off + _MISTAKE * mistakes, f": looks like {other.words}"
    return text
