"""`forecast`: where price and supply will go, as things are or under a scenario."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.data.countries import country_names
from critmin.exceptions import CritminError
from critmin.exposure import Exposure, exposure
from critmin.mineral import get_mineral
from critmin.model.equations import COMPONENTS
from critmin.posterior import Posterior, builtin_posterior
from critmin.pricing import check_horizon, check_seed, provenance
from critmin.recalibration import recalibrated
from critmin.replacing import replacing
from critmin.results import check_probabilities, quantile_label
from critmin.scenario import Intervention, Scenario, as_scenario
from critmin.units import BASE_YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PRICES: tuple[str, ...] = ("market_price", "fair_price")
QUANTITIES: tuple[str, ...] = ("demand", "scrap", "stock_change")


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Price and supply of one mineral by year, as draws.

    Attributes
    ----------
    mineral : str
    scenario : Scenario
    draws : Dataset
        ``market_price`` and ``fair_price`` (sample, year) in real USD per tonne of contained
        element; ``production``, ``supply`` and ``withheld`` (country, sample, year): output, what of
        it reaches the market, and the share that restrictions keep from it; ``demand``, ``scrap``
        and ``stock_change`` (sample, year); ``cost`` (component, sample, year), as in `critmin.FairPrice`.
        Tonnes a year of the production series; NaN where its
        figures are not known. In every draw and year supply of all countries and scrap less the
        change of public stocks is demand.
    provenance : dict
        As in `critmin.FairPrice`.
    """

    mineral: str
    scenario: Scenario
    draws: xr.Dataset
    provenance: dict[str, Any]

    def summary(self, prob: float = 0.9) -> pd.DataFrame:
        """Median and equal-tailed interval by year of prices, demand and the whole supply.

        Parameters
        ----------
        prob : float
            Probability of the interval.

        Returns
        -------
        DataFrame
            By year; columns (quantity, statistic).

        Raises
        ------
        CritminError
            If the probability is not between 0 and 1.
        """
        whole = self.draws["supply"].sum("country", skipna=False)
        named = {**{name: self.draws[name] for name in PRICES}, "supply": whole}
        named |= {name: self.draws[name] for name in ("demand", "stock_change")}
        return _quantiles(named, prob)

    def supply(self, prob: float = 0.9) -> pd.DataFrame:
        """Median and interval of what each country brings to market, by year.

        Parameters
        ----------
        prob : float

        Returns
        -------
        DataFrame
            By year; columns (country, statistic), tonnes a year.

        Raises
        ------
        CritminError
            If the mineral's production is not known, or the probability is not between 0 and 1.
        """
        self._needs_figures()
        supply = self.draws["supply"]
        return _quantiles({str(c): supply.sel(country=c) for c in supply["country"].values}, prob)

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
        for key in ("posterior", "request"):
            if self.provenance[key] != baseline.provenance[key]:
                raise CritminError(
                    f"forecasts differ in {key}: {self.provenance[key]} and "
                    f"{baseline.provenance[key]}; compare those of one mineral, posterior, horizon "
                    "and seed"
                )
        ours, theirs = xr.align(self.draws, baseline.draws, join="outer", fill_value=0.0)
        difference = ours - theirs
        for name in PRICES:
            difference[f"{name}_ratio"] = self.draws[name] / baseline.draws[name]
        return difference

    def effect(self, baseline: "Forecast", prob: float = 0.9) -> pd.DataFrame:
        """Median and interval by year of the price over that of a baseline, and of added supply.

        Parameters
        ----------
        baseline : Forecast
            As in `compare`.
        prob : float

        Returns
        -------
        DataFrame
            By year; ``market_price`` and ``fair_price`` as ratios, ``supply`` in tonnes a year.
        """
        difference = self.compare(baseline)
        named = {name: difference[f"{name}_ratio"] for name in PRICES}
        if self._has_figures():
            named["supply"] = difference["supply"].sum("country")
        table = _quantiles(named, prob)
        return table.set_axis([" ".join(column) for column in table.columns], axis=1)

    def exposure(self, buyer: str, prob: float = 0.9) -> Exposure:
        """Price in a buyer's money, its suppliers and its risk; see `critmin.exposure.exposure`.

        Examples
        --------
        >>> japan = forecast("cobalt", 5).exposure("JPN")
        >>> japan.currency, str(japan.suppliers.index[0])
        ('JPY', 'COD')
        """
        return exposure(self, buyer, prob)

    def plot(self, ax: "Axes | None" = None, prob: tuple[float, ...] = (0.5, 0.9)) -> "Axes":
        """Draw the fan of the market price; see `critmin.plots.plot_forecast`."""
        from critmin.plots import plot_forecast

        return plot_forecast(self, ax=ax, prob=prob)

    def plot_supply(self, ax: "Axes | None" = None, prob: float = 0.9) -> "Axes":
        """Draw supply stacked by country; see `critmin.plots.plot_supply`."""
        from critmin.plots import plot_supply

        self._needs_figures()
        return plot_supply(self, ax=ax, prob=prob)

    def to_netcdf(self, path: str | Path) -> None:
        """Write all draws, with scenario and provenance, whole or not at all."""
        attrs = {
            "mineral": self.mineral,
            "scenario": json.dumps(self.scenario.to_dict()),
            "provenance": json.dumps(self.provenance),
        }
        encoding = {str(n): {"zlib": True, "complevel": 4} for n in self.draws.data_vars}
        with replacing(Path(path)) as temporary:
            stamped = self.draws.assign_attrs(attrs)
            stamped.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)

    def to_json(self, path: str | Path | None = None, prob: float = 0.9) -> str:
        """Summary, supply by country, scenario and provenance as JSON text; draws are in netCDF.

        Parameters
        ----------
        path : path, optional
            Also write it there, whole or not at all.
        prob : float
        """
        tables = {"summary": self.summary(prob)}
        if self._has_figures():
            tables["supply"] = self.supply(prob)
        content = {
            "mineral": self.mineral,
            "scenario": self.scenario.to_dict(),
            "provenance": self.provenance,
            **{name: _nested(table) for name, table in tables.items()},
        }
        text = json.dumps(content, indent=1, allow_nan=False)
        if path is not None:
            with replacing(Path(path)) as temporary:
                temporary.write_text(text, encoding="utf-8")
        return text

    def _has_figures(self) -> bool:
        return bool(np.isfinite(self.draws["supply"]).all())

    def _needs_figures(self) -> None:
        if not self._has_figures():
            raise CritminError(f"{self.mineral}: no production by country is known")

    def __repr__(self) -> str:
        """Median and 90% interval of the last year's market price."""
        row = self.summary().iloc[-1]["market_price"]
        return (
            f"Forecast({self.mineral}, {self.scenario.name}; {self.draws['year'].values[-1]} market "
            f"price {row['median']:,.0f} ({row['5%']:,.0f} to {row['95%']:,.0f}) "
            f"{self.draws['market_price'].attrs['units']})"
        )


def _quantiles(named: dict[str, xr.DataArray], prob: float) -> pd.DataFrame:
    (level,) = check_probabilities(prob)
    bounds = ((1 - level) / 2, 0.5, (1 + level) / 2)
    labels = [quantile_label(bounds[0]), "median", quantile_label(bounds[2])]
    columns: dict[tuple[str, str], NDArray[np.float64]] = {}
    for name, array in named.items():
        rows = np.quantile(array.transpose("sample", "year").values, bounds, axis=0)
        columns |= {(name, label): row for label, row in zip(labels, rows, strict=True)}
    years = pd.Index(next(iter(named.values()))["year"].values, name="year")
    return pd.DataFrame(columns, index=years)


def _nested(table: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Year, quantity, statistic; what is not known is left out."""
    return {
        str(year): {
            str(name): {str(k): float(v) for k, v in row[name].items()}
            for name in table.columns.unique(0)
            if np.isfinite(row[name]).all()
        }
        for year, row in table.iterrows()
    }


@overload
def forecast(
    mineral: str,
    horizon: int = 15,
    scenario: Scenario | Intervention | Sequence[Intervention] | None = None,
    *,
    posterior: Posterior | None = None,
    seed: int = 0,
) -> Forecast: ...


@overload
def forecast(
    mineral: list[str] | tuple[str, ...],
    horizon: int = 15,
    scenario: Scenario | Intervention | Sequence[Intervention] | None = None,
    *,
    posterior: Posterior | None = None,
    seed: int = 0,
) -> dict[str, Forecast]: ...


def forecast(
    mineral: str | list[str] | tuple[str, ...],
    horizon: int = 15,
    scenario: Scenario | Intervention | Sequence[Intervention] | None = None,
    *,
    posterior: Posterior | None = None,
    seed: int = 0,
) -> Forecast | dict[str, Forecast]:
    """Forecast price and supply by country, as things are or under a scenario.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict.
    horizon : int
        Years after the posterior's origin, 1 to 40.
    scenario : Scenario, Intervention or sequence of Intervention, optional
        Of `critmin.scenario`; nothing changes by default.
    posterior : Posterior, optional
        Of `critmin.fit`; the built-in one by default.
    seed : int
        Scenarios with the same seed see the same shocks, so that differences are effects.

    Returns
    -------
    Forecast or dict of str to Forecast

    Raises
    ------
    UnknownNameError
        If there is no such mineral.
    CritminError
        If horizon, seed or an intervention cannot be.

    Examples
    --------
    >>> from critmin.scenario import ExportControl
    >>> ban = ExportControl("CHN", "gallium", withheld=0.9, start=2027, years=3)
    >>> with_ban, without = forecast("gallium", 5, ban), forecast("gallium", 5)
    >>> ratio = with_ban.compare(without)["market_price_ratio"].median("sample")
    >>> bool(ratio.sel(year=2026) == 1), bool(ratio.sel(year=2027) > 2)
    (True, True)
    """
    if not isinstance(mineral, str):
        return {
            name: forecast(name, horizon, scenario, posterior=posterior, seed=seed)
            for name in mineral
        }
    about = get_mineral(mineral)
    years_ahead, chosen = check_horizon(horizon), as_scenario(scenario)
    source = builtin_posterior() if posterior is None else posterior
    paths = recalibrated(source, about.name, years_ahead, check_seed(seed), chosen)
    prices = {"units": f"USD of {BASE_YEAR} per t of contained {about.symbol}"}
    tonnes = {"units": f"t a year of {about.production} as the USGS counts it"}
    supply = paths.production * (1 - paths.withheld)
    unknown = paths.production[:1].sum() * 0  # NaN where production is
    scrap, stock = paths.scrap + unknown, paths.stock_change + unknown
    by_year, by_country = ("sample", "year"), ("country", "sample", "year")
    draws = xr.Dataset(
        {
            "market_price": (by_year, paths.market, prices),
            "fair_price": (by_year, paths.fair, prices),
            "production": (by_country, paths.production, tonnes),
            "supply": (by_country, supply, tonnes),
            "withheld": (by_country, paths.withheld),
            "demand": (by_year, supply.sum(axis=0) + scrap - stock, tonnes),
            "scrap": (by_year, scrap, tonnes),
            "stock_change": (by_year, stock, tonnes),
            "cost": (("component", *by_year), paths.components, prices),
        },
        coords={
            "component": list(COMPONENTS),
            "country": paths.countries,
            "name": ("country", [country_names().get(c, "others") for c in paths.countries]),
            "year": source.origin + 1 + np.arange(years_ahead),
        },
    )
    request = {"mineral": about.name, "horizon": years_ahead, "seed": int(seed)}
    return Forecast(about.name, chosen, draws, {"request": request, **provenance(source, chosen)})
