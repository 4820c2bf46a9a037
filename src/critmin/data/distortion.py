"""What states do to prices and trade: wedges between places, taxes, quotas, countervailing rates."""

import pandas as pd

from critmin.data.catalogue import load
from critmin.data.tables import export_taxes, of_mineral


def wedges(mineral: str | None = None) -> pd.DataFrame:
    """Pairs of prices of one mineral at one time inside China and outside.

    Parameters
    ----------
    mineral : str, optional
        Only this one; all by default.

    Returns
    -------
    DataFrame
        Columns mineral, form, date, span (day, half, year), inside and outside (nominal USD per
        tonne of contained element, the inside price without value-added tax where it is known to be
        in), log_wedge (ln(outside/inside)), vat_doubt (what a tax that the page does not mention
        would add), error (standard error of the wedge from ranges and exchange rate), inside_place
        (domestic, or fob: an export price), outside_place, inside_kind and outside_kind (assessment,
        transaction, ask), vat (in, out, unknown, none), rate (of exchange: printed on the page, the
        year's, none), pages (one page or two), weight (0 to 1, judgement), doubts, source, address.

    Notes
    -----
    An outside price "fob" is what an exporter is paid at the Chinese port: the wedge is then tax and
    licence rent without freight. An asking price for a rationed remainder (heavy rare earths in
    2025: under 1% of the world's use) is not the average paid outside; such pairs weigh 0.05.
    ``critmin.data.tables.readings_account("wedge-readings")`` counts the pairs refused, by reason.

    Examples
    --------
    >>> gallium = wedges("gallium").query("date == '2023-10-18'")
    >>> gallium[["inside", "outside", "log_wedge"]].round(2).values.tolist()
    [[269950.0, 475000.0, 0.57]]
    """
    table = load("critmin-wedges")
    columns = ["inside", "outside", "log_wedge", "vat_doubt", "error", "weight", "pages"]
    table = table.assign(**{name: pd.to_numeric(table[name]) for name in columns})
    return table if mineral is None else of_mineral(table, mineral, "wedges")


def taxes() -> pd.DataFrame:
    """Taxes on exports by date: China's value-added tax, rebates and duties, and other levies.

    Returns
    -------
    DataFrame
        Columns kind (vat, export VAT rebate, export duty, export levy), country, mineral ("" for
        all), form, since, until (ISO dates; "" in force, or not sourced where the note says so), rate
        (a fraction), grade, note, source, address.

    Notes
    -----
    What is not rebated of the value-added tax is a tax on exports: with 17% and a rebate of 8%,
    (1.17/1.08 - 1) = 8.3% lies between an export price and the same price inside, without tax.

    Examples
    --------
    >>> vat = taxes().query("kind == 'vat'")
    >>> vat.set_index("since")["rate"].to_dict()
    {'2005-05-01': 0.17, '2018-05-01': 0.16, '2019-04-01': 0.13}
    """
    return export_taxes()


def quotas(mineral: str | None = None) -> pd.DataFrame:
    """Quotas on exports and on output by year.

    Parameters
    ----------
    mineral : str, optional
        Only this one; all by default.

    Returns
    -------
    DataFrame
        Columns mineral, country, year, kind (export or production), value (tonnes of what the quota
        counts: oxide for rare earths, 65% concentrate for tungsten's output), form, grade, source,
        address. A quota need not bind: in 2012 some 13,000 of 30,996 t of rare earths were used.

    Examples
    --------
    >>> quotas("rare_earths").query("kind == 'export'").set_index("year")["value"][2010]
    np.float64(30258.0)
    """
    table = load("critmin-quotas")
    return table if mineral is None else of_mineral(table, mineral, "quotas")


def countervailing() -> pd.DataFrame:
    """US countervailing rates: how large a subsidy the Department of Commerce found.

    Returns
    -------
    DataFrame
        Columns mineral, form, country, year, value (share of the value of exports), who (all others,
        examined firm, ...), status (preliminary, final, review), note, grade, source, address. Rates
        with adverse facts are left out. Even these swing: Moroccan phosphate 20%, 2%, 17%.

    Examples
    --------
    >>> morocco = countervailing().query("country == 'MAR'")
    >>> morocco["value"].tolist()
    [0.1997, 0.0212, 0.1681]
    """
    return load("critmin-countervailing")
