"""Parts of a scenario beside each other: what one does must not depend on others that do nothing to it."""

import numpy as np
import pytest

from critmin.data.drivers import COMPONENTS
from critmin.exceptions import CritminError
from critmin.scenario import (
    BASELINE,
    EnvironmentalRule,
    LabourStandard,
    MineProject,
    PriceFloor,
    RefineryProject,
    Scenario,
    StateSupport,
)
from critmin.simulation.market import Paths, simulate

LABOUR = COMPONENTS.index("labour")


def run(posterior, mineral: str, *interventions, years: int = 6, seed: int = 3) -> Paths:
    scenario = Scenario("several", tuple(interventions)) if interventions else BASELINE
    return simulate(posterior, mineral, years, seed, scenario)


def made(paths: Paths, country: str) -> np.ndarray:
    return paths.production[paths.countries.index(country)]


def output_of(posterior, mineral: str) -> float:
    return float(posterior.of(mineral)["output"])


@pytest.mark.parametrize("country", ["CHN", "USA"])
def test_a_mine_of_no_size_makes_no_other_late(world, country: str) -> None:
    posterior = world()
    mine = MineProject("VNM", "tungsten", 0.05 * output_of(posterior, "tungsten"), 2027, delay=2)
    none = MineProject(country, "tungsten", 0, 2026, delay=1)
    one, two = (run(posterior, "tungsten", *parts) for parts in ((mine,), (mine, none)))
    for what in ("market", "fair", "unsupported"):
        np.testing.assert_array_equal(getattr(one, what), getattr(two, what))
    np.testing.assert_array_equal(made(one, "VNM"), made(two, "VNM"))


@pytest.mark.parametrize("kind", [MineProject, RefineryProject])
def test_what_opens_elsewhere_makes_no_other_late(world, kind) -> None:
    """A second project of the same date once swapped delays with the first."""
    posterior = world()
    size = 0.02 * output_of(posterior, "nickel")
    mine = kind("CAN", "nickel", size, 2027, delay=2)
    other = kind("AUS", "nickel", 0.5 * size, 2027, delay=1)
    alone, both, turned = (
        run(posterior, "nickel", *parts) for parts in ((mine,), (mine, other), (other, mine))
    )
    if kind is RefineryProject:
        at = [each.refining.index("CAN") for each in (alone, both, turned)]
        one, *more = (p.refineries[i] for p, i in zip((alone, both, turned), at, strict=True))
    else:
        calm = made(run(posterior, "nickel"), "CAN")
        one, *more = (made(each, "CAN") > calm + 0.5 * size for each in (alone, both, turned))
    assert one.any()
    for each in more:
        np.testing.assert_array_equal(one, each)


def test_dear_labour_costs_no_more_than_all_of_it(still) -> None:
    """Labour at twenty times its price, a tenth of cost, is cost times three, not times seven."""
    posterior = still()
    calm = run(posterior, "graphite", years=1)
    weight = (calm.components[LABOUR] / calm.components.sum(axis=0))[:, 0]
    plain = calm.components.sum(axis=0)[:, 0]
    standard = LabourStandard("MDG", "graphite", 3.0, 2026)
    rule = EnvironmentalRule("MDG", "graphite", 500.0, 2026)
    elasticity = posterior.of("graphite")["supply_elasticity"]

    def shrunk(*parts) -> np.ndarray:
        paths = run(posterior, "graphite", *parts, years=1)
        apart = [made(p, "MDG") / made(p, "BRA") for p in (paths, calm)]
        return np.log(apart[0] / apart[1])[:, 0]

    dearer = 1 + weight * np.expm1(3.0)
    np.testing.assert_allclose(shrunk(standard), -elasticity * np.log(dearer), atol=1e-12)
    np.testing.assert_allclose(
        shrunk(standard, rule), -elasticity * np.log(dearer + 500.0 / plain), atol=1e-12
    )


@pytest.mark.parametrize("country", ["USA", "VNM"])
def test_a_mine_runs_while_its_state_pays_its_cost(still, country: str) -> None:
    """Twice the price is its cost: it rests, but for a floor, of its first mine as well."""
    posterior = still()
    price = float(np.exp(posterior.of("tungsten")["log_price"]).max())
    size = 0.1 * output_of(posterior, "tungsten")
    mine = MineProject(country, "tungsten", size, 2027, cost=2 * price)
    floor = PriceFloor(country, "tungsten", 2 * price, 2026, years=3)
    calm, rests, runs, turned = (
        run(posterior, "tungsten", *parts) for parts in ((), (mine,), (mine, floor), (floor, mine))
    )
    np.testing.assert_array_equal(rests.market, calm.market)
    np.testing.assert_array_equal(runs.market, turned.market)
    assert (made(runs, country)[:, 1:3] >= size).all()
    assert (runs.market[:, 1] < rests.market[:, 1]).all()
    # The worlds without support have no mine that support keeps.
    np.testing.assert_allclose(runs.fair, rests.fair, rtol=1e-9)
    np.testing.assert_allclose(runs.unsupported, rests.unsupported, rtol=1e-9)
    if country == "USA":
        assert (made(runs, country)[:, 3:] == 0).all()


def test_support_carries_the_cost_of_a_mine_as_far_as_it_reaches(still) -> None:
    posterior = still()
    price = float(np.exp(posterior.of("tungsten")["log_price"]).max())
    mine = MineProject("USA", "tungsten", 1_000.0, 2026, cost=1.2 * price)
    little, enough = (
        run(posterior, "tungsten", mine, StateSupport("USA", "tungsten", change, 2026), years=1)
        for change in (0.1, 0.9)
    )
    assert (made(little, "USA") == 0).all()
    assert (
        made(enough, "USA")[np.exp(posterior.of("tungsten")["log_price"] + 0.9) > 1.2 * price]
    ).all()
    with pytest.raises(CritminError, match="USA is not among the producers of tungsten"):
        run(posterior, "tungsten", StateSupport("USA", "tungsten", 0.1, 2026))
