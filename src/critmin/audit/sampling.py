"""One way to sample a market model in the audit."""

from typing import TYPE_CHECKING

import xarray as xr

if TYPE_CHECKING:
    import pymc as pm


def sample_market(model: "pm.Model", *, draws: int, tune: int, seed: int) -> xr.DataTree:
    """Four chains of nutpie, without those of the warm-up."""
    import nutpie

    return nutpie.sample(
        nutpie.compile_pymc_model(model, backend="numba"),
        draws=draws,
        tune=tune,
        chains=4,
        seed=seed,
        progress_bar=False,
        save_warmup=False,
    )
