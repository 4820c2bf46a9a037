"""critmin: Bayesian fair prices for critical minerals.

`fair_price` prices a mineral from the built-in posterior, `forecast` follows its price and supply
under the interventions of `scenario`, `cost_curve` and `disruption_risk` say what its producer
countries cost and risk, `producer_revenue` what a quota earns them, `brief` puts it all on a page,
`backtest` and `audit` put the model on trial, `fit` fits it to newer or private data, `build_model`
gives the bare PyMC model. Importing critmin loads none of PyMC, PyTensor, numba and matplotlib.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from critmin import audit, contracts, data, scenario
    from critmin.audit.backtesting.record import Backtest
    from critmin.audit.backtesting.rolling import backtest
    from critmin.briefs.page import brief
    from critmin.exceptions import CritminError
    from critmin.inference.fitting import fit
    from critmin.model.market import build_model
    from critmin.model.priors import prior_table
    from critmin.posterior import Posterior, builtin_posterior
    from critmin.results.cost_curves import CostCurve, cost_curve
    from critmin.results.fair_prices import FairPrice
    from critmin.results.forecasting import forecast
    from critmin.results.forecasts import Forecast
    from critmin.results.listing import minerals
    from critmin.results.pricing import fair_price
    from critmin.results.producers import ProducerRevenue, producer_revenue
    from critmin.results.risks import disruption_risk
    from critmin.results.sweeping import sweep

_HOME = {
    "Backtest": "critmin.audit.backtesting.record",
    "backtest": "critmin.audit.backtesting.rolling",
    "CostCurve": "critmin.results.cost_curves",
    "CritminError": "critmin.exceptions",
    "FairPrice": "critmin.results.fair_prices",
    "Forecast": "critmin.results.forecasts",
    "Posterior": "critmin.posterior",
    "ProducerRevenue": "critmin.results.producers",
    "brief": "critmin.briefs.page",
    "build_model": "critmin.model.market",
    "builtin_posterior": "critmin.posterior",
    "cost_curve": "critmin.results.cost_curves",
    "disruption_risk": "critmin.results.risks",
    "fair_price": "critmin.results.pricing",
    "fit": "critmin.inference.fitting",
    "forecast": "critmin.results.forecasting",
    "minerals": "critmin.results.listing",
    "prior_table": "critmin.model.priors",
    "producer_revenue": "critmin.results.producers",
    "sweep": "critmin.results.sweeping",
}

_SAMPLED = ("backtest", "build_model", "fit")

__all__ = [
    "Backtest",
    "CostCurve",
    "CritminError",
    "FairPrice",
    "Forecast",
    "Posterior",
    "ProducerRevenue",
    "audit",
    "backtest",
    "brief",
    "build_model",
    "builtin_posterior",
    "contracts",
    "cost_curve",
    "data",
    "disruption_risk",
    "fair_price",
    "fit",
    "forecast",
    "minerals",
    "prior_table",
    "producer_revenue",
    "scenario",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        from critmin.internal.extras import extras, require

        if name in _SAMPLED:
            require("pymc")
        with extras():
            return getattr(importlib.import_module(_HOME[name]), name)
    if name in ("audit", "contracts", "data", "scenario"):
        return importlib.import_module(f"critmin.{name}")
    raise AttributeError(f"module 'critmin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
