"""What was known at an origin: a panel without anything later."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data import vintage
from critmin.data.editions import EDITIONS, LAST_YEAR
from critmin.data.prices import price_history, price_variables
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import Mineral, get_mineral, registry
from critmin.model.inputs import START

SLIP = 300
"""Ratio by which no published price moved: sulfur's fell to a 154th in 2009, and rose again."""

OWN = "own"
"""Name of a user's mineral that has none."""

MIN_PRICES = 25
"""Prices that a mineral needs at an origin to be forecast."""


LEVEL_YEARS = 5
"""Years before an origin whose median ratio says on what level an edition has a price."""


def edition_prices(panel: xr.Dataset, origin: int) -> xr.Dataset:
    """Put the prices of the edition that an origin knew in the place of today's.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`.
    origin : int
        Before the year of the first edition at hand, and from the last year on, the panel is returned
        as it is.

    Returns
    -------
    Dataset
        The panel up to the origin. A mineral whose prices are not those of critmin's history (a user's
        own) keeps them.
    """
    cut = panel.sel(year=slice(None, origin))
    if not EDITIONS[0] <= origin + 1 <= LAST_YEAR:
        return cut
    years = cut["year"].values
    histories = {
        name: price_history(mineral)
        for name, mineral in registry().items()
        if name in cut["mineral"].values
    }
    if not histories or not cut.sizes["year"]:
        return cut
    now = price_variables(histories, years)
    same = [
        name
        for i, name in enumerate(histories)
        if all(
            np.array_equal(now[price][1][i], cut[price].sel(mineral=name).values, equal_nan=True)
            for price in ("price_nominal", "price")
        )
    ]
    if not same:
        return cut
    then = vintage.known_at(origin, same).reindex(mineral=cut["mineral"], year=years)
    replaced = cut["mineral"].isin(same)
    made = {}
    for name, values in then.data_vars.items():
        old = cut[name].transpose("mineral", "year")
        kept = np.where(replaced.values[:, None], values.values, old.values).astype(old.dtype)
        made[name] = old.copy(data=kept)
    return cut.assign(made)


def known_at(panel: xr.Dataset, origin: int) -> xr.Dataset:
    """Cut a panel to what was known at the end of a year.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`.
    origin : int

    Returns
    -------
    Dataset
        Without later years; prices as the edition of the day had them; production as first reported;
        without events that begin later, and without the end of those that end later; without later
        cost points.

    Raises
    ------
    DataError
        If the panel has no prices at or before the origin, or ends before it.

    Notes
    -----
    Where only one edition of a statistic is at hand (gross domestic product; prices before the
    edition of 2022, so origins before 2021; output by stage), its figures stand for those of the day.
    """
    if origin > (last := int(panel["year"][-1])):
        raise DataError(f"origin must be {last} or earlier, where the data end: got {origin}")
    cut = edition_prices(panel, origin)
    if not cut.sizes["year"] or not bool(cut["price"].notnull().any()):
        raise DataError(f"nothing is known at {origin}: the data begin later")
    cut = cut.isel(event=(cut["event_start"] < origin + 1).values)
    cut = cut.isel(cost_point=(cut["cost_year"] <= origin).values)
    ends = cut["event_end"].where(cut["event_end"] < origin + 1)
    first = cut["production"].sel(vintage="first_estimate", drop=True)
    latest = cut["production"].sel(vintage="latest", drop=True)
    source = cut["production_source"]
    if origin < last:
        # Whole years, as one table was known: two tables side by side would count countries twice.
        early = first.notnull().any("country")
        latest = latest.where(~early, first)
        source = source.where(~early, "usgs-mcs-editions")
    production = xr.concat([first, latest], "vintage").assign_coords(
        vintage=["first_estimate", "latest"]
    )
    production = production.transpose(*panel["production"].dims)
    production.attrs = dict(panel["production"].attrs)
    # The newest source of the day is the one that counts.
    basis = cut["price_basis"]
    newest = basis.where(basis >= 0).min("year")
    renumbered = (basis - newest).where(basis >= 0, -1).astype(np.int64)
    return cut.assign(
        event_end=ends,
        production=production,
        production_source=source,
        price_basis=renumbered,
    )


def fittable(panel: xr.Dataset) -> xr.Dataset:
    """The minerals of a panel that can be fitted: those with two prices since `START` or more."""
    prices = panel["price"].sel(year=slice(START, None)).notnull()
    return panel.isel(mineral=(prices.sum("year") >= 2).values)


def own_panel(frame: pd.DataFrame, panel: xr.Dataset) -> tuple[xr.Dataset, tuple[Mineral, ...]]:
    """Put a user's own price histories beside those of a panel.

    Parameters
    ----------
    frame : DataFrame
        Columns year and price, and optionally mineral: a name of `critmin.minerals`, in any case, whose
        prices are then replaced, or any other. Without it the mineral is called `OWN`.
    panel : Dataset
        Of `critmin.data.load_panel`.

    Returns
    -------
    Dataset
        The panel with these minerals first.
    tuple of Mineral
        Those that critmin does not know.

    Raises
    ------
    DataError
        If a column is missing, a year is double or not within the panel's, a price is not positive or
        `SLIP` times off the one before, or a mineral's price never changes: a forecast of it has
        no width that could be scored.
    """
    frame = frame.reset_index(drop=True)  # labels given twice would name two rows
    if lost := [name for name in ("year", "price") if name not in frame]:
        raise DataError(f"columns missing: {', '.join(lost)}; there are {list(frame.columns)}")
    if twice := [n for n in ("year", "price", "mineral") if list(frame.columns).count(n) > 1]:
        raise DataError(f"columns given more than once: {', '.join(twice)}")
    table = pd.DataFrame(
        {
            "mineral": own_names(frame),
            "year": _numbers(frame["year"]),
            "price": _numbers(frame["price"]),
        }
    )
    first, last = int(panel["year"][0]), int(panel["year"][-1])
    year, value = table["year"], table["price"]
    wrong = {
        "has no name": table["mineral"].isin(["", "nan", "None", "<NA>", "NaT"]),
        f"is not a year from {first} to {last}": ~(year.between(first, last) & (year % 1 == 0)),
        "has no positive price": ~(value.gt(0) & np.isfinite(value)),
        "is given more than once": table.duplicated(["mineral", "year"], keep=False),
        f"is more than {SLIP} times off the one before: a unit or a decimal mark": _slips(table),
    }
    problems = [
        f"row {row}: {table.loc[row, 'mineral']} {frame.loc[row, 'year']} {reason}"
        for reason, bad in wrong.items()
        for row in table.index[bad]
    ]
    if problems or table.empty:
        raise DataError("the prices were refused", problems or ["no rows"])
    table = table.astype({"year": int})
    for name, prices in table.groupby("mineral", sort=False)["price"]:
        if len(prices) > 1 and prices.min() == prices.max():
            raise DataError(
                f"{name}: the price is {prices.iloc[0]:g} in all {len(prices)} years, so there is nothing "
                "to forecast: give prices that move"
            )
    names = [str(name) for name in dict.fromkeys(table["mineral"])]
    strangers = [name for name in names if name not in registry()]
    made = tuple(
        Mineral(name, name, name, "industrial", "as given", 1.0, "USD/t", "quarrying", ())
        for name in strangers
    )
    rest = [str(name) for name in panel["mineral"].values if name not in names]
    own = panel.reindex(mineral=names).copy(deep=True)
    prices = table.pivot_table(index="mineral", columns="year", values="price")
    prices = prices.reindex(index=names, columns=panel["year"].values).to_numpy(dtype=float)
    known = np.isfinite(prices)
    dims = ("mineral", "year")
    own = own.assign(
        price=(dims, prices),
        price_nominal=(dims, prices),
        price_year_end=(dims, np.full(prices.shape, np.nan)),
        price_quality=(dims, np.where(known, "private", "").astype(object)),
        price_dataset=(dims, np.where(known, "own", "").astype(object)),
        price_class=(dims, np.where(known, "private", "").astype(object)),
        price_edition=(dims, np.zeros(prices.shape, dtype=np.int64)),
        price_rounding=(dims, np.where(known, 0.0, np.nan)),
        price_place=(dims, np.where(known, "world", "").astype(object)),
        price_form=(dims, np.where(known, "as given", "").astype(object)),
        price_basis=(dims, np.where(known, 0, -1)),
    )
    merged = xr.concat([own, panel.sel(mineral=rest)], "mineral", data_vars="minimal")
    text = table.sort_values(["mineral", "year"])[["mineral", "year", "price"]].to_csv(index=False)
    stamp = hashlib.sha256((str(panel.attrs["data_hash"]) + text).encode()).hexdigest()
    return merged.assign_attrs({**panel.attrs, "data_hash": stamp}), made


def stamped(panel: xr.Dataset) -> xr.Dataset:
    """A panel that a caller gives, with a hash of what it holds: it may have been changed by hand."""
    whole = hashlib.sha256(str(panel.attrs["data_hash"]).encode())
    for name in sorted({*panel.variables}, key=str):
        values = panel[name].values
        plain = values.astype(str) if values.dtype.kind == "O" else values
        whole.update(f"{name} {plain.shape} {plain.dtype}".encode() + plain.tobytes())
    return panel.assign_attrs(data_hash=whole.hexdigest())


def own_names(frame: pd.DataFrame) -> list[str]:
    """Name of the mineral of each row: that of critmin where it is one of its own, in whatever case."""
    given = frame.get("mineral", [OWN] * len(frame))
    return [_own_name(str(each).strip()) for each in np.asarray(given, dtype=object).ravel()]


@cache
def _own_name(given: str) -> str:
    try:
        return get_mineral(given).name
    except UnknownNameError:
        return given


def _numbers(cells: "pd.Series[Any]") -> "pd.Series[float]":
    numbers = pd.to_numeric(cells, errors="coerce")
    return pd.Series(numbers.to_numpy(dtype=float, na_value=np.nan), index=cells.index)


def _slips(table: pd.DataFrame) -> "pd.Series[bool]":
    """Rows more than `SLIP` times off the one before, of the same mineral."""
    ordered = table[table["price"] > 0].sort_values(["mineral", "year"])
    before = ordered.groupby("mineral")["price"].shift()
    moved = np.log(ordered["price"] / before).abs() > np.log(SLIP)
    return moved.reindex(table.index, fill_value=False)


def eligible(panel: xr.Dataset, origin: int, least: int = MIN_PRICES) -> list[str]:
    """Minerals with at least so many prices known at the origin, the year's own among them, not all equal.

    Only prices on the newest basis count: a step between sources that do not overlap is no move of
    the market.
    """
    cut = edition_prices(panel, origin).sel(year=slice(START, origin))
    if not cut.sizes["year"] or int(cut["year"][-1]) != origin:
        return []
    basis = cut["price_basis"]
    prices = cut["price"].where((basis == basis.isel(year=-1)) & (basis >= 0))
    known = prices.notnull()
    enough = known.isel(year=-1) & (known.sum("year") >= least)
    enough &= prices.max("year") > prices.min("year")
    return [str(m) for m in panel["mineral"].values[enough.values]]


def log(values: xr.DataArray) -> xr.DataArray:
    """Natural logarithm, labels kept."""
    return values.copy(data=np.log(values.values))


def log_prices(panel: xr.Dataset, minerals: Sequence[str], origin: int) -> xr.DataArray:
    """Log real prices (mineral, year) on each mineral's basis at the origin, later years included.

    Years on another basis, and those without a price, are NaN.
    """
    chosen = panel.sel(mineral=list(minerals), year=slice(START, None))
    same = chosen["price_basis"] == chosen["price_basis"].sel(year=origin)
    return log(chosen["price"].where(same))


def outcomes(panel: xr.Dataset, cut: xr.Dataset, minerals: Sequence[str]) -> xr.DataArray:
    """Log real prices (mineral, year) as they are known today, on the level of a cut panel.

    A first estimate that was revised stays a miss; but where an edition had the whole series on
    another level (another grade or market), today's is moved by the median log ratio of the years
    before the origin, of `LEVEL_YEARS` at most, or by that of its own year where today's series on
    that basis begins with it.

    Parameters
    ----------
    panel : Dataset
        As known today.
    cut : Dataset
        The same `known_at` an origin, its last year.
    minerals : sequence of str
    """
    origin = int(cut["year"][-1])
    now = log_prices(panel, minerals, origin)
    then = log_prices(cut, minerals, origin)
    moved = (then - now.sel(year=then["year"])).values
    level = []
    for row in moved:
        earlier = row[:-1][np.isfinite(row[:-1])][-LEVEL_YEARS:]
        # A basis of today that begins in the origin's own year has nothing earlier to compare.
        level.append(float(np.median(earlier if len(earlier) else np.nan_to_num(row[-1:]))))
    return now + xr.DataArray(level, {"mineral": now["mineral"]}, ["mineral"])
