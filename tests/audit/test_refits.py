"""Audits that refit: their arithmetic on traces made by hand, and one real run of each."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from critmin.audit.checks import parts, predictive, priors, refits
from critmin.audit.checks.parts import knock_outs, leave_group_out, module_worth
from critmin.audit.checks.predictive import predictive_checks
from critmin.audit.checks.priors import HEADLINE, THRESHOLD, power_scaling, prior_swaps
from critmin.audit.checks.refits import OBSERVED, full_trace, market_inputs
from critmin.data import load_panel
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import get_mineral
from critmin.model.assumptions import PUBLISHED, Assumptions
from critmin.model.inputs import ModelInputs, make_inputs

NAMES = ("nickel", "gallium")


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return make_inputs(load_panel(list(NAMES)))


def trace_of(
    inputs: ModelInputs, support: float = 0.0, cost: float = 0.0, density: float = 0.0
) -> xr.DataTree:
    """A trace in which support starts in the second year, and costs and densities are given."""
    shape = (4, 25)
    one = np.ones((*shape, len(inputs.minerals)))
    path = np.ones((*one.shape, len(inputs.years)))
    supported = support * path
    supported[..., 0] = 0
    dims = ("chain", "draw", "mineral")
    posterior = xr.Dataset(
        {
            "support": ((*dims, "year"), supported),
            "availability": ((*dims, "year"), 0 * path),
            "log_cost": ((*dims, "year"), cost * path),
            "supply_elasticity": (dims, 0.25 * one),
            "slope": (dims, 0.5 * one),
            "reversion": (dims, 0.2 * one),
            "persistence": (dims, 0 * one),
        }
    )
    rng = np.random.default_rng(0)
    # Densities that hardly differ among draws, so that leaving one out changes nothing.
    spread = 1e-3 * rng.standard_normal((*shape, 30))
    likelihood = dict.fromkeys(OBSERVED, (("chain", "draw", "row"), density + spread))
    tree = {"posterior": posterior, "log_likelihood": xr.Dataset(likelihood)}
    return xr.DataTree.from_dict(tree)


def last_ratio(inputs: ModelInputs, support: float) -> np.ndarray:
    """By hand, of `trace_of`: the year support begins, and a fifth of what is left a year later."""
    first = 0.25 / 0.5 * support * (1 - inputs.recycled)
    years = len(inputs.years) - 2
    return support + (first - support) * 0.8**years


def by_hand(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[ModelInputs, Assumptions], xr.DataTree]
) -> None:
    """Traces made by hand instead of the sampler's."""

    def given(
        inputs: ModelInputs,
        draws: int,
        tune: int,
        seed: int,
        likelihood: bool = True,
        assumptions: Assumptions = PUBLISHED,
    ) -> xr.DataTree:
        return make(inputs, assumptions)

    monkeypatch.setattr(parts, "full_trace", given)
    monkeypatch.setattr(priors, "full_trace", given)


def test_a_module_is_worth_what_it_adds_and_moves(inputs, monkeypatch) -> None:
    def make(x: ModelInputs, assumptions: Assumptions) -> xr.DataTree:
        whole = bool(x.support_names)
        return trace_of(x, support=0.1 * whole, density=-1.0 if whole else -1.5)

    by_hand(monkeypatch, make)
    table = module_worth(["income", "state support"], minerals=NAMES)
    assert table.index.tolist() == ["income", "state support"]
    assert table.loc["income", "elpd_difference"] == pytest.approx(0, abs=1e-9)
    assert table.loc["income", "moved"] == 0
    # Sixty observations, each less likely by half a nat.
    assert table.loc["state support", "elpd_difference"] == pytest.approx(30, abs=0.01)
    assert table.loc["state support", "error"] == pytest.approx(0, abs=0.01)
    moved = np.median(np.abs(last_ratio(inputs, 0.1)))
    assert table.loc["state support", "moved"] == pytest.approx(moved, rel=1e-9)
    with pytest.raises(UnknownNameError, match="income"):
        module_worth(["incme"], minerals=NAMES)


def test_pointwise_scores_are_those_of_a_normal_model() -> None:
    """Leave-one-out of a known normal mean has a closed form."""
    rng = np.random.default_rng(1)
    y = rng.normal(0, 1, 40)
    mean, variance = y.sum() / 41, 1 / 41  # prior and noise of variance one
    draws = mean + variance**0.5 * rng.standard_normal((4, 2000, 1))
    density = -0.5 * np.log(2 * np.pi) - 0.5 * (y - draws) ** 2
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"mu": (("chain", "draw"), draws[..., 0])}),
            "log_likelihood": xr.Dataset(
                dict.fromkeys(OBSERVED, (("chain", "draw", "row"), density))
            ),
        }
    )
    from arviz import loo

    scores, unreliable = parts._pointwise(tree, loo)
    rest_mean, rest_variance = (y.sum() - y) / 40, 1 / 40 + 1
    expected = -0.5 * np.log(2 * np.pi * rest_variance) - (y - rest_mean) ** 2 / rest_variance / 2
    np.testing.assert_allclose(scores, np.tile(expected, 2), atol=0.02)
    assert unreliable == 0


def test_prior_swaps_state_the_change_from_the_published_priors(inputs, monkeypatch) -> None:
    def make(x: ModelInputs, assumptions: Assumptions) -> xr.DataTree:
        cost = {"literature": 1.0, "sceptical": 1.2, "diffuse": 0.7}[assumptions.elasticities]
        return trace_of(x, support=0.1 * assumptions.support, cost=cost)

    by_hand(monkeypatch, make)
    table = prior_swaps(NAMES)
    assert table.index.tolist() == list(NAMES)
    np.testing.assert_allclose(table["sceptical elasticities", "cost"], 0.2)
    np.testing.assert_allclose(table["diffuse elasticities", "cost"], -0.3)
    np.testing.assert_allclose(table["sceptical elasticities", "fair"], 0)
    np.testing.assert_allclose(table["no state support", "fair"], -last_ratio(inputs, 0.1))
    np.testing.assert_allclose(table["half the state support", "fair"], -last_ratio(inputs, 0.05))
    np.testing.assert_allclose(table["twice the state support", "fair"], last_ratio(inputs, 0.1))


def test_knock_outs_say_what_a_publisher_moves_and_who_has_no_price_left(monkeypatch) -> None:
    def make(x: ModelInputs, assumptions: Assumptions) -> xr.DataTree:
        return trace_of(x, cost=float(len(x.anchor_log)))

    by_hand(monkeypatch, make)
    names = ["nickel", "gallium", "lithium"]
    table = knock_outs(names)
    points = len(market_inputs(load_panel(names)).anchor_log)
    assert points > 0
    np.testing.assert_allclose(table["published costs", "cost"], -points)
    np.testing.assert_allclose(table["published costs", "fair"], 0)
    np.testing.assert_allclose(table["governments' gazettes: export restrictions", "cost"], 0)
    # Gallium's prices are the U.S. Geological Survey's alone.
    left = table["U.S. Geological Survey: prices", "cost"]
    assert np.isfinite(left["nickel"])
    assert np.isnan(left["gallium"])


def test_leaving_a_group_out_says_how_far_the_others_move(monkeypatch) -> None:
    names = ["nickel", "copper", "gallium", "tungsten"]
    groups = {name: get_mineral(name).group for name in names}
    costs = {"nickel": 0.1, "copper": -0.2, "gallium": 0.3, "tungsten": 0.4}

    def make(x: ModelInputs, assumptions: Assumptions) -> xr.DataTree:
        tree = trace_of(x)
        if len(x.minerals) < len(names):  # some are missing: the rest move by what is theirs
            shift = xr.DataArray([costs[m] for m in x.minerals], dims="mineral")
            moved = tree["posterior"].to_dataset()
            tree["posterior"] = xr.DataTree(moved.assign(log_cost=moved["log_cost"] + shift))
        return tree

    by_hand(monkeypatch, make)
    table = leave_group_out(minerals=names)
    assert set(table.index) == set(groups.values())
    for group, row in table.iterrows():
        stay = [name for name in names if groups[name] != group]
        moved = pd.Series({name: abs(costs[name]) for name in stay})
        assert row["minerals"] == len(names) - len(stay)
        assert row["cost_median"] == pytest.approx(moved.median())
        assert row["cost_most"] == pytest.approx(moved.max())
        assert row["mineral"] == moved.idxmax()
        assert row["fair_most"] == 0
    with pytest.raises(DataError, match="one group"):
        leave_group_out(minerals=["gallium"])


def test_statistics_of_changes_are_the_known_ones() -> None:
    change = np.array([[1.0, -1.0, 1.0, -1.0], [0.5, 0.5, 0.5, 0.9]])
    spread, largest, lagged = predictive._statistics(change).T
    assert spread == pytest.approx([1.0, np.std(change[1])])
    assert largest.tolist() == [1.0, 0.9]
    assert lagged[0] == pytest.approx(-1)
    centred = change[1] - change[1].mean()
    expected = (centred[1:] * centred[:-1]).mean() / (centred**2).mean()
    assert lagged[1] == pytest.approx(expected)


def prior_trace(model: Any, *, draws: int, seed: int, **_: Any) -> xr.DataTree:
    """Draws of the prior in the place of the posterior's: the real model, without its sampler."""
    import pymc as pm

    names = [v.name for v in (*model.free_RVs, *model.deterministics)]
    with model:
        made = pm.sample_prior_predictive(4 * draws, var_names=names, random_seed=seed)
    flat = made["prior"].to_dataset().isel(chain=0, drop=True).drop_vars("draw")
    shaped = {
        name: (("chain", *v.dims), v.values.reshape(4, draws, *v.shape[1:]))
        for name, v in flat.data_vars.items()
    }
    return xr.DataTree.from_dict({"posterior": xr.Dataset(shaped, coords=flat.coords)})


@pytest.mark.slow
def test_predicted_histories_of_the_prior_are_wilder_than_what_came(monkeypatch) -> None:
    monkeypatch.setattr(predictive, "sample", prior_trace)
    table = predictive_checks(["nickel", "scandium", "gallium"], draws=25, seed=2)
    # Gallium's five prices are four changes, too few to be checked.
    assert "gallium" not in table.index
    log = np.log(load_panel(["nickel"])["price"].squeeze("mineral").sel(year=slice(1960, None)))
    change = log.diff("year").dropna("year").values[None]
    row = table.loc["nickel"]
    for k, name in enumerate(predictive.STATISTICS):
        assert row[name, "observed"] == pytest.approx(predictive._statistics(change)[0, k])
        assert row[name, "5%"] <= row[name, "95%"]
        assert 0 <= row[name, "above"] <= 1
    assert row["spread", "above"] > 0.3


@pytest.mark.slow
def test_power_scaling_of_the_prior_itself(monkeypatch) -> None:
    """Without data the outputs follow their priors: those that make them up are named."""
    monkeypatch.setattr(refits, "sample", prior_trace)
    table = power_scaling(["nickel"], fitted=NAMES, draws=250, seed=1)
    assert (table["sensitivity"] > THRESHOLD).all()
    assert table["sensitivity"].is_monotonic_decreasing
    assert set(table["output"]) <= {f"nickel: {label}" for label in HEADLINE}
    cost = set(table.loc[table["output"] == "nickel: cost", "prior"])
    assert "cost_drift" in cost or "cost_scale_group" in cost or "cost_shock" in cost
    # Cost owes nothing to demand.
    assert not cost & {"demand_elasticity", "income_elasticity"}
    with pytest.raises(UnknownNameError, match="tin"):
        power_scaling(["tin"], fitted=NAMES)


@pytest.mark.slow
def test_every_audit_runs_on_real_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short chains of two minerals: five fits, each used wherever it is the same."""
    fits: dict[str, xr.DataTree] = {}
    real = full_trace

    def once(
        x: ModelInputs,
        draws: int,
        tune: int,
        seed: int,
        likelihood: bool = True,
        assumptions: Assumptions = PUBLISHED,
    ) -> xr.DataTree:
        key = repr((dataclasses.astuple(x), assumptions))
        if key not in fits:
            fits[key] = real(x, draws, tune, seed, True, assumptions)
        return fits[key]

    monkeypatch.setattr(parts, "full_trace", once)
    monkeypatch.setattr(priors, "full_trace", once)
    settings = {"draws": 100, "tune": 200, "seed": 1}
    worth = module_worth(["technology"], minerals=NAMES, **settings)
    assert np.isfinite(worth.to_numpy()).all()
    assert abs(worth.loc["technology", "elpd_difference"]) < 30
    swapped = prior_swaps(NAMES, swaps=["sceptical elasticities"], **settings)
    assert np.isfinite(swapped.to_numpy()).all()
    assert 0 < np.abs(swapped.to_numpy()).max() < 2
    knocked = knock_outs(NAMES, publishers=["published costs"], **settings)
    assert np.isfinite(knocked.to_numpy()).all()
    groups = leave_group_out(minerals=NAMES, **settings)
    assert len(groups) == 2
    assert (groups["cost_most"] < 3).all()
    table = power_scaling(["nickel"], fitted=NAMES, **settings)
    assert (table["sensitivity"] > THRESHOLD).all()
    checks = predictive_checks(["nickel"], draws=100, tune=200, seed=1)
    row = checks.loc["nickel"]
    # In sample the model's histories are as wide as what came.
    assert 0.02 < row["spread", "above"] < 0.98
