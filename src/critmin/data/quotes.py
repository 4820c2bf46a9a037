"""What publishers print of one price: the figure of each year, its edition, its rounding."""

from functools import cache

import numpy as np
import pandas as pd

from critmin.data import catalogue
from critmin.data.editions import EDITIONS, NEWEST
from critmin.exceptions import DataError
from critmin.forms import parse_unit
from critmin.mineral import Mineral, PriceSource
from critmin.units import price_factor

MIN_MONTHS = 6
"""Months a year needs for its average to count; a year of fewer is a hole."""

FINAL_DIGITS, FIRST_DIGITS = 3, 2
"""Significant digits that a final figure and a first estimate are printed with at least: noughts
at the end of a whole number beyond them are taken as rounding."""

_MCS = "usgs-mcs-"


def annual(rows: pd.DataFrame) -> "pd.Series[float]":
    """Annual value by year: the figure itself, or the average of at least `MIN_MONTHS` months."""
    yearly = rows[rows["month"] == 0].set_index("year")["value"]
    if len(yearly) == len(rows):
        return yearly.dropna().sort_index()
    monthly = rows[rows["month"] > 0].groupby("year")["value"].agg(["mean", "count"])
    averages = monthly.loc[monthly["count"] >= MIN_MONTHS, "mean"]
    return pd.concat([yearly, averages]).dropna().sort_index()


def half_unit(value: float, *, estimated: bool = False) -> float:
    """Half a unit of the last digit that a figure was printed with, in the figure's own unit.

    Parameters
    ----------
    value : float
        As printed.
    estimated : bool
        A first estimate, which may be printed with `FIRST_DIGITS` digits only.

    Examples
    --------
    >>> half_unit(16.4), half_unit(1294), half_unit(98_000), half_unit(1300, estimated=True)
    (0.05, 0.5, 50.0, 50.0)
    >>> half_unit(1.0)
    0.5
    """
    text = format(abs(value), ".10f").rstrip("0")
    whole, decimals = text.split(".")
    if decimals:
        return float(f"5e-{len(decimals) + 1}")
    least = FIRST_DIGITS if estimated else FINAL_DIGITS
    noughts = len(whole) - len(whole.rstrip("0"))
    return 0.5 * 10.0 ** max(min(noughts, len(whole) - least), 0)


@cache
def _known() -> frozenset[str]:
    return frozenset(catalogue.catalog().index)


def datasets(source: PriceSource, edition: int = NEWEST) -> dict[int, str]:
    """Data sets of the snapshot that a source is read from, by edition (0 where it has none).

    A source ``usgs-mcs-<chapter>`` is that chapter of every edition up to `edition`. Where the file
    of the edition itself is not at hand, the next one stands for it.
    """
    chapter = source.dataset.removeprefix(_MCS)
    if not source.dataset.startswith(_MCS) or chapter == "pages":
        return {0: source.dataset}
    named = {e: f"{_MCS}{e}-{chapter}" for e in EDITIONS}
    there = {e: name for e, name in named.items() if name in _known()}
    last = min((e for e in there if e >= edition), default=NEWEST)
    return {e: name for e, name in there.items() if e <= last}


def _figures(name: str, series: str, edition: int) -> list[tuple[int, float, float, bool, str]]:
    """Year, figure, half a unit of its last digit, whether a first estimate, and unit; by year.

    Half the width of a range; 0 for averages of months.
    """
    rows = catalogue.load(name)
    here = rows["series"].to_numpy() == series
    if not here.any():
        return []
    unit = str(rows["unit"].to_numpy()[here][0])
    if (rows["month"].to_numpy()[here] > 0).any():
        averages = annual(rows[here])
        return [(int(str(y)), float(v), 0.0, False, unit) for y, v in averages.items()]
    columns = (rows[name].to_numpy()[here] for name in ("year", "value", "lower", "upper"))
    figures = []
    for year, value, lower, upper in zip(*columns, strict=True):
        if np.isfinite(value):
            first = bool(year == edition - 1)
            bounded = np.isfinite(upper - lower)
            half = (upper - lower) / 2 if bounded else half_unit(value, estimated=first)
            figures.append((int(year), float(value), float(half), first, unit))
    return figures


def printed(source: PriceSource, edition: int = NEWEST) -> pd.DataFrame:
    """Every figure of a source in every edition up to one, as printed.

    Returns
    -------
    DataFrame
        Columns edition, year, value, half (half a unit of the last digit, or half the width of a
        range; 0 for averages of months), estimated (the edition's own last year), unit, dataset.
    """
    rows = [
        (number, *figure, name)
        for number, name in datasets(source, edition).items()
        for figure in _figures(name, source.series, number)
        if source.first <= figure[0] <= source.last
    ]
    return pd.DataFrame(
        rows, columns=["edition", "year", "value", "half", "estimated", "unit", "dataset"]
    )


def _best(table: pd.DataFrame) -> pd.DataFrame:
    """The newest edition's row of each year; an earlier final one where that is the same, finer."""
    level = (table["value"] * table["rate"]).to_numpy()
    half = (table["half"] * table["rate"]).to_numpy()
    years, estimated = table["year"].to_numpy(), table["estimated"].to_numpy()
    best: dict[int, int] = {}
    for row in np.argsort(-table["edition"].to_numpy(), kind="stable"):
        known = best.setdefault(int(years[row]), int(row))
        same = abs(level[row] - level[known]) <= half[known] * (1 + 1e-9)
        if same and half[row] < half[known] and not estimated[row]:
            best[int(years[row])] = int(row)
    return table.iloc[[best[year] for year in sorted(best)]].set_index("year")


def quotes(mineral: Mineral, source: PriceSource, edition: int = NEWEST) -> pd.DataFrame:
    """One source's price of each year, as an edition and those before it have it.

    Parameters
    ----------
    mineral : Mineral
        Whose price it is.
    source : PriceSource
        One of ``mineral.prices``.
    edition : int
        The newest edition that is used; years from its own on are left out.

    Returns
    -------
    DataFrame
        By year: price (nominal USD per tonne of contained element), rounding (half a unit of the
        last printed digit, in log), value, unit (as printed), edition (0 for sources without),
        dataset.

    Raises
    ------
    DataError
        If the newest edition has no such series, or a price is not positive.
    """
    table = printed(source, edition)
    table = table[table["year"] < edition]
    if table.empty and edition == NEWEST:
        raise DataError(f"{mineral.name}: no data set {source.dataset!r} has {source.series!r}")
    if len(bad := table[~(table["value"] > 0)]):
        row = bad.iloc[0]
        raise DataError(f"{mineral.name}, {row['dataset']}: price {row['value']} in {row['year']}")
    rates = {unit: price_factor(unit) for unit in set(table["unit"])}
    table = table.assign(rate=[rates[unit] for unit in table["unit"]])
    chosen = _best(table)
    content = [
        parse_unit(unit, mineral.name).content if source.content is None else source.content
        for unit in chosen["unit"]
    ]
    value = chosen["value"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "price": value * chosen["rate"].to_numpy(dtype=float) / np.array(content),
            "rounding": np.log1p(chosen["half"].to_numpy(dtype=float) / value),
            "value": value,
            "unit": chosen["unit"].to_numpy(dtype=object),
            "edition": chosen["edition"].to_numpy(dtype=np.int64),
            "dataset": chosen["dataset"].to_numpy(dtype=object),
        },
        index=chosen.index,
    )
