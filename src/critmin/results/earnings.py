"""What a producing country earns in a simulation, at home and abroad."""

from critmin.data.countries import ROW
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.model.borders import duty_revenue
from critmin.simulation.paths import Paths


def earned(paths: Paths, country: str, worth: Floats) -> dict[str, Floats]:
    """What one country earns under one measure, (sample,).

    Parameters
    ----------
    paths : Paths
    country : str
        ISO 3166 alpha-3.
    worth : array (year,)
        Of a dollar of each year.

    Returns
    -------
    dict of str to array
        ``exports``, what buyers abroad pay, ``duty``, the state's part, ``home``, what its users pay;
        ``share`` of what buyers outside get in the last year; ``price``, the mean price outside.

    Raises
    ------
    CritminError
        If the country is not told apart.
    """
    if country not in paths.countries:
        known = ", ".join(c for c in paths.countries if c != ROW)
        raise CritminError(f"{country} is not among the producers that are told apart: {known}")
    i = paths.countries.index(country)
    exports = paths.exports[i]
    used = paths.production[i] * (1 - paths.exported[i][:, None])
    inside = paths.inside if paths.fence == country else paths.market
    sold = (paths.production * (1 - paths.unsold)).sum(axis=0) - used
    taxed = duty_revenue(rate=paths.duty[i], price=paths.market, exports=exports)
    return {
        "exports": (paths.market * exports) @ worth,
        "duty": taxed @ worth,
        "home": (inside * used) @ worth,
        "share": exports[:, -1] / sold[:, -1],
        "price": paths.market.mean(axis=1),
    }
