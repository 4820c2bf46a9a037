"""`minerals`: what can be priced, and how much data stands behind each."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from critmin.data.prices import price_history
from critmin.mineral import Mineral, get_mineral
from critmin.posterior import Posterior, as_posterior

CLASSES = {
    "exchange": "E",
    "assessment": "A",
    "unit_value": "U",
    "list_price": "L",
    "private": "P",
}
"""Initials of the classes of prices: an exchange's, an agency's or dealer's assessment, the average
value of purchases or imports, a producer's list price that stood for years, a user's own."""


def _classes(mineral: Mineral, first: int, last: int) -> dict[str, object]:
    """Years of each class, and years on an earlier basis, within the years of a posterior."""
    history = price_history(mineral).loc[first:last]
    counts = history["price_class"].value_counts()
    named = [f"{initial}{counts[name]}" for name, initial in CLASSES.items() if name in counts]
    return {"classes": " ".join(named), "earlier": int((history["basis"] > 0).sum())}


def minerals(posterior: Posterior | str | Path | None = None) -> pd.DataFrame:
    """List the minerals that can be priced.

    Parameters
    ----------
    posterior : Posterior or path, optional
        The built-in one by default.

    Returns
    -------
    DataFrame
        Indexed by name: symbol, group, form, content factor, quote, host, route, critical (lists
        that name it), prices (years observed), first and last (of them), the best source's quality
        ("exchange", "assessment", "unit_value" or "private"), classes (how many of the years since
        `critmin.model.inputs.START` are of which class, such as ``"A8 U48 L10"``, with the initials
        of `CLASSES`) and earlier (years on another basis than the newest). A mineral with few prices
        leans on its group; its bands show it.

    See Also
    --------
    critmin.fair_price : Prices one.
    critmin.data.catalog : The data sets.

    Examples
    --------
    >>> table = minerals()
    >>> bool(len(table) >= 40), int(table.loc["gallium", "prices"])
    (True, 66)
    """
    source = as_posterior(posterior)
    return pd.DataFrame([listed(name, source) for name in source.minerals]).set_index("name")


def listed(mineral: str, source: Posterior) -> dict[str, Any]:
    """What `minerals` says of one mineral.

    Parameters
    ----------
    mineral : str
    source : Posterior
    """
    observed = source.draws["observed"]
    years = observed["year"].values
    about = get_mineral(mineral)
    seen = years[np.isfinite(observed.sel(mineral=mineral).values)]
    return {
        "name": mineral,
        "symbol": about.symbol,
        "group": about.group,
        "form": about.form,
        "content": about.content,
        "quote": about.quote,
        "host": about.host or "",
        "route": about.route,
        "critical": " ".join(about.critical),
        "prices": len(seen),
        "first": int(seen[0]),
        "last": int(seen[-1]),
        "quality": about.prices[0].quality if about.prices else "private",
        **_classes(about, int(years[0]), int(years[-1])),
    }
