"""The floor of the US Department of Defense under MP Materials' NdPr oxide, July 2025.

110 USD/kg for ten years from the fourth quarter of 2025 on 6,000 t a year; the state gets 30% of what the
market is above. What does it expect to pay, what is each clause worth, what would another model say?

Usage: uv run python examples/state_floor.py
"""

import numpy as np

from critmin import fair_price, forecast
from critmin.contracts import gallery, lognormal_forecast

deal = gallery()["ndpr-state-floor"]
expected = forecast("neodymium", deal.last - 2025)

# A second opinion: a random walk from the last price paid, with the volatility of the years on record.
paid = fair_price("neodymium").history["observed"].dropna()
volatility = float(np.diff(np.log(paid)).std(ddof=1))
walk = lognormal_forecast("neodymium", float(paid.iloc[-1]), volatility, deal.last - 2025, seed=1)

found = deal.value(expected, alternatives={"random walk": walk})
print(deal.describe())
budget = found.budget("Department of Defense")
budget[["expected", "95%"]] /= 1e6
print("\nCost to the state, millions of USD of 2025:", budget.round(2).to_string(), sep="\n")
print("\nWhat each clause adds:", (found.clauses / 1e6).round().to_string(), sep="\n")
gains = (found.summary() / 1e6)[["mean", "Monte Carlo error", "spread", "5%", "median", "95%"]]
print("\nGain of each party:", gains.round().to_string(), sep="\n")
print("\nBy model:", (found.models / 1e6).round().to_string(), sep="\n")
