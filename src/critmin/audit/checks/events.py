"""Event studies: controls of the past, imposed as announced on what was known before them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from critmin.audit.backtesting.vintage import fittable, known_at, outcomes
from critmin.data.panel import load_panel
from critmin.exceptions import DataError
from critmin.internal.checks import check_probability
from critmin.internal.tables import interval_bounds
from critmin.model.assumptions import SCOPE_FACTOR, WITHHELD_MEAN
from critmin.scenario import ExportControl, Scenario
from critmin.simulation.market import simulate


@dataclass(frozen=True, slots=True)
class Event:
    """A dated control, as announced.

    Attributes
    ----------
    country : str
    mineral : str
    measure, scope : str
        As in the events of the panel; they set the share withheld, as in the model.
    year : int
        First year in force; what was known at the end of the year before is all the model sees.
    first_part : float
        Part of the first year that it was in force.
    years : int
        Calendar years that it touched, at least; those up to the second are imposed.
    name : str
    """

    name: str
    country: str
    mineral: str
    measure: str
    scope: str
    year: int
    first_part: float = 1.0
    years: int = 2

    @property
    def withheld(self) -> float:
        """Mean share of its exports that a measure of this kind and scope withholds."""
        return WITHHELD_MEAN[self.measure] * SCOPE_FACTOR[self.scope]


EVENTS: tuple[Event, ...] = (
    Event("aluminum duty 2005", "CHN", "aluminum", "export tax", "all", 2005),
    Event("tungsten quotas 2007", "CHN", "tungsten", "export quota", "all", 2007, 0.5),
    Event("nickel ore ban 2014", "IDN", "nickel", "export ban", "ore", 2014),
    Event("cobalt mining code 2018", "COD", "cobalt", "export tax", "all", 2018, 0.8),
    Event("nickel ore ban 2020", "IDN", "nickel", "export ban", "ore", 2020),
    Event("nickel duty 2021", "RUS", "nickel", "export tax", "all", 2021, 0.42, 1),
    Event("gallium licences 2023", "CHN", "gallium", "export licence", "all", 2023, 0.42),
    Event("germanium licences 2023", "CHN", "germanium", "export licence", "all", 2023, 0.42),
    Event("graphite licences 2023", "CHN", "graphite", "export licence", "all", 2024),
    Event("antimony licences 2024", "CHN", "antimony", "export licence", "all", 2024, 0.3),
    *(
        Event(f"{mineral} ban on the US 2025", "CHN", mineral, "export ban", "destination", 2025)
        for mineral in ("antimony", "gallium", "germanium")
    ),
    *(
        Event(f"{mineral} licences 2025", "CHN", mineral, "export licence", "all", 2025, part)
        for mineral, part in (
            ("bismuth", 0.9),
            ("indium", 0.9),
            ("molybdenum", 0.9),
            ("tellurium", 0.9),
            ("tungsten", 0.9),
            ("dysprosium", 0.74),
            ("samarium", 0.74),
            ("terbium", 0.74),
            ("yttrium", 0.74),
        )
    ),
    Event("cobalt stop and quota 2025", "COD", "cobalt", "export ban", "all", 2025, 0.86),
)
"""Export controls of minerals with open prices before and after, and with output by country before;
their sources are in the data set critmin-events. Without such figures, the rare-earth quotas of 2010
and the tin measures of Indonesia cannot be tested. A ban on one buyer is given as a stop to a part of
exports, as in the model."""


def event_studies(
    events: Sequence[Event] = EVENTS,
    *,
    minerals: Sequence[str] | None = None,
    draws: int = 500,
    tune: int = 500,
    chains: int = 2,
    seed: int = 1,
    prob: float = 0.9,
) -> pd.DataFrame:
    """Impose past controls on fits that end before them, and compare with what happened.

    Parameters
    ----------
    events : sequence of Event
    minerals : sequence of str, optional
        Of the refits; all by default.
    draws, tune, chains : int
        Of the refit at each origin; some six minutes of processor each.
    seed : int
    prob : float
        Probability of the intervals.

    Returns
    -------
    DataFrame
        By event and years since its first (0 and 1, where known): the share ``withheld`` that is
        imposed; the real price over that of the year before as it ``happened``, as forecast
        ``without`` and ``with`` the control (median and bounds of the interval); the ``effect`` of
        the control (ratio of the two medians); ``inside``: whether the interval with control holds
        what happened; ``crps_without``, ``crps_with``, ``log_score_without`` and ``log_score_with``
        of the log price (less is better; the log score of a kernel density of the draws).

    Raises
    ------
    DataError
        If a mineral has no prices before its event.
    """
    import scoringrules as sr

    from critmin.inference.fitting import fit

    panel = load_panel(minerals)
    lower, upper = interval_bounds(check_probability(prob))
    bounds = (lower, 0.5, upper)
    rows = []
    for origin in sorted({event.year - 1 for event in events}):
        cut = fittable(known_at(panel, origin))
        chosen = [event for event in events if event.year - 1 == origin]
        if lost := [e.name for e in chosen if e.mineral not in cut["mineral"].values]:
            raise DataError(f"no two prices before {', '.join(lost)}")
        posterior = fit(
            data=cut,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
            progressbar=False,
            allow_bad=True,
        )
        for event in chosen:
            parts = (event.first_part, 1.0)[: event.years]
            control = [
                ExportControl(event.country, event.mineral, event.withheld * part, year, 1)
                for year, part in enumerate(parts, start=event.year)
            ]
            named = Scenario(event.name, tuple(control))
            # On the level of the edition that the fit saw, as the forecasts are.
            log_price = outcomes(panel, cut, [event.mineral]).squeeze("mineral")
            before = float(np.exp(log_price.sel(year=origin)))
            with_it = simulate(posterior, event.mineral, 2, seed, named).market
            without = simulate(posterior, event.mineral, 2, seed).market
            for since in (0, 1):
                year = event.year + since
                if year > int(panel["year"][-1]):
                    continue
                actual = float(np.exp(log_price.sel(year=year)))
                if not np.isfinite(actual + before):
                    continue
                low, middle, high = np.quantile(with_it[:, since] / before, bounds)
                plain = np.quantile(without[:, since] / before, bounds)
                logs = [np.log(paths[:, since]) for paths in (without, with_it)]
                rows.append(
                    {
                        "event": event.name,
                        "mineral": event.mineral,
                        "year": year,
                        "withheld": event.withheld * sum(parts[since : since + 1]),
                        "happened": actual / before,
                        "without": plain[1],
                        "with": middle,
                        "low": low,
                        "high": high,
                        "effect": float(np.median(with_it[:, since] / without[:, since])),
                        "inside": bool(low <= actual / before <= high),
                        "crps_without": float(sr.crps_ensemble(np.log(actual), logs[0])),
                        "crps_with": float(sr.crps_ensemble(np.log(actual), logs[1])),
                        "log_score_without": float(sr.logs_ensemble(np.log(actual), logs[0])),
                        "log_score_with": float(sr.logs_ensemble(np.log(actual), logs[1])),
                    }
                )
    return pd.DataFrame(rows).set_index(["event", "year"])
