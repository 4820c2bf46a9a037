"""Automatic univariate forecasts of statsforecast, for comparison; they need the extra `baselines`.

Hyndman and Khandakar (2008, Journal of Statistical Software 27) for ETS and ARIMA, Fiorucci and others
(2016, International Journal of Forecasting 32) for Theta.
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from critmin.audit.backtesting.baselines import Known
from critmin.exceptions import DataError
from critmin.internal.arrays import Floats

LEVEL = 90
"""Percent of the native interval that the spread is read from."""

UNIVARIATE: dict[str, str] = {"AutoETS": "AutoETS", "AutoARIMA": "AutoARIMA", "Theta": "AutoTheta"}
"""Models of statsforecast, fitted to each mineral's log prices by itself."""


def is_installed() -> bool:
    """Whether the extra `baselines` is there."""
    return find_spec("statsforecast") is not None


def univariate(name: str) -> Callable[[Known, int], tuple[Floats, Floats]]:
    """The forecast of one of `UNIVARIATE`, as `critmin.audit.backtesting.baselines` has them.

    Raises
    ------
    DataError
        If statsforecast is not installed.
    """
    if not is_installed():
        raise DataError(f"{name} needs statsforecast: install critmin[baselines]")
    from scipy.stats import norm
    from statsforecast import models

    def forecast(known: Known, horizon: int) -> tuple[Floats, Floats]:
        mean, spread = np.empty((2, len(known.prices), horizon))
        for i, row in enumerate(known.prices):
            # These models take no holes: the few there are get a straight line.
            years = np.flatnonzero(np.isfinite(row))
            filled = np.interp(np.arange(years[0], len(row)), years, row[years])
            model = getattr(models, UNIVARIATE[name])(season_length=1)
            found = model.forecast(y=filled, h=horizon, level=[LEVEL])
            low, high = (np.asarray(found[f"{side}-{LEVEL}"]) for side in ("lo", "hi"))
            mean[i] = np.asarray(found["mean"])
            spread[i] = (high - low) / (2 * norm.ppf(0.5 + LEVEL / 200))
        return mean, spread

    return forecast
