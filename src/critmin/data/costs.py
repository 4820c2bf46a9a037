"""What it costs to produce: published points, shares, curves, electricity, governance."""

import pandas as pd

from critmin.data.catalogue import load
from critmin.data.tables import of_mineral

INDICATORS = ("voice", "stability", "effectiveness", "regulation", "law", "corruption")
"""The World Bank's six indicators of governance."""


def cost_points(mineral: str | None = None) -> pd.DataFrame:
    """Published costs of production, one row a point.

    Parameters
    ----------
    mineral : str, optional
        Only this one; all by default. Beside critmin's minerals there are two mixes,
        ``"platinum_group"`` and ``"rare_earths"``.

    Returns
    -------
    DataFrame
        Columns mineral, country (ISO 3166 alpha-3, or "WLD"), name (of the asset or scope), process,
        year, span (year, half, quarter, month), measure (`critmin.data.loaders.cost_points.MEASURES`),
        basis (reported, guidance, study, estimate), credits (of by-products: gross, net, unknown; a
        net cost can be negative), value, lower, upper (nominal USD per tonne of contained element at
        the stage; capital per tonne of yearly capacity), unit, bound ("at most", "at least"), form,
        stage (mined or refined), vat (of Chinese figures: "in" is taken off), doubts, printed, source,
        address.

    Notes
    -----
    ``critmin.data.tables.readings_account("cost-readings")`` counts the points refused, by reason.
    They are not one population: a C1 cost net of by-products, a study's plan and a company's result
    need an offset each.

    Examples
    --------
    >>> points = cost_points("tin")
    >>> bisie = points.query("measure == 'aisc' and year == 2022")
    >>> bisie[["country", "value", "credits"]].values.tolist()
    [['COD', 14237.0, 'gross']]
    """
    table = load("critmin-published-costs")
    return table if mineral is None else of_mineral(table, mineral, "published costs")


def cost_shares() -> pd.DataFrame:
    """Published shares of one component in a process's cost.

    Returns
    -------
    DataFrame
        Columns mineral, process, country, year, component (energy, labour, materials, capital,
        compliance; or royalties, freight, refining charges, which the model has no component for),
        value, lower, upper (0 to 1), of (which cost), doubts, address.

    Examples
    --------
    >>> shares = cost_shares().query("mineral == 'lithium' and component == 'labour'")
    >>> shares.set_index("process")["value"].to_dict()
    {'brine': 0.09, 'hard-rock mine': 0.3}
    """
    return load("critmin-cost-shares")


def loss_making_shares() -> pd.DataFrame:
    """Points of cost curves: the share of capacity or output whose cost lies above a price.

    Returns
    -------
    DataFrame
        Columns mineral, country, scope, year, month (0: the year), price (nominal USD per tonne; NaN
        where the page prints none: the market price of that time), vat, value (the share), bound,
        basis (of the cost: c1, cash, aisc, all_in, unknown), address.

    Examples
    --------
    >>> nickel = loss_making_shares().query("mineral == 'nickel' and price == 10_000")
    >>> nickel[["year", "value", "bound"]].values.tolist()
    [[2015, 0.6, 'at least']]
    """
    return _numeric(load("critmin-cost-curves"), "price")


def electricity() -> pd.DataFrame:
    """Industrial electricity prices by country.

    Returns
    -------
    DataFrame
        Columns country, year, value (USD/kWh), error (standard error of its logarithm: 0.05 for
        statistical offices, 0.25 for figures researched from tariffs and press), band, source.

    Examples
    --------
    >>> electricity().set_index("country").loc["CHN", ["value", "error"]].tolist()
    [0.079, 0.25]
    """
    return _numeric(load("critmin-electricity"), "error")


def governance(year: int | None = None) -> pd.DataFrame:
    """Governance by country with standard errors.

    Parameters
    ----------
    year : int, optional
        Only this year; all from 1996 to 2022 by default.

    Returns
    -------
    DataFrame
        Indexed by country and year; columns `INDICATORS` (standard units, higher is better), each
        with its standard error (``law_error``), then mean and mean_error. The indicators share
        their sources, so the mean's error is the mean of the errors, as if they were fully
        correlated; it is NaN where an indicator is missing.

    References
    ----------
    Kaufmann, Kraay and Mastruzzi (2011), The Worldwide Governance Indicators: methodology and
    analytical issues, Hague Journal on the Rule of Law 3.

    Examples
    --------
    >>> chile = governance(2022).loc[("CHL", 2022)]
    >>> bool(chile["law"] > governance(2022).loc[("COD", 2022), "law"] + 1)
    True
    """
    table = _numeric(load("worldbank-wgi-2023"), "error")
    if year is not None:
        table = table[table["year"] == year]
    keyed = table.set_index(["country", "year"])
    parts = {}
    for name in INDICATORS:
        rows = keyed[keyed["indicator"] == name]
        parts[name], parts[f"{name}_error"] = rows["value"], rows["error"]
    result = pd.DataFrame(parts)
    result["mean"] = result[list(INDICATORS)].mean(axis=1, skipna=False)
    errors = [f"{name}_error" for name in INDICATORS]
    result["mean_error"] = result[errors].mean(axis=1, skipna=False)
    return result


def _numeric(table: pd.DataFrame, column: str) -> pd.DataFrame:
    return table.assign(**{column: pd.to_numeric(table[column])})
