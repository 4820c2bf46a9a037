"""A forecast that follows from no posterior: a geometric random walk, against which values are held."""

import numpy as np
import xarray as xr

from critmin.contracts.amounts import LARGEST
from critmin.data.countries import ROW
from critmin.internal.checks import check_horizon, check_number, check_seed
from critmin.mineral import get_mineral
from critmin.results.forecasts import Forecast
from critmin.results.request import Money
from critmin.scenario import BASELINE
from critmin.units import BASE_YEAR


def lognormal_forecast(
    mineral: str,
    price: float,
    volatility: float,
    horizon: int,
    *,
    fair: float = 1.0,
    drift: float = 0.0,
    origin: int = BASE_YEAR,
    size: int = 2000,
    seed: int = 0,
) -> Forecast:
    """A forecast whose real price is a geometric random walk: Black's world, or a second opinion.

    Parameters
    ----------
    mineral : str
        A name of `critmin.minerals`.
    price : float
        Expected real price in the origin, USD per tonne of contained element.
    volatility : float
        Standard deviation of its yearly log change.
    horizon : int
        Years after the origin, 1 to 40.
    fair : float
        Fair price as a multiple of the market price.
    drift : float
        Yearly growth of the log of the expected price.
    origin : int
        Last year before the forecast.
    size, seed : int
        Number of draws, and their seed.

    Returns
    -------
    Forecast
        Nothing is known of its supply.

    See Also
    --------
    critmin.forecast : What contracts are valued on otherwise.

    References
    ----------
    Black (1976), Journal of Financial Economics 3.

    Examples
    --------
    >>> walk = lognormal_forecast("nickel", 16_000, 0.25, 10, seed=1)
    >>> walk.draws["market_price"].shape
    (2000, 10)
    """
    check_number(price, "price", 1e-9, LARGEST)
    check_number(volatility, "volatility", 0, 5)
    check_number(fair, "fair", 1e-9, 1e9)
    check_number(drift, "drift", -1, 1)
    check_number(origin, "origin", 1900, 2200, integer=True)
    check_number(size, "size", 1, 1_000_000, integer=True)
    about = get_mineral(mineral)
    steps = np.arange(1, check_horizon(horizon) + 1)
    shocks = np.random.default_rng(check_seed(seed)).standard_normal((size, len(steps)))
    paths = volatility * np.cumsum(shocks, axis=1) + (drift - volatility**2 / 2) * steps
    values = price * np.exp(paths)
    money = Money("USD", "real", "t")
    units = money.attrs(about)
    unknown = np.full((1, size, len(steps)), np.nan)
    by_year, by_country = ("sample", "year"), ("country", "sample", "year")
    tonnes = {"units": "t/year", "words": "t a year, not known"}
    draws = xr.Dataset(
        {
            "market_price": (by_year, values, units),
            "fair_price": (by_year, fair * values, units),
            "production": (by_country, unknown, tonnes),
            "supply": (by_country, unknown, tonnes),
            "withheld": (by_country, unknown),
            "demand": (by_year, unknown[0], tonnes),
            "scrap": (by_year, unknown[0], tonnes),
            "stock_change": (by_year, unknown[0], tonnes),
            "scale": ("year", np.ones(len(steps)), money.scale_attrs(about)),
        },
        coords={"country": [ROW], "name": ("country", ["others"]), "year": origin + steps},
    )
    told = {"price": price, "volatility": volatility, "drift": drift, "fair": fair}
    request = {"mineral": about.name, "horizon": horizon, "seed": seed, **told}
    provenance = {
        "request": request,
        "model_version": "log-normal random walk",
        "posterior": "none",
        "origin": origin,
        "data": f"stated in {origin}",
        "assumption": "The logarithm of the real price is a random walk; nothing is known of supply.",
        "scenario": None,
    }
    return Forecast(about.name, BASELINE, draws, provenance)
