"""Onset, duration and size of export restrictions: a hierarchical hazard by country and commodity.

Onsets are counted by producer, commodity and period of five years. Their yearly rate is log-linear
in the producer's share and the concentration of supply, with effects of the country, the commodity,
the period (a random walk) and the country's period (one ministry's announcement often names five
minerals at once, which is one decision and not five). Durations are log-normal, those still in
force censored at the data's end.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import ROW
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.mineral import get_mineral
from critmin.model.assumptions import SCOPE_FACTOR, WITHHELD_MEAN
from critmin.model.priors import PRIORS
from critmin.model.shares import country_share, producer_weights

if TYPE_CHECKING:
    import pymc as pm

SMALLEST_SHARE = 0.03
"""Producers below this share of world output cannot move the price and are left out."""

PERIOD_YEARS = 5
FIRST_PERIOD = 1995
"""Production by country begins here."""

NEXT = "next"


@dataclass(frozen=True, slots=True)
class Exporters:
    """Producers that could restrict exports, and what they did; P pairs, B periods, D durations.

    Attributes
    ----------
    commodities, countries : list of str
        Labels of the positions below. A commodity is a production series: all rare earths are one.
    commodity, country : arrays (P,)
    periods : list of str
        Length B, such as "1995-1999".
    years : array (B,)
        Years of each period that the data cover.
    log_share : array (P, B)
        Log of the producer's mean share, at least a tenth of `SMALLEST_SHARE`.
    log_concentration : array (P, B)
        Log of the Herfindahl index of the commodity's producers.
    onsets : array (P, B)
    withheld : dict of str to tuple of float
        Kind of measure and scope: how often it was taken, and the mean share that it withholds.
    duration : array (D,)
        Years.
    ended : array (D,) of bool
    """

    commodities: list[str]
    countries: list[str]
    commodity: Ints
    country: Ints
    periods: list[str]
    years: Floats
    log_share: Floats
    log_concentration: Floats
    onsets: Ints
    withheld: dict[str, tuple[float, float]]
    duration: Floats
    ended: Bools


def commodity_of(mineral: str) -> str:
    """The production series that a mineral shares with others, or its own name."""
    return get_mineral(mineral).production or mineral


def _events(panel: xr.Dataset) -> pd.DataFrame:
    """Restrictions of the model's kinds in force by the panel's end: one row a commodity."""
    names = ("mineral", "country", "measure", "scope", "start", "end")
    table = pd.DataFrame({name: panel[f"event_{name}"].values for name in names})
    known = {m: commodity_of(m) for m in map(str, panel["mineral"].values)}
    known["rare_earths"] = "rare_earths"
    table["commodity"] = table["mineral"].map(known)
    last = int(panel["year"].values[-1]) + 1
    table = table[table["measure"].isin(WITHHELD_MEAN) & table["commodity"].notna()]
    table = table[(table["start"] < last) & ~(table["end"] < table["start"])]
    # One announcement on eight rare earths is one decision.
    return table.drop_duplicates(["commodity", "country", "measure", "start"])


def make_exporters(panel: xr.Dataset) -> Exporters:
    """Count onsets by producer, commodity and period.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`.
    """
    last = int(panel["year"].values[-1])
    starts = np.arange(min(FIRST_PERIOD, last), last + 1, PERIOD_YEARS)
    stops = np.minimum(starts + PERIOD_YEARS, last + 1)
    years = panel["year"].values
    first_of: dict[str, str] = {}
    for mineral in map(str, panel["mineral"].values):
        first_of.setdefault(commodity_of(mineral), mineral)
    events = _events(panel)
    pairs: list[tuple[str, str]] = []
    shares, concentrations = [], []
    for commodity, mineral in first_of.items():
        producers = [str(c) for c in producer_weights(panel, mineral).index if c != ROW]
        if not producers:
            continue
        table = np.stack([country_share(panel, mineral, country) for country in producers])
        means = np.stack(
            [
                table[:, (years >= a) & (years < b)].mean(axis=1)
                for a, b in zip(starts, stops, strict=True)
            ],
            axis=1,
        )
        index = np.log(np.maximum((means**2).sum(axis=0), 0.01))
        for country, row in zip(producers, means, strict=True):
            if row.max() >= SMALLEST_SHARE:
                pairs.append((commodity, country))
                shares.append(np.log(np.maximum(row, SMALLEST_SHARE / 10)))
                concentrations.append(index)
    commodities = sorted({c for c, _ in pairs})
    countries = sorted({c for _, c in pairs})
    onsets = np.zeros((len(pairs), len(starts)), dtype=np.int64)
    place = {pair: i for i, pair in enumerate(pairs)}
    for row in events.itertuples(index=False):
        where = place.get((str(row.commodity), str(row.country)))
        if where is not None and row.start >= starts[0]:
            onsets[where, int((row.start - starts[0]) // PERIOD_YEARS)] += 1
    end = np.where(np.isnan(events["end"]), last + 1.0, np.minimum(events["end"], last + 1.0))
    kinds = events.groupby(["measure", "scope"]).size()
    return Exporters(
        commodities=commodities,
        countries=countries,
        commodity=np.array([commodities.index(c) for c, _ in pairs], dtype=np.int64),
        country=np.array([countries.index(c) for _, c in pairs], dtype=np.int64),
        periods=[f"{a}-{b - 1}" for a, b in zip(starts, stops, strict=True)],
        years=(stops - starts).astype(float),
        log_share=np.array(shares).reshape(len(pairs), len(starts)),
        log_concentration=np.array(concentrations).reshape(len(pairs), len(starts)),
        onsets=onsets,
        withheld={
            f"{measure}:{scope}": (float(n), WITHHELD_MEAN[measure] * SCOPE_FACTOR[scope])
            for (measure, scope), n in kinds.items()
        },
        duration=np.maximum(end - events["start"].to_numpy(), 1 / 365),
        ended=(events["end"] < last + 1).to_numpy(),
    )


def build_restriction_model(exporters: Exporters) -> "pm.Model":
    """Build the hazard model.

    Returns
    -------
    pm.Model
        ``hazard`` (exporter) is the yearly rate of onsets in the period after the data, ``onsets``
        (exporter, period) the observed counts, ``typical_duration`` (years, the median) and
        ``duration_log_sd`` describe the durations.

    Notes
    -----
    Simplified from competing-risk models of events (Aalen, Borgan and Gjessing 2008, Survival and
    Event History Analysis) to a Poisson count by period, which has the same likelihood for rates
    that are constant within a period.
    """
    import pymc as pm
    import pytensor.tensor as pt

    x = exporters
    coords = {
        "exporter": [
            f"{x.commodities[i]}:{x.countries[j]}"
            for i, j in zip(x.commodity, x.country, strict=True)
        ],
        "commodity": x.commodities,
        "country": x.countries,
        "period": x.periods,
        "period_or_next": [*x.periods, NEXT],
        "step": [*x.periods[1:], NEXT],
        "duration_event": np.arange(len(x.duration)),
    }
    with pm.Model(coords=coords) as model:
        level = PRIORS["hazard_level"].build()
        share = PRIORS["share_effect"].build()
        concentration = PRIORS["concentration_effect"].build()
        by_country = PRIORS["country_spread"].build() * PRIORS["country_effect"].build("country")
        by_commodity = PRIORS["commodity_spread"].build() * PRIORS["commodity_effect"].build(
            "commodity"
        )
        steps = PRIORS["period_spread"].build() * PRIORS["period_step"].build("step")
        by_period = pt.concatenate([pt.zeros(1), pt.cumsum(steps)])
        clusters = PRIORS["cluster_spread"].build() * PRIORS["cluster_effect"].build(
            ("country", "period_or_next")
        )
        fixed = level + by_country[x.country] + by_commodity[x.commodity]
        log_rate = (
            fixed[:, None]
            + share * (x.log_share - np.log(0.2))
            + concentration * (x.log_concentration - np.log(0.2))
            + by_period[None, :-1]
            + clusters[x.country, :-1]
        )
        pm.Poisson(
            "onsets", pt.exp(log_rate) * x.years, observed=x.onsets, dims=("exporter", "period")
        )
        ahead = (
            fixed
            + share * (x.log_share[:, -1] - np.log(0.2))
            + concentration * (x.log_concentration[:, -1] - np.log(0.2))
            + by_period[-1]
            + clusters[x.country, -1]
        )
        # More than one new restriction a year on average is beyond any record.
        pm.Deterministic("hazard", pt.minimum(pt.exp(ahead), 1.0), dims="exporter")
        median = PRIORS["typical_duration"].build()
        spread = PRIORS["duration_log_sd"].build()
        pm.Censored(
            "duration",
            pm.LogNormal.dist(pt.log(median), spread),
            lower=None,
            upper=np.where(x.ended, np.inf, x.duration),
            observed=x.duration,
            dims="duration_event",
        )
    return model
