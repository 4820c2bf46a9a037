"""Whose figures stand behind a mineral, and under which licence."""

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.catalogue import catalog
from critmin.data.panel import load_panel
from critmin.data.production import production_series, series_name
from critmin.mineral import get_mineral

_FILES = {"usgs-mcs-editions": "usgs-mcs-editions.csv", "shares": "producers.csv"}
"""Sources of output that are no part of a data set's name, and the file of the snapshot that has them."""


def figures_behind(mineral: str) -> pd.DataFrame:
    """Sources of a mineral's prices and output.

    Parameters
    ----------
    mineral : str

    Returns
    -------
    DataFrame
        Indexed by ``what``; columns data set (the first and the last of a family of yearly editions),
        publisher, licence, first, last, years (with a figure). A series that a member registered is
        private.

    Examples
    --------
    >>> sorted(figures_behind("germanium").loc["output, refined", "publisher"].unique())
    ['British Geological Survey', 'U.S. Geological Survey']
    """
    panel = load_panel([mineral]).sel(mineral=mineral)
    found = _spans("price", panel["price_dataset"])
    known = catalog()
    rows = [row | _licence(known, [str(row["data set"])]) for row in found]
    for stage in panel["stage"].values:
        for row in _spans(f"output, {stage}", panel["output_source"].sel(stage=stage)):
            behind = _data_sets(panel, mineral, str(stage), str(row["data set"]))
            named = " to ".join(dict.fromkeys((behind[0], behind[-1])))
            rows.append(row | {"data set": named} | _licence(known, behind))
    order = ["what", "data set", "publisher", "licence", "first", "last", "years"]
    return pd.DataFrame(rows)[order].set_index("what")


def _spans(what: str, names: xr.DataArray) -> list[dict[str, object]]:
    """By source the years that have it, newest source last."""
    years, sources = names["year"].values, names.values
    spans = []
    for source in dict.fromkeys(name for name in sources if name):
        there = years[sources == source]
        span = {"first": int(there[0]), "last": int(there[-1]), "years": len(there)}
        spans.append({"what": what, "data set": source, **span})
    return spans


def _data_sets(panel: xr.Dataset, mineral: str, stage: str, source: str) -> list[str]:
    """Data sets of the panel that a source of output is made of; the source itself where none is public."""
    known = catalog().loc[lambda table: table.index.isin(panel.attrs["datasets"])]
    if source in _FILES:
        return list(known.index[known["file"] == _FILES[source]]) or [source]
    lines = production_series()
    of = lines["mineral"].eq(series_name(get_mineral(mineral))) & lines["stage"].eq(stage)
    commodities = tuple(lines.loc[of & lines["source"].eq(source), "commodity"])
    own = known[known.index.str.startswith(source)]
    exact = own.index[own["title"].str.endswith(commodities)] if commodities else []
    return list(exact) or list(own.index) or [source]


def _licence(known: pd.DataFrame, names: list[str]) -> dict[str, object]:
    here = known.loc[np.isin(known.index, names)]
    if here.empty:
        return {"publisher": "private", "licence": "private"}
    return {key: "; ".join(here[key].unique()) for key in ("publisher", "licence")}
