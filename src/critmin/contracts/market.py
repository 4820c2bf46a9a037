"""What a contract is settled on: prices of a forecast, draw by draw, in the contract's money and unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from critmin.contracts.amounts import Amount, Goods, several
from critmin.data.money import real_factor
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.internal.checks import MAX_HORIZON
from critmin.results.forecasts import Forecast
from critmin.units import TONNES, currency_rate

INDICES = ("market", "marginal", "inside", "fair")
"""Indices that a price may follow; each needs its ``*_price`` in the forecast's draws."""

FAR = 100.0
"""An amount without a unit this many times off the price is refused."""


@dataclass(slots=True, eq=False)
class Market:
    """Prices and supply over a contract's years, by year (Y) and sample (S).

    Attributes
    ----------
    goods : Goods
    basis : {"nominal", "real"}
        Whether the contract's amounts stay or rise with inflation.
    years : array (Y,)
    offset : int
        Position of the first of them in the forecast.
    deflator : array (H,)
        Nominal per real money, by year of the forecast.
    prices : dict of str to array (H, S)
        Nominal money per tonne of what is sold, by index, over the whole forecast.
    forecasts : tuple of Forecast
        One a mineral.
    marks : dict of str to array (Y, S) of bool, or None
        Where each clause binds, if that is asked for.
    typical : float
        Median market price of the first year, against which amounts without a unit are held.
    drawn : dict
        What was read from the draws once and is asked for again.
    """

    goods: Goods
    basis: str
    years: Ints
    offset: int
    deflator: Floats
    prices: dict[str, Floats]
    forecasts: tuple[Forecast, ...]
    marks: dict[str, Bools] | None = None
    typical: float = 0.0
    drawn: dict[tuple[str, ...], Floats] = field(default_factory=dict)

    @property
    def money(self) -> Floats:
        """Nominal per real money (Y, 1) in the contract's years."""
        return self.deflator[self.offset : self.offset + len(self.years), None]

    @property
    def spot(self) -> Floats:
        """Market price (Y, S)."""
        return self.index("market")

    @property
    def samples(self) -> int:
        """Number of draws."""
        return int(self.prices["market"].shape[1])

    def index(self, name: str, lag: int = 0) -> Floats:
        """An index (Y, S) as it stood some years before each year of the contract.

        Raises
        ------
        UnknownNameError
            If there is no such index.
        CritminError
            If the forecast does not have it, or begins too late.
        """
        if name not in INDICES:
            raise UnknownNameError.of("index", name, INDICES)
        if name not in self.prices:
            bare = [f.mineral for f in self.forecasts if f"{name}_price" not in f.draws]
            raise CritminError(
                f"{' and '.join(bare)}: no {name} price, because in this forecast no country's export "
                f"restrictions part the market in two; take Indexed('market'), or one of "
                f"{', '.join(self.prices)}"
            )
        first = self.offset - lag
        if first < 0:
            raise CritminError(
                f"an index that reaches {lag} years back needs prices of {self.years[0] - lag}, but "
                f"the forecast begins in {self.years[0] - self.offset}: start in "
                f"{self.years[0] - first} or later"
            )
        return self.prices[name][first : first + len(self.years)]

    def amount(self, given: Amount, name: str, *, small: bool = False) -> Floats:
        """Nominal money per tonne (Y, 1) of an amount of the contract.

        Raises
        ------
        CritminError
            If it has no unit and is `FAR` times off the price, above it only if `small`.
        """
        amounts = several(given, name)
        if len(amounts) not in (1, len(self.years)):
            raise CritminError(
                f"{name} has {len(amounts)} amounts for {len(self.years)} years of the contract"
            )
        found = np.empty(len(amounts))
        for i, each in enumerate(amounts):
            found[i], told = self.goods.price(each, name)
            if not told and found[i] > 0:
                self._plausible(each, found[i], name, small)
        column = np.broadcast_to(found, len(self.years))[:, None]
        return self.inflated(column)

    def inflated(self, amounts: Floats) -> Floats:
        """Nominal money (Y, ...) of the contract's amounts, which rise with inflation if real."""
        return amounts * self.money if self.basis == "real" else amounts

    def _plausible(self, given: object, per_tonne: float, name: str, small: bool) -> None:
        ratio = per_tonne / self.typical
        if ratio < FAR and (small or ratio > 1 / FAR):
            return
        told = float(per_tonne * self.goods.mass())
        fits = [m for m in TONNES if 0.1 < told / (self.typical * TONNES[m]) < 10]
        hint = f"; did you mean '{given} {self.goods.currency}/{fits[0]}'?" if fits else ""
        price = self.typical * self.goods.mass()
        raise CritminError(
            f"{name} of {given} {self.goods.currency} per {self.goods.title()} is {ratio:,.3g} times "
            f"the price, {price:,.4g}: write it with its unit{hint}"
        )

    def cost(self, component: str | None = None) -> Floats:
        """Nominal cost of a component, or all (Y, S), of the marginal producer per tonne sold.

        Raises
        ------
        CritminError
            If the draws of the forecast hold no cost.
        """
        key = ("cost", component or "")
        if key in self.drawn:
            return self.drawn[key]
        whole = np.zeros((len(self.years), self.samples))
        for share, content, each in zip(
            self.goods.mix, self.goods.contents(), self.forecasts, strict=True
        ):
            if "cost" not in each.draws:
                raise CritminError(f"the forecast of {each.mineral} holds no cost by component")
            cost = self._within(each, "cost", "component")
            if component is None:
                chosen = cost.sum(axis=0)
            else:
                names = [str(c) for c in each.draws["component"].values]
                if component not in names:
                    raise UnknownNameError.of("component of cost", component, names)
                chosen = cost[names.index(component)]
            whole += share * content * chosen / self._within(each, "scale")[:, None]
        self.drawn[key] = whole * self.money * currency_rate(self.goods.currency)
        return self.drawn[key]

    def country(self, name: str, code: str) -> Floats:
        """A quantity (Y, S) of a country: ``"production"`` or ``"withheld"``, of the first mineral.

        Raises
        ------
        CritminError
            If the country is not among the producers told apart.
        """
        if (name, code) in self.drawn:
            return self.drawn[name, code]
        draws = self.forecasts[0].draws
        known = draws["country"].values.tolist()
        if code not in known:
            raise CritminError(
                f"{code} is not among the producers of {self.forecasts[0].mineral} that are told "
                f"apart: {', '.join(known)}"
            )
        values = self._within(self.forecasts[0], name, "country")
        return self._kept((name, code), values[known.index(code)])

    def lost(self) -> Floats:
        """Share of world supply (Y, S) that restrictions withhold, of the first mineral."""
        if ("lost",) in self.drawn:
            return self.drawn["lost",]
        output, supply = (
            self._within(self.forecasts[0], name, "country").sum(axis=0)
            for name in ("production", "supply")
        )
        return self._kept(("lost",), 1 - supply / output)

    def _within(self, forecast: Forecast, name: str, first: str = "") -> Floats:
        """A variable of a forecast in the contract's years (..., Y, S), without a copy."""
        values = forecast.draws[name].transpose(*(first,) * bool(first), "year", ...).values
        when = slice(self.offset, self.offset + len(self.years))
        return np.asarray(values[:, when] if first else values[when])

    def output(self, mineral: int, country: str | None = None) -> float:
        """Median output of a country, or of the world, in the first year: tonnes of the element."""
        known = self.forecasts[mineral].draws["country"].values.tolist()
        values = self._within(self.forecasts[mineral], "production", "country")[:, 0]
        return float(np.median(values[known.index(country)] if country else values.sum(axis=0)))

    def _kept(self, name: tuple[str, ...], values: Floats) -> Floats:
        if not np.isfinite(values).all():
            raise CritminError(
                f"{self.forecasts[0].mineral}: no production by country is known, so delivery cannot "
                "be tied to it"
            )
        self.drawn[name] = np.ascontiguousarray(values)
        return self.drawn[name]

    def mark(self, name: str, where: Bools) -> None:
        """Note where a clause binds."""
        if self.marks is not None:
            shape = (len(self.years), self.samples)
            self.marks[name] = self.marks.get(name, np.zeros(shape, bool)) | where


def market(
    goods: Goods,
    start: int,
    years: int,
    forecasts: Mapping[str, Forecast],
    basis: str = "nominal",
) -> Market:
    """Bring forecasts into a contract's money, unit and years.

    Parameters
    ----------
    goods : Goods
    start, years : int
    forecasts : mapping of str to Forecast
        One for each mineral; they share their samples.
    basis : {"nominal", "real"}

    Raises
    ------
    CritminError
        If the forecasts do not cover these years and minerals.

    Examples
    --------
    >>> from critmin.contracts import lognormal_forecast
    >>> forecast = lognormal_forecast("nickel", 16_000, 0.2, 5)
    >>> sold = Goods(("nickel",), (1.0,), "lb", "EUR")
    >>> market(sold, 2027, 3, {"nickel": forecast}).spot.shape
    (3, 2000)
    """
    if missing := [n for n in goods.minerals if not isinstance(forecasts.get(n), Forecast)]:
        raise CritminError(f"the contract needs a forecast of {', '.join(missing)}")
    chosen = tuple(forecasts[name] for name in goods.minerals)
    known = chosen[0].draws["year"].values
    shapes = {(each.draws.sizes["sample"], tuple(each.draws["year"].values)) for each in chosen}
    if len(shapes) > 1:
        raise CritminError(
            "the minerals of a basket need forecasts with the same samples and years"
        )
    wanted = start + np.arange(years)
    if start < known[0]:
        raise CritminError(
            f"a contract from {start} begins before the forecast, whose data end in {known[0] - 1}: "
            f"start in {known[0]} or later"
        )
    if wanted[-1] > known[-1]:
        raise CritminError(
            f"the contract runs to {wanted[-1]}, the forecast to {known[-1]}: a horizon of "
            f"{wanted[-1] - known[0] + 1} years is needed"
        )
    deflator = 1 / real_factor(known)
    prices: dict[str, Floats] = {}
    for index in INDICES:
        if all(f"{index}_price" in each.draws for each in chosen):
            whole = np.zeros((len(known), chosen[0].draws.sizes["sample"]))
            for share, content, each in zip(goods.mix, goods.contents(), chosen, strict=True):
                values = each.draws[f"{index}_price"].transpose("year", "sample").values
                whole += share * content * values / each.draws["scale"].values[:, None]
            prices[index] = whole * deflator[:, None] * currency_rate(goods.currency)
    offset = int(start - known[0])
    typical = float(np.median(prices["market"][offset]))
    return Market(
        goods, basis, wanted, offset, deflator, prices, chosen, marks=None, typical=typical
    )


def horizon_to(last: int, origin: int) -> int:
    """Years of forecast that reach a contract's last year.

    Raises
    ------
    CritminError
        If that is beyond what critmin forecasts.
    """
    needed = last - origin
    if needed > MAX_HORIZON:
        raise CritminError(
            f"a contract to {last} needs {needed} years of forecast, at most {MAX_HORIZON} are possible"
        )
    return needed
