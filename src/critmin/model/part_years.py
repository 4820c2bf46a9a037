"""What a part of a year says of the whole, for a price that wanders evenly within it."""

import numpy as np

BEFORE_FIRST = 6**-1 / (2 - 3**0.5) - 3**-1
"""Variance of where a year starts given annual averages alone, for a price that wanders by one a year.

Changes of annual averages of a random walk have a variance of 2/3 and an autocorrelation of 1/4 (Working
1960); their one-year-ahead error, of variance (1/6) / (2 - sqrt(3)), is that of the start and the 1/3 of
the year itself.
"""


def within_year(start: float, end: float, *, end_known: bool) -> tuple[float, float, float]:
    """How an average over a part of the year hangs together with the whole year's.

    Parameters
    ----------
    start, end : float
        Parts of the year that have passed, from 0 to 1; the same for one moment.
    end_known : bool
        Prices come by the month, so that the year's start and end are in the model; otherwise only
        annual averages are.

    Returns
    -------
    tuple of float
        For the log of the average less that of the start: how far it goes with the year's average and
        with the year's end, and the spread about both, relative to the scale of the price shock.

    Notes
    -----
    The price is taken to wander evenly within the year, as Working (1960, Econometrica 28) has it, from
    where the last year left it.

    Examples
    --------
    >>> [round(x, 6) for x in within_year(0, 1, end_known=True)]  # the year itself
    [1.0, 0.0, 0.0]
    >>> [round(x, 6) for x in within_year(1, 1, end_known=True)]  # its end
    [0.0, 1.0, 0.0]
    """
    length = end - start
    middle = (start + end) / 2
    squares = (start**2 + start * end + end**2) / 3
    with_year, with_end, variance = middle - squares / 2, middle, start + length / 3
    if end_known:
        # The year's average and its end have variances 1/3 and 1, and a covariance of 1/2.
        of_year, of_end = 12 * (with_year - with_end / 2), 4 * with_end - 6 * with_year
        left = variance - of_year * with_year - of_end * with_end
        return of_year, of_end, float(np.sqrt(max(3 * left, 0.0)))
    total = BEFORE_FIRST + 3**-1
    of_year = (with_year + BEFORE_FIRST) / total
    left = variance + BEFORE_FIRST - of_year * (with_year + BEFORE_FIRST)
    return of_year, 0.0, float(np.sqrt(max(left / total, 0.0)))
