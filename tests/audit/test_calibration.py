"""The model is fitted to what its own equations simulate, and finds the truth at every rank alike."""

import numpy as np
import pytest

from critmin.audit.checks.calibration import REDUCED, prior_draws, sbc, simulate_panel
from critmin.audit.checks.refits import market_inputs
from critmin.data import load_panel
from critmin.exceptions import CritminError


@pytest.fixture(scope="module")
def inputs():
    return market_inputs(load_panel(list(REDUCED)))


def test_a_simulated_panel_keeps_the_holes(inputs) -> None:
    (truth,) = prior_draws(inputs, 1, seed=2)
    made = simulate_panel(inputs, truth, np.random.default_rng(1))
    again = simulate_panel(inputs, truth, np.random.default_rng(1))
    for name in ("log_price", "carry", "growth", "support_growth"):
        before, after = getattr(inputs, name), getattr(made, name)
        if name == "growth":  # output before a mineral's first price says nothing to the model
            early = np.arange(len(inputs.years))[None, :] <= inputs.first[:, None]
            before, after = (np.where(early, np.nan, x) for x in (before, after))
        np.testing.assert_array_equal(np.isfinite(before), np.isfinite(after))
        np.testing.assert_array_equal(getattr(made, name), getattr(again, name))
    rows = np.arange(len(inputs.minerals))
    np.testing.assert_allclose(
        made.log_price[rows, inputs.first], inputs.log_price[rows, inputs.first]
    )


def test_too_few_simulations_are_refused() -> None:
    with pytest.raises(CritminError, match="at least 10, got 3"):
        sbc(3)


@pytest.mark.slow
def test_ranks_of_the_truth_are_uniform_over_many_histories() -> None:
    table = sbc(60, seed=5, progressbar=False)
    # Seventeen parameters are tested at once.
    assert (table["p_value"] > 0.01 / len(table)).all(), table
    assert table["cover_50"].mean() == pytest.approx(0.5, abs=0.05)
    assert table["cover_90"].mean() == pytest.approx(0.9, abs=0.03)
