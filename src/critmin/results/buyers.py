"""A buyer's view of a forecast: price in its money, suppliers, and what a disruption would cost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from critmin.data.countries import country_names
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_probabilities
from critmin.internal.tables import quantile_label
from critmin.simulation.streams import stream
from critmin.units import BASE_YEAR, currency_rate

if TYPE_CHECKING:
    from critmin.results.forecasting import Forecast

EU: frozenset[str] = frozenset(
    "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU SVK "
    "SVN ESP SWE".split()
)

MONEY: dict[str, str] = {
    "USA": "USD",
    "EU": "EUR",
    "JPN": "JPY",
    "GBR": "GBP",
    "CHN": "CNY",
    "KOR": "KRW",
    "CAN": "CAD",
    "AUS": "AUD",
}
"""Money of buyers; members of the euro area have that of the EU, others pay in USD."""

EURO: frozenset[str] = EU - {"BGR", "CZE", "DNK", "HUN", "POL", "ROU", "SWE"}

HALF_LIFE = 4.0
"""Years in which half of a deviation of a real exchange rate is gone (Rogoff 1996, Journal of Economic
Literature 34: three to five years)."""

VOLATILITY = 0.10
"""Yearly standard deviation of the log real rate of a floating currency against the dollar: a round
figure for the years since 1973 (Mussa 1986, Carnegie-Rochester Conference Series 25, on their size)."""

MANAGED = {"CNY": 1 / 3, "USD": 0.0}
"""Part of that volatility which other currencies have; the Chinese rate is managed (judgement)."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What a forecast means to a buyer.

    Attributes
    ----------
    buyer : str
    currency : str
    price : DataFrame
        By year: median and interval of the real price in the buyer's money, tariffs included, and
        ``expected shortfall``: the mean price of the dearest tail.
    suppliers : DataFrame
        By country: ``share`` of what reaches the buyer's suppliers' market over the horizon,
        ``withholding``, the mean share of its exports it withholds, and ``probability`` that it
        withholds more than now in some year.
    supply : DataFrame
        By year: ``lost``, the mean share of foreign supply that restrictions keep away, and its
        ``expected shortfall``: the mean of the worst tail.
    """

    buyer: str
    currency: str
    price: pd.DataFrame
    suppliers: pd.DataFrame
    supply: pd.DataFrame


def exchange_rate(currency: str, size: int, horizon: int, seed: int) -> Floats:
    """Real units of a currency per dollar relative to today's, (sample, year).

    Its log returns to zero with `HALF_LIFE`, with shocks of `VOLATILITY`.
    """
    scale = VOLATILITY * MANAGED.get(currency, 1.0)
    keep = 0.5 ** (1 / HALF_LIFE)
    shocks = scale * stream(seed, f"exchange rate: {currency}").standard_normal((horizon, size))
    log = np.zeros((size, horizon))
    level = np.zeros(size)
    for h in range(horizon):
        level = keep * level + shocks[h]
        log[:, h] = level
    rate: Floats = np.exp(log)
    return rate


def buyers_money(buyer: str) -> str:
    """Currency of a country or bloc.

    Raises
    ------
    UnknownNameError
        If there is no such buyer.
    """
    if buyer == "EU" or buyer in EURO:
        return MONEY["EU"]
    if buyer not in country_names():
        raise UnknownNameError.of("buyer", buyer, [*MONEY, *country_names()])
    return MONEY.get(buyer, "USD")


def _tail_mean(values: Floats, prob: float) -> Floats:
    """Mean of the largest share ``1 - prob`` of values (sample, year)."""
    count = max(round((1 - prob) * len(values)), 1)
    worst: Floats = np.sort(values, axis=0)[-count:].mean(axis=0)
    return worst


def exposure(forecast: "Forecast", buyer: str, prob: float = 0.9) -> Exposure:
    """Turn a forecast into a buyer's.

    Parameters
    ----------
    forecast : Forecast
    buyer : str
        ISO 3166 alpha-3, or ``"EU"``.
    prob : float
        Probability of the intervals; the tail of the expected shortfall is the half of what they
        leave out (Rockafellar and Uryasev 2000, Journal of Risk 2).

    Raises
    ------
    UnknownNameError
        If there is no such buyer.
    CritminError
        If no producer can be told apart.

    Notes
    -----
    Trade flows are not in the data: a buyer is taken to buy from every foreign producer in
    proportion to what it brings to market. A tariff raises the buyer's price by its rate times that
    share, as if nobody re-routed metal; with re-routing it would be less.
    """
    (level,) = check_probabilities(prob)
    currency = buyers_money(buyer)
    draws = forecast.draws
    members = EU if buyer == "EU" else frozenset({buyer})
    foreign = [str(c) for c in draws["country"].values if str(c) not in members]
    if not foreign:
        raise CritminError(f"{forecast.mineral}: all that is known is produced by {buyer} itself")
    sold = draws["production"].sel(country=foreign).values
    if not np.isfinite(sold).all():
        raise CritminError(f"{forecast.mineral}: no production by country is known")
    withheld = draws["withheld"].sel(country=foreign).values
    market = (sold * (1 - withheld)).sum(axis=0)
    years = draws["year"].values
    request: dict[str, Any] = forecast.provenance["request"]
    share = sold * (1 - withheld) / market

    duty = np.ones_like(market)
    for exporter, rate in forecast.scenario.tariffs(forecast.mineral, buyer, years).items():
        if exporter in foreign:
            duty += rate * share[foreign.index(exporter)]
    path = forecast.scenario.exchange_rate(len(years))
    if path is None:
        path = exchange_rate(currency, len(market), len(years), request["seed"])
    paid = draws["market_price"].transpose("sample", "year").values * duty * path
    paid = paid * currency_rate(currency)
    tail = (1 + level) / 2
    bounds = (1 - tail, 0.5, tail)
    quantiles = np.quantile(paid, bounds, axis=0)
    labels = [quantile_label(bounds[0]), "median", quantile_label(bounds[2])]
    index = pd.Index(years, name="year")
    price = pd.DataFrame(dict(zip(labels, quantiles, strict=True)), index=index)
    price["expected shortfall"] = _tail_mean(paid, tail)
    price.attrs["units"] = f"{currency} of {BASE_YEAR} per t of contained element, tariffs included"
    lost = (sold * withheld).sum(axis=0) / sold.sum(axis=0)
    now = withheld[..., :1]
    suppliers = pd.DataFrame(
        {
            "share": share.mean(axis=(1, 2)),
            "withholding": withheld.mean(axis=(1, 2)),
            "probability": (withheld > now + 1e-9).any(axis=2).mean(axis=1),
        },
        index=pd.Index(foreign, name="country"),
    ).sort_values("share", ascending=False)
    supply = pd.DataFrame(
        {"lost": lost.mean(axis=0), "expected shortfall": _tail_mean(lost, tail)}, index=index
    )
    return Exposure(buyer, currency, price, suppliers, supply)
