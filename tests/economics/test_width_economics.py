"""Recalibration makes forecasts wider about the same middle, and changes no ratio."""

import numpy as np
import pytest
from critmin.recalibration import recalibrated, widths
from critmin.simulate import simulate

from critmin.scenario import BASELINE, ExportControl, Scenario

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
    np.testing.assert_array_equal(wide.production, plain.production)
    np.testing.assert_array_equal(wide.components, plain.components)


def test_recalibration_keeps_what_a_scenario_does(world) -> None:
    posterior = world()
    control = Scenario("control", (ExportControl("CHN", MINERAL, 0.5, 2027),))
    plain = [simulate(posterior, MINERAL, YEARS, SEED, s) for s in (control, BASELINE)]
    wide = [recalibrated(posterior, MINERAL, YEARS, SEED, s) for s in (control, BASELINE)]
    np.testing.assert_allclose(
        wide[0].market / wide[1].market, plain[0].market / plain[1].market, rtol=1e-9
    )
    np.testing.assert_allclose(wide[0].fair, wide[1].fair, rtol=1e-9)
