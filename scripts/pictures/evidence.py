"""Pictures of the evidence: what stands behind a price, and how forecasts did."""

import itertools

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from critmin.audit.backtesting.comparison import skill
from critmin.audit.reporting.evidence import USED, evidence
from critmin.data import load_panel
from critmin.results import style
from pictures import picture


@picture("Skill out of sample", "Evidence", (12, 4))
def backtest(figure: Figure) -> None:
    """CRPS skill by horizon with block bootstrap intervals, and where outcomes fell."""
    scores = evidence("backtest")
    left, right = (style.new_axes(ax) for ax in figure.subplots(1, 2))
    models = (USED, "combined", "local level", "pooled AR(1)", "walk from year end")
    for i, model in enumerate(models):
        table = skill(scores, model)
        place = np.arange(len(table)) + (i - 2) * 0.13
        low, high = (100 * (table[c] - table["skill"]) for c in ("5%", "95%"))
        left.errorbar(
            place,
            100 * table["skill"],
            yerr=np.array([-low, high]),
            fmt="osDv^"[i],
            ms=4,
            color=style.CYCLE[i],
            label=model,
        )
    left.set_xticks(range(len(table)), table.index)
    left.axhline(0, color="0.4", lw=1)
    left.set(xlabel="years ahead", ylabel="CRPS skill against the random walk, %")
    left.legend(frameon=False, fontsize=8, ncols=2, loc="upper center")
    left.set_ylim(top=45)
    for model, color in ((USED, style.FAIR), ("combined", style.MARKET)):
        pit = scores.loc[scores["model"] == model, "pit"]
        right.hist(
            pit, bins=20, range=(0, 1), density=True, histtype="step", color=color, label=model
        )
    right.axhline(1, color="0.4", lw=1)
    right.set(xlabel="probability integral transform, out of sample, all horizons", yticks=[])
    right.legend(frameon=False, fontsize=8, loc="upper center")


@picture("What stands behind each price", "Evidence", (11, 13))
def price_quality(figure: Figure) -> None:
    """Minerals by year, coloured by class of price; breaks between bases as lines."""
    panel = load_panel().sel(year=slice(1960, None))
    colours = {
        "exchange": "#0072b2",
        "assessment": "#009e73",
        "unit_value": "#e69f00",
        "list_price": "#d55e00",
    }
    kinds = panel["price_class"].values
    index = np.full(kinds.shape, np.nan)
    for code, kind in enumerate(colours):
        index[kinds == kind] = code
    years = panel["year"].values
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
