"""The posterior: draws of parameters and of the state of each market, tied to model and data."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.exceptions import PosteriorError, UnknownNameError
from critmin.internal.files import netcdf, replacing
from critmin.model.version import MODEL_VERSION

if TYPE_CHECKING:
    from critmin.simulation.quotations import Period, Quote

FORMAT = "critmin-posterior-4"

PARAMETERS: tuple[str, ...] = (
    "supply_elasticity",
    "demand_elasticity",
    "income_elasticity",
    "reversion",
    "price_scale",
    "factor_loading",
    "cost_scale",
    "cost_drift",
    "growth",
    "demand_share",
    "slope",
    "host_tie",
    "persistence",
)
"""Variables (sample, mineral) of the equations; see `critmin.model.equations`."""

SHARED: tuple[str, ...] = (
    "scrap_elasticity",
    "substitution",
    "technology_response",
    "carry_response",
    "carry_scale",
    "tail",
    "energy_reversion",
    "energy_mean",
    "energy_scale",
    "materials_reversion",
    "materials_mean",
    "materials_scale",
    "materials_energy",
    "wage_drift",
    "wage_scale",
    "wage_pass_through",
    "capital_trend",
    "compliance_trend",
    "income_scale",
    "wage_gap_response",
    "typical_duration",
    "duration_log_sd",
)
"""Variables (sample,) that all minerals share."""

DRAWN: tuple[str, ...] = ("cost_share", "technology_scale", "hazard", "relative_effect")
"""Other variables with draws: (sample, mineral, component), (sample, technology), (sample, exporter)
and (sample, producer)."""

STATES: tuple[str, ...] = (
    "log_price",
    "carry",
    "log_cost",
    "support",
    "availability",
    "deviation",
    "deviation_change",
    "availability_end",
)
"""Variables (sample, mineral) at the origin; carry is how far the price's year end stands above its
year, deviation is log fair less log market price; availability is that of the last year,
availability_end that at its end, with every measure in force for a whole year."""

CONSTANTS: tuple[str, ...] = (
    "income_mean",
    "output",
    "output_share",
    "output_spread",
    "energy",
    "materials",
    "monthly",
    "primary",
    "host_scale",
    "technology_weight",
    "exporter_share",
    "withheld_count",
    "withheld_mean",
    "capacity",
    "wage_gap",
    "producer_mineral",
    "producer_country",
    "exporter_commodity",
    "exporter_country",
    "observed",
)
"""Variables without draws: mean growth of world income, log real prices of energy and materials at the
origin; by mineral world output (tonnes), whether prices come by the month, the primary share of
supply, the spread of the host's growth, and the share of each technology in demand; by exporter its
share of output; by kind of measure how often it was taken and what it withholds on average; by
producer its share of output, the spread of its relative growth, its capacity and log income per head
about the mean of the mineral's producers, and its mineral and country; the commodity (a production
series) and country of each exporter; observed real prices (mineral, year), those of an older basis
moved to the newest one by the median of the estimated step."""

UNDER_WAY = "under_way"
"""Variable (shock, sample) of an assimilated posterior: shocks of the year after the origin."""

HISTORY: tuple[str, ...] = ("market", "fair", "cost")
"""Variables (mineral, year, probability): quantiles of history in real USD per tonne."""

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
        Share of its exports withheld at the origin.
    """

    country: str
    share: float
    spread: float
    withheld: NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """Draws of a fitted model, with all that is needed to price and to say where it came from.

    Attributes
    ----------
    draws : Dataset
        `PARAMETERS` and `STATES` (sample, mineral), `SHARED` (sample,), ``cost_share`` (sample,
        mineral, component), ``technology_scale`` (sample, technology), ``hazard`` (sample,
        exporter) of new restrictions a year, ``relative_effect`` (sample, producer) on the log
        cost, ``producer_withheld`` (sample, producer) of its exports, `CONSTANTS` and `HISTORY`
        quantiles. An exporter is a production series and a country, a producer a mineral and a
        country: `CONSTANTS` hold them apart, the coordinates join them for reading.
        ``attrs`` hold format, model version, data hash, seed, origin (last year of the data),
        versions of libraries, data sets and diagnostics.
    trace : DataTree or None
        All chains as the sampler gave them, for ArviZ; not saved with `save`.

    Examples
    --------
    >>> posterior = builtin_posterior()
    >>> posterior.draws.sizes["sample"], posterior.diagnostics["divergences"]
    (2000, 0.0)
    """

    draws: xr.Dataset
    trace: xr.DataTree | None = field(default=None, repr=False, compare=False)

    @property
    def minerals(self) -> list[str]:
        """Names of the minerals it prices."""
        return [str(name) for name in self.draws["mineral"].values]

    @property
    def origin(self) -> int:
        """Last year of the data."""
        return int(self.draws.attrs["origin"])

    @property
    def diagnostics(self) -> dict[str, float | None]:
        """Worst R-hat, smallest bulk and tail effective sample size, and divergences.

        None where one is no finite number; ``passed`` says whether the fit passed the gate.
        """
        return dict(json.loads(self.draws.attrs["diagnostics"]))

    @cached_property
    def id(self) -> str:
        """Hash of the draws: two posteriors with the same id give the same prices."""
        digest = hashlib.sha256()
        for name in sorted(map(str, self.draws.data_vars)):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.draws[name].values).tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def under_way(self) -> dict[str, NDArray[np.float64]]:
        """Shocks (sample,) of the first year after the origin, as far as `assimilate` learned them."""
        if UNDER_WAY not in self.draws:
            return {}
        return {
            str(s): self.draws[UNDER_WAY].sel(shock=s).values for s in self.draws["shock"].values
        }

    @cached_property
    def assimilated(self) -> dict[str, dict[str, Any]]:
        """What `assimilate` took up, by mineral; empty for a posterior as it was fitted."""
        return dict(json.loads(self.draws.attrs.get("assimilated", "{}")))

    @cached_property
    def shared(self) -> dict[str, NDArray[np.float64]]:
        """Arrays (sample,) of what all minerals share."""
        return {name: self.draws[name].values.astype(float) for name in SHARED}

    @cached_property
    def _by_mineral(self) -> dict[str, NDArray[np.float64]]:
        names = (*PARAMETERS, *STATES)
        arrays = {n: np.ascontiguousarray(self.draws[n].values.T.astype(float)) for n in names}
        share = self.draws["cost_share"].transpose("mineral", "sample", "component").values
        fixed = {
            n: self.draws[n].values
            for n in ("primary", "host_scale", "technology_weight", "output")
        }
        return arrays | fixed | {"cost_share": np.ascontiguousarray(share.astype(float))}

    @cached_property
    def _exporters(self) -> list[tuple[str, str, float, NDArray[np.float64]]]:
        hazard = np.ascontiguousarray(self.draws["hazard"].values.T.astype(float))
        names = (self.draws[f"exporter_{n}"].values for n in ("commodity", "country"))
        share = self.draws["exporter_share"].values
        return [
            (str(name), str(country), float(share[i]), hazard[i])
            for i, (name, country) in enumerate(zip(*names, strict=True))
        ]

    def exporters(self, commodity: str) -> list[tuple[str, float, NDArray[np.float64]]]:
        """Country, share of output and hazard (sample,) of those that could restrict exports."""
        return [(c, share, rate) for name, c, share, rate in self._exporters if name == commodity]

    @cached_property
    def _producers(self) -> "list[tuple[str, Producer]]":
        held = np.ascontiguousarray(self.draws["producer_withheld"].values.T.astype(float))
        share, spread = (self.draws[n].values for n in ("output_share", "output_spread"))
        names = (self.draws[f"producer_{n}"].values for n in ("mineral", "country"))
        return [
            (str(name), Producer(str(country), float(share[i]), float(spread[i]), held[i]))
            for i, (name, country) in enumerate(zip(*names, strict=True))
            if share[i] > 0
        ]

    def producers(self, mineral: str) -> "list[Producer]":
        """Countries that produce a mineral, largest first; those told apart only."""
        found = [producer for name, producer in self._producers if name == mineral]
        return sorted(found, key=lambda producer: -producer.share)

    def of(self, mineral: str) -> dict[str, NDArray[np.float64]]:
        """Arrays (sample,) of one mineral.

        ``cost_share`` is (sample, component); the constants ``primary``, ``host_scale``,
        ``output`` and ``technology_weight`` (technology,) are among them.

        Raises
        ------
        UnknownNameError
            If the posterior does not price the mineral.
        """
        if mineral not in self.minerals:
            raise UnknownNameError.of("mineral of this posterior", mineral, self.minerals)
        i = self.minerals.index(mineral)
        return {name: array[i] for name, array in self._by_mineral.items()}

    def is_monthly(self, mineral: str) -> bool:
        """Whether the mineral's price comes by the month, so that the year's end is known."""
        return bool(self.draws["monthly"].sel(mineral=mineral))

    def assimilate(
        self, prices: Mapping[str, "Quote"], *, over: "Period | None" = None, seed: int = 0
    ) -> "Posterior":
        """Take up prices of the year after the origin without a new fit.

        See `critmin.simulation.assimilation.assimilate` for what they may be and how it is done.

        Parameters
        ----------
        prices : mapping of str to float or tuple
            By mineral a price, ``(price, unit)`` or ``(price, unit, period)``, in money of the day.
        over : str, Period, Timestamp or tuple, optional
            Period of prices that name none, such as ``"2026-05"``; today by default.
        seed : int
            Same seed, same draws.

        Returns
        -------
        Posterior
            From which every forecast meets the prices.

        Raises
        ------
        ConvergenceError
            If the prices are too far from what the posterior expected; fit again.
        CritminError
            If a price, unit or period cannot be.

        Examples
        --------
        >>> known = builtin_posterior().assimilate({"nickel": 17_000}, over="2026-05-12")
        >>> known.assimilated["nickel"]["price"]
        '17000 USD per t of contained Ni, 2026-05-12'
        """
        from critmin.simulation.assimilation import assimilate

        return assimilate(self, prices, over=over, seed=seed)

    def save(self, path: str | Path) -> Path:
        """Write the draws to a netCDF file, whole or not at all.

        Returns
        -------
        Path
            Where it was written.
        """
        target = Path(path)
        encoding = {str(n): _encoding(self.draws[n]) for n in self.draws.data_vars}
        with replacing(target) as temporary:
            temporary.write_bytes(netcdf(self.draws, encoding))
        return target

    @classmethod
    def load(cls, path: str | Path) -> "Posterior":
        """Read what `save` wrote.

        Raises
        ------
        PosteriorError
            If the file is not a posterior, is damaged, or belongs to another version of the model.
        """
        source = Path(path)
        if not source.is_file():
            raise PosteriorError(f"{source}: no such file")
        try:
            with xr.open_dataset(source, engine="h5netcdf") as opened:
                draws = opened.load()
        except Exception as error:
            raise PosteriorError(f"{source}: not a readable netCDF file ({error})") from error
        return cls(_checked(draws, str(source)))

    def summary(self) -> pd.DataFrame:
        """Median and 90% interval of each parameter by mineral.

        Returns
        -------
        DataFrame
            Indexed by parameter and mineral, columns 5%, 50%, 95%.
        """
        levels = [0.05, 0.5, 0.95]
        table = {
            (name, mineral): np.quantile(self.draws[name].sel(mineral=mineral), levels)
            for name in PARAMETERS
            for mineral in self.minerals
        }
        return pd.DataFrame(table, index=[f"{p:.0%}" for p in levels]).T


def _encoding(variable: xr.DataArray) -> dict[str, Any]:
    """Sixteen bits over the variable's range: 1/65,000 of it, far below Monte Carlo error."""
    compression = {"zlib": True, "complevel": 6, "shuffle": True}
    if variable.name == UNDER_WAY:
        return dict(compression)  # what is known of a price is not rounded
    if variable.dtype.kind != "f" or "sample" not in variable.dims or not variable.size:
        return dict(compression)
    low, high = float(variable.min()), float(variable.max())
    scale = (high - low) / 65_000 or abs(low) or 1.0
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


def _checked(draws: xr.Dataset, source: str) -> xr.Dataset:
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
        "producer_withheld",
    }
    if lacking := needed - set(map(str, draws.data_vars)):
        raise PosteriorError(f"{source}: variables {sorted(lacking)} are missing")
    for name in needed - {"observed", *HISTORY}:
        if draws[name].dtype.kind not in "fiub":
            continue  # names
        if not bool(np.isfinite(draws[name]).all()):
            raise PosteriorError(f"{source}: variable {name!r} has values that are not finite")
    return draws


_lock = threading.Lock()
_builtin: Posterior | None = None


def builtin_posterior() -> Posterior:
    """The posterior that comes with critmin, fitted to the built-in data.

    Read once and shared by all threads.

    Returns
    -------
    Posterior
        Of all minerals.

    Examples
    --------
    >>> builtin_posterior().origin
    2025
    """
    global _builtin
    with _lock:
        if _builtin is None:
            with as_file(files("critmin").joinpath("builtin_posterior.nc")) as path:
                _builtin = Posterior.load(path)
    return _builtin


def as_posterior(given: Posterior | str | Path | None) -> Posterior:
    """A posterior from what a caller may give: one, the path of a file, or None for the built-in one.

    Raises
    ------
    PosteriorError
        If it is none of these, or the file is no posterior.
    """
    if given is None:
        return builtin_posterior()
    if isinstance(given, Posterior):
        return given
    if isinstance(given, str | Path):
        return Posterior.load(given)
    raise PosteriorError(
        f"posterior must be a Posterior, the path of a file, or None, got {type(given).__name__}"
    )


def sources(posterior: Posterior) -> Mapping[str, list[str]]:
    """Data sets behind a posterior: ``"datasets"`` of the catalogue and ``"private"`` ones."""
    return {
        name: [d for d in str(posterior.draws.attrs[name]).split(";") if d]
        for name in ("datasets", "private")
    }
