"""`sweep`: one mineral under many scenarios, on as many workers as there are."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, as_completed

import pandas as pd
from rich.progress import Progress

from critmin.exceptions import CritminError
from critmin.posterior import Posterior
from critmin.results.forecasting import Forecast, forecast
from critmin.scenario import BASELINE, Scenario


def sweep(
    mineral: str,
    scenarios: Sequence[Scenario] | Mapping[str, Scenario],
    *,
    horizon: int = 15,
    executor: Executor | None = None,
    posterior: Posterior | None = None,
    seed: int = 0,
    progressbar: bool = True,
) -> "dict[str, Forecast]":
    """Forecast a mineral under each of many scenarios.

    Parameters
    ----------
    mineral : str
        A name of `critmin.minerals`.
    scenarios : sequence or mapping of Scenario
        With names of their own, such as `critmin.scenario.gallery`; the baseline is added.
    horizon : int
        Years.
    executor : Executor, optional
        Any of `concurrent.futures`, or `dask.distributed.Client.get_executor()`; by default one
        scenario after the other. The result does not depend on it.
    posterior : Posterior, optional
        The built-in one by default, which every worker reads for itself.
    seed : int
        The same for all: what differs between scenarios is their effect.
    progressbar : bool
        Show one.

    Returns
    -------
    dict of str to Forecast
        ``"baseline"`` first, then in the order given.

    Raises
    ------
    CritminError
        If two scenarios have one name, or an intervention cannot be.

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
    given = list(scenarios.values() if isinstance(scenarios, Mapping) else scenarios)
    wanted = [BASELINE, *given]
    names = [each.name for each in wanted]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CritminError(f"scenarios need names of their own, given more than once: {twice}")
    found: dict[str, Forecast] = {}
    with Progress(disable=not progressbar) as bar:
        task = bar.add_task("scenarios", total=len(wanted))
        if executor is None:
            for each in wanted:
                found[each.name] = forecast(mineral, horizon, each, posterior=posterior, seed=seed)
                bar.advance(task)
        else:
            running = {
                executor.submit(
                    forecast, mineral, horizon, each, posterior=posterior, seed=seed
                ): each.name
                for each in wanted
            }
            for future in as_completed(running):
                found[running[future]] = future.result()
                bar.advance(task)
    return {name: found[name] for name in names}


def compare(forecasts: "Mapping[str, Forecast]", prob: float = 0.9) -> pd.DataFrame:
    """Market price of each forecast of a sweep over that of its baseline.

    Parameters
    ----------
    forecasts : mapping of str to Forecast
        Of `sweep`.
    prob : float
        Probability of the interval.

    Returns
    -------
    DataFrame
        By year and scenario: median and bounds of the ratio.
    """
    baseline = forecasts[BASELINE.name]
    tables = {}
    for name, each in forecasts.items():
        if name != BASELINE.name:
            table = each.effect(baseline, prob)
            mine = [column for column in table if column.startswith("market_price ")]
            tables[name] = table[mine].rename(columns=lambda c: c.removeprefix("market_price "))
    if not tables:
        raise CritminError("nothing to compare: the sweep has a baseline only")
    return pd.concat(tables, names=["scenario"]).swaplevel().sort_index()
