"""Baskets of minerals at past origins: whether knowing that prices move together pays.

The energy score (Gneiting and Raftery 2007, JASA 102) of the joint forecast of a basket's log prices is
set against that of the same margins drawn independently, in the same draws shuffled.
"""

import numpy as np
import pandas as pd
import xarray as xr

from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.extras import extras

BASKETS: dict[str, tuple[str, ...]] = {
    "base": ("copper", "aluminum", "zinc", "lead", "tin"),
    "precious": ("gold", "silver", "platinum", "palladium"),
    "battery": ("lithium", "cobalt", "nickel", "manganese", "graphite"),
    "rare earth": ("neodymium", "praseodymium", "dysprosium", "terbium", "cerium"),
    "by-products": ("gallium", "germanium", "indium", "bismuth", "antimony"),
}
"""Minerals of each basket; at an origin those that are forecast and whose outcome is known."""

SIZE = 400
"""Draws of which the energy score is taken: it compares each with each."""


def energy_score(draws: Floats, outcome: Floats) -> float:
    """Energy score of draws (sample, mineral) against an outcome (mineral,)."""
    with extras():
        import scoringrules as sr  # compiles for seconds when it is loaded

    return float(sr.es_ensemble(outcome, draws))


def basket_scores(
    draws: dict[str, Floats], outcome: dict[str, Floats], horizons: tuple[int, ...], origin: int
) -> xr.Dataset:
    """Energy scores of the baskets at one origin.

    Parameters
    ----------
    draws : dict of str to array (sample, year)
        Log prices by mineral, of one posterior and seed: samples belong together.
    outcome : dict of str to array (horizon,)
        Log prices that came, NaN where not known.
    horizons : tuple of int
    origin : int

    Returns
    -------
    Dataset
        ``energy_score`` (basket_forecast, kind) with kinds "joint" and "independent".
    """
    rng = np.random.default_rng(origin)
    rows, scores = [], []
    for basket, members in BASKETS.items():
        for i, ahead in enumerate(horizons):
            known = [m for m in members if m in draws and np.isfinite(outcome[m][i])]
            if len(known) < 2:
                continue
            joint = np.stack([draws[m][:SIZE, ahead - 1] for m in known], axis=1)
            alone = np.stack([rng.permutation(column) for column in joint.T], axis=1)
            came = np.array([outcome[m][i] for m in known])
            rows.append((basket, ahead))
            scores.append([energy_score(joint, came), energy_score(alone, came)])
    return xr.Dataset(
        {
            "energy_score": (
                ("basket_forecast", "kind"),
                np.array(scores, dtype=float).reshape(-1, 2),
                {"units": "1", "words": "log points"},
            )
        },
        coords={
            "kind": ["joint", "independent"],
            "basket": ("basket_forecast", np.array([b for b, _ in rows], dtype=object)),
            "basket_horizon": ("basket_forecast", np.array([h for _, h in rows], dtype=np.int64)),
            "basket_origin": ("basket_forecast", np.full(len(rows), origin)),
        },
    )


def basket_table(forecasts: xr.Dataset) -> pd.DataFrame:
    """Mean energy scores by basket.

    Parameters
    ----------
    forecasts : Dataset
        Of a `critmin.Backtest`.

    Returns
    -------
    DataFrame
        By basket: forecasts, joint, independent, gain (percent less with the joint forecast) and its
        standard error over origins.

    Raises
    ------
    CritminError
        If no basket was forecast.
    """
    if "energy_score" not in forecasts:
        raise CritminError("no basket was forecast: the structural model has to be run for it")
    table = pd.DataFrame(
        forecasts["energy_score"].values, columns=list(map(str, forecasts["kind"].values))
    ).assign(basket=forecasts["basket"].values, origin=forecasts["basket_origin"].values)
    rows = {}
    for basket, part in table.groupby("basket", sort=False):
        means = part[["joint", "independent"]].mean()
        own = part.groupby("origin")[["joint", "independent"]].mean()
        gains = 100 * (1 - own["joint"] / own["independent"])
        rows[basket] = {
            "forecasts": len(part),
            **means,
            "gain, %": 100 * (1 - means["joint"] / means["independent"]),
            "error": gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("basket")
