"""Producer countries: how they share the world's output, and what of it reaches the market."""

from dataclasses import dataclass, field

import numpy as np

from critmin.internal.arrays import Floats
from critmin.model.equations import availability_term
from critmin.posterior import Posterior
from critmin.scenario import Effects
from critmin.simulation.bounds import bounded
from critmin.simulation.restrictions import restrictions
from critmin.simulation.streams import stream, under_way

ROW = "ROW"
"""The rest of the world."""


@dataclass(slots=True)
class Countries:
    """Producers of one mineral, carried forward a year at a time; C countries, the rest last.

    Each grows with the world's output, faster where its costs have fallen or its support has risen
    against the others', and by chance; what it withholds never reaches the market, and does not answer
    to its price.

    Attributes
    ----------
    share : array (C,)
        Of world output at the origin.
    spread : array (C,)
        Of the growth of output beyond that of others.
    luck : array (C, year, sample)
        Standard shocks of that growth.
    held : array (C, year, sample)
        Share of its exports that each withholds.
    rest : array (sample,)
        Availability that producers who are not told apart take away; it stays as it is.
    relative : array (C, sample)
        Log output against the world's, since the origin.
    advantage : array (C, sample)
        Support less cost beyond the world's mean.
    foregone : array (C, sample)
        Growth that producers without access to the market do not see.
    """

    share: Floats
    spread: Floats
    luck: Floats
    held: Floats
    rest: Floats
    relative: Floats = field(init=False)
    advantage: Floats = field(init=False)
    foregone: Floats = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.share), self.luck.shape[-1])
        self.relative, self.advantage, self.foregone = (np.zeros(shape) for _ in range(3))

    @classmethod
    def start(cls, posterior: Posterior, effects: Effects, seed: int) -> "Countries":
        """The producers at the origin, with the shocks and restrictions to come."""
        mineral = effects.mineral
        par, size = posterior.of(mineral), len(posterior.shared["tail"])
        producers = {p.country: p for p in posterior.producers(mineral)}
        share = np.array([producers[c].share if c in producers else 0.0 for c in effects.countries])
        share[-1] = max(1 - share.sum(), 0.0)
        spread = np.array(
            [producers[c].spread if c in producers else 0.0 for c in effects.countries]
        )
        spread[-1] = 0.0
        shape = (len(effects.years), size)
        luck = np.zeros((len(spread), *shape))
        for c, country in enumerate(effects.countries):
            if spread[c] > 0:
                name = f"{mineral}: {country} output"
                luck[c] = under_way(posterior, name, stream(seed, name).standard_normal(shape))
        held_before = np.stack(
            [producers[c].withheld if c in producers else np.zeros(size) for c in effects.countries]
        )
        return cls(
            share=share,
            spread=spread,
            luck=luck,
            held=restrictions(posterior, effects, seed),
            rest=par["availability_end"] - availability_term(1 - share @ held_before),
        )

    @property
    def weight(self) -> Floats:
        """Shares that add up to one, (C,)."""
        return self.share / self.share.sum()

    def kept(self, h: int) -> Floats:
        """Share of its output that each brings to market in year h, (C, sample)."""
        return 1 - self.held[:, h]

    def shares(
        self,
        h: int,
        *,
        support: Floats,
        own_cost: Floats,
        supply_elasticity: Floats,
        capacity: Floats,
    ) -> Floats:
        """Shares of world output in year h, (C, sample).

        Parameters
        ----------
        h : int
        support, own_cost : arrays (C, sample)
            Support and log cost beyond the world's.
        supply_elasticity, capacity : arrays (sample,)
            e_s, and the result of `critmin.model.equations.capacity_response`.
        """
        was = self.advantage
        advantage = support - own_cost
        self.advantage = advantage - (self.weight[:, None] * advantage).sum(axis=0)
        self.relative = bounded(
            self.relative
            + supply_elasticity * (self.advantage - was)
            + capacity * was
            + self.spread[:, None] * self.luck[:, h]
        )
        shares = self.share[:, None] * np.exp(self.relative)
        return shares / shares.sum(axis=0)
