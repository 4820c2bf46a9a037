"""One buyer's trade: its suppliers, who stands behind them, what its customs saw it pay."""

from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from critmin.data.countries import as_buyer
from critmin.data.production import MINED, REFINED, STAGES
from critmin.data.trade import EU, Transit, coded, is_one_of, load_trade, trade_years
from critmin.exceptions import CritminError, DataError

Status = Literal["data", "no data"]

NO_IMPORTS = "no imports"
"""How the note of `Suppliers` begins where nothing is bought under the code."""

_NO_SHARES = ("bundle", "none")


@dataclass(frozen=True, slots=True)
class Suppliers:
    """Whom a buyer buys a mineral from.

    Attributes
    ----------
    buyer : str
        ISO 3166 alpha-3, or "EU" (27 members; trade among them left out).
    mineral, stage : str
    year : int
    status : {"data", "no data"}
    hs, material : str
        The code, and what it covers; empty without one.
    clean : {"yes", "part", "other form", "bundle", "none"}
        What the code is worth, see `critmin.data.tables.trade_codes`.
    note : str
        What to know before believing the shares, or why there are none.
    transit : {"marked", "corrected"}
        Whether flows through transit places were traced to their makers.
    table : DataFrame
        Index supplier, largest first: value (USD), share (of the buyer's imports, adds up to one) and
        recorded_share (before transit places were traced).

    See Also
    --------
    critmin.trade.suppliers : What makes one.

    Examples
    --------
    >>> print(suppliers("JPN", "lithium", year=2024))
    JPN buys lithium (283691 lithium carbonate, part) in 2024 from CHL 50%, ARG 31%, CHN 16%, KOR 1%
    """

    buyer: str
    mineral: str
    stage: str
    year: int
    status: Status
    hs: str = ""
    material: str = ""
    clean: str = "none"
    note: str = ""
    transit: str = "corrected"
    table: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["value", "share", "recorded_share"])
    )

    def __str__(self) -> str:
        """One line."""
        if self.status == "no data":
            return f"{self.buyer} buys {self.mineral}: no data for {self.year}; {self.note}"
        first = self.table["share"].head(4)
        named = ", ".join(f"{name} {share:.0%}" for name, share in first.items() if share >= 0.005)
        code = f"{self.hs} {self.material}, {self.clean}"
        return f"{self.buyer} buys {self.mineral} ({code}) in {self.year} from {named}"


def suppliers(
    buyer: str,
    mineral: str,
    *,
    year: int | None = None,
    stage: str | None = None,
    transit: Transit = "corrected",
) -> Suppliers:
    """Shares of a buyer's imports by supplier.

    Parameters
    ----------
    buyer : str
        ISO 3166 alpha-3 code or name of a country, or "EU".
    mineral : str
        A bundle's or a mineral without code gives "no data".
    year : int, optional
        The last by default.
    stage : {"mined", "refined"}, optional
        That of the mineral's code by default; the other gives "no data".
    transit : {"corrected", "marked"}
        Trace what transit places hand on, or leave the flows as recorded.

    Returns
    -------
    Suppliers

    Raises
    ------
    CritminError
        If buyer, mineral, year or stage are not known.

    See Also
    --------
    critmin.trade.second_hand : What suppliers bought themselves.
    critmin.trade.unit_values : What each buyer paid.
    critmin.Forecast.exposure : What a forecast means to a buyer.

    Examples
    --------
    >>> float(suppliers("JPN", "graphite").table.loc["CHN", "share"]) > 0.9
    True
    >>> suppliers("JPN", "neodymium").status
    'no data'
    """
    buyer = as_buyer(buyer)
    code, year = code_of(mineral, stage), check_year(year)
    nothing = Suppliers(buyer, mineral, stage or "", year, "no data", transit=transit)
    if isinstance(code, str):
        return replace(nothing, note=code)
    nothing = replace(
        nothing,
        stage=str(code["stage"]),
        hs=str(code["hs"]),
        material=str(code["material"]),
        clean=str(code["clean"]),
        note=str(code["note"]),
    )
    if code["clean"] in _NO_SHARES:
        return nothing
    value = imports(load_trade(mineral, year, transit=transit), buyer)
    recorded = imports(load_trade(mineral, year), buyer)
    if not value.sum() > 0:
        note = f"{NO_IMPORTS}, or all of them handed on" if recorded.sum() > 0 else NO_IMPORTS
        return replace(nothing, note=note)
    table = pd.DataFrame(
        {
            "value": value,
            "share": value / value.sum(),
            "recorded_share": (recorded / recorded.sum()).reindex(value.index).fillna(0.0),
        }
    )
    table.index.name = "supplier"
    table.attrs = {"units": {"value": "USD"}}
    return replace(nothing, status="data", table=table)


def second_hand(
    buyer: str, mineral: str, *, year: int | None = None, stage: str | None = None
) -> pd.DataFrame:
    """A buyer's exposure one step back, where its suppliers buy themselves.

    A supplier that sells X and buys M of the same code may have bought up to min(1, M / X) of what it
    sells; nothing in the trade tells how much it made. The answer is therefore a pair of bounds.

    Parameters
    ----------
    buyer, mineral, year, stage
        As in `suppliers`.

    Returns
    -------
    DataFrame
        Index country, by ``at_most``: direct (its share in the buyer's imports, transit places traced),
        at_least (if it sold its own purchases first), at_most (if all other suppliers sold theirs first).
        Empty where `suppliers` has no data.

    See Also
    --------
    critmin.trade.suppliers : First hand.

    Examples
    --------
    >>> behind = second_hand("JPN", "lithium")
    >>> bool(behind.loc["CHL", "at_most"] > behind.loc["CHL", "direct"])
    True
    """
    direct = suppliers(buyer, mineral, year=year, stage=stage)
    columns = ["direct", "at_least", "at_most"]
    if direct.status == "no data":
        return pd.DataFrame(columns=columns, dtype=float)
    flows = load_trade(mineral, direct.year, transit="corrected")
    share = direct.table["share"]
    at_least, at_most = share.copy(), share.copy()
    for supplier, part in share.items():
        bought, sold = imports(flows, str(supplier)), exports(flows, str(supplier)).sum()
        bought = bought.drop([name for name in bought.index if within(name, direct.buyer)])
        if bought.empty or sold <= 0:
            continue
        passed = part * min(1.0, bought.sum() / sold)
        at_least[supplier] = part - passed
        at_most = at_most.add(passed * bought / bought.sum(), fill_value=0.0)
    table = pd.DataFrame({"direct": share, "at_least": at_least, "at_most": at_most}).fillna(0.0)
    table.index.name = "country"
    return table.sort_values("at_most", ascending=False)[columns]


def unit_values(
    buyer: str, mineral: str, *, year: int | None = None, stage: str | None = None
) -> pd.DataFrame:
    """What a buyer's customs saw it pay, by supplier, mostly cost, insurance and freight.

    Parameters
    ----------
    buyer, mineral, stage
        As in `suppliers`; of "EU", imports from outside.
    year : int, optional
        With weights (2022 or 2024); the last by default.

    Returns
    -------
    DataFrame
        Index supplier as recorded by customs, the largest first: tonnes (net), value (USD), unit_value
        (USD a tonne of the product, not of content). Their average is the sum of value over that of
        tonnes. Empty where there is no data.

    Raises
    ------
    CritminError
        If buyer, mineral or stage are not known, or the year has no weights.

    See Also
    --------
    critmin.trade.suppliers : How much each sold.
    critmin.data.load_trade : The trade that they are of.

    Examples
    --------
    >>> paid = unit_values("JPN", "lithium", year=2024)
    >>> round(float(paid["value"].sum() / paid["tonnes"].sum()), -2)
    21000.0
    """
    buyer = as_buyer(buyer)
    code, year = code_of(mineral, stage), check_year(year, weighed=True)
    columns = ["tonnes", "value", "unit_value"]
    if isinstance(code, str) or code["clean"] in _NO_SHARES:
        return pd.DataFrame(columns=columns, dtype=float)
    flows = load_trade(mineral, year)
    part = flows[bought_by(flows, buyer) & flows["customs_tonnes"].notna()]
    sums = part.groupby("exporter")[["customs_tonnes", "customs_value"]].sum()
    table = sums.set_axis(["tonnes", "value"], axis=1).sort_values("value", ascending=False)
    table["unit_value"] = table["value"] / table["tonnes"]
    table.index.name = "supplier"
    table.attrs = {"units": {"tonnes": "t", "value": "USD", "unit_value": "USD/t of product"}}
    return table[columns]


def check_year(year: int | None, *, weighed: bool = False) -> int:
    """A year of trade, or of trade with weights; the last for None.

    Raises
    ------
    CritminError
        If there is no trade of it.
    """
    known = trade_years(weighed=weighed)
    if year is None:
        return known[-1]
    if not is_one_of(year, known):
        what, span = (
            ("weights are", known) if weighed else ("trade is", f"{known[0]} to {known[-1]}")
        )
        raise CritminError(f"{what} known for {span}, got {year!r:.80}")
    return int(year)


def code_of(mineral: str, stage: str | None = None) -> dict[str, object] | str:
    """The mineral's row of `critmin.data.tables.trade_codes`, or why there is none.

    Raises
    ------
    CritminError
        If the mineral is not known, or ``stage`` is no stage.
    """
    if stage is not None and (not isinstance(stage, str) or stage not in STAGES):
        raise CritminError(f"stage must be {MINED!r} or {REFINED!r}, got {stage!r}")
    if not isinstance(mineral, str):
        raise CritminError(f"mineral must be the name of one, got {mineral!r}")
    try:
        table = coded(mineral)
    except DataError as error:
        return str(error).removeprefix("no data: ")
    if stage is not None:
        table = table[table["stage"] == stage]
    if table.empty:
        return f"trade of {mineral} is not known at the stage {stage!r}"
    return {str(key): value for key, value in table.iloc[0].items()}


def own_code(mineral: str, stage: str | None = None) -> str:
    """The HS code of a mineral that has one of its own.

    Raises
    ------
    DataError
        "no data": it has none, or shares one with others.
    CritminError
        As `code_of`.
    """
    code = code_of(mineral, stage)
    if isinstance(code, str):
        raise DataError(f"no data: {code}")
    if code["clean"] == "bundle":
        raise DataError(f"no data: trade of {mineral} is a bundle; {code['note']}")
    return str(code["hs"])


def imports(flows: pd.DataFrame, buyer: str) -> "pd.Series[float]":
    """USD by exporter that a country or the EU buys, the largest first."""
    part = flows[bought_by(flows, buyer)]
    return part.groupby("exporter")["value"].sum().sort_values(ascending=False)


def exports(flows: pd.DataFrame, seller: str) -> "pd.Series[float]":
    """USD by importer that a country or the EU sells, the largest first."""
    inside, outside = _members(seller, flows["exporter"]), _members(seller, flows["importer"])
    part = flows[inside & ~outside]
    return part.groupby("importer")["value"].sum().sort_values(ascending=False)


def bought_by(flows: pd.DataFrame, buyer: str) -> "pd.Series[bool]":
    """Which flows are a country's imports, or the EU's from outside."""
    return _members(buyer, flows["importer"]) & ~_members(buyer, flows["exporter"])


def _members(name: str, column: "pd.Series[str]") -> "pd.Series[bool]":
    return column.isin(EU) if name == "EU" else column == name


def within(name: object, buyer: str) -> bool:
    """Whether a country is the buyer, or a member of the EU if that is the buyer."""
    return name in EU if buyer == "EU" else name == buyer
