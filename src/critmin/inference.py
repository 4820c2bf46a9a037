"""Fitting: sample the model, refuse a bad fit, reduce the chains to a `Posterior`."""

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from critmin.data.panel import load_panel
from critmin.exceptions import ConvergenceError, DataError, UnknownNameError
from critmin.model.equations import availability_term, counterfactual_change
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.model.version import MODEL_VERSION
from critmin.modules import fitting_modules
from critmin.posterior import DRAWN, FORMAT, PARAMETERS, SHARED, Posterior
from critmin.sampling import Sampler, check_installed, kept_draws, sample

if TYPE_CHECKING:
    from critmin.model.cost import Producers
    from critmin.model.disruption import Exposure

MAX_RHAT = 1.01
MIN_ESS = 400
SAMPLES = 2000
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
Floats = NDArray[np.float64]


def fit(
    data: xr.Dataset | None = None,
    minerals: Sequence[str] | None = None,
    *,
    draws: int = 1000,
    tune: int = 400,
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
    data : Dataset, optional
        A panel of `critmin.data.load_panel`; by default the built-in data with whatever is
        registered.
    minerals : sequence of str, optional
        Only these; all by default.
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
        400 in anything that is reported. The message names the worst and what to try.
    DataError
        If the data cannot be fitted.
    """
    from critmin.model.cost import make_producers
    from critmin.model.disruption import make_exposure
    from critmin.model.market import build_model

    if sampler not in get_args(Sampler):
        raise UnknownNameError.of("sampler", sampler, get_args(Sampler))
    check_installed(sampler)
    for name, value in (("draws", draws), ("tune", tune), ("chains", chains)):
        if value < 1:
            raise DataError(f"{name} must be at least 1, got {value}")
    if data is None:
        panel = load_panel(minerals)
    else:
        panel = data if minerals is None else data.sel(mineral=list(minerals))
    inputs = make_inputs(panel)
    exposure, producers = make_exposure(panel), make_producers(panel)
    chosen: dict[str, Any] = {
        "draws": draws,
        "tune": tune,
        "chains": chains,
        "seed": seed,
        "sampler": sampler,
        "cores": cores,
    }
    with fitting_modules(exposure, producers, **chosen) as modules:
        trace = sample(build_model(inputs), **chosen, progressbar=progressbar)
        parts = [kept_draws(trace), *modules()]
    kept = xr.merge(parts, join="exact", combine_attrs="drop")
    divergences = sum(part.attrs["divergences"] for part in parts)
    worst, complaints = _diagnose(kept, divergences)
    if complaints and not allow_bad:
        raise ConvergenceError(
            "the fit is not a result: " + "; ".join(complaints) + ". Try more tune and draws, "
            "look at the named variables in Posterior.trace with allow_bad=True, or check their data."
        )
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
    }
    draws_kept = _reduce(kept, inputs, seed).assign(_constants(inputs, exposure, producers))
    reduced = Posterior(draws_kept.assign_attrs(attrs))
    with TemporaryDirectory() as folder:
        # What is returned is what a file would hold, so that both have the same id and prices.
        stored = Posterior.load(reduced.save(Path(folder) / "posterior.nc"))
    return Posterior(stored.draws, trace)


def _versions() -> dict[str, str]:
    libraries = ("critmin", "pymc", "pytensor", "nutpie", "arviz", "numpy", "xarray")
    return {"python": platform.python_version(), **{name: version(name) for name in libraries}}


def _worst(values: xr.Dataset, varying: xr.Dataset, sign: int) -> tuple[float, str]:
    """Largest (sign 1) or smallest (sign -1) value among what varies, and where it stands.

    What is not finite is worse than any number.
    """
    best, where = -np.inf, ""
    for name, variable in values.data_vars.items():
        flat = sign * variable.values.astype(float).ravel()
        # Infinite of the wrong sign (no effective draw at all) is as bad as NaN.
        flat = np.where(np.isfinite(flat), flat, np.inf)
        flat = np.where(varying[name].transpose(*variable.dims).values.ravel(), flat, -np.inf)
        position = int(flat.argmax()) if flat.size else 0
        if flat.size and flat[position] > best:
            index = np.unravel_index(position, variable.shape)
            labels = [str(variable[d].values[i]) for d, i in zip(variable.dims, index, strict=True)]
            best, where = float(flat[position]), f"{name}[{', '.join(labels)}]"
    return sign * best, where


def _diagnose(kept: xr.Dataset, divergences: int) -> tuple[dict[str, float | None], list[str]]:
    """Worst diagnostics (None: no finite number) and what is wrong with them.

    Constants, such as the support of a mineral without any, are known by their one value in all
    draws of all chains, and have no diagnostics; anything else has to have finite ones.
    """
    import arviz as az

    # The last three years of the paths are what forecasts start from.
    reported = kept.isel(year=slice(-3, None))
    dims = ("chain", "draw")
    varying = ~(reported == reported.isel(chain=0, draw=0)).all(dims)
    with np.errstate(invalid="ignore", divide="ignore"):  # constants have neither
        found = {
            "r_hat": _worst(az.rhat(reported), varying, 1),
            "ess_bulk": _worst(az.ess(reported, method="bulk"), varying, -1),
            "ess_tail": _worst(az.ess(reported, method="tail"), varying, -1),
        }
    complaints = [f"{divergences} divergences"] if divergences else []
    # Ranks hide what is infinite from all three.
    complaints += [
        f"{name} has draws that are not finite"
        for name, variable in reported.data_vars.items()
        if not bool(np.isfinite(variable).all())
    ]
    if not any(bool(each.any()) for each in varying.values()):
        complaints.append("no draw differs from any other")
    for name, (value, where) in found.items():
        if not where:
            continue
        limit = f"at most {MAX_RHAT}" if name == "r_hat" else f"at least {MIN_ESS}"
        if not np.isfinite(value):
            complaints.append(f"{name} of {where} is no finite number, {limit} is needed")
        elif value > MAX_RHAT if name == "r_hat" else value < MIN_ESS:
            complaints.append(f"{name} of {where} is {value:.5g}, {limit} is needed")
    worst = {n: v if np.isfinite(v) else None for n, (v, _) in found.items()}
    return worst | {"divergences": float(divergences)}, complaints


def deviation_path(
    *,
    support: Floats,
    availability: Floats,
    supply_elasticity: Floats,
    slope: Floats,
    primary: Floats,
    reversion: Floats,
    inertia: Floats,
) -> Floats:
    """Log fair price less log market price over history: the same shocks without distortions.

    Parameters
    ----------
    support, availability : array (..., T)
        State support and availability by year; the deviation is 0 before the first year.
    supply_elasticity, slope, primary, reversion : array (...)
        Of `critmin.model.equations`.
    inertia : array (...)
        Share of last year's change that carries over: psi where only annual averages are known,
        else 0.

    Returns
    -------
    array (..., T)
    """
    path = np.zeros(np.broadcast_shapes(support.shape, (*reversion.shape, support.shape[-1])))
    previous = np.zeros(path.shape[:-1])
    for t in range(1, path.shape[-1]):
        change = counterfactual_change(
            carry=inertia * previous,
            deviation=path[..., t - 1],
            support=support[..., t - 1],
            support_change=support[..., t] - support[..., t - 1],
            availability_change=availability[..., t] - availability[..., t - 1],
            supply_elasticity=supply_elasticity,
            slope=slope,
            primary=primary,
            reversion=reversion,
        )
        path[..., t] = path[..., t - 1] + change
        previous = change
    return path


def _reduce(kept: xr.Dataset, inputs: ModelInputs, seed: int) -> xr.Dataset:
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
            "producer_withheld": (("sample", "producer"), _withheld_by_producer(thin, inputs)),
            **{name: (("sample", "mineral"), values) for name, values in ends.items()},
            **quantiles,
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


def _withheld_by_producer(thin: xr.Dataset, inputs: ModelInputs) -> Floats:
    """Share of its exports that each producer withholds at the end, (sample, producer)."""
    left = _in_force(thin, inputs)
    held = np.zeros((thin.sizes["sample"], thin.sizes["producer"]))
    owners = np.array([name.rsplit(":", 2)[0] for name in inputs.restriction_names])
    for i, label in enumerate(map(str, thin["producer"].values)):
        own = (owners == label) & (inputs.restriction_full > 0)
        if own.any():
            held[:, i] = -np.expm1(left[:, own].sum(axis=1)) / inputs.restriction_full[own][0]
    # Several measures of one country enter the world's balance one by one.
    return np.minimum(held, 1.0)


def _constants(
    inputs: ModelInputs, exposure: "Exposure", producers: "Producers"
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
        "exporter_share": ("exporter", np.exp(exposure.log_share[:, -1])),
        "withheld_count": ("measure", [n for n, _ in exposure.withheld.values()]),
        "withheld_mean": ("measure", [mean for _, mean in exposure.withheld.values()]),
        "capacity": ("producer", producers.capacity),
        "wage_gap": ("producer", producers.wage_gap),
        "observed": (("mineral", "year"), np.exp(inputs.log_price).astype(np.float32)),
    }
