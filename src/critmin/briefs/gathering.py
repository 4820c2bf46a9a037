"""The results that a brief is made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from critmin.exceptions import CritminError, DataError
from critmin.internal.arrays import Floats
from critmin.results.buyers import Exposure
from critmin.results.cost_curves import CostCurve, cost_curve
from critmin.results.fair_prices import FairPrice
from critmin.results.forecasting import forecast
from critmin.results.forecasts import Forecast
from critmin.results.pricing import fair_price
from critmin.results.request import Request
from critmin.results.risks import Risk, disruption_risk

RISK_YEARS = 5


@dataclass(frozen=True, slots=True)
class Results:
    """The results that a brief is made of.

    Attributes
    ----------
    price : FairPrice
    forecast : Forecast
    exposure : Exposure
    curve : CostCurve or None
        None where no production by country is known.
    risk : Risk or None
    """

    price: FairPrice
    forecast: Forecast
    exposure: Exposure
    curve: CostCurve | None
    risk: Risk | None


def gather(mineral: str, buyer: str, horizon: int, currency: str, request: Request) -> Results:
    """Compute the results of one mineral for one buyer."""
    source, seed, unit = request.posterior, request.seed, request.money.unit
    money: dict[str, Any] = {"currency": currency, "unit": unit, "posterior": source, "seed": seed}
    curve: CostCurve | None = None
    risk: Risk | None = None
    try:
        curve = cost_curve(mineral, **money)
        risk = disruption_risk(mineral, RISK_YEARS, posterior=source)
    except DataError:
        raise
    except CritminError:  # no production by country is known: the page says so
        pass
    ahead = forecast(mineral, horizon, **money)
    return Results(
        fair_price(mineral, horizon, **money),
        ahead,
        ahead.exposure(buyer, currency=currency, unit=unit),
        curve,
        risk,
    )


def three(values: Floats) -> dict[str, float]:
    """Median and 90% interval."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {"low": float(low), "median": float(middle), "high": float(high)}
