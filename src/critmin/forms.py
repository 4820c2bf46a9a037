"""Units of price and mass as people write them, with the form that they are of.

``"USD/kg"`` says nothing before one knows of what: of oxide, of metal, of contained element. Content
belongs to the form, so `parse_unit` reads both together; the words stand in ``forms.toml``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from critmin.exceptions import CritminError, UnknownNameError, shown
from critmin.mineral import Mineral, get_mineral
from critmin.units import FORMS, TONNES

CENT = "US_cent"
_CENTS = frozenset({"ct", "cts", "c", "¢", "usc", "us¢", "us c", "cent", "cents", "us cents"})
_PRICE = re.compile(
    r"(?P<money>[^/]*?)\s*(?:/|(?<=\s)per\s)\s*(?P<rest>.+)", re.IGNORECASE | re.DOTALL
)
_GRADE = re.compile(r"(?P<grade>\d+(?:\.\d+)?)\s*%|(?<=[a-z])\s*(?P<bare>\d{1,2}(?:\.\d+)?)$", re.I)
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Form:
    """A form in which a mineral is sold.

    Attributes
    ----------
    name : str
        What it is called, such as ``"LCE"`` or ``"contained Ni"``.
    content : float or None
        Tonnes of what the model counts (contained element, or `basis_of`) in a tonne; None where that
        needs a grade.
    assay : float
        The same in a tonne of the constituent that its grade is stated in.
    default : str
        Where a unit that names no form means this one: "mass", "content", "both" or "".
    """

    name: str
    content: float | None
    assay: float
    default: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of price or mass of one mineral.

    Attributes
    ----------
    currency : str or None
        ISO 4217 code; None for a mass.
    mass : str
        Unit of mass, such as ``"kg"`` or ``"mtu"``.
    form : str
        What the mass is of, such as ``"V2O5"`` or ``"contained Ni"``.
    factor : float
        A price of one unit in currency per tonne, or one unit of mass in tonnes, of contained element (of
        what `basis_of` names, where that is another thing).
    pint : str
        The unit as pint reads it, given `pint_definitions`; it leaves out the form.
    content : float
        Tonnes of what the model counts in a tonne of what the mass is of.
    named : bool
        The text names the form.
    """

    currency: str | None
    mass: str
    form: str
    factor: float
    pint: str
    content: float
    named: bool

    @property
    def words(self) -> str:
        """The unit in words, such as ``"USD per kg of V2O5"``."""
        if self.currency is None:
            return f"{self.mass} of {self.form}"
        money = "US cents" if self.pint.startswith(CENT) else self.currency
        return f"{money} per {self.mass} of {self.form}"


@dataclass(frozen=True, slots=True)
class _Words:
    """The hand table, by word in lower case."""

    mass: Mapping[str, str]
    pint: Mapping[str, str]
    content_units: frozenset[str]
    currency: Mapping[str, str]
    currencies: tuple[str, ...]


@cache
def _words() -> _Words:
    units = {**FORMS["mass"], **FORMS["content"]}
    # Mt is a million tonnes, mt a tonne: case tells them apart, and nothing else.
    mass = {name.lower(): name for name in units if name != "Mt"}
    mass |= {word.lower(): name for name, unit in units.items() for word in unit["words"]}
    currency = {code.lower(): code for code in FORMS["currency"]}
    currency |= {w.lower(): code for code, words in FORMS["currency"].items() for w in words}
    return _Words(
        MappingProxyType({word.replace("_", " "): name for word, name in mass.items()}),
        MappingProxyType({name: unit["pint"] for name, unit in units.items()}),
        frozenset(FORMS["content"]),
        MappingProxyType(currency),
        tuple(FORMS["currency"]),
    )


def basis_of(mineral: str) -> str:
    """What a tonne of a mineral is in the model.

    Examples
    --------
    >>> basis_of("nickel"), basis_of("phosphate")
    ('contained Ni', 'phosphate rock')
    """
    about = get_mineral(mineral)
    return str(FORMS["basis"].get(about.name, f"contained {about.symbol}"))


@cache
def _forms_of(about: Mineral) -> Mapping[str, Form]:
    """Forms of a mineral by word in lower case; its basis is always one."""
    rows = FORMS["form"].get(about.name, {})
    basis = basis_of(about.name)
    # Without a default of its own a mineral is sold as what is modelled; one with a default for ton units
    # alone (tungsten) has none for gross weight.
    plain = Form(basis, 1.0, 1.0, "" if any("default" in row for row in rows.values()) else "both")
    words = [basis]
    if about.name not in FORMS["basis"]:
        words += [about.symbol, about.name, about.title, "metal", "element", f"{about.name} metal"]
    if about.content == 1 and ", per " not in about.form:
        words.append(re.split(r"[,(]", about.form)[0])  # bullion, sponge, powder ...
    forms = {word.lower(): plain for word in words}
    for name, row in rows.items():
        form = _form(name, row)
        forms |= {word.lower(): form for word in (name, *row["words"])}
    return MappingProxyType(forms)


def _form(name: str, row: Mapping[str, Any]) -> Form:
    default = row.get("default", "")
    if "content" in row:
        return Form(name, row["content"], row["content"], default)
    if "percent" not in row:
        return Form(name, None, row["assay"], default)
    return Form(
        f"{name} {row['percent']:g}%", row["assay"] * row["percent"] / 100, row["assay"], default
    )


def forms_of(mineral: str) -> tuple[str, ...]:
    """Names of the forms that a unit of a mineral can be of.

    Examples
    --------
    >>> forms_of("neodymium")
    ('contained Nd', 'Nd2O3', 'NdPr', 'NdPr metal')
    """
    return tuple(dict.fromkeys(form.name for form in _forms_of(get_mineral(mineral)).values()))


def parse_unit(
    text: str,
    mineral: str,
    *,
    kind: Literal["price", "mass"] | None = None,
    per_content: bool = False,
) -> Unit:
    """Read a unit of price or mass, and what it is of.

    Parameters
    ----------
    text : str
        Such as ``"USD/kg"``, ``"USD/t LCE"``, ``"CNY/t of APT"``, ``"ct/lb"``, ``"USD/dmtu"``, ``"kt"``,
        ``"t of ore 44%"``. Case does not matter, but for ``Mt`` (a million tonnes) and ``mt`` (a tonne).
    mineral : str
        Whose. A price that names no form is of the form that the mineral is quoted in
        (`critmin.mineral.Mineral.form`), a mass that names none is of contained element, as output is
        counted.
    kind : {"price", "mass"}, optional
        Which of the two it must be.
    per_content : bool
        A price that names no form is of contained element, too.

    Returns
    -------
    Unit

    Raises
    ------
    UnknownNameError
        If mineral, currency, mass or form is not known; the message names the nearest one.
    CritminError
        If the text can mean several things (a ``ton``, a ``¥``, an alloy without its grade).

    Notes
    -----
    Ton units (mtu, dmtu, ltu, stu) are a hundredth of a ton of what a grade states: WO3, Mn, Fe. A tonne
    of ore is gross weight. Tonnes are dry.

    Examples
    --------
    >>> round(230 * parse_unit("USD/t of ore 44%", "manganese").factor)
    523
    >>> parse_unit("usd/lb", "vanadium").words
    'USD per lb of V2O5'
    >>> parse_unit("kt LCE", "lithium").factor
    187.87
    """
    about = get_mineral(mineral)
    if not isinstance(text, str) or not text.strip():
        raise CritminError(f"unit must be text such as 'USD/kg' or 'kt', got {shown(text)}")
    if len(text) > _LONGEST:
        raise CritminError(f"unit must be short text such as 'USD/kg', got {len(text)} characters")
    written = _PRICE.fullmatch(text.strip())
    money, rest = (written["money"], written["rest"]) if written else (None, text)
    found = "mass" if money is None else "price"
    if kind is not None and kind != found:
        example = "'USD/t' or 'USD/lb'" if kind == "price" else "'t' or 'kt'"
        raise UnknownNameError(
            f"unit {text!r} is of {found}: expected one of {kind}, such as {example}"
        )
    mass, of = _split(rest, about, text, found)
    if of:
        form = _named(of, about, text)
    elif per_content or money is None:
        form = _forms_of(about)[basis_of(about.name).lower()]
    else:
        form = _default(mass, about, text)
    words = _words()
    content = _content(form, mass in words.content_units, about, text)
    tonnes, spelled = TONNES[mass] * content, words.pint[mass]
    if money is None:
        return Unit(None, mass, form.name, tonnes, spelled, content, bool(of))
    cents = money.strip().lower() in _CENTS
    currency, price = ("USD", 0.01) if cents else (parse_currency(money), 1)
    spelled = f"{CENT if cents else currency}/{spelled}"
    return Unit(currency, mass, form.name, price / tonnes, spelled, content, bool(of))


def quoted_unit(mineral: str) -> Unit:
    """What the market weighs a mineral in: the mass and form of its quote.

    Examples
    --------
    >>> quoted_unit("vanadium").words, quoted_unit("manganese").words
    ('lb of V2O5', 'mtu of ore 44%')
    """
    about = get_mineral(mineral)
    quote = parse_unit(about.quote, about.name, kind="price")
    return parse_unit(f"{quote.mass} of {quote.form}", about.name, kind="mass")


def parse_currency(text: str) -> str:
    """The ISO 4217 code of a currency.

    Examples
    --------
    >>> parse_currency("RMB")
    'CNY'
    """
    words = _words()
    written = text.strip() if isinstance(text, str) else ""
    word = written.lower()
    if word == "¥":
        raise CritminError("currency '¥' is that of Japan and of China: write JPY or CNY")
    if written in ("USd", "GBp", "GBX", "ZAr", "ZAc"):
        raise CritminError(
            f"currency {written!r} is a hundredth where terminals write it: write ct for US cents, or give "
            "the values in whole money"
        )
    if word not in words.currency:
        raise UnknownNameError.of("currency", text, words.currencies)
    return words.currency[word]


def _split(rest: str, about: Mineral, text: str, kind: str) -> tuple[str, str]:
    """Mass and words of the form; the longest known word for a mass counts."""
    words = _words()
    parts = rest.strip().replace("_", " ").split()
    for n in range(min(4, len(parts)), 0, -1):
        word = " ".join(parts[:n])
        if word in ("Mt", "MT") and n == 1:
            return _million(word, kind, text), " ".join(parts[n:])
        if word.lower() in words.mass:
            return words.mass[word.lower()], " ".join(parts[n:])
    first = parts[0].lower() if parts else ""
    if first in ("oz", "ounce", "ounces"):
        if about.group == "precious":
            return "troy_oz", " ".join(parts[1:])
        raise CritminError(
            f"unit {text!r}: {about.name} is not sold by troy ounce: if it is, write 'troy_oz'"
        )
    if first in ("ton", "tons"):
        raise CritminError(
            f"unit {text!r}: a ton can be of three sizes: write t, short_ton or long_ton"
        )
    if first == "wmt":
        raise CritminError(
            f"unit {text!r}: wet tonnes hold an unknown share of water: expected dry ones, 't'"
        )
    raise UnknownNameError.of(
        f"mass in unit {text!r}:", "".join(parts[:1]), [*TONNES, "dmtu", "tonne"]
    )


def _million(word: str, kind: str, text: str) -> str:
    if kind == "price" and word == "MT":
        return "t"
    if kind == "mass" and word == "Mt":
        return "Mt"
    raise CritminError(
        f"unit {text!r}: {word!r} can be a million tonnes or a metric ton: write "
        + ("'USD/t'" if kind == "price" else "Mt or t")
    )


def _default(mass: str, about: Mineral, text: str) -> Form:
    forms = _forms_of(about)
    what = "content" if mass in _words().content_units else "mass"
    for form in forms.values():
        if form.default in (what, "both"):
            return form
    raise CritminError(f"unit {text!r}: say {mass} of what: of {' or '.join(forms_of(about.name))}")


def _named(of: str, about: Mineral, text: str) -> Form:
    """The form that words name, at the grade that they name."""
    forms = _forms_of(about)
    word = re.sub(r"^(?:of\s+|contained\s+|content\s+)+", "", of.strip().lower())
    word = re.sub(r"\s+(?:content|contained)$", "", word).strip(" ,;()")
    if word in forms:
        return forms[word]
    found = _GRADE.search(word)
    if found:
        percent = float(found["grade"] or found["bare"])
        bare = (word[: found.start()] + " " + word[found.end() :]).strip(" ,;()")
        bare = re.sub(rf"[\s,]+{re.escape(about.symbol.lower())}$", "", bare)
        if bare in forms and 0 < percent <= 100:
            form = forms[bare]
            if form.content == form.assay:
                raise CritminError(
                    f"unit {text!r}: {form.name} has no grade; leave {percent:g}% out"
                )
            plain = re.sub(r" [\d.]+%$", "", form.name)
            return Form(f"{plain} {percent:g}%", form.assay * percent / 100, form.assay)
    raise UnknownNameError.of(f"form of {about.name} in unit {text!r}:", word, forms_of(about.name))


def _content(form: Form, of_content: bool, about: Mineral, text: str) -> float:
    if of_content:
        return form.assay
    if form.content is None:
        raise CritminError(
            f"unit {text!r}: {form.name} has several grades: write such as '{form.name} 50%' for gross "
            f"weight, or 'contained {about.symbol}' if that is what the price is for"
        )
    return form.content


def pint_definitions() -> tuple[str, ...]:
    """Lines that teach a pint registry the currencies and ton units of `Unit.pint`.

    Examples
    --------
    >>> pint_definitions()[0]
    'USD = [USD]'
    >>> import pint  # doctest: +SKIP
    >>> registry = pint.UnitRegistry()  # doctest: +SKIP
    >>> for line in pint_definitions():  # doctest: +SKIP
    ...     registry.define(line)
    """
    words = _words()
    money = [f"{code} = [{code}]" for code in words.currencies]
    units = [f"{name} = {TONNES[name]!r} * t" for name in (*sorted(words.content_units), "flask")]
    return (*money, f"{CENT} = 0.01 * USD", *units)
