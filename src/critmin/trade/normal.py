"""A producer's normal exports and domestic use, where the code is the material."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from critmin.data.countries import as_country
from critmin.data.net_exports import net_tonnes, report_error
from critmin.exceptions import CritminError
from critmin.internal.checks import check_number
from critmin.trade.flows import check_year, code_of


def normal_exports(
    mineral: str,
    shares: Mapping[str, float],
    world: Mapping[int, float],
    *,
    content: float = 1.0,
    share_error: float = 0.0,
    stage: str | None = None,
) -> pd.DataFrame:
    """Net exports and domestic use of producers as shares of world output, with error.

    Exports are x = content * net tonnes / world output, transit places traced; use is the rest of the
    producer's own share, sigma - x. Weights are BACI's in 2024 and the importers' in 2022; flows without
    one are valued at the code's average. Only where the code is the whole trade of its stage is this
    measured; elsewhere the answer is marked "prior" and holds no number.

    Parameters
    ----------
    mineral : str
        With a code of its own.
    shares : mapping of str to float
        Each producer's share of world output at the code's stage (sigma), 0 to 1.
    world : mapping of int to float
        World output in tonnes of content, by year: 2022, 2024 or both, of which the mean is taken. Leave
        out years in which a measure was in force.
    content : float
        Tonnes of content in a tonne of the traded product.
    share_error : float
        Relative error of the shares (one standard deviation).
    stage : {"mined", "refined"}, optional

    Returns
    -------
    DataFrame
        Index country: share, exports, exports_error, use, use_error (of world output, one standard
        deviation) and basis, "measured" or "prior". The error of exports joins half the
        log ratio of the exporter's own report to its buyers' (at least the median over exporters, so that
        no lucky match is taken for certainty), and the spread of the years. Use below zero says that
        output and trade do not count the same thing.

    Raises
    ------
    CritminError
        If a share, year, output or content is out of range, or a name is not known.

    See Also
    --------
    critmin.data.export_volumes : Exports before and after controls.
    critmin.trade.reroute : What happens to them in a stop.

    Examples
    --------
    >>> normal_exports("graphite", {"CHN": 0.79}, {2022: 1_680_000})["basis"].item()
    'prior'
    """
    if not isinstance(shares, Mapping) or not isinstance(world, Mapping):
        raise CritminError("shares are given by country, world output by year, each as a mapping")
    named = [as_country(country) for country in shares]
    if len(set(named)) < len(named):
        raise CritminError(f"shares name a country twice: {', '.join(map(str, shares))}")
    shares = dict(zip(named, shares.values(), strict=True))
    for country, share in shares.items():
        check_number(share, f"share of {country}", 0.0, 1.0)
    if sum(shares.values()) > 1 + 1e-6:
        raise CritminError(f"shares of output add up to {sum(shares.values()):.3f}, more than one")
    if not world:
        raise CritminError("world output must be given for a year at least")
    for year, output in world.items():
        check_year(year, weighed=True)
        check_number(output, f"world output of {year}", 1e-9, 1e12)
    check_number(content, "content", 1e-9, 1.0)
    check_number(share_error, "share_error", 0.0, 1.0)
    code = code_of(mineral, stage)
    sigma = pd.Series(shares, dtype=float, name="share")
    table = pd.DataFrame({"share": sigma})
    table.index.name = "country"
    columns = ["exports", "exports_error", "use", "use_error"]
    table[columns] = np.nan
    table["basis"] = "prior"
    if isinstance(code, str) or code["clean"] != "yes":
        table.attrs["note"] = code if isinstance(code, str) else str(code["note"])
        return table
    net = pd.DataFrame(
        {
            year: net_tonnes(mineral, year).reindex(sigma.index).fillna(0.0) * content / output
            for year, output in world.items()
        }
    )
    table["exports"] = net.mean(axis=1)
    reports = report_error(mineral, str(code["hs"]), max(world))
    own = reports.reindex(sigma.index).where(table["exports"] > 0).fillna(0.0)
    relative = np.maximum(own, reports.median())
    years = net.std(axis=1, ddof=1) / np.sqrt(net.shape[1]) if net.shape[1] > 1 else 0.0
    table["exports_error"] = np.hypot(table["exports"].abs() * relative, years)
    table["use"] = table["share"] - table["exports"]
    table["use_error"] = np.hypot(table["exports_error"], share_error * table["share"])
    table["basis"] = "measured"
    table.attrs["note"] = str(code["note"])
    return table
