"""Cost by producer country, relative to the mineral's marginal producer.

World prices and output speak of the marginal cost only. How far single countries lie below or above
it is learned here, from what there is: wages in proportion to income per head, the reported costs
of lithium deposits, and the revealed advantage of producers whose share of output has grown. The
country's effect is pooled over its minerals.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from critmin.data.fences import fences
from critmin.mineral import get_mineral
from critmin.model.assumptions import ROUTE_SHARES
from critmin.model.equations import COMPONENTS
from critmin.model.priors import PRIORS
from critmin.model.restricted import income_share, typical_use
from critmin.model.shares import country_growth, country_share, producer_weights

if TYPE_CHECKING:
    import pymc as pm

SMALLEST_SHARE = 0.02
"""Producers below this share of the last ten years' output are not shown apart."""

NORMAL_MAD = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""

TYPICAL_SPREAD = 0.1
"""Spread of a country's relative growth where no country's is known."""


@dataclass(frozen=True, slots=True)
class Producers:
    """Producers of each mineral; P pairs of mineral and country, N deposits.

    Attributes
    ----------
    pairs : list of tuple of str
        Mineral and country.
    countries : list of str
    country : array (P,)
        Position of the pair's country.
    capacity : array (P,)
        Largest yearly output of the last five years with figures, tonnes; 0 for countries that
        have deposits but do not produce yet.
    share : array (P,)
        Of world output in the panel's last year.
    spread : array (P,)
        Standard deviation of the growth of output beyond that of other producers, from the median
        absolute deviation; the median of all pairs where it is not known.
    labour_share : array (P,)
        Of the mineral's process route.
    own_use : array (P,)
        Prior median of the part of its output that the country uses itself.
    export_tax : array (P,)
        Taxes between its price and that of its exports in the panel's last year, log points.
    wage_gap : array (P,)
        Log income per head about the mean of the mineral's producers; 0 where not known.
    growth, growth_error : arrays (P,)
        Mean growth of output beyond that of other producers and its standard error; NaN where not
        known.
    deposit_pair : array (N,)
    deposit_cost : array (N,)
        Log cost.
    """

    pairs: list[tuple[str, str]]
    countries: list[str]
    country: NDArray[np.int64]
    capacity: NDArray[np.float64]
    share: NDArray[np.float64]
    spread: NDArray[np.float64]
    labour_share: NDArray[np.float64]
    own_use: NDArray[np.float64]
    export_tax: NDArray[np.float64]
    wage_gap: NDArray[np.float64]
    growth: NDArray[np.float64]
    growth_error: NDArray[np.float64]
    deposit_pair: NDArray[np.int64]
    deposit_cost: NDArray[np.float64]


def _capacity(panel: xr.Dataset, mineral: str, country: str) -> float:
    if country not in panel["country"].values:
        return 0.0
    output = panel["production"].sel(mineral=mineral, country=country, vintage="latest")
    known = output.dropna("year")
    return float(known[-5:].max()) if known.sizes["year"] else 0.0


def make_producers(panel: xr.Dataset) -> Producers:
    """Condition a panel of `critmin.data.load_panel` for `build_producer_cost_model`."""
    deposits = (panel["cost_kind"].values == "deposit") & panel["cost_mineral"].isin(
        panel["mineral"].values
    ).values
    places = [
        (str(m), str(c))
        for m, c in zip(
            panel["cost_mineral"].values[deposits],
            panel["cost_country"].values[deposits],
            strict=True,
        )
    ]
    gdp = panel["gdp_country"].dropna("year", how="all").isel(year=-1)
    log_wage = (gdp / panel["population"]).to_series().map(np.log)
    pairs, gaps = [], []
    for mineral in map(str, panel["mineral"].values):
        weights = producer_weights(panel, mineral)
        chosen = [str(c) for c in weights.index[weights >= SMALLEST_SHARE] if c != "ROW"]
        chosen += sorted({c for m, c in places if m == mineral and c not in chosen})
        wages = log_wage.reindex(chosen)
        share = weights.reindex(chosen).fillna(0)
        known_share = share[wages.notna()].sum()
        mean = (wages * share).sum() / known_share if known_share else 0.0
        pairs += [(mineral, c) for c in chosen]
        gaps += list((wages - mean).fillna(0.0))
    growth, error, spread = np.full((3, len(pairs)), np.nan)
    for i, (mineral, country) in enumerate(pairs):
        if get_mineral(mineral).production_proxy:
            continue
        known = country_growth(panel, mineral, country)
        known = known[np.isfinite(known)]
        if len(known) >= 5:
            growth[i], error[i] = known.mean(), known.std(ddof=1) / len(known) ** 0.5
            spread[i] = NORMAL_MAD * np.median(np.abs(known - np.median(known)))
    typical = np.nanmedian(spread) if np.isfinite(spread).any() else TYPICAL_SPREAD
    labour = COMPONENTS.index("labour")
    last = int(panel["year"].values[-1])
    tax = fences(last).tax
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
        labour_share=np.array([ROUTE_SHARES[get_mineral(m).route][labour] for m, _ in pairs]),
        own_use=np.array(
            [
                typical_use(country_share(panel, m, c)[-1], income_share(panel, c)[-1])
                for m, c in pairs
            ]
        ),
        export_tax=np.array([taxes.get(pair, 0.0) for pair in pairs]),
        wage_gap=np.array(gaps, dtype=float),
        growth=growth,
        growth_error=error,
        deposit_pair=np.array([pairs.index(place) for place in places], dtype=np.int64),
        deposit_cost=np.log(panel["cost"].values[deposits]),
    )


def build_producer_cost_model(producers: Producers) -> "pm.Model":
    """Build the model of costs relative to the mean of a mineral's producers.

    Returns
    -------
    pm.Model
        ``relative_effect`` (producer) is the log difference beyond wages, and ``wage_gap_response``
        times the wage gap the log difference of the cost of labour. ``deposit_cost`` and
        ``relative_growth`` are observed.
    """
    import pymc as pm
    import pytensor.tensor as pt

    x = producers
    known = np.flatnonzero(np.isfinite(x.growth))
    labels = [f"{m}:{c}" for m, c in x.pairs]
    coords = {
        "producer": labels,
        "country": x.countries,
        "deposit": np.arange(len(x.deposit_cost)),
        "growing": [labels[i] for i in known],
    }
    with pm.Model(coords=coords) as model:
        by_country = PRIORS["country_cost_spread"].build() * PRIORS["country_cost_effect"].build(
            "country"
        )
        by_pair = PRIORS["pair_cost_spread"].build() * PRIORS["pair_cost_effect"].build("producer")
        effect = pm.Deterministic(
            "relative_effect", by_country[x.country] + by_pair, dims="producer"
        )
        response = PRIORS["wage_gap_response"].build()
        relative = effect + x.labour_share * response * x.wage_gap
        if len(known):
            advantage = PRIORS["advantage_response"].build()
            other = PRIORS["growth_spread"].build()
            pm.Normal(
                "relative_growth",
                -advantage * relative[known],
                pt.sqrt(x.growth_error[known] ** 2 + other**2),
                observed=x.growth[known],
                dims="growing",
            )
        if len(x.deposit_cost):
            pm.Normal(
                "deposit_cost",
                float(x.deposit_cost.mean())
                + PRIORS["deposit_level"].build()
                + relative[x.deposit_pair],
                PRIORS["deposit_spread"].build(),
                observed=x.deposit_cost,
                dims="deposit",
            )
    return model
