"""Tables written by hand that the model reads."""

from functools import cache
from importlib.resources import files
from io import StringIO

import pandas as pd


def _table(name: str) -> pd.DataFrame:
    text = files("critmin.data").joinpath(name).read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text))


@cache
def support_evidence() -> pd.DataFrame:
    """Producers with stated evidence of state support: mineral, country, since, full, share, evidence."""
    return _table("state_support.csv")


@cache
def technology_shares() -> pd.DataFrame:
    """Share of a mineral's demand that a technology takes: mineral, technology, share, year, source."""
    return _table("technology_share.csv")


@cache
def recycled_shares() -> "pd.Series[float]":
    """Share of supply from old scrap by mineral; those not in it have too little to matter."""
    return _table("recycled.csv").set_index("mineral")["share"]
