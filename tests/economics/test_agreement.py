"""PyMC's model and the NumPy simulator are the same market, with everything switched on."""

import dataclasses

import numpy as np
import pymc as pm
import pytest
from twins import (
    DRAWS,
    NAMES,
    TECHNOLOGY_SCALE,
    TESTED,
    UNWITNESSED,
    WHITE,
    Twin,
    make_twin,
    normal,
    simulated,
)

from critmin.data.panel import load_panel
from critmin.inference.sampling import KEPT
from critmin.model import fences
from critmin.model.counterfactual import deviation_path
from critmin.model.inputs import make_inputs
from critmin.model.market import build_model


@pytest.fixture(autouse=True)
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model draws shocks of any size."""
    monkeypatch.setattr("critmin.simulation.bounds.LARGEST_MOVE", np.inf)


@pytest.fixture(scope="module", params=["in force", "lifted"])
def twin(request: pytest.FixtureRequest) -> Twin:
    """One year with the restrictions in force, or three from the year in which they are lifted.

    Producers that withhold do not see the world's growth in later years, which only the simulator
    knows: it tells countries apart.
    """
    in_force = request.param == "in force"
    return make_twin(1 if in_force else 3, in_force=in_force)


@pytest.mark.parametrize("mineral", TESTED)
def test_market_price_of_the_model_is_that_of_the_simulator(twin: Twin, mineral: str) -> None:
    m = NAMES.index(mineral)
    for draw in range(DRAWS):
        _, paths = simulated(twin, mineral, draw)
        ours = twin.found[draw]["market_log_price"][m, -twin.years :]
        np.testing.assert_allclose(np.log(paths.market[0]), ours, atol=1e-6)


@pytest.fixture(scope="module")
def nowcast() -> Twin:
    """One year whose price is not known yet, with the restrictions in force."""
    return make_twin(1, priced=False)


@pytest.mark.parametrize("mineral", TESTED)
def test_nowcast_of_the_model_is_that_of_the_simulator(nowcast: Twin, mineral: str) -> None:
    m = NAMES.index(mineral)
    for draw in range(DRAWS):
        _, paths = simulated(nowcast, mineral, draw)
        ours = nowcast.found[draw]["market_log_price"][m, -1]
        np.testing.assert_allclose(np.log(paths.market[0, 0]), ours, atol=1e-6)


@pytest.mark.parametrize("mineral", TESTED)
def test_cost_of_the_model_is_that_of_the_simulator(twin: Twin, mineral: str) -> None:
    m = NAMES.index(mineral)
    for draw in range(DRAWS):
        _, paths = simulated(twin, mineral, draw)
        ours = twin.found[draw]["log_cost"][m, -twin.years :]
        np.testing.assert_allclose(np.log(paths.components.sum(axis=0)[0]), ours, atol=1e-9)


@pytest.mark.parametrize("mineral", TESTED)
def test_fair_price_of_the_model_is_that_of_the_simulator(twin: Twin, mineral: str) -> None:
    """`deviation_path` over history and the years after it is what the simulator carries on."""
    m = NAMES.index(mineral)
    for draw in range(DRAWS):
        _, paths = simulated(twin, mineral, draw)
        found = {
            n: v[m]
            for n, v in twin.found[draw].items()
            if n in KEPT and v.ndim and len(v) == len(NAMES)
        }
        deviation = deviation_path(
            support=found["support"],
            availability=found["availability"],
            inertia=found["persistence"],
            primary=1 - twin.early.recycled[m],
            **{name: found[name] for name in ("supply_elasticity", "slope", "reversion")},
        )
        assert deviation[-1]
        ours = found["market_log_price"] + deviation
        np.testing.assert_allclose(np.log(paths.fair[0]), ours[-twin.years :], atol=1e-6)


@pytest.mark.parametrize("mineral", TESTED)
def test_output_growth_of_the_model_is_that_of_the_simulator(twin: Twin, mineral: str) -> None:
    """Read off one producer: the share that it withholds grows by the trend, the rest with the world."""
    for draw in range(DRAWS):
        posterior, paths = simulated(twin, mineral, draw)
        par, world = posterior.of(mineral), posterior.producers(mineral)
        country = paths.countries.index(min(world, key=lambda p: float(p.withheld[0])).country)
        held = paths.withheld[country, 0]
        share = next(p.share for p in world if p.country == paths.countries[country])
        made = np.log(np.concatenate([[share * par["output"]], paths.production[country, 0]]))
        growth = (np.diff(made) - held * par["growth"]) / (1 - held)
        np.testing.assert_allclose(growth, twin.found[draw][f"growth of {mineral}"], atol=1e-6)


@pytest.mark.parametrize("mineral", TESTED)
def test_scrap_answers_the_price_of_the_model(twin: Twin, mineral: str) -> None:
    m = NAMES.index(mineral)
    primary = 1 - twin.early.recycled[m]
    for draw in range(DRAWS):
        posterior, paths = simulated(twin, mineral, draw)
        if primary == 1:
            assert not paths.scrap.any()
            continue
        par = posterior.of(mineral)
        first = par["output"] * (1 - primary) / primary
        growth = np.diff(np.log(np.concatenate([[first], paths.scrap[0]])))
        change = np.diff(twin.found[draw]["market_log_price"][m, -twin.years - 1 :])
        elasticity = posterior.shared["scrap_elasticity"]
        np.testing.assert_allclose(growth, par["growth"] + elasticity * change, atol=1e-6)


@pytest.mark.parametrize("name", [*WHITE])
def test_drivers_of_the_model_move_as_those_of_the_simulator(twin: Twin, name: str) -> None:
    """Seen from the model, the simulated paths of the drivers are made of the shocks alone."""
    where = WHITE[name][0]
    known = twin.late.drivers[where] if where in twin.late.drivers else getattr(twin.late, where)
    path = known[-twin.years :]
    mean, scale = (np.atleast_1d(twin.found[0][f"{name} {p}"]) for p in ("mean", "scale"))
    shock = (path - mean[-twin.years :]) / scale[-twin.years :]
    np.testing.assert_allclose(shock, normal(WHITE[name][1], twin.years), atol=1e-9)


def test_technologies_of_the_model_move_as_those_of_the_simulator(twin: Twin) -> None:
    known = np.isfinite(twin.late.technology_surprise)
    mean, scale = (twin.found[0][f"technology_surprise {p}"] for p in ("mean", "scale"))
    np.testing.assert_array_equal(mean, 0)
    np.testing.assert_allclose(scale, TECHNOLOGY_SCALE[np.nonzero(known)[0]])


def test_markets_of_the_model_begin_in_their_stationary_spread_about_supported_cost(twin) -> None:
    """The gap of a first year: what price shocks leave that fade by kappa a year."""
    late, rows = twin.late, np.arange(len(NAMES))
    for point, found in zip(twin.points, twin.found, strict=True):
        price, cost, support = (
            found[name][rows, late.first] for name in ("market_log_price", "log_cost", "support")
        )
        kept = 1 - found["reversion"]
        spread = found["price_scale"] * np.sqrt(1 / (1 - kept**2))
        np.testing.assert_allclose(price - cost + support, point["start"] * spread, atol=1e-9)


def test_a_market_that_begins_supported_begins_as_far_below_its_cost() -> None:
    inputs = dataclasses.replace(make_inputs(load_panel(["nickel"])), **UNWITNESSED)
    inputs = dataclasses.replace(
        inputs,
        rounding=0 * inputs.rounding,
        support_share=np.ones_like(inputs.support_share),
    )
    model = build_model(inputs)
    names = ("market_log_price", "log_cost", "support", "price_scale", "reversion", "start")
    price, cost, support, scale, kappa, start = pm.draw(
        [model[name] for name in names], random_seed=1, mode="FAST_COMPILE"
    )
    first = int(inputs.first[0])
    spread = scale * np.sqrt(1 / (1 - (1 - kappa) ** 2))
    assert support[0, first] > 0.01
    np.testing.assert_allclose(
        price[0, first] - cost[0, first] + support[0, first], start[0] * spread[0], atol=1e-9
    )


def test_supported_producers_of_the_model_outgrow_the_others_by_last_years_support(twin) -> None:
    late, first = twin.late, int(twin.late.years[0])
    for point, found in zip(twin.points, twin.found, strict=True):
        for i, label in enumerate(twin.labels):
            supporter, year = label.rsplit(":", 1)
            k, t = late.support_names.index(supporter), int(year) - first
            share = late.support_share[k, t - 1]
            if share > 0:
                wedge = found["support"][late.support_mineral[k], t - 1] / share
                expected = point["support_advantage"][k] + point["capacity_response"] * wedge
                assert found["support_growth mean"][i] == pytest.approx(expected)


@pytest.mark.parametrize("twin", ["in force"], indirect=True)
def test_a_country_withholds_what_its_measures_in_force_do(twin: Twin) -> None:
    """One measure withholds its share of exports; several act on what the others leave."""
    early, draws = twin.early, twin.posterior.draws
    for producer in ("gallium:CHN", "nickel:IDN", "cobalt:COD"):
        chosen = (early.restriction_fence == early.fence_names.index(producer)) & (
            early.restriction_open
        )
        measures = np.array([f["withheld_end"][chosen] for f in twin.found])
        held = draws["producer_withheld"].sel(producer=producer).values
        np.testing.assert_allclose(held, 1 - np.prod(1 - measures, axis=1))
        assert (held > 0).all()


@pytest.mark.parametrize("twin", ["in force"], indirect=True)
def test_the_worlds_availability_is_what_its_fences_leave(twin: Twin) -> None:
    """The rise outside each fence, as the equations have it, summed over fences."""
    early, draws = twin.early, twin.posterior.draws
    for mineral in TESTED:
        m, expected = NAMES.index(mineral), np.zeros(len(twin.found))
        for f in np.flatnonzero(early.fence_mineral == m):
            chosen = (early.restriction_fence == f) & early.restriction_open
            for d, found in enumerate(twin.found):
                part = early.fence_use[f, -1]
                part = 1 / (1 + np.exp(-np.log(part / (1 - part)) - found["use_effect"][f]))
                output = early.fence_output[f, -1]
                primary = 1 - early.recycled[m]
                outside, _ = fences.fence_slopes(
                    output=output,
                    use=part * output,
                    supply_elasticity=found["supply_elasticity"][m],
                    demand_elasticity=found["demand_elasticity"][m],
                    scrap_elasticity=found["scrap_elasticity"],
                    primary=primary,
                )
                rise = fences.outside_rise(
                    withheld=1 - np.prod(1 - found["withheld_end"][chosen]),
                    exports=primary * max(1 - part, 0) * output,
                    use=part * output,
                    slope=outside,
                )
                expected[d] -= rise * found["slope"][m] / primary
        end = draws["availability_end"].sel(mineral=mineral).values
        np.testing.assert_allclose(end, expected, rtol=1e-6, atol=1e-9)


def test_everything_is_switched_on(twin: Twin) -> None:
    early = twin.early
    m = {name: i for i, name in enumerate(NAMES)}
    assert early.monthly[m["nickel"]]
    assert not early.monthly[[m["cobalt"], m["gallium"]]].any()
    assert early.has_host[[m["cobalt"], m["gallium"]]].all()
    weights = early.technology_weight[[m[name] for name in TESTED], :, -1]
    assert (weights.sum(axis=1) > 0).all()
    assert (early.recycled[[m["nickel"], m["cobalt"]]] > 0).all()
    for name in TESTED:
        restricted = early.restriction_force[
            early.fence_mineral[early.restriction_fence] == m[name], -1
        ]
        assert restricted.max() > 0.05
        assert m[name] in early.support_mineral
    assert any("2024" in name or "2025" in name for name in early.restriction_names)
