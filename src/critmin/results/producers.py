"""What single producer countries cost and risk: `cost_curve` and `disruption_risk`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.data.countries import country_names
from critmin.exceptions import CritminError
from critmin.internal.checks import MAX_HORIZON, check_horizon, check_probabilities
from critmin.internal.tables import quantile_label
from critmin.mineral import get_mineral
from critmin.model.equations import COMPONENTS
from critmin.posterior import Posterior, builtin_posterior
from critmin.simulation.market import simulate
from critmin.units import BASE_YEAR

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
        ``cost`` (country, component, sample) in real USD per tonne of contained element,
        ``marginal_cost`` (sample), and ``capacity`` (country) in tonnes a year: the largest output of
        the last five years with figures, of the production series named in its ``attrs``.
    """

    mineral: str
    year: int
    draws: xr.Dataset

    def summary(self, prob: float = 0.9) -> pd.DataFrame:
        """Cumulative capacity against unit cost.

        Parameters
        ----------
        prob : float
            Probability of the equal-tailed interval.

        Returns
        -------
        DataFrame
            By country (ISO 3166 alpha-3), cheapest first: name, capacity, cumulative capacity, and
            median and bounds of the unit cost.

        Raises
        ------
        CritminError
            If the probability is not between 0 and 1.
        """
        (level,) = check_probabilities(prob)
        unit = self.draws["cost"].sum("component").transpose("country", "sample").values
        bounds = ((1 - level) / 2, (1 + level) / 2)
        capacity = self.draws["capacity"].values
        codes = [str(code) for code in self.draws["country"].values]
        table = pd.DataFrame(
            {
                "name": [country_names().get(code, code) for code in codes],
                "capacity": capacity,
                "cumulative_capacity": capacity.cumsum(),
                "median": np.median(unit, axis=1),
                **{quantile_label(b): np.quantile(unit, b, axis=1) for b in bounds},
            },
            index=pd.Index(codes, name="country"),
        )
        table.attrs["units"] = self.draws["cost"].attrs["units"]
        return table

    def components(self, prob: float = 0.9) -> pd.DataFrame:
        """Median and bounds of each component of each country's cost.

        Returns
        -------
        DataFrame
            Indexed by country and component.
        """
        (level,) = check_probabilities(prob)
        bounds = ((1 - level) / 2, 0.5, (1 + level) / 2)
        labels = [quantile_label(bounds[0]), "median", quantile_label(bounds[2])]
        quantiles = np.quantile(
            self.draws["cost"].transpose("country", "component", "sample").values, bounds, axis=-1
        )
        index = pd.MultiIndex.from_product(
            [map(str, self.draws["country"].values), map(str, self.draws["component"].values)],
            names=["country", "component"],
        )
        table = pd.DataFrame(quantiles.reshape(3, -1).T, columns=labels, index=index)
        table.attrs["units"] = self.draws["cost"].attrs["units"]
        return table

    def plot(self, ax: "Axes | None" = None, prob: float = 0.9) -> "Axes":
        """Draw the curve as steps with bands; see `critmin.results.plots.plot_cost_curve`."""
        from critmin.results.plots import plot_cost_curve

        return plot_cost_curve(self, ax=ax, prob=prob)


def _weighted_quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], q: float
) -> NDArray[np.float64]:
    """Lowest value (per column) up to which at least `q` of the weights lie."""
    order = np.argsort(values, axis=0)
    reached = np.cumsum(weights[order], axis=0) >= q * weights.sum() * (1 - 1e-12)
    position = reached.argmax(axis=0)
    return np.take_along_axis(values, order, axis=0)[position, np.arange(values.shape[1])]


def cost_curve(
    mineral: str, year: int | None = None, *, posterior: Posterior | None = None, seed: int = 0
) -> CostCurve:
    """Full cost by producer country, as a curve of cumulative capacity against unit cost.

    Parameters
    ----------
    mineral : str
        A name of `critmin.minerals`.
    year : int, optional
        The first year after the data's end by default; up to 40 years after it. Later years move
        the costs of all countries with the drivers; capacity stays that of today.
    posterior : Posterior, optional
        Of `critmin.fit`; the built-in one by default.
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
    about = get_mineral(mineral)
    source = builtin_posterior() if posterior is None else posterior
    first = source.origin + 1
    chosen = first if year is None else year
    if isinstance(chosen, bool) or not isinstance(chosen, int | np.integer):
        raise CritminError(f"year must be a whole number, got {year!r}")
    if not first <= chosen < first + MAX_HORIZON:
        raise CritminError(f"year must be {first} to {first + MAX_HORIZON - 1}, got {chosen}")
    world = simulate(source, about.name, int(chosen) - source.origin, seed).components[..., -1]
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
    stack *= marginal / _weighted_quantile(stack.sum(axis=1), capacity, MARGINAL_PERCENTILE)
    order = np.argsort(np.median(stack.sum(axis=1), axis=-1))
    units = f"USD of {BASE_YEAR} per t of contained {about.symbol}"
    draws = xr.Dataset(
        {
            "cost": (("country", "component", "sample"), stack[order], {"units": units}),
            "marginal_cost": ("sample", marginal, {"units": units}),
            "capacity": (
                "country",
                capacity[order],
                {"units": f"t a year of {about.production} as the USGS counts it"},
            ),
        },
        coords={"country": [str(c) for c in country[where][order]], "component": list(COMPONENTS)},
    )
    return CostCurve(about.name, int(chosen), draws)


ANY = "any"
"""Row of `disruption_risk` for at least one producer."""


def disruption_risk(
    mineral: str,
    *,
    horizon: int = 5,
    prob: float = 0.9,
    posterior: Posterior | None = None,
) -> pd.DataFrame:
    """Probability that each producer country newly restricts its exports of a mineral.

    Parameters
    ----------
    mineral : str
        A name of `critmin.minerals`.
    horizon : int
        Years after the data's end within which it happens.
    prob : float
        Probability of the equal-tailed interval, which holds the uncertainty of the rate.
    posterior : Posterior, optional
        Of `critmin.fit`; the built-in one by default.

    Returns
    -------
    DataFrame
        By country, most likely first, then ``"any"`` for at least one of them: name, share of world
        output, ``probability`` (posterior mean) and the bounds of its interval. A restriction is an
        export ban, quota, licence, tax or a sanction, on top of those in force.

    Raises
    ------
    UnknownNameError
        If there is no such mineral.
    CritminError
        If the horizon is not 1 to 40 years, the probability not between 0 and 1, or no producer is
        known.

    Notes
    -----
    1 - exp(-rate x horizon) with the rate of `critmin.model.restrictions.build_restriction_model` in
    the period after the data. All rare earths share one rate.

    Examples
    --------
    >>> risk = disruption_risk("cobalt", horizon=5)
    >>> risk.index[0], bool(risk.loc["COD", "probability"] > 0.2)
    ('COD', True)
    """
    about = get_mineral(mineral)
    years_ahead = check_horizon(horizon)
    (level,) = check_probabilities(prob)
    source = builtin_posterior() if posterior is None else posterior
    exporters = source.exporters(about.production or about.name)
    if not exporters:
        raise CritminError(f"{about.name}: no production by country is known, so no risk of it")
    bounds = ((1 - level) / 2, (1 + level) / 2)

    def row(name: str, share: float, rate: NDArray[np.float64]) -> dict[str, Any]:
        chance = 1 - np.exp(-rate * years_ahead)
        low, high = np.quantile(chance, bounds)
        return {
            "name": name,
            "share": share,
            "probability": float(chance.mean()),
            quantile_label(bounds[0]): low,
            quantile_label(bounds[1]): high,
        }

    rows = {c: row(country_names().get(c, c), share, rate) for c, share, rate in exporters}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table = table.sort_values("probability", ascending=False, kind="stable")
    total = np.sum([rate for _, _, rate in exporters], axis=0)
    anyone = row("at least one of them", float(table["share"].sum()), total)
    return pd.concat([table, pd.DataFrame(anyone, index=[ANY])]).rename_axis("country")
