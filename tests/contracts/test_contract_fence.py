"""Prices on both sides of a fence as indices: gallium has them, nickel does not."""

import numpy as np
import pytest

import critmin
from critmin.contracts import Floor, Indexed, Offtake
from critmin.exceptions import CritminError

GALLIUM = critmin.forecast("gallium", 8)


@pytest.mark.parametrize("to", ["market", "marginal", "inside", "fair"])
def test_an_index_pays_the_draws_of_its_price(to) -> None:
    deal = Offtake("gallium", 40, 2028, 6, Indexed(to, lag=1), unit="kg", basis="real")
    found = deal.value(GALLIUM)
    # Last year's price is one of last year's money.
    told = GALLIUM.draws[f"{to}_price"].sel(year=np.arange(2027, 2033)).values / 1.02 / 1000
    np.testing.assert_allclose(found.draws["price"].values, told)
    assert f"the {to} price" in deal.describe()


def test_the_fence_parts_buyers() -> None:
    """Outside the unlicensed tonne is the dearest, behind the fence all are cheapest."""
    worth = {
        to: Offtake("gallium", 40, 2027, 5, Indexed(to)).value(GALLIUM).npv("seller")
        for to in ("marginal", "market", "inside")
    }
    assert (worth["market"] == 0).all()
    assert (worth["inside"] < 0).mean() > 0.95
    assert (worth["marginal"] > 0).mean() > 0.7
    assert worth["marginal"].min() >= 0
    floor = Offtake("gallium", 40, 2027, 5, Indexed("inside") + Floor("400 USD/kg"))
    assert (floor.value(GALLIUM).npv("seller") >= worth["inside"]).all()


@pytest.mark.parametrize("to", ["marginal", "inside"])
def test_without_a_fence_they_are_refused(to) -> None:
    deal = Offtake("nickel", 100, 2027, 5, Indexed(to))
    with pytest.raises(CritminError, match=f"nickel: no {to} price, because .* Indexed"):
        deal.value()
    mixed = Offtake(("gallium", "nickel"), 10, 2027, 3, Indexed(to))
    with pytest.raises(CritminError, match=f"^nickel: no {to} price"):
        mixed.value()
