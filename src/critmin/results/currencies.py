"""Money of buyers, and where a forecast takes its rate."""

import numpy as np

from critmin.data.trade import EU
from critmin.internal.arrays import Floats
from critmin.simulation.streams import stream

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
    """Currency of a country or bloc, by its code."""
    return MONEY["EU"] if buyer == "EU" or buyer in EURO else MONEY.get(buyer, "USD")
