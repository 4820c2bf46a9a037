"""Effective draws a second of the market model: nutpie, PyMC's NUTS, numpyro, and Stan by hand.

Usage: uv run --group bench python benchmarks/samplers.py [--chains 4 --tune 500 --draws 500]
           [nutpie] [pymc] [numpyro] [stan]

Every sampler gets the same data, chains, tuning and draws; time is that of sampling alone, the time
to compile is printed beside it. The score is that of the slowest reported quantity: parameters by
mineral, shared parameters, and cost, price, support and availability in the last three years.
"""

import argparse
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import arviz as az
import numpy as np
import xarray as xr

from critmin.data import load_panel
from critmin.mineral import GROUPS
from critmin.model.assumptions import COST_OFFSET, COST_SPREAD, GROUP_SHARE, PUBLISHED
from critmin.model.inputs import ModelInputs, make_inputs, support_ramps
from critmin.model.literature import published_prior
from critmin.model.market import build_model
from critmin.model.parameters import POOLED, pooled_prior, route_concentration
from critmin.model.prior import logit
from critmin.model.priors import (
    PRIORS,
    WITHHELD_CONCENTRATION,
)
from critmin.units import BASE_YEAR

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


def stan_data(x: ModelInputs) -> dict[str, Any]:
    """The inputs in the names of market.stan."""
    rows = np.arange(len(x.minerals))
    years = np.arange(len(x.years))
    after = years[None, :] > x.first[:, None]
    seen = np.isfinite(x.log_price)
    observed = seen & after
    carried = np.isfinite(x.carry)
    joined = np.zeros_like(seen)
    joined[:, 1:] = x.basis[:, 1:] == x.basis[:, :-1]
    has_growth = np.isfinite(x.growth) & observed & joined
    prior = pooled_prior(x, PUBLISHED)
    centre = np.array(
        [
            logit(row[0]) if PRIORS[name].family == "LogitNormal" else np.log(row[0])
            for row, name in zip(prior, POOLED, strict=True)
        ]
    )
    substitution = published_prior("substitution", [""])[:, 0]
    surprise = np.isfinite(x.technology_surprise)
    grown, grown_year = np.nonzero(np.isfinite(x.support_growth) & (x.support_share > 0))
    offset, spread = np.array(COST_OFFSET)[x.cost_kind].T
    push = np.einsum("mkt,kt->mt", x.technology_weight, np.nan_to_num(x.technology_surprise))
    stepped = np.flatnonzero(x.basis.any(axis=1))
    return {
        "M": len(rows),
        "T": len(years),
        "G": len(GROUPS),
        "P": len(POOLED),
        "K": 5,
        "group": [GROUPS.index(g) + 1 for g in x.groups],
        "prior_centre": centre,
        "prior_scale": prior[:, 1],
        "group_share": GROUP_SHARE,
        "concentration": route_concentration(x.routes),
        "primary": 1 - x.recycled,
        "monthly": x.monthly.astype(int),
        "quality": x.unit_value.astype(int) + 1,
        "first": x.first + 1,
        "basis": x.basis,
        "log_price": np.nan_to_num(x.log_price),
        "seen": seen.astype(int),
        "carry": np.nan_to_num(x.carry),
        "carried": carried.astype(int),
        "growth_data": np.nan_to_num(x.growth),
        "has_growth": has_growth.astype(int),
        "energy": x.energy,
        "materials": x.materials,
        "wages": x.wages,
        "ahead": (x.years - BASE_YEAR).astype(float),
        "W": int(np.isfinite(x.wage_growth).sum()),
        "wage_growth": x.wage_growth[np.isfinite(x.wage_growth)],
        "Y": int(x.income_known.sum()),
        "income_known": x.income[x.income_known],
        "income": x.income,
        "N_tech": len(x.technology_surprise),
        "Q": int(surprise.sum()),
        "technology": np.nonzero(surprise)[0] + 1,
        "technology_surprise": x.technology_surprise[surprise],
        "technology_push": push,
        "host_growth": x.host_growth,
        "H": int(x.has_host.sum()),
        "hosted": np.flatnonzero(x.has_host) + 1,
        "S": len(x.support_names),
        "support_mineral": x.support_mineral + 1,
        "support_share": x.support_share,
        "R": len(support_ramps(x.years)),
        "support_ramps": support_ramps(x.years),
        "D": len(grown),
        "grown": grown + 1,
        "grown_year": grown_year + 1,
        "support_growth": x.support_growth[grown, grown_year],
        "E": len(x.restriction_names),
        "restriction_mineral": x.restriction_mineral + 1,
        "restriction_share": x.restriction_share,
        "withheld_alpha": x.withheld_mean * WITHHELD_CONCENTRATION,
        "withheld_beta": (1 - x.withheld_mean) * WITHHELD_CONCENTRATION,
        "B": len(stepped),
        "stepped": stepped + 1,
        "V": len(x.revision),
        "revision": x.revision,
        "C": len(x.cost_log),
        "cost_mineral": x.cost_mineral + 1,
        "cost_year": x.cost_year + 1,
        "cost_centre": x.cost_log + offset,
        "cost_error": np.sqrt(spread**2 + COST_SPREAD**2 / x.cost_count),
        "support_scale": PRIORS["state_support"].numbers[0],
        "support_step_scale": PRIORS["support_step"].numbers[1],
        "substitution_centre": float(logit(substitution[0])),
        "substitution_scale": float(substitution[1]),
        "n_observed": int(observed.sum()),
        "n_carried": int((carried & observed).sum()),
        "n_growth": int(has_growth.sum()),
        "n_holes": int((after & ~seen).sum()),
        "n_innovations": int(after.sum()),
    }


def by_stan(inputs: ModelInputs, length: Length) -> tuple[float, float, xr.Dataset]:
    """Stan on market.stan, through pystan."""
    import httpstan.compile
    import stan

    def patient(*args: Any, **options: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(*args, **{**options, "timeout": 60})

    # httpstan gives the Stan compiler one second, less than its pedantic mode needs here.
    httpstan.compile.subprocess = SimpleNamespace(run=patient)
    code = Path(__file__).with_name("market.stan").read_text(encoding="utf-8")
    data = {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in stan_data(inputs).items()
    }
    start = time.perf_counter()
    program = stan.build(code, data=data, random_seed=SEED)
    middle = time.perf_counter()
    fitted = program.sample(
        num_chains=length.chains, num_warmup=length.tune, num_samples=length.draws
    )
    seconds = time.perf_counter() - middle
    variables = {}
    for name in (*REPORTED, *PATHS):
        draws = fitted[name]  # (..., draws x chains), chains fastest
        shape = (*draws.shape[:-1], length.draws, length.chains)
        values = np.moveaxis(draws.reshape(shape), (-1, -2), (0, 1))
        dims = ["chain", "draw", *(f"{name}_{i}" for i in range(values.ndim - 2))]
        if name in PATHS:
            dims[-1] = "year"
        variables[name] = (dims, values)
    return middle - start, seconds, xr.Dataset(variables)


SAMPLERS = {"nutpie": by_nutpie, "pymc": by_pymc, "numpyro": by_numpyro, "stan": by_stan}


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
