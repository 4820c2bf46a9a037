"""The value of money over time: the US price index of the snapshot."""

from functools import cache

import numpy as np
import pandas as pd

from critmin.data import catalogue
from critmin.internal.arrays import Floats
from critmin.units import annual_cpi, deflator


@cache
def cpi() -> "pd.Series[float]":
    """Annual US consumer price index by year."""
    return annual_cpi(catalogue.load("bls-cpi-u"))


def real_factor(years: "np.typing.ArrayLike") -> Floats:
    """Real USD of `critmin.units.BASE_YEAR` per nominal USD of each year."""
    return 1 / deflator(cpi(), years)
