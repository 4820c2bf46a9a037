"""`minerals`: what can be priced, and how much data stands behind each."""

import numpy as np
import pandas as pd

from critmin.mineral import get_mineral
from critmin.posterior import Posterior, builtin_posterior


def minerals(posterior: Posterior | None = None) -> pd.DataFrame:
    """List the minerals that can be priced.

    Parameters
    ----------
    posterior : Posterior, optional
        The built-in one by default.

    Returns
    -------
    DataFrame
        Indexed by name: symbol, group, form, content factor, quote, host, route, prices (years
        observed), first and last (of them), and the best source's quality ("exchange",
        "assessment", "unit_value" or "private"). A mineral with few prices leans on its group; its
        bands show it.

    Examples
    --------
    >>> table = minerals()
    >>> bool(len(table) >= 40), int(table.loc["gallium", "prices"])
    (True, 5)
    """
    source = builtin_posterior() if posterior is None else posterior
    observed = source.draws["observed"]
    years = observed["year"].values
    rows = []
    for name in source.minerals:
        about = get_mineral(name)
        seen = years[np.isfinite(observed.sel(mineral=name).values)]
        rows.append(
            {
                "name": name,
                "symbol": about.symbol,
                "group": about.group,
                "form": about.form,
                "content": about.content,
                "quote": about.quote,
                "host": about.host or "",
                "route": about.route,
                "prices": len(seen),
                "first": int(seen[0]),
                "last": int(seen[-1]),
                "quality": about.prices[0].quality,
            }
        )
    return pd.DataFrame(rows).set_index("name")
