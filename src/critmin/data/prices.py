"""One price history a mineral, joined from all its sources, with what stands behind each year.

A source that overlaps with better ones is brought to their level by the average ratio if that is
small and sure (`MAX_RATIO`, `MAX_ERROR`); one that is known to be the same quotation continues it;
any other is a break, whose step the model estimates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from critmin.data import assembled, catalogue, private
from critmin.data.annual import LATE
from critmin.data.editions import NEWEST
from critmin.data.money import cpi, real_factor
from critmin.data.quotes import quotes
from critmin.exceptions import DataError
from critmin.forms import parse_unit
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.mineral import Mineral, PriceSource, get_mineral, registry
from critmin.units import BASE_YEAR, price_factor

MAX_RATIO = 2.0
"""Most that two sources of one price may differ by: more is another good, or a unit gone wrong."""

MAX_ERROR = 0.10
"""Most that the standard error of the mean log ratio of two sources may be for them to be joined;
two common years, which show no spread to speak of, must each agree this well."""

MAX_SPREAD = 0.25
"""Most that the log ratio may vary (standard deviation): sources that drift apart are not one."""

SAME_LEVEL = 0.01
"""Levels nearer than this (in log), or than the error of their difference, are one: the figures
stay as printed."""

LIST_YEARS = 3
"""A price printed the same in so many years running is a producer's list price."""

LIST_ROUNDING = 0.01
"""Figures rounded more coarsely than this (in log) look the same without being list prices."""

COLUMNS = {
    "price": "float64",
    "quality": "object",
    "price_class": "object",
    "dataset": "object",
    "edition": "int64",
    "rounding": "float64",
    "place": "object",
    "form": "object",
    "basis": "int64",
    "splice": "float64",
}
"""Columns of a history and their kinds."""


HOLES: dict[str, Any] = {
    "price_nominal": np.nan,
    "price": np.nan,
    "price_rounding": np.nan,
    "price_quality": "",
    "price_class": "",
    "price_dataset": "",
    "price_edition": 0,
    "price_place": "",
    "price_form": "",
    "price_basis": -1,
}
"""Variables of a panel that stand behind a price, and what they are where there is none."""


@dataclass(frozen=True, slots=True)
class Join:
    """How one source was joined to the better ones before it.

    Attributes
    ----------
    dataset, series : str
        The source.
    how : {"first", "overlap", "same", "break"}
        The best source, brought to the level of the others, the same quotation carried on, or on a
        basis of its own.
    years : tuple of int
        Years that it gives to the history; none if it only ties a later source to the others.
    common : int
        Years that it shares with better sources on the basis it was compared with.
    ratio, spread : float
        Mean log ratio of the better sources to it in these years, and its standard deviation.
    basis : int
        0 for the newest basis; each break adds one.
    """

    dataset: str
    series: str
    how: str
    years: tuple[int, ...]
    common: int
    ratio: float
    spread: float
    basis: int


def _listed(quoted: pd.DataFrame) -> Bools:
    """Years of runs of `LIST_YEARS` equal printed values, where these are printed finely enough."""
    years, values = quoted.index.to_numpy(), quoted["value"].to_numpy()
    new = np.diff(values, prepend=np.nan) != 0
    new |= np.diff(years, prepend=years[0] - 2) != 1
    run = np.cumsum(new)
    long = np.bincount(run)[run] >= LIST_YEARS
    return np.asarray(long & (quoted["rounding"].to_numpy() <= LIST_ROUNDING))


def _rows(
    mineral: Mineral, source: PriceSource, price: "pd.Series[float]", **printed: Any
) -> pd.DataFrame:
    """Years of a source as a history has them, but for how they are joined."""
    place, form = source.place, source.form or mineral.form
    told = {"price": price, "quality": source.quality, **printed, "place": place, "form": form}
    return pd.DataFrame(told, index=price.index)


@cache
def _part(mineral: Mineral, source: PriceSource, edition: int) -> pd.DataFrame:
    quoted = quotes(mineral, source, edition)
    listed = _listed(quoted) if len(quoted) and source.quality != "exchange" else False
    return _rows(
        mineral,
        source,
        quoted["price"],
        price_class=np.where(listed, "list_price", source.quality),
        **{name: quoted[name] for name in ("dataset", "edition", "rounding")},
    )


def _private(mineral: Mineral) -> list[tuple[PriceSource, pd.DataFrame]]:
    parts = []
    for values, quality, place, dataset in private.price_series(mineral):
        source = PriceSource(dataset=dataset, series="", quality=quality, place=place)
        printed = {"price_class": quality, "dataset": dataset, "edition": 0, "rounding": 0.0}
        parts.append((source, _rows(mineral, source, values, **printed)))
    return parts


def _sound(ratios: "pd.Series[float]", own: bool) -> bool:
    """Whether an overlap shows one price on two levels: near in size, steady, and for long enough.

    Two years show no spread to speak of: they do only if both agree, or if the better source is the
    user's own, who says that it is the same price.
    """
    if len(ratios) < 2 or abs(ratios.mean()) > np.log(MAX_RATIO):
        return False
    if len(ratios) == 2 and not own:
        return bool(ratios.abs().max() <= MAX_ERROR)
    spread = float(ratios.std())
    return spread <= MAX_SPREAD and (own or spread / np.sqrt(len(ratios)) <= MAX_ERROR)


def _shift(ratios: "pd.Series[float]") -> float:
    """Log shift to the better sources' level; 0 where the difference may be chance or rounding."""
    error = float(ratios.std()) / np.sqrt(len(ratios))
    mean = float(ratios.mean())
    return 0.0 if abs(mean) <= max(error, SAME_LEVEL) else mean


def _joined(mineral: Mineral, edition: int, own: bool = True) -> tuple[pd.DataFrame, list[Join]]:
    sources = _private(mineral) if own else []
    sources += [(source, _part(mineral, source, edition)) for source in mineral.prices]
    table = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    joins: list[Join] = []
    basis, shift = 0, 0.0
    for source, part in sources:
        if part.empty:
            continue
        common = part.index.intersection(table.index[table["basis"] == basis])
        ratios = np.log(table.loc[common, "price"] / part.loc[common, "price"])
        if not joins:
            how = "first"
        elif source.join == "same":
            how = "same"
            off = float(ratios.mean() - shift) if len(ratios) else 0.0
            if abs(off) > MAX_ERROR:
                raise DataError(
                    f"{mineral.name}: {source.dataset} is said to carry the better source on, but is "
                    f"{np.exp(-off):.2f} times as high in {list(common)}"
                )
        elif source.join == "overlap" and _sound(ratios, joins[-1].dataset.startswith("private-")):
            how, shift = "overlap", _shift(ratios)
        else:
            how, shift, basis = "break", 0.0, basis + 1
        new = part[~part.index.isin(table.index)]
        new = new.assign(price=new["price"] * np.exp(shift), basis=basis, splice=shift)
        joins.append(
            Join(
                source.dataset,
                source.series,
                how,
                tuple(int(year) for year in new.index),
                len(ratios),
                float(ratios.mean()) if len(ratios) else np.nan,
                float(ratios.std()) if len(ratios) > 1 else np.nan,
                basis,
            )
        )
        if len(new):
            table = pd.concat([table, new[list(COLUMNS)].astype(COLUMNS)]) if len(table) else new
    return table[list(COLUMNS)].astype(COLUMNS).sort_index(), joins


@cache
def joined_history(mineral: Mineral, edition: int) -> tuple[pd.DataFrame, list[Join]]:
    """The public history of a mineral and how it was joined, made from its sources; not to be changed."""
    return _joined(mineral, edition, own=False)


@cache
def _assembled(name: str) -> pd.DataFrame | None:
    table = assembled.price_table(name)
    if table is None:
        return None
    return table.set_index("year")[list(COLUMNS)].astype(COLUMNS)


def _history(mineral: Mineral, edition: int, own: bool) -> tuple[pd.DataFrame, list[Join]]:
    """Joined anew where a user's own prices are registered, which may change; else kept."""
    if own and private.price_series(mineral):
        return _joined(mineral, edition)
    return joined_history(mineral, edition)


def price_history(mineral: Mineral, edition: int = NEWEST, *, own: bool = True) -> pd.DataFrame:
    """One mineral's annual nominal price, joined from its sources.

    Parameters
    ----------
    mineral : Mineral
        Of `critmin.mineral.get_mineral`.
    edition : int
        The newest edition of the Mineral Commodity Summaries to use; see `critmin.data.vintage`.
    own : bool
        Take registered private prices first; the published ones alone otherwise.

    Returns
    -------
    DataFrame
        By year:

        - price: nominal USD per tonne of contained element, on the basis of the year;
        - quality: how the publisher got it; price_class: the same, or ``"list_price"``;
        - dataset, edition: where it was printed (edition 0 where there is only one);
        - rounding: half a unit of the last printed digit, in log;
        - place: ``"outside"`` or ``"inside"`` the fence of a country that restricts exports, or
          ``"world"``; form: what was priced;
        - basis: number of breaks so far, 0 in the newest source; splice: log shift applied.

    Raises
    ------
    DataError
        If a source is broken or contradicts what is said of it.

    Examples
    --------
    >>> from critmin.mineral import get_mineral
    >>> history = price_history(get_mineral("gallium"))
    >>> float(history.loc[2017, "price"]), history.loc[2017, "dataset"]
    (477000.0, 'usgs-mcs-2022-galli')
    """
    if edition == NEWEST and registry().get(mineral.name) is mineral:
        ready = None if own and private.price_series(mineral) else _assembled(mineral.name)
        if ready is not None:
            return ready.copy()
    return _history(mineral, edition, own)[0].copy()


def joins(mineral: Mineral, edition: int = NEWEST) -> list[Join]:
    """How the sources of a mineral's history were joined, best first."""
    return list(_history(mineral, edition, own=True)[1])


def price_variables(histories: Mapping[str, pd.DataFrame], years: Ints) -> dict[str, Any]:
    """Variables (mineral, year) of a panel from the history of each mineral.

    Returns
    -------
    dict
        For `xarray.Dataset`: ``price_nominal``, ``price`` (real) and what stands behind each; holes
        are as in `HOLES`.
    """
    dims = ("mineral", "year")

    def stack(column: str, variable: str, kind: type) -> "np.typing.NDArray[Any]":
        fill = HOLES[variable]
        rows = [history[column].reindex(years).fillna(fill) for history in histories.values()]
        return np.stack([row.to_numpy() for row in rows]).astype(kind)

    nominal = stack("price", "price_nominal", float)
    columns = {
        "price_quality": ("quality", object),
        "price_class": ("price_class", object),
        "price_dataset": ("dataset", object),
        "price_edition": ("edition", np.int64),
        "price_place": ("place", object),
        "price_form": ("form", object),
        "price_basis": ("basis", np.int64),
    }
    rounding = stack("rounding", "price_rounding", float)
    return {
        "price_nominal": (dims, nominal, {"units": "USD/t"}),
        "price": (dims, nominal * real_factor(years), {"units": f"USD of {BASE_YEAR}/t"}),
        "price_rounding": (dims, rounding, {"units": "log"}),
        **{name: (dims, stack(column, name, kind)) for name, (column, kind) in columns.items()},
    }


def year_end_variable(
    histories: Mapping[str, pd.DataFrame], years: Ints
) -> tuple[tuple[str, str], Floats, dict[str, str]]:
    """The variable ``price_year_end`` (mineral, year) of a panel, from the history of each mineral."""
    ends = [year_ends(get_mineral(name), history) for name, history in histories.items()]
    values = np.stack([each.reindex(years).to_numpy(dtype=float) for each in ends])
    return ("mineral", "year"), values, {"units": f"USD of {BASE_YEAR}/t"}


def year_end_price(mineral: Mineral) -> "pd.Series[float]":
    """Real price in the last month of each year, from October on, where the source is monthly.

    Deflated by the price index of that month, not of the year.
    """
    if not mineral.prices:
        return pd.Series(dtype="float64")
    source = mineral.prices[0]
    monthly = source.dataset in catalogue.catalog().index
    rows = catalogue.load(source.dataset) if monthly else pd.DataFrame(columns=["series", "month"])
    rows = rows[(rows["series"] == source.series) & (rows["month"] >= LATE)]
    if rows.empty:
        return pd.Series(dtype="float64")
    last = rows.sort_values(["year", "month"]).groupby("year").tail(1)
    real = _real_of_month(last)
    unit = str(rows["unit"].iloc[0])
    factor = price_factor(unit) / parse_unit(unit, mineral.name).content
    return (real * factor).dropna()


def _real_of_month(rows: pd.DataFrame) -> "pd.Series[float]":
    """Real values by year of rows with year, month and value, by the price index of the month."""
    index = catalogue.load("bls-cpi-u").set_index(["year", "month"])["value"]
    level = index.reindex(pd.MultiIndex.from_frame(rows[["year", "month"]])).to_numpy(dtype=float)
    real = rows["value"].to_numpy(dtype=float) * float(cpi().loc[BASE_YEAR]) / level
    return pd.Series(real, index=rows["year"].to_numpy(dtype=int))


def year_ends(mineral: Mineral, history: pd.DataFrame) -> "pd.Series[float]":
    """Real year-end price of each year from the source that the year's own price is of, on its level.

    Parameters
    ----------
    mineral : Mineral
        Whose.
    history : DataFrame
        Of `price_history`.

    Returns
    -------
    Series
        By year; NaN or missing where the source of the year is not monthly.
    """
    ends = pd.Series(np.nan, index=history.index)
    if mineral.prices:
        monthly = history["dataset"] == mineral.prices[0].dataset
        ends = year_end_price(mineral).where(monthly).reindex(history.index)
    for dataset, rows in private.year_ends(mineral).groupby("dataset"):
        own = _real_of_month(rows).reindex(history.index)
        ends = ends.where(history["dataset"] != dataset, own)
    return ends * np.exp(history["splice"])
