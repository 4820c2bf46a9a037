"""Forward simulation of one market from every posterior draw at once, in NumPy.

The world's price and output follow `critmin.model.equations`. Metal that reaches the market is used or
goes into public stocks: supply less stock change is demand, by construction, and the price is what
makes it so.
"""

import numpy as np

from critmin.data.countries import ROW
from critmin.data.drivers import COMPONENTS
from critmin.internal.arrays import Floats
from critmin.mineral import get_mineral
from critmin.model.equations import (
    LARGEST_PURCHASE,
    LEAST_RESPONSE,
    availability_term,
    price_change,
    price_gap,
    price_push,
    production_growth,
    production_scale,
    second_shock_weight,
    squeeze,
    volatility,
    year_end_carry,
)
from critmin.posterior import Posterior
from critmin.scenario import BASELINE, Effects, Scenario
from critmin.simulation.borders import Borders, scarcity
from critmin.simulation.bounds import bounded, bounded_move, choke_price, most_output
from critmin.simulation.costs import CostPath
from critmin.simulation.countries import TINY, Countries
from critmin.simulation.drivers import drivers
from critmin.simulation.paths import Paths
from critmin.simulation.projects import Opening, mines, opened
from critmin.simulation.refining import Refineries
from critmin.simulation.shocks import Shocks, draw_shocks
from critmin.simulation.state import Balance, State
from critmin.simulation.worlds import WORLDS, Rules, Worlds, Year

LEAST_RENT = 0.05
"""Mean log wedge from which prices on both sides of a fence are told apart."""


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


class _Market:
    """One mineral's market: what stays the same over the years, and the steps of a year."""

    def __init__(
        self, posterior: Posterior, mineral: str, horizon: int, seed: int, scenario: Scenario
    ) -> None:
        self.par, self.shared = posterior.of(mineral), posterior.shared
        self.effects = _effects(posterior, mineral, horizon, scenario)
        self.size = posterior.draws.sizes["sample"]
        given = self.effects.drivers
        self.shocks: Shocks = draw_shocks(posterior, mineral, seed, given, horizon)
        self.limit = most_output(posterior, mineral, self.shocks.host)
        self.countries = Countries.start(posterior, self.effects, seed)
        self.borders = Borders.start(
            self.countries, self.effects.countries, self.effects.duty, self.effects.stocks
        )
        paths = drivers(posterior, seed, given, horizon)
        self.cost = CostPath.start(posterior, mineral, self.effects, paths, self.countries.weight)
        self.openings: list[Opening] = mines(self.effects, self.size, seed)
        self.refineries = Refineries.start(posterior, self.effects, seed)
        self.monthly = posterior.is_monthly(mineral)
        self.choke = float(np.log(choke_price(posterior, mineral)))
        held = self.countries.held.mean(axis=1) * self.countries.closed[:, None]
        rent = np.add(*self.countries.sides(held, self.countries.share[:, None])).mean(axis=1)
        self.fence = int(rent.argmax())
        self.fenced = bool(rent[self.fence] > LEAST_RENT or self.borders.wedge[self.fence].any())
        self.borders.fence = self.fence if self.fenced else -1
        self.slopes = {name: self.par[name] for name in ("supply_elasticity", "primary")}
        # What a posterior stores is rounded, and may round to no response at all.
        self.slopes["slope"] = np.maximum(self.par["slope"], LEAST_RESPONSE)
        self.rules = Rules(
            self.par,
            self.shared,
            self.slopes,
            by_product=get_mineral(mineral).host is not None,
            choke=self.choke,
            size=self.size,
        )
        self.borders.capacity = self.rules.capacity

    def both_sides(self, h: int, log_price: Floats, balance: Balance) -> tuple[Floats, Floats]:
        """Log price of the unlicensed tonne, and of a tonne behind the main fence."""
        if not self.fenced:
            return log_price, log_price
        rent = bounded(balance.rise[self.fence] + balance.fall[self.fence] - balance.unpriced)
        earned = scarcity(rent, float(self.borders.wedge[self.fence, h]))
        asked = np.minimum(log_price + self.shared["quote_premium"] * earned, self.choke)
        # The price behind the fence is untaxed; what is not refunded on exports lies between.
        return np.maximum(asked, log_price), log_price - rent - self.countries.tax[self.fence]

    def start(self) -> State:
        """The state at the origin."""
        par, size = self.par, self.size
        output = np.full(size, par["output"] if par["output"] > 0 else 1.0)
        return State(
            log_price=par["log_price"],
            carry=par["carry"],
            log_cost=par["log_cost"],
            surprise=par["surprise"],
            trend=np.log(output),
            support=par["support"],
            paid=np.zeros((len(self.countries.share), size)),
            available=par["availability"],
            free=np.zeros(size),
            demand_shift=0.0,
            output=output,
            scrap=output * (1 - par["primary"]) / par["primary"],
        )

    def paid(self, h: int, log_price: Floats) -> Floats:
        """Support of a scenario by country, with what price floors pay at last year's price."""
        support, floor = self.effects.support[:, h, None], self.effects.floor[:, h, None]
        if not floor.any():
            return np.broadcast_to(support, (len(support), self.size))
        with np.errstate(divide="ignore"):
            return support + np.maximum(np.log(floor) - log_price, 0.0)

    def balance(self, h: int, state: State, paid: Floats, own_cost: Floats) -> Balance:
        """Shares of the countries, what opens, and what of it all reaches the market."""
        countries, effects = self.countries, self.effects
        if self.refineries.openings:
            countries.refine(h, *self.refineries.run(h, state.log_price, state.output))
        shares = countries.shares(
            h,
            support=paid,
            own_cost=own_cost,
            supply_elasticity=self.par["supply_elasticity"],
            capacity=self.rules.capacity,
        )
        reachable = shares * np.exp(countries.foregone)
        added = alone = np.zeros(shares.shape)
        if self.openings or effects.capacity[:, h].any():
            added, alone = (
                np.maximum(opened(effects, self.openings, h, each) / state.output, -reachable)
                for each in (state.log_price + paid, np.broadcast_to(state.log_price, paid.shape))
            )
        before = reachable + added
        reaching = before.sum(axis=0)
        # What opens or closes makes another world, of which a fence parts a share.
        whole = np.maximum(reaching / reachable.sum(axis=0), TINY)
        dealt = self.borders.dealt(h, before / whole, state.output * whole)
        taken = (effects.purchases[h] + dealt.loose) / state.output
        bought = np.minimum(taken, LARGEST_PURCHASE * reaching)
        # In a world without fences all stocks deal in one market.
        fenced = (dealt.outside - dealt.loose + dealt.behind) / state.output
        aided, left = (added - alone).sum(axis=0), reaching - bought
        return Balance(
            shares=shares,
            added=added,
            rise=dealt.rise,
            fall=dealt.fall,
            available=availability_term(left) + countries.taken(dealt.rise) + countries.rest,
            free=availability_term(1 + alone.sum(axis=0) - bought - fenced),
            aided=availability_term(left) - availability_term(left - aided),
            unpriced=dealt.unpriced,
            stocked=dealt.outside,
        )

    def push(
        self, h: int, state: State, balance: Balance, cost: Floats, support_change: Floats
    ) -> Floats:
        """What cost, demand, host and distortions do to the log price within the year."""
        par, shocks = self.par, self.shocks
        return np.asarray(
            price_push(
                cost_change=cost - state.log_cost,
                support_change=support_change,
                availability_change=balance.available - state.available,
                income=shocks.income[h],
                technology=shocks.technology[h] + self.effects.demand[h] - state.demand_shift,
                host=shocks.host[h],
                common=shocks.common[h],
                income_elasticity=par["income_elasticity"],
                host_tie=par["host_tie"],
                **self.slopes,
            )
        )

    def growth(
        self,
        h: int,
        state: State,
        *,
        change: Floats,
        gap: Floats,
        cost: Floats,
        support_change: Floats,
        shock: Floats,
        scale: Floats,
    ) -> Floats:
        """Growth of log world output, its shock included."""
        par, shared, surprise = self.par, self.shared, self.shocks.price[h]
        expected = production_growth(
            trend=par["growth"],
            price_change=change,
            cost_change=cost - state.log_cost,
            support_change=support_change,
            host=self.shocks.host[h],
            gap=gap,
            price_shock=shock,
            demand_share=par["demand_share"],
            substitution=shared["substitution"],
            host_tie=par["host_tie"],
            reversion=par["reversion"],
            **self.slopes,
        )
        own = production_scale(
            price_scale=scale,
            demand_share=par["demand_share"],
            slope=par["slope"],
            primary=par["primary"],
            measurement=0.0,
        )
        weight = second_shock_weight(surprise=surprise, tail=par["tail"])
        return bounded(expected + own * weight * self.shocks.output[h])


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
    market = _Market(posterior, mineral, horizon, seed, scenario)
    state, countries, size = market.start(), market.countries, market.size
    worlds = Worlds.start(market.par, state.output)

    def blank(*first: int) -> Floats:
        """Samples by year, with each year in one piece to be written at once."""
        return np.empty((*first, horizon, size)).swapaxes(-1, -2)

    result = Paths(
        market=blank(),
        fair=blank(),
        fair_today=blank(),
        unsupported=blank(),
        marginal=blank(),
        inside=blank(),
        fence=market.effects.countries[market.fence] if market.fenced else "",
        components=blank(len(COMPONENTS)),
        countries=market.effects.countries,
        production=blank(len(countries.share)),
        withheld=np.moveaxis(countries.held, 1, 2),
        exported=np.moveaxis(countries.exported, 1, 2),
        at_stage=np.moveaxis(countries.at_stage, 1, 2),
        stages=market.effects.stages,
        refining=market.effects.refining,
        refineries=market.refineries.made,
        duty=market.effects.duty,
        scrap=blank(),
        stock_change=blank(),
        availability=blank(),
    )
    for h in range(horizon):
        _year(market, state, worlds, h, result)
    return result.in_one_piece()


def _year(market: _Market, state: State, worlds: Worlds, h: int, result: Paths) -> None:
    """Carry the market through one year and write it down."""
    par, shared, shocks, countries = market.par, market.shared, market.shocks, market.countries
    stack, own_cost = market.cost.advance(h, shocks.cost[h])
    trend = state.trend
    dearer = market.rules.expansion(state.output, trend)
    stack = stack * np.exp(dearer)[:, None]
    cost = np.log(stack.sum(axis=-1))
    paid = market.paid(h, state.log_price)
    support_change = countries.weight @ (paid - state.paid)
    balance = market.balance(h, state, paid, own_cost)

    wild = volatility(surprise=state.surprise, memory=shared["volatility_memory"])
    scale = par["price_scale"] * wild
    shock = bounded_move(scale * shocks.price[h])
    gap = price_gap(log_price=state.log_price, log_cost=state.log_cost, support=state.support)
    push = market.push(h, state, balance, cost, support_change)
    change = bounded(
        shock + price_change(push=push, carry=state.carry, gap=gap, reversion=par["reversion"])
    )
    growth = market.growth(
        h,
        state,
        change=change,
        gap=gap,
        cost=cost,
        support_change=support_change,
        shock=shock,
        scale=scale,
    )

    # Output, as far as it can be; beyond that demand has to do without.
    grown = market.rules.kept(state.output * np.exp(growth))
    foregone = countries.foregone - countries.unsold[:, h] * (growth - par["growth"])
    countries.foregone = bounded(foregone)
    made = np.maximum(
        balance.shares * np.exp(countries.foregone) * grown + balance.added * state.output, 0.0
    )
    opened = balance.added.sum(axis=0) * state.output
    excess = np.log(np.maximum(made.sum(axis=0) / market.limit[h], 1.0))
    squeezed = bounded(squeeze(excess=excess, **market.slopes))
    change = change + squeezed
    made = made * np.exp(-excess)
    sold = (made * (1 - countries.lost(h))).sum(axis=0)

    # Nobody pays more than the choke price.
    spared = np.maximum(state.log_price + change - market.choke, 0.0)
    change = change - spared
    state.log_price = bounded(state.log_price + change, par["log_price"])
    state.carry = (
        bounded_move(
            year_end_carry(
                response=shared["carry_response"],
                scale=shared["carry_scale"],
                shock=shock,
                common=shocks.common[h],
                price_scale=scale,
                noise=shocks.carry[h],
                common_noise=shocks.common_end[h],
            )
        )
        if market.monthly
        else par["persistence"] * change
    )
    state.surprise = wild * shocks.price[h]
    lasting = market.cost.follow(shock)
    state.trend = trend + par["growth"]
    state.log_cost, state.support, state.paid = cost + lasting, state.support + support_change, paid
    state.available, state.free = balance.available, balance.free
    state.demand_shift = market.effects.demand[h]
    state.output = grown * np.exp(-excess)
    recovered = bounded(par["growth"] + shared["scrap_elasticity"] * change)
    state.scrap = np.minimum(state.scrap * np.exp(recovered), market.rules.most)

    result.market[:, h] = np.exp(state.log_price)
    year = Year(
        support=state.support,
        # Mines that open or close do so in every world, but those that run because a state pays.
        closed=balance.available - balance.free,
        aided=balance.aided,
        trend=trend,
        dearer=dearer,
        growth=growth,
        opened=opened,
        limit=market.limit[h],
        squeezed=squeezed,
        spared=spared,
        log_price=state.log_price,
    )
    worlds.advance(market.rules, year)
    for name, price in zip(WORLDS, np.exp(state.log_price + worlds.deviation), strict=True):
        getattr(result, name)[:, h] = price
    marginal, inside = market.both_sides(h, state.log_price, balance)
    result.marginal[:, h], result.inside[:, h] = np.exp(marginal), np.exp(inside)
    result.components[..., h] = stack.T * np.exp(lasting)
    result.production[..., h] = made if par["output"] > 0 else np.nan
    result.scrap[:, h] = state.scrap
    bought = market.effects.purchases[h] + balance.stocked
    result.stock_change[:, h] = np.minimum(bought, LARGEST_PURCHASE * sold)
    result.availability[:, h] = sold / made.sum(axis=0)
