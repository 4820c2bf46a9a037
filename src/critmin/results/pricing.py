"""`fair_price`: from a posterior to a priced mineral."""

from pathlib import Path
from typing import overload

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.drivers import COMPONENTS
from critmin.internal.arrays import Floats
from critmin.internal.checks import each
from critmin.internal.tables import quantile_label
from critmin.mineral import get_mineral
from critmin.posterior import Posterior
from critmin.posterior_format import HISTORY
from critmin.results.fair_prices import FairPrice
from critmin.results.provenance import provenance
from critmin.results.request import Basis, Request, Today, What
from critmin.results.sides import fence_attrs, price_variables
from critmin.simulation.recalibration import recalibrated


@overload
def fair_price(
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
) -> FairPrice: ...


@overload
def fair_price(
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
) -> dict[str, FairPrice]: ...


def fair_price(
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
) -> FairPrice | dict[str, FairPrice]:
    """Price a mineral as if no state distorted its market, and as it is.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict.
    horizon : int
        Years after the posterior's origin, 1 to 40.
    currency : str
        ``"USD"``, ``"EUR"``, ``"JPY"``, ...; converted at the average rate of 2025 (the pound: of
        2024), which is held.
    basis : {"real", "nominal"}
        Money of 2025, or of each year with inflation of 2% after the data's end.
    unit : str
        Mass of contained element (``"t"``, ``"kg"``, ``"lb"``, ``"troy_oz"``, ...), or
        ``"quoted"`` for the form and unit the market quotes, such as USD/kg of dysprosium oxide.
    scenario : Scenario, Intervention or sequence of Intervention, optional
        Of `critmin.scenario`; nothing changes by default.
    posterior : Posterior or path, optional
        Of `critmin.fit`, or a file of one; the built-in one by default.
    today : mapping of str to float, tuple or mapping, optional
        Prices of the year under way to begin from, such as ``{"nickel": (15_200, "USD/t")}``; see
        `critmin.Posterior.assimilate`. A date as third makes a call that can be repeated later.
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

    See Also
    --------
    critmin.forecast : Supply and demand beside the price.
    critmin.cost_curve : What it costs to make, by country.
    critmin.brief : All of it on one page.

    Notes
    -----
    Draws of the posterior are run forward through the market's equations
    (`critmin.model.equations`), so the bands hold the uncertainty of the parameters, of today's
    cost and gap, and of future shocks. The counterfactual replaces the distortions by zero in those
    equations (Pearl 2009), it is not an average of prices.

    References
    ----------
    Pearl (2009), Causality, 2nd edition, Cambridge University Press.

    Examples
    --------
    >>> price = fair_price("nickel", horizon=15)
    >>> dict(price.draws.sizes)["sample"], int(price.draws["year"][-1])
    (2000, 2040)
    >>> fair_price("dysprosium", unit="quoted", currency="JPY").units
    'JPY of 2025 per kg of dysprosium oxide, 99.5%'
    >>> fair_price("tin", today={"tin": (40_000, "USD/t", "2026-05-12")}).provenance["data"]
    'data to 2025, one year old; with tin at 40000 USD per t of contained Sn, 2026-05-12'
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
    return each(mineral, "mineral", lambda name: _priced(name, request))


def _priced(mineral: str, request: Request) -> FairPrice:
    about = get_mineral(mineral)
    source = request.posterior
    asked = (request.horizon, request.seed, request.scenario)
    paths = recalibrated(source, about.name, *asked, output=False)
    years = request.years
    scale = request.money.scale(about, years)
    units = request.money.attrs(about)
    dims = ("sample", "year")
    draws = xr.Dataset(
        {
            **price_variables(paths, scale, units),
            "cost": (("component", *dims), paths.components * scale, units),
            "scale": ("year", scale, request.money.scale_attrs(about)),
        },
        coords={"year": years, "component": list(COMPONENTS)},
        attrs=fence_attrs(source, about.name, paths),
    )
    known = source.constants["year"]
    return FairPrice(
        about.name,
        draws,
        _history(source, about.name, request.money.scale(about, known)),
        provenance(about.name, request),
    )


def _history(source: Posterior, mineral: str, scale: Floats) -> pd.DataFrame:
    known = source.of(mineral)
    labels = [quantile_label(float(q)) for q in source.draws["probability"].values]
    values = np.column_stack([known["observed"], *(known[name] for name in HISTORY)])
    values = values * scale[:, None]
    any_known = ~np.isnan(values).all(axis=1)
    return pd.DataFrame(
        values[any_known],
        index=pd.Index(source.constants["year"][any_known], name="year"),
        columns=["observed", *(f"{name} {label}" for name in HISTORY for label in labels)],
    )
