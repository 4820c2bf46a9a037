"""The economics of one market, written once as arithmetic that runs on NumPy and on PyTensor.

Everything is in logs, annual, real. For one mineral with log price p, log world production q and
log full cost c:

    supply   dq = g + e_s (dp - dc + ds) + kappa (e_s + e_d) gap[t-1] + u
    demand   dq + da = g + eta y - e_d dp + (e_s + e_d) ((1 - kappa) carry[t-1] + load f) + v
    gap      = p - c + s

with s the state support (log points of cost that a state carries), a = log(1 - share withheld) the
availability under export restrictions, y the growth of world income about its mean and f a factor
common to all minerals. The carry is how far the price at the end of a year stands above the year's
average, from which the next year starts (Working 1960, Econometrica 28); where only annual
averages are known it is psi dp. Price and quantity are simultaneous; solving both for dp gives the price
equation, and the structural density of (dp, dq) factors exactly into the density of dp and that of
dq given dp (the Jacobian e_s + e_d is inside the scale of the price shock; Baumeister and Hamilton
2015, Econometrica 83, give the structural form).
"""

from typing import Any

import numpy as np

COMPONENTS: tuple[str, ...] = ("energy", "labour", "materials", "capital", "compliance")
"""Components of the full cost; compliance includes environmental rules and royalties."""


def price_push(
    *,
    cost_change: Any,
    support_change: Any,
    availability_change: Any,
    income: Any,
    factor: Any,
    supply_elasticity: Any,
    demand_elasticity: Any,
    income_elasticity: Any,
    factor_loading: Any,
) -> Any:
    """What this year's cost, demand and distortions do to the log price within the year.

    Parameters
    ----------
    cost_change, support_change, availability_change : array
        This year's change of log cost, of support and of log availability.
    income, factor : array
        This year's growth of income about its mean, and the common factor.
    supply_elasticity, demand_elasticity, income_elasticity : array
        e_s, e_d (both positive) and eta.
    factor_loading : array
        Effect of the common factor on the log price.
    """
    slope = supply_elasticity + demand_elasticity
    shifts = (
        supply_elasticity * (cost_change - support_change)
        + income_elasticity * income
        - availability_change
    )
    return shifts / slope + factor_loading * factor


def price_change(*, push: Any, carry: Any, gap: Any, reversion: Any) -> Any:
    """Expected change of the log price within a year; the price shock comes on top.

    Parameters
    ----------
    push : array
        Of `price_push`.
    carry, gap : array
        Last year's carry, and last year's gap ``p - c + s``.
    reversion : array
        kappa.
    """
    # The year starts from the carried price, and so does its return to cost.
    return push + carry - reversion * (gap + carry)


def counterfactual_change(
    *,
    carry: Any,
    deviation: Any,
    support: Any,
    support_change: Any,
    availability_change: Any,
    supply_elasticity: Any,
    demand_elasticity: Any,
    reversion: Any,
) -> Any:
    """Change of the log gap between the fair and the market price.

    The fair price obeys `price_change` with support 0 and full availability and the same shocks;
    this is the difference of the two equations, so every shock cancels, and so does the carry where
    it is observed or drawn.

    Parameters
    ----------
    carry, deviation : array
        Last year's difference in carry (psi times the change of the deviation where only annual
        averages are known, else 0), and ``fair - market`` in logs.
    support : array
        Last year's state support.
    support_change, availability_change : array
        This year's changes in the market economy.
    supply_elasticity, demand_elasticity, reversion : array
        As in `price_push` and `price_change`.
    """
    slope = supply_elasticity + demand_elasticity
    pushes = supply_elasticity * support_change + availability_change
    return carry + pushes / slope - reversion * (deviation + carry - support)


def production_growth(
    *,
    trend: Any,
    price_change: Any,
    cost_change: Any,
    support_change: Any,
    gap: Any,
    price_shock: Any,
    demand_share: Any,
    supply_elasticity: Any,
    demand_elasticity: Any,
    reversion: Any,
) -> Any:
    """Expected growth of log production given the price change of the same year.

    The price shock is ``(v - u) / (e_s + e_d)``, so a share ``1 - demand_share`` of it came from
    supply, and supply fell by as much.

    Parameters
    ----------
    trend : array
        Growth g at which supply and demand go together.
    price_change, cost_change, support_change, gap : array
        As in `price_change`; `gap` is last year's.
    price_shock : array
        This year's price change less its expectation.
    demand_share : array
        Share of the variance of the price shock that demand causes.
    supply_elasticity, demand_elasticity, reversion : array
        As in `price_change`.
    """
    slope = supply_elasticity + demand_elasticity
    return (
        trend
        + supply_elasticity * (price_change - cost_change + support_change)
        + reversion * slope * gap
        - (1 - demand_share) * slope * price_shock
    )


def production_scale(
    *,
    price_scale: Any,
    demand_share: Any,
    supply_elasticity: Any,
    demand_elasticity: Any,
    measurement: Any,
) -> Any:
    """Scale of log production growth given the price change, measurement error included."""
    shock = (supply_elasticity + demand_elasticity) * price_scale
    return (shock**2 * demand_share * (1 - demand_share) + measurement**2) ** 0.5


def component_costs(shares: Any, drivers: Any) -> Any:
    """Components of the cost relative to the base year, where they add up to one.

    Parameters
    ----------
    shares : array, last axis component
        Cost shares in the base year.
    drivers : array, last axis component
        Log real price indices of the components, 0 in the base year.
    """
    return shares * np.exp(drivers)


def energy_mix(energy_share: Any, energy: Any, xp: Any = np) -> Any:
    """Log of the cost relative to the base year when only the price of energy has moved."""
    return xp.log(1 - energy_share + energy_share * xp.exp(energy))
