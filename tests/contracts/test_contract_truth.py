"""What must hold whatever the draws: Black's formula, sums of zero, no gain at spot, monotone terms."""

import json
import subprocess
import sys
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critmin.contracts import (
    Cap,
    Collar,
    Default,
    Fixed,
    Floor,
    Indexed,
    Offtake,
    Prepayment,
    Renegotiation,
    Royalty,
    Shared,
    StateFloor,
    StateShare,
    Streaming,
    Take,
    lognormal_forecast,
)

PRICE, SIGMA, YEARS, VOLUME, RATE = 16_000.0, 0.3, 8, 1_000.0, 0.07
WALK = lognormal_forecast("nickel", PRICE, SIGMA, 12, size=20_000, seed=3)
SMALL = lognormal_forecast("nickel", PRICE, SIGMA, 12, size=500, seed=4)


def black(strike: float, years: float, call: bool) -> float:
    """Undiscounted option on a forward price (Black 1976, Journal of Financial Economics 3)."""
    scale = SIGMA * np.sqrt(years)
    d1 = np.log(PRICE / strike) / scale + scale / 2
    n = NormalDist().cdf
    put = strike * n(scale - d1) - PRICE * n(-d1)
    return put + PRICE - strike if call else put


def deal(price=None, **terms) -> Offtake:
    return Offtake("nickel", VOLUME, 2026, YEARS, price or Indexed(), basis="real", **terms)


def expected(floor: float | None, cap: float | None) -> float:
    whole = 0.0
    for year in range(1, YEARS + 1):
        worth = 0.0 if floor is None else black(floor, year, call=False)
        worth -= 0.0 if cap is None else black(cap, year, call=True)
        whole += VOLUME * worth * (1 + RATE) ** -(year - 0.5)
    return whole


@pytest.mark.parametrize(
    ("price", "floor", "cap"),
    [
        (Floor(14_000), 14_000, None),
        (Cap(20_000), None, 20_000),
        (Collar(14_000, 20_000), 14_000, 20_000),
        (Floor(14_000) + Cap(20_000), 14_000, 20_000),
    ],
)
def test_options_agree_with_black(price, floor, cap) -> None:
    found = deal(price).value(WALK, discount=RATE).summary().loc["seller"]
    # A seed for which the error is within two of its standard errors; four bound it in 99.99%.
    assert abs(found["mean"] - expected(floor, cap)) < 4 * found["Monte Carlo error"]
    assert found["Monte Carlo error"] < 0.03 * abs(expected(14_000, None))


def test_clauses_of_a_collar_are_its_options() -> None:
    table = deal(Collar(14_000, 20_000)).value(WALK, discount=RATE).clauses
    floor, cap = table.loc["floor"], table.loc["cap"]
    assert abs(floor["seller"] - expected(14_000, None)) < 4 * floor["Monte Carlo error"]
    assert abs(cap["seller"] - expected(None, 20_000)) < 4 * cap["Monte Carlo error"]


def test_nominal_floor_is_worn_away_by_inflation() -> None:
    nominal = Offtake("nickel", VOLUME, 2026, YEARS, Floor(14_000))
    by_hand = sum(
        VOLUME * black(14_000 * 1.02**-year, year, call=False) * (1 + RATE) ** -(year - 0.5)
        for year in range(1, YEARS + 1)
    )
    found = nominal.value(WALK, discount=RATE).summary().loc["seller"]
    assert abs(found["mean"] - by_hand) < 4 * found["Monte Carlo error"]


def test_a_states_budget_agrees_with_black_and_with_the_quantile_of_a_put() -> None:
    """Expected cost by year is a put's; its 95% quantile is the put at the price's 5% quantile."""
    budget = (deal() + StateFloor(15_000)).value(WALK, discount=RATE).budget("state")
    for year in range(1, YEARS + 1):
        told, scale = budget.loc[2025 + year], SIGMA * np.sqrt(year)
        put = VOLUME * black(15_000, year, call=False)
        low = PRICE * np.exp(scale * NormalDist().inv_cdf(0.05) - scale**2 / 2)
        paid = NormalDist().cdf(np.log(15_000 / PRICE) / scale + scale / 2)
        assert told["expected"] == pytest.approx(put, rel=0.03)
        assert told["95%"] == pytest.approx(VOLUME * max(15_000 - low, 0), rel=0.03)
        assert told["P(paid)"] == pytest.approx(paid, abs=4 * 0.5 / np.sqrt(20_000))
    whole = sum(
        VOLUME * black(15_000, year, call=False) * (1 + RATE) ** -(year - 0.5)
        for year in range(1, YEARS + 1)
    )
    assert budget.loc["present value", "expected"] == pytest.approx(whole, rel=0.03)


CLAUSES = [
    Take(0.5, 1.2, pay=0.8, make_up=2),
    Prepayment("3 million USD", 4, 0.05),
    Streaming(0.2, 5_000, "10 million USD"),
    StateFloor(15_000),
    StateShare(18_000, 0.3),
    Royalty(0.03, "2 million USD"),
    Default(0.3, penalty=0.1, cost=0.05),
    Renegotiation(0.4, 0.5, cost=0.02),
]


@settings(max_examples=40, deadline=None)
@given(
    chosen=st.sets(st.sampled_from(range(len(CLAUSES)))),
    floor=st.floats(5_000, 16_000),
    width=st.floats(0, 20_000),
)
def test_gains_add_up_to_zero(chosen, floor, width) -> None:
    offer = deal(Collar(floor, floor + width) + Shared(18_000, 0.4))
    for i in chosen:
        offer += CLAUSES[i]
    found = offer.value(SMALL)
    whole = found.draws["flow"].sum("party")
    assert abs(whole).max() < 1e-9 * abs(found.draws["flow"]).max() + 1e-6
    assert (found.draws["npv"].sel(party="deadweight") >= 0).all()
    others = [p for p in found.parties if p not in ("seller", "buyer", "deadweight")]
    assert bool(others) == bool({3, 4, 5} & chosen)


def test_spot_is_worth_nothing() -> None:
    found = deal().value(SMALL)
    assert (found.draws["flow"] == 0).all()
    assert found.clauses.empty
    assert (deal(Indexed(discount=0.1)).value(SMALL).draws["npv"].sel(party="seller") < 0).all()


@pytest.mark.parametrize("clause", [None, StateFloor(12_000), Royalty(0.02)])
def test_monotone_in_floor_cap_and_term(clause) -> None:
    def worth(price, years=YEARS):
        offer = Offtake("nickel", VOLUME, 2026, years, price, basis="real")
        return (offer if clause is None else offer + clause).value(SMALL).npv("seller")

    floors = [worth(Floor(at)) for at in (8_000, 12_000, 16_000)]
    caps = [worth(Cap(at)) for at in (14_000, 20_000, 30_000)]
    for several in (floors, caps):
        for low, high in pairwise(several):
            assert (high >= low - 1e-6).all()
            assert high.mean() > low.mean()
    if not isinstance(clause, Royalty):  # a floor only adds, year by year; a royalty takes
        for short, long in pairwise([worth(Floor(16_000), years) for years in (2, 5, 8)]):
            assert (long >= short - 1e-6).all()


def test_an_option_of_the_buyer_costs_the_seller() -> None:
    dear = [deal(Floor(16_000)) + Take(0.5, pay=pay) for pay in (0.5, 0.8, 1.0)]
    worth = [offer.value(SMALL).npv("seller") for offer in dear]
    assert all((more >= less - 1e-6).all() for less, more in pairwise(worth))


@pytest.mark.parametrize(
    ("unit", "currency", "floor"),
    [
        ("lb", "USD", 14_000 * 0.45359237e-3),
        ("kg", "EUR", 14.0 * 0.8845),
        ("t", "JPY", 14_000 * 149.5686),
        ("t", "USD", "14 USD/kg"),
        ("t", "EUR", "14 thousand USD/t"),
    ],
)
def test_units_and_currencies_say_the_same(unit, currency, floor) -> None:
    plain = deal(Floor(14_000)).value(SMALL)
    other = deal(Floor(floor), unit=unit, currency=currency).value(SMALL)
    rate = {"USD": 1.0, "EUR": 0.8845, "JPY": 149.5686}[currency]
    np.testing.assert_allclose(other.npv("seller") / rate, plain.npv("seller"), rtol=1e-9)
    again = (other.draws["price"] / other.draws["spot"]).values
    np.testing.assert_allclose(again, (plain.draws["price"] / plain.draws["spot"]).values)


def test_oxide_and_element_say_the_same() -> None:
    walk = lognormal_forecast("neodymium", 80_000, 0.3, 5, size=200)
    oxide = Offtake("neodymium", 600, 2026, 5, Floor("110 USD/kg oxide"), unit="kg of oxide")
    element = Offtake("neodymium", 600 * 0.8574, 2026, 5, Floor("110 USD/kg of oxide"))
    worth = [offer.value(walk).npv("seller") for offer in (oxide, element)]
    np.testing.assert_allclose(*worth, rtol=1e-9)
    quoted = Offtake("neodymium", 600, 2026, 5, Floor(110), unit="quoted").value(walk)
    np.testing.assert_allclose(quoted.npv("seller"), worth[0], rtol=1e-9)


def test_an_index_with_a_lag_looks_back_only() -> None:
    late = SMALL.draws.copy(deep=True)
    late["market_price"][:, 6:] *= 3
    changed = type(SMALL)(SMALL.mineral, SMALL.scenario, late, SMALL.provenance)
    offer = Offtake("nickel", VOLUME, 2028, 6, Indexed(lag=1, average=2), basis="real")
    before, after = (offer.value(f).draws["price"] for f in (SMALL, changed))
    np.testing.assert_array_equal(
        before.sel(year=slice(None, 2032)), after.sel(year=slice(None, 2032))
    )
    assert (after.sel(year=2033) > before.sel(year=2033)).all()
    # Two years' mean, a year back, of nominal prices, in money of the year.
    spot = SMALL.draws["market_price"].sel(year=[2026, 2027]).values * [1.02, 1.02**2]
    np.testing.assert_allclose(before.sel(year=2028).values, spot.mean(axis=1) / 1.02**3)


def test_importing_contracts_is_light() -> None:
    code = (
        "import sys, json; from critmin import contracts; "
        "print(json.dumps([m for m in ('pymc', 'pytensor', 'matplotlib', 'typer') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_fixed_price_swaps_the_expected_price() -> None:
    found = deal(Fixed(PRICE)).value(WALK, discount=RATE)
    row = found.summary().loc["seller"]
    assert abs(row["mean"]) < 4 * row["Monte Carlo error"]
