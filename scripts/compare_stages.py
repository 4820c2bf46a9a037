"""How countries' shares of the world's refined output were forecast, and how they came.

Usage: uv run python scripts/compare_stages.py

At every origin only figures of years until then are known (as revised since), also to the spreads. Scored
are refiners with a hundredth of the world's output or more, of copper, nickel and cobalt, whose history
is known. Prints the tables of docs/evidence.md.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import pandas as pd
import scoringrules

from critmin.data.countries import ROW
from critmin.internal.arrays import Floats
from critmin.model.refiners import DRIFT_YEARS, MEASURED, Refiners, history, refiners, two_stages

ORIGINS, HORIZONS = range(1985, 2019, 3), (1, 5, 10, 15)
DRAWS, SEED = 2000, 0
CRITMIN, STEADY, OWN, TREND = "critmin", "last share, pooled spread", "no drift", "trend"
LESS, MORE = "a third of growth kept", "two thirds kept"
ALL_YEARS = 9999
ENDED = frozenset({"SUN", "YUG", "CSK", "DDR"})
"""States that are no more: what came of their shares is others'."""


def models(known: Refiners, growths: dict[str, Floats]) -> dict[str, Refiners]:
    """The forecast and what it is set against, as refiners with other drifts and spreads."""
    still = np.zeros_like(known.drift)
    pooled = np.where(known.spread > 0, np.median(known.spread[:-1]), 0.0)
    recent = [growths.get(c, still)[-DRIFT_YEARS:] for c in known.countries[:-1]]
    trend = np.array([*(g.mean() if len(g) else 0.0 for g in recent), 0.0])
    return {
        CRITMIN: known,
        STEADY: dataclasses.replace(known, drift=still, drift_error=still, spread=pooled),
        OWN: dataclasses.replace(known, drift=still, drift_error=still),
        TREND: dataclasses.replace(known, drift=trend, drift_error=still),
        **{
            name: dataclasses.replace(
                known, drift=part * trend, drift_error=known.spread * np.sqrt(part / DRIFT_YEARS)
            )
            for name, part in ((LESS, 1 / 3), (MORE, 2 / 3))
        },
    }


def scores(mineral: str, origin: int) -> Iterator[dict[str, object]]:
    """CRPS of shares, in percent of the world's output, and whether they fell into 90% intervals."""
    known = refiners(mineral, origin)
    _, growths = history(mineral, origin)
    later, _ = history(mineral, ALL_YEARS)
    shape = (len(known.countries) - 1, 1 + max(HORIZONS), DRAWS)
    shocks = np.random.default_rng((SEED, origin)).standard_normal(shape)
    for model, each in models(known, growths).items():
        share = 100 * each.ahead(shocks, origin)
        for ahead in HORIZONS:
            if origin + ahead not in later:
                continue
            came = later[origin + ahead]
            for r, country in enumerate(known.countries[:-1]):
                # Who is not named in a year may be among its remainder, else made nothing.
                unnamed = not came.get(country, 0.0) > 0
                if country in ENDED or (unnamed and came.get(ROW, 0.0) > 0):
                    continue
                outcome = 0.0 if unnamed else 100 * came[country] / came.sum()
                draws = share[r, :, ahead - 1]
                low, high = np.quantile(draws, (0.05, 0.95))
                yield {
                    "model": model,
                    "mineral": mineral,
                    "years ahead": ahead,
                    "origin": origin,
                    "country": country,
                    "crps": float(scoringrules.crps_ensemble(outcome, draws)),
                    "inside": 100 * float(low <= outcome <= high),
                }


def table(rows: pd.DataFrame, by: str, kinds: tuple[str, ...]) -> pd.DataFrame:
    """CRPS and coverage by model."""
    crps = rows.pivot_table(index=by, columns="model", values="crps", sort=False)
    inside = rows.pivot_table(index=by, columns="model", values="inside", sort=False)
    count = rows[rows["model"] == CRITMIN].groupby(by, sort=False).size().rename("outcomes")
    held = inside[[*kinds]].round(0).astype(int).add_suffix(": inside 90%")
    return pd.concat([count, crps[[*kinds]].round(2), held], axis=1).reset_index()


if __name__ == "__main__":
    measured = [m for m in two_stages() if refiners(m, ALL_YEARS).basis == MEASURED]
    found = pd.DataFrame(
        row for mineral in measured for origin in ORIGINS for row in scores(mineral, origin)
    )
    usual = (CRITMIN, STEADY, OWN, TREND)
    for by, kinds in (("years ahead", usual), ("mineral", usual), ("years ahead", (LESS, MORE))):
        print(table(found, by, kinds).to_markdown(index=False), end="\n\n")
    paired = found.pivot_table(
        index=["mineral", "origin", "years ahead", "country"], columns="model", values="crps"
    )
    # Origins overlap and countries' shares hang together: one gain an origin and mineral.
    gain = (
        1
        - paired[CRITMIN].groupby(["mineral", "origin"]).sum()
        / paired[STEADY].groupby(["mineral", "origin"]).sum()
    )
    print(
        f"better than the last share at {(gain > 0).sum()} of {len(gain)} pairs of origin and mineral"
    )
