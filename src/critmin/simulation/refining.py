"""The second stage of a market that is counted at the mine: who refines its ore."""

from dataclasses import dataclass

import numpy as np

from critmin.data.production import REFINED
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.model.refiners import Refiners, refiners
from critmin.posterior import Posterior
from critmin.scenario import Effects
from critmin.simulation.paths import Paths
from critmin.simulation.projects import Opening, openings
from critmin.simulation.streams import normals


@dataclass(slots=True)
class Refineries:
    """Refineries of a scenario; N countries that build some, C producers of the market.

    Attributes
    ----------
    years : array (year,)
    openings : list of Opening
        With the N countries' positions.
    fenced : array (C,) of bool
        Producers whose restrictions are on what they refine.
    own : array (C, N)
        1 where one of these builds.
    ratio : float
        World refined over mined output.
    made : array (N, year, sample)
        Tonnes that they would refine.
    """

    years: Ints
    openings: list[Opening]
    fenced: Bools
    own: Floats
    ratio: float
    made: Floats

    @classmethod
    def start(cls, posterior: Posterior, effects: Effects, seed: int) -> "Refineries":
        """The refineries of a scenario, none of them open yet."""
        mineral, size = effects.mineral, posterior.draws.sizes["sample"]
        names, countries = effects.refining, effects.countries
        fenced, ratio = np.zeros(len(countries), dtype=bool), np.nan
        if names:
            fenced = refined_fences(posterior, mineral, countries, effects.stages)
            ratio = refiners(mineral, posterior.origin).ratio
        own = [
            [float(f and c == name) for name in names]
            for c, f in zip(countries, fenced, strict=True)
        ]
        return cls(
            years=effects.years,
            openings=openings(effects.refineries, names, f"{mineral}: refinery", size, seed),
            fenced=fenced,
            own=np.array(own),
            ratio=ratio,
            made=np.zeros((len(names), len(effects.years), size)),
        )

    def run(self, h: int, log_price: Floats, output: Floats) -> tuple[Floats, Floats]:
        """What the year's new refineries do to producers whose restrictions are on what they refine.

        Parameters
        ----------
        h : int
        log_price, output : arrays (sample,)
            Last year's price, and the world's mined output.

        Returns
        -------
        arrays (C, sample)
            Part of its refined output that each keeps, and share of the world's that its own new
            refineries have.
        """
        made, world = self.made[:, h], self.ratio * output
        for each in self.openings:
            made[each.country] += each.output(int(self.years[h]), log_price)
        part = within(made, world) / world
        kept = np.where(self.fenced[:, None], 1 - part.sum(axis=0), 1.0)
        return kept, self.own @ part


def within(made: Floats, world: Floats) -> Floats:
    """Output of new refineries (N, ...), as far as there is ore."""
    return np.asarray(made * np.minimum(world / np.maximum(made.sum(axis=0), world), 1.0))


def refined_fences(
    posterior: Posterior, mineral: str, countries: list[str], stages: dict[str, str]
) -> Bools:
    """Which producers' restrictions are on what they refine, (C,).

    A posterior holds the share of a producer at the stage that it restricts, not the stage: it is the
    one whose share is nearer.

    Parameters
    ----------
    posterior : Posterior
    mineral : str
    countries : list of str
    stages : dict of str to str
        Of those of which a scenario says it.
    """
    known = refiners(mineral, posterior.origin).every
    found = {
        p.country: abs(np.log(p.fence_output / known[p.country]))
        < abs(np.log(p.fence_output / p.share))
        for p in posterior.producers(mineral)
        if known.get(p.country, 0.0) > 0
    }
    found |= {country: stage == REFINED for country, stage in stages.items()}
    return np.array([found.get(c, False) for c in countries], dtype=bool)


@dataclass(frozen=True, slots=True)
class Refined:
    """Refined output of one mineral by country.

    Attributes
    ----------
    about : Refiners
    countries : list of str
        Refiners, those of new refineries among them, the rest last.
    output : array (R, sample, year)
        Tonnes.
    fenced : array (C,) of bool
        Producers of the market whose restrictions are on what they refine.
    """

    about: Refiners
    countries: list[str]
    output: Floats
    fenced: Bools


def ore_held(production: Floats, unsold: Floats, fenced: Bools) -> Floats:
    """Part of the world's ore that each country holds back from refiners, (C, sample, year).

    Parameters
    ----------
    production, unsold : arrays (C, sample, year)
        What producers mine, and the share of it that they withhold from those outside.
    fenced : array (C,) of bool
        Whether it is refined first: their ore is for all.
    """
    held = production * np.where(fenced[:, None, None], 0.0, unsold)
    return np.asarray(held / production.sum(axis=0))


def refined(posterior: Posterior, mineral: str, seed: int, paths: Paths) -> Refined:
    """Share out what is refined of a market's ore.

    World output is that of the ore that reaches the market in every draw, times the last known ratio of
    refined to mined: what is refined of scrap, of stocks or of synthetic feed is in it. Shares start from
    the last known ones and move by the refiners' drifts and by chance; see `critmin.model.refiners`.

    Parameters
    ----------
    posterior : Posterior
    mineral : str
    seed : int
    paths : Paths
        Of `critmin.simulation.market.simulate`.

    Raises
    ------
    CritminError
        If the mineral has no second stage.
    """
    about = refiners(mineral, posterior.origin)
    fenced = refined_fences(posterior, mineral, paths.countries, paths.stages)
    ore = 1 - ore_held(paths.production, paths.unsold, fenced).sum(axis=0)
    world = about.ratio * paths.production.sum(axis=0) * ore
    rows = world.shape[1] + 1
    names = [f"{mineral}: {country} refined" for country in about.countries[:-1]]
    shocks = np.stack([normals(posterior, seed, name, rows) for name in names])
    share = about.ahead(shocks, posterior.origin)
    new = within(np.moveaxis(paths.refineries, 1, 2), world)
    output = share * np.maximum(world - new.sum(axis=0), 0.0)
    countries = [c for c in paths.refining if c not in about.countries]
    countries = [*about.countries[:-1], *countries, about.countries[-1]]
    grown = np.zeros((len(countries), *world.shape))
    for names, made in ((about.countries, output), (paths.refining, new)):
        for country, tonnes in zip(names, made, strict=True):
            grown[countries.index(country)] += tonnes
    return Refined(about, countries, grown, fenced)
