"""`producer_revenue`: what a quota or a duty earns the country that sets it, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import as_country
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.internal.checks import Prob, check_number, each
from critmin.internal.storage import Saved, Stored
from critmin.internal.tables import html_result, intervals, significant
from critmin.mineral import get_mineral
from critmin.posterior import Posterior
from critmin.results.earnings import earned, levels_tried
from critmin.results.provenance import provenance
from critmin.results.request import Basis, Request, What
from critmin.scenario import ExportControl, ExportDuty, LiftControls, Scenario
from critmin.simulation.recalibration import recalibrated
from critmin.units import BASE_YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DISCOUNT = 0.06
"""Real rate a year for revenue to come (World Bank 2016, Discounting Costs and Benefits in Economic
Analysis of World Bank Projects: 6% where no other is known)."""

SUMS = ("exports", "duty", "royalty", "home")
"""Sums of money over all years; `royalty` where its rate is given."""


@dataclass(frozen=True, slots=True, eq=False)
class ProducerRevenue(Saved):
    """What a country earns by restricting its exports, as draws; the same shocks at every level.

    Attributes
    ----------
    mineral, country : str
    policy : {"withheld", "duty"}
        What the levels are: shares of normal exports withheld, or rates of a duty.
    draws : Dataset
        By level and sample: ``exports``, what buyers abroad pay over all years, discounted; ``duty``, the
        state's part of it; ``home``, what its own users pay; ``royalty``, the state's part of what
        producers are paid for both, where its rate is given; ``share``, its part of what reaches buyers
        outside in the last year (scrap apart); ``price``, the mean price outside. Sums are in money (that
        of the first year, if nominal) where tonnes of the mineral itself are known, else relative to the
        median of the exports at level 0.
    provenance : dict
        As in `critmin.FairPrice`.

    See Also
    --------
    critmin.producer_revenue : Makes it.

    Examples
    --------
    >>> from critmin import producer_revenue
    >>> copper = producer_revenue("copper", "ZMB", 2, withheld=(0.2, 0.4), stage="mined")
    >>> float(copper.best()["level"]), sorted(copper.draws.data_vars)
    (0.0, ['duty', 'exports', 'home', 'price', 'share'])
    """

    mineral: str
    country: str
    policy: str
    draws: xr.Dataset
    provenance: dict[str, Any]

    def summary(self, prob: Prob = 0.9) -> pd.DataFrame:
        """Revenue, share and price by level.

        Parameters
        ----------
        prob : float or several
            Probabilities of the equal-tailed intervals.

        Returns
        -------
        DataFrame
            By level; columns (quantity, statistic): ``exports`` (as in the draws), ``change``, of exports
            against level 0 in percent, with its ``mean``: that of both sums over draws, ``home``, the same
            of sales at home, ``duty``, ``royalty`` where there is one, ``share`` in percent, ``lost``,
            what it has lost against level 0 in points, and ``price`` over that at level 0.
        """
        exports, home, share, price = map(self._values, ("exports", "home", "share", "price"))
        shown = {
            "exports": exports,
            "change": _change(exports),
            "home": _change(home),
            **{name: self._values(name) for name in ("duty", "royalty") if name in self.draws},
            "share": 100 * share,
            "lost": 100 * (share[:, :1] - share),
            "price": price / price[:, :1],
        }
        columns = {
            (name, label): row
            for name, values in shown.items()
            for label, row in intervals(values, prob).items()
        }
        mean = exports.mean(axis=0)
        columns["change", "mean"] = 100 * (mean / mean[0] - 1)
        table = pd.DataFrame(columns, index=pd.Index(self.draws["level"].values, name=self.policy))
        table.attrs |= self.draws["exports"].attrs
        return table[list(shown)]

    def best(self, prob: float = 0.9, of: str = "exports") -> "pd.Series[float]":
        """The level, of those tried, that brings the most.

        Parameters
        ----------
        prob : float
            Probability of the equal-tailed interval.
        of : {"exports", "duty", "royalty"}
            Of all that buyers abroad pay, or of a part that the state has.

        Returns
        -------
        Series
            ``level``, at which the mean over draws is the largest; its ``gain``, what it adds to the mean
            at level 0, in percent of the exports there; and median and bounds of the best level of each
            draw.
        """
        known = [name for name in SUMS[:-1] if name in self.draws]
        if not isinstance(of, str) or of not in known:
            raise UnknownNameError.of("sum", of, known)
        values, levels = self._values(of), self.draws["level"].values.astype(float)
        mean = values.mean(axis=0)
        own = intervals(levels[values.argmax(axis=1)], prob)
        gain = 100 * (mean.max() - mean[0]) / self._values("exports")[:, 0].mean()
        found = {"level": levels[mean.argmax()], "gain": gain, **own}
        return pd.Series({name: float(value) for name, value in found.items()})

    def _values(self, name: str) -> Floats:
        """A quantity of the draws, (sample, level)."""
        values: Floats = self.draws[name].transpose("sample", "level").values
        return values

    def plot(self, ax: "Axes | None" = None, prob: float = 0.9) -> "Axes":
        """Draw revenue by level; see `critmin.results.plots.plot_producer_revenue`."""
        from critmin.results.plots import plot_producer_revenue

        return plot_producer_revenue(self, ax=ax, prob=prob)

    def _stored(self) -> Stored:
        about = {"mineral": self.mineral, "country": self.country, "policy": self.policy}
        return Stored("ProducerRevenue", self.draws, self.provenance, about)

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        mineral, country, policy = (str(stored.about[n]) for n in ("mineral", "country", "policy"))
        return cls(mineral, country, policy, stored.draws, stored.provenance)

    def __repr__(self) -> str:
        """The best level and what it brings."""
        best, policy = self.best(), {"withheld": "withholding", "duty": "a duty of"}[self.policy]
        first = significant(float(np.median(self._values("exports")[:, 0])))
        return (
            f"ProducerRevenue({self.mineral}, {self.country}; exports {first} "
            f"{self.draws['exports'].attrs['words']}; most by {policy} {best['level']:.0%} "
            f"({best['5%']:.0%} to {best['95%']:.0%}, 90%): {best['gain']:+.0f}%; "
            f"{self.provenance['data']})"
        )

    def _repr_html_(self) -> str:
        title = f"{self.mineral}, {self.country}: what restricting exports earns"
        note = f"{self.draws['exports'].attrs['words']}; change, home and share in percent"
        return html_result(title, self.summary(), f"{note}. {self.provenance['data']}")


def _change(sums: Floats) -> Floats:
    """Percent by which sums (sample, level) differ from those at level 0; none where nothing was."""
    first = np.broadcast_to(sums[:, :1], sums.shape)
    ratio = np.divide(sums, first, out=np.ones_like(sums), where=first > 0)
    return np.asarray(100 * (ratio - 1))


@overload
def producer_revenue(
    mineral: str,
    country: str,
    horizon: int = 10,
    *,
    withheld: Sequence[float] | None = None,
    duty: Sequence[float] | None = None,
    stage: str | None = None,
    royalty: float | None = None,
    discount: float = DISCOUNT,
    scenario: What = None,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
) -> ProducerRevenue: ...


@overload
def producer_revenue(
    mineral: list[str] | tuple[str, ...],
    country: str,
    horizon: int = 10,
    *,
    withheld: Sequence[float] | None = None,
    duty: Sequence[float] | None = None,
    stage: str | None = None,
    royalty: float | None = None,
    discount: float = DISCOUNT,
    scenario: What = None,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
) -> dict[str, ProducerRevenue]: ...


def producer_revenue(
    mineral: str | list[str] | tuple[str, ...],
    country: str,
    horizon: int = 10,
    *,
    withheld: Sequence[float] | None = None,
    duty: Sequence[float] | None = None,
    stage: str | None = None,
    royalty: float | None = None,
    discount: float = DISCOUNT,
    scenario: What = None,
    currency: str = "USD",
    basis: Basis = "real",
    unit: str = "t",
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
) -> ProducerRevenue | dict[str, ProducerRevenue]:
    """What a quota or a duty earns the country that sets it, and which earns the most.

    Parameters
    ----------
    mineral : str, or list or tuple of str
        Names of `critmin.minerals`; several give a dict.
    country : str
        A producer, ISO 3166 alpha-3 code or name.
    horizon : int
        Years after the posterior's origin, through all of which the measure stands.
    withheld : sequence of float, optional
        Shares of its normal exports that it withholds, 0 to 1; nought to nine tenths by default.
    duty : sequence of float, optional
        Rates of a duty instead, as of `critmin.scenario.ExportDuty`.
    stage : {"mined", "refined"}, optional
        As of `critmin.scenario.ExportControl`, by default refined metal for copper. Exports of that stage
        alone are counted: of what Zambia mines a fifth.
    royalty : float, optional
        Share of what producers are paid, at home and abroad less the duty, that the state takes, such as
        0.05. No country's rates come with critmin: none by default.
    discount : float
        Real rate a year, in either basis: inflation is taken off as well.
    scenario : Scenario, Intervention or sequence of Intervention, optional
        What else happens, at every level.
    currency, basis, unit : str
        Of sums and of the price, as in `critmin.fair_price`.
    posterior : Posterior or path, optional
        Of `critmin.fit`, or a file of one; the built-in one by default.
    seed : int
        The same for every level, so that differences are effects.

    Returns
    -------
    ProducerRevenue or dict of str to ProducerRevenue

    Raises
    ------
    UnknownNameError
        If there is no such mineral or country.
    CritminError
        If a level is out of range, both kinds are given, or the country does not produce the mineral.

    See Also
    --------
    critmin.scenario.ExportControl, critmin.scenario.ExportDuty : The measures.

    Notes
    -----
    Level 0, added where it is missing, is a world in which the country has no quota, ban or licence at all,
    neither today's nor a new one; others do as in `critmin.forecast`. Revenue is no profit: what is
    withheld is still mined in the model and earns nothing, so a country that mines less, or sells
    its stock later, gains more than is told here. Nobody answers with measures of their own.

    Examples
    --------
    >>> quotas = producer_revenue("cobalt", "COD", 3, withheld=(0.2, 0.4))
    >>> quotas.summary()["change"]["median"].round(-1).tolist()[0]
    0.0
    >>> bool((quotas.summary()["share"]["median"].diff().dropna() < 0).all())
    True
    """
    request = Request.of(
        horizon=horizon,
        scenario=scenario,
        currency=currency,
        basis=basis,
        unit=unit,
        posterior=posterior,
        seed=seed,
    )
    code = as_country(country)
    policy, levels = levels_tried(withheld, duty)
    check_number(discount, "discount", -0.05, 1)
    if royalty is not None:
        check_number(royalty, "royalty", 0, 1)

    def one(name: str) -> ProducerRevenue:
        return _earned(name, code, policy, levels, stage, royalty, discount, request)

    return each(mineral, "mineral", one)


def _earned(
    mineral: str,
    country: str,
    policy: str,
    levels: tuple[float, ...],
    stage: str | None,
    royalty: float | None,
    discount: float,
    request: Request,
) -> ProducerRevenue:
    about, start = get_mineral(mineral), int(request.years[0])
    free = (*request.scenario.interventions, LiftControls(country, about.name, start))
    counted = bool(request.posterior.of(about.name)["output"] > 0) and not about.production_proxy
    # A real rate discounts real money: sums are in that of one year, nominal ones in the first year's.
    money = request.money.per_year(about, request.years[:1]) if counted else np.ones(1)
    worth = money * (1 + discount) ** -(np.arange(request.horizon) + 0.5)
    scale = request.money.scale(about, request.years)
    rows: dict[str, list[Floats]] = {}
    for level in levels:
        measure: tuple[Any, ...] = (ExportDuty(country, about.name, level, start, stage=stage),)
        if policy == "withheld":
            measure = (ExportControl(country, about.name, level, start, stage=stage),)
        scenario = Scenario(f"{policy} {level:g}", (*free, *measure))
        paths = recalibrated(request.posterior, about.name, request.horizon, request.seed, scenario)
        for name, values in earned(paths, country, worth, scale, royalty).items():
            rows.setdefault(name, []).append(values)
    arrays = {name: np.stack(found) for name, found in rows.items()}
    if not np.isfinite(arrays["exports"]).all():
        raise CritminError(f"{about.name}: no production by country is known")
    if not np.median(arrays["exports"][0]) > 0:
        what = "of its own" if stage is None else f"of what it has {stage}"
        raise CritminError(
            f"{about.name}: {country} exports nothing {what}, so no measure earns anything"
        )
    year = BASE_YEAR if request.money.basis == "real" else start
    sums = {"units": request.money.currency, "words": f"{request.money.currency} of {year}"}
    if not counted:
        unit = np.median(arrays["exports"][0])
        arrays |= {name: arrays[name] / unit for name in SUMS if name in arrays}
        sums = {"units": "1", "words": "of exports without a measure"}
    said = {name: sums for name in SUMS if name in arrays}
    said |= {"share": {"units": "1"}, "price": request.money.attrs(about)}
    draws = xr.Dataset(
        {name: (("level", "sample"), arrays[name], said[name]) for name in said},
        coords={"level": list(levels)},
    )
    asked = request.arguments(about.name)
    asked |= {"country": country, "policy": policy, "stage": stage, "discount": discount}
    asked["royalty"] = royalty
    known = {**provenance(about.name, request), "request": asked}
    return ProducerRevenue(about.name, country, policy, draws, known)
