"""The world's cost stack year by year, and how each country's cost differs from it."""

from dataclasses import dataclass

import numpy as np

from critmin.data.drivers import COMPONENTS
from critmin.internal.arrays import Floats
from critmin.model.cost_equations import component_costs, cost_drivers
from critmin.posterior import Posterior
from critmin.scenario import Effects
from critmin.simulation.bounds import bounded
from critmin.units import BASE_YEAR

LABOUR, COMPLIANCE = COMPONENTS.index("labour"), COMPONENTS.index("compliance")


@dataclass(slots=True)
class CostPath:
    """The full cost of one mineral, carried forward a year at a time.

    Attributes
    ----------
    par, shared : dict of str to array
        Of `critmin.posterior.Posterior.of` and ``shared``.
    origin : int
        Year of the posterior.
    effects : Effects
    drivers : dict of str to array (year + 1, sample)
        Of `critmin.simulation.drivers.drivers`.
    weight : array (country,)
        Shares of the countries in world output at the origin.
    base : array (sample,)
        Log cost at the base year's drivers.
    """

    par: dict[str, Floats]
    shared: dict[str, Floats]
    origin: int
    effects: Effects
    drivers: dict[str, Floats]
    weight: Floats
    base: Floats

    @classmethod
    def start(
        cls,
        posterior: Posterior,
        mineral: str,
        effects: Effects,
        drivers: dict[str, Floats],
        weight: Floats,
    ) -> "CostPath":
        """Begin at the origin's cost."""
        par, shared = posterior.of(mineral), posterior.shared
        path = cls(par, shared, posterior.origin, effects, drivers, weight, np.zeros(0))
        path.base = par["log_cost"] - np.log(path.parts(0).sum(axis=-1))
        return path

    def follow(self, shock: Floats) -> Floats:
        """Let the cost follow a price shock (sample,) as far as it lasts; what stays, in logs."""
        lasting = self.par["lasting_share"] * shock
        self.base = bounded(self.base + lasting, self.par["log_cost"])
        return lasting

    def parts(self, ahead: int) -> Floats:
        """Components relative to the base year, `ahead` years after the origin, (sample, component)."""
        log_indices = cost_drivers(
            paths={name: path[ahead] for name, path in self.drivers.items()},
            parameters=self.shared,
            years_ahead=self.origin + ahead - BASE_YEAR,
        )
        return np.asarray(component_costs(self.par["cost_share"], np.stack(log_indices, axis=-1)))

    def advance(self, h: int, shock: Floats) -> tuple[Floats, Floats]:
        """Carry the cost into year h.

        Parameters
        ----------
        h : int
            Position of the year.
        shock : array (sample,)
            Standard shock of the log cost.

        Returns
        -------
        array (sample, component)
            The world's cost stack.
        array (country, sample)
            Log cost of each country beyond the world's before the scenario.
        """
        par, effects = self.par, self.effects
        moved = self.base + par["cost_drift"] + par["cost_scale"] * shock
        self.base = bounded(moved, par["log_cost"])
        stack = np.exp(self.base + self.weight @ effects.cost[:, h])[:, None] * self.parts(h + 1)
        cost, levy, wages = (a[:, h, None] for a in (effects.cost, effects.levy, effects.wages))
        if not (levy.any() or wages.any()):
            return stack, np.broadcast_to(cost, (len(cost), len(stack)))
        plain = stack.sum(axis=-1)
        own = cost + np.log1p((levy + stack[:, LABOUR] * np.expm1(wages)) / plain)
        stack[:, LABOUR] *= np.exp(self.weight @ wages[:, 0])
        stack[:, COMPLIANCE] += self.weight @ levy[:, 0]
        return stack, own
