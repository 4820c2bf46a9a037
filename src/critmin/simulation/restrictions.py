"""Export restrictions as draws by year: those in force, those to come, those of a scenario."""

import numpy as np

from critmin.exceptions import CritminError
from critmin.internal.arrays import Bools, Floats
from critmin.model.borders import after_leaks
from critmin.model.priors import WITHHELD_CONCENTRATION
from critmin.model.restrictions import commodity_of
from critmin.posterior import Posterior
from critmin.scenario import Effects
from critmin.simulation.streams import remember, stream

SAME = 1e-4
"""Shares withheld that are nearer than this are one share: what a file stores is rounded."""


def restrictions(posterior: Posterior, effects: Effects, seed: int) -> Floats:
    """Share of its exports that each country withholds, (country, year, sample).

    Restrictions in force at the origin end at the rate that the median duration implies. New ones
    arrive at the fitted rates, have a duration of their own, a kind of measure drawn as often as it
    was taken, and a share withheld. The strongest counts, those of the scenario included.
    """
    shared = posterior.shared
    size, horizon = posterior.draws.sizes["sample"], len(effects.years)
    commodity = commodity_of(effects.mineral)
    hazards = {country: hazard for country, _, hazard in posterior.exporters(commodity)}
    inherited = {p.country: p.withheld for p in posterior.producers(effects.mineral)}
    ending = 1 - np.exp(-np.log(2) / shared["typical_duration"])
    count = posterior.constants["withheld_count"]
    mean = posterior.constants["withheld_mean"]
    result = np.zeros((len(effects.countries), horizon, size))
    for c, country in enumerate(effects.countries):
        name, lifted = f"{commodity}: {country}", effects.lifted[c]
        old = inherited.get(country, np.zeros(size))
        known = _under_way(posterior, effects.mineral, country)
        if old.any():
            ends = stream(seed, f"{name}: lifted").random((horizon, size)) < ending
            if known is not None:
                first, before = known
                ends[0] = np.where(before > 0, first < before - SAME, ends[0])
            ended = np.logical_or.accumulate(ends | lifted[:, None], axis=0)
            result[c] = np.where(ended, 0.0, old)
        # Where no restriction is on record, its kind cannot be drawn.
        if country in hazards and count.sum():
            uniform = stream(seed, f"{name}: onset").random((horizon, size))
            onset = uniform < 1 - np.exp(-hazards[country])
            if known is not None:
                first, before = known
                onset[0] = (first > 0) & (np.abs(first - before) > SAME)
            some = np.flatnonzero(onset.any(axis=0))  # few draws see a new measure
            # Year by year: a longer horizon adds to the end of these draws.
            begun = np.nonzero(onset[:, some])
            kind = stream(seed, f"{name}: measure").choice(
                len(mean), len(begun[0]), p=count / count.sum()
            )
            a = mean[kind] * WITHHELD_CONCENTRATION
            withheld, duration = np.zeros((horizon, len(some))), np.zeros((horizon, len(some)))
            withheld[begun] = stream(seed, f"{name}: withheld").beta(a, WITHHELD_CONCENTRATION - a)
            if known is not None:
                withheld[0] = np.where(onset[0], first, 0.0)[some]
            normal = stream(seed, f"{name}: duration").standard_normal(len(kind))
            log_sd, typical = (
                shared[n][some][begun[1]] for n in ("duration_log_sd", "typical_duration")
            )
            duration[begun] = typical * np.exp(log_sd * normal)
            in_force = _in_force(withheld, duration, lifted)
            result[c][:, some] = np.maximum(result[c][:, some], in_force)
        remember(f"{effects.mineral}: {country}: held", result[c, 0])
    np.maximum(result, effects.withheld[:, :, None], out=result)
    for leaking in map(int, np.flatnonzero(effects.leaked.any(axis=1))):
        result[leaking] = _leaking(effects, leaking, result[leaking])
    return result


def _under_way(posterior: Posterior, mineral: str, country: str) -> tuple[Floats, Floats] | None:
    """What a country withholds in the first year, where it is known, and what it did before, (sample,).

    Minerals of one commodity see the same measures end and begin, and each has a share of its own that is
    withheld: the first of them that has news of itself tells the others.
    """
    for other in (mineral, *sorted(posterior.assimilated)):
        first = posterior.under_way.get(f"{other}: {country}: held")
        if first is not None and commodity_of(other) == commodity_of(mineral):
            before = {p.country: p.withheld for p in posterior.producers(other)}
            return first, before.get(country, np.zeros_like(first))
    return None


def _in_force(withheld: Floats, duration: Floats, lifted: Bools) -> Floats:
    """What measures withhold while they last, by the year they begin in (year, sample)."""
    found = np.empty_like(withheld)
    held, left = np.zeros(withheld.shape[1]), np.zeros(withheld.shape[1])
    for h in range(len(found)):
        held = np.where(left > 0, held, 0.0)
        # A second measure adds nothing to a stronger one in force.
        begins = withheld[h] > held
        held = np.where(begins, withheld[h], held)
        # This year is the first of its duration.
        left = np.where(begins, duration[h], left) - 1
        if lifted[h]:
            held, left = np.zeros_like(held), np.zeros_like(left)
        found[h] = held
    return found


def _leaking(effects: Effects, c: int, held: Floats) -> Floats:
    """What a country withholds (year, sample) after leaks.

    Raises
    ------
    CritminError
        If it withholds nothing while they last.
    """
    leaked = effects.leaked[c]
    if not held[leaked > 0].any():
        raise CritminError(
            f"{effects.countries[c]} withholds no {effects.mineral} in any draw of the years "
            f"{effects.years[leaked > 0].min()} to {effects.years[leaked > 0].max()}: nothing can leak; "
            "give an ExportControl as well"
        )
    return after_leaks(withheld=held, leaked=leaked[:, None])
