"""The fair price of history: the same economy and shocks without distortions."""

import numpy as np

from critmin.internal.arrays import Floats
from critmin.model.equations import counterfactual_change


def deviation_path(
    *,
    support: Floats,
    availability: Floats,
    supply_elasticity: Floats,
    slope: Floats,
    primary: Floats,
    reversion: Floats,
    inertia: Floats,
) -> Floats:
    """Log fair price less log market price over history: the same shocks without distortions.

    Parameters
    ----------
    support, availability : array (..., T)
        State support and availability by year; the deviation is 0 before the first year.
    supply_elasticity, slope, primary, reversion : array (...)
        Of `critmin.model.equations`.
    inertia : array (...)
        Share of last year's change that carries over: psi where only annual averages are known,
        else 0.

    Returns
    -------
    array (..., T)
    """
    path = np.zeros(np.broadcast_shapes(support.shape, (*reversion.shape, support.shape[-1])))
    previous = np.zeros(path.shape[:-1])
    for t in range(1, path.shape[-1]):
        change = counterfactual_change(
            carry=inertia * previous,
            deviation=path[..., t - 1],
            support=support[..., t - 1],
            support_change=support[..., t] - support[..., t - 1],
            availability_change=availability[..., t] - availability[..., t - 1],
            supply_elasticity=supply_elasticity,
            slope=slope,
            primary=primary,
            reversion=reversion,
        )
        path[..., t] = path[..., t - 1] + change
        previous = change
    return path
