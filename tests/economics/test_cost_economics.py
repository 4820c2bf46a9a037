"""What production costs: drivers, countries and the margin, by sign and size."""

import numpy as np
import pytest
import xarray as xr

from critmin import cost_curve, fair_price
from critmin.data import load_panel
from critmin.data.drivers import COMPONENTS
from critmin.model.cost_evidence import MEASURES
from critmin.model.producer_costs import Producers, build_producer_cost_model, make_producers
from critmin.scenario import (
    BASELINE,
    DriverPath,
    EnvironmentalRule,
    LabourStandard,
    NewTechnology,
    Scenario,
)
from critmin.simulation.market import Paths, simulate

ENERGY, LABOUR, MATERIALS, CAPITAL, COMPLIANCE = range(5)


def run(posterior, mineral: str, *interventions, years: int = 1) -> Paths:
    scenario = Scenario("one", tuple(interventions)) if interventions else BASELINE
    return simulate(posterior, mineral, years, 3, scenario)


def rise(one: Paths, other: Paths) -> np.ndarray:
    """Log ratio of components of cost, (component, sample, year)."""
    return np.log(one.components / other.components)


def share_of(posterior, mineral: str, country: str) -> float:
    return next(p.share for p in posterior.producers(mineral) if p.country == country)


def passed_on(posterior, mineral: str, one: Paths, other: Paths) -> np.ndarray:
    """What supply passes on to the price of a change of cost, in the first year."""
    par = posterior.of(mineral)
    change = np.log(one.components.sum(axis=0) / other.components.sum(axis=0))[:, 0]
    return par["primary"] * par["supply_elasticity"] * change / par["slope"]


def test_components_are_numbered_as_here() -> None:
    assert COMPONENTS == ("energy", "labour", "materials", "capital", "compliance")


def test_a_quiet_cost_stays_what_it_was_and_is_shared_as_fitted(still) -> None:
    posterior = still(energy=0.0, materials=0.0)
    par = posterior.of("nickel")
    paths = run(posterior, "nickel", years=4)
    expected = np.exp(par["log_cost"])[None, :, None] * par["cost_share"].T[:, :, None]
    # Stored shares add up to one but for their fifteen bits.
    np.testing.assert_allclose(paths.components, expected + np.zeros(4), rtol=1e-4)


def test_a_component_weighs_by_its_price_since_the_base_year(still) -> None:
    posterior = still(energy=np.log(2), materials=0.0)
    par = posterior.of("nickel")
    weights = par["cost_share"].T * np.array([2, 1, 1, 1, 1])[:, None]
    expected = np.exp(par["log_cost"]) * weights / weights.sum(axis=0)
    np.testing.assert_allclose(run(posterior, "nickel").components[..., 0], expected)


def test_dearer_energy_raises_energy_materials_cost_and_price(still) -> None:
    posterior = still()
    calm, dear = run(posterior, "nickel"), run(posterior, "nickel", DriverPath("energy", (1.5,)))
    change = rise(dear, calm)[..., 0]
    np.testing.assert_allclose(change[ENERGY], np.log(1.5))
    np.testing.assert_allclose(
        change[MATERIALS], posterior.shared["materials_energy"] * np.log(1.5)
    )
    np.testing.assert_allclose(change[[LABOUR, CAPITAL, COMPLIANCE]], 0, atol=1e-12)
    price = np.log(dear.market / calm.market)[:, 0]
    assert (price > 0).all()
    np.testing.assert_allclose(price, passed_on(posterior, "nickel", dear, calm))


def test_energy_and_materials_return_to_their_means(still) -> None:
    posterior = still(
        energy=0.5,
        energy_mean=0.1,
        energy_reversion=0.25,
        materials=0.3,
        materials_mean=-0.1,
        materials_reversion=0.5,
    )
    stays = run(still(energy=0.5, materials=0.3), "nickel", years=2)
    change = rise(run(posterior, "nickel", years=2), stays)
    np.testing.assert_allclose(change[ENERGY, :, 0], -0.25 * 0.4)
    np.testing.assert_allclose(change[ENERGY, :, 1], 0.4 * (0.75**2 - 1))
    np.testing.assert_allclose(change[MATERIALS, :, 1], 0.4 * (0.5**2 - 1))


def test_dearer_materials_raise_materials_alone(still) -> None:
    posterior = still()
    dear = run(posterior, "nickel", DriverPath("materials", (1.5,)))
    change = rise(dear, run(posterior, "nickel"))[..., 0]
    np.testing.assert_allclose(change[MATERIALS], np.log(1.5))
    np.testing.assert_allclose(np.delete(change, MATERIALS, axis=0), 0, atol=1e-12)


def test_wages_raise_labour_by_what_productivity_leaves(still) -> None:
    posterior = still()
    dear = run(posterior, "nickel", DriverPath("wages", (1.2, 1.5)), years=2)
    change = rise(dear, run(posterior, "nickel", years=2))
    passed = posterior.shared["wage_pass_through"]
    np.testing.assert_allclose(change[LABOUR], passed[:, None] * np.log([1.2, 1.5]))
    drifting = run(still(wage_drift=0.02), "nickel", years=3)
    change = rise(drifting, run(posterior, "nickel", years=3))
    np.testing.assert_allclose(change[LABOUR], passed[:, None] * 0.02 * np.array([1, 2, 3]))


def test_what_has_no_price_series_follows_its_trend(still) -> None:
    moving = run(still(capital_trend=0.01, compliance_trend=0.03), "nickel", years=3)
    change = rise(moving, run(still(), "nickel", years=3))
    np.testing.assert_allclose(change[CAPITAL], 0.01 * np.array([[1, 2, 3]] * len(change[0])))
    np.testing.assert_allclose(change[COMPLIANCE], 0.03 * np.array([[1, 2, 3]] * len(change[0])))
    np.testing.assert_allclose(change[[ENERGY, LABOUR, MATERIALS]], 0, atol=1e-12)


def test_cost_drifts_and_is_shocked_as_a_whole(still) -> None:
    drifting = rise(run(still(cost_drift=0.01), "nickel", years=3), run(still(), "nickel", years=3))
    np.testing.assert_allclose(drifting, np.broadcast_to([0.01, 0.02, 0.03], drifting.shape))
    shocked = rise(run(still(cost_scale=0.05), "nickel", years=8), run(still(), "nickel", years=8))
    np.testing.assert_allclose(shocked[ENERGY], shocked[CAPITAL])
    steps = np.diff(shocked[ENERGY], axis=1)
    # 1750 steps: four standard errors of their spread are 7%.
    assert steps.std() == pytest.approx(0.05, rel=0.07)


def test_a_share_of_each_price_shock_stays_in_the_cost(still) -> None:
    def cost(share: float) -> np.ndarray:
        paths = run(still(price_scale=0.2, lasting_share=share), "nickel", years=15)
        return np.log(paths.components.sum(axis=0))

    none, half, whole = cost(0.0), cost(0.5), cost(1.0)
    np.testing.assert_allclose(half - none, (whole - none) / 2, atol=1e-9)
    np.testing.assert_allclose(none, none[:, :1] + 0 * none, atol=1e-9)
    # 250 walks of fifteen steps of Student t shocks of at least that size.
    assert (whole - none)[:, -1].std() > 0.2 * 15**0.5 * 0.8
    # At the end of the year of the shock, not of the next.
    shaken, calm = (run(w, "nickel").market for w in (still(price_scale=0.2), still()))
    np.testing.assert_allclose((whole - none)[:, :1], np.log(shaken / calm))


def test_prices_spread_further_the_more_of_a_shock_lasts(still) -> None:
    spreads = [
        np.log(run(still(price_scale=0.2, lasting_share=share), "nickel", years=30).market)[
            :, -1
        ].std()
        for share in (0.0, 0.3, 0.6, 1.0)
    ]
    assert all(np.diff(spreads) > 0)


def test_a_levy_adds_to_compliance_by_the_countrys_share_and_shrinks_its_output(still) -> None:
    posterior, levy = still(), 1000.0
    calm = run(posterior, "nickel")
    ruled = run(posterior, "nickel", EnvironmentalRule("IDN", "nickel", levy, 2026))
    added = (ruled.components - calm.components)[..., 0]
    share = share_of(posterior, "nickel", "IDN")
    np.testing.assert_allclose(added[COMPLIANCE], levy * share)
    np.testing.assert_allclose(np.delete(added, COMPLIANCE, axis=0), 0, atol=1e-8)
    price = np.log(ruled.market / calm.market)[:, 0]
    np.testing.assert_allclose(price, passed_on(posterior, "nickel", ruled, calm))
    idn, phl = (calm.countries.index(c) for c in ("IDN", "PHL"))
    apart = [np.log(p.production[idn] / p.production[phl])[:, 0] for p in (ruled, calm)]
    own = np.log1p(levy / calm.components.sum(axis=0)[:, 0])
    elasticity = posterior.of("nickel")["supply_elasticity"]
    np.testing.assert_allclose(apart[0] - apart[1], -elasticity * own)


def test_a_labour_standard_raises_labour_by_the_countrys_share_and_shrinks_its_output(still):
    posterior = still()
    calm = run(posterior, "nickel")
    ruled = run(posterior, "nickel", LabourStandard("IDN", "nickel", 0.5, 2026))
    change = rise(ruled, calm)[..., 0]
    np.testing.assert_allclose(change[LABOUR], 0.5 * share_of(posterior, "nickel", "IDN"))
    np.testing.assert_allclose(np.delete(change, LABOUR, axis=0), 0, atol=1e-12)
    idn, phl = (calm.countries.index(c) for c in ("IDN", "PHL"))
    apart = [np.log(p.production[idn] / p.production[phl])[:, 0] for p in (ruled, calm)]
    weight = (calm.components[LABOUR] / calm.components.sum(axis=0))[:, 0]
    elasticity = posterior.of("nickel")["supply_elasticity"]
    own = np.log1p(weight * np.expm1(0.5))
    np.testing.assert_allclose(apart[0] - apart[1], -elasticity * own)


def test_a_technology_that_saves_cost_lowers_every_component_and_the_price(still) -> None:
    posterior = still()
    calm = run(posterior, "nickel")
    new = NewTechnology("nickel", 2026, cost_change=-0.4)
    cheap = run(posterior, "nickel", new)
    np.testing.assert_allclose(rise(cheap, calm), -0.04)  # a tenth adopts it in the first year
    price = np.log(cheap.market / calm.market)[:, 0]
    np.testing.assert_allclose(price, passed_on(posterior, "nickel", cheap, calm))
    assert (price < 0).all()


def unit(curve, country: str) -> np.ndarray:
    """Full cost of a country by draw."""
    return curve.draws["cost"].sel(country=country).sum("component").values


def labelled(values: xr.DataArray, label: str, number: float) -> xr.DataArray:
    """Zero for all producers but one."""
    return xr.where(values["producer"] == label, number, values * 0).transpose(*values.dims)


ALIKE = {f"{driver}_gap": 0.0 for driver in ("wage", "power", "governance")}


@pytest.mark.parametrize(
    ("driver", "component", "response"),
    [
        ("wage", "labour", "wage_gap_response"),
        ("power", "energy", "power_gap_response"),
        ("governance", "capital", "governance_response"),
    ],
)
def test_where_a_driver_is_dearer_its_component_costs_more(
    world, driver, component, response
) -> None:
    gap = {f"{driver}_gap": lambda gap: labelled(gap.astype(float), "chromium:FIN", 1.5)}
    posterior = world(**{**ALIKE, "relative_effect": 0.0, **gap})
    cost = cost_curve("chromium", posterior=posterior).draws["cost"]
    ratio = np.log(cost.sel(country="FIN") / cost.sel(country="IND"))
    expected = 1.5 * posterior.draws[response].values
    np.testing.assert_allclose(ratio.sel(component=component), expected)
    assert bool((ratio.sel(component=component) > 0).mean() > 0.95)
    np.testing.assert_allclose(ratio.drop_sel(component=component), 0, atol=1e-12)


def test_a_country_that_is_dearer_is_so_in_every_component(world) -> None:
    posterior = world(**ALIKE, relative_effect=lambda effect: labelled(effect, "chromium:FIN", 0.3))
    cost = cost_curve("chromium", posterior=posterior).draws["cost"]
    np.testing.assert_allclose(np.log(cost.sel(country="FIN") / cost.sel(country="IND")), 0.3)


def test_without_points_the_margin_has_the_worlds_cost_at_85_percent_of_capacity(world) -> None:
    for mineral in ("chromium", "niobium", "fluorspar"):
        curve = cost_curve(mineral, 2028, posterior=world())
        cost = curve.draws["cost"].sum("component").transpose("country", "sample").values
        margin, capacity = curve.draws["marginal_cost"].values, curve.draws["capacity"].values
        total = capacity.sum()
        below = (capacity[:, None] * (cost < margin * (1 - 1e-9))).sum(axis=0) / total
        reached = (capacity[:, None] * (cost <= margin * (1 + 1e-9))).sum(axis=0) / total
        assert (below < 0.85).all()
        assert (reached >= 0.85 - 1e-12).all()
        whole = fair_price(mineral, horizon=3, posterior=world()).draws["cost"]
        np.testing.assert_allclose(margin, whole.sum("component").sel(year=2028))


@pytest.mark.parametrize("mineral", ["copper", "nickel", "zinc", "palladium"])
def test_by_products_pay_a_part_of_a_co_products_cost(mineral: str) -> None:
    """Never most of it: then the mine would be the by-product's."""
    curve = cost_curve(mineral)
    part = curve.draws["credit"]
    assert (part > 0).all()
    assert (part < 0.5).all()
    price = float(curve.draws["marginal_cost"].median())
    gross, net = (curve.loss_making(price, net=taken_off)["median"] for taken_off in (False, True))
    assert net < gross


def test_the_cost_curve_moves_with_the_drivers(still) -> None:
    now, dear = (
        cost_curve("chromium", 2027, posterior=still(wage_drift=drift)) for drift in (0.0, 0.05)
    )
    ratio = np.log(dear.draws["cost"] / now.draws["cost"].sel(country=dear.draws["country"]))
    labour = ratio.sel(component="labour") - ratio.sel(component="energy")
    passed = still().shared["wage_pass_through"] * 0.1
    np.testing.assert_allclose(labour, np.broadcast_to(passed, labour.shape))


@pytest.fixture(scope="module")
def producers() -> Producers:
    return make_producers(load_panel(["lithium", "nickel"]))


def test_richer_producers_pay_higher_wages(producers: Producers) -> None:
    gap = dict(zip(producers.pairs, producers.wage_gap, strict=True))
    assert gap["lithium", "AUS"] > gap["lithium", "CHL"] > gap["lithium", "ZWE"]
    assert gap["nickel", "CAN"] > 0 > gap["nickel", "PHL"]
    # About the mean of the mineral's producers, weighted by output.
    assert abs(gap["nickel", "IDN"]) < abs(gap["nickel", "CAN"])


def test_cheap_power_and_good_governance_are_gaps_below_zero(producers: Producers) -> None:
    power = dict(zip(producers.pairs, producers.power_gap, strict=True))
    assert power["nickel", "RUS"] < power["nickel", "AUS"]  # 4 and 9 cents a kilowatt-hour
    governance = dict(zip(producers.pairs, producers.governance_gap, strict=True))
    assert governance["nickel", "CAN"] < governance["nickel", "RUS"]


def test_capacity_is_the_largest_recent_output(producers: Producers) -> None:
    capacity = dict(zip(producers.pairs, producers.capacity, strict=True))
    assert capacity["nickel", "IDN"] == 2_600_000  # USGS MCS 2026
    assert capacity["nickel", "PHL"] == 413_000  # 2023, more than in the years since
    assert capacity["lithium", "FIN"] == 0  # a deposit, not yet a mine


@pytest.fixture(scope="module")
def expected(producers: Producers):
    """What a point is expected to say, at free variables of zero but those given."""
    import pytensor

    model = build_producer_cost_model(producers)
    size = {name: len(list(values)) for name, values in model.coords.items()}
    function = pytensor.function(
        [pytensor.In(v, name=v.name) for v in model.free_RVs],
        model["point_mean"],
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )

    def evaluate(**point: object) -> np.ndarray:
        values = {
            v.name: np.zeros([size[d] for d in model.named_vars_to_dims.get(v.name, ())])
            for v in model.free_RVs
        }
        values |= {name: values[name] + number for name, number in point.items()}
        return function(**values) - producers.points.center[producers.points.mineral]

    return evaluate


def test_full_cost_stands_above_every_part_of_it(producers: Producers, expected) -> None:
    x = producers.points
    for k, measure in enumerate(MEASURES[:-1]):
        at = x.measure == k
        found = expected(**{f"{measure}_offset": 0.3})
        np.testing.assert_allclose(found[at], -0.3 * x.weight[at])
        np.testing.assert_allclose(found[~at], 0, atol=1e-12)
    full = x.measure == len(MEASURES) - 1
    assert full.any()


def test_plans_run_low_and_credits_make_a_net_cost_lower(producers: Producers, expected) -> None:
    x = producers.points
    np.testing.assert_allclose(expected(study_optimism=0.15), -0.15 * x.study)
    found = expected(credit=0.2)
    np.testing.assert_allclose(found, -0.2 * x.credit)
    assert (found[x.credit > 0] < 0).all()
    assert (x.credit > 0).any()


def test_costs_follow_drivers_and_prices_upwards(producers: Producers, expected) -> None:
    x = producers.points
    np.testing.assert_allclose(expected(driver_response=0.5), 0.5 * x.shift)
    np.testing.assert_allclose(expected(cycle_response=0.2), 0.2 * x.cycle)
    np.testing.assert_allclose(expected(cost_trend=0.01), 0.01 * x.age)
    assert (x.age <= 0).all()


def test_dear_countries_say_so_in_their_points(producers: Producers, expected) -> None:
    x = producers.points
    one = x.place >= 0
    for name, gap, component in (
        ("wage_gap_response", producers.wage_gap, LABOUR),
        ("power_gap_response", producers.power_gap, ENERGY),
        ("governance_response", producers.governance_gap, CAPITAL),
    ):
        relative = 0.4 * producers.route_share[:, component] * gap
        np.testing.assert_allclose(expected(**{name: 0.4})[one], relative[x.place][one], atol=1e-12)
    effect = np.linspace(-0.3, 0.3, len(producers.pairs))
    found = expected(pair_cost_effect=effect, pair_cost_spread=1.0)
    np.testing.assert_allclose(found[one], effect[x.place][one], atol=1e-12)
    world = ~one & (x.quantile == 0)
    np.testing.assert_allclose(found[world], (x.share @ effect)[x.world][world], atol=1e-12)


def test_a_countrys_effect_is_common_to_its_minerals(producers: Producers, expected) -> None:
    x = producers.points
    by_country = np.linspace(-0.5, 0.5, len(producers.countries))
    found = expected(country_cost_effect=by_country, country_cost_spread=1.0)
    one = x.place >= 0
    where = producers.country[x.place][one]
    np.testing.assert_allclose(found[one], by_country[where], atol=1e-12)


def test_the_marginal_producer_is_dearer_than_the_average_one(producers, expected) -> None:
    x = producers.points
    found = expected(typical_asset_spread=0.2)
    np.testing.assert_allclose(found, 0.2 * x.quantile, atol=1e-12)
    assert (found[x.measure == len(MEASURES) - 1] > 0).all()
