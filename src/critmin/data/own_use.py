"""How much of its output a producer uses itself: measured by what it exports, else what is typical."""

import numpy as np
import pandas as pd

from critmin.data.countries import ROW
from critmin.data.editions import LAST_YEAR
from critmin.data.net_exports import net_tonnes, report_error
from critmin.data.production import output, series_name, stages
from critmin.data.tables import trade_codes
from critmin.data.trade import trade_years
from critmin.data.volumes import export_volumes
from critmin.internal.arrays import Ints
from critmin.mineral import registry

WHOLE_FORMS = ("gallium",)
"""Forms of `export_volumes` that are all that a country exports of the mineral."""

MIN_SHARE = 0.02
"""Share of world output from which a producer's own use is compared with its output."""

_SHARES = 3  # years that a share of output is averaged over: single years are estimates

Measured = dict[tuple[str, str], tuple[float, float, float]]
"""By mineral and country: net exports over world output, their error, and the share of output."""


def _shares(mineral: str, stage: str, last: int) -> pd.DataFrame:
    """Shares of world output (year, country) that are known, mean of `_SHARES` years."""
    name = series_name(registry()[mineral])
    if name is None or stage not in stages(name):
        return pd.DataFrame()
    rows = output(name, stage)
    rows = rows[rows["year"] <= last]
    table = rows.pivot_table(index="year", columns="country", values="value", aggfunc="sum")
    shares = table.fillna(0.0).div(table.sum(axis=1), axis=0)
    return shares.rolling(_SHARES, min_periods=1).mean()


def _exports(last: int) -> Measured:
    """Net exports over world output, its error and the share of output, where they are measured."""
    found: Measured = {}
    weighed = [year for year in trade_years(weighed=True) if year <= last]
    codes = trade_codes()
    for code in codes[codes["clean"] == "yes"].itertuples(index=False):
        name, stage = str(code.mineral), str(code.stage)
        series = series_name(registry()[name]) if name in registry() else None
        if not weighed or series is None or stage not in stages(series):
            continue
        world = output(series, stage).groupby("year")["value"].sum()
        years = [year for year in weighed if year in world.index]
        if not years:
            continue
        net = pd.DataFrame({year: net_tonnes(name, year) / world[year] for year in years})
        reports = report_error(name, str(code.hs), years[-1])
        share = _shares(name, stage, years[-1]).iloc[-1].drop(ROW, errors="ignore")
        for country in share[share > 0].index.intersection(net.index):
            x = float(net.loc[country].mean())
            own = max(float(reports.get(country, 0.0)), float(reports.median()))
            spread = float(net.loc[country].std(ddof=1)) if len(years) > 1 else 0.0
            error = float(np.hypot(abs(x) * own, spread / np.sqrt(len(years))))
            found[name, str(country)] = (x, error, float(share[country]))
    for row in export_volumes().to_dict("records"):
        year = int(str(row["effective"])[:4]) - 1
        if row["form"] not in WHOLE_FORMS or year >= last:
            continue
        name, country = str(row["mineral"]), str(row["country"])
        world = output(name, "refined").groupby("year")["value"].sum()
        x = 12 * row["before"] / 1000 / float(world[year])
        share = _shares(name, "refined", year).iloc[-1]
        found[name, country] = (x, x * float(row["before_error"]), float(share[country]))
    return found


def own_use(last: int = LAST_YEAR) -> pd.DataFrame:
    """How much of its output a producer uses itself, where it is measured.

    Parameters
    ----------
    last : int
        Last year known.

    Returns
    -------
    DataFrame
        By who ("CHN", "other"): mean and sd of (use / output), cut at 1, over producers with `MIN_SHARE`
        of the world's output, and count. The prior of `critmin.data.fences.fences` is this mean times the
        share of output.

    Examples
    --------
    >>> bool(own_use().loc["CHN", "mean"] > own_use().loc["other", "mean"])
    True
    """
    return _kept(_exports(max(last, trade_years(weighed=True)[0])))


def _kept(measured: Measured) -> pd.DataFrame:
    rows = [
        ("CHN" if country == "CHN" else "other", min(1.0, max(0.0, 1 - x / share)))
        for (_, country), (x, _, share) in measured.items()
        if share >= MIN_SHARE
    ]
    table = pd.DataFrame(rows, columns=["who", "kept"]).groupby("who")["kept"]
    return table.agg(mean="mean", sd="std", count="size")


def use_inside(table: pd.DataFrame, years: Ints, last: int) -> pd.DataFrame:
    """Use inside (``delta``, its sd and basis) of fences by year, beside the share of world output."""
    measured = _exports(last)
    kept = _kept(measured) if last >= trade_years(weighed=True)[0] else own_use(last)
    rows = []
    for fence in table.itertuples(index=False):
        mineral, country = str(fence.mineral), str(fence.country)
        there = stages(series_name(registry()[mineral]) or "")
        stage = str(fence.stage) if fence.stage in there else "".join(there[:1])
        shares = _shares(mineral, stage, last)
        if country not in shares:
            continue
        of_stage = mineral in WHOLE_FORMS or _code_stage(mineral) == stage
        known = measured.get((mineral, country)) if of_stage else None
        for year, share in shares[country].reindex(years).ffill().dropna().items():
            if known is not None:
                x, error, then = known
                # Later and earlier years keep the part of output that is exported.
                mean, sd = share * (1 - x / then), share * error / then
            else:
                mean, spread, _ = kept.loc["CHN" if country == "CHN" else "other"]
                mean, sd = share * mean, share * spread
            basis = "prior" if known is None else "measured"
            rows.append((mineral, country, stage, int(str(year)), share, mean, sd, basis))
    columns = ["mineral", "country", "stage", "year", "share", "delta", "sd", "basis"]
    return pd.DataFrame(rows, columns=columns)


def _code_stage(mineral: str) -> str:
    codes = trade_codes()
    own = codes[(codes["mineral"] == mineral) & (codes["clean"] == "yes")]
    return str(own["stage"].iloc[0]) if len(own) else ""
