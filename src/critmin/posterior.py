"""The posterior: draws of parameters and of the state of each market, tied to model and data."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.exceptions import PosteriorError, UnknownNameError
from critmin.internal.files import replacing
from critmin.model.prior import logit
from critmin.posterior_format import PARAMETERS, SHARED, STATES, checked, encoding_of


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
    withheld: NDArray[np.float64]
    fence_output: float
    own_use: NDArray[np.float64]
    export_tax: float
    withheld_contraction: float


@dataclass(frozen=True)
class Posterior:
    """Draws of a fitted model, with all that is needed to price and to say where it came from.

    Attributes
    ----------
    draws : Dataset
        `PARAMETERS` and `STATES` (sample, mineral), `SHARED` (sample,), ``cost_share`` (sample,
        mineral, component), ``technology_scale`` (sample, technology), ``hazard`` (sample,
        exporter) of new restrictions a year, ``relative_effect`` (sample, producer) on the log
        cost, `critmin.posterior_format.FENCED` (sample, producer), `CONSTANTS` and `HISTORY`
        quantiles, all listed in `critmin.posterior_format`. An exporter is a production series and a
        country, a producer a mineral and a country: `CONSTANTS` hold them apart, the coordinates join
        them for reading.
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
        effect = np.ascontiguousarray(self.draws["use_effect"].values.T.astype(float))
        part = logit(self.draws["own_use"].values)[:, None]
        use = 1 / (1 + np.exp(-part - effect))
        columns = ("output_share", "output_spread", "fence_output", "export_tax")
        share, spread, output, tax = (self.draws[n].values for n in columns)
        known = self.draws["withheld_contraction"].values
        names = (self.draws[f"producer_{n}"].values for n in ("mineral", "country"))
        return [
            (
                str(name),
                Producer(
                    str(country),
                    float(share[i]),
                    float(spread[i]),
                    held[i],
                    float(output[i]),
                    use[i],
                    float(tax[i]),
                    float(known[i]),
                ),
            )
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

    def export_tax(self, mineral: str, country: str) -> float:
        """Taxes between a country's price and that of its exports, log points; 0 where none is known."""
        return next((p.export_tax for p in self.producers(mineral) if p.country == country), 0.0)

    def is_monthly(self, mineral: str) -> bool:
        """Whether the mineral's price comes by the month, so that the year's end is known."""
        return bool(self.draws["monthly"].sel(mineral=mineral))

    def save(self, path: str | Path) -> Path:
        """Write the draws to a netCDF file, whole or not at all.

        Returns
        -------
        Path
            Where it was written.
        """
        target = Path(path)
        encoding = {name: encoding_of(self.draws[name]) for name in self.draws.data_vars}
        with replacing(target) as temporary:
            self.draws.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)
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
        return cls(checked(draws, str(source)))

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
