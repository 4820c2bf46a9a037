"""Tables of quantiles, their labels, and numbers as people read them."""

import html
import math

import numpy as np
import pandas as pd

from critmin.internal.arrays import Floats
from critmin.internal.checks import Prob, check_probabilities


def quantile_label(probability: float) -> str:
    """Label of a quantile, such as ``"5%"`` or ``"2.5%"``."""
    return f"{round(100 * probability, 2):g}%"


def interval_bounds(prob: Prob) -> list[float]:
    """Lower and upper quantiles of equal-tailed intervals, sorted.

    Examples
    --------
    >>> [round(bound, 3) for bound in interval_bounds((0.5, 0.9))]
    [0.05, 0.25, 0.75, 0.95]
    """
    levels = check_probabilities(prob)
    return sorted({side for p in levels for side in ((1 - p) / 2, (1 + p) / 2)})


def intervals(values: Floats, prob: Prob) -> dict[str, Floats]:
    """Median and equal-tailed intervals over the first axis, by label.

    Parameters
    ----------
    values : array (sample, ...)
    prob : float or several
        Probabilities of the intervals.

    Examples
    --------
    >>> {label: round(float(row)) for label, row in intervals(np.arange(101.0), 0.9).items()}
    {'median': 50, '5%': 5, '95%': 95}
    """
    bounds = interval_bounds(prob)
    rows = np.quantile(values, [0.5, *bounds], axis=0)
    return dict(zip(["median", *map(quantile_label, bounds)], rows, strict=True))


def signed_percent(share: float) -> str:
    """A change in whole percent with its sign, such as ``"−3%"``; ``"±0%"`` where it rounds to none.

    Examples
    --------
    >>> signed_percent(0.12), signed_percent(-0.001)
    ('+12%', '±0%')
    """
    shown = f"{share:+.0%}".replace("-", "−")
    return "±0%" if shown in ("+0%", "−0%") else shown


def median_error(values: Floats) -> Floats:
    """Monte Carlo standard error of the median over the first axis.

    Half the distance between the quantiles one binomial standard deviation of the rank away from it.

    Parameters
    ----------
    values : array (sample, ...)

    References
    ----------
    Conover (1999), Practical Nonparametric Statistics, section 3.2.
    """
    step = 0.5 / math.sqrt(len(values))
    low, high = np.quantile(values, [0.5 - step, 0.5 + step], axis=0)
    return np.asarray((high - low) / 2)


def significant(value: float, digits: int = 3) -> str:
    """A number with some significant digits, thousands parted, never in exponents.

    Examples
    --------
    >>> [significant(x) for x in (44_541_467, 17_432, 3.14159, 0.00123, 0, float("nan"))]
    ['44,500,000', '17,400', '3.14', '0.00123', '0', 'n/a']
    >>> significant(0.9999)
    '1.00'
    """
    if not math.isfinite(value):
        return "n/a"
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    places = digits - 1 - math.floor(math.log10(abs(rounded)))  # 0.9999 is 1.00
    return f"{rounded:,.{max(places, 0)}f}"


def flat_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of two levels joined by a space."""
    if table.columns.nlevels == 1:
        return table
    return table.set_axis([" ".join(filter(None, map(str, c))) for c in table.columns], axis=1)


def html_table(table: pd.DataFrame) -> str:
    """A table of results as HTML, numbers as `significant` has them, everything escaped."""
    shown = table.map(lambda v: significant(float(v)) if isinstance(v, int | float) else str(v))
    return str(shown.to_html(escape=True))


def html_result(title: str, table: pd.DataFrame, note: str) -> str:
    """A result in a notebook: a heading, a table and a small note, everything escaped."""
    heading, small = html.escape(title), html.escape(note)
    return f"<h4>{heading}</h4>{html_table(flat_columns(table))}<p><small>{small}</small></p>"
