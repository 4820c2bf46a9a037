"""Support and restrictions move the market price; the fair price is that of a world of its own."""

import numpy as np
import pytest
from balances import producer, sides

from critmin import fair_price, forecast
from critmin.mineral import get_mineral
from critmin.scenario import (
    BASELINE,
    DemandShock,
    ExportControl,
    LiftControls,
    MineProject,
    Scenario,
    StateSupport,
)
from critmin.simulation.market import Paths, simulate


def run(posterior, mineral: str, *interventions, years: int = 1, seed: int = 3) -> Paths:
    scenario = Scenario("one", tuple(interventions)) if interventions else BASELINE
    return simulate(posterior, mineral, years, seed, scenario)


def rise(one: Paths, other: Paths, what: str = "market") -> np.ndarray:
    return np.log(getattr(one, what) / getattr(other, what))


def share_of(posterior, mineral: str, country: str) -> float:
    return float(producer(posterior, mineral, country).share)


@pytest.mark.parametrize(("mineral", "country"), [("nickel", "IDN"), ("manganese", "ZAF")])
def test_a_withheld_share_raises_the_market_price_and_leaves_the_fair_price(
    still, mineral, country
) -> None:
    posterior = still()
    calm = run(posterior, mineral, years=6)
    ban = run(posterior, mineral, ExportControl(country, mineral, 0.5, 2026), years=6)
    np.testing.assert_allclose(rise(ban, calm)[:, 0], sides(posterior, mineral, country, 0.5)[0])
    assert (rise(ban, calm) > 0).all()
    np.testing.assert_allclose(rise(ban, calm, "fair"), 0, atol=1e-9)
    about = producer(posterior, mineral, country)
    missing = 0.5 * about.share * (1 - about.own_use)
    # A little less is missing than that: what is withheld does not see the world's growth.
    np.testing.assert_allclose(ban.availability[:, 0], 1 - missing, rtol=0.02)


def test_a_restriction_raises_the_price_in_the_year_in_which_it_begins(still) -> None:
    posterior = still(persistence=0.0)
    calm = run(posterior, "nickel", years=3)
    ban = run(posterior, "nickel", ExportControl("IDN", "nickel", 0.5, 2027), years=3)
    np.testing.assert_allclose(rise(ban, calm)[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(rise(ban, calm)[:, 1], sides(posterior, "nickel", "IDN", 0.5)[0])


def test_what_a_country_withholds_never_reaches_the_market_nor_sees_the_worlds_growth(still):
    posterior = still(log_price=lambda p: p + 0.3)  # dear, so that output grows
    par = posterior.of("nickel")
    ban = ExportControl("IDN", "nickel", 0.5, 2026)
    paths = run(posterior, "nickel", ban)
    idn, phl = (paths.countries.index(c) for c in ("IDN", "PHL"))
    held = 0.5 * (1 - producer(posterior, "nickel", "IDN").own_use)  # of its exports
    np.testing.assert_allclose(paths.withheld[idn][:, 0], 0.5)
    np.testing.assert_allclose(paths.unsold[idn][:, 0], held)
    start = [share_of(posterior, "nickel", c) * par["output"] for c in ("IDN", "PHL")]
    grown = [np.log(paths.production[c][:, 0] / s) for c, s in zip((idn, phl), start, strict=True)]
    np.testing.assert_allclose(grown[0], (1 - held) * grown[1] + held * par["growth"])
    sold = forecast("nickel", 1, scenario=ban, posterior=posterior).draws
    idn_sold = (sold["supply"] / sold["production"]).sel(country="IDN")
    np.testing.assert_allclose(idn_sold, 1 - held[:, None])


@pytest.mark.parametrize(("mineral", "country"), [("nickel", "IDN"), ("manganese", "ZAF")])
def test_support_lowers_the_market_price_and_leaves_the_fair_price(still, mineral, country) -> None:
    posterior, par = still(), still().of(mineral)
    calm = run(posterior, mineral, years=6)
    given = run(posterior, mineral, StateSupport(country, mineral, 0.1, 2026), years=6)
    wedge = 0.1 * share_of(posterior, mineral, country)
    expected = -par["primary"] * par["supply_elasticity"] * wedge / par["slope"]
    np.testing.assert_allclose(rise(given, calm)[:, 0], expected)
    assert (rise(given, calm) < 0).all()
    np.testing.assert_allclose(rise(given, calm, "fair"), 0, atol=1e-9)


def test_support_that_ends_raises_the_price_to_the_fair_one(still) -> None:
    """A market long supported, with the gap that this leaves; without it the two become one."""
    wedge = 0.1 * share_of(still(), "nickel", "IDN")
    posterior = still(support=wedge, deviation=wedge, log_price=lambda p: p - wedge)
    kept = run(posterior, "nickel", years=40)
    ended = run(posterior, "nickel", StateSupport("IDN", "nickel", -0.1, 2026), years=40)
    np.testing.assert_allclose(np.log(kept.fair / kept.market), wedge)
    apart = np.log(ended.fair / ended.market)
    assert (rise(ended, kept) > 0).all()
    kappa = posterior.of("nickel")["reversion"]
    np.testing.assert_allclose(apart[:, -1], apart[:, 0] * (1 - kappa) ** 39, atol=1e-12)


def test_restrictions_that_end_lower_the_price(still) -> None:
    held = still(producer_withheld=0.3, availability=-0.1, availability_end=-0.1)
    stays = run(held, "nickel", years=3)
    ends = [LiftControls(p.country, "nickel", 2026) for p in held.producers("nickel")]
    lifted = run(held, "nickel", *ends, years=3)
    assert (rise(lifted, stays)[:, 0] < 0).all()
    np.testing.assert_allclose(lifted.availability, 1)
    assert (stays.availability < 1).any()


def test_a_measure_of_part_of_a_year_counts_for_the_whole_of_the_next(still) -> None:
    """Half a year of a restriction took 0.05 of last year's supply; its full year takes 0.1."""
    posterior = still(
        producer_withheld=0.0, availability=-0.05, availability_end=-0.1, typical_duration=1e12
    )
    par = posterior.of("nickel")
    price = rise(run(posterior, "nickel"), run(still(), "nickel"))[:, 0]
    np.testing.assert_allclose(price, 0.05 * par["primary"] / par["slope"])


@pytest.mark.parametrize("mineral", ["nickel", "gallium", "cobalt"])
def test_without_distortions_market_and_fair_price_are_one(free, mineral: str) -> None:
    boom = DemandShock(mineral, 0.5, 2026)
    paths = run(free(), mineral, boom, years=15)
    np.testing.assert_allclose(paths.market, paths.fair, rtol=1e-9)


def test_the_fair_worlds_output_is_bounded_by_its_own_limit(still) -> None:
    """A market that withholds or supports comes to the host's limit sooner or later than the fair one."""
    boom = DemandShock("gallium", 1.5, 2026)
    calm = run(still(), "gallium", boom, years=15)
    potential = get_mineral("gallium").potential
    world = calm.production.sum(axis=0)
    bound = (world > potential * (1 - 1e-9)).any(axis=1)
    assert bound.mean() > 0.05
    for change in (
        StateSupport("CHN", "gallium", 0.3, 2026),
        StateSupport("CHN", "gallium", -0.3, 2026),
        ExportControl("CHN", "gallium", 0.6, 2026),
    ):
        distorted = run(still(), "gallium", boom, change, years=15)
        assert (abs(rise(distorted, calm)) > 1e-3).any(axis=1).all()
        np.testing.assert_allclose(rise(distorted, calm, "fair"), 0, atol=1e-9)


def test_a_mine_counts_against_what_the_host_yields_in_every_world(free) -> None:
    boom, mine = DemandShock("gallium", 1.5, 2026), MineProject("CAN", "gallium", 400.0, 2027)
    paths = run(free(), "gallium", boom, mine, years=6)
    potential = get_mineral("gallium").potential
    assert (paths.production.sum(axis=0) > 0.9 * potential).any(axis=1).mean() > 0.05
    np.testing.assert_allclose(paths.market, paths.fair, rtol=1e-9)


def test_support_in_force_keeps_the_market_price_below_the_fair(world) -> None:
    """The public calls, on the fitted draws: magnesium is supported and not restricted."""
    posterior = world(
        hazard=0.0, deviation=0.0, support=0.15, deviation_change=0.0, long_run_elasticity=1e12
    )
    price = fair_price("magnesium", horizon=20, posterior=posterior).draws
    ratio = np.log(price["fair_price"] / price["market_price"])
    assert bool((ratio >= -1e-12).all())
    assert float(ratio.isel(year=-1).mean()) == pytest.approx(0.15, rel=0.2)
