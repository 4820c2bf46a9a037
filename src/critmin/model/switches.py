"""Parts of the model that can be left out, each as a change of what it is given."""

import dataclasses
from collections.abc import Callable

import numpy as np

from critmin.model.inputs import ModelInputs

FAINT = 0.01
"""A driver is left out by shrinking it to this part: its own process needs some movement to fit."""


_OF_RESTRICTIONS = (
    *(f"restriction_{n}" for n in ("names", "force", "open", "fence")),
    *("restriction_witnessed", "withheld_mean"),
    *(f"fence_{n}" for n in ("names", "mineral", "closed", "output", "use")),
    *(f"wedge_{n}" for n in ("fence", "year", "log", "error")),
    *(f"volume_{n}" for n in ("year", "ratio", "error")),
)


def without_technology(x: ModelInputs) -> ModelInputs:
    """Demand that technologies do not move."""
    return dataclasses.replace(x, technology_weight=np.zeros_like(x.technology_weight))


def without_hosts(x: ModelInputs) -> ModelInputs:
    """By-products that follow no host."""
    return dataclasses.replace(
        x, host_growth=np.zeros_like(x.host_growth), has_host=np.zeros_like(x.has_host)
    )


def without_recycling(x: ModelInputs) -> ModelInputs:
    """No supply from scrap."""
    return dataclasses.replace(x, recycled=np.zeros_like(x.recycled))


def without_restrictions(x: ModelInputs) -> ModelInputs:
    """No export restrictions."""
    numbers = {name: getattr(x, name)[:0] for name in _OF_RESTRICTIONS}
    pairs = {name: getattr(x, name)[:0, :0] for name in ("wedge_active", "volume_active")}
    return dataclasses.replace(x, **numbers, **pairs)


def without_cost_drivers(x: ModelInputs) -> ModelInputs:
    """Costs that energy, materials and wages hardly move."""
    return dataclasses.replace(x, drivers={name: FAINT * path for name, path in x.drivers.items()})


def without_income(x: ModelInputs) -> ModelInputs:
    """Demand that income hardly moves."""
    return dataclasses.replace(x, income=FAINT * x.income)


def without_cost_points(x: ModelInputs) -> ModelInputs:
    """No published costs."""
    names = ("anchor_mineral", "anchor_year", "anchor_log", "anchor_error")
    return dataclasses.replace(x, **{name: getattr(x, name)[:0] for name in names})


def without_support(x: ModelInputs) -> ModelInputs:
    """No producer supported by a state."""
    none = np.zeros((0, len(x.years)))
    return dataclasses.replace(
        x,
        support_names=[],
        support_mineral=np.zeros(0, dtype=np.int64),
        support_share=none,
        support_growth=none,
        support_rate=np.zeros(0),
        support_rate_year=np.zeros(0, dtype=np.int64),
    )


MODULES: dict[str, Callable[[ModelInputs], ModelInputs]] = {
    "income": without_income,
    "technology": without_technology,
    "cost drivers": without_cost_drivers,
    "hosts": without_hosts,
    "recycling": without_recycling,
    "restrictions": without_restrictions,
    "state support": without_support,
    "cost points": without_cost_points,
}
"""Modules that can be left out, each as a change of what the model is given."""
