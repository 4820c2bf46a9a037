"""Costs left out: who is left out with whom, and how predictions are scored."""

import numpy as np
import pandas as pd
import pytest

from critmin.audit.checks.costs import _baseline, _left_out, cost_scores, left_out_costs
from critmin.data import load_panel
from critmin.exceptions import UnknownNameError
from critmin.model.producer_costs import Producers, make_producers


@pytest.fixture(scope="module")
def producers() -> Producers:
    return make_producers(load_panel(["nickel", "copper", "vanadium"]))


def test_an_asset_is_left_out_whole_and_once(producers) -> None:
    x = producers.points
    folds = np.array(_left_out(producers, "asset", 4, 0))
    asset = ~x.averaged[x.group]
    np.testing.assert_array_equal(folds.sum(axis=0), asset)
    for group in np.unique(x.group[asset]):
        assert len(np.unique(folds[:, x.group == group], axis=1).T) == 1


def test_a_country_is_left_out_with_all_its_minerals(producers) -> None:
    x = producers.points
    folds = np.array(_left_out(producers, "country", 4, 0))
    np.testing.assert_array_equal(folds.sum(axis=0), x.place >= 0)
    australia = [p >= 0 and producers.pairs[p][1] == "AUS" for p in x.place]
    assert folds[:, australia].all(axis=1).sum() == 1


def test_the_baseline_knows_the_others_of_its_mineral_only(producers) -> None:
    x = producers.points
    at = np.flatnonzero(x.mineral == x.costed.index("vanadium"))
    out = np.zeros(len(x.log), dtype=bool)
    out[at[:2]] = True
    score, low, high = _baseline(producers, out, int(at[0]))
    assert low < np.median(x.log[at[2:]]) < high
    assert np.isfinite(score)
    out[at] = True
    assert np.isnan(_baseline(producers, out, int(at[0]))).all()


def test_scores_compare_where_both_predict() -> None:
    table = pd.DataFrame(
        {
            "mineral": ["tin", "tin", "zinc", "lead"],
            "inside": [1.0, 0.0, 1.0, 1.0],
            "log_score": [-0.5, -1.5, -1.0, 9.0],
            "baseline_inside": [1.0, 1.0, 0.0, np.nan],
            "baseline_log_score": [-1.0, -1.0, -2.0, np.nan],
        }
    )
    scores = cost_scores(table)
    assert scores["points"] == 3
    assert scores["coverage"] == pytest.approx(2 / 3)
    assert scores["gain"] == pytest.approx(1 / 3)


def test_what_can_be_left_out_is_named() -> None:
    with pytest.raises(UnknownNameError, match="asset"):
        left_out_costs(unit="mine")
