"""Every prior of the model: its distribution, what it says in words, and where it comes from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from critmin.model.equations import COMPONENTS

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

GLOMBO = "median and spread of the published estimates in glombo-elasticities (Ryter and others)"
JUDGEMENT = "judgement of the authors, wide on purpose"


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
        "LogNormal(log 0.13, 0.6) by group, spread 0.3 within",
        "a price 10% higher brings 1.3% more output within the year (90%: 0.5 to 3.5%)",
        GLOMBO + ", mine output to margin, short run: median 0.13",
    ),
    Prior(
        "demand_elasticity",
        "LogNormal(log 0.15, 0.6) by group, spread 0.3 within",
        "a price 10% higher costs 1.5% of demand within the year (90%: 0.6 to 4%)",
        GLOMBO + ": short run median 0.02, long run 0.20; refined price to demand 3.2 implies "
        "e_s + e_d near 0.3",
    ),
    Prior(
        "income_elasticity",
        "Normal(0.92, 0.3) by group, spread 0.15 within",
        "demand grows about as fast as world income",
        GLOMBO + ", demand to income per head: median 0.9",
    ),
    Prior(
        "reversion",
        "LogitNormal(logit 0.15, 0.5) by group, spread 0.3 within",
        "a seventh of the gap between price and cost closes a year (90%: 7 to 29%)",
        "half-lives of 3 to 8 years of real metal prices: Cuddington and Jerrett (2008), "
        "IMF Staff Papers 55; wide",
    ),
    Prior(
        "persistence",
        "Normal(0.15, 0.1), minerals without monthly prices",
        "annual averages of a monthly random walk have autocorrelated changes",
        "Working (1960), Econometrica 28: correlation 0.25 of changes of averages",
    ),
    Prior(
        "price_scale",
        "LogNormal(log 0.18, 0.5) by group, spread 0.3 within",
        "typical annual shock of 18% (90%: 8 to 41%)",
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
    Prior("measurement", "LogNormal(log 0.04, 0.5)", "error of reported output growth", JUDGEMENT),
    Prior(
        "energy_reversion",
        "Beta(2, 10)",
        "real energy prices return to their mean over about 6 years",
        JUDGEMENT,
    ),
    Prior("energy_scale", "HalfNormal(0.4)", "annual shock of real energy prices", JUDGEMENT),
    Prior("energy_mean", "Normal(0, 0.5)", "long-run level relative to the base year", JUDGEMENT),
    Prior(
        "income_scale", "HalfNormal(0.1)", "spread of world income growth in real USD", JUDGEMENT
    ),
    Prior(
        "cost_error",
        "HalfNormal(0.3)",
        "error of a private cost point as a measure of marginal full cost",
        JUDGEMENT,
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
