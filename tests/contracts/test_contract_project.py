"""The mine behind a contract, against finances reckoned by hand."""

from dataclasses import replace

import numpy as np
import pytest

import critmin
from critmin.contracts import (
    Cap,
    Collar,
    Fixed,
    Floor,
    Offtake,
    Project,
    finance_table,
    lognormal_forecast,
)
from critmin.contracts.project import internal_rate
from critmin.exceptions import CritminError

DEAL = Offtake("nickel", 10, 2026, 2, Fixed(150), basis="real")


def mine(**terms) -> Project:
    given = {
        "capacity": 10,
        "capex": 600,
        "cost": 60,
        "build": 1,
        "ramp": (),
        "life": 3,
        "tax": 0.5,
    }
    return Project(
        **{**given, "debt": 0.5, "rate": 0.0, "tenor": 2, "grace": 0, "discount": 0.0, **terms}
    )


def test_by_hand(stated) -> None:
    prices = stated([[100, 100, 100], [70, 70, 70]])
    found = mine().finance(DEAL, prices)
    # Draw 1 without: 400 a year before tax, of which 200 is written off and 100 tax: 300 a year.
    assert found["without"].npv[0] == pytest.approx(3 * 300 - 600)
    # Draw 2 without: 100 a year, a loss of 100 for tax, so none.
    assert found["without"].npv[1] == pytest.approx(3 * 100 - 600)
    assert found["without"].cover.ravel().tolist() == pytest.approx([2, 2, 2 / 3, 2 / 3])
    assert found["without"].default_probability() == 0.5
    assert found["without"].payback[0] == 3
    assert np.isnan(found["without"].payback[1])
    assert np.isnan(found["without"].irr[1]) or found["without"].irr[1] < 0
    # With: 900 a year in two years: 350 tax; then 400 and 100, or 100 with a loss.
    assert found["with"].npv.tolist() == pytest.approx([2 * 550 + 300 - 600, 2 * 550 + 100 - 600])
    assert found["with"].default_probability() == 0
    # Cash of 550 in the tenth percentile in both years of the loan, covered 1.3 times.
    assert found["with"].debt_capacity == pytest.approx(2 * 550 / 1.3)


def test_losses_are_carried_forward(stated) -> None:
    prices = stated([[70, 110, 110]])
    found = mine().finance(DEAL, prices)["without"]
    # Profits for tax: -100, 300 (less 100 carried), 300: tax 100 and 150.
    assert found.npv[0] == pytest.approx(100 + 400 + 350 - 600)


def test_royalty_ramp_and_discount(stated) -> None:
    prices = stated([[100, 100, 100]])
    deal = Offtake("nickel", 4, 2026, 2, Fixed(100), basis="real")
    found = mine(ramp=(0.5,), royalty=0.1, tax=0.0, discount=0.1).finance(deal, prices)["with"]
    cash = [-600, 5 * 30, 10 * 30, 10 * 30]
    by_hand = sum(c / 1.1 ** (y + 0.5) for y, c in enumerate(cash))
    assert found.npv[0] == pytest.approx(by_hand)
    assert found.irr[0] == pytest.approx(_largest_root(cash) - 1)


def test_grace_and_annuity(stated) -> None:
    prices = stated([[100, 100, 100]])
    found = mine(rate=0.1, tenor=3, grace=1, tax=0.0).finance(DEAL, prices)["without"]
    payment = 300 * 0.1 / (1 - 1.1**-2)
    assert found.cover[0].tolist() == pytest.approx([400 / 30, 400 / payment, 400 / payment])
    assert found.debt_capacity == pytest.approx(sum(400 / 1.3 / 1.1**y for y in (1, 2, 3)))
    assert mine(debt=0.0).finance(DEAL, prices)["with"].default_probability() == 0


def _largest_root(cash: list[float]) -> float:
    roots = np.roots(cash)
    return float(roots[np.isreal(roots)].real.max())


def test_internal_rates() -> None:
    cash = np.array([[-100.0, -100.0, 10.0], [60.0, 5.0, 10.0], [60.0, 5.0, 10.0]])
    found = internal_rate(cash)
    assert found[0] == pytest.approx((60 + np.sqrt(60**2 + 4 * 100 * 60)) / 200 - 1)
    assert found[1] == pytest.approx((5 + np.sqrt(25 + 2000)) / 200 - 1)
    assert np.isposinf(found[2])
    assert np.isnan(internal_rate(-cash)[2])


def test_losses_in_the_last_year_leave_a_rate() -> None:
    """Worth 38 at 8%, with rates of -50% and 25%: a mine that ends with a loss is not all lost."""
    cash = np.array([[-100.0], [175.0], [-62.5]])
    assert internal_rate(cash)[0] == pytest.approx(0.25)
    walk = lognormal_forecast("nickel", 14_000, 0.4, 16, size=500, seed=3)
    plant = Project(10_000, "300 million USD", cost=11_000, ramp=(), life=12)
    found = plant.finance(Offtake("nickel", 100, 2028, 5), walk)["without"]
    assert ((found.irr > plant.discount) == (found.npv > 0)).all()
    cheap = Project(100, 1_000, cost=8_000, ramp=(), life=12)
    found = cheap.finance(Offtake("nickel", 100, 2028, 5), walk)["without"]
    assert found.summary().loc["IRR", "P(enough)"] >= (found.npv > 0).mean() > 0.5
    assert "IRR above 1000%" in repr(found)


def test_smallest_floor_serves_the_loan() -> None:
    walk = lognormal_forecast("nickel", 14_000, 0.3, 15, size=500, seed=6)
    deal = Offtake("nickel", 8_000, 2027, 10, Floor(10_000), basis="real")
    plant = Project(10_000, "400 million USD", cost=8_000, ramp=(), life=12)
    floor = plant.smallest_floor(deal, walk)

    def served(at: float) -> float:
        return 1 - plant.finance(deal.turned({"floor": at}), walk)["with"].default_probability()

    assert served(floor) >= 0.9 > served(floor * 0.99)
    assert plant.smallest_floor(deal, walk, probability=0.95) > floor
    short = Offtake("nickel", 100, 2027, 2, Floor(10_000), basis="real")
    with pytest.raises(CritminError, match="take more volume, a longer term, or less debt"):
        plant.smallest_floor(short, walk)
    sound = Project(10_000, "10 million USD", cost=100, ramp=(), life=12)
    assert sound.smallest_floor(deal, walk) == 0.0
    # However calm or wild prices are.
    for volatility in (0.02, 1.2):
        other = lognormal_forecast("nickel", 14_000, volatility, 15, size=200, seed=6)
        found = plant.smallest_floor(deal, other)
        assert (
            plant.finance(deal.turned({"floor": found}), other)["with"].default_probability() < 0.1
        )
    # Below a cap as without one, and at most the cap.
    for price, cap in (
        (Collar(10_000, 30_000), 30_000),
        (Floor(10_000) + Cap("30 USD/kg"), 30_000),
    ):
        found = plant.smallest_floor(replace(deal, price=price), walk)
        assert floor < found < cap
    with pytest.raises(CritminError, match=r"no floor up to 9,000 serves"):
        plant.smallest_floor(replace(deal, price=Collar(8_000, 9_000)), walk)


def test_cost_of_the_draws_by_default() -> None:
    deal = Offtake("nickel", 8_000, 2028, 10, Floor(15_000), basis="real")
    forecast = critmin.forecast("nickel", 17)
    plant = Project(10_000, "400 million USD", ramp=())
    found = plant.finance(deal, forecast)
    cost = forecast.draws["cost"].sel(year=2028)
    cash = cost.sum("component") - cost.sel(component="capital")
    spot = forecast.draws["market_price"].sel(year=2028)
    operating = 10_000 * (spot - cash).values
    taxed = operating - 0.25 * np.maximum(operating - 400e6 / 15, 0)
    service = 240e6 * 0.06  # only interest in the first year
    np.testing.assert_allclose(found["without"].cover[:, 0], taxed / service)
    table = finance_table(found)
    assert table.loc["P(default)", "with"] < table.loc["P(default)", "without"]
    assert table.loc["debt capacity", "with"] >= table.loc["debt capacity", "without"]
    assert (plant.finance(deal)["with"].npv == found["with"].npv).all()


def test_at_its_internal_rate_a_mine_is_worth_nothing() -> None:
    walk = lognormal_forecast("nickel", 16_000, 0.03, 15, size=200, seed=8)
    deal = Offtake("nickel", 8_000, 2027, 10, Floor(12_000), basis="real")
    terms = {"cost": 8_000, "ramp": (), "life": 12, "debt": 0.0}
    plant = Project(10_000, "250 million USD", **terms)
    rates = plant.finance(deal, walk)["with"].irr
    assert np.isfinite(rates).all()
    for i in (0, 50, 199):
        again = Project(10_000, "250 million USD", discount=float(rates[i]), **terms)
        found = again.finance(deal, walk)["with"]
        # The contract's gain does not depend on the rate, so only the discounting has changed.
        assert found.npv[i] == pytest.approx(0, abs=1.0)


def test_debt_capacity_is_what_the_tenth_percentiles_pay_back() -> None:
    """The present value at the loan's rate of each year's tenth percentile of cash, covered 1.3 times."""
    walk = lognormal_forecast("nickel", 16_000, 0.2, 12, size=2_000, seed=9)
    deal = Offtake("nickel", 100, 2027, 2)
    terms = {"cost": 8_000, "ramp": (), "life": 10, "tenor": 6, "grace": 0, "rate": 0.05}
    bare = Project(10_000, "300 million USD", debt=0.0, **terms).finance(deal, walk)["without"]
    spot = walk.draws["market_price"].values[:, 1:7]
    operating = 10_000 * (spot - 8_000)
    assert bare.debt_capacity > 0
    loan = Project(10_000, "300 million USD", debt=1.0, **terms).finance(deal, walk)["without"]
    service = 300e6 * 0.05 / (1 - 1.05**-6)
    tenth = np.quantile(loan.cover * service, 0.1, axis=0)
    safe = np.maximum(tenth, 0)  # in a year of losses nothing is paid back
    assert bare.debt_capacity == pytest.approx(safe / 1.3 @ 1.05 ** -np.arange(1.0, 7.0))
    assert (loan.cover * service <= operating + 1e-6).all()
