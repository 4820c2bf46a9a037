"""From the chains of a trace to the draws that a `Posterior` holds."""

from typing import Any

import numpy as np
import xarray as xr

from critmin.inference.cost_reduction import cost_constants, cost_states
from critmin.internal.arrays import Floats
from critmin.model.counterfactual import deviation_path
from critmin.model.equations import availability_term
from critmin.model.inputs import ModelInputs
from critmin.model.producer_costs import Producers
from critmin.model.restrictions import Exporters
from critmin.posterior import DRAWN, PARAMETERS, SHARED

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
    deviation = deviation_path(
        support=thin["support"].values,
        availability=thin["availability"].values,
        inertia=thin["persistence"].values,
        primary=1 - inputs.recycled,
        **{name: thin[name].values for name in ("supply_elasticity", "slope", "reversion")},
    )
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
        "availability": thin["availability"].values[..., -1],
        "deviation": deviation[..., -1],
        "deviation_change": deviation[..., -1] - deviation[..., -2],
        "availability_end": _availability_end(thin, inputs),
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
            "producer_withheld": (
                ("sample", "producer"),
                _withheld_by_producer(thin, inputs, producers),
            ),
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
    stepped = inputs.basis[:, : len(inputs.years)] > 0
    moved = np.where(stepped, np.median(price, axis=0), inputs.log_price)
    return np.asarray(np.exp(np.where(np.isfinite(inputs.log_price), moved, np.nan)))


def _in_force(thin: xr.Dataset, inputs: ModelInputs) -> Floats:
    """Log of what each restriction leaves to the market once in force for a whole year."""
    if not inputs.restriction_names:
        return np.zeros((thin.sizes["sample"], 0))
    left: Floats = np.log1p(-thin["withheld"].values * inputs.restriction_full)
    return left


def _availability_end(thin: xr.Dataset, inputs: ModelInputs) -> Floats:
    """Availability at the end of the last year, (sample, mineral)."""
    left = np.zeros((thin.sizes["sample"], len(inputs.minerals)))
    np.add.at(left.T, inputs.restriction_mineral, _in_force(thin, inputs).T)
    return np.asarray(availability_term(np.exp(left)))


def _withheld_by_producer(thin: xr.Dataset, inputs: ModelInputs, producers: Producers) -> Floats:
    """Share of its exports that each producer withholds at the end, (sample, producer)."""
    left = _in_force(thin, inputs)
    held = np.zeros((thin.sizes["sample"], thin.sizes["producer"]))
    minerals = np.array(inputs.minerals)[inputs.restriction_mineral]
    countries = np.array(inputs.restriction_country)
    for i, (mineral, country) in enumerate(producers.pairs):
        own = (minerals == mineral) & (countries == country) & (inputs.restriction_full > 0)
        if own.any():
            held[:, i] = -np.expm1(left[:, own].sum(axis=1)) / inputs.restriction_full[own][0]
    # Several measures of one country enter the world's balance one by one.
    return np.minimum(held, 1.0)


def constants(
    inputs: ModelInputs, exporters: "Exporters", producers: "Producers"
) -> dict[str, tuple[Any, Any]]:
    """What the simulator needs beside draws: `critmin.posterior.CONSTANTS`."""
    return {
        "income_mean": ((), inputs.income_mean),
        "output": ("mineral", inputs.output),
        "output_share": ("producer", producers.share),
        "output_spread": ("producer", producers.spread),
        "energy": ((), float(inputs.energy[-1])),
        "materials": ((), float(inputs.materials[-1])),
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
        "producer_mineral": ("producer", np.array([m for m, _ in producers.pairs], dtype=object)),
        "producer_country": ("producer", np.array([c for _, c in producers.pairs], dtype=object)),
        "exporter_commodity": ("exporter", np.array(exporters.commodities)[exporters.commodity]),
        "exporter_country": ("exporter", np.array(exporters.countries)[exporters.country]),
    }
