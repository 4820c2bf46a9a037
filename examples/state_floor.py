"""The floor of the US Department of Defense under MP Materials' NdPr oxide, July 2025.

110 USD/kg for ten years from the fourth quarter of 2025 on 6,000 t a year; the state gets 30% of what the
market is above. What does it expect to pay, what is each clause worth, what would another model say?

Usage: uv run python examples/state_floor.py
"""

from dataclasses import replace

import numpy as np

from critmin import fair_price, forecast
from critmin.contracts import gallery, lognormal_forecast

deal = gallery()["ndpr-state-floor"]
years = deal.last - 2025
expected = forecast(list(deal.minerals), years)

# Both come out of one ore and have cost about the same a kg of oxide since 2021; in the model their log
# prices correlate by about 0.5 only.
neodymium = expected["neodymium"]
content = deal.goods.contents()
one_metal = {
    name: replace(
        neodymium,
        mineral=name,
        draws=neodymium.draws.assign(
            market_price=neodymium.draws["market_price"] * content[0] / each
        ),
    )
    for name, each in zip(deal.minerals, content, strict=True)
}

# A random walk from the last prices paid, with neodymium's volatility on record.
paid = {name: fair_price(name).history["observed"].dropna() for name in deal.minerals}
volatility = float(np.diff(np.log(paid["neodymium"])).std(ddof=1))
walk = {
    name: lognormal_forecast(name, float(paid[name].iloc[-1]), volatility, years, seed=1)
    for name in deal.minerals
}

found = deal.value(expected, alternatives={"one metal": one_metal, "random walk": walk})
payer = "Department of Defense"
print(deal.describe())
budget = found.budget(payer)
cost = -np.column_stack([found.draws["flow"].sel(party=payer).values, found.npv(payer)]) / 1e6
budget["expected"] /= 1e6
for column, at in (("5%", 0.05), ("median", 0.5), ("95%", 0.95)):
    budget[column] = np.quantile(cost, at, axis=0)
print("\nCost to the state, millions of USD of 2025:", budget.round(2).to_string(), sep="\n")
print("\nWhat each clause adds:", (found.clauses / 1e6).round().to_string(), sep="\n")
gains = (found.summary() / 1e6)[["mean", "Monte Carlo error", "spread", "5%", "median", "95%"]]
print("\nGain of each party:", gains.round().to_string(), sep="\n")
print(f"\nBy model (random walk: {volatility:.0%} a year):")
print((found.models / 1e6).round().to_string())
