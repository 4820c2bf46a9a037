"""The gate: what does not vary is a constant; whatever else has no finite diagnostics is refused."""

import json

import numpy as np
import pytest
import xarray as xr

from critmin.inference import diagnostics
from critmin.inference.diagnostics import MAX_RHAT, MIN_ESS, run, together


def draws(**changed: np.ndarray) -> xr.Dataset:
    """Four chains of a thousand independent draws: two parameters, a path, and a constant."""
    rng = np.random.default_rng(3)
    made = {
        "tail": rng.normal(size=(4, 1000)),
        "slope": rng.normal(size=(4, 1000, 2)),
        "log_cost": rng.normal(size=(4, 1000, 2, 5)),
        "support": np.zeros((4, 1000, 2, 5)),
    } | changed
    dims = ("chain", "draw", "mineral", "year")
    coords = {"mineral": ["nickel", "gallium"], "year": np.arange(2021, 2026)}
    return xr.Dataset({n: (dims[: v.ndim], v) for n, v in made.items()}, coords=coords)


def diagnose(kept: xr.Dataset, divergences: int) -> tuple[dict[str, float | None], list[str]]:
    return diagnostics.diagnose(
        kept, {"divergences": divergences, "bfmi": 0.9, "saturated": 0.0, "draws": 1}
    )


def stats(energy: np.ndarray, **others: np.ndarray) -> xr.Dataset:
    return xr.Dataset({n: (("chain", "draw"), v) for n, v in {"energy": energy, **others}.items()})


def test_the_run_of_a_sampler_is_told_by_its_energy_depth_and_divergences() -> None:
    rng = np.random.default_rng(5)
    free = rng.normal(size=(4, 1000))  # momentum reaches everywhere: energies are independent
    stuck = free.copy()
    stuck[2] = rng.normal(size=1000).cumsum()
    none = np.zeros((4, 1000), dtype=bool)
    some = none.copy()
    some[0, :100] = True
    told = run(stats(free, diverging=some, maxdepth_reached=none))
    assert told["divergences"] == 100
    assert told["saturated"] == 0
    # Of independent energies steps have twice the variance.
    assert told["bfmi"] == pytest.approx(2, abs=0.25)
    told = run(stats(stuck, diverging=none, reached_max_treedepth=some))
    assert told == {"divergences": 0, "bfmi": told["bfmi"], "saturated": 0.025}
    assert told["bfmi"] < 0.1  # the worst chain's
    assert run(stats(free, diverging=none, tree_depth=10 * some + 3))["saturated"] == 0.025
    assert np.isnan(run(stats(free, diverging=none))["saturated"])


def test_the_worst_of_several_models_is_told_and_what_is_unknown_of_one_is_unknown() -> None:
    market = {"divergences": 1.0, "bfmi": 0.8, "saturated": 0.0}
    costs = {"divergences": 2.0, "bfmi": 0.5, "saturated": 0.1}
    assert together([market, costs]) == {"divergences": 3, "bfmi": 0.5, "saturated": 0.1}
    assert np.isnan(together([market, costs | {"bfmi": np.nan}])["bfmi"])


def test_energy_and_depth_are_reported_beside_the_others_and_refuse_nothing() -> None:
    told = {"divergences": 0.0, "bfmi": 0.1, "saturated": float("nan")}
    worst, complaints = diagnostics.diagnose(draws(), told)
    assert complaints == []
    assert worst["bfmi"] == 0.1
    assert worst["saturated"] is None
    assert list(worst) == ["r_hat", "ess_bulk", "ess_tail", "divergences", "bfmi", "saturated"]
    json.dumps(worst, allow_nan=False)


def test_independent_draws_pass_and_a_constant_does_not_count() -> None:
    worst, complaints = diagnose(draws(), 0)
    assert complaints == []
    assert 1 <= worst["r_hat"] <= MAX_RHAT
    assert MIN_ESS <= worst["ess_bulk"] <= 4500
    assert MIN_ESS <= worst["ess_tail"] <= 4500
    assert worst["divergences"] == 0


def test_a_variable_of_nan_is_refused_by_name() -> None:
    slope = draws()["slope"].values
    slope[..., 1] = np.nan
    worst, complaints = diagnose(draws(slope=slope), 0)
    assert worst["r_hat"] is None
    assert complaints[0] == "slope has draws that are not finite"
    for name, complaint in zip(("r_hat", "ess_bulk", "ess_tail"), complaints[1:], strict=True):
        assert complaint.startswith(f"{name} of slope[gallium] is no finite number")
    # One that is not a number in a single draw is no better.
    slope = draws()["slope"].values
    slope[2, 17, 0] = np.nan
    _, complaints = diagnose(draws(slope=slope), 0)
    assert complaints[0] == "slope has draws that are not finite"
    assert complaints[1].startswith("r_hat of slope[nickel]")


def test_chains_stuck_at_four_places_are_refused() -> None:
    stuck = np.repeat(np.arange(4.0)[:, None], 1000, axis=1)
    worst, complaints = diagnose(draws(tail=stuck), 0)
    assert worst["r_hat"] is None or worst["r_hat"] > 100
    assert any(c.startswith("r_hat of tail[]") for c in complaints)
    json.dumps(worst, allow_nan=False)  # as the provenance holds it


def test_an_infinite_draw_and_a_stuck_chain_are_refused() -> None:
    cost = draws()["log_cost"].values
    cost[0, 0, 1, 4] = np.inf
    assert diagnose(draws(log_cost=cost), 0)[1] == ["log_cost has draws that are not finite"]
    # Years before the last three start no forecast.
    cost = draws()["log_cost"].values
    cost[0, 0, 1, 0] = np.inf
    assert diagnose(draws(log_cost=cost), 0)[1] == []
    tail = draws()["tail"].values
    tail[1] = tail[1, 0]
    assert any(c.startswith("r_hat of tail[]") for c in diagnose(draws(tail=tail), 0)[1])


def test_chains_that_disagree_and_divergences_are_refused() -> None:
    tail = draws()["tail"].values + np.arange(4)[:, None]
    worst, complaints = diagnose(draws(tail=tail), 3)
    assert complaints[0] == "3 divergences"
    assert worst["r_hat"] == pytest.approx(1.6, abs=0.2)
    assert any(c.startswith("r_hat of tail[] is 1.") for c in complaints)


def test_a_fit_that_never_moved_is_no_set_of_constants() -> None:
    still = {n: np.ones_like(v.values) for n, v in draws().data_vars.items()}
    _, complaints = diagnose(draws(**still), 0)
    assert complaints == ["no draw differs from any other"]
