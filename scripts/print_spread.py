"""Print how far five headline prices hang on chance, on what is estimated and on the model, in Markdown.

Usage: uv run python scripts/print_spread.py

Of the price five years ahead, in percent: how far the median of 2,000 draws moves from seed to seed (Monte
Carlo); what parameters and the state of the market, as estimated, leave open, and what the years to come
bring (standard deviations); and how far versions of the model lie apart, from the signed forecasts of
docs/ledger. Each draw of the posterior is played over `FUTURES`; its mean log price is what is estimated,
the spread about it what comes. A quarter of a minute.
"""

import json
from pathlib import Path

import numpy as np

from critmin import builtin_posterior
from critmin.internal.arrays import Floats
from critmin.simulation.market import simulate
from print_evidence import markdown, percent

LEDGER = Path(__file__).parents[1] / "docs" / "ledger"
MINERALS = ("copper", "nickel", "lithium", "gallium", "neodymium")
AHEAD = 5
FUTURES = 24


def spreads(paths: Floats) -> tuple[float, float, float]:
    """Error of Monte Carlo, spread of what is estimated and of what comes; of log prices (future, draw)."""
    error = np.median(paths, axis=1).std(ddof=1)
    comes = paths.var(axis=0, ddof=1).mean()
    # The mean over futures still holds a part of what comes.
    estimated = max(paths.mean(axis=0).var(ddof=1) - comes / len(paths), 0.0)
    return float(error), float(estimated**0.5), float(comes**0.5)


def told(spread: float) -> str:
    """A spread of logs as a percentage of the price."""
    return percent(float(np.expm1(spread)), 1 if spread < 0.1 else 0)


def main() -> None:
    """Print one row a mineral and price."""
    posterior = builtin_posterior()
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in LEDGER.glob("*.json")]
    entries.sort(key=lambda entry: tuple(map(int, entry["model_version"].split("."))))
    names = [entry["model_version"] for entry in entries]
    rows = []
    for mineral in MINERALS:
        played = [simulate(posterior, mineral, AHEAD, seed) for seed in range(FUTURES)]
        for of in ("market", "fair"):
            logs = np.log(np.stack([getattr(paths, of)[:, -1] for paths in played]))
            error, estimated, comes = spreads(logs)
            medians = [
                entry["forecasts"][mineral]["critmin"][f"{of}_price"][AHEAD - 1][2]
                for entry in entries
            ]
            apart = float(np.log(max(medians) / min(medians)))
            spread = map(told, (error, estimated, comes, apart))
            rows.append([mineral, of, *spread, *(f"{value:,.0f}" for value in medians)])
    head = ["mineral", "price", "Monte Carlo", "estimated", "to come", "versions"]
    markdown(rows, [*head, *(f"version {name}" for name in names)], 2)


if __name__ == "__main__":
    main()
