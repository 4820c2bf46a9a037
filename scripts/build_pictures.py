"""Draw the pictures of the README and of docs/pictures from the built-in posterior.

Usage: uv run python scripts/build_pictures.py
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from critmin import cost_curve, fair_price, forecast
from critmin.audit.backtesting.comparison import skill
from critmin.audit.reporting.evidence import evidence
from critmin.results.flow_plots import plot_flows
from critmin.scenario import gallery

TARGET = Path(__file__).parents[1] / "docs" / "pictures"
MINERALS = ("nickel", "lithium", "cobalt", "gallium", "dysprosium", "copper")


def backtest() -> None:
    """Skill by horizon with intervals, and transforms of outcomes, from the stored scores."""
    scores = evidence("backtest")
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    models = ("critmin, widened", "combined", "local level", "pooled AR(1)", "walk from year end")
    for i, model in enumerate(models):
        table = skill(scores, model)
        place = np.arange(len(table)) + (i - 2) * 0.13
        low, high = (100 * (table[c] - table["skill"]) for c in ("5%", "95%"))
        left.errorbar(
            place, 100 * table["skill"], yerr=np.array([-low, high]), fmt="o", ms=4, label=model
        )
    left.set_xticks(range(len(table)), table.index)
    left.axhline(0, color="0.4", lw=1)
    left.set(xlabel="years ahead", ylabel="CRPS skill against the random walk, %")
    left.legend(frameon=False, fontsize=8, ncols=2, loc="upper center")
    left.set_ylim(top=45)
    for model, color in (("critmin, widened", "#1b6f5f"), ("combined", "#b5541c")):
        pit = scores.loc[scores["model"] == model, "pit"]
        right.hist(
            pit, bins=20, range=(0, 1), density=True, histtype="step", color=color, label=model
        )
    right.axhline(1, color="0.4", lw=1)
    right.set(xlabel="probability integral transform, out of sample, all horizons", yticks=[])
    right.legend(frameon=False, fontsize=8, loc="upper center")
    figure.savefig(TARGET / "backtest.png", dpi=80, metadata={"Software": None})


def events() -> None:
    """Price after past controls: as it happened, and as forecast with and without them."""
    table = evidence("events")
    figure = Figure(figsize=(9, 5), layout="constrained")
    ax = figure.subplots()
    place = np.arange(len(table))[::-1]
    ax.hlines(place, table["low"], table["high"], color="#1b6f5f", lw=5, alpha=0.3)
    ax.plot(
        table["with"], place, "|", ms=12, color="#1b6f5f", label="forecast with the control, 90%"
    )
    ax.plot(table["without"], place, "|", ms=12, color="0.5", label="forecast without")
    ax.plot(table["happened"], place, "o", color="#b5541c", label="happened")
    names = [f"{e} ({y})" for e, y in zip(table["event"], table["year"], strict=True)]
    ax.set_yticks(place, names, fontsize=8)
    ax.set_xscale("log")
    ax.set_xticks([0.5, 0.7, 1, 1.4, 2], ["0.5", "0.7", "1", "1.4", "2"])
    ax.minorticks_off()
    ax.set_xlabel("real price over that of the year before the control")
    figure.legend(frameon=False, fontsize=8, ncols=3, loc="outside upper center")
    figure.savefig(TARGET / "events.png", dpi=80, metadata={"Software": None})


def flows() -> None:
    """Who sells copper to whom, and lithium as bars for print."""
    for mineral, kind in (("copper", "flow"), ("lithium", "bars")):
        figure = Figure(figsize=(9, 6.5), layout="constrained")
        plot_flows(mineral, 2024, ax=figure.subplots(), kind=kind)
        name = f"{mineral}-trade.png"
        figure.savefig(TARGET / name, dpi=65, metadata={"Software": None})


def main() -> None:
    """Draw one picture a mineral, a cost curve, a scenario, trade, the backtest and past controls."""
    TARGET.mkdir(parents=True, exist_ok=True)
    backtest()
    events()
    flows()
    for mineral in MINERALS:
        figure = Figure(figsize=(9, 5), layout="constrained")
        fair_price(mineral, unit="quoted").plot(ax=figure.subplots())
        figure.savefig(TARGET / f"{mineral}.png", dpi=90, metadata={"Software": None})
    figure = Figure(figsize=(9, 5), layout="constrained")
    cost_curve("nickel").plot(ax=figure.subplots())
    figure.savefig(TARGET / "nickel-costs.png", dpi=90, metadata={"Software": None})
    figure = Figure(figsize=(14, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    control = forecast("cobalt", 15, scenario=gallery()["cobalt-quota"])
    control.plot(ax=left)
    control.plot_supply(ax=right)
    figure.savefig(TARGET / "cobalt-quota.png", dpi=70, metadata={"Software": None})


if __name__ == "__main__":
    main()
