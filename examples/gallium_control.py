"""China withholds 90% of its gallium for three years, while a Canadian plant opens in 2029.

Usage: uv run python examples/gallium_control.py
"""

from critmin import forecast
from critmin.scenario import ExportControl, MineProject

control = ExportControl("CHN", "gallium", withheld=0.9, start=2027, years=3)
smelter = MineProject("CAN", "gallium", capacity=50, start=2029, delay=1)
baseline, scenario = forecast("gallium"), forecast("gallium", scenario=[control, smelter])
print(scenario.effect(baseline).round(2).to_string())

supply = scenario.supply().xs("median", axis=1, level=1)
print(f"\nmedian supply by country, {scenario.draws['supply'].attrs['units']}")
print(supply.round().astype(int).to_string())
