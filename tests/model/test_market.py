"""The model as PyMC sees it, and its recovery of what simulated data were made with."""

import dataclasses

import numpy as np
import pymc as pm
import pytest
from scipy import stats

import critmin
from critmin.data import load_panel
from critmin.exceptions import DataError
from critmin.model.assumptions import ROUTE_SHARES
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.model.market import build_model
from critmin.model.priors import PRIORS, prior_table
from critmin.model.producer_costs import build_producer_cost_model, make_producers
from critmin.model.restrictions import build_restriction_model, make_exporters
from critmin.model.shares import country_share, world_growth


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return make_inputs(load_panel(["nickel", "copper", "gallium", "scandium", "tungsten"]))


def test_bare_model_has_named_dims(inputs) -> None:
    model = build_model(inputs)
    assert list(model.coords["mineral"]) == inputs.minerals
    assert {v.name for v in model.observed_RVs} == {
        "log_price",
        "production_growth",
        "carry",
        "revision",
        "support_growth",
        "energy_price",
        "materials_price",
        "wage_growth",
        "income",
        "technology_surprise",
    }
    assert all(model.named_vars_to_dims.get(v.name) for v in model.observed_RVs)
    assert "scandium:2023" in model.coords["hole"]
    assert "gallium:2025" in model.coords["hole"]
    assert list(model.coords["stepped"]) == ["tungsten"]


def test_every_free_variable_of_every_model_has_its_prior_in_the_table() -> None:
    panel = load_panel()
    models = (
        build_model(panel, ["nickel", "copper", "cobalt", "tungsten"]),
        build_producer_cost_model(make_producers(panel)),
        build_restriction_model(make_exporters(panel)),
    )
    free = {variable.name for model in models for variable in model.free_RVs}
    table = prior_table()
    observed = {"cost_point"}  # its prior is that of an offset, which is integrated out
    assert free == set(table["variable"]) - observed
    assert (table != "").all().all()
    assert len(table) == len(PRIORS)


@pytest.mark.parametrize("name", ["growth", "scrap_elasticity", "tail", "wage_pass_through"])
def test_a_model_built_from_a_prior_draws_what_the_table_says(name: str) -> None:
    prior = PRIORS[name]
    with pm.Model():
        drawn = pm.draw(prior.build(), 4000, random_seed=1)
    expected = {
        "growth": stats.norm(0.03, 0.02),
        "scrap_elasticity": stats.lognorm(0.5, scale=0.3),
        "tail": stats.gamma(2, loc=6, scale=5),
        "wage_pass_through": stats.truncnorm(-0.4 / 0.15, 0.6 / 0.15, 0.4, 0.15),
    }
    assert stats.kstest(drawn, expected[name].cdf).pvalue > 1e-4


def test_route_shares_add_up() -> None:
    for route, shares in ROUTE_SHARES.items():
        assert sum(shares) == pytest.approx(1), route


def test_prior_predictive_prices_are_of_this_world(inputs) -> None:
    import pymc as pm

    with build_model(inputs):
        prior = pm.sample_prior_predictive(200, random_seed=1)
    change = (
        prior["prior_predictive"]["log_price"].values
        - inputs.log_price[np.isfinite(inputs.log_price)].mean()
    )
    assert np.isfinite(change).all()
    scale = prior["prior"]["price_scale"].values
    assert 0.05 < np.median(scale) < 0.5
    assert (prior["prior"]["supply_elasticity"].values > 0).all()


def test_shares_and_growth_come_from_production() -> None:
    panel = load_panel(["cobalt"])
    share = country_share(panel, "cobalt", "COD")
    assert 0.6 < share[-1] < 0.85
    assert country_share(panel, "cobalt", "LUX").max() == 0
    growth = world_growth(panel, "cobalt")
    assert np.nanmedian(growth) == pytest.approx(0.06, abs=0.06)


def test_a_mineral_with_one_price_is_refused() -> None:
    panel = load_panel(["gallium", "copper"])
    panel["price"].loc[{"mineral": "gallium", "year": slice(None, 2023)}] = np.nan
    with pytest.raises(DataError, match="gallium: 1 prices"):
        make_inputs(panel)


def simulated(inputs: ModelInputs, seed: int, e_s: float, e_d: float) -> ModelInputs:
    """Markets of known elasticities: the price and output of every mineral simulated anew."""
    rng = np.random.default_rng(seed)
    minerals = [f"m{i}" for i in range(6)]
    years = np.arange(1960, 2026)
    slope, kappa, scale, share = e_s + e_d, 0.2, 0.2, 0.5
    price = np.zeros((len(minerals), len(years)))
    growth = np.full(price.shape, np.nan)
    income = np.where(np.isin(years, inputs.years), 0.05 * rng.standard_normal(len(years)), 0)
    energy = rng.normal(0, 0.2, len(years)).cumsum() * 0.5
    for m in range(len(minerals)):
        mix = np.log(0.78 + 0.22 * np.exp(energy))
        log_cost = 9 + rng.normal(0, 0.03, len(years)).cumsum() + mix
        price[m, 0] = log_cost[0]
        for t in range(1, len(years)):
            weight = np.sqrt(10 / rng.chisquare(10))
            u = weight * slope * scale * np.sqrt(1 - share) * rng.standard_normal()
            v = weight * slope * scale * np.sqrt(share) * rng.standard_normal()
            dc = log_cost[t] - log_cost[t - 1]
            gap = price[m, t - 1] - log_cost[t - 1]
            dp = (e_s * dc + 0.9 * income[t] + v - u) / slope - kappa * gap
            price[m, t] = price[m, t - 1] + dp
            growth[m, t] = 0.03 + e_s * (dp - dc) + kappa * slope * gap + u
    none = np.zeros(0, dtype=np.int64)
    return dataclasses.replace(
        inputs,
        minerals=minerals,
        groups=["base"] * len(minerals),
        routes=["smelting"] * len(minerals),
        years=years,
        log_price=price,
        carry=np.full_like(price, np.nan),
        monthly=np.zeros(len(minerals), dtype=bool),
        first=np.zeros(len(minerals), dtype=np.int64),
        basis=np.zeros_like(price),
        unit_value=np.zeros(len(minerals), dtype=bool),
        energy=energy,
        materials=rng.normal(0, 0.1, len(years)),
        wages=np.zeros_like(price),
        wage_growth=0.02 * rng.standard_normal(len(years)),
        income=income,
        income_known=years > 1960,
        technology_weight=np.zeros((len(minerals), *inputs.technology_surprise.shape)),
        recycled=np.zeros(len(minerals)),
        host_growth=np.zeros_like(price),
        has_host=np.zeros(len(minerals), dtype=bool),
        growth=growth,
        # Output is seen without error here, and first reports say so.
        revision=0.002 * rng.standard_normal(len(inputs.revision)),
        restriction_names=[],
        restriction_mineral=none,
        restriction_country=[],
        restriction_share=np.zeros((0, len(years))),
        withheld_mean=np.zeros(0),
        support_names=[],
        support_mineral=none,
        support_share=np.zeros((0, len(years))),
        support_growth=np.zeros((0, len(years))),
    )


def test_elasticities_are_recovered_where_least_squares_is_biased(inputs) -> None:
    import nutpie

    e_s, e_d = 0.25, 0.10
    made = simulated(inputs, seed=3, e_s=e_s, e_d=e_d)
    compiled = nutpie.compile_pymc_model(build_model(made), backend="numba")
    trace = nutpie.sample(
        compiled, draws=400, tune=400, chains=2, seed=1, progress_bar=False, save_warmup=False
    )
    posterior = trace["posterior"]
    truth = {"supply_elasticity": e_s, "demand_elasticity": e_d, "reversion": 0.2}
    for name, value in truth.items():
        draws = posterior[name].mean("mineral").values.ravel()
        low, high = np.quantile(draws, [0.01, 0.99])
        assert low < value < high, (name, low, high)

    dp = np.diff(made.log_price, axis=1).ravel()
    dq = made.growth[:, 1:].ravel()
    slope = stats.linregress(dp, dq)
    # The regression line lies between supply and demand and says neither.
    assert slope.slope + 3 * slope.stderr < e_s
    assert slope.slope - 3 * slope.stderr > -e_d
    supply = posterior["supply_elasticity"].mean("mineral").values
    assert abs(np.median(supply) - e_s) < abs(slope.slope - e_s)


def test_build_model_is_public() -> None:
    assert critmin.build_model(minerals=["tin"]).coords["mineral"] == ("tin",)
