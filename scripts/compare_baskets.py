"""Compare forecasts of members of a basket alone and leaning on the basket's history.

Usage: uv run python scripts/compare_baskets.py DS140

DS140 is a folder of the tables of USGS Data Series 140 (``ds140-rare-earths-2020.xlsx`` and
``ds140-plati.tsv``). Single rare earths and platinum metals have no price of their own before 2005 or
later; the unit values of rare-earth oxides and of platinum metals go back to 1900. A member leans on its
basket as follows: its changes are the basket's times a loading, plus noise, both estimated on the years up
to the origin that have both (loading: prior Normal(1, 0.5)); the years before its own are then drawn
backwards from its first price, eight times. Histories, drawn or not, go through the price equation of
`compare_lasting`, and forecasts at origins from 2010 on are scored against what came. In a third way a
member learns from its group instead, as in the model: the mean log likelihood of the others' own years is
added to the prior. A minute.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scoringrules import crps_ensemble, logs_ensemble

from compare_lasting import State, log_prior, started
from critmin.data import load_panel
from score_strangers import unit_values

RARE_EARTHS = "neodymium praseodymium samarium dysprosium terbium europium lanthanum cerium yttrium"
BASKETS = {
    "rare earths": ("ds140-rare-earths-2020.xlsx", RARE_EARTHS.split()),
    "platinum metals": ("ds140-plati.tsv", ["palladium", "rhodium", "iridium", "ruthenium"]),
}
Prices = Mapping[str, "pd.Series[float]"]

FIRST = 1960
ORIGINS = range(2010, 2025)
HORIZONS = (1, 2, 3, 5, 10)
OWN = 3
"""Years of its own that a member needs."""

DRAWN = 8
LOADING = (1.0, 0.5)
NOISE = 0.2
"""What noise is before any year has both, with the weight of two years."""


def log_values(path: Path) -> "pd.Series[float]":
    """Log unit values in dollars of 1998, by year."""
    if path.suffix == ".xlsx":
        lines = pd.read_excel(path, header=None).to_numpy().tolist()
    else:
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return np.log(unit_values(lines)).loc[FIRST:].dropna()


def backwards(
    own: "pd.Series[float]", basket: "pd.Series[float]", rng: np.random.Generator
) -> "pd.Series[float]":
    """A member's log prices with the years before its first drawn from the basket's."""
    change = basket.diff()
    both = pd.concat([own.diff(), change], axis=1, join="inner").dropna().to_numpy()
    mine, theirs = both[:, 0], both[:, 1]
    middle, spread = LOADING
    noise2 = NOISE**2
    for _ in range(3):  # the loading given the noise, and the noise given the loading
        precision = (theirs**2).sum() / noise2 + spread**-2
        loading = ((theirs * mine).sum() / noise2 + middle * spread**-2) / precision
        noise2 = (2 * NOISE**2 + ((mine - loading * theirs) ** 2).sum()) / (2 + len(both))
    drawn = loading + precision**-0.5 * rng.standard_normal()
    first = int(own.index[0])
    before = change.loc[:first].dropna()
    steps = drawn * before.to_numpy() + noise2**0.5 * rng.standard_normal(len(before))
    past = own.iloc[0] - np.cumsum(steps[::-1])[::-1]
    return pd.concat([pd.Series(past, index=before.index.to_numpy() - 1), own])


def filtered(log_price: "pd.Series[float]") -> State:
    """What is known at the end of a history."""
    years = range(int(log_price.index[0]), int(log_price.index[-1]) + 1)
    filled = log_price.reindex(years)
    state = started(float(filled.iloc[0]))
    for value in filled.iloc[1:]:
        state = state.after(float(value))
    return state


def scores(member: str, prices: Prices, basket: "pd.Series[float]") -> pd.DataFrame:
    """CRPS and log score of one member's forecasts: alone, in its group, and leaning."""
    prior = log_prior((1, 3))
    own = prices[member]
    rows = []
    for origin in (year for year in ORIGINS if year in own.index):
        known = {name: series.loc[:origin] for name, series in prices.items()}
        known = {name: series for name, series in known.items() if len(series) >= OWN}
        if member not in known:
            continue
        rng = np.random.default_rng(origin)
        mine = known.pop(member)
        now = filtered(mine)
        others = [filtered(series).log_likelihood for series in known.values()]
        leaned = [filtered(backwards(mine, basket.loc[:origin], rng)) for _ in range(DRAWN)]
        ways = {
            "alone": [now.forecast(prior)],
            "in its group": [now.forecast(prior + np.mean([*others, 0 * prior], axis=0))],
            "leaning": [state.forecast(prior) for state in leaned],
        }
        for ahead in HORIZONS:
            if (outcome := own.get(origin + ahead)) is None:
                continue
            row = {"ahead": ahead}
            for way, made in ways.items():
                draws = np.concatenate([each[ahead] for each in made])
                row[f"CRPS {way}"] = crps_ensemble(outcome, draws)
                row[f"log score {way}"] = logs_ensemble(outcome, draws)
            rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Print scores by basket and years ahead, and by member (less is better)."""
    folder = Path(sys.argv[1])
    prices = load_panel()["price"]
    parts = []
    for basket, (name, members) in BASKETS.items():
        values = log_values(folder / name)
        own = {m: np.log(prices.sel(mineral=m).to_series().dropna()) for m in members}
        parts += [scores(m, own, values).assign(basket=basket, member=m) for m in members]
    found = pd.concat(parts, ignore_index=True)
    measures = sorted(column for column in found if " " in column)
    for by in (["basket", "ahead"], ["basket", "member"], ["basket"]):
        grouped = found.groupby(by)
        table = grouped[measures].mean().round(3)
        print(table.assign(forecasts=grouped.size()).to_string(), end="\n\n")


if __name__ == "__main__":
    main()
