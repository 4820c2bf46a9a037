"""Drivers of cost as draws by year: energy, materials, wages."""

import numpy as np

from critmin.internal.arrays import Floats
from critmin.model.cost_equations import driver_expectation
from critmin.posterior import Posterior
from critmin.simulation.streams import stream, under_way


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
        name: under_way(posterior, name, stream(seed, name).standard_normal((horizon, size)))
        for name in ("energy", "materials", "wages")
    }
    for h in range(horizon):
        expected = driver_expectation(
            before=energy[h], reversion=shared["energy_reversion"], mean=shared["energy_mean"]
        )
        energy[h + 1] = expected + shared["energy_scale"] * shocks["energy"][h]
        if "energy" in given:
            energy[h + 1] = energy[0] + np.log(given["energy"][h])
        materials[h + 1] = (
            driver_expectation(
                before=materials[h],
                reversion=shared["materials_reversion"],
                mean=shared["materials_mean"],
            )
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
