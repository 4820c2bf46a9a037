"""Minerals and their producers as a posterior knows them."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from critmin.internal.arrays import Floats
from critmin.model.prior import expit, logit
from critmin.posterior_format import FIXED, PARAMETERS, STATES


@dataclass(frozen=True, slots=True)
class Producer:
    """A country that produces a mineral.

    Attributes
    ----------
    country : str
        ISO 3166 alpha-3.
    share : float
        Of world output at the origin.
    spread : float
        Standard deviation of the growth of its output beyond that of others.
    withheld : array (sample,)
        Share of its normal exports withheld at the origin.
    fence_closed : bool
        Whether a measure in force makes a price inside.
    fence_output : float
        Its share of world output at the stage that it restricts.
    own_use : array (sample,)
        Part of that output that it uses itself.
    export_tax : float
        Taxes between its price and that of its exports, log points.
    withheld_contraction : float
        Part of the prior variance of `withheld` that the data took away, 0 to 1.
    """

    country: str
    share: float
    spread: float
    withheld: Floats
    fence_closed: bool
    fence_output: float
    own_use: Floats
    export_tax: float
    withheld_contraction: float


def read_mineral(draws: xr.Dataset, position: int) -> dict[str, Floats]:
    """What is known of a mineral; see `critmin.posterior.Posterior.of`.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.posterior.Posterior`.
    position : int
        Of the mineral in it.
    """
    drawn = (*PARAMETERS, *STATES, "cost_share")
    return {n: _drawn(draws, n, "mineral", position) for n in drawn} | {
        n: draws.variables[n].values[position] for n in FIXED
    }


def _drawn(draws: xr.Dataset, name: str, dim: str, position: int) -> Floats:
    """Draws (sample, ...) at one position, in one piece; no others are read."""
    # Variables alone: a DataArray costs more than what is read of it.
    chosen = draws.variables[name].isel({dim: position})
    return np.ascontiguousarray(chosen.values.astype(float))


def read_exporters(draws: xr.Dataset, commodity: str) -> list[tuple[str, float, Floats]]:
    """Country, share of output and hazard (sample,) of those that could restrict exports.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.posterior.Posterior`.
    commodity : str
        A production series.
    """
    names, countries, share = (
        draws.variables[f"exporter_{n}"].values for n in ("commodity", "country", "share")
    )
    return [
        (str(countries[i]), float(share[i]), _drawn(draws, "hazard", "exporter", i))
        for i in map(int, np.flatnonzero(names.astype(str) == commodity))
    ]


def read_producers(draws: xr.Dataset, mineral: str) -> list[Producer]:
    """Producers of a mineral with a share of the world's output, largest first.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.posterior.Posterior`.
    mineral : str
    """
    held = draws.variables
    share, use = held["output_share"].values, logit(held["own_use"].values)
    made = held["producer_mineral"].values.astype(str) == mineral
    found = [
        Producer(
            country=str(held["producer_country"].values[i]),
            share=float(share[i]),
            spread=float(held["output_spread"].values[i]),
            withheld=_drawn(draws, "producer_withheld", "producer", i),
            fence_closed=bool(held["fence_closed"].values[i]),
            fence_output=float(held["fence_output"].values[i]),
            own_use=expit(use[i] + _drawn(draws, "use_effect", "producer", i)),
            export_tax=float(held["export_tax"].values[i]),
            withheld_contraction=float(held["withheld_contraction"].values[i]),
        )
        for i in map(int, np.flatnonzero(made & (share > 0)))
    ]
    return sorted(found, key=lambda producer: -producer.share)
