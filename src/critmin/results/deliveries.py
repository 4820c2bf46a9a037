"""What reaches a buyer: today's shares of its suppliers, moved with what a forecast lets them sell."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import ROW as REST
from critmin.data.production import REFINED
from critmin.exceptions import CritminError
from critmin.internal.arrays import Bools, Floats
from critmin.model.refiners import main_stage
from critmin.results.stages import before_restrictions
from critmin.trade import Suppliers, reroute

if TYPE_CHECKING:
    from critmin.results.forecasts import Forecast

ITSELF, OTHERS, WORLD, SEVERAL = "itself", "other producers", "world", "several"

SHOWN = 12
"""Suppliers told apart at most; the smaller ones are joined as `REST`."""

LEAST = 0.005
"""Share of a buyer's imports below which a supplier is joined with the rest."""

MORE = 0.05
"""By how much of its exports a supplier has to withhold more than now to count: licences that move by
less are no stop."""

FEWEST = 100
"""Draws of a year with a stop, and without, from which their prices are compared: fewer leave a
standard error of a tenth or more."""

REROUTED = 0.06
"""Log points that a detour adds to the price: what Europe pays above China's export price, median of the
pairs of `critmin.data.fences.Fences.freight`. What comes by a third place travels twice."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What suppliers have for a buyer, and what restrictions keep of it.

    Attributes
    ----------
    countries : list of str
    moves_with : list of str
        Whose simulated output each one's deliveries follow.
    sold : array (country, sample, year)
        What would reach the buyer without restrictions: relative to all its imports of the trade's year,
        or tonnes.
    withheld : array (country, sample, year)
        Share of it that restrictions keep away.
    now : array (country, sample)
        The same at the origin, before the first year.
    """

    countries: list[str]
    moves_with: list[str]
    sold: Floats
    withheld: Floats
    now: Floats

    @property
    def whole(self) -> Floats:
        """What would reach the buyer from all, (sample, year)."""
        whole: Floats = self.sold.sum(axis=0)
        return whole

    @property
    def missing(self) -> Floats:
        """Share of the buyer's supply that each one's restrictions keep away, (country, sample, year)."""
        missing: Floats = self.sold * self.withheld / self.whole
        return missing

    @property
    def share(self) -> Floats:
        """Shares of what arrives, (country, sample, year); zero where nothing does."""
        arriving = self.sold * (1 - self.withheld)
        market = np.broadcast_to(arriving.sum(axis=0), arriving.shape)
        share: Floats = np.divide(arriving, market, out=np.zeros_like(arriving), where=market > 0)
        return share

    def joined(self) -> "Deliveries":
        """The same with the small ones as one, `REST`."""
        size = self.sold.mean(axis=(1, 2))
        order = np.argsort(-size, kind="stable")
        named = [self.countries[i] for i in order]
        large = [
            i
            for i, name in zip(order, named, strict=True)
            if size[i] >= LEAST * size.sum() and name != REST
        ]
        large = large[:SHOWN]
        rest = [i for i in order if i not in large]
        if not rest or (len(rest) == 1 and self.countries[rest[0]] == REST):
            return self
        sold = self.sold[rest].sum(axis=0)
        kept, now = (
            np.divide(held, of_all, out=np.zeros_like(of_all), where=of_all > 0)
            for held, of_all in (
                ((self.sold[rest] * self.withheld[rest]).sum(axis=0), sold),
                ((self.sold[rest, :, 0] * self.now[rest]).sum(axis=0), sold[:, 0]),
            )
        )
        with_ = {self.moves_with[i] for i in rest}
        return Deliveries(
            [*(self.countries[i] for i in large), REST],
            [*(self.moves_with[i] for i in large), with_.pop() if len(with_) == 1 else SEVERAL],
            np.concatenate([self.sold[large], sold[None]]),
            np.concatenate([self.withheld[large], kept[None]]),
            np.concatenate([self.now[large], now[None]]),
        )


def by_world_supply(forecast: "Forecast", members: frozenset[str]) -> Deliveries:
    """Every foreign producer in proportion to its output.

    Parameters
    ----------
    forecast : Forecast
    members : set of str
        Countries that are the buyer.

    Raises
    ------
    CritminError
        If all that is known is produced by the buyer, or no output is known.
    """
    output, withheld, now = _simulated(forecast)
    foreign = [c for c in output if c not in members]
    if not foreign:
        who = " and ".join(sorted(members))
        raise CritminError(f"{forecast.mineral}: all that is known is produced by {who:.40} itself")
    return Deliveries(
        foreign,
        [ITSELF] * len(foreign),
        np.stack([output[c] for c in foreign]),
        np.stack([withheld[c] for c in foreign]),
        np.stack([now[c] for c in foreign]),
    )


def by_trade(forecast: "Forecast", found: Suppliers) -> Deliveries:
    """A buyer's suppliers by today's shares, each moved with its simulated output.

    A refiner that the forecast tells apart moves with its own refined output, and loses of the ore that it
    buys what restrictions hold back; a producer with its own output and restrictions. Another one moves
    with the other refiners or producers of the same stage; where none such are known, a refiner moves with
    the whole world's: it gets its part of all ore.

    Parameters
    ----------
    forecast : Forecast
    found : Suppliers
        With data.

    Raises
    ------
    CritminError
        If no output is known.
    """
    output, withheld, now = _simulated(forecast)
    whole = np.sum(list(output.values()), axis=0)
    kept = np.sum([output[c] * withheld[c] for c in output], axis=0)
    was = np.sum([output[c][:, 0] * now[c] for c in output], axis=0)
    same = main_stage(forecast.mineral) == found.stage
    if found.stage == REFINED and "refined" in forecast.draws:
        made, lost, before = before_restrictions(forecast.draws)
        # Who refines nothing yet is no measure of its trade.
        made = {c: each for c, each in made.items() if (each[:, 0] > 0).all()}
        output, withheld, same = output | made, withheld | lost, True
        now |= {c: each[:, 0] for c, each in before.items()}
    output[WORLD], withheld[WORLD], now[WORLD] = whole, kept / whole, was / whole[:, 0]
    other = REST if REST in output and same else WORLD
    names = [str(c) for c in found.table.index]
    follows = [c if c in output else other for c in names]
    today = found.table["share"].to_numpy(float)
    sold = [s * output[c] / output[c][:, :1] for s, c in zip(today, follows, strict=True)]
    words = {WORLD: WORLD, REST: OTHERS}
    return Deliveries(
        names,
        [words.get(c, ITSELF) for c in follows],
        np.stack(sold),
        np.stack([withheld[c] for c in follows]),
        np.stack([now[c] for c in follows]),
    )


def rerouted(
    part: Deliveries, bans: dict[str, Floats], found: Suppliers
) -> tuple[Deliveries, Floats]:
    """Deliveries to a buyer that some sellers keep their goods from, and the share that comes by a detour.

    By trade, exporters that do not ban the buyer turn to it as far as they sell elsewhere
    (`critmin.trade.reroute`); the rest is withheld. Without trade all of it is taken to come by third
    places.

    Parameters
    ----------
    part : Deliveries
    bans : dict of str to array (year,)
        Of `critmin.scenario.Scenario.bans`.
    found : Suppliers
        Of the buyer.

    Returns
    -------
    Deliveries, array (sample, year)
    """
    detour = np.zeros_like(part.whole)
    sellers = [c for c, banned in bans.items() if c in part.countries and banned.any()]
    traded = found.status == "data"
    covered, moved = _others(found, sellers, bans) if sellers and traded else (np.ones(1), {})
    for seller in sellers:
        i = part.countries.index(seller)
        lost = part.sold[i] * bans[seller]
        if traded:
            part, came = _turned(part, i, lost, covered, moved)
        else:
            came = lost * (1 - part.withheld[i])
        detour += came
    # Of what arrives.
    arrived = (part.sold * (1 - part.withheld)).sum(axis=0)
    return part, np.divide(detour, arrived, out=np.zeros_like(detour), where=arrived > 0)


def _others(
    found: Suppliers, sellers: list[str], bans: dict[str, Floats]
) -> tuple[Floats, dict[str, Floats]]:
    """What others cover of all that is banned (year,), and the share of it that each delivers.

    Who bans the buyer itself covers nothing for another.
    """
    plans = [
        reroute(found.mineral, c, found.buyer, year=found.year, stage=found.stage) for c in sellers
    ]
    barred = {c: banned > 0 for c, banned in bans.items()}
    lost = sum(p.lost * barred[p.seller] for p in plans)
    # Who buys of several of these itself spares what it does after the largest.
    spare = pd.concat([p.table["elsewhere"] for p in plans]).groupby(level=0).min()
    free = {c: value * ~barred.get(c, np.zeros_like(lost, bool)) for c, value in spare.items()}
    room = np.sum(list(free.values()), axis=0)
    covered = np.minimum(np.divide(room, lost, out=np.ones_like(room), where=lost > 0), 1.0)
    share = np.divide(1.0, room, out=np.zeros_like(room), where=room > 0)
    return covered, {str(c): each * share for c, each in free.items() if each.any()}


def _turned(
    part: Deliveries, i: int, lost: Floats, covered: Floats, moved: dict[str, Floats]
) -> tuple[Deliveries, Floats]:
    """What a seller keeps from the buyer, as far as others cover it, delivered by them instead.

    Returns
    -------
    Deliveries, array (sample, year)
        And what arrives by the detour.
    """
    new = [name for name in moved if name not in part.countries]
    countries = [*part.countries, *new]
    nothing = np.zeros((len(new), *lost.shape))
    sold, withheld = (np.concatenate([array, nothing]) for array in (part.sold, part.withheld))
    now = np.concatenate([part.now, nothing[..., 0]])
    # They hand over their goods for the seller's, less what they withhold of all that they have.
    kept = withheld[i]
    free = sold[i] * (1 - kept) - lost * (1 - kept)
    gone = lost * (1 - kept) * covered
    came = np.zeros_like(gone)
    for name, share in moved.items():
        other = countries.index(name)
        sold[other] += gone * share
        came += gone * share * (1 - withheld[other])
    sold[i] = sold[i] - gone
    # Who bans all, and is replaced, withholds all that is left, be it nothing.
    nothing = np.where(lost > 0, 0.0, 1.0)
    withheld[i] = 1 - np.divide(free, sold[i], out=nothing, where=sold[i] > 0)
    turned = [*part.moves_with, *([OTHERS] * len(new))]
    return Deliveries(countries, turned, sold, withheld, now), came


def _simulated(
    forecast: "Forecast",
) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, Floats]]:
    """Output and share withheld by country, each (sample, year), and the share at the origin (sample,)."""
    by_country = ("country", "sample", "year")
    names = [str(c) for c in forecast.draws["country"].values]
    output, withheld = (
        forecast.draws[name].transpose(*by_country).values for name in ("production", "withheld")
    )
    if not np.isfinite(output).all():
        raise CritminError(f"{forecast.mineral}: no production by country is known")
    now = forecast.draws["withheld_now"].transpose("country", "sample").values
    found, kept, was = (dict(zip(names, each, strict=True)) for each in (output, withheld, now))
    return found, kept, was


def supplier_table(draws: xr.Dataset) -> pd.DataFrame:
    """By supplier: share, share withheld, and how likely and how bad a stop is.

    Parameters
    ----------
    draws : Dataset
        Of an `critmin.results.buyers.Exposure`.
    """
    by_country = ("country", "sample", "year")
    share, withheld, missing = (
        draws[name].transpose(*by_country).values for name in ("share", "withheld", "missing")
    )
    price = draws["price"].transpose("sample", "year").values
    now = draws["withheld_now"].transpose("country", "sample").values
    # Against the origin: a stop that begins in the first year is one.
    more = withheld > now[..., None] + MORE
    lost = [m[stop].mean() if stop.any() else np.nan for m, stop in zip(missing, more, strict=True)]
    countries = pd.Index([str(c) for c in draws["country"].values], name="country")
    return pd.DataFrame(
        {
            "share": share.mean(axis=(1, 2)),
            "withholding": withheld.mean(axis=(1, 2)),
            "probability": more.any(axis=2).mean(axis=1),
            "lost": lost,
            "expected_loss": missing.mean(axis=(1, 2)),
            "price_ratio": [_dearer(price, stop) for stop in more],
            "moves_with": [str(v) for v in draws["moves_with"].values],
        },
        index=countries,
    ).sort_values("share", ascending=False)


def _dearer(price: Floats, stop: Bools) -> float:
    """Median price with a stop over that without one in the same year, averaged over stops."""
    count = stop.sum(axis=0)
    years = np.flatnonzero(np.minimum(count, len(stop) - count) >= FEWEST)
    if not len(years):
        return float("nan")
    ratios = [np.median(price[stop[:, y], y]) / np.median(price[~stop[:, y], y]) for y in years]
    return float(np.average(ratios, weights=count[years]))


def tail_mean(values: Floats, prob: float) -> Floats:
    """Mean of the largest share ``1 - prob`` of values (sample, year), by year."""
    count = max(round((1 - prob) * len(values)), 1)
    worst: Floats = np.sort(values, axis=0)[-count:].mean(axis=0)
    return worst
