"""Duties, leaks, stocks on one side of a fence, and bans on one buyer: sign and size."""

import numpy as np
import pytest
from balances import duty_sides, producer
from scipy.optimize import brentq

from critmin import forecast
from critmin.data.fences import fences
from critmin.exceptions import CritminError
from critmin.model.borders import sides_with_stocks
from critmin.results.deliveries import REROUTED
from critmin.scenario import (
    BASELINE,
    ExportControl,
    ExportDuty,
    Leakage,
    LiftControls,
    Scenario,
    StateStock,
    Stockpile,
)
from critmin.simulation.market import Paths, simulate
from critmin.trade import reroute

FENCES = [("gallium", "CHN"), ("graphite", "CHN"), ("nickel", "IDN"), ("cobalt", "COD")]
EVERY = (
    "market",
    "fair",
    "fair_today",
    "unsupported",
    "marginal",
    "inside",
    "production",
    "unsold",
)


def run(posterior, mineral: str, *interventions, years: int = 1, seed: int = 3) -> Paths:
    scenario = Scenario("one", tuple(interventions)) if interventions else BASELINE
    return simulate(posterior, mineral, years, seed, scenario)


def rise(one: Paths, other: Paths, what: str = "market") -> np.ndarray:
    return np.log(getattr(one, what) / getattr(other, what))


def held(paths: Paths, country: str) -> np.ndarray:
    return paths.withheld[paths.countries.index(country)]


@pytest.mark.parametrize(("mineral", "country"), FENCES)
def test_a_duty_parts_the_prices_by_its_rate_and_each_side_by_its_slope(still, mineral, country):
    posterior = still(size=25, export_tax=0.0)
    calm = run(posterior, mineral)
    taxed = run(posterior, mineral, ExportDuty(country, mineral, 0.02, 2026))
    assert taxed.fence == country
    np.testing.assert_allclose(np.log(taxed.market / taxed.inside), np.log(1.02), rtol=1e-6)

    def apart(share: float, draw: int) -> float:
        return float(np.add(*duty_sides(posterior, mineral, country, share))[draw]) - np.log(1.02)

    kept = np.array([brentq(apart, 1e-9, 1, args=(draw,)) for draw in range(25)])
    np.testing.assert_allclose(held(taxed, country)[:, 0], kept, rtol=1e-5)
    outside, inside = duty_sides(posterior, mineral, country, kept)
    assert (outside > 0).all()
    assert (inside > 0).all()
    np.testing.assert_allclose(rise(taxed, calm)[:, 0], outside, rtol=1e-5)
    np.testing.assert_allclose(rise(taxed, calm, "inside")[:, 0], -inside, rtol=1e-5)
    # Whoever pays the duty may export: nobody is without a licence.
    np.testing.assert_allclose(taxed.marginal, taxed.market, rtol=1e-9)


def test_a_higher_duty_sends_less_abroad_and_mines_pay_what_buyers_do_not(still) -> None:
    posterior = still(export_tax=0.0)
    low, high, most = (
        run(posterior, "nickel", ExportDuty("IDN", "nickel", rate, 2026)) for rate in (0.05, 0.2, 1)
    )
    assert (held(low, "IDN") < held(high, "IDN")).all()
    assert (held(most, "IDN") < 1).all()
    assert (rise(high, low) > 0).all()
    assert (rise(high, low, "inside") < 0).all()
    np.testing.assert_allclose(most.market / most.inside, 2, rtol=1e-6)


def test_a_duty_ends_no_exports_of_who_uses_nothing_itself(still) -> None:
    """Zambia uses a thousandth of its copper; a duty is its mines' to pay."""
    posterior = still()
    duty = ExportDuty("ZMB", "copper", 0.3, 2026, stage="mined")
    calm, taxed = run(posterior, "copper"), run(posterior, "copper", duty)
    assert (held(taxed, "ZMB") < 0.2).all()
    assert (rise(taxed, calm) < 0.03).all()
    np.testing.assert_allclose(taxed.market / taxed.inside, 1.3, rtol=1e-6)


def test_a_duty_below_the_rent_of_a_quota_moves_no_price(still) -> None:
    posterior = still()
    quota = ExportControl("COD", "cobalt", 0.5, 2026)
    alone = run(posterior, "cobalt", quota)
    rent = np.log(alone.market / alone.inside)
    both = run(posterior, "cobalt", quota, ExportDuty("COD", "cobalt", 0.1, 2026))
    assert (rent > np.log(1.1)).all()
    for what in ("market", "inside", "production", "unsold", "fair"):
        np.testing.assert_array_equal(getattr(both, what), getattr(alone, what))
    # What the duty takes no licence earns.
    assert (both.marginal < alone.marginal).all()
    dear = run(posterior, "cobalt", quota, ExportDuty("COD", "cobalt", 3.0, 2026))
    # A duty above it is the mines' to pay, before less leaves than the quota lets out.
    np.testing.assert_array_equal(held(dear, "COD"), 0.5)
    np.testing.assert_array_equal(rise(dear, alone), 0.0)
    apart = np.log(dear.market / dear.inside)
    np.testing.assert_allclose(apart, np.maximum(rent, np.log(4.0)), rtol=1e-6)
    assert (rent < np.log(4.0)).any()


def test_a_duty_drives_capacity_to_other_countries_year_by_year(still) -> None:
    posterior, rate = still(), 0.25
    taxed = run(posterior, "nickel", ExportDuty("IDN", "nickel", rate, 2026, 3), years=6)
    calm = run(posterior, "nickel", years=6)
    i = taxed.countries.index("IDN")
    odds = [p.production[i] / (p.production.sum(axis=0) - p.production[i]) for p in (taxed, calm)]
    moved = np.log(odds[0] / odds[1])
    np.testing.assert_allclose(moved[:, 0], 0, atol=5e-3)
    par = posterior.of("nickel")
    closes = (
        (1 - posterior.shared["substitution"]) * par["reversion"] * par["slope"] / par["primary"]
    )
    expected = np.broadcast_to(-closes[:, None] * np.log(1 + rate), (len(closes), 3))
    # What is not sold abroad, a twentieth, does not answer to the price there.
    np.testing.assert_allclose(np.diff(moved, axis=1)[:, :3], expected, rtol=0.15)
    # Once it is gone the country stays smaller than it would have been, and no longer shrinks.
    np.testing.assert_allclose(np.diff(moved, axis=1)[:, 3:], 0, atol=1e-9)


def test_the_fair_price_has_no_duty(still) -> None:
    posterior = still()
    taxed = run(posterior, "nickel", ExportDuty("IDN", "nickel", 0.2, 2026), years=8)
    calm = run(posterior, "nickel", years=8)
    assert (rise(taxed, calm)[:, 0] > 0).all()
    for what in ("fair", "fair_today"):
        np.testing.assert_allclose(rise(taxed, calm, what), 0, atol=1e-9)


def test_a_duty_brings_its_rate_of_what_exporters_keep(still) -> None:
    posterior = still()
    duty = ExportDuty("IDN", "nickel", 0.25, 2027)
    draws = forecast(
        "nickel", 3, scenario=duty, posterior=posterior, unit="lb", currency="EUR"
    ).draws
    revenue = draws["duty_revenue"].sel(country="IDN").transpose("sample", "year").values
    assert (revenue[:, 0] == 0).all()
    assert (revenue[:, 1:] > 0).all()
    assert draws["duty_revenue"].sel(country="RUS").values.max() == 0
    part = 1 - producer(posterior, "nickel", "IDN").own_use
    made = draws["production"].sel(country="IDN", year=2027).values
    sent = made * part * (1 - draws["withheld"].sel(country="IDN", year=2027).values)
    price = draws["market_price"].sel(year=2027).values * 1000 / 0.45359237
    np.testing.assert_allclose(revenue[:, 1], price * sent * 0.25 / 1.25, rtol=1e-6)
    assert draws["duty_revenue"].attrs["units"] == "EUR/year"


@pytest.mark.parametrize(("mineral", "country"), FENCES)
def test_what_leaks_is_not_withheld(still, mineral: str, country: str) -> None:
    posterior = still()
    control, leak = (
        ExportControl(country, mineral, 0.8, 2026),
        Leakage(country, mineral, 0.25, 2026),
    )
    tight, leaky = (run(posterior, mineral, *all_) for all_ in ((control,), (control, leak)))
    assert (rise(leaky, tight) < 0).all()
    assert (rise(leaky, tight, "inside") > 0).all()
    same = run(posterior, mineral, ExportControl(country, mineral, 0.6, 2026))
    for what in EVERY:
        np.testing.assert_allclose(getattr(leaky, what), getattr(same, what), rtol=1e-9)
    twice = run(posterior, mineral, control, leak, Leakage(country, mineral, 1.0, 2026))
    np.testing.assert_allclose(rise(twice, run(posterior, mineral)), 0, atol=1e-12)


def test_nothing_leaks_where_nothing_is_withheld(still) -> None:
    with pytest.raises(CritminError, match=r"CHL withholds no copper .* nothing can leak"):
        run(still(), "copper", Leakage("CHL", "copper", 0.5, 2026))


@pytest.mark.parametrize(("mineral", "country"), [("gallium", "CHN"), ("cobalt", "COD")])
def test_a_stock_behind_a_fence_moves_the_price_inside_alone(still, mineral, country) -> None:
    posterior = still(export_tax=0.0)
    control = ExportControl(country, mineral, 0.8, 2026)
    fenced = run(posterior, mineral, control)
    par, about = posterior.of(mineral), producer(posterior, mineral, country)
    use = about.own_use * about.fence_output
    kept = 0.8 * par["primary"] * (about.fence_output - use)
    amount = 0.01 * float(par["output"])
    tonnes = par["primary"] * 0.01
    mines = par["primary"] * par["supply_elasticity"] * about.fence_output / use
    slope = (
        mines
        + (1 - par["primary"]) * posterior.shared["scrap_elasticity"]
        + par["demand_elasticity"]
    )
    for name, sign in (("purchase", -1), ("release", 1)):
        stock = StateStock(country, mineral, 2026, 1, **{name: amount})
        moved = run(posterior, mineral, control, stock)
        np.testing.assert_allclose(rise(moved, fenced), 0, atol=1e-12)
        expected = np.log((use + kept) / (use + kept + sign * tonnes)) / slope
        np.testing.assert_allclose(rise(moved, fenced, "inside")[:, 0], expected, rtol=1e-6)
        assert (sign * rise(moved, fenced, "inside") < 0).all()
        # In the fair world it deals in the one market that there is.
        pile = run(posterior, mineral, control, Stockpile(mineral, -sign * amount, 2026, 1))
        np.testing.assert_allclose(moved.fair, pile.fair, rtol=1e-9)
        assert (moved.stock_change == 0).all()


@pytest.mark.parametrize(("mineral", "country"), [("gallium", "CHN"), ("cobalt", "COD")])
def test_a_stock_abroad_moves_the_price_outside_alone(still, mineral, country) -> None:
    posterior = still(export_tax=0.0)
    control = ExportControl(country, mineral, 0.6, 2026)
    fenced = run(posterior, mineral, control)
    par, about = posterior.of(mineral), producer(posterior, mineral, country)
    use = about.own_use * about.fence_output
    amount = 0.004 * float(par["output"])
    slope = (
        par["primary"] * par["supply_elasticity"] * (1 - about.fence_output) / (1 - use)
        + (1 - par["primary"]) * posterior.shared["scrap_elasticity"]
        + par["demand_elasticity"]
    )
    for name, sign in (("purchase", 1), ("release", -1)):
        stock = StateStock("USA", mineral, 2026, 1, **{name: amount})
        moved = run(posterior, mineral, control, stock)
        expected = sign * 0.004 * par["primary"] / (1 - use) / slope
        np.testing.assert_allclose(rise(moved, fenced)[:, 0], expected, rtol=1e-6)
        np.testing.assert_allclose(rise(moved, fenced, "inside"), 0, atol=1e-9)
        np.testing.assert_allclose(moved.stock_change, sign * amount)


def test_the_inside_is_never_the_dearer_side(still) -> None:
    """A stock that buys more inside than is kept there keeps exports from leaving."""
    posterior = still(export_tax=0.0)
    control = ExportControl("CHN", "gallium", 0.05, 2026)
    fenced = run(posterior, "gallium", control)
    stock = StateStock("CHN", "gallium", 2026, 1, purchase=60.0)
    moved = run(posterior, "gallium", control, stock)
    assert (moved.inside <= moved.market * (1 + 1e-9)).all()
    more = held(moved, "CHN") > 0.05
    assert more.mean() > 0.7
    np.testing.assert_allclose(moved.inside[more], moved.market[more], rtol=1e-6)
    assert (rise(moved, fenced)[more] > 0).all()


@pytest.mark.parametrize("country", ["USA", "CHN"])
def test_without_a_fence_a_state_stock_is_a_stockpile(still, country: str) -> None:
    posterior = still()
    stock = StateStock(country, "copper", 2026, 2, purchase=(3e5, 1e5))
    mine = run(posterior, "copper", stock, years=4)
    piles = (Stockpile("copper", 3e5, 2026, 1), Stockpile("copper", 1e5, 2027, 1))
    pile = run(posterior, "copper", *piles, years=4)
    assert (rise(mine, run(posterior, "copper", years=4))[:, 0] > 0).all()
    for what in (*EVERY, "stock_change"):
        np.testing.assert_allclose(getattr(mine, what), getattr(pile, what), rtol=1e-12)


def test_a_fence_that_has_fallen_separates_no_stock(still) -> None:
    posterior = still()
    control = ExportControl("CHN", "gallium", 0.6, 2026, 1)
    stock = StateStock("CHN", "gallium", 2027, 1, release=30.0)
    kept, moved = (
        run(posterior, "gallium", *all_, years=2) for all_ in ((control,), (control, stock))
    )
    np.testing.assert_allclose(rise(moved, kept)[:, 0], 0, atol=1e-12)
    assert (rise(moved, kept)[:, 1] < 0).all()


@pytest.mark.parametrize(
    "nothing",
    [
        ExportDuty("CHN", "gallium", 0.0, 2026),
        Leakage("CHN", "gallium", 0.0, 2026),
        StateStock("CHN", "gallium", 2026, 3),
        StateStock("USA", "gallium", 2026, 3, release=0.0),
        ExportControl("CHN", "gallium", 0.0, 2026, to="USA"),
        ExportControl("CHN", "gallium", 1.0, 2026, to="USA"),
    ],
)
def test_what_does_nothing_changes_no_bit_of_the_world(world, nothing) -> None:
    posterior = world()
    calm, none = run(posterior, "gallium", years=5), run(posterior, "gallium", nothing, years=5)
    for what in (*EVERY, "stock_change", "availability"):
        np.testing.assert_array_equal(getattr(none, what), getattr(calm, what))


def test_ore_and_metal_alike_are_more_than_the_metal(still) -> None:
    """Chile refines less than a third of the copper that it mines."""
    posterior = still()
    calm = run(posterior, "copper")
    metal, mined = (
        run(posterior, "copper", ExportControl("CHL", "copper", 0.5, 2026, stage=stage))
        for stage in (None, "mined")
    )
    assert (rise(mined, calm) > 2 * rise(metal, calm)).all()
    par, about = posterior.of("copper"), producer(posterior, "copper", "CHL")
    made, use = about.share, about.own_use * about.fence_output
    slope = (
        par["primary"] * par["supply_elasticity"] * (1 - made) / (1 - use)
        + (1 - par["primary"]) * posterior.shared["scrap_elasticity"]
        + par["demand_elasticity"]
    )
    expected = 0.5 * par["primary"] * (made - use) / (1 - use) / slope
    np.testing.assert_allclose(rise(mined, calm)[:, 0], expected, rtol=1e-6)


def test_a_stage_without_figures_is_refused(still) -> None:
    with pytest.raises(CritminError, match="no mined output is known"):
        run(still(), "gallium", ExportControl("CHN", "gallium", 0.5, 2026, stage="mined"))


def exposed(posterior, mineral: str, buyer: str, *interventions):
    made = forecast(mineral, 3, scenario=list(interventions) or None, posterior=posterior)
    return made.exposure(buyer, currency="USD")


@pytest.mark.parametrize(("mineral", "seller", "buyer"), [("lithium", "CHL", "JPN")])
def test_a_ban_on_one_buyer_reroutes_at_a_cost(still, mineral, seller, buyer) -> None:
    posterior = still()
    ban = ExportControl(seller, mineral, 0.5, 2027, to=buyer)
    plain, banned = exposed(posterior, mineral, buyer), exposed(posterior, mineral, buyer, ban)
    plan = reroute(mineral, seller, buyer)
    assert plan.covered == 1.0
    share = plain.draws["share"].sel(country=seller)
    ratio = banned.draws["price"] / plain.draws["price"]
    np.testing.assert_allclose(ratio.sel(year=2026), 1.0)
    expected = 1 + 0.5 * share.sel(year=2027) * np.expm1(REROUTED)
    np.testing.assert_allclose(ratio.sel(year=2027), expected, rtol=1e-6)
    # Others take the seller's place; nobody makes less.
    after = banned.draws["share"].sel(country=seller)
    np.testing.assert_allclose(after.sel(year=2027), 0.5 * share.sel(year=2027), rtol=1e-6)
    np.testing.assert_allclose(banned.draws["lost"], plain.draws["lost"], atol=1e-12)
    gain = (banned.draws["share"] - plain.draws["share"]).sel(year=2027).mean("sample")
    first = str(plan.table["moved"].idxmax())
    assert float(gain.sel(country=first)) > 0.05
    # Nobody else notices.
    others = [exposed(posterior, mineral, "KOR", *each) for each in ((), (ban,))]
    np.testing.assert_array_equal(others[1].draws["price"], others[0].draws["price"])


def test_what_nobody_else_sells_is_lost_to_a_banned_buyer(still) -> None:
    posterior = still()
    plan = reroute("tungsten", "CHN", "USA")
    assert plan.covered < 0.9
    ban = ExportControl("CHN", "tungsten", 1.0, 2026, to="USA")
    plain, banned = (
        exposed(posterior, "tungsten", "USA"),
        exposed(posterior, "tungsten", "USA", ban),
    )
    first = {"country": "CHN", "year": 2026}
    share = float(plain.draws["share"].sel(first).mean())
    extra = (banned.draws["lost"] - plain.draws["lost"]).sel(year=2026).mean("sample")
    np.testing.assert_allclose(float(extra), share * (1 - plan.covered), atol=1e-6)
    assert float(banned.draws["share"].sel(first).max()) == 0.0


@pytest.mark.parametrize(
    ("mineral", "sellers", "buyer"),
    [("magnesium", ("CHN", "ISR"), "USA"), ("lithium", ("CHL", "ARG"), "JPN")],
)
def test_who_bans_a_buyer_covers_for_nobody_else_who_does(still, mineral, sellers, buyer) -> None:
    posterior = still()
    bans = [ExportControl(c, mineral, 1.0, 2026, 1, to=buyer) for c in sellers]
    one, other = (exposed(posterior, mineral, buyer, *each) for each in (bans, bans[::-1]))
    share = one.draws["share"].sel(year=2026)
    assert float(share.sel(country=[c for c in sellers if c in share.country]).max()) == 0.0
    for name in ("price", "lost"):
        np.testing.assert_allclose(one.draws[name], other.draws[name], rtol=1e-12)
    # The two lose what neither the one nor the other sells elsewhere.
    alone = [exposed(posterior, mineral, buyer, ban).draws["lost"].sel(year=2026) for ban in bans]
    lost = one.draws["lost"].sel(year=2026)
    assert all((lost > each).all() for each in alone)
    paid = one.draws["price"] / exposed(posterior, mineral, buyer).draws["price"]
    assert (paid.sel(year=2026) <= 1 + np.expm1(REROUTED)).all()
    np.testing.assert_allclose(paid.sel(year=2027), 1.0)


def test_without_trade_a_banned_buyer_pays_for_third_places(still) -> None:
    posterior = still()
    ban = ExportControl("CHN", "gallium", 1.0, 2026, to="USA")
    plain, banned = exposed(posterior, "gallium", "USA"), exposed(posterior, "gallium", "USA", ban)
    share = plain.draws["share"].sel(country="CHN")
    expected = 1 + share * np.expm1(REROUTED)
    np.testing.assert_allclose(banned.draws["price"] / plain.draws["price"], expected, rtol=1e-6)
    assert "third places" in str(banned)
    assert "third places" not in str(plain)


def test_the_cost_of_a_detour_is_what_pairs_outside_fences_differ_by() -> None:
    assert round(float(fences().freight["log_wedge"].median()), 2) == REROUTED


def test_a_ban_on_the_european_union_is_one_on_its_members(still) -> None:
    posterior, ban = still(), ExportControl("CHN", "magnesium", 1.0, 2026, to="EU")
    years = np.arange(2026, 2029)
    scenario = Scenario("ban", (ban,))
    for buyer, expected in (("EU", 1.0), ("DEU", 1.0), ("JPN", None)):
        found = scenario.bans("magnesium", buyer, years).get("CHN")
        assert (found is None) if expected is None else (found == expected).all()
    dear = exposed(posterior, "magnesium", "DEU", ban).draws["price"]
    assert (dear > exposed(posterior, "magnesium", "DEU").draws["price"]).all()


def test_lifting_ends_quotas_but_no_duty(still) -> None:
    posterior = still()
    lift = LiftControls("COD", "cobalt", 2026)
    duty = ExportDuty("COD", "cobalt", 0.1, 2026)
    taxed, free = (run(posterior, "cobalt", lift, *each) for each in ((duty,), ()))
    assert (held(free, "COD") == 0).all()
    assert (held(taxed, "COD") > 0).all()


def test_duties_hold_back_as_little_as_does_and_never_below_the_quota() -> None:
    given = {
        "output": np.full(5, 0.7),
        "use": np.full(5, 0.2),
        "primary": np.full(5, 0.9),
        "supply_elasticity": np.full(5, 0.2),
        "demand_elasticity": np.full(5, 0.3),
        "scrap_elasticity": np.full(5, 0.3),
        "outside_stock": np.zeros(5),
        "inside_stock": np.zeros(5),
        "least": 0.01,
    }
    quota = np.full(5, 0.1)
    wedge = np.log1p([0.0, 0.1, 0.5, 1.0, 50.0])
    limits = np.ones(5, dtype=bool)
    kept, up, down, _ = sides_with_stocks(withheld=quota, duty=wedge, limits=limits, **given)
    assert (np.diff(kept) >= 0).all()
    assert kept[0] == 0.1
    assert kept[-1] == 1.0
    between = (kept > 0.1) & (kept < 1)
    assert between.any()
    np.testing.assert_allclose((up + down)[between], wedge[between], rtol=1e-9)


def test_a_duty_comes_on_top_of_what_makes_no_price_inside(still) -> None:
    """Indonesia's ban on ore withholds a little nickel, and its metal is sold at one price."""
    posterior = still(producer_withheld=_ore_ban, fence_closed=0, typical_duration=1e12)
    calm = run(posterior, "nickel")
    assert calm.fence == ""
    taxed = run(posterior, "nickel", ExportDuty("IDN", "nickel", 0.02, 2026))
    np.testing.assert_allclose(np.log(taxed.market / taxed.inside), np.log(1.02), rtol=1e-6)
    assert (rise(taxed, calm) > 0).all()
    assert (held(taxed, "IDN") > 0.06).all()


def _ore_ban(values):
    return (values * 0.0).where(values["producer"] != "nickel:IDN", 0.06).transpose(*values.dims)
