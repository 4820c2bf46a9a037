"""Print whether the stored forecasts err as often as they say, in Markdown; and by kind of price.

Usage: uv run python scripts/print_calibration.py

Forecasts of overlapping years err together, and minerals do at one origin. What a calibrated model gives
is therefore simulated: log prices that are random walks, whose yearly changes correlate as those of the
minerals have since 1960 on average, forecast exactly at the same origins and horizons, in a thousand
worlds. Shares are of outcomes inside 90% intervals, above the 95% and below the 5% quantile; minerals are
judged alone, all horizons together. Outcomes of a year with a frozen list price stand apart, and the skill
of minerals with a price of an exchange at the year's end, against a walk from there. Half a minute.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from critmin.audit.backtesting.comparison import skill
from critmin.audit.backtesting.record import STRUCTURAL, widened
from critmin.audit.reporting.evidence import evidence
from critmin.data import load_panel
from critmin.internal.arrays import Bools, Floats
from print_evidence import WALK, markdown, percent

SHARES = ("inside 90%", "above 95%", "below 5%")
WORLDS = 1000
MODELS = (STRUCTURAL, widened(STRUCTURAL))
FEW = 20
"""Fewer outcomes of a mineral say nothing."""


def correlation() -> float:
    """Mean over pairs of minerals of the correlation of yearly changes of the log price since 1960."""
    prices = load_panel()["price"].sel(year=slice(1960, None))
    changes = pd.DataFrame(np.log(prices.values.T)).diff()
    pairs = changes.corr(min_periods=FEW).to_numpy()
    return float(np.nanmean(pairs[np.triu_indices_from(pairs, 1)]))


def calibrated(forecasts: pd.DataFrame) -> Floats:
    """PIT of each forecast in each world of a right model, (forecast, world)."""
    rng = np.random.default_rng(0)
    years = np.arange(forecasts["origin"].min(), (forecasts["origin"] + forecasts["horizon"]).max())
    names, mineral = np.unique(forecasts["mineral"], return_inverse=True)
    common = correlation()
    steps = common**0.5 * rng.standard_normal((1, len(years), WORLDS))
    own = rng.standard_normal((len(names), len(years), WORLDS))
    steps = steps + (1 - common) ** 0.5 * own
    path = np.concatenate([np.zeros_like(own[:, :1]), steps.cumsum(axis=1)], axis=1)
    start = (forecasts["origin"] - years[0]).to_numpy()
    ahead = forecasts["horizon"].to_numpy()
    moved = path[mineral, start + ahead] - path[mineral, start]
    return norm.cdf(moved / ahead[:, None] ** 0.5)


def indicators(pit: Floats) -> dict[str, Bools]:
    """Which outcomes are inside, above and below."""
    above, below = pit > 0.95, pit < 0.05
    return {"inside 90%": ~(above | below), "above 95%": above, "below 5%": below}


def ranges(table: pd.DataFrame) -> None:
    """Shares by years ahead, and minerals outside what a right model gives."""
    keys = ["mineral", "origin", "horizon"]
    ours = {name: table[table["model"] == name].set_index(keys).sort_index() for name in MODELS}
    index = ours[STRUCTURAL].index
    right = indicators(calibrated(index.to_frame(index=False)))
    found = {}
    for model, part in ours.items():
        scored = part.loc[index]
        inside = {"inside 90%": scored["inside 90%"].to_numpy(dtype=bool)}
        found[model] = indicators(scored["pit"].to_numpy()) | inside
    horizons = index.get_level_values("horizon")
    rows = []
    for horizon in sorted(set(horizons)):
        row: list[object] = [horizon]
        for name in SHARES:
            low, high = np.quantile(right[name][horizons == horizon].mean(axis=0), [0.025, 0.975])
            for model in MODELS:
                share = found[model][name][horizons == horizon].mean()
                row.append(f"{percent(share, 0)}{'' if low <= share <= high else ' (outside)'}")
            row.append(f"{percent(low, 0)} to {percent(high, 0)}")
        rows.append(row)
    sides = [side for name in SHARES for side in (name, "widened", "calibrated")]
    markdown(rows, ["years ahead", *sides], 0)
    minerals = index.get_level_values("mineral")
    judged = [name for name in sorted(set(minerals)) if (minerals == name).sum() >= FEW]
    for name in SHARES:
        worlds = np.stack([right[name][minerals == m].mean(axis=0) for m in judged])
        low, high = np.quantile(worlds, [0.025, 0.975], axis=1)
        usual = ((worlds < low[:, None]) | (worlds > high[:, None])).sum(axis=0)
        told = (
            f"a calibrated model {np.quantile(usual, 0.025):.0f} to {np.quantile(usual, 0.975):.0f}"
        )
        print(f"\n{name}: minerals outside, of {len(judged)} ({told})")
        for model in MODELS:
            share = np.array([found[model][name][minerals == m].mean() for m in judged])
            more = [m for m, out in zip(judged, share > high, strict=True) if out]
            less = [m for m, out in zip(judged, share < low, strict=True) if out]
            print(f"  {model}: {len(more)} more often ({', '.join(more) or 'none'}), ", end="")
            print(f"{len(less)} less often ({', '.join(less) or 'none'})")


def kinds(table: pd.DataFrame) -> None:
    """Skill by the kind of price that came, and of exchange minerals from the last month's."""
    classes = load_panel()["price_class"].to_series().rename("came")
    both = table[table["model"].isin([STRUCTURAL, WALK])]
    ours = both.assign(year=both["origin"] + both["horizon"]).join(classes, on=["mineral", "year"])
    rows = []
    for came, part in ours.groupby("came"):
        scores = part.groupby("model")[["crps", "inside 90%"]].mean()
        gain = 1 - scores.loc[STRUCTURAL, "crps"] / scores.loc[WALK, "crps"]
        inside = scores.loc[STRUCTURAL, "inside 90%"]
        rows.append([came, len(part) // 2, percent(gain), percent(inside, 0)])
    markdown(rows, ["outcome", "forecasts", "skill, %", "inside 90%"], 1)
    # A walk from the year's end is the random walk itself where no such price is known.
    ends = load_panel()["price_year_end"].notnull().sum("year").to_series()
    monthly = table[table["mineral"].isin(ends.index[ends > FEW])]
    found = skill(monthly, STRUCTURAL, "walk from year end")
    names = sorted(monthly["mineral"].unique())
    print(f"\nfrom the last month of {len(names)} minerals ({', '.join(names)}):")
    print(found.round(3).to_string())
    means = both.pivot_table("crps", ["horizon", "mineral"], "model")
    each = (1 - means[STRUCTURAL] / means[WALK]).groupby("horizon")
    print("\nminerals weighed alike, mean and median of their skills:")
    print((100 * each.agg(["mean", "median"])).round(1).to_string())


def main() -> None:
    """Print all of it."""
    table = evidence("backtest")
    print("correlation of minerals:", round(correlation(), 2))
    ranges(table)
    kinds(table)


if __name__ == "__main__":
    main()
