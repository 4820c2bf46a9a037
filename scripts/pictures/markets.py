"""Pictures of prices, costs, scenarios, risk, trade and contracts."""

import numpy as np
from matplotlib.figure import Figure

import critmin
from critmin import cost_curve, disruption_risk, fair_price, forecast
from critmin.contracts import Project
from critmin.contracts import gallery as deals
from critmin.contracts.plots import plot_cover
from critmin.results import style
from critmin.results.flow_plots import plot_flows
from critmin.results.sweeping import compare
from critmin.scenario import gallery
from pictures import picture


@picture("Gallium: market and fair price", "Prices")
def gallium(figure: Figure) -> None:
    """What was paid, and what will be, with and without distortions, as the market quotes it."""
    fair_price("gallium", unit="quoted").plot(ax=figure.subplots())


@picture("Nickel: market and fair price", "Prices")
def nickel(figure: Figure) -> None:
    """A state carries part of the cost of the largest producer."""
    fair_price("nickel", unit="quoted").plot(ax=figure.subplots())


@picture("Lithium: market and fair price", "Prices")
def lithium(figure: Figure) -> None:
    """A market that doubles and halves: wide bands."""
    fair_price("lithium", unit="quoted").plot(ax=figure.subplots())


@picture("Cobalt: market and fair price", "Prices")
def cobalt(figure: Figure) -> None:
    """A quota in force at the origin, which ends at the rates of the record."""
    fair_price("cobalt", unit="quoted").plot(ax=figure.subplots())


@picture("Dysprosium: market and fair price", "Prices")
def dysprosium(figure: Figure) -> None:
    """A mineral with few prices leans on its group."""
    fair_price("dysprosium", unit="quoted").plot(ax=figure.subplots())


@picture("Copper: market and fair price", "Prices")
def copper(figure: Figure) -> None:
    """A large open market: both prices are near each other."""
    fair_price("copper", unit="quoted").plot(ax=figure.subplots())


@picture("Dysprosium in yen", "Prices")
def dysprosium_in_yen(figure: Figure) -> None:
    """Any currency, any unit of mass, real or nominal."""
    fair_price("dysprosium", 10, unit="quoted", currency="JPY").plot(ax=figure.subplots(), prob=0.8)


@picture("Contact sheet of all minerals", "Prices", (14, 22))
def contact_sheet(figure: Figure) -> None:
    """Market and fair price of every mineral: medians and bands of 90%, history in black."""
    names = list(critmin.minerals().index)
    found = fair_price(names)
    axes = figure.subplots(-(-len(names) // 6), 6).ravel()
    for ax, name in zip(axes, names, strict=False):
        price = found[name]
        history, years = price.history.tail(30), price.draws["year"].values
        ax.plot(history.index, history["observed"], color=style.OBSERVED, lw=1)
        for quantity, color in (("market_price", style.MARKET), ("fair_price", style.FAIR)):
            low, middle, high = np.quantile(price.draws[quantity], [0.05, 0.5, 0.95], axis=0)
            style.fan(ax, years, [(low, high)], color)
            ax.plot(years, middle, color=color, lw=1.2)
        ax.set_yscale("log")
        ax.set_title(name.replace("_", " "), fontsize=9, loc="left")
        ax.tick_params(which="both", left=False, labelleft=False, labelsize=6)
        ax.minorticks_off()
        ax.spines[["top", "right", "left"]].set_visible(False)
    for ax in axes[len(names) :]:
        ax.axis("off")
    figure.suptitle("Market (vermilion) and fair price (green), logarithmic scales of their own")


@picture("Where the two prices differ", "Prices", (9, 9))
def distortions(figure: Figure) -> None:
    """Market over fair price in five years: the forty minerals whose medians differ most."""
    found = fair_price(list(critmin.minerals().index), 5)
    rows = {}
    for name, price in found.items():
        ratio = (price.draws["market_price"] / price.draws["fair_price"]).isel(year=-1)
        rows[name] = np.quantile(ratio, [0.05, 0.5, 0.95])
    chosen = sorted(rows, key=lambda name: -abs(np.log(rows[name][1])))[:40]
    chosen.sort(key=lambda name: -rows[name][1])
    ax = style.new_axes(figure.subplots())
    low, middle, high = np.array([rows[name] for name in chosen]).T
    place = np.arange(len(chosen))
    ax.hlines(place, low, high, color=style.MARKET, alpha=0.35, lw=4)
    ax.plot(middle, place, "o", color=style.MARKET, ms=4)
    ax.axvline(1, color="0.4", lw=1)
    style.log_axis(ax, "x")
    ax.set_yticks(place, [name.replace("_", " ") for name in chosen], fontsize=8)
    ax.set_xlabel("market over fair price in the fifth year, median and 90% band")


@picture("What a fair price is made of", "Costs", (9, 5))
def parts_of_the_price(figure: Figure) -> None:
    """Means of the parts add up; scarcity is what the fair price is above the full cost."""
    price = fair_price("gallium", unit="quoted")
    parts = price.decompose().mean("sample")
    ax = style.new_axes(figure.subplots())
    years = parts["year"].values
    upto = np.zeros(len(years))
    ends = []
    for color, name in zip(style.CYCLE, parts["component"].values, strict=False):
        part = parts.sel(component=name).values
        ax.fill_between(years, upto, upto + part, color=color, edgecolor="white", lw=0.5)
        ends.append((years[-1] + 0.15, upto[-1] + part[-1] / 2, str(name), "0.2"))
        upto = upto + part
    ax.set_ylim(0, None)
    ax.margins(x=0)
    style.name_unit(ax, f"Gallium, mean, {price.units}")
    ax.yaxis.set_major_formatter(style.plain)
    style.room_right(ax, float(years[-1]))
    style.label_ends(ax, ends)


@picture("Nickel: cost by producer country", "Costs")
def nickel_costs(figure: Figure) -> None:
    """Full cost, capital included, against cumulative capacity."""
    cost_curve("nickel").plot(ax=figure.subplots())


@picture("Lithium: cost by producer country", "Costs")
def lithium_costs(figure: Figure) -> None:
    """Brine and rock."""
    cost_curve("lithium", unit="kg").plot(ax=figure.subplots())


@picture("Copper: what cost is made of, by country", "Costs")
def copper_cost_stack(figure: Figure) -> None:
    """Medians of the components, the ten largest producers, cheapest first."""
    curve = cost_curve("copper")
    largest = curve.summary()["capacity"].nlargest(10).index
    table = curve.components()["median"].unstack()
    table = table.loc[[code for code in curve.summary().index if code in largest]]
    ax = style.new_axes(figure.subplots())
    start = np.zeros(len(table))
    for color, (name, values) in zip(style.CYCLE, table.items(), strict=False):
        ax.barh(table.index[::-1], values[::-1], left=start[::-1], color=color, label=str(name))
        start = start + values.to_numpy()
    ax.xaxis.set_major_formatter(style.plain)
    ax.set_xlabel(curve.units)
    ax.grid(visible=False, axis="y")
    figure.legend(frameon=False, ncols=5, loc="outside upper center")


@picture("Cobalt under a quota: the price", "Scenarios")
def cobalt_quota_price(figure: Figure) -> None:
    """The quota of the Congo for five years."""
    forecast("cobalt", 15, scenario=gallery()["cobalt-quota"]).plot(ax=figure.subplots())


@picture("Cobalt under a quota: supply by country", "Scenarios")
def cobalt_quota_supply(figure: Figure) -> None:
    """What each country brings to market while the quota lasts, and after."""
    forecast("cobalt", 15, scenario=gallery()["cobalt-quota"]).plot_supply(ax=figure.subplots())


@picture("Gallium: what a ban does to the price", "Scenarios")
def gallium_ban(figure: Figure) -> None:
    """The price over that of the same draw without the ban."""
    scenario = forecast("gallium", 10, scenario=gallery()["gallium-ban"])
    table = scenario.effect(forecast("gallium", 10))["market_price"]
    ax = style.new_axes(figure.subplots())
    style.fan(ax, table.index, [(table["5%"].to_numpy(), table["95%"].to_numpy())], style.MARKET)
    ax.plot(table.index, table["median"], color=style.MARKET, lw=2)
    ax.axhline(1, color="0.4", lw=1)
    style.log_axis(ax)
    style.year_axis(ax)
    ax.set_ylabel("market price over that without the ban, median and 90% band")


@picture("Nickel: scenarios side by side", "Scenarios")
def scenarios_of_nickel(figure: Figure) -> None:
    """Medians of the market price over the baseline's, on the same shocks."""
    chosen = [gallery()[name] for name in ("nickel-ban", "net-zero", "dear-energy")]
    table = compare(critmin.sweep("nickel", chosen, 10, progressbar=False))["median"].unstack()
    ax = style.new_axes(figure.subplots())
    ends = []
    for color, (name, values) in zip(style.CYCLE, table.items(), strict=False):
        ax.plot(values.index, values, color=color, lw=2)
        ends.append((values.index[-1] + 0.1, float(values.iloc[-1]), str(name), color))
    ax.axhline(1, color="0.4", lw=1)
    style.log_axis(ax)
    ax.set_ylabel("market price over the baseline's, median")
    style.room_right(ax, float(table.index[-1]))
    style.label_ends(ax, ends)


@picture("Cobalt: who may restrict its exports", "Risk and trade")
def cobalt_risk(figure: Figure) -> None:
    """The probability of a new restriction within five years."""
    disruption_risk("cobalt").plot(ax=figure.subplots())


@picture("Gallium: who may restrict its exports", "Risk and trade")
def gallium_risk(figure: Figure) -> None:
    """One producer makes nearly all of it."""
    disruption_risk("gallium").plot(ax=figure.subplots())


@picture("Lithium: what Japan pays", "Risk and trade")
def lithium_for_japan(figure: Figure) -> None:
    """In yen per kilogram, tariffs and exchange rate included."""
    forecast("lithium", 10).exposure("JPN", unit="kg").plot(ax=figure.subplots())


@picture("Copper: who sells to whom", "Risk and trade", (9, 6.5))
def copper_trade(figure: Figure) -> None:
    """Widths by value, goods of transit places traced to their makers."""
    plot_flows("copper", 2024, ax=figure.subplots())


@picture("Lithium: who sells to whom, for print", "Risk and trade", (9, 6.5))
def lithium_trade(figure: Figure) -> None:
    """Bars told apart by hatching as well as by colour."""
    plot_flows("lithium", 2024, ax=figure.subplots(), kind="bars")


@picture("Nickel: terms that leave both better off", "Contracts")
def contract_zone(figure: Figure) -> None:
    """The plane of floor and cap, with the points where two parties might meet."""
    deals()["nickel-auto"].zone().plot(ax=figure.subplots())


@picture("NdPr oxide: a contract under a state's floor", "Contracts")
def contract_value(figure: Figure) -> None:
    """What the seller gets, beside the market."""
    deals()["ndpr-state-floor"].value().plot(ax=figure.subplots())


@picture("A mine's debt service cover", "Contracts")
def debt_cover(figure: Figure) -> None:
    """Cash flow over debt service, with and without the contract."""
    mine = Project(20_000, "500 million USD", cost="11 USD/kg", ramp=(0.5, 0.8))
    plot_cover(mine.finance(deals()["nickel-auto"], forecast("nickel", 16)), ax=figure.subplots())
