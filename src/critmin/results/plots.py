"""Pictures of results, with matplotlib."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from critmin.internal.checks import Prob, check_probabilities
from critmin.internal.tables import quantile_label
from critmin.mineral import get_mineral
from critmin.results.sides import TITLES

if TYPE_CHECKING:
    import xarray as xr

    from critmin.results.buyers import Exposure
    from critmin.results.cost_curves import CostCurve
    from critmin.results.fair_prices import FairPrice
    from critmin.results.forecasts import Forecast
    from critmin.results.risks import Risk

FAIR, MARKET, OBSERVED = "#1b6f5f", "#b5541c", "#222222"
INSIDE, MARGINAL = "#3a5ba0", "#8a4f9e"
HISTORY_YEARS = 45


def _draw_sides(ax: Axes, draws: "xr.Dataset") -> None:
    """Medians of what the unlicensed tonne and a tonne behind the fence cost, where there is a fence."""
    for name, color in (("marginal_price", MARGINAL), ("inside_price", INSIDE)):
        if name in draws:
            median = draws[name].median("sample")
            ax.plot(median["year"], median, color=color, lw=1.6, ls="--", label=TITLES[name])


def plot_fair_price(price: "FairPrice", *, ax: Axes | None = None, prob: Prob = (0.5, 0.9)) -> Axes:
    """Draw what was paid, and the fans of the market and the fair price from the origin on.

    Parameters
    ----------
    price : FairPrice
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float or several
        Probabilities of the equal-tailed bands, which are named in the legend.

    Returns
    -------
    Axes
        With a logarithmic scale of prices: equal distances are equal ratios.
    """
    levels = check_probabilities(prob)
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    history = price.history.tail(HISTORY_YEARS)
    ax.plot(history.index, history["market 50%"].where(history["observed"].notna()), color=OBSERVED)
    ax.plot(history.index, history["observed"], color=OBSERVED, ls="", marker=".", ms=4)
    ax.plot(history.index, history["fair 50%"], color=FAIR, lw=1.2, ls=":")
    ax.fill_between(
        history.index, history["fair 5%"], history["fair 95%"], color=FAIR, alpha=0.12, lw=0
    )
    years = price.draws["year"].values
    origin = int(history.index[-1])
    for name, color, label in (
        ("market_price", MARKET, "market price"),
        ("fair_price", FAIR, "fair price"),
    ):
        values = price.draws[name].transpose("sample", "year").values
        path = "market" if name == "market_price" else "fair"
        start = history.iloc[-1]
        for level in reversed(levels):
            sides = ((1 - level) / 2, (1 + level) / 2)
            low, high = (
                # History keeps the quantiles of 50% and 90% only; other bands start at its median.
                [start.get(f"{path} {quantile_label(side)}", start[f"{path} 50%"]), *row]
                for side, row in zip(sides, np.quantile(values, sides, axis=0), strict=True)
            )
            ax.fill_between([origin, *years], low, high, color=color, alpha=0.16, lw=0)
        median = [start[f"{path} 50%"], *np.median(values, axis=0)]
        ax.plot([origin, *years], median, color=color, lw=2, label=f"{label}, median")
    _draw_sides(ax, price.draws)
    shown = " and ".join(f"{level:.0%}" for level in levels)
    about = get_mineral(price.mineral)
    ax.set_title(f"{about.title}: market and fair price, bands of {shown}", loc="left")
    ax.set_ylabel(price.units)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    ax.yaxis.set_minor_formatter(lambda value, _: f"{value:,.6g}")
    ax.tick_params(axis="y", which="minor", labelsize=7)
    ax.plot([], [], color=OBSERVED, marker=".", label="paid (dots: as reported)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.plot([], [], color=FAIR, ls=":", label="fair price in the past, median and 90%")
    ax.axvline(origin, color="0.7", lw=0.8)
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=8, loc="best")
    return ax


def plot_cost_curve(curve: "CostCurve", *, ax: Axes | None = None, prob: Prob = 0.9) -> Axes:
    """Draw unit cost against cumulative capacity, one step a producer country.

    Parameters
    ----------
    curve : CostCurve
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float
        Probability of the equal-tailed bands; of several the widest.

    Returns
    -------
    Axes
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    level = check_probabilities(prob)[-1]
    table = curve.summary(level)
    low, high = (quantile_label(side) for side in ((1 - level) / 2, (1 + level) / 2))
    edges = np.concatenate([[0.0], table["cumulative_capacity"].to_numpy()])
    ax.stairs(table[high], edges, baseline=table[low], fill=True, color=FAIR, alpha=0.2, lw=0)
    ax.stairs(table["median"], edges, baseline=None, color=FAIR, lw=2)
    total = edges[-1]
    ceiling = float(table[high].max())
    for (code, row), left in zip(table.iterrows(), edges, strict=False):
        if row["capacity"] > 0.03 * total:
            ax.text(left + row["capacity"] / 2, 1.02 * ceiling, str(code), ha="center", fontsize=8)
    marginal = float(curve.draws["marginal_cost"].median())
    ax.axhline(marginal, color=MARKET, ls="--", lw=1, label="marginal producer, median")
    about = get_mineral(curve.mineral)
    ax.set_title(
        f"{about.title}: full cost by producer in {curve.year}, bands of {level:.0%}", loc="left"
    )
    ax.set_xlabel(f"cumulative capacity, {curve.draws['capacity'].attrs['words']}")
    ax.set_ylabel(curve.draws["cost"].attrs["words"])
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    ax.set_xlim(0, total)
    ax.set_ylim(0, 1.1 * ceiling)
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    return ax


def plot_forecast(forecast: "Forecast", *, ax: Axes | None = None, prob: Prob = (0.5, 0.9)) -> Axes:
    """Draw the fan of the market price and the median of the fair price.

    Parameters
    ----------
    forecast : Forecast
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float or several
        Probabilities of the equal-tailed bands.

    Returns
    -------
    Axes
    """
    levels = check_probabilities(prob)
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    draws = forecast.draws
    years = draws["year"].values
    market = draws["market_price"].transpose("sample", "year").values
    for level in reversed(levels):
        low, high = np.quantile(market, [(1 - level) / 2, (1 + level) / 2], axis=0)
        ax.fill_between(years, low, high, color=MARKET, alpha=0.18, lw=0)
    ax.plot(years, np.median(market, axis=0), color=MARKET, lw=2, label="market price, median")
    fair = draws["fair_price"].median("sample").values
    ax.plot(years, fair, color=FAIR, lw=1.5, ls="--", label="fair price, median")
    _draw_sides(ax, forecast.draws)
    shown = " and ".join(f"{level:.0%}" for level in levels)
    about = get_mineral(forecast.mineral)
    ax.set_title(f"{about.title}, {forecast.scenario.name}: bands of {shown}", loc="left")
    ax.set_ylabel(draws["market_price"].attrs["words"])
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_supply(forecast: "Forecast", *, ax: Axes | None = None, prob: Prob = 0.9) -> Axes:
    """Draw the mean supply stacked by country, with the band of the whole.

    Parameters
    ----------
    forecast : Forecast
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float
        Probability of the equal-tailed band of world supply.

    Returns
    -------
    Axes

    Notes
    -----
    Means add up, medians do not.
    """
    level = check_probabilities(prob)[-1]
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    supply = forecast.draws["supply"]
    years = supply["year"].values
    mean = supply.mean("sample").transpose("country", "year")
    colors = plt.get_cmap("tab20")(np.arange(len(mean)) % 20)
    ax.stackplot(years, mean.values, labels=mean["name"].values, colors=colors, alpha=0.85)
    whole = supply.sum("country").transpose("sample", "year").values
    low, high = np.quantile(whole, [(1 - level) / 2, (1 + level) / 2], axis=0)
    ax.plot(years, low, color=OBSERVED, lw=1, ls=":")
    ax.plot(years, high, color=OBSERVED, lw=1, ls=":", label=f"world, {level:.0%} band")
    about = get_mineral(forecast.mineral)
    ax.set_title(f"{about.title}, {forecast.scenario.name}: mean supply by country", loc="left")
    ax.set_ylabel(supply.attrs["words"])
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(0, None)
    ax.legend(frameon=False, fontsize=7, ncols=2, loc="upper left")
    return ax


def plot_risk(risk: "Risk", *, ax: Axes | None = None, prob: Prob = 0.9) -> Axes:
    """Draw the probability of a new restriction by country, likeliest first.

    Parameters
    ----------
    risk : Risk
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float
        Probability of the equal-tailed intervals; of several the widest.

    Returns
    -------
    Axes
    """
    level = check_probabilities(prob)[-1]
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    table = risk.summary(level).iloc[::-1]
    low, high = (quantile_label(side) for side in ((1 - level) / 2, (1 + level) / 2))
    rows = np.arange(len(table))
    ax.hlines(rows, table[low], table[high], color=MARKET, alpha=0.4, lw=5)
    ax.plot(table["probability"], rows, color=MARKET, ls="", marker="o")
    ax.set_yticks(rows, table["name"])
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    about = get_mineral(risk.mineral)
    ax.set_title(
        f"{about.title}: new export restriction within {risk.horizon} years, mean and {level:.0%}",
        loc="left",
    )
    ax.grid(alpha=0.25, axis="x")
    return ax


def plot_exposure(exposure: "Exposure", *, ax: Axes | None = None, prob: Prob = (0.5, 0.9)) -> Axes:
    """Draw the price that a buyer pays.

    Parameters
    ----------
    exposure : Exposure
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float or several
        Probabilities of the equal-tailed bands.

    Returns
    -------
    Axes
    """
    levels = check_probabilities(prob)
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    paid = exposure.draws["price"].transpose("sample", "year")
    years = paid["year"].values
    for level in reversed(levels):
        low, high = np.quantile(paid.values, [(1 - level) / 2, (1 + level) / 2], axis=0)
        ax.fill_between(years, low, high, color=MARKET, alpha=0.18, lw=0)
    ax.plot(years, np.median(paid.values, axis=0), color=MARKET, lw=2, label="price paid, median")
    shown = " and ".join(f"{level:.0%}" for level in levels)
    about = get_mineral(exposure.mineral)
    ax.set_title(f"{about.title} for {exposure.buyer}: bands of {shown}", loc="left")
    ax.set_ylabel(exposure.units)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=8)
    return ax
