"""A backtest of contracts: collars set from what was known, settled on what was paid afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
import xarray as xr

from critmin.exceptions import CritminError, DataError
from critmin.internal.checks import check_number, check_probabilities

MIN_CHANGES = 5
"""Yearly changes of the price that a random walk's volatility needs."""


@dataclass(frozen=True, slots=True, eq=False)
class PastForecast:
    """What was forecast at the end of a year.

    Attributes
    ----------
    mineral : str
    origin : int
    draws : Dataset
        ``fair_price`` and ``market_price`` (sample, year), real money per tonne, years after the origin:
        the draws of `critmin.forecast` with a posterior that was fitted to what was known then.
    """

    mineral: str
    origin: int
    draws: xr.Dataset

    def __post_init__(self) -> None:
        for name in ("fair_price", "market_price"):
            if name not in self.draws:
                raise DataError(f"{self.mineral}, {self.origin}: the draws lack {name}")
        if int(self.draws["year"].min()) <= self.origin:
            raise DataError(
                f"{self.mineral}, {self.origin}: the draws begin in {int(self.draws['year'].min())}, "
                "not after the origin"
            )


def contract_backtest(
    forecasts: Iterable[PastForecast],
    actual: pd.DataFrame,
    *,
    term: int = 10,
    prob: float = 0.5,
    apart: float = 0.1,
) -> pd.DataFrame:
    """Settle past collars on the prices that came.

    Parameters
    ----------
    forecasts : iterable of PastForecast
        One a mineral and origin.
    actual : DataFrame
        Columns ``mineral``, ``year`` and ``price``: real money per tonne, before and after the origins.
    term : int
        Years of each contract.
    prob : float
        Each year's collar is the middle interval of this probability: of the fair price (rule
        ``"critmin"``), and of a random walk from the last price known at the origin, with the volatility
        of its changes until then (rule ``"random walk"``).
    apart : float
        Share by which the medians of fair and market price must differ for a year to count as one in
        which they are ``apart``; elsewhere the fair price is the market's.

    Returns
    -------
    DataFrame
        One row a mineral, origin, rule and year: ``floor``, ``cap``, ``spot``, ``gain`` (what the seller
        gets more than the market price and the buyer pays more, as a share of it) and ``apart``.
        ``attrs["left_out"]`` counts years without an actual price, and origins with too short a
        history for the random walk, by reason.

    Raises
    ------
    DataError
        If a table lacks a column, or holds a price twice or not above zero.

    Notes
    -----
    Nothing that is dated after an origin enters its collars.

    Examples
    --------
    >>> years = [1991, 1992]
    >>> known = (("sample", "year"), np.array([[90.0, 90.0], [110.0, 110.0]]))
    >>> draws = xr.Dataset({"fair_price": known, "market_price": known}, {"year": years})
    >>> paid = pd.DataFrame({"mineral": "tin", "year": [*range(1980, 1993)], "price": 120.0})
    >>> rows = contract_backtest([PastForecast("tin", 1990, draws)], paid)
    >>> rows.loc[rows["rule"] == "critmin", "cap"].tolist()  # 75% of the fair price
    [105.0, 105.0]
    """
    check_number(term, "term", 1, 40, integer=True)
    (level,) = check_probabilities(prob)
    check_number(apart, "apart", 0, 10)
    prices = _prices(actual)
    sides = ((1 - level) / 2, (1 + level) / 2)
    rows: list[dict[str, object]] = []
    left_out = {"no actual price": 0, "history too short for a random walk": 0}
    for past in forecasts:
        if past.mineral not in prices.index.get_level_values("mineral"):
            raise DataError(f"actual has no prices of {past.mineral}")
        series = prices.xs(past.mineral, level="mineral")
        known = series[series.index <= past.origin]
        years = [int(y) for y in past.draws["year"].values if y <= past.origin + term]
        fair, market = (
            past.draws[name].sel(year=years).transpose("sample", "year").values
            for name in ("fair_price", "market_price")
        )
        gap = np.abs(np.median(fair, axis=0) / np.median(market, axis=0) - 1) >= apart
        collars = {"critmin": np.quantile(fair, sides, axis=0)}
        walk = _walk(known, past.origin, years, sides)
        if walk is None:
            left_out["history too short for a random walk"] += 1
        else:
            collars["random walk"] = walk
        for i, year in enumerate(years):
            if year not in series.index:
                left_out["no actual price"] += 1
                continue
            spot = float(series.loc[year])
            for rule, (floors, caps) in collars.items():
                paid = float(np.clip(spot, floors[i], caps[i]))
                rows.append(
                    {
                        "mineral": past.mineral,
                        "origin": past.origin,
                        "rule": rule,
                        "year": year,
                        "floor": floors[i],
                        "cap": caps[i],
                        "spot": spot,
                        "gain": paid / spot - 1,
                        "apart": bool(gap[i]),
                    }
                )
    if not rows:
        raise CritminError("no past contract can be settled: no year has an actual price")
    table = pd.DataFrame(rows)
    table.attrs["left_out"] = left_out
    return table


def regret(settled: pd.DataFrame) -> pd.DataFrame:
    """Gain and regret of each side, by mineral and rule.

    Parameters
    ----------
    settled : DataFrame
        Of `contract_backtest`.

    Returns
    -------
    DataFrame
        By mineral, rule and ``years`` (``"all"`` and ``"apart"``): the number of contracts; the seller's
        mean gain a year as a share of the market price (the buyer's is its negative); the shares of
        contracts that seller and buyer regret, having been worse off than at the market over the term;
        and the worst contract of each.
    """
    tables = []
    for name, rows in (("all", settled), ("apart", settled[settled["apart"]])):
        by_contract = rows.groupby(["mineral", "rule", "origin"])["gain"].mean()
        if by_contract.empty:
            continue
        grouped = by_contract.groupby(["mineral", "rule"])
        table = pd.DataFrame(
            {
                "contracts": grouped.size(),
                "seller's gain": grouped.mean(),
                "seller regrets": grouped.agg(lambda g: (g < 0).mean()),
                "buyer regrets": grouped.agg(lambda g: (g > 0).mean()),
                "seller's worst": grouped.min(),
                "buyer's worst": -grouped.max(),
            }
        )
        tables.append(table.assign(years=name).set_index("years", append=True))
    return pd.concat(tables).sort_index()


def _prices(actual: pd.DataFrame) -> "pd.Series[float]":
    if missing := [name for name in ("mineral", "year", "price") if name not in actual]:
        raise DataError(f"actual lacks the columns {', '.join(missing)}")
    series = actual.set_index(["mineral", "year"])["price"].astype(float).sort_index()
    if series.index.has_duplicates:
        twice = series.index[series.index.duplicated()][0]
        raise DataError(f"actual has two prices of {twice[0]} in {twice[1]}")
    if not (series > 0).all():
        where = series.index[~(series > 0)][0]
        raise DataError(f"actual has a price not above zero: {where[0]} in {where[1]}")
    return series


def _walk(
    known: "pd.Series[float]", origin: int, years: list[int], sides: tuple[float, float]
) -> "np.typing.NDArray[np.float64] | None":
    """Quantiles (2, year) of a driftless random walk of the log price."""
    whole = known.reindex(range(int(known.index.min()), origin + 1)) if len(known) else known
    changes = np.diff(np.log(whole.to_numpy())) if len(whole) else np.empty(0)
    changes = changes[np.isfinite(changes)]
    if len(changes) < MIN_CHANGES or not np.isfinite(whole.iloc[-1]):
        return None
    scale = changes.std(ddof=1) * np.sqrt(np.array(years) - origin)
    z = np.array([NormalDist().inv_cdf(side) for side in sides])
    return np.asarray(float(whole.iloc[-1]) * np.exp(z[:, None] * scale))
