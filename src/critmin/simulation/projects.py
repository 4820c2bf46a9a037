"""Mines and refineries of a scenario: when they open, and when they run."""

from dataclasses import dataclass

import numpy as np

from critmin.internal.arrays import Floats
from critmin.scenario import Project
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
        """Tonnes in a year at last year's price, (sample,)."""
        runs = (year >= self.first) & (np.exp(log_price) >= self.cost)
        return np.where(runs, self.capacity, 0.0)


def _order(project: Project) -> tuple[float, ...]:
    late = (project.delay, project.delay_log_sd)
    return (project.start, project.capacity, *late, project.cost, project.country)


def openings(projects: list[Project], name: str, size: int, seed: int) -> list[Opening]:
    """Draw how late each project of a scenario is.

    Parameters
    ----------
    projects : list of Project
    name : str
        Of the streams of random numbers, before the project's number.
    size : int
        Draws.
    seed : int
    """
    found = []
    # Each has its draws whatever its place in a scenario's list.
    for number, project in enumerate(sorted(projects, key=_order)):
        normal = stream(seed, f"{name} {number}").standard_normal(size)
        late = project.delay * np.exp(project.delay_log_sd * normal)
        first = project.start + np.round(late)
        found.append(Opening(project.country, project.capacity, project.cost, first))
    return found
