"""From the chains of a trace to the draws that a `Posterior` holds."""

from typing import Any

import numpy as np
import xarray as xr

from critmin.data.drivers import RETURNING
from critmin.inference.cost_reduction import cost_constants, cost_states
from critmin.internal.arrays import Floats
from critmin.model.counterfactual import deviation_path
from critmin.model.fences import both_sides, fence_availability
from critmin.model.inputs import ModelInputs
from critmin.model.prior import expit, logit
from critmin.model.priors import PRIORS, WITHHELD_CONCENTRATION
from critmin.model.producer_costs import Producers
from critmin.model.restrictions import Exporters
from critmin.posterior_format import DRAWN, PARAMETERS, SHARED

SAMPLES = 2000


PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)


def reduced(kept: xr.Dataset, inputs: ModelInputs, producers: Producers, seed: int) -> xr.Dataset:
    """Keep `SAMPLES` draws of all chains, and of the paths their ends and quantiles."""
    chains, draws = kept.sizes["chain"], kept.sizes["draw"]
    count = chains * draws
    chosen = np.sort(np.random.default_rng(seed).choice(count, min(SAMPLES, count), replace=False))
    chain, draw = np.divmod(chosen, draws)
    thin = kept.isel(chain=("sample", chain), draw=("sample", draw))
    thin = thin.drop_vars(["chain", "draw"]).transpose("sample", ...)
    available = thin["availability"].values
    deviation, unsupported = (
        deviation_path(
            support=thin["support"].values,
            availability=availability,
            inertia=thin["persistence"].values,
            primary=1 - inputs.recycled,
            **{name: thin[name].values for name in ("supply_elasticity", "slope", "reversion")},
        )
        for availability in (available, np.zeros_like(available))
    )
    held = _held_at_end(thin, inputs)
    price = thin["market_log_price"].values
    ends = {
        "log_price": price[..., -1],
        "carry": np.where(
            np.isfinite(inputs.carry[:, -1]),
            np.nan_to_num(inputs.carry[:, -1]),
            thin["persistence"].values * (price[..., -1] - price[..., -2]),
        ),
        "log_cost": thin["log_cost"].values[..., -1],
        "support": thin["support"].values[..., -1],
        "availability": available[..., -1],
        "deviation": deviation[..., -1],
        "deviation_change": deviation[..., -1] - deviation[..., -2],
        "unsupported": unsupported[..., -1],
        "unsupported_change": unsupported[..., -1] - unsupported[..., -2],
        "availability_end": _availability_end(thin, inputs, held),
        "surprise": thin["surprise"].values,
    }
    before = np.arange(len(inputs.years))[None, :] < inputs.first[:, None]
    paths = {"market": price, "fair": price + deviation, "cost": thin["log_cost"].values}
    dims = ("mineral", "year", "probability")
    quantiles = {
        name: (
            dims,
            np.where(
                before[..., None],
                np.nan,
                np.moveaxis(np.exp(np.quantile(path, PROBABILITIES, axis=0)), 0, -1),
            ).astype(np.float32),
        )
        for name, path in paths.items()
    }
    return xr.Dataset(
        {
            **{name: thin[name] for name in (*PARAMETERS, *SHARED, *DRAWN)},
            **_fenced(thin, inputs, producers, held),
            **{name: (("sample", "mineral"), values) for name, values in ends.items()},
            **cost_states(thin, inputs.minerals, producers),
            **quantiles,
            "observed": (("mineral", "year"), _on_newest_basis(inputs, price).astype(np.float32)),
        },
        coords={
            "mineral": inputs.minerals,
            **{
                name: thin[name].values
                for name in ("component", "technology", "exporter", "producer")
            },
            "year": inputs.years,
            "probability": list(PROBABILITIES),
        },
    )


def _on_newest_basis(inputs: ModelInputs, price: Floats) -> Floats:
    """Observed real prices (mineral, year); those of an older basis moved by the median step."""
    stepped = inputs.basis > 0
    moved = np.where(stepped, np.median(price, axis=0), inputs.log_price)
    return np.asarray(np.exp(np.where(np.isfinite(inputs.log_price), moved, np.nan)))


def _held_at_end(thin: xr.Dataset, inputs: ModelInputs) -> Floats:
    """Share of normal exports that each fence withholds at the end, (sample, fence)."""
    left = np.zeros((thin.sizes["sample"], len(inputs.fence_names)))
    if inputs.restriction_names:
        logs = np.log1p(-thin["withheld_end"].values) * inputs.restriction_open
        np.add.at(left.T, inputs.restriction_fence, logs.T)
    return np.asarray(-np.expm1(left))


def _availability_end(thin: xr.Dataset, inputs: ModelInputs, held: Floats) -> Floats:
    """Availability at the end of the last year, every measure in force, (sample, mineral)."""
    taken = np.zeros((thin.sizes["sample"], len(inputs.minerals)))
    if not inputs.fence_names:
        return taken
    at, output = inputs.fence_mineral, inputs.fence_output[:, -1]
    part = expit(logit(inputs.fence_use[:, -1]) + thin["use_effect"].values)
    primary = 1 - inputs.recycled[at]
    rise, _ = both_sides(
        withheld=held,
        output=output,
        use=output * part,
        scrap_elasticity=thin["scrap_elasticity"].values[:, None],
        primary=primary,
        supply_elasticity=thin["supply_elasticity"].values[:, at],
        demand_elasticity=thin["demand_elasticity"].values[:, at],
    )
    each = fence_availability(rise=rise, slope=thin["slope"].values[:, at], primary=primary)
    np.add.at(taken.T, at, each.T)
    return taken


def _fenced(
    thin: xr.Dataset, inputs: ModelInputs, producers: Producers, held: Floats
) -> dict[str, tuple[tuple[str, str], Floats]]:
    """`critmin.posterior_format.FENCED`: what was learned of the producers that have a fence."""
    shape = (thin.sizes["sample"], len(producers.pairs))
    withheld, effect = np.zeros(shape), np.zeros(shape)
    for i, f in _fence_of(inputs, producers).items():
        withheld[:, i], effect[:, i] = held[:, f], thin["use_effect"].values[:, f]
    dims = ("sample", "producer")
    return {"producer_withheld": (dims, withheld), "use_effect": (dims, effect)}


def _fence_of(inputs: ModelInputs, producers: Producers) -> dict[int, int]:
    """Position of the fence of each producer that has one."""
    names = [f"{mineral}:{country}" for mineral, country in producers.pairs]
    return {i: inputs.fence_names.index(n) for i, n in enumerate(names) if n in inputs.fence_names}


def _contraction(inputs: ModelInputs, held: Floats, producers: Producers, seed: int) -> Floats:
    """Part of the prior variance of what a producer withholds that the data took away, (producer,)."""
    rng = np.random.default_rng(seed)
    mean, k = inputs.withheld_mean, WITHHELD_CONCENTRATION
    (_, step) = PRIORS["withheld_step"].numbers
    size = (4000, len(mean))
    start = rng.beta(np.broadcast_to(mean * k, size), np.broadcast_to((1 - mean) * k, size))
    years = np.maximum((inputs.restriction_force > 0).sum(axis=1) - 1, 0)
    walk = step * np.sqrt(years) * inputs.restriction_witnessed * rng.standard_normal(size)
    ended = expit(logit(np.clip(start, 1e-9, 1 - 1e-9)) + walk)
    left = np.zeros((size[0], len(inputs.fence_names)))
    np.add.at(left.T, inputs.restriction_fence, (np.log1p(-ended) * inputs.restriction_open).T)
    before, after = (-np.expm1(left)).var(axis=0), held.var(axis=0)
    found = np.zeros(len(producers.pairs))
    for i, f in _fence_of(inputs, producers).items():
        if before[f] > 0 and inputs.restriction_witnessed[inputs.restriction_fence == f].any():
            found[i] = np.clip(1 - after[f] / before[f], 0.0, 1.0)
    return found


def _sides(
    kept: xr.Dataset, inputs: ModelInputs, producers: Producers, seed: int
) -> dict[str, tuple[str, Any]]:
    """What is known of both sides of each producer's fence, if it had one."""
    held = _held_at_end(_flat(kept), inputs)
    output = np.where(producers.share > 0, producers.share, 0.0)
    part, tax = producers.own_use.copy(), producers.export_tax
    closed = np.zeros(len(part), dtype=np.int8)
    for i, f in _fence_of(inputs, producers).items():
        output[i], part[i] = inputs.fence_output[f, -1], inputs.fence_use[f, -1]
        closed[i] = inputs.fence_closed[f]
    return {
        "fence_closed": ("producer", closed),
        "fence_output": ("producer", output),
        "own_use": ("producer", part),
        "export_tax": ("producer", tax),
        "withheld_contraction": ("producer", _contraction(inputs, held, producers, seed)),
    }


def _flat(kept: xr.Dataset) -> xr.Dataset:
    """What restrictions withhold at the end, by sample."""
    if "withheld_end" not in kept:
        return xr.Dataset(coords={"sample": [0]})
    return kept[["withheld_end"]].stack(sample=("chain", "draw")).transpose("sample", ...)


def constants(
    kept: xr.Dataset,
    inputs: ModelInputs,
    exporters: Exporters,
    producers: Producers,
    seed: int,
) -> dict[str, tuple[Any, Any]]:
    """What the simulator needs beside draws: `critmin.posterior_format.CONSTANTS`."""
    return {
        "income_mean": ((), inputs.income_mean),
        "output": ("mineral", inputs.output),
        "output_share": ("producer", producers.share),
        "output_spread": ("producer", producers.spread),
        **{each.name: ((), float(inputs.drivers[each.name][-1])) for each in RETURNING},
        "monthly": ("mineral", inputs.monthly.astype(np.int8)),
        "primary": ("mineral", 1 - inputs.recycled),
        "host_scale": ("mineral", inputs.host_growth.std(axis=1)),
        "technology_weight": (("mineral", "technology"), inputs.technology_weight[..., -1]),
        "exporter_share": ("exporter", np.exp(exporters.log_share[:, -1])),
        **cost_constants(inputs.minerals, producers),
        "withheld_count": ("measure", [n for n, _ in exporters.withheld.values()]),
        "withheld_mean": ("measure", [mean for _, mean in exporters.withheld.values()]),
        "capacity": ("producer", producers.capacity),
        "wage_gap": ("producer", producers.wage_gap),
        **_sides(kept, inputs, producers, seed),
        "producer_mineral": ("producer", np.array([m for m, _ in producers.pairs], dtype=object)),
        "producer_country": ("producer", np.array([c for _, c in producers.pairs], dtype=object)),
        "exporter_commodity": ("exporter", np.array(exporters.commodities)[exporters.commodity]),
        "exporter_country": ("exporter", np.array(exporters.countries)[exporters.country]),
    }
