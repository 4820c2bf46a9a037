"""Where the model's observations, holes and innovations stand: index sets and named coordinates, once."""

from dataclasses import dataclass

import numpy as np

from critmin.data.drivers import COMPONENTS, TECHNOLOGIES
from critmin.internal.arrays import Bools, Ints
from critmin.mineral import GROUPS
from critmin.model.assumptions import SUPPORT_YEARS
from critmin.model.inputs import ModelInputs
from critmin.model.parameters import POOLED


@dataclass(frozen=True, slots=True)
class Cells:
    """Positions (mineral, year)."""

    m: Ints
    t: Ints

    def where(self, chosen: Bools) -> "Cells":
        """Those of a mask over them."""
        return Cells(self.m[chosen], self.t[chosen])

    def __len__(self) -> int:
        return len(self.m)


def _cells(pairs: list[tuple[int, int]]) -> Cells:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Cells(table[:, 0], table[:, 1])


@dataclass(frozen=True, slots=True)
class Index:
    """Index sets of a model; everything that is computed from them is computed here.

    Attributes
    ----------
    observed : Cells
        Years with a price after a mineral's first.
    holes : list of Cells
        Years without one, in the order they can be filled. Years from the last price to the panel's
        end are holes too: the model nowcasts them.
    grown : Cells
        Observed years with a growth of output on the same basis.
    carried : Cells
        Those of `observed` that know how far the year's end stands above its average.
    alive : array (mineral, year) of bool
        Years after the first price.
    steady : array (mineral, year - 1) of bool
        Years whose shock says nothing of the next year's volatility: a mineral's first, and those of a
        frozen list price.
    walking : tuple of array
        Positions (restriction, year) at which what a measured measure withholds takes a step.
    surprises, supported, countervailed, stepped, hosted
        Positions of known technology surprises, of observed growth of supported producers, of those with
        a countervailing rate, of minerals with two bases, and of those with a host.
    """

    observed: Cells
    holes: list[Cells]
    grown: Cells
    carried: Cells
    alive: Bools
    steady: Bools
    walking: tuple[Ints, Ints]
    surprises: tuple[Ints, Ints]
    supported: tuple[Ints, Ints]
    countervailed: Ints
    stepped: Ints
    hosted: Ints

    @property
    def hole(self) -> Cells:
        """All holes in the order of `holes`."""
        empty = np.zeros(0, dtype=np.int64)
        return Cells(
            np.concatenate([empty, *(h.m for h in self.holes)]),
            np.concatenate([empty, *(h.t for h in self.holes)]),
        )


def _observed_and_holes(inputs: ModelInputs) -> tuple[Cells, list[Cells]]:
    seen = np.isfinite(inputs.log_price)
    observed: list[tuple[int, int]] = []
    holes: list[list[tuple[int, int]]] = []
    for m in range(len(inputs.minerals)):
        # A hole needs the prices of the two years before it: it is filled after the later of them.
        turns = [-1, -1]
        for t in range(int(inputs.first[m]) + 1, len(inputs.years)):
            turn = -1
            if seen[m, t]:
                observed.append((m, t))
            else:
                turn = 1 + max(turns)
                if turn == len(holes):
                    holes.append([])
                holes[turn].append((m, t))
            turns = [turns[1], turn]
    return _cells(observed), [_cells(h) for h in holes]


def index(inputs: ModelInputs) -> Index:
    """Find the index sets of a model's inputs."""
    observed, holes = _observed_and_holes(inputs)
    m, t = observed.m, observed.t
    grown = np.isfinite(inputs.growth[m, t]) & (inputs.basis[m, t] == inputs.basis[m, t - 1])
    surprises = np.nonzero(np.isfinite(inputs.technology_surprise))
    supported = np.nonzero(np.isfinite(inputs.support_growth) & (inputs.support_share > 0))
    force = inputs.restriction_force > 0
    later = force & np.concatenate([np.zeros((len(force), 1), dtype=bool), force[:, :-1]], axis=1)
    walking = np.nonzero(later & inputs.restriction_witnessed[:, None])
    alive = np.arange(len(inputs.years))[None, :] > inputs.first[:, None]
    return Index(
        observed=observed,
        holes=holes,
        grown=observed.where(grown),
        carried=observed.where(np.isfinite(inputs.carry[m, t])),
        alive=alive,
        steady=~alive[:, 1:] | inputs.listed[:, 1:],
        walking=(walking[0], walking[1]),
        surprises=(surprises[0], surprises[1]),
        supported=(supported[0], supported[1]),
        countervailed=np.flatnonzero(np.isfinite(inputs.support_rate)),
        stepped=np.flatnonzero(inputs.basis.any(axis=1)),
        hosted=np.flatnonzero(inputs.has_host),
    )


def coords(inputs: ModelInputs, at: Index) -> dict[str, object]:
    """Named coordinates of the model's dims."""
    names = np.array(inputs.minerals, dtype=object)
    technologies = np.array(list(TECHNOLOGIES))

    def label(cells: Cells) -> list[str]:
        return [f"{names[i]}:{inputs.years[j]}" for i, j in zip(cells.m, cells.t, strict=True)]

    return {
        "mineral": inputs.minerals,
        "group": list(GROUPS),
        "pooled": list(POOLED),
        "quality": ["assessment", "unit_value"],
        "component": list(COMPONENTS),
        "technology": list(TECHNOLOGIES),
        "year": inputs.years,
        "transition": inputs.years[1:],
        "income_year": inputs.years[inputs.income_known],
        "wage_year": inputs.years[np.isfinite(inputs.wage_growth)],
        "technology_year": [
            f"{technologies[k]}:{inputs.years[t]}" for k, t in zip(*at.surprises, strict=True)
        ],
        "observation": label(at.observed),
        "production_observation": label(at.grown),
        "carry_observation": label(at.carried),
        "hole": label(at.hole),
        "innovation": label(Cells(*np.nonzero(at.alive))),
        "hosted": [inputs.minerals[m] for m in at.hosted],
        "supporter": inputs.support_names,
        "countervailed": [inputs.support_names[k] for k in at.countervailed],
        "support_year": SUPPORT_YEARS,
        "support_observation": [
            f"{inputs.support_names[k]}:{inputs.years[t]}"
            for k, t in zip(*at.supported, strict=True)
        ],
        "restriction": inputs.restriction_names,
        "stepped": [inputs.minerals[m] for m in at.stepped],
        "revised": np.arange(len(inputs.revision)),
        "fence": inputs.fence_names,
        "withheld_year": [
            f"{inputs.restriction_names[e]}:{inputs.years[t]}"
            for e, t in zip(*at.walking, strict=True)
        ],
        "pair": np.arange(len(inputs.wedge_log)),
        "export_volume": np.arange(len(inputs.volume_ratio)),
        "anchored": [inputs.minerals[m] for m in inputs.anchor_mineral],
    }
