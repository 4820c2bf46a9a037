"""What all that prices or forecasts is asked for: the same arguments, checked in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from critmin.data.exchange import currencies, exchange_rate
from critmin.data.money import real_factor
from critmin.data.production import production_series, series_name
from critmin.exceptions import UnknownNameError
from critmin.forms import Unit, parse_currency, parse_unit, quoted_unit
from critmin.internal.arrays import Floats, Ints
from critmin.internal.checks import check_horizon, check_seed
from critmin.mineral import Mineral
from critmin.posterior import Posterior, as_posterior
from critmin.scenario import Intervention, Scenario, as_scenario
from critmin.simulation.quotations import Quote
from critmin.units import BASE_YEAR, POUND_YEAR, currency_rate

Basis = Literal["real", "nominal"]
Today = Mapping[str, Quote] | None
"""Prices of the year under way, as `critmin.Posterior.assimilate` takes them."""

What = Scenario | Intervention | Sequence[Intervention] | None
"""A scenario as callers may give it."""


@dataclass(frozen=True, slots=True)
class Money:
    """Currency, basis and unit that prices are stated in.

    Attributes
    ----------
    currency : str
    basis : {"real", "nominal"}
    unit : str
        A mass, of contained element or of the form that it names (``"kg of oxide"``), or ``"quoted"``.
    """

    currency: str
    basis: Basis
    unit: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "currency", parse_currency(self.currency))
        currency_rate(self.currency)
        if not isinstance(self.basis, str) or self.basis not in get_args(Basis):
            raise UnknownNameError.of("basis", self.basis, get_args(Basis))

    def _mass(self, about: Mineral) -> Unit:
        if isinstance(self.unit, str) and self.unit == "quoted":
            return quoted_unit(about.name)
        return parse_unit(self.unit, about.name, kind="mass")

    def attrs(self, about: Mineral) -> dict[str, str]:
        """Attributes of a price: ``units`` as pint reads them, and in words."""
        units = f"{self.currency}/{self._mass(about).pint}"
        return {"units": units, "words": self.words(about)}

    def per_year(self, about: Mineral, years: Ints) -> Floats:
        """What turns sums of real USD a year into the currency and basis, by year."""
        return self.scale(about, years) / self._mass(about).factor

    @property
    def name(self) -> str:
        """The money in words, such as ``"USD of 2025"``."""
        return f"{self.currency} of {BASE_YEAR}" if self.basis == "real" else self.currency

    def sum_attrs(self) -> dict[str, str]:
        """Attributes of sums a year."""
        return {"units": f"{self.currency}/year", "words": f"{self.name} a year"}

    def scale_attrs(self, about: Mineral) -> dict[str, str]:
        """Attributes of `scale`."""
        price = self.attrs(about)
        units = f"({price['units']})/(USD/t)"
        return {"units": units, "words": f"{price['words']} in one real USD/t"}

    def words(self, about: Mineral) -> str:
        """Name of the unit, such as ``"USD of 2025 per kg of dysprosium oxide, 99.5%"``."""
        if self.unit == "quoted":
            return f"{self.name} per {self._mass(about).mass} of {about.form}"
        return f"{self.name} per {self._mass(about).words}"

    def scale(self, about: Mineral, years: Ints) -> Floats:
        """What turns real USD per tonne of element into it, by year.

        Parameters
        ----------
        about : Mineral
        years : array (year,)
        """
        rate = currency_rate(self.currency)
        factor = rate * self._mass(about).factor
        if self.basis == "real":
            return np.full(len(years), factor)
        nominal = factor / real_factor(years)
        known = currencies()
        if self.currency in known.index:
            # Past money is that of its year; from the base year on the rate is held. Before a
            # currency's first published rate its prices are not known.
            first = int(known.loc[self.currency, "first_year"])
            nominal[years < first] = np.nan
            past = (years >= first) & (years < BASE_YEAR)
            nominal[past] *= exchange_rate(self.currency, years[past]) / rate
        elif self.currency != "USD":
            nominal[years < POUND_YEAR] = np.nan  # the pound: no yearly rates are open
        return nominal


def counted(about: Mineral) -> dict[str, str]:
    """Attributes of a mass that is counted as the mineral's output is.

    Examples
    --------
    >>> from critmin.mineral import get_mineral
    >>> counted(get_mineral("dysprosium"))["words"]
    't a year of rare_earths as it is counted, parted by shares of dysprosium'
    """
    lines = production_series()
    shared = ((lines["mineral"] == about.name) & (lines["source"] == "shares")).any()
    parted = f", parted by shares of {about.name}" if shared else ""
    whole = about.production if shared else series_name(about)
    return {"units": "t/year", "words": f"t a year of {whole} as it is counted{parted}"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, checked.

    Attributes
    ----------
    horizon : int
    scenario : Scenario
    money : Money
    posterior : Posterior
    seed : int
    """

    horizon: int
    scenario: Scenario
    money: Money
    posterior: Posterior
    seed: int

    @classmethod
    def of(
        cls,
        *,
        horizon: int,
        scenario: What = None,
        currency: str = "USD",
        basis: Basis = "real",
        unit: str = "t",
        posterior: Posterior | str | Path | None = None,
        today: Today = None,
        seed: int = 0,
    ) -> "Request":
        """Check the arguments; see `critmin.fair_price` for their meaning."""
        checked = cls(
            horizon=check_horizon(horizon),
            scenario=as_scenario(scenario),
            money=Money(currency, basis, unit),
            posterior=as_posterior(posterior),
            seed=check_seed(seed),
        )
        if today is None:
            return checked
        return replace(checked, posterior=checked.posterior.assimilate(today))

    @property
    def years(self) -> Ints:
        """Years asked for, (year,)."""
        return self.posterior.origin + 1 + np.arange(self.horizon)

    def arguments(self, mineral: str) -> dict[str, Any]:
        """The arguments that repeat the result, as plain values; the scenario stands by itself."""
        return {
            "mineral": mineral,
            "horizon": self.horizon,
            "currency": self.money.currency,
            "basis": self.money.basis,
            "unit": self.money.unit,
            "seed": self.seed,
        }
