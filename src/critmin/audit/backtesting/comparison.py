"""Compare the scores of models over forecasts that err together."""

import numpy as np
import pandas as pd

from critmin.audit.backtesting.scores import SCORES
from critmin.exceptions import UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_probability
from critmin.internal.extras import extras
from critmin.internal.tables import interval_bounds, quantile_label
from critmin.mineral import registry

KEYS: tuple[str, ...] = ("horizon", "mineral", "group", "decade", "origin")

FORECAST: tuple[str, ...] = ("mineral", "origin", "horizon")
"""What one forecast of a model is of."""


def _keyed(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """The table with a column of that name."""
    if by not in KEYS:
        raise UnknownNameError.of("key", by, KEYS)
    if by == "group":
        groups = {name: about.group for name, about in registry().items()}
        return table.assign(group=table["mineral"].map(groups).fillna("own"))
    if by == "decade":
        return table.assign(decade=table["origin"] // 10 * 10)
    return table


def _beside(table: pd.DataFrame, model: str) -> "pd.Series[float]":
    """CRPS of a model's forecast of the same as each row; NaN where it made none."""
    theirs = table[table["model"] == model].set_index([*FORECAST])["crps"]
    return pd.Series(
        theirs.reindex(pd.MultiIndex.from_frame(table[[*FORECAST]])).to_numpy(), table.index
    )


def _check(table: pd.DataFrame, *models: str) -> None:
    known = list(dict.fromkeys(table["model"]))
    for name in models:
        if name not in known:
            raise UnknownNameError.of("model of this backtest", name, known)


def summarise(
    table: pd.DataFrame, baseline: str = "random walk", by: str = "horizon"
) -> pd.DataFrame:
    """Mean scores and coverage of each model, and its skill against a baseline.

    Parameters
    ----------
    table : DataFrame
        Of `critmin.audit.backtesting.record.Backtest`.
    baseline : str
        Model that skill is measured against: one less the ratio of mean CRPS, over what both forecast.
    by : {"horizon", "mineral", "group", "decade", "origin"}

    Returns
    -------
    DataFrame
        By the key and model: forecasts (those that were made), skill,
        `critmin.audit.backtesting.scores.SCORES`, coverages.

    Raises
    ------
    UnknownNameError
        If there is no such model or key.
    """
    keyed = _keyed(table, by)
    _check(table, baseline)
    scored = [name for name in keyed.columns if name in SCORES or name.startswith("inside")]
    grouped = keyed.groupby([by, "model"], sort=True)
    means = grouped[scored].mean()
    keyed = keyed.assign(theirs=_beside(table, baseline))
    both = keyed[keyed["crps"].notna() & keyed["theirs"].notna()]
    compared = both.groupby([by, "model"])[["crps", "theirs"]].mean().reindex(means.index)
    means.insert(0, "skill", 1 - compared["crps"] / compared["theirs"])
    means.insert(0, "forecasts", grouped["crps"].count())
    return means


def skill(
    table: pd.DataFrame,
    model: str,
    baseline: str = "random walk",
    *,
    by: str = "horizon",
    prob: float = 0.9,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """CRPS skill of one model against another, with its uncertainty.

    Parameters
    ----------
    table : DataFrame
        Of `critmin.audit.backtesting.record.Backtest`.
    model, baseline : str
    by : {"horizon", "mineral", "group", "decade"}
    prob : float
        Probability of the interval.
    resamples : int
        Of the bootstrap.
    seed : int

    Returns
    -------
    DataFrame
        By the key: forecasts (those that both made), skill, its interval, and ``p_value`` of equal
        accuracy; NaN where there are none.

    Notes
    -----
    Forecasts of overlapping years err together, and so do those of different minerals made at
    one origin: whole blocks of origins, as long as the longest horizon scored, are drawn again, round
    a circle so that the first and last origins count as much as the others (Politis and Romano 1992,
    in LePage and Billard, Exploring the Limits of Bootstrap). The p-value is of Diebold and Mariano
    (1995) on the mean difference by origin, with the small-sample correction of Harvey, Leybourne
    and Newbold (1997), two-sided.
    """
    with extras():
        from scipy.stats import t as student

    bounds = interval_bounds(check_probability(prob))
    _check(table, model, baseline)
    rng = np.random.default_rng(seed)
    keyed = _keyed(table, by)
    both = keyed["crps"].notna() & _beside(table, model).notna() & _beside(table, baseline).notna()
    labels = [quantile_label(each) for each in bounds]
    nothing = {"forecasts": 0, "skill": np.nan, **dict.fromkeys(labels, np.nan), "p_value": np.nan}
    rows = {}
    for key, every in keyed.groupby(by, sort=True):
        part = every[both[every.index]]
        if part.empty:
            rows[key] = nothing
            continue
        sums = part.pivot_table(index="origin", columns="model", values="crps", aggfunc="sum")
        ours, theirs = sums[model].to_numpy(), sums[baseline].to_numpy()
        count = len(ours)
        spacing = float(np.diff(sums.index).mean()) if count > 1 else 1.0
        block = min(max(round(part["horizon"].max() / spacing), 1), count)
        starts = rng.integers(0, count, (resamples, -(-count // block)))
        drawn = (starts[..., None] + np.arange(block)).reshape(resamples, -1)[:, :count] % count
        again = 1 - ours[drawn].sum(axis=1) / theirs[drawn].sum(axis=1)
        low, high = np.quantile(again, bounds)
        statistic = _diebold_mariano(ours - theirs, block)
        rows[key] = {
            "forecasts": int((part["model"] == model).sum()),
            "skill": 1 - ours.sum() / theirs.sum(),
            **dict(zip(labels, (low, high), strict=True)),
            "p_value": 2 * student.sf(abs(statistic), count - 1) if count > 1 else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(by)


def _diebold_mariano(difference: Floats, lags: int) -> float:
    """Corrected statistic of the mean of a series of loss differences (Harvey and others 1997)."""
    count = len(difference)
    centred = difference - difference.mean()
    variance = (centred**2).mean()
    for k in range(1, min(lags, count)):
        variance += 2 * (1 - k / lags) * (centred[k:] * centred[:-k]).sum() / count
    if not variance > 0:
        return float("nan")
    factor = (count + 1 - 2 * lags + lags * (lags - 1) / count) / count
    return float(difference.mean() / np.sqrt(variance / count) * np.sqrt(max(factor, 0.0)))
