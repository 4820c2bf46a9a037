"""`Valuation`: what a contract is worth to each party, as draws, against the market."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.contracts.parties import TAIL, Party, as_party, standard_error, tail_mean
from critmin.contracts.terms import Offtake
from critmin.exceptions import UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import Prob, check_probability
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals, quantile_label, significant
from critmin.results.fair_prices import ERROR
from critmin.units import BASE_YEAR, LONG_RUN_INFLATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ASSUMPTION = (
    "Gains are against buying and selling the same tonnes at the market price. Money is real, of "
    f"{BASE_YEAR}, discounted to the end of the forecast's origin; payments fall into the middle of the "
    f"year. Inflation is {LONG_RUN_INFLATION:.0%} after the data's end, exchange rates are held in real "
    "terms."
)


@dataclass(frozen=True, slots=True, eq=False)
class Valuation(Saved):
    """What a contract is worth to each party.

    Attributes
    ----------
    offtake : Offtake
    draws : Dataset
        ``flow`` (party, sample, year) and ``npv`` (party, sample): real money that each party gains
        against the market; over all parties, deadweight included, they add up to zero in every draw.
        ``price`` and ``spot`` (sample, year): real money per unit of the contract, paid and market.
        ``taken`` (sample, year): tonnes at that price. ``security`` (sample, year): losses that the
        contract spares the buyer, which nobody pays. ``binds`` (clause, sample, year).
    clauses : DataFrame
        By term or clause: what it adds to each party's expected net present value, the contract with
        it less the contract without it, and the ``Monte Carlo error`` of that; ``security``, where
        there is any, is what it spares the buyer in stops, which nobody pays.
    models : DataFrame
        By model: each party's expected net present value. Its first row is this valuation's.
    provenance : dict
        Of the forecast, with the discount rate.

    See Also
    --------
    critmin.contracts.Offtake : The terms; ``Offtake.value`` makes one.
    critmin.contracts.Zone : Over a grid of terms.
    critmin.contracts.Party : What risk is worth.

    Examples
    --------
    >>> from critmin.contracts import Floor, Offtake, lognormal_forecast
    >>> walk = lognormal_forecast("nickel", 16_000, 0.3, 5)
    >>> found = Offtake("nickel", 100, 2026, 5, Floor(14_000)).value(walk)
    >>> float(found.summary().loc["seller", "P(gain)"]) > 0.5
    True
    """

    offtake: Offtake
    draws: xr.Dataset
    clauses: pd.DataFrame
    models: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def parties(self) -> tuple[str, ...]:
        """Seller, buyer, third parties, deadweight."""
        return tuple(str(name) for name in self.draws["party"].values)

    def npv(self, party: str) -> Floats:
        """Net present value that a party gains (sample,).

        Raises
        ------
        UnknownNameError
            If there is no such party.
        """
        if party not in self.parties:
            raise UnknownNameError.of("party", party, self.parties)
        return np.asarray(self.draws["npv"].sel(party=party).values)

    @property
    def units(self) -> str:
        """Money that gains are in."""
        return str(self.draws["npv"].attrs["words"])

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Net present value by party.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            ``mean`` and its ``Monte Carlo error``; ``spread``, by how much the mean differs between
            models (NaN if there is one); median and intervals; ``P(gain)``; ``CVaR``, the mean of the
            worst tenth. ``attrs["words"]`` holds the money.
        """
        rows = {}
        for party in self.parties:
            values = self.npv(party)
            several = self.models.get(party, pd.Series([0.0]))
            rows[party] = {
                "mean": values.mean(),
                ERROR: standard_error(values),
                "spread": several.max() - several.min() if len(several) > 1 else np.nan,
                **intervals(values, prob),
                "P(gain)": (values > 0).mean(),
                "CVaR": tail_mean(values, TAIL),
            }
        table = pd.DataFrame(rows).T.rename_axis("party")
        table.attrs |= self.draws["npv"].attrs
        return table

    def by_year(self) -> pd.DataFrame:
        """Expected price, market price, tonnes and gains by year, and how often each clause binds.

        Returns
        -------
        DataFrame
            ``P(...)`` is the share of the draws in which a clause binds in that year.
        """
        draws = self.draws
        columns = {
            name: draws[name].mean("sample").values
            for name in ("price", "spot", "taken", "security")
        }
        for party in self.parties:
            columns[f"gain of {party}"] = draws["flow"].sel(party=party).mean("sample").values
        for clause in draws["clause"].values:
            columns[f"P({clause})"] = draws["binds"].sel(clause=clause).mean("sample").values
        return pd.DataFrame(columns, index=pd.Index(draws["year"].values, name="year"))

    def budget(self, payer: str = "state", prob: float = 0.95) -> pd.DataFrame:
        """What a third party has to set aside, by year and as a whole.

        Parameters
        ----------
        payer : str
        prob : float
            Of the quantile.

        Returns
        -------
        DataFrame
            By year, and ``"present value"``: the expected cost, its quantile, and the probability
            that something is paid. Negative costs are receipts.
        """
        level = check_probability(prob)
        self.npv(payer)
        cost = -self.draws["flow"].sel(party=payer).transpose("sample", "year").values
        whole = np.column_stack([cost, -self.npv(payer)])
        index = pd.Index([*map(int, self.draws["year"].values), "present value"], name="year")
        return pd.DataFrame(
            {
                "expected": whole.mean(axis=0),
                quantile_label(level): np.quantile(whole, level, axis=0),
                "P(paid)": (whole > 0).mean(axis=0),
            },
            index=index,
        )

    def certainty_equivalent(self, party: str, of: Party | None = None) -> float:
        """Sure sum that is worth as much to a party as the contract, beside what it has anyway.

        Parameters
        ----------
        party : {"seller", "buyer"}
        of : Party, optional
            Its attitude to risk and its exposure to the market price.

        Returns
        -------
        float
            Certainty equivalent with the contract less that without it; the buyer's counts security.
        """
        if party not in ("seller", "buyer"):
            raise UnknownNameError.of("party", party, ("seller", "buyer"))
        chosen = as_party(of)
        value = self.draws["spot_value"].values
        gain = self.npv(party)
        if party == "buyer":
            gain = gain + self.draws["security_value"].values
        return float(gain_of(chosen, party, value, gain))

    def plot(self, ax: "Axes | None" = None, prob: Prob = 0.9) -> "Axes":
        """Draw what both sides come to; see `critmin.contracts.plots.plot_valuation`."""
        from critmin.contracts.plots import plot_valuation

        return plot_valuation(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": " and ".join(self.offtake.minerals), "terms": self.offtake.to_toml()}
        tables = {"clauses": self.clauses, "models": self.models}
        return Stored("Valuation", self.draws, self.provenance, about, tables)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        offtake = Offtake.from_toml(str(stored.about["terms"]))
        return cls(
            offtake,
            stored.draws,
            stored.tables["clauses"],
            stored.tables["models"],
            stored.provenance,
        )

    def __repr__(self) -> str:
        """Expected gain of seller and buyer with its Monte Carlo error and intervals."""
        table = self.summary(0.9)
        said = [
            f"{party} {money(row['mean'])} ± {money(row[ERROR])} ({money(row['5%'])} to "
            f"{money(row['95%'])}, 90%)"
            for party, row in table.loc[["seller", "buyer"]].iterrows()
        ]
        return f"Valuation({'; '.join(said)}; {self.units}; {self.provenance['data']})"

    def _repr_html_(self) -> str:
        """Terms, summary and clauses for a notebook."""
        whole = html_result(self.offtake.describe(), self.summary(), f"{self.units}.")
        return whole + html_result(
            "What each clause adds",
            self.clauses,
            f"{self.provenance['data']}. {self.provenance['assumption']}",
        )


def money(value: float) -> str:
    """Three digits with k, M or bn.

    Examples
    --------
    >>> money(-1_234_567), money(98.7)
    ('-1.23 M', '98.7')
    """
    for size, name in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{name}"
    return f"{value:.3g}"


def digits(value: float) -> str:
    """A number for a table: three digits, thousands as `money` says them.

    Examples
    --------
    >>> digits(1234.5), digits(0.12345)
    ('1.23 k', '0.123')
    """
    return money(value) if abs(value) >= 1000 else significant(value)


def gain_of(
    party: Party, side: str, spot_value: Floats, gain: Floats, before: Floats | float | None = None
) -> Floats | float:
    """Certainty equivalent with a contract less that without it.

    Parameters
    ----------
    party : Party
    side : {"seller", "buyer"}
    spot_value : array (sample,)
        Present market value of the volumes: what the seller gets or the buyer pays without a contract.
    gain : array (sample, ...)
        Net present value of the contract against that.
    before : float, optional
        Certainty equivalent without it, where it is known already.
    """
    position = (1.0 if side == "seller" else -1.0) * party.exposure * spot_value
    stake = 10 * float(spot_value.mean())
    if before is None:
        before = party.certainty_equivalent(position, stake)
    shaped = position.reshape(-1, *(1,) * (gain.ndim - 1))
    return party.certainty_equivalent(shaped + gain, stake) - before
