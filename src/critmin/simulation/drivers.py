"""Drivers of cost as draws by year: energy, materials, wages."""

import numpy as np

from critmin.data.drivers import DRIFTING, RETURNING
from critmin.internal.arrays import Floats
from critmin.model.cost_equations import driver_expectation
from critmin.posterior import Posterior
from critmin.simulation.streams import normals


def drivers(
    posterior: Posterior, seed: int, given: dict[str, Floats], horizon: int
) -> dict[str, Floats]:
    """Log real prices of what returns to a mean, and what drifts about the origin (wages).

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
    size = posterior.draws.sizes["sample"]
    paths: dict[str, Floats] = {}
    surprises: dict[str, Floats] = {}
    for driver in (*RETURNING, *DRIFTING):
        name = driver.name
        par = {part: shared[parameter] for part, parameter in driver.parameters.items()}
        shocks = normals(posterior, seed, name, horizon)
        path, surprise = np.zeros((horizon + 1, size)), np.zeros((horizon, size))
        if driver.process == "returns":
            path[0] = float(posterior.constants[name])
        for h in range(horizon):
            expected = (
                driver_expectation(before=path[h], reversion=par["reversion"], mean=par["mean"])
                if driver.process == "returns"
                else path[h] + par["drift"]
            )
            moved = expected
            if driver.follows:
                # Dear energy makes materials dear, in a scenario as well.
                moved = expected + par["pull"] * surprises[driver.follows][h]
            path[h + 1] = moved + par["scale"] * shocks[h]
            if name in given:
                path[h + 1] = path[0] + np.log(given[name][h])
            surprise[h] = path[h + 1] - expected
        paths[name], surprises[name] = path, surprise
    return paths
