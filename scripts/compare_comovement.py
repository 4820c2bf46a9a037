"""Print how minerals of a basket move together in forecasts and in history, in Markdown.

Usage: uv run python scripts/compare_comovement.py

Correlations of yearly and of five-year changes of log real prices: of the forecast's draws (the change to
the second year, and from the first to the sixth), and of history since 1960, where a pair has ten changes.
The baskets are those of the backtest. Half a minute.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from critmin.audit.backtesting.baskets import BASKETS
from critmin.data import load_panel
from critmin.internal.arrays import Floats
from critmin.posterior import builtin_posterior
from critmin.simulation.market import simulate

FIRST, ENOUGH, YEARS = 1960, 10, (1, 5)


def drawn(minerals: tuple[str, ...]) -> dict[str, Floats]:
    """Log prices of the forecast by mineral, (sample, year)."""
    posterior = builtin_posterior()
    return {m: np.log(simulate(posterior, m, 1 + max(YEARS), 0).market) for m in minerals}


def main() -> None:
    """Print one row a basket, then its pairs."""
    panel = load_panel()
    history = np.log(panel["price"].to_pandas().T).loc[FIRST:]
    print("| basket | pairs | draws, 1 year | history | draws, 5 years | history |")
    print("|---|---:|---:|---:|---:|---:|")
    pairs = []
    for basket, minerals in BASKETS.items():
        paths = drawn(minerals)
        rows = []
        for one, other in combinations(minerals, 2):
            row: dict[str, object] = {"pair": f"{one}, {other}"}
            for years in YEARS:
                moves = [p[:, years] - p[:, 0] for p in (paths[one], paths[other])]
                row[f"draws {years}"] = np.corrcoef(*moves)[0, 1]
                past = history[[one, other]].diff(years).dropna()
                row[f"history {years}"] = past.corr().iloc[0, 1] if len(past) >= ENOUGH else np.nan
            rows.append(row)
        table = pd.DataFrame(rows).set_index("pair")
        known = table.dropna(subset=["history 1"])
        means = " | ".join(f"{value:.2f}" for value in known.mean())
        print(f"| {basket} | {len(known)} | {means} |")
        pairs.append(table)
    print(pd.concat(pairs).round(2).to_string())


if __name__ == "__main__":
    main()
