"""What is kept of a fit."""

import numpy as np
import pytest
import xarray as xr

from critmin.data import load_panel
from critmin.inference.cost_reduction import cost_states
from critmin.inference.reduction import _contraction, _held_at_end, _on_newest_basis
from critmin.model.cost_arrays import driver_shift
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.model.producer_costs import make_producers
from critmin.units import BASE_YEAR

NAMES = ["gallium", "tungsten", "nickel"]


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return make_inputs(load_panel(NAMES))


def test_observed_prices_come_on_the_stated_basis() -> None:
    # Manganese to 2016 is in alloys, at more than twice the price of ore: a result shows it as ore.
    inputs = make_inputs(load_panel(["manganese"]))
    steps = np.random.default_rng(0).normal(-0.85, 0.1, 200)
    price = inputs.log_price + inputs.basis * steps[:, None, None]
    observed = _on_newest_basis(inputs, price)
    before, after = inputs.years.tolist().index(2016), inputs.years.tolist().index(2017)
    raw = np.exp(inputs.log_price[0])
    assert raw[before] / raw[after] > 1.5
    np.testing.assert_allclose(observed[0, before], raw[before] * np.exp(np.median(steps)))
    np.testing.assert_allclose(observed[0, after:], raw[after:])


def test_holes_stay_holes_on_any_basis() -> None:
    inputs = make_inputs(load_panel(["lithium"]))
    observed = _on_newest_basis(inputs, np.zeros((3, *inputs.log_price.shape)))
    assert np.isnan(observed[0, inputs.years.tolist().index(1999)])
    assert np.array_equal(np.isnan(observed), np.isnan(inputs.log_price))


def test_what_is_held_at_the_end_is_by_measures_that_are_open(inputs: ModelInputs) -> None:
    """Each measure of a country withholds its part of what the others leave."""
    rng = np.random.default_rng(1)
    withheld = rng.uniform(0, 0.6, (5, len(inputs.restriction_names)))
    held = _held_at_end(xr.Dataset({"withheld_end": (("sample", "restriction"), withheld)}), inputs)
    ended = ~inputs.restriction_open
    assert ended.any()
    assert not ended.all()
    for f in range(len(inputs.fence_names)):
        own = inputs.restriction_open & (inputs.restriction_fence == f)
        np.testing.assert_allclose(held[:, f], 1 - (1 - withheld[:, own]).prod(axis=1))


def test_what_the_data_say_of_a_fence_is_what_they_took_of_the_prior(inputs: ModelInputs) -> None:
    producers = make_producers(load_panel(NAMES))
    names = [":".join(pair) for pair in producers.pairs]
    fences = [f for f, n in enumerate(inputs.fence_names) if n in names]
    half = np.random.default_rng(2).uniform(0.4, 0.6, (50, len(inputs.fence_names)))
    for held, low, high in ((half, 0.5, 1.0), (half * 0, 1.0, 1.0)):
        found = _contraction(inputs, held, producers, seed=0)
        for f in fences:
            measured = inputs.restriction_witnessed & (inputs.restriction_fence == f)
            told = found[names.index(inputs.fence_names[f])]
            assert (low <= told <= high) if measured.any() else told == 0, inputs.fence_names[f]
    assert found.any()


def test_costs_at_the_origin_are_the_level_and_what_drivers_and_time_did_since_the_base_year() -> (
    None
):
    panel = load_panel(["nickel", "cobalt"]).sel(year=slice(None, 2020))
    minerals = ["cobalt", "nickel"]
    producers = make_producers(panel)
    size, costed = 4, producers.points.costed

    def states(response: float, trend: float) -> np.ndarray:
        flat = {
            name: ("sample", np.full(size, value))
            for name, value in (
                ("power_gap_response", 0.5),
                ("governance_response", 0.1),
                ("typical_asset_spread", 0.2),
                ("driver_response", response),
                ("cost_trend", trend),
            )
        }
        by_mineral = {
            name: (("sample", "costed"), np.full((size, len(costed)), value))
            for name, value in (("cost_level", 9.0), ("asset_spread", 0.3), ("credit", 0.1))
        }
        made = cost_states(xr.Dataset(flat | by_mineral, {"costed": costed}), minerals, producers)
        return made["cost_level"][1][0]

    assert set(costed) == set(minerals)
    np.testing.assert_allclose(states(0, 0), 9)
    np.testing.assert_allclose(states(0, 0.01), 9 + 0.01 * (2020 - BASE_YEAR))
    since = [driver_shift(panel, mineral).loc[2020] for mineral in minerals]
    assert np.abs(since).min() > 0.01
    np.testing.assert_allclose(states(0.5, 0), 9 + 0.5 * np.array(since))
