"""Amounts in a contract: money per unit of what is sold, tonnes, and sums of money.

A plain number is in the contract's own unit and currency; text says its own: ``"110 USD/kg"``,
``"110 USD/kg of oxide"``, ``"6000 t"``, ``"400 million USD"``.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from critmin.exceptions import CritminError, UnknownNameError
from critmin.mineral import Mineral, get_mineral
from critmin.units import currency_rate, mass_factor

Amount = float | str | tuple[float | str, ...]
"""A number, a text with its unit, or one of these for each year of the contract."""

LARGEST = 1e15
"""No amount of money, mass or price is as large."""

_SCALES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_NUMBER = r"\s*(?P<value>[0-9][0-9,_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*"
_SCALE = r"(?P<scale>thousand|million|billion)?\s*"
_OF = r"(?:\s+of\s+(?P<form>.+?))?\s*"
_PRICE = re.compile(_NUMBER + _SCALE + r"(?P<money>[A-Za-z]{2,3})\s*/\s*(?P<mass>[A-Za-z_]+)" + _OF)
_MASS = re.compile(_NUMBER + _SCALE + r"(?P<mass>[A-Za-z_]+)" + _OF)
_MONEY = re.compile(_NUMBER + _SCALE + r"(?P<money>[A-Za-z]{3})\s*")
_UNIT = re.compile(r"\s*(?P<mass>[A-Za-z_]+)" + _OF)


def content_of(about: Mineral, form: str) -> float:
    """Kilograms of contained element in one kilogram of a form of a mineral.

    Parameters
    ----------
    about : Mineral
    form : str
        ``""``, ``"contained Nd"`` or ``"metal"`` for the element itself; words that end as the quoted
        form does, such as ``"oxide"`` or ``"NdPr oxide"``, for what the market quotes.

    Raises
    ------
    UnknownNameError
        If the mineral is not known in that form.

    Examples
    --------
    >>> content_of(get_mineral("neodymium"), "NdPr oxide"), content_of(get_mineral("neodymium"), "")
    (0.8574, 1.0)
    """
    words = form.lower().split()
    quoted = re.split(r"[,(]", about.form)[0].lower().split()
    element = {"element", "metal", about.name, about.symbol.lower(), *about.title.lower().split()}
    if not words or words[0] == "contained" or (len(words) == 1 and words[0] in element):
        return 1.0
    # Some quotes are for the element within: their content is not that of the form they name.
    within = ", per " in about.form or about.quote.endswith("/mtu")
    if words[-1] == quoted[-1] and not within:
        return about.content
    known = ["contained " + about.symbol, *([] if within else [" ".join(quoted)])]
    raise UnknownNameError.of(f"form of {about.name}", form, known)


@dataclass(frozen=True, slots=True)
class Goods:
    """What a contract sells, and the unit and currency its plain numbers are in.

    Attributes
    ----------
    minerals : tuple of str
    mix : tuple of float
        Share of each in the mass delivered.
    unit : str
        Such as ``"t"``, ``"kg of oxide"`` or ``"quoted"``.
    currency : str
    """

    minerals: tuple[str, ...]
    mix: tuple[float, ...]
    unit: str
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.currency, str):
            raise CritminError(f"currency must be a name such as 'USD', got {self.currency!r:.80}")
        currency_rate(self.currency)
        self.mass()
        self.contents()

    def _parts(self) -> tuple[str, str]:
        if self.unit == "quoted":
            about = get_mineral(self.minerals[0])
            return about.quote.split("/")[1], re.split(r"[,(]", about.form)[0]
        found = _UNIT.fullmatch(self.unit) if isinstance(self.unit, str) else None
        if found is None:
            raise CritminError(
                f"unit must be a mass, or a mass of a form, such as 'kg of oxide': got {self.unit!r}"
            )
        return found["mass"], found["form"] or ""

    def mass(self) -> float:
        """Tonnes in one unit."""
        return mass_factor(self._parts()[0])

    def contents(self, form: str | None = None) -> tuple[float, ...]:
        """Contained element of each mineral in the form sold, or in another."""
        named = self._parts()[1] if form is None else form
        if self.unit == "quoted" and form is None:
            return tuple(get_mineral(name).content for name in self.minerals)
        return tuple(content_of(get_mineral(name), named) for name in self.minerals)

    def title(self) -> str:
        """The unit in words, such as ``"kg of oxide"``."""
        mass, form = self._parts()
        return f"{mass} of {form}" if form else f"{mass} of contained element"

    def _other_form(self, form: str | None, given: object) -> float:
        """Tonnes of the form sold that hold as much as a tonne of the form of an amount."""
        if form is None:
            return 1.0
        theirs, ours = self.contents(form), self.contents()
        if len(ours) > 1 and theirs != ours:
            raise CritminError(
                f"{given!r}: amounts of a basket must be in the form that is sold, {self.title()}"
            )
        return theirs[0] / ours[0]

    def price(self, given: object, name: str) -> tuple[float, bool]:
        """Money of the contract per tonne of what is sold, and whether a unit was given.

        Raises
        ------
        CritminError
            If it is neither a number from 0 on nor such a text.

        Examples
        --------
        >>> oxide = Goods(("neodymium",), (1.0,), "kg of oxide", "USD")
        >>> oxide.price(110, "floor"), oxide.price("110 USD/kg of oxide", "floor")
        ((110000.0, False), (110000.0, True))
        """
        if isinstance(given, str):
            found = _PRICE.fullmatch(given)
            if found is None:
                raise CritminError(
                    f"{name} must be a number or a text such as '110 USD/kg of oxide', got {given!r}"
                )
            per_usd = 100.0 if found["money"] == "ct" else currency_rate(found["money"])
            money = _value(found) * currency_rate(self.currency) / per_usd
            per_tonne = money / mass_factor(found["mass"])
            return per_tonne / self._other_form(found["form"], given), True
        return _number(given, name, "'110 USD/kg of oxide'") / self.mass(), False

    def tonnes(self, given: object, name: str) -> float:
        """Tonnes of what is sold: a number is in tonnes, a text says its own mass.

        Examples
        --------
        >>> Goods(("nickel",), (1.0,), "t", "USD").tonnes("2 kt", "volume")
        2000.0
        """
        if isinstance(given, str):
            found = _MASS.fullmatch(given)
            if found is None:
                raise CritminError(
                    f"{name} must be tonnes or a text such as '6000 t', got {given!r}"
                )
            return (
                _value(found) * mass_factor(found["mass"]) * self._other_form(found["form"], given)
            )
        return _number(given, name, "'6000 t'")

    def money(self, given: object, name: str) -> float:
        """A sum in the contract's currency: a number, or a text such as ``"400 million USD"``."""
        if isinstance(given, str):
            found = _MONEY.fullmatch(given)
            if found is None:
                raise CritminError(
                    f"{name} must be a number or a text such as '400 million USD', got {given!r}"
                )
            return _value(found) * currency_rate(self.currency) / currency_rate(found["money"])
        return _number(given, name, "'400 million USD'")


def _value(found: "re.Match[str]") -> float:
    number = float(found["value"].replace(",", "").replace("_", "")) * _SCALES[found["scale"] or ""]
    if number > LARGEST:
        raise CritminError(f"{found.string!r:.80} is beyond {LARGEST:g}")
    return number


def _number(given: object, name: str, example: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.integer | np.floating):
        raise CritminError(f"{name} must be a number or a text such as {example}, got {given!r}")
    if not 0 <= given <= LARGEST:  # NaN is not
        raise CritminError(
            f"{name} must be a number from 0 on, below {LARGEST:g}, got {given!r:.80}"
        )
    return float(given)


def several(given: object, name: str) -> tuple[Any, ...]:
    """One amount or several as a tuple.

    Raises
    ------
    CritminError
        If there is none.
    """
    found = tuple(given) if isinstance(given, tuple | list) else (given,)
    if not found:
        raise CritminError(f"{name} must be an amount, or one for each year: got none")
    return found


def words_of(amount: Amount) -> str:
    """An amount for a sentence: the number or text itself, first and last of a schedule."""
    if isinstance(amount, tuple):
        return f"{words_of(amount[0])} rising or falling by year to {words_of(amount[-1])}"
    return amount if isinstance(amount, str) else f"{amount:,.10g}"
