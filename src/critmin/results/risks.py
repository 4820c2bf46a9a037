"""`disruption_risk`: how likely producer countries restrict their exports."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.catalogue import load
from critmin.data.countries import country_names
from critmin.exceptions import CritminError
from critmin.internal.checks import Prob, each
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals
from critmin.mineral import get_mineral
from critmin.posterior import Posterior
from critmin.results.provenance import provenance
from critmin.results.request import Request

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANY = "any"
"""Row of `Risk.summary` for at least one producer."""


@dataclass(frozen=True, slots=True, eq=False)
class Risk(Saved):
    """Probability that producer countries newly restrict their exports of a mineral, as draws.

    A restriction is an export ban, quota, licence, tax or a sanction, on top of those in force.

    Attributes
    ----------
    mineral : str
    draws : Dataset
        ``probability`` (country, sample) of at least one onset within the years that ``attrs`` names,
        and ``share`` (country) of the world's output of `counted`, at most 1 together; ``"any"`` is at
        least one of them.
        Beside the countries ``announced``, see there.
    provenance : dict
        As in `critmin.FairPrice`.

    See Also
    --------
    critmin.disruption_risk : Makes one.
    critmin.cost_curve : What it costs each of them.

    Examples
    --------
    >>> from critmin import disruption_risk
    >>> risk = disruption_risk("cobalt", horizon=5)
    >>> risk.horizon, "any" in risk.summary().index
    (5, True)
    """

    mineral: str
    draws: xr.Dataset
    provenance: dict[str, Any]

    @property
    def horizon(self) -> int:
        """Years within which it happens."""
        return int(self.draws["probability"].attrs["horizon"])

    @property
    def announced(self) -> "pd.Series[str]":
        """By country, what a government has announced for a day after the data's end, in words.

        The probabilities do not know of it, nor do forecasts: announcements are put off or taken back
        too often, and too few are on record to learn how often. Give what you believe of it as an
        `critmin.scenario.ExportControl`.

        Examples
        --------
        >>> from critmin import disruption_risk
        >>> disruption_risk("manganese").announced.to_dict()
        {'GAB': 'export ban of ore from 2029-01-01'}
        """
        words = self.draws["announced"].to_series()
        return words[words != ""]

    @property
    def counted(self) -> str:
        """Of what countries, shares and past restrictions are; another commodity where that stands in.

        Examples
        --------
        >>> from critmin import disruption_risk
        >>> disruption_risk("hafnium").counted, disruption_risk("cobalt").counted
        ('zirconium', 'cobalt')
        """
        return str(self.draws["share"].attrs.get("counted", self.mineral))

    @property
    def stand_in(self) -> str:
        """What `counted` means for the reader, in words; "" where the mineral itself is counted."""
        other = self.counted.replace("_", " ")
        return "" if self.counted == self.mineral else f"countries and shares are those of {other}"

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Probabilities by country, most likely first.

        Parameters
        ----------
        prob : float or several
            Probabilities of the equal-tailed intervals, which hold the uncertainty of the rate.

        Returns
        -------
        DataFrame
            By country, then ``"any"`` for at least one of them: name, share of the world's output of what
            `counted` names, ``probability`` (posterior mean), and median and bounds of its intervals.
        """
        chance = self.draws["probability"].transpose("sample", "country").values
        codes = [str(code) for code in self.draws["country"].values]
        names = [country_names().get(code, code) for code in codes]
        names[-1] = "at least one of them"
        return pd.DataFrame(
            {
                "name": names,
                "share": self.draws["share"].values,
                "probability": chance.mean(axis=0),
                **intervals(chance, prob),
            },
            index=pd.Index(codes, name="country"),
        )

    def plot(self, ax: "Axes | None" = None, prob: Prob = 0.9) -> "Axes":
        """Draw the probabilities with their intervals; see `critmin.results.plots.plot_risk`."""
        from critmin.results.plots import plot_risk

        return plot_risk(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        return Stored("Risk", self.draws, self.provenance, {"mineral": self.mineral})

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        return cls(str(stored.about["mineral"]), stored.draws, stored.provenance)

    def __repr__(self) -> str:
        """The likeliest country, and any."""
        table = self.summary()
        first, anyone = table.iloc[0], table.loc[ANY, "probability"]
        return (
            f"Risk({self.mineral}, within {self.horizon} years: {table.index[0]} "
            f"{first['probability']:.0%}, any of {len(table) - 1} {anyone:.0%}; "
            f"{self.stand_in}{'; ' if self.stand_in else ''}{self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        title = (
            f"{self.mineral}: probability of a new export restriction within {self.horizon} years"
        )
        told = [f"announced: {country} {words}" for country, words in self.announced.items()]
        told += [words] if (words := self.stand_in) else []
        return html_result(title, self.summary(), "; ".join([*told, str(self.provenance["data"])]))


@overload
def disruption_risk(
    mineral: str,
    horizon: int = 5,
    *,
    posterior: Posterior | str | Path | None = None,
) -> Risk: ...


@overload
def disruption_risk(
    mineral: list[str] | tuple[str, ...],
    horizon: int = 5,
    *,
    posterior: Posterior | str | Path | None = None,
) -> dict[str, Risk]: ...


def disruption_risk(
    mineral: str | list[str] | tuple[str, ...],
    horizon: int = 5,
    *,
    posterior: Posterior | str | Path | None = None,
) -> Risk | dict[str, Risk]:
    """Probability that each producer country newly restricts its exports of a mineral.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict.
    horizon : int
        Years after the data's end within which it happens.
    posterior : Posterior or path, optional
        Of `critmin.fit`, or a file of one; the built-in one by default.

    Returns
    -------
    Risk or dict of str to Risk

    Raises
    ------
    UnknownNameError
        If there is no such mineral.
    CritminError
        If the horizon is not 1 to 40 years, or no producer is known.

    See Also
    --------
    critmin.scenario.ExportControl : What such a restriction would do.

    Notes
    -----
    1 - exp(-rate x horizon) with the rate of `critmin.model.restrictions.build_restriction_model` in
    the period after the data. All rare earths share one rate, and hafnium has zirconium's: past
    restrictions are counted by the commodity that is mined (`Risk.counted`).

    References
    ----------
    Aalen, Borgan and Gjessing (2008), Survival and Event History Analysis, Springer, on hazards.

    Examples
    --------
    >>> risk = disruption_risk("cobalt", horizon=5).summary()
    >>> risk.index[0], bool(risk.loc["COD", "probability"] > 0.2)
    ('COD', True)
    """
    request = Request.of(horizon=horizon, posterior=posterior)
    return each(mineral, "mineral", lambda name: _risk(name, request))


def _risk(mineral: str, request: Request) -> Risk:
    about = get_mineral(mineral)
    exporters = request.posterior.exporters(about.production or about.name)
    if not exporters:
        raise CritminError(f"{about.name}: no production by country is known, so no risk of it")
    rates = np.stack([rate for _, _, rate in exporters])
    chance = 1 - np.exp(-rates * request.horizon)
    anyone = 1 - np.exp(-rates.sum(axis=0) * request.horizon)
    order = np.argsort(-chance.mean(axis=1), kind="stable")
    share = np.array([exporters[i][1] for i in order])
    # Each country's is that of its own last year with figures: they may add up to a little more than all.
    share = share / max(share.sum(), 1.0)
    draws = xr.Dataset(
        {
            "probability": (
                ("country", "sample"),
                np.vstack([chance[order], anyone]),
                {"units": "1", "horizon": request.horizon},
            ),
            "share": (
                "country",
                [*share, share.sum()],
                {
                    "units": "1",
                    "counted": str(about.production) if about.production_proxy else about.name,
                },
            ),
        },
        coords={"country": (countries := [*(exporters[i][0] for i in order), ANY])},
    )
    words = _announced({about.name, about.production or about.name}, request.posterior.origin)
    draws = draws.assign_coords(announced=("country", [words.get(c, "") for c in countries]))
    asked = {"mineral": about.name, "horizon": request.horizon}
    return Risk(about.name, draws, {**provenance(about.name, request), "request": asked})


def _announced(names: set[str], origin: int) -> dict[str, str]:
    """Restrictions of some minerals in force after a year and announced until its end, by country."""
    events = load("critmin-events")
    later = events["effective"].str[:4].astype(int) > origin
    known = events["announced"].str[:4].astype(int) <= origin
    found: dict[str, str] = {}
    for row in events[later & known & events["mineral"].isin(names)].itertuples():
        scope = "" if row.scope == "all" else f" of {row.scope}"
        words = f"{row.measure}{scope} from {row.effective}"
        found[row.country] = "; ".join([*filter(None, [found.get(row.country)]), words])
    return found
