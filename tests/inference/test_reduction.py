"""What is kept of a fit."""

import numpy as np

from critmin.data import load_panel
from critmin.inference.reduction import _on_newest_basis
from critmin.model.inputs import make_inputs


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
