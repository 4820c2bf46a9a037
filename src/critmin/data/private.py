"""Private data: the registry of a user's own prices, costs and production, kept in this process only.

`critmin.data.registering.register` puts series in; panels take them out.
"""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol

import pandas as pd

from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import Mineral, Place, Quality, get_mineral

Kind = Literal["price", "cost", "production"]
PaidAt = Literal["outside", "inside", "customs"]


@dataclass(frozen=True, slots=True)
class PrivateSeries:
    """A registered private series.

    Attributes
    ----------
    name, kind, mineral : str
        Identifier, what it is, and of what.
    table : DataFrame
        Columns country, year, value: annual, in nominal USD per tonne of contained element or in tonnes.
    year_end : DataFrame
        Of monthly and daily prices: year, month (the last one) and value, on the same level.
    place : {"outside", "inside", "customs"}
        Where a price was paid.
    quality : str
        How it was got, see `critmin.mineral.PriceSource`.
    about : mapping
        What `registered` says beside: unit, frequency, rows, dropped, source.
    """

    name: str
    kind: Kind
    mineral: str
    table: pd.DataFrame
    year_end: pd.DataFrame
    place: PaidAt = "outside"
    quality: Quality = "private"
    about: Mapping[str, object] = MappingProxyType({})

    @property
    def sha256(self) -> str:
        """Hash of everything that a panel takes of it."""
        text = self.table.to_csv(index=False) + self.year_end.to_csv(index=False)
        return hashlib.sha256(f"{text}{self.place}{self.quality}".encode()).hexdigest()


class Stamped(Protocol):
    """What names the private data it was fitted to: a `critmin.posterior.Posterior`."""

    @property
    def draws(self) -> Any:
        """Dataset whose ``attrs["private"]`` holds identifiers, parted by semicolons."""


_lock = threading.Lock()
_series: dict[str, PrivateSeries] = {}


def add(entry: PrivateSeries) -> None:
    """Register a series.

    Raises
    ------
    DataError
        If its name is taken.
    """
    with _lock:
        if entry.name in _series:
            raise DataError(f"{entry.name} is registered already; unregister it first")
        _series[entry.name] = entry


def unregister(identifier: str) -> None:
    """Forget a private data set.

    Parameters
    ----------
    identifier : str
        As `critmin.data.register` returned it.

    Raises
    ------
    UnknownNameError
        If it is not registered.

    See Also
    --------
    critmin.data.register : Add one.
    critmin.data.registered : What is registered.

    Examples
    --------
    >>> unregister("private-desk")
    Traceback (most recent call last):
        ...
    critmin.exceptions.UnknownNameError: unknown private data set 'private-desk': expected one of: (none
    registered)
    """
    with _lock:
        if not isinstance(identifier, str) or identifier not in _series:
            known = [*_series] or ["(none registered)"]
            raise UnknownNameError.of("private data set", identifier, known)
        del _series[identifier]


def names() -> list[str]:
    """Identifiers of the private data sets registered in this process."""
    with _lock:
        return sorted(_series)


def registered() -> pd.DataFrame:
    """Every private series that panels take from now on.

    Returns
    -------
    DataFrame
        Indexed by ``id``; columns kind, mineral, unit, place, quality, frequency (what a row was of),
        first_year, last_year, years, rows (used), dropped (rows that were not, by reason), used (whether
        the model reads it: of prices those paid where the public one was) and source.

    See Also
    --------
    critmin.data.register : Add one.
    critmin.data.unregister : Forget one.

    Examples
    --------
    >>> registered().empty
    True
    """
    columns = ["kind", "mineral", "unit", "place", "quality", "frequency"]
    columns += ["first_year", "last_year", "years", "rows", "dropped", "used", "source"]
    with _lock:
        entries = sorted(_series.items())
    rows = [
        {
            "kind": entry.kind,
            "mineral": entry.mineral,
            "place": entry.place,
            "quality": entry.quality,
            "first_year": int(entry.table["year"].min()),
            "last_year": int(entry.table["year"].max()),
            "years": entry.table["year"].nunique(),
            "used": entry.kind != "price" or same_market(get_mineral(entry.mineral), entry.place),
            **entry.about,
        }
        for _, entry in entries
    ]
    return pd.DataFrame(rows, columns=columns, index=pd.Index([n for n, _ in entries], name="id"))


def ignored_by(posterior: Stamped) -> tuple[str, ...]:
    """Registered private series that a posterior was not fitted to.

    Results from it do not know them, however many are registered.

    Parameters
    ----------
    posterior : Posterior
        Such as the built-in one, which knows none.

    Returns
    -------
    tuple of str
        Identifiers; empty if it knows them all.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> ignored_by(SimpleNamespace(draws=SimpleNamespace(attrs={"private": ""})))
    ()
    """
    known = str(posterior.draws.attrs.get("private", "")).split(";")
    return tuple(name for name in names() if name not in known)


def _of(kind: Kind) -> list[PrivateSeries]:
    with _lock:
        return [s for _, s in sorted(_series.items()) if s.kind == kind]


def public_side(mineral: Mineral) -> PaidAt:
    """On which side of a fence the public price of a mineral is paid."""
    inside = bool(mineral.prices) and mineral.prices[0].place == "inside"
    return "inside" if inside else "outside"


def same_market(mineral: Mineral, place: PaidAt) -> bool:
    """Whether a price is paid on the side of the fence that the public one is of."""
    return (place == "inside") == (public_side(mineral) == "inside")


def _prices(mineral: Mineral) -> list[PrivateSeries]:
    """Private prices of the market that the public ones are of."""
    return [s for s in _of("price") if s.mineral == mineral.name and same_market(mineral, s.place)]


def price_series(mineral: Mineral) -> list[tuple["pd.Series[float]", Quality, Place, str]]:
    """Private prices of a mineral as values by year, quality, place and data set."""
    place: Place = mineral.prices[0].place if mineral.prices else "world"
    return [
        (s.table.set_index("year")["value"].sort_index(), s.quality, place, s.name)
        for s in _prices(mineral)
    ]


def year_ends(mineral: Mineral) -> pd.DataFrame:
    """Private prices of the last months of years: dataset, year, month, value (nominal USD per tonne)."""
    frames = [s.year_end.assign(dataset=s.name) for s in _prices(mineral)]
    columns = ["dataset", "year", "month", "value"]
    return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)


def production() -> pd.DataFrame:
    """Private production: mineral, country, year, vintage, value."""
    frames = [s.table.assign(mineral=s.mineral, vintage="latest") for s in _of("production")]
    columns = ["mineral", "country", "year", "vintage", "value"]
    return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)


def cost_points(minerals: list[str]) -> pd.DataFrame:
    """Private costs (nominal USD per tonne of contained element): mineral, year, value."""
    frames = [s.table.assign(mineral=s.mineral) for s in _of("cost") if s.mineral in minerals]
    columns = ["mineral", "year", "value"]
    return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)


def combined_hash(public: str) -> str:
    """Hash of the snapshot joined with that of the private data, if any."""
    with _lock:
        if not _series:
            return public
        joined = public + "".join(f"{n}:{s.sha256}" for n, s in sorted(_series.items()))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
