"""Print the tables of docs/evidence.md, in Markdown, from what `build_evidence.py` measured.

Usage: uv run python scripts/print_evidence.py FOLDER [EARLIER.csv.gz]

FOLDER holds the finished origins of the backtest. EARLIER are scores of an older version of the model,
which is compared on identical outcomes.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from critmin.audit.backtesting.comparison import skill, summarise
from critmin.audit.backtesting.record import STRUCTURAL, Backtest, widened
from critmin.audit.backtesting.rolling import MODELS, ORIGINS, backtest
from critmin.audit.backtesting.univariate import UNIVARIATE
from critmin.audit.reporting.evidence import evidence, measured

WALK = "random walk"
COLUMNS = (
    STRUCTURAL,
    widened(STRUCTURAL),
    "combined",
    "walk from year end",
    "local level",
    "pooled AR(1)",
    "historical mean",
    "drift",
)
SAME = 0.005
"""Absolute errors of a random walk that differ by less have the same last price and outcome."""


def markdown(rows: Sequence[Sequence[object]], head: Sequence[str], words: int = 1) -> None:
    """Print a table whose first columns are words."""
    print(f"\n| {' | '.join(head)} |")
    print("|" + "---|" * words + "---:|" * (len(head) - words))
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def percent(value: float, digits: int = 1) -> str:
    """In percent, with a true minus."""
    return f"{100 * value:.{digits}f}".replace("-", "−")


def skills(table: pd.DataFrame) -> None:
    """Skill and coverage by years ahead, then skill by what else forecasts differ in."""
    means = summarise(table, WALK)
    ours = skill(table, STRUCTURAL, WALK)
    rows = [
        [h, ours.loc[h, "forecasts"], percent(means.loc[(h, STRUCTURAL), "skill"])]
        + [f"{percent(ours.loc[h, '5%'])} to {percent(ours.loc[h, '95%'])}"]
        + [f"{ours.loc[h, 'p_value']:.2f}"]
        + [percent(means.loc[(h, name), "skill"]) for name in COLUMNS[1:]]
        for h in ours.index
    ]
    head = ["years ahead", "forecasts", STRUCTURAL, "90% interval", "p", "widened", *COLUMNS[2:]]
    markdown(rows, head, 0)
    pit = table[table["model"] == STRUCTURAL].groupby("horizon")["pit"]
    tails = pit.agg(above=lambda x: (x > 0.95).mean(), below=lambda x: (x < 0.05).mean())
    shown = COLUMNS[:6]
    rows = [
        [h]
        + [percent(means.loc[(h, name), "inside 90%"], 0) for name in shown]
        + [percent(tails.loc[h, side], 0) for side in ("above", "below")]
        for h in tails.index
    ]
    head = ["years ahead", STRUCTURAL, "widened", *shown[2:], "above 95%", "below 5%"]
    markdown(rows, head, 0)
    end = skill(table, STRUCTURAL, "walk from year end")
    print("\nagainst the walk from the year's end:", end.round(3).to_dict("index"))
    for by in ("group", "mineral"):
        found = summarise(table, WALK, by).xs(STRUCTURAL, level="model")
        print(f"\n{by}: skill", (100 * found["skill"]).round(1).sort_values().to_dict())
        print("inside 90%", (100 * found["inside 90%"]).round(0).sort_values().to_dict())
    for horizon in (5, 10):
        part = summarise(table[table["horizon"] == horizon], WALK, "decade")
        print(
            f"\n{horizon} years, by decade:",
            part.xs(STRUCTURAL, level="model")["skill"].round(3).to_dict(),
        )


def compared(table: pd.DataFrame, earlier: pd.DataFrame) -> None:
    """Both versions of the model on identical outcomes."""
    keys = ["mineral", "origin", "horizon"]

    def of(scores: pd.DataFrame, model: str) -> pd.DataFrame:
        return scores[scores["model"] == model].set_index(keys)

    before, after = of(earlier, WALK), of(table, WALK)
    shared = before.index.intersection(after.index)
    apart = before.loc[shared, "absolute_error"] - after.loc[shared, "absolute_error"]
    index = shared[apart.abs() < SAME]
    used = widened(STRUCTURAL)
    then, now = of(earlier, used).loc[index], of(table, used).loc[index]
    both = pd.DataFrame(
        {
            "walk": after.loc[index, "crps"],
            "then": then["crps"],
            "now": now["crps"],
            "log": then["log_score"] - now["log_score"],
            "inside then": then["inside 90%"],
            "inside now": now["inside 90%"],
        }
    ).reset_index()
    parts = [(str(h), part) for h, part in both.groupby("horizon")] + [("all", both)]
    rows = []
    rng = np.random.default_rng(0)
    for name, part in parts:
        sums = part.groupby("origin")[["then", "now"]].sum()
        drawn = sums.to_numpy()[rng.integers(0, len(sums), (2000, len(sums)))].sum(axis=1)
        low, high = np.quantile(1 - drawn[:, 1] / drawn[:, 0], [0.05, 0.95])
        mean = part[["walk", "then", "now", "log", "inside then", "inside now"]].mean()
        rows.append(
            [name, len(part)]
            + [percent(1 - mean[side] / mean["walk"]) for side in ("then", "now")]
            + [percent(1 - mean["now"] / mean["then"]), f"{percent(low)} to {percent(high)}"]
            + [f"{mean['log']:+.3f}".replace("-", "−")]
            + [percent(mean[f"inside {side}"], 0) for side in ("then", "now")]
        )
    head = ["years ahead", "outcomes", "then", "now", "gain, %", "90%", "log score"]
    markdown(rows, [*head, "inside, then", "inside, now"], 0)
    print("\nminerals:", both["mineral"].nunique(), "origins:", both["origin"].nunique())


def other_scores(run: Backtest) -> None:
    """Output, baskets, and whether refits converged."""
    made = run.supply()
    rows = [
        [h, part["forecasts"].iloc[0]]
        + [percent(part["skill"].xs(name, level="model").iloc[0]) for name in (STRUCTURAL, "trend")]
        + [
            percent(part["inside 90%"].xs(n, level="model").iloc[0], 0)
            for n in (STRUCTURAL, "trend")
        ]
        for h, part in made.groupby(level=0)
    ]
    head = ["years ahead", "outcomes", STRUCTURAL, "trend", "inside 90%", "trend's"]
    markdown(rows, head, 0)
    print("\n", run.baskets().round(4).to_string())
    print("\n", run.diagnostics.round(4).to_string())


def checks() -> None:
    """Past controls, and simulation-based calibration."""
    if measured("events"):
        found = evidence("events")
        rows = [
            [e["event"], e["year"], f"{e['happened']:.2f}", f"{e['without']:.2f}"]
            + [f"{e['with']:.2f} ({e['low']:.2f} to {e['high']:.2f})"]
            + [f"{e[f'crps_{side}']:.2f}" for side in ("without", "with")]
            + [f"{e[f'log_score_{side}']:.2f}".replace("-", "−") for side in ("without", "with")]
            for e in found.reset_index().to_dict("records")
        ]
        head = ["event", "year", "happened", "without", "with", "CRPS without", "with"]
        markdown(rows, [*head, "log score without", "with"], 2)
        scored = found.filter(regex="^(crps|log)").mean().round(3).to_dict()
        helped = {
            name: int((found[f"{name}_with"] < found[f"{name}_without"]).sum())
            for name in ("crps", "log_score")
        }
        print("\n", scored, "helped", helped, "inside", int(found["inside"].sum()), len(found))
    if measured("sbc"):
        print("\n", evidence("sbc").to_string())


def main() -> None:
    """Print all of them."""
    folder = Path(sys.argv[1])
    origins = sorted(int(path.stem) for path in folder.glob("*.nc"))
    print("origins:", origins, "of the default:", sorted(set(origins) & set(ORIGINS)))
    run = backtest(origins=origins, models=(*MODELS, *UNIVARIATE), folder=folder, progressbar=False)
    table = run.combine().table
    skills(table)
    for path in sys.argv[2:]:
        print(f"\nagainst {Path(path).name}")
        compared(table, pd.read_csv(path))
    other_scores(run)
    checks()


if __name__ == "__main__":
    main()
