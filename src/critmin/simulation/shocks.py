"""Every shock that hits one market, drawn once for all years."""

import math
from dataclasses import dataclass

import numpy as np

from critmin.internal.arrays import Floats
from critmin.mineral import get_mineral
from critmin.model.equations import common_move, year_end_carry
from critmin.posterior import Posterior
from critmin.simulation.streams import normals, stream, under_way


@dataclass(frozen=True, slots=True)
class Shocks:
    """Shocks by year, (year, sample).

    Attributes
    ----------
    income : array
        Growth of world income about its mean.
    common, common_end : arrays
        What the cycles of all minerals and of the mineral's group do to its log price, on average over
        the year and from then to its end.
    host : array
        Growth of the host's output about its mean.
    technology : array
        Log demand that technologies add beyond their trend.
    cost, price, carry, output : arrays
        Standard shocks of the cost, the price, the year's end and the output.
    """

    income: Floats
    common: Floats
    common_end: Floats
    host: Floats
    technology: Floats
    cost: Floats
    price: Floats
    carry: Floats
    output: Floats


def draw_shocks(
    posterior: Posterior, mineral: str, seed: int, given: dict[str, Floats], horizon: int
) -> Shocks:
    """Draw the shocks of one market.

    Parameters
    ----------
    posterior : Posterior
    mineral : str
    seed : int
    given : dict of str to array (year,)
        Paths of a scenario that replace drivers; here growth of ``"gdp"``.
    horizon : int
    """
    par, shared = posterior.of(mineral), posterior.shared
    tail = par["tail"]
    shape = (horizon, len(tail))
    host = get_mineral(mineral).host or mineral

    def normal(name: str) -> Floats:
        return normals(posterior, seed, name, horizon)

    def student(name: str, degrees: Floats) -> Floats:
        return under_way(posterior, name, stream(seed, name).standard_t(degrees, shape))

    def cycle(when: str) -> Floats:
        moved = common_move(
            factor=normal(f"{when}factor"),
            group_factor=normal(f"{when}factor: {get_mineral(mineral).group}"),
            factor_loading=par["factor_loading"],
            group_loading=par["group_loading"],
        )
        return np.asarray(moved)

    # Of the growth of world income in dollars a part is the dollar, not demand.
    income = shared["income_signal"] * shared["income_scale"] * normal("income")
    if "gdp" in given:
        surprise = given["gdp"] - float(posterior.constants["income_mean"])
        income = np.broadcast_to(surprise[:, None], shape)
    return Shocks(
        income=income,
        common=cycle(""),
        common_end=cycle("end "),
        host=par["host_scale"] * normal(f"{host}: output"),
        technology=_technology(posterior, mineral, seed, shape),
        cost=normal(f"{mineral}: cost"),
        price=student(f"{mineral}: price", tail),
        carry=student(f"{mineral}: carry", tail),
        output=student(f"{mineral}: output shock", tail + 1),
    )


def shared_end(posterior: Posterior, mineral: str, seed: int) -> Floats:
    """How far the cycles that minerals share move the first year's end above its average, (sample,).

    Parameters
    ----------
    posterior : Posterior
        In which the mineral's price comes by the month.
    mineral : str
    seed : int
    """
    shocks, shared = draw_shocks(posterior, mineral, seed, {}, 1), posterior.shared
    return np.asarray(
        year_end_carry(
            response=shared["carry_response"],
            scale=shared["carry_scale"],
            shock=0.0,
            common=shocks.common[0],
            price_scale=0.0,
            noise=0.0,
            common_noise=shocks.common_end[0],
        )
    )


def student_log_density(values: Floats | float, tail: Floats, scale: Floats) -> Floats:
    """Log density of Student t about nothing, as draws of each shock's tail and scale have it.

    Parameters
    ----------
    values : float or array (sample,)
    tail : array (sample,)
        Degrees of freedom.
    scale : array (sample,)
    """
    # SciPy, which has it, is no part of a plain install. Copies of a draw share their tail.
    different, which = np.unique(tail, return_inverse=True)
    constant = [math.lgamma((d + 1) / 2) - math.lgamma(d / 2) for d in different.tolist()]
    constant_of = np.array(constant)[which] - np.log(math.pi * tail) / 2 - np.log(scale)
    return np.asarray(constant_of - (tail + 1) / 2 * np.log1p((values / scale) ** 2 / tail))


def _technology(posterior: Posterior, mineral: str, seed: int, shape: tuple[int, int]) -> Floats:
    weight = posterior.of(mineral)["technology_weight"]
    demand = np.zeros(shape)
    scales = posterior.draws["technology_scale"].values
    for k, name in enumerate(map(str, posterior.constants["technology"])):
        if weight[k] > 0:
            scale = scales[:, k]
            demand += weight[k] * scale * normals(posterior, seed, name, shape[0])
    return np.asarray(posterior.shared["technology_response"] * demand)
