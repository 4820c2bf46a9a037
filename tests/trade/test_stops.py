"""Who could deliver what a supplier does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critmin.data.tables import recycled_shares
from critmin.exceptions import CritminError, DataError
from critmin.trade import diversify, replacement


@settings(deadline=None, max_examples=10)
@given(growth=st.floats(0, 3), stock=st.floats(0, 1e5), years=st.integers(1, 10))
def test_the_cheapest_come_first_and_nobody_gives_more_than_it_can(growth, stock, years) -> None:
    plan = replacement("lithium", "JPN", "CHL", growth=growth, stock=stock, years=years)
    table = plan.table
    assert "CHL" not in table.index
    assert (table["taken"] <= table["able"] + 1e-9).all()
    assert table["unit_value"].is_monotonic_increasing
    short = (table["taken"] < table["able"] - 1e-6).to_numpy()
    # Behind the first that is not used up nobody is asked.
    assert (table["taken"].to_numpy()[1:][short[:-1]] == 0).all()
    np.testing.assert_allclose(table["taken"].sum() + plan.unmet * plan.needed, plan.needed)


def test_recycling_grows_by_its_share() -> None:
    plan = replacement("copper", "JPN", growth=0.5)
    share = recycled_shares()["copper"]
    total = plan.needed / plan.needed_share
    assert plan.table.loc["recycling", "able"] == pytest.approx(0.5 * share / (1 - share) * total)
    assert "recycling" not in replacement("lithium", "JPN").table.index


def test_what_has_no_price_is_not_replaced_at_no_cost() -> None:
    """France sells Luxembourg 4 t of magnesium, too few for a unit value."""
    plan = replacement("magnesium", "LUX", "FRA")
    assert plan.table["taken"].sum() == pytest.approx(plan.needed)
    assert plan.needed < 20
    assert np.isnan(plan.cost)
    assert np.isnan(diversify("magnesium", "LUX", most=0.5).cost)
    assert np.isfinite(replacement("magnesium", "JPN", "CHN").cost)


def test_a_stock_lasts_as_long_as_the_stop() -> None:
    plan = replacement("magnesium", "JPN", "CHN", stock=3000, years=3)
    assert plan.table.loc["stock", "able"] == 1000
    assert any("stocks of states" in word for word in plan.not_counted)


def test_who_sells_nothing_or_a_bundle_is_refused() -> None:
    with pytest.raises(DataError, match="buys no lithium from 'ZMB'; it does from"):
        replacement("lithium", "JPN", "ZMB")
    with pytest.raises(DataError, match="no data"):
        replacement("gallium", "JPN")
    with pytest.raises(CritminError, match="growth"):
        replacement("lithium", "JPN", growth=-1)
