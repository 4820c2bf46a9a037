"""Effective draws a second of the market model: nutpie, PyMC's NUTS and numpyro.

Usage: uv run --group bench python benchmarks/samplers.py [--chains 4 --tune 500 --draws 500]
           [nutpie] [pymc] [numpyro]

Every sampler gets the same data, chains, tuning and draws; time is that of sampling alone, the time
to compile is printed beside it. The score is that of the slowest reported quantity: parameters by
mineral, shared parameters, and cost, price, support and availability in the last three years.
"""

import argparse
import time
from typing import NamedTuple

import arviz as az
import numpy as np
import xarray as xr

from critmin.data import load_panel
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.model.market import build_model

SEED = 1
REPORTED = (
    "supply_elasticity",
    "demand_elasticity",
    "income_elasticity",
    "reversion",
    "price_scale",
    "cost_drift",
    "cost_share",
    "demand_share",
    "growth",
    "slope",
    "scrap_elasticity",
    "substitution",
    "technology_response",
    "carry_response",
    "carry_scale",
    "tail",
    "wage_pass_through",
    "capital_trend",
    "compliance_trend",
    "state_support",
)
PATHS = ("log_cost", "support", "availability")


class Length(NamedTuple):
    """How much is sampled."""

    chains: int
    tune: int
    draws: int


def slowest(posterior: xr.Dataset) -> tuple[float, str, float]:
    """Smallest bulk effective sample size, its variable, and the largest R-hat."""
    names = [name for name in REPORTED if name in posterior]
    chosen = posterior[names].merge(
        posterior[list(PATHS)].isel({posterior["log_cost"].dims[-1]: slice(-3, None)})
    )
    with np.errstate(invalid="ignore"):
        ess = az.ess(chosen, method="bulk").map(lambda v: v.min())
        rhat = az.rhat(chosen).map(lambda v: v.max())
    name = min(ess.data_vars, key=lambda n: float(ess[n]))
    return float(ess[name]), str(name), max(float(v) for v in rhat.data_vars.values())


def by_nutpie(inputs: ModelInputs, length: Length) -> tuple[float, float, xr.Dataset]:
    """Compile seconds, sampling seconds, posterior."""
    import nutpie

    start = time.perf_counter()
    compiled = nutpie.compile_pymc_model(build_model(inputs), backend="numba")
    middle = time.perf_counter()
    trace = nutpie.sample(
        compiled,
        **length._asdict(),
        seed=SEED,
        progress_bar=False,
        save_warmup=False,
    )
    return middle - start, time.perf_counter() - middle, trace["posterior"].to_dataset()


def _by_pymc(inputs: ModelInputs, length: Length, sampler: str) -> tuple[float, float, xr.Dataset]:
    import pymc as pm

    names = [*REPORTED, *PATHS]
    with build_model(inputs) as model:
        if sampler == "numpyro":
            import numpyro

            numpyro.set_host_device_count(length.chains)
        start = time.perf_counter()
        if sampler == "pymc":
            model.logp_dlogp_function(ravel_inputs=True)
        middle = time.perf_counter()
        trace = pm.sample(
            **length._asdict(),
            random_seed=SEED,
            nuts_sampler=sampler,
            var_names=names,
            progressbar=False,
            compute_convergence_checks=False,
        )
        attributes = trace["posterior"].attrs
    # Each library reports the time of sampling itself; where it does not, all of it counts.
    seconds = float(attributes.get("sampling_time", time.perf_counter() - middle))
    posterior = trace["posterior"].to_dataset()
    return (
        middle - start + (time.perf_counter() - middle - seconds),
        seconds,
        posterior.map(lambda v: v.copy(data=np.asarray(v.data))),
    )


def by_pymc(inputs: ModelInputs, length: Length) -> tuple[float, float, xr.Dataset]:
    """PyMC's own sampler."""
    return _by_pymc(inputs, length, "pymc")


def by_numpyro(inputs: ModelInputs, length: Length) -> tuple[float, float, xr.Dataset]:
    """Numpyro on the CPU."""
    return _by_pymc(inputs, length, "numpyro")


SAMPLERS = {"nutpie": by_nutpie, "pymc": by_pymc, "numpyro": by_numpyro}


def main() -> None:
    """Run the samplers asked for, all by default, and print ratios to the last."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("samplers", nargs="*", choices=[*SAMPLERS, []], default=[])
    for name, default in (("chains", 4), ("tune", 500), ("draws", 500)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    chosen = given.samplers or list(SAMPLERS)
    length = Length(given.chains, given.tune, given.draws)
    inputs = make_inputs(load_panel())
    rates = {}
    for name in chosen:
        compiling, sampling, posterior = SAMPLERS[name](inputs, length)
        ess, where, rhat = slowest(posterior)
        rates[name] = ess / sampling
        means = {v: float(posterior[v].mean()) for v in ("tail", "supply_elasticity", "log_cost")}
        print(
            f"{name}: compiled in {compiling:.0f} s, sampled in {sampling:.0f} s, slowest {where} with "
            f"bulk ESS {ess:.0f} ({rates[name]:.2f} a second), R-hat at most {rhat:.3f}; posterior "
            "means " + ", ".join(f"{v} {m:.3f}" for v, m in means.items()),
            flush=True,
        )
    for name, rate in rates.items():
        print(f"{name}: {rate / rates[chosen[-1]]:.2f} times {chosen[-1]}")


if __name__ == "__main__":
    main()
