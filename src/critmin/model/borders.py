"""Duties and public stocks at a fence, as arithmetic beside `critmin.model.fences`.

A quota fixes what leaves a country and the wedge between its price and that outside follows; a duty
fixes the wedge and what leaves follows. With both, whichever holds back more is felt: a duty below the
rent of a quota only takes a part of that rent. A public stock buys on one side of a fence alone: with t
bought outside and s inside, as shares of world supply, the log prices move by

    outside  -A(1 - (w x + t) / (1 - delta)) / S_out
    inside   -A(1 + (w x - s) / delta) / S_in

Nobody pays to bring metal out at a loss: w is at least what keeps the inside no dearer than the outside.
"""

from typing import Any

import numpy as np

from critmin.internal.arrays import Floats
from critmin.model.equations import LARGEST_PURCHASE, availability_term
from critmin.model.fences import fence_slopes, normal_exports

HALVINGS = 40
"""Steps of the search for what a duty keeps inside: to a trillionth of exports."""


def after_leaks(*, withheld: Any, leaked: Any) -> Any:
    """Share of normal exports that is missed abroad.

    Parameters
    ----------
    withheld, leaked : array
        What a measure holds back, and which part of it gets out nevertheless.
    """
    return withheld * (1 - leaked)


def duty_wedge(rate: Any) -> Any:
    """Log points between the price abroad and what the exporter keeps of it under a duty.

    Parameters
    ----------
    rate : array
        Of the value before the duty: abroad a tonne costs ``1 + rate`` of what the exporter keeps.
    """
    return np.log1p(rate)


def duty_revenue(*, rate: Any, price: Any, exports: Any) -> Any:
    """What a duty brings the state.

    Parameters
    ----------
    rate : array
        As in `duty_wedge`.
    price, exports : array
        Abroad, the duty in it, and what leaves the country.
    """
    return price * exports * rate / (1 + rate)


def sides_with_stocks(
    *,
    withheld: Floats,
    output: Floats,
    use: Floats,
    primary: Floats,
    outside_stock: Floats,
    inside_stock: Floats,
    wedge: Floats,
    least: float,
    **elasticities: Floats,
) -> tuple[Floats, Floats, Floats]:
    """What a fence withholds under duties and stocks, with its rise outside and fall inside.

    Parameters
    ----------
    withheld : array
        Share of normal exports that measures withhold, whatever the duty is.
    output, use, primary : array
        As in `critmin.model.fences.fence_slopes`.
    outside_stock, inside_stock : array
        What public stocks buy on each side, as shares of world supply; negative where they sell. At most
        `critmin.model.equations.LARGEST_PURCHASE` of what is there.
    wedge : array
        Of `duty_wedge`: log points by which the outside at least stands above the inside.
    least : float
        Least slope on either side.
    **elasticities : array
        As in `critmin.model.fences.fence_slopes`.

    Returns
    -------
    withheld, rise, fall : array
    """
    slopes = fence_slopes(output=output, use=use, primary=primary, **elasticities)
    outside, inside = (np.maximum(slope, least) for slope in slopes)
    exports = normal_exports(output=output, use=use, primary=primary)
    bought_out = np.minimum(outside_stock, LARGEST_PURCHASE * (1 - use - withheld * exports))
    bought_in = np.minimum(inside_stock, LARGEST_PURCHASE * (use + withheld * exports))

    def sides(share: Floats) -> tuple[Floats, Floats]:
        """Rise outside and fall inside where such a share of exports is withheld."""
        kept = share * exports
        rise = -availability_term(1 - (kept + bought_out) / (1 - use)) / outside
        fall = availability_term(1 + (kept - bought_in) / use) / inside
        return rise, fall

    # Both sides part further the more is withheld, so halving finds where they are a wedge apart.
    low, high = np.broadcast_arrays(withheld, np.maximum(withheld, 1.0))
    short = np.add(*sides(low)) < wedge - 1e-12
    short &= exports > 0
    for _ in range(HALVINGS if short.any() else 0):
        middle = (low + high) / 2
        below = np.add(*sides(middle)) < wedge
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found = np.where(short, high, withheld)
    return (found, *sides(found))
