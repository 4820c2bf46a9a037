import concurrent.futures
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import critmin
from critmin import fair_price
from critmin.exceptions import CritminError, UnknownNameError
from critmin.mineral import get_mineral, registry
from critmin.posterior import Posterior, builtin_posterior
from critmin.results.fair_prices import FairPrice
from critmin.units import UNITS_PER_USD, currency_rate

names = st.sampled_from(sorted(registry()))


@pytest.mark.parametrize("mineral", registry())
def test_every_mineral_has_a_price(mineral: str) -> None:
    price = fair_price(mineral)
    assert price.draws.sizes == {"sample": 2000, "year": 15, "component": 5}
    assert list(price.draws["year"].values) == list(range(2026, 2041))
    for name in ("fair_price", "market_price", "cost"):
        values = price.draws[name].values
        assert np.isfinite(values).all()
        # A component may be too small for the fifteen bits that a posterior stores.
        assert (values >= 0).all() if name == "cost" else (values > 0).all()
        assert price.draws[name].attrs["words"] == price.units


@settings(max_examples=25, deadline=None)
@given(mineral=names, seed=st.integers(0, 2**31), horizon=st.integers(1, 40))
def test_same_seed_same_draws_and_a_longer_horizon_continues(mineral, seed, horizon) -> None:
    one = fair_price(mineral, seed=seed, horizon=horizon)
    two = fair_price(mineral, seed=seed, horizon=min(horizon + 3, 40))
    again = fair_price(
        ["tin", mineral] if mineral != "tin" else ["tin"], seed=seed, horizon=horizon
    )
    assert one.draws.equals(again[mineral].draws)
    assert one.draws.equals(two.draws.sel(year=one.draws["year"]))


@settings(max_examples=15, deadline=None)
@given(mineral=names, seed=st.integers(0, 1000), basis=st.sampled_from(["real", "nominal"]))
def test_parts_add_up_to_the_price(mineral, seed, basis) -> None:
    price = fair_price(mineral, seed=seed, basis=basis)
    parts = price.decompose()
    np.testing.assert_allclose(parts.sum("component"), price.draws["fair_price"], rtol=1e-7)
    assert list(parts["component"].values)[-1] == "scarcity"


@settings(max_examples=15, deadline=None)
@given(mineral=names, currency=st.sampled_from(sorted(UNITS_PER_USD)))
def test_units_and_currencies_are_one_price(mineral, currency) -> None:
    base = fair_price(mineral).draws["fair_price"]
    other = fair_price(mineral, unit="lb", currency=currency).draws["fair_price"]
    np.testing.assert_allclose(other / UNITS_PER_USD[currency] / 0.45359237e-3, base, rtol=1e-12)


def test_nominal_is_real_with_inflation() -> None:
    real, nominal = (fair_price("tin", basis=b).draws["market_price"] for b in ("real", "nominal"))
    np.testing.assert_allclose(
        nominal / real, np.broadcast_to(1.02 ** np.arange(1, 16), (2000, 15))
    )


def test_quoted_unit_is_the_markets_own() -> None:
    price = fair_price("lithium", unit="quoted")
    per_element = fair_price("lithium").draws["fair_price"]
    np.testing.assert_allclose(
        price.draws["fair_price"], per_element * get_mineral("lithium").content
    )
    assert price.units == ("USD of 2025 per t of lithium carbonate, battery grade, contract")


def without(posterior: Posterior, **changes: float) -> Posterior:
    draws = posterior.draws.copy()
    for name, value in changes.items():
        draws[name] = draws[name] * 0 + value
    return Posterior(draws)


def test_without_distortion_fair_is_market() -> None:
    plain = without(
        builtin_posterior(),
        support=0,
        availability=0,
        availability_end=0,
        producer_withheld=0,
        deviation=0,
        deviation_change=0,
        hazard=0,
    )
    price = fair_price("gallium", posterior=plain)
    np.testing.assert_allclose(price.draws["fair_price"], price.draws["market_price"])


def test_restrictions_to_come_raise_the_market_but_not_the_fair_price() -> None:
    none = without(builtin_posterior(), hazard=0)
    plain, exposed = fair_price("gallium", posterior=none), fair_price("gallium")
    np.testing.assert_allclose(plain.draws["fair_price"], exposed.draws["fair_price"], rtol=1e-9)
    more = exposed.draws["market_price"].mean("sample") - plain.draws["market_price"].mean("sample")
    assert (more > 0).all()


def test_intervals_of_components_hold_their_medians() -> None:
    table = fair_price("nickel").components(0.5)
    assert list(table.columns) == ["median", "25%", "75%"]
    assert (table["25%"] < table["median"]).all()
    assert (table["median"] < table["75%"]).all()
    assert set(table.index.get_level_values("component")) == {
        "energy",
        "labour",
        "materials",
        "capital",
        "compliance",
        "scarcity",
    }


def test_support_lifts_the_fair_price_above_the_market_in_the_end() -> None:
    supported = without(
        builtin_posterior(),
        support=0.2,
        availability=0,
        availability_end=0,
        producer_withheld=0,
        deviation=0,
        deviation_change=0,
        hazard=0,
    )
    # Costs that output does not raise; else the fair world, which makes less, is cheaper to supply.
    flat = supported.draws.assign(
        long_run_elasticity=supported.draws["scrap_elasticity"] * 0 + 1e12
    )
    price = fair_price("nickel", posterior=Posterior(flat), horizon=40)
    ratio = np.log(price.draws["fair_price"] / price.draws["market_price"])
    assert (ratio.isel(year=0) > 0).all()
    assert float(ratio.isel(year=-1).median()) == pytest.approx(0.2, abs=0.01)


def test_bands_widen_and_then_flatten() -> None:
    for mineral in ("nickel", "copper", "zinc", "tin"):
        log = np.log(fair_price(mineral, horizon=40).draws["market_price"])
        width = log.quantile(0.95, "sample") - log.quantile(0.05, "sample")
        early = float(width.sel(year=2031) - width.sel(year=2026))
        late = float(width.sel(year=2045) - width.sel(year=2040))
        assert early > late > -0.1


def test_summary_orders_its_bounds() -> None:
    table = fair_price("nickel").summary((0.9, 0.5))
    for name in ("fair_price", "market_price"):
        rows = table[name]
        ordered = rows[["5%", "25%", "median", "75%", "95%"]].to_numpy()
        assert (np.diff(ordered, axis=1) > 0).all()
    assert table["P(market < fair)"].squeeze().between(0, 1).all()
    assert table.attrs == {
        "units": "USD/t",
        "words": "USD of 2025 per t of contained Ni",
    }


@pytest.mark.parametrize("prob", [0, 1, 1.5, (), (0.5, -0.1)])
def test_probabilities_are_checked(prob) -> None:
    with pytest.raises(CritminError, match="between 0 and 1"):
        fair_price("nickel").summary(prob)


def test_json_round_trip_and_repeat(tmp_path) -> None:
    price = fair_price("cobalt", unit="quoted", currency="JPY", horizon=4, seed=7)
    path = tmp_path / "cobalt.json"
    text = price.to_json(path)
    for source in (text, path):
        again = FairPrice.from_json(source)
        assert again.draws.equals(price.draws)
        assert again.provenance == price.provenance
        assert again.history.equals(price.history)
        assert again.units == price.units
    request = json.loads(text)["provenance"]["request"]
    repeated = fair_price(request.pop("mineral"), **request)
    assert repeated.draws.equals(price.draws)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"format": "critmin-fair-price-1"}',
        "not json",
        '{"format": "critmin-fair-price-1", "units": "x", "draws": {"fair_price": '
        '{"shape": [99999999, 99999999], "float64": ""}}}',
    ],
)
def test_json_of_other_kinds_is_refused(tmp_path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(CritminError):
        FairPrice.from_json(path)


def test_datatree_and_repr_are_for_people() -> None:
    price = fair_price("nickel")
    tree = price.to_datatree()
    assert tree["posterior_predictive"]["fair_price"].dims == ("chain", "draw", "year")
    assert "observed" in tree["observed_data"]
    assert repr(price).startswith("FairPrice(nickel, 2026-2040, USD of 2025 per t")
    assert "<table" in price._repr_html_()
    assert "prior" in price._repr_html_()


def test_provenance_says_what_it_stands_on() -> None:
    found = fair_price("nickel").provenance
    assert found["datasets"]["worldbank-pink-sheet"] == "CC BY 4.0"
    assert "unknown" not in found["datasets"].values()
    assert found["posterior"] == builtin_posterior().id
    assert "prior" in found["assumption"]


def test_threads_get_the_same_prices() -> None:
    expected = fair_price("zinc").draws
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: fair_price("zinc").draws, range(16)))
    assert all(expected.equals(r) for r in results)


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        ({"mineral": "lithum"}, UnknownNameError, "did you mean 'lithium'"),
        ({"horizon": 0}, CritminError, "1 to 40 years, got 0"),
        ({"horizon": 41}, CritminError, "1 to 40 years, got 41"),
        ({"horizon": 2.5}, CritminError, "whole number of years"),
        ({"currency": "XBT"}, UnknownNameError, "unknown currency"),
        ({"basis": "reel"}, UnknownNameError, "real"),
        ({"unit": "stone"}, UnknownNameError, "unknown mass in unit"),
        ({"seed": -1}, CritminError, "seed"),
    ],
)
def test_bad_arguments_say_what_is_right(arguments, error, reason: str) -> None:
    with pytest.raises(error, match=reason):
        fair_price(**({"mineral": "nickel"} | arguments))


def test_listing_tells_how_much_data_there_is() -> None:
    table = critmin.minerals()
    assert table.loc["nickel", "prices"] == 66
    assert table.loc["gallium", "prices"] == 66
    assert table.loc["cobalt", "host"] == "copper"


def test_past_money_is_converted_at_the_rate_of_its_year() -> None:
    # World Bank: nickel 22,910 USD/t in 2011; Federal Reserve: 79.7 JPY per USD on average.
    price = fair_price("nickel", 2, currency="JPY", basis="nominal")
    paid = price.history["observed"]
    assert paid[2011] == pytest.approx(22_910 * 79.7, rel=0.005)
    assert 1970 not in paid.dropna().index
    # What is to come is held at one rate.
    dollars = fair_price("nickel", 2, basis="nominal").draws["market_price"]
    ratio = price.draws["market_price"] / dollars
    assert float(ratio.max()) == pytest.approx(float(ratio.min()))


def test_past_pounds_are_not_of_another_year_s_rate() -> None:
    """Only 2024's rate of the pound is known: an ounce of 1980 was 265 pounds, not 476."""
    price = fair_price("gold", 2, currency="GBP", basis="nominal", unit="quoted")
    dollars = fair_price("gold", 2, basis="nominal", unit="quoted")
    assert price.history.index.tolist() == [2024, 2025]
    ratio = price.history["observed"] / dollars.history["observed"].loc[2024:]
    np.testing.assert_allclose(ratio, currency_rate("GBP"))
    ahead = price.draws["market_price"] / dollars.draws["market_price"]
    np.testing.assert_allclose(ahead, currency_rate("GBP"), rtol=1e-12)
