"""Markets of the built-in posterior with something changed, and markets in which nothing happens."""

from collections.abc import Callable
from typing import Any

import pytest

from critmin.posterior import Posterior, builtin_posterior

World = Callable[..., Posterior]

SAMPLES = 250

QUIET = (
    "price_scale",
    "cost_scale",
    "cost_drift",
    "factor_loading",
    "group_loading",
    "host_scale",
    "technology_scale",
    "income_scale",
    "energy_scale",
    "energy_reversion",
    "materials_scale",
    "materials_reversion",
    "wage_scale",
    "wage_drift",
    "capital_trend",
    "compliance_trend",
    "output_spread",
    "hazard",
)
"""Shocks and trends; without them only what a test changes moves a market."""
UNDISTORTED = (
    "support",
    "availability",
    "availability_end",
    "producer_withheld",
    "deviation",
    "deviation_change",
    "unsupported",
    "unsupported_change",
)


STEADY = {"long_run_elasticity": 1e12, "volatility_memory": 0.0}
"""Costs that output does not raise, and shocks as large in every year; both have tests of their own."""


def _world(zero: tuple[str, ...], changes: dict[str, Any], size: int) -> Posterior:
    draws = builtin_posterior().draws.isel(sample=slice(size))
    draws = draws.assign({name: draws[name].astype(float) * 0 for name in zero})
    for name, change in changes.items():
        new = change(draws[name]) if callable(change) else draws[name] * 0 + change
        draws = draws.assign({name: new})
    return Posterior(draws)


@pytest.fixture(scope="session")
def world() -> World:
    """Some draws of the built-in posterior; keywords replace a variable by a number or what a function
    makes of it.
    """
    return lambda size=SAMPLES, **changes: _world((), changes, size)


@pytest.fixture(scope="session")
def still() -> World:
    """The same without shocks, trends, support and restrictions, and `STEADY`."""
    return lambda size=SAMPLES, **changes: _world(
        (*QUIET, *UNDISTORTED), {**STEADY, **changes}, size
    )


@pytest.fixture(scope="session")
def free() -> World:
    """The same with its shocks, but without support and restrictions."""
    return lambda size=SAMPLES, **changes: _world(
        (*UNDISTORTED, "hazard"), {**STEADY, **changes}, size
    )
