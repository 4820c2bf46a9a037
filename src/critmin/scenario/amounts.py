"""Amounts of scenarios, in the unit that they are given in, as the simulator counts them."""

import math
from types import MappingProxyType

from critmin.data.plausible import ABSURD_PRICE, plausible_mass, plausible_price
from critmin.exceptions import CritminError
from critmin.forms import parse_unit, quoted_unit
from critmin.internal.checks import check_number

LEAST_LEVY = 1e4
"""A levy this many times smaller than the price does nothing: its unit is another one."""

LEAST_SHARE = 1e-5
"""A mass smaller than this share of the world's output does nothing: its unit is another one."""

SINGLE = MappingProxyType({"kt": "t", "Mt": "t", "koz": "troy_oz", "Moz": "troy_oz", "Mlb": "lb"})
"""What prices and costs are per where a mass is counted in thousands or millions."""


def _spelled(unit: object, mineral: str) -> str:
    """A unit of mass or price in full, where the caller leaves it to the market's custom."""
    if not isinstance(unit, str):
        raise CritminError(f"unit must be text such as 'kg of oxide', got {unit!r:.80}")
    return quoted_unit(mineral).words if unit == "quoted" else unit


def _named(name: str, error: CritminError) -> CritminError:
    cure = "if so, say it with unit=" if "looks like" in str(error) else "is unit= right?"
    return CritminError(f"{name}: {error}; {cure}")


def usd_per_tonne(
    value: float, name: str, unit: object, mineral: str, *, levy: bool = False
) -> float:
    """A price or cost as real USD per tonne of contained element; 0 stays 0.

    Parameters
    ----------
    value : float
        Real USD per `unit`.
    name : str
        What errors call it.
    unit : str
        A mass, of contained element if it names no form (``"lb"``), or of a form (``"kg of oxide"``);
        ``"quoted"`` for that of the market; a unit of price (``"CNY/kg of oxide"``) for other money, at
        today's rate. With ``"kt"``, ``"Moz"`` and other thousands and millions it is per single unit.
    mineral : str
        Whose price it is.
    levy : bool
        It is a part of the price and may be much below it.

    Raises
    ------
    CritminError
        If it is a hundred times off the price, or the unit is not known.

    Examples
    --------
    >>> round(usd_per_tonne(110, "price", "kg of oxide", "neodymium"))
    128295
    """
    check_number(value, name, 0, 1e12)
    spelled = _spelled(unit, mineral)
    if "/" not in spelled and " per " not in spelled:
        mass = parse_unit(spelled, mineral, kind="mass")
        spelled = f"USD/{SINGLE.get(mass.mass, mass.mass)} of {mass.form}"
    parse_unit(spelled, mineral, kind="price")
    if not value:
        return 0.0
    below = LEAST_LEVY if levy else ABSURD_PRICE
    try:
        return plausible_price(value, spelled, mineral, below=below)
    except CritminError as error:
        raise _named(name, error) from error


def tonnes(value: float, name: str, unit: object, mineral: str, *, low: float = 0.0) -> float:
    """A mass as tonnes of the mineral's production series; 0 stays 0.

    Parameters
    ----------
    value : float
        In `unit`; negative for what is sold.
    name : str
        What errors call it.
    unit : str
        A mass, of contained element if it names no form; ``"quoted"`` for that of the market.
    mineral : str
        Of which it is.
    low : float
        Nothing below it can be meant.

    Raises
    ------
    CritminError
        If it is more than ten times the world's output, or so little that it does nothing.

    Examples
    --------
    >>> round(tonnes(40, "capacity", "kt LCE", "lithium"))
    7515
    """
    check_number(value, name, low, 1e15)
    spelled = _spelled(unit, mineral)
    parse_unit(spelled, mineral, kind="mass")
    try:
        found = plausible_mass(abs(value), spelled, mineral, least=LEAST_SHARE)
    except CritminError as error:
        raise _named(name, error) from error
    return math.copysign(found, value)
