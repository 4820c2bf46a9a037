"""The model as PyMC sees it; tests/model/test_recovery.py fits it to what it simulates."""

import numpy as np
import pandas as pd
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
    return make_inputs(load_panel(["nickel", "copper", "gallium", "neodymium", "tungsten"]))


def test_bare_model_has_named_dims(inputs) -> None:
    model = build_model(inputs)
    assert list(model.coords["mineral"]) == inputs.minerals
    assert {v.name for v in model.observed_RVs} == {
        "log_price",
        "production_growth",
        "carry",
        "revision",
        "support_growth",
        "support_rate",
        "energy_price",
        "materials_price",
        "wage_growth",
        "income",
        "technology_surprise",
        "wedge",
        "export_ratio",
    }
    everything = (*model.basic_RVs, *model.deterministics, *model.data_vars)
    assert len(model.data_vars) > 8
    for variable in everything:
        assert len(model.named_vars_to_dims.get(variable.name) or ()) == variable.ndim, variable
    assert "neodymium:2012" in model.coords["hole"]
    assert list(model.coords["stepped"]) == ["gallium", "tungsten"]


def test_every_free_variable_of_every_model_has_its_prior_in_the_table() -> None:
    panel = load_panel()
    names = ["nickel", "copper", "cobalt", "tungsten", "neodymium", "gallium"]
    anchor = pd.DataFrame({"mineral": ["nickel"], "year": 2021, "log_cost": 9.8, "sd": 0.1})
    models = (
        build_model(make_inputs(panel.sel(mineral=names), anchor)),
        build_producer_cost_model(make_producers(panel)),
        build_restriction_model(make_exporters(panel)),
    )
    free = {variable.name for model in models for variable in model.free_RVs}
    table = prior_table()
    assert free == set(table["variable"])
    assert (table != "").all().all()
    assert len(table) == len(PRIORS)


@pytest.mark.parametrize("name", ["growth", "scrap_elasticity", "tail", "wage_pass_through"])
def test_a_model_built_from_a_prior_draws_what_the_table_says(name: str) -> None:
    prior = PRIORS[name]
    with pm.Model():
        drawn = pm.draw(prior.build(), 4000, random_seed=1)
    expected = {
        "growth": stats.norm(0.03, 0.03),
        "scrap_elasticity": stats.lognorm(0.5, scale=0.3),
        "tail": stats.gamma(2, loc=2, scale=1 / 0.4),
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
    # Each year's price given those before it: a tenth or a half off, as metals are; seldom five times.
    surprise = np.abs(
        prior["prior_predictive"]["log_price"].values - prior["observed_data"]["log_price"].values
    )
    assert np.isfinite(surprise).all()
    assert 0.1 < np.median(surprise) < 0.5
    assert np.quantile(surprise, 0.9) < 1.0
    assert (surprise > np.log(5)).mean() < 0.03
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
    panel["price"].loc[{"mineral": "gallium", "year": slice(None, 2024)}] = np.nan
    with pytest.raises(DataError, match="gallium: 1 prices"):
        make_inputs(panel)


def test_build_model_is_public() -> None:
    assert critmin.build_model(minerals=["tin"]).coords["mineral"] == ("tin",)
