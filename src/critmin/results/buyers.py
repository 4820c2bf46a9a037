"""A buyer's view of a forecast: price in its money, suppliers, and what a disruption would cost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.catalogue import catalog
from critmin.data.countries import as_buyer
from critmin.data.trade import EU
from critmin.internal.checks import Prob, check_probabilities
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals, significant
from critmin.mineral import get_mineral
from critmin.results.currencies import buyers_money, exchange_rate
from critmin.results.deliveries import (
    REROUTED,
    by_trade,
    by_world_supply,
    rerouted,
    supplier_table,
    tail_mean,
)
from critmin.results.request import Money
from critmin.trade import Replacement, Suppliers, replacement, second_hand, suppliers, unit_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from critmin.results.forecasts import Forecast

Basis = Literal["trade", "world supply"]

TODAY = ("share", "recorded_share", "at_least", "at_most", "value", "tonnes", "unit_value")
TRADE = ("cepii-baci", "un-comtrade-imports")

SHORTFALL = "expected shortfall"
"""Mean of the worst tail."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure(Saved):
    """What a forecast means to a buyer.

    Attributes
    ----------
    mineral, buyer, currency : str
    draws : Dataset
        ``price`` (sample, year): the real price in the buyer's money, tariffs included; where the
        buyer's own country has the main fence, the price inside; ``lost``
        (sample, year): the share of the buyer's supply that restrictions keep away, against a world
        without any; by country (sample, year) the ``share`` of what arrives, the ``withheld`` share of
        what each one has for the buyer, and ``missing``, what it so takes from the buyer's whole;
        ``withheld_now`` (country, sample), the withheld share at the forecast's origin.
        Small suppliers are joined as "ROW"; ``moves_with`` (country) names whose output each follows.
    provenance : dict
        As in `critmin.FairPrice`.
    trade : dict
        What the shares stand on: ``basis`` ("trade" or "world supply"), ``year``, ``stage``, ``hs``,
        ``material``, ``clean``, ``transit``, ``value`` (USD of imports), ``note``.
    today : DataFrame
        Index country, of the trade's year: share, recorded_share (before transit places were traced),
        at_least and at_most (one step back, `critmin.trade.second_hand`), value (USD), tonnes and
        unit_value (what customs saw paid, USD a tonne of product, NaN where not known). Empty without
        trade.

    See Also
    --------
    critmin.Forecast.exposure : Makes one.
    critmin.trade.suppliers : Who supplies a buyer.
    critmin.trade.replacement : Who could take over.

    References
    ----------
    Rockafellar and Uryasev (2000), Journal of Risk 2, on the mean of the worst.

    Examples
    --------
    >>> from critmin import forecast
    >>> japan = forecast("lithium", 5).exposure("JPN")
    >>> japan.currency, japan.basis
    ('JPY', 'trade')
    """

    mineral: str
    buyer: str
    currency: str
    draws: xr.Dataset
    provenance: dict[str, Any]
    trade: dict[str, Any]
    today: pd.DataFrame

    @property
    def basis(self) -> Basis:
        """Whether suppliers are the buyer's own by trade, or those of the world."""
        return "trade" if self.trade["basis"] == "trade" else "world supply"

    @property
    def units(self) -> str:
        """Unit of the price."""
        return str(self.draws["price"].attrs["words"])

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Price and lost supply by year.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals; the tail of the expected shortfall is the half of what the
            widest leaves out (Rockafellar and Uryasev 2000, Journal of Risk 2).

        Returns
        -------
        DataFrame
            By year; columns (quantity, statistic): median and bounds of ``price``, the mean of ``lost``,
            the ``expected shortfall`` of both, the mean of the worst tail, and the ``basis`` of lost.
        """
        paid = self.draws["price"].transpose("sample", "year").values
        lost = self.draws["lost"].transpose("sample", "year").values
        tail = (1 + check_probabilities(prob)[-1]) / 2
        columns: dict[tuple[str, str], Any] = {
            ("price", label): row for label, row in intervals(paid, prob).items()
        }
        columns["price", SHORTFALL] = tail_mean(paid, tail)
        columns["lost", "mean"] = lost.mean(axis=0)
        columns["lost", SHORTFALL] = tail_mean(lost, tail)
        columns["lost", "basis"] = self.basis
        table = pd.DataFrame(columns, index=pd.Index(self.draws["year"].values, name="year"))
        table.attrs |= self.draws["price"].attrs
        return table

    @property
    def suppliers(self) -> pd.DataFrame:
        """By supplier, largest first: share, and how likely and how bad a stop is.

        Columns: ``share`` of what arrives and ``withholding``, means over the horizon; ``probability``
        that it withholds more than at the forecast's origin in some year, by a twentieth of what it has
        or more (of one that moves with the world: that the world's restrictions keep so much from it); in
        the years in which it does, ``lost``, the share of the buyer's supply that it keeps away, and
        ``price_ratio``, the price paid on the rest over that of draws without its stop (NaN where stops
        are too few or in all draws); ``expected_loss``, the share it keeps away in the mean of all years;
        ``moves_with``, whose output it follows. A buyer is taken to lose what is withheld: nobody makes it
        up; `replacement` says who could.
        """
        return supplier_table(self.draws)

    def replacement(
        self,
        supplier: str | None = None,
        *,
        growth: float = 0.25,
        stock: float = 0.0,
        years: int = 3,
    ) -> Replacement:
        """Who else could deliver what a supplier does; see `critmin.trade.replacement`.

        Examples
        --------
        >>> from critmin import forecast
        >>> plan = forecast("magnesium", 2).exposure("JPN").replacement("CHN")
        >>> plan.table["taken"].idxmax(), bool(plan.unmet > 0.3)
        ('ISR', True)
        """
        return replacement(
            self.mineral,
            self.buyer,
            supplier,
            growth=growth,
            stock=stock,
            years=years,
            year=self.trade["year"],
        )

    def plot(self, ax: "Axes | None" = None, prob: Prob = (0.5, 0.9)) -> "Axes":
        """Draw the price paid; see `critmin.results.plots.plot_exposure`."""
        from critmin.results.plots import plot_exposure

        return plot_exposure(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": self.mineral, "buyer": self.buyer, "currency": self.currency}
        tables = {} if self.today.empty else {"today": self.today}
        return Stored(
            "Exposure", self.draws, self.provenance, {**about, "trade": self.trade}, tables
        )

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        mineral, buyer, currency = (str(stored.about[n]) for n in ("mineral", "buyer", "currency"))
        today = stored.tables.get("today", _no_trade())
        today = today.set_axis(today.index.astype("str"))
        trade = dict(stored.about["trade"])
        return cls(mineral, buyer, currency, stored.draws, stored.provenance, trade, today)

    def __str__(self) -> str:
        """What the shares stand on, in a sentence or two."""
        trade = self.trade
        if self.basis == "trade":
            what = f"HS {trade['hs']} {trade['material']} ({trade['clean']})"
            traced = "transit places traced" if trade["transit"] == "corrected" else "as recorded"
            return f"Suppliers of {self.buyer} by trade of {trade['year']}, {what}, {traced}."
        code = f"HS {trade['hs']}: " if trade["hs"] else ""
        return (
            f"Shares of world supply: no data on whom {self.buyer} buys {self.mineral} from "
            f"({code}{trade['note']})."
        )

    def __repr__(self) -> str:
        """Price of the last year and the largest supplier."""
        row = self.summary(0.9)["price"].iloc[-1]
        low, middle, high = (significant(row[name]) for name in ("5%", "median", "95%"))
        first = self.suppliers.iloc[0]
        hs = f" of {self.trade['year']}, HS {self.trade['hs']}" if self.basis == "trade" else ""
        return (
            f"Exposure({self.buyer}, {self.mineral}; {self.draws['year'].values[-1]}: {middle} ({low} to "
            f"{high}, 90%) {self.units}; largest supplier by {self.basis}{hs}: {first.name} "
            f"{first['share']:.0%}; {self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        table = self.summary()
        title = f"{self.buyer}, {self.mineral}: price and supply lost, {self.units}"
        data = str(self.provenance["data"])
        return html_result(title, table, data) + html_result("Suppliers", self.suppliers, str(self))


def exposure(
    forecast: "Forecast", buyer: str, *, currency: str | None = None, unit: str = "t"
) -> Exposure:
    """Turn a forecast into a buyer's.

    Parameters
    ----------
    forecast : Forecast
    buyer : str
        ISO 3166 alpha-3 code or name, or ``"EU"``.
    currency : str, optional
        The buyer's own by default.
    unit : str
        Of the price, as in `critmin.fair_price`.

    Raises
    ------
    UnknownNameError
        If there is no such buyer.
    CritminError
        If no producer can be told apart.

    Notes
    -----
    Suppliers are the buyer's by the last year of trade (`critmin.trade.suppliers`), each moved with its
    simulated output and restrictions (`critmin.results.deliveries.by_trade`). Without a clean code or
    imports the buyer is taken to buy from every foreign producer in proportion to its output: ``basis``
    says so. Either way nobody makes up for what is withheld, so that ``lost`` is an upper bound but for
    restrictions in force in the year of the trade, which have lowered that supplier's share already. A
    tariff raises the buyer's price by its rate times the supplier's share, as if nobody re-routed. Where a
    seller bans this buyer alone, others that sell elsewhere turn to it (`critmin.trade.reroute`), which
    costs `critmin.results.deliveries.REROUTED` on the share that changes hands; what they do not have is
    lost. Without trade data all of it is taken to come by third places, at that cost.
    """
    buyer = as_buyer(buyer)
    money = Money(buyers_money(buyer) if currency is None else currency, "real", unit)
    draws = forecast.draws
    about = get_mineral(forecast.mineral)
    found = suppliers(buyer, forecast.mineral)
    if found.status == "data":
        part = by_trade(forecast, found)
    else:
        part = by_world_supply(forecast, EU if buyer == "EU" else frozenset({buyer}))
    years = draws["year"].values
    bans = forecast.scenario.bans(forecast.mineral, buyer, years)
    part, detour = rerouted(part, bans, found)
    duty = 1 + detour * np.expm1(REROUTED)
    share = part.share
    for exporter, rate in forecast.scenario.tariffs(forecast.mineral, buyer, years).items():
        if exporter in part.countries:
            duty += rate * share[part.countries.index(exporter)]
    path = forecast.scenario.exchange_rate(len(years))
    if path is None or money.currency == "USD":  # a dollar costs a dollar
        seed = forecast.provenance["request"]["seed"]
        path = exchange_rate(money.currency, len(duty), len(years), seed)
    side = "market_price"
    if draws.attrs.get("fence") == buyer:  # its own producers sell there, without tariffs
        side, duty = "inside_price", np.ones_like(duty)
    dollars = (draws[side] / draws["scale"]).transpose("sample", "year").values
    paid = dollars * duty * path * money.scale(about, years)
    shown, price = part.joined(), money.attrs(about)
    dims, by_country = ("sample", "year"), ("country", "sample", "year")
    dataset = xr.Dataset(
        {
            "price": (dims, paid, {**price, "words": f"{price['words']}, tariffs included"}),
            "lost": (dims, part.missing.sum(axis=0), {"units": "1"}),
            "share": (by_country, shown.share, {"units": "1"}),
            "withheld": (by_country, shown.withheld, {"units": "1"}),
            "missing": (by_country, shown.missing, {"units": "1"}),
            "withheld_now": (("country", "sample"), shown.now, {"units": "1"}),
        },
        coords={
            "country": shown.countries,
            "moves_with": ("country", shown.moves_with),
            "year": years,
        },
    )
    licences = catalog()["licence"]
    used = {name: str(licences[name]) for name in TRADE} if found.status == "data" else {}
    provenance = {**forecast.provenance, "buyer": buyer}
    provenance["datasets"] = {**provenance["datasets"], **used}
    return Exposure(
        forecast.mineral,
        buyer,
        money.currency,
        dataset,
        provenance,
        _standing(found, bool(bans)),
        _today(found) if found.status == "data" else _no_trade(),
    )


def _standing(found: Suppliers, banned: bool) -> dict[str, Any]:
    """What the shares stand on, as plain values."""
    note = found.note
    if banned and found.status != "data":
        note += "; what is banned is taken to come by third places"
    return {
        "basis": "trade" if found.status == "data" else "world supply",
        "year": found.year,
        "stage": found.stage,
        "hs": found.hs,
        "material": found.material,
        "clean": found.clean,
        "transit": found.transit,
        "value": float(found.table["value"].sum()),
        "note": note,
    }


def _today(found: Suppliers) -> pd.DataFrame:
    """What trade says of a buyer's suppliers and of who stands behind them."""
    behind = second_hand(found.buyer, found.mineral, year=found.year)[["at_least", "at_most"]]
    table = found.table.join(behind, how="outer")
    paid = unit_values(found.buyer, found.mineral)[["tonnes", "unit_value"]]
    table = table.join(paid).rename_axis("country")
    shares = ["share", "recorded_share", "at_least", "at_most", "value"]
    table[shares] = table[shares].fillna(0.0)
    return table.sort_values(["share", "at_most"], ascending=False)[list(TODAY)]


def _no_trade() -> pd.DataFrame:
    return pd.DataFrame(
        columns=list(TODAY), index=pd.Index([], name="country", dtype="str"), dtype=float
    )
