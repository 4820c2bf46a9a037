"""Prices on both sides of a fence, as arithmetic that runs on NumPy and on PyTensor.

A country that makes a share sigma of the world's output and uses a share delta of it withholds a part w
of its normal exports x. Outside, demand has to do without them; inside, they have to be used. Supply
answers where its mines are, so the two sides have slopes of their own, and the log prices move by

    outside  -A(1 - w x / (1 - delta)) / S_out
    inside   -A(1 + w x / delta) / S_in

with A the `critmin.model.equations.availability_term`. Their difference is the rent of whoever still
gets out. Without a fence (w = 0) there is one price to the last bit.
"""

from typing import Any

import numpy as np

from critmin.model.equations import availability_term

MOST_OUTPUT = 0.995
"""Largest share of world output inside a fence: somebody outside always has some."""


def fence_slopes(
    *,
    output: Any,
    use: Any,
    supply_elasticity: Any,
    demand_elasticity: Any,
    scrap_elasticity: Any,
    primary: Any,
) -> tuple[Any, Any]:
    """By how much supply outgrows demand for a rise of the log price, outside and inside a fence.

    Supply answers where its mines are and scrap where it is used.

    Parameters
    ----------
    output, use : array
        Shares of world output (sigma) and of world use (delta) inside the fence.
    supply_elasticity, demand_elasticity, scrap_elasticity, primary : array
        As in `critmin.model.equations.total_slope`.

    Returns
    -------
    outside, inside : array
    """
    mines, scrap = primary * supply_elasticity, (1 - primary) * scrap_elasticity
    outside = mines * (1 - output) / (1 - use) + scrap + demand_elasticity
    inside = mines * output / use + scrap + demand_elasticity
    return outside, inside


def normal_exports(*, output: Any, use: Any, primary: Any, xp: Any = np) -> Any:
    """Net exports of a country in a calm year as a share of world supply; none if it imports.

    Parameters
    ----------
    output, use, primary : array
        As in `fence_slopes`.
    xp : module
        NumPy or PyTensor's tensor module.
    """
    return primary * xp.maximum(output - use, 0.0)


def outside_rise(*, withheld: Any, exports: Any, use: Any, slope: Any, xp: Any = np) -> Any:
    """Rise of the log price outside a fence for the share of normal exports that is withheld.

    Parameters
    ----------
    withheld : array
        w, net of what leaks.
    exports, use : array
        x, of `normal_exports`, and delta.
    slope : array
        Outside, of `fence_slopes`.
    xp : module
        NumPy or PyTensor's tensor module.
    """
    return -availability_term(1 - withheld * exports / (1 - use), xp) / slope


def inside_fall(*, withheld: Any, exports: Any, use: Any, slope: Any, xp: Any = np) -> Any:
    """Fall of the log price inside a fence, where what is withheld has to be used.

    Parameters
    ----------
    withheld, exports, use, slope : array
        As in `outside_rise`, the slope being that inside.
    xp : module
        NumPy or PyTensor's tensor module.
    """
    return availability_term(1 + withheld * exports / use, xp) / slope


def both_sides(
    *,
    withheld: Any,
    output: Any,
    use: Any,
    supply_elasticity: Any,
    demand_elasticity: Any,
    scrap_elasticity: Any,
    primary: Any,
    least: float = 0.0,
    xp: Any = np,
) -> tuple[Any, Any]:
    """Rise of the log price outside a fence and fall inside.

    Parameters
    ----------
    withheld : array
        As in `outside_rise`.
    output, use, supply_elasticity, demand_elasticity, scrap_elasticity, primary : array
        As in `fence_slopes`.
    least : float
        Least slope on either side.
    xp : module
        NumPy or PyTensor's tensor module.

    Returns
    -------
    rise, fall : array
    """
    outside, inside = fence_slopes(
        output=output,
        use=use,
        supply_elasticity=supply_elasticity,
        demand_elasticity=demand_elasticity,
        scrap_elasticity=scrap_elasticity,
        primary=primary,
    )
    if least:
        outside, inside = xp.maximum(outside, least), xp.maximum(inside, least)
    exports = normal_exports(output=output, use=use, primary=primary, xp=xp)
    given = {"withheld": withheld, "exports": exports, "use": use, "xp": xp}
    return outside_rise(**given, slope=outside), inside_fall(**given, slope=inside)


def fence_availability(*, rise: Any, slope: Any, primary: Any) -> Any:
    """What a fence takes from those outside, as `critmin.model.equations.price_push` has it.

    Parameters
    ----------
    rise : array
        Of `outside_rise`.
    slope, primary : array
        World-wide, as in `critmin.model.equations.price_push`.
    """
    return -rise * slope / primary
