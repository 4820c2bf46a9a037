"""The economics of one market, written once as arithmetic that runs on NumPy and on PyTensor.

Everything is in logs, annual, real. For one mineral with log price p, log primary production q,
scrap z, and log full cost c:

    primary  dq = g + e_s (dp - dc + ds) + b h + ((1 - phi) kappa slope gap[t-1] + u) / w
    scrap    dz = g + e_z dp
    demand   w (dq + da) + (1 - w) dz = g + eta y + x - e_d dp - phi kappa slope gap[t-1]
                                        + slope ((1 - kappa) carry[t-1] + load f + load_g f_g) + v
    slope    = w e_s + (1 - w) e_z + e_d
    gap      = p - c + s

with w the primary share of supply, s the state support (log points of cost that a state carries), a
the availability under export restrictions (`availability_term`), h the growth of the host metal's
output about its mean (by-products), y the part of the growth of world income about its mean that is
demand's (in dollars the rest is the dollar), x what technologies add to demand beyond their trend, f
a cycle common to all minerals and f_g one of their group (base metals have only the first). A gap
between price and cost closes at the speed kappa: a share phi of it by substitution in demand, the
rest by capacity. The carry is how far the price at the end of a year stands above the year's average,
from which the next year starts (Working 1960, Econometrica 28); where only annual averages are known
it is psi dp. A share lambda of every price shock lasts: the cost to which prices return rises by
lambda (v - u) / slope at the end of the year, as inputs take their part, poorer ores are mined, or a
demand stays that only dearer deposits meet (lambda 1 is a random walk, lambda 0 a return to where
the price was); it moves the gap of later years and is no part of dc. Price and quantity are
simultaneous; solving for dp gives the price equation, and the structural density of (dp, dq) factors
exactly into the density of dp and that of dq given dp (the Jacobian is inside the scale of the price
shock; Baumeister and Hamilton 2015, Econometrica 83, give the structural form).
"""

from typing import Any

import numpy as np

CHOKE_FACTOR = 20.0
"""Highest price that anybody pays over the highest real price on record (judgement; no substitution
price of any mineral is sourced so far)."""

LARGEST_PURCHASE = 0.5
"""Part of what reaches the market in a year that public stocks can take."""


LEAST_RESPONSE = 0.01
"""Least fall of log demand and rise of log supply, together, for a rise of the log price by one.

A market that answers less has no price to speak of; published elasticities of demand alone are ten
times as large and more. It bounds what is divided by it.
"""


WILDEST = 4.0
"""Usual scales of a price shock beyond which it makes the year after no wilder."""


def total_slope(
    *, supply_elasticity: Any, demand_elasticity: Any, scrap_elasticity: Any, primary: Any
) -> Any:
    """By how much supply outgrows demand within the year when the log price rises by one.

    Parameters
    ----------
    supply_elasticity, demand_elasticity, scrap_elasticity : array
        e_s, e_d and e_z, all positive.
    primary : array
        w, the primary share of supply.
    """
    return primary * supply_elasticity + (1 - primary) * scrap_elasticity + demand_elasticity


def availability_term(share: Any, xp: Any = np) -> Any:
    """What reaches the market as it enters the balance: 0 if all of the output does.

    Parameters
    ----------
    share : array
        Share of world output that reaches the market; above 1 where mines open.
    xp : module
        ``numpy`` or ``pytensor.tensor``.

    Notes
    -----
    What is missing counts by its share of the whole, ``share - 1``: demand then falls in proportion to
    the rise of the log price (a curve linear in the log price), its elasticity grows as the quantity
    shrinks, and all of it is gone at ``exp(1 / slope)`` times the price. With a constant elasticity,
    which is ``log(share)``, no price would be high enough. What is added counts by its log. For small
    changes the two are the same.
    """
    return xp.minimum(share, 1.0) - 1.0 + xp.log(xp.maximum(share, 1.0))


def common_move(*, factor: Any, group_factor: Any, factor_loading: Any, group_loading: Any) -> Any:
    """What the cycle of all minerals and that of a mineral's group do to its log price.

    Parameters
    ----------
    factor, group_factor : array
        Standard shocks of both cycles.
    factor_loading, group_loading : array
        By how much the mineral's price moves with them.
    """
    return factor_loading * factor + group_loading * group_factor


def price_push(
    *,
    cost_change: Any,
    support_change: Any,
    availability_change: Any,
    income: Any,
    technology: Any,
    host: Any,
    common: Any,
    supply_elasticity: Any,
    slope: Any,
    primary: Any,
    income_elasticity: Any,
    host_tie: Any,
) -> Any:
    """What this year's cost, demand, host and distortions do to the log price within the year.

    Parameters
    ----------
    cost_change, support_change, availability_change : array
        This year's change of log cost, of support and of availability.
    income, technology, host, common : array
        Growth of income about its mean as far as it is demand's, demand that technologies add beyond
        their trend, growth of the host's output about its mean, and the result of `common_move`.
    supply_elasticity, slope, primary : array
        e_s, the result of `total_slope`, and w.
    income_elasticity, host_tie : array
        eta and b.
    """
    from_primary = supply_elasticity * (cost_change - support_change)
    from_primary = from_primary - availability_change - host_tie * host
    shifts = primary * from_primary + income_elasticity * income + technology
    return shifts / slope + common


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
    slope: Any,
    primary: Any,
    reversion: Any,
    cost_deviation: Any = 0.0,
    cost_deviation_change: Any = 0.0,
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
    supply_elasticity, slope, primary, reversion : array
        As in `price_push` and `price_change`.
    cost_deviation, cost_deviation_change : array
        Last year's ``fair - market`` of the log cost, which differs where output does
        (`expansion_cost`), and its change this year.
    """
    costs = support_change + cost_deviation_change
    pushes = primary * (supply_elasticity * costs + availability_change)
    return carry + pushes / slope - reversion * (deviation + carry - support - cost_deviation)


def production_growth(
    *,
    trend: Any,
    price_change: Any,
    cost_change: Any,
    support_change: Any,
    host: Any,
    gap: Any,
    price_shock: Any,
    demand_share: Any,
    substitution: Any,
    supply_elasticity: Any,
    slope: Any,
    primary: Any,
    host_tie: Any,
    reversion: Any,
) -> Any:
    """Expected growth of log primary production given the price change of the same year.

    The price shock is ``(v - u) / slope``, so a share ``1 - demand_share`` of it came from supply,
    and supply fell by as much.

    Parameters
    ----------
    trend : array
        Growth g at which supply and demand go together.
    price_change, cost_change, support_change, host, gap : array
        As in `price_push` and `price_change`; `gap` is last year's.
    price_shock : array
        This year's price change less its expectation.
    demand_share : array
        Share of the variance of the price shock that demand causes.
    substitution : array
        phi, the share of a gap that demand closes.
    supply_elasticity, slope, primary, host_tie, reversion : array
        As in `price_push` and `price_change`.
    """
    closing = (1 - substitution) * reversion * gap - (1 - demand_share) * price_shock
    return (
        trend
        + supply_elasticity * (price_change - cost_change + support_change)
        + host_tie * host
        + slope / primary * closing
    )


def production_scale(
    *, price_scale: Any, demand_share: Any, slope: Any, primary: Any, measurement: Any
) -> Any:
    """Scale of log production growth given the price change, measurement error included."""
    shock = slope / primary * price_scale
    return (shock**2 * demand_share * (1 - demand_share) + measurement**2) ** 0.5


def price_gap(*, log_price: Any, log_cost: Any, support: Any) -> Any:
    """How far the price stands above the cost that producers themselves carry, in logs.

    Parameters
    ----------
    log_price, log_cost, support : array
        p, c and s.
    """
    return log_price - log_cost + support


def volatility(*, surprise: Any, memory: Any, xp: Any = np) -> Any:
    """Scale of this year's price shock relative to its usual one: calm and wild years follow each other.

    Parameters
    ----------
    surprise : array
        Last year's price shock over its usual scale.
    memory : array
        Part of the variance that last year's shock decides, 0 to 1.
    xp : module
        NumPy or PyTensor's tensor module.

    Notes
    -----
    Autoregressive conditional heteroskedasticity (Engle 1982, Econometrica 50). Surprises count up to
    `WILDEST`, so that one crash does not make the next decade.
    """
    return xp.sqrt(1 - memory + memory * xp.minimum(surprise**2, WILDEST**2))


def year_end_carry(
    *,
    response: Any,
    scale: Any,
    shock: Any,
    common: Any,
    price_scale: Any,
    noise: Any,
    common_noise: Any,
) -> Any:
    """How far the year's last price stands above its average, where prices come by the month.

    Parameters
    ----------
    response, scale : array
        Share of the price shock that the end of the year has on top of the average, and the spread
        about it relative to the price's.
    shock, common, price_scale : array
        The year's price shock, the result of `common_move`, and the scale of the price shock.
    noise, common_noise : array
        Standard shock of the carry itself, and `common_move` of the year's end; 0 for its expectation.

    Notes
    -----
    Prices move together within the year as they do from year to year.
    """
    return response * (shock + common) + scale * (price_scale * noise + common_noise)


def second_shock_weight(*, surprise: Any, tail: Any) -> Any:
    """Scale of the output shock given the price shock of the same year.

    Both share one scale mixture: given a standardised Student t surprise with `tail` degrees of
    freedom, the second shock is Student t with one more and this factor on its scale (Ding 2016,
    The American Statistician 70).

    Parameters
    ----------
    surprise : array
        Price shock over its scale.
    tail : array
        Degrees of freedom of the price shock.
    """
    return ((tail + surprise**2) / (tail + 1)) ** 0.5


def capacity_response(*, substitution: Any, reversion: Any, slope: Any, primary: Any) -> Any:
    """Growth of primary capacity a year for a gap of one log point between price and cost.

    Parameters
    ----------
    substitution, reversion, slope, primary : array
        phi, kappa, the result of `total_slope`, and w.
    """
    return (1 - substitution) * reversion * slope / primary


def fair_output_growth(
    *,
    growth: Any,
    deviation: Any,
    deviation_change: Any,
    support: Any,
    support_change: Any,
    supply_elasticity: Any,
    capacity: Any,
) -> Any:
    """Growth of primary output in the fair world: the same shocks, its own price and margin.

    Parameters
    ----------
    growth : array
        Growth of output in the market economy.
    deviation, deviation_change : array
        Last year's log fair less log market price, and its change this year.
    support, support_change : array
        Last year's state support and its change, which the fair world lacks.
    supply_elasticity, capacity : array
        e_s, and the result of `capacity_response`.
    """
    return (
        growth
        + supply_elasticity * (deviation_change - support_change)
        + capacity * (deviation - support)
    )


def squeeze(*, excess: Any, supply_elasticity: Any, slope: Any, primary: Any) -> Any:
    """Rise of the log price at which demand and scrap make do without output that cannot be.

    Parameters
    ----------
    excess : array
        Log of the primary output that the price calls for over what can be produced.
    supply_elasticity, slope, primary : array
        As in `price_push`.

    Notes
    -----
    What is left of the slope is demand's and scrap's, at least `LEAST_RESPONSE`.
    """
    return primary * excess / np.maximum(slope - primary * supply_elasticity, LEAST_RESPONSE)
