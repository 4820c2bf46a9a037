"""`cost_curve`: full cost by producer country."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import country_names
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import MAX_HORIZON, Prob, check_number, each
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals, significant
from critmin.mineral import get_mineral
from critmin.model.curve import MARGINAL, NO_SPREAD, quantile, share_above
from critmin.posterior import Posterior
from critmin.results.costing import curve_draws
from critmin.results.provenance import provenance
from critmin.results.request import Basis, Request

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PERCENTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Shares of capacity of `CostCurve.percentiles`."""


@dataclass(frozen=True, slots=True, eq=False)
class CostCurve(Saved):
    """Full unit cost of a mineral by producer country, cheapest first, as draws.

    Attributes
    ----------
    mineral : str
    year : int
    draws : Dataset
        ``cost`` (country, component, sample), of the median asset, and ``marginal_cost`` (sample) in the
        unit asked for; ``spread`` (sample), the log spread of assets about it, 0 where not known;
        ``credit`` (sample), the part of the cost that by-products pay at ordinary prices of theirs;
        ``capacity`` (country) in tonnes a year: the largest output of the last five years with
        figures, of the production series named in its ``attrs``; ``decided_by`` (country): what
        the country's cost rests on, published points, drivers or the process route alone.
    provenance : dict
        As in `critmin.FairPrice`.

    See Also
    --------
    critmin.cost_curve : Makes one.

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
    def level(self) -> str:
        """What the level of the curve rests on: published points, or the price."""
        return str(self.draws.attrs["level"])

    @property
    def units(self) -> str:
        """Unit of every cost in it."""
        return str(self.draws["cost"].attrs["words"])

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Cumulative capacity against unit cost.

        Parameters
        ----------
        prob : float or several
            Probabilities of the equal-tailed intervals.

        Returns
        -------
        DataFrame
            By country (ISO 3166 alpha-3), cheapest first: name, capacity, cumulative capacity, median
            and bounds of the unit cost of the median asset, ``cheap`` and ``dear`` (the tenth and
            ninetieth percentile of the country's assets, medians), ``credits`` (what by-products pay of
            it at ordinary prices of theirs, median; not taken off, and 0 where none are known), and what
            decides it.

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        unit = self.draws["cost"].sum("component").transpose("sample", "country").values
        capacity = self.draws["capacity"].values
        codes = [str(code) for code in self.draws["country"].values]
        reach = MARGINAL * self.draws["spread"].values[:, None]
        table = pd.DataFrame(
            {
                "name": [country_names().get(code, code) for code in codes],
                "capacity": capacity,
                "cumulative_capacity": capacity.cumsum(),
                **intervals(unit, prob),
                "cheap": np.median(unit * np.exp(-reach), axis=0),
                "dear": np.median(unit * np.exp(reach), axis=0),
                "credits": np.median(unit * self.draws["credit"].values[:, None], axis=0),
                "decided_by": self.draws["decided_by"].values.astype(str).astype(object),
            },
            index=pd.Index(codes, name="country"),
        )
        table.attrs |= self.draws["cost"].attrs
        return table

    def percentiles(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Unit cost at percentiles of the world's capacity, spread within countries included.

        Parameters
        ----------
        prob : float or several
            Probabilities of the equal-tailed intervals.

        Returns
        -------
        DataFrame
            Indexed by percentile, 10 to 90: median and bounds.

        Examples
        --------
        >>> from critmin import cost_curve
        >>> cost_curve("chromium").percentiles().index.tolist()
        [10, 25, 50, 75, 90]
        """
        rows = np.stack([np.exp(quantile(*self._curve(), q)) for q in PERCENTILES], axis=1)
        index = pd.Index([round(100 * q) for q in PERCENTILES], name="percentile")
        table = pd.DataFrame(intervals(rows, prob), index=index)
        table.attrs |= self.draws["cost"].attrs
        return table

    def loss_making(
        self, price: float, prob: Prob = 0.9, *, net: bool = False
    ) -> "pd.Series[float]":
        """Share of capacity whose full cost, capital included, lies above a price.

        Parameters
        ----------
        price : float
            In the unit of the curve, see `units`.
        prob : float or several
            Probabilities of the equal-tailed intervals.
        net : bool
            Take off first what by-products pay at ordinary prices of theirs (``credits`` of `summary`).

        Returns
        -------
        Series
            Median and bounds.

        Raises
        ------
        CritminError
            If the price is not positive.

        Examples
        --------
        >>> from critmin import cost_curve
        >>> curve = cost_curve("chromium")
        >>> cheap, dear = curve.loss_making(1.0), curve.loss_making(1e6)
        >>> float(cheap["median"]), float(dear["median"])
        (1.0, 0.0)
        """
        check_number(price, "price", 0, 1e15)
        if not price > 0:
            raise CritminError(f"price must be above 0 {self.units}, got {price!r}")
        cost, spread, capacity = self._curve()
        if net:
            cost = cost + np.log1p(-self.draws["credit"].values)
        share = share_above(cost, spread, capacity, np.log(float(price)))
        return pd.Series({k: float(v) for k, v in intervals(share, prob).items()}, dtype=float)

    def _curve(self) -> tuple[Floats, Floats, Floats]:
        """Log cost (country, sample), log spread within countries (sample,) and capacity."""
        unit = self.draws["cost"].sum("component").transpose("country", "sample").values
        spread = np.maximum(self.draws["spread"].values, NO_SPREAD)
        return np.log(unit), spread, self.draws["capacity"].values

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
        table.attrs |= self.draws["cost"].attrs
        return table

    def plot(self, ax: "Axes | None" = None, prob: Prob = 0.9) -> "Axes":
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

    def __repr__(self) -> str:
        """The cheapest and the dearest producer, and the marginal cost."""
        table = self.summary()
        marginal = significant(float(np.median(self.draws["marginal_cost"].values)))
        ends = [
            f"{c} {significant(table.loc[c, 'median'])}" for c in (table.index[0], table.index[-1])
        ]
        return (
            f"CostCurve({self.mineral}, {self.year}, {len(table)} countries, {' to '.join(ends)}, "
            f"marginal {marginal} {self.units}; {self.level}; {self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        title = f"{self.mineral}, {self.year}: full cost by country, {self.units}"
        return html_result(
            title,
            self.summary(),
            f"capacity in tonnes a year; {self.level}. {self.provenance['data']}",
        )


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
    Where costs of a mineral are published (``level`` says how many points), they decide the level and
    the spread (see `critmin.model.producer_costs.build_producer_cost_model`), and the marginal cost is
    the ninetieth percentile of capacity over countries and the assets within them. Elsewhere the world's
    component stack, times what is known of each country, is scaled so that the marginal producer, at 85%
    of capacity, has the full cost that the world's price returns to, and ``level`` says so. Costs are
    gross: revenue of by-products is not taken off, and stands beside them as ``credits``.

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
    first = request.posterior.origin + 1
    chosen = first if year is None else year
    if isinstance(chosen, bool) or not isinstance(chosen, int | np.integer):
        raise CritminError(f"year must be a whole number, got {year!r}")
    if not first <= chosen < first + MAX_HORIZON:
        raise CritminError(f"year must be {first} to {first + MAX_HORIZON - 1}, got {chosen}")
    draws = curve_draws(about, int(chosen), request)
    asked = {**request.arguments(about.name), "year": int(chosen)}
    del asked["horizon"]
    known = {**provenance(about.name, request), "request": asked}
    return CostCurve(about.name, int(chosen), draws, known)
