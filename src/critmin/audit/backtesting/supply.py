"""World output at past origins: forecast, beside its trend and its last figure, and scored."""

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm

from critmin.audit.backtesting.baselines import spreads
from critmin.audit.backtesting.scores import LEVELS, score, to_points
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.model.shares import world_growth
from critmin.simulation.paths import Paths

STEADY, TREND = "last output", "trend"
"""Baselines: output as it was, and output that goes on growing as it did."""

_LABELS = ("mineral", "origin", "horizon")

LEAST_GROWTH = 8
"""Years of growth known at an origin from which output is forecast."""


def supply_points(paths: Paths, output: float) -> Floats:
    """Points (year, point) of the log of world output over that of the origin.

    Parameters
    ----------
    paths : Paths
    output : float
        World output at the origin, tonnes.
    """
    world = paths.production.sum(axis=0)
    return to_points(np.log(np.maximum(world, 1e-9) / output))


def supply_forecasts(
    panel: xr.Dataset,
    cut: xr.Dataset,
    minerals: list[str],
    horizons: tuple[int, ...],
    structural: dict[str, Floats],
    name: str,
) -> xr.Dataset:
    """Forecasts of world output and what came.

    Parameters
    ----------
    panel, cut : Dataset
        All that is known today, and at the origin.
    minerals : list of str
    horizons : tuple of int
    structural : dict of str to array (year, point)
        Of `supply_points`, by mineral.
    name : str
        Of the structural model.

    Returns
    -------
    Dataset
        ``supply_points`` (supply_model, supply_forecast, point) and ``supply_outcome``: logs of world
        output over that of the origin; its growth where two years are of one publisher.
    """
    origin = int(cut["year"].values[-1])
    models = [name, STEADY, TREND]
    rows, outcomes, points = [], [], []
    for mineral in minerals:
        past = world_growth(cut, mineral)
        past = past[np.isfinite(past)]
        grown = world_growth(panel, mineral)[panel["year"].values > origin].cumsum()
        if mineral not in structural or len(past) < LEAST_GROWTH:
            continue
        plain = [_steady(past, max(horizons), slope) for slope in (0.0, float(past.mean()))]
        for ahead in horizons:
            if ahead > len(grown) or not np.isfinite(grown[ahead - 1]):
                continue
            rows.append((mineral, ahead))
            outcomes.append(grown[ahead - 1])
            points.append([path[ahead - 1] for path in (structural[mineral], *plain)])
    shape = (0, len(models), len(LEVELS))
    made = np.array(points).reshape(shape if not points else np.shape(points))
    return xr.Dataset(
        {
            "supply_points": (
                ("supply_model", "supply_forecast", "point"),
                made.transpose(1, 0, 2).astype(np.float32),
                {"units": "log of world output over that of the origin"},
            ),
            "supply_outcome": ("supply_forecast", np.array(outcomes, dtype=float)),
        },
        coords={
            "supply_model": models,
            "supply_mineral": ("supply_forecast", np.array([m for m, _ in rows], dtype=object)),
            "supply_horizon": ("supply_forecast", np.array([h for _, h in rows], dtype=np.int64)),
            "supply_origin": ("supply_forecast", np.full(len(rows), origin)),
        },
    )


def _steady(past: Floats, horizon: int, slope: float) -> Floats:
    """Points (year, point) of a normal forecast with the spread of past changes over as many years."""
    level = np.concatenate([[0.0], past.cumsum()])[None]
    ahead = np.arange(1, horizon + 1)
    # From histories of twice the years ahead on: they hold one change more than those years.
    spread = spreads(level, level, horizon, slope, least=ahead + 1)[0]
    return np.asarray(slope * ahead[:, None] + spread[:, None] * norm.ppf(LEVELS))


def supply_scores(forecasts: xr.Dataset) -> pd.DataFrame:
    """Score every forecast of world output.

    Parameters
    ----------
    forecasts : Dataset
        Of a `critmin.Backtest`.

    Returns
    -------
    DataFrame
        One row a model, mineral, origin and horizon: ``outcome`` (log of world output over that of the
        origin), ``crps``, ``pit`` and ``inside 90%``.

    Raises
    ------
    CritminError
        If no output was forecast.
    """
    if not forecasts.sizes.get("supply_forecast", 0):
        raise CritminError(
            "no world output was forecast: the structural model has to be run for it"
        )
    points = forecasts["supply_points"].values.astype(float)
    outcome = np.broadcast_to(forecasts["supply_outcome"].values, points.shape[:2])
    found = score(points, outcome)
    models, size = points.shape[:2]
    labels = {by: np.tile(forecasts[f"supply_{by}"].values, models) for by in _LABELS}
    return pd.DataFrame(
        {
            "model": np.repeat(forecasts["supply_model"].values, size),
            **labels,
            "outcome": outcome.ravel(),
            **{name: found[name].ravel() for name in ("crps", "pit", "inside 90%")},
        }
    )


def supply_table(scores: pd.DataFrame, by: str = "horizon") -> pd.DataFrame:
    """Mean scores of forecasts of world output.

    Parameters
    ----------
    scores : DataFrame
        Of `supply_scores`.
    by : {"horizon", "mineral", "origin"}

    Returns
    -------
    DataFrame
        By `by` and model: forecasts, skill (less mean CRPS than `STEADY`), crps, inside 90%.

    Raises
    ------
    UnknownNameError
        If `by` is none of these.
    """
    if by not in _LABELS:
        raise UnknownNameError.of("by", by, _LABELS)
    grouped = scores.groupby([by, "model"], sort=False)
    means = grouped[["crps", "inside 90%"]].mean()
    means.insert(0, "forecasts", grouped.size())
    steady = means["crps"].xs(STEADY, level="model").reindex(means.index.get_level_values(by))
    means.insert(1, "skill", 1 - means["crps"] / steady.to_numpy())
    return means.sort_index(level=by, sort_remaining=False)
