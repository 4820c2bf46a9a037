"""Pictures of trade: who sells a mineral to whom, as a flow diagram or, for print, as bars."""

from typing import Literal

import numpy as np
import pandas as pd

from critmin.data.countries import ROW, country_names
from critmin.data.trade import coded, load_trade
from critmin.exceptions import CritminError
from critmin.internal.extras import extras
from critmin.mineral import get_mineral
from critmin.results.style import CYCLE, GREY, new_axes
from critmin.trade.flows import check_year, own_code

with extras():
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

Kind = Literal["flow", "bars"]

SHOWN = 12
"""Exporters and importers told apart at most."""

OTHERS = "others"

HATCHES: tuple[str, ...] = ("", "///", "...", "xxx", "\\\\\\", "ooo", "---", "+++")
LEAST = 0.005
"""Share of the world's trade below which a country is joined with others."""
GAP, BAR = 0.012, 0.025  # between and across the blocks, of the picture's height and width


def flow_table(mineral: str, year: int | None = None, *, most: int = SHOWN) -> pd.DataFrame:
    """Who sells what to whom, the small ones joined.

    Parameters
    ----------
    mineral : str
        With a code of its own.
    year : int, optional
        The last by default.
    most : int
        Exporters and importers told apart, 1 to 12.

    Returns
    -------
    DataFrame
        USD, exporters by row and importers by column, ISO 3166 alpha-3, the largest first and "others"
        last; transit places traced to the makers.

    Raises
    ------
    DataError
        "no data": the mineral's trade is not known, or a bundle's.
    CritminError
        If mineral, year or ``most`` cannot be.

    Examples
    --------
    >>> table = flow_table("lithium", 2024)
    >>> table.index[:2].tolist(), table.columns[0]
    (['CHL', 'ARG'], 'CHN')
    """
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= SHOWN:
        raise CritminError(f"most must be a whole number from 1 to {SHOWN}, got {most!r}")
    own_code(mineral)
    flows = load_trade(mineral, check_year(year), transit="corrected")
    ends = {}
    for end in ("exporter", "importer"):
        sums = flows.groupby(end)["value"].sum().drop(ROW, errors="ignore")
        large = sums[sums >= LEAST * flows["value"].sum()].sort_values(ascending=False)
        ends[end] = [str(name) for name in large.index[:most]]
    joined = flows.assign(
        **{end: flows[end].where(flows[end].isin(ends[end]), OTHERS) for end in ends}
    )
    table = joined.pivot_table("value", "exporter", "importer", "sum", fill_value=0.0)
    rows, columns = ([*ends[end], OTHERS] for end in ("exporter", "importer"))
    return table.reindex(index=rows, columns=columns, fill_value=0.0)


def plot_flows(
    mineral: str,
    year: int | None = None,
    *,
    ax: Axes | None = None,
    kind: Kind = "flow",
    most: int = SHOWN,
) -> Axes:
    """Draw who sells a mineral to whom, widths by value, transit places traced.

    Parameters
    ----------
    mineral : str
        With a code of its own.
    year : int, optional
        Of trade; the last by default.
    ax : Axes, optional
        Drawn into a new figure if not given.
    kind : {"flow", "bars"}
        Ribbons from exporters (left) to importers (right), or for print a bar an importer, parted by its
        suppliers and told apart by hatching as well.
    most : int
        Exporters and importers told apart, 1 to 12; the rest are joined.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        "no data": the mineral's trade is not known, or a bundle's.
    CritminError
        If mineral, year, ``kind`` or ``most`` cannot be.

    Examples
    --------
    >>> ax = plot_flows("lithium", 2024)
    >>> ax.get_title(loc="left")
    'Lithium, 2024: who sells to whom, 3,742 million USD'
    """
    if kind not in ("flow", "bars"):
        raise CritminError(f"kind must be 'flow' or 'bars', got {kind!r}")
    table = flow_table(mineral, year, most=most)
    ax = new_axes(ax, (9, 6.5))
    draw = _ribbons if kind == "flow" else _bars
    draw(table / table.to_numpy().sum(), ax)
    total = f"{table.to_numpy().sum() / 1e6:,.0f} million USD"
    ax.set_title(
        f"{get_mineral(mineral).title}, {check_year(year)}: who sells to whom, {total}", loc="left"
    )
    traded = coded(mineral).iloc[0]
    what = f"HS {traded['hs']} {traded['material']} ({traded['clean']})"
    ax.text(
        0.0,
        -0.02 if kind == "flow" else -0.12,
        f"{what}; transit places traced. CEPII BACI",
        transform=ax.transAxes,
        fontsize=7.5,
        color="0.35",
        va="top",
    )
    return ax


def _colors(names: pd.Index) -> dict[str, str]:
    return {str(n): GREY if n == OTHERS else CYCLE[i] for i, n in enumerate(names)}


def _name(code: object) -> str:
    """A country's name, short enough for a margin."""
    name = country_names().get(str(code), str(code))
    return name if len(name) <= 18 else str(code)


def _spans(sizes: "pd.Series[float]") -> dict[str, tuple[float, float]]:
    """Top and bottom of each block, from the top down, gaps between them; heights sum to one."""
    spans, at = {}, 1.0 + GAP * (len(sizes) - 1)
    for name, size in sizes.items():
        spans[str(name)] = (at, at - float(size))
        at -= float(size) + GAP
    return spans


def _ribbons(share: pd.DataFrame, ax: Axes) -> None:
    share = share.loc[share.sum(axis=1) > 0, share.sum() > 0]
    left, right = _spans(share.sum(axis=1)), _spans(share.sum())
    colors = _colors(share.index)
    # Both sides are centred on one another when one has fewer blocks.
    shift = (len(left) - len(right)) * GAP / 2
    right = {name: (top + shift, bottom + shift) for name, (top, bottom) in right.items()}
    reached = {name: top for name, (top, _) in right.items()}
    for exporter, row in share.iterrows():
        start = left[str(exporter)][0]
        for importer, width in row[row > 0].items():
            end = reached[str(importer)]
            ribbon = _ribbon(start, end, float(width))
            ax.add_patch(PathPatch(ribbon, fc=colors[str(exporter)], alpha=0.55, lw=0))
            start, reached[str(importer)] = start - width, end - width
    for spans, x, at, align in ((left, 0.0, -0.01, "right"), (right, 1 - BAR, 1.01, "left")):
        for name, label_at in _apart(spans).items():
            top, bottom = spans[name]
            color = colors.get(name, "0.3") if x == 0.0 else "0.3"
            ax.add_patch(plt.Rectangle((x, bottom), BAR, top - bottom, fc=color, lw=0))
            ax.text(
                at, label_at, f"{_name(name)} {top - bottom:.0%}", ha=align, va="center", fontsize=8
            )
    lowest = min(min(b for _, b in spans.values()) for spans in (left, right))
    highest = max(max(t for t, _ in spans.values()) for spans in (left, right))
    ax.set_xlim(-0.22, 1.22)
    ax.set_ylim(lowest - 0.03, highest + 0.03)
    ax.axis("off")


def _ribbon(start: float, end: float, width: float) -> Path:
    """A band of constant height from the left block to the right one, by two cubic curves."""
    x0, x1 = BAR, 1 - BAR
    middle = (x0 + x1) / 2
    points = [
        (x0, start),
        (middle, start),
        (middle, end),
        (x1, end),
        (x1, end - width),
        (middle, end - width),
        (middle, start - width),
        (x0, start - width),
        (x0, start),
    ]
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _apart(spans: dict[str, tuple[float, float]], least: float = 0.033) -> dict[str, float]:
    """Heights of the labels: at the blocks' middles, but never on top of each other."""
    middle = np.array([(top + bottom) / 2 for top, bottom in spans.values()])
    for i in range(1, len(middle)):
        middle[i] = min(middle[i], middle[i - 1] - least)
    floor = min(bottom for _, bottom in spans.values())
    if len(middle) and middle[-1] < floor:  # no room below: push up from there
        middle[-1] = floor
        for i in range(len(middle) - 2, -1, -1):
            middle[i] = max(middle[i], middle[i + 1] + least)
    return dict(zip(spans, middle.tolist(), strict=True))


def _bars(share: pd.DataFrame, ax: Axes) -> None:
    share = share.loc[share.sum(axis=1) > 0, share.sum() > 0]
    colors = _colors(share.index)
    rows = np.arange(share.shape[1])[::-1]
    start = np.zeros(share.shape[1])
    for i, (exporter, row) in enumerate(share.iterrows()):
        ax.barh(
            rows,
            row,
            left=start,
            color=colors[str(exporter)],
            hatch=HATCHES[i % len(HATCHES)],
            edgecolor="white",
            lw=0.4,
            label=f"{_name(exporter)} {row.sum():.0%}",
        )
        start += row.to_numpy()
    ax.set_yticks(rows, [_name(name) for name in share.columns])
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
    ax.set_xlabel("share of the world's trade; colours: exporters")
    ax.grid(alpha=0.25, axis="x")
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
