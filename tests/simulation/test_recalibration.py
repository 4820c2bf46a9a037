"""What users get is as wide as the backtest asks for, and nothing else about it changes."""

import numpy as np
import pytest
from scipy.stats import norm

from critmin import builtin_posterior, forecast
from critmin.audit.backtesting.stacking import LEARNED, widening
from critmin.audit.reporting.evidence import evidence
from critmin.scenario import BASELINE, ExportControl
from critmin.simulation.bounds import choke_price
from critmin.simulation.market import simulate
from critmin.simulation.recalibration import Widened, recalibrated, widths


@pytest.mark.parametrize(("table", "of"), [("backtest", "price"), ("supply", "output")])
def test_widths_are_those_of_the_stored_backtest(table: str, of: Widened) -> None:
    scores = evidence(table)
    ours = scores[(scores["model"] == "critmin") & scores["origin"].isin(LEARNED)]
    for horizon, part in ours.groupby("horizon"):
        factor = widths(15, of)[int(horizon) - 1]
        assert factor == pytest.approx(widening(part["pit"].to_numpy()), abs=2e-4)


def test_intervals_of_output_hold_more_at_origins_they_have_not_seen() -> None:
    """Of the points of `Backtest.supply`, widened as forecasts are."""
    scores = evidence("supply")
    ours = scores[(scores["model"] == "critmin") & ~scores["origin"].isin(LEARNED)]
    for horizon, part in ours.groupby("horizon"):
        asked = widening(part["pit"].to_numpy())
        assert 1 < widths(15, "output")[int(horizon) - 1] < asked


def test_log_prices_are_wider_by_the_factor_about_the_same_median() -> None:
    posterior = builtin_posterior()
    plain = simulate(posterior, "tin", 10, seed=3)
    wide = recalibrated(posterior, "tin", 10, 3, BASELINE)
    before, after = np.log(plain.fair), np.log(wide.fair)
    np.testing.assert_allclose(np.median(after, axis=0), np.median(before, axis=0), atol=1e-9)
    # But for a draw that meets the choke price.
    np.testing.assert_allclose(after.std(axis=0), widths(10) * before.std(axis=0), rtol=2e-3)
    market = np.log(wide.market).std(axis=0) / np.log(plain.market).std(axis=0)
    np.testing.assert_allclose(market, widths(10), rtol=0.01)
    below = wide.market < choke_price(posterior, "tin") * (1 - 1e-9)
    ratios = (wide.fair / wide.market)[below], (plain.fair / plain.market)[below]
    np.testing.assert_allclose(*ratios)
    before, after = (np.log(p.production.sum(axis=0)) for p in (plain, wide))
    np.testing.assert_allclose(np.median(after, axis=0), np.median(before, axis=0), atol=1e-9)
    np.testing.assert_allclose(after.std(axis=0), widths(10, "output") * before.std(axis=0))
    shares = [p.production / p.production.sum(axis=0) for p in (plain, wide)]
    np.testing.assert_allclose(*shares)


def test_effects_of_scenarios_are_as_simulated() -> None:
    posterior, control = builtin_posterior(), ExportControl("CHN", "tungsten", 0.5, 2028, 2)
    with_it, without = forecast("tungsten", 6, scenario=control), forecast("tungsten", 6)
    shown = with_it.compare(without)["market_price_ratio"].values
    pair = [simulate(posterior, "tungsten", 6, 0, s).market for s in (with_it.scenario, BASELINE)]
    # But for a draw that meets the choke price once it is widened.
    choke = choke_price(posterior, "tungsten") * (1 - 1e-9)
    free = (with_it.draws["market_price"].values < choke) & (without.draws["market_price"] < choke)
    assert free.values.mean() > 0.99
    np.testing.assert_allclose(shown[free.values], (pair[0] / pair[1])[free.values])


@pytest.mark.parametrize("mineral", ["indium", "gallium", "strontium", "rhodium", "scandium"])
def test_no_price_is_above_the_choke_price_and_means_stay_near_medians(mineral: str) -> None:
    source = builtin_posterior()
    paths = recalibrated(source, mineral, 40, 0, BASELINE)
    choke = choke_price(source, mineral)
    assert paths.market.max() <= choke
    assert paths.fair.max() <= choke
    ratio = paths.market.mean(axis=0) / np.median(paths.market, axis=0)
    assert ratio[14] < 5
    assert ratio[39] < 15


def test_the_choke_price_is_twenty_times_the_record() -> None:
    source = builtin_posterior()
    record = float(source.draws["observed"].sel(mineral="nickel").max())
    assert choke_price(source, "nickel") == pytest.approx(20 * record)


def test_widths_hold_at_origins_that_they_have_not_seen() -> None:
    scores = evidence("backtest")
    ours = scores[(scores["model"] == "critmin") & ~scores["origin"].isin(LEARNED)]
    for horizon, part in ours.groupby("horizon"):
        beyond = norm.ppf(part["pit"].clip(1e-9, 1 - 1e-9)) / widths(15)[int(horizon) - 1]
        # A calibrated model's share varies by two points between forty origins (docs/evidence.md).
        assert np.mean(abs(beyond) < norm.ppf(0.95)) == pytest.approx(0.9, abs=0.025)
