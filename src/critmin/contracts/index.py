"""`FairIndex`: the fair price as an index that a contract can name, and the wording that names it."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from critmin.exceptions import CritminError, DataError, UnknownNameError
from critmin.forms import parse_unit
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.posterior import Posterior, as_posterior
from critmin.results.pricing import fair_price
from critmin.results.request import Money

COLUMNS = ("year", "fixing", "25%", "75%", "units", "posterior", "model_version", "data_hash")
MONTHS = (
    "January February March April May June July August September October November December".split()
)


@dataclass(frozen=True, slots=True)
class Fixing:
    """What counts as the index in a year.

    Attributes
    ----------
    value : float
    rule : str
        ``"published"``, ``"last published, 1 year old"``, or ``"market"``.
    """

    value: float
    rule: str


@dataclass(frozen=True, slots=True)
class FairIndex:
    """The rules of an index of the fair price.

    Attributes
    ----------
    mineral : str
    version : str
        Version of the model at signature, which goes on until both parties agree on another.
    posterior : str
        Hash of the posterior at signature; each later fixing names its own.
    fixing : int
        Month in which the next year's index is published, 1 to 12.
    restate : bool
        Whether later revisions of data change a year that is published; the difference is then paid
        with the next invoice.
    fallback : {"market", "last"}
        What counts when nothing has been published for more than `patience` years.
    patience : int
        Years in which the last published figure goes on.
    disruption : float
        A market-disruption event: the market price is off the index by more than this share of the
        index in two years running, and either party may ask for a price review.
    unit, currency : str
        As in `critmin.fair_price`.

    See Also
    --------
    critmin.fair_price : What it fixes.
    critmin.contracts.Indexed : A contract's price that follows an index.

    Notes
    -----
    A valuation follows the fair price of the draws in place of fixings yet to come. A fixing is the
    median of what is known then, so that it varies less than the draws do.

    Examples
    --------
    >>> index = FairIndex.signed("gallium", unit="kg")
    >>> ledger = index.publish()
    >>> year = int(ledger["year"].iloc[0])
    >>> index.fixing_of(ledger, year).rule, index.fixing_of(ledger, year + 1).rule
    ('published', 'last published, 1 year old')
    """

    mineral: str
    version: str
    posterior: str
    fixing: int = 11
    restate: bool = False
    fallback: Literal["market", "last"] = "market"
    patience: int = 1
    disruption: float = 0.5
    unit: str = "t"
    currency: str = "USD"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mineral", get_mineral(self.mineral).name)
        for name in ("version", "posterior", "unit", "currency"):
            if not isinstance(getattr(self, name), str):
                raise CritminError(f"{name} must be a text, got {getattr(self, name)!r:.80}")
        # What cannot be published is not signed.
        object.__setattr__(self, "currency", Money(self.currency, "real", "t").currency)
        self._mass()
        check_number(self.fixing, "fixing", 1, 12, integer=True)
        check_number(self.patience, "patience", 0, 10, integer=True)
        check_number(self.disruption, "disruption", 0, 10)
        if self.fallback not in ("market", "last"):
            raise UnknownNameError.of("fallback", self.fallback, ("market", "last"))

    def _mass(self) -> str:
        """What a fixing is per, in words."""
        about = get_mineral(self.mineral)
        if self.unit == "quoted":
            return f"{about.quote.split('/')[1]} of {about.form}"
        return parse_unit(self.unit, about.name, kind="mass").words

    @classmethod
    def signed(
        cls,
        mineral: str,
        posterior: Posterior | str | Path | None = None,
        *,
        unit: str = "t",
        currency: str = "USD",
    ) -> "FairIndex":
        """An index that names a posterior, the built-in one by default; other rules by `replace`."""
        source = as_posterior(posterior)
        version = str(source.draws.attrs["model_version"])
        return cls(mineral, version, source.id, unit=unit, currency=currency)

    def publish(
        self,
        posterior: Posterior | str | Path | None = None,
        ledger: pd.DataFrame | None = None,
        *,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Add the fixing of the year after a posterior's origin to the ledger.

        Parameters
        ----------
        posterior : Posterior or path, optional
            Of the index's version of the model; the built-in one by default.
        ledger : DataFrame, optional
            Of earlier years; the first by default, which must be by the posterior that was signed.
        seed : int

        Returns
        -------
        DataFrame
            One row a year: the median of the fair price, its middle half, the posterior, the data, and
            ``entry``, a hash of the row and of the one before, by which `verify` finds what was changed.

        Raises
        ------
        CritminError
            If the version is another, the first posterior is not the signed one, or the year is
            published already and the index does not restate.
        """
        source = as_posterior(posterior)
        version = str(source.draws.attrs["model_version"])
        if version != self.version:
            raise CritminError(
                f"the index is fixed by model version {self.version}, the posterior is of {version}: "
                "both parties have to agree on a change"
            )
        if ledger is None and source.id != self.posterior:
            raise CritminError(
                f"the first fixing is by the posterior that was signed, {self.posterior}, got {source.id}"
            )
        earlier = [] if ledger is None else self.verify(ledger).to_dict("records")
        price = fair_price(
            self.mineral,
            horizon=1,
            unit=self.unit,
            currency=self.currency,
            posterior=source,
            seed=seed,
        )
        year = source.origin + 1
        if year in [row["year"] for row in earlier] and not self.restate:
            raise CritminError(f"{year} is published already, and the index does not restate")
        low, median, high = np.quantile(price.draws["fair_price"].values, [0.25, 0.5, 0.75])
        values = (year, median, low, high, price.units, source.id, version)
        row = dict(zip(COLUMNS, (*values, str(source.draws.attrs["data_hash"])), strict=True))
        before = earlier[-1]["entry"] if earlier else ""
        return pd.DataFrame([*earlier, {**row, "entry": _entry(row, before)}])

    def verify(self, ledger: pd.DataFrame) -> pd.DataFrame:
        """Check that no row of a ledger was changed, added or taken away inside.

        Raises
        ------
        DataError
            The message names the row.
        """
        if missing := [name for name in (*COLUMNS, "entry") if name not in ledger]:
            raise DataError(f"the ledger lacks the columns {', '.join(missing)}")
        before = ""
        for i, row in enumerate(ledger.to_dict("records")):
            if row["entry"] != _entry(row, before):
                raise DataError(
                    f"row {i + 1} of the ledger, {row['year']}, is not what was published: its entry "
                    "does not match"
                )
            before = str(row["entry"])
        return ledger

    def fixing_of(self, ledger: pd.DataFrame, year: int, market: float | None = None) -> Fixing:
        """What counts as the index in a year, by the rules.

        Parameters
        ----------
        ledger : DataFrame
            Of `publish`.
        year : int
        market : float, optional
            Market price of that year in the index's unit, for the fallback.

        Raises
        ------
        CritminError
            If there is nothing to fall back on.
        """
        check_number(year, "year", 1900, 2200, integer=True)
        if market is not None:
            check_number(market, "market", 0, 1e15)
        rows = self.verify(ledger)
        known = rows[rows["year"] <= year]
        if known.empty:
            raise CritminError(f"nothing is published for {year} or before")
        last = known.loc[known["year"] == known["year"].max()].iloc[-1 if self.restate else 0]
        age = year - int(last["year"])
        if age == 0:
            return Fixing(float(last["fixing"]), "published")
        if age <= self.patience or self.fallback == "last":
            old = f"last published, {age} year{'s' if age > 1 else ''} old"
            return Fixing(float(last["fixing"]), old)
        if market is None:
            raise CritminError(
                f"nothing is published since {int(last['year'])}: the market price of {year} counts, "
                "give market="
            )
        return Fixing(float(market), "market")

    def disrupted(self, ledger: pd.DataFrame, market: "pd.Series[float]") -> list[int]:
        """Years at whose end a market-disruption event has come about.

        Parameters
        ----------
        ledger : DataFrame
        market : Series
            Market price by year, in the index's unit.
        """
        if not isinstance(market, pd.Series):
            raise CritminError(f"market must be a Series of prices by year, got {market!r:.80}")
        off = {
            int(year): abs(price / self.fixing_of(ledger, int(year), price).value - 1)
            > self.disruption
            for year, price in market.items()
        }
        return [year for year in sorted(off) if off[year] and off.get(year - 1, False)]

    def clause(self, language: Literal["en", "ja"] = "en") -> str:
        """The wording of the index for a contract: a draft for lawyers, not advice.

        Parameters
        ----------
        language : {"en", "ja"}
        """
        known = _wording()
        if language not in known:
            raise UnknownNameError.of("language", language, known)
        words = known[language]
        about = get_mineral(self.mineral)
        terms = {
            "title": about.title,
            "symbol": about.symbol,
            "unit": self._mass(),
            "currency": self.currency,
            "version": self.version,
            "posterior": self.posterior,
            "month": MONTHS[self.fixing - 1],
            "number": self.fixing,
            "patience": self.patience,
            "off": f"{100 * self.disruption:.4g}",
            "restated": words["restated" if self.restate else "firm"],
            "fallback": words[self.fallback],
        }
        return words["clause"].format(**terms)


def _entry(row: dict[str, object], before: str) -> str:
    """Hash of a row of the ledger and of the entry before it."""
    said = [repr(float(row[n])) if n in ("fixing", "25%", "75%") else str(row[n]) for n in COLUMNS]  # type: ignore[arg-type]
    return hashlib.sha256("|".join([before, *said]).encode()).hexdigest()[:16]


@cache
def _wording() -> dict[str, dict[str, str]]:
    text = files("critmin.contracts").joinpath("wording.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
