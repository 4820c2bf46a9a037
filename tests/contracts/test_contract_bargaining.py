"""Zones of agreement against what can be reckoned: a fixed price and two parties that dislike risk."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from critmin.contracts import (
    Collar,
    Fixed,
    Floor,
    Offtake,
    Party,
    Prepayment,
    Shared,
    StateFloor,
    Take,
    Zone,
    lognormal_forecast,
)
from critmin.contracts.plots import plot_cover, plot_valuation, plot_zone
from critmin.contracts.project import Project
from critmin.contracts.zones import agreements

WALK = lognormal_forecast("nickel", 16_000, 0.25, 15, size=500, seed=5)
FIXED = Offtake("nickel", 1_000, 2026, 8, Fixed(16_000), basis="real")
COLLAR = Offtake("nickel", 1_000, 2026, 8, Collar(14_000, 20_000), basis="real")
WARY = Party("cvar", 0.4)


def test_zone_of_a_fixed_price() -> None:
    """Between the certainty equivalents of the market price of both; gains are linear in the price."""
    points = 60
    found = FIXED.zone("price", buyer=WARY, seller=WARY, forecast=WALK, points=points)
    factors = 1.08 ** -(np.arange(8) + 0.5)
    spot = WALK.draws["market_price"].values[:, :8] @ factors * 1_000
    annuity = 1_000 * factors.sum()
    lowest = WARY.certainty_equivalent(spot, 1.0) / annuity
    highest = -WARY.certainty_equivalent(-spot, 1.0) / annuity
    axis = found.gains["price"].values
    np.testing.assert_allclose(found.gains["seller"], (axis - lowest) * annuity, atol=1.0)
    np.testing.assert_allclose(found.gains["buyer"], (highest - axis) * annuity, atol=1.0)
    assert found.both.tolist() == ((axis > lowest) & (axis < highest)).tolist()
    # Nash splits evenly what is linear; the grid's nearest point in the logarithm.
    step = axis[1] / axis[0]
    assert (lowest + highest) / 2 / step < found.nash["price"] < (lowest + highest) / 2 * step
    assert found.kalai_smorodinsky["price"] == found.nash["price"]
    assert "Both gain" in repr(found)
    table = found.summary()
    assert table["price"]["lowest"] > lowest
    # Of a price in money: what the contract is worth to the seller is a mean and a tail of its gain.
    assert table["price"]["as written"] == 16_000
    gain = found.draws["gain"].sel(point="as written", party="seller").values
    direct = FIXED.value(WALK)
    np.testing.assert_allclose(gain, direct.npv("seller"))
    assert table["seller"]["median"]["as written"] == np.median(gain)
    worth = direct.certainty_equivalent("seller", WARY)
    assert table["seller"]["equivalent"]["as written"] == pytest.approx(worth)
    assert table["seller"]["equivalent"]["Nash"] == pytest.approx(found.nash["seller"])


def test_neutral_parties_have_nothing_to_share() -> None:
    neutral = Party(aversion=0)
    found = COLLAR.zone(buyer=neutral, seller=neutral, forecast=WALK, points=15)
    assert found.empty
    assert found.summary().index.tolist() == ["as written"]
    total = found.gains["seller"] + found.gains["buyer"]
    assert abs(total).max() < 1.0
    assert "third party's floor" in found.say()
    assert (
        found.openings.loc[found.openings.index.str.contains("third"), "worse off gains"].item() > 0
    )


def test_openings_that_do_not_open_are_said() -> None:
    # The seller would bear all risk of a fixed price, and the buyer pass on the market's.
    seller, buyer = Party("cvar", 1.0, exposure=0.0), Party("cvar", 1.0, exposure=0.0)
    found = (FIXED + Prepayment(1e9, 4)).zone(
        "price", buyer=buyer, seller=seller, forecast=WALK, points=8
    )
    assert found.empty
    assert "No terms leave both better off" in found.say()
    assert set(found.openings.columns) == {"worse off gains"}


def test_two_dials() -> None:
    found = COLLAR.zone(buyer=WARY, seller=WARY, forecast=WALK, points=12)
    seller = found.gains["seller"].transpose("floor", "cap").values
    np.testing.assert_array_equal(np.isnan(seller), np.tri(12, k=-1, dtype=bool))
    # One point against a valuation of its own.
    terms = {"floor": float(found.gains["floor"][3]), "cap": float(found.gains["cap"][9])}
    direct = COLLAR.turned(terms).value(WALK)
    for side in ("seller", "buyer"):
        gain = found.gains[side].sel(terms, method="nearest").item()
        assert gain == pytest.approx(direct.certainty_equivalent(side, WARY), rel=1e-9)
    assert found.nash["floor"] <= found.nash["cap"]
    product = (found.gains["seller"] * found.gains["buyer"]).where(found.both).max().item()
    assert found.nash["seller"] * found.nash["buyer"] == pytest.approx(product)


def test_points_of_agreement_of_a_stated_frontier() -> None:
    """Gains (9, 1), (8, 4), (5, 5), (1, 6): Nash takes 8 x 4, Kalai and Smorodinsky 8/9 and 4/6."""
    grid = {"price": [1.0, 2.0, 3.0, 4.0]}
    gains = xr.Dataset(
        {"seller": ("price", [9.0, 8.0, 5.0, 1.0]), "buyer": ("price", [1.0, 4.0, 5.0, 6.0])}, grid
    )
    nash, kalai = agreements(gains)
    assert nash == {"price": 2.0, "seller": 8.0, "buyer": 4.0}
    assert kalai == {"price": 2.0, "seller": 8.0, "buyer": 4.0}
    gains["buyer"][1] = 3.0  # now 24 against 25, and 3/6 against 5/9
    assert [point["price"] for point in agreements(gains)] == [3.0, 3.0]
    assert agreements(-gains) == (None, None)


def test_other_terms_stay_where_they_are() -> None:
    offer = COLLAR + Shared(18_000, 0.5) + Take(0.8, pay=0.9, make_up=2)
    found = offer.zone("floor", buyer=WARY, seller=WARY, forecast=WALK, points=10)
    above = found.gains["floor"].values > 20_000
    assert np.isnan(found.gains["seller"].values).tolist() == above.tolist()
    assert (np.diff(found.gains["buyer"].values[~above]) <= 1.0).all()
    found = COLLAR.zone("cap", buyer=WARY, seller=WARY, forecast=WALK, points=6)
    below = found.gains["cap"].values < 14_000
    assert below.any()
    assert np.isnan(found.gains["seller"].values).tolist() == below.tolist()


def test_pictures_show_what_is_there() -> None:
    found = COLLAR.zone(buyer=WARY, seller=WARY, forecast=WALK, points=12)
    ax = found.plot()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[-3:] == ["Nash", "Kalai and Smorodinsky", "as written"]
    written = next(line for line in ax.lines if line.get_label() == "as written")
    assert written.get_xydata().tolist() == [[14_000, 20_000]]
    nash = next(line for line in ax.lines if line.get_label() == "Nash")
    assert nash.get_xydata().tolist() == [[found.nash["floor"], found.nash["cap"]]]
    line = plot_zone(FIXED.zone("price", forecast=WALK, points=8))
    drawn = next(each for each in line.lines if each.get_label() == "seller's gain")
    assert len(drawn.get_xdata()) == 8
    value = COLLAR.value(WALK)
    lines = plot_valuation(value).lines
    assert len(lines) == 2  # what the seller gets the buyer pays
    np.testing.assert_allclose(lines[1].get_ydata(), value.draws["price"].median("sample"))
    backed = (Offtake("nickel", 1_000, 2026, 8, basis="real") + StateFloor(15_000)).value(WALK)
    lines = plot_valuation(backed).lines
    spot = backed.draws["spot"]
    np.testing.assert_allclose(lines[1].get_ydata(), np.maximum(spot, 15_000).median("sample"))
    np.testing.assert_allclose(lines[2].get_ydata(), spot.median("sample"))
    mine = Project(1_000, "40 million USD", cost=9_000, ramp=())
    finance = mine.finance(COLLAR, WALK)
    ax = plot_cover(finance)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(finance["without"].cover, axis=0))
    plt.close("all")


def test_empty_zones_can_be_drawn() -> None:
    neutral = Party(aversion=0)
    found = COLLAR.zone(buyer=neutral, seller=neutral, forecast=WALK, points=8)
    assert "no terms leave both better off" in plot_zone(found).get_title(loc="left")
    plt.close("all")


def test_a_floor_alone_is_a_dial_too() -> None:
    offer = Offtake("nickel", 1_000, 2026, 8, Floor(14_000), basis="real")
    found = offer.zone("floor", buyer=WARY, seller=WARY, forecast=WALK, points=8)
    assert found.empty  # a floor for nothing is a gift
    assert (found.gains["seller"] >= 0).all()


def test_a_zone_without_agreement_and_a_mine_without_loan_come_back_from_files(tmp_path) -> None:
    neutral = Party(aversion=0)
    found = COLLAR.zone(buyer=neutral, seller=neutral, forecast=WALK, points=8)
    mine = Project(1_000, "40 million USD", cost=9_000, ramp=(), debt=0.0)
    free = mine.finance(COLLAR, WALK)["without"]
    assert free.summary().loc["lowest cover", "median"] == np.inf
    for result in (found, free):
        kind = type(result)
        path = result.to_netcdf(tmp_path / "result.nc")
        for again in (kind.from_json(result.to_json()), kind.from_netcdf(path)):
            xr.testing.assert_identical(again.draws, result.draws)
            assert repr(again) == repr(result)
            assert again.to_json() == result.to_json()
        assert "<table" in result._repr_html_()
    assert Zone.from_json(found.to_json()).openings.equals(found.openings)


def test_only_finite_loans_are_interpolated() -> None:
    mine = Project(1_000, "40 million USD", cost=9_000, ramp=())
    found = mine.finance(COLLAR, WALK)["with"]
    table = found.summary()
    assert table.loc["NPV", "median"] == np.median(found.npv)
    assert table.loc["lowest cover", "P(enough)"] == 1 - found.default_probability()
    assert table.loc["payback, years", "P(enough)"] == np.isfinite(found.payback).mean()
    assert found.provenance["request"]["project"]["ramp"] == []
