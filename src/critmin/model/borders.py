"""Duties and public stocks at a fence, as arithmetic beside `critmin.model.fences`.

A quota fixes what leaves a country and the wedge between its price and that outside follows; a duty
fixes the wedge and what leaves follows. With both, whichever holds back more is felt: a duty below the
rent of a quota only takes a part of that rent. A public stock buys on one side of a fence alone: with t
bought outside and s inside, as shares of world supply, the log prices move by

    outside  -A(1 - (w x + t) / (1 - delta)) / S_out
    inside   -A(1 + (w x - s) / delta) / S_in

Nobody pays to bring metal out at a loss: w is at least what keeps the inside no dearer than the outside.

What a quota keeps inside has to be used there, and counts by its log. What a duty keeps is not mined: the
inside price falls in proportion to it, so that in a country that uses next to nothing a duty is paid by
its mines, and does not end their exports.
"""

from typing import Any

import numpy as np

from critmin.internal.arrays import Bools, Floats
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
    duty: Floats,
    limits: Bools,
    least: float,
    **elasticities: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
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
    duty : array
        Of `duty_wedge`: log points by which the outside at least stands above the inside.
    limits : array of bool
        Whether what measures withhold makes a price inside, out of which a duty is paid; else it comes on
        top.
    least : float
        Least slope on either side.
    **elasticities : array
        As in `critmin.model.fences.fence_slopes`.

    Returns
    -------
    withheld, rise, fall, unpriced : array
        The last is the part of rise and fall that makes no price inside.
    """
    slopes = fence_slopes(output=output, use=use, primary=primary, **elasticities)
    outside, inside = (np.maximum(slope, least) for slope in slopes)
    exports = normal_exports(output=output, use=use, primary=primary)
    bought_out = np.minimum(outside_stock, LARGEST_PURCHASE * (1 - use - withheld * exports))
    bought_in = np.minimum(inside_stock, LARGEST_PURCHASE * (use + withheld * exports))
    taxed = duty > 0

    def sides(share: Floats) -> tuple[Floats, Floats, Floats]:
        """Rise outside, fall inside where what is kept is used, and where it is not mined."""
        kept = share * exports
        rise = -availability_term(1 - (kept + bought_out) / (1 - use)) / outside
        used = availability_term(1 + (kept - bought_in) / use) / inside
        return rise, used, (kept - bought_in) / use / inside

    def apart(share: Floats) -> Floats:
        rise, used, unmined = sides(share)
        return np.asarray(rise + np.where(taxed, unmined, used))

    # Both sides part further the more is withheld, so halving finds where they are far enough apart.
    unpriced = np.where(limits, 0.0, apart(withheld))
    wedge = duty + unpriced
    low, high = np.broadcast_arrays(withheld, np.maximum(withheld, 1.0))
    short = (apart(low) < wedge - 1e-12) & (exports > 0)
    for _ in range(HALVINGS if short.any() else 0):
        middle = (low + high) / 2
        below = apart(middle) < wedge
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found = np.where(short, high, withheld)
    rise, used, unmined = sides(found)
    fall = np.where(taxed, np.maximum(used, np.minimum(unmined, wedge - rise)), used)
    return found, rise, fall, unpriced
