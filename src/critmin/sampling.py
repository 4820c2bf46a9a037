"""Sampling one model with one of the samplers, and what of its draws is kept."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from critmin.exceptions import DataError
from critmin.posterior import DRAWN, PARAMETERS, SHARED

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
    "withheld",
)
"""Variables that are diagnosed, and from which a `critmin.Posterior` is made."""

UNSTORED = frozenset({"cost_shock", "mineral_effect", *KEPT})
"""Latent innovations and first-stage offsets would be half of the memory."""


def check_installed(sampler: Sampler) -> None:
    """Raise `DataError` if a sampler's library is not there."""
    if find_spec(sampler) is None:
        raise DataError(f"sampler {sampler!r} is not installed: install critmin[{sampler}]")


def sample(
    model: "pm.Model",
    *,
    sampler: Sampler,
    settings: Mapping[str, Any],
    seed: int,
    cores: int | None,
    progressbar: bool,
) -> xr.DataTree:
    """Sample a model.

    Parameters
    ----------
    model : pm.Model
    sampler : {"nutpie", "pymc", "numpyro"}
        nutpie on the numba backend.
    settings : mapping
        ``draws``, ``tune``, ``chains`` and, where it is not the sampler's own, ``target_accept``.
    seed : int
    cores : int, optional
        Chains run at once; all available by default.
    progressbar : bool

    Returns
    -------
    DataTree
        Of nutpie with `KEPT` and the free variables that are not `UNSTORED`, else with all.
    """
    if sampler == "nutpie":
        import nutpie

        names = [*KEPT, *(v.name for v in model.free_RVs if v.name not in UNSTORED)]
        return nutpie.sample(
            nutpie.compile_pymc_model(model, backend="numba", var_names=names, freeze_model=True),
            **settings,
            seed=seed,
            cores=cores,
            progress_bar=progressbar,
            save_warmup=False,
        )
    import pymc as pm

    return pm.sample(
        **settings,
        model=model,
        random_seed=seed,
        nuts_sampler=sampler,
        progressbar=progressbar,
        cores=cores,
    )


def kept_draws(trace: xr.DataTree) -> xr.Dataset:
    """`KEPT` of a trace, as NumPy arrays, with the number of ``divergences`` as an attribute."""
    posterior = trace["posterior"].to_dataset()
    kept = posterior[[name for name in KEPT if name in posterior]]
    kept = kept.map(lambda v: v.copy(data=np.asarray(v.data)))  # numpyro returns arrays of JAX
    divergences = int(trace["sample_stats"]["diverging"].sum())
    return kept.drop_attrs().assign_attrs(divergences=divergences)
