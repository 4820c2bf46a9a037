"""Pictures with hover, zoom and names to switch off, by Plotly (extra ``interactive``)."""

from typing import TYPE_CHECKING

import numpy as np

from critmin.data.countries import country_names
from critmin.internal.checks import Prob, check_probabilities
from critmin.internal.extras import extras
from critmin.internal.tables import interval_bounds, quantile_label
from critmin.mineral import get_mineral
from critmin.results.sides import PRICE_LOOKS
from critmin.trade.flows import check_year

with extras():
    import plotly.graph_objects as go

if TYPE_CHECKING:
    from critmin.results.cost_curves import CostCurve
    from critmin.results.fair_prices import FairPrice
    from critmin.results.forecasts import Forecast

MARKET, FAIR = (PRICE_LOOKS[name][0] for name in ("market_price", "fair_price"))

LAYOUT = {"template": "plotly_white", "hovermode": "x unified", "margin": {"t": 50, "r": 20}}


def fan_chart(result: "FairPrice | Forecast", prob: Prob = (0.5, 0.9)) -> "go.Figure":
    """Fans of the prices of a result, with every quantile on hover.

    Parameters
    ----------
    result : FairPrice or Forecast
        The history of a `critmin.FairPrice` is drawn as well.
    prob : float or several
        Probabilities of the equal-tailed bands.

    Returns
    -------
    plotly.graph_objects.Figure

    See Also
    --------
    critmin.results.plots.plot_fair_price : The same for print.

    Examples
    --------
    >>> from critmin import fair_price
    >>> figure = fan_chart(fair_price("zinc", 5))
    >>> [trace.name for trace in figure.data if trace.mode == "lines" and trace.showlegend is None]
    ['market price', 'fair price']
    """
    levels = check_probabilities(prob)
    draws = result.draws
    years = draws["year"].values
    figure = go.Figure()
    history = getattr(result, "history", None)
    if history is not None:
        paid = history["observed"].dropna()
        figure.add_scatter(
            x=paid.index,
            y=paid,
            mode="lines+markers",
            name="paid",
            line={"color": "#222"},
            hovertemplate="%{y:,.4g}",
        )
    for name, (color, label) in PRICE_LOOKS.items():
        if name not in draws:
            continue
        values = draws[name].transpose("sample", "year").values
        for level in levels[::-1]:
            sides = interval_bounds(level)
            low, high = np.quantile(values, sides, axis=0)
            for side, row, fill in zip(sides, (low, high), (None, "tonexty"), strict=True):
                figure.add_scatter(
                    x=years,
                    y=row,
                    mode="lines",
                    line={"width": 0},
                    fill=fill,
                    fillcolor=f"rgba{(*_parts(color), 0.18)}",
                    name=f"{label}, {quantile_label(side)}",
                    legendgroup=label,
                    showlegend=False,
                    hovertemplate="%{y:,.4g}",
                )
        figure.add_scatter(
            x=years,
            y=np.median(values, axis=0),
            mode="lines",
            name=label,
            legendgroup=label,
            line={"color": color, "width": 2.5},
            hovertemplate="%{y:,.4g}",
        )
    figure.update_layout(
        **LAYOUT,
        title=f"{get_mineral(result.mineral).title}: medians and bands",
        yaxis={"type": "log", "title": result.units, "dtick": "D2"},
    )
    return figure


def cost_steps(curve: "CostCurve", prob: Prob = 0.9) -> "go.Figure":
    """The cost curve as bars as wide as capacity, with cost and share on hover.

    Parameters
    ----------
    curve : CostCurve
    prob : float
        Probability of the equal-tailed intervals; of several the widest.

    Returns
    -------
    plotly.graph_objects.Figure

    Examples
    --------
    >>> from critmin import cost_curve
    >>> figure = cost_steps(cost_curve("copper"))
    >>> "Chile" in figure.data[0].customdata[:, 0]
    True
    """
    level = check_probabilities(prob)[-1]
    table = curve.summary(level)
    low, high = map(quantile_label, interval_bounds(level))
    left = table["cumulative_capacity"] - table["capacity"]
    shown = np.stack([table["name"], table["capacity"], table[low], table[high]], axis=-1)
    figure = go.Figure(
        go.Bar(
            x=left + table["capacity"] / 2,
            y=table["median"],
            width=table["capacity"],
            customdata=shown,
            marker={
                "color": f"rgba{(*_parts(FAIR), 0.55)}",
                "line": {"color": "white", "width": 1},
            },
            error_y={
                "type": "data",
                "symmetric": False,
                "array": table[high] - table["median"],
                "arrayminus": table["median"] - table[low],
                "color": f"rgba{(*_parts(FAIR), 0.5)}",
            },
            hovertemplate="%{customdata[0]}: %{y:,.4g} (%{customdata[2]:,.4g} to "
            "%{customdata[3]:,.4g})<br>capacity %{customdata[1]:,.4g}<extra></extra>",
        )
    )
    marginal = float(curve.draws["marginal_cost"].median())
    figure.add_hline(marginal, line={"color": MARKET, "dash": "dash"})
    figure.update_layout(
        **{**LAYOUT, "hovermode": "closest"},
        title=f"{get_mineral(curve.mineral).title}: full cost by producer in {curve.year}",
        xaxis={"title": f"cumulative capacity, {curve.draws['capacity'].attrs['words']}"},
        yaxis={"title": curve.units, "rangemode": "tozero"},
    )
    return figure


def flow_diagram(mineral: str, year: int | None = None, *, most: int = 12) -> "go.Figure":
    """Who sells a mineral to whom, as ribbons whose values show on hover.

    Parameters
    ----------
    mineral : str
        With a code of its own.
    year : int, optional
        Of trade; the last by default.
    most : int
        Exporters and importers told apart, 1 to 12.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    DataError
        "no data": the mineral's trade is not known, or a bundle's.

    Examples
    --------
    >>> figure = flow_diagram("lithium", 2024)
    >>> figure.data[0].node.label[0]
    'Chile'
    """
    from critmin.results.flow_plots import flow_table
    from critmin.results.style import CYCLE, GREY

    table = flow_table(mineral, year, most=most) / 1e6
    names = country_names()
    ends = [
        [names.get(str(code), str(code)) for code in axis] for axis in (table.index, table.columns)
    ]
    rows, columns = np.nonzero(table.to_numpy() > 0)
    colors = [*CYCLE[: len(table) - 1], GREY]
    figure = go.Figure(
        go.Sankey(
            node={
                "label": [*ends[0], *ends[1]],
                "color": [*colors, *["#555"] * table.shape[1]],
                "pad": 12,
            },
            link={
                "source": rows,
                "target": columns + len(table),
                "value": table.to_numpy()[rows, columns],
                "color": [f"rgba{(*_parts(colors[i]), 0.45)}" for i in rows],
            },
            valueformat=",.3g",
            valuesuffix=" million USD",
        )
    )
    about = get_mineral(mineral)
    figure.update_layout(
        **{**LAYOUT, "hovermode": "closest"},
        title=f"{about.title}, {check_year(year)}: who sells to whom",
    )
    return figure


def _parts(code: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour such as ``"#0072b2"``."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
