"""What a simulation gives: `Paths`."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from critmin.internal.arrays import Floats

PRICES: tuple[str, ...] = ("market", "fair", "fair_today", "unsupported", "marginal", "inside")
"""Paths of prices."""

_WRITTEN = (*PRICES, "components", "production", "scrap", "stock_change", "availability")


def missing(at_stage: Floats, unsold: Floats) -> Floats:
    """Tonnes withheld at a stage over output at the main one: all of it at most.

    Parameters
    ----------
    at_stage : array
        Output at the stage over that at the main one.
    unsold : array
        Share of output at the stage that is withheld.
    """
    return np.minimum(at_stage * unsold, 1.0)


@dataclass(frozen=True, slots=True)
class Paths:
    """Simulated paths of one mineral, (sample, year) if not said otherwise.

    Attributes
    ----------
    market, fair : array
        Market price outside every fence, and the price of the same economy without support and
        restrictions; real USD per tonne of element.
    fair_today : array
        The fair price had the distortions ended at the origin only.
    unsupported : array
        The market price without support, fences as they are.
    marginal, inside : array
        What the unlicensed tonne costs outside the fence, and what a tonne costs behind it, untaxed; the
        market price where there is no fence.
    fence : str
        Country that withholds most of its exports, "" where none does.
    components : array (component, sample, year)
        Full cost of the marginal market-financed producer by component, in the same unit.
    countries : list of str
        Producers, the rest of the world last.
    production, withheld : arrays (country, sample, year)
        Output in tonnes of the production series, and the share of normal exports that restrictions hold
        back: the country uses the rest itself.
    exported : array (country, sample, year)
        Share of its output at the stage that it restricts that each exports in a calm year.
    at_stage : array (country, sample or 1, year)
        Output at that stage over `production`: a country may refine more than it mines.
    stages : dict of str to str
        Stage of which a scenario has a country withhold a share.
    refining : list of str
        Countries with new refineries, of a mineral counted at the mine.
    refineries : array (N, year, sample)
        Tonnes that these would refine.
    duty : array (country, year)
        Rates of a scenario's duties on exports.
    scrap : array
        Supply from old scrap, tonnes.
    stock_change : array
        What public stocks take from the market, tonnes; those that deal behind a fence take what is
        withheld from it and are not in it.
    availability : array
        Share of world output that reaches the market.
    """

    market: Floats
    fair: Floats
    fair_today: Floats
    unsupported: Floats
    marginal: Floats
    inside: Floats
    fence: str
    components: Floats
    countries: list[str]
    production: Floats
    withheld: Floats
    exported: Floats
    at_stage: Floats
    stages: dict[str, str]
    refining: list[str]
    refineries: Floats
    duty: Floats
    scrap: Floats
    stock_change: Floats
    availability: Floats

    def in_one_piece(self) -> "Paths":
        """The same with the years of a sample side by side in memory, as readers of results expect."""
        whole: dict[str, Any] = {n: np.ascontiguousarray(getattr(self, n)) for n in _WRITTEN}
        return replace(self, **whole)

    @property
    def made(self) -> Floats:
        """Output of each country at the stage that it restricts, tonnes (country, sample, year)."""
        return np.asarray(self.production * self.at_stage)

    @property
    def exports(self) -> Floats:
        """What leaves each country, tonnes of the stage that it restricts (country, sample, year)."""
        return np.asarray(self.made * self.exported * (1 - self.withheld))

    @property
    def unsold(self) -> Floats:
        """What restrictions keep from those outside, as a share of `production`: all of it at most."""
        return missing(self.at_stage, self.withheld * self.exported)
