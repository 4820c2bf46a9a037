"""Making an entry of the ledger: today's forecasts, and the random walk of the same day."""

import json
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import norm

from critmin.audit.backtesting.baselines import Known, random_walk, year_end_walk
from critmin.audit.backtesting.vintage import log, log_prices
from critmin.audit.ledger import FORMAT, MODEL, WORLD, digest, read_ledger
from critmin.data.money import real_factor
from critmin.data.panel import load_panel
from critmin.exceptions import DataError, PosteriorError
from critmin.internal.arrays import Floats
from critmin.internal.files import replacing
from critmin.posterior import Posterior, builtin_posterior
from critmin.results.forecasting import forecast
from critmin.results.forecasts import Forecast
from critmin.units import BASE_YEAR

PROBABILITIES: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
HORIZON = 15
DIGITS = 5
"""Significant digits of what is stored."""


def _rounded(values: Floats) -> Any:
    """Nested lists with `DIGITS` significant digits, whole numbers as such."""
    if values.ndim:
        return [_rounded(each) for each in values]
    short = float(f"{float(values):.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def _of(draws: xr.DataArray) -> Floats:
    """Quantiles (year, probability) of draws (sample, year)."""
    values = draws.transpose("sample", "year").values
    return np.quantile(values, PROBABILITIES, axis=0).T


def _model(found: Forecast, nominal: Floats) -> dict[str, Any]:
    """Quantiles of the model's forecast by quantity, of output and supply also by place."""
    made: dict[str, Any] = {}
    for name in ("market_price", "fair_price"):
        quantiles = _of(found.draws[name])
        made[name] = _rounded(quantiles)
        made[f"{name}_nominal"] = _rounded(quantiles * nominal[:, None])
    for name in ("production", "supply"):
        each = found.draws[name]
        if not bool(np.isfinite(each).all()):
            continue  # no figures of production
        whole = {WORLD: _rounded(_of(each.sum("country")))}
        countries = {str(c): _rounded(_of(each.sel(country=c))) for c in each["country"].values}
        made[name] = whole | countries
    return made


def _walk(prices: xr.DataArray, ends: xr.DataArray | None, origin: int) -> Floats | None:
    """Quantiles (year, probability) of a walk from the last known value, of one series of logs.

    Where the origin's own figure is not known yet, the walk starts from the last one and has as many
    more years to go. None if there are not two values to tell its spread from.
    """
    known = prices.dropna("year")
    if known.sizes["year"] < 2:
        return None
    last = int(known["year"][-1])
    upto = prices.sel(year=slice(int(known["year"][0]), last))
    year_ends = xr.full_like(upto, np.nan) if ends is None else ends.reindex_like(upto)
    walk = random_walk if ends is None else year_end_walk
    ahead = HORIZON + origin - last
    mean, spread = walk(Known(upto.values[None], year_ends.values[None]), ahead)
    if not np.isfinite(spread).all():
        return None
    quantiles: Floats = mean[0, :, None] + spread[0, :, None] * norm.ppf(PROBABILITIES)
    return np.exp(quantiles[-HORIZON:])


def _last(series: xr.DataArray) -> list[float]:
    """Year and value of the last figure."""
    known = series.dropna("year")
    return [int(known["year"][-1]), float(f"{float(known[-1]):.{DIGITS}g}")]


def _baselines(
    panel: xr.Dataset, mineral: str, origin: int, nominal: Floats, places: Sequence[str]
) -> dict[str, Any]:
    """What was last known, and both walks of the price; the walk of output by place."""
    chosen = panel.sel(mineral=mineral)
    last = _last(chosen["price_nominal"])
    prices = log_prices(panel, [mineral], int(last[0])).sel(mineral=mineral)
    made: dict[str, Any] = {"last": {"market_price_nominal": last}, "random walk": {}}
    for name, ends in (
        ("random walk", None),
        ("walk from year end", log(chosen["price_year_end"])),
    ):
        walk = _walk(prices, ends, origin)
        if walk is not None:
            made[name] = {
                "market_price": _rounded(walk),
                "market_price_nominal": _rounded(walk * nominal[:, None]),
            }
    output = chosen["production"].sel(vintage="latest").astype(float)
    world = output.sum("country", min_count=1)
    if places and bool(world.notnull().any()):
        made["last"]["production"] = _last(world)
        walks = {}
        for place in places:
            known = place in output["country"]
            series = world if place == WORLD else output.sel(country=place) if known else None
            if series is None:
                continue  # the rest of the world is no series of its own
            walk = _walk(log(series.where(series > 0)), None, origin)
            if walk is not None:
                walks[place] = _rounded(walk)
        made["random walk"]["production"] = walks
    return made


def make_entry(
    commit: str,
    day: str,
    *,
    minerals: Sequence[str] | None = None,
    posterior: Posterior | None = None,
    previous: str | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Forecast 1 to `HORIZON` years ahead, and sign it.

    Parameters
    ----------
    commit : str
        Of the code that makes the forecasts.
    day : str
        Date, such as ``"2026-11-25"``.
    minerals : sequence of str, optional
        All that the posterior prices by default.
    posterior : Posterior, optional
        The built-in one by default; fitted to today's public data.
    previous : str, optional
        SHA-256 of the entry before.
    seed : int

    Returns
    -------
    dict
        Content of an `critmin.audit.ledger.Entry`. Quantiles of `PROBABILITIES` by year: of market
        and fair price, real and nominal; of ``production`` (output, which statistics will report)
        and ``supply`` (what of it reaches the market), by country and of the world; and of the
        random walks of the price (from the year's average, and from its last month where that is
        known) and of output.

    Raises
    ------
    PosteriorError
        If the posterior was fitted to other data than the public ones of today.
    DataError
        If the day is not a date.

    Examples
    --------
    >>> content = make_entry("0" * 40, "2026-11-25", minerals=["tin"])
    >>> content["origin"], len(content["years"]), list(content["forecasts"])
    (2025, 15, ['tin'])
    """
    try:
        plain = date.fromisoformat(day).isoformat()
    except (ValueError, TypeError):
        plain = ""
    if plain != day:  # entries are named and put in order by it
        raise DataError(f"expected a date such as 2026-11-25, got {day!r}")
    source = builtin_posterior() if posterior is None else posterior
    panel = load_panel()
    fitted, now = source.draws.attrs["data_hash"], panel.attrs["data_hash"]
    if fitted != now or panel.attrs["private"]:
        raise PosteriorError(
            f"the posterior was fitted to data {fitted}, today's are {now} (private series: "
            f"{', '.join(panel.attrs['private']) or 'none'}): sign what stands on today's public data"
        )
    years = source.origin + 1 + np.arange(HORIZON)
    nominal = 1 / real_factor(years)
    forecasts = {}
    for name in source.minerals if minerals is None else minerals:
        model = _model(forecast(name, HORIZON, posterior=source, seed=seed), nominal)
        places = list(model.get("production", ()))
        rest = _baselines(panel, name, source.origin, nominal, places)
        forecasts[name] = {"last": rest.pop("last"), MODEL: model, **rest}
    price = "per t of contained element"
    content = {
        "format": FORMAT,
        "date": day,
        "critmin": version("critmin"),
        "model_version": str(source.draws.attrs["model_version"]),
        "data_hash": str(fitted),
        "posterior": source.id,
        "commit": commit,
        "seed": seed,
        "previous": previous,
        "base_year": BASE_YEAR,
        "origin": source.origin,
        "years": years.tolist(),
        "probabilities": list(PROBABILITIES),
        "units": {
            **dict.fromkeys(("market_price", "fair_price"), f"USD of {BASE_YEAR} {price}"),
            **dict.fromkeys(("market_price_nominal", "fair_price_nominal"), f"USD {price}"),
            **dict.fromkeys(("production", "supply"), "t a year, as the USGS counts it"),
        },
        "forecasts": forecasts,
    }
    return {**content, "sha256": digest(content)}


def write_entry(content: dict[str, Any], folder: str | Path) -> Path:
    """Write a signed entry into a ledger, a line a mineral; never over another.

    Parameters
    ----------
    content : dict
        Of `make_entry`.
    folder : path

    Returns
    -------
    Path
        ``YYYY-MM-vVERSION.json``.

    Raises
    ------
    DataError
        If that entry is there already, if the ledger there is not sound, or if the content does not
        name its last entry as the one before it.
    """
    home = Path(folder)
    entries = read_ledger(home)
    path = home / f"{content['date'][:7]}-v{content['model_version']}.json"
    if path.exists():
        raise DataError(f"{path}: is signed already; an entry is never written again")
    last = entries[-1].content["sha256"] if entries else None
    if content["previous"] != last:
        raise DataError(f"{home}: its last entry is {last}, not {content['previous']}")

    def line(key: str, value: object) -> str:
        return f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'), allow_nan=False)}"

    minerals = ",\n".join(line(*each) for each in content["forecasts"].items())
    parts = [line(*each) for each in content.items() if each[0] != "forecasts"]
    text = ",\n".join([*parts, f'"forecasts":{{\n{minerals}\n}}'])
    with replacing(path) as temporary:
        temporary.write_text(f"{{\n{text}\n}}\n", encoding="ascii")
    return path
