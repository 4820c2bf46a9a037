"""A buyer's view: money, suppliers, tariffs and tails."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critmin import disruption_risk, forecast
from critmin.data.trade import EU
from critmin.exceptions import CritminError, UnknownNameError
from critmin.results.currencies import HALF_LIFE, VOLATILITY, buyers_money, exchange_rate
from critmin.results.deliveries import REROUTED
from critmin.scenario import DriverPath, ExportControl, RefineryProject, Tariff


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
    pd.testing.assert_frame_equal(tonnes.suppliers, plain.suppliers)
    assert made.exposure("JPN", currency="USD").units.startswith(
        "USD of 2025 per t of contained Co"
    )


def test_who_cannot_be_a_buyer_is_told() -> None:
    with pytest.raises(UnknownNameError, match="unknown buyer 'Atlantis'"):
        forecast("tin", 2).exposure("Atlantis")
    with pytest.raises(CritminError, match="prob must lie"):
        forecast("tin", 2).exposure("JPN").summary(1.5)
    assert forecast("tin", 2).exposure("Japan").buyer == "JPN"


def test_japan_buys_lithium_from_chile_and_argentina() -> None:
    found = forecast("lithium", 3).exposure("JPN")
    assert found.basis == "trade"
    assert found.trade["hs"] == "283691"
    assert found.trade["year"] == 2024
    assert found.trade["transit"] == "corrected"
    assert found.today.index[:2].tolist() == ["CHL", "ARG"]
    assert found.today["share"].iloc[:2].tolist() == pytest.approx([1 / 2, 1 / 3], abs=0.035)
    assert found.today["share"].sum() == pytest.approx(1)
    assert (found.today["at_most"] >= found.today["share"] - 1e-12).all()
    assert (found.today["at_least"] <= found.today["share"] + 1e-12).all()
    # What Chile sells China stands behind what China sells Japan.
    assert found.today.loc["CHL", "at_most"] > found.today.loc["CHL", "share"] + 0.1
    assert "by trade of 2024, HS 283691" in repr(found)
    assert "HS 283691" in found._repr_html_()
    assert (found.summary()["lost", "basis"] == "trade").all()


@pytest.mark.parametrize("buyer", ["KOR", "EU", "USA", "DEU", "IND", "CHN"])
def test_other_buyers_see_their_own_suppliers(buyer: str) -> None:
    found = forecast("lithium", 2).exposure(buyer)
    assert found.basis == "trade"
    assert found.trade["year"] == 2024
    assert found.today["share"].sum() == pytest.approx(1)
    assert buyer not in found.today.index
    assert found.today.index[0] == "CHL"
    assert found.draws["price"].attrs["units"].startswith(buyers_money(buyer))


def test_japan_buys_graphite_from_china() -> None:
    found = forecast("graphite", 2).exposure("JPN")
    assert found.today.loc["CHN", "share"] > 0.9
    assert found.suppliers.index[0] == "CHN"


@pytest.mark.parametrize(("mineral", "why"), [("gallium", "one code"), ("neodymium", "2846")])
def test_without_a_code_of_its_own_the_world_is_taken_and_marked(mineral: str, why: str) -> None:
    found = forecast(mineral, 2).exposure("JPN")
    assert found.basis == "world supply"
    assert found.today.empty
    assert why in found.trade["note"]
    assert "largest supplier by world supply: CHN" in repr(found)
    assert "no data on whom JPN buys" in found._repr_html_()
    assert (found.summary()["lost", "basis"] == "world supply").all()
    content = json.loads(found.to_json())
    assert content["trade"]["basis"] == "world supply"
    assert content["summary"][0]["lost basis"] == "world supply"
    assert "cepii-baci" not in found.provenance["datasets"]


@pytest.mark.parametrize("mineral", ["lithium", "gallium"])
def test_what_trade_says_survives_files(mineral: str, tmp_path: Path) -> None:
    found = forecast(mineral, 2).exposure("JPN")
    kind = type(found)
    for again in (
        kind.from_json(found.to_json()),
        kind.from_netcdf(found.to_netcdf(tmp_path / "x")),
    ):
        assert again.trade == found.trade
        pd.testing.assert_frame_equal(again.today, found.today)
        pd.testing.assert_frame_equal(again.suppliers, found.suppliers, check_dtype=False)


def test_a_supplier_that_withholds_delivers_less_and_nobody_makes_it_up() -> None:
    ban = ExportControl("CHL", "lithium", 1.0, 2027, 2)
    calm, hit = (forecast("lithium", 3, scenario=each).exposure("JPN") for each in (None, ban))
    share = hit.draws["share"].sel(country="CHL")
    assert (share.sel(year=[2027, 2028]) == 0).all()
    assert float(share.sel(year=2026).median()) > 0.4
    more = (hit.draws["lost"] - calm.draws["lost"]).sel(year=2027)
    today = calm.today.loc["CHL", "share"]
    assert float(more.median()) == pytest.approx(today, abs=0.05)
    for each in (calm, hit):
        draws = each.draws
        np.testing.assert_allclose(draws["missing"].sum("country"), draws["lost"], atol=1e-12)
        np.testing.assert_allclose(draws["share"].sum("country"), 1.0)
    assert hit.suppliers.loc["CHL", "probability"] == 1
    assert np.isnan(hit.suppliers.loc["CHL", "price_ratio"])  # no draw of those years is without it


def test_a_refiner_of_others_ore_moves_with_its_own_output() -> None:
    found = forecast("cobalt", 2).exposure("JPN")
    assert found.suppliers.loc["FIN", "moves_with"] == "itself"
    # Belgium refines less than a hundredth of the world's.
    assert found.suppliers.loc["BEL", "moves_with"] == "other producers"
    assert forecast("lithium", 2).exposure("JPN").suppliers.loc["CHL", "moves_with"] == "itself"
    # Silicon is counted where it is smelted: others make their own.
    silicon = forecast("silicon", 2).exposure("JPN").suppliers
    assert silicon.loc["AUS", "moves_with"] == "other producers"
    # Aluminum's output is metal, its code is bauxite.
    assert "world" in set(forecast("aluminum", 2).exposure("JPN").suppliers["moves_with"])


def test_who_mines_what_it_refines_loses_no_ore_of_others() -> None:
    ban = ExportControl("COD", "cobalt", 1.0, 2027)
    cobalt = forecast("cobalt", 3, scenario=ban)
    held = cobalt.exposure("JPN").draws["withheld"].sel(year=2028)
    assert float(held.sel(country="FIN").median()) > 0.5
    np.testing.assert_allclose(held.sel(country="FIN"), held.sel(country="BEL"))
    lithium = forecast("lithium", 3, scenario=ExportControl("AUS", "lithium", 1.0, 2027))
    held = lithium.exposure("JPN").draws["withheld"].sel(year=2028).median("sample")
    assert held.sel(country="CHL") < 0.1 < held.sel(country="CHN")


def test_a_refinery_of_a_supplier_is_seen_by_its_buyer() -> None:
    plant = RefineryProject("FIN", "cobalt", 20_000.0, 2027)
    calm, more = (forecast("cobalt", 4, scenario=s).exposure("JPN") for s in (None, plant))
    share = more.draws["share"] - calm.draws["share"]
    assert (share.sel(country="FIN", year=2026) == 0).all()
    assert (share.sel(country="FIN", year=2028) > 0.05).all()
    assert (share.sel(country="CHN", year=2028) < 0).all()


def test_small_suppliers_are_joined_and_lose_nothing() -> None:
    found = forecast("copper", 2).exposure("EU")
    assert len(found.draws["country"]) <= 13
    np.testing.assert_allclose(found.draws["share"].sum("country"), 1.0)
    np.testing.assert_allclose(
        found.draws["missing"].sum("country"), found.draws["lost"], atol=1e-12
    )
    assert not set(found.suppliers.index) & EU


def test_a_stop_is_worse_than_none() -> None:
    row = forecast("graphite", 15).exposure("JPN").suppliers.loc["CHN"]
    assert row["lost"] > row["expected_loss"]
    assert row["price_ratio"] > 1


def test_a_sole_supplier_that_stops_leaves_a_price() -> None:
    ban = ExportControl("CHN", "graphite", 1.0, 2027)
    rest = forecast("graphite", 3, scenario=ban).exposure("KOR")
    assert np.isfinite(rest.draws["price"]).all()
    assert rest.draws["lost"].max() <= 1


def test_a_stop_may_begin_in_the_first_year() -> None:
    ban = ExportControl("CHL", "lithium", 1.0, 2026, 2)
    hit = forecast("lithium", 3, scenario=ban).exposure("JPN").suppliers.loc["CHL"]
    assert hit["probability"] == 1
    assert hit["lost"] > 0.4
    # Without a scenario the first year is as likely as any to see a measure that keeps much away.
    one, five = (forecast("lithium", h).exposure("JPN").suppliers["probability"] for h in (1, 5))
    known = disruption_risk("lithium", 1).summary()["probability"]
    for country in ("ARG", "CHN"):
        assert 0 < one[country] < known[country]
        assert one[country] / five[country] == pytest.approx(1 / 5, abs=0.1)


@pytest.mark.parametrize(
    ("mineral", "buyer", "seller", "other"),
    [("niobium", "EU", "BRA", "CAN"), ("magnesium", "USA", "ISR", "CHN")],
)
def test_a_detour_costs_its_rate_on_what_arrives_and_no_more(mineral, buyer, seller, other) -> None:
    stop = ExportControl(other, mineral, 0.98, 2027)  # who would cover it holds back itself
    ban = ExportControl(seller, mineral, 1.0, 2027, to=buyer)
    plain, banned = (
        forecast(mineral, 2, scenario=each).exposure(buyer).draws for each in ([stop], [stop, ban])
    )
    ratio = (banned["price"] / plain["price"]).sel(year=2027)
    assert (ratio > 1).all()
    assert ratio.max() <= np.exp(REROUTED) + 1e-12
    assert (banned["lost"] >= plain["lost"] - 1e-12).all()


def test_a_ban_that_others_cover_is_a_stop_in_every_draw() -> None:
    ban = ExportControl("ARG", "lithium", 1.0, 2027, to="JPN")
    found = forecast("lithium", 2, scenario=ban).exposure("JPN")
    assert found.suppliers.loc["ARG", "probability"] == 1
    assert found.draws["lost"].mean() < 0.05


def test_what_is_withheld_already_is_no_stop_to_come() -> None:
    found = forecast("antimony", 1).exposure("DEU")
    held = found.draws["withheld"].sel(year=2026)
    now = found.draws["withheld_now"]
    assert float(now.sel(country="CHN").median()) > 0.3
    more = (held > now + 0.05).mean("sample")
    for country, row in found.suppliers.iterrows():
        assert row["probability"] == float(more.sel(country=country))
    # The few draws in which a measure ends withhold less, none of them more.
    assert found.suppliers.loc["CHN", "probability"] < 0.1
    # Who follows the world's has the world's at the origin.
    world = now.isel(country=(found.draws["moves_with"] == "world").values)
    assert (world > 0).all()
    assert (abs(held.sel(country=world["country"]) - world) < 0.05).mean() > 0.8
