"""How a stop is met: goods rerouted around a ban on one buyer, and a buyer's cheapest diversification."""

from dataclasses import dataclass

import pandas as pd

from critmin.data.countries import ROW, as_buyer, as_country
from critmin.data.trade import load_trade
from critmin.data.transit import transit_places
from critmin.exceptions import CritminError, DataError
from critmin.internal.checks import check_number
from critmin.trade.flows import bought_by, check_year, exports, imports, own_code, within

_LEAST_TONNES = 20.0  # whole tonnes are printed: below this a unit value is off by more than 2.5%
_LEAST_SHARE = 0.001  # of the world's exports, to count as an exporter
_ALIKE = 2.0  # times off the world's unit value, beyond which something else is sold under the code


@dataclass(frozen=True, slots=True)
class Rerouting:
    """A ban of one seller on one buyer, met by swapping sellers with the others.

    Attributes
    ----------
    mineral, seller, buyer : str
    year : int
    lost : float
        USD a year that the buyer bought from the seller.
    lost_share : float
        The same as a share of its imports.
    covered : float
        Share of the lost that others sell elsewhere, 0 to 1: if they sold it to this buyer, the seller's
        goods could take their place there. What they buy from the seller themselves does not count.
    swapped : float
        Share of all that the others sell elsewhere which has to change hands.
    table : DataFrame
        Index supplier: now (USD to the buyer), elsewhere (USD to others), moved (USD that turns to the
        buyer, in proportion to elsewhere) and share (of the buyer's imports afterwards).

    See Also
    --------
    critmin.trade.reroute : What makes one.

    Examples
    --------
    >>> reroute("magnesium", "CHN", "USA").covered
    1.0
    """

    mineral: str
    seller: str
    buyer: str
    year: int
    lost: float
    lost_share: float
    covered: float
    swapped: float
    table: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Diversification:
    """The cheapest way to bring every supplier below a share, among those who export already.

    Attributes
    ----------
    mineral, buyer : str
    year : int
    most : float
        Largest share of tonnes that a supplier may keep.
    growth : float
        Share of its exports by which each may sell more.
    cost : float
        USD a year above today's bill, at today's unit values (f.o.b.); freight is not in it. NaN where
        a supplier that loses tonnes sells too few for a unit value.
    unmet : float
        Share of the buyer's tonnes that stays above the limit, as nobody else may grow that far.
    table : DataFrame
        Index supplier: now and then (tonnes), unit_value (USD a tonne of product).

    See Also
    --------
    critmin.trade.diversify : What makes one.

    Examples
    --------
    >>> plan = diversify("magnesium", "JPN", most=0.8)
    >>> bool(plan.table["then"].sum() - plan.table["now"].sum() < 1e-6)
    True
    """

    mineral: str
    buyer: str
    year: int
    most: float
    growth: float
    cost: float
    unmet: float
    table: pd.DataFrame


def reroute(
    mineral: str, seller: str, buyer: str, *, year: int | None = None, stage: str | None = None
) -> Rerouting:
    """Who else can deliver if one seller bans one buyer, and how much has to change hands.

    Parameters
    ----------
    mineral : str
        With a code of its own.
    seller, buyer : str
        ISO 3166 alpha-3 codes or names of countries; the buyer may be "EU".
    year : int, optional
        The last by default.
    stage : {"mined", "refined"}, optional

    Returns
    -------
    Rerouting

    Raises
    ------
    DataError
        "no data": the mineral's trade is not known or a bundle's, or the buyer buys nothing.
    CritminError
        If a name or year is not known.

    See Also
    --------
    critmin.trade.diversify : The cheapest other suppliers.
    critmin.trade.replacement : Who could take over from one.
    critmin.scenario.ExportControl : The stop in a forecast.

    Examples
    --------
    >>> reroute("lithium", "CHL", "JPN").table.index[0]
    'ARG'
    """
    seller = as_country(seller, "seller")
    own_code(mineral, stage)
    buyer = as_buyer(buyer)
    if within(seller, buyer):
        raise CritminError(
            f"seller and buyer must be apart: {seller} is {buyer}, or a member of it"
        )
    year = check_year(year)
    flows = load_trade(mineral, year, transit="corrected")
    now = imports(flows, buyer)
    if not now.sum() > 0:
        raise DataError(f"no data: {buyer} buys no {mineral} in {year}")
    lost = float(now.get(seller, 0.0))
    from_seller = flows[flows["exporter"] == seller].groupby("importer")["value"].sum()
    others = {
        name: max(0.0, _elsewhere(exports(flows, name), buyer) - float(from_seller.get(name, 0.0)))
        for name in map(str, flows["exporter"].unique())
        if name not in {seller, ROW} and not within(name, buyer)
    }
    elsewhere = pd.Series(others, dtype=float)
    room = float(elsewhere.sum())
    moved = elsewhere * (min(lost, room) / room if room > 0 else 0.0)
    table = pd.DataFrame(
        {"now": now.drop(seller, errors="ignore"), "elsewhere": elsewhere, "moved": moved}
    )
    table = table.fillna(0.0)
    after = table["now"] + table["moved"]
    table["share"] = after / after.sum() if after.sum() > 0 else 0.0
    table = table[(table["now"] > 0) | (table["elsewhere"] > 0)].sort_values(
        "share", ascending=False
    )
    table.index.name = "supplier"
    return Rerouting(
        mineral,
        seller,
        buyer,
        year,
        lost,
        lost / float(now.sum()),
        min(1.0, room / lost) if lost > 0 else 1.0,
        min(lost, room) / room if room > 0 else 0.0,
        table,
    )


def diversify(
    mineral: str,
    buyer: str,
    *,
    most: float = 0.5,
    growth: float = 0.2,
    year: int | None = None,
    stage: str | None = None,
) -> Diversification:
    """Bring every supplier below a share of the buyer's tonnes, at least cost.

    What is above the limit is bought from others, the cheapest first, until each is at the limit itself or
    sells ``growth`` more than today. Others are net exporters with a thousandth of the world's exports or
    more, at a unit value within a factor of two of the world's: beyond it something else passes under the
    code. Each asks what it takes from this buyer, or from all where that is under 20 t or off by a factor
    of two. With one sum to fill and a limit for each, the cheapest first is the optimum.

    Parameters
    ----------
    mineral : str
        With a code of its own.
    buyer : str
        ISO 3166 alpha-3 code or name of a country, or "EU".
    most : float
        Limit of a supplier's share, above 0 and at most 1.
    growth : float
        By how much of its exports each may sell more, 0 to 10.
    year : int, optional
        The last by default, the one with tonnes for each flow.
    stage : {"mined", "refined"}, optional

    Returns
    -------
    Diversification

    Raises
    ------
    DataError
        "no data": the mineral's trade is not known or a bundle's, or has no tonnes.
    CritminError
        If a name, limit or year is not known.

    See Also
    --------
    critmin.trade.reroute : What a stop costs without.
    critmin.trade.replacement : Who could take over from one supplier.

    Examples
    --------
    >>> bool(diversify("lithium", "JPN", most=0.5).most <= 0.5)
    True
    """
    check_number(most, "most", 1e-6, 1.0)
    check_number(growth, "growth", 0.0, 10.0)
    buyer = as_buyer(buyer)
    offered, year = offers(mineral, buyer, year=year, stage=stage), check_year(year)
    now, price = offered["now"], offered["unit_value"]
    limit = most * float(now.sum())
    excess = (now - limit).clip(lower=0.0)
    room = growth * offered["sold"]
    room = room.clip(upper=(limit - now).clip(lower=0.0)).where(excess == 0.0, 0.0)
    need, bought = float(excess.sum()), pd.Series(0.0, index=now.index)
    for name in price[room > 0].sort_values().index:
        bought[name] = min(float(room[name]), need - float(bought.sum()))
    moved = float(bought.sum())
    then = now + bought - (excess * (moved / need) if need > 0 else 0.0)
    table = pd.DataFrame({"now": now, "then": then, "unit_value": price})
    table = table[(table["now"] > 0) | (table["then"] > 0)].sort_values("then", ascending=False)
    table.index.name = "supplier"
    # What is not known of a supplier that is bought less from is not nothing.
    change = table["then"] - table["now"]
    cost = float((change * table["unit_value"])[change != 0].sum(skipna=False))
    return Diversification(
        mineral, buyer, year, most, growth, cost, (need - moved) / float(now.sum()), table
    )


def offers(
    mineral: str, buyer: str, *, year: int | None = None, stage: str | None = None
) -> pd.DataFrame:
    """What a buyer buys and what others sell of the same, in tonnes, with what each asks.

    Flows as recorded, those out of transit places left out. Who can sell more, and at what price, is as
    in `diversify`.

    Parameters
    ----------
    mineral, buyer, year, stage
        As in `diversify`.

    Returns
    -------
    DataFrame
        Index supplier: now (tonnes the buyer takes), sold (tonnes to all, 0 for who cannot sell more),
        unit_value (USD a tonne of product).

    Raises
    ------
    DataError
        "no data": the mineral's trade is not known or a bundle's, or has no tonnes.
    CritminError
        If a name or year is not known.

    Examples
    --------
    >>> offered = offers("magnesium", "JPN")
    >>> str(offered["now"].idxmax()), bool(offered.loc["ISR", "sold"] > 0)
    ('CHN', True)
    """
    buyer = as_buyer(buyer)
    hs, year = own_code(mineral, stage), check_year(year)
    flows = load_trade(mineral, year)
    maker = ~flows["exporter"].isin([*transit_places(hs), ROW])
    flows = flows[flows["tonnes"].notna() & maker]
    own = flows[bought_by(flows, buyer)].groupby("exporter")[["tonnes", "value"]].sum()
    if own.empty:
        raise DataError(f"no data: tonnes of {mineral} that {buyer} buys are not known for {year}")
    sold = _able(flows)
    sold = sold[[not within(name, buyer) for name in sold.index]]
    average = sold["value"] / sold["tonnes"]
    near = own["value"] / own["tonnes"]
    odd = ~(near / average.reindex(near.index)).fillna(1.0).between(1 / _ALIKE, _ALIKE)
    price = near[(own["tonnes"] >= _LEAST_TONNES) & ~odd].combine_first(average)
    now = own["tonnes"].reindex(own.index.union(sold.index)).fillna(0.0)
    table = pd.DataFrame(
        {
            "now": now,
            "sold": sold["tonnes"].reindex(now.index).fillna(0.0),
            "unit_value": price.reindex(now.index),
        }
    )
    table.index.name = "supplier"
    table.attrs = {"units": {"now": "t", "sold": "t", "unit_value": "USD/t of product"}}
    return table


def _able(flows: pd.DataFrame) -> pd.DataFrame:
    """Tonnes and USD of exporters that can sell more of the same."""
    sold = flows.groupby("exporter")[["tonnes", "value"]].sum()
    bought = flows.groupby("importer")["tonnes"].sum().reindex(sold.index).fillna(0.0)
    world = sold["value"].sum() / sold["tonnes"].sum()
    alike = (sold["value"] / sold["tonnes"] / world).between(1 / _ALIKE, _ALIKE)
    large = sold["tonnes"] >= max(_LEAST_TONNES, _LEAST_SHARE * sold["tonnes"].sum())
    return sold[alike & large & (sold["tonnes"] > bought)]


def _elsewhere(sold: "pd.Series[float]", buyer: str) -> float:
    return float(sum(value for name, value in sold.items() if not within(str(name), buyer)))
