"""Every prior of the model: its distribution, what it says in words, and where it comes from."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from critmin.exceptions import CritminError, UnknownNameError
from critmin.model.equations import COMPONENTS
from critmin.model.literature import published_prior

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
SHARE_CONCENTRATION = 20.0

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
WITHHELD_CONCENTRATION = 6.0
SUPPORT_SCALE = 0.15
# Support moves by log-normal steps, a fifth each five years.
SUPPORT_STEP = 0.2
SUPPORT_SPACING = 5
SUPPORT_YEARS = np.arange(2000, 2026, SUPPORT_SPACING)

Elasticities = Literal["literature", "sceptical", "diffuse"]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What an auditor may assume instead of the priors below.

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

# Median and spread on the unbounded scale of parameters that pool within groups.
PRICE_SCALE = (0.18, 0.58)
REVERSION = (0.132, 0.32)
GROUP_SHARE = 0.7
"""Part of the prior variance of a pooled parameter that minerals of a group share."""

# Mean and spread of how far the marginal producer's full cost stands above a published cost, in
# the order of `critmin.model.inputs.COST_KINDS`.
COST_OFFSET = ((0.25, 0.15), (0.25, 0.15), (0.0, 0.0))
COST_SPREAD = 0.3
"""Log spread of single points about that."""

GLOMBO = "meta-analysis of the published estimates in glombo-elasticities (docs/elasticities.md)"
JUDGEMENT = "judgement of the authors, wide on purpose"


def logit(probability: Any) -> Any:
    """Log odds."""
    return np.log(probability / (1 - probability))


def _log_normal(elasticity: str) -> str:
    median, spread = published_prior(elasticity, [""])[:, 0]
    return f"LogNormal(log {median:.2g}, {spread:.2g}); by metal where there is a literature"


@dataclass(frozen=True, slots=True)
class Prior:
    """One prior.

    Attributes
    ----------
    name : str
        Variable of the model.
    distribution : str
        As written in the model.
    meaning : str
        What it says in words.
    source : str
        Publication or data set, or that it is a judgement.
    """

    name: str
    distribution: str
    meaning: str
    source: str


PRIORS: tuple[Prior, ...] = (
    Prior(
        "supply_elasticity",
        _log_normal("supply"),
        "a price 10% higher brings 1% more mine output within the year (90%: 0.3 to 4%)",
        GLOMBO,
    ),
    Prior(
        "demand_elasticity",
        _log_normal("demand"),
        "a price 10% higher costs 3% of demand within the year (90%: 2 to 5%)",
        GLOMBO,
    ),
    Prior(
        "income_elasticity",
        _log_normal("income"),
        "demand grows about as fast as world income",
        GLOMBO,
    ),
    Prior(
        "substitution",
        "LogitNormal(logit {:.2g}, {:.2g})".format(*published_prior("substitution", [""])[:, 0]),
        "part of the return to cost that demand brings by substitution; the rest is capacity",
        GLOMBO + ": long less short run of demand against that of supply",
    ),
    Prior(
        "scrap_elasticity",
        "LogNormal(log 0.3, 0.5)",
        "a price 10% higher brings 3% more old scrap within the year",
        "median 0.3 of the published collection elasticities in glombo-elasticities",
    ),
    Prior(
        "host_tie",
        "Normal(0.5, 0.25) for by-products whose host's output is known, 0 elsewhere",
        "when the host's output grows 10% faster, the by-product's grows 5% faster",
        JUDGEMENT + "; companion metals follow their hosts: Nassar, Graedel and Harper (2015), "
        "Science Advances 1",
    ),
    Prior(
        "technology_response",
        "Normal(1, 0.3)",
        "a technology that outgrows its trend by 10% adds 10% to its part of the demand",
        "accounting identity; shares of demand in technology_share.csv, each with its source",
    ),
    Prior(
        "reversion",
        f"LogitNormal(logit {REVERSION[0]:g}, {REVERSION[1]:g}) by mineral",
        "an eighth of the gap between price and cost closes a year (90%: 8 to 21%)",
        "half-lives of 3 to 8 years of real metal prices: Cuddington and Jerrett (2008), "
        "IMF Staff Papers 55",
    ),
    Prior(
        "persistence",
        "Normal(0.15, 0.1) where prices are assessments, Normal(0, 0.15) where unit values; "
        "0 where monthly",
        "annual averages of a monthly random walk have autocorrelated changes; the error of a unit "
        "value, gone the year after, takes that away (innovations form of an observation error)",
        "Working (1960), Econometrica 28: correlation 0.25; Harvey (1989), Forecasting, Structural "
        "Time Series Models and the Kalman Filter",
    ),
    Prior(
        "price_scale",
        f"LogNormal(log {PRICE_SCALE[0]:g}, {PRICE_SCALE[1]:g}) by mineral",
        "typical annual shock of 18% (90%: 7 to 47%)",
        JUDGEMENT,
    ),
    Prior(
        "carry_response",
        "Normal(0.5, 0.2)",
        "a shock raises the end of the year by half as much again as the year's average",
        "a random walk within the year gives exactly 1/2: Working (1960), Econometrica 28",
    ),
    Prior(
        "carry_scale",
        "LogNormal(log 0.87, 0.3)",
        "spread of the end of the year about that, relative to the shock of the average",
        "a random walk within the year gives sqrt(3)/2: Working (1960), Econometrica 28",
    ),
    Prior(
        "tail",
        "6 + Gamma(2, 0.2)",
        "Student t with about 8 to 30 degrees of freedom",
        JUDGEMENT + "; left free, the data ask for 3, which forecasts no better out of sample and "
        "draws prices of no market (docs/evidence.md)",
    ),
    Prior(
        "factor_loading",
        "HalfNormal(0.10) by group",
        "the common cycle moves prices by up to 20% a year",
        JUDGEMENT,
    ),
    Prior(
        "demand_share",
        "Beta(4, 4)",
        "demand and supply cause about equal parts of price shocks",
        "Stuermer (2018), Macroeconomic Dynamics 22, finds demand at least as large; wide",
    ),
    Prior("growth", "Normal(0.03, 0.02)", "output grows 3% a year (90%: 0 to 6%)", JUDGEMENT),
    Prior(
        "cost_scale",
        "LogNormal(log 0.04, 0.25) by group",
        "full cost moves slowly: about 4% a year beyond the drivers (90%: 2.7 to 6%)",
        JUDGEMENT + "; a wide prior lets the cost follow the price, and loses to this one out of "
        "sample (docs/evidence.md)",
    ),
    Prior(
        "cost_drift",
        "Normal(0, 0.01)",
        "depletion and learning: up to 1.6% a year either way (90%)",
        GLOMBO + ", mine cost change a year: median 1.4%, from -7.5 to 10.4%",
    ),
    Prior(
        "cost_share",
        f"Dirichlet around the process route, concentration {SHARE_CONCENTRATION:g}",
        "energy 12-35% of the cost, by route",
        JUDGEMENT + "; oil elasticity of mine-site cost 0.2 to 0.6 without the price as regressor "
        "(GLOMBO, sheet Minesite costs)",
    ),
    Prior(
        "state_support",
        f"HalfNormal({SUPPORT_SCALE:g}) for producers in state_support.csv, 0 elsewhere",
        "the state carries 0 to 25% of cost, median 10%; the data say little about it",
        "OECD (2019), Trade Policy Paper 218: 4 to 7% of revenue for aluminium, before "
        "below-market inputs; scale is an assumption",
    ),
    Prior(
        "support_step",
        f"Normal(0, {SUPPORT_STEP:g}) each {SUPPORT_SPACING} years, on the log scale",
        "state support moves by about a fifth in five years",
        JUDGEMENT,
    ),
    Prior(
        "support_advantage",
        "Normal(0, 0.03)",
        "growth of the producer's output beyond that of the others for reasons of its own",
        JUDGEMENT,
    ),
    Prior(
        "capacity_response",
        "LogNormal(log 0.3, 0.5)",
        "support of 10% of cost makes output outgrow the others' by 3% a year",
        JUDGEMENT + "; sign and size argued in OECD (2019), Trade Policy Paper 218",
    ),
    Prior("support_noise", "HalfNormal(0.2)", "spread of relative growth of output", JUDGEMENT),
    Prior(
        "withheld",
        f"Beta with mean by measure, concentration {WITHHELD_CONCENTRATION:g}",
        "a ban withholds about half, a quota 30%, a licence 15%, a tax or sanction 8%; a fifth of that "
        "for raw ore, a third for one destination",
        JUDGEMENT,
    ),
    Prior(
        "step",
        "Normal(0, 0.5)",
        "level between two price sources that do not overlap closely",
        JUDGEMENT,
    ),
    Prior(
        "revision_scale",
        "LogNormal(log 0.04, 0.5)",
        "error of the first report of world output; growth has it twice",
        JUDGEMENT + ", estimated from first and revised figures of 2023",
    ),
    Prior(
        "wage_pass_through",
        "Normal(0.4, 0.15) between 0 and 1",
        "part of the growth of producers' income per head that raises labour cost; productivity "
        "takes the rest",
        JUDGEMENT,
    ),
    Prior("capital_trend", "Normal(0, 0.01)", "real cost of capital has no trend", JUDGEMENT),
    Prior(
        "compliance_trend",
        "Normal(0.01, 0.01)",
        "environmental rules and royalties cost 1% more a year, in real terms",
        JUDGEMENT,
    ),
    *(
        Prior(name.format(driver), distribution, meaning.format(driver), JUDGEMENT)
        for driver in ("energy", "materials")
        for name, distribution, meaning in (
            ("{}_reversion", "Beta(2, 10)", "real prices of {} return to their mean over 6 years"),
            ("{}_scale", "HalfNormal(0.4)", "annual shock of real prices of {}"),
            ("{}_mean", "Normal(0, 0.5)", "long-run level of {} relative to the base year"),
        )
    ),
    Prior(
        "materials_energy",
        "Normal(0.3, 0.2)",
        "a shock of 10% to energy raises materials by 3% in the same year",
        JUDGEMENT,
    ),
    Prior("wage_drift", "Normal(0.015, 0.01)", "real income per head grows 1.5% a year", JUDGEMENT),
    Prior("wage_scale", "HalfNormal(0.1)", "spread of that growth in real USD", JUDGEMENT),
    Prior(
        "technology_scale",
        "HalfNormal(0.3)",
        "how far a technology outgrows its trend in a year",
        JUDGEMENT,
    ),
    Prior(
        "income_scale", "HalfNormal(0.1)", "spread of world income growth in real USD", JUDGEMENT
    ),
    Prior(
        "cost_point",
        "Normal(log cost - offset, error): offset 0.25 (0.15) for deposits and averages, 0 for private "
        f"points; single points spread by {COST_SPREAD:g}",
        "full cost of the marginal producer stands 25% above deposits' reports and averages",
        "a marginal producer at the 85th percentile of costs that spread by 0.2; reports are "
        "optimistic: Bertisen and Davis (2008), Engineering Economist 53; spreads are judgement",
    ),
)


def prior_table() -> pd.DataFrame:
    """Every prior with its meaning in words and its source.

    Examples
    --------
    >>> prior_table().loc["growth", "distribution"]
    'Normal(0.03, 0.02)'
    """
    return pd.DataFrame([{s: getattr(p, s) for s in p.__slots__} for p in PRIORS]).set_index("name")


def route_concentration(routes: list[str]) -> "np.typing.NDArray[np.float64]":
    """Dirichlet concentrations of the cost shares, one row a mineral's route."""
    table = np.array([ROUTE_SHARES[route] for route in routes])
    if table.shape[1] != len(COMPONENTS):
        raise ValueError(f"a route needs {len(COMPONENTS)} shares")
    return table * SHARE_CONCENTRATION
