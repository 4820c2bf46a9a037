"""A prior as one object: its numbers, its words, its source; the model is built from it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    import pytensor.tensor as pt

Family = Literal[
    "Normal",
    "LogNormal",
    "LogitNormal",
    "HalfNormal",
    "TruncatedNormal",
    "Gamma",
    "Beta",
    "BetaProportion",
    "Dirichlet",
]

SIZES: dict[str, int] = {
    "Normal": 2,
    "LogNormal": 2,
    "LogitNormal": 2,
    "HalfNormal": 1,
    "TruncatedNormal": 4,
    "Gamma": 2,
    "Beta": 2,
    "BetaProportion": 1,
    "Dirichlet": 1,
}
"""How many numbers each family takes."""

JUDGEMENT = "judgement of the authors, wide on purpose"
"""Source of a prior that has no other."""


def logit(probability: Any) -> Any:
    """Log odds."""
    return np.log(probability / (1 - probability))


def expit(log_odds: Any) -> Any:
    """Probability with these log odds."""
    return 1 / (1 + np.exp(-log_odds))


@dataclass(frozen=True, slots=True)
class Prior:
    """One prior.

    Attributes
    ----------
    name : str
        Parameter of the model.
    family : str
        Of distributions.
    numbers : tuple of float
        Normal: mean and spread; LogNormal and LogitNormal: median, and spread on the unbounded scale;
        HalfNormal: scale; TruncatedNormal: mean, spread and both bounds; Gamma: shape and rate; Beta:
        both counts; BetaProportion and Dirichlet: concentration.
    meaning : str
        What it says in words.
    source : str
        Publication or data set, or that it is a judgement.
    scope : str
        For what it stands, if not for one number: ``"by group"``, ``"by mineral"``, ...
    variable : str
        Free variable of the model that carries it; its own name by default.
    shift : float
        Added to the variable.
    """

    name: str
    family: Family
    numbers: tuple[float, ...]
    meaning: str
    source: str
    scope: str = ""
    variable: str = ""
    shift: float = 0.0

    def __post_init__(self) -> None:
        if self.family not in get_args(Family) or len(self.numbers) != SIZES[self.family]:
            raise ValueError(f"{self.name}: {self.family} does not take {self.numbers}")
        if not self.variable:
            object.__setattr__(self, "variable", self.name)

    @property
    def distribution(self) -> str:
        """As it is written in papers, such as ``"LogNormal(log 0.3, 0.5) by group"``."""
        shown = [f"{number:.3g}" for number in self.numbers]
        if self.family in ("LogNormal", "LogitNormal"):
            shown[0] = f"{'log' if self.family == 'LogNormal' else 'logit'} {shown[0]}"
        shift = f"{self.shift:g} + " if self.shift else ""
        return f"{shift}{self.family}({', '.join(shown)}) {self.scope}".strip()

    def build(self, dims: str | tuple[str, ...] | None = None) -> "pt.TensorVariable":
        """Add the variable to the PyMC model of the context, and its shift.

        Parameters
        ----------
        dims : str or tuple of str, optional
            Of the variable.
        """
        import pymc as pm

        first = self.numbers[0]
        match self.family:
            case "Normal":
                made = pm.Normal(self.variable, *self.numbers, dims=dims)
            case "LogNormal":
                made = pm.LogNormal(self.variable, float(np.log(first)), self.numbers[1], dims=dims)
            case "HalfNormal":
                made = pm.HalfNormal(self.variable, first, dims=dims)
            case "Gamma":
                made = pm.Gamma(self.variable, *self.numbers, dims=dims)
            case "Beta":
                made = pm.Beta(self.variable, *self.numbers, dims=dims)
            case "TruncatedNormal":
                mean, spread, low, high = self.numbers
                made = pm.TruncatedNormal(
                    self.variable, mean, spread, lower=low, upper=high, dims=dims
                )
            case _:
                raise ValueError(f"{self.name}: a {self.family} prior depends on the data")
        return made + self.shift if self.shift else made
