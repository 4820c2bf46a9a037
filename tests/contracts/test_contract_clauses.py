"""Two-year deals reckoned by hand: prices of 100 and more per tonne, 10 t a year, no discounting."""

from dataclasses import replace

import numpy as np
import pytest

from critmin.contracts import (
    Blend,
    Cap,
    Default,
    Delivery,
    Escalated,
    Fixed,
    Floor,
    Indexed,
    Offtake,
    Party,
    Premium,
    Prepayment,
    Renegotiation,
    Reviewed,
    Royalty,
    Security,
    Shared,
    StateFloor,
    StateShare,
    Streaming,
    Take,
    Toll,
)


def gains(offtake, forecast, party="seller"):
    found = offtake.value(forecast, discount=0.0)
    return found.draws["flow"].sel(party=party).values[0].round(6).tolist()


def deal(price, years=2, **terms):
    return Offtake("nickel", 10, 2026, years, price, basis="real", **terms)


def test_upside_is_shared(stated) -> None:
    # 10 t x (150 - 0.4 x (150 - 120)) = 10 x 138
    assert gains(deal(Shared(120, 0.4)), stated([[100, 150]])) == [0, -120]


def test_blend_and_toll_and_premium(stated) -> None:
    prices = stated([[100, 150]], fair=[[120, 110]])
    assert gains(deal(Blend(0.25)), prices) == [50, -100]
    assert gains(deal(Indexed(payable=0.9) + Toll(5)), prices) == [-150, -200]
    assert gains(deal(Indexed("fair") + Premium(7)), prices) == [270, -330]


def test_escalators(stated) -> None:
    prices = stated([[100, 100]])
    assert gains(deal(Fixed(100) + Escalated(0.1, share=0.5)), prices) == [0, 50]
    nominal = Offtake("nickel", 10, 2026, 2, Fixed(100) + Escalated("inflation"))
    # A price of 100 of 2026 is 100 / 1.02 of 2025, and rises as money loses.
    assert gains(nominal, prices) == pytest.approx([10 * (100 / 1.02 - 100)] * 2)


def test_energy_escalator_and_standards_follow_the_cost_of_the_draws(stated) -> None:
    prices = stated([[100, 100]])
    cost = np.array([[[20.0, 30.0]], [[10.0, 10.0]]])
    draws = prices.draws.assign(cost=(("component", "sample", "year"), cost))
    prices = replace(prices, draws=draws.assign_coords(component=["energy", "labour"]))
    assert gains(deal(Fixed(100) + Escalated("energy", share=0.4)), prices) == [0, 200]
    assert gains(deal(Indexed() + Premium(standards={"energy": 0.1})), prices) == [20, 30]


def test_review_resets_the_ratio(stated) -> None:
    prices = stated([[100, 150, 150, 100]])
    # Year 3 is a review: 100 is a third below 150, so the price becomes 150 and stays.
    assert gains(deal(Fixed(100) + Reviewed(2, band=0.2), 4), prices) == [0, -500, 0, 500]
    assert gains(deal(Fixed(100) + Reviewed(2, band=0.4), 4), prices) == [0, -500, -500, 0]
    assert gains(deal(Fixed(100) + Reviewed(2, by="buyer"), 4), prices) == [0, -500, -500, 0]
    # The first review is after two years, however far off the price begins.
    assert gains(deal(Fixed(100) + Reviewed(2), 3), stated([[150, 150, 150]])) == [-500, -500, 0]
    # No ratio brings a price of nothing back.
    assert gains(deal(Fixed(0) + Reviewed(2), 3), stated([[150, 150, 150]])) == [-1500] * 3


def test_take_or_pay_with_make_up(stated) -> None:
    prices = stated([[80, 120]])
    plain = deal(Fixed(100))
    assert gains(plain, prices) == [200, -200]
    # Year 1: dear, 5 t are taken (5 x 20), 4 t paid for and not taken (4 x 100).
    assert gains(plain + Take(0.5, pay=0.9), prices) == [500, -200]
    # Year 2: the 4 t are made up for, which the seller could have sold at 120.
    assert gains(plain + Take(0.5, pay=0.9, make_up=1), prices) == [500, -200 - 480]
    assert gains(plain + Take(0.5, 1.5), prices) == [100, -300]
    # At the market price the buyer takes all that it may.
    taken = (deal(Indexed()) + Take(0.5, 1.5)).value(prices).draws["taken"]
    assert taken.values.tolist() == [[15, 15]]


def test_make_up_expires(stated) -> None:
    prices = stated([[80, 80, 120]])
    # The 9 t of year 1 are two years old in year 3, the 9 t of year 2 one.
    offer = deal(Fixed(100), 3) + Take(0.0, pay=0.9, make_up=1)
    assert gains(offer, prices) == [900, 900, -200 - 9 * 120]
    offer = deal(Fixed(100), 3) + Take(0.0, pay=0.9, make_up=2)
    assert gains(offer, prices) == [900, 900, -200 - 10 * 120]  # no more than a year's volume


def test_prepayment_is_an_annuity(stated) -> None:
    prices = stated([[100, 100, 100]])
    offer = deal(Indexed(), 3) + Prepayment(1000, over=2, rate=0.1)
    payment = 1000 * 0.1 / (1 - 1.1**-2)
    assert gains(offer, prices) == pytest.approx([1000, -payment, -payment])


def test_streaming_and_royalty(stated) -> None:
    prices = stated([[100, 150]])
    offer = deal(Indexed()) + Streaming(0.2, 60, 300)
    # Streamed: 2 t at 60 instead of 100 and of 150.
    assert gains(offer, prices) == [300 - 80, -180]
    offer = deal(Indexed()) + Royalty(0.05, 90)
    assert gains(offer, prices) == [90 - 50, -75]
    assert gains(offer, prices, "royalty holder") == [-40, 75]


def test_states_floor_and_share(stated) -> None:
    prices = stated([[100, 150]])
    offer = deal(Indexed()) + StateFloor(110) + StateShare(120, 0.3)
    assert gains(offer, prices) == [100, -90]
    assert gains(offer, prices, "state") == [-100, 90]
    assert gains(offer, prices, "buyer") == [0, 0]
    budget = offer.value(prices, discount=0.0).budget("state")
    assert budget["expected"].tolist() == pytest.approx([100, -90, 10])


def test_default_at_a_penalty(stated) -> None:
    prices = stated([[100, 40, 40, 100]])
    plain = deal(Fixed(100), 4)
    assert gains(plain, prices) == [0, 600, 600, 0]
    # Year 2: the buyer would lose 60% of what remains (30 t at 100) and pays a tenth of it.
    walked = plain + Default(0.5, penalty=0.1, cost=0.02)
    assert gains(walked, prices) == [0, 300, 0, 0]
    assert gains(walked, prices, "buyer") == [0, -360, 0, 0]
    assert gains(walked, prices, "deadweight") == [0, 60, 0, 0]
    assert gains(plain + Default(0.6, penalty=0.1), prices) == [0, 600, 600, 0]
    assert gains(plain + Default(0.5, 0.1, by="seller"), prices) == [0, 600, 600, 0]
    dear = stated([[100, 180, 100, 100]])
    assert gains(plain + Default(0.5, 0.1), dear) == [0, -300, 0, 0]


def test_who_walks_from_a_toll_above_the_price_is_paid_nothing(stated) -> None:
    """The seller would pay 50 a tonne to be rid of it: what remains is worth nothing, not less."""
    prices = stated([[100, 100]])
    walked = deal(Indexed() + Toll(150)) + Default(0.5, penalty=0.2, cost=0.1)
    for party in ("seller", "buyer", "deadweight"):
        assert gains(walked, prices, party) == [0, 0]
    asked = deal(Indexed() + Toll(150)) + Renegotiation(0.5, cost=0.1)
    assert gains(asked, prices, "deadweight") == [0, 0]


def test_the_value_of_what_remains_is_discounted(stated) -> None:
    offer = deal(Fixed(100), 2) + Default(0.5, penalty=0.1)
    flows = offer.value(stated([[40, 40]]), discount=0.25).draws["flow"].sel(party="seller")
    assert flows.values[0].tolist() == pytest.approx([0.1 * 100 * (10 + 10 / 1.25), 0])


def test_renegotiation_meets_half_way(stated) -> None:
    prices = stated([[100, 40, 100, 140]])
    offer = deal(Fixed(100), 4) + Renegotiation(0.5, split=0.5)
    # From year 2 the price is half way to the market's: 70, 100, 120.
    assert gains(offer, prices) == [0, 300, 0, -200]
    costly = deal(Fixed(100), 4) + Renegotiation(0.5, split=0.5, cost=0.1)
    assert gains(costly, prices, "deadweight") == [0, 300, 0, 0]


def test_delivery_and_security(stated) -> None:
    prices = stated([[100, 100], [100, 100], [100, 100]])
    dims = ("country", "sample", "year")
    output = np.array([[[50, 50], [50, 50], [50, 20]], [[50, 50], [50, 50], [50, 50]]], dtype=float)
    withheld = np.zeros_like(output)
    withheld[0, 0, 1] = 0.5
    draws = prices.draws.drop_dims("country").assign(
        production=(dims, output), withheld=(dims, withheld), supply=(dims, output * (1 - withheld))
    )
    prices = replace(prices, draws=draws.assign_coords(country=["CAN", "ROW"]))
    offer = deal(Fixed(120)) + Delivery("CAN", tolerance=0.1, penalty=0.5)
    found = offer.value(prices, discount=0.0)
    # Draw 1: half is withheld, force majeure. Draw 3: output is 40% of normal, so 50% is missing.
    assert found.draws["taken"].sel(year=2027).values.tolist() == pytest.approx([5, 10, 5])
    seller = found.draws["flow"].sel(party="seller", year=2027).values
    assert seller.tolist() == pytest.approx([5 * 20, 10 * 20, 5 * 20 - 0.5 * 120 * 5])
    secure = (deal(Fixed(120)) + Security("1000 USD/t")).value(prices, discount=0.0)
    # A quarter of world supply is withheld in draw 1: 2.5 t that the contract brings.
    assert secure.draws["security"].sel(year=2027).values.tolist() == pytest.approx([2500, 0, 0])
    # Once the seller has walked away the buyer goes short as the market does.
    gone = deal(Fixed(120)) + Default(0.1) + Security("1000 USD/t")
    assert (gone.value(prices).draws["security"] == 0).all()
    assert secure.certainty_equivalent("buyer", Party(aversion=0)) == pytest.approx(
        -2 * 10 * 20 + 2500 / 3
    )
    zone = (deal(Fixed(120)) + Security("1000 USD/t")).zone(
        "price", buyer=Party(aversion=0), seller=Party(aversion=0), forecast=prices, points=3
    )
    added = zone.gains["seller"] + zone.gains["buyer"]
    assert added.values.tolist() == pytest.approx([2500 / 3 * 1.08**-1.5] * 3)
    both = (offer + Security("1000 USD/t")).value(prices, discount=0.0)
    assert both.draws["security"].sel(year=2027).values.tolist() == pytest.approx([-2500, 0, -5000])
    # The clause counts what the contract spares; tying delivery to the country costs what is not brought.
    assert both.clauses.loc["security", "security"] == pytest.approx(-7500 / 3)
    assert both.clauses.loc["delivery", "security"] == pytest.approx(-7500 / 3 - 2500 / 3)
    assert "security" not in found.clauses


def test_terms_nest_in_the_order_they_are_added(stated) -> None:
    prices = stated([[100, 150]], fair=[[90, 140]])
    first = Indexed("fair") + Floor(95) + Cap(130)
    assert first == Cap(130, of=Floor(95, of=Indexed("fair")))
    assert gains(deal(first), prices) == [-50, -200]
    # The premium comes on top of the limits, or within them.
    assert gains(deal(first + Premium(10)), prices) == [50, -100]
    assert gains(deal(Indexed("fair") + Premium(10) + Floor(95) + Cap(130)), prices) == [0, -200]


def test_every_term_can_be_left_out() -> None:
    offer = deal(Indexed("fair") + Floor(95) + Premium(10) + Cap(130)) + Take(0.5) + Take(0.8)
    assert set(offer.without()) == {"cap", "premium", "floor", "take", "take 2"}
    assert offer.without()["premium"].price == Cap(130, of=Floor(95, of=Indexed("fair")))
    assert offer.without()["take"].clauses == (Take(0.8),)


def test_volumes_by_year_ramp_and_basket(stated) -> None:
    prices = stated([[100, 100]])
    assert gains(Offtake("nickel", (10, 20), 2026, 2, Fixed(110), basis="real"), prices) == [
        100,
        200,
    ]
    ramped = deal(Fixed(110), ramp=(0.5,))
    assert gains(ramped, prices) == [50, 100]
    cobalt = replace(stated([[200, 300]]), mineral="cobalt")
    basket = Offtake(("nickel", "cobalt"), 10, 2026, 2, Fixed(130), mix=(0.75, 0.25), basis="real")
    # 0.75 x 100 + 0.25 x 200 = 125, then 150.
    both = {"nickel": prices, "cobalt": cobalt}
    assert gains(basket, both) == [50, -200]
