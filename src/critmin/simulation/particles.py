"""Draws of parameters and of the first year's states, from which prices of that year choose by weight.

Most years a price is near what was expected, and a few copies of each draw of the posterior are enough. A
price far off has two explanations: a shock of the price, which every particle can have, and a new
restriction, which few have. If those few take a tenth of all weight, the others' error is small and theirs
is not, and Pareto k says so. Then both kinds are drawn apart, each as often as it needs (stratified
sampling; Owen 2013, Monte Carlo theory, methods and examples, 8.4), and smoothed apart.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from arviz_stats.base import array_stats
from xarray.core import indexing

from critmin.internal.arrays import Bools, Floats, Ints
from critmin.mineral import get_mineral
from critmin.model.restrictions import commodity_of
from critmin.posterior import Posterior
from critmin.simulation.streams import stream

COPIES = 4
"""Draws of the first year's shocks for each draw of the posterior."""

MORE = 16
"""The same where new restrictions are drawn apart."""

MAX_K = 0.7
"""Pareto k beyond which importance weights are not to be trusted (Vehtari and others 2024)."""

MIN_EFFECTIVE = 400
"""Particles that the weights must be worth, as the gate of a fit asks."""

CERTAIN = 50.0
"""Hazard of what happens for sure within the year."""


@dataclass(frozen=True, slots=True)
class Particles:
    """Draws of parameters, each several times over.

    Attributes
    ----------
    posterior : Posterior
        Of some minerals and their hosts; a sample is a particle.
    index : array (particle,)
        Which draw of the whole posterior each has.
    stratum : array (particle,)
        Which of the ways the year may go each stands for.
    share : array (stratum,)
        How probable each of them is.
    """

    posterior: Posterior
    index: Ints
    stratum: Ints
    share: Floats

    @property
    def weight(self) -> Floats | None:
        """What each particle counts before the news; None where all count the same."""
        if len(self.share) == 1:
            return None
        return np.asarray((self.share / np.bincount(self.stratum))[self.stratum])

    def median(self, values: Floats) -> float:
        """Median before the news."""
        weight = self.weight
        if weight is None:
            return float(np.median(values))
        order = np.argsort(values)
        reached = np.cumsum(weight[order]) >= weight.sum() / 2
        return float(values[order[int(reached.argmax())]])

    def variance(self, expected: Floats, left: Floats) -> float:
        """Variance before the news of what has a mean and a variance in each particle."""
        weight = self.weight
        if weight is None:
            return float(np.var(expected) + np.mean(left))
        mean = np.average(expected, weights=weight)
        return float(np.average((expected - mean) ** 2 + left, weights=weight))


@dataclass(frozen=True, slots=True)
class Weights:
    """What particles count given the news.

    Attributes
    ----------
    weight : array (particle,)
        They add up to one.
    k : float
        Pareto k; the largest where ways of the year were drawn apart.
    effective : float
        How many particles they are worth.
    draws : float
        How many draws of the posterior they are worth.
    """

    weight: Floats
    k: float
    effective: float
    draws: float

    @property
    def sound(self) -> bool:
        """Whether they are to be trusted."""
        # Where hardly any particle is as the news has it, k says little.
        enough = min(MIN_EFFECTIVE, len(self.weight) / 10)
        return bool(self.k <= MAX_K and self.effective >= enough)


def plain(posterior: Posterior, minerals: list[str]) -> Particles:
    """Every draw, `COPIES` times over.

    Parameters
    ----------
    posterior : Posterior
    minerals : list of str
        Of the news.
    """
    index = np.tile(np.arange(posterior.draws.sizes["sample"]), COPIES)
    few = posterior.draws.isel(_needed(posterior, minerals)).isel(sample=index)
    return Particles(Posterior(few), index, np.zeros(len(index), dtype=np.int64), np.ones(1))


def stratified(posterior: Posterior, minerals: list[str], seed: int) -> Particles:
    """`MORE` copies, half of which see a new restriction by a country that sells one of the minerals.

    Of each mineral it is the country from whom a restriction is expected to take most. Draws that think
    it likely come up as much more often in that half.

    Parameters
    ----------
    posterior : Posterior
    minerals : list of str
        Of the news.
    seed : int
    """
    few = posterior.draws.isel(_needed(posterior, minerals))
    hazard = few["hazard"].values.astype(float)
    count, watched = len(hazard), _watched(few, hazard, minerals)
    starts = -np.expm1(-hazard[:, watched])
    # The first of them restricts, or not the first but the second, ..., or none.
    none_yet = np.cumprod(np.column_stack([np.ones(count), 1 - starts]), axis=1)
    chance = np.column_stack([none_yet[:, :-1] * starts, none_yet[:, -1]])
    kinds = [s for s in range(chance.shape[1]) if chance[:, s].sum() > 0]
    index, stratum, rates = [], [], []
    for position, s in enumerate(kinds):
        last = s == len(watched)
        size = MORE * count // (2 if last else 2 * max(len(kinds) - 1, 1))
        drawn = systematic(chance[:, s] / chance[:, s].sum(), size, seed, f"ways of the year {s}")
        rate = hazard[drawn]
        rate[:, watched[:s]] = 0.0
        if not last:
            rate[:, watched[s]] = CERTAIN
        index.append(drawn)
        rates.append(rate)
        stratum.append(np.full(size, position))
    every = np.concatenate(index)
    known = few.isel(sample=every)
    known = known.assign(hazard=(few["hazard"].dims, np.concatenate(rates)))
    share = chance[:, kinds].mean(axis=0)
    return Particles(Posterior(known), every, np.concatenate(stratum), share)


def _watched(draws: xr.Dataset, hazard: Floats, minerals: list[str]) -> list[int]:
    """Positions of the exporters whose new restrictions are drawn apart, each once."""
    commodity = draws["exporter_commodity"].values.astype(str)
    most = draws["exporter_share"].values * -np.expm1(-hazard).mean(axis=0)
    found = []
    for name in minerals:
        of = np.flatnonzero(commodity == commodity_of(name))
        if len(of):
            found.append(int(of[most[of].argmax()]))
    return list(dict.fromkeys(found))


def _needed(posterior: Posterior, minerals: list[str]) -> dict[str, Bools]:
    """Where in a posterior some minerals and their hosts are."""
    needed = {*minerals, *filter(None, (get_mineral(name).host for name in minerals))}
    made = {commodity_of(name) for name in minerals}
    draws = posterior.draws
    return {
        "mineral": np.isin(posterior.minerals, list(needed)),
        "producer": np.isin(draws["producer_mineral"].values.astype(str), minerals),
        "exporter": np.isin(draws["exporter_commodity"].values.astype(str), list(made)),
    }


def know(particles: Posterior, shocks: dict[str, Floats]) -> Posterior:
    """Let particles know these shocks (sample,) of the first year, and no others.

    They stay the same object, so that what was read of their draws is read once.
    """
    particles.under_way.clear()
    particles.under_way.update(shocks)
    return particles


def gathered(draws: xr.Dataset, index: Ints) -> xr.Dataset:
    """Draws by position, as `isel` gives them; they are copied where they are read, not before."""
    held = {
        name: _lazily(variable, index) if "sample" in variable.dims else variable
        for name, variable in draws.variables.items()
    }
    coords = {name: held.pop(name) for name in draws.coords}
    return xr.Dataset(held, coords, draws.attrs)


def _lazily(variable: xr.Variable, index: Ints) -> xr.Variable:
    key = tuple(index if dim == "sample" else slice(None) for dim in variable.dims)
    # The types of these say less than they can.
    source: Any = indexing.NumpyIndexingAdapter(variable.values)  # type: ignore[no-untyped-call]
    array: Any = indexing.LazilyIndexedArray(source, indexing.OuterIndexer(key))
    # What is written into it must not reach the source. The encoding gives a file the same bits back.
    data = indexing.CopyOnWriteArray(array)
    return xr.Variable(variable.dims, data, variable.attrs, variable.encoding)


def weighed(particles: Particles, log_weight: Floats) -> Weights:
    """Smooth what the news says of each particle, by Pareto.

    Parameters
    ----------
    particles : Particles
    log_weight : array (particle,)
        Log density of the news.
    """
    top, k = log_weight.max(), -np.inf
    weight = np.empty(len(log_weight))
    for s, share in enumerate(particles.share):
        of = particles.stratum == s
        pareto, its_k = smoothed(log_weight[of])
        if len(particles.share) == 1:
            pareto = pareto - pareto.max()
        else:
            # Smoothing normalizes; the least weight, which it does not touch, says by how much.
            least = int(log_weight[of].argmin())
            pareto = pareto - pareto[least] + log_weight[of][least] - top
            pareto = pareto + np.log(share / of.sum())
        weight[of] = np.exp(pareto)
        k = max(k, its_k)
    weight = weight / weight.sum()
    by_draw = np.bincount(particles.index, weight)
    return Weights(weight, k, 1 / float(np.sum(weight**2)), 1 / float(np.sum(by_draw**2)))


def smoothed(log_weight: Floats) -> tuple[Floats, float]:
    """Logs of Pareto-smoothed weights that add up to one, and Pareto k (Vehtari and others 2024, JMLR 25).

    k is infinite where there is no tail to fit: such weights are not to be trusted.
    """
    pareto, k = array_stats.psislw(log_weight.max() - log_weight)  # takes their negative
    return np.asarray(pareto), float(k) if np.isfinite(k) else np.inf


def systematic(weight: Floats, count: int, seed: int, name: str = "resampling") -> Ints:
    """Positions drawn by weight, with the least noise (Kitagawa 1996)."""
    points = (np.arange(count) + stream(seed, name).random()) / count
    cumulative = np.cumsum(weight)
    return np.minimum(np.searchsorted(cumulative, points), len(weight) - 1)
