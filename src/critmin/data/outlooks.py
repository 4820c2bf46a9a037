"""Outlooks of others: to be compared with a forecast, never fitted."""

import pandas as pd

from critmin.data.catalogue import load
from critmin.data.tables import of_mineral

DATASETS = ("iea-critical-minerals-2025", "australia-req-2025-06")


def outlooks(mineral: str | None = None) -> pd.DataFrame:
    """What the IEA and Australia's Department of Industry expect of demand, supply and prices.

    Parameters
    ----------
    mineral : str, optional
        Only this one; all by default. Mixes have names of their own: ``"magnet_rare_earths"``,
        ``"battery_graphite"``, ``"platinum_group"``.

    Returns
    -------
    DataFrame
        Columns dataset, mineral, quantity (price, demand, clean_demand: of energy technologies,
        mined, refined), country (ISO 3166 alpha-3, "WLD", "ROW"), scenario (STEPS, APS, NZE for the
        IEA's demand, "base case" for its supply, "" otherwise), year, value (nominal USD per tonne of
        contained element, or tonnes of it a year), unit, status (base or forecast).

    Notes
    -----
    The IEA's supply is what announced projects would yield, weighted by how likely each is, and so
    falls after 2030; it is no forecast of a market in balance. Its "rare earths" are those of magnets,
    its graphite demand includes synthetic graphite.

    Examples
    --------
    >>> copper = outlooks("copper").query("quantity == 'price'")
    >>> copper.set_index("year")["value"].round().to_dict()
    {2024: 9144.0, 2025: 9391.0, 2026: 9620.0, 2027: 9940.0}
    """
    table = pd.concat([load(name) for name in DATASETS], ignore_index=True)
    return table if mineral is None else of_mineral(table, mineral, "an outlook")
