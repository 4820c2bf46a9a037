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


@dataclass(frozen=True, slots=True)
class PriceSource:
    """One series of the snapshot that is part of a mineral's price history.

    Attributes
    ----------
    dataset : str
        Identifier in `critmin.data.catalog`.
    series : str
        Name of the series in that data set.
    quality : {"exchange", "assessment", "unit_value", "private"}
        How the publisher got it: an exchange's cash price, an assessment by a price agency
        or a dealer, the average value of what customs or buyers reported, or a user's own.
    """

    dataset: str
    series: str
    quality: Quality


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


@cache
def registry() -> dict[str, Mineral]:
    """Every mineral by name, in the order of the table."""
    text = files("critmin").joinpath("minerals.toml").read_text(encoding="utf-8")
    minerals = {}
    for name, row in tomllib.loads(text).items():
        prices = tuple(PriceSource(**source) for source in row.pop("prices"))
        minerals[name] = Mineral(name=name, prices=prices, **row)
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
    known = {**registry(), **{guest.name: guest for guest in _guests.get()}}
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    if key not in known and key in ELEMENTS:
        # The nearest name would be another element.
        raise UnknownNameError(f"{key} is not priced; `critmin.minerals()` lists what is")
    if key not in known:
        raise UnknownNameError.of("mineral", name, known)
    return known[key]
