"""What a tonne costs: components, the drivers that move them, and output beyond its trend.

Arithmetic that runs on NumPy and on PyTensor, as `critmin.model.equations`.
"""

from typing import Any

import numpy as np

COMPONENTS: tuple[str, ...] = ("energy", "labour", "materials", "capital", "compliance")
"""Components of the full cost; compliance includes environmental rules and royalties."""


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
    *,
    energy: Any,
    wages: Any,
    materials: Any,
    years_ahead: Any,
    wage_pass_through: Any,
    capital_trend: Any,
    compliance_trend: Any,
) -> tuple[Any, Any, Any, Any, Any]:
    """Log real price index of each of `COMPONENTS`, 0 in the base year.

    Parameters
    ----------
    energy, materials : array
        Log real price indices.
    wages : array
        Log real income per head where the mineral is produced.
    years_ahead : array
        Years after the base year.
    wage_pass_through : array
        Part of the growth of income that raises labour cost; productivity takes the rest.
    capital_trend, compliance_trend : array
        Real growth a year of what has no published series.
    """
    return (
        energy,
        wage_pass_through * wages,
        materials,
        capital_trend * years_ahead,
        compliance_trend * years_ahead,
    )


def driver_expectation(*, before: Any, reversion: Any, mean: Any) -> Any:
    """Expected log real price of a driver that returns to its mean.

    Parameters
    ----------
    before, reversion, mean : array
        Last year's, the speed of return, and the long-run level.
    """
    return before + reversion * (mean - before)
