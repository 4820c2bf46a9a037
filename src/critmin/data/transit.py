"""Places that hand on what others make, and trade with their part taken out."""

import numpy as np
import pandas as pd

from critmin.data.tables import trade_codes
from critmin.exceptions import DataError
from critmin.internal.arrays import Floats

PLACES: tuple[str, ...] = ("ARE", "BEL", "HKG", "LUX", "MAC", "NLD", "SGP")
"""Ports, stores and free zones that make next to none of what they sell; `trade_codes` adds others by
code (vaults in Switzerland, Walvis Bay) and takes makers out (Belgium's cobalt)."""

_ROUNDING = 1e-13


def transit_places(hs: str) -> tuple[str, ...]:
    """Where goods of an HS code are only handed on.

    Parameters
    ----------
    hs : str
        Such as ``"283691"``; for a code that `trade_codes` does not know, `PLACES`.

    Examples
    --------
    >>> "NAM" in transit_places("282200"), "BEL" in transit_places("282200")
    (True, False)
    """
    table = trade_codes()
    words = table.loc[table["hs"] == hs, "transit"].iloc[:1].str.split().sum() or []
    added = {word for word in words if not word.startswith("-")}
    makers = {word[1:] for word in words if word.startswith("-")}
    return tuple(sorted((set(PLACES) | added) - makers))


def without_transit(flows: pd.DataFrame) -> pd.DataFrame:
    """Trace what transit places sell to those they bought it from.

    A place that sells X and buys M of a code in a year is taken to hand on min(X, M), each of its buyers
    getting the mix of its purchases. What so comes from o by way of it to i is booked from o to i, and
    leaves both legs; what comes back to where it was made is no trade. Places are taken out one after
    another, the largest first, so that a chain of two is traced to its end. What a place sells beyond its
    purchases stays its own. Every country's net exports stay what they were, and so do a buyer's imports
    but for its own goods that came home.

    Parameters
    ----------
    flows : DataFrame
        Columns hs, year, exporter, importer, value, one row a flow; others are dropped, as they belong to
        the legs of a voyage.

    Returns
    -------
    DataFrame
        Columns hs, year, exporter, importer, value.

    Raises
    ------
    DataError
        If a column is missing, a flow stands twice or a value is negative.

    Notes
    -----
    That all buyers of a place get the same mix is assumed: customs do not say which goods a store sold.

    Examples
    --------
    >>> flows = pd.DataFrame(
    ...     [("CHL", "NLD", 10.0), ("ARG", "NLD", 30.0), ("NLD", "DEU", 20.0)],
    ...     columns=["exporter", "importer", "value"],
    ... ).assign(hs="283691", year=2024)
    >>> without_transit(flows).query("importer == 'DEU'")[["exporter", "value"]].values.tolist()
    [['ARG', 15.0], ['CHL', 5.0]]
    """
    keys = ["hs", "year", "exporter", "importer"]
    missing = [column for column in (*keys, "value") if column not in flows]
    if missing:
        raise DataError(f"flows lack the columns {missing}")
    if flows.duplicated(keys).any():
        raise DataError(
            "a flow stands more than once", [str(flows[flows.duplicated(keys)].iloc[0])]
        )
    if not (flows["value"] >= 0).all():
        raise DataError("values of flows must be zero or more")
    parts = [
        _traced(part, str(hs), int(year))
        for (hs, year), part in flows.groupby(["hs", "year"], observed=True, sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else flows[[*keys, "value"]].copy()


def _traced(flows: pd.DataFrame, hs: str, year: int) -> pd.DataFrame:
    table = flows.pivot_table("value", "exporter", "importer", aggfunc="sum", observed=True)
    names = sorted(set(table.index) | set(table.columns))
    matrix = table.reindex(index=names, columns=names).fillna(0.0).to_numpy(float)
    places = [names.index(place) for place in transit_places(hs) if place in names]
    for place in sorted(places, key=lambda p: (-matrix[p].sum(), p)):
        matrix = _without(matrix, place)
    rows, columns = np.nonzero(matrix)
    return pd.DataFrame(
        {
            "hs": hs,
            "year": year,
            "exporter": np.array(names)[rows],
            "importer": np.array(names)[columns],
            "value": matrix[rows, columns],
        }
    )


def _without(matrix: Floats, place: int) -> Floats:
    """The flows with one place's re-exports booked from where they were made."""
    sold, bought = matrix[place].sum(), matrix[:, place].sum()
    if sold <= 0 or bought <= 0:
        return matrix
    handed = min(1.0, bought / sold) * matrix[place]
    mix = matrix[:, place] / bought
    traced = matrix + np.outer(mix, handed)
    traced[place] -= handed
    traced[:, place] -= mix * handed.sum()
    np.fill_diagonal(traced, np.diag(matrix))
    return np.where(traced < _ROUNDING * matrix.max(), 0.0, traced)
