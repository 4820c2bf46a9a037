"""Panels that callers hand in: changed by hand, they are refused where they could not be read as one."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from critmin.exceptions import DataError, UnknownNameError

ORDER: tuple[str, ...] = ("mineral", "stage", "country", "technology", "year", "vintage")
"""Order of dims, in every variable of a panel."""

NEEDED: tuple[str, ...] = (
    *("price_nominal", "price", "price_rounding", "price_quality", "price_class"),
    *("price_dataset", "price_basis", "price_year_end"),
    *("gdp", "gdp_country", "population", "energy", "materials", "technology_volume", "cpi"),
    *(f"event_{name}" for name in ("mineral", "country", "measure", "scope", "start", "end")),
    *("cost", "cost_mineral", "cost_year", "cost_country", "cost_kind"),
    *("production", "production_source"),
)
"""Variables without which nothing is fitted."""

FARTHEST_END = 5
"""Times by which a year's last month lies off the year at most: no series went beyond 2.5."""


def given_panel(data: xr.Dataset) -> xr.Dataset:
    """A panel that a caller gives, with dims in order and whole years.

    Parameters
    ----------
    data : Dataset
        Of `critmin.data.load_panel`, as it came or changed.

    Raises
    ------
    DataError
        If variables or attributes are missing, years are left out or out of order, a mineral is named
        twice, a price is not above zero, or a year-end price is not that of its year's price.

    Examples
    --------
    >>> from critmin.data.panel import load_panel
    >>> panel = load_panel("tin")
    >>> given_panel(panel).identical(panel)
    True
    >>> given_panel(panel.sel(year=panel["year"] % 2 == 0))
    Traceback (most recent call last):
    critmin.exceptions.DataError: the panel is not sound
      - years must follow each other: after 1940 comes 1942; leave prices NaN where there are none
    """
    problems = []
    if lost := [name for name in NEEDED if name not in data]:
        problems.append(f"variables missing: {', '.join(lost)}")
    if lost := [name for name in ("data_hash", "datasets", "private") if name not in data.attrs]:
        problems.append(
            f"attributes missing: {', '.join(lost)}; give it those of the panel it was made from"
        )
    if problems:
        raise DataError("the panel is not sound", problems)
    data = data.transpose(*ORDER, ..., missing_dims="ignore")
    names = [str(name) for name in data["mineral"].values]
    if not names or len(set(names)) < len(names):
        problems.append("a mineral is named twice" if names else "it has no minerals")
    years = data["year"].values
    if years.dtype.kind not in "iuf" or (years % 1 != 0).any():
        problems.append(f"years must be whole numbers, such as 2020: got {years[:1].tolist()}")
    else:
        data = data.assign_coords(year=years.astype(np.int64))
        if len(gaps := np.flatnonzero(np.diff(data["year"].values) != 1)):
            before, after = data["year"].values[gaps[0] : gaps[0] + 2]
            problems.append(
                f"years must follow each other: after {before} comes {after}; leave prices NaN where "
                "there are none"
            )
    if problems:
        raise DataError("the panel is not sound", problems)
    price, end = data["price"], data["price_year_end"]
    off = np.abs(np.log(end.where(end > 0) / price.where(price > 0)))
    for wrong, words in (
        ((price <= 0) | np.isinf(price), "price {price:g} is not above zero"),
        (
            off > np.log(FARTHEST_END),
            "the year's last month cost {end:g}, the year {price:g}: price_year_end goes with price, and "
            "is NaN where it is not known",
        ),
    ):
        for m in np.flatnonzero(wrong.any("year")):
            at = np.flatnonzero(wrong[m])
            said = words.format(price=float(price[m, at[0]]), end=float(end[m, at[0]]))
            more = f" (and {len(at) - 1} more)" if len(at) > 1 else ""
            problems.append(f"{names[m]} {int(data['year'][at[0]])}{more}: {said}")
    if problems:
        raise DataError("the panel is not sound", problems)
    return data


def of_panel(data: xr.Dataset, minerals: Iterable[str]) -> xr.Dataset:
    """Some minerals of a panel that a caller gives, in their order.

    Raises
    ------
    UnknownNameError
        If the panel has no such mineral.
    DataError
        If one is named twice.

    Examples
    --------
    >>> from critmin.data.panel import load_panel
    >>> of_panel(load_panel(["tin", "lead"]), ["lead"])["mineral"].values.tolist()
    ['lead']
    """
    known, chosen = [str(name) for name in data["mineral"].values], list(minerals)
    for name in chosen:
        if name not in known:
            raise UnknownNameError.of("mineral of this panel", name, known)
    if twice := sorted({name for name in chosen if chosen.count(name) > 1}):
        raise DataError(f"minerals given more than once: {twice}")
    return data.sel(mineral=chosen)
