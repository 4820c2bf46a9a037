"""`zone`: which terms leave buyer and seller both better off, and where they might meet."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from critmin.contracts.adjustments import Blend, CrossedError
from critmin.contracts.cashflows import Run, discount_factors, real, settle
from critmin.contracts.market import FAR, Market
from critmin.contracts.others import StateFloor
from critmin.contracts.parties import Party, as_party
from critmin.contracts.result import ASSUMPTION, gain_of
from critmin.contracts.terms import MAX_YEARS, Offtake, check_dials, check_limits
from critmin.contracts.valuation import Forecasts, forecasts_for, market_of, settled
from critmin.contracts.zones import SIDES, WRITTEN, Zone, agreements, nothing_tried
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import MAX_HORIZON, check_number
from critmin.internal.tables import significant
from critmin.posterior import Posterior
from critmin.results.forecasts import Forecast
from critmin.results.request import What

DIALS = ("price", "floor", "cap")
COARSE = 12
"""Points a dial when ways to open an empty zone are tried."""


def zone(
    offtake: Offtake,
    over: str | tuple[str, ...] = ("floor", "cap"),
    *,
    buyer: Party | None = None,
    seller: Party | None = None,
    forecast: Forecasts | None = None,
    discount: float = 0.08,
    scenario: What = None,
    posterior: Posterior | str | Path | None = None,
    points: int = 50,
    seed: int = 0,
) -> Zone:
    """Find the terms that leave both parties above their certainty equivalent of no contract.

    Parameters
    ----------
    offtake : Offtake
        With the terms that are turned: a `Fixed` price, a `Floor`, a `Cap`, a `Collar`.
    over : str or tuple of str
        ``"price"``, ``"floor"``, ``"cap"`` or two of these.
    buyer, seller : Party, optional
        Their attitudes to risk.
    forecast : Forecast or mapping of str to Forecast, optional
        As in `value`.
    discount : float
        Real yearly rate.
    scenario, posterior
        As in `critmin.forecast`, where the forecast is made here.
    points : int
        Values of each dial, from the lowest to the highest twentieth of the market price over the
        contract's years.
    seed : int

    Returns
    -------
    Zone

    Raises
    ------
    CritminError
        If the contract lacks a term that is to be turned.

    Examples
    --------
    >>> from critmin.contracts import Collar, Offtake, Party, lognormal_forecast
    >>> deal = Offtake("nickel", 5_000, 2026, 10, Collar(13_000, 19_000), basis="real")
    >>> walk = lognormal_forecast("nickel", 16_000, 0.2, 10)
    >>> found = zone(deal, forecast=walk, points=8)
    >>> found.empty, found.nash["floor"] <= found.nash["cap"]
    (False, True)
    """
    dials = tuple(over) if isinstance(over, tuple | list) else (over,)
    for name in dials:
        if name not in DIALS:
            raise UnknownNameError.of("dial", name, DIALS)
    if not 1 <= len(dials) <= 2 or len(set(dials)) < len(dials):
        raise CritminError(f"over must be one or two of {', '.join(DIALS)}, got {over!r}")
    check_number(points, "points", 2, 200, integer=True)
    check_number(discount, "discount", -0.05, 1)
    parties = (as_party(seller), as_party(buyer))
    chosen = forecasts_for(offtake, forecast, scenario=scenario, posterior=posterior, seed=seed)
    setting = market_of(offtake, chosen)
    gains = _gains(offtake, dials, parties, setting, discount, points)
    points_ = _points(offtake, gains, parties, setting, discount)
    draws = xr.merge([gains, points_], combine_attrs="override", join="exact", compat="equals")
    openings = nothing_tried()
    if not ((gains["seller"] > 0) & (gains["buyer"] > 0)).any():
        longer = min(2 * offtake.years, MAX_YEARS)
        if forecast is None:  # as far as a longer term needs it
            origin = int(chosen[offtake.minerals[0]].provenance["origin"])
            last = min(offtake.start + longer - 1, origin + MAX_HORIZON)
            chosen = forecasts_for(
                offtake, None, scenario=scenario, posterior=posterior, seed=seed, last=last
            )
        openings = _openings(offtake, dials, parties, chosen, discount)
    said = chosen[offtake.minerals[0]].provenance
    request = {
        **said["request"],
        "minerals": list(offtake.minerals),
        "over": list(dials),
        "seller": asdict(parties[0]),
        "buyer": asdict(parties[1]),
        "discount": discount,
        "points": points,
    }
    provenance = {**said, "request": request, "assumption": f"{ASSUMPTION} {said['assumption']}"}
    return Zone(offtake, draws, openings, provenance)


def _net(run: Run, factors: Floats) -> tuple[Floats, Floats]:
    """Net present gains of seller and buyer, the buyer's with the losses that it is spared."""
    spared = factors @ run.security if run.security.any() else 0.0
    return factors @ run.flows["seller"], factors @ run.flows["buyer"] + spared


def _both(
    offtake: Offtake, parties: tuple[Party, Party], setting: Market, discount: float
) -> tuple[Floats, Floats]:
    """Net present gains of seller and buyer (party, sample), and what they are worth to them (party,)."""
    factors = discount_factors(setting, discount)
    spot_value = factors @ (offtake.tonnes()[:, None] * setting.spot / setting.money)
    gains = _net(settled(offtake, setting, discount), factors)
    sides = zip(SIDES, parties, gains, strict=True)
    worth = [float(gain_of(party, side, spot_value, gain)) for side, party, gain in sides]
    return np.stack(gains), np.array(worth)


def _gains(
    offtake: Offtake,
    dials: tuple[str, ...],
    parties: tuple[Party, Party],
    setting: Market,
    discount: float,
    points: int,
) -> xr.Dataset:
    goods = setting.goods
    unmarked = replace(setting, marks=None)
    # Within what is plausible for an amount without a unit, evenly in the logarithm, as prices are.
    bounds = np.quantile(setting.spot, [0.05, 0.95])
    low, high = np.clip(bounds, setting.typical * 2 / FAR, setting.typical * FAR / 2)
    axis = np.geomspace(low, high, points) * goods.mass()
    factors = discount_factors(setting, discount)
    tonnes = offtake.tonnes()
    spot_value = factors @ (tonnes[:, None] * setting.spot / setting.money)
    check_dials(offtake.price, dials)
    grids = dict.fromkeys(dials, axis)
    shape = (points,) * len(dials)
    whole = {side: np.full(shape, np.nan) for side in ("seller", "buyer")}
    none = np.zeros_like(spot_value)
    before = {  # what each has without a contract, once
        side: gain_of(party, side, spot_value, none, 0.0)
        for side, party in zip(whole, parties, strict=True)
    }
    for at in product(range(points), repeat=len(dials)):
        values = {name: float(axis[i]) for name, i in zip(dials, at, strict=True)}
        if values.get("floor", 0) > values.get("cap", np.inf):
            continue
        try:
            price = offtake.price.turned(values)
            check_limits(price, goods)
            run = real(settle(unmarked, price.paid(unmarked), tonnes, offtake.clauses, discount))
        except CrossedError:
            continue  # a single dial passes a limit that stays where it is
        for side, party, gain in zip(SIDES, parties, _net(run, factors), strict=True):
            whole[side][at] = gain_of(party, side, spot_value, gain, before[side])
    return xr.Dataset(
        {side: (dials, each, goods.cash()) for side, each in whole.items()}, coords=grids
    )


def _points(
    offtake: Offtake,
    gains: xr.Dataset,
    parties: tuple[Party, Party],
    setting: Market,
    discount: float,
) -> xr.Dataset:
    """The terms as written and the points of agreement, with the draws of both gains."""
    dials = [str(name) for name in gains["seller"].dims]
    goods, written = setting.goods, offtake.price.dials()
    changing = {name for name in dials if isinstance(written[name], tuple)}
    terms = {
        WRITTEN: [
            np.nan if name in changing else goods.price(written[name], name)[0] * goods.mass()
            for name in dials
        ]
    }
    deals = {WRITTEN: offtake}
    for name, found in zip(("Nash", "Kalai-Smorodinsky"), agreements(gains), strict=True):
        if found is not None:
            at = {dial: found[dial] for dial in dials}
            terms[name], deals[name] = list(at.values()), offtake.turned(at)
    reckoned = [
        _both(each, parties, replace(setting, marks=None), discount) for each in deals.values()
    ]
    money = gains["seller"].attrs
    unit = {"units": goods.pint(), "words": f"{goods.currency} per {goods.title()}"}
    return xr.Dataset(
        {
            "gain": (("point", "party", "sample"), np.stack([each[0] for each in reckoned]), money),
            "equivalent": (("point", "party"), np.stack([each[1] for each in reckoned]), money),
            "terms": (("point", "dial"), np.array(list(terms.values())), unit),
        },
        coords={"point": list(terms), "party": list(SIDES), "dial": dials},
    )


def _openings(
    offtake: Offtake,
    dials: tuple[str, ...],
    parties: tuple[Party, Party],
    forecasts: Mapping[str, Forecast],
    discount: float,
) -> pd.DataFrame:
    """What the worse off of the two gains at best, if the contract is changed in ways that may help."""
    setting = market_of(offtake, forecasts)
    low = float(np.quantile(setting.spot, 0.25)) * setting.goods.mass()
    tried: dict[str, Offtake] = {
        f"a third party's floor at {significant(low, 4)}": offtake + StateFloor(low),
        "half the weight on the fair price": replace(offtake, price=offtake.price + Blend(0.5)),
    }
    known = int(setting.forecasts[0].draws["year"].values[-1])
    longer = min(2 * offtake.years, known - offtake.start + 1)
    if longer > offtake.years and not isinstance(offtake.volume, tuple):
        tried[f"a term of {longer} years"] = replace(offtake, years=longer)
    rows: dict[str, float] = {}
    for name, each in tried.items():
        gains = _gains(each, dials, parties, market_of(each, forecasts), discount, COARSE)
        worse = np.minimum(gains["seller"].values, gains["buyer"].values)
        rows[name] = float(np.nanmax(worse))
    return pd.DataFrame({"worse off gains": pd.Series(rows, dtype=float)}).rename_axis("change")
