"""Forecasts with stated prices, for deals that can be reckoned by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from critmin.contracts import lognormal_forecast
from critmin.results.forecasts import Forecast

Stated = Callable[..., Forecast]


@pytest.fixture
def stated() -> Stated:
    """A forecast of nickel with these real prices (sample, year) from 2026 on, and extra variables."""

    def make(market: list[list[float]], fair: list[list[float]] | None = None) -> Forecast:
        prices = np.array(market, dtype=float)
        bare = lognormal_forecast("nickel", 100.0, 0.0, prices.shape[1], size=len(prices))
        dims = ("sample", "year")
        told = prices if fair is None else np.array(fair, dtype=float)
        draws = bare.draws.assign(market_price=(dims, prices), fair_price=(dims, told))
        return replace(bare, draws=draws)

    return make
