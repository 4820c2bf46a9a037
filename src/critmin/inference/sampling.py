"""Sampling one model with one of the samplers, and what of its draws is kept."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from critmin.inference.diagnostics import run
from critmin.posterior_format import DRAWN, PARAMETERS, SHARED

if TYPE_CHECKING:
    import pymc as pm

Sampler = Literal["nutpie", "pymc", "numpyro"]

KEPT = (
    *PARAMETERS,
    *SHARED,
    *DRAWN,
    "log_cost",
    "market_log_price",
    "support",
    "availability",
    "withheld_end",
    "use_effect",
    "surprise",
)
"""Variables that are diagnosed, and from which a `critmin.Posterior` is made."""

KEPT_COSTS = (
    "cost_level",
    "asset_spread",
    "typical_asset_spread",
    "power_gap_response",
    "governance_response",
    "driver_response",
    "cost_trend",
    "credit",
)
"""What is kept beside these of the model of producers' costs."""

UNSTORED = frozenset({"cost_shock", "mineral_effect", *KEPT, *KEPT_COSTS})
"""Latent innovations and first-stage offsets would be half of the memory."""


def sample(
    model: "pm.Model",
    *,
    draws: int,
    tune: int,
    seed: int,
    chains: int = 4,
    target_accept: float = 0.8,
    sampler: Sampler = "nutpie",
    cores: int | None = None,
    progressbar: bool = False,
    everything: bool = False,
) -> xr.DataTree:
    """Sample a model.

    Parameters
    ----------
    model : pm.Model
    draws, tune, chains : int
        Draws kept and warm-up draws a chain, and chains.
    seed : int
    target_accept : float
        By which the step is adapted.
    sampler : {"nutpie", "pymc", "numpyro"}
        nutpie on the numba backend.
    cores : int, optional
        Chains run at once; all available by default.
    progressbar : bool
    everything : bool
        Keep all variables; nutpie keeps by default only `KEPT` and the free ones not in `UNSTORED`.

    Returns
    -------
    DataTree
        Without the warm-up.
    """
    settings: dict[str, Any] = {
        "draws": draws,
        "tune": tune,
        "chains": chains,
        "target_accept": target_accept,
        "cores": cores,
    }
    if sampler == "nutpie":
        import nutpie

        kept = [*KEPT, *KEPT_COSTS]
        names = [*kept, *(v.name for v in model.free_RVs if v.name not in UNSTORED)]
        compiled = nutpie.compile_pymc_model(
            model,
            backend="numba",
            var_names=None if everything else names,
            freeze_model=True,  # with constants there is less to compile
        )
        return nutpie.sample(
            compiled, **settings, seed=seed, progress_bar=progressbar, save_warmup=False
        )
    import pymc as pm

    return pm.sample(
        **settings, model=model, random_seed=seed, nuts_sampler=sampler, progressbar=progressbar
    )


def kept_draws(trace: xr.DataTree) -> xr.Dataset:
    """`KEPT` of a trace, as NumPy arrays, with `critmin.inference.diagnostics.run` as attributes."""
    posterior = trace["posterior"].to_dataset()
    kept = posterior[[name for name in (*KEPT, *KEPT_COSTS) if name in posterior]]
    kept = kept.map(lambda v: v.copy(data=np.asarray(v.data)))  # numpyro returns arrays of JAX
    return kept.drop_attrs().assign_attrs(run(trace["sample_stats"].to_dataset()))
