"""`Project`: whether a mine is financed, with and without a contract, on the same draws."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from critmin.contracts.amounts import LARGEST, Amount, Goods, several
from critmin.contracts.finances import Finance
from critmin.contracts.market import FAR, Market, market
from critmin.contracts.terms import Offtake
from critmin.contracts.valuation import Forecasts, forecasts_for, market_of, settled
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number

ASSUMPTION = (
    "All in real money, discounted to the start of construction; capex is written off in equal parts over "
    "the life. Tax ignores interest. Reserve accounts, working capital and closure are left out."
)

COVER = 1.3
"""Debt service cover that sizes debt, in the tenth percentile."""


@dataclass(frozen=True, slots=True)
class Project:
    """A mine or plant behind a contract.

    Attributes
    ----------
    capacity : float or str
        Tonnes a year of what the contract sells.
    capex : float or str
        Money, such as ``"400 million USD"``, spent in equal parts over the years of construction, which
        are those before the contract's start. Real.
    cost : float, str or tuple, optional
        Operating cost per unit of the contract, real; by default that of the marginal producer in the
        forecast without capital, draw by draw.
    build : int
        Years of construction.
    ramp : tuple of float
        Shares of capacity in the first years.
    life : int
        Years of production.
    tax, royalty : float
        Of profit (losses are carried forward) and of revenue.
    debt : float
        Share of capex that is borrowed.
    rate : float
        Real yearly rate of the loan.
    tenor : int
        Years of the loan, from the first of production.
    grace : int
        First of these years, in which only interest is paid; equal payments follow.
    discount : float
        Real yearly rate.

    See Also
    --------
    critmin.contracts.Finance : What ``finance`` gives.
    critmin.contracts.Offtake : The contract that pays for it.

    Notes
    -----
    All in real money: capex is written off in equal parts over the life, and inflation does not erode
    it. Tax ignores interest, which understates cover. Reserve accounts, working capital and closure
    are left out.

    Examples
    --------
    >>> Project(20_000, "500 million USD", cost="11 USD/kg", tenor=10).grace
    1
    """

    capacity: float | str
    capex: float | str
    cost: Amount | None = None
    build: int = 2
    ramp: tuple[float, ...] = (0.5, 0.8)
    life: int = 15
    tax: float = 0.25
    royalty: float = 0.0
    debt: float = 0.6
    rate: float = 0.06
    tenor: int = 8
    grace: int = 1
    discount: float = 0.08

    def __post_init__(self) -> None:
        check_number(self.build, "build", 1, 15, integer=True)
        check_number(self.life, "life", 1, 40, integer=True)
        check_number(self.tenor, "tenor", 1, self.life, integer=True)
        check_number(self.grace, "grace", 0, self.tenor - 1, integer=True)
        for name in ("tax", "royalty", "debt"):
            check_number(getattr(self, name), name, 0, 1)
        for name in ("rate", "discount"):
            check_number(getattr(self, name), name, 0, 1)
        if not isinstance(self.ramp, tuple | list):
            raise CritminError(f"ramp must be shares of the first years, got {self.ramp!r:.80}")
        for share in self.ramp:
            check_number(share, "ramp", 0, 1)

    def finance(
        self, offtake: Offtake, forecast: Forecasts | None = None, *, seed: int = 0
    ) -> "dict[str, Finance]":
        """The mine ``"without"`` the contract, all sold at the market price, and ``"with"`` it.

        Parameters
        ----------
        offtake : Offtake
            What is not sold under it is sold at the market price.
        forecast : Forecast or mapping of str to Forecast, optional
            As long as the mine lives; made if not given.
        seed : int

        Returns
        -------
        dict of str to Finance

        Raises
        ------
        CritminError
            If the contract's volumes are beyond the mine's capacity, or the forecast is too short.

        Examples
        --------
        >>> from critmin.contracts import Floor, Offtake, lognormal_forecast
        >>> deal = Offtake("nickel", 20_000, 2028, 10, Floor(15_000), basis="real")
        >>> mine = Project(20_000, "900 million USD", cost=9_000, ramp=(), life=12)
        >>> found = mine.finance(deal, lognormal_forecast("nickel", 16_000, 0.25, 14))
        >>> found["with"].default_probability() < found["without"].default_probability()
        True
        """
        setting, chosen = self._setting(offtake, forecast, seed)
        said = self._provenance(offtake, chosen)
        return {
            "without": self._financed(setting, 0.0, said),
            "with": self._financed(setting, self._gain(offtake, chosen), said, "with"),
        }

    def smallest_floor(
        self,
        offtake: Offtake,
        forecast: Forecasts | None = None,
        *,
        probability: float = 0.9,
        seed: int = 0,
    ) -> float:
        """Smallest floor of the contract at which the loan is served in full with a probability.

        Parameters
        ----------
        offtake : Offtake
            With a floor in its price.
        forecast : Forecast or mapping of str to Forecast, optional
        probability : float
        seed : int

        Returns
        -------
        float
            In the contract's unit and currency; 0 if the mine needs none.

        Raises
        ------
        CritminError
            If no floor is enough.
        """
        check_number(probability, "probability", 0, 1)
        setting, chosen = self._setting(offtake, forecast, seed)

        def served(floor: float) -> float:
            gain = self._gain(offtake.turned({"floor": floor}), chosen)
            return 1 - self._financed(setting, gain, {}).default_probability()

        goods, far = setting.goods, 0.99 * FAR  # what a plain amount may be off the price
        caps = several(offtake.price.dials().get("cap", LARGEST), "cap")
        highest = min(goods.price(each, "cap")[0] for each in caps) * (1 - 1e-9)  # rounding
        dear = min(float(np.quantile(setting.spot, 0.999)), far * setting.typical)
        high, low = (each * goods.mass() for each in (min(dear, highest), setting.typical / far))
        if served(low) >= probability:
            return 0.0
        if served(high) < probability:
            raise CritminError(
                f"no floor up to {high:,.4g} serves the loan with a probability of {probability:.0%}: it "
                f"covers {offtake.tonnes().max():,.6g} t a year for {offtake.years} years of a loan of "
                f"{self.tenor}; take more volume, a longer term, or less debt"
            )
        while high / low > 1.0005:
            middle = (low * high) ** 0.5
            low, high = (low, middle) if served(middle) >= probability else (middle, high)
        return high

    def _setting(
        self, offtake: Offtake, forecast: Forecasts | None, seed: int
    ) -> "tuple[Market, Mapping[str, Any]]":
        goods = offtake.goods
        capacity, wanted = self._tonnes(goods), offtake.most_tonnes()
        made = capacity[: len(wanted)]
        if len(wanted) > self.life or (wanted > made * (1 + 1e-9)).any():
            year = int(np.argmax(wanted[: len(made)] > made)) if len(made) else 0
            raise CritminError(
                f"the contract's {wanted[year]:,.6g} t in {offtake.start + year} for {offtake.years} years "
                f"is beyond what the mine makes: {made[year]:,.6g} t in that year, {self.life} years long"
            )
        chosen = forecasts_for(offtake, forecast, seed=seed, last=offtake.start + self.life - 1)
        return market(goods, offtake.start, self.life, chosen, offtake.basis), chosen

    def _tonnes(self, goods: Goods) -> Floats:
        whole = np.full(self.life, goods.tonnes(self.capacity, "capacity"))
        for i, share in enumerate(self.ramp[: self.life]):
            whole[i] *= share
        return whole

    def _gain(self, offtake: Offtake, chosen: Mapping[str, Any]) -> Floats:
        """What the seller gains by the contract (life, sample), in real money."""
        run = settled(offtake, market_of(offtake, chosen), self.discount)
        gain = run.flows["seller"]
        return np.vstack([gain, np.zeros((self.life - len(gain), gain.shape[1]))])

    def _provenance(self, offtake: Offtake, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Of the forecast, with the mine and the terms as plain values."""
        said = chosen[offtake.minerals[0]].provenance
        mine = json.loads(json.dumps(asdict(self)))
        request = {**said["request"], "project": mine, "terms": offtake.to_toml()}
        return {**said, "request": request, "assumption": f"{ASSUMPTION} {said['assumption']}"}

    def _financed(
        self,
        setting: Market,
        gain: Floats | float,
        provenance: dict[str, Any],
        contract: Literal["with", "without"] = "without",
    ) -> Finance:
        tonnes = self._tonnes(setting.goods)[:, None]
        revenue = tonnes * setting.spot / setting.money + gain
        cost = tonnes * self._unit_cost(setting)
        capex = setting.goods.money(self.capex, "capex")
        operating = revenue - cost - self.royalty * np.maximum(revenue, 0)
        cash = operating - self._taxes(operating - capex / self.life)
        spent = np.full((self.build, setting.samples), -capex / self.build)
        whole = np.vstack([spent, cash])
        ahead = (1 + self.discount) ** -(np.arange(len(whole)) + 0.5)
        loan, service = cash[: self.tenor], self._service(self.debt * capex)
        cover = np.divide(loan, service, out=np.full_like(loan, np.inf), where=service > 0)
        safe = np.maximum(np.quantile(loan, 0.1, axis=1), 0) / COVER
        capacity = float(safe @ (1 + self.rate) ** -np.arange(1.0, self.tenor + 1))
        years = setting.years[: self.tenor]
        cash_units = setting.goods.cash()
        draws = xr.Dataset(
            {
                "npv": ("sample", ahead @ whole, cash_units),
                "irr": ("sample", internal_rate(whole), {"units": "1/year"}),
                "payback": ("sample", _payback(whole), {"units": "year"}),
                "cover": (("sample", "year"), np.ascontiguousarray(cover.T), {"units": "1"}),
                "debt_capacity": ((), capacity, cash_units),
            },
            coords={"year": years},
        )
        name = " and ".join(setting.goods.minerals)
        return Finance(name, contract, draws, provenance)

    def _service(self, borrowed: float) -> Floats:
        """Interest and repayment (tenor, 1) of a loan."""
        left = self.tenor - self.grace
        annuity = (1 - (1 + self.rate) ** -left) / self.rate if self.rate else float(left)
        whole = np.full((self.tenor, 1), borrowed / annuity)
        whole[: self.grace] = self.rate * borrowed
        return whole

    def _unit_cost(self, setting: Market) -> Floats:
        """Real operating cost per tonne of what is sold (life, sample or 1)."""
        if self.cost is None:
            return (setting.cost() - setting.cost("capital")) / setting.money
        amount = setting.amount(self.cost, "cost", small=True)
        return amount / setting.money if setting.basis == "real" else amount

    def _taxes(self, profit: Floats) -> Floats:
        paid = np.empty_like(profit)
        carried = np.zeros(profit.shape[1])
        for y, each in enumerate(profit):
            left = each + carried
            carried = np.minimum(left, 0)
            paid[y] = self.tax * np.maximum(left, 0)
        return paid


RATES = np.geomspace(0.1, 11.0, 97) - 1
"""Yearly rates from -90% to 1000% between which an internal one is looked for."""


def internal_rate(cash: Floats) -> Floats:
    """Rate at which cash flows (year, sample) are worth nothing.

    Of several, which years of loss at the end bring about, the highest: what is worth something at a
    rate has one above it.

    Returns
    -------
    array (sample,)
        NaN where they lose at all rates from -90% to 1000%, infinite where they gain at the last.

    Examples
    --------
    >>> float(internal_rate(np.array([[-100.0], [0.0], [121.0]]))[0].round(9))
    0.1
    """
    when = np.arange(len(cash), dtype=float)
    gains = (1 + RATES[:, None]) ** -when @ cash > 0
    last = len(RATES) - 1 - gains[::-1].argmax(axis=0)
    low, high = RATES[last], RATES[np.minimum(last + 1, len(RATES) - 1)]
    for _ in range(60):
        middle = (low + high) / 2
        above = (cash * (1 + middle) ** -when[:, None]).sum(axis=0) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    found: Floats = np.where(gains[-1], np.inf, (low + high) / 2)
    return np.where(gains.any(axis=0), found, np.nan)


def _payback(cash: Floats) -> Floats:
    # A rounding error must not cost a year.
    back = np.cumsum(cash, axis=0) >= -1e-9 * np.abs(cash).max(axis=0)
    return np.where(back.any(axis=0), back.argmax(axis=0) + 1.0, np.nan)
