"""What is assumed without a distribution: shares, means by measure, and an auditor's alternatives."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from critmin.exceptions import CritminError, UnknownNameError

# Cost shares by process route, in the order of COMPONENTS.
ROUTE_SHARES: dict[str, tuple[float, ...]] = {
    "smelting": (0.22, 0.20, 0.22, 0.27, 0.09),
    "electrolysis": (0.35, 0.10, 0.25, 0.23, 0.07),
    "thermal_reduction": (0.35, 0.12, 0.28, 0.18, 0.07),
    "hydrometallurgy": (0.15, 0.17, 0.33, 0.26, 0.09),
    "brine": (0.12, 0.15, 0.30, 0.30, 0.13),
    "by_product_refining": (0.18, 0.20, 0.37, 0.18, 0.07),
    "deep_mining": (0.16, 0.38, 0.16, 0.20, 0.10),
    "quarrying": (0.20, 0.22, 0.20, 0.28, 0.10),
}

# Mean share of a country's exports that a measure withholds from the world market.
WITHHELD_MEAN = {
    "export ban": 0.50,
    "export quota": 0.30,
    "export licence": 0.15,
    "export tax": 0.08,
    "sanction": 0.08,
}
# Part of that mean that remains where a measure reaches raw ore only (processing at home goes on)
# or one destination only (goods are re-routed).
SCOPE_FACTOR = {"all": 1.0, "ore": 0.2, "destination": 0.3}
# Support moves by log-normal steps, one each five years.
SUPPORT_SPACING = 5
SUPPORT_YEARS = np.arange(2000, 2026, SUPPORT_SPACING)

Elasticities = Literal["literature", "sceptical", "diffuse"]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What an auditor may assume instead of the published priors.

    Attributes
    ----------
    support : float
        Factor on the prior scale of state support; 0 for none.
    elasticities : {"literature", "sceptical", "diffuse"}
        The priors of the meta-analysis; half their medians (a literature that publishes what is
        significant overstates them); or twice their spread.
    """

    support: float = 1.0
    elasticities: Elasticities = "literature"

    def __post_init__(self) -> None:
        if not 0 <= self.support <= 10:
            raise CritminError(f"support must be a factor from 0 to 10, got {self.support!r}")
        if self.elasticities not in get_args(Elasticities):
            raise UnknownNameError.of("elasticities", self.elasticities, get_args(Elasticities))


PUBLISHED = Assumptions()
"""The priors of `prior_table`."""

GROUP_SHARE = 0.7
"""Part of the prior variance of a pooled parameter that minerals of a group share."""

TAIL_SPREAD = 0.5
"""Log spread of a mineral's degrees of freedom over the least about its group's."""

LIST_TAIL = 2.0
"""Degrees of freedom of a producer's list price about the market's: it stays for years, then jumps."""

LOADING_SPREAD = 0.3
"""Log spread of how far a mineral moves with a cycle about what is typical of its group."""

ANCHOR_DISCREPANCY = 0.2
"""Log spread of a mineral's trend price about its marginal producer's full cost, beyond its group's."""

RATE_ERROR = 0.3
"""How far a countervailing rate strays from what a state carries of cost, in logs: rates of one firm swing
by 20 points between reviews, and are of makers of products (judgement)."""

CHINA_USE_PER_INCOME = 3.0
"""China's share of world use over its share of world income: half of most metals with a sixth of income."""

USE_PER_INCOME = 1.0
"""The same for any other producer (judgement): what is measured of 25 of them (`critmin.data.own_use`)
hardly tells one from three, China's, which had Australia use most of its nickel until version 4.1."""

MOST_USE = 0.7
"""Largest prior share of its output that a country with export restrictions uses itself."""

# Mean and spread of the carry-over where prices are assessments, and where they are unit values.
PERSISTENCE = ((0.15, 0.1), (0.0, 0.15))
