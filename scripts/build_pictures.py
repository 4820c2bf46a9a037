"""Draw the pictures of the README and of docs/pictures from the built-in posterior.

Usage: uv run python scripts/build_pictures.py
"""

import itertools
from pathlib import Path

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from critmin import cost_curve, fair_price, forecast
from critmin.audit.backtesting.comparison import skill
from critmin.audit.reporting.evidence import evidence
from critmin.contracts import gallery as deals
from critmin.data import load_panel
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


def price_quality() -> None:
    """What stands behind each price: minerals by year, coloured by class; breaks as lines."""
    panel = load_panel().sel(year=slice(1960, None))
    colours = {
        "exchange": "#1b4f72",
        "assessment": "#2e9e8f",
        "unit_value": "#e3b23c",
        "list_price": "#b5541c",
    }
    kinds = panel["price_class"].values
    index = np.full(kinds.shape, np.nan)
    for code, kind in enumerate(colours):
        index[kinds == kind] = code
    years = panel["year"].values
    figure = Figure(figsize=(11, 13), layout="constrained")
    ax = figure.subplots()
    edges = np.arange(len(colours) + 1) - 0.5
    ax.pcolormesh(
        years,
        np.arange(len(index)),
        index,
        cmap=ListedColormap([*colours.values()]),
        norm=BoundaryNorm(edges, len(colours)),
        edgecolors="white",
        linewidth=0.4,
    )
    basis = panel["price_basis"].values
    for row, line in enumerate(basis):
        known = np.flatnonzero(line >= 0)
        for before, after in itertools.pairwise(known):
            if line[before] != line[after]:
                middle = (years[before] + years[after]) / 2
                ax.plot([middle, middle], [row - 0.5, row + 0.5], color="black", lw=2)
    counts = panel["price"].notnull().sum("year").values
    names = [f"{m} ({n})" for m, n in zip(panel["mineral"].values, counts, strict=True)]
    ax.set_yticks(np.arange(len(index)), names, fontsize=8)
    ax.invert_yaxis()
    ax.set_xticks(np.arange(1960, years[-1] + 1, 5))
    ax.tick_params(top=True, labeltop=True)
    labels = ("exchange", "assessment", "unit value", "list price")
    patches = [Patch(color=c, label=n) for c, n in zip(colours.values(), labels, strict=True)]
    patches.append(Line2D([], [], color="black", lw=2, label="break between bases"))
    figure.legend(handles=patches, ncols=5, frameon=False, loc="outside upper center")
    figure.savefig(TARGET / "price-quality.png", dpi=75, metadata={"Software": None})


def contracts() -> None:
    """Where both sides of a nickel contract gain, and what a state's floor does to a seller's price."""
    for name, result in (
        ("contract-zone", deals()["nickel-auto"].zone()),
        ("contract-value", deals()["ndpr-state-floor"].value()),
    ):
        figure = Figure(figsize=(9, 5), layout="constrained")
        result.plot(ax=figure.subplots())
        figure.savefig(TARGET / f"{name}.png", dpi=90, metadata={"Software": None})


def main() -> None:
    """Draw one picture a mineral, a cost curve, a scenario, backtest, past controls, trade, contracts."""
    TARGET.mkdir(parents=True, exist_ok=True)
    backtest()
    events()
    flows()
    price_quality()
    contracts()
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
