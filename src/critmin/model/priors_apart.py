"""Priors of the model of export restrictions."""

import numpy as np

from critmin.model.prior import JUDGEMENT, Prior

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
