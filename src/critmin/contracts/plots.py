"""Pictures of contracts, with matplotlib."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from critmin.contracts.bargaining import Zone
from critmin.contracts.project import Finance
from critmin.contracts.result import Valuation, money

PAID, MARKET, BOTH = "#1b6f5f", "#b5541c", "#cfe8e0"


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    _, made = plt.subplots(figsize=(9, 5), layout="constrained")
    return made


def plot_valuation(valuation: Valuation, *, ax: Axes | None = None) -> Axes:
    """Draw what is paid and the market price by year: medians and bands of 90%.

    Parameters
    ----------
    valuation : Valuation
    ax : Axes, optional
        Drawn into a new figure if not given.

    Returns
    -------
    Axes
    """
    ax = _axes(ax)
    draws = valuation.draws
    years = draws["year"].values
    for name, color, label in (
        ("spot", MARKET, "market price"),
        ("price", PAID, "paid under the contract"),
    ):
        values = draws[name].transpose("sample", "year").values
        low, median, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
        ax.fill_between(years, low, high, color=color, alpha=0.18, lw=0)
        ax.plot(years, median, color=color, lw=2, label=f"{label}, median and 90%")
    ax.set_title(
        f"{' and '.join(valuation.offtake.minerals)}: price paid and market price", loc="left"
    )
    ax.set_ylabel(str(draws["price"].attrs["units"]))
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    ax.yaxis.set_minor_formatter(lambda value, _: f"{value:,.6g}")
    ax.tick_params(axis="y", which="minor", labelsize=7)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_zone(found: Zone, *, ax: Axes | None = None) -> Axes:
    """Draw the terms that leave both better off: a plane of two dials, or gains along one.

    Parameters
    ----------
    found : Zone
    ax : Axes, optional
        Drawn into a new figure if not given.

    Returns
    -------
    Axes
    """
    ax = _axes(ax)
    dials = [str(name) for name in found.gains.dims]
    goods = found.offtake.goods
    unit = f"{found.offtake.basis} {goods.currency} per {goods.title()}"
    title = "no terms leave both better off" if found.empty else "terms that leave both better off"
    ax.set_title(f"{' and '.join(found.offtake.minerals)}: {title}", loc="left")
    (_plane if len(dials) == 2 else _line)(found, ax, dials, unit)
    ax.grid(alpha=0.2)
    return ax


def _plane(found: Zone, ax: Axes, dials: list[str], unit: str) -> None:
    x, y = (found.gains[name].values for name in dials)
    seller, buyer = (found.gains[s].transpose(*dials[::-1]).values for s in ("seller", "buyer"))
    both = np.where(np.isfinite(seller), np.minimum(seller, buyer), np.nan)
    handles: list[Artist] = []
    for values, color, label in (
        (seller, PAID, "the seller gains nothing"),
        (buyer, MARKET, "the buyer gains nothing"),
    ):
        if np.nanmin(values) < 0 < np.nanmax(values):
            ax.contour(x, y, values, levels=[0], colors=[color], linewidths=1.5)
            handles += ax.plot([], [], color=color, lw=1.5, label=label)
    if not found.empty:
        ax.contourf(x, y, both, levels=[0, np.inf], colors=[BOTH])
        handles.append(Patch(color=BOTH, label="both gain"))
    for point, marker, label in (
        (found.nash, "o", "Nash"),
        (found.kalai_smorodinsky, "s", "Kalai and Smorodinsky"),
    ):
        if point is not None:
            handles += ax.plot(
                point[dials[0]], point[dials[1]], marker, color="0.15", ms=6, label=label, ls=""
            )
    ax.set_xlabel(f"{dials[0]}, {unit}")
    ax.set_ylabel(f"{dials[1]}, {unit}")
    for side, axis in ((ax.set_xscale, ax.xaxis), (ax.set_yscale, ax.yaxis)):
        side("log")
        axis.set_major_formatter(lambda value, _: f"{value:,.6g}")
        axis.set_minor_formatter(lambda value, _: f"{value:,.6g}")
    ax.tick_params(which="minor", labelsize=7)
    ax.legend(handles=handles, frameon=False, fontsize=8, loc="best")


def _line(found: Zone, ax: Axes, dials: list[str], unit: str) -> None:
    x = found.gains[dials[0]].values
    for side, color in (("seller", PAID), ("buyer", MARKET)):
        ax.plot(x, found.gains[side].values, color=color, lw=2, label=f"{side}'s gain")
    ax.fill_between(
        x,
        0,
        1,
        where=found.both,
        color=BOTH,
        transform=ax.get_xaxis_transform(),
        lw=0,
        label="both gain",
    )
    ax.axhline(0, color="0.4", lw=0.8)
    ax.set_xlabel(f"{dials[0]}, {unit}")
    ax.set_ylabel(str(found.gains["seller"].attrs["units"]))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: money(value))
    ax.legend(frameon=False, fontsize=8)


def plot_cover(found: Mapping[str, Finance], *, ax: Axes | None = None) -> Axes:
    """Draw a mine's debt service cover by year, with and without the contract.

    Parameters
    ----------
    found : mapping of str to Finance
        Of `Project.finance`.
    ax : Axes, optional
        Drawn into a new figure if not given.

    Returns
    -------
    Axes
    """
    ax = _axes(ax)
    for name, color in (("without", MARKET), ("with", PAID)):
        each = found[name]
        low, median, high = np.quantile(each.cover, [0.1, 0.5, 0.9], axis=0)
        ax.fill_between(each.years, low, high, color=color, alpha=0.18, lw=0)
        label = f"{name} the contract: P(default) {each.default_probability():.0%}"
        ax.plot(each.years, median, color=color, lw=2, label=label)
        ax.plot(each.years, low, color=color, lw=1, ls=":")
    ax.axhline(1, color="0.3", lw=0.8, ls="--")
    ax.set_title("Debt service cover: medians and bands of 80%", loc="left")
    ax.set_ylabel("cash flow over debt service")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=8)
    return ax
