"""`fair_price`: from a posterior to a priced mineral."""

from collections.abc import Sequence
from typing import Literal, overload

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.money import real_factor
from critmin.exceptions import UnknownNameError
from critmin.internal.checks import check_horizon, check_seed
from critmin.internal.tables import quantile_label
from critmin.mineral import Mineral, get_mineral
from critmin.model.equations import COMPONENTS
from critmin.posterior import HISTORY, Posterior, builtin_posterior
from critmin.results.fair_prices import FairPrice
from critmin.results.provenance import provenance
from critmin.scenario import Intervention, Scenario, as_scenario
from critmin.simulation.recalibration import recalibrated
from critmin.units import BASE_YEAR, TONNES, currency_rate, mass_factor, price_factor

Basis = Literal["real", "nominal"]


@overload
def fair_price(
    mineral: str,
    *,
    horizon: int = 15,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    scenario: Scenario | Intervention | Sequence[Intervention] | None = None,
    posterior: Posterior | None = None,
    seed: int = 0,
) -> FairPrice: ...


@overload
def fair_price(
    mineral: list[str] | tuple[str, ...],
    *,
    horizon: int = 15,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    scenario: Scenario | Intervention | Sequence[Intervention] | None = None,
    posterior: Posterior | None = None,
    seed: int = 0,
) -> dict[str, FairPrice]: ...


def fair_price(
    mineral: str | list[str] | tuple[str, ...],
    *,
    horizon: int = 15,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    scenario: Scenario | Intervention | Sequence[Intervention] | None = None,
    posterior: Posterior | None = None,
    seed: int = 0,
) -> FairPrice | dict[str, FairPrice]:
    """Price a mineral as if no state distorted its market, and as it is.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict.
    horizon : int
        Years after the posterior's origin, 1 to 40.
    currency : str
        ``"USD"``, ``"EUR"``, ``"JPY"``, ...; converted at the average rate of 2024, which is held.
    basis : {"real", "nominal"}
        Money of 2025, or of each year with inflation of 2% after the data's end.
    unit : str
        Mass of contained element (``"t"``, ``"kg"``, ``"lb"``, ``"troy_oz"``, ...), or
        ``"quoted"`` for the form and unit the market quotes, such as USD/kg of dysprosium oxide.
    scenario : Scenario, Intervention or sequence of Intervention, optional
        Of `critmin.scenario`; nothing changes by default.
    posterior : Posterior, optional
        Of `critmin.fit`; the built-in one by default.
    seed : int
        The same seed gives the same draws, whatever else is priced beside it.

    Returns
    -------
    FairPrice or dict of str to FairPrice

    Raises
    ------
    UnknownNameError
        If mineral, currency or unit is not known; the message names the nearest one.
    CritminError
        If horizon, basis or seed cannot be.

    Notes
    -----
    Draws of the posterior are run forward through the market's equations
    (`critmin.model.equations`), so the bands hold the uncertainty of the parameters, of today's
    cost and gap, and of future shocks. The counterfactual replaces the distortions by zero in those
    equations (Pearl 2009, Causality), it is not an average of prices.

    Examples
    --------
    >>> price = fair_price("nickel", horizon=15)
    >>> dict(price.draws.sizes)["sample"], int(price.draws["year"][-1])
    (2000, 2040)
    >>> fair_price("dysprosium", unit="quoted", currency="JPY").units
    'JPY of 2025 per kg of dysprosium oxide, 99.5%'
    """
    if not isinstance(mineral, str):
        return {
            name: fair_price(
                name,
                horizon=horizon,
                currency=currency,
                basis=basis,
                unit=unit,
                scenario=scenario,
                posterior=posterior,
                seed=seed,
            )
            for name in mineral
        }
    about = get_mineral(mineral)
    years_ahead, chosen_seed, chosen = (
        check_horizon(horizon),
        check_seed(seed),
        as_scenario(scenario),
    )
    if basis not in ("real", "nominal"):
        raise UnknownNameError.of("basis", basis, ("real", "nominal"))
    source = builtin_posterior() if posterior is None else posterior
    paths = recalibrated(source, about.name, years_ahead, chosen_seed, chosen)
    years = source.origin + 1 + np.arange(years_ahead)
    factor, units = _conversion(about, currency, basis, unit)
    scale = factor if basis == "real" else factor / real_factor(years)
    dims = ("sample", "year")
    draws = xr.Dataset(
        {
            "fair_price": (dims, paths.fair * scale, {"units": units}),
            "market_price": (dims, paths.market * scale, {"units": units}),
            "cost": (("component", *dims), paths.components * scale, {"units": units}),
        },
        coords={"year": years, "component": list(COMPONENTS)},
    )
    request = {
        "mineral": about.name,
        "horizon": years_ahead,
        "currency": currency,
        "basis": basis,
        "unit": unit,
        "seed": chosen_seed,
    }
    return FairPrice(
        about.name,
        draws,
        _history(source, about.name, factor, basis),
        {"request": request, **provenance(source, chosen)},
    )


def _conversion(about: Mineral, currency: str, basis: Basis, unit: str) -> tuple[float, str]:
    """Factor from real USD per tonne of element, and the name of the unit that results."""
    money = f"{currency} of {BASE_YEAR}" if basis == "real" else currency
    rate = currency_rate(currency)
    if unit == "quoted":
        mass = about.quote.split("/")[1]
        per_mass = price_factor(f"USD/{mass}")
        return rate * about.content / per_mass, f"{money} per {mass} of {about.form}"
    if unit not in TONNES:
        raise UnknownNameError.of("unit", unit, [*TONNES, "quoted"])
    return rate * mass_factor(unit), f"{money} per {unit} of contained {about.symbol}"


def _history(source: Posterior, mineral: str, factor: float, basis: Basis) -> pd.DataFrame:
    chosen = source.draws[[*HISTORY, "observed"]].sel(mineral=mineral)
    years = chosen["year"].values
    scale = np.full(len(years), factor) if basis == "real" else factor / real_factor(years)
    columns = {"observed": chosen["observed"].values * scale}
    for name in HISTORY:
        for i, probability in enumerate(chosen["probability"].values):
            label = f"{name} {quantile_label(float(probability))}"
            columns[label] = chosen[name].values[:, i] * scale
    table = pd.DataFrame(columns, index=pd.Index(years, name="year")).astype(float)
    return table.dropna(how="all")
