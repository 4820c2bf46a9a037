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
from critmin.internal import storage
from critmin.internal.arrays import Floats
from critmin.internal.checks import Prob
from critmin.internal.extras import extras
from critmin.internal.files import as_path, is_file, netcdf, replacing, unharmed
from critmin.internal.storage import Stored
from critmin.internal.tables import html_result, intervals
from critmin.posterior_format import (
    CONSTANTS,
    PARAMETERS,
    SHARED,
    UNDER_WAY,
    as_datatree,
    checked,
    encoding_of,
    sources,
    steps,
    with_steps,
)
from critmin.posterior_producers import Producer, read_exporters, read_mineral, read_producers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from critmin.simulation.quotations import Period, Quote


@dataclass(frozen=True, repr=False)
class Posterior:
    """Draws of a fitted model, with all that is needed to price and to say where it came from.

    Attributes
    ----------
    draws : Dataset
        Every variable is listed in `critmin.posterior_format`. An exporter is a production series and
        a country, a producer a mineral and a country: constants hold them apart, the coordinates join
        them for reading.
        ``attrs`` hold format, model version, data hash, seed, origin (last year of the data),
        versions of libraries, data sets and diagnostics.
    trace : DataTree or None
        All chains as the sampler gave them, for ArviZ; not written to files.

    See Also
    --------
    critmin.fit, critmin.builtin_posterior : One from data, and the one that comes with critmin.

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

        Newer fits add ``bfmi``, the least fraction of missing information, and ``saturated``, the share
        of trajectories cut. None where one is no finite number; ``passed``: whether it passed the gate.
        """
        return dict(json.loads(self.draws.attrs["diagnostics"]))

    @cached_property
    def id(self) -> str:
        """Hash of the draws: two posteriors with the same id give the same prices."""
        digest = hashlib.sha256()
        for name in sorted(map(str, self.draws.data_vars)):
            digest.update(name.encode())
            values = self.draws[name].values
            if values.dtype.kind in "OU":
                values = values.astype(str)  # as wide as its words, wherever it was read from
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:16]

    @property
    def cost_anchors(self) -> pd.DataFrame:
        """What the fit knew of marginal costs; see `critmin.model.curve.cost_anchors`."""
        return pd.DataFrame(json.loads(self.draws.attrs["cost_anchors"]))

    @cached_property
    def under_way(self) -> dict[str, Floats]:
        """Shocks (sample,) of the first year after the origin, as far as `assimilate` learned them."""
        if UNDER_WAY not in self.draws:
            return {}
        return {
            str(s): self.draws[UNDER_WAY].sel(shock=s).values for s in self.draws["shock"].values
        }

    @property
    def assimilated(self) -> dict[str, dict[str, Any]]:
        """What `assimilate` took up, by mineral; empty for a posterior as it was fitted."""
        return dict(json.loads(self.draws.attrs.get("assimilated", "{}")))

    @cached_property
    def shared(self) -> dict[str, Floats]:
        """Arrays (sample,) of what all minerals share."""
        return {name: self.draws.variables[name].values.astype(float) for name in SHARED}

    @cached_property
    def _read(self) -> dict[tuple[str, str], Any]:
        """What was read so far, by kind and name: of dozens of minerals most calls ask for one."""
        return {}

    @cached_property
    def constants(self) -> dict[str, NDArray[Any]]:
        """Arrays of what has no draws, years and technologies by name among them."""
        known = self.draws.variables
        return {name: known[name].values for name in (*CONSTANTS, "technology", "year")}

    def exporters(self, commodity: str) -> list[tuple[str, float, Floats]]:
        """Country, share of output and hazard (sample,) of those that could restrict exports."""
        key = "exporters", commodity
        if key not in self._read:
            self._read[key] = read_exporters(self.draws, commodity)
        return list(self._read[key])

    def producers(self, mineral: str) -> "list[Producer]":
        """Countries that produce a mineral, largest first; those told apart only."""
        key = "producers", mineral
        if key not in self._read:
            self._read[key] = read_producers(self.draws, mineral)
        return list(self._read[key])

    def of(self, mineral: str) -> dict[str, Floats]:
        """Arrays (sample,) of one mineral.

        ``cost_share`` is (sample, component); `critmin.posterior_format.FIXED` are among them,
        without samples.

        Raises
        ------
        UnknownNameError
            If the posterior does not price the mineral.
        """
        key = "mineral", mineral
        if not isinstance(mineral, str) or key not in self._read:
            if not isinstance(mineral, str) or mineral not in self.minerals:
                raise UnknownNameError.of("mineral of this posterior", mineral, self.minerals)
            self._read[key] = read_mineral(self.draws, self.minerals.index(mineral))
        return dict(self._read[key])

    def is_monthly(self, mineral: str) -> bool:
        """Whether the mineral's price comes by the month, so that the year's end is known."""
        return bool(self.of(mineral)["monthly"])

    def assimilate(
        self, prices: Mapping[str, "Quote"], *, over: "Period | None" = None, seed: int = 0
    ) -> "Posterior":
        """Take up prices of the year after the origin without a new fit.

        See `critmin.simulation.assimilation.assimilate` for what they may be and how it is done.

        Parameters
        ----------
        prices : mapping of str to float, tuple or mapping
            By mineral a price, ``(price, unit)`` or ``(price, unit, period)``, in money of the day; or by
            name with ``place`` ("outside", "customs", "marginal", "inside"), ``vat`` and ``per_dollar``.
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
            If a price, unit or period cannot be, or the extra ``assimilate`` is not installed.

        Examples
        --------
        >>> known = builtin_posterior().assimilate({"nickel": 17_000}, over="2026-05-12")
        >>> known.assimilated["nickel"]["price"]
        '17000 USD per t of contained Ni, 2026-05-12'
        """
        with extras():
            from critmin.simulation.assimilation import assimilate

        return assimilate(self, prices, over=over, seed=seed)

    def to_netcdf(self, path: str | Path) -> Path:
        """Write the draws to a netCDF file, whole or not at all.

        Fifteen bits hold each draw: a 30,000th of the variable's range, once. What was read comes
        back bit for bit.

        Returns
        -------
        Path
            Where it was written.
        """
        target = as_path(path)
        encoding = {str(n): encoding_of(self.draws[n]) for n in self.draws.data_vars}
        with replacing(target) as temporary:
            temporary.write_bytes(netcdf(self.draws, encoding))
        return target

    @classmethod
    def from_netcdf(cls, path: str | Path) -> "Posterior":
        """Read what `to_netcdf` wrote.

        Raises
        ------
        PosteriorError
            If the file is not a posterior, is damaged, or belongs to another version of the model.
        """
        source = as_path(path)
        if not is_file(source):
            raise PosteriorError(f"{str(source)[:200]}: no such file")
        try:
            with xr.open_dataset(unharmed(source), engine="h5netcdf") as opened:
                draws = opened.load()
        except Exception as error:
            raise PosteriorError(f"{source}: not a readable netCDF file ({error})") from error
        return cls(checked(draws, str(source)))

    @property
    def provenance(self) -> dict[str, Any]:
        """Model version, data hash, seed, libraries, data sets and diagnostics, as plain values."""
        attrs = storage.plain(self.draws.attrs)
        told = {name: json.loads(attrs.pop(name)) for name in ("versions", "diagnostics")}
        return {**attrs, **told, **sources(self.draws), "posterior": self.id, "data": self._age}

    @property
    def _age(self) -> str:
        return f"data to {self.origin}"

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Median and equal-tailed intervals of each parameter by mineral.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            Indexed by parameter and mineral; columns ``median`` and the bounds named by their quantile.

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        parts = {}
        for name in PARAMETERS:
            values = self.draws[name].transpose("sample", "mineral").values
            parts[name] = pd.DataFrame(intervals(values, prob), index=self.minerals)
        return pd.concat(parts, names=["parameter", "mineral"])

    def plot(
        self, ax: "Axes | None" = None, prob: float = 0.9, parameter: str = "supply_elasticity"
    ) -> "Axes":
        """Draw a parameter of every mineral: medians and intervals.

        Parameters
        ----------
        ax : Axes, optional
            A new figure by default.
        prob : float
            Probability of the intervals.
        parameter : str
            One of `critmin.posterior_format.PARAMETERS`.

        Returns
        -------
        Axes
        """
        from critmin.internal.drawing import plot_intervals

        if not isinstance(parameter, str) or parameter not in PARAMETERS:
            raise UnknownNameError.of("parameter", parameter, PARAMETERS)
        return plot_intervals(self.summary(prob).loc[parameter], parameter, ax)

    def to_datatree(self) -> xr.DataTree:
        """Hand over to ArviZ: `trace` if there is one, or group ``posterior`` with a single chain."""
        if self.trace is not None:
            return self.trace
        return as_datatree(self.draws)

    def to_json(self, path: str | Path | None = None) -> str:
        """Write everything, draws included, as JSON text; see `critmin.internal.storage.to_json`."""
        stored = Stored("Posterior", self.draws, self.provenance, {"steps": steps(self.draws)})
        return storage.to_json(stored, self.summary(), path)

    @classmethod
    def from_json(cls, source: str | Path) -> "Posterior":
        """Read what `to_json` wrote, bit for bit.

        Raises
        ------
        CritminError
            If it is not such a text, or a posterior of another version of the model.
        """
        stored = storage.from_json(source, "Posterior")
        return cls(with_steps(checked(stored.draws, "JSON"), stored.about["steps"]))

    def __repr__(self) -> str:
        """How many minerals and draws, of which data, and whether the fit passed."""
        names = self.minerals
        shown = ", ".join(names) if len(names) < 4 else f"{len(names)} minerals"
        gate = ""
        if (passed := self.diagnostics.get("passed")) is not None:
            gate = ", passed the gate" if passed else ", did not pass the gate"
        return (
            f"Posterior({shown}, {self.draws.sizes['sample']:,} draws of model version "
            f"{self.draws.attrs['model_version']}{gate}, {self.id}; {self._age})"
        )

    def _repr_html_(self) -> str:
        medians = self.draws[list(PARAMETERS)].median("sample").to_dataframe()[list(PARAMETERS)]
        return html_result(repr(self), medians, "Medians of the parameters.")


_lock = threading.Lock()
_builtin: Posterior | None = None


def builtin_posterior() -> Posterior:
    """The posterior that comes with critmin, fitted to the built-in data.

    Read once and shared by all threads.

    Returns
    -------
    Posterior
        Of all minerals.

    See Also
    --------
    critmin.fit : One from other data.
    critmin.minerals : What it prices, and how much data stands behind.

    Examples
    --------
    >>> builtin_posterior().origin
    2025
    """
    global _builtin
    with _lock:
        if _builtin is None:
            with as_file(files("critmin").joinpath("builtin_posterior.nc")) as path:
                _builtin = Posterior.from_netcdf(path)
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
    if isinstance(given, Posterior) and given.draws.sizes["sample"]:
        return given
    if isinstance(given, str | Path):
        return Posterior.from_netcdf(given)
    raise PosteriorError(
        f"posterior must be a Posterior with draws, the path of a file, or None, got {type(given).__name__}"
    )
