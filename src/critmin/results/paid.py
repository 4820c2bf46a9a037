"""What was paid on both sides of a fence in the past, where pairs of prices are known."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from critmin.data.dates import decimal_year
from critmin.data.distortion import wedges
from critmin.data.fences import VAT_IN
from critmin.data.money import real_factor
from critmin.mineral import get_mineral
from critmin.results.request import Money

if TYPE_CHECKING:
    from critmin.results.forecasts import Forecast

PAST_YEARS = 15
"""Years before a forecast whose pairs are shown."""

FENCED = "CHN"
"""All pairs are of prices inside China and outside."""


def paid_on_both_sides(forecast: "Forecast") -> pd.DataFrame:
    """Pairs of prices across the fence of a forecast, in its unit, until it begins.

    Parameters
    ----------
    forecast : Forecast

    Returns
    -------
    DataFrame
        By date: date (decimal year), outside, inside (without value-added tax; where the page does not say,
        the part of it that is in on average is taken off), kind of the outside price (assessment,
        transaction or ask). Empty where there is no fence or no pair.

    Examples
    --------
    >>> from critmin import forecast
    >>> pairs = paid_on_both_sides(forecast("gallium", 2, unit="kg", basis="nominal"))
    >>> pairs.round(0)[["outside", "inside"]].iloc[-1].tolist()
    [475.0, 250.0]
    """
    about, asked = get_mineral(forecast.mineral), forecast.provenance["request"]
    begins = int(forecast.draws["year"].values[0])
    pairs = wedges()
    dates = pairs["date"].map(decimal_year)
    chosen = (
        (pairs["mineral"] == about.name)
        & (pairs["inside_place"] == "domestic")
        & dates.between(begins - PAST_YEARS, begins, inclusive="left")
        & (forecast.draws.attrs.get("fence") == FENCED)
    )
    pairs, dates = pairs[chosen], dates[chosen].astype(float)
    years = np.floor(dates.to_numpy()).astype(np.int64)
    money = Money(asked["currency"], asked["basis"], asked["unit"])
    shown = real_factor(years) * money.scale(about, years)
    untaxed = pairs["inside"] * np.exp(-VAT_IN * pairs["vat_doubt"])
    table = pd.DataFrame(
        {
            "date": dates,
            "outside": pairs["outside"] * shown,
            "inside": untaxed * shown,
            "kind": pairs["outside_kind"],
        }
    )
    return table.sort_values("date").reset_index(drop=True)
