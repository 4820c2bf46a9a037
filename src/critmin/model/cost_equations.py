"""What a tonne costs: components, the drivers that move them, and output beyond its trend.

Arithmetic that runs on NumPy and on PyTensor, as `critmin.model.equations`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from critmin.data.drivers import COMPONENTS, MOVERS, Driver


def expansion_cost(*, output: Any, trend: Any, elasticity: Any) -> Any:
    """Rise of the log cost where output has outgrown its trend: better deposits are used first.

    Parameters
    ----------
    output, trend : array
        Log output, and log output had it grown along its trend.
    elasticity : array
        Of supply in the long run.
    """
    return (output - trend) / elasticity


def component_costs(shares: Any, drivers: Any, xp: Any = np) -> Any:
    """Components of the cost relative to the base year, where they add up to one.

    Parameters
    ----------
    shares : array, last axis component
        Cost shares in the base year.
    drivers : array, last axis component
        Log real price indices of the components, 0 in the base year.
    xp : module
        NumPy or PyTensor's tensor module.
    """
    return shares * xp.exp(drivers)


def cost_drivers(
    *, paths: Mapping[str, Any], parameters: Mapping[str, Any], years_ahead: Any
) -> tuple[Any, ...]:
    """Log real price index of each of `COMPONENTS`, 0 in the base year.

    Parameters
    ----------
    paths : mapping of str to array
        Log real indices by driver (`critmin.data.drivers.MOVERS`): prices, and income per head where the
        mineral is produced, of which a part raises the cost of labour; productivity takes the rest.
    parameters : mapping of str to array
        That part, and the real growth a year of what has no published series.
    years_ahead : array
        Years after the base year.
    """
    return tuple(
        _component_index(MOVERS[name], paths, parameters, years_ahead) for name in COMPONENTS
    )


def _component_index(
    driver: Driver, paths: Mapping[str, Any], parameters: Mapping[str, Any], years_ahead: Any
) -> Any:
    named = driver.parameters
    if driver.process == "trend":
        return parameters[named["trend"]] * years_ahead
    if "pass_through" in named:
        return parameters[named["pass_through"]] * paths[driver.name]
    return paths[driver.name]


def driver_expectation(*, before: Any, reversion: Any, mean: Any) -> Any:
    """Expected log real price of a driver that returns to its mean.

    Parameters
    ----------
    before, reversion, mean : array
        Last year's, the speed of return, and the long-run level.
    """
    return before + reversion * (mean - before)
