"""Prices of the year under way, taken up without a new fit.

A posterior holds draws of the parameters and of each market at the end of its data; a forecast draws the
shocks of the years after. Assimilation looks at parameters, state and the shocks of the first year
together: it draws them from the posterior and the model, weighs them by the density that the model
gives the new prices, and draws again by weight: one step of a particle filter. The price's own shock
comes from its conditional density, so a price is met exactly; what is weighed is the rest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from critmin.data.registering import last_driver_year
from critmin.exceptions import ConvergenceError, CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_seed
from critmin.model.equations import volatility
from critmin.model.part_years import within_year
from critmin.posterior import Posterior
from critmin.posterior_format import UNDER_WAY
from critmin.simulation.market import simulate
from critmin.simulation.particles import (
    MAX_K,
    MIN_EFFECTIVE,
    Particles,
    Weights,
    gathered,
    know,
    plain,
    stratified,
    systematic,
    weighed,
)
from critmin.simulation.paths import Paths
from critmin.simulation.quotations import Period, Quotation, Quote, quotations
from critmin.simulation.shocks import shared_end, student_log_density
from critmin.simulation.streams import recording, stream

MIN_DRAWS = 400
"""Draws of the posterior that the weights must be worth where each came up many times."""

LEAST_DRAWS = 100
"""Draws without which weights have nothing to choose from."""

SAME = 1e-7  # difference of two log prices that is rounding
FARTHEST_STRAY = 5.0  # standard deviations, of a quote
ROUNDING = 0.002  # standard deviation of what a printed price rounds off, in logs


def assimilate(
    posterior: Posterior,
    prices: Mapping[str, Quote],
    *,
    over: Period | None = None,
    seed: int = 0,
) -> Posterior:
    """Take up prices of the year after the origin without a new fit.

    Parameters
    ----------
    posterior : Posterior
        As it was fitted.
    prices : mapping of str to float, tuple or mapping
        By mineral a price, ``(price, unit)``, ``(price, unit, period)``, or by name ``{"price": ...}`` with
        any of ``unit`` (the one it is quoted in by default), ``over``, ``place``, ``vat`` and
        ``per_dollar``. Money is of the day. ``place`` is ``"outside"`` (the price that the mineral's own
        series is of), ``"customs"`` (the same price, at the border of importers), ``"marginal"`` (a quote
        for the unlicensed tonne outside a fence) or ``"inside"`` one. A price that does not say so is
        outside; but if it is of one day, the mineral's own series is of customs values and a fence stands
        (gallium, graphite), it is marginal, since customs values are averages and a day's price is a quote.
        ``vat`` is the tax that the price holds, as `critmin.data.register` takes it. Money of another
        country is converted at ``per_dollar``, or at the last yearly rate, with the error that such a rate
        has.
    over : str, Period, Timestamp or tuple, optional
        Over what the prices are averages: a day (``"2026-05-12"``), a month (``"2026-05"``), a quarter
        (``"2026Q1"``), the year (``"2026"``), or the first and last of several (``("2026-01",
        "2026-05")``, the year to date). Today by default.
    seed : int
        Same seed, same draws.

    Returns
    -------
    Posterior
        With the origin it had, and as many draws. Every forecast from it meets the prices in its first
        year, whatever its seed. `Posterior.assimilated` says what was taken up.

    Raises
    ------
    ConvergenceError
        If Pareto k is above 0.7, or the weights are worth too few draws, even with new restrictions drawn
        apart: the prices are too far from what the posterior expected; fit again.
    CritminError
        If a price, unit or period cannot be, or the posterior has assimilated already.

    Notes
    -----
    The shock of a mineral's own price and, where prices come by the month, that of its year's end are drawn
    from their exact conditional density given the new price. Parameters and the year's other shocks are
    weighed by the density of the price given them, smoothed by Pareto (Vehtari, Simpson, Gelman, Yao and
    Gabry 2024, Journal of Machine Learning Research 25). Where the weights are not to be trusted, years
    with a new restriction and years without are drawn and smoothed apart (Owen 2013, Monte Carlo theory,
    methods and examples, 8.4), since a few restrictions may be all that explains a price far off; a price
    that the first weights take up gives the same draws as before. All minerals share the draws, so news of
    one reaches the others through what the model says they share: the common factors, income, drivers of
    cost, technologies, host metals, and common parameters. Prices of part of a year bind the year's average
    as far as a price that wanders within the year lets them (`within_year`), by its own shocks and by the
    cycles that minerals share; what cost, income, hosts and restrictions do is spread over the year.

    A price inside a fence, or of the unlicensed tonne, says what the outside price is given each particle's
    rent and tax, and so weighs the rent as well; it strays from that by `critmin.data.fences.PAIR_SPREAD`,
    as two quotes of one good do. The fence is taken to be the same all year. Errors of exchange rates are
    taken to be independent; give ``per_dollar`` where several prices come in one money. History before the
    origin stays as it was fitted.

    References
    ----------
    Doucet, Godsill and Andrieu (2000), Statistics and Computing 10, on weights of draws.

    Owen (2013), Monte Carlo theory, methods and examples, 8.4, on strata.

    Examples
    --------
    >>> from critmin import builtin_posterior, fair_price
    >>> known = assimilate(builtin_posterior(), {"nickel": (17_000, "USD/t")}, over="2026")
    >>> price = fair_price("nickel", basis="nominal", posterior=known)
    >>> round(price.draws["market_price"].sel(year=2026).median().item(), -2)
    17000.0
    """
    if posterior.assimilated:
        taken = "; ".join(f"{n}: {a['price']}" for n, a in posterior.assimilated.items())
        raise CritminError(
            f"this posterior has assimilated {taken} already: give all prices at once to the fitted one"
        )
    check_seed(seed)
    if (count := posterior.draws.sizes["sample"]) < LEAST_DRAWS:
        raise CritminError(
            f"a posterior of {count} draws is too small to take up prices: at least {LEAST_DRAWS}"
        )
    news = quotations(posterior, prices, over)
    minerals = [each.mineral for each in news]
    taken_up = _taken_up(plain(posterior, minerals), news, seed)
    if not taken_up.weights.sound:
        # A few particles may be all that explain it: then draw more of those.
        taken_up = _taken_up(stratified(posterior, minerals, seed), news, seed)
        if not (taken_up.weights.sound and taken_up.weights.draws >= MIN_DRAWS):
            raise _too_far(taken_up, posterior.origin + 1)
    weights = taken_up.weights
    chosen = systematic(weights.weight, posterior.draws.sizes["sample"], seed)
    said = {
        update.news.mineral: {
            "price": update.news.words,
            "expected": float(np.exp(update.middle)),
            "ratio": float(np.exp(update.news.log_price - update.middle)),
            "known": _known(update, log_price, weights.weight),
            "pareto_k": weights.k,
            "effective": round(weights.effective),
        }
        for update, log_price in zip(taken_up.updates, taken_up.market, strict=True)
    }
    names = sorted(taken_up.first)
    kept = np.stack([taken_up.first[name][chosen] for name in names])
    draws = gathered(posterior.draws, taken_up.particles.index[chosen])
    draws = draws.assign({UNDER_WAY: (("shock", "sample"), kept)})
    return Posterior(draws.assign_coords(shock=names).assign_attrs(assimilated=json.dumps(said)))


@dataclass(frozen=True, slots=True)
class _TakenUp:
    """Particles, and what the news says of them.

    Attributes
    ----------
    particles : Particles
    updates : list of _Update
    weights : Weights
    first : dict of str to array (particle,)
        Shocks of the first year by stream.
    market : list of array (particle,)
        Log price of the first year, by piece of news.
    """

    particles: Particles
    updates: "list[_Update]"
    weights: Weights
    first: dict[str, Floats]
    market: list[Floats]


def _taken_up(particles: Particles, news: list[Quotation], seed: int) -> _TakenUp:
    """Draw what is drawn given the news, and weigh the rest."""
    with np.errstate(over="ignore", under="ignore"):
        updates = [_update(particles, each, seed) for each in news]
    shocks = {name: shock for update in updates for name, shock in update.shocks.items()}
    log_weight = np.sum([update.log_weight for update in updates], axis=0)
    settled = know(particles.posterior, shocks)
    with recording() as first:
        met = [simulate(settled, each.mineral, 1, seed) for each in news]
    for update, paths in zip(updates, met, strict=True):
        log_weight = log_weight + update.correction(_log_price(paths, update.news.side))
    market = [_log_price(paths, "market") for paths in met]
    return _TakenUp(particles, updates, weighed(particles, log_weight), first, market)


def _log_price(paths: Paths, side: str) -> Floats:
    """Log price of the first year on one side of the fence."""
    return np.asarray(np.log(getattr(paths, side)[:, 0]))


@dataclass(frozen=True, slots=True)
class _Update:
    """What one price says of each particle.

    Attributes
    ----------
    news : Quotation
    middle : float
        Median of the log price that the model expects over the same days.
    log_price : array
        Log price of the year, on the side of the news, that goes with the shocks if no limit of the market
        binds.
    log_weight : array
        Log density of the news, all else of the particle given.
    shocks : dict of str to array
        Drawn given the news, by stream.
    weight : float
        How far the news moves with the year's price.
    standard, loading : arrays (3, particle)
        Standard shocks of price, year's end and days, and what each does to the news.
    strayed : array
        By how much the news strays from the price that the shocks make, drawn; 0 where it cannot.
    tail : array
        Degrees of freedom of the shocks.
    variance : float
        Of the year's log price before the news.
    fenced : bool
        There are two prices.
    """

    news: Quotation
    middle: float
    log_price: Floats
    log_weight: Floats
    shocks: dict[str, Floats]
    weight: float
    standard: Floats
    loading: Floats
    strayed: Floats
    tail: Floats
    variance: float
    fenced: bool

    def correction(self, log_price: Floats) -> Floats:
        """What the log weights lack where a limit of the market binds: 0 where none does.

        The shocks were drawn as if the price followed them in a straight line. Where the largest yearly
        move, the choke price or a by-product's potential holds it back, the news is met only if the days,
        or what the news strays by, differ from what was drawn by as much. That is an importance ratio like
        any other: the density of all that was drawn, changed so, over that as it was drawn. It may be
        above one as well as below, and a bound at one would leave too little weight on the limit. Both
        densities must be those drawn from: a normal density for days that were drawn with the shocks'
        tail has a ratio without bound, and one particle in thousands takes all weight.
        """
        gap = self.weight * (log_price - self.log_price)
        # Where no limit binds the two log prices differ by rounding errors only.
        gap = np.where(np.abs(log_price - self.log_price) > SAME, gap, 0.0)
        if self.news.error:
            strayed = self.strayed - gap
            return np.asarray((self.strayed**2 - strayed**2) / (2 * self.news.error**2))
        days = self.standard[2] - gap / self.loading[2]
        met = np.stack([self.standard[0], self.standard[1], days])
        change = self._log_density(met) - self._log_density(self.standard)
        return np.asarray(np.where(gap == 0, 0.0, change))

    def _log_density(self, standard: Floats) -> Floats:
        """Of standard shocks, but for a constant: Student t along the news and, apart, across it."""
        along = (self.loading * standard).sum(axis=0) / np.sqrt((self.loading**2).sum(axis=0))
        across = np.maximum((standard**2).sum(axis=0) - along**2, 0.0)
        tail = self.tail
        return np.asarray(
            -(tail + 1) / 2 * np.log1p(along**2 / tail) - (tail + 2) / 2 * np.log1p(across / tail)
        )


def _update(particles: Particles, news: Quotation, seed: int) -> _Update:
    """Draw the shocks of a mineral's own price given the news, and weigh the particle."""
    draws = particles.posterior
    name, par, shared = news.mineral, draws.of(news.mineral), draws.shared
    still = know(draws, {f"{name}: price": np.zeros(len(par["tail"]))})
    paths = simulate(still, name, 1, seed)
    if news.side != "market" and not (paths.fence or news.said):
        news = replace(news, side="market")  # the fence is too low to tell two prices apart
    if news.side != "market" and not paths.fence:
        raise CritminError(
            f"{name}: no fence is known to this posterior, so there is one price: leave place out, "
            f"or say place='outside' (got {news.words})"
        )
    expected = _log_price(paths, "market")
    wedge = _log_price(paths, news.side) - expected
    begin = par["log_price"] + par["carry"]
    monthly = draws.is_monthly(name)
    of_year, of_end, noise = within_year(news.start, news.end, end_known=monthly)
    wild = volatility(surprise=par["surprise"], memory=shared["volatility_memory"])
    scale, tail = par["price_scale"] * wild, par["tail"]
    # Effects of the standard shocks of price, year's end and days on the news.
    own = scale * (of_year + of_end * (1 + shared["carry_response"] if monthly else 1.0))
    end = scale * of_end * shared["carry_scale"] if monthly else np.zeros_like(scale)
    # The cycles that minerals share wander within the year, too, and move its end.
    days = noise * np.sqrt(scale**2 + par["factor_loading"] ** 2 + par["group_loading"] ** 2)
    forecast = begin + wedge + (of_year + of_end) * (expected - begin)
    if monthly:
        forecast = forecast + of_end * shared_end(still, name, seed)
    rng = stream(seed, f"{name}: news")
    surprise = news.log_price - forecast
    unexplained = days**2 + ROUNDING**2
    total = own**2 + end**2 + unexplained
    moved, log_weight = _moved(surprise, np.sqrt(total), tail, news.error, rng)
    # What came by these days is Student t and stays; what the year still brings is as it always is.
    free = rng.standard_normal((3, len(tail))) * np.sqrt(tail / 2 / rng.standard_gamma(tail / 2))
    loading = np.stack([own, end, np.sqrt(unexplained)])
    standard = free + loading / total * (moved - (loading * free).sum(axis=0))
    shocks = {f"{name}: price": standard[0]}
    if monthly:
        shocks[f"{name}: carry"] = standard[1]
    return _Update(
        news=news,
        middle=particles.median(forecast),
        log_price=expected + wedge + scale * standard[0],
        log_weight=log_weight,
        shocks=shocks,
        weight=of_year + of_end,
        standard=standard,
        loading=loading,
        strayed=surprise - moved,
        tail=tail,
        variance=particles.variance(expected, scale**2 * tail / np.maximum(tail - 2, 0.1)),
        fenced=bool(paths.fence),
    )


def _moved(
    surprise: Floats, scale: Floats, tail: Floats, error: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """How far the price itself moved, drawn given a surprise that may stray from it, and its log density.

    The price moves by Student t and the news strays by a normal error: their convolution has no closed
    form, and is summed over a grid of the error.
    """
    if not error:
        return surprise, student_log_density(surprise, tail, scale)
    grid = np.linspace(-FARTHEST_STRAY, FARTHEST_STRAY, 65)
    step = grid[1] - grid[0]
    moved = surprise[:, None] - error * grid
    degrees = tail[:, None]
    log = -(degrees + 1) / 2 * np.log1p((moved / scale[:, None]) ** 2 / degrees) - grid**2 / 2
    peak = log.max(axis=1)
    mass = np.exp(log - peak[:, None])
    below = np.cumsum((mass[:, 1:] + mass[:, :-1]) * (step / 2), axis=1)
    drawn = rng.random(len(surprise)) * below[:, -1]
    cell = (below < drawn[:, None]).sum(axis=1)
    every = np.arange(len(surprise))
    before = np.where(cell > 0, below[every, cell - 1], 0.0)
    within = (drawn - before) / (below[every, cell] - before)
    # The constant of the t density is that at 0; those of the normal are the same for all.
    log_weight = peak + np.log(below[:, -1]) + student_log_density(0.0, tail, scale)
    return surprise - error * (grid[cell] + step * within), log_weight


def _too_far(taken_up: _TakenUp, year: int) -> ConvergenceError:
    """That weights are not to be trusted, and what to do."""
    weights = taken_up.weights
    off = "; ".join(
        f"{u.news.mineral}: {u.news.words}, "
        f"{np.exp(u.news.log_price - u.middle):.3g} times what was expected"
        for u in taken_up.updates
    )
    # A fit needs the drivers of the year too.
    cure = (
        "Fit again with the prices: critmin.data.register, critmin.fit"
        if year <= last_driver_year()
        else f"Fit again (critmin.fit) once the drivers of {year} are out; until then say what "
        "happened with scenario="
    )
    if any(u.fenced and u.news.side == "market" for u in taken_up.updates):
        cure += ". A quote for the unlicensed tonne outside a fence is of place='marginal'"
    return ConvergenceError(
        f"too far from what this posterior knows to be taken up by weights: {off} "
        f"(Pareto k {weights.k:.2f}, at most {MAX_K:g}; {weights.effective:.0f} effective particles, at "
        f"least {MIN_EFFECTIVE}, of {weights.draws:.0f} effective draws, at least {MIN_DRAWS}). {cure}"
    )


def _known(update: _Update, log_price: Floats, weight: Floats) -> float:
    """Share of the variance of the year's average price that the news took away, 0 to 1."""
    mean = weight @ log_price
    left = float(weight @ (log_price - mean) ** 2)
    return min(max(1 - left / update.variance, 0.0), 1.0)
