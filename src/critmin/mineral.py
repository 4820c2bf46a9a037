"""The minerals critmin prices: what each is, how it is quoted, where its data are."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from critmin.exceptions import UnknownNameError

Group = Literal[
    "battery", "base", "precious", "ferro_alloy", "light", "rare_earth", "by_product", "industrial"
]
Quality = Literal["exchange", "assessment", "unit_value", "private"]
Place = Literal["outside", "inside", "world"]
CriticalList = Literal["US", "EU", "JP"]

GROUPS: tuple[str, ...] = get_args(Group)

ELEMENTS = frozenset(
    """hydrogen helium lithium beryllium boron carbon nitrogen oxygen fluorine neon sodium magnesium
    aluminum aluminium silicon phosphorus sulfur sulphur chlorine argon potassium calcium scandium
    titanium vanadium chromium manganese iron cobalt nickel copper zinc gallium germanium arsenic
    selenium bromine krypton rubidium strontium yttrium zirconium niobium molybdenum technetium
    ruthenium rhodium palladium silver cadmium indium tin antimony tellurium iodine xenon cesium
    caesium barium lanthanum cerium praseodymium neodymium promethium samarium europium gadolinium
    terbium dysprosium holmium erbium thulium ytterbium lutetium hafnium tantalum tungsten rhenium
    osmium iridium platinum gold mercury thallium lead bismuth polonium astatine radon francium radium
    actinium thorium protactinium uranium neptunium plutonium americium""".split()
)
"""Names of the elements; an unknown one must not be taken for another."""
OTHERS = frozenset("coal oil gas steel diamond salt sand water hydrogen_sulfide".split())
"""Other goods whose names are like those of minerals."""
SPOKEN = {"aluminium": "aluminum"}
"""Other words for minerals."""
MEANT = {
    "ndpr": "'neodymium' or 'praseodymium'",
    "lce": "'lithium' with unit='t LCE'",
    "lioh": "'lithium' with unit='t LiOH'",
    "spodumene": "'lithium' with unit='t of spodumene'",
    "apt": "'tungsten' with unit='mtu of APT'",
    "fev": "'vanadium' with unit='kg of FeV'",
    "rare_earths": "one of them, such as 'neodymium'",
    "ree": "one of them, such as 'neodymium'",
    "pgm": "one of them, such as 'platinum'",
}
"""What words that name a form or a group may be meant to ask for."""
CRITICAL_LISTS: dict[str, str] = {
    "US": "United States, final list of critical minerals, 2025",
    "EU": "European Union, critical raw materials, 2023",
    "JP": "Japan, specified critical minerals under the Economic Security Promotion Act, 2023",
}
"""The lists that `Mineral.critical` names."""


@dataclass(frozen=True, slots=True)
class PriceSource:
    """One series of the snapshot that is part of a mineral's price history.

    Attributes
    ----------
    dataset : str
        Identifier in `critmin.data.catalog`, or ``usgs-mcs-<chapter>`` for that chapter of every
        edition of the Mineral Commodity Summaries.
    series : str
        Name of the series in these data sets.
    quality : {"exchange", "assessment", "unit_value", "private"}
        How the publisher got it: an exchange's cash price, an assessment by a price agency
        or a dealer, the average value of what customs or buyers reported, or a user's own.
    place : {"outside", "inside", "world"}
        Whether buyers outside or inside the fence of a country that restricts exports pay it;
        ``"world"`` where there is one price.
    join : {"overlap", "same", "break"}
        How it joins the better sources: by an overlap if that is sound, as the same quotation
        carried on, or never, so that the model estimates the step.
    form : str
        What is priced, where it is not the mineral's `form`.
    content : float or None
        Kilograms of contained element in one kilogram of what is priced, where that is not as in
        the mineral's own form.
    first, last : int
        Years that the source is used for.
    note : str
        Why it is joined so, where the figures of common years do not say it.
    """

    dataset: str
    series: str
    quality: Quality
    place: Place = "world"
    join: Literal["overlap", "same", "break"] = "overlap"
    form: str = ""
    content: float | None = None
    first: int = 0
    last: int = 9999
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mineral:
    """A priced mineral.

    Attributes
    ----------
    name : str
        Key used everywhere in critmin, such as ``"rare_earths"``-style snake case.
    title, symbol : str
        For people: name and chemical symbol (or formula of an industrial mineral).
    group : str
        One of `GROUPS`; minerals lean on their group where their own data are few.
    form : str
        The form whose price is modelled.
    content : float
        Kilograms of contained element in one kilogram of what `quote` is for.
    quote : str
        Unit in which the market quotes `form`; see `critmin.units`.
    route : str
        Main process route; it sets the prior cost shares.
    host : str or None
        The mineral whose mining yields this one as a by-product.
    production : str or None
        Production series in the snapshot.
    production_proxy : bool
        The production series is that of a wider commodity, so that only its country shares
        are used.
    prices : tuple of PriceSource
        Best first; where two cover a year the first counts.
    potential : float or None
        Tonnes a year of a by-product that could at least be won from what its host yields.
    grade : float
        Kilograms of what `quote` is for in one kilogram of `form`: 0.44 for a manganese ore that is
        quoted per unit of manganese. 1 where the quote is for the form itself.
    critical : tuple of {"US", "EU", "JP"}
        Which lists of critical minerals name it; see `CRITICAL_LISTS`.
    """

    name: str
    title: str
    symbol: str
    group: Group
    form: str
    content: float
    quote: str
    route: str
    prices: tuple[PriceSource, ...]
    host: str | None = None
    production: str | None = None
    production_proxy: bool = False
    potential: float | None = None
    grade: float = 1.0
    critical: tuple[CriticalList, ...] = ()


@cache
def registry() -> dict[str, Mineral]:
    """Every mineral by name, in the order of the table."""
    text = files("critmin").joinpath("minerals.toml").read_text(encoding="utf-8")
    minerals = {}
    for name, row in tomllib.loads(text).items():
        prices = tuple(PriceSource(**source) for source in row.pop("prices"))
        critical = tuple(row.pop("critical", ()))
        minerals[name] = Mineral(name=name, prices=prices, critical=critical, **row)
    return minerals


_guests: ContextVar[tuple[Mineral, ...]] = ContextVar("guests", default=())


@contextmanager
def guests(*minerals: Mineral) -> Iterator[None]:
    """Let `get_mineral` know more minerals for a while, in this thread."""
    token = _guests.set((*_guests.get(), *minerals))
    try:
        yield
    finally:
        _guests.reset(token)


def get_mineral(name: str) -> Mineral:
    """Look up one mineral.

    Parameters
    ----------
    name : str
        Key of the mineral, in any case.

    Returns
    -------
    Mineral

    Raises
    ------
    UnknownNameError
        If there is no such mineral; the message names the nearest one.

    Examples
    --------
    >>> get_mineral("dysprosium").form
    'dysprosium oxide, 99.5%'
    """
    if not isinstance(name, str):
        raise UnknownNameError(f"a mineral is named by a word such as 'nickel', got {name!r:.80}")
    known = registry()
    if invited := _guests.get():
        known = {**known, **{guest.name: guest for guest in invited}}
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    key = SPOKEN.get(key, key)
    if key in known:
        return known[key]
    if key in MEANT:
        raise UnknownNameError(f"unknown mineral {name!r:.80}: did you mean {MEANT[key]}?")
    for other in known.values():
        if key and key == other.symbol.lower():
            raise UnknownNameError(f"unknown mineral {name!r:.80}: did you mean {other.name!r}?")
    if key in ELEMENTS | OTHERS:
        # The nearest name would be another element.
        raise UnknownNameError(f"{key} is not priced; `critmin.minerals()` lists what is")
    raise UnknownNameError.of("mineral", name, known)
