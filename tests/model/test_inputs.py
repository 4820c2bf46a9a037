"""What the model is conditioned on, by its definitions: no sampler, nothing compiled."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from critmin.data import load_panel
from critmin.data.tables import technology_shares
from critmin.model.coords import index
from critmin.model.inputs import (
    MOBILITY,
    START,
    ModelInputs,
    _host_growth,
    _mobility,
    _technology,
    make_inputs,
)
from critmin.model.restricted import _in_force
from critmin.model.shares import (
    POPULATION_GROWTH,
    country_share,
    growth_beyond_others,
    producer_wages,
    world_growth,
)
from critmin.model.supported import support_ramps

NAMES = ["zinc", "copper", "cobalt", "gallium", "tungsten"]


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    return load_panel(NAMES)


@pytest.fixture(scope="module")
def inputs(panel: xr.Dataset) -> ModelInputs:
    return make_inputs(panel)


def test_a_measure_counts_by_the_part_of_each_year_in_which_it_is_in_force() -> None:
    years = np.arange(2013, 2018)
    assert _in_force(2014.5, 2016.25, years).tolist() == [0, 0.5, 1, 0.25, 0]
    assert _in_force(2014.5, np.nan, years).tolist() == [0, 0.5, 1, 1, 1]
    assert _in_force(2014.25, 2014.5, years).tolist() == [0, 0.25, 0, 0, 0]


def test_a_step_of_support_takes_the_five_years_before_it_and_stays() -> None:
    steps = support_ramps(np.array([1990, 1995, 1997, 2000, 2001, 2025]))
    assert steps[0].tolist() == [0, 0, 0.4, 1, 1, 1]
    assert steps[-1].tolist() == [0, 0, 0, 0, 0, 1]


def test_what_a_measured_measure_withholds_walks_from_its_second_year_on(
    inputs: ModelInputs,
) -> None:
    measure, year = index(inputs).walking
    force, measured = inputs.restriction_force > 0, inputs.restriction_witnessed
    assert measured[measure].all()
    assert (force[measure, year] & force[measure, year - 1]).all()
    assert len(year) == (force[measured].sum(axis=1) - 1).sum() > 0


def test_a_technology_surprises_by_its_growth_beyond_that_of_three_years(panel: xr.Dataset) -> None:
    panel = panel.sel(year=slice(START, None))
    rates = np.full(panel.sizes["year"], 0.1)
    rates[-5] = 0.4
    volume = xr.zeros_like(panel["technology_volume"]) + xr.DataArray(
        np.exp(rates.cumsum()), dims="year"
    )
    moved = panel.assign(technology_volume=volume)
    surprise, _ = _technology(moved, NAMES, np.zeros((len(NAMES), len(rates))))
    np.testing.assert_allclose(surprise[:, -6], 0, atol=1e-12)
    np.testing.assert_allclose(surprise[:, -5], 0.3)
    np.testing.assert_allclose(surprise[:, -4:-1], -0.1)
    np.testing.assert_allclose(surprise[:, -1], 0, atol=1e-12)


def test_a_technology_weighs_by_its_share_of_the_demand_of_the_year_before(
    panel: xr.Dataset, inputs: ModelInputs
) -> None:
    names = panel["technology"].values.tolist()
    shares = technology_shares()
    shares = shares[shares["mineral"].isin(NAMES)]
    assert len(shares)
    for row in shares.itertuples():
        weight = inputs.technology_weight[NAMES.index(row.mineral), names.index(row.technology)]
        after = inputs.years.tolist().index(row.year + 1)
        assert weight[after] == pytest.approx(row.share)
        assert weight.max() <= 0.9


def test_a_share_of_a_technology_published_after_the_origin_is_not_known(panel: xr.Dataset) -> None:
    first = int(technology_shares().set_index("mineral").loc["cobalt", "year"].min())
    before = panel.sel(year=slice(START, first - 1))
    _, weight = _technology(before, NAMES, np.zeros((len(NAMES), before.sizes["year"])))
    assert not weight[NAMES.index("cobalt")].any()


def test_a_host_grows_about_its_mean_and_what_has_none_has_no_growth(
    panel: xr.Dataset, inputs: ModelInputs
) -> None:
    panel = panel.sel(year=slice(START, None))
    host = world_growth(panel, "copper")
    known = np.isfinite(host)
    growth = inputs.host_growth[NAMES.index("cobalt")]
    assert growth[known].mean() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(np.diff(growth[known]), np.diff(host[known]))
    assert not growth[~known].any()
    assert inputs.has_host.tolist() == [False, False, True, False, False]  # no alumina here
    assert not _host_growth(panel, "zinc").any()


def test_income_grows_about_its_mean_and_at_it_where_it_is_not_known(inputs: ModelInputs) -> None:
    known = inputs.income_known
    assert inputs.income[known].mean() == pytest.approx(0, abs=1e-12)
    assert not inputs.income[~known].any()
    assert 0.01 < inputs.income_mean < 0.05


def test_mobility_is_the_typical_move_over_that_of_the_group() -> None:
    signs = np.where(np.arange(12) % 2, 1.0, 0.0)
    sizes = np.array([0.1, 0.2, 0.3, 2.0, 0.2])
    log_price = sizes[:, None] * signs
    listed = np.zeros(log_price.shape, dtype=bool)
    log_price[4, :6] = np.nan  # too few to tell
    found = _mobility(log_price, listed, ["a"] * 5)
    np.testing.assert_allclose(found, [0.1 / 0.25, 0.2 / 0.25, 0.3 / 0.25, MOBILITY[1], 1])
    # A list price that stays says nothing of how much the market moves.
    log_price[1, 9:], listed[1, 9:] = log_price[1, 8], True
    assert _mobility(log_price, listed, ["a"] * 5)[1] == pytest.approx(0.2 / 0.25)


def test_rounding_is_that_of_an_even_error_within_half_a_digit(
    panel: xr.Dataset, inputs: ModelInputs
) -> None:
    half = panel["price_rounding"].sel(year=slice(START, None)).fillna(0).values
    assert half.max() > 0
    np.testing.assert_allclose(inputs.rounding**2, half**2 / 3)


def test_wages_are_income_per_head_where_it_is_produced(panel: xr.Dataset) -> None:
    years = panel["year"].values
    paths = np.exp(0.05 * (years - years[0]))
    level = xr.DataArray(paths, dims="year")
    rich = panel.assign(gdp_country=0 * panel["gdp_country"].fillna(0) + level)
    wages = producer_wages(rich, "copper")
    np.testing.assert_allclose(np.diff(wages)[1:], 0.05 - POPULATION_GROWTH)
    assert wages[-1] == 0


def test_a_country_that_enters_the_tables_is_no_growth(panel: xr.Dataset) -> None:
    years = panel["year"].values
    made = xr.zeros_like(panel["production"])
    for country, tonnes in (("COD", 100.0), ("AUS", 50.0), ("RUS", 30.0)):
        grown = xr.DataArray(tonnes * np.exp(0.05 * (years - years[0])), dims="year")
        made = made.where(made["country"] != country, grown)
    made = made.where(made > 0)
    made.loc[{"country": "COD", "year": slice(None, 2009)}] = np.nan
    same = xr.full_like(panel["production_source"], "usgs-x")
    changed = panel.assign(production=made, production_source=same)
    changed = changed.drop_vars("production_world", errors="ignore")
    np.testing.assert_allclose(world_growth(changed, "cobalt")[1:], 0.05)
    share = country_share(changed, "cobalt", "COD")
    assert share[list(years).index(2009)] == 0
    assert share[-1] == pytest.approx(100 / 180)
    # Two publishers are not compared.
    same.loc[{"year": slice(2015, None)}] = "bgs-x"
    other = world_growth(changed.assign(production_source=same), "cobalt")
    assert np.isnan(other[list(years).index(2015)])


def test_growth_beyond_others_is_own_less_that_of_the_rest() -> None:
    years = np.arange(4)
    table = np.exp(np.array([[0.08], [0.05], [0.05]]) * years)
    table[2, 1] = np.nan  # what is missing in a year does not count in it
    comparable = np.array([True, True, False])
    found = growth_beyond_others(table, 0, comparable)
    np.testing.assert_allclose(found[1:3], 0.03)
    assert np.isnan(found[[0, 3]]).all()


def test_costs_of_minerals_not_in_the_panel_are_no_anchors(panel: xr.Dataset) -> None:
    anchor = pd.DataFrame(
        {
            "mineral": ["tin", "copper", "zinc", "zinc"],
            "year": [2020, 2021, 2022, 2030],
            "log_cost": [1.0, 9.0, 8.0, 7.0],
            "sd": 0.1,
        }
    )
    found = make_inputs(panel, anchor)
    assert [NAMES[m] for m in found.anchor_mineral] == ["copper", "zinc"]
    assert found.years[found.anchor_year].tolist() == [2021, 2022]
    assert found.anchor_log.tolist() == [9.0, 8.0]
