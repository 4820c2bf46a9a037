"""Priors of the small models: costs of producer countries, and export restrictions."""

import numpy as np

from critmin.model.prior import JUDGEMENT, Prior

PRODUCERS = (
    Prior(
        "country_cost_spread",
        "Gamma",
        (2, 15),
        "costs of countries differ by about 10% in all their minerals alike",
        JUDGEMENT,
    ),
    Prior(
        "pair_cost_spread",
        "Gamma",
        (2, 12),
        "and by about 15% from one of their minerals to another",
        JUDGEMENT,
    ),
    Prior(
        "wage_gap_response",
        "TruncatedNormal",
        (0.4, 0.15, 0, 1),
        "income per head 10% higher makes labour 4% dearer; productivity takes the rest",
        JUDGEMENT,
    ),
    Prior(
        "advantage_response",
        "LogNormal",
        (0.1, 0.5),
        "a producer 10% cheaper than the others outgrows them by 1% a year",
        JUDGEMENT,
    ),
    Prior(
        "growth_spread",
        "Gamma",
        (2, 50),
        "relative growth for reasons other than cost, about 3% a year",
        JUDGEMENT,
    ),
    Prior(
        "deposit_level",
        "Normal",
        (0, 1),
        "level of the deposits' costs about their mean, which only links them",
        JUDGEMENT,
    ),
    Prior("deposit_spread", "HalfNormal", (0.3,), "spread of deposits of one country", JUDGEMENT),
)

RESTRICTIONS = (
    Prior(
        "hazard_level",
        "Normal",
        (float(np.log(0.02)), 1),
        "a producer of a fifth of the world restricts exports about every 50 years",
        JUDGEMENT,
        "on the log scale",
    ),
    Prior(
        "share_effect",
        "Normal",
        (0.5, 0.5),
        "large producers restrict more often: the rate goes with the root of the share",
        JUDGEMENT,
    ),
    Prior(
        "concentration_effect",
        "Normal",
        (0.25, 0.5),
        "and where few others produce",
        JUDGEMENT,
    ),
    Prior("country_spread", "Gamma", (2, 1.8), "countries differ by a factor of three", JUDGEMENT),
    Prior("commodity_spread", "Gamma", (2, 2.6), "commodities by a factor of two", JUDGEMENT),
    Prior("period_spread", "Gamma", (2, 5), "five years later the rate is 40% off", JUDGEMENT),
    Prior(
        "cluster_spread",
        "Gamma",
        (2, 2.6),
        "one announcement often names several minerals: a country's period has its own rate",
        JUDGEMENT,
    ),
    Prior(
        "typical_duration",
        "LogNormal",
        (3, 0.7),
        "half of the restrictions last longer than three years",
        JUDGEMENT,
    ),
    Prior("duration_log_sd", "LogNormal", (1.2, 0.4), "spread of durations, in logs", JUDGEMENT),
)
