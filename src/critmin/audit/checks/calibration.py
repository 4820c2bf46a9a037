"""Simulation-based calibration of the market model (Talts and others 2018, arXiv 1804.06788).

Parameters are drawn from the prior, a history of prices and output is simulated from them in NumPy
with the model's equations, and the model is fitted to it. If sampler and likelihood are right, the
truth is equally likely to stand at any rank among the posterior draws.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from rich.console import Console
from rich.progress import track

from critmin.audit.checks.refits import market_inputs
from critmin.data.panel import load_panel
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.mineral import GROUPS
from critmin.model.assumptions import LIST_TAIL
from critmin.model.equations import (
    common_move,
    price_change,
    price_gap,
    price_push,
    production_growth,
    production_scale,
    second_shock_weight,
    volatility,
    year_end_carry,
)
from critmin.model.inputs import ModelInputs
from critmin.model.supported import support_ramps

REDUCED = ("aluminum", "alumina", "nickel", "gallium", "tungsten")
"""Minerals of the reduced model: long and short histories, a by-product and its host, support,
restrictions, a break between price sources."""

CALIBRATED = (
    "supply_elasticity",
    "demand_elasticity",
    "income_elasticity",
    "reversion",
    "price_scale",
    "cost_scale",
    "cost_drift",
    "lasting_share",
    "demand_share",
    "growth",
    "host_tie",
    "factor_loading",
    "group_loading",
    "tail",
)
WITNESSES = ("wedge", "export_ratio", "marginal_cost", "support_rate")
"""Observed variables that are drawn with the prior: what they witness is a latent of it."""

SHARED_CALIBRATED = (
    "substitution",
    "scrap_elasticity",
    "technology_response",
    "carry_response",
    "volatility_memory",
    "income_signal",
    "revision_scale",
)


def simulate_panel(
    inputs: ModelInputs, truth: Mapping[str, Any], rng: np.random.Generator
) -> ModelInputs:
    """Simulate the history that the model would see if its parameters were `truth`.

    Parameters
    ----------
    inputs : ModelInputs
        Whose structure, drivers and first prices are kept: the same years are holes.
    truth : mapping of str to array
        One draw of the model's parameters and of ``log_cost``, ``support``, ``availability`` and
        (where there are breaks) ``step``.
    rng : Generator

    Returns
    -------
    ModelInputs
        With prices, year ends, growth of output, excess capacity and revisions drawn anew.
    """
    count, length = inputs.log_price.shape
    rows = np.arange(count)
    usual, slope, primary = truth["price_scale"], truth["slope"], 1 - inputs.recycled
    tail = truth["tail"]
    step = np.zeros(count)
    step[inputs.basis.any(axis=1)] = truth.get("step", 0.0)
    technology = truth["technology_response"] * np.einsum(
        "mkt,kt->mt", inputs.technology_weight, np.nan_to_num(inputs.technology_surprise)
    )
    # What lasted of the shocks of history; those simulated leave something else.
    cost = truth["log_cost"] - truth["lasting"]
    support, available = truth["support"], truth["availability"]
    lasting = np.zeros((count, length))
    price = np.full((count, length), np.nan)
    carry = np.full((count, length), np.nan)
    growth = np.full((count, length), np.nan)
    start = np.array([inputs.log_price[m, inputs.first[m]] for m in rows])
    price[rows, inputs.first] = start + inputs.basis[rows, inputs.first] * step
    known_carry = np.isfinite(inputs.carry)
    # The model keeps the first year's own year end, which is data about no shock.
    carry[rows, inputs.first] = np.nan_to_num(inputs.carry[rows, inputs.first])
    group = np.array([GROUPS.index(name) for name in inputs.groups])
    cycles = [
        common_move(
            factor=truth[f"{when}factor"][None],
            group_factor=truth[f"{when}group_factor"][group],
            factor_loading=truth["factor_loading"][:, None],
            group_loading=truth["group_loading"][:, None],
        )
        for when in ("", "end_")
    ]
    surprise = np.ones(count)
    for t in range(1, length):
        alive = t > inputs.first
        cost_change = cost[:, t] - cost[:, t - 1]
        support_change = support[:, t] - support[:, t - 1]
        push = price_push(
            cost_change=cost_change,
            support_change=support_change,
            availability_change=available[:, t] - available[:, t - 1],
            income=truth["income_signal"] * inputs.income[t],
            technology=technology[:, t],
            host=inputs.host_growth[:, t],
            common=cycles[0][:, t],
            supply_elasticity=truth["supply_elasticity"],
            slope=slope,
            primary=primary,
            income_elasticity=truth["income_elasticity"],
            host_tie=truth["host_tie"],
        )
        gap = price_gap(
            log_price=price[:, t - 1],
            log_cost=cost[:, t - 1] + lasting[:, t - 1],
            support=support[:, t - 1],
        )
        expected = price_change(
            push=push, carry=carry[:, t - 1], gap=gap, reversion=truth["reversion"]
        )
        scale = usual * volatility(surprise=surprise, memory=truth["volatility_memory"])
        rounding = inputs.rounding[:, t] ** 2 + inputs.rounding[:, t - 1] ** 2
        own = np.where(inputs.listed[:, t], truth["list_scale"], scale)
        degrees = np.where(inputs.listed[:, t], LIST_TAIL, tail)
        shock = np.sqrt(own**2 + rounding) * rng.standard_t(degrees)
        surprise = np.where(alive & ~inputs.listed[:, t], shock / usual, 1.0)
        change = expected + shock
        price[alive, t] = (price[:, t - 1] + change)[alive]
        lasting[alive, t] = (lasting[:, t - 1] + truth["lasting_share"] * shock)[alive]
        year_end = year_end_carry(
            response=truth["carry_response"],
            scale=truth["carry_scale"],
            shock=shock,
            common=cycles[0][:, t],
            price_scale=scale,
            noise=rng.standard_t(tail),
            common_noise=cycles[1][:, t],
        )
        later = np.where(known_carry[:, t], year_end, truth["persistence"] * change)
        carry[alive, t] = later[alive]
        growth[:, t] = _grown(
            inputs,
            truth,
            t,
            rng,
            price_change=change,
            cost_change=cost_change,
            support_change=support_change,
            gap=gap,
            price_shock=shock,
            scale=scale,
        )
    support_growth, support_rate = _supported(inputs, truth, rng)
    seen = np.isfinite(inputs.log_price)
    return dataclasses.replace(
        inputs,
        log_price=np.where(seen, price - inputs.basis * step[:, None], np.nan),
        carry=np.where(known_carry, carry, np.nan),
        growth=np.where(np.isfinite(inputs.growth), growth, np.nan),
        support_growth=support_growth,
        support_rate=support_rate,
        revision=truth["revision_scale"] * rng.standard_t(4, len(inputs.revision)),
        wedge_log=truth.get("wedge", inputs.wedge_log),
        volume_ratio=truth.get("export_ratio", inputs.volume_ratio),
        anchor_log=truth.get("marginal_cost", inputs.anchor_log)
        + (lasting - truth["lasting"])[inputs.anchor_mineral, inputs.anchor_year],
    )


def _grown(
    inputs: ModelInputs,
    truth: Mapping[str, Any],
    t: int,
    rng: np.random.Generator,
    *,
    scale: Floats,
    **moves: Floats,
) -> Floats:
    """Growth of each mineral's output in a year, given what its price did."""
    slope, primary = truth["slope"], 1 - inputs.recycled
    mean = production_growth(
        trend=truth["growth"],
        host=inputs.host_growth[:, t],
        demand_share=truth["demand_share"],
        substitution=truth["substitution"],
        supply_elasticity=truth["supply_elasticity"],
        slope=slope,
        primary=primary,
        host_tie=truth["host_tie"],
        reversion=truth["reversion"],
        **moves,
    )
    spread = production_scale(
        price_scale=scale,
        demand_share=truth["demand_share"],
        slope=slope,
        primary=primary,
        measurement=2**0.5 * truth["revision_scale"],
    )
    tail = truth["tail"]
    weight = second_shock_weight(surprise=moves["price_shock"] / scale, tail=tail)
    return np.asarray(mean + spread * weight * rng.standard_t(tail + 1))


def _supported(
    inputs: ModelInputs, truth: Mapping[str, Any], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Growth of supported producers beyond others', and the rates found against them."""
    support_growth = np.full_like(inputs.support_growth, np.nan)
    if len(support_growth):
        steps = np.exp(truth["support_step"] @ support_ramps(inputs.years))
        wedge = np.roll(truth["state_support"][:, None] * steps, 1, axis=1)
        noise = truth["support_noise"] * rng.standard_t(4, wedge.shape)
        support_growth = (
            truth["support_advantage"][:, None] + truth["capacity_response"] * wedge + noise
        )
    rate = inputs.support_rate.copy()
    if "support_rate" in truth:
        rate[np.isfinite(rate)] = truth["support_rate"]
    return np.where(np.isfinite(inputs.support_growth), support_growth, np.nan), rate


def prior_draws(inputs: ModelInputs, count: int, seed: int) -> list[dict[str, Any]]:
    """Draws of every parameter and latent path from the prior of the market model.

    Returns
    -------
    list of dict of str to array
        One a draw, as `simulate_panel` takes them.
    """
    import pymc as pm

    from critmin.model.market import build_model

    with build_model(inputs) as model:
        names = [v.name for v in (*model.free_RVs, *model.deterministics)]
        names = [name for name in names if not name.startswith("hole_")]
        drawn = [name for name in WITNESSES if name in model]
        prior = pm.sample_prior_predictive(count, var_names=[*names, *drawn], random_seed=seed)
    parts = [prior["prior"].to_dataset()]
    parts += [prior["prior_predictive"].to_dataset()] if drawn else []
    draws = xr.merge(parts).isel(chain=0)
    return [
        {str(name): draws[name].values[i] for name in draws.data_vars}
        for i in range(draws.sizes["draw"])
    ]


def _data(inputs: ModelInputs, shapes: Mapping[str, Any]) -> dict[str, Floats]:
    """Values of the model's data containers for a simulated panel."""
    from critmin.model.market import build_model

    with build_model(inputs) as model:
        return {name: model[name].get_value() for name in shapes}


def sbc(
    simulations: int = 100,
    *,
    minerals: Sequence[str] = REDUCED,
    draws: int = 250,
    tune: int = 300,
    seed: int = 0,
    progressbar: bool = True,
) -> pd.DataFrame:
    """Rank statistics of the truth among posterior draws, over simulated histories.

    Parameters
    ----------
    simulations : int
        Histories to simulate and fit, at least 10; 100 take about a quarter of an hour.
    minerals : sequence of str
        Of the reduced model.
    draws, tune : int
        Of each of two chains.
    seed : int
    progressbar : bool

    Returns
    -------
    DataFrame
        By parameter: ``ranks`` (how many truths were ranked), ``mean`` of the ranks (1/2 if right)
        and its standard error from one mean a simulation, ``cover_50`` and ``cover_90`` (shares of
        truths inside the central intervals) and ``p_value``: two-sided, of the mean against 1/2.
        ``attrs["divergences"]`` counts them over all fits; ``attrs["ranks"]`` maps each parameter
        to its ranks (simulation, mineral), scaled to (0, 1).

    Raises
    ------
    CritminError
        If there are fewer than 10 simulations.

    Notes
    -----
    Energy, income and the other drivers stand as they were: the model conditions on them.
    """
    if simulations < 10:
        raise CritminError(f"simulations must be at least 10, got {simulations}")
    import nutpie
    from scipy import stats

    from critmin.model.market import build_model

    inputs = market_inputs(load_panel(list(minerals)))
    truths = prior_draws(inputs, simulations, seed)
    rng = np.random.default_rng(seed)
    # Compiled once, on a first simulated history; the others only change its data.
    first = build_model(simulate_panel(inputs, truths[0], rng))
    containers = [v.name for v in first.data_vars]
    compiled = nutpie.compile_pymc_model(first, backend="numba")
    names = (*CALIBRATED, *SHARED_CALIBRATED)
    ranks: dict[str, list[Floats]] = {name: [] for name in names}
    divergences = 0
    for i, truth in track(
        list(enumerate(truths)),
        description="calibrating",
        console=Console(stderr=True),
        disable=not progressbar,
    ):
        made = simulate_panel(inputs, truth, np.random.default_rng([seed, i]))
        trace = nutpie.sample(
            compiled.with_data(**_data(made, dict.fromkeys(containers))),
            draws=draws,
            tune=tune,
            chains=2,
            seed=seed + i,
            progress_bar=False,
            save_warmup=False,
        )
        divergences += int(trace["sample_stats"]["diverging"].sum())
        posterior = trace["posterior"].to_dataset()
        for name in names:
            values = posterior[name].values.reshape(2 * draws, -1)
            below = (values < np.ravel(truth[name])[None, :]).sum(axis=0)
            rank = (below + 0.5) / (2 * draws + 1)
            # A mineral without a host has a tie of exactly zero: no rank.
            ranks[name].append(np.where(values.std(axis=0) > 0, rank, np.nan))
    rows = {}
    for name, found in ranks.items():
        table = np.stack(found)
        flat = table[np.isfinite(table)]
        means = np.nanmean(table, axis=1)
        error = means.std(ddof=1) / len(means) ** 0.5
        z = (means.mean() - 0.5) / error
        rows[name] = {
            "ranks": flat.size,
            "mean": means.mean(),
            "error": error,
            "cover_50": float((np.abs(flat - 0.5) <= 0.25).mean()),
            "cover_90": float((np.abs(flat - 0.5) <= 0.45).mean()),
            "p_value": float(2 * stats.t.sf(abs(z), len(means) - 1)),
        }
    result = pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")
    result.attrs["divergences"] = divergences
    result.attrs["ranks"] = {name: np.stack(found) for name, found in ranks.items()}
    return result
