"""Every prior of the model: its distribution, what it says in words, and where it comes from."""

import pandas as pd

from critmin.model.assumptions import (
    ANCHOR_DISCREPANCY,
    PERSISTENCE,
)
from critmin.model.literature import published_prior
from critmin.model.prior import JUDGEMENT, Family, Prior
from critmin.model.priors_apart import RESTRICTIONS
from critmin.model.priors_costs import COSTS
from critmin.model.priors_distortions import DISTORTIONS
from critmin.model.priors_drivers import DRIVER_PRIORS

GLOMBO = "meta-analysis of the published estimates in glombo-elasticities (docs/elasticities.md)"
BY_METAL = "by metal where there is a literature"
INNOVATION = "what a prior of this table scales, or the data's own disturbance"


def _published(elasticity: str, family: Family, meaning: str, source: str = GLOMBO) -> Prior:
    """The meta-analysis's predictive distribution for a metal without a literature."""
    median, spread = published_prior(elasticity, [""])[:, 0]
    numbers = (float(median), float(spread))
    if elasticity == "substitution":
        return Prior(elasticity, family, numbers, meaning, source, variable="substitution_effect")
    name = f"{elasticity}_elasticity"
    return Prior(name, family, numbers, meaning, source, BY_METAL, variable="mineral_effect")


_ELASTICITIES = (
    _published(
        "supply",
        "LogNormal",
        "a price 10% higher brings 1% more mine output within the year (90%: 0.3 to 4%)",
    ),
    _published(
        "demand",
        "LogNormal",
        "a price 10% higher costs 3% of demand within the year (90%: 2 to 5%)",
    ),
    _published("income", "LogNormal", "demand grows about as fast as world income"),
    _published(
        "substitution",
        "LogitNormal",
        "part of the return to cost that demand brings by substitution; the rest is capacity",
        GLOMBO + ": long less short run of demand against that of supply",
    ),
    Prior(
        "scrap_elasticity",
        "LogNormal",
        (0.3, 0.5),
        "a price 10% higher brings 3% more old scrap within the year",
        "median 0.3 of the published collection elasticities in glombo-elasticities",
    ),
    Prior(
        "host_tie",
        "Normal",
        (0.5, 0.25),
        "when the host's output grows 10% faster, the by-product's grows 5% faster",
        JUDGEMENT + "; companion metals follow their hosts: Nassar, Graedel and Harper (2015), "
        "Science Advances 1",
        "for by-products whose host's output is known, 0 elsewhere",
        variable="host_tie_hosted",
    ),
    Prior(
        "technology_response",
        "Normal",
        (1, 0.3),
        "a technology that outgrows its trend by 10% adds 10% to its part of the demand",
        "accounting identity; shares of demand in technology_share.csv, each with its source",
    ),
)

_PRICES = (
    Prior(
        "reversion",
        "LogitNormal",
        (0.132, 0.32),
        "an eighth of the gap between price and cost closes a year (90%: 8 to 21%)",
        f"{JUDGEMENT}: half-lives of 3 to 8 years",
        "by mineral",
        variable="mineral_effect",
    ),
    Prior(
        "persistence",
        "Normal",
        PERSISTENCE[0],
        "annual averages of a monthly random walk have autocorrelated changes; the error of a unit "
        "value, gone the year after, takes that away (innovations form of an observation error)",
        "Working (1960), Econometrica 28: correlation 0.25; Harvey (1989), Forecasting, Structural "
        "Time Series Models and the Kalman Filter",
        "where prices are assessments, Normal({:g}, {:g}) where unit values; 0 where monthly".format(
            *PERSISTENCE[1]
        ),
        variable="persistence_quality",
    ),
    Prior(
        "price_scale",
        "LogNormal",
        (0.18, 0.58),
        "typical annual shock of 18% (90%: 7 to 47%)",
        JUDGEMENT,
        "by mineral",
        variable="mineral_effect",
    ),
    Prior(
        "carry_response",
        "Normal",
        (0.5, 0.2),
        "a shock raises the end of the year by half as much again as the year's average",
        "a random walk within the year gives exactly 1/2: Working (1960), Econometrica 28",
    ),
    Prior(
        "carry_scale",
        "LogNormal",
        (0.87, 0.3),
        "spread of the end of the year about that, relative to the shock of the average",
        "a random walk within the year gives sqrt(3)/2: Working (1960), Econometrica 28",
    ),
    Prior(
        "tail",
        "Gamma",
        (2, 0.4),
        "Student t with 3 to 14 degrees of freedom: exchanges are nearly normal, minor metals are not",
        JUDGEMENT + "; kurtosis of annual changes since 1960 is 0.5 to 2.8 for base metals",
        "by group",
        variable="tail_excess",
        shift=2,
    ),
    Prior(
        "factor_loading",
        "HalfNormal",
        (0.10,),
        "the common cycle, which is that of the base metals, moves prices by up to 20% a year",
        JUDGEMENT,
        "by mineral",
    ),
    Prior(
        "group_loading",
        "HalfNormal",
        (0.15,),
        "the cycle of a group by up to 30%",
        JUDGEMENT + "; annual changes of base metals correlate by 0.6, of gold and silver by 0.8",
        "by group, times the mineral's mobility within it",
        variable="group_loading_group",
    ),
    Prior(
        "volatility_memory",
        "Beta",
        (2, 5),
        "about a quarter of a year's variance is decided by the size of last year's shock",
        "Engle (1982), Econometrica 50; better than a skewed t at origins before 2000 "
        "(scripts/compare_tails.py)",
    ),
    Prior(
        "list_scale",
        "HalfNormal",
        (0.15,),
        "how far a producer's frozen list price strays from what the market would have moved to",
        JUDGEMENT,
    ),
    Prior(
        "demand_share",
        "Beta",
        (4, 4),
        "demand and supply cause about equal parts of price shocks",
        "Stuermer (2018), Macroeconomic Dynamics 22, finds demand at least as large; wide",
        "by mineral",
    ),
    Prior(
        "growth",
        "Normal",
        (0.03, 0.03),
        "output grows 3% a year (90%: -2 to 8%)",
        JUDGEMENT + "; since 1970 from -2 (tin) to 10% (lithium) a year",
        "by mineral",
    ),
    Prior(
        "step",
        "Normal",
        (0, 1),
        "level between two price sources that do not overlap closely, up to five times either way",
        JUDGEMENT,
    ),
    Prior(
        "revision_scale",
        "LogNormal",
        (0.04, 0.5),
        "error of the first report of world output; growth has it twice",
        JUDGEMENT + ", estimated from first and revised figures of 2023",
    ),
)

_COSTS = (
    Prior(
        "cost_scale",
        "LogNormal",
        (0.04, 0.25),
        "full cost moves slowly: about 4% a year beyond the drivers (90%: 2.7 to 6%)",
        JUDGEMENT + "; two and a half times as far for by-products and rare earths scored the same "
        "at past origins (docs/model.md)",
        "by group",
        variable="cost_scale_group",
    ),
    Prior(
        "cost_drift",
        "Normal",
        (0, 0.01),
        "depletion and learning: up to 1.6% a year either way (90%)",
        GLOMBO + ", mine cost change a year: median 1.4%, from -7.5 to 10.4%",
        "by mineral",
    ),
    Prior(
        "cost_share",
        "Dirichlet",
        (20,),
        "energy 12-35% of the cost, by route",
        JUDGEMENT + "; oil elasticity of mine-site cost 0.2 to 0.6 without the price as regressor "
        "(GLOMBO, sheet Minesite costs)",
        "around the shares of the process route",
    ),
    Prior(
        "anchor_offset",
        "Normal",
        (0, 0.25),
        "prices of a group rest up to 40% above or below the full cost of its marginal producers",
        JUDGEMENT + "; nickel and aluminum have sold for years with half of capacity losing money",
        f"by group; a mineral beyond it by {ANCHOR_DISCREPANCY:g}",
    ),
    Prior(
        "lasting_share",
        "Beta",
        (1, 3),
        "a quarter of a price shock stays in the cost to which the price returns (90%: 2 to 63%)",
        "chosen on forecasts up to 15 years ahead of 79 commodities whose outcomes were known in 1984 "
        "(scripts/compare_lasting.py)",
        "by mineral",
    ),
    Prior(
        "long_run_elasticity",
        "LogNormal",
        (1.2, 0.4),
        "output 10% above its trend makes the marginal tonne 8% dearer (90%: 4 to 16%)",
        "published long-run supply elasticities (glombo-elasticities) have a median of 0.7 over some "
        "years; over fifteen supply answers more: judgement. Nothing here is learned from prices",
    ),
    Prior(
        "wage_pass_through",
        "TruncatedNormal",
        (0.4, 0.15, 0, 1),
        "part of the growth of producers' income per head that raises labour cost; productivity "
        "takes the rest",
        JUDGEMENT,
    ),
    Prior("capital_trend", "Normal", (0, 0.01), "real cost of capital has no trend", JUDGEMENT),
    Prior(
        "compliance_trend",
        "Normal",
        (0.01, 0.01),
        "environmental rules and royalties cost 1% more a year, in real terms",
        JUDGEMENT,
    ),
)

_INNOVATIONS = tuple(
    Prior(name, "Normal", (0, 1), meaning, INNOVATION)
    for name, meaning in (
        ("group_effect", "where a group stands within the prior of each pooled parameter"),
        ("mineral_effect", "and where a mineral stands within its group"),
        ("substitution_effect", "where substitution stands within its prior"),
        ("cost_shock", "yearly shocks of the log cost"),
        (
            "start",
            "gap between price and cost in a mineral's first year, over its stationary spread",
        ),
        ("factor", "the cycle common to all minerals, by year"),
        ("group_factor", "the cycle of each group, by year"),
        ("end_factor", "the cycle common to all minerals between a year's average and its end"),
        ("end_group_factor", "and that of each group"),
        ("tail_effect", "where a mineral stands within the tails of its group"),
        ("loading_effect", "where a mineral stands within its group's answer to the group's cycle"),
        ("hole_normal", "price shocks of years without a price"),
        ("country_cost_effect", "where a country stands within its spread of cost"),
        ("pair_cost_effect", "and where one of its minerals does"),
        ("pair_spread_effect", "where a mineral stands within the scatter of these spreads"),
        ("asset_spread_effect", "where a mineral stands within the scatter of these spreads"),
        ("group_cost_effect", "where an asset stands within the spread of costs of its country"),
        ("country_effect", "where a country stands within the spread of its rate of restrictions"),
        ("commodity_effect", "and where a commodity does"),
        ("period_step", "steps of the rate from period to period"),
        ("cluster_effect", "and where a country's period stands"),
    )
)

PRIORS: dict[str, Prior] = {
    prior.name: prior
    for prior in (
        *_ELASTICITIES,
        *_PRICES,
        *_COSTS,
        *DISTORTIONS,
        *DRIVER_PRIORS,
        *COSTS,
        *RESTRICTIONS,
        *_INNOVATIONS,
        Prior(
            "hole_mixing",
            "Gamma",
            (1, 1),
            "with the normals of holes a Student t: both numbers times half the degrees of freedom",
            INNOVATION,
        ),
    )
}
"""Every prior by name."""

WITHHELD_CONCENTRATION = PRIORS["withheld"].numbers[0]


def prior_table() -> pd.DataFrame:
    """Every prior with its meaning in words and its source.

    Returns
    -------
    DataFrame
        By parameter: ``distribution``, ``meaning``, ``source``, and the free ``variable`` of a model
        that carries it.

    See Also
    --------
    critmin.build_model : The model made of them.

    Examples
    --------
    >>> prior_table().loc["growth", "distribution"]
    'Normal(0.03, 0.03) by mineral'
    """
    columns = ("name", "distribution", "meaning", "source", "variable")
    rows = [{column: getattr(prior, column) for column in columns} for prior in PRIORS.values()]
    return pd.DataFrame(rows).set_index("name")
