"""Forward simulation of one market from every posterior draw at once, in NumPy.

Every shock has its own stream, named after what it shocks, and is drawn year by year: so a
mineral's draws do not depend on which others are priced beside it, a longer horizon continues a
shorter one, and two scenarios with the same seed see the same shocks.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from critmin.mineral import get_mineral
from critmin.model.equations import (
    component_costs,
    cost_drivers,
    counterfactual_change,
    price_change,
    price_push,
)
from critmin.model.priors import WITHHELD_CONCENTRATION
from critmin.posterior import Posterior
from critmin.units import BASE_YEAR

SMALLEST_SHARE = 0.02
"""Producers below this share of output cannot move the price by restricting exports."""

LEAST_AVAILABLE = 0.05
"""Share of world supply that reaches the market however many producers restrict exports."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Paths:
    """Simulated paths of one mineral, all (sample, year) and in real USD per tonne of element.

    Attributes
    ----------
    market, fair : array
        Market price, and the price of the same economy without support and restrictions.
    components : array (component, sample, year)
        Full cost of the marginal market-financed producer by component.
    availability : array
        Share of world supply that export restrictions leave to the market; no price.
    """

    market: Floats
    fair: Floats
    components: Floats
    availability: Floats


def _stream(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


def _drivers(posterior: Posterior, horizon: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Log real prices of energy and materials, and log wages about the origin, (year + 1, sample).

    The first year is the origin's.
    """
    shared = posterior.shared
    size = len(shared["tail"])
    energy, materials, wages = (np.zeros((horizon + 1, size)) for _ in range(3))
    energy[0] = float(posterior.draws["energy"])
    materials[0] = float(posterior.draws["materials"])
    shocks = {
        name: _stream(seed, name).standard_normal((horizon, size))
        for name in ("energy", "materials", "wages")
    }
    for h in range(horizon):
        shock = shared["energy_scale"] * shocks["energy"][h]
        energy[h + 1] = (
            energy[h] + shared["energy_reversion"] * (shared["energy_mean"] - energy[h]) + shock
        )
        materials[h + 1] = (
            materials[h]
            + shared["materials_reversion"] * (shared["materials_mean"] - materials[h])
            + shared["materials_energy"] * shock
            + shared["materials_scale"] * shocks["materials"][h]
        )
        wages[h + 1] = wages[h] + shared["wage_drift"] + shared["wage_scale"] * shocks["wages"][h]
    return energy, materials, wages


def _availability(posterior: Posterior, mineral: str, horizon: int, seed: int) -> Floats:
    """Log availability, (year + 1, sample): restrictions in force end, new ones arrive and end.

    Those in force at the origin end at the rate that the median duration implies; new ones have a
    duration of their own, a kind of measure drawn as often as it was taken, and a share withheld.
    """
    shared = posterior.shared
    size = len(shared["tail"])
    commodity = get_mineral(mineral).production or mineral
    rate = np.log(2) / shared["typical_duration"]
    lifted = _stream(seed, f"{commodity}: lifted").random((horizon, size)) < 1 - np.exp(-rate)
    inherited = np.empty((horizon + 1, size))
    inherited[0] = posterior.of(mineral)["availability"]
    for h in range(horizon):
        inherited[h + 1] = np.where(lifted[h], 0.0, inherited[h])

    count = posterior.draws["withheld_count"].values
    mean = posterior.draws["withheld_mean"].values
    taken = np.zeros((horizon + 1, size))
    if not count.sum():
        return inherited  # no restriction was on record: its kind cannot be drawn
    for country, share, hazard in posterior.exporters(commodity):
        if share < SMALLEST_SHARE:
            continue
        name = f"{commodity}: {country}"
        uniform = _stream(seed, f"{name}: onset").random((horizon, size))
        kind = _stream(seed, f"{name}: measure").choice(
            len(mean), (horizon, size), p=count / count.sum()
        )
        a = mean[kind] * WITHHELD_CONCENTRATION
        withheld = _stream(seed, f"{name}: withheld").beta(a, WITHHELD_CONCENTRATION - a)
        normal = _stream(seed, f"{name}: duration").standard_normal((horizon, size))
        duration = shared["typical_duration"] * np.exp(shared["duration_log_sd"] * normal)
        onset = uniform < 1 - np.exp(-hazard)
        held, left = np.zeros(size), np.zeros(size)
        for h in range(horizon):
            held = np.where(left > 0, held, 0.0)
            # A second measure adds nothing to a stronger one in force.
            begins = onset[h] & (withheld[h] > held)
            held = np.where(begins, withheld[h], held)
            left = np.where(begins, duration[h], left - 1)
            taken[h + 1] += share * held
    return inherited + np.log(np.maximum(1 - taken, LEAST_AVAILABLE))


def simulate(posterior: Posterior, mineral: str, horizon: int, seed: int) -> Paths:
    """Simulate a mineral for the years after the posterior's origin.

    Parameters
    ----------
    posterior : Posterior
    mineral : str
    horizon : int
        Years.
    seed : int

    Returns
    -------
    Paths
    """
    par, shared = posterior.of(mineral), posterior.shared
    size = len(shared["tail"])
    shape = (horizon, size)
    host = get_mineral(mineral).host or mineral
    energy, materials, wages = _drivers(posterior, horizon, seed)
    log_available = _availability(posterior, mineral, horizon, seed)
    income = shared["income_scale"] * _stream(seed, "income").standard_normal(shape)
    factor = _stream(seed, "factor").standard_normal(shape)
    host_growth = par["host_scale"] * _stream(seed, f"{host}: output").standard_normal(shape)
    technology = np.zeros(shape)
    for k, name in enumerate(map(str, posterior.draws["technology"].values)):
        if par["technology_weight"][k] > 0:
            shock = _stream(seed, name).standard_normal(shape)
            scale = posterior.draws["technology_scale"].values[:, k]
            technology += par["technology_weight"][k] * scale * shock
    technology = shared["technology_response"] * technology
    cost_shock = _stream(seed, f"{mineral}: cost").standard_normal(shape)
    price_shock = _stream(seed, f"{mineral}: price").standard_t(shared["tail"], shape)
    carry_shock = _stream(seed, f"{mineral}: carry").standard_t(shared["tail"], shape)
    monthly = posterior.is_monthly(mineral)
    inertia = par["persistence"]
    slopes = {name: par[name] for name in ("supply_elasticity", "slope", "primary")}

    support, scale = par["support"], par["price_scale"]
    log_price, carry, log_cost = par["log_price"], par["carry"], par["log_cost"]
    deviation, deviation_change = par["deviation"], par["deviation_change"]

    def parts(h: int) -> Floats:
        """Components of the cost relative to the base year, h years after the origin."""
        drivers = cost_drivers(
            energy=energy[h],
            wages=wages[h],
            materials=materials[h],
            years_ahead=posterior.origin + h - BASE_YEAR,
            wage_pass_through=shared["wage_pass_through"],
            capital_trend=shared["capital_trend"],
            compliance_trend=shared["compliance_trend"],
        )
        return np.asarray(component_costs(par["cost_share"], np.stack(drivers, axis=-1)))

    base = log_cost - np.log(parts(0).sum(axis=-1))  # log cost at the base year's drivers
    market, fair = np.empty((size, horizon)), np.empty((size, horizon))
    components = np.empty((par["cost_share"].shape[-1], size, horizon))
    for h in range(horizon):
        base = base + par["cost_drift"] + par["cost_scale"] * cost_shock[h]
        stack = np.exp(base)[:, None] * parts(h + 1)
        next_cost = np.log(stack.sum(axis=-1))
        availability_change = log_available[h + 1] - log_available[h]
        push = price_push(
            cost_change=next_cost - log_cost,
            support_change=0.0,
            availability_change=availability_change,
            income=income[h],
            technology=technology[h],
            host=host_growth[h],
            factor=factor[h],
            income_elasticity=par["income_elasticity"],
            host_tie=par["host_tie"],
            factor_loading=par["factor_loading"],
            **slopes,
        )
        deviation_change = counterfactual_change(
            carry=inertia * deviation_change,
            deviation=deviation,
            support=support,
            support_change=0.0,
            availability_change=availability_change,
            reversion=par["reversion"],
            **slopes,
        )
        shock = scale * price_shock[h]
        change = shock + price_change(
            push=push,
            carry=carry,
            gap=log_price - log_cost + support,
            reversion=par["reversion"],
        )
        log_price = log_price + change
        carry = (
            shared["carry_response"] * shock + shared["carry_scale"] * scale * carry_shock[h]
            if monthly
            else inertia * change
        )
        deviation = deviation + deviation_change
        log_cost = next_cost
        market[:, h] = np.exp(log_price)
        fair[:, h] = np.exp(log_price + deviation)
        components[..., h] = stack.T
    return Paths(market, fair, components, np.exp(log_available[1:]).T)
