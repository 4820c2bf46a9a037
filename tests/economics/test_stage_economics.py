"""What is refined of ore: refineries take it from each other, and move what is behind a fence."""

import numpy as np
import pytest
from balances import producer
from hypothesis import given, settings
from hypothesis import strategies as st

from critmin import forecast
from critmin.exceptions import CritminError
from critmin.model.refiners import refiners, two_stages
from critmin.posterior import builtin_posterior
from critmin.scenario import (
    BASELINE,
    ExportControl,
    MineProject,
    RefineryProject,
    Scenario,
)
from critmin.simulation.market import simulate
from critmin.simulation.paths import Paths
from critmin.simulation.refining import refined

EVERY = (
    *("market", "fair", "fair_today", "unsupported", "marginal", "inside"),
    *("production", "unsold", "scrap", "availability"),
)
OPEN = {"own_use": 0.05, "use_effect": 0.0}
"""Producers that export nearly all that they make."""


def run(posterior, mineral: str, *interventions, years: int = 2, seed: int = 3) -> Paths:
    scenario = Scenario("one", tuple(interventions)) if interventions else BASELINE
    return simulate(posterior, mineral, years, seed, scenario)


def rise(one: Paths, other: Paths, what: str = "market") -> np.ndarray:
    return np.log(getattr(one, what) / getattr(other, what))


def refinery(country: str, mineral: str, part: float, **how) -> RefineryProject:
    """One for a part of what the world's ore yields at the origin."""
    posterior = builtin_posterior()
    world = refiners(mineral, posterior.origin).ratio * float(posterior.of(mineral)["output"])
    return RefineryProject(country, mineral, part * world, 2026, **how)


@pytest.mark.parametrize("mineral", two_stages())
def test_a_refinery_moves_no_price_where_nothing_is_restricted(free, mineral: str) -> None:
    posterior = free()
    calm = run(posterior, mineral, years=6)
    more = run(posterior, mineral, refinery("IND", mineral, 0.2), years=6)
    for what in EVERY:
        np.testing.assert_array_equal(getattr(more, what), getattr(calm, what))


def rise_outside(posterior, part: float) -> np.ndarray:
    """Log price outside China's fence of 2026, by its balance, with a part of its refining elsewhere."""
    par, about = posterior.of("copper"), producer(posterior, "copper", "CHN")
    made, use = about.fence_output * (1 - part), about.own_use * about.fence_output
    slope = (
        par["primary"] * par["supply_elasticity"] * (1 - made) / (1 - use)
        + (1 - par["primary"]) * posterior.shared["scrap_elasticity"]
        + par["demand_elasticity"]
    )
    return 0.3 * par["primary"] * np.maximum(made - use, 0) / (1 - use) / slope


@pytest.mark.parametrize("part", [0.0, 0.1, 0.4])
def test_a_refinery_outside_a_fence_leaves_less_behind_it(still, part: float) -> None:
    posterior = still(**OPEN)
    ban = ExportControl("CHN", "copper", 0.3, 2026)
    calm = run(posterior, "copper", years=1)
    plants = (refinery("IND", "copper", part),) if part else ()
    banned = run(posterior, "copper", ban, *plants, years=1)
    np.testing.assert_allclose(rise(banned, calm)[:, 0], rise_outside(posterior, part), rtol=1e-6)


@settings(max_examples=12)
@given(less=st.floats(0.01, 0.9), more=st.floats(0.01, 0.9))
def test_the_more_is_refined_elsewhere_the_less_a_control_costs(still, less, more) -> None:
    posterior = still(size=40, **OPEN)
    ban = ExportControl("CHN", "copper", 0.5, 2026)
    low, high = (
        run(posterior, "copper", ban, refinery("IND", "copper", part))
        for part in sorted((less, more))
    )
    assert (high.market <= low.market * (1 + 1e-12)).all()
    assert (high.unsold <= low.unsold + 1e-12).all()


def test_a_refinery_behind_the_fence_puts_more_behind_it(still) -> None:
    posterior = still(**OPEN)
    ban = ExportControl("CHN", "copper", 0.3, 2026)
    plain = run(posterior, "copper", ban)
    more = run(posterior, "copper", ban, refinery("CHN", "copper", 0.1))
    assert (rise(more, plain) > 0).all()


def test_a_control_of_ore_does_not_ask_who_refines_it(still) -> None:
    """Behind the fence is what is mined there: a refinery elsewhere leaves it as it is."""
    posterior, plant = still(), refinery("IND", "copper", 0.2)
    ban = ExportControl("CHL", "copper", 0.5, 2026, stage="mined")
    one, two = (run(posterior, "copper", ban, *more) for more in ((), (plant,)))
    np.testing.assert_array_equal(one.market, two.market)


@pytest.mark.parametrize("mineral", two_stages())
def test_refined_output_is_all_that_the_ore_yields(world, mineral: str) -> None:
    posterior = world()
    for plants in ((), (refinery("IND", mineral, 0.2), refinery("CHN", mineral, 0.1))):
        paths = run(posterior, mineral, *plants, years=8)
        made = refined(posterior, mineral, 3, paths)
        ore = paths.production.sum(axis=0)
        held = (paths.production * paths.unsold)[~made.fenced].sum(axis=0)
        np.testing.assert_allclose(
            made.output.sum(axis=0), refiners(mineral, 2025).ratio * (ore - held), rtol=1e-9
        )
        assert (made.output >= 0).all()


def test_a_refinery_takes_from_the_others_by_their_shares(world) -> None:
    posterior, plant = world(), refinery("IND", "cobalt", 0.1)
    before, after = (
        refined(posterior, "cobalt", 3, run(posterior, "cobalt", *all_, years=4))
        for all_ in ((), (plant,))
    )
    lost = 1 - after.output[after.countries.index("CHN")] / before.output[0]
    assert before.countries[0] == "CHN"
    assert (lost > 0).all()
    for country in ("FIN", "JPN", "ROW"):
        was = before.output[before.countries.index(country)]
        is_ = after.output[after.countries.index(country)]
        np.testing.assert_allclose(1 - is_ / was, lost, rtol=1e-9)
    np.testing.assert_allclose(after.output[after.countries.index("IND")], plant.capacity)


def test_no_refinery_works_without_ore(world) -> None:
    """A plant for nearly all ore of today, and less of it."""
    posterior, plant = world(), refinery("IND", "lithium", 0.99)
    ban = ExportControl("AUS", "lithium", 1.0, 2026, stage="mined")
    paths = run(posterior, "lithium", plant, ban, years=3)
    made = refined(posterior, "lithium", 3, paths)
    assert (made.output[made.countries.index("CHN")] >= 0).all()
    assert (made.output.sum(axis=0) < plant.capacity).any()


def test_who_holds_back_ore_holds_back_what_others_refine_of_it(still) -> None:
    posterior = still()
    ban = ExportControl("COD", "cobalt", 0.5, 2026)
    calm, banned = (run(posterior, "cobalt", *all_) for all_ in ((), (ban,)))
    before, after = (refined(posterior, "cobalt", 3, paths).output for paths in (calm, banned))
    at = banned.countries.index("COD")
    mined = banned.production
    left = 1 - mined[at] * banned.unsold[at] / mined.sum(axis=0)
    grown = mined.sum(axis=0) / calm.production.sum(axis=0)
    np.testing.assert_allclose(after / before, np.broadcast_to(left * grown, after.shape))
    assert (left < 0.7).all()


def test_new_mines_are_refined_by_all(still) -> None:
    posterior = still()
    mine = MineProject("TZA", "nickel", 200_000.0, 2026)
    one, two = (
        refined(posterior, "nickel", 3, run(posterior, "nickel", *all_)).output
        for all_ in ((), (mine,))
    )
    assert (two[:, :, 0] > one[:, :, 0]).all()


@pytest.mark.parametrize("mineral", ["gallium", "aluminum", "magnesium"])
def test_where_refining_is_counted_a_refinery_is_new_output(world, mineral: str) -> None:
    posterior = world()
    plant = {"capacity": 0.05 * float(posterior.of(mineral)["output"]), "start": 2026, "delay": 1.0}
    one, two = (
        run(posterior, mineral, kind("CAN", mineral, **plant), years=4)
        for kind in (MineProject, RefineryProject)
    )
    for what in EVERY:
        np.testing.assert_array_equal(getattr(one, what), getattr(two, what))
    assert (rise(two, run(posterior, mineral, years=4))[:, 3] < 0).any()


def test_a_refinery_may_come_late_or_rest(world) -> None:
    posterior = world()
    late = run(posterior, "copper", refinery("IND", "copper", 0.05, delay=2.0), years=10)
    running = (late.refineries[0] > 0).mean(axis=1)
    assert running[0] < 0.2
    assert running[-1] > 0.9
    assert (np.diff(running) >= 0).all()
    dear = run(posterior, "copper", refinery("IND", "copper", 0.05, cost=500_000.0), years=10)
    assert dear.refineries.max() == 0


def test_a_control_of_metal_holds_a_share_of_what_is_refined(still) -> None:
    """China refines more than three times the lithium that it mines."""
    posterior = still(own_use=0.1, use_effect=0.0)
    ore, metal, plant = (
        ExportControl("CHN", "lithium", 0.3, 2026, stage="mined"),
        ExportControl("CHN", "lithium", 0.3, 2026, stage="refined"),
        refinery("AUS", "lithium", 0.3),
    )
    calm, mined, refined_, elsewhere = (
        run(posterior, "lithium", *all_) for all_ in ((), (ore,), (metal,), (metal, plant))
    )
    assert (rise(refined_, calm) > 2 * rise(mined, calm)).all()
    assert (rise(elsewhere, calm) < 0.8 * rise(refined_, calm)).all()
    about = refiners("lithium", 2025)
    par, made = posterior.of("lithium"), about.every["CHN"]
    use = 0.1 * made
    slope = (
        par["primary"] * par["supply_elasticity"] * (1 - made) / (1 - use)
        + (1 - par["primary"]) * posterior.shared["scrap_elasticity"]
        + par["demand_elasticity"]
    )
    expected = 0.3 * par["primary"] * (made - use) / (1 - use) / slope
    np.testing.assert_allclose(rise(refined_, calm)[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("mineral", ["copper", "lithium"])
@pytest.mark.parametrize("country", ["CHL", "CHN"])
def test_as_much_is_missing_as_is_held_back_at_its_stage(still, mineral, country) -> None:
    """Chile refines a third of the copper that it mines, China six times what it does."""
    posterior = still(own_use=0.1, use_effect=0.0)
    about = producer(posterior, mineral, country)
    for stage, share in (
        ("mined", about.share),
        ("refined", refiners(mineral, 2025).every[country]),
    ):
        ban = ExportControl(country, mineral, 0.5, 2026, stage=stage)
        paths = run(posterior, mineral, ban, years=1)
        at = paths.countries.index(country)
        mined = paths.production[at]
        used = 0.1 * (share if stage == "refined" else about.fence_output)
        exported = (share - used) / about.share
        np.testing.assert_allclose(paths.unsold[at], min(0.5 * exported, 1.0))
        np.testing.assert_allclose(paths.exports[at], 0.5 * exported * mined)


def test_a_stage_that_is_counted_anyway_changes_nothing(world) -> None:
    posterior = world()
    for mineral, country, stage in (("gallium", "CHN", "refined"), ("nickel", "IDN", "mined")):
        one, two = (
            run(posterior, mineral, ExportControl(country, mineral, 0.6, 2026, stage=each))
            for each in (None, stage)
        )
        for what in EVERY:
            np.testing.assert_array_equal(getattr(one, what), getattr(two, what))


@pytest.mark.parametrize(
    ("mineral", "measures", "message"),
    [
        ("lithium", [("ZWE", "refined")], "ZWE is not known to refine lithium: leave out stage"),
        ("tungsten", [("CHN", "refined")], "no refined output is known, leave out stage"),
        ("neodymium", [("CHN", "refined")], "neodymium: no second stage is known"),
        ("lithium", [("CHN", "mined"), ("CHN", "refined")], "are at two stages: give them one"),
    ],
)
def test_a_measure_at_no_stage_or_at_two_is_refused(world, mineral, measures, message) -> None:
    controls = [ExportControl(c, mineral, 0.5, 2026, stage=stage) for c, stage in measures]
    with pytest.raises(CritminError, match=message):
        run(world(), mineral, *controls)


def test_who_mines_what_it_refines_loses_no_ore_of_others(still) -> None:
    """Chile's lithium is its own; China refines more than it mines."""
    ban = ExportControl("AUS", "lithium", 0.8, 2026, stage="mined")
    found = forecast("lithium", 1, scenario=ban, posterior=still(own_use=1e-9, use_effect=0.0))
    draws = found.exposure("JPN").draws.isel(year=0)
    output = found.draws["production"].isel(year=0)
    share = output / output.sum("country")
    lost = 0.8 * share.sel(country="AUS")
    refined_ = found.draws["refined"].isel(year=0)
    made = refined_.sel(refiner="CHN") / refined_.sum("refiner")
    bought = 1 - share.sel(country="CHN") / made
    np.testing.assert_allclose(draws["withheld"].sel(country="CHN"), bought * lost, rtol=1e-6)
    own = share.sel(country="CHL") > refined_.sel(refiner="CHL") / refined_.sum("refiner")
    assert (draws["withheld"].sel(country="CHL").values[own.values] == 0).all()
    assert float(draws["withheld"].sel(country="CHL").max()) < float(lost.min())
    assert own.any()
