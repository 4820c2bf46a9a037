"""A first out-of-sample test: the model refitted at past origins against a random walk.

Usage: uv run python benchmarks/first_backtest.py [ORIGIN ...]

At each origin the panel is cut (prices, production, drivers, events that had not begun), the model is
refitted with short chains (2 of 500 draws, whether or not they pass the gate), and the market price is
forecast. The random walk is Gaussian in logs around the last annual price, with the spread of the mineral's
own past changes at each horizon; "year end" is the same around the last monthly price, where there is one.
Minerals with at least 20 prices at the origin; steps between price sources are left out.
"""

import sys

import numpy as np
import pandas as pd
import scoringrules as sr
import xarray as xr

from critmin import fit
from critmin.data import load_panel
from critmin.simulate import simulate

ORIGINS = (1985, 1990, 1995, 2000, 2005, 2010, 2015, 2018, 2020)
HORIZONS = (1, 2, 3, 5, 10, 15)
MIN_PRICES = 20


def known_at(panel: xr.Dataset, origin: int) -> xr.Dataset:
    """The panel as of an origin: no later year, no later event, no later end of one."""
    cut = panel.sel(year=slice(None, origin))
    cut = cut.isel(event=(cut["event_start"] < origin + 1).values)
    cut["event_end"] = cut["event_end"].where(cut["event_end"] < origin + 1)
    counts = cut["price"].sel(year=slice(1960, None)).notnull().sum("year")
    current = cut["price"].sel(year=origin).notnull()
    return cut.isel(mineral=((counts >= MIN_PRICES) & current).values)


def spread(log_price: "pd.Series[float]", start: "pd.Series[float]", horizon: int) -> float:
    """Root mean square of past moves over a horizon, or of one year's scaled up."""
    moves = (log_price.shift(-horizon) - start).dropna()
    if len(moves) >= 10:
        return float(np.sqrt((moves**2).mean()))
    return float(np.sqrt((log_price.diff() ** 2).mean() * horizon))


def scores(panel: xr.Dataset, origin: int) -> list[dict[str, object]]:
    """Score every mineral and horizon at one origin."""
    cut = known_at(panel, origin)
    posterior = fit(cut, draws=500, tune=500, chains=2, seed=1, progressbar=False, allow_bad=True)
    rows = []
    for mineral in posterior.minerals:
        paths = np.log(simulate(posterior, mineral, max(HORIZONS), seed=0).market)
        truth = np.log(panel["price"].sel(mineral=mineral)).to_series()
        end = np.log(panel["price_year_end"].sel(mineral=mineral)).to_series()
        basis = panel["price_basis"].sel(mineral=mineral).to_series()
        past, past_end = truth.loc[1960:origin], end.loc[1960:origin]
        for horizon in HORIZONS:
            year = origin + horizon
            if not np.isfinite(truth.get(year, np.nan)) or basis[year] != basis[origin]:
                continue
            draws, outcome = paths[:, horizon - 1], float(truth[year])
            walk = sr.crps_normal(outcome, past[origin], spread(past, past, horizon))
            started = np.isfinite(past_end[origin])
            rows.append(
                {
                    "origin": origin,
                    "mineral": mineral,
                    "horizon": horizon,
                    "critmin": sr.crps_ensemble(outcome, draws),
                    "walk": walk,
                    "year end": sr.crps_normal(
                        outcome, past_end[origin], spread(past, past_end, horizon)
                    )
                    if started
                    else walk,
                    "inside": abs((draws < outcome).mean() - 0.5) <= 0.45,
                }
            )
    return rows


def main() -> None:
    """Print pooled skill and coverage by horizon."""
    origins = [int(a) for a in sys.argv[1:]] or list(ORIGINS)
    panel = load_panel()
    rows = []
    for origin in origins:
        rows += scores(panel, origin)
        print(f"{origin}: {len(rows)} scores so far", file=sys.stderr, flush=True)
    table = pd.DataFrame(rows)
    mean = table.groupby("horizon")[["critmin", "walk", "year end", "inside"]].mean()
    result = pd.DataFrame(
        {
            "forecasts": table.groupby("horizon").size(),
            "skill against random walk": 1 - mean["critmin"] / mean["walk"],
            "against walk from year end": 1 - mean["critmin"] / mean["year end"],
            "coverage of 90%": mean["inside"],
        }
    )
    print(result.round(3).to_string())
    by_mineral = table.groupby("mineral")[["critmin", "walk"]].mean()
    print((1 - by_mineral["critmin"] / by_mineral["walk"]).round(2).sort_values().to_string())


if __name__ == "__main__":
    main()
