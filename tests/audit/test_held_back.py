"""Wedges held back: what is hidden from whom, what baselines know, and one small run."""

import numpy as np
import pytest

from critmin.audit.checks.check import Check
from critmin.audit.checks.held_back import folds, held_back_wedges, pairs_of, wedge_scores
from critmin.audit.checks.last_wedge import Pairs, reverts, stays
from critmin.data import load_panel
from critmin.model.inputs import ModelInputs, make_inputs


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return make_inputs(load_panel(["gallium", "lanthanum", "graphite"]))


def test_nothing_dated_later_is_known_of_any_fence(inputs) -> None:
    pairs = pairs_of(inputs)
    found = list(folds(inputs, pairs))
    for fold in found:
        assert (fold.hidden[fold.out]).all()
        assert set(pairs.fence[fold.out]) == {fold.fence}
        if fold.kind != "control":
            assert pairs.date[~fold.hidden].max(initial=0) < pairs.date[fold.out].min()
            year = inputs.years[inputs.volume_year]
            assert (year[~fold.exports] < int(pairs.date[fold.out].min())).all()
    gallium = {fold.kind: int(fold.out.sum()) for fold in found if fold.fence == "gallium:CHN"}
    assert gallium == {"last": 1, "last 2": 2, "control": 2}


def test_graphite_has_no_measured_fence_and_rare_earths_of_2011_have(inputs) -> None:
    found = list(folds(inputs, pairs_of(inputs)))
    assert not [fold for fold in found if fold.fence == "graphite:CHN"]
    (control,) = [f for f in found if f.fence == "lanthanum:CHN" and f.kind == "control"]
    assert "export quota" in control.left_out
    assert inputs.wedge_log[control.out].max() > 1


def walk(steps: int, spread: float, error: float, seed: int) -> Pairs:
    """One fence a step, each of two pairs a year apart, and one more to predict."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, spread, (steps, 2)).cumsum(axis=1)
    date = np.tile([2000.0, 2001.0], steps)
    fence = np.repeat([f"m{i}:CHN" for i in range(steps)], 2)
    return Pairs(fence, date, level.ravel(), np.full(2 * steps, error))


def test_the_baseline_is_as_wide_as_wedges_moved() -> None:
    pairs = walk(400, 0.3, 0.05, 1)
    out = np.zeros(len(pairs.date), dtype=bool)
    out[-1] = True
    score = stays(pairs, out, ~out)
    gap = pairs.log[-1] - pairs.log[-2]
    scale = np.sqrt(0.3**2 + 2 * 0.05**2)  # a normal walk, told by a Student t
    from scipy import stats

    expected = -stats.t.logpdf(gap, 4, 0, 0.85 * scale)
    assert score["log_score_stays"] == pytest.approx(expected, abs=0.15)


def test_a_baseline_needs_changes_and_a_last_wedge() -> None:
    pairs = walk(4, 0.3, 0.1, 2)
    out = pairs.fence == "m0:CHN"
    assert np.isnan(stays(pairs, out, ~out)["crps_stays"])  # nothing came before
    assert np.isnan(reverts(pairs, out, ~out)["crps_reverts"])  # three changes
    many = walk(40, 0.3, 0.1, 2)
    out = many.fence == "m0:CHN"
    assert np.isfinite(reverts(many, out, ~out)["crps_reverts"])


@pytest.mark.slow
def test_a_small_run_predicts_gallium_better_than_its_last_wedge_spreads() -> None:
    table = held_back_wedges(["gallium"], draws=50, tune=100, seed=3)
    assert table.index.get_level_values("fence").unique().tolist() == ["gallium:CHN"]
    assert table["kind"].tolist() == ["last", "last 2", "control"]
    assert (table["low"] < table["median"]).all()
    assert np.isfinite(table[["log_score", "crps", "crps_exports"]]).all(axis=None)
    assert table["log_score_stays"].isna().all()  # one fence alone tells no spread


def test_it_passes_where_the_last_wedge_is_beaten() -> None:
    import pandas as pd

    table = pd.DataFrame(
        {
            "kind": ["last", "control"],
            "log_score": [0.2, 9.0],
            "crps": [0.1, 1.0],
            "log_score_stays": [0.5, np.nan],
            "crps_stays": [0.3, np.nan],
            "log_score_reverts": [0.1, 1.0],
            "crps_reverts": [0.1, 1.0],
        }
    )
    assert Check.of("held_back", table).passed is True
    assert Check.of("held_back", table.assign(log_score=[0.6, 0.0])).passed is False
    scores = wedge_scores(table)
    assert scores.loc[("last", "stays"), ["fences", "won"]].tolist() == [1, 1]
    assert scores.loc[("control", "reverts"), "won"] == 0
