"""Who sells to whom, drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from critmin.data.trade import load_trade
from critmin.exceptions import CritminError, DataError
from critmin.results.flow_plots import OTHERS, flow_table, plot_flows


def axes():
    return Figure(figsize=(9, 6)).subplots()


@settings(deadline=None, max_examples=10)
@given(most=st.integers(1, 12), mineral=st.sampled_from(["lithium", "cobalt", "copper"]))
def test_joining_loses_no_value_and_tells_apart_no_more_than_asked(most, mineral) -> None:
    table = flow_table(mineral, 2024, most=most)
    whole = load_trade(mineral, 2024, transit="corrected")["value"].sum()
    assert table.to_numpy().sum() == pytest.approx(whole)
    for names in (table.index, table.columns):
        assert len(names) <= most + 1
        assert names[-1] == OTHERS
    told = table.sum(axis=1).drop(OTHERS)
    assert told.is_monotonic_decreasing


def test_ribbons_are_as_wide_as_the_flows_and_stay_in_the_picture() -> None:
    table = flow_table("cobalt", 2024)
    ax = plot_flows("cobalt", 2024, ax=axes())
    ribbons = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    widths = [r.get_path().vertices[0, 1] - r.get_path().vertices[7, 1] for r in ribbons]
    share = table.to_numpy() / table.to_numpy().sum()
    np.testing.assert_allclose(sorted(widths), sorted(share[share > 0]), atol=1e-12)
    low, high = ax.get_ylim()
    for ribbon in ribbons:
        heights = ribbon.get_path().vertices[:, 1]
        assert low <= heights.min() <= heights.max() <= high
    texts = [text.get_text() for text in ax.texts]
    assert any(text.startswith("DR Congo 38%") for text in texts)
    assert any("HS 282200" in text for text in texts)


def test_bars_add_up_to_the_trade() -> None:
    ax = plot_flows("lithium", 2024, ax=axes(), kind="bars")
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(1)
    assert ax.get_yticklabels()[0].get_text() == "China"


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match="bundle"):
        plot_flows("gallium", 2024)
    with pytest.raises(DataError, match="no data"):
        plot_flows("neodymium")
    with pytest.raises(CritminError, match="kind must be"):
        plot_flows("lithium", kind="pie")
    with pytest.raises(CritminError, match="most must be"):
        plot_flows("lithium", most=13)
    with pytest.raises(CritminError, match="trade is known"):
        plot_flows("lithium", 1990)
