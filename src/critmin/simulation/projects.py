"""Mines and refineries of a scenario: when they open, and when they run."""

from dataclasses import dataclass

import numpy as np

from critmin.internal.arrays import Floats
from critmin.scenario import Effects, Project
from critmin.simulation.streams import stream


@dataclass(frozen=True, slots=True)
class Opening:
    """One project by draw.

    Attributes
    ----------
    country : int
        Position of the country.
    capacity : float
        Tonnes a year.
    cost : float
        Real USD per tonne below which it stands still.
    first : array (sample,)
        Its first year.
    """

    country: int
    capacity: float
    cost: float
    first: Floats

    def output(self, year: int, log_price: Floats) -> Floats:
        """Tonnes in a year at what was paid last year, (sample,)."""
        # A floor at its cost keeps it running, whatever the rounding.
        runs = (year >= self.first) & (np.exp(log_price) >= self.cost * (1 - 1e-9))
        return np.where(runs, self.capacity, 0.0)


def _order(project: Project) -> tuple[float, ...]:
    return (project.start, project.delay, project.delay_log_sd, project.cost, project.capacity)


def openings(
    projects: list[Project], countries: list[str], name: str, size: int, seed: int
) -> list[Opening]:
    """Draw how late each project of a scenario is.

    Parameters
    ----------
    projects : list of Project
    countries : list of str
        Where they are, by position.
    name : str
        Of the streams of random numbers, before the country and the project's number there.
    size : int
        Draws.
    seed : int
    """
    found, built = [], dict.fromkeys(countries, 0)
    # Its draws depend neither on its place in a list nor on what is built elsewhere, or later.
    for project in sorted((each for each in projects if each.capacity), key=_order):
        country = countries[project.country]
        normal = stream(seed, f"{name} {country} {built[country]}").standard_normal(size)
        built[country] += 1
        late = project.delay * np.exp(project.delay_log_sd * normal)
        first = project.start + np.round(late)
        found.append(Opening(project.country, project.capacity, project.cost, first))
    return found


def mines(effects: Effects, size: int, seed: int) -> list[Opening]:
    """What a scenario opens of the mineral's own output; see `openings`."""
    name = f"{effects.mineral}: project"
    return openings(effects.projects, effects.countries, name, size, seed)


def opened(effects: Effects, all_: list[Opening], h: int, paid: Floats) -> Floats:
    """Tonnes that open for certain or by projects in year h, less those that close, (country, sample).

    Parameters
    ----------
    effects : Effects
    all_ : list of Opening
        Of `mines`.
    h : int
        Position of the year.
    paid : array (country, sample)
        Log price that each country's producers got last year.
    """
    tonnes = np.repeat(effects.capacity[:, h, None], paid.shape[1], axis=1)
    for each in all_:
        tonnes[each.country] += each.output(int(effects.years[h]), paid[each.country])
    return tonnes
