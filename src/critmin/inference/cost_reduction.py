"""What a posterior stores of the cost model: `critmin.posterior_format.COSTS`."""

from collections import Counter
from typing import Any

import numpy as np
import xarray as xr

from critmin.model.cost_arrays import KNOWN
from critmin.model.cost_evidence import COPRODUCTS
from critmin.model.priors import PRIORS
from critmin.model.producer_costs import Producers
from critmin.units import BASE_YEAR

BASE = "route"
"""Word for a cost that only the mineral's process route decides."""


def cost_states(thin: xr.Dataset, minerals: list[str], producers: Producers) -> dict[str, Any]:
    """Level at the origin, spread of costs and credits by mineral, (sample, mineral).

    Parameters
    ----------
    thin : Dataset
        Draws with dim sample; those of a fit without any published cost hold no level.
    minerals : list of str
    producers : Producers
    """
    if "power_gap_response" not in thin:
        return {}
    x = producers.points
    shape, rate = PRIORS["typical_asset_spread"].numbers
    typical = thin.get("typical_asset_spread", shape / rate + 0 * thin["power_gap_response"]).values
    level = np.zeros((thin.sizes["sample"], len(minerals)))
    spread = np.repeat(typical[:, None], len(minerals), axis=1)
    credit = np.zeros_like(level)
    for k, mineral in enumerate(x.costed):
        m = minerals.index(mineral)
        age = x.last_year - BASE_YEAR
        level[:, m] = (
            thin["cost_level"].sel(costed=mineral).values
            + thin["driver_response"].values * x.last_shift[k]
            + thin["cost_trend"].values * age
        )
        spread[:, m] = thin["asset_spread"].sel(costed=mineral).values
        if mineral in COPRODUCTS:
            credit[:, m] = thin["credit"].sel(costed=mineral).values
    return {
        "cost_level": (("sample", "mineral"), level),
        "asset_spread": (("sample", "mineral"), spread),
        "credit": (("sample", "mineral"), credit),
        "power_gap_response": thin["power_gap_response"],
        "governance_response": thin["governance_response"],
    }


def cost_constants(minerals: list[str], producers: Producers) -> dict[str, Any]:
    """Gaps of the drivers, how many points there are, and what decides each producer's cost."""
    x = producers.points
    by_mineral = Counter(x.mineral.tolist())
    return {
        "power_gap": ("producer", producers.power_gap),
        "governance_gap": ("producer", producers.governance_gap),
        "cost_points": (
            "mineral",
            [by_mineral[x.costed.index(m)] if m in x.costed else 0 for m in minerals],
        ),
        "cost_decided_by": ("producer", np.array(decided_by(producers), dtype=object)),
    }


def decided_by(producers: Producers) -> list[str]:
    """What each producer's cost beyond the level of its mineral rests on.

    Points of its own, drivers of its country (those known), or nothing but the mineral's process route.
    """
    own = Counter(producers.points.place.tolist())
    words = []
    for i in range(len(producers.pairs)):
        drivers = [name for name, known in zip(KNOWN, producers.known[i], strict=True) if known]
        points = f"{own[i]} point{'s' * (own[i] > 1)}" if own[i] else ""
        words.append(points or ", ".join(drivers) or BASE)
    return words
