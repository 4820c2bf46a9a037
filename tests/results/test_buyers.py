"""A buyer's view: money, suppliers, tariffs and tails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critmin import forecast
from critmin.exceptions import CritminError, UnknownNameError
from critmin.results.buyers import HALF_LIFE, VOLATILITY, buyers_money, exchange_rate
from critmin.scenario import DriverPath, ExportControl, Tariff


@pytest.mark.parametrize(
    ("buyer", "money"),
    [("JPN", "JPY"), ("EU", "EUR"), ("DEU", "EUR"), ("KOR", "KRW"), ("ZMB", "USD")],
)
def test_money_of_buyers(buyer: str, money: str) -> None:
    assert buyers_money(buyer) == money
    assert forecast("cobalt", 2).exposure(buyer).currency == money


def test_shares_of_suppliers_add_up_and_leave_the_buyer_out() -> None:
    found = forecast("nickel", 5).exposure("CHN")
    assert "CHN" not in found.suppliers.index
    assert found.suppliers["share"].sum() == pytest.approx(1)
    assert found.suppliers["probability"].between(0, 1).all()
    assert (found.price["expected shortfall"] >= found.price["95%"]).all()
    assert (found.supply["expected shortfall"] >= found.supply["lost"]).all()
    bloc = forecast("copper", 3).exposure("EU").suppliers
    assert "POL" not in bloc.index


def test_a_control_of_a_supplier_is_seen_in_price_and_supply() -> None:
    ban = ExportControl("COD", "cobalt", 1.0, 2027)
    calm, hit = (forecast("cobalt", 3, each).exposure("JPN") for each in (None, ban))
    assert hit.supply.loc[2027, "lost"] > calm.supply.loc[2027, "lost"] + 0.2
    assert hit.price.loc[2027, "median"] > calm.price.loc[2027, "median"]
    assert hit.suppliers["share"].idxmax() != "COD"


@settings(deadline=None, max_examples=10)
@given(rate=st.floats(0, 2))
def test_a_tariff_costs_its_importer_at_most_its_rate(rate: float) -> None:
    plain = forecast("cobalt", 3)
    taxed = forecast("cobalt", 3, Tariff("USA", "COD", rate, 2027))
    np.testing.assert_array_equal(plain.draws["market_price"], taxed.draws["market_price"])
    ratio = taxed.exposure("USA").price / plain.exposure("USA").price
    assert (ratio.loc[2026] == 1).all()
    assert ratio.loc[2027:].to_numpy().min() >= 1 - 1e-12
    assert ratio.to_numpy().max() <= 1 + rate + 1e-9
    assert (taxed.exposure("JPN").price == plain.exposure("JPN").price).all(axis=None)


def test_exchange_rates_return_and_can_be_given() -> None:
    rate = np.log(exchange_rate("JPY", 4000, 40, 1))
    keep = 0.5 ** (1 / HALF_LIFE)
    assert rate[:, -1].std() == pytest.approx(VOLATILITY / (1 - keep**2) ** 0.5, rel=0.05)
    assert (exchange_rate("USD", 10, 5, 0) == 1).all()
    weak = forecast("tin", 3, DriverPath("exchange_rate", (1.5,))).exposure("JPN").price["median"]
    par = forecast("tin", 3, DriverPath("exchange_rate", (1.0,))).exposure("JPN").price["median"]
    np.testing.assert_allclose(weak / par, 1.5)


def test_who_cannot_be_a_buyer_is_told() -> None:
    with pytest.raises(UnknownNameError, match="unknown buyer"):
        forecast("tin", 2).exposure("Japan")
    with pytest.raises(CritminError, match="prob must lie"):
        forecast("tin", 2).exposure("JPN", prob=1.5)
