"""The simulator draws what the PyMC model would: the same economics, written once."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from critmin.data import load_panel
from critmin.inference.reduction import constants, reduced
from critmin.inference.sampling import KEPT
from critmin.mineral import get_mineral
from critmin.model.equations import LEAST_RESPONSE
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.model.market import build_model
from critmin.model.producer_costs import make_producers
from critmin.model.restrictions import make_exporters
from critmin.model.switches import without_restrictions, without_support
from critmin.posterior import Posterior, builtin_posterior
from critmin.scenario import DemandShock, Scenario
from critmin.simulation.bounds import FARTHEST, LARGEST_MOVE
from critmin.simulation.market import simulate
from critmin.simulation.recalibration import recalibrated

NAMES = ["cobalt", "molybdenum", "manganese"]
ORIGIN, HORIZON, DRAWS = 2012, 13, 1500


def quiet(inputs: ModelInputs) -> ModelInputs:
    """Prices after the origin hidden, drivers flat after it, no support and no restriction."""
    after = inputs.years > ORIGIN
    at = int(np.flatnonzero(inputs.years == ORIGIN)[0])
    return dataclasses.replace(
        without_restrictions(without_support(inputs)),
        log_price=np.where(after, np.nan, inputs.log_price),
        drivers={
            "energy": np.where(after, inputs.drivers["energy"][at], inputs.drivers["energy"]),
            "materials": np.where(
                after, inputs.drivers["materials"][at], inputs.drivers["materials"]
            ),
            "wages": np.zeros_like(inputs.drivers["wages"]),
        },
        income=np.where(after, 0.0, inputs.income),
        technology_weight=np.zeros_like(inputs.technology_weight),
        host_growth=np.zeros_like(inputs.host_growth),
        has_host=np.zeros_like(inputs.has_host),
        rounding=np.zeros_like(inputs.rounding),
    )


@pytest.fixture(scope="module")
def both() -> tuple[np.ndarray, Posterior]:
    """Prior draws of the last year's log price by PyMC, and the same draws up to the origin."""
    import pymc as pm

    panel = load_panel(NAMES)
    inputs = quiet(make_inputs(panel))
    with build_model(inputs):
        prior = pm.sample_prior_predictive(DRAWS, random_seed=5)["prior"].to_dataset()
    exporters, producers = make_exporters(panel), make_producers(panel)
    one = xr.ones_like(prior["scrap_elasticity"])
    modules = {
        "hazard": one.expand_dims(exporter=len(exporters.commodity)) * 0,
        "relative_effect": one.expand_dims(producer=len(producers.pairs)) * 0,
        "wage_gap_response": one,
        "typical_duration": one,
        "duration_log_sd": one,
        # The drivers stand still in both.
        **{
            f"{name}_{part}": one * 0
            for name in ("energy", "materials")
            for part in ("scale", "reversion")
        },
        "wage_scale": one * 0,
        "wage_drift": one * 0,
        "income_scale": one * 0,
    }
    # No restrictions, so nothing is withheld and no use at home matters.
    modules["long_run_elasticity"] = one * 1e12  # the model's own costs do not rise with output
    kept = prior.assign(modules)
    kept = kept[[name for name in KEPT if name not in ("withheld_end", "use_effect")]]
    kept = kept.assign_coords(
        exporter=[f"x:{i}" for i in range(len(exporters.commodity))],
        producer=[f"x:{i}" for i in range(len(producers.pairs))],
    ).sel(year=slice(None, ORIGIN))
    length = kept.sizes["year"]
    early = dataclasses.replace(
        inputs,
        years=inputs.years[:length],
        log_price=inputs.log_price[:, :length],
        carry=inputs.carry[:, :length],
        drivers={name: path[..., :length] for name, path in inputs.drivers.items()},
        rounding=inputs.rounding[:, :length],
        basis=inputs.basis[:, :length],
        listed=inputs.listed[:, :length],
    )
    fixed = constants(kept, early, exporters, producers, 0)
    draws = reduced(kept, early, producers, 0).assign(fixed)
    posterior = Posterior(draws.assign_attrs(origin=ORIGIN))
    return prior["market_log_price"].values[0, :, :, -1], posterior


@pytest.mark.parametrize("mineral", NAMES)
def test_prior_prices_of_pymc_and_simulator_agree(both, mineral: str) -> None:
    ours, posterior = both
    theirs = np.log(simulate(posterior, mineral, HORIZON, seed=8).market[:, -1])
    ours = ours[:, NAMES.index(mineral)]
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-3
    assert theirs.std() == pytest.approx(ours.std(), rel=0.1)


def test_new_restrictions_arrive_at_the_fitted_rate() -> None:
    posterior = builtin_posterior()
    names = ("availability", "availability_end", "producer_withheld", "hazard")
    none = posterior.draws.assign({name: posterior.draws[name] * 0 for name in names})
    free = simulate(Posterior(none), "cobalt", 10, seed=1)
    np.testing.assert_allclose(free.availability, 1)
    some = none.assign(hazard=posterior.draws["hazard"])
    held = simulate(Posterior(some), "cobalt", 10, seed=1)
    assert (held.availability <= 1 + 1e-9).all()
    assert (held.availability > 0).all()
    ever = (held.availability < 1 - 1e-9).any(axis=1).mean()
    told_apart = {p.country for p in posterior.producers("cobalt")}
    rates = sum(rate for c, _, rate in posterior.exporters("cobalt") if c in told_apart)
    assert ever == pytest.approx((1 - np.exp(-10 * rates)).mean(), abs=0.03)


def test_a_higher_hazard_never_adds_supply() -> None:
    posterior = builtin_posterior()
    more = Posterior(posterior.draws.assign(hazard=posterior.draws["hazard"] * 3))
    low = simulate(posterior, "nickel", 15, seed=2).availability
    high = simulate(more, "nickel", 15, seed=2).availability
    assert high.mean() < low.mean()


def test_a_by_product_is_bounded_by_what_its_host_yields() -> None:
    draws = builtin_posterior().draws
    still = Posterior(draws.assign(host_scale=draws["host_scale"] * 0, growth=draws["growth"] * 0))
    boom = Scenario("boom", (DemandShock("gallium", 2.0, 2026),))
    paths = simulate(still, "gallium", 20, seed=1, scenario=boom)
    world, potential = paths.production.sum(axis=0), get_mineral("gallium").potential
    assert world.max() <= potential * (1 + 1e-9)
    bound = (world > potential * (1 - 1e-9)).any(axis=1)
    assert 0.05 < bound.mean() < 0.95
    # Where output cannot grow, the price does.
    free = simulate(still, "gallium", 20, seed=1)
    ratio = np.log(paths.market[:, -1] / free.market[:, -1])
    assert ratio[bound].mean() > ratio[~bound].mean()


def stretched(**values: float) -> Posterior:
    """The built-in posterior with parameters as a fit that failed might leave them."""
    draws = builtin_posterior().draws.copy()
    for name, value in values.items():
        draws[name] = draws[name] * 0 + value
    own, scrap = draws["primary"], draws["scrap_elasticity"]
    slope = own * draws["supply_elasticity"] + (1 - own) * scrap + draws["demand_elasticity"]
    return Posterior(draws.assign(slope=slope.transpose(*draws["slope"].dims)))


@pytest.mark.parametrize(
    "values",
    [
        {"demand_elasticity": 0.05},
        {"demand_elasticity": 1e-9},
        {"demand_elasticity": 0.0},  # as rounding may store it
        {"demand_elasticity": 0.0, "supply_elasticity": 0.0, "scrap_elasticity": 0.0},
        {"supply_elasticity": 10.0},
        {"persistence": 0.999},
        {"price_scale": 30.0},
        {"reversion": 1e-9},
        {"factor_loading": 20.0},
        {"growth": 1.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("mineral", ["gallium", "nickel"])
def test_draws_of_a_failed_fit_stay_finite(mineral: str, values: dict[str, float]) -> None:
    boom = Scenario("boom", (DemandShock(mineral, 2.0, 2026),))
    posterior = stretched(**values)
    paths = recalibrated(posterior, mineral, 40, 0, boom)
    for name in ("market", "fair", "components", "production", "scrap", "availability"):
        assert np.isfinite(getattr(paths, name)).all(), name
    assert (paths.market > 0).all()
    assert (paths.fair > 0).all()


@pytest.mark.parametrize("mineral", ["gallium", "indium", "rhodium", "scandium"])
def test_no_draw_of_the_posterior_comes_near_the_bounds(mineral: str) -> None:
    posterior = builtin_posterior()
    paths, start = simulate(posterior, mineral, 40, 0), posterior.of(mineral)
    for price in (paths.market, paths.fair):
        moved = np.log(price) - start["log_price"][:, None]
        assert np.abs(moved).max() < FARTHEST / 2
        assert np.abs(np.diff(moved, axis=1)).max() < FARTHEST / 2
    response = start["slope"] - start["primary"] * start["supply_elasticity"]
    assert response.min() > 5 * LEAST_RESPONSE


def test_no_price_of_the_panel_moved_by_more_than_the_largest_shock() -> None:
    price = load_panel()["price"].sel(year=slice(1960, None))
    moves = np.abs(np.diff(np.log(price.values), axis=1))
    assert 0.8 * LARGEST_MOVE < np.nanmax(moves) < LARGEST_MOVE


@pytest.mark.parametrize("mineral", ["bismuth", "rhenium", "nickel"])
def test_no_draw_is_a_price_of_no_market(mineral: str) -> None:
    """Above nothing by far, and below the choke price."""
    posterior = builtin_posterior()
    paths = simulate(posterior, mineral, 15, 0)
    observed = posterior.draws["observed"].sel(mineral=mineral).values
    assert paths.market.min() > np.nanmin(observed) / 10_000
