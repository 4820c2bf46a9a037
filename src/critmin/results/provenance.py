"""What every result says of where it comes from."""

from functools import cache
from importlib.metadata import version

import numpy as np

from critmin.data.catalogue import catalog
from critmin.data.private import ignored_by
from critmin.data.tables import TABLES
from critmin.model.priors import PRIORS
from critmin.posterior import Posterior
from critmin.posterior_format import sources
from critmin.results.request import Request

ASSUMPTION = (
    "Fair price: the same economy and shocks without state support and export restrictions, from "
    "the start of the data. How much support producers get is mostly a prior (half-normal, scale "
    f"{PRIORS['state_support'].numbers[0]:g} of cost, producers with stated evidence only). "
    "Restrictions in force end, and new ones arrive, at the rates of the fitted events; support stays "
    "as it is. Intervals are widened by what the backtest asks for."
)


@cache
def _version() -> str:
    return version("critmin")


@cache
def _licences() -> dict[str, str]:
    return {str(name): str(licence) for name, licence in catalog()["licence"].items()}


def age_of_data(source: Posterior, mineral: str) -> str:
    """How old the newest price of a mineral is when forecasts begin, in words.

    Examples
    --------
    >>> from critmin import builtin_posterior
    >>> age_of_data(builtin_posterior(), "nickel")
    'data to 2025, one year old'
    """
    observed = source.of(mineral)["observed"]
    last = int(source.constants["year"][np.isfinite(observed)][-1])
    age = source.origin + 1 - last
    ignored = ignored_by(source)
    taken = [f"{name} at {each['price']}" for name, each in source.assimilated.items()]
    newer = f"; with {', '.join(taken)}" if taken else ""
    beside = f"; without {', '.join(ignored)}, registered since" if ignored else ""
    words = {1: "one year", 2: "two years", 3: "three years"}.get(age, f"{age} years")
    return f"data to {last}, {words} old{newer}{beside}"


def provenance(mineral: str, request: Request) -> dict[str, object]:
    """What a result stands on: arguments, model, data, posterior, scenario, assumption.

    Parameters
    ----------
    mineral : str
    request : Request
    """
    source, scenario = request.posterior, request.scenario
    attrs = source.draws.attrs
    used = sources(source.draws)
    return {
        "request": request.arguments(mineral),
        "critmin": _version(),
        "model_version": str(attrs["model_version"]),
        "data_hash": str(attrs["data_hash"]),
        "tables": sorted(TABLES),
        "posterior": source.id,
        "origin": source.origin,
        "data": age_of_data(source, mineral),
        "datasets": {name: _licences().get(name, "unknown") for name in used["datasets"]},
        "private": used["private"],
        "assimilated": source.assimilated,
        "ignored": list(ignored_by(source)),
        "diagnostics": source.diagnostics,
        "scenario": scenario.to_dict() if scenario.interventions else None,
        "assumption": ASSUMPTION,
    }
