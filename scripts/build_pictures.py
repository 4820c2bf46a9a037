"""Draw the pictures of the README and of docs/pictures from the built-in posterior.

Usage: uv run python scripts/build_pictures.py
"""

from pathlib import Path

from matplotlib.figure import Figure

from critmin import forecast
from critmin.scenario import gallery
from pictures import draw, evidence, markets  # noqa: F401

TARGET = Path(__file__).parents[1] / "docs" / "pictures"

SHOWN = {
    "nickel": 90,
    "lithium": 90,
    "cobalt": 90,
    "gallium": 90,
    "dysprosium": 90,
    "copper": 90,
    "nickel-costs": 90,
    "contract-zone": 90,
    "contract-value": 90,
    "backtest": 80,
    "price-quality": 75,
    "copper-trade": 65,
    "lithium-trade": 65,
}
"""Pictures of the gallery that documents show, with their dots an inch."""


def cobalt_quota() -> None:
    """Price and supply of cobalt under a quota, side by side."""
    figure = Figure(figsize=(14, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    control = forecast("cobalt", 15, scenario=gallery()["cobalt-quota"])
    control.plot(ax=left)
    control.plot_supply(ax=right)
    figure.savefig(TARGET / "cobalt-quota.png", dpi=70, metadata={"Software": None})


def main() -> None:
    """Draw one picture a mineral, a cost curve, a scenario, backtest, trade, contracts."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, dpi in SHOWN.items():
        draw(name, TARGET / f"{name}.png", dpi)
    cobalt_quota()


if __name__ == "__main__":
    main()
