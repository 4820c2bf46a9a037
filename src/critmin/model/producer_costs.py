"""Cost by producer country, from published points and what drives the costs of a country.

The full cost of a country's producers of a mineral is the level of the mineral, times what the
country's wages, electricity and governance do to the components of its route, times an effect of the
country that its minerals share, times one of its own; mines and plants spread about it. Published
points observe it, each with an offset for what it measures. Where a mineral has no points, only how
countries differ is learned. Prices of the mineral enter as the cycle that costs follow, never as
evidence of their level: the model is fitted apart from the market. Who has gained shares says nothing
here: China's smelters grew by policy, not by cost.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import ROW
from critmin.data.drivers import COMPONENTS
from critmin.data.fences import fence_taxes
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.mineral import get_mineral
from critmin.model.assumptions import ROUTE_SHARES
from critmin.model.cost_arrays import Points, governance_scores, point_arrays, power_prices
from critmin.model.cost_evidence import MEASURES, cost_evidence
from critmin.model.priors import PRIORS
from critmin.model.restricted import income_share, typical_use
from critmin.model.shares import (
    TYPICAL_SPREAD,
    country_growth,
    country_share,
    producer_weights,
)

if TYPE_CHECKING:
    import pymc as pm
    import pytensor.tensor as pt

SMALLEST_SHARE = 0.02
"""Producers below this share of the last ten years' output are not shown apart."""

NORMAL_MAD = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""

SILENT = 12.0
"""Log factor on the error of a point that is held out."""

POINT_TAIL = 5
"""Degrees of freedom of the errors of points: some were misread."""


@dataclass(frozen=True, slots=True)
class Producers:
    """Producers of each mineral; P pairs of mineral and country.

    Attributes
    ----------
    pairs : list of tuple of str
        Mineral and country.
    countries : list of str
    country : array (P,)
        Position of the pair's country.
    capacity : array (P,)
        Largest yearly output of the last five years with figures, tonnes; 0 for countries that
        have published costs but do not produce yet.
    share : array (P,)
        Of world output in the panel's last year.
    spread : array (P,)
        Standard deviation of the growth of output beyond that of other producers, from the median
        absolute deviation; the median of all pairs where it is not known.
    own_use : array (P,)
        Prior median of the part of its output that the country uses itself.
    export_tax : array (P,)
        Taxes between its price and that of its exports in the panel's last year, log points.
    route_share : array (P, component)
        Cost shares of the mineral's process route.
    wage_gap, power_gap, governance_gap : arrays (P,)
        Log income per head, log price of electricity and governance (standard units, higher is
        worse) about the mean of the mineral's producers; 0 where not known.
    known : array (P, 3) of bool
        Whether they are.
    points : Points
        Published costs.
    """

    pairs: list[tuple[str, str]]
    countries: list[str]
    country: Ints
    capacity: Floats
    share: Floats
    spread: Floats
    route_share: Floats
    own_use: Floats
    export_tax: Floats
    wage_gap: Floats
    power_gap: Floats
    governance_gap: Floats
    known: Bools
    points: Points


def _capacity(panel: xr.Dataset, mineral: str, country: str) -> float:
    if country not in panel["country"].values:
        return 0.0
    output = panel["production"].sel(mineral=mineral, country=country, vintage="latest")
    known = output.dropna("year")
    return float(known[-5:].max()) if known.sizes["year"] else 0.0


def _gap(values: "pd.Series[float]", share: "pd.Series[float]") -> "pd.Series[float]":
    """Values of a mineral's producers about their mean weighted by output; NaN where not known."""
    own = values.reindex(share.index)
    known = share[own.notna()].sum()
    mean = (own * share).sum() / known if known else 0.0
    return own - mean


def make_producers(panel: xr.Dataset) -> Producers:
    """Condition a panel of `critmin.data.load_panel` for `build_producer_cost_model`."""
    evidence, _ = cost_evidence(panel)
    gdp = panel["gdp_country"].dropna("year", how="all").isel(year=-1)
    drivers = (
        (gdp / panel["population"]).to_series().map(np.log),
        power_prices(panel),
        -governance_scores(panel),
    )
    pairs: list[tuple[str, str]] = []
    gaps = []
    for mineral in map(str, panel["mineral"].values):
        weights = producer_weights(panel, mineral)
        chosen = [str(c) for c in weights.index[weights >= SMALLEST_SHARE] if c != ROW]
        places = evidence.loc[evidence["mineral"] == mineral, "country"]
        chosen += sorted({*places} - {*chosen, "WLD"})
        share = weights.reindex(chosen).fillna(0)
        pairs += [(mineral, c) for c in chosen]
        gaps.append(np.stack([_gap(values, share) for values in drivers]).reshape(3, -1))
    gap = np.concatenate(gaps, axis=1).astype(float)
    spread = np.full(len(pairs), np.nan)
    for i, (mineral, country) in enumerate(pairs):
        if get_mineral(mineral).production_proxy:
            continue
        known = country_growth(panel, mineral, country)
        known = known[np.isfinite(known)]
        if len(known) >= 5:
            spread[i] = NORMAL_MAD * np.median(np.abs(known - np.median(known)))
    typical = np.nanmedian(spread) if np.isfinite(spread).any() else TYPICAL_SPREAD
    last = int(panel["year"].values[-1])
    tax = fence_taxes(last)
    tax = tax[tax["year"] == last].set_index(["mineral", "country"])
    # Where a rate is not known, halfway between its bounds.
    taxes = tax["tax"].fillna((tax["low"] + tax["high"]) / 2).fillna(0.0).to_dict()
    countries = sorted({c for _, c in pairs})
    return Producers(
        pairs=pairs,
        countries=countries,
        country=np.array([countries.index(c) for _, c in pairs], dtype=np.int64),
        capacity=np.array([_capacity(panel, m, c) for m, c in pairs]),
        share=np.array([country_share(panel, m, c)[-1] for m, c in pairs]),
        spread=np.where(np.isnan(spread), typical, spread),
        route_share=np.array([ROUTE_SHARES[get_mineral(m).route] for m, _ in pairs]),
        own_use=np.array(
            [
                typical_use(country_share(panel, m, c)[-1], income_share(panel, c)[-1], c)
                for m, c in pairs
            ]
        ),
        export_tax=np.array([taxes.get(pair, 0.0) for pair in pairs]),
        wage_gap=np.nan_to_num(gap[0]),
        power_gap=np.nan_to_num(gap[1]),
        governance_gap=np.nan_to_num(gap[2]),
        known=np.isfinite(gap).T,
        points=point_arrays(panel, evidence, pairs),
    )


def build_producer_cost_model(producers: Producers) -> "pm.Model":
    """Build the model of producers' costs.

    Parameters
    ----------
    producers : Producers

    Returns
    -------
    pm.Model
        ``relative_effect`` (producer) is the log difference from the mineral's level beyond wages,
        electricity and governance, whose responses times gaps are log differences of the costs of
        labour, energy and capital; ``cost_level`` (costed) the log cost, real USD per tonne of element
        in the base year, of a producer without any difference; ``asset_spread`` (costed) the log spread of
        assets about their country; ``point_mean`` (point) what a point of an unknown asset is expected to
        say, ``point_scale`` its error and ``group_spread`` (group) the spread of the group's own effect.
        ``cost_point`` is observed; where the data ``held_out`` are 1 it is predicted only.
    """
    import pymc as pm
    import pytensor.tensor as pt

    x = producers
    labels = [f"{m}:{c}" for m, c in x.pairs]
    minerals = list(dict.fromkeys(m for m, _ in x.pairs))
    coords = {
        "producer": labels,
        "country": x.countries,
        "mineral": minerals,
        "costed": x.points.costed,
        "group": x.points.groups,
        "point": x.points.labels,
    }
    energy, labour, _, capital, _ = (x.route_share[:, k] for k in range(len(COMPONENTS)))
    with pm.Model(coords=coords) as model:
        by_country = PRIORS["country_cost_spread"].build() * PRIORS["country_cost_effect"].build(
            "country"
        )
        # Countries are further apart in iron ore or potash than in the metals of smelters.
        scatter = PRIORS["pair_spread_scatter"].build() * PRIORS["pair_spread_effect"].build(
            "mineral"
        )
        spread = PRIORS["pair_cost_spread"].build() * pt.exp(scatter)
        of_mineral = [minerals.index(m) for m, _ in x.pairs]
        by_pair = spread[of_mineral] * PRIORS["pair_cost_effect"].build("producer")
        effect = pm.Deterministic(
            "relative_effect", by_country[x.country] + by_pair, dims="producer"
        )
        relative = (
            effect
            + labour * PRIORS["wage_gap_response"].build() * x.wage_gap
            + energy * PRIORS["power_gap_response"].build() * x.power_gap
            + capital * PRIORS["governance_response"].build() * x.governance_gap
        )
        if len(x.points.log):
            _observe_points(x, relative)
    return model


def _observe_points(producers: Producers, relative: "pt.TensorVariable") -> None:
    """The density of published costs."""
    import pymc as pm
    import pytensor.tensor as pt

    x = producers.points
    level = pm.Deterministic(
        "cost_level", x.center + PRIORS["level_about_points"].build("costed"), dims="costed"
    )
    typical = PRIORS["typical_asset_spread"].build()
    scatter = PRIORS["asset_spread_scatter"].build() * PRIORS["asset_spread_effect"].build("costed")
    assets = pm.Deterministic("asset_spread", typical * pt.exp(scatter), dims="costed")
    averages = PRIORS["average_spread"].build()
    mean, between = relative[x.place], pt.zeros(len(x.log))
    if len(x.share):
        world, world_mean = x.place < 0, x.share @ relative
        # Zero but for rounding where one country is the world.
        variance = pt.maximum(x.share @ relative**2 - world_mean**2, 0.0)
        mean = pt.where(world, world_mean[x.world], mean)
        between = pt.where(world, variance[x.world], between)
    inside = pt.sqrt(assets[x.mineral] ** 2 + between)
    group_mineral = np.zeros(len(x.groups), dtype=np.int64)
    group_mineral[x.group] = x.mineral
    group_spread = pm.Deterministic(
        "group_spread", pt.where(x.averaged, averages, assets[group_mineral]), dims="group"
    )
    # What is full has no offset.
    offset = pt.stack([*(PRIORS[f"{m}_offset"].build() for m in MEASURES[:-1]), pt.zeros(())])
    credit = PRIORS["credit"].build("costed")[x.mineral]
    point_mean = pm.Deterministic(
        "point_mean",
        level[x.mineral]
        + mean
        + x.quantile * inside
        - x.weight * offset[x.measure]
        - x.study * PRIORS["study_optimism"].build()
        - x.credit * credit
        + PRIORS["driver_response"].build() * x.shift
        + PRIORS["cycle_response"].build() * x.cycle
        + PRIORS["cost_trend"].build() * x.age,
        dims="point",
    )
    scale = pm.Deterministic(
        "point_scale",
        pt.sqrt((PRIORS["point_error"].build() * x.error) ** 2 + (x.credit_doubt * credit) ** 2),
        dims="point",
    )
    own = group_spread * PRIORS["group_cost_effect"].build("group")
    held_out = pm.Data("held_out", np.zeros(len(x.log)), dims="point")
    pm.StudentT(
        "cost_point",
        nu=POINT_TAIL,
        mu=point_mean + own[x.group],
        # What has no precision says nothing.
        sigma=scale * pt.exp(SILENT * held_out),
        observed=pm.Data("cost_log", x.log, dims="point"),
        dims="point",
    )
