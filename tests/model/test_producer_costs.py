"""Costs of producer countries: what goes in, and that a known advantage is found."""

import dataclasses

import numpy as np
import pytest

from critmin.data import load_panel
from critmin.model.inputs import make_inputs
from critmin.model.producer_costs import build_producer_cost_model, make_producers


@pytest.fixture(scope="module")
def producers():
    return make_producers(load_panel(["lithium", "nickel", "cobalt", "copper", "zinc", "tin"]))


def test_producers_are_those_of_the_tables(producers) -> None:
    pairs = dict(zip(producers.pairs, producers.capacity, strict=True))
    assert pairs["cobalt", "COD"] == 230_000
    assert pairs["lithium", "DEU"] == 0  # a deposit, no output
    assert len(producers.deposit_cost) == 54
    gap = dict(zip(producers.pairs, producers.wage_gap, strict=True))
    assert gap["lithium", "AUS"] > gap["lithium", "ZWE"]


def test_cheap_deposits_and_growing_producers_are_cheap(producers) -> None:
    import nutpie

    rng = np.random.default_rng(0)
    truth = rng.normal(0, 0.3, len(producers.pairs))
    known = np.isfinite(producers.growth)
    made = dataclasses.replace(
        producers,
        wage_gap=np.zeros_like(producers.wage_gap),
        deposit_cost=10 + truth[producers.deposit_pair] + rng.normal(0, 0.1, 54),
        growth=np.where(known, -0.1 * truth + rng.normal(0, 0.01, len(truth)), np.nan),
        growth_error=np.where(known, 0.01, np.nan),
    )
    compiled = nutpie.compile_pymc_model(build_producer_cost_model(made), backend="numba")
    posterior = nutpie.sample(
        compiled,
        draws=300,
        tune=500,
        chains=2,
        seed=1,
        target_accept=0.95,
        progress_bar=False,
        save_warmup=False,
    )["posterior"]
    found = posterior["relative_effect"].mean(("chain", "draw")).values
    informed = known | np.isin(np.arange(len(truth)), producers.deposit_pair)
    assert np.corrcoef(found[informed], truth[informed])[0, 1] > 0.8


def test_minerals_left_out_take_their_cost_points_with_them() -> None:
    panel = load_panel(["lithium", "gold", "tin"]).sel(mineral=["gold", "tin"])
    assert len(make_producers(panel).deposit_cost) == 0
    inputs = make_inputs(panel)
    assert {inputs.minerals[m] for m in inputs.cost_mineral} == {"gold"}
