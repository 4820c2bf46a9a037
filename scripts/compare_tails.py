"""Compare shapes of yearly price shocks by forecasts of one year: tails, pooled or not, skew, memory.

Usage: uv run python scripts/compare_tails.py

At each origin from 1980 to 1999 every shape is fitted by maximum likelihood to all yearly log changes
known then, each over the median size of its mineral's own, and the changes of the year after are scored
by their log density. Frozen list prices and prices that did not move are left out. The data of one day
stand for those of every origin, and later origins stay for the backtest. A quarter of a minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import t as student_t

from critmin.data import load_panel
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.mineral import GROUPS, get_mineral
from critmin.model.assumptions import TAIL_SPREAD
from critmin.model.equations import volatility
from critmin.model.priors import PRIORS

FIRST, ORIGINS = 1960, range(1980, 2000)

ENOUGH = 8
"""More yearly changes than these are needed to know a mineral's own size."""

UNMOVED = 1e-9
"""A log change smaller than this is no change of a market."""

FIRST_SURPRISE = 1.5**0.5
"""Size of a change that is not known, over the median: about the root mean square of a Student t's."""

SKEW_SPREAD = 0.3
"""Spread of a normal penalty on the log skew."""

START = (0.3, 0.0, -1.0)
"""Log scale, log skew, log odds of the memory; logs of the degrees of freedom over the least follow, by
group where they are pooled, and how far each mineral strays from them, in spreads."""

LEAST_DEGREES = 1.5


@dataclass(frozen=True, slots=True)
class Shape:
    """What a shock may have; degrees of freedom are estimated where none are given."""

    skew: bool = False
    memory: bool = False
    degrees: float | None = None
    pooled: bool = False

    def log_excess(self, mineral: Ints, groups: Ints, at: Floats) -> Floats:
        """Log of the degrees of freedom over the least."""
        if not self.pooled:
            return np.asarray(at[len(START)])
        by_group, effect = np.split(at[len(START) :], [len(GROUPS)])
        return np.asarray(by_group[groups[mineral]] + TAIL_SPREAD * effect[mineral])

    def log_density(
        self, z: Floats, before: Floats, mineral: Ints, groups: Ints, at: Floats
    ) -> Floats:
        """Log density of standardised changes given those of the year before, and parameters."""
        scale = np.exp(at[0])
        if self.memory:
            scale = scale * volatility(surprise=before, memory=expit(at[2]))
        degrees = self.degrees or LEAST_DEGREES + np.exp(self.log_excess(mineral, groups, at))
        skew = np.exp(at[1]) if self.skew else 1.0
        u = z / scale
        # Fernandez and Steel (1998), Journal of the American Statistical Association 93.
        folded = np.where(u > 0, u / skew, u * skew)
        return np.asarray(
            student_t.logpdf(folded, degrees) + np.log(2 / (skew + 1 / skew)) - np.log(scale)
        )

    def fitted(self, z: Floats, before: Floats, mineral: Ints, groups: Ints) -> Floats:
        """Parameters of the largest likelihood; pooled degrees of freedom have the model's own prior."""
        shape, rate = PRIORS["tail"].numbers

        def loss(at: Floats) -> float:
            penalty = at[1] ** 2 / (2 * SKEW_SPREAD**2)
            if self.pooled:
                by_group, effect = np.split(at[len(START) :], [len(GROUPS)])
                penalty += (rate * np.exp(by_group) - (shape - 1) * by_group).sum()
                penalty += (effect**2).sum() / 2
            return float(penalty - self.log_density(z, before, mineral, groups, at).sum())

        free = [1.0] * len(GROUPS) + [0.0] * len(groups) if self.pooled else [1.0]
        start = (*START, *free)
        return np.asarray(minimize(loss, start, method="L-BFGS-B").x)


SHAPES: Mapping[str, Shape] = {
    "symmetric": Shape(),
    "skewed": Shape(skew=True),
    "memory": Shape(memory=True),
    "skewed, memory": Shape(skew=True, memory=True),
    "memory, pooled": Shape(memory=True, pooled=True),
    **{f"memory, {n} degrees": Shape(memory=True, degrees=n) for n in (3, 4, 5, 6, 8)},
}


def changes() -> tuple[Floats, Ints]:
    """Yearly log changes of real prices (mineral, year), NaN where none or no market's; groups."""
    panel = load_panel().sel(year=slice(FIRST, None))
    change = np.diff(np.log(panel["price"].values), axis=1)
    listed: Bools = panel["price_class"].values[:, 1:] == "list_price"
    groups = [GROUPS.index(get_mineral(str(name)).group) for name in panel["mineral"].values]
    return np.where(listed | (np.abs(change) < UNMOVED), np.nan, change), np.array(groups)


def forecasts(change: Floats, groups: Ints) -> pd.DataFrame:
    """Log density of each outcome by shape; all shapes forecast the same changes."""
    found: dict[str, list[Floats]] = {name: [] for name in SHAPES}
    for origin in ORIGINS:
        known = origin - FIRST  # changes until the origin; the next one is forecast
        enough = np.isfinite(change[:, :known]).sum(axis=1) > ENOUGH
        size = np.nanmedian(np.abs(change[enough, :known]), axis=1)
        z = change[enough, : known + 1] / size[:, None]
        before = np.full_like(z, FIRST_SURPRISE)
        before[:, 1:] = np.nan_to_num(z[:, :-1], nan=FIRST_SURPRISE)
        there = np.isfinite(z)
        there[:, known] = False
        came = np.isfinite(z[:, known])
        mineral = np.broadcast_to(np.flatnonzero(enough)[:, None], z.shape)
        for name, shape in SHAPES.items():
            at = shape.fitted(z[there], before[there], mineral[there], groups)
            outcome = z[came, known], before[came, known], mineral[came, known]
            found[name].append(shape.log_density(*outcome, groups, at))
    return pd.DataFrame({name: np.concatenate(parts) for name, parts in found.items()})


def against(scores: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Mean gain in log density over a shape, and its standard error if forecasts were independent."""
    gain = scores.sub(scores[baseline], axis=0)
    return pd.DataFrame({"gain": gain.mean(), "standard error": gain.std() / len(gain) ** 0.5})


def main() -> None:
    """Print the mean log density of each shape and what it gains."""
    scores = forecasts(*changes())
    table = pd.concat(
        {
            "log density": scores.mean().to_frame("mean"),
            "against symmetric": against(scores, "symmetric"),
            "against memory": against(scores, "memory"),
            "against memory, 6 degrees": against(scores, "memory, 6 degrees"),
        },
        axis=1,
    )
    print(f"{len(scores)} forecasts of one year, origins {ORIGINS[0]} to {ORIGINS[-1]}")
    print(table.round(4).to_string())


if __name__ == "__main__":
    main()
