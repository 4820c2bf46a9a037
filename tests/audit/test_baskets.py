"""The energy score rewards knowing that prices move together."""

import numpy as np
import pytest
from scipy import stats

from critmin.audit.backtesting.baskets import basket_scores, basket_table, energy_score

NAMES = ("copper", "aluminum", "zinc", "lead", "tin")


def test_energy_score_of_one_mineral_is_the_crps_of_its_draws() -> None:
    draws = np.random.default_rng(1).standard_normal(400)
    ours = energy_score(draws[:, None], np.array([0.7]))
    z = 0.7
    normal = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    assert ours == pytest.approx(normal, abs=0.05)


def test_joint_draws_win_where_outcomes_move_together() -> None:
    rng = np.random.default_rng(2)
    made = []
    for origin in range(60):
        common = rng.standard_normal((400, 1))
        draws = {n: common + 0.2 * rng.standard_normal((400, 1)) for n in NAMES}
        shock = rng.standard_normal()
        came = {n: np.array([shock + 0.2 * rng.standard_normal()]) for n in NAMES}
        made.append(basket_scores(draws, came, (1,), origin)["energy_score"].values[0])
    gain = np.array(made)[:, 1] - np.array(made)[:, 0]
    assert gain.mean() > 3 * gain.std() / np.sqrt(len(gain))


def test_the_table_names_gain_and_error() -> None:
    rng = np.random.default_rng(3)
    draws = {n: rng.standard_normal((400, 2)) for n in NAMES}
    came = {n: rng.standard_normal(2) for n in NAMES}
    table = basket_table(basket_scores(draws, came, (1, 2), 2000))
    assert table.loc["base", "forecasts"] == 2
    assert np.isfinite(table.loc["base", "gain, %"])
