"""From published costs to the arrays that the cost model is conditioned on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.costs import electricity, governance
from critmin.data.drivers import COMPONENTS, parameters
from critmin.data.loaders.cost_structure import ELECTRICITY_YEAR
from critmin.data.money import real_factor
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.mineral import get_mineral
from critmin.model.assumptions import ROUTE_SHARES
from critmin.model.cost_equations import component_costs, cost_drivers
from critmin.model.cost_evidence import COPRODUCTS, MEASURES
from critmin.model.priors import PRIORS
from critmin.model.shares import cost_paths, country_share
from critmin.units import BASE_YEAR

AROUND, FARTHEST = 7, 0.7
"""Years before and after one within which its price is high or low; costs follow a price no further
than to its double or half."""

KNOWN: tuple[str, ...] = ("wages", "electricity", "governance")
"""What is known of a country that moves the cost of its producers."""

SUSTAINED = COMPONENTS.index("capital"), COMPONENTS.index("compliance")
TYPICAL_SUSTAINED = 0.33
"""Share of capital and compliance in the cost of a route of average weight."""


@dataclass(frozen=True, slots=True)
class Points:
    """Published costs as arrays; N points, K minerals with any, G groups of points of one producer.

    Attributes
    ----------
    last_year : int
        Of the panel.
    costed : list of str
        Minerals with points, length K.
    center : array (K,)
        Mean of their logs.
    year, year_shift, last_shift : arrays (K,)
        Median year of the points, and how far energy, wages and materials moved the log cost from the
        base year to that year, and to the panel's last year.
    groups : list of str
        Labels of the groups.
    averaged : array (G,) of bool
        Whether a group is of averages, not of an asset.
    labels : list of str
        Of the points.
    log : array (N,)
        Log real cost of the priced form.
    mineral, place, group, measure : arrays (N,)
        Positions in `costed`, among the producers (-1: the world), in `groups` and in
        `critmin.model.cost_evidence.MEASURES`.
    world : array (N,)
        Position in `share` of points of the world, else 0.
    share : array (W, P)
        Shares of producers in the world's output of a mineral and year that has such points.
    weight : array (N,)
        Share of capital and compliance in the route's cost over the average one: how much of a
        measure's offset applies.
    study : array (N,)
        1 for plans.
    quantile : array (N,)
        Standard normal quantile of the producers meant.
    credit, credit_doubt : arrays (N,)
        Part of the mineral's usual credits that the value is net of, and its error.
    shift : array (N,)
        How far energy, wages and materials moved the log cost from the base year to the point's.
    cycle : array (N,)
        Log price of the year about that of the years around, within `FARTHEST`; 0 for plans.
    age : array (N,)
        Years since the base year.
    error : array (N,)
        Log error.
    """

    last_year: int
    costed: list[str]
    center: Floats
    year: Ints
    year_shift: Floats
    last_shift: Floats
    groups: list[str]
    averaged: Bools
    labels: list[str]
    log: Floats
    mineral: Ints
    place: Ints
    group: Ints
    measure: Ints
    world: Ints
    share: Floats
    weight: Floats
    study: Floats
    quantile: Floats
    credit: Floats
    credit_doubt: Floats
    shift: Floats
    cycle: Floats
    age: Floats
    error: Floats


def driver_shift(panel: xr.Dataset, mineral: str) -> "pd.Series[float]":
    """By how much energy, wages and materials move the log cost of a mineral since the base year.

    With the shares of its route, and trends and the pass-through of wages as their priors have them.
    """
    years = panel["year"].values
    logs = cost_drivers(
        paths=cost_paths(panel, mineral),
        parameters={name: PRIORS[name].numbers[0] for name in parameters("pass_through", "trend")},
        years_ahead=(years - BASE_YEAR).astype(float),
    )
    share = np.array(ROUTE_SHARES[get_mineral(mineral).route])
    whole = sum(
        component_costs(share[k], np.broadcast_to(log, years.shape)) for k, log in enumerate(logs)
    )
    return pd.Series(np.log(whole), index=years)


def price_gaps(panel: xr.Dataset, mineral: str) -> "pd.Series[float]":
    """Log real price less its median over the years around, where both are known."""
    if mineral not in panel["mineral"].values:
        return pd.Series(np.nan, index=panel["year"].values)
    log = np.log(panel["price"].sel(mineral=mineral).to_series())
    around = log.rolling(2 * AROUND + 1, center=True, min_periods=5).median()
    return (log - around).clip(-FARTHEST, FARTHEST)


def point_arrays(panel: xr.Dataset, evidence: pd.DataFrame, pairs: list[tuple[str, str]]) -> Points:
    """Condition the points of `critmin.model.cost_evidence.cost_evidence`.

    Parameters
    ----------
    panel : Dataset
    evidence : DataFrame
    pairs : list of tuple of str
        Producers: mineral and country.
    """
    named = set(evidence["mineral"])
    costed = [m for m in map(str, panel["mineral"].values) if m in named]
    shifts = {m: driver_shift(panel, m) for m in costed}
    wanted = {*costed, *(c for m in costed for c in COPRODUCTS.get(m, ()))}
    gaps = {m: price_gaps(panel, m).fillna(0.0) for m in sorted(wanted)}
    where = {pair: i for i, pair in enumerate(pairs)}
    routes = {m: np.array(ROUTE_SHARES[get_mineral(m).route]) for m in costed}
    keys = evidence["mineral"] + ":" + evidence["country"] + ":" + evidence["asset"]
    groups = sorted(set(keys))
    years = evidence["year"].to_numpy(dtype=np.int64)
    names = evidence["mineral"].tolist()
    at = list(zip(names, years, strict=True))
    real = evidence["value"].to_numpy(dtype=float) * (
        np.asarray(real_factor(years)) if len(years) else 1.0
    )
    cash = real / evidence["recovery"] + evidence["added"]
    log = np.log(cash.to_numpy(dtype=float))
    mineral = np.array([costed.index(m) for m in names], dtype=np.int64)
    place = np.array(
        [where.get(pair, -1) for pair in zip(names, evidence["country"], strict=True)],
        dtype=np.int64,
    )
    worlds = sorted({w for w, position in zip(at, place, strict=True) if position < 0})
    credit = [
        row.credit
        * np.exp(np.mean([gaps[c].get(row.year, 0.0) for c in COPRODUCTS[row.mineral]] or [0.0]))
        if row.credit
        else 0.0
        for row in evidence.itertuples(index=False)
    ]
    middle = [int(np.median(years[mineral == k])) for k in range(len(costed))]
    study = evidence["study"].to_numpy(dtype=float)
    averaged = dict(zip(keys, evidence["average"], strict=True))
    return Points(
        last_year=int(panel["year"].values[-1]),
        costed=costed,
        center=np.array([log[mineral == k].mean() for k in range(len(costed))]),
        year=np.array(middle, dtype=np.int64),
        year_shift=np.array([shifts[m].loc[y] for m, y in zip(costed, middle, strict=True)]),
        last_shift=np.array([shifts[m].iloc[-1] for m in costed]),
        groups=groups,
        averaged=np.array([bool(averaged[g]) for g in groups], dtype=bool),
        labels=[f"{key}:{year}:{i}" for i, (key, year) in enumerate(zip(keys, years, strict=True))],
        log=log,
        mineral=mineral,
        place=place,
        group=np.array([groups.index(key) for key in keys], dtype=np.int64),
        measure=np.array([MEASURES.index(m) for m in evidence["measure"]], dtype=np.int64),
        world=np.array([worlds.index(w) if w in worlds else 0 for w in at], dtype=np.int64),
        share=_shares(panel, pairs, worlds),
        weight=np.array([routes[m][[*SUSTAINED]].sum() / TYPICAL_SUSTAINED for m in names]),
        study=study,
        quantile=evidence["quantile"].to_numpy(dtype=float),
        credit=np.array(credit, dtype=float),
        credit_doubt=evidence["credit_doubt"].to_numpy(dtype=float),
        shift=np.array([shifts[m].loc[y] for m, y in at], dtype=float),
        cycle=np.array([gaps[m].get(y, 0.0) for m, y in at], dtype=float) * (1 - study),
        age=(years - BASE_YEAR).astype(float),
        error=evidence["error"].to_numpy(dtype=float),
    )


def _shares(
    panel: xr.Dataset, pairs: list[tuple[str, str]], worlds: list[tuple[str, int]]
) -> Floats:
    """Shares of producers in the world's output by mineral and year, (world, producer)."""
    first = int(panel["year"].values[0])
    named = {m for m, _ in worlds}
    output = {i: country_share(panel, m, c) for i, (m, c) in enumerate(pairs) if m in named}
    shares = np.zeros((len(worlds), len(pairs)))
    for n, (mineral, year) in enumerate(worlds):
        for i, series in output.items():
            if pairs[i][0] == mineral:
                shares[n, i] = series[year - first]
        shares[n] /= shares[n].sum() or 1.0
    return shares


def power_prices(panel: xr.Dataset) -> "pd.Series[float]":
    """Log industrial electricity price by country; empty where the panel ends before it was known."""
    if int(panel["year"].values[-1]) < ELECTRICITY_YEAR:
        return pd.Series(dtype=float)
    return electricity().set_index("country")["value"].map(np.log)


def governance_scores(panel: xr.Dataset) -> "pd.Series[float]":
    """Mean governance score by country, of the newest year that the panel reaches."""
    table = governance()["mean"].dropna().reset_index()
    table = table[table["year"] <= int(panel["year"].values[-1])]
    return table.sort_values("year").groupby("country")["mean"].last()
