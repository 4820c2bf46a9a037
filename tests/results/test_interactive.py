"""Interactive pictures hold the numbers of the results."""

import numpy as np
import pytest

from critmin import cost_curve, fair_price, forecast
from critmin.exceptions import DataError
from critmin.results.flow_plots import flow_table
from critmin.results.interactive import cost_steps, fan_chart, flow_diagram


def test_a_fan_holds_the_quantiles_of_both_prices() -> None:
    price = fair_price("gallium", 4)
    traces = {trace.name: trace for trace in fan_chart(price, (0.5, 0.9)).data}
    table = price.summary((0.5, 0.9))
    for name, label in (("market_price", "market price"), ("fair_price", "fair price")):
        np.testing.assert_allclose(traces[label].y, table[name, "median"])
        for side in ("5%", "25%", "75%", "95%"):
            np.testing.assert_allclose(traces[f"{label}, {side}"].y, table[name, side])
    np.testing.assert_allclose(traces["paid"].y, price.history["observed"].dropna())
    assert "paid" not in {trace.name for trace in fan_chart(forecast("gallium", 4)).data}


def test_steps_are_as_wide_as_capacity_and_as_high_as_cost() -> None:
    curve = cost_curve("copper")
    figure = cost_steps(curve)
    table, bars = curve.summary(), figure.data[0]
    np.testing.assert_allclose(bars.y, table["median"])
    np.testing.assert_allclose(
        np.array(bars.x) + np.array(bars.width) / 2, table["cumulative_capacity"]
    )
    np.testing.assert_allclose(bars.y + np.array(bars.error_y.array), table["95%"])


def test_ribbons_are_the_flows() -> None:
    figure, table = flow_diagram("lithium", 2024), flow_table("lithium", 2024)
    np.testing.assert_allclose(sum(figure.data[0].link.value), table.to_numpy().sum() / 1e6)
    with pytest.raises(DataError, match="no data"):
        flow_diagram("gallium")
