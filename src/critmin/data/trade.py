"""Who sells what to whom: trade between countries by mineral, stage and year."""

from collections.abc import Iterable
from functools import cache
from typing import Literal, get_args

import numpy as np
import pandas as pd

from critmin.data.catalogue import load
from critmin.data.tables import trade_codes
from critmin.data.transit import transit_places, without_transit
from critmin.exceptions import CritminError, DataError, UnknownNameError
from critmin.mineral import registry

Transit = Literal["marked", "corrected"]

EU: frozenset[str] = frozenset(
    "AUT BEL BGR CYP CZE DEU DNK ESP EST FIN FRA GRC HRV HUN IRL ITA LTU LUX LVA MLT NLD POL PRT ROU "
    "SVK SVN SWE".split()
)
"""The 27 members of the European Union, in every year: the bloc of today."""

COLUMNS = ("mineral", "stage", "hs", "clean", "year", "exporter", "importer", "value")
WEIGHTS = ("tonnes", "customs_value", "customs_tonnes", "transit")

_UNITS = {
    "value": "USD, free on board, exporter's and importer's reports reconciled",
    "tonnes": "t, gross, 2024 alone",
    "customs_value": "USD, as the importer's customs report it (mostly c.i.f.), 2022 and 2024",
    "customs_tonnes": "t, net, of the same report",
}


def load_trade(
    minerals: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    *,
    transit: Transit = "marked",
) -> pd.DataFrame:
    """Trade between countries: exporter, importer, mineral, stage, year, USD, and tonnes where known.

    Parameters
    ----------
    minerals : str or iterable of str, optional
        Names of minerals; all with a code by default.
    years : int or iterable of int, optional
        Of `trade_years`, 2002 to 2024; all by default.
    transit : {"marked", "corrected"}
        ``"marked"`` gives the flows as recorded and marks those out of a transit place; ``"corrected"``
        traces these to the makers by `critmin.data.transit.without_transit`, in USD alone.

    Returns
    -------
    DataFrame
        One row a flow: mineral, stage ("mined" or "refined"), hs (the code), clean (what the code is worth,
        see `critmin.data.tables.trade_codes`), year, exporter, importer (ISO 3166 alpha-3), value; if
        ``"marked"`` also tonnes, customs_value, customs_tonnes (NaN where not known) and transit. Units
        and sources are in ``attrs``. Flows below 10 thousand USD are one row from "ROW" to "ROW" a code
        and year. The minerals of a bundle have the same flows.

    Raises
    ------
    DataError
        "no data": a mineral has no code, with the reason.
    UnknownNameError
        If critmin knows no such mineral.
    CritminError
        If a year is not covered or ``transit`` is neither.

    See Also
    --------
    critmin.trade.suppliers : Who supplies a buyer, transit traced.
    critmin.data.export_volumes : Exports before and after controls.

    Notes
    -----
    Source: CEPII, BACI (G. Gaulier and S. Zignago 2010); weights of 2022 and 2024: UN Comtrade.

    References
    ----------
    Gaulier and Zignago (2010), CEPII working paper 2010-23, on how both sides' reports are reconciled.

    Examples
    --------
    >>> trade = load_trade("lithium", 2024)
    >>> japan = trade[trade["importer"] == "JPN"].set_index("exporter")["value"]
    >>> round(float(japan["CHL"] / japan.sum()), 2)
    0.5
    """
    if transit not in get_args(Transit):
        raise CritminError(f"transit must be 'marked' or 'corrected', got {transit!r}")
    codes = coded(minerals)
    flows = _flows()
    flows = flows[flows["hs"].isin(codes["hs"]) & flows["year"].isin(_years(years))]
    if transit == "corrected":
        flows = without_transit(flows)
    keep = ["hs", "mineral", "stage", "clean"]
    table = codes[keep].merge(flows, on="hs", sort=False)
    order = ["mineral", "stage", "year", "exporter", "importer"]
    columns = [*COLUMNS, *(column for column in WEIGHTS if column in table)]
    table = table.sort_values(order, kind="stable", ignore_index=True)[columns]
    table.attrs = {
        "units": {name: unit for name, unit in _UNITS.items() if name in table},
        "datasets": ["cepii-baci", "un-comtrade-imports"],
        "source": "CEPII, BACI V202601 (Etalab 2.0); UN Comtrade",
        "transit": transit,
    }
    return table


def coded(minerals: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Rows of `critmin.data.tables.trade_codes` of minerals that have a code.

    Parameters
    ----------
    minerals : str or iterable of str, optional
        All that have one by default.

    Raises
    ------
    DataError
        "no data", with the reason, for the first mineral without a code.
    UnknownNameError
        If critmin knows no such mineral.

    Examples
    --------
    >>> coded("graphite")[["hs", "clean"]].values.tolist()
    [['250490', 'other form']]
    """
    table = trade_codes()
    if minerals is None:
        return table[table["hs"] != ""].reset_index(drop=True)
    if not isinstance(minerals, Iterable):
        raise CritminError(f"minerals must be a name or several, got {minerals!r}")
    names = [minerals] if isinstance(minerals, str) else list(minerals)
    known = {*table["mineral"], *registry()}
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise UnknownNameError.of("mineral", name, known)
        rows = table[table["mineral"] == name]
        if not (rows["hs"] != "").any():
            why = rows["note"].iloc[0] if len(rows) else "its codes are not in the source"
            raise DataError(f"no data: trade of {name} is not known; {why}")
    return table[table["mineral"].isin(names) & (table["hs"] != "")].reset_index(drop=True)


def reported_exports(hs: str, year: int) -> pd.DataFrame:
    """Tonnes of a code by exporter, as its own customs and as its buyers' report them.

    Parameters
    ----------
    hs : str
    year : int
        2022 or 2024.

    Returns
    -------
    DataFrame
        Index country; exporter and importers, tonnes net, of those that both report.

    Examples
    --------
    >>> chile = reported_exports("740311", 2024).loc["CHL"]
    >>> bool(0.8 < chile["exporter"] / chile["importers"] < 1.25)
    True
    """
    tables = (_numbers(load(name)) for name in ("un-comtrade-exports", "un-comtrade-imports"))
    own, mirror = (
        table[(table["hs"] == hs) & (table["year"] == year)].groupby("exporter")["tonnes"].sum()
        for table in tables
    )
    both = pd.DataFrame({"exporter": own, "importers": mirror}).dropna()
    both.index.name = "country"
    return both


@cache
def trade_years(*, weighed: bool = False) -> tuple[int, ...]:
    """Years with trade, or those with net weights as reported.

    Examples
    --------
    >>> trade_years(weighed=True)
    (2022, 2024)
    """
    table = load("un-comtrade-imports" if weighed else "cepii-baci")
    return tuple(sorted(int(year) for year in table["year"].unique()))


def is_one_of(year: object, known: tuple[int, ...]) -> bool:
    """Whether something given is a year, and one that is known.

    Examples
    --------
    >>> is_one_of(2024, (2022, 2024)), is_one_of("2024", (2022, 2024)), is_one_of(True, (1,))
    (True, False, False)
    """
    return isinstance(year, int | np.integer) and not isinstance(year, bool) and year in known


def _years(years: int | Iterable[int] | None) -> list[int]:
    known = trade_years()
    if years is None:
        return list(known)
    several = isinstance(years, Iterable) and not isinstance(years, str | bytes)
    wanted: list[object] = list(years) if several else [years]  # type: ignore[arg-type]
    for year in wanted:
        if not is_one_of(year, known):
            raise CritminError(
                f"trade is known for the years {known[0]} to {known[-1]}, got {year!r}"
            )
    return [int(year) for year in wanted]  # type: ignore[call-overload]


@cache
def _flows() -> pd.DataFrame:
    """BACI's flows by code, with what the importer's customs say beside them."""
    keys = ["hs", "year", "exporter", "importer"]
    table = _numbers(load("cepii-baci"))
    customs = _numbers(load("un-comtrade-imports"))
    customs = customs.rename(columns={"value": "customs_value", "tonnes": "customs_tonnes"})
    table = table.merge(customs[[*keys, "customs_value", "customs_tonnes"]], on=keys, how="left")
    table["transit"] = False
    for hs in table["hs"].unique():
        table["transit"] |= (table["hs"] == hs) & table["exporter"].isin(transit_places(hs))
    return table[[*keys, "value", *WEIGHTS]]


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    table["value"] = table["value"] * 1000.0
    table["tonnes"] = pd.to_numeric(table["tonnes"].replace("", np.nan))
    return table
