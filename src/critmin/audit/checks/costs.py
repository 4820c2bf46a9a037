"""Whether the cost model predicts costs that it has not seen: assets and countries left out."""

from typing import Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats
from scipy.special import logsumexp

from critmin.data.panel import load_panel
from critmin.exceptions import DataError, UnknownNameError
from critmin.internal.arrays import Bools, Floats
from critmin.model.producer_costs import (
    POINT_TAIL,
    Producers,
    build_producer_cost_model,
    make_producers,
)

Unit = Literal["asset", "country"]
FEWEST = 3
"""Other points of a mineral that a median and a spread need."""

REPEATS = 10
"""Draws of an unknown asset for each draw of the model."""


def _left_out(producers: Producers, unit: Unit, folds: int, seed: int) -> list[Bools]:
    """Which points each fold leaves out, (point,)."""
    x = producers.points
    if unit == "asset":
        # Averages of all producers are no assets.
        units = np.where(x.averaged[x.group], -1, x.group)
    else:
        countries = np.append(producers.country, -1)
        units = np.where(x.place < 0, -1, countries[x.place])
    names = np.unique(units[units >= 0])
    if len(names) < folds:
        raise DataError(f"{len(names)} with published costs cannot make {folds} folds")
    fold = dict(zip(np.random.default_rng(seed).permutation(names), range(10**6), strict=False))
    at = np.array([fold[u] % folds if u >= 0 else -1 for u in units])
    return [at == k for k in range(folds)]


def _predicted(
    draws: xr.Dataset, producers: Producers, out: Bools, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Predictive draws (sample, point) of points left out, and the log density of what they say."""
    x = producers.points
    flat = draws.stack(sample=("chain", "draw"), create_index=False)  # noqa: PD013 (not pandas)
    mean = flat["point_mean"].transpose("sample", "point").values[:, out]
    scale = flat["point_scale"].transpose("sample", "point").values[:, out]
    spread = flat["group_spread"].transpose("sample", "group").values[:, x.group[out]]
    mean, scale, spread = (np.repeat(v, REPEATS, axis=0) for v in (mean, scale, spread))
    center = mean + spread * rng.standard_normal(mean.shape)
    density = stats.t.logpdf(x.log[out], POINT_TAIL, center, scale)
    log_score = logsumexp(density, axis=0) - np.log(len(density))
    return center + scale * rng.standard_t(POINT_TAIL, mean.shape), log_score


def _baseline(producers: Producers, out: Bools, point: int) -> tuple[float, float, float]:
    """Log score and 90% interval from the median and the spread of the mineral's other points."""
    x = producers.points
    other = x.log[(x.mineral == x.mineral[point]) & ~out]
    if len(other) < FEWEST:
        return np.nan, np.nan, np.nan
    scale = other.std(ddof=1) * (1 + 1 / len(other)) ** 0.5
    known = stats.t(len(other) - 1, np.median(other), scale)
    low, high = known.ppf([0.05, 0.95])
    return float(known.logpdf(x.log[point])), float(low), float(high)


def left_out_costs(
    panel: xr.Dataset | None = None,
    *,
    unit: Unit = "asset",
    folds: int = 8,
    draws: int = 300,
    tune: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Predict each published cost by a fit that has seen nothing of its asset, or of its country.

    Parameters
    ----------
    panel : Dataset, optional
        Of `critmin.data.load_panel`; all minerals by default.
    unit : {"asset", "country"}
        What is left out whole.
    folds : int
        Exact refits; each leaves out as many units.
    draws, tune : int
        Of each of four chains.
    seed : int

    Returns
    -------
    DataFrame
        One row a point left out: mineral, label, log_cost, median, low and high (the 90% interval),
        inside, log_score, and of the baseline (median and spread of the mineral's other points, a
        Student t) baseline_inside and baseline_log_score, NaN where fewer than three are left.
    """
    import nutpie

    if unit not in get_args(Unit):
        raise UnknownNameError.of("unit to leave out", unit, get_args(Unit))
    producers = make_producers(load_panel() if panel is None else panel)
    compiled = nutpie.compile_pymc_model(
        build_producer_cost_model(producers),
        backend="numba",
        var_names=["point_mean", "point_scale", "group_spread"],
    )
    x, rows = producers.points, []
    rng = np.random.default_rng(seed)
    for out in _left_out(producers, unit, folds, seed):
        trace = nutpie.sample(
            compiled.with_data(held_out=out.astype(float)),
            draws=draws,
            tune=tune,
            chains=4,
            seed=seed,
            target_accept=0.95,
            progress_bar=False,
            save_warmup=False,
        )
        made, score = _predicted(trace["posterior"].to_dataset(), producers, out, rng)
        low, median, high = np.quantile(made, [0.05, 0.5, 0.95], axis=0)
        for i, point in enumerate(np.flatnonzero(out)):
            if not ((x.mineral == x.mineral[point]) & ~out).any():
                continue  # nothing is left that tells the mineral's level
            log = float(x.log[point])
            plain, below, above = _baseline(producers, out, int(point))
            rows.append(
                {
                    "mineral": x.costed[x.mineral[point]],
                    "label": x.labels[point],
                    "log_cost": log,
                    "median": median[i],
                    "low": low[i],
                    "high": high[i],
                    "inside": float(low[i] <= log <= high[i]),
                    "log_score": score[i],
                    "baseline_inside": float(below <= log <= above) if below == below else np.nan,
                    "baseline_log_score": plain,
                }
            )
    return pd.DataFrame(rows)


def cost_scores(table: pd.DataFrame) -> "pd.Series[float]":
    """Coverage of 90% intervals and mean log scores of `left_out_costs`, where both have one.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    Series
        points; coverage and log_score; baseline_coverage and baseline_log_score; gain, the mean
        difference of the log scores, and its standard error over minerals.
    """
    both = table[table["baseline_log_score"].notna()]
    gain = both["log_score"] - both["baseline_log_score"]
    by_mineral = (gain - gain.mean()).groupby(both["mineral"]).sum()
    return pd.Series(
        {
            "points": float(len(both)),
            "coverage": both["inside"].mean(),
            "log_score": both["log_score"].mean(),
            "baseline_coverage": both["baseline_inside"].mean(),
            "baseline_log_score": both["baseline_log_score"].mean(),
            "gain": gain.mean(),
            "gain_error": float(np.sqrt((by_mineral**2).sum()) / len(both)),
        }
    )
