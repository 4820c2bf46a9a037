"""Price shocks of history: holes filled, and what of each shock lasts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from critmin.internal.arrays import Bools
from critmin.model import equations
from critmin.model.coords import Index
from critmin.model.inputs import ModelInputs
from critmin.model.priors import PRIORS

Parameters = dict[str, "pt.TensorVariable"]


@dataclass(frozen=True, slots=True)
class Economy:
    """What price and output answer to, (mineral, year) or, for changes, (mineral, year - 1).

    ``log_cost`` is without what lasts of price shocks.
    """

    inputs: ModelInputs
    at: Index
    par: Parameters
    column: Parameters
    support: "pt.TensorVariable"
    log_cost: "pt.TensorVariable"
    common: "pt.TensorVariable"
    common_end: "pt.TensorVariable"
    push: "pt.TensorVariable"
    carry: Any
    carry_known: Bools

    @property
    def cost_change(self) -> "pt.TensorVariable":
        """Yearly changes of the log cost."""
        return self.log_cost[:, 1:] - self.log_cost[:, :-1]

    @property
    def support_change(self) -> "pt.TensorVariable":
        """Yearly changes of support."""
        return self.support[:, 1:] - self.support[:, :-1]


def _unlasting(economy: Economy, price: "pt.TensorVariable", rows: Any) -> "pt.TensorVariable":
    """Price shocks of some minerals if nothing lasted of any, (row, year - 1)."""
    inputs = economy.inputs
    price = price[rows]
    change = price[:, 1:] - price[:, :-1]
    started = np.arange(len(inputs.years) - 1)[None, :] > inputs.first[rows][:, None]
    previous = pt.concatenate([pt.zeros_like(change[:, :1]), change[:, :-1]], axis=1)
    gap = equations.price_gap(
        log_price=price[:, :-1],
        log_cost=economy.log_cost[rows, :-1],
        support=economy.support[rows, :-1],
    )
    return change - equations.price_change(
        push=economy.push[rows],
        carry=pt.where(
            economy.carry_known[rows, :-1],
            economy.carry[rows, :-1],
            economy.column["persistence"][rows] * started * previous,
        ),
        gap=gap,
        reversion=economy.column["reversion"][rows],
    )


def _left(economy: Economy, unlasting: "pt.TensorVariable", rows: Any) -> "pt.TensorVariable":
    """What past shocks have left on the log cost at the end of each year but the first, (row, year - 1).

    With x the shocks if nothing lasted, what is left is ``(1 - share x reversion)`` times what was plus
    ``share x``: a return to a cost that is higher than thought looks like a shock. Solved for all years
    at once.
    """
    share, reversion = (economy.column[n][rows] for n in ("lasting_share", "reversion"))
    kept = 1 - share * reversion
    age = np.arange(len(economy.inputs.years) - 1)[None, :]
    added = pt.where(economy.at.alive[rows, 1:], share * unlasting, 0.0)
    return kept**age * pt.cumsum(added * kept**-age, axis=1)


def filled(economy: Economy, price: "pt.TensorVariable") -> "pt.TensorVariable":
    """Prices with the holes drawn, in time order."""
    at, par = economy.at, economy.par
    if not at.holes:
        return price
    # Student t as a mixture: its own tails are hard to sample.
    half = par["tail"][np.concatenate([cells.m for cells in at.holes])] / 2
    mixing = pm.Gamma("hole_mixing", half, half, dims="hole")
    surprise = PRIORS["hole_normal"].build("hole") / pt.sqrt(mixing)
    done = 0
    for cells in at.holes:
        m, t = cells.m, cells.t
        rows = np.arange(len(cells))
        unlasting = _unlasting(economy, price, m)
        left = _left(economy, unlasting, m)[rows, np.maximum(t - 2, 0)]
        shock = par["price_scale"][m] * surprise[done : done + len(cells)]
        shock = shock + par["reversion"][m] * pt.where(t >= 2, left, 0.0)
        # Raises what stands in the hole to where it has this shock.
        price = pt.inc_subtensor(price[m, t], shock - unlasting[rows, t - 1])
        done += len(cells)
    return price


def shocks(
    economy: Economy, price: "pt.TensorVariable"
) -> tuple["pt.TensorVariable", "pt.TensorVariable"]:
    """Price shocks, (mineral, year - 1), and what they have left on the log cost, (mineral, year)."""
    rows = slice(None)
    unlasting = _unlasting(economy, price, rows)
    left = _left(economy, unlasting, rows)
    lasting = pt.concatenate([pt.zeros_like(left[:, :1]), left], axis=1)
    return unlasting - economy.column["reversion"] * lasting[:, :-1], lasting


def price_scales(economy: Economy, shock: "pt.TensorVariable") -> "pt.TensorVariable":
    """Scale of each price shock, (mineral, year - 1)."""
    usual = economy.column["price_scale"]
    surprise = pt.where(economy.at.steady, 1.0, shock / usual)
    last = pt.concatenate([pt.ones((surprise.shape[0], 1)), surprise[:, :-1]], axis=1)
    return usual * equations.volatility(
        surprise=last, memory=economy.par["volatility_memory"], xp=pt
    )
