"""`forecast`: where price and supply will go, as things are or under a scenario."""

from pathlib import Path
from typing import Any, overload

import numpy as np
import xarray as xr

from critmin.data.countries import country_names
from critmin.data.drivers import COMPONENTS
from critmin.internal.arrays import Floats
from critmin.internal.checks import each
from critmin.mineral import Mineral, get_mineral
from critmin.model.borders import duty_revenue
from critmin.posterior import Posterior
from critmin.results.forecasts import Forecast
from critmin.results.provenance import provenance
from critmin.results.request import Basis, Request, Today, What, counted
from critmin.results.sides import fence_attrs, price_variables
from critmin.results.stages import second_stage
from critmin.simulation.paths import Paths
from critmin.simulation.recalibration import recalibrated


@overload
def forecast(
    mineral: str,
    horizon: int = 15,
    *,
    scenario: What = None,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    today: Today = None,
    seed: int = 0,
) -> Forecast: ...


@overload
def forecast(
    mineral: list[str] | tuple[str, ...],
    horizon: int = 15,
    *,
    scenario: What = None,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    today: Today = None,
    seed: int = 0,
) -> dict[str, Forecast]: ...


def forecast(
    mineral: str | list[str] | tuple[str, ...],
    horizon: int = 15,
    *,
    scenario: What = None,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    today: Today = None,
    seed: int = 0,
) -> Forecast | dict[str, Forecast]:
    """Forecast price and supply by country, as things are or under a scenario.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict.
    horizon : int
        Years after the posterior's origin, 1 to 40.
    scenario : Scenario, Intervention or sequence of Intervention, optional
        Of `critmin.scenario`; nothing changes by default.
    currency, basis, unit : str
        Of the prices, as in `critmin.fair_price`.
    posterior : Posterior or path, optional
        Of `critmin.fit`, or a file of one; the built-in one by default.
    today : mapping of str to float, tuple or mapping, optional
        Prices of the year under way to begin from, such as ``{"nickel": (15_200, "USD/t")}``; see
        `critmin.Posterior.assimilate`. A date as third makes a call that can be repeated later.
    seed : int
        Scenarios with the same seed see the same shocks, so that differences are effects.

    Returns
    -------
    Forecast or dict of str to Forecast

    Raises
    ------
    UnknownNameError
        If there is no such mineral.
    CritminError
        If horizon, seed or an intervention cannot be.

    See Also
    --------
    critmin.fair_price : Both prices with what the fair one is made of.
    critmin.sweep : Many scenarios at once.
    critmin.scenario : What can be changed.

    Examples
    --------
    >>> from critmin.scenario import ExportControl
    >>> ban = ExportControl("CHN", "gallium", withheld=0.9, start=2027, years=3)
    >>> with_ban, without = forecast("gallium", 5, scenario=ban), forecast("gallium", 5)
    >>> ratio = with_ban.compare(without)["market_price_ratio"].median("sample")
    >>> bool(ratio.sel(year=2026) == 1), bool(ratio.sel(year=2027) > 2)
    (True, True)
    """
    request = Request.of(
        horizon=horizon,
        scenario=scenario,
        currency=currency,
        basis=basis,
        unit=unit,
        posterior=posterior,
        today=today,
        seed=seed,
    )
    return each(mineral, "mineral", lambda name: _foreseen(name, request))


def _foreseen(mineral: str, request: Request) -> Forecast:
    about = get_mineral(mineral)
    paths = recalibrated(
        request.posterior, about.name, request.horizon, request.seed, request.scenario
    )
    scale = request.money.scale(about, request.years)
    prices = request.money.attrs(about)
    tonnes = counted(about)
    supply = paths.production * (1 - paths.unsold)
    unknown = paths.production[:1].sum() * 0  # NaN where production is
    scrap, stock = paths.scrap + unknown, paths.stock_change + unknown
    by_year, by_country = ("sample", "year"), ("country", "sample", "year")
    second, refiners = second_stage(request.posterior, about.name, request.seed, paths, tonnes)
    draws = xr.Dataset(
        {
            **price_variables(paths, scale, prices),
            "production": (by_country, paths.production, tonnes),
            "supply": (by_country, supply, tonnes),
            "withheld": (by_country, paths.withheld, {"units": "1"}),
            "withheld_now": (("country", "sample"), _held(request, about, paths), {"units": "1"}),
            "normal_exports": (by_country, paths.exported, {"units": "1"}),
            "demand": (by_year, supply.sum(axis=0) + scrap - stock, tonnes),
            "scrap": (by_year, scrap, tonnes),
            "stock_change": (by_year, stock, tonnes),
            "cost": (("component", *by_year), paths.components * scale, prices),
            "scale": ("year", scale, request.money.scale_attrs(about)),
            **_duties(request, about, paths),
            **second,
        },
        coords={
            **refiners,
            "component": list(COMPONENTS),
            "country": paths.countries,
            "name": ("country", [country_names().get(c, "others") for c in paths.countries]),
            "year": request.years,
        },
        attrs=fence_attrs(request.posterior, about.name, paths),
    )
    return Forecast(about.name, request.scenario, draws, provenance(about.name, request))


def _held(request: Request, about: Mineral, paths: Paths) -> Floats:
    """Share of its normal exports that each country withholds at the origin, (country, sample)."""
    known = {p.country: p.withheld for p in request.posterior.producers(about.name)}
    none = np.zeros(request.posterior.draws.sizes["sample"])
    return np.stack([known.get(country, none) for country in paths.countries])


def _duties(request: Request, about: Mineral, paths: Paths) -> dict[str, Any]:
    """What duties of a scenario bring their states, where tonnes of the mineral itself are known."""
    if not paths.duty.any() or about.production_proxy:
        return {}
    revenue = duty_revenue(rate=paths.duty[:, None], price=paths.market, exports=paths.exports)
    money = request.money.per_year(about, request.years)
    by_country = ("country", "sample", "year")
    return {"duty_revenue": (by_country, revenue * money, request.money.sum_attrs())}
