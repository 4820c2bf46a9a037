"""`Valuation`: what a contract is worth to each party, as draws, against the market."""

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.contracts.amounts import Floats, check_share
from critmin.contracts.cashflows import DEADWEIGHT
from critmin.contracts.parties import TAIL, Party, standard_error, tail_mean
from critmin.contracts.terms import Offtake
from critmin.exceptions import CritminError, UnknownNameError
from critmin.replacing import replacing
from critmin.results import check_probabilities, quantile_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ASSUMPTION = (
    "Gains are against buying and selling the same tonnes at the market price. Money is real, of 2025, "
    "discounted to the end of the forecast's origin; payments fall into the middle of the year. Inflation "
    "is 2% after the data's end, exchange rates are held in real terms."
)


@dataclass(frozen=True, slots=True, eq=False)
class Valuation:
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
        it less the contract without it, and the Monte Carlo error of that.
    models : DataFrame
        By model: each party's expected net present value. Its first row is this valuation's.
    provenance : dict
        Of the forecast, with the discount rate.
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

    def summary(self, prob: float = 0.9) -> pd.DataFrame:
        """Net present value by party.

        Parameters
        ----------
        prob : float
            Probability of the interval.

        Returns
        -------
        DataFrame
            ``mean`` and its Monte Carlo error ``mcse``; ``spread``, by how much the mean differs
            between models (NaN if there is one); median and interval; ``P(gain)``; ``CVaR``, the mean
            of the worst tenth. ``attrs["units"]`` holds the money.
        """
        (level,) = check_probabilities(prob)
        sides = ((1 - level) / 2, (1 + level) / 2)
        rows = {}
        for party in self.parties:
            values = self.npv(party)
            low, median, high = np.quantile(values, [sides[0], 0.5, sides[1]])
            several = self.models[party] if party in self.models else pd.Series([0.0])
            rows[party] = {
                "mean": values.mean(),
                "mcse": standard_error(values),
                "spread": several.max() - several.min() if len(several) > 1 else np.nan,
                quantile_label(sides[0]): low,
                "median": median,
                quantile_label(sides[1]): high,
                "P(gain)": (values > 0).mean(),
                "CVaR": tail_mean(values, TAIL),
            }
        table = pd.DataFrame(rows).T.rename_axis("party")
        table.attrs["units"] = str(self.draws["npv"].attrs["units"])
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
        check_share(prob, "prob", 1e-6, 1 - 1e-6)
        self.npv(payer)
        cost = -self.draws["flow"].sel(party=payer).transpose("sample", "year").values
        whole = np.column_stack([cost, -self.npv(payer)])
        index = pd.Index([*map(int, self.draws["year"].values), "present value"], name="year")
        return pd.DataFrame(
            {
                "expected": whole.mean(axis=0),
                quantile_label(prob): np.quantile(whole, prob, axis=0),
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
        chosen = Party() if of is None else of
        value = self.draws["spot_value"].values
        gain = self.npv(party)
        if party == "buyer":
            gain = gain + self.draws["security_value"].values
        return float(gain_of(chosen, party, value, gain))

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the price paid over the market price; see `critmin.contracts.plots.plot_valuation`."""
        from critmin.contracts.plots import plot_valuation

        return plot_valuation(self, ax=ax)

    def to_json(self, path: str | Path | None = None, prob: float = 0.9) -> str:
        """Terms, summary, clauses, years and provenance as JSON text; draws are in netCDF."""
        tables = {
            "summary": self.summary(prob),
            "clauses": self.clauses,
            "models": self.models,
            "by_year": self.by_year(),
        }
        content = {
            "terms": self.offtake.to_toml(),
            "description": self.offtake.describe(),
            "units": self.draws["npv"].attrs["units"],
            **{name: json.loads(table.to_json(orient="index")) for name, table in tables.items()},
            "provenance": self.provenance,
        }
        text = json.dumps(content, indent=1, allow_nan=False)
        if path is not None:
            with replacing(Path(path)) as temporary:
                temporary.write_text(text, encoding="utf-8")
        return text

    def to_netcdf(self, path: str | Path) -> None:
        """Write everything, draws included, whole or not at all."""
        attrs = {
            "terms": self.offtake.to_toml(),
            "clauses": self.clauses.to_json(orient="split", double_precision=15),
            "models": self.models.to_json(orient="split", double_precision=15),
            "provenance": json.dumps(self.provenance),
        }
        stored = self.draws.assign(binds=self.draws["binds"].astype("i1")).assign_attrs(attrs)
        encoding = {str(n): {"zlib": True, "complevel": 4} for n in stored.data_vars}
        with replacing(Path(path)) as temporary:
            stored.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)

    @classmethod
    def from_netcdf(cls, path: str | Path) -> "Valuation":
        """Read what `to_netcdf` wrote.

        Raises
        ------
        CritminError
            If it is not such a file.
        """
        try:
            with xr.open_dataset(path, engine="h5netcdf") as opened:
                stored = opened.load()
            attrs = dict(stored.attrs)
            stored.attrs = {}
            clauses, models = (
                pd.DataFrame(**json.loads(attrs[name])) for name in ("clauses", "models")
            )
            draws = stored.assign(binds=stored["binds"].astype(bool))
            found = Offtake.from_toml(attrs["terms"])
            return cls(
                found,
                draws,
                clauses.rename_axis("clause"),
                models.rename_axis("model"),
                json.loads(attrs["provenance"]),
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, CritminError):
                raise
            raise CritminError(
                f"{path}: not a valuation as to_netcdf writes it ({error})"
            ) from error

    def __repr__(self) -> str:
        """Expected gain of seller and buyer with intervals, to the digits that the draws bear."""
        table = self.summary()
        said = []
        for party in self.parties:
            row = table.loc[party]
            if party != DEADWEIGHT or row["mean"] != 0:
                said.append(
                    f"{party} {money(row['mean'])} ({money(row['5%'])} to {money(row['95%'])}, "
                    f"Monte Carlo error {money(row['mcse'])})"
                )
        return f"Valuation({'; '.join(said)}; {table.attrs['units']})"

    def _repr_html_(self) -> str:
        """Terms, summary and clauses for a notebook."""
        shown = [self.summary().map(digits).to_html(), self.clauses.map(digits).to_html()]
        return (
            f"<p>{escape(self.offtake.describe())}</p>{shown[0]}"
            f"<p>What each clause adds</p>{shown[1]}"
            f"<p><small>{escape(str(self.draws['npv'].attrs['units']))}. {escape(ASSUMPTION)}</small></p>"
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


def plain(value: float) -> str:
    """Four digits without an exponent.

    Examples
    --------
    >>> plain(25_334.7), plain(0.0123456)
    ('25,330', '0.01235')
    """
    return f"{float(f'{value:.4g}'):,.10g}"


def digits(value: float) -> str:
    """A number for a table: three digits, thousands as `money` says them.

    Examples
    --------
    >>> digits(1234.5), digits(0.12345)
    ('1.23 k', '0.123')
    """
    return money(value) if abs(value) >= 1000 else f"{value:.3g}"


def gain_of(party: Party, side: str, spot_value: Floats, gain: Floats) -> Floats | float:
    """Certainty equivalent with a contract less that without it.

    Parameters
    ----------
    party : Party
    side : {"seller", "buyer"}
    spot_value : array (sample,)
        Present market value of the volumes: what the seller gets or the buyer pays without a contract.
    gain : array (sample, ...)
        Net present value of the contract against that.
    """
    position = (1.0 if side == "seller" else -1.0) * party.exposure * spot_value
    stake = 10 * float(spot_value.mean())
    before = party.certainty_equivalent(position, stake)
    shaped = position.reshape(-1, *(1,) * (gain.ndim - 1))
    return party.certainty_equivalent(shaped + gain, stake) - before
