"""Automatic univariate baselines: what they are given, and what a textbook series makes of them."""

import numpy as np
import pytest

from critmin.audit.backtesting import univariate as module
from critmin.audit.backtesting.baselines import Known
from critmin.audit.backtesting.rolling import backtest
from critmin.audit.backtesting.univariate import UNIVARIATE, univariate
from critmin.exceptions import DataError

pytest.importorskip("statsforecast")


@pytest.mark.parametrize("name", list(UNIVARIATE))
def test_a_walk_is_forecast_by_its_end_with_growing_spread(name: str) -> None:
    walk = np.cumsum(np.random.default_rng(3).normal(0, 0.2, (3, 60)), axis=1)
    walk[0, 20] = np.nan
    mean, spread = univariate(name)(Known(walk, np.full_like(walk, np.nan)), 10)
    assert np.abs(mean[:, 0] - walk[:, -1]).max() < 0.2
    assert (spread[:, -1] > spread[:, 0]).all()
    np.testing.assert_allclose(spread[:, 0], 0.2, rtol=0.5)


def test_they_stand_in_the_same_table() -> None:
    found = backtest(
        ["tin", "zinc"], [2000], (1, 5), ("random walk", *UNIVARIATE), progressbar=False
    )
    assert not found.failures
    assert set(found.table["model"]) == {"random walk", *UNIVARIATE}


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_installed", lambda: False)
    with pytest.raises(DataError, match=r"install critmin\[baselines\]"):
        backtest(["tin"], [2000], models=("Theta",), progressbar=False)
