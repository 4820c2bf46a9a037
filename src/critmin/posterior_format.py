"""What a posterior's file holds: its variables, how they are stored, and whether a file has them."""

from typing import Any

import numpy as np
import xarray as xr

from critmin.data.drivers import RETURNING
from critmin.data.drivers import parameters as of_drivers
from critmin.exceptions import PosteriorError
from critmin.internal.storage import one_chain
from critmin.model.version import MODEL_VERSION

FORMAT = "critmin-posterior-7"

PARAMETERS: tuple[str, ...] = (
    "supply_elasticity",
    "demand_elasticity",
    "income_elasticity",
    "reversion",
    "price_scale",
    "factor_loading",
    "group_loading",
    "cost_scale",
    "cost_drift",
    "lasting_share",
    "growth",
    "demand_share",
    "slope",
    "host_tie",
    "persistence",
    "tail",
)
"""Variables (sample, mineral) of the equations; see `critmin.model.equations`."""

SHARED: tuple[str, ...] = (
    "scrap_elasticity",
    "substitution",
    "technology_response",
    "carry_response",
    "carry_scale",
    "volatility_memory",
    "quote_premium",
    "long_run_elasticity",
    *of_drivers(),
    "wage_gap_response",
    "typical_duration",
    "duration_log_sd",
)
"""Variables (sample,) that all minerals share."""

DRAWN: tuple[str, ...] = ("cost_share", "technology_scale", "hazard", "relative_effect")
"""Other variables with draws: (sample, mineral, component), (sample, technology), (sample, exporter)
and (sample, producer)."""

FENCED: tuple[str, ...] = ("producer_withheld", "use_effect")
"""Variables (sample, producer): share of its normal exports withheld at the origin, and what was learned
of the part of its output that it uses itself, on the logit scale (0 where nothing was)."""

STATES: tuple[str, ...] = (
    "log_price",
    "carry",
    "log_cost",
    "support",
    "availability",
    "deviation",
    "deviation_change",
    "unsupported",
    "unsupported_change",
    "availability_end",
    "surprise",
)
"""Variables (sample, mineral) at the origin; carry is how far the price's year end stands above its year,
deviation is log fair less log market price, unsupported the part of it that the end of support makes;
availability is that of the last year, availability_end that at its end, with every measure in force for
a whole year; surprise is the last price shock over its usual scale."""

CONSTANTS: tuple[str, ...] = (
    "income_mean",
    "output",
    "output_share",
    "output_spread",
    *(driver.name for driver in RETURNING),
    "monthly",
    "primary",
    "host_scale",
    "technology_weight",
    "exporter_share",
    "withheld_count",
    "withheld_mean",
    "capacity",
    "fence_closed",
    "fence_output",
    "own_use",
    "export_tax",
    "withheld_contraction",
    "wage_gap",
    "producer_mineral",
    "producer_country",
    "exporter_commodity",
    "exporter_country",
    "observed",
)
"""Variables without draws: mean growth of world income, log real prices of the drivers that return to a
mean, at the origin; by mineral world output (tonnes), whether prices come by the month, the primary share
of supply, the spread of the host's growth, and the share of each technology in demand; by exporter its
share of output; by kind of measure how often it was taken and what it withholds on average; by producer its
share of output, the spread of its relative growth, its capacity, whether a measure in force makes a
price inside, its share of world output at the stage that it restricts, the prior median of the part of
that it uses itself, the taxes between its price and that of its exports (log points), how much of the
prior variance of what it withholds the data took away (0: all assumed), and log income per head about
the mean of the mineral's producers, and its mineral and country; the commodity (a production series)
and country of each exporter; observed real prices (mineral, year), those of an older basis moved to the
newest one by the median of the estimated step."""

HISTORY: tuple[str, ...] = ("market", "fair", "cost")
"""Variables (mineral, year, probability): quantiles of history in real USD per tonne."""

FIXED: tuple[str, ...] = (
    "primary",
    "host_scale",
    "technology_weight",
    "output",
    "monthly",
    "observed",
    *HISTORY,
)
"""Variables of a mineral without draws: `CONSTANTS` and `HISTORY` that begin with it."""

COSTS: tuple[str, ...] = (
    "cost_level",
    "asset_spread",
    "credit",
    "power_gap_response",
    "governance_response",
    "power_gap",
    "governance_gap",
    "cost_points",
    "cost_decided_by",
)
"""Of the model of producers' costs. By draw and mineral the log cost, real USD per tonne of element at the
origin, of a producer without any difference (0 where no cost is published), the log spread of its assets,
and what by-products pay of it, in logs, at ordinary prices of theirs (0 where none are known); by draw what
gaps of electricity prices and governance do to the costs of energy and capital; by producer these gaps, and
in words what decides its cost; by mineral the number of published points."""

UNITS: dict[str, str] = {
    **dict.fromkeys((*HISTORY, "observed"), "USD/t"),
    **dict.fromkeys(("output", "capacity"), "t/year"),
    **dict.fromkeys(("hazard", "growth", "cost_drift", "income_mean", "reversion"), "1/year"),
    **dict.fromkeys(of_drivers("reversion", "drift", "trend"), "1/year"),
    "typical_duration": "year",
}
"""Units of variables; those of all other numbers, logs, shares and elasticities, are ``"1"``. Money is real
USD of the base year, tonnes are of contained element; logs of prices and costs are of ``"USD/t"``."""

UNDER_WAY = "under_way"
"""Variable (shock, sample) of an assimilated posterior: shocks of the year after the origin."""

REQUIRED_ATTRS: tuple[str, ...] = (
    "format",
    "model_version",
    "data_hash",
    "seed",
    "origin",
    "versions",
    "datasets",
    "private",
    "diagnostics",
)


def encoding_of(variable: xr.DataArray) -> dict[str, Any]:
    """Fifteen of sixteen bits over the variable's range: steps of 1/30,000, far below Monte Carlo error."""
    compression = {"zlib": True, "complevel": 9, "shuffle": True}
    if variable.name == UNDER_WAY:
        return dict(compression)  # what is known of a price is not rounded
    if variable.dtype.kind != "f" or "sample" not in variable.dims or not variable.size:
        return dict(compression)
    low, high = float(variable.min()), float(variable.max())
    scale = (high - low) / 30_000 or abs(low) or 1.0
    # A whole number of steps, so that zero stays zero.
    offset = scale * round((low + high) / 2 / scale)
    stored = variable.encoding
    if {"scale_factor", "add_offset"} <= set(stored):
        # What came from a file goes back with the same steps, bit for bit, unless it was changed.
        steps = max(abs(low - stored["add_offset"]), abs(high - stored["add_offset"]))
        if steps <= 32_600 * stored["scale_factor"]:
            scale, offset = float(stored["scale_factor"]), float(stored["add_offset"])
    return {
        **compression,
        "dtype": "int16",
        "scale_factor": scale,
        "add_offset": offset,
        "_FillValue": np.int16(-32768),
    }


def checked(draws: xr.Dataset, source: str) -> xr.Dataset:
    """Draws of a file, if it is a whole posterior of this version of the model.

    Raises
    ------
    PosteriorError
        If it is another format, another version, or lacks a variable or finite values.
    """
    missing = [a for a in REQUIRED_ATTRS if a not in draws.attrs]
    if missing or draws.attrs.get("format") != FORMAT:
        raise PosteriorError(f"{source}: not a critmin posterior of format {FORMAT!r}")
    if draws.attrs["model_version"] != MODEL_VERSION:
        raise PosteriorError(
            f"{source}: made by model version {draws.attrs['model_version']}, this critmin has "
            f"version {MODEL_VERSION}: fit again with critmin.fit()"
        )
    needed = {
        *PARAMETERS,
        *SHARED,
        *STATES,
        *HISTORY,
        *CONSTANTS,
        *DRAWN,
        *COSTS,
        *FENCED,
    }
    if lacking := needed - set(map(str, draws.data_vars)):
        raise PosteriorError(f"{source}: variables {sorted(lacking)} are missing")
    if not draws.sizes["sample"]:
        raise PosteriorError(f"{source}: no draws")
    for name in needed - {"observed", *HISTORY}:
        if draws[name].dtype.kind not in "fiub":
            continue  # names
        if not bool(np.isfinite(draws[name]).all()):
            raise PosteriorError(f"{source}: variable {name!r} has values that are not finite")
    return draws


def as_datatree(draws: xr.Dataset) -> xr.DataTree:
    """Draws for ArviZ, with units: groups ``posterior``, of a single chain, and ``constant_data``."""
    told = draws.copy()
    for name, values in told.items():
        if values.dtype.kind in "fiub":
            values.attrs["units"] = UNITS.get(str(name), "1")
    drawn = [name for name, values in told.items() if "sample" in values.dims]
    groups = {"posterior": one_chain(told[drawn]), "constant_data": told.drop_vars(drawn)}
    return xr.DataTree.from_dict(groups)


def sources(draws: xr.Dataset) -> dict[str, list[str]]:
    """Data sets behind draws: ``"datasets"`` of the catalogue and ``"private"`` ones."""
    return {
        name: [d for d in str(draws.attrs[name]).split(";") if d]
        for name in ("datasets", "private")
    }


def steps(draws: xr.Dataset) -> dict[str, list[float]]:
    """Step and offset in which a file holds each variable, by name."""
    return {
        str(name): [float(values.encoding[part]) for part in ("scale_factor", "add_offset")]
        for name, values in draws.items()
        if "scale_factor" in values.encoding
    }


def with_steps(draws: xr.Dataset, known: dict[str, list[float]]) -> xr.Dataset:
    """The same draws, of which a file will hold the same steps."""
    for name, (scale, offset) in known.items():
        draws[name].encoding |= {"scale_factor": float(scale), "add_offset": float(offset)}
    return draws
