"""Reserves by country, from the newest Mineral Commodity Summaries."""

from functools import cache

from critmin.data.catalogue import load
from critmin.data.production import OFFICIAL_PRODUCTION, official_production

KILOTONNES = frozenset({"iron_ore", "molybdenum", "vanadium"})
"""Series whose reserves the publisher gives in thousands of the unit of production."""

NO_RESERVES = frozenset({"indium", "magnesium"})
"""Series whose column of reserves holds the capacity of plants."""


@cache
def reserves(production: str) -> dict[str, float]:
    """Reserves of each country in tonnes of a production series.

    Parameters
    ----------
    production : str
        `critmin.mineral.Mineral.production`.

    Returns
    -------
    dict of str to float
        By ISO 3166 alpha-3 code; countries without figures are left out, all of them for
        by-products, whose reserves are those of their hosts.

    Examples
    --------
    >>> reserves("cobalt")["COD"]
    6000000.0
    """
    if production not in OFFICIAL_PRODUCTION or production in NO_RESERVES:
        return {}
    scale = 1e3 if production in KILOTONNES else 1.0
    table = official_production(load("usgs-mcs-2025-world"), production, "reserves")
    newest = table[table["year"] == table["year"].max()]
    return {str(r.country): scale * float(r.value) for r in newest.itertuples() if r.value > 0}
