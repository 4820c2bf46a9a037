"""`Forecast`: price and supply of one mineral as draws."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.exceptions import CritminError
from critmin.internal.checks import Prob
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals, median_error, significant
from critmin.model.refiners import main_stage
from critmin.results.buyers import Exposure, exposure
from critmin.results.fair_prices import ERROR
from critmin.results.sides import prices_of
from critmin.results.stages import check_stage, refined_supply
from critmin.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PRICES: tuple[str, ...] = ("market_price", "fair_price")


@dataclass(frozen=True, slots=True, eq=False)
class Forecast(Saved):
    """Price and supply of one mineral by year, as draws.

    Attributes
    ----------
    mineral : str
    scenario : Scenario
    draws : Dataset
        Prices (sample, year) in the unit asked for, as in `critmin.FairPrice`; ``production``,
        ``supply``, ``withheld`` and ``normal_exports`` (country, sample, year): output, what of it reaches
        the market, the share of its normal exports that a country holds back, and these as a share of its
        output at the stage that its restrictions are on; ``withheld_now`` (country, sample): what it holds
        back at the origin; ``demand``, ``scrap`` and ``stock_change`` (sample, year). Metal that a country
        holds back counts as so much of what it mines, all of it at most. Tonnes a year of the production
        series; NaN where its figures are not known. In every draw and year supply of all countries and
        scrap less the change of public stocks is demand.
        ``cost`` (component, sample, year) is that of the marginal producer, as in `critmin.FairPrice`.
        With duties in the scenario and tonnes known, ``duty_revenue`` (country, sample, year), what they
        bring their states in the currency asked for, if nobody evades them. Where a second stage is known,
        ``refined`` (refiner, sample, year): what countries refine of the ore that reaches the market, and
        with ``restricts`` (country) the stage that each one's restrictions are on.
        ``scale`` (year) is what turned real USD per tonne of element into the unit.
    provenance : dict
        As in `critmin.FairPrice`.

    See Also
    --------
    critmin.forecast : Makes one.
    critmin.FairPrice : Fair price and distortion.

    Examples
    --------
    >>> from critmin import forecast
    >>> sorted(forecast("copper", 3).draws.data_vars)[:4]
    ['cost', 'demand', 'fair_price', 'fair_price_today']
    """

    mineral: str
    scenario: Scenario
    draws: xr.Dataset
    provenance: dict[str, Any]

    @property
    def units(self) -> str:
        """Unit of both prices."""
        return str(self.draws["market_price"].attrs["words"])

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Median and equal-tailed intervals by year of prices, demand and the whole supply.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            By year; columns (quantity, statistic); prices have a ``Monte Carlo error`` of their median.

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        whole = self.draws["supply"].sum("country", skipna=False)
        prices = prices_of(self.draws, PRICES)
        named = {**{name: self.draws[name] for name in prices}, "supply": whole}
        named |= {name: self.draws[name] for name in ("demand", "stock_change")}
        return _quantiles(named, prob, errors=prices)

    def supply(self, prob: Prob = 0.9, stage: str | None = None) -> pd.DataFrame:
        """Median and intervals of what each country brings to market, by year.

        Parameters
        ----------
        prob : float or several
        stage : {"mined", "refined"}, optional
            By default the one at which the mineral's output is counted. Cobalt, copper, graphite, lithium
            and nickel, counted at the mine, have ``"refined"`` too: the ore that reaches the market is
            refined in shares that move on from the last known ones (`critmin.simulation.refining.refined`).

        Returns
        -------
        DataFrame
            By year; columns (country, statistic), tonnes a year. ``attrs`` has the ``stage``; of a second
            one also the ``year`` of the last figures and the ``basis`` of how far shares move:
            ``"measured"`` on the mineral's own history, or ``"assumed"`` to be as the median of others',
            where one year alone is known (graphite, lithium; countries beyond the leading ones are "ROW").

        Raises
        ------
        CritminError
            If the mineral's production, or that at the stage, is not known, or a probability is not between
            0 and 1.

        Examples
        --------
        >>> from critmin import forecast
        >>> refined = forecast("cobalt", 3).supply(stage="refined")
        >>> refined.xs("median", axis=1, level=1).iloc[-1].idxmax(), refined.attrs["basis"]
        ('CHN', 'measured')
        """
        self._needs_figures()
        second = check_stage(self.mineral, stage)
        supply = self.draws["supply"]
        about = {"stage": stage or main_stage(self.mineral)}
        if second:
            supply = refined_supply(self.draws).rename(refiner="country")
            about |= {name: self.draws["refined"].attrs[name] for name in ("basis", "year")}
        table = _quantiles({str(c): supply.sel(country=c) for c in supply["country"].values}, prob)
        table.attrs |= about
        return table

    def compare(self, baseline: "Forecast") -> xr.Dataset:
        """Difference to another forecast, draw by draw: the same shocks in both.

        Parameters
        ----------
        baseline : Forecast
            Of the same mineral, posterior, horizon and seed.

        Returns
        -------
        Dataset
            Differences of every quantity (a country that only one has counts as 0 in the other), and
            ``market_price_ratio`` and ``fair_price_ratio``.

        Raises
        ------
        CritminError
            If the other forecast is not comparable: its difference would be noise.
        """
        if not isinstance(baseline, Forecast):
            raise CritminError(
                f"expected a Forecast to compare with, got {type(baseline).__name__}"
            )
        for key in ("posterior", "request"):
            if self.provenance[key] != baseline.provenance[key]:
                raise CritminError(
                    f"forecasts differ in {key}: {self.provenance[key]} and "
                    f"{baseline.provenance[key]}; compare those of one mineral, posterior, horizon "
                    "and seed"
                )
        named = [name for name in self.draws.data_vars if name in baseline.draws]
        ours, theirs = xr.align(
            self.draws[named], baseline.draws[named], join="outer", fill_value=0.0
        )
        difference = ours - theirs
        for name in self._shared_prices(baseline):
            difference[f"{name}_ratio"] = self.draws[name] / baseline.draws[name]
        return difference

    def effect(self, baseline: "Forecast", prob: Prob = 0.9) -> pd.DataFrame:
        """Median and intervals by year of the price over that of a baseline, and of added supply.

        Parameters
        ----------
        baseline : Forecast
            As in `compare`.
        prob : float or several

        Returns
        -------
        DataFrame
            By year; columns (quantity, statistic): ``market_price`` and ``fair_price`` as ratios,
            ``supply`` in tonnes a year.
        """
        difference = self.compare(baseline)
        named = {name: difference[f"{name}_ratio"] for name in self._shared_prices(baseline)}
        if self._has_figures():
            named["supply"] = difference["supply"].sum("country")
        return _quantiles(named, prob)

    def exposure(self, buyer: str, *, currency: str | None = None, unit: str = "t") -> Exposure:
        """Price in a buyer's money, its suppliers and its risk; see `critmin.results.buyers.exposure`.

        Examples
        --------
        >>> from critmin import forecast
        >>> japan = forecast("cobalt", 5).exposure("JPN")
        >>> japan.currency, str(japan.suppliers.index[0])
        ('JPY', 'FIN')
        """
        return exposure(self, buyer, currency=currency, unit=unit)

    def plot(self, ax: "Axes | None" = None, prob: Prob = (0.5, 0.9)) -> "Axes":
        """Draw the fan of the market price; see `critmin.results.plots.plot_forecast`."""
        from critmin.results.plots import plot_forecast

        return plot_forecast(self, ax=ax, prob=prob)

    def plot_supply(self, ax: "Axes | None" = None, prob: Prob = 0.9) -> "Axes":
        """Draw supply stacked by country; see `critmin.results.plots.plot_supply`."""
        from critmin.results.plots import plot_supply

        self._needs_figures()
        return plot_supply(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": self.mineral, "units": self.units, "scenario": self.scenario.to_dict()}
        return Stored("Forecast", self.draws, self.provenance, about)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        scenario = Scenario.from_dict(stored.about["scenario"])
        return cls(str(stored.about["mineral"]), scenario, stored.draws, stored.provenance)

    def _shared_prices(self, other: "Forecast") -> list[str]:
        """Prices that both have: a fence may stand in one only."""
        return [name for name in prices_of(self.draws, PRICES) if name in other.draws]

    def _has_figures(self) -> bool:
        return bool(np.isfinite(self.draws["supply"]).all())

    def _needs_figures(self) -> None:
        if not self._has_figures():
            raise CritminError(f"{self.mineral}: no production by country is known")

    def __repr__(self) -> str:
        """Median and 90% interval of the last year's market price."""
        row = self.summary(0.9).iloc[-1]["market_price"]
        low, middle, high = (significant(row[name]) for name in ("5%", "median", "95%"))
        return (
            f"Forecast({self.mineral}, {self.scenario.name}; {self.draws['year'].values[-1]} market "
            f"price {middle} ({low} to {high}, 90%) {self.units}; {self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        table = self.summary()
        title = f"{self.mineral}, {self.scenario.name}: {self.units}; tonnes a year"
        return html_result(
            title, table, f"{self.provenance['data']}. {self.provenance['assumption']}"
        )


def _quantiles(
    named: dict[str, xr.DataArray], prob: Prob, errors: tuple[str, ...] = ()
) -> pd.DataFrame:
    columns: dict[tuple[str, str], Any] = {}
    for name, array in named.items():
        values = array.transpose("sample", "year").values
        columns |= {(name, label): row for label, row in intervals(values, prob).items()}
        if name in errors:
            columns[name, ERROR] = median_error(values)
    years = pd.Index(next(iter(named.values()))["year"].values, name="year")
    return pd.DataFrame(columns, index=years)
