"""Forward simulation of one market from every posterior draw at once, in NumPy.

Every shock has its own stream, named after what it shocks, and is drawn year by year: so a
mineral's draws do not depend on which others are priced beside it, a longer horizon continues a
shorter one, and two scenarios with the same seed see the same shocks.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from critmin.model.equations import (
    COMPONENTS,
    component_costs,
    counterfactual_change,
    energy_mix,
    price_change,
    price_push,
)
from critmin.posterior import Posterior

MEAN_RESTRICTION_YEARS = 6.0
"""Mean further life of a restriction in force: an assumption; those that ended in the built-in
events had lasted 0.2 to 8.5 years."""

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
    """

    market: Floats
    fair: Floats
    components: Floats


def _stream(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


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
    size = len(shared["persistence"])
    shape = (horizon, size)
    energy_shock = _stream(seed, "energy").standard_normal(shape)
    income_shock = _stream(seed, "income").standard_normal(shape)
    factor = _stream(seed, "factor").standard_normal(shape)
    cost_shock = _stream(seed, f"{mineral}: cost").standard_normal(shape)
    lifted = _stream(seed, f"{mineral}: lifted").random(shape) < 1 / MEAN_RESTRICTION_YEARS
    price_shock = _stream(seed, f"{mineral}: price").standard_t(shared["tail"], shape)
    carry_shock = _stream(seed, f"{mineral}: carry").standard_t(shared["tail"], shape)
    monthly = posterior.is_monthly(mineral)
    inertia = 0.0 if monthly else shared["persistence"]

    slopes = {name: par[name] for name in ("supply_elasticity", "demand_elasticity")}
    share = par["cost_share"]
    energy_share = share[:, COMPONENTS.index("energy")]
    support = par["support"]

    log_price, carry, scale = par["log_price"], par["carry"], par["price_scale"]
    deviation, deviation_change = par["deviation"], par["deviation_change"]
    availability = par["availability"]
    energy = np.full(size, float(posterior.draws["energy"]))
    log_cost = par["log_cost"]
    base = log_cost - energy_mix(energy_share, energy)  # log cost at energy prices of the base year

    market, fair = np.empty((size, horizon)), np.empty((size, horizon))
    components = np.empty((len(COMPONENTS), size, horizon))
    drivers = np.zeros((size, len(COMPONENTS)))
    for h in range(horizon):
        energy = (
            energy
            + shared["energy_reversion"] * (shared["energy_mean"] - energy)
            + shared["energy_scale"] * energy_shock[h]
        )
        base = base + par["cost_drift"] + par["cost_scale"] * cost_shock[h]
        next_cost = base + energy_mix(energy_share, energy)
        next_availability = np.where(lifted[h], 0.0, availability)
        availability_change = next_availability - availability

        push = price_push(
            cost_change=next_cost - log_cost,
            support_change=0.0,
            availability_change=availability_change,
            income=shared["income_scale"] * income_shock[h],
            factor=factor[h],
            income_elasticity=par["income_elasticity"],
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
        log_cost, availability = next_cost, next_availability

        drivers[:, COMPONENTS.index("energy")] = energy
        market[:, h] = np.exp(log_price)
        fair[:, h] = np.exp(log_price + deviation)
        components[..., h] = (np.exp(base)[:, None] * component_costs(share, drivers)).T
    return Paths(market, fair, components)
