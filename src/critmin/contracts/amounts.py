"""Amounts in a contract: money per unit of what is sold, tonnes, and sums of money.

A plain number is in the contract's own unit and currency; text says its own: ``"110 USD/kg"``,
``"110 USD/kg of oxide"``, ``"6000 t"``, ``"400 million USD"``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from critmin.exceptions import CritminError
from critmin.forms import CENT, Unit, parse_currency, parse_unit, quoted_unit
from critmin.mineral import Mineral, get_mineral
from critmin.units import BASE_YEAR, TONNES, currency_rate

Amount = float | str | tuple[float | str, ...]
"""A number, a text with its unit, or one of these for each year of the contract."""

LARGEST = 1e15
"""No amount of money, mass or price is as large."""

_SCALES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NUMBER = r"\s*(?P<value>[0-9][0-9,_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*"
_SCALE = r"(?P<scale>thousand|million|billion|trillion)?\s*"
_AMOUNT = re.compile(_NUMBER + _SCALE + r"(?P<unit>[A-Za-z$€£¥].*?)\s*")
_MONEY = re.compile(_NUMBER + _SCALE + r"(?P<money>[A-Za-z]{0,2}[$€£¥]|[A-Za-z]{3,})\s*")
_FIRST = re.compile(
    rf"\s*(?P<money>[A-Za-z]{{0,2}}[$€£¥]|[A-Za-z]{{3}}){_NUMBER}{_SCALE}(?P<rest>.*)"
)
_PER = re.compile(r"/|\sper\s", re.IGNORECASE)
_A_YEAR = re.compile(r"(?:\s*/\s*|\s+per\s+|\s+a\s+)(?:year|yr|y|a)$|(?<=t)pa$", re.IGNORECASE)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")


@dataclass(frozen=True, slots=True)
class Goods:
    """What a contract sells, and the unit and currency its plain numbers are in.

    Attributes
    ----------
    minerals : tuple of str
    mix : tuple of float
        Share of each in the mass delivered.
    unit : str
        Such as ``"t"``, ``"kg of oxide"`` or ``"quoted"``; see `critmin.forms.parse_unit`.
    currency : str
    """

    minerals: tuple[str, ...]
    mix: tuple[float, ...]
    unit: str
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.currency, str):
            raise CritminError(f"currency must be a name such as 'USD', got {self.currency!r:.80}")
        object.__setattr__(self, "currency", parse_currency(self.currency))
        currency_rate(self.currency)
        if not isinstance(self.unit, str):
            raise CritminError(
                f"unit must be a mass, or a mass of a form, such as 'kg of oxide': got {self.unit!r}"
            )
        self._units()

    def _units(self) -> tuple[Unit, ...]:
        """The unit for each mineral."""
        if self.unit == "quoted":
            return tuple(quoted_unit(name) for name in self.minerals)
        return tuple(_mass_unit(self.unit, get_mineral(name)) for name in self.minerals)

    def mass(self) -> float:
        """Tonnes in one unit."""
        return TONNES[self._units()[0].mass]

    def contents(self, unit: str | None = None) -> tuple[float, ...]:
        """Contained element of each mineral in a tonne of what is sold, or of what another unit is of."""
        if unit is None:
            return tuple(each.content for each in self._units())
        return tuple(parse_unit(unit, name).content for name in self.minerals)

    def title(self) -> str:
        """The unit in words, such as ``"kg of oxide"``."""
        first = self._units()[0]
        if self.unit == "quoted":
            return f"{first.mass} of {re.split(r'[,(]', get_mineral(self.minerals[0]).form)[0]}"
        if not first.named:
            return f"{first.mass} of contained element"
        return self.unit.strip() if " of " in self.unit else f"{first.mass} of {first.form}"

    def pint(self) -> str:
        """Unit of its price as pint reads it."""
        return f"{self.currency}/{self._units()[0].pint}"

    def cash(self) -> dict[str, str]:
        """Attributes of real sums of its money."""
        return {"units": self.currency, "words": f"{self.currency} of {BASE_YEAR}"}

    def _other_form(self, unit: str, given: object) -> tuple[Unit, float]:
        """A unit of an amount, and tonnes of what is sold that hold as much as a tonne of its form."""
        first = parse_unit(unit, self.minerals[0], per_content=True)
        if not first.named:
            return first, 1.0
        theirs, ours = self.contents(unit), self.contents()
        if len(ours) > 1 and theirs != ours:
            raise CritminError(
                f"{given!r}: amounts of a basket must be in the form that is sold, {self.title()}"
            )
        return first, theirs[0] / ours[0]

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
            found = _AMOUNT.fullmatch(_number_first(given))
            if found is None or not _PER.search(found["unit"]):
                raise CritminError(
                    f"{name} must be a number or a text such as '110 USD/kg of oxide', got {given!r}"
                )
            unit, content = self._other_form(found["unit"], given)
            cents = 0.01 if unit.pint.startswith(CENT) else 1.0
            rate = currency_rate(self.currency) / currency_rate(str(unit.currency))
            return _value(found) * cents * rate / TONNES[unit.mass] / content, True
        return _number(given, name, "'110 USD/kg of oxide'") / self.mass(), False

    def tonnes(self, given: object, name: str) -> float:
        """Tonnes of what is sold: a number is in tonnes, a text says its own mass.

        Examples
        --------
        >>> Goods(("nickel",), (1.0,), "t", "USD").tonnes("2 kt", "volume")
        2000.0
        """
        if isinstance(given, str):
            found = _AMOUNT.fullmatch(_A_YEAR.sub("", given.strip()))
            if found is None or _PER.search(found["unit"]):
                raise CritminError(
                    f"{name} must be tonnes or a text such as '6000 t', got {given!r}"
                )
            unit, content = self._other_form(found["unit"], given)
            return _value(found) * TONNES[unit.mass] * content
        return _number(given, name, "'6000 t'")

    def money(self, given: object, name: str) -> float:
        """A sum in the contract's currency: a number, or a text such as ``"400 million USD"``."""
        if isinstance(given, str):
            found = _MONEY.fullmatch(_number_first(given))
            if found is None:
                raise CritminError(
                    f"{name} must be a number or a text such as '400 million USD', got {given!r}"
                )
            theirs = currency_rate(parse_currency(found["money"]))
            return _value(found) * currency_rate(self.currency) / theirs
        return _number(given, name, "'400 million USD'")


@lru_cache(maxsize=256)
def _mass_unit(text: str, about: Mineral) -> Unit:
    """A unit of mass, read once: a zone asks for it thousands of times."""
    return parse_unit(text, about.name, kind="mass")


def _number_first(given: str) -> str:
    """An amount whose money stands before its number, such as ``"USD 12.5/kg"``, the other way round."""
    found = _FIRST.fullmatch(given)
    if found is None:
        return given
    return f"{found['value']} {found['scale'] or ''} {found['money']} {found['rest']}"


def _value(found: "re.Match[str]") -> float:
    whole, dot, decimals = found["value"].partition(".")
    if "," in whole and not _GROUPED.fullmatch(whole):
        raise CritminError(
            f"{found.string!r:.80}: a comma parts thousands, '12,500'; decimals have a point, '12.5'"
        )
    if dot and len(whole) <= 3 and whole != "0" and re.fullmatch(r"[0-9]{2}0", decimals):
        plain = f"{whole}.{decimals.rstrip('0')}".rstrip(".")
        raise CritminError(
            f"{found.string!r:.80}: {whole}.{decimals} can be {plain} or {whole},{decimals}: write which"
        )
    number = float(found["value"].replace(",", "").replace("_", "")) * _SCALES[found["scale"] or ""]
    if number > LARGEST:
        raise CritminError(f"{found.string!r:.80} is beyond {LARGEST:g}")
    return number


def _number(given: object, name: str, example: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.integer | np.floating):
        raise CritminError(
            f"{name} must be a number, a text such as {example}, or a tuple of one for each year, got "
            f"{given!r:.80}"
        )
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
