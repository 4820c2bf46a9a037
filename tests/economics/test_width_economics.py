"""Recalibration makes forecasts wider about the same middle, and changes no ratio."""

import numpy as np
import pytest

from critmin.scenario import BASELINE, DemandShock, ExportControl, Scenario
from critmin.simulation.bounds import choke_price
from critmin.simulation.market import simulate
from critmin.simulation.recalibration import recalibrated, widths

MINERAL, YEARS, SEED = "tungsten", 10, 4


@pytest.fixture(scope="module")
def pair(world):
    posterior = world()
    return (
        simulate(posterior, MINERAL, YEARS, SEED),
        recalibrated(posterior, MINERAL, YEARS, SEED, BASELINE),
    )


def test_recalibration_widens_prices_by_the_measured_factor(pair) -> None:
    factor = widths(YEARS)
    assert (factor >= 1).all()
    assert (factor > 1).any()
    before, after = (np.log(p.fair) - np.median(np.log(p.fair), axis=0) for p in pair)
    np.testing.assert_allclose(after, before * factor, atol=1e-12)


def test_recalibration_keeps_the_fair_over_the_market_price(pair) -> None:
    plain, wide = pair
    np.testing.assert_allclose(wide.fair / wide.market, plain.fair / plain.market)
    np.testing.assert_array_equal(wide.components, plain.components)


@pytest.mark.parametrize(
    "change", [ExportControl("CHN", MINERAL, 0.5, 2027), DemandShock(MINERAL, 0.3, 2027)]
)
def test_recalibration_keeps_what_a_scenario_does(world, change) -> None:
    """A control moves the market price alone; more demand moves the fair price, too."""
    posterior = world()
    scenario = Scenario("one", (change,))
    plain = [simulate(posterior, MINERAL, YEARS, SEED, s) for s in (scenario, BASELINE)]
    wide = [recalibrated(posterior, MINERAL, YEARS, SEED, s) for s in (scenario, BASELINE)]
    for price in ("market", "fair"):
        ratio = [getattr(p[0], price) / getattr(p[1], price) for p in (wide, plain)]
        # But where nobody pays more.
        below = np.all([getattr(p, price) < choke_price(posterior, MINERAL) for p in wide], axis=0)
        assert below.mean() > 0.99
        np.testing.assert_allclose(ratio[0][below], ratio[1][below], rtol=1e-9)
