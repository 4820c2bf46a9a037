"""The structural model at one origin: refitted to what was known, and what it says."""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from critmin.audit.backtesting.scores import to_points
from critmin.audit.backtesting.supply import supply_points
from critmin.inference.diagnostics import MAX_RHAT, MIN_ESS
from critmin.internal.arrays import Floats


@dataclass(frozen=True, slots=True)
class Refit:
    """How the structural model is fitted at each origin.

    Where what is scored does not pass the gate, once more with twice the warm-up.

    Attributes
    ----------
    draws, tune, chains : int
    cores : int, optional
        Chains run at once; all available by default.
    """

    draws: int = 1000
    tune: int = 500
    chains: int = 2
    cores: int | None = None


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What the structural model says at an origin.

    Attributes
    ----------
    points, fair : array (mineral, horizon, point)
        Of market and fair prices.
    supply : dict of str to array (horizon, point)
        Of world output, by mineral.
    draws : dict of str to array (sample, horizon)
        Log prices, by mineral.
    diagnostics : dict of str to float
        Of the fit; its ``warm_up``; those that begin with "scored" of the forecasts themselves.
    """

    points: Floats
    fair: Floats
    supply: dict[str, Floats]
    draws: dict[str, Floats]
    diagnostics: dict[str, float | None]


def structural(
    cut: xr.Dataset, minerals: list[str], horizon: int, seed: int, refit: Refit
) -> Forecasts:
    """Refit the model and forecast; once more, warmed up longer, if the forecasts fail the gate.

    Parameters
    ----------
    cut : Dataset
        What was known, of `critmin.audit.backtesting.vintage.known_at`.
    minerals : list of str
    horizon : int
    seed : int
    refit : Refit

    Returns
    -------
    Forecasts
    """
    found = _once(cut, minerals, horizon, seed, refit)
    if refit.draws * refit.chains > MIN_ESS and _unmet(found.diagnostics):
        found = _once(cut, minerals, horizon, seed, replace(refit, tune=2 * refit.tune))
    return found


def _unmet(told: dict[str, float | None]) -> bool:
    """Whether forecasts are known not to pass the gate."""
    r_hat, ess = told.get("scored_r_hat"), told.get("scored_ess_bulk")
    return r_hat is not None and ess is not None and not (r_hat <= MAX_RHAT and ess >= MIN_ESS)


def _once(cut: xr.Dataset, minerals: list[str], horizon: int, seed: int, refit: Refit) -> Forecasts:
    from critmin.inference.fitting import fit
    from critmin.simulation.market import simulate

    posterior = fit(
        minerals,
        data=cut,
        draws=refit.draws,
        tune=refit.tune,
        chains=refit.chains,
        cores=refit.cores,
        seed=seed,
        progressbar=False,
        allow_bad=True,
    )
    made = refit.draws * refit.chains  # all are kept, chain by chain, unless there are too many
    prices, fair, supply, draws = [], [], {}, {}
    for name in minerals:
        paths = simulate(posterior, name, horizon, seed)
        draws[name] = np.log(paths.market)
        prices.append(to_points(draws[name]))
        fair.append(to_points(np.log(paths.fair)))
        if (output := float(posterior.of(name)["output"])) > 0:
            supply[name] = supply_points(paths, output)
    scored = _scored(draws, refit.chains) if len(posterior.draws["sample"]) == made else {}
    told = {**posterior.diagnostics, "warm_up": float(refit.tune), **scored}
    return Forecasts(np.stack(prices), np.stack(fair), supply, draws, told)


def _scored(draws: dict[str, Floats], chains: int) -> dict[str, float | None]:
    """Worst diagnostics of what is scored, the forecasts; of draws (sample, year), chain by chain."""
    from arviz_stats import ess, rhat

    by_chain = xr.Dataset(
        {
            name: (("chain", "draw", "ahead"), values.reshape(chains, -1, values.shape[1]))
            for name, values in draws.items()
        }
    )
    worst = {
        "scored_r_hat": rhat(by_chain).to_array().max(),
        "scored_ess_bulk": ess(by_chain, method="bulk").to_array().min(),
        "scored_ess_tail": ess(by_chain, method="tail").to_array().min(),
    }
    return {name: float(value) for name, value in worst.items()}
