"""`Finance`: what a mine comes to with or without a contract, as draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.contracts.result import money
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats, Ints
from critmin.internal.checks import Prob, check_probability
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import (
    html_result,
    interval_bounds,
    intervals,
    median_error,
    quantile_label,
    significant,
)
from critmin.results.fair_prices import ERROR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENOUGH = "P(enough)"
"""Column of a summary: how likely a figure is as good as it has to be."""


@dataclass(frozen=True, slots=True, eq=False)
class Finance(Saved):
    """A mine's finances, with or without a contract, as draws.

    Attributes
    ----------
    mineral : str
    contract : {"with", "without"}
    draws : Dataset
        ``npv`` (sample): of equity and debt together, after tax, at the start of construction; real
        money. ``irr`` (sample): real, the highest rate at which all is worth nothing; NaN where there is
        none, infinite above 1000%. ``payback`` (sample): years from the start of construction; NaN where
        it never does. ``cover`` (sample,
        year): cash flow available for debt service over debt service, in the years of the loan.
        ``debt_capacity``: debt that the tenth percentiles of cash over 1.3 pay back with interest over
        the loan's years, as much in each as they allow.
    provenance : dict
        Of the forecast, with the mine and the contract's terms in its ``request``.

    See Also
    --------
    critmin.contracts.Project : The mine; ``Project.finance`` makes one.
    critmin.contracts.finance_table : Several side by side.

    Examples
    --------
    >>> from critmin.contracts import Offtake, Project, lognormal_forecast
    >>> deal = Offtake("nickel", 100, 2026, 5)
    >>> mine = Project(100, "1 million USD", cost=9_000, ramp=(), life=8)
    >>> found = mine.finance(deal, lognormal_forecast("nickel", 16_000, 0.0, 8))["without"]
    >>> found.default_probability(), int(found.payback[0])
    (0.0, 4)
    >>> found.summary().index.tolist()
    ['NPV', 'IRR', 'payback, years', 'lowest cover']
    """

    mineral: str
    contract: Literal["with", "without"]
    draws: xr.Dataset
    provenance: dict[str, Any]

    @property
    def units(self) -> str:
        """Money that the net present value is in."""
        return str(self.draws["npv"].attrs["words"])

    @property
    def npv(self) -> Floats:
        """Net present value (sample,)."""
        return np.asarray(self.draws["npv"].values)

    @property
    def irr(self) -> Floats:
        """Internal rate of return (sample,)."""
        return np.asarray(self.draws["irr"].values)

    @property
    def payback(self) -> Floats:
        """Years until the mine is paid back (sample,)."""
        return np.asarray(self.draws["payback"].values)

    @property
    def cover(self) -> Floats:
        """Debt service cover (sample, year)."""
        return np.asarray(self.draws["cover"].transpose("sample", "year").values)

    @property
    def years(self) -> Ints:
        """Years of the loan."""
        return np.asarray(self.draws["year"].values)

    @property
    def debt_capacity(self) -> float:
        """Debt that the mine can carry."""
        return float(self.draws["debt_capacity"])

    def default_probability(self) -> float:
        """Probability that the loan is not served in full in some year."""
        return float((self.cover < 1).any(axis=1).mean())

    def _earned(self) -> Floats:
        # Without a rate, all is taken as lost.
        return np.where(np.isnan(self.irr), -1.0, self.irr)

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Median and equal-tailed intervals of what the mine comes to.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            By figure (net present value, internal rate of return, payback, lowest cover of a year of
            the loan): ``median`` and bounds, infinite where the mine is never paid back or owes nothing;
            the ``Monte Carlo error`` of the median; and ``P(enough)``, the probability that the value
            and the rate are above 0, that it is paid back, and that the loan is served in full.
            ``attrs`` hold the money of the first.

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        paid = np.isfinite(self.payback)
        earned = self._earned()
        figures = {
            "NPV": (self.npv, self.npv > 0),
            "IRR": (earned, earned > 0),
            "payback, years": (np.where(paid, self.payback, np.inf), paid),
            "lowest cover": (self.cover.min(axis=1), (self.cover >= 1).all(axis=1)),
        }
        rows = {}
        for name, (values, enough) in figures.items():
            with np.errstate(invalid="ignore"):  # infinity less infinity
                error = float(median_error(values))
            rows[name] = {**_bounds(values, prob), ERROR: error, ENOUGH: enough.mean()}
        table = pd.DataFrame(rows).T.rename_axis("figure")
        table.attrs |= self.draws["npv"].attrs
        return table

    def figures(self, prob: float = 0.9) -> "pd.Series[float]":
        """The column of `finance_table`.

        Parameters
        ----------
        prob : float
            Probability of the interval.
        """
        sides = interval_bounds(check_probability(prob))
        low, median, high = np.quantile(self.npv, [sides[0], 0.5, sides[1]])
        paid = np.isfinite(self.payback)
        return pd.Series(
            {
                "NPV mean": self.npv.mean(),
                f"NPV {quantile_label(sides[0])}": low,
                "NPV median": median,
                f"NPV {quantile_label(sides[1])}": high,
                "P(NPV > 0)": (self.npv > 0).mean(),
                "IRR median": np.median(self._earned()),
                "P(paid back)": paid.mean(),
                "payback median, where paid": np.median(self.payback[paid])
                if paid.any()
                else np.nan,
                "lowest cover 10%": np.quantile(self.cover.min(axis=1), 0.1),
                "P(default)": self.default_probability(),
                "debt capacity": self.debt_capacity,
            }
        )

    def plot(self, ax: "Axes | None" = None, prob: Prob = 0.8) -> "Axes":
        """Draw the debt service cover; see `critmin.contracts.plots.plot_cover` for both at once."""
        from critmin.contracts.plots import plot_cover

        return plot_cover({self.contract: self}, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": self.mineral, "contract": self.contract, "units": self.units}
        return Stored("Finance", self.draws, self.provenance, about)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        contract: Literal["with", "without"] = (
            "with" if stored.about["contract"] == "with" else "without"
        )
        return cls(str(stored.about["mineral"]), contract, stored.draws, stored.provenance)

    def __repr__(self) -> str:
        """Value, rate, risk of default and debt capacity."""
        table = self.summary(0.9)
        value, rate = table.loc["NPV"], float(table.loc["IRR", "median"])
        earned = f"{rate:.1%}" if np.isfinite(rate) else "above 1000%"
        return (
            f"Finance({self.mineral}, {self.contract} the contract: NPV {money(value['median'])} "
            f"({money(value['5%'])} to {money(value['95%'])}, 90%) {self.units}; IRR "
            f"{earned}; P(default) {significant(self.default_probability())}; debt capacity "
            f"{money(self.debt_capacity)}; {self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        title = f"{self.mineral}: the mine {self.contract} the contract, {self.units}"
        note = (
            f"Debt capacity {money(self.debt_capacity)}. {self.provenance['data']}. "
            f"{self.provenance['assumption']}"
        )
        return html_result(title, self.summary(), note)


def _bounds(values: Floats, prob: Prob) -> dict[str, Floats]:
    """Median and bounds; of figures that may be infinite without interpolation."""
    if np.isfinite(values).all():
        return intervals(values, prob)
    levels = [0.5, *interval_bounds(prob)]
    found = np.quantile(values, levels, method="inverted_cdf")
    return dict(zip(["median", *map(quantile_label, levels[1:])], found, strict=True))


def finance_table(found: Mapping[str, Finance], prob: float = 0.9) -> pd.DataFrame:
    """Figures of the mine with and without the contract, side by side.

    Parameters
    ----------
    found : mapping of str to Finance
        Of `critmin.contracts.Project.finance`.
    prob : float
        Probability of the interval.

    Returns
    -------
    DataFrame
        A row a figure, a column each.

    Raises
    ------
    CritminError
        If it is something else.

    See Also
    --------
    critmin.contracts.Project : The mine.
    critmin.contracts.Finance : One column of it.

    Examples
    --------
    >>> from critmin.contracts import Offtake, Project, lognormal_forecast
    >>> mine = Project(100, "1 million USD", cost=9_000, ramp=(), life=8)
    >>> walk = lognormal_forecast("nickel", 16_000, 0.0, 8)
    >>> list(finance_table(mine.finance(Offtake("nickel", 100, 2026, 5), walk)))
    ['without', 'with']
    """
    if not isinstance(found, Mapping) or not all(isinstance(f, Finance) for f in found.values()):
        raise CritminError(f"found must be what Project.finance gives, by name, got {found!r:.80}")
    return pd.DataFrame({name: each.figures(prob) for name, each in found.items()})
