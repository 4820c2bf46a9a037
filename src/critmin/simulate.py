"""Forward simulation of one market from every posterior draw at once, in NumPy.

The world's price and output follow `critmin.model.equations`. Countries share the world's output:
each grows with it, faster where its costs have fallen or its support has risen against the others',
and by chance; what it withholds never reaches the market, and does not answer to its price. Metal
that reaches it is used or goes into public stocks: supply less stock change is demand, by
construction, and the price is what makes it so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from critmin.exogenous import drivers, restrictions, stream
from critmin.mineral import get_mineral
from critmin.model.equations import (
    COMPONENTS,
    LEAST_RESPONSE,
    availability_term,
    component_costs,
    cost_drivers,
    counterfactual_change,
    price_change,
    price_push,
    production_growth,
    production_scale,
    squeeze,
)
from critmin.posterior import Posterior
from critmin.scenario import BASELINE, Effects, Scenario
from critmin.units import BASE_YEAR

LARGEST_PURCHASE = 0.5
"""Part of what reaches the market in a year that public stocks can take."""

FARTHEST = 100.0
"""Most that a log price, cost or output moves within a year, and away from where it started.

No economics: no draw of the built-in posterior comes near it. It is there for fits that failed, whose
draws may hold an elasticity of almost nothing: what they say of prices then grows until it is no
number any more.
"""

ROW = "ROW"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Paths:
    """Simulated paths of one mineral, (sample, year) if not said otherwise.

    Attributes
    ----------
    market, fair : array
        Market price, and the price of the same economy without support and restrictions; real USD
        per tonne of element.
    components : array (component, sample, year)
        Full cost of the marginal market-financed producer by component, in the same unit.
    countries : list of str
        Producers, the rest of the world last.
    production, withheld : arrays (country, sample, year)
        Output in tonnes of the production series, and the share of it that restrictions keep from
        the market.
    scrap : array
        Supply from old scrap, tonnes.
    stock_change : array
        What public stocks take from the market, tonnes.
    availability : array
        Share of world output that reaches the market.
    """

    market: Floats
    fair: Floats
    components: Floats
    countries: list[str]
    production: Floats
    withheld: Floats
    scrap: Floats
    stock_change: Floats
    availability: Floats


def _bounded(log: Floats, about: Floats | float = 0.0) -> Floats:
    """Logs kept within `FARTHEST` of where they started; those within stay as they are, to the bit."""
    bounded: Floats = np.clip(log, about - FARTHEST, about + FARTHEST)
    return bounded


def _effects(posterior: Posterior, mineral: str, horizon: int, scenario: Scenario) -> Effects:
    producers = [p.country for p in posterior.producers(mineral)]
    newcomers = sorted({c for m, c in scenario.newcomers if m == mineral} - set(producers))
    effects = Effects(
        mineral=mineral,
        years=posterior.origin + 1 + np.arange(horizon),
        countries=[*producers, *newcomers, ROW],
        producing=frozenset(producers),
        output=float(posterior.of(mineral)["output"]),
    )
    for each in scenario.interventions:
        each.apply(effects)
    return effects


def _projects(effects: Effects, size: int, seed: int) -> "list[tuple[int, float, float, Floats]]":
    """Country, capacity, cost, and first year of each project by draw, (sample,)."""
    found = []
    for number, (country, project) in enumerate(effects.projects):
        normal = stream(seed, f"{effects.mineral}: project {number}").standard_normal(size)
        late = project.delay * np.exp(project.delay_log_sd * normal)
        found.append((country, project.capacity, project.cost, project.start + np.round(late)))
    return found


def _limit(posterior: Posterior, mineral: str, output: float, host_growth: Floats) -> Floats:
    """Most tonnes that can be produced (year, sample): a by-product's potential grows with its host.

    Without figures of production there is nothing to limit.
    """
    known = get_mineral(mineral)
    if known.potential is None or not output > 0:
        return np.full(host_growth.shape, np.inf)
    trend = posterior.of(known.host)["growth"] if known.host in posterior.minerals else 0.0
    return known.potential * np.exp(np.cumsum(trend + host_growth, axis=0))


def simulate(
    posterior: Posterior,
    mineral: str,
    horizon: int,
    seed: int,
    scenario: Scenario = BASELINE,
) -> Paths:
    """Simulate a mineral for the years after the posterior's origin.

    Parameters
    ----------
    posterior : Posterior
    mineral : str
    horizon : int
        Years.
    seed : int
        Scenarios with the same seed see the same shocks.
    scenario : Scenario

    Returns
    -------
    Paths

    Raises
    ------
    CritminError
        If an intervention cannot be.
    """
    par, shared = posterior.of(mineral), posterior.shared
    size = len(shared["tail"])
    shape = (horizon, size)
    host = get_mineral(mineral).host or mineral
    effects = _effects(posterior, mineral, horizon, scenario)
    paths = drivers(posterior, seed, effects.drivers, horizon)
    income = shared["income_scale"] * stream(seed, "income").standard_normal(shape)
    if "gdp" in effects.drivers:
        surprise = effects.drivers["gdp"] - float(posterior.draws["income_mean"])
        income = np.broadcast_to(surprise[:, None], shape)
    factor = stream(seed, "factor").standard_normal(shape)
    host_growth = par["host_scale"] * stream(seed, f"{host}: output").standard_normal(shape)
    limit = _limit(posterior, mineral, float(par["output"]), host_growth)
    technology = np.zeros(shape)
    for k, name in enumerate(map(str, posterior.draws["technology"].values)):
        if par["technology_weight"][k] > 0:
            shock = stream(seed, name).standard_normal(shape)
            scale = posterior.draws["technology_scale"].values[:, k]
            technology += par["technology_weight"][k] * scale * shock
    technology = shared["technology_response"] * technology
    cost_shock = stream(seed, f"{mineral}: cost").standard_normal(shape)
    price_shock = stream(seed, f"{mineral}: price").standard_t(shared["tail"], shape)
    carry_shock = stream(seed, f"{mineral}: carry").standard_t(shared["tail"], shape)
    output_shock = stream(seed, f"{mineral}: output shock").standard_t(shared["tail"] + 1, shape)
    monthly = posterior.is_monthly(mineral)
    inertia, primary = par["persistence"], par["primary"]
    slopes = {name: par[name] for name in ("supply_elasticity", "primary")}
    # What a posterior stores is rounded, and may round to no response at all.
    slopes["slope"] = np.maximum(par["slope"], LEAST_RESPONSE)
    closing = (1 - shared["substitution"]) * par["reversion"] * par["slope"] / primary

    # Countries.
    producers = {p.country: p for p in posterior.producers(mineral)}
    share = np.array([producers[c].share if c in producers else 0.0 for c in effects.countries])
    share[-1] = max(1 - share.sum(), 0.0)
    spread = np.array([producers[c].spread if c in producers else 0.0 for c in effects.countries])
    spread[-1] = 0.0
    luck = np.stack(
        [
            stream(seed, f"{mineral}: {c} output").standard_normal(shape)
            if s > 0
            else np.zeros(shape)
            for c, s in zip(effects.countries, spread, strict=True)
        ]
    )
    held = restrictions(posterior, effects, seed)
    start_held = np.stack(
        [producers[c].withheld if c in producers else np.zeros(size) for c in effects.countries]
    )
    projects = _projects(effects, size, seed)
    relative = np.zeros((len(share), size))  # log output against the world's, since the origin
    advantage = np.zeros((len(share), size))  # support less cost beyond the world's mean
    weight = share / share.sum()
    average = weight[:, None]
    # What the producers that are not told apart withhold stays as it is.
    rest = par["availability_end"] - availability_term(1 - share @ start_held)

    support, scale = par["support"], par["price_scale"]
    log_price, carry, log_cost = par["log_price"], par["carry"], par["log_cost"]
    deviation, deviation_change = par["deviation"], par["deviation_change"]
    available, free = par["availability"], np.zeros(size)
    output = np.full(size, par["output"] if par["output"] > 0 else 1.0)
    fair_output = output
    scrap = output * (1 - primary) / primary
    demand_shift = 0.0
    extra_support = np.zeros((len(share), size))
    foregone = np.zeros((len(share), size))  # growth that producers without access do not see

    def parts(h: int) -> Floats:
        """Components of the cost relative to the base year, h years after the origin."""
        log_indices = cost_drivers(
            energy=paths["energy"][h],
            wages=paths["wages"][h],
            materials=paths["materials"][h],
            years_ahead=posterior.origin + h - BASE_YEAR,
            wage_pass_through=shared["wage_pass_through"],
            capital_trend=shared["capital_trend"],
            compliance_trend=shared["compliance_trend"],
        )
        return np.asarray(component_costs(par["cost_share"], np.stack(log_indices, axis=-1)))

    labour, compliance = COMPONENTS.index("labour"), COMPONENTS.index("compliance")
    base = log_cost - np.log(parts(0).sum(axis=-1))  # log cost at the base year's drivers
    start_base, start_price = base, log_price
    least, most = output * np.exp(-FARTHEST), output * np.exp(FARTHEST)
    result = Paths(
        market=np.empty((size, horizon)),
        fair=np.empty((size, horizon)),
        components=np.empty((len(COMPONENTS), size, horizon)),
        countries=effects.countries,
        production=np.empty((len(share), size, horizon)),
        withheld=np.moveaxis(held, 1, 2),
        scrap=np.empty((size, horizon)),
        stock_change=np.empty((size, horizon)),
        availability=np.empty((size, horizon)),
    )
    for h in range(horizon):
        # Cost, and how each country's differs from the world's.
        base = _bounded(base + par["cost_drift"] + par["cost_scale"] * cost_shock[h], start_base)
        stack = np.exp(base + weight @ effects.cost[:, h])[:, None] * parts(h + 1)
        plain = stack.sum(axis=-1)
        own_cost = (
            effects.cost[:, h, None]
            + np.log1p(effects.levy[:, h, None] / plain)
            + stack[:, labour] / plain * np.expm1(effects.wages[:, h, None])
        )
        stack[:, labour] *= np.exp(weight @ effects.wages[:, h])
        stack[:, compliance] += weight @ effects.levy[:, h]
        next_cost = np.log(stack.sum(axis=-1))

        # Support, with what price floors pay at last year's price.
        floor = effects.floor[:, h, None]
        with np.errstate(divide="ignore"):
            paid = np.maximum(np.log(floor) - log_price, 0.0)
        now_support = effects.support[:, h, None] + paid
        support_change = weight @ (now_support - extra_support)
        extra_support = now_support

        # Output of each country against the world's.
        was = advantage
        advantage = now_support - own_cost
        advantage = advantage - (average * advantage).sum(axis=0)
        relative = _bounded(
            relative
            + par["supply_elasticity"] * (advantage - was)
            + closing * was
            + spread[:, None] * luck[:, h]
        )
        shares = share[:, None] * np.exp(relative)
        shares = shares / shares.sum(axis=0)
        reachable = shares * np.exp(foregone)
        added = np.broadcast_to(effects.capacity[:, h, None], shares.shape).copy()
        for country, capacity, cost, first in projects:
            runs = (effects.years[h] >= first) & (np.exp(log_price) >= cost)
            added[country] += capacity * runs
        added = np.maximum(added / output, -reachable)
        kept = 1 - held[:, h]
        reaching = ((reachable + added) * kept).sum(axis=0)
        bought = np.minimum(effects.purchases[h] / output, LARGEST_PURCHASE * reaching)
        before, free_before = available, free
        available = availability_term(reaching - bought) + rest
        free = availability_term(1 + added.sum(axis=0) - bought)
        availability_change = available - before

        # Price.
        push = price_push(
            cost_change=next_cost - log_cost,
            support_change=support_change,
            availability_change=availability_change,
            income=income[h],
            technology=technology[h] + effects.demand[h] - demand_shift,
            host=host_growth[h],
            factor=factor[h],
            income_elasticity=par["income_elasticity"],
            host_tie=par["host_tie"],
            factor_loading=par["factor_loading"],
            **slopes,
        )
        demand_shift = effects.demand[h]
        deviation_change = _bounded(
            counterfactual_change(
                carry=inertia * deviation_change,
                deviation=deviation,
                support=support,
                support_change=support_change,
                # Mines that open or close do so in both worlds.
                availability_change=availability_change - (free - free_before),
                reversion=par["reversion"],
                **slopes,
            )
        )
        shock = scale * price_shock[h]
        gap = log_price - log_cost + support
        change = _bounded(
            shock + price_change(push=push, carry=carry, gap=gap, reversion=par["reversion"])
        )

        # Output and scrap.
        surprise = price_shock[h]
        tail = shared["tail"]
        growth = production_growth(
            trend=par["growth"],
            price_change=change,
            cost_change=next_cost - log_cost,
            support_change=support_change,
            host=host_growth[h],
            gap=gap,
            price_shock=shock,
            demand_share=par["demand_share"],
            substitution=shared["substitution"],
            host_tie=par["host_tie"],
            reversion=par["reversion"],
            **slopes,
        )
        own = production_scale(
            price_scale=scale,
            demand_share=par["demand_share"],
            slope=par["slope"],
            primary=primary,
            measurement=0.0,
        )
        growth = _bounded(
            growth + own * np.sqrt((tail + surprise**2) / (tail + 1)) * output_shock[h]
        )
        grown = np.clip(output * np.exp(growth), least, most)
        foregone = _bounded(foregone - held[:, h] * (growth - par["growth"]))
        made = np.maximum(shares * np.exp(foregone) * grown + added * output, 0.0)
        opened = added.sum(axis=0) * output
        excess = np.log(np.maximum(made.sum(axis=0) / limit[h], 1.0))
        # The fair world's output: the same shocks, its own price and margin, and its own limit.
        fair_growth = (
            growth
            + par["supply_elasticity"] * (deviation_change - support_change)
            + closing * (deviation - support)
        )
        fair_output = np.clip(fair_output * np.exp(_bounded(fair_growth)), least, most)
        fair_excess = np.log(np.maximum((fair_output + opened) / limit[h], 1.0))
        fair_output = fair_output * np.exp(-fair_excess)
        squeezed = _bounded(squeeze(excess=excess, **slopes))
        change = change + squeezed
        fair_squeezed = _bounded(squeeze(excess=fair_excess, **slopes))
        deviation_change = deviation_change + fair_squeezed - squeezed
        made = made * np.exp(-excess)
        output = grown * np.exp(-excess)
        recovered = _bounded(par["growth"] + shared["scrap_elasticity"] * change)
        scrap = np.minimum(scrap * np.exp(recovered), most)
        sold = (made * kept).sum(axis=0)

        log_price = _bounded(log_price + change, start_price)
        carry = (
            shared["carry_response"] * shock + shared["carry_scale"] * scale * carry_shock[h]
            if monthly
            else inertia * change
        )
        deviation = _bounded(deviation + deviation_change)
        log_cost, support = next_cost, support + support_change
        result.market[:, h] = np.exp(log_price)
        result.fair[:, h] = np.exp(log_price + deviation)
        result.components[..., h] = stack.T
        result.production[..., h] = made if par["output"] > 0 else np.nan
        result.scrap[:, h] = scrap
        result.stock_change[:, h] = np.minimum(effects.purchases[h], LARGEST_PURCHASE * sold)
        result.availability[:, h] = sold / made.sum(axis=0)
    return result
