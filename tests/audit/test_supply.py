"""Forecasts of world output are scored against what came."""

import numpy as np
import pytest
from scipy.stats import norm

from critmin import backtest
from critmin.audit.backtesting.scores import LEVELS
from critmin.audit.backtesting.supply import (
    STEADY,
    TREND,
    supply_forecasts,
    supply_scores,
    supply_table,
)
from critmin.audit.backtesting.vintage import known_at
from critmin.data import load_panel
from critmin.exceptions import CritminError
from critmin.model.shares import world_growth


@pytest.fixture(scope="module")
def forecasts():
    """A model that knows what came but for a little, beside the baselines."""
    panel = load_panel(["copper", "zinc"])
    cut = known_at(panel, 2005)
    later = panel["year"].values > 2005
    known = {
        name: np.cumsum(world_growth(panel, name)[later])[:, None] + 0.001 * norm.ppf(LEVELS)
        for name in ("copper", "zinc")
    }
    return supply_forecasts(panel, cut, ["copper", "zinc"], (1, 5, 10), known, "seer")


def test_outcomes_are_growth_since_the_origin(forecasts) -> None:
    growth = world_growth(load_panel(["copper"]), "copper")
    years = load_panel(["copper"])["year"].values
    ours = forecasts["supply_outcome"].values[
        (forecasts["supply_mineral"].values == "copper") & (forecasts["supply_horizon"].values == 5)
    ]
    assert ours[0] == pytest.approx(growth[(years > 2005) & (years <= 2010)].sum(), rel=1e-6)


def test_who_knows_the_future_has_the_highest_skill(forecasts) -> None:
    table = supply_table(supply_scores(forecasts))
    skill = table["skill"].unstack("model")
    assert (skill[STEADY] == 0).all()
    assert (skill["seer"] > 0.9).all()
    assert (skill["seer"] > skill[TREND]).all()


def test_baselines_see_nothing_after_the_origin(forecasts) -> None:
    """The trend is that of growth known at the origin."""
    past = world_growth(known_at(load_panel(["copper"]), 2005), "copper")
    mean = np.nanmean(past)
    chosen = forecasts.sel(supply_model=TREND)["supply_points"].values[
        (forecasts["supply_mineral"].values == "copper")
        & (forecasts["supply_horizon"].values == 10)
    ]
    assert np.median(chosen) == pytest.approx(10 * mean, abs=1e-4)


def test_without_the_structural_model_there_is_nothing_to_score() -> None:
    found = backtest("tin", 2000, 5, ("random walk", "drift"), progressbar=False)
    with pytest.raises(CritminError, match="structural"):
        found.supply()
