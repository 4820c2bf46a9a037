"""Prices of the year under way, taken up without a new fit.

A posterior holds draws of the parameters and of each market at the end of its data; a forecast draws the
shocks of the years after. Assimilation looks at parameters, state and the shocks of the first year
together: it draws them from the posterior and the model, weighs them by the density that the model
gives the new prices, and draws again by weight. It is one step of a particle filter with the price
shock taken from its conditional density (Doucet, Godsill and Andrieu 2000, Statistics and Computing 10),
so a price is met exactly, however surprising; what is weighed is the rest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import t as student_t

from critmin.exceptions import ConvergenceError, CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_seed
from critmin.mineral import get_mineral
from critmin.model.equations import volatility
from critmin.model.part_years import within_year
from critmin.posterior import Posterior
from critmin.posterior_format import UNDER_WAY
from critmin.simulation.market import simulate
from critmin.simulation.quotations import Period, Quotation, Quote, quotations
from critmin.simulation.streams import recording, stream

COPIES = 4
"""Draws of the first year's shocks for each draw of the posterior."""

MAX_K = 0.7
"""Pareto k beyond which importance weights are not to be trusted (Vehtari and others 2024)."""

MIN_EFFECTIVE = 400
"""Particles that the weights must be worth, as the gate of a fit asks for."""

ROUNDING = 0.002
"""Standard deviation of what a printed price rounds off, in logs."""


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
    prices : mapping of str to float or tuple
        By mineral a price, ``(price, unit)`` or ``(price, unit, period)``, in money of the day, on the
        basis that the mineral's own series has; without a unit in the one it is quoted in.
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
        If Pareto k is above 0.7: the prices are too far from what the posterior expected; fit again.
    CritminError
        If a price, unit or period cannot be, or the posterior has assimilated already.

    Notes
    -----
    The shock of a mineral's own price and, where prices come by the month, that of its year's end are
    drawn from their exact conditional density given the new price. Parameters and the year's other
    shocks are weighed by the density of the price given them, smoothed by Pareto (Vehtari, Simpson,
    Gelman, Yao and Gabry 2024, Journal of Machine Learning Research 25). All minerals share the draws, so
    news of one reaches the others through what the model says they share: the common factors, income,
    drivers of cost, technologies, host metals, and common parameters. Prices of part of a year bind
    the year's average as far as a price that wanders within the year lets them (`within_year`).

    The price is that of buyers outside a fence, as the mineral's series has it; a price inside one
    does not belong here. History before the origin stays as it was fitted.

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
    news = quotations(posterior, prices, over)
    count = posterior.draws.sizes["sample"]
    particles = _particles(posterior, [each.mineral for each in news])
    with np.errstate(over="ignore", under="ignore"):
        updates = [_update(particles, each, seed) for each in news]
    shocks = {name: shock for update in updates for name, shock in update.shocks.items()}
    log_weight = np.sum([update.log_weight for update in updates], axis=0)
    settled = _with_shocks(particles, shocks)
    with recording() as first:
        met = [np.log(simulate(settled, each.mineral, 1, seed).market[:, 0]) for each in news]
    for update, log_price in zip(updates, met, strict=True):
        log_weight = log_weight + update.correction(log_price)
    weight, k = _smoothed(log_weight, updates)
    chosen = _systematic(weight, count, seed)
    said = {
        update.news.mineral: {
            "price": update.news.words,
            "expected": float(np.exp(np.median(update.expected))),
            "ratio": float(np.exp(update.news.log_price - np.median(update.expected))),
            "known": _known(update, log_price, weight),
            "pareto_k": k,
            "effective": round(float(1 / np.sum(weight**2))),
        }
        for update, log_price in zip(updates, met, strict=True)
    }
    names = sorted(first)
    kept = np.stack([first[name][chosen] for name in names])
    draws = posterior.draws.isel(sample=chosen % count)
    for name, variable in posterior.draws.data_vars.items():
        draws[name].encoding = dict(variable.encoding)  # so that a file gives the same bits back
    draws = draws.assign({UNDER_WAY: (("shock", "sample"), kept)})
    return Posterior(draws.assign_coords(shock=names).assign_attrs(assimilated=json.dumps(said)))


def _particles(posterior: Posterior, minerals: list[str]) -> Posterior:
    """The draws of some minerals and their hosts, several times over."""
    needed = {*minerals, *filter(None, (get_mineral(name).host for name in minerals))}
    made = {get_mineral(name).production or name for name in minerals}
    count, draws = posterior.draws.sizes["sample"], posterior.draws
    chosen = {
        "mineral": np.isin(posterior.minerals, list(needed)),
        "producer": np.isin(draws["producer_mineral"].values.astype(str), minerals),
        "exporter": np.isin(draws["exporter_commodity"].values.astype(str), list(made)),
    }
    return Posterior(draws.isel(chosen).isel(sample=np.tile(np.arange(count), COPIES)))


def _with_shocks(particles: Posterior, shocks: dict[str, Floats]) -> Posterior:
    known = xr.DataArray(
        np.stack(list(shocks.values())), dims=("shock", "sample"), coords={"shock": list(shocks)}
    )
    return Posterior(particles.draws.assign({UNDER_WAY: known}))


@dataclass(frozen=True, slots=True)
class _Update:
    """What one price says of each particle.

    Attributes
    ----------
    news : Quotation
    expected : array (particle,)
        Log price that the model expects over the same days.
    log_price : array
        Log price of the year that goes with the shocks, if no limit of the market binds.
    log_weight : array
        Log density of the news, all else of the particle given.
    shocks : dict of str to array
        Drawn given the news, by stream.
    wanted, weight, spread : arrays
        News less what the particle says it should be, how far that moves with the year's price, and its
        standard deviation.
    variance : float
        Of the year's log price before the news.
    """

    news: Quotation
    expected: Floats
    log_price: Floats
    log_weight: Floats
    shocks: dict[str, Floats]
    wanted: Floats
    weight: float
    spread: Floats
    variance: float

    def correction(self, log_price: Floats) -> Floats:
        """What the log weights lack where a limit or the choke price binds: those miss the news."""
        missed = self.wanted - self.weight * (log_price - self.log_price)
        # Where none binds the two log prices differ by rounding errors only.
        change: Floats = (self.wanted**2 - missed**2) / (2 * self.spread**2)
        return np.minimum(change, 0.0)


def _update(particles: Posterior, news: Quotation, seed: int) -> _Update:
    """Draw the shocks of a mineral's own price given the news, and weigh the particle."""
    name, par, shared = news.mineral, particles.of(news.mineral), particles.shared
    still = _with_shocks(particles, {f"{name}: price": np.zeros(len(shared["tail"]))})
    expected = np.log(simulate(still, name, 1, seed).market[:, 0])
    begin = par["log_price"] + par["carry"]
    monthly = particles.is_monthly(name)
    of_year, of_end, noise = within_year(news.start, news.end, end_known=monthly)
    wild = volatility(surprise=par["surprise"], memory=shared["volatility_memory"])
    scale, tail = par["price_scale"] * wild, shared["tail"]
    # Effects of the standard shocks of price, year's end and days on the news.
    own = scale * (of_year + of_end * (1 + shared["carry_response"] if monthly else 1.0))
    end = scale * of_end * shared["carry_scale"] if monthly else np.zeros_like(scale)
    days = scale * noise
    forecast = begin + (of_year + of_end) * (expected - begin)
    rng = stream(seed, f"{name}: news")
    surprise = news.log_price - forecast
    unexplained = days**2 + ROUNDING**2
    total = own**2 + end**2 + unexplained
    # What came by these days is Student t and stays; what the year still brings is as it always is.
    free = rng.standard_normal((3, len(tail))) * np.sqrt(tail / 2 / rng.standard_gamma(tail / 2))
    drawn = own * free[0] + end * free[1] + np.sqrt(unexplained) * free[2]
    price = free[0] + own / total * (surprise - drawn)
    at_end = free[1] + end / total * (surprise - drawn)
    shocks = {f"{name}: price": price}
    if monthly:
        shocks[f"{name}: carry"] = at_end
    return _Update(
        news=news,
        expected=forecast,
        log_price=expected + scale * price,
        log_weight=student_t.logpdf(surprise, tail, scale=np.sqrt(total)),
        shocks=shocks,
        wanted=surprise - own * price - end * at_end,
        weight=of_year + of_end,
        spread=np.sqrt(unexplained),
        variance=float(np.var(expected) + np.mean(scale**2 * tail / np.maximum(tail - 2, 0.1))),
    )


def _smoothed(log_weight: Floats, updates: list[_Update]) -> tuple[Floats, float]:
    """Weights that add up to one, and Pareto k.

    Raises
    ------
    ConvergenceError
        If they are not to be trusted.
    """
    from arviz_stats.base import array_stats

    smoothed, k = array_stats.psislw(log_weight.max() - log_weight)  # takes their negative
    weight = np.exp(smoothed - smoothed.max())
    weight, k = weight / weight.sum(), float(k)
    effective = 1 / np.sum(weight**2)
    # Where hardly any particle is as the news has it, k says little.
    if not (k <= MAX_K and effective >= min(MIN_EFFECTIVE, len(weight) / 10)):
        off = "; ".join(
            f"{u.news.mineral}: {u.news.words}, "
            f"{np.exp(u.news.log_price - np.median(u.expected)):.3g} times what was expected"
            for u in updates
        )
        raise ConvergenceError(
            f"too far from what this posterior knows to be taken up by weights: {off} (Pareto k {k:.2f}, "
            f"at most {MAX_K:g}; {effective:.0f} effective draws, at least {MIN_EFFECTIVE}). Fit again "
            "with the prices: critmin.data.register, critmin.fit"
        )
    return weight, k


def _systematic(weight: Floats, count: int, seed: int) -> "np.typing.NDArray[np.int64]":
    """Positions drawn by weight, with the least noise (Kitagawa 1996)."""
    points = (np.arange(count) + stream(seed, "resampling").random()) / count
    cumulative = np.cumsum(weight)
    return np.minimum(np.searchsorted(cumulative, points), len(weight) - 1)


def _known(update: _Update, log_price: Floats, weight: Floats) -> float:
    """Share of the variance of the year's average price that the news took away, 0 to 1."""
    mean = weight @ log_price
    left = float(weight @ (log_price - mean) ** 2)
    return min(max(1 - left / update.variance, 0.0), 1.0)
