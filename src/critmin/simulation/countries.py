"""Producer countries: how they share the world's output, and what of it reaches the market."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from critmin.data.production import MINED, REFINED
from critmin.internal.arrays import Bools, Floats
from critmin.model import fences
from critmin.model.equations import LEAST_RESPONSE
from critmin.model.fences import MOST_OUTPUT
from critmin.model.refiners import refiners, two_stages
from critmin.posterior import Posterior
from critmin.scenario import Effects
from critmin.simulation.bounds import bounded
from critmin.simulation.paths import missing
from critmin.simulation.restrictions import restrictions
from critmin.simulation.streams import normals

TINY = 1e-6
"""Smallest share of the world's use."""

ANOTHER_STAGE = 0.2
"""Log ratio from which shares of a fence are of another stage than the producer's: those of one stage
differ by less, one being of a year and the other of three."""


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
        Share of its normal exports that each withholds.
    closed : array (C,) of bool
        Whether a measure, in force or of the scenario, makes a price inside.
    tax : array (C,)
        Taxes between its price and that of its exports, log points.
    stage : array (C,)
        Its share of world output at the stage that it restricts, over that at the main one, at the origin.
    told : array (C,) of bool
        Whether a scenario says that it is the second one.
    use : array (C, sample)
        Its share of world use.
    answers : dict of str to array
        Elasticities and primary share of the mineral, by which both sides of a fence answer.
    slope : array (sample,)
        Of the whole market.
    exported : array (C, year, sample)
        Share of its output that each exports in a calm year.
    unsold : array (C, year, sample)
        Share of its output that each withholds from those outside.
    at_stage : array (C, year, sample or 1)
        Its output at the stage that it restricts, over that at the main one.
    rest : array (sample,)
        Availability that producers who are not told apart take away; it stays as it is.
    relative : array (C, sample)
        Log output against the world's, since the origin.
    advantage : array (C, sample)
        Support less cost beyond the world's mean.
    foregone : array (C, sample)
        Growth that producers without access to the market do not see.
    kept, gained : arrays (C, sample)
        Part of its output at the stage that it restricts that new refineries of the year leave each, and
        share of the world's that its own have; see `refine`.
    """

    share: Floats
    spread: Floats
    luck: Floats
    held: Floats
    closed: Bools
    tax: Floats
    stage: Floats
    told: Bools
    use: Floats
    answers: dict[str, Floats]
    slope: Floats
    exported: Floats = field(init=False)
    unsold: Floats = field(init=False)
    at_stage: Floats = field(init=False)
    rest: Floats = field(init=False)
    relative: Floats = field(init=False)
    advantage: Floats = field(init=False)
    foregone: Floats = field(init=False)
    kept: Floats | float = 1.0
    gained: Floats | float = 0.0

    def __post_init__(self) -> None:
        shape = (len(self.share), self.luck.shape[-1])
        self.relative, self.advantage, self.foregone = (np.zeros(shape) for _ in range(3))
        self.exported, self.at_stage = (
            np.repeat(each[:, None], self.held.shape[1], axis=1)
            for each in (self._exported(), self._at_stage())
        )
        self.unsold = self.held * self.exported

    @classmethod
    def start(cls, posterior: Posterior, effects: Effects, seed: int) -> "Countries":
        """The producers at the origin, with the shocks and restrictions to come."""
        mineral = effects.mineral
        par, size = posterior.of(mineral), posterior.draws.sizes["sample"]
        producers = {p.country: p for p in posterior.producers(mineral)}

        def known(name: str, other: Any) -> "np.typing.NDArray[Any]":
            """An attribute of every producer told apart, and what stands for it in the others."""
            return np.array(
                [
                    getattr(producers[c], name) if c in producers else other
                    for c in effects.countries
                ]
            )

        share, spread = known("share", 0.0), known("spread", 0.0)
        share[-1] = max(1 - share.sum(), 0.0)
        spread[-1] = 0.0
        shape = (len(effects.years), size)
        luck = np.zeros((len(spread), *shape))
        for c, country in enumerate(effects.countries):
            if spread[c] > 0:
                luck[c] = normals(posterior, seed, f"{mineral}: {country} output", shape[0])
        none = np.zeros(size)
        # Who has no share of its own, a newcomer or the rest of the world, has one stage.
        stage = known("fence_output", 1.0) / known("share", 1.0)
        chosen = np.array([effects.stages.get(c, "") for c in effects.countries])
        if mineral in two_stages():
            refined = chosen == REFINED
            every = refiners(mineral, posterior.origin).every if refined.any() else {}
            stage[refined] = [every[c] for c in np.array(effects.countries)[refined]] / share[
                refined
            ]
        output = np.minimum(share * stage, MOST_OUTPUT)
        use = output[:, None] * known("own_use", none)
        made = cls(
            share=share,
            spread=spread,
            luck=luck,
            held=restrictions(posterior, effects, seed),
            closed=(effects.withheld > 0).any(axis=1) | known("fence_closed", False),
            tax=known("export_tax", 0.0),
            stage=np.where(chosen == MINED, 1.0, stage),
            told=(chosen == REFINED) & (mineral in two_stages()),
            use=use,
            answers={
                "supply_elasticity": par["supply_elasticity"],
                "demand_elasticity": par["demand_elasticity"],
                "scrap_elasticity": posterior.shared["scrap_elasticity"],
                "primary": par["primary"],
            },
            slope=np.maximum(par["slope"], LEAST_RESPONSE),
        )
        rise, _ = made.sides(known("withheld", none), share[:, None])
        made.rest = par["availability_end"] - made.taken(rise)
        return made

    def _exported(self) -> Floats:
        """Share of its output that each exports in a calm year, (C, sample)."""
        output = np.maximum(self.restricted(self.share[:, None]), TINY)
        return np.asarray(1 - np.minimum(self.use / output, 1.0))

    def _at_stage(self) -> Floats:
        """Its output at the stage that each restricts, over that at the main one, (C, sample or 1)."""
        share = self.share[:, None]
        another = self.told | (np.abs(np.log(self.stage)) >= ANOTHER_STAGE)
        stage = np.where(another, self.stage, 1.0)
        own = np.divide(self.gained, share, out=np.zeros_like(share + self.gained), where=share > 0)
        return np.asarray(stage[:, None] * self.kept + own)

    def lost(self, h: int) -> Floats:
        """Tonnes that each withholds in year h, over its output at the main stage, (C, sample)."""
        return missing(self.at_stage[:, h], self.unsold[:, h])

    def restricted(self, share: Floats) -> Floats:
        """Share of world output at the stage that each restricts, (C, sample) or (C, 1).

        Parameters
        ----------
        share : array (C, sample) or (C, 1)
            At the main stage.
        """
        whole = share * self.stage[:, None] * self.kept + self.gained
        return np.clip(whole, 0.0, MOST_OUTPUT)

    def hold(self, h: int, held: Floats) -> None:
        """Withhold these shares of exports (C, sample) in year h."""
        self.held[:, h] = held
        self.unsold[:, h] = held * self.exported[:, h]

    def refine(self, h: int, kept: Floats, gained: Floats) -> None:
        """Let new refineries take ore from others in year h.

        Parameters
        ----------
        h : int
        kept, gained : arrays (C, sample)
            As of `critmin.simulation.refining.Refineries.run`.
        """
        self.kept, self.gained = kept, gained
        self.exported[:, h] = self._exported()
        if self.at_stage.shape[-1] == 1:
            self.at_stage = np.repeat(self.at_stage, self.held.shape[-1], axis=-1)
        self.at_stage[:, h] = self._at_stage()
        self.hold(h, self.held[:, h])

    @property
    def weight(self) -> Floats:
        """Shares that add up to one, (C,)."""
        return self.share / self.share.sum()

    def sides(self, held: Floats, share: Floats) -> tuple[Floats, Floats]:
        """Rise of the log price outside each country's fence and fall inside, (C, sample).

        Parameters
        ----------
        held, share : arrays (C, sample)
            Share of its exports that each withholds, and its share of world output.
        """
        rise, fall = np.zeros((2, *held.shape))
        some = held.any(axis=1)  # without a fence there is one price
        rise[some], fall[some] = fences.both_sides(
            withheld=held[some],
            output=np.broadcast_to(self.restricted(share), held.shape)[some],
            use=np.clip(self.use[some], TINY, MOST_OUTPUT),
            least=LEAST_RESPONSE,
            **self.answers,
        )
        return rise, fall

    def taken(self, rise: Floats) -> Floats:
        """Availability that all fences take from those outside, (sample,).

        Parameters
        ----------
        rise : array (C, sample)
            Of `sides`.
        """
        taken = fences.fence_availability(
            rise=rise, slope=self.slope, primary=self.answers["primary"]
        )
        return np.asarray(taken.sum(axis=0))

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
        was, advantage = self.advantage, support - own_cost
        if was.any() or advantage.any():
            self.advantage = advantage - (self.weight[:, None] * advantage).sum(axis=0)
            gained = supply_elasticity * (self.advantage - was)
            self.relative = self.relative + gained + capacity * was
        self.relative = bounded(self.relative + self.spread[:, None] * self.luck[:, h])
        shares = self.share[:, None] * np.exp(self.relative)
        return shares / shares.sum(axis=0)
