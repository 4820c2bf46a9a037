"""A backtest of contracts: collars set from what was known, settled on what was paid afterwards."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from critmin.exceptions import CritminError, DataError, UnknownNameError
from critmin.internal.arrays import Bools, Floats
from critmin.internal.checks import check_number, check_probability
from critmin.internal.tables import interval_bounds

if TYPE_CHECKING:
    from critmin.audit.backtesting.record import Backtest

OURS, WALK = "critmin", "random walk"
NO_PRICE = "no actual price"
SHORT = "history too short for a random walk"
NO_REFIT = "no refit"

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
        check_number(self.origin, "origin", 1900, 2200, integer=True)
        for name in ("fair_price", "market_price"):
            if name not in self.draws:
                raise DataError(f"{self.mineral}, {self.origin}: the draws lack {name}")
        if int(self.draws["year"].min()) <= self.origin:
            raise DataError(
                f"{self.mineral}, {self.origin}: the draws begin in {int(self.draws['year'].min())}, "
                "not after the origin"
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Contract:
    """A past contract: its collars (floor and cap, year) by rule, and what came."""

    mineral: str
    origin: int
    years: list[int]
    collars: dict[str, Floats]
    apart: Bools
    spot: list[float]


def contract_backtest(
    forecasts: "Backtest | Iterable[PastForecast]",
    actual: pd.DataFrame | None = None,
    *,
    term: int = 10,
    prob: float = 0.5,
    apart: float = 0.1,
    of: Literal["fair", "market"] = "fair",
) -> pd.DataFrame:
    """Settle past collars on the prices that came.

    Parameters
    ----------
    forecasts : Backtest or iterable of PastForecast
        What `critmin.backtest` found with ``"critmin"`` and ``"random walk"`` among its models (years
        1 to `term` as horizons, or a contract is settled in those there are only); or forecasts of
        your own, one a mineral and origin.
    actual : DataFrame, optional
        Columns ``mineral``, ``year`` and ``price``: real money per tonne, before and after the origins.
        A `Backtest` holds its own outcomes.
    term : int
        Years of each contract.
    prob : float
        Each year's collar is the middle interval of this probability: of the fair price (rule
        ``"critmin"``), and of a random walk from the last price known at the origin (rule ``"random
        walk"``): the one in the `Backtest`, or with the volatility of the changes until then.
    apart : float
        Share by which the medians of fair and market price must differ for a year to count as one in
        which they are ``apart``; elsewhere the fair price is the market's.
    of : {"fair", "market"}
        Which of critmin's prices the collars are quantiles of. A `Backtest` from before the fair price
        was kept in it has the market's only.

    Returns
    -------
    DataFrame
        One row a mineral, origin, rule and year: ``floor``, ``cap``, ``spot``, ``gain`` (what the seller
        gets more than the market price and the buyer pays more, as a share of it) and ``apart``.
        ``attrs["left_out"]`` counts by reason what could not be settled.

    Raises
    ------
    DataError
        If a table lacks a column, or holds a price twice or not above zero.
    CritminError
        If a `Backtest` holds no fair price.

    See Also
    --------
    critmin.backtest : Where past fair prices come from.
    critmin.contracts.Offtake : A contract from today on.

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
    from critmin.audit.backtesting.record import Backtest

    check_number(term, "term", 1, 40, integer=True)
    check_number(apart, "apart", 0, 10)
    if of not in ("fair", "market"):
        raise UnknownNameError.of("price", of, ("fair", "market"))
    sides = interval_bounds(check_probability(prob))
    left_out = {NO_PRICE: 0, SHORT: 0, NO_REFIT: 0}
    if isinstance(forecasts, Backtest):
        if actual is not None:
            raise CritminError(
                "a backtest holds its own outcomes: give actual= with PastForecast only"
            )
        contracts = _recorded(forecasts.forecasts, term, sides, apart, of, left_out)
    else:
        if actual is None:
            raise CritminError(
                "forecasts of your own are settled on actual=, a table of prices: give it"
            )
        contracts = _given(forecasts, _prices(actual), term, sides, apart, of, left_out)
    rows: list[dict[str, object]] = []
    for made in contracts:
        for i, (year, spot) in enumerate(zip(made.years, made.spot, strict=True)):
            if not np.isfinite(spot):
                left_out[NO_PRICE] += 1
                continue
            for rule, (floors, caps) in made.collars.items():
                paid = float(np.clip(spot, floors[i], caps[i]))
                rows.append(
                    {
                        "mineral": made.mineral,
                        "origin": made.origin,
                        "rule": rule,
                        "year": year,
                        "floor": floors[i],
                        "cap": caps[i],
                        "spot": spot,
                        "gain": paid / spot - 1,
                        "apart": bool(made.apart[i]),
                    }
                )
    if not rows:
        raise CritminError("no past contract can be settled: no year has an actual price")
    table = pd.DataFrame(rows)
    table.attrs["left_out"] = {reason: count for reason, count in left_out.items() if count}
    return table


def _given(
    forecasts: Iterable[PastForecast],
    prices: "pd.Series[float]",
    term: int,
    sides: list[float],
    apart: float,
    of: str,
    left_out: dict[str, int],
) -> Iterator[_Contract]:
    """Contracts of a user's own forecasts."""
    several = isinstance(forecasts, Iterable) and not isinstance(forecasts, Mapping)
    told: list[Any] = list(forecasts) if several else [forecasts]
    if not all(isinstance(past, PastForecast) for past in told):
        raise CritminError(
            f"forecasts must be a backtest, or several PastForecast, got {forecasts!r:.80}"
        )
    for past in told:
        if past.mineral not in prices.index.get_level_values("mineral"):
            raise DataError(f"actual has no prices of {past.mineral}")
        series = prices.xs(past.mineral, level="mineral")
        known = series[series.index <= past.origin]
        years = [int(y) for y in past.draws["year"].values if y <= past.origin + term]
        fair, market = (
            past.draws[name].sel(year=years).transpose("sample", "year").values
            for name in ("fair_price", "market_price")
        )
        collars = {OURS: np.quantile(fair if of == "fair" else market, sides, axis=0)}
        walk = _walk(known, past.origin, years, sides)
        if walk is None:
            left_out[SHORT] += 1
        else:
            collars[WALK] = walk
        spot = [float(series.get(year, np.nan)) for year in years]
        gap = _apart(fair, market, apart)
        yield _Contract(past.mineral, past.origin, years, collars, gap, spot)


def _recorded(
    record: xr.Dataset,
    term: int,
    sides: list[float],
    apart: float,
    of: str,
    left_out: dict[str, int],
) -> Iterator[_Contract]:
    """Contracts of a backtest, from the points that it stored."""
    known = [str(name) for name in record["model"].values]
    for name in (OURS, WALK):
        if name not in known:
            raise UnknownNameError.of("model of this backtest", name, known)
    if of == "fair" and "fair_points" not in record:
        raise CritminError(
            "this backtest was made before the fair price was kept in it: run critmin.backtest again, "
            "with horizons=range(1, 11) and a folder of its own, or take of='market'"
        )
    minerals = record["mineral"].values.astype(str)
    origins, horizons = record["origin"].values, record["horizon"].values
    for mineral, origin in sorted(set(zip(minerals, origins.tolist(), strict=True))):
        here = (minerals == mineral) & (origins == origin) & (horizons <= term)
        rows = np.flatnonzero(here)[np.argsort(horizons[here])]
        chosen = record.isel(forecast=rows)
        told = {OURS: chosen["points"].sel(model=OURS), WALK: chosen["points"].sel(model=WALK)}
        told["fair"] = chosen["fair_points"] if "fair_points" in chosen else told[OURS]
        market, walk, fair = (
            np.exp(points.transpose("point", "forecast").values.astype(float))
            for points in told.values()
        )
        ours = fair if of == "fair" else market
        if not np.isfinite(ours).all():
            left_out[NO_REFIT] += 1
            continue
        collars = {rule: np.quantile(x, sides, axis=0) for rule, x in ((OURS, ours), (WALK, walk))}
        years = [int(origin + ahead) for ahead in chosen["horizon"].values]
        spot = [float(each) for each in np.exp(chosen["outcome"].values)]
        yield _Contract(mineral, int(origin), years, collars, _apart(fair, market, apart), spot)


def _apart(fair: Floats, market: Floats, apart: float) -> Bools:
    """Where the medians (sample, year) differ by a share."""
    gap = np.abs(np.median(fair, axis=0) / np.median(market, axis=0) - 1)
    return np.asarray(gap >= apart)


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
    needed = ("mineral", "rule", "origin", "gain", "apart")
    if missing := [name for name in needed if name not in settled]:
        raise DataError(f"settled lacks the columns {', '.join(missing)}: take contract_backtest's")
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
    table = actual[["mineral"]].assign(
        year=_numbers(actual["year"], "year", "1991"),
        price=_numbers(actual["price"], "price", "120.5"),
    )
    if (odd := table["year"] % 1 != 0).any():
        raise DataError(f"actual has a year that is no whole number: {table['year'][odd].iloc[0]}")
    table["year"] = table["year"].astype(int)
    series = table.set_index(["mineral", "year"])["price"].sort_index()
    if series.index.has_duplicates:
        twice = series.index[series.index.duplicated()][0]
        raise DataError(f"actual has two prices of {twice[0]} in {twice[1]}")
    if not (series > 0).all():
        where = series.index[~(series > 0)][0]
        raise DataError(f"actual has a price not above zero: {where[0]} in {where[1]}")
    return series


def _numbers(column: "pd.Series[Any]", name: str, example: str) -> "pd.Series[float]":
    """A column of the user's as numbers; what is left empty stays so.

    Raises
    ------
    DataError
    """
    dated = not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_string_dtype(column))
    found = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column.notna() & found.isna() | dated | (found.isna() if name == "year" else False)
    if wrong.any():
        raise DataError(
            f"actual has a {name} that is no number such as {example}: {column[wrong].tolist()[0]!r:.80}"
        )
    return found


def _walk(
    known: "pd.Series[float]", origin: int, years: list[int], sides: list[float]
) -> Floats | None:
    """Quantiles (2, year) of a driftless random walk of the log price."""
    whole = known.reindex(range(int(known.index.min()), origin + 1)) if len(known) else known
    changes = np.diff(np.log(whole.to_numpy())) if len(whole) else np.empty(0)
    changes = changes[np.isfinite(changes)]
    if len(changes) < MIN_CHANGES or not np.isfinite(whole.iloc[-1]):
        return None
    scale = changes.std(ddof=1) * np.sqrt(np.array(years) - origin)
    z = np.array([NormalDist().inv_cdf(side) for side in sides])
    return np.asarray(float(whole.iloc[-1]) * np.exp(z[:, None] * scale))
