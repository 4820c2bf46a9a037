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
    table = found.summary()
    assert (table["price", "expected shortfall"] >= table["price", "95%"]).all()
    assert (table["lost", "expected shortfall"] >= table["lost", "mean"]).all()
    bloc = forecast("copper", 3).exposure("EU").suppliers
    assert "POL" not in bloc.index


def test_a_control_of_a_supplier_is_seen_in_price_and_supply() -> None:
    ban = ExportControl("COD", "cobalt", 1.0, 2027)
    calm, hit = (forecast("cobalt", 3, scenario=each).exposure("JPN") for each in (None, ban))
    before, after = calm.summary().loc[2027], hit.summary().loc[2027]
    assert after["lost", "mean"] > before["lost", "mean"] + 0.2
    assert after["price", "median"] > before["price", "median"]
    assert hit.suppliers["share"].idxmax() != "COD"


@settings(deadline=None, max_examples=10)
@given(rate=st.floats(0, 2))
def test_a_tariff_costs_its_importer_at_most_its_rate(rate: float) -> None:
    plain = forecast("cobalt", 3)
    taxed = forecast("cobalt", 3, scenario=Tariff("USA", "COD", rate, 2027))
    np.testing.assert_array_equal(plain.draws["market_price"], taxed.draws["market_price"])
    prices = {
        buyer: [each.exposure(buyer).draws["price"] for each in (taxed, plain)]
        for buyer in ("USA", "JPN")
    }
    ratio = prices["USA"][0] / prices["USA"][1]
    assert (ratio.sel(year=2026) == 1).all()
    assert ratio.sel(year=slice(2027, None)).min() >= 1 - 1e-12
    assert ratio.max() <= 1 + rate + 1e-9
    assert prices["JPN"][0].equals(prices["JPN"][1])


def test_exchange_rates_return_and_can_be_given() -> None:
    rate = np.log(exchange_rate("JPY", 4000, 40, 1))
    keep = 0.5 ** (1 / HALF_LIFE)
    assert rate[:, -1].std() == pytest.approx(VOLATILITY / (1 - keep**2) ** 0.5, rel=0.05)
    assert (exchange_rate("USD", 10, 5, 0) == 1).all()
    weak, par = (
        forecast("tin", 3, scenario=DriverPath("exchange_rate", (rate,))).exposure("JPN")
        for rate in (1.5, 1.0)
    )
    np.testing.assert_allclose(weak.draws["price"] / par.draws["price"], 1.5)


def test_unit_and_currency_change_the_price_and_nothing_else() -> None:
    made = forecast("cobalt", 2, unit="lb", currency="EUR")
    tonnes, pounds = made.exposure("JPN"), made.exposure("JPN", unit="lb")
    np.testing.assert_allclose(tonnes.draws["price"] / pounds.draws["price"], 2204.62262, rtol=1e-8)
    plain = forecast("cobalt", 2).exposure("JPN")
    np.testing.assert_allclose(plain.draws["price"], tonnes.draws["price"], rtol=1e-12)
    assert tonnes.suppliers.equals(plain.suppliers)
    assert made.exposure("JPN", currency="USD").units.startswith(
        "USD of 2025 per t of contained Co"
    )


def test_who_cannot_be_a_buyer_is_told() -> None:
    with pytest.raises(UnknownNameError, match="unknown buyer 'Atlantis'"):
        forecast("tin", 2).exposure("Atlantis")
    with pytest.raises(CritminError, match="prob must lie"):
        forecast("tin", 2).exposure("JPN").summary(1.5)
    assert forecast("tin", 2).exposure("Japan").buyer == "JPN"
