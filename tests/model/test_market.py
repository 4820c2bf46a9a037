"""The model as PyMC sees it; tests/model/test_recovery.py fits it to what it simulates."""

import numpy as np
import pytest

import critmin
from critmin.data import load_panel
from critmin.exceptions import DataError
from critmin.model.inputs import ModelInputs, country_share, make_inputs, world_growth
from critmin.model.market import build_model
from critmin.model.priors import PRIORS, ROUTE_SHARES, prior_table


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


def test_every_prior_is_in_the_table_with_words_and_a_source(inputs) -> None:
    table = prior_table()
    model = build_model(inputs)
    # Standard normals that only carry a prior of the table, and what the data are.
    carriers = {
        "group_effect",
        "mineral_effect",
        "cost_shock",
        "start",
        "factor",
        "hole_mixing",
        "hole_normal",
        "substitution_effect",
    }
    renamed = {
        "factor_loading_group": "factor_loading",
        "cost_scale_group": "cost_scale",
        "tail_excess": "tail",
        "persistence_quality": "persistence",
        "host_tie_hosted": "host_tie",
    }
    for variable in model.free_RVs:
        if variable.name not in carriers:
            assert renamed.get(variable.name, variable.name) in table.index, variable.name
    assert (table != "").all().all()
    assert len(table) == len(PRIORS)


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


def test_build_model_is_public() -> None:
    assert critmin.build_model(minerals=["tin"]).coords["mineral"] == ("tin",)
