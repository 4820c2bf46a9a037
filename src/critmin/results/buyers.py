"""A buyer's view of a forecast: price in its money, suppliers, and what a disruption would cost."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import as_country
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import Prob, check_probabilities
from critmin.internal.tables import html_result, intervals, significant
from critmin.mineral import get_mineral
from critmin.results import storage
from critmin.results.request import Money
from critmin.results.storage import Stored
from critmin.simulation.streams import stream

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from critmin.results.forecasts import Forecast

EU: frozenset[str] = frozenset(
    "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU SVK "
    "SVN ESP SWE".split()
)

MONEY: dict[str, str] = {
    "USA": "USD",
    "EU": "EUR",
    "JPN": "JPY",
    "GBR": "GBP",
    "CHN": "CNY",
    "KOR": "KRW",
    "CAN": "CAD",
    "AUS": "AUD",
}
"""Money of buyers; members of the euro area have that of the EU, others pay in USD."""

EURO: frozenset[str] = EU - {"BGR", "CZE", "DNK", "HUN", "POL", "ROU", "SWE"}

HALF_LIFE = 4.0
"""Years in which half of a deviation of a real exchange rate is gone (Rogoff 1996, Journal of Economic
Literature 34: three to five years)."""

VOLATILITY = 0.10
"""Yearly standard deviation of the log real rate of a floating currency against the dollar: a round
figure for the years since 1973 (Mussa 1986, Carnegie-Rochester Conference Series 25, on their size)."""

MANAGED = {"CNY": 1 / 3, "USD": 0.0}
"""Part of that volatility which other currencies have; the Chinese rate is managed (judgement)."""


SHORTFALL = "expected shortfall"
"""Mean of the worst tail."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What a forecast means to a buyer.

    Attributes
    ----------
    mineral, buyer, currency : str
    draws : Dataset
        ``price`` (sample, year): the real price in the buyer's money, tariffs included; ``lost``
        (sample, year): the share of foreign supply that restrictions keep away; by country (sample,
        year) the ``share`` of what reaches the buyer's suppliers' market and the ``withheld`` share of
        each one's exports.
    provenance : dict
        As in `critmin.FairPrice`.
    """

    mineral: str
    buyer: str
    currency: str
    draws: xr.Dataset
    provenance: dict[str, Any]

    @property
    def units(self) -> str:
        """Unit of the price."""
        return str(self.draws["price"].attrs["units"])

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
            and the ``expected shortfall`` of both, the mean of the worst tail.
        """
        paid = self.draws["price"].transpose("sample", "year").values
        lost = self.draws["lost"].transpose("sample", "year").values
        tail = (1 + check_probabilities(prob)[-1]) / 2
        columns: dict[tuple[str, str], Any] = {
            ("price", label): row for label, row in intervals(paid, prob).items()
        }
        columns["price", SHORTFALL] = _tail_mean(paid, tail)
        columns["lost", "mean"] = lost.mean(axis=0)
        columns["lost", SHORTFALL] = _tail_mean(lost, tail)
        table = pd.DataFrame(columns, index=pd.Index(self.draws["year"].values, name="year"))
        table.attrs["units"] = self.units
        return table

    @property
    def suppliers(self) -> pd.DataFrame:
        """By country, largest first: share, share withheld, and the probability of more.

        ``share`` of what reaches the buyer's suppliers' market over the horizon, ``withholding``, the
        mean share of its exports it withholds, and ``probability`` that it withholds more than now in
        some year.
        """
        by_country = ("country", "sample", "year")
        share = self.draws["share"].transpose(*by_country).values
        withheld = self.draws["withheld"].transpose(*by_country).values
        more = (withheld > withheld[..., :1] + 1e-9).any(axis=2).mean(axis=1)
        countries = pd.Index([str(c) for c in self.draws["country"].values], name="country")
        return pd.DataFrame(
            {
                "share": share.mean(axis=(1, 2)),
                "withholding": withheld.mean(axis=(1, 2)),
                "probability": more,
            },
            index=countries,
        ).sort_values("share", ascending=False)

    def plot(self, ax: "Axes | None" = None, prob: Prob = (0.5, 0.9)) -> "Axes":
        """Draw the price paid; see `critmin.results.plots.plot_exposure`."""
        from critmin.results.plots import plot_exposure

        return plot_exposure(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": self.mineral, "buyer": self.buyer, "currency": self.currency}
        return Stored("Exposure", self.draws, self.provenance, about)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        mineral, buyer, currency = (str(stored.about[n]) for n in ("mineral", "buyer", "currency"))
        return cls(mineral, buyer, currency, stored.draws, stored.provenance)

    def to_datatree(self) -> xr.DataTree:
        """Hand over to ArviZ: group ``posterior_predictive`` with a single chain."""
        return storage.to_datatree(self._stored())

    def to_json(self, path: str | Path | None = None) -> str:
        """Write everything, draws included, as JSON text; see `critmin.results.storage.to_json`."""
        return storage.to_json(self._stored(), self.summary(), path)

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read what `to_json` wrote, bit for bit; see `critmin.results.storage.from_json`."""
        return cls._of(storage.from_json(source, "Exposure"))

    def to_netcdf(self, path: str | Path) -> Path:
        """Write everything as a netCDF file; see `critmin.results.storage.to_netcdf`."""
        return storage.to_netcdf(self._stored(), path)

    @classmethod
    def from_netcdf(cls, path: str | Path) -> Self:
        """Read what `to_netcdf` wrote, bit for bit; see `critmin.results.storage.from_netcdf`."""
        return cls._of(storage.from_netcdf(path, "Exposure"))

    def __repr__(self) -> str:
        """Price of the last year and the largest supplier."""
        row = self.summary(0.9)["price"].iloc[-1]
        low, middle, high = (significant(row[name]) for name in ("5%", "median", "95%"))
        first = self.suppliers.iloc[0]
        return (
            f"Exposure({self.buyer}, {self.mineral}; {self.draws['year'].values[-1]}: {middle} ({low} to "
            f"{high}, 90%) {self.units}; largest supplier {first.name} {first['share']:.0%}; "
            f"{self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        table = self.summary()
        flat = table.set_axis([" ".join(c) for c in table.columns], axis=1)
        title = f"{self.buyer}, {self.mineral}: price and supply lost, {self.units}"
        return html_result(title, flat, str(self.provenance["data"]))


def exchange_rate(currency: str, size: int, horizon: int, seed: int) -> Floats:
    """Real units of a currency per dollar relative to today's, (sample, year).

    Its log returns to zero with `HALF_LIFE`, with shocks of `VOLATILITY`.
    """
    scale = VOLATILITY * MANAGED.get(currency, 1.0)
    keep = 0.5 ** (1 / HALF_LIFE)
    shocks = scale * stream(seed, f"exchange rate: {currency}").standard_normal((horizon, size))
    log = np.zeros((size, horizon))
    level = np.zeros(size)
    for h in range(horizon):
        level = keep * level + shocks[h]
        log[:, h] = level
    rate: Floats = np.exp(log)
    return rate


def buyers_money(buyer: str) -> str:
    """Currency of a country or bloc, by its code."""
    return MONEY["EU"] if buyer == "EU" or buyer in EURO else MONEY.get(buyer, "USD")


def _tail_mean(values: Floats, prob: float) -> Floats:
    """Mean of the largest share ``1 - prob`` of values (sample, year)."""
    count = max(round((1 - prob) * len(values)), 1)
    worst: Floats = np.sort(values, axis=0)[-count:].mean(axis=0)
    return worst


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
    Trade flows are not in the data: a buyer is taken to buy from every foreign producer in
    proportion to what it brings to market. A tariff raises the buyer's price by its rate times that
    share, as if nobody re-routed metal; with re-routing it would be less.
    """
    buyer = "EU" if buyer == "EU" else as_country(buyer, "buyer")
    own = buyers_money(buyer)
    money = Money(own if currency is None else currency, "real", unit)
    draws = forecast.draws
    about = get_mineral(forecast.mineral)
    members = EU if buyer == "EU" else frozenset({buyer})
    foreign = [str(c) for c in draws["country"].values if str(c) not in members]
    if not foreign:
        raise CritminError(f"{forecast.mineral}: all that is known is produced by {buyer} itself")
    by_country = ("country", "sample", "year")
    sold = draws["production"].sel(country=foreign).transpose(*by_country).values
    if not np.isfinite(sold).all():
        raise CritminError(f"{forecast.mineral}: no production by country is known")
    withheld = draws["withheld"].sel(country=foreign).transpose(*by_country).values
    market = (sold * (1 - withheld)).sum(axis=0)
    years = draws["year"].values
    request: dict[str, Any] = forecast.provenance["request"]
    share = sold * (1 - withheld) / market

    duty = np.ones_like(market)
    for exporter, rate in forecast.scenario.tariffs(forecast.mineral, buyer, years).items():
        if exporter in foreign:
            duty += rate * share[foreign.index(exporter)]
    path = forecast.scenario.exchange_rate(len(years))
    if path is None:
        path = exchange_rate(money.currency, len(market), len(years), request["seed"])
    dollars = (draws["market_price"] / draws["scale"]).transpose("sample", "year").values
    paid = dollars * duty * path * money.scale(about, years)
    dims = ("sample", "year")
    found = xr.Dataset(
        {
            "price": (dims, paid, {"units": f"{money.words(about)}, tariffs included"}),
            "lost": (dims, (sold * withheld).sum(axis=0) / sold.sum(axis=0), {"units": "1"}),
            "share": (by_country, share, {"units": "1"}),
            "withheld": (by_country, withheld, {"units": "1"}),
        },
        coords={"country": foreign, "year": years},
    )
    provenance = {**forecast.provenance, "buyer": buyer}
    return Exposure(forecast.mineral, buyer, money.currency, found, provenance)
