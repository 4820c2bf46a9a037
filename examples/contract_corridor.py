"""A corridor for a ten-year offtake of nickel: the middle half of the fair price, in euros.

Usage: uv run python examples/contract_corridor.py
"""

from critmin import fair_price

price = fair_price("nickel", horizon=10, currency="EUR")
table = price.summary(prob=0.5)["fair_price"].rename(columns={"25%": "floor", "75%": "ceiling"})
print(f"nickel, {price.units}")
print(table.round(-2).astype(int).to_string())
