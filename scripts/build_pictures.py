"""Draw the pictures of the README and of docs/pictures from the built-in posterior.

Usage: uv run python scripts/build_pictures.py
"""

from pathlib import Path

from matplotlib.figure import Figure

from critmin import cost_curve, fair_price, forecast
from critmin.scenario import gallery

TARGET = Path(__file__).parents[1] / "docs" / "pictures"
MINERALS = ("nickel", "lithium", "cobalt", "gallium", "dysprosium", "copper")


def main() -> None:
    """Draw one picture a mineral, a cost curve, and a scenario."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for mineral in MINERALS:
        figure = Figure(figsize=(9, 5), layout="constrained")
        fair_price(mineral, unit="quoted").plot(ax=figure.subplots())
        figure.savefig(TARGET / f"{mineral}.png", dpi=90, metadata={"Software": None})
    figure = Figure(figsize=(9, 5), layout="constrained")
    cost_curve("nickel").plot(ax=figure.subplots())
    figure.savefig(TARGET / "nickel-costs.png", dpi=90, metadata={"Software": None})
    figure = Figure(figsize=(14, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    control = forecast("cobalt", 15, gallery()["cobalt-quota"])
    control.plot(ax=left)
    control.plot_supply(ax=right)
    figure.savefig(TARGET / "cobalt-quota.png", dpi=70, metadata={"Software": None})


if __name__ == "__main__":
    main()
