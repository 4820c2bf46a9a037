"""Outlooks of the IEA and of Australia beside critmin's forecasts: supply by country, prices.

Usage: uv run python scripts/compare_outlooks.py

Nothing of them is fitted. Compared is the stage at which critmin prices the mineral. Australia's prices
are nominal and are taken into money of 2025 at `INFLATION`. Prints the tables of docs/evidence.md.
"""

import numpy as np
import pandas as pd

from critmin import builtin_posterior, forecast
from critmin.data.outlooks import outlooks
from critmin.data.production import stages
from critmin.mineral import registry

INFLATION = 0.025
"""A year, of the US dollar from 2025 on."""

ORIGIN, YEARS = 2025, (2030, 2035)
BOUNDS = (0.05, 0.5, 0.95)


def _interval(values: np.ndarray, form: str) -> str:
    low, middle, high = np.quantile(values, BOUNDS)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def supply() -> pd.DataFrame:
    """World output over that of 2024 (theirs) or 2025 (ours), and the share of the largest producer."""
    theirs = outlooks()
    theirs = theirs[
        theirs["dataset"].str.startswith("iea") & theirs["scenario"].isin(("base case", ""))
    ]
    rows = []
    for name in sorted(set(theirs["mineral"]) & set(registry())):
        output = float(builtin_posterior().of(name)["output"])
        part = theirs[(theirs["mineral"] == name) & (theirs["quantity"].isin(stages(name)[:1]))]
        told = part.pivot_table(index="country", columns="year", values="value")
        told = told.drop("WLD", errors="ignore")
        if not {2024, *YEARS} <= set(told.columns) or not output > 0:
            continue
        ours = forecast(name, YEARS[-1] - ORIGIN).draws["production"]
        leader = str(told.drop("ROW", errors="ignore")[2024].idxmax())
        for year in YEARS:
            world = ours.sel(year=year).sum("country").values
            row = {
                "mineral, stage": f"{name}, {stages(name)[0]}",
                "year": year,
                "IEA: world": f"{told[year].sum() / told[2024].sum():.2f}",
                "critmin: world": _interval(world / output, ".2f"),
                "largest": leader,
                "IEA: share": f"{told.loc[leader, year] / told[year].sum():.0%}",
                "critmin: share": "not told apart",
            }
            if leader in ours["country"].values:
                own = ours.sel(year=year, country=leader).values
                row["critmin: share"] = _interval(own / world, ".0%")
            rows.append(row)
    return pd.DataFrame(rows)


def prices() -> pd.DataFrame:
    """Price of 2027 over that of 2025 in money of 2025."""
    theirs = outlooks()
    theirs = theirs[theirs["dataset"].str.startswith("australia") & (theirs["quantity"] == "price")]
    rows = []
    for name in sorted(set(theirs["mineral"]) & set(registry())):
        told = theirs[theirs["mineral"] == name].groupby("year")["value"].mean()
        if not {ORIGIN, ORIGIN + 2} <= set(told.index):
            continue
        market = forecast(name, 2).draws["market_price"].sel(year=ORIGIN + 2).values
        now = float(builtin_posterior().draws["observed"].sel(mineral=name, year=ORIGIN))
        real = told[ORIGIN + 2] / told[ORIGIN] / (1 + INFLATION) ** 2
        inside = np.mean(market / now < real)
        rows.append(
            {
                "mineral": name,
                "Australia": f"{real:.2f}",
                "critmin": _interval(market / now, ".2f"),
                "below Australia's": f"{inside:.0%}",
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    for table in (supply(), prices()):
        print(table.to_markdown(index=False), end="\n\n")
