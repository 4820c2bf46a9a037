"""Rolling origins: every forecast sees only what was known, and is scored by what came."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from rich.console import Console
from rich.progress import Progress

from critmin.audit.backtesting.baselines import BASELINES, Known
from critmin.audit.backtesting.baskets import basket_scores
from critmin.audit.backtesting.record import FAIR, STRUCTURAL, Backtest, with_fair
from critmin.audit.backtesting.scores import LEVELS, POINTS
from critmin.audit.backtesting.structural import Forecasts, Refit, structural
from critmin.audit.backtesting.supply import supply_forecasts
from critmin.audit.backtesting.univariate import UNIVARIATE, univariate
from critmin.audit.backtesting.vintage import (
    MIN_PRICES,
    eligible,
    known_at,
    log,
    log_prices,
    outcomes,
    own_names,
    own_panel,
    stamped,
)
from critmin.data.given import given_panel, of_panel
from critmin.data.panel import load_panel
from critmin.exceptions import CritminError, DataError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_executor, check_horizon, check_seed
from critmin.internal.files import as_path, made_folder, netcdf, replacing, unharmed
from critmin.mineral import Mineral, get_mineral, guests, registry
from critmin.model.version import MODEL_VERSION

ORIGINS: tuple[int, ...] = tuple(range(1986, 2025, 2))
HORIZONS: tuple[int, ...] = (1, 2, 3, 5, 10, 15)
MODELS: tuple[str, ...] = (STRUCTURAL, *BASELINES)
LOG_PRICE = {"units": "1", "words": "log of real USD per t of contained element"}


def _baseline(name: str, known: Known, horizon: int) -> Floats:
    """Points (mineral, horizon, point) of a baseline."""
    from scipy.stats import norm

    made = univariate(name) if name in UNIVARIATE else BASELINES[name]
    mean, spread = made(known, horizon)
    points: Floats = mean[..., None] + spread[..., None] * norm.ppf(LEVELS)
    return points


@dataclass(frozen=True, slots=True)
class _Job:
    """One origin: what is fitted, and which of it is scored."""

    origin: int
    fitted: tuple[str, ...]
    scored: tuple[str, ...]
    strangers: tuple[Mineral, ...]
    horizons: tuple[int, ...]
    models: tuple[str, ...]
    seed: int
    refit: Refit


def _at_origin(panel: xr.Dataset, job: _Job) -> xr.Dataset:
    """Forecasts (model, forecast, point) made at an origin, with their outcomes."""
    origin, minerals, longest = job.origin, list(job.fitted), max(job.horizons)
    cut = known_at(panel, origin)
    prices = log_prices(cut, minerals, origin)
    ends = log(cut["price_year_end"].sel(mineral=minerals, year=slice(prices.year[0], None)))
    known = Known(prices.values, ends.values)
    made: list[Floats] = []
    ours: Forecasts | None = None
    failures: dict[str, str] = {}
    for model in job.models:
        try:
            if model == STRUCTURAL:
                with guests(*job.strangers):
                    ours = structural(cut, minerals, longest, job.seed, job.refit)
                    points = ours.points
            else:
                points = _baseline(model, known, longest)
        except (CritminError, ArithmeticError, ValueError) as error:
            failures[model] = f"{type(error).__name__}: {error}"
            points = np.full((len(minerals), longest, POINTS), np.nan)
        made.append(points[:, [h - 1 for h in job.horizons]])
    later = outcomes(panel, cut, minerals)
    outcome = later.reindex(year=[origin + h for h in job.horizons]).values
    # Minerals, horizons: one row a forecast whose outcome is known.
    m, h = np.nonzero(np.isfinite(outcome) & np.isin(minerals, job.scored)[:, None])
    own = [name for name in job.scored if name in registry()]
    supply, draws = (ours.supply, ours.draws) if ours else ({}, {})
    output = supply_forecasts(panel, cut, own, job.horizons, supply, STRUCTURAL)
    came = dict(zip(minerals, outcome, strict=True))
    baskets = basket_scores({n: draws[n] for n in own if n in draws}, came, job.horizons, origin)
    prices_made = xr.Dataset(
        {
            "points": (
                ("model", "forecast", "point"),
                np.stack(made)[:, m, h].astype(np.float32),
                LOG_PRICE,
            ),
            "outcome": ("forecast", outcome[m, h]),
        },
        coords={
            "model": list(job.models),
            "mineral": ("forecast", np.array(minerals, dtype=object)[m]),
            "horizon": ("forecast", np.array(job.horizons)[h]),
            "origin": ("forecast", np.full(len(m), origin)),
        },
        attrs={
            "failures": json.dumps({origin: failures} if failures else {}),
            "diagnostics": json.dumps({origin: ours.diagnostics} if ours else {}),
        },
    )
    if ours:
        prices_made[FAIR] = (("forecast", "point"), ours.fair[m, h].astype(np.float32), LOG_PRICE)
    kept = [part for part in (output, baskets) if all(part.sizes.values())]
    return xr.merge([prices_made, *kept], combine_attrs="override")


def _key(panel: xr.Dataset, job: _Job) -> str:
    """Hash of everything that decides an origin's forecasts."""
    known = f"{MODEL_VERSION}, editions of their time, {panel.attrs['data_hash']}, {job!r}"
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def _finished(home: Path, panel: xr.Dataset, jobs: list[_Job]) -> dict[int, xr.Dataset]:
    """Forecasts of an earlier run in the same folder with the same settings, by origin."""
    found = {}
    made_folder(home)
    for job in jobs:
        path = home / f"{job.origin}.nc"
        if not path.is_file():
            continue
        try:
            with xr.open_dataset(unharmed(path), engine="h5netcdf") as opened:
                stored = opened.load()
        except Exception:  # noqa: S112 - HDF5 raises of every kind
            continue  # damaged: made again
        if stored.attrs.get("key") == _key(panel, job):
            found[job.origin] = stored
    return found


def _save(forecasts: xr.Dataset, path: Path, key: str) -> None:
    encoding = {
        n: {"zlib": True, "complevel": 4}
        for n in ("points", FAIR, "supply_points")
        if n in forecasts
    }
    made = netcdf(forecasts.assign_attrs(key=key), encoding)
    with replacing(path) as temporary:
        temporary.write_bytes(made)


def backtest(
    mineral: str | Sequence[str] | None = None,
    origins: int | Sequence[int] = ORIGINS,
    horizons: int | Sequence[int] = HORIZONS,
    models: str | Sequence[str] = MODELS,
    *,
    data: xr.Dataset | pd.DataFrame | None = None,
    executor: Executor | None = None,
    folder: str | Path | None = None,
    seed: int = 1,
    refit: Refit | None = None,
    progressbar: bool = True,
) -> Backtest:
    """Forecast from past origins on what was known then, and score what came.

    Parameters
    ----------
    mineral : str or sequence of str, optional
        All by default. At each origin those with at least 25 prices are forecast, and the
        structural model is refitted to them.
    origins : int or sequence of int
        Years whose end is the last that forecasts see; every second year from 1986 by default.
    horizons : int or sequence of int
        Years ahead.
    models : str or sequence of str
        ``"critmin"`` and names of `critmin.audit.backtesting.baselines.BASELINES`, which are the default,
        and of `critmin.audit.backtesting.univariate.UNIVARIATE`.
    data : Dataset or DataFrame, optional
        A panel of `critmin.data.load_panel`, or a table with columns year and price, and optionally
        mineral: prices in any money that keeps its value and any unit, one a year. Only those of
        the table are scored then, those of `mineral` are fitted beside them. By default the built-in data
        with whatever is registered.
    executor : Executor, optional
        Runs origins side by side: any of `concurrent.futures`, or a dask client's. The result does
        not depend on it.
    folder : path, optional
        Finished origins are kept there, and found again by a later call with the same settings and
        data; what stands there of others is made anew.
    seed : int
        The same seed gives the same draws, of refits as `critmin.fit` says.
    refit : Refit, optional
        Chains and draws of each refit.
    progressbar : bool
        Show one, on standard error.

    Returns
    -------
    Backtest

    Raises
    ------
    UnknownNameError
        If there is no such mineral or model.
    DataError
        If no mineral has enough prices at any origin.
    CritminError
        If a horizon or the seed cannot be.

    See Also
    --------
    critmin.Backtest : What comes back: scores, calibration, misses.
    critmin.audit.report : What is known of one mineral.

    References
    ----------
    Gneiting and Raftery (2007), Journal of the American Statistical Association 102, on the CRPS.

    Examples
    --------
    >>> names = ("random walk", "pooled AR(1)")
    >>> found = backtest(["copper", "tin"], [1990, 2000], (1, 5), names, progressbar=False)
    >>> list(found.summary().columns[:3]), len(found.table)
    (['forecasts', 'skill', 'crps'], 16)
    """
    check_executor(executor)
    if refit is not None and not isinstance(refit, Refit):
        raise CritminError(f"refit must be a Refit, got {refit!r:.80}")
    origins = _years(origins)
    horizons = tuple(dict.fromkeys(check_horizon(ahead) for ahead in _several(horizons)))
    models, minerals = _several(models), None if mineral is None else _several(mineral)
    models = tuple(dict.fromkeys(models))
    if not (horizons and models):
        raise CritminError(f"give a {'model' if horizons else 'horizon'} at least")
    every = (*MODELS, *UNIVARIATE)
    if unknown := [m for m in models if m not in every]:
        raise UnknownNameError.of("model", unknown[0], every)
    for name in set(models) & set(UNIVARIATE):
        univariate(name)
    strangers: tuple[Mineral, ...] = ()
    if isinstance(data, pd.DataFrame):
        panel, strangers = own_panel(data, load_panel(minerals))
        scored = set(own_names(data))
    else:
        if data is not None and not (isinstance(data, xr.Dataset) and "price" in data):
            raise DataError(
                "data must be a panel of critmin.data.load_panel or a DataFrame with columns year and "
                f"price, got {type(data).__name__}"
            )
        panel = load_panel() if data is None else stamped(given_panel(data))
        if minerals is not None:
            panel = of_panel(panel, [get_mineral(name).name for name in minerals])
        scored = set(map(str, panel["mineral"].values))
    last = int(panel["year"].values[-1])
    if late := [year for year in origins if year >= last]:
        raise DataError(f"origins must lie before {last}, where the data end: got {late}")
    jobs = []
    for origin in origins:
        fitted = eligible(panel, origin)
        if chosen := tuple(name for name in fitted if name in scored):
            jobs.append(
                _Job(
                    origin=int(origin),
                    fitted=tuple(fitted),
                    scored=chosen,
                    strangers=strangers,
                    horizons=tuple(map(int, horizons)),
                    models=tuple(models),
                    seed=check_seed(seed),
                    refit=refit or Refit(),
                )
            )
    if not jobs:
        raise DataError(
            f"no mineral has {MIN_PRICES} prices on one basis, not all the same, at any of the origins "
            f"{list(origins)}"
        )
    home = None if folder is None else as_path(folder)
    done = {} if home is None else _finished(home, panel, jobs)
    waiting = [job for job in jobs if job.origin not in done]

    def finish(job: _Job, found: xr.Dataset) -> None:
        done[job.origin] = found
        if home is not None:
            _save(found, home / f"{job.origin}.nc", _key(panel, job))
        bar.advance(task)

    with Progress(disable=not progressbar, console=Console(stderr=True)) as bar:
        task = bar.add_task("origins", total=len(jobs), completed=len(done))
        if executor is None:
            for job in waiting:
                finish(job, _at_origin(panel, job))
        else:
            running: dict[Future[xr.Dataset], _Job] = {
                executor.submit(_at_origin, panel, job): job for job in waiting
            }
            for future in as_completed(running):
                finish(running[future], future.result())
    found = _joined([done[origin] for origin in sorted(done)])
    if not found.sizes["forecast"]:
        raise DataError(
            f"no price is known {min(horizons)} years after an origin or later: take earlier origins or "
            "shorter horizons"
        )
    private = [str(name) for name in panel.attrs.get("private", [])]
    about = {
        "request": {
            "mineral": sorted(scored),
            "origins": list(origins),
            "horizons": list(horizons),
            "models": list(models),
            "seed": seed,
            "refit": asdict(refit or Refit()),
        },
        "critmin": version("critmin"),
        "model_version": MODEL_VERSION,
        "data_hash": str(panel.attrs["data_hash"]),
        "private": private,
        "data": f"data to {last}" + (f", with {', '.join(private)}" if private else ""),
    }
    return Backtest(found.assign_attrs(provenance=json.dumps(about)))


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


def _years(given: Any) -> tuple[int, ...]:
    found = _several(given)
    for year in found:
        if isinstance(year, bool) or not isinstance(year, int | np.integer):
            raise CritminError(f"origins must be years such as 2005 or (2000, 2005), got {given!r}")
    return tuple(dict.fromkeys(map(int, found)))


def _joined(parts: list[xr.Dataset]) -> xr.Dataset:
    merged: dict[str, dict[str, Any]] = {"failures": {}, "diagnostics": {}}
    for part in parts:
        for name, found in merged.items():
            found |= json.loads(part.attrs[name])
    along, parts = [], with_fair(parts)
    for dim in ("forecast", "supply_forecast", "basket_forecast"):
        own = [part[[n for n in part.data_vars if dim in part[n].dims]] for part in parts]
        if own := [part for part in own if dim in part.dims]:
            along.append(
                xr.concat(own, dim, data_vars="minimal", coords="minimal", combine_attrs="drop")
            )
    return xr.merge(along).assign_attrs({name: json.dumps(found) for name, found in merged.items()})
