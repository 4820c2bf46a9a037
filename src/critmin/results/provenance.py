"""What every result says of where it comes from."""

from functools import cache
from importlib.metadata import version

from critmin.data.catalogue import catalog
from critmin.data.tables import TABLES
from critmin.posterior import Posterior, sources
from critmin.scenario import Scenario

ASSUMPTION = (
    "Fair price: the same economy and shocks without state support and export restrictions, from "
    "the start of the data. How much support producers get is mostly a prior (half-normal, scale 0.15 "
    "of cost, producers with stated evidence only). Restrictions in force end, and new ones arrive, "
    "at the rates of the fitted events; support stays as it is. Intervals are widened by what the "
    "backtest asks for."
)


@cache
def _licences() -> dict[str, str]:
    return {str(name): str(licence) for name, licence in catalog()["licence"].items()}


def provenance(source: Posterior, scenario: Scenario) -> dict[str, object]:
    """What a result stands on: model, data, posterior, scenario, assumption."""
    attrs = source.draws.attrs
    used = sources(source)
    return {
        "critmin": version("critmin"),
        "model_version": str(attrs["model_version"]),
        "data_hash": str(attrs["data_hash"]),
        "tables": sorted(TABLES),
        "posterior": source.id,
        "origin": source.origin,
        "datasets": {name: _licences().get(name, "unknown") for name in used["datasets"]},
        "private": used["private"],
        "diagnostics": source.diagnostics,
        "scenario": scenario.to_dict() if scenario.interventions else None,
        "assumption": ASSUMPTION,
    }
