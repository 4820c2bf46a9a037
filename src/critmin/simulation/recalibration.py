"""Forecasts as wide as past outcomes ask for.

In the backtest fewer outcomes fell into the model's intervals than these promise. The table
``widths.csv`` holds, by years ahead, the factors by which those of prices and of world output should
have been wider (`critmin.audit.backtesting.stacking.widening`, learned from five origins;
docs/evidence.md shows what the others ask for, and what the same rule gains when it is
learned from earlier origins only). What users get is widened by it.
"""

import csv
import dataclasses
from functools import cache
from typing import Literal

import numpy as np

from critmin.data.tables import table_bytes
from critmin.internal.arrays import Floats
from critmin.posterior import Posterior
from critmin.scenario import Scenario
from critmin.simulation.bounds import choke_price
from critmin.simulation.market import simulate
from critmin.simulation.paths import PRICES, Paths

Widened = Literal["price", "output"]
"""What forecasts are widened of."""


@cache
def _table() -> dict[str, Floats]:
    rows = list(csv.DictReader(table_bytes("widths").decode("utf-8").splitlines()))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def widths(horizon: int, of: Widened = "price") -> Floats:
    """Factor (year,) on the width of a forecast, a straight line between the horizons measured.

    Parameters
    ----------
    horizon : int
    of : {"price", "output"}

    Examples
    --------
    >>> bool((widths(40) >= 1).all()), bool(widths(40)[-1] == widths(15)[-1])
    (True, True)
    """
    table = _table()
    return np.interp(np.arange(1, horizon + 1), table["years"], table[of])


def _about_the_median(log: Floats) -> Floats:
    return np.asarray(log - np.median(log, axis=0))


def recalibrated(
    posterior: Posterior,
    mineral: str,
    horizon: int,
    seed: int,
    scenario: Scenario,
    *,
    output: bool = True,
) -> Paths:
    """`critmin.simulation.market.simulate` with all prices widened, and output.

    Every draw of every price is multiplied by one factor: the distance of its fair price from the
    median fair price under no scenario, in logs, times the width less one. What the prices share
    is widened, so the fair over the market price, and the price under a scenario over that without
    one, stay as they were simulated, and no distortion reaches the fair price; except where a price
    meets the choke price, which nobody pays more than. Output is widened in the same way, all
    countries of a draw by one factor, so that their shares stay; its last figures are estimates, and
    what will be reported has errors too, neither of which is simulated. Without `output` it stays as
    simulated, for who asks for prices alone.
    """
    paths = simulate(posterior, mineral, horizon, seed, scenario)
    plain = simulate(posterior, mineral, horizon, seed) if scenario.interventions else paths
    apart = _about_the_median(np.log(plain.fair))
    # What is known of the first year (`Posterior.assimilate`) needs no widening, then or later.
    known = posterior.assimilated.get(mineral, {}).get("known", 0.0)
    factor = np.exp((widths(horizon) - 1) * (apart - known * apart[:, :1]))
    production = paths.production
    if output:
        world = _about_the_median(np.log(plain.production.sum(axis=0)))
        production = production * np.exp((widths(horizon, "output") - 1) * world)
    choke = choke_price(posterior, mineral)
    prices = {name: np.minimum(getattr(paths, name) * factor, choke) for name in PRICES}
    return dataclasses.replace(paths, **prices, production=production)
