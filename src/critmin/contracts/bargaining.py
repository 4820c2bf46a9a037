"""`Zone`: which terms leave buyer and seller both better off, and where they might meet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.contracts.adjustments import Blend, CrossedError
from critmin.contracts.cashflows import discount_factors, real, settle
from critmin.contracts.market import FAR, Market
from critmin.contracts.others import StateFloor
from critmin.contracts.parties import Party, as_party
from critmin.contracts.result import gain_of, money
from critmin.contracts.terms import MAX_YEARS, Offtake, check_dials, check_limits
from critmin.contracts.valuation import Forecasts, forecasts_for, market_of
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import MAX_HORIZON, check_number
from critmin.internal.tables import significant
from critmin.posterior import Posterior
from critmin.results.forecasts import Forecast
from critmin.results.request import What
from critmin.units import BASE_YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIALS = ("price", "floor", "cap")
COARSE = 12
"""Points a dial when ways to open an empty zone are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """Gains of both parties over a grid of terms.

    Attributes
    ----------
    offtake : Offtake
    gains : Dataset
        ``seller`` and ``buyer``: certainty equivalent with the contract less that without it, over the
        dials, in real money; NaN where a floor would be above a cap.
    nash : dict or None
        Terms and gains where the product of both gains is largest (Nash 1950).
    kalai_smorodinsky : dict or None
        Where both get the largest equal share of the most that either could (Kalai and Smorodinsky 1975).
    openings : DataFrame
        If no terms leave both better off: what was tried instead, and what the worse off of the two
        would gain at best; above zero it opens the zone.
    provenance : dict

    Examples
    --------
    >>> from critmin.contracts import Fixed, Offtake, lognormal_forecast
    >>> deal = Offtake("nickel", 100, 2026, 5, Fixed(16_000), basis="real")
    >>> found = deal.zone("price", forecast=lognormal_forecast("nickel", 16_000, 0.3, 5), points=9)
    >>> bool(found.both.any()), found.empty
    (True, False)
    """

    offtake: Offtake
    gains: xr.Dataset
    nash: dict[str, float] | None
    kalai_smorodinsky: dict[str, float] | None
    openings: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def empty(self) -> bool:
        """Whether no terms of the grid leave both better off."""
        return self.nash is None

    @property
    def both(self) -> NDArray[np.bool_]:
        """Where on the grid both gain."""
        return np.asarray((self.gains["seller"] > 0) & (self.gains["buyer"] > 0))

    def summary(self) -> pd.DataFrame:
        """The two points of agreement, and the range of terms in which both gain.

        Returns
        -------
        DataFrame
            By ``Nash``, ``Kalai-Smorodinsky``, ``lowest`` and ``highest``; columns the dials and both
            gains. Empty if the zone is.
        """
        dials = [str(name) for name in self.gains.dims]
        if self.nash is None or self.kalai_smorodinsky is None:
            return pd.DataFrame(columns=[*dials, "seller", "buyer"], dtype=float)
        rows = {"Nash": self.nash, "Kalai-Smorodinsky": self.kalai_smorodinsky}
        inside = self.gains.where(self.both).to_dataframe().dropna().reset_index()
        rows["lowest"], rows["highest"] = inside.min().to_dict(), inside.max().to_dict()
        table = pd.DataFrame(rows).T[[*dials, "seller", "buyer"]]
        table.attrs |= self.gains["seller"].attrs
        return table

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the zone; see `critmin.contracts.plots.plot_zone`."""
        from critmin.contracts.plots import plot_zone

        return plot_zone(self, ax=ax)

    def say(self) -> str:
        """What the zone comes to, in one sentence.

        Returns
        -------
        str
        """
        if self.nash is not None:
            where = ", ".join(
                f"{name} {significant(self.nash[str(name)], 4)}" for name in self.gains.dims
            )
            return (
                f"Both gain over {self.both.sum() / np.isfinite(self.gains['seller']).sum().item():.0%} of "
                f"the terms tried; they might meet at {where}, where the seller gains "
                f"{money(self.nash['seller'])} and the buyer {money(self.nash['buyer'])} "
                f"({self.gains['seller'].attrs['words']})."
            )
        opened = self.openings[self.openings["worse off gains"] > 0]
        if opened.empty:
            return (
                "No terms leave both better off, and none of the ways tried would open the zone: "
                + ("; ".join(map(str, self.openings.index)) + ".")
            )
        return "No terms leave both better off; this would open the zone: " + (
            "; ".join(map(str, opened.index)) + "."
        )

    def __repr__(self) -> str:
        """What it comes to."""
        return f"Zone({self.say()})"


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
    nash, kalai = agreements(gains)
    openings = pd.DataFrame({"worse off gains": []}, dtype=float)
    if nash is None:
        longer = min(2 * offtake.years, MAX_YEARS)
        if forecast is None:  # as far as a longer term needs it
            origin = int(chosen[offtake.minerals[0]].provenance["origin"])
            last = min(offtake.start + longer - 1, origin + MAX_HORIZON)
            chosen = forecasts_for(
                offtake, None, scenario=scenario, posterior=posterior, seed=seed, last=last
            )
        openings = _openings(offtake, dials, parties, chosen, discount)
    provenance = {**chosen[offtake.minerals[0]].provenance, "discount": discount, "points": points}
    return Zone(offtake, gains, nash, kalai, openings, provenance)


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
        spared = factors @ run.security if run.security.any() else 0.0
        for side, party, extra in (("seller", parties[0], 0.0), ("buyer", parties[1], spared)):
            gain = factors @ run.flows[side] + extra
            whole[side][at] = gain_of(party, side, spot_value, gain, before[side])
    units = {"units": goods.currency, "words": f"{goods.currency} of {BASE_YEAR}"}
    return xr.Dataset({side: (dials, each, units) for side, each in whole.items()}, coords=grids)


def agreements(gains: xr.Dataset) -> tuple[dict[str, float] | None, dict[str, float] | None]:
    """Nash's and Kalai and Smorodinsky's points of a grid of gains, None if both gain nowhere.

    Parameters
    ----------
    gains : Dataset
        ``seller`` and ``buyer`` over the same dials.

    Returns
    -------
    tuple of two dicts or None
        Terms and gains.
    """
    seller, buyer = gains["seller"].values, gains["buyer"].values
    both = (seller > 0) & (buyer > 0)
    if not both.any():
        return None, None
    product_ = np.where(both, seller * buyer, -np.inf)
    most = seller[both].max(), buyer[both].max()
    shares = np.where(both, np.minimum(seller / most[0], buyer / most[1]), -np.inf)

    def told(scores: Floats) -> dict[str, float]:
        at = np.unravel_index(int(np.argmax(scores)), scores.shape)
        terms = {
            str(name): float(gains[name].values[i]) for name, i in zip(gains.dims, at, strict=True)
        }
        return {**terms, "seller": float(seller[at]), "buyer": float(buyer[at])}

    return told(product_), told(shares)


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
