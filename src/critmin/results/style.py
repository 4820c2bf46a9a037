"""One look for every picture: colours, axes that read as numbers, labels beside the lines."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.extras import extras
from critmin.results.sides import PRICE_LOOKS

with extras():
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

MARKET, FAIR, INSIDE, MARGINAL = (color for color, _ in PRICE_LOOKS.values())
"""Market (outside), fair, inside and marginal price."""

OBSERVED = "#222222"
GREY = "#c8c8c8"
"""What is joined: others, the rest of the world."""

CYCLE: tuple[str, ...] = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#332288",
    "#999933",
    "#882255",
    "#44aa99",
    "#ddcc77",
)
"""Categories, the largest first: Okabe and Ito's eight without black, then Tol's muted ones (2021)."""

BAND = 0.18
"""Opacity of one band; bands within it lie on top."""

LABEL = 9


def new_axes(ax: Axes | None = None, size: tuple[float, float] = (9, 5)) -> Axes:
    """The axes given, or those of a new figure.

    Parameters
    ----------
    ax : Axes, optional
    size : tuple of float
        Inches of a new figure.
    """
    if ax is not None and not isinstance(ax, Axes):
        raise CritminError(f"ax must be axes of Matplotlib, got {type(ax).__name__}")
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, lw=0.6)
    ax.set_axisbelow(True)
    return ax


def plain(value: float, _: object = None) -> str:
    """A tick as people read it: thousands parted, no exponents.

    Examples
    --------
    >>> plain(12_500.0), plain(0.3)
    ('12,500', '0.3')
    """
    return f"{value:,.10g}"


def log_axis(ax: Axes, which: str = "y") -> None:
    """A logarithmic axis whose ticks are numbers: 1, 2 and 5 of each decade, more on a short axis."""
    getattr(ax, f"set_{which}scale")("log")
    axis = getattr(ax, f"{which}axis")
    low, high = getattr(ax, f"get_{which}lim")()
    decades = np.log10(high / low) if low > 0 else 1.0
    if decades < 0.5:
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    else:
        steps = (
            (1, 1.5, 2, 3, 5, 7)
            if decades < 0.9
            else (1, 2, 3, 5, 7)
            if decades < 1.3
            else (1, 2, 5)
        )
        axis.set_major_locator(LogLocator(subs=steps if decades < 4 else (1,)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(plain)


def name_unit(ax: Axes, units: str) -> None:
    """Write the unit beside the axis, on two lines where one is longer than the axis."""
    ax.set_ylabel(textwrap.fill(units, 58))


def year_axis(ax: Axes) -> None:
    """Years as whole numbers."""
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def fan(ax: Axes, years: Any, bounds: Sequence[tuple[Floats, Floats]], color: str) -> None:
    """Bands of one quantity, the widest first."""
    for low, high in bounds:
        ax.fill_between(years, low, high, color=color, alpha=BAND, lw=0)


def label_ends(ax: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write names beside the ends of lines, moved apart where they would overlap.

    Parameters
    ----------
    ax : Axes
        With its scales and limits set.
    ends : sequence of (x, y, text, color)
    """
    # Lines of text, in shares of the axes' height: a line of LABEL points and a little air.
    figure = ax.get_figure(root=True)
    dpi = figure.dpi if figure is not None else 100.0
    height = ax.get_window_extent().height * 72 / dpi
    least = 1.25 * LABEL / max(height, 1.0)
    order = sorted(ends, key=lambda end: end[1])
    to_share = ax.transData + ax.transAxes.inverted()
    place = [to_share.transform((x, y))[1] for x, y, _, _ in order]
    need = [least * (1 + text.count("\n")) for _, _, text, _ in order]
    for i in range(1, len(place)):
        place[i] = max(place[i], place[i - 1] + (need[i - 1] + need[i]) / 2)
    if place and (over := place[-1] + need[-1] / 2 - 1) > 0:
        place = [each - over for each in place]
    for (x, y, text, color), share in zip(order, place, strict=True):
        at = ax.transData.inverted().transform(ax.transAxes.transform((0, share)))[1]
        ax.annotate(
            text,
            (x, y),
            xytext=(x, at),
            textcoords="data",
            color=color,
            fontsize=LABEL,
            va="center",
            ha="left",
            annotation_clip=False,
            in_layout=True,
        )


def inches(ax: Axes) -> float:
    """Width of the axes in inches, which says how many words fit below or beside."""
    figure = ax.get_figure(root=True)
    return ax.get_window_extent().width / (figure.dpi if figure is not None else 100.0)


def room_right(ax: Axes, last: float, share: float = 0.2) -> None:
    """Leave room on the right of the last year for the names of lines, without ticks there."""
    first = ax.get_xlim()[0]
    ax.set_xlim(first, last + share / (1 - share) * (last - first))
    most = max(3, round(1.3 * inches(ax)))
    locator = MaxNLocator(most, integer=True, steps=[1, 2, 5, 10])
    ticks = [t for t in locator.tick_values(first, last) if first <= t <= last]
    ax.set_xticks(ticks, [f"{t:.0f}" for t in ticks])
    ax.spines["bottom"].set_bounds(first, last)


def words(probabilities: Sequence[float]) -> str:
    """Probabilities of bands in words, such as ``"50% and 90%"``.

    Examples
    --------
    >>> words((0.5, 0.9))
    '50% and 90%'
    """
    return " and ".join(f"{100 * p:g}%" for p in probabilities)
