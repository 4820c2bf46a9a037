"""Quantiles of a cost curve, and the anchors that the market takes from them."""

import numpy as np
import pytest
from scipy import stats

from critmin.model.curve import MARGIN, NO_SPREAD, quantile, share_above


def test_one_countrys_quantile_is_that_of_a_normal() -> None:
    spread = np.array([0.1, 0.3])
    found = quantile(np.array([[9.0, 10.0]]), spread, np.array([5.0]), MARGIN)
    np.testing.assert_allclose(found, stats.norm([9, 10], spread).ppf(0.9), rtol=1e-7)


def test_without_spread_the_curve_is_made_of_steps() -> None:
    cost = np.log(np.array([[1.0], [2.0], [4.0]]))
    capacity, none = np.array([5.0, 4.0, 1.0]), np.array([NO_SPREAD])
    assert np.exp(quantile(cost, none, capacity, 0.85)) == pytest.approx(2.0)
    assert np.exp(quantile(cost, none, capacity, 0.95)) == pytest.approx(4.0)
    assert share_above(cost, none, capacity, np.log(1.5)) == pytest.approx(0.5)


def test_the_share_above_the_quantile_is_the_rest() -> None:
    rng = np.random.default_rng(1)
    cost, capacity = rng.normal(9, 0.4, (6, 40)), rng.uniform(1, 9, 6)
    spread = rng.uniform(0.05, 0.4, 40)
    for q in (0.1, 0.5, 0.9):
        at = quantile(cost, spread, capacity, q)
        np.testing.assert_allclose(share_above(cost, spread, capacity, at), 1 - q, atol=1e-9)
    dear = quantile(cost + 0.1, spread, capacity, 0.5)
    np.testing.assert_allclose(dear, quantile(cost, spread, capacity, 0.5) + 0.1)
