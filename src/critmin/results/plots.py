"""Pictures of results, with matplotlib."""

from typing import TYPE_CHECKING

import numpy as np

from critmin.data.countries import ROW
from critmin.internal.checks import Prob, check_probabilities
from critmin.internal.extras import extras
from critmin.internal.tables import interval_bounds, quantile_label
from critmin.mineral import get_mineral
from critmin.results import style
from critmin.results.paid import paid_on_both_sides
from critmin.results.sides import PRICE_LOOKS

with extras():
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    import pandas as pd

    from critmin.results.buyers import Exposure
    from critmin.results.cost_curves import CostCurve
    from critmin.results.fair_prices import FairPrice
    from critmin.results.forecasts import Forecast
    from critmin.results.producers import ProducerRevenue
    from critmin.results.risks import Risk

HISTORY_YEARS = 45


def plot_fair_price(price: "FairPrice", *, ax: Axes | None = None, prob: Prob = (0.5, 0.9)) -> Axes:
    """Draw what was paid, and the fans of the market and the fair price from the origin on.

    Parameters
    ----------
    price : FairPrice
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float or several
        Probabilities of the equal-tailed bands, which the title names.

    Returns
    -------
    Axes
        With a logarithmic scale of prices: equal distances are equal ratios. Prices inside a fence and
        of the unlicensed tonne are lines, where the draws hold them.
    """
    levels = check_probabilities(prob)
    ax = style.new_axes(ax)
    history = price.history.tail(HISTORY_YEARS)
    _past(history, ax)
    years = price.draws["year"].values
    origin = int(history.index[-1])
    ends = []
    for name, (color, label) in PRICE_LOOKS.items():
        if name not in price.draws:
            continue
        values = price.draws[name].transpose("sample", "year").values
        path = {"market_price": "market", "fair_price": "fair"}.get(name)
        if path is None:
            ax.plot(years, np.median(values, axis=0), color=color, lw=1.5, ls="--")
        else:
            start = history.iloc[-1]
            for level in reversed(levels):
                sides = interval_bounds(level)
                low, high = (
                    # History keeps the quantiles of 50% and 90% only; others start at its median.
                    [start.get(f"{path} {quantile_label(side)}", start[f"{path} 50%"]), *row]
                    for side, row in zip(sides, np.quantile(values, sides, axis=0), strict=True)
                )
                style.fan(ax, [origin, *years], [(np.array(low), np.array(high))], color)
            median = [start[f"{path} 50%"], *np.median(values, axis=0)]
            ax.plot([origin, *years], median, color=color, lw=2)
        ends.append((years[-1] + 0.6, float(np.median(values[:, -1])), label, color))
    about = get_mineral(price.mineral)
    said = style.words(levels)
    ax.set_title(f"{about.title}: market and fair price, medians and bands of {said}", loc="left")
    style.name_unit(ax, price.units)
    style.log_axis(ax)
    style.room_right(ax, float(years[-1]), 0.16)
    ax.axvline(origin + 0.5, color="0.6", lw=0.8, ls=(0, (2, 2)))
    style.label_ends(ax, ends)
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    return ax


def _past(history: "pd.DataFrame", ax: Axes) -> None:
    """What was paid, and the fair price of history with its band."""
    years = history.index
    paid = history["market 50%"].where(history["observed"].notna())
    ax.plot(years, paid, color=style.OBSERVED, lw=1.3)
    ax.plot(years, history["observed"], color=style.OBSERVED, ls="", marker=".", ms=4)
    ax.plot(years, history["fair 50%"], color=style.FAIR, lw=1.2, ls=":")
    ax.fill_between(
        years, history["fair 5%"], history["fair 95%"], color=style.FAIR, alpha=0.12, lw=0
    )
    ax.plot([], [], color=style.OBSERVED, marker=".", label="paid (dots: as reported)")
    ax.plot([], [], color=style.FAIR, ls=":", label="fair price in the past, median and 90%")


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
    ax = style.new_axes(ax)
    level = check_probabilities(prob)[-1]
    table = curve.summary(level)
    low, high = map(quantile_label, interval_bounds(level))
    edges = np.concatenate([[0.0], table["cumulative_capacity"].to_numpy()])
    ax.stairs(
        table[high], edges, baseline=table[low], fill=True, color=style.FAIR, alpha=style.BAND, lw=0
    )
    ax.stairs(table["median"], edges, baseline=None, color=style.FAIR, lw=2)
    total = edges[-1]
    ceiling = float(table[high].max())
    least = 0.03 * max(1.0, 7 / style.inches(ax))
    for (code, row), left in zip(table.iterrows(), edges, strict=False):
        if row["capacity"] > least * total:
            at = left + row["capacity"] / 2
            ax.text(at, row[high] + 0.015 * ceiling, str(code), ha="center", fontsize=8)
    marginal = float(curve.draws["marginal_cost"].median())
    ax.axhline(marginal, color=style.MARKET, ls="--", lw=1.2)
    about = get_mineral(curve.mineral)
    ax.set_title(
        f"{about.title}: full cost by producer in {curve.year}, median and {level:.0%} band",
        loc="left",
    )
    ax.set_xlabel(f"cumulative capacity, {curve.draws['capacity'].attrs['words']}")
    style.name_unit(ax, curve.draws["cost"].attrs["words"])
    ax.yaxis.set_major_formatter(style.plain)
    ax.xaxis.set_major_formatter(style.plain)
    ax.xaxis.set_major_locator(MaxNLocator(max(3, round(1.2 * style.inches(ax)))))
    ax.set_xlim(0, total)
    ax.set_ylim(0, 1.1 * ceiling)
    ax.annotate(
        "marginal\nproducer",
        (1.01, marginal),
        xycoords=("axes fraction", "data"),
        color=style.MARKET,
        fontsize=style.LABEL,
        va="center",
    )
    return ax


def plot_forecast(forecast: "Forecast", *, ax: Axes | None = None, prob: Prob = (0.5, 0.9)) -> Axes:
    """Draw the fans of the market and the fair price.

    Parameters
    ----------
    forecast : Forecast
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float or several
        Probabilities of the equal-tailed bands; of the fair price's the widest is outlined.

    Returns
    -------
    Axes
        Behind a fence with dots of what was paid on both sides at one time, where such pairs are known
        (`critmin.results.paid.paid_on_both_sides`).
    """
    levels = check_probabilities(prob)
    ax = style.new_axes(ax)
    draws = forecast.draws
    years = draws["year"].values
    ends = []
    for name, (color, label) in PRICE_LOOKS.items():
        if name not in draws:
            continue
        values = draws[name].transpose("sample", "year").values
        bounds = [np.quantile(values, interval_bounds(p), axis=0) for p in levels[::-1]]
        if name == "market_price":
            style.fan(ax, years, [(low, high) for low, high in bounds], color)
        elif name == "fair_price":
            for side in bounds[0]:
                ax.plot(years, side, color=color, lw=0.9, ls=":")
        median = np.median(values, axis=0)
        dashes = "-" if name == "market_price" else "--"
        ax.plot(years, median, color=color, lw=2, ls=dashes, label=f"{label}, median")
        ends.append((years[-1] + 0.15, float(median[-1]), label, color))
    _paid(forecast, ax)
    about = get_mineral(forecast.mineral)
    said = style.words(levels)
    ax.set_title(f"{about.title}, {forecast.scenario.name}: medians, bands of {said}", loc="left")
    style.name_unit(ax, forecast.units)
    style.log_axis(ax)
    if len(years) > 1:
        style.room_right(ax, float(years[-1]), 0.16)
    style.label_ends(ax, ends)
    return ax


def _paid(forecast: "Forecast", ax: Axes) -> None:
    """Dots of what was paid on both sides of the fence, where pairs are known."""
    pairs = paid_on_both_sides(forecast)
    asks = pairs["kind"] == "ask"
    for name, rows, column, label in (
        ("market_price", pairs[~asks], "outside", "paid outside"),
        ("marginal_price", pairs[asks], "outside", "asked outside"),
        ("inside_price", pairs, "inside", "paid inside"),
    ):
        if len(rows):
            color, _ = PRICE_LOOKS[name]
            ax.plot(rows["date"], rows[column], color=color, ls="", marker="o", ms=4, label=label)
    if len(pairs):
        handles = [line for line in ax.get_lines() if line.get_marker() == "o"]
        ax.legend(handles=handles, frameon=False, fontsize=8, loc="upper left")


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
    Means add up, medians do not. The largest countries come first from below; the names of small ones
    are left out.
    """
    level = check_probabilities(prob)[-1]
    ax = style.new_axes(ax)
    supply = forecast.draws["supply"]
    years = supply["year"].values
    mean = supply.mean("sample").transpose("country", "year")
    mean = mean.isel(country=np.argsort(-mean.mean("year").values, kind="stable"))
    colors = [
        style.GREY if code == ROW or i >= len(style.CYCLE) else style.CYCLE[i]
        for i, code in enumerate(mean["country"].values)
    ]
    names = [str(name) for name in mean["name"].values]
    ax.stackplot(years, mean.values, labels=names, colors=colors, edgecolor="white", lw=0.5)
    whole = supply.sum("country").transpose("sample", "year").values
    bounds = np.quantile(whole, interval_bounds(level), axis=0)
    for side in bounds:
        ax.plot(years, side, color=style.OBSERVED, lw=1, ls=":")
    top = float(bounds[1].max())
    about = get_mineral(forecast.mineral)
    ax.set_title(
        f"{about.title}, {forecast.scenario.name}: mean supply by country; dots: {level:.0%} of the sum",
        loc="left",
    )
    style.name_unit(ax, supply.attrs["words"])
    ax.yaxis.set_major_formatter(style.plain)
    ax.set_ylim(0, 1.05 * top)
    ax.margins(x=0)
    if len(years) > 1:
        style.room_right(ax, float(years[-1]), 0.2)
    upto = mean.values[:, -1].cumsum()
    ends = [
        (years[-1] + 0.15, float(edge - part / 2), name, "0.2")
        for edge, part, name in zip(upto, mean.values[:, -1], names, strict=True)
        if part > 0.025 * top
    ]
    style.label_ends(ax, ends)
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
    ax = style.new_axes(ax)
    table = risk.summary(level).iloc[::-1]
    low, high = map(quantile_label, interval_bounds(level))
    rows = np.arange(len(table))
    ax.hlines(rows, table[low], table[high], color=style.MARKET, alpha=0.4, lw=5)
    ax.plot(table["probability"], rows, color=style.MARKET, ls="", marker="o")
    ax.set_yticks(rows, table["name"])
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel(f"probability within {risk.horizon} years")
    about = get_mineral(risk.mineral)
    ax.set_title(f"{about.title}: new export restriction, mean and {level:.0%} band", loc="left")
    ax.grid(visible=False, axis="y")
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
    ax = style.new_axes(ax)
    paid = exposure.draws["price"].transpose("sample", "year")
    years = paid["year"].values
    for level in reversed(levels):
        low, high = np.quantile(paid.values, interval_bounds(level), axis=0)
        style.fan(ax, years, [(low, high)], style.MARKET)
    median = np.median(paid.values, axis=0)
    ax.plot(years, median, color=style.MARKET, lw=2)
    about = get_mineral(exposure.mineral)
    ax.set_title(
        f"{about.title} for {exposure.buyer}: median and bands of {style.words(levels)}", loc="left"
    )
    style.name_unit(ax, exposure.units)
    style.log_axis(ax)
    if len(years) > 1:
        style.room_right(ax, float(years[-1]), 0.16)
    style.label_ends(ax, [(years[-1] + 0.15, float(median[-1]), "price paid", style.MARKET)])
    return ax


def plot_producer_revenue(
    revenue: "ProducerRevenue", *, ax: Axes | None = None, prob: Prob = 0.9
) -> Axes:
    """Draw what exports earn at each level of a quota or duty, against none.

    Parameters
    ----------
    revenue : ProducerRevenue
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float
        Probability of the equal-tailed band; of several the widest.

    Returns
    -------
    Axes
    """
    level = check_probabilities(prob)[-1]
    ax = style.new_axes(ax)
    change = revenue.summary(level)["change"]
    at = 100 * change.index.to_numpy()
    low, high = map(quantile_label, interval_bounds(level))
    ax.fill_between(at, change[low], change[high], color=style.MARKET, alpha=style.BAND, lw=0)
    ax.plot(at, change["median"], color=style.MARKET, lw=2, label="median")
    ax.plot(at, change["mean"], color=style.MARKET, lw=1.2, ls=":", label="sum over draws")
    ax.axhline(0, color="0.6", lw=0.8)
    what = {"withheld": "share of exports withheld", "duty": "rate of duty"}[revenue.policy]
    ax.set_xlabel(f"{what}, %")
    ax.set_ylabel("exports' value against none, %")
    about = get_mineral(revenue.mineral)
    ax.set_title(
        f"{about.title}, {revenue.country}: what exports earn, median and {level:.0%} band",
        loc="left",
    )
    ax.legend(frameon=False, fontsize=8, loc="upper right")
    return ax
