"""`FairPrice`: fair and market price of one mineral as draws."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.internal import storage
from critmin.internal.arrays import Floats
from critmin.internal.checks import Prob
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals, median_error, significant
from critmin.results.sides import distortion, fence_in_words, prices_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCARCITY = "scarcity"
"""Component of the fair price that is not cost: the margin, negative in a glut."""

PRICES: tuple[str, ...] = ("fair_price", "market_price")
"""Prices of every result."""

ERROR = "Monte Carlo error"
"""Column of a summary: standard error of the median for want of more draws."""

NOISE = 1e-6
"""A gap between market and fair price of less than this share is one of rounding, and counts as none."""

DISTORTION = "distortion, %"
"""Column of a summary: market over fair price, less one, in percent."""


@dataclass(frozen=True, slots=True, eq=False)
class FairPrice(Saved):
    """Fair and market price of one mineral, year by year, as draws.

    Attributes
    ----------
    mineral : str
    draws : Dataset
        ``fair_price`` and ``market_price`` (sample, year) and ``cost`` (component, sample, year),
        units in ``attrs``. The market price is what a buyer outside every fence is or will be paid,
        distortions included; the fair price is that of the same economy, with the same shocks, had
        there never been state support or export restrictions; ``fair_price_today``, had they ended at
        the data's end; ``unsupported_price`` is the market price without support, fences as they are.
        Where a country restricts its exports there are ``marginal_price``, what the unlicensed tonne
        costs, and ``inside_price``, what a tonne costs behind the fence without tax; ``attrs`` name
        the country (``fence``) and say whether what it withholds was measured (``fence_basis``). ``scale``
        (year) is what turned real USD per tonne of element
        into the unit.
    history : DataFrame
        By year up to the origin: ``observed`` market price (NaN in holes) and quantiles of
        ``market``, ``fair`` and ``cost``, in the same unit as the draws. Years of an older source on
        another basis are moved by the median of the step that the model estimates.
    provenance : dict
        Model version, data hash, data sets with licences, posterior id, diagnostics, seed, scenario,
        assumptions, and the arguments that repeat the result.

    See Also
    --------
    critmin.fair_price : Makes one.
    critmin.Forecast : Supply beside the price.

    Examples
    --------
    >>> from critmin import fair_price
    >>> price = fair_price("copper", 3)
    >>> FairPrice.from_json(price.to_json()).draws.identical(price.draws)
    True
    """

    mineral: str
    draws: xr.Dataset
    history: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def units(self) -> str:
        """Unit of every price in it."""
        return str(self.draws["fair_price"].attrs["words"])

    @property
    def distorted(self) -> bool:
        """Whether any distortion of this market is known or foreseen."""
        return bool(self._distortion().any())

    def _distortion(self) -> Floats:
        """Market over fair price less one, (sample, year)."""
        ratio = self.draws["market_price"] / self.draws["fair_price"] - 1
        gap = ratio.transpose("sample", "year").values
        return np.where(np.abs(gap) < NOISE, 0.0, gap)

    def summary(self, prob: Prob = (0.5, 0.9)) -> pd.DataFrame:
        """Median and equal-tailed intervals of both prices by year.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            By year; columns ``(price, statistic)`` with price ``fair_price``, ``market_price`` and,
            where there is a fence, ``marginal_price`` and ``inside_price``, and statistics
            ``median``, the bounds named by their quantile and ``Monte Carlo error`` (of the median);
            then the distortion, which is the market over the fair price less one in percent, with
            median and bounds, and ``("P(market < fair)", "")``, the probability that the market price
            lies below the fair price by more than rounding. ``attrs`` hold the unit: ``units`` as pint
            reads it, and ``words``.

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        columns: dict[tuple[str, str], Any] = {}
        for name in prices_of(self.draws, PRICES):
            values = self.draws[name].transpose("sample", "year").values
            columns |= {(name, label): row for label, row in intervals(values, prob).items()}
            columns[name, ERROR] = median_error(values)
        gap = 100 * self._distortion()
        columns |= {(DISTORTION, label): row for label, row in intervals(gap, prob).items()}
        columns["P(market < fair)", ""] = (gap < 0).mean(axis=0)
        years = pd.Index(self.draws["year"].values, name="year")
        table = pd.DataFrame(columns, index=years)
        table.attrs |= self.draws["fair_price"].attrs
        return table

    def distortion(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Split what states do to the price into support and fence, in money and percent.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            Of `critmin.results.sides.distortion`.

        Examples
        --------
        >>> from critmin import fair_price
        >>> parts = fair_price("gallium", 2).distortion()
        >>> list(parts.index.get_level_values("part")[:4])
        ['all', 'support', 'fence', 'wedge']
        """
        return distortion(self.draws, prob)

    def decompose(self) -> xr.DataArray:
        """Split the fair price into the components of cost and scarcity, draw by draw.

        Returns
        -------
        DataArray (component, sample, year)
            Energy, labour, materials, capital and compliance of the full cost of the marginal
            market-financed producer, and ``"scarcity"``: what the fair price is above (or, in a glut,
            below) that cost. They add up to ``fair_price`` in every draw and year.
        """
        cost = self.draws["cost"]
        rest = (self.draws["fair_price"] - cost.sum("component")).expand_dims(component=[SCARCITY])
        parts = xr.concat([cost, rest], dim="component").transpose("component", "sample", "year")
        return parts.rename("fair_price").assign_attrs(self.draws["fair_price"].attrs)

    def components(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Median and equal-tailed intervals of the parts of `decompose` by year.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            Indexed by year and component. The parts of a median do not add up to the median of the
            whole; those of `decompose` do, draw by draw.
        """
        parts = self.decompose().transpose("sample", "year", "component")
        index = pd.MultiIndex.from_product(
            [parts["year"].values, map(str, parts["component"].values)], names=["year", "component"]
        )
        rows = {label: row.ravel() for label, row in intervals(parts.values, prob).items()}
        table = pd.DataFrame(rows, index=index)
        table.attrs |= self.draws["fair_price"].attrs
        return table

    def plot(self, ax: "Axes | None" = None, prob: Prob = (0.5, 0.9)) -> "Axes":
        """Draw history and fans of both prices; see `critmin.results.plots.plot_fair_price`."""
        from critmin.results.plots import plot_fair_price

        return plot_fair_price(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": self.mineral, "units": self.units}
        tables = {"history": self.history}
        return Stored("FairPrice", self.draws, self.provenance, about, tables)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        history = stored.tables["history"].rename_axis("year")
        return cls(str(stored.about["mineral"]), stored.draws, history, stored.provenance)

    def to_datatree(self) -> xr.DataTree:
        """Hand over to ArviZ: group ``posterior_predictive`` with a single chain, and history."""
        return storage.to_datatree(self._stored(), self.history)

    def __repr__(self) -> str:
        """Median and 90% interval of the last year."""
        years = self.draws["year"].values
        row = self.summary(0.9).iloc[-1]
        parts = [
            f"{name.removesuffix('_price')} {significant(row[name, 'median'])} "
            f"({significant(row[name, '5%'])} to {significant(row[name, '95%'])})"
            for name in prices_of(self.draws, PRICES)
        ]
        unknown = "" if self.distorted else "; no distortion known"
        return (
            f"FairPrice({self.mineral}, {years[0]}-{years[-1]}, {self.units}; "
            f"{years[-1]} median (90%): {', '.join(parts)}{unknown}; {self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        table = self.summary()
        where = fence_in_words(self.draws)
        note = (
            f"{self.provenance['data']}. {where}{'. ' * bool(where)}{self.provenance['assumption']}"
        )
        return html_result(f"{self.mineral}: fair and market price, {self.units}", table, note)
