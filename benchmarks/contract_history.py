"""Ten-year collars at past origins, settled on what came: gain and regret of each side.

Usage: uv run python benchmarks/contract_history.py FOLDER ORIGIN [ORIGIN ...]

All minerals are refitted at each origin that FOLDER does not hold yet, which takes a core the better
part of an hour. Floor and cap are critmin's 25 and 75% of the fair price as it was forecast then (of the
market price, and the output says so, if FOLDER comes from a run that did not keep the fair one), and
those of a random walk.
"""

import sys
from typing import Literal

import pandas as pd

from critmin.audit.backtesting.record import FAIR
from critmin.audit.backtesting.rolling import MODELS, backtest
from critmin.audit.backtesting.univariate import UNIVARIATE
from critmin.contracts import contract_backtest
from critmin.contracts.past import regret


def sides(gains: "pd.Series[float]", *by: str) -> pd.DataFrame:
    """What contracts (mineral, origin, rule) came to for both sides."""
    grouped = gains.groupby(["rule", *by])
    return pd.DataFrame(
        {
            "contracts": grouped.size(),
            "seller's gain": grouped.mean(),
            "median": grouped.median(),
            "size": gains.abs().groupby(["rule", *by]).mean(),
            "seller regrets": grouped.agg(lambda g: (g < 0).mean()),
            "buyer regrets": grouped.agg(lambda g: (g > 0).mean()),
            "seller's worst": grouped.min(),
            "buyer's worst": -grouped.max(),
        }
    )


def main() -> None:
    """Print contracts together and by origin, the same for years apart, and by mineral."""
    folder, origins = sys.argv[1], tuple(map(int, sys.argv[2:]))
    found = backtest(origins=origins, models=(*MODELS, *UNIVARIATE), folder=folder)
    of: Literal["fair", "market"] = "fair" if FAIR in found.forecasts else "market"
    settled = contract_backtest(found, of=of)
    gains = settled.groupby(["rule", "mineral", "origin"])["gain"].mean()
    print(f"Collars at 25 and 75% of the {of} price; gains as a share of the market price a year.")
    print(
        f"Left out: {settled.attrs['left_out'] or 'nothing'}. Years apart: {settled['apart'].sum()}"
    )
    inside = (settled["spot"] >= settled["floor"]) & (settled["spot"] <= settled["cap"])
    print("Years inside the collar:", inside.groupby(settled["rule"]).mean().round(2).to_dict())
    rows = settled[settled["apart"]]
    apart = rows.groupby(["rule", "mineral", "origin"])["gain"].mean()
    for table in (sides(gains), sides(gains, "origin"), sides(apart), sides(apart, "origin")):
        print("", table.round(3).to_string(), sep="\n")
    print("", regret(settled).round(3).to_string(), sep="\n")


if __name__ == "__main__":
    main()
