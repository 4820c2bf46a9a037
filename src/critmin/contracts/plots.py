"""Pictures of contracts, with matplotlib."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from critmin.contracts.finances import Finance
from critmin.contracts.result import Valuation, money
from critmin.contracts.terms import Offtake
from critmin.contracts.zones import WRITTEN, Zone
from critmin.internal.checks import Prob, check_probabilities
from critmin.internal.extras import extras
from critmin.internal.tables import interval_bounds
from critmin.mineral import get_mineral
from critmin.results.style import FAIR as PAID
from critmin.results.style import INSIDE as BUYER
from critmin.results.style import MARKET, fan, log_axis, new_axes, words, year_axis

with extras():
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

BOTH, VOID = "#cfe8e0", "0.94"


def _sold(offtake: Offtake) -> str:
    """What is sold, as a title begins."""
    names = [get_mineral(name).title for name in offtake.minerals]
    return " and ".join([names[0], *(name[0].lower() + name[1:] for name in names[1:])])


def plot_valuation(valuation: Valuation, *, ax: Axes | None = None, prob: Prob = 0.9) -> Axes:
    """Draw what seller and buyer come to per unit by year, beside the market, as medians and bands.

    Parameters
    ----------
    valuation : Valuation
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float or several
        Probabilities of the equal-tailed bands.

    Returns
    -------
    Axes

    Notes
    -----
    All payments count, those of third parties too, over the volume of the year; what is not taken is
    bought and sold at the market price.
    """
    ax = new_axes(ax)
    draws = valuation.draws
    years = draws["year"].values
    spot = draws["spot"].transpose("sample", "year").values
    per_unit = valuation.offtake.tonnes() / valuation.offtake.goods.mass()
    flow = draws["flow"].transpose("party", "sample", "year")
    gets = spot + flow.sel(party="seller").values / per_unit
    pays = spot - flow.sel(party="buyer").values / per_unit
    shown = [("market price", MARKET, spot), ("the seller gets", PAID, gets)]
    if not np.allclose(gets, pays):
        shown.append(("the buyer pays", BUYER, pays))
    lowest = np.inf
    bounds = interval_bounds(prob)
    said = words(check_probabilities(prob))
    for label, color, values in shown:
        median, *sides = np.quantile(values, [0.5, *bounds], axis=0)
        lowest = min(lowest, sides[0].min())
        if label != "the buyer pays":
            fan(ax, years, list(zip(sides[: len(sides) // 2], sides[::-1], strict=False)), color)
            ax.plot(years, median, color=color, lw=2, label=f"{label}, median and {said}")
        else:
            ax.plot(years, median, color=color, lw=2, ls="--", label=f"{label}, median")
    ax.set_title(f"{_sold(valuation.offtake)}: the contract and the market", loc="left")
    ax.set_ylabel(str(draws["price"].attrs["words"]))
    if lowest > 0:
        log_axis(ax, "y")
    else:
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    year_axis(ax)
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
    ax = new_axes(ax)
    dials = found.dials
    goods = found.offtake.goods
    unit = f"{found.offtake.basis} {goods.currency} per {goods.title()}"
    title = "no terms leave both better off" if found.empty else "terms that leave both better off"
    ax.set_title(f"{_sold(found.offtake)}: {title}", loc="left")
    (_plane if len(dials) == 2 else _line)(found, ax, dials, unit)
    return ax


def _plane(found: Zone, ax: Axes, dials: list[str], unit: str) -> None:
    x, y = (found.gains[name].values for name in dials)
    seller, buyer = (found.gains[s].transpose(*dials[::-1]).values for s in ("seller", "buyer"))
    both = np.where(np.isfinite(seller), np.minimum(seller, buyer), np.nan)
    handles: list[Artist] = []
    if dials == ["floor", "cap"]:
        ax.fill_between(x, y[0], x, color=VOID, lw=0)
        handles.append(Patch(color=VOID, label="floor above cap"))
    if not found.empty:
        ax.contourf(x, y, both, levels=[0, np.inf], colors=[BOTH])
        handles.append(Patch(color=BOTH, label="both gain"))
    for values, color, label in (
        (seller, PAID, "the seller gains nothing"),
        (buyer, MARKET, "the buyer gains nothing"),
    ):
        if np.nanmin(values) < 0 < np.nanmax(values):
            ax.contour(x, y, values, levels=[0], colors=[color], linewidths=1.5)
            handles += ax.plot([], [], color=color, lw=1.5, label=label)
    handles += _marks(found, ax, dials)
    ax.set_xlabel(f"{dials[0]}, {unit}")
    ax.set_ylabel(f"{dials[1]}, {unit}")
    log_axis(ax, "x")
    log_axis(ax, "y")
    corner = "lower right" if dials == ["floor", "cap"] else "best"
    ax.legend(
        handles=handles, facecolor="white", edgecolor="none", framealpha=1, fontsize=8, loc=corner
    )


def _marks(found: Zone, ax: Axes, dials: list[str]) -> list[Artist]:
    """The points of agreement, and the terms as they are written."""
    drawn: list[Artist] = []
    points: list[tuple[dict[str, float] | None, dict[str, Any]]] = [
        (found.nash, {"marker": "o", "ms": 6, "label": "Nash"}),
        (
            found.kalai_smorodinsky,
            {"marker": "s", "ms": 10, "mfc": "none", "label": "Kalai and Smorodinsky"},
        ),
        (_written(found, dials), {"marker": "x", "ms": 8, "mew": 2, "label": "as written"}),
    ]
    for point, style in points:
        if point is not None:
            drawn += ax.plot([point[dials[0]]], [point[dials[1]]], color="0.15", ls="", **style)
    return drawn


def _written(found: Zone, dials: list[str]) -> dict[str, float] | None:
    """The dials as the contract has them, in its unit, unless they change from year to year."""
    terms = found.draws["terms"].sel(point=WRITTEN, dial=dials).values
    return dict(zip(dials, terms, strict=True)) if np.isfinite(terms).all() else None


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
    ax.set_ylabel(str(found.gains["seller"].attrs["words"]))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: money(value))
    ax.legend(frameon=False, fontsize=8)


def plot_cover(found: Mapping[str, Finance], *, ax: Axes | None = None, prob: Prob = 0.8) -> Axes:
    """Draw a mine's debt service cover by year, with and without the contract.

    Parameters
    ----------
    found : mapping of str to Finance
        Of `critmin.contracts.Project.finance`, one or both.
    ax : Axes, optional
        Drawn into a new figure if not given.
    prob : float or several
        Probabilities of the equal-tailed bands; the lowest bound is dotted.

    Returns
    -------
    Axes
    """
    ax = new_axes(ax)
    bounds = interval_bounds(prob)
    said = words(check_probabilities(prob))
    for name, each in found.items():
        color = MARKET if name == "without" else PAID
        median, *sides = np.quantile(each.cover, [0.5, *bounds], axis=0)
        fan(ax, each.years, list(zip(sides[: len(sides) // 2], sides[::-1], strict=False)), color)
        label = f"{name} the contract: P(default) {each.default_probability():.0%}"
        ax.plot(each.years, median, color=color, lw=2, label=label)
        ax.plot(each.years, sides[0], color=color, lw=1, ls=":")
    ax.axhline(1, color="0.3", lw=0.8, ls="--")
    ax.set_title(f"Debt service cover: medians and bands of {said}", loc="left")
    ax.set_ylabel("cash flow over debt service")
    year_axis(ax)
    ax.legend(frameon=False, fontsize=8)
    return ax
