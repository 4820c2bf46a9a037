"""What moves a simulated market does so in the right direction and by the right size.

In a still market (no shocks, trends, support or restrictions) a first year's effect has a closed form.
"""

import numpy as np
import pytest

from critmin.mineral import get_mineral
from critmin.model.equations import LARGEST_PURCHASE
from critmin.scenario import (
    BASELINE,
    DemandShock,
    DriverPath,
    MineClosure,
    MineProject,
    PriceFloor,
    Recycling,
    Scenario,
    StateSupport,
    Stockpile,
)
from critmin.simulation.market import Paths, simulate
from critmin.simulation.streams import stream

MINERALS = ["nickel", "cobalt", "manganese"]
"""Monthly with scrap; annual by-product with scrap; annual without."""

NAMES = {"factor_loading": "factor", "group_loading": f"factor: {get_mineral('nickel').group}"}
"""Streams of the cycles that move nickel."""


def run(posterior, mineral: str, *interventions, years: int = 1, seed: int = 3) -> Paths:
    scenario = Scenario("one", tuple(interventions)) if interventions else BASELINE
    return simulate(posterior, mineral, years, seed, scenario)


def rise(one: Paths, other: Paths, what: str = "market") -> np.ndarray:
    """Log ratio of two simulations, (sample, year)."""
    return np.log(getattr(one, what) / getattr(other, what))


def output(one: Paths, other: Paths) -> np.ndarray:
    return np.log(one.production.sum(axis=0) / other.production.sum(axis=0))


def above(by: float):
    """A variable raised by a number."""
    return lambda values: values + by


@pytest.mark.parametrize("mineral", MINERALS)
def test_a_price_above_cost_comes_down_at_the_speed_of_reversion(still, mineral: str) -> None:
    kappa = still().of(mineral)["reversion"]
    gap = rise(run(still(log_price=above(0.1)), mineral, years=1), run(still(), mineral, years=1))
    np.testing.assert_allclose(gap[:, 0], 0.1 * (1 - kappa))


def test_a_price_at_cost_stays_and_output_grows_by_its_trend(still) -> None:
    posterior = still(carry=0.0)
    posterior = still(carry=0.0, log_price=lambda _: posterior.draws["log_cost"])
    paths, par = run(posterior, "nickel", years=5), posterior.of("nickel")
    np.testing.assert_allclose(np.log(paths.market), par["log_cost"][:, None] + np.zeros(5))
    years = 1 + np.arange(5)
    grown = par["output"] * np.exp(par["growth"][:, None] * years)
    np.testing.assert_allclose(paths.production.sum(axis=0), grown)
    np.testing.assert_allclose(paths.components.sum(axis=0), paths.market)


@pytest.mark.parametrize("mineral", MINERALS)
def test_a_gap_opens_mines_by_the_share_that_supply_closes(still, mineral: str) -> None:
    par, phi = still().of(mineral), still().shared["substitution"]
    more, less = run(still(log_price=above(0.1)), mineral), run(still(), mineral)
    change = rise(more, less)[:, 0] - 0.1
    closing = (1 - phi) * par["reversion"] * par["slope"] / par["primary"] * 0.1
    expected = par["supply_elasticity"] * change + closing
    np.testing.assert_allclose(output(more, less)[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize("mineral", MINERALS)
def test_a_year_that_ended_above_its_average_raises_the_next_years_price(still, mineral) -> None:
    kappa = still().of(mineral)["reversion"]
    more, less = (run(still(carry=x), mineral) for x in (0.1, 0.0))
    np.testing.assert_allclose(rise(more, less)[:, 0], 0.1 * (1 - kappa))


def test_where_prices_come_monthly_the_years_end_answers_to_its_shock(free) -> None:
    """The carry is a share of the shock; a carry that ignored it would leave the next year alone."""
    kappa = free().of("nickel")["reversion"]
    known = {"carry_scale": 0.0, "carry": 0.0, "factor_loading": 0.0, "group_loading": 0.0}
    responding, not_at_all = (
        run(free(carry_response=r, **known), "nickel", years=2) for r in (0.5, 0.0)
    )
    calm = run(free(price_scale=0.0, **known), "nickel", years=2)
    shock = rise(responding, calm)[:, 0]
    np.testing.assert_allclose(rise(responding, not_at_all)[:, 0], 0)
    np.testing.assert_allclose(
        rise(responding, not_at_all)[:, 1], 0.5 * (1 - kappa) * shock, atol=1e-12
    )
    assert np.corrcoef(rise(responding, not_at_all)[:, 1], shock)[0, 1] > 0.9


def test_where_prices_come_monthly_the_years_end_has_a_spread_of_its_own(free) -> None:
    """A Student t of 8 degrees of freedom; 250 draws put its spread within 15%."""
    known = {"carry": 0.0, "tail": 8.0, "factor_loading": 0.0, "group_loading": 0.0}
    par = free().of("nickel")
    spread, none = (run(free(carry_scale=s, **known), "nickel", years=2) for s in (0.8, 0.0))
    unit = rise(spread, none)[:, 1] / ((1 - par["reversion"]) * 0.8 * par["price_scale"])
    assert unit.std() == pytest.approx(np.sqrt(8 / 6), rel=0.15)


def test_where_only_annual_averages_are_known_a_rise_carries_over(still) -> None:
    boom = DemandShock("manganese", 0.01, 2026)
    posterior = still(persistence=0.3, carry=0.0)
    kappa = posterior.of("manganese")["reversion"]
    one, two = rise(
        run(posterior, "manganese", boom, years=2), run(posterior, "manganese", years=2)
    ).T
    np.testing.assert_allclose(two, one * 1.3 - kappa * one * 1.3, rtol=1e-6)


def test_the_price_shock_has_its_scale_and_its_tail(free) -> None:
    par = free().of("manganese")
    shock = rise(run(free(tail=8.0), "manganese"), run(free(price_scale=0.0), "manganese"))
    # 250 draws put the spread of a Student t of 8 degrees of freedom within 15%.
    assert (shock[:, 0] / par["price_scale"]).std() == pytest.approx(np.sqrt(8 / 6), rel=0.15)


@pytest.mark.parametrize("mineral", MINERALS)
def test_output_rises_where_demand_moves_the_price_and_falls_where_supply_does(free, mineral):
    tame = {"tail": 8.0}  # no shock reaches the choke price
    calm = run(free(price_scale=0.0, **tame), mineral)
    par = free().of(mineral)
    for share, response in (
        (1.0, par["supply_elasticity"]),
        (0.0, par["supply_elasticity"] - par["slope"] / par["primary"]),
    ):
        shocked = run(free(demand_share=share, **tame), mineral)
        expected = response * rise(shocked, calm)[:, 0]
        np.testing.assert_allclose(output(shocked, calm)[:, 0], expected, atol=1e-12)


def test_output_surprises_more_where_the_price_does(free) -> None:
    """The two shocks share one scale mixture: large surprises come together."""
    posterior = free(demand_share=0.5, tail=6.0)
    tame = free(demand_share=0.5, price_scale=lambda s: s * 1e-9)
    par = posterior.of("manganese")
    shocked, calm = run(posterior, "manganese"), run(tame, "manganese")
    price = rise(shocked, calm)[:, 0]
    ratio = par["slope"] / par["primary"]
    rest = output(shocked, calm)[:, 0] - (par["supply_elasticity"] - 0.5 * ratio) * price
    z = price / par["price_scale"]
    unit = rest / (0.5 * ratio * par["price_scale"])
    own = stream(3, "manganese: output shock").standard_t(np.full(len(z), 7.0), (1, len(z)))[0]
    np.testing.assert_allclose(unit, own * np.sqrt((6 + z**2) / 7), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mineral", ["cobalt", "silver", "indium"])
def test_the_hosts_growth_adds_output_of_a_by_product_and_lowers_its_price(still, mineral):
    scale = 0.03
    moving, calm = run(still(host_scale=scale, host_tie=0.5), mineral), run(still(), mineral)
    host = get_mineral(mineral).host
    growth = scale * stream(3, f"{host}: output").standard_normal(len(moving.market))
    par = still().of(mineral)
    price = rise(moving, calm)[:, 0]
    np.testing.assert_allclose(price, -0.5 * growth * par["primary"] / par["slope"], atol=1e-12)
    expected = 0.5 * growth + par["supply_elasticity"] * price
    np.testing.assert_allclose(output(moving, calm)[:, 0], expected, atol=1e-12)


def test_what_a_host_yields_bounds_its_by_product_and_grows_with_the_host(still) -> None:
    boom = DemandShock("gallium", 2.0, 2026)
    paths = run(still(growth=0.02), "gallium", boom, years=25)
    world = paths.production.sum(axis=0)
    limit = get_mineral("gallium").potential * np.exp(0.02 * np.arange(1, 26))
    assert (world <= limit * (1 + 1e-9)).all()
    np.testing.assert_allclose(world[world > limit * (1 - 1e-9)].max(), limit[-1])


@pytest.mark.parametrize("mineral", ["lithium", "cobalt", "tin"])
def test_technologies_that_outgrow_their_trend_raise_the_price(still, mineral: str) -> None:
    scale = 0.2
    par = still().of(mineral)
    moving = run(still(technology_scale=scale, technology_response=0.7), mineral)
    names = [str(n) for n in still().draws["technology"].values]
    size = len(moving.market)
    surprise = sum(
        par["technology_weight"][k] * scale * stream(3, n).standard_normal(size)
        for k, n in enumerate(names)
    )
    price = rise(moving, run(still(), mineral))[:, 0]
    np.testing.assert_allclose(price, 0.7 * surprise / par["slope"], atol=1e-12)


@pytest.mark.parametrize("mineral", MINERALS)
def test_income_growth_above_its_mean_raises_the_price(still, mineral: str) -> None:
    par = still().of(mineral)
    mean = float(still().draws["income_mean"])
    fast, usual = (run(still(), mineral, DriverPath("gdp", (g,))) for g in (mean + 0.02, mean))
    expected = par["income_elasticity"] * 0.02 / par["slope"]
    np.testing.assert_allclose(rise(fast, usual)[:, 0], expected)
    np.testing.assert_allclose(rise(usual, run(still(), mineral))[:, 0], 0, atol=1e-12)


def test_income_surprises_have_the_fitted_spread(still) -> None:
    moving = run(still(income_scale=0.04), "nickel")
    par = still().of("nickel")
    # A part of it is demand; the rest is the dollar.
    surprise = 0.04 * stream(3, "income").standard_normal(len(moving.market))
    surprise = still().shared["income_signal"] * surprise
    expected = par["income_elasticity"] * surprise / par["slope"]
    np.testing.assert_allclose(rise(moving, run(still(), "nickel"))[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize("mineral", ["nickel", "copper", "dysprosium"])
def test_cycles_of_all_and_of_a_group_move_their_prices_one_way(still, mineral: str) -> None:
    group = f"factor: {get_mineral(mineral).group}"
    for loading, name in (("factor_loading", "factor"), ("group_loading", group)):
        moving = run(still(**{loading: 0.1}), mineral)
        expected = 0.1 * stream(3, name).standard_normal(len(moving.market))
        found = rise(moving, run(still(), mineral))[:, 0]
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("loading", ["factor_loading", "group_loading"])
def test_a_cycle_moves_the_years_end_as_it_moves_the_year(still, loading: str) -> None:
    """By the response, and where prices come by the month by a shock of the year's end on top."""
    kappa = still().of("nickel")["reversion"]
    known = {"carry": 0.0, "carry_response": 0.5, loading: 0.1}
    calm = run(still(carry=0.0), "nickel", years=2)
    plain, moving = (run(still(**known, carry_scale=s), "nickel", years=2) for s in (0.0, 0.8))
    one, two = rise(plain, calm).T
    drawn = 0.1 * stream(3, NAMES[loading]).standard_normal((2, len(one)))
    np.testing.assert_allclose(two, (1 - kappa) * 1.5 * one + drawn[1], atol=1e-12)
    end = 0.1 * stream(3, f"end {NAMES[loading]}").standard_normal(len(one))
    np.testing.assert_allclose(rise(moving, plain)[:, 1], (1 - kappa) * 0.8 * end, atol=1e-12)


@pytest.mark.parametrize("mineral", MINERALS)
def test_more_demand_raises_price_and_output_and_goes_as_it_came(still, mineral: str) -> None:
    par = still(persistence=0.0).of(mineral)
    boom = DemandShock(mineral, 0.01, 2026, years=1)
    shocked, calm = (run(still(persistence=0.0), mineral, *s, years=2) for s in ([boom], []))
    one, two = rise(shocked, calm).T
    np.testing.assert_allclose(one, 0.01 / par["slope"])
    np.testing.assert_allclose(two, -par["reversion"] * one, atol=1e-12)
    np.testing.assert_allclose(output(shocked, calm)[:, 0], par["supply_elasticity"] * one)


@pytest.mark.parametrize("mineral", ["nickel", "cobalt"])
def test_scrap_answers_the_price(still, mineral: str) -> None:
    boom = DemandShock(mineral, 0.05, 2026)
    shocked, calm = run(still(), mineral, boom), run(still(), mineral)
    elasticity = still().shared["scrap_elasticity"]
    expected = elasticity * rise(shocked, calm)[:, 0]
    np.testing.assert_allclose(rise(shocked, calm, "scrap")[:, 0], expected)
    assert (expected > 0).all()


def test_scrap_begins_at_its_share_of_supply(still) -> None:
    par, paths = still().of("nickel"), run(still(), "nickel")
    answer = still().shared["scrap_elasticity"] * (np.log(paths.market[:, 0]) - par["log_price"])
    grown = paths.scrap[:, 0] / np.exp(par["growth"] + answer)
    np.testing.assert_allclose(grown / (grown + par["output"]), 1 - par["primary"])


def test_a_stock_that_buys_raises_the_price_and_one_that_sells_lowers_it(still) -> None:
    par = still().of("nickel")
    tonnes = 0.1 * float(par["output"])
    calm = run(still(), "nickel")
    buys = run(still(), "nickel", Stockpile("nickel", tonnes, 2026, 1))
    sells = run(still(), "nickel", Stockpile("nickel", -tonnes, 2026, 1))
    ratio = par["primary"] / par["slope"]
    np.testing.assert_allclose(rise(buys, calm)[:, 0], 0.1 * ratio)
    np.testing.assert_allclose(rise(sells, calm)[:, 0], -np.log(1.1) * ratio)
    assert (buys.stock_change == tonnes).all()
    assert (sells.stock_change == -tonnes).all()


def test_a_stock_takes_half_of_what_is_sold_at_most(still) -> None:
    tonnes = float(still().of("nickel")["output"])
    buys = Stockpile("nickel", 0.5 * tonnes, 2026, 1)
    closes = MineClosure("IDN", "nickel", 0.4 * tonnes, 2026)
    paths = run(still(), "nickel", buys, closes)
    sold = paths.production.sum(axis=0)
    assert (sold < tonnes).mean() > 0.9
    np.testing.assert_allclose(paths.stock_change, LARGEST_PURCHASE * np.minimum(sold, tonnes))


def test_a_new_mine_lowers_the_price_and_a_closed_one_raises_it(still) -> None:
    par = still().of("nickel")
    tonnes = 0.05 * float(par["output"])
    calm = run(still(), "nickel")
    opened = run(still(), "nickel", MineProject("CAN", "nickel", tonnes, 2026))
    closed = run(still(), "nickel", MineClosure("IDN", "nickel", tonnes, 2026))
    ratio = par["primary"] / par["slope"]
    np.testing.assert_allclose(rise(opened, calm)[:, 0], -np.log(1.05) * ratio)
    np.testing.assert_allclose(rise(closed, calm)[:, 0], 0.05 * ratio)
    for changed in (opened, closed):
        # Mines open and close in both worlds.
        np.testing.assert_allclose(rise(changed, calm, "fair"), rise(changed, calm), atol=1e-12)


def test_scrap_covers_a_tenth_at_first_half_midway_and_lowers_the_price(still) -> None:
    par = still().of("nickel")
    calm = run(still(), "nickel", years=6)
    scrap = run(still(), "nickel", Recycling("JPN", "nickel", 0.2, 2026, years=10), years=6)
    first = -np.log(1 + 0.1 * 0.2) * par["primary"] / par["slope"]
    np.testing.assert_allclose(rise(scrap, calm)[:, 0], first)
    at = scrap.countries.index("JPN")
    collected = np.broadcast_to(0.2 * np.array([0.1, 0.5]) * par["output"], (len(first), 2))
    np.testing.assert_allclose(scrap.production[at][:, [0, 5]], collected)
    np.testing.assert_allclose(rise(scrap, calm, "fair"), rise(scrap, calm), atol=1e-12)


def test_a_dear_project_rests_while_the_price_is_below_its_cost(still) -> None:
    calm = run(still(), "nickel", years=2)
    dear = MineProject("CAN", "nickel", 10_000.0, 2026, cost=1e6)
    cheap = MineProject("CAN", "nickel", 10_000.0, 2026, cost=200.0)
    np.testing.assert_allclose(rise(run(still(), "nickel", dear, years=2), calm), 0)
    assert (rise(run(still(), "nickel", cheap, years=2), calm)[:, 0] < 0).all()


def test_a_price_floor_supports_by_what_the_market_lacks(still) -> None:
    posterior = still()
    par = posterior.of("nickel")
    price = 30_000.0
    share = next(p.share for p in posterior.producers("nickel") if p.country == "IDN")
    floor = run(posterior, "nickel", PriceFloor("IDN", "nickel", price, 2026))
    lacks = np.maximum(np.log(price) - par["log_price"], 0)
    expected = -par["primary"] * par["supply_elasticity"] * share * lacks / par["slope"]
    np.testing.assert_allclose(rise(floor, run(posterior, "nickel"))[:, 0], expected)


def test_support_moves_output_to_the_country_that_gives_it(still) -> None:
    posterior, years = still(), 3
    par, phi = posterior.of("nickel"), posterior.shared["substitution"]
    given = run(posterior, "nickel", StateSupport("IDN", "nickel", 0.1, 2026), years=years)
    calm = run(posterior, "nickel", years=years)
    idn, phl = (given.countries.index(c) for c in ("IDN", "PHL"))

    def apart(paths: Paths) -> np.ndarray:
        return np.log(paths.production[idn] / paths.production[phl])

    # At once by the elasticity of supply, then by the capacity that the margin builds.
    closing = (1 - phi) * par["reversion"] * par["slope"] / par["primary"] * 0.1
    expected = par["supply_elasticity"] * 0.1 + closing * np.arange(years)[:, None]
    np.testing.assert_allclose(apart(given) - apart(calm), expected.T, atol=1e-12)


def test_countries_grow_apart_by_chance_as_much_as_they_did(free) -> None:
    posterior = free(output_spread=0.2)
    calm = run(free(output_spread=0.0), "nickel")
    paths = run(posterior, "nickel")
    idn, phl = (paths.countries.index(c) for c in ("IDN", "PHL"))
    apart = np.log(paths.production[idn] / paths.production[phl])[:, 0]
    apart = apart - np.log(calm.production[idn] / calm.production[phl])[:, 0]
    size = len(apart)
    luck = [stream(3, f"nickel: {c} output").standard_normal((1, size))[0] for c in ("IDN", "PHL")]
    np.testing.assert_allclose(apart, 0.2 * (luck[0] - luck[1]), atol=1e-9)
