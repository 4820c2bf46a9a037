"""Valuations: what they say, the state's golden case, files, other models."""

import json

import numpy as np
import pytest

import critmin
from critmin.contracts import (
    Collar,
    Fixed,
    Floor,
    Indexed,
    Offtake,
    Party,
    Premium,
    StateFloor,
    Take,
    Valuation,
    gallery,
    lognormal_forecast,
)
from critmin.contracts.parties import tail_mean
from critmin.exceptions import CritminError
from critmin.scenario import ExportControl, StateSupport

WALK = lognormal_forecast("nickel", 16_000, 0.25, 12, size=1000, seed=2)
DEAL = Offtake("nickel", 1_000, 2026, 8, Collar(14_000, 20_000), basis="real")


def test_floor_of_the_us_for_ndpr() -> None:
    """MP Materials and the US Department of Defense, 10 July 2025, reckoned without the package."""
    deal = gallery()["ndpr-state-floor"]
    found = deal.value()
    years = np.arange(2026, 2036)
    assert (deal.minerals, deal.mix) == (("neodymium", "praseodymium"), (0.75, 0.25))
    both = critmin.forecast(list(deal.minerals), 10)
    nd, pr = (both[name].draws["market_price"].values for name in deal.minerals)
    price = 0.75 * 0.8574 * nd + 0.25 * 0.8277 * pr  # a tonne of oxide holds so much of each metal
    nominal = price * 1.02 ** (years - 2025)
    tonnes = np.array([6000.0] * 9 + [4500.0])
    floor = tonnes * np.maximum(110_000 - nominal, 0) / 1.02 ** (years - 2025)
    share = 0.3 * tonnes * np.maximum(nominal - 110_000, 0) / 1.02 ** (years - 2025)
    factors = 1.08 ** -(years - 2025 - 0.5)
    payer = "Department of Defense"
    budget = found.budget(payer)
    np.testing.assert_allclose(budget["expected"].iloc[:-1], (floor - share).mean(axis=0))
    np.testing.assert_allclose(budget["95%"].iloc[:-1], np.quantile(floor - share, 0.95, axis=0))
    np.testing.assert_allclose(found.npv("seller"), (floor - share) @ factors)
    assert found.clauses.loc["statefloor", payer] == pytest.approx(-(floor @ factors).mean())
    assert found.clauses.loc["stateshare", payer] == pytest.approx((share @ factors).mean())
    assert (found.npv("buyer") == 0).all()
    # Quoted together and apart, oxide costs the same a kg in 2025: the mix hardly moves the first year.
    alone = 0.8574 * nd[:, 0]
    assert np.median(price[:, 0]) == pytest.approx(np.median(alone), rel=0.05)


def test_summary_holds_what_it_says() -> None:
    found = DEAL.value(WALK)
    values = found.npv("seller")
    row = found.summary(prob=0.8).loc["seller"]
    assert row["mean"] == values.mean()
    quantiles = np.quantile(values, [0.1, 0.5, 0.9])
    assert row[["10%", "median", "90%"]].tolist() == pytest.approx(quantiles.tolist())
    assert row["P(gain)"] == (values > 0).mean()
    assert row["CVaR"] == pytest.approx(np.sort(values)[:100].mean())
    assert found.summary().loc["buyer", "mean"] == -row["mean"]
    assert found.summary().attrs == {"units": "USD", "words": "USD of 2025"}
    years = found.by_year()
    spot = WALK.draws["market_price"].sel(year=2026).values
    assert years.loc[2026, "P(floor)"] == (spot < 14_000).mean()
    assert years.loc[2026, "P(cap)"] == (spot > 20_000).mean()
    with pytest.raises(CritminError, match="did you mean 'seller'"):
        found.npv("seler")


def test_models_stand_beside_each_other() -> None:
    wild = lognormal_forecast("nickel", 16_000, 0.5, 12, size=1000, seed=2)
    found = (DEAL + Take(0.9)).value(WALK, alternatives={"wild": wild})
    other = (DEAL + Take(0.9)).value(wild)
    assert found.models.loc["wild", "seller"] == other.npv("seller").mean()
    spread = abs(other.npv("seller").mean() - found.npv("seller").mean())
    assert found.summary().loc["seller", "spread"] == pytest.approx(spread)
    assert np.isnan(DEAL.value(WALK).summary()["spread"]).all()


def test_files_there_and_back(tmp_path) -> None:
    found = gallery()["cobalt-quota"].value()
    for again in (
        Valuation.from_json(found.to_json(tmp_path / "value.json")),
        Valuation.from_netcdf(found.to_netcdf(tmp_path / "value.nc")),
    ):
        assert again.offtake == found.offtake
        assert again.clauses.equals(found.clauses)
        assert again.models.equals(found.models)
    assert json.loads(found.to_json())["provenance"]["request"]["discount"] == 0.08
    (tmp_path / "no.nc").write_bytes(b"nothing")
    with pytest.raises(CritminError, match="not a readable Valuation"):
        Valuation.from_netcdf(tmp_path / "no.nc")


def test_shown_without_digits_it_does_not_have() -> None:
    found = Offtake("nickel", 1_000, 2026, 8, Collar(14_000, 20_000), seller="<b>mine").value(WALK)
    assert len(repr(found)) < 250
    html = found._repr_html_()
    assert "&lt;b&gt;mine" in html
    assert "<b>mine" not in html.lower()


def test_the_same_seed_the_same_value() -> None:
    one, two = (DEAL.value(seed=3).draws for _ in range(2))
    assert one.identical(two)
    assert not one.identical(DEAL.value(seed=4).draws)


def test_a_scenario_moves_it() -> None:
    deal = Offtake("gallium", 20, 2027, 5, Fixed("250 USD/kg"))
    ban = ExportControl("CHN", "gallium", withheld=0.9, start=2027, years=3)
    calm, dear = deal.value(), deal.value(scenario=ban)
    assert dear.npv("buyer").mean() > calm.npv("buyer").mean()
    assert dear.provenance["scenario"]["intervention"][0]["country"] == "CHN"


def test_certainty_equivalents() -> None:
    fixed = Offtake("nickel", 1_000, 2026, 8, Fixed(16_000), basis="real").value(WALK)
    sold = fixed.draws["spot_value"].values
    # All risk gone: with it the seller has the sure 16,000, without it the market's certainty equivalent.
    sure = float(fixed.npv("seller")[0] + sold[0])
    for party in (Party("cara", 3), Party("crra", 3), Party("crra", 1), Party("cvar", 0.4)):
        without = party.certainty_equivalent(sold, 10 * sold.mean())
        assert fixed.certainty_equivalent("seller", party) == pytest.approx(sure - without)
        assert fixed.certainty_equivalent("seller", party) > fixed.npv("seller").mean()
    neutral = Party(aversion=0)
    assert fixed.certainty_equivalent("buyer", neutral) == pytest.approx(fixed.npv("buyer").mean())
    # A buyer that passes prices on bears the risk of a fixed price, not of the market's.
    passing = Party("cvar", 0.4, exposure=0)
    assert fixed.certainty_equivalent("buyer", passing) < fixed.npv("buyer").mean()


def test_closed_forms_of_utility() -> None:
    outcome = np.random.default_rng(1).normal(100, 10, 200_000)
    # CARA and normal: mean less half the rate times the variance; the error of this is some 0.05.
    found = Party("cara", 2).certainty_equivalent(outcome, 100.0)
    assert found == pytest.approx(100 - 0.5 * 0.02 * 100, abs=0.1)
    growth = np.exp(np.random.default_rng(2).normal(0, 0.2, 200_000))
    # CRRA and log-normal: exp(mean + (1 - gamma) / 2 variance).
    found = Party("crra", 3, wealth=100.0).certainty_equivalent(100 * growth - 100, 1.0)
    assert found == pytest.approx(100 * np.exp(-0.04) - 100, abs=0.2)
    assert tail_mean(np.arange(100.0)) == pytest.approx(4.5)
    coin = np.array([-10.0, 10.0])
    assert Party("cvar", 0.2).certainty_equivalent(coin, 1.0) == pytest.approx(-2.0)


def test_private_floor_and_states_floor_cost_the_same_money() -> None:
    """Who pays differs, what the seller gains does not."""
    bare = Offtake("nickel", 1_000, 2026, 8, basis="real")
    private, public = (bare + Floor(15_000)).value(WALK), (bare + StateFloor(15_000)).value(WALK)
    np.testing.assert_allclose(private.npv("seller"), public.npv("seller"))
    np.testing.assert_allclose(private.npv("buyer"), public.npv("state"))


def test_a_basket_shares_its_samples() -> None:
    deal = Offtake(("neodymium", "dysprosium"), 100, 2027, 3, unit="kg of oxide", mix=(0.9, 0.1))
    spot = deal.value().draws["spot"].sel(year=2029).values
    both = critmin.forecast(["neodymium", "dysprosium"], 4)
    nd, dy = (both[name].draws["market_price"].sel(year=2029).values for name in deal.minerals)
    np.testing.assert_allclose(spot, (0.9 * 0.8574 * nd + 0.1 * 0.8713 * dy) / 1000)


def test_fair_price_contract_when_the_market_is_pressed_down(stated) -> None:
    """The seed's own case: support or a glut hold the market down, the buyer commits to the fair price."""
    low = stated([[80, 80, 150], [80, 80, 60]], fair=[[100, 100, 120], [100, 100, 90]])
    found = Offtake("nickel", 10, 2026, 3, Indexed("fair"), basis="real").value(low, discount=0.0)
    assert found.draws["flow"].sel(party="seller").values.tolist() == pytest.approx(
        np.array([[200, 200, -300], [200, 200, 300]])
    )
    assert found.summary().loc["buyer", "P(gain)"] == 0
    assert found.by_year()["gain of buyer"].tolist() == pytest.approx([-200, -200, 0])


def test_support_presses_the_market_and_not_the_fair_price() -> None:
    deal = Offtake("nickel", 1_000, 2027, 8, Indexed("fair"), basis="real")
    glut = StateSupport("IDN", "nickel", 0.3, 2027)
    calm, pressed = deal.value(), deal.value(scenario=glut)
    np.testing.assert_allclose(calm.draws["price"], pressed.draws["price"])
    assert pressed.npv("seller").mean() > calm.npv("seller").mean() > 0
    assert (pressed.npv("seller") > calm.npv("seller")).mean() > 0.95


def test_a_spot_contract_there_and_back(tmp_path) -> None:
    found = Offtake("nickel", 1_000, 2026, 2).value(WALK)
    found.to_netcdf(tmp_path / "spot.nc")
    for again in (
        Valuation.from_netcdf(tmp_path / "spot.nc"),
        Valuation.from_json(found.to_json()),
    ):
        assert again.draws["flow"].equals(found.draws["flow"])
        assert again.draws.sizes["clause"] == 0
        assert again.clauses.empty


def test_a_forecast_in_any_unit_gives_the_same_value() -> None:
    plain, other = (
        critmin.forecast("nickel", 9, **how)
        for how in ({}, {"unit": "lb", "currency": "JPY", "basis": "nominal"})
    )
    one, two = (DEAL.value(forecast).npv("seller") for forecast in (plain, other))
    np.testing.assert_allclose(one, two)
    dear = Offtake("nickel", 10, 2027, 3, Indexed() + Premium(standards={"labour": 0.2}))
    one, two = (dear.value(forecast).npv("seller") for forecast in (plain, other))
    np.testing.assert_allclose(one, two)
