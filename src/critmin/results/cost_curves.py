"""`cost_curve`: full cost by producer country."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import country_names
from critmin.data.production import series_name
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import MAX_HORIZON, Prob, each
from critmin.internal.tables import html_result, intervals, significant
from critmin.mineral import get_mineral
from critmin.model.equations import COMPONENTS
from critmin.posterior import Posterior
from critmin.results import storage
from critmin.results.provenance import provenance
from critmin.results.request import Basis, Request
from critmin.results.storage import Stored
from critmin.simulation.market import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARGINAL_PERCENTILE = 0.85
"""Share of capacity that produces at no more than the marginal cost: the last seventh of a cost
curve is idle, or carried by a state, in an average year (judgement)."""


@dataclass(frozen=True, slots=True, eq=False)
class CostCurve:
    """Full unit cost of a mineral by producer country, cheapest first, as draws.

    Attributes
    ----------
    mineral : str
    year : int
    draws : Dataset
        ``cost`` (country, component, sample) and ``marginal_cost`` (sample) in the unit asked for, and
        ``capacity`` (country) in tonnes a year: the largest output of the last five years with
        figures, of the production series named in its ``attrs``.
    provenance : dict
        As in `critmin.FairPrice`.

    Examples
    --------
    >>> from critmin import cost_curve
    >>> cost_curve("copper").summary().columns[:3].tolist()
    ['name', 'capacity', 'cumulative_capacity']
    """

    mineral: str
    year: int
    draws: xr.Dataset
    provenance: dict[str, Any]

    @property
    def units(self) -> str:
        """Unit of every cost in it."""
        return str(self.draws["cost"].attrs["units"])

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Cumulative capacity against unit cost.

        Parameters
        ----------
        prob : float or several
            Probabilities of the equal-tailed intervals.

        Returns
        -------
        DataFrame
            By country (ISO 3166 alpha-3), cheapest first: name, capacity, cumulative capacity, and
            median and bounds of the unit cost.

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        unit = self.draws["cost"].sum("component").transpose("sample", "country").values
        capacity = self.draws["capacity"].values
        codes = [str(code) for code in self.draws["country"].values]
        table = pd.DataFrame(
            {
                "name": [country_names().get(code, code) for code in codes],
                "capacity": capacity,
                "cumulative_capacity": capacity.cumsum(),
                **intervals(unit, prob),
            },
            index=pd.Index(codes, name="country"),
        )
        table.attrs["units"] = self.units
        return table

    def components(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Median and bounds of each component of each country's cost.

        Parameters
        ----------
        prob : float or several

        Returns
        -------
        DataFrame
            Indexed by country and component.
        """
        values = self.draws["cost"].transpose("sample", "country", "component").values
        index = pd.MultiIndex.from_product(
            [map(str, self.draws["country"].values), map(str, self.draws["component"].values)],
            names=["country", "component"],
        )
        rows = {label: row.ravel() for label, row in intervals(values, prob).items()}
        table = pd.DataFrame(rows, index=index)
        table.attrs["units"] = self.units
        return table

    def plot(self, ax: "Axes | None" = None, prob: float = 0.9) -> "Axes":
        """Draw the curve as steps with bands; see `critmin.results.plots.plot_cost_curve`."""
        from critmin.results.plots import plot_cost_curve

        return plot_cost_curve(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": self.mineral, "year": self.year, "units": self.units}
        return Stored("CostCurve", self.draws, self.provenance, about)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        about = stored.about
        return cls(str(about["mineral"]), int(about["year"]), stored.draws, stored.provenance)

    def to_datatree(self) -> xr.DataTree:
        """Hand over to ArviZ: group ``posterior_predictive`` with a single chain."""
        return storage.to_datatree(self._stored())

    def to_json(self, path: str | Path | None = None) -> str:
        """Write everything, draws included, as JSON text; see `critmin.results.storage.to_json`."""
        return storage.to_json(self._stored(), self.summary(), path)

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read what `to_json` wrote, bit for bit; see `critmin.results.storage.from_json`."""
        return cls._of(storage.from_json(source, "CostCurve"))

    def to_netcdf(self, path: str | Path) -> Path:
        """Write everything as a netCDF file; see `critmin.results.storage.to_netcdf`."""
        return storage.to_netcdf(self._stored(), path)

    @classmethod
    def from_netcdf(cls, path: str | Path) -> Self:
        """Read what `to_netcdf` wrote, bit for bit; see `critmin.results.storage.from_netcdf`."""
        return cls._of(storage.from_netcdf(path, "CostCurve"))

    def __repr__(self) -> str:
        """The cheapest and the dearest producer, and the marginal cost."""
        table = self.summary()
        marginal = significant(float(np.median(self.draws["marginal_cost"].values)))
        ends = [
            f"{c} {significant(table.loc[c, 'median'])}" for c in (table.index[0], table.index[-1])
        ]
        return (
            f"CostCurve({self.mineral}, {self.year}, {len(table)} countries, {' to '.join(ends)}, "
            f"marginal {marginal} {self.units}; {self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        title = f"{self.mineral}, {self.year}: full cost by country, {self.units}"
        return html_result(
            title, self.summary(), f"capacity in tonnes a year. {self.provenance['data']}"
        )


def _marginal(values: Floats, weights: Floats, q: float) -> Floats:
    """Lowest value (per column) up to which at least `q` of the weights lie."""
    whole = np.broadcast_to(weights[:, None], values.shape)
    return np.asarray(np.quantile(values, q, axis=0, weights=whole, method="inverted_cdf"))


@overload
def cost_curve(
    mineral: str,
    year: int | None = None,
    *,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
) -> CostCurve: ...


@overload
def cost_curve(
    mineral: list[str] | tuple[str, ...],
    year: int | None = None,
    *,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
) -> dict[str, CostCurve]: ...


def cost_curve(
    mineral: str | list[str] | tuple[str, ...],
    year: int | None = None,
    *,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
) -> CostCurve | dict[str, CostCurve]:
    """Full cost by producer country, as a curve of cumulative capacity against unit cost.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict.
    year : int, optional
        The first year after the data's end by default; up to 40 years after it. Later years move
        the costs of all countries with the drivers; capacity stays that of today.
    currency, basis, unit : str
        Of the costs, as in `critmin.fair_price`.
    posterior : Posterior or path, optional
        Of `critmin.fit`, or a file of one; the built-in one by default.
    seed : int
        The same seed gives the same draws.

    Returns
    -------
    CostCurve

    Raises
    ------
    UnknownNameError
        If there is no such mineral.
    CritminError
        If the year is outside the range, or no production by country is known.

    See Also
    --------
    critmin.fair_price : The price that the marginal cost is part of.
    critmin.disruption_risk : How likely each producer restricts its exports.

    Notes
    -----
    The world's component stack, times what is known of each country (see
    `critmin.model.producer_costs.build_producer_cost_model`), scaled so that the marginal producer,
    at 85% of capacity, has the full cost that the world's price returns to. A country's capacity is
    shown at its mean cost: mines within a country spread about as much as countries do.

    Examples
    --------
    >>> curve = cost_curve("nickel")
    >>> curve.summary().loc["IDN", "name"]
    'Indonesia'
    """
    request = Request.of(
        horizon=1, currency=currency, basis=basis, unit=unit, posterior=posterior, seed=seed
    )
    return each(mineral, "mineral", lambda name: _curve(name, year, request))


def _curve(mineral: str, year: int | None, request: Request) -> CostCurve:
    about = get_mineral(mineral)
    source = request.posterior
    first = source.origin + 1
    chosen = first if year is None else year
    if isinstance(chosen, bool) or not isinstance(chosen, int | np.integer):
        raise CritminError(f"year must be a whole number, got {year!r}")
    if not first <= chosen < first + MAX_HORIZON:
        raise CritminError(f"year must be {first} to {first + MAX_HORIZON - 1}, got {chosen}")
    ahead = int(chosen) - source.origin
    world = simulate(source, about.name, ahead, request.seed).components[..., -1]
    owner, country = (source.draws[f"producer_{n}"].values for n in ("mineral", "country"))
    capacity = source.draws["capacity"].values
    where = np.flatnonzero((owner == about.name) & (capacity > 0))
    if not len(where):
        raise CritminError(f"{about.name}: no production by country is known, so no cost curve")
    capacity = capacity[where]
    effect = np.exp(source.draws["relative_effect"].values[:, where].astype(float)).T
    gap = source.draws["wage_gap"].values[where]
    stack = world[None] * effect[:, None, :]
    labour = COMPONENTS.index("labour")
    stack[:, labour] *= np.exp(gap[:, None] * source.shared["wage_gap_response"][None, :])
    marginal = world.sum(axis=0)
    stack *= marginal / _marginal(stack.sum(axis=1), capacity, MARGINAL_PERCENTILE)
    order = np.argsort(np.median(stack.sum(axis=1), axis=-1))
    scale = float(request.money.scale(about, np.array([chosen]))[0])
    units = {"units": request.money.words(about)}
    draws = xr.Dataset(
        {
            "cost": (("country", "component", "sample"), stack[order] * scale, units),
            "marginal_cost": ("sample", marginal * scale, units),
            "capacity": (
                "country",
                capacity[order],
                {"units": f"t a year of {series_name(about)} as it is counted"},
            ),
        },
        coords={
            "country": [str(c) for c in country[where][order]],
            "component": list(COMPONENTS),
        },
    )
    return CostCurve(about.name, int(chosen), draws, provenance(about.name, request))
