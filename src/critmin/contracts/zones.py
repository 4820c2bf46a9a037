"""`Zone`: gains of both parties over a grid of terms, and where they might meet."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.contracts.result import money
from critmin.contracts.terms import Offtake
from critmin.internal.arrays import Bools, Floats
from critmin.internal.checks import Prob
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDES = ("seller", "buyer")
WRITTEN = "as written"
"""Point of `Zone.draws`: the terms as the contract has them."""


@dataclass(frozen=True, slots=True, eq=False)
class Zone(Saved):
    """Gains of both parties over a grid of terms.

    Attributes
    ----------
    offtake : Offtake
    draws : Dataset
        ``seller`` and ``buyer`` over the dials: certainty equivalent with the contract less that without
        it, in real money; NaN where a floor would be above a cap. For the terms as written and at the
        points of agreement: ``gain`` (point, party, sample), net present values, the buyer's with the
        losses it is spared; ``equivalent`` (point, party); ``terms`` (point, dial), NaN where they change
        from year to year.
    openings : DataFrame
        If no terms leave both better off: what was tried instead, and what the worse off of the two
        would gain at best; above zero it opens the zone.
    provenance : dict
        Of the forecast, with dials, parties and discount rate in its ``request``.

    See Also
    --------
    critmin.contracts.Offtake : The terms; ``Offtake.zone`` makes one.
    critmin.contracts.Valuation : One point of it.

    References
    ----------
    Nash (1950), Econometrica 18, on what both would agree to.

    Kalai and Smorodinsky (1975), Econometrica 43, on another answer.

    Examples
    --------
    >>> from critmin.contracts import Fixed, Offtake, lognormal_forecast
    >>> deal = Offtake("nickel", 100, 2026, 5, Fixed(16_000), basis="real")
    >>> found = deal.zone("price", forecast=lognormal_forecast("nickel", 16_000, 0.3, 5), points=9)
    >>> bool(found.both.any()), found.empty
    (True, False)
    """

    offtake: Offtake
    draws: xr.Dataset
    openings: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def dials(self) -> list[str]:
        """Terms that are turned."""
        return [str(name) for name in self.draws["seller"].dims]

    @property
    def gains(self) -> xr.Dataset:
        """Certainty equivalents of ``seller`` and ``buyer`` over the dials."""
        return self.draws[[*SIDES]]

    @property
    def nash(self) -> dict[str, float] | None:
        """Terms and gains where the product of both gains is largest (Nash 1950), if both gain."""
        return agreements(self.gains)[0]

    @property
    def kalai_smorodinsky(self) -> dict[str, float] | None:
        """Where both get the largest equal share of what either could (Kalai and Smorodinsky 1975)."""
        return agreements(self.gains)[1]

    @property
    def empty(self) -> bool:
        """Whether no terms of the grid leave both better off."""
        return not self.both.any()

    @property
    def both(self) -> Bools:
        """Where on the grid both gain."""
        return np.asarray((self.draws["seller"] > 0) & (self.draws["buyer"] > 0))

    @property
    def units(self) -> str:
        """Money that gains are in."""
        return str(self.draws["seller"].attrs["words"])

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """The terms as written, the two points of agreement, and the range in which both gain.

        Parameters
        ----------
        prob : float or several
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            By ``as written`` and, unless the zone is empty, ``Nash``, ``Kalai-Smorodinsky``, ``lowest``
            and ``highest``. Columns: the dials; by party its gain as a certainty ``equivalent``, and
            median and bounds of its net present value (not of ``lowest`` and ``highest``).

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        rows: dict[str, dict[tuple[str, str], Any]] = {}
        for point in map(str, self.draws["point"].values):
            at = self.draws.sel(point=point)
            terms = {(name, ""): float(at["terms"].sel(dial=name)) for name in self.dials}
            for side in SIDES:
                terms[side, "equivalent"] = float(at["equivalent"].sel(party=side))
                gain = intervals(at["gain"].sel(party=side).values, prob)
                terms |= {(side, label): float(row) for label, row in gain.items()}
            rows[point] = terms
        columns = list(rows[WRITTEN])
        if not self.empty:
            inside = self.gains.where(self.both).to_dataframe().dropna().reset_index()
            ends = {"lowest": inside.min(), "highest": inside.max()}
            for name, end in ends.items():
                rows[name] = {(dial, ""): end[dial] for dial in self.dials}
                rows[name] |= {(side, "equivalent"): end[side] for side in SIDES}
        values = [[row.get(column, np.nan) for column in columns] for row in rows.values()]
        index = pd.Index(list(rows), name="terms")
        table = pd.DataFrame(values, index, pd.MultiIndex.from_tuples(columns), dtype=float)
        table.attrs |= self.draws["seller"].attrs
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
        nash = self.nash
        if nash is not None:
            where = ", ".join(f"{name} {significant(nash[name], 4)}" for name in self.dials)
            return (
                f"Both gain over {self.both.sum() / np.isfinite(self.draws['seller']).sum().item():.0%} of "
                f"the terms tried; they might meet at {where}, where the seller gains "
                f"{money(nash['seller'])} and the buyer {money(nash['buyer'])} ({self.units})."
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

    def _stored(self) -> Stored:
        about = {"mineral": " and ".join(self.offtake.minerals), "terms": self.offtake.to_toml()}
        tables = {} if self.openings.empty else {"openings": self.openings}
        return Stored("Zone", self.draws, self.provenance, about, tables)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        openings = stored.tables.get("openings", nothing_tried())
        offtake = Offtake.from_toml(str(stored.about["terms"]))
        return cls(offtake, stored.draws, openings, stored.provenance)

    def __repr__(self) -> str:
        """What it comes to."""
        return f"Zone({self.say().removesuffix('.')}; {self.provenance['data']})"

    def _repr_html_(self) -> str:
        note = f"{self.say()} {self.provenance['data']}. {self.provenance['assumption']}"
        return html_result(f"{self.offtake.describe()} {self.units}", self.summary(), note)


def nothing_tried() -> pd.DataFrame:
    """Openings of a zone that needs none."""
    return pd.DataFrame({"worse off gains": []}, dtype=float).rename_axis("change")


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
    dials = gains["seller"].dims
    seller, buyer = gains["seller"].values, gains["buyer"].transpose(*dials).values
    both = (seller > 0) & (buyer > 0)
    if not both.any():
        return None, None
    product_ = np.where(both, seller * buyer, -np.inf)
    most = seller[both].max(), buyer[both].max()
    shares = np.where(both, np.minimum(seller / most[0], buyer / most[1]), -np.inf)

    def told(scores: Floats) -> dict[str, float]:
        at = np.unravel_index(int(np.argmax(scores)), scores.shape)
        terms = {str(name): float(gains[name].values[i]) for name, i in zip(dials, at, strict=True)}
        return {**terms, "seller": float(seller[at]), "buyer": float(buyer[at])}

    return told(product_), told(shares)
