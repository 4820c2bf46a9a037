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


def read_minerals(draws: xr.Dataset) -> dict[str, dict[str, Floats]]:
    """What is known of each mineral, by name; see `critmin.posterior.Posterior.of`.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.posterior.Posterior`.
    """
    drawn = (*PARAMETERS, *STATES, "cost_share")
    arrays = {
        n: np.ascontiguousarray(draws[n].transpose("mineral", ...).values.astype(float))
        for n in drawn
    } | {n: draws[n].values for n in FIXED}
    return {
        str(mineral): {name: array[i] for name, array in arrays.items()}
        for i, mineral in enumerate(draws["mineral"].values)
    }


def read_exporters(draws: xr.Dataset) -> list[tuple[str, str, float, Floats]]:
    """Commodity, country, share of output and hazard (sample,) of those that could restrict exports.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.posterior.Posterior`.
    """
    hazard = np.ascontiguousarray(draws["hazard"].values.T.astype(float))
    names = (draws[f"exporter_{n}"].values for n in ("commodity", "country"))
    share = draws["exporter_share"].values
    return [
        (str(name), str(country), float(share[i]), hazard[i])
        for i, (name, country) in enumerate(zip(*names, strict=True))
    ]


def read_producers(draws: xr.Dataset) -> list[tuple[str, Producer]]:
    """Mineral and producer, for each producer with a share of the world's output.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.posterior.Posterior`.
    """
    held = np.ascontiguousarray(draws["producer_withheld"].values.T.astype(float))
    effect = np.ascontiguousarray(draws["use_effect"].values.T.astype(float))
    use = expit(logit(draws["own_use"].values)[:, None] + effect)
    columns = (
        "output_share",
        "output_spread",
        "fence_output",
        "export_tax",
        "withheld_contraction",
    )
    closed = draws["fence_closed"].values
    share, spread, output, tax, known = (draws[n].values.astype(float) for n in columns)
    names = (draws[f"producer_{n}"].values for n in ("mineral", "country"))
    return [
        (
            str(name),
            Producer(
                country=str(country),
                share=float(share[i]),
                spread=float(spread[i]),
                withheld=held[i],
                fence_closed=bool(closed[i]),
                fence_output=float(output[i]),
                own_use=use[i],
                export_tax=float(tax[i]),
                withheld_contraction=float(known[i]),
            ),
        )
        for i, (name, country) in enumerate(zip(*names, strict=True))
        if share[i] > 0
    ]
