"""`sweep`: one mineral under many scenarios, on as many workers as there are."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, overload

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from critmin.exceptions import CritminError
from critmin.internal.checks import Prob, check_executor, each
from critmin.posterior import Posterior, as_posterior
from critmin.results.forecasting import forecast
from critmin.results.forecasts import Forecast
from critmin.results.request import Basis, Today
from critmin.scenario import BASELINE, Intervention, Scenario, as_scenario

Scenarios = Sequence[Scenario | Intervention] | Mapping[str, Scenario | Intervention]
"""What a sweep goes through."""


@overload
def sweep(
    mineral: str,
    scenarios: Scenarios,
    horizon: int = 15,
    *,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    today: Today = None,
    seed: int = 0,
    executor: Executor | None = None,
    progressbar: bool = True,
) -> "dict[str, Forecast]": ...


@overload
def sweep(
    mineral: list[str] | tuple[str, ...],
    scenarios: Scenarios,
    horizon: int = 15,
    *,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    today: Today = None,
    seed: int = 0,
    executor: Executor | None = None,
    progressbar: bool = True,
) -> "dict[str, dict[str, Forecast]]": ...


def sweep(
    mineral: str | list[str] | tuple[str, ...],
    scenarios: Scenarios,
    horizon: int = 15,
    *,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    today: Today = None,
    seed: int = 0,
    executor: Executor | None = None,
    progressbar: bool = True,
) -> "dict[str, Forecast] | dict[str, dict[str, Forecast]]":
    """Forecast a mineral under each of many scenarios.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict of sweeps.
    scenarios : sequence or mapping of Scenario
        With names of their own, such as `critmin.scenario.gallery`; the baseline is added. A bare
        intervention is a scenario named by its kind and its place in the sequence; those of a mapping
        are named by its keys.
    horizon : int
        Years.
    currency, basis, unit : str
        Of the prices, as in `critmin.fair_price`.
    posterior : Posterior or path, optional
        The built-in one by default, which every worker reads for itself.
    today : mapping of str to float or tuple, optional
        Prices of the year under way, as in `critmin.forecast`.
    seed : int
        The same for all: what differs between scenarios is their effect.
    executor : Executor, optional
        Any of `concurrent.futures`, or `dask.distributed.Client.get_executor()`; by default one
        scenario after the other. The result does not depend on it.
    progressbar : bool
        Show one, on standard error.

    Returns
    -------
    dict of str to Forecast
        ``"baseline"`` first, then in the order given; of several minerals, by mineral.

    Raises
    ------
    CritminError
        If two scenarios have one name, or an intervention cannot be.

    See Also
    --------
    critmin.forecast : One scenario.

    Examples
    --------
    >>> from critmin.scenario import gallery
    >>> chosen = [gallery()[name] for name in ("gallium-ban", "dear-energy")]
    >>> found = sweep("gallium", chosen, horizon=5, progressbar=False)
    >>> list(found)
    ['baseline', 'gallium-ban', 'dear-energy']
    >>> bool(compare(found).loc[(2027, "gallium-ban"), "median"] > 2)
    True
    """
    wanted = [BASELINE, *_named(scenarios)]
    names = [scenario.name for scenario in wanted]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CritminError(f"scenarios need names of their own, given more than once: {twice}")
    check_executor(executor)
    several = each(mineral, "mineral", lambda name: name)
    minerals = [several] if isinstance(several, str) else [*several]
    jobs = [(name, scenario) for name in minerals for scenario in wanted]
    if today is not None and executor is None:
        # Once for all; other processes take them up themselves, which is cheaper than to send the draws.
        posterior, today = as_posterior(posterior).assimilate(today), None
    found: dict[tuple[str, str], Forecast] = {}
    one = partial(
        _forecast,
        horizon=horizon,
        currency=currency,
        basis=basis,
        unit=unit,
        posterior=posterior,
        today=today,
        seed=seed,
    )
    with Progress(disable=not progressbar, console=Console(stderr=True)) as bar:
        task = bar.add_task("scenarios", total=len(jobs))
        if executor is None:
            for name, scenario in jobs:
                found[name, scenario.name] = one(name, scenario)
                bar.advance(task)
        else:
            running = {executor.submit(one, *job): (job[0], job[1].name) for job in jobs}
            for future in as_completed(running):
                found[running[future]] = future.result()
                bar.advance(task)
    swept = {name: {other: found[name, other] for other in names} for name in minerals}
    return swept[several] if isinstance(several, str) else swept


def _forecast(mineral: str, scenario: Scenario, horizon: int, **options: Any) -> Forecast:
    """At the top level, so that processes find it by name."""
    return forecast(mineral, horizon, scenario=scenario, **options)


def _named(scenarios: Scenarios) -> list[Scenario]:
    if isinstance(scenarios, str | Scenario) or not isinstance(scenarios, Mapping | Sequence):
        raise CritminError(
            f"scenarios must be several, as a list or a mapping, got {type(scenarios).__name__}"
        )
    if isinstance(scenarios, Mapping):
        return [replace(as_scenario(one), name=str(key)) for key, one in scenarios.items()]
    return [
        one
        if isinstance(one, Scenario)
        else Scenario(f"{type(one).__name__} {number}", as_scenario(one).interventions)
        for number, one in enumerate(scenarios, start=1)
    ]


def compare(forecasts: "Mapping[str, Forecast]", prob: Prob = 0.9) -> pd.DataFrame:
    """Market price of each forecast of a sweep over that of its baseline.

    Parameters
    ----------
    forecasts : mapping of str to Forecast
        Of `sweep`.
    prob : float or several
        Probabilities of the intervals.

    Returns
    -------
    DataFrame
        By year and scenario: median and bounds of the ratio.
    """
    if not isinstance(forecasts, Mapping) or BASELINE.name not in forecasts:
        raise CritminError("nothing to compare with: a forecast named 'baseline' is needed")
    baseline = forecasts[BASELINE.name]
    tables = {}
    for name, found in forecasts.items():
        if name != BASELINE.name:
            tables[name] = found.effect(baseline, prob)["market_price"]
    if not tables:
        raise CritminError("nothing to compare: the sweep has a baseline only")
    return pd.concat(tables, names=["scenario"]).swaplevel().sort_index()
