"""What a wedge is without a model: the last one stays, or returns to what is usual."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from critmin.internal.arrays import Bools, Floats

FEWEST = 3
"""Changes of wedges that a spread takes; a baseline that returns takes two more."""

TAIL = 4.0
"""Degrees of freedom of errors, as in the model."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of prices across fences.

    Attributes
    ----------
    fence : array (W,) of str
    date : array (W,)
        Decimal years.
    log, error : arrays (W,)
        Log wedges less taxes, with their standard errors.
    """

    fence: npt.NDArray[np.str_]
    date: Floats
    log: Floats
    error: Floats

    def last(self, out: Bools, known: Bools) -> tuple[float, float, float]:
        """Date, wedge and error of what was known of a fence before pairs of it; NaN if nothing was."""
        first = self.date[out].min()
        mine = known & (self.fence == self.fence[out][0]) & (self.date < first)
        path = list(self._path(mine))
        return path[-1] if path else (np.nan, np.nan, np.nan)

    def _path(self, mine: Bools) -> Iterator[tuple[float, float, float]]:
        """Dates with the mean of their pairs."""
        for date in sorted(set(self.date[mine])):
            here = mine & (self.date == date)
            weight = self.error[here] ** -2
            mean = (weight * self.log[here]).sum() / weight.sum()
            yield float(date), float(mean), float(weight.sum() ** -0.5)

    def changes(self, known: Bools) -> Floats:
        """Steps between dates of every fence: years, wedge and error before, and after, (step, 5)."""
        rows = []
        for fence in dict.fromkeys(self.fence):
            path = list(self._path(known & (self.fence == fence)))
            rows += [(b[0] - a[0], *a[1:], *b[1:]) for a, b in pairwise(path)]
        return np.array(rows, dtype=float).reshape(-1, 5)


def stays(pairs: Pairs, out: Bools, known: Bools) -> dict[str, float]:
    """Score that the last wedge stays, as far as all wedges known stayed.

    A random walk with errors at both ends, whose spread per root year is the likeliest of the changes
    of all fences' wedges known.

    Parameters
    ----------
    pairs : Pairs
    out, known : arrays (W,) of bool
        Pairs to predict, of one fence, and pairs known.

    Returns
    -------
    dict of str to float
        ``log_score_stays`` and ``crps_stays``; NaN where nothing came before or fewer than `FEWEST` changes
        are known.
    """
    from scipy import optimize, stats

    years, before, error_before, after, error_after = pairs.changes(known).T
    date, last, error = pairs.last(out, known)
    if len(years) < FEWEST or np.isnan(last):
        return _scores("stays", pairs, out, np.nan, np.nan)

    def unlikely(log_spread: float) -> float:
        variance = error_before**2 + error_after**2 + np.exp(2 * log_spread) * years
        return -float(stats.t.logpdf(after, TAIL, before, np.sqrt(variance)).sum())

    best = optimize.minimize_scalar(unlikely, bounds=np.log((1e-3, 5)), method="bounded").x
    wait = pairs.date[out] - date
    scale = np.sqrt(error**2 + pairs.error[out] ** 2 + np.exp(2 * best) * wait)
    return _scores("stays", pairs, out, last, scale)


def reverts(pairs: Pairs, out: Bools, known: Bools) -> dict[str, float]:
    """Score that a wedge returns to the usual one: an AR(1) in continuous time, of all fences together.

    Parameters
    ----------
    pairs, out, known
        As in `stays`.

    Returns
    -------
    dict of str to float
        ``log_score_reverts`` and ``crps_reverts``; NaN where fewer than `FEWEST` + 2 changes are known. A
        fence without an earlier pair is at the usual wedge.
    """
    from scipy import optimize, stats

    years, before, error_before, after, error_after = pairs.changes(known).T
    if len(years) < FEWEST + 2:
        return _scores("reverts", pairs, out, np.nan, np.nan)

    def ahead(
        numbers: Floats, wait: Floats, last: Floats | float, error: Floats | float
    ) -> tuple[Floats, Floats]:
        """Location, and variance without the error of what comes."""
        usual, log_years, log_spread = numbers
        kept = np.exp(-wait / np.exp(log_years))
        variance = kept**2 * error**2 + np.exp(2 * log_spread) * (1 - kept**2)
        return usual + kept * (last - usual), variance

    def unlikely(numbers: Floats) -> float:
        where, variance = ahead(numbers, years, before, error_before)
        scale = np.sqrt(variance + error_after**2)
        return -float(stats.t.logpdf(after, TAIL, where, scale).sum())

    start = np.array([before.mean(), np.log(3.0), np.log(0.3)])
    bounds = [(-1.0, 3.0), np.log((0.1, 30.0)), np.log((0.01, 3.0))]
    best = optimize.minimize(unlikely, start, bounds=bounds, method="L-BFGS-B").x
    date, last, error = pairs.last(out, known)
    wait = pairs.date[out] - date
    if np.isnan(last):
        wait, last, error = np.full(int(out.sum()), np.inf), 0.0, 0.0
    where, variance = ahead(best, wait, last, error)
    return _scores("reverts", pairs, out, where, np.sqrt(variance + pairs.error[out] ** 2))


def _scores(
    name: str, pairs: Pairs, out: Bools, where: Floats | float, scale: Floats | float
) -> dict[str, float]:
    """Mean scores of Student t forecasts; less is better."""
    import scoringrules as sr
    from scipy import stats

    if np.isnan(where).any():
        return {f"log_score_{name}": np.nan, f"crps_{name}": np.nan}
    seen = pairs.log[out]
    return {
        f"log_score_{name}": -float(stats.t.logpdf(seen, TAIL, where, scale).mean()),
        f"crps_{name}": float(np.mean(sr.crps_t(seen, TAIL, where, scale))),
    }
