"""What comes from outside a market: drivers of cost, and export restrictions, as draws by year.

Every shock has its own stream, named after what it shocks, and is drawn year by year: so a mineral's
draws do not depend on which others are priced beside it, a longer horizon continues a shorter one,
and two scenarios with the same seed see the same shocks.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from critmin.mineral import get_mineral
from critmin.model.priors import WITHHELD_CONCENTRATION
from critmin.posterior import Posterior
from critmin.scenario import Effects

Floats = NDArray[np.float64]


def stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one shock."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


def drivers(
    posterior: Posterior, seed: int, given: dict[str, Floats], horizon: int
) -> dict[str, Floats]:
    """Log real prices of energy and materials, and log wages about the origin.

    Parameters
    ----------
    posterior : Posterior
    seed : int
    given : dict of str to array (year,)
        Prices relative to the origin that replace a driver's own process.
    horizon : int

    Returns
    -------
    dict of str to array (year + 1, sample)
        The first year is the origin's.
    """
    shared = posterior.shared
    size = len(shared["tail"])
    energy, materials, wages = (np.zeros((horizon + 1, size)) for _ in range(3))
    energy[0] = float(posterior.draws["energy"])
    materials[0] = float(posterior.draws["materials"])
    shocks = {
        name: stream(seed, name).standard_normal((horizon, size))
        for name in ("energy", "materials", "wages")
    }
    for h in range(horizon):
        expected = energy[h] + shared["energy_reversion"] * (shared["energy_mean"] - energy[h])
        energy[h + 1] = expected + shared["energy_scale"] * shocks["energy"][h]
        if "energy" in given:
            energy[h + 1] = energy[0] + np.log(given["energy"][h])
        materials[h + 1] = (
            materials[h]
            + shared["materials_reversion"] * (shared["materials_mean"] - materials[h])
            # Dear energy makes materials dear, in a scenario as well.
            + shared["materials_energy"] * (energy[h + 1] - expected)
            + shared["materials_scale"] * shocks["materials"][h]
        )
        wages[h + 1] = wages[h] + shared["wage_drift"] + shared["wage_scale"] * shocks["wages"][h]
    paths = {"energy": energy, "materials": materials, "wages": wages}
    for name in ("materials", "wages"):
        if name in given:
            paths[name] = np.concatenate(
                [paths[name][:1], paths[name][0] + np.log(given[name])[:, None] + np.zeros(size)]
            )
    return paths


def restrictions(posterior: Posterior, effects: Effects, seed: int) -> Floats:
    """Share of its exports that each country withholds, (country, year, sample).

    Restrictions in force at the origin end at the rate that the median duration implies. New ones
    arrive at the fitted rates, have a duration of their own, a kind of measure drawn as often as it
    was taken, and a share withheld. The strongest counts, those of the scenario included.
    """
    shared = posterior.shared
    size, horizon = len(shared["tail"]), len(effects.years)
    commodity = get_mineral(effects.mineral).production or effects.mineral
    hazards = {country: hazard for country, _, hazard in posterior.exporters(commodity)}
    inherited = {p.country: p.withheld for p in posterior.producers(effects.mineral)}
    ending = 1 - np.exp(-np.log(2) / shared["typical_duration"])
    count = posterior.draws["withheld_count"].values
    mean = posterior.draws["withheld_mean"].values
    result = np.empty((len(effects.countries), horizon, size))
    for c, country in enumerate(effects.countries):
        name, lifted = f"{commodity}: {country}", effects.lifted[c]
        old = inherited.get(country, np.zeros(size))
        if old.any():
            ends = stream(seed, f"{name}: lifted").random((horizon, size)) < ending
            ended = np.cumsum(ends | lifted[:, None], axis=0) > 0
            path = np.where(ended, 0.0, old)
        else:
            path = np.zeros((horizon, size))
        # Where no restriction is on record, its kind cannot be drawn.
        if country in hazards and count.sum():
            uniform = stream(seed, f"{name}: onset").random((horizon, size))
            onset = uniform < 1 - np.exp(-hazards[country])
            # Year by year: a longer horizon adds to the end of these draws.
            begun = np.nonzero(onset)
            kind = stream(seed, f"{name}: measure").choice(
                len(mean), len(begun[0]), p=count / count.sum()
            )
            a = mean[kind] * WITHHELD_CONCENTRATION
            withheld, duration = np.zeros(onset.shape), np.zeros(onset.shape)
            withheld[begun] = stream(seed, f"{name}: withheld").beta(a, WITHHELD_CONCENTRATION - a)
            normal = stream(seed, f"{name}: duration").standard_normal(len(kind))
            log_sd, typical = (shared[n][begun[1]] for n in ("duration_log_sd", "typical_duration"))
            duration[begun] = typical * np.exp(log_sd * normal)
            held, left = np.zeros(size), np.zeros(size)
            for h in range(horizon):
                held = np.where(left > 0, held, 0.0)
                # A second measure adds nothing to a stronger one in force.
                begins = onset[h] & (withheld[h] > held)
                held = np.where(begins, withheld[h], held)
                left = np.where(begins, duration[h], left - 1)
                if lifted[h]:
                    held, left = np.zeros(size), np.zeros(size)
                path[h] = np.maximum(path[h], held)
        result[c] = np.maximum(path, effects.withheld[c][:, None])
    return result
