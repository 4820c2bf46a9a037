"""Fitting: sample the model, refuse a bad fit, reduce the chains to a `Posterior`."""

import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import xarray as xr

from critmin.data.given import given_panel, of_panel
from critmin.data.panel import load_panel
from critmin.exceptions import ConvergenceError, DataError, UnknownNameError
from critmin.inference.apart import fitting_modules
from critmin.inference.diagnostics import diagnose, together
from critmin.inference.reduction import constants, reduced
from critmin.inference.sampling import Sampler, kept_draws, sample
from critmin.internal.checks import check_number, check_seed
from critmin.internal.extras import require
from critmin.model.inputs import make_inputs
from critmin.model.version import MODEL_VERSION
from critmin.posterior import Posterior
from critmin.posterior_format import FORMAT


def fit(
    mineral: str | Sequence[str] | None = None,
    *,
    data: xr.Dataset | None = None,
    draws: int = 2400,
    tune: int = 700,
    chains: int = 4,
    seed: int = 0,
    sampler: Sampler = "nutpie",
    progressbar: bool = True,
    allow_bad: bool = False,
    cores: int | None = None,
) -> Posterior:
    """Fit the joint model.

    Parameters
    ----------
    mineral : str or sequence of str, optional
        Only these; all by default.
    data : Dataset, optional
        A panel of `critmin.data.load_panel`; by default the built-in data with whatever is
        registered.
    draws, tune, chains : int
        Draws kept and warm-up draws a chain, and chains.
    seed : int
        The same seed gives the same draws from the same compiled model on the same machine.
    sampler : {"nutpie", "pymc", "numpyro"}
        nutpie on the numba backend by default; numpyro needs the extra of that name.
    progressbar : bool
        Show one.
    allow_bad : bool
        Return a fit that fails the diagnostics instead of raising; its provenance says so.
    cores : int, optional
        Chains run at once; all available by default.

    Returns
    -------
    Posterior

    Raises
    ------
    ConvergenceError
        If there are divergences, R-hat above 1.01, or a bulk or tail effective sample size below
        400 in anything that is reported. The message names the worst and what to try; the error's
        `posterior` is the fit.
    DataError
        If the data cannot be fitted.
    MissingExtraError
        If the sampler is not installed.

    See Also
    --------
    critmin.build_model : The bare model.
    critmin.builtin_posterior : A fit of all minerals that comes with the package.
    critmin.backtest : Fits at past origins.

    References
    ----------
    Hoffman and Gelman (2014), Journal of Machine Learning Research 15, on the sampler.

    Vehtari and others (2021), Bayesian Analysis 16, on R-hat and effective draws.

    Examples
    --------
    >>> posterior = fit(["nickel", "gallium"])  # doctest: +SKIP
    >>> posterior.to_netcdf("nickel-and-gallium.nc")  # doctest: +SKIP
    """
    from critmin.model.curve import cost_anchors
    from critmin.model.market import build_model
    from critmin.model.producer_costs import make_producers
    from critmin.model.restrictions import make_exporters

    if sampler not in get_args(Sampler):
        raise UnknownNameError.of("sampler", sampler, get_args(Sampler))
    require(sampler)
    for name, value in (("draws", draws), ("tune", tune), ("chains", chains)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise DataError(f"{name} must be at least 1, a whole number, got {value!r:.80}")
    check_seed(seed)
    if cores is not None:
        check_number(cores, "cores", 1, 10_000, integer=True)
    panel = _panel(mineral, data)
    exporters, producers = make_exporters(panel), make_producers(panel)
    chosen: dict[str, Any] = {
        "draws": draws,
        "tune": tune,
        "chains": chains,
        "seed": seed,
        "sampler": sampler,
        "cores": cores,
    }
    with fitting_modules(exporters, producers, **chosen) as modules:
        restrictions, costs = modules()
    # Costs come first: prices never rewrite them.
    anchors = cost_anchors(costs, producers)
    inputs = make_inputs(panel, anchors)
    trace = sample(build_model(inputs), **chosen, progressbar=progressbar)
    parts = [kept_draws(trace), restrictions, costs]
    kept = xr.merge(parts, join="exact", combine_attrs="drop")
    worst, complaints = diagnose(kept, together([part.attrs for part in parts]))
    attrs = {
        "format": FORMAT,
        "model_version": MODEL_VERSION,
        "data_hash": inputs.data_hash,
        "seed": seed,
        "origin": int(inputs.years[-1]),
        "sampler": f"{sampler}: {chains} chains, {tune} tuning, {draws} draws",
        "versions": json.dumps(_versions()),
        "datasets": ";".join(inputs.datasets),
        "private": ";".join(inputs.private),
        "diagnostics": json.dumps({**worst, "passed": not complaints}),
        "cost_anchors": json.dumps(anchors.to_dict("records")),
    }
    fixed = constants(kept, inputs, exporters, producers, seed)
    kept = reduced(kept, inputs, producers, seed).assign(fixed)
    posterior = Posterior(kept.assign_attrs(attrs))
    with TemporaryDirectory() as folder:
        # What is returned is what a file would hold, so that both have the same id and prices.
        stored = Posterior.from_netcdf(posterior.to_netcdf(Path(folder) / "posterior.nc"))
    fitted = Posterior(stored.draws, trace)
    if complaints and not allow_bad:
        raise ConvergenceError(
            "the fit is not a result: " + "; ".join(complaints) + ". Try more tune and draws, "
            "look at the named variables in this error's posterior.trace, or check their data.",
            fitted,
        )
    return fitted


def _panel(mineral: str | Sequence[str] | None, data: xr.Dataset | None) -> xr.Dataset:
    """The panel to fit: the built-in one or a given one, whole or some minerals of it."""
    chosen = [mineral] if isinstance(mineral, str) else mineral
    if chosen is not None and not isinstance(chosen, Iterable):
        raise DataError(f"mineral must be a name or a list of names, got {chosen!r:.80}")
    if data is None:
        return load_panel(chosen)
    if not isinstance(data, xr.Dataset) or "price" not in data:
        raise DataError(
            f"data must be a panel of critmin.data.load_panel, got {type(data).__name__}"
        )
    data = given_panel(data)
    return data if chosen is None else of_panel(data, chosen)


def _versions() -> dict[str, str]:
    libraries = ("critmin", "pymc", "pytensor", "nutpie", "arviz", "numpy", "xarray")
    return {"python": platform.python_version(), **{name: version(name) for name in libraries}}
