"""Compare priors of how much of a price shock lasts, by forecasts whose outcomes were known in 1984.

Usage: uv run python scripts/compare_lasting.py DS140

DS140 is a folder of the tables of USGS Data Series 140 as text (``ds140-*.tsv``). Log prices of critmin's
minerals and of commodities that it has never seen follow the model's price equation without its drivers,
groups and output: a price that returns to a cost, which walks and keeps a share of each price shock. That
share, the return, the walk and the size of shocks lie on a grid that carries their priors; the cost is
filtered, a surprise of a Student t of five degrees having the scale that its size makes likely. At each
origin prices 1 to 15 years ahead are forecast and scored (CRPS) against a random walk of the size of past
changes. No origin or outcome lies after 1984, so the backtest's stay unseen. A quarter of a minute.
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scoringrules import crps_ensemble

from critmin.data import load_panel
from critmin.internal.arrays import Floats
from critmin.model.prior import logit
from critmin.model.priors import PRIORS
from score_strangers import histories

LAST = 1984
ORIGINS = range(1935, LAST, 3)
HORIZONS = (1, 2, 3, 5, 10, 15)
ENOUGH = 20
"""Years of history that a forecast needs."""

DEGREES = 5
PASSED = 0.2
"""Part of a step of cost that reaches the price within the year: supply's part of the slope, roughly."""

DRAWS = 400

SHARES: Mapping[str, float | tuple[float, float]] = {
    "none": 0.0,
    "0.2": 0.2,
    "0.3": 0.3,
    "0.5": 0.5,
    "Beta(1, 1)": (1, 1),
    "Beta(2, 4)": (2, 4),
    "Beta(1, 3)": (1, 3),
    "Beta(1, 5)": (1, 5),
}
"""One share for all, or its distribution over commodities."""

RETURNS = np.array([0.04, 0.07, 0.1, 0.132, 0.17, 0.22, 0.3])
STEPS = np.array([0.02, 0.04, 0.07, 0.11])
SHOCKS = np.geomspace(0.03, 0.7, 14)
LASTING = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9])
RETURN, STEP, SHOCK, SHARE = (
    a.ravel() for a in np.meshgrid(RETURNS, STEPS, SHOCKS, LASTING, indexing="ij")
)


@dataclass(frozen=True, slots=True)
class State:
    """What is known after a year: the last price and, for each point of the grid, its cost."""

    log_price: float
    log_likelihood: Floats
    cost: Floats
    variance: Floats

    def after(self, log_price: float) -> "State":
        """A year later, at its log price (NaN where there is none)."""
        if not np.isfinite(log_price):
            wider = self.variance + STEP**2 + (SHARE * SHOCK) ** 2
            return State(self.log_price, self.log_likelihood, self.cost, wider)
        surprise = log_price - self.log_price + RETURN * (self.log_price - self.cost)
        known = RETURN**2 * self.variance + (PASSED * STEP) ** 2
        size = surprise**2 / (known + SHOCK**2)
        density = (
            math.lgamma((DEGREES + 1) / 2)
            - math.lgamma(DEGREES / 2)
            - np.log(DEGREES * np.pi * (known + SHOCK**2)) / 2
            - (DEGREES + 1) / 2 * np.log1p(size / DEGREES)
        )
        # The scale of this year's shock, given its size: a Student t is a mixture of normals.
        shock = SHOCK**2 * (DEGREES + size) / (DEGREES + 1)
        total = known + shock
        together = RETURN * self.variance + PASSED * STEP**2 + SHARE * shock
        left = self.variance + STEP**2 + SHARE**2 * shock - together**2 / total
        return State(
            log_price,
            self.log_likelihood + density,
            self.cost + together / total * surprise,
            np.maximum(left, 1e-6),
        )

    def forecast(self, log_prior: Floats) -> dict[int, Floats]:
        """Draws of the log price by years ahead."""
        rng = np.random.default_rng(0)
        weight = self.log_likelihood + log_prior
        weight = np.exp(weight - weight.max())
        i = rng.choice(len(weight), DRAWS, p=weight / weight.sum())
        price = np.full(DRAWS, self.log_price)
        cost = self.cost[i] + self.variance[i] ** 0.5 * rng.standard_normal(DRAWS)
        found = {}
        for ahead in range(1, max(HORIZONS) + 1):
            shock = SHOCK[i] * rng.standard_t(DEGREES, DRAWS) * (1 - 2 / DEGREES) ** 0.5
            step = STEP[i] * rng.standard_normal(DRAWS)
            price = price + PASSED * step - RETURN[i] * (price - cost) + shock
            cost = cost + step + SHARE[i] * shock
            if ahead in HORIZONS:
                found[ahead] = price
        return found


def started(log_price: float) -> State:
    """Before anything is known but the first price: the gap has its stationary spread."""
    zero = np.zeros_like(STEP)
    return State(log_price, zero, zero + log_price, SHOCK**2 / (1 - (1 - RETURN) ** 2))


def log_prior(share: float | tuple[float, float]) -> Floats:
    """Log weight of each point of the grid; cells are wider where points are sparse."""
    scales = (
        (RETURNS, RETURN, logit, PRIORS["reversion"].numbers),
        (STEPS, STEP, np.log, PRIORS["cost_scale"].numbers),
        (SHOCKS, SHOCK, np.log, PRIORS["price_scale"].numbers),
    )
    total = np.log(np.interp(SHARE, LASTING, np.gradient(LASTING)))
    for points, values, to_real, (median, spread) in scales:
        width = np.interp(values, points, np.gradient(to_real(points)))
        total += np.log(width) - ((to_real(values) - to_real(median)) / spread) ** 2 / 2
    if isinstance(share, tuple):
        near = LASTING[1] / 3  # stands for none
        a, b = share
        return total + (a - 1) * np.log(np.maximum(SHARE, near)) + (b - 1) * np.log1p(-SHARE)
    return total + np.where(np.abs(SHARE - share) < 1e-9, 0.0, -np.inf)


def scores(data: pd.DataFrame) -> pd.DataFrame:
    """CRPS of every forecast by prior: mineral, years ahead."""
    priors = {name: log_prior(share) for name, share in SHARES.items()}
    flat = np.random.default_rng(0).standard_normal(DRAWS)
    rows = []
    for name, part in data[data["year"] <= LAST].groupby("mineral"):
        price = np.log(part.set_index("year")["price"])
        price = price.reindex(range(price.index.min(), price.index.max() + 1))
        state, seen = started(float(price.iloc[0])), {}
        for year, value in price.iloc[1:].items():
            state = state.after(float(value))
            seen[int(str(year))] = state
        for origin in ORIGINS:
            if origin - price.index[0] < ENOUGH or not np.isfinite(price.get(origin, np.nan)):
                continue
            size = price.loc[:origin].diff().std()
            made = {key: seen[origin].forecast(prior) for key, prior in priors.items()}
            for ahead in HORIZONS:
                outcome = price.get(origin + ahead, np.nan)
                if np.isfinite(outcome):
                    walk = price[origin] + ahead**0.5 * size * flat
                    row = {"mineral": name, "ahead": ahead}
                    row["random walk"] = crps_ensemble(outcome, walk)
                    row |= {key: crps_ensemble(outcome, f[ahead]) for key, f in made.items()}
                    rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Print skill against the random walk in percent, by set of commodities and years ahead."""
    prices = load_panel()["price"].to_series().rename("price").dropna().reset_index()
    for label, data in (("critmin's", prices), ("never seen", histories(Path(sys.argv[1])))):
        found = scores(data)
        means = found.drop(columns="mineral").groupby("ahead").mean()
        means.loc["all"] = found.drop(columns=["mineral", "ahead"]).mean()
        skill = 100 * (1 - means.div(means.pop("random walk"), axis=0))
        print(f"{label}: {found['mineral'].nunique()} commodities, {len(found):,} forecasts")
        print(skill.round(1).to_string())


if __name__ == "__main__":
    main()
