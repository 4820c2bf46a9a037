"""Net exports in tonnes by country, transit traced, and how far two reports of them differ."""

import numpy as np
import pandas as pd

from critmin.data.trade import load_trade, reported_exports
from critmin.data.transit import without_transit

_MATTERS = 0.01  # of the world's exports, below which two reports are too small to compare


def net_tonnes(mineral: str, year: int) -> "pd.Series[float]":
    """Exports less imports of a mineral's code, places of transit traced to makers and users.

    Parameters
    ----------
    mineral : str
        With one code of its own.
    year : int
        One with weights, 2022 or 2024; a flow without a weight is valued at the code's average.

    Returns
    -------
    Series
        Tonnes of product by country.

    Examples
    --------
    >>> bool(net_tonnes("copper", 2024)["CHL"] > 0 > net_tonnes("copper", 2024)["CHN"])
    True
    """
    flows = load_trade(mineral, year)
    weighed = flows["tonnes"].fillna(flows["customs_tonnes"])
    known = weighed.notna()
    average = flows.loc[known, "value"].sum() / weighed[known].sum()
    keys = ["hs", "year", "exporter", "importer"]
    weight = weighed.fillna(flows["value"] / average)
    traced = without_transit(flows[keys].assign(value=weight))
    sold = traced.groupby("exporter")["value"].sum()
    return sold.sub(traced.groupby("importer")["value"].sum(), fill_value=0.0)


def report_error(mineral: str, hs: str, year: int) -> "pd.Series[float]":
    """Half the log ratio of an exporter's own tonnes to its buyers', of exporters that matter.

    Parameters
    ----------
    mineral, hs : str
        And its code.
    year : int
        One with weights.

    Examples
    --------
    >>> bool(report_error("copper", "740311", 2024)["CHL"] < 0.2)
    True
    """
    flows = load_trade(mineral, year)
    sold = flows.groupby("exporter")["value"].sum()
    tonnes = reported_exports(hs, year)
    tonnes = tonnes[sold.reindex(tonnes.index) > _MATTERS * sold.sum()]
    return np.log(tonnes["exporter"] / tonnes["importers"]).abs() / 2
