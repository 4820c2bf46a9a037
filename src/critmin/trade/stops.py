"""A supplier stops: who else could deliver what it did, at what price, recycling and stocks included."""

from dataclasses import dataclass

import pandas as pd

from critmin.data.countries import as_buyer, as_country
from critmin.data.tables import recycled_shares
from critmin.exceptions import DataError
from critmin.internal.checks import check_number
from critmin.trade.flows import check_year
from critmin.trade.routing import offers

RECYCLING, STOCK = "recycling", "stock"

NOT_COUNTED: tuple[str, ...] = (
    "stocks of states and firms, which no public source gives by country: hand in what is held",
    "freight, insurance and duties: unit values are free on board",
    "new mines and plants, and other forms of the mineral than the code's",
    "what recycling costs: it is valued at the world's average of the code",
)
"""What the answer leaves out, as no data say it."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What others could deliver to a buyer if one supplier stopped.

    Attributes
    ----------
    mineral, buyer, supplier : str
    year : int
        Of the trade.
    needed : float
        Tonnes of product a year that the supplier delivered, as recorded.
    needed_share : float
        The same as a share of the buyer's tonnes.
    unmet : float
        Share of the needed that nobody takes over.
    cost : float
        USD a year that what is taken over costs above the supplier's price (f.o.b.); NaN where that
        sold too few tonnes for a price.
    table : DataFrame
        Index source (exporters, ``"recycling"``, ``"stock"``), cheapest first: able (tonnes a year),
        taken (tonnes a year), share (of the needed), unit_value (USD a tonne of product).
    not_counted : tuple of str
        What no data say.

    See Also
    --------
    critmin.trade.replacement : What makes one.

    Examples
    --------
    >>> bool(0 <= replacement("lithium", "JPN").unmet <= 1)
    True
    """

    mineral: str
    buyer: str
    supplier: str
    year: int
    needed: float
    needed_share: float
    unmet: float
    cost: float
    table: pd.DataFrame
    not_counted: tuple[str, ...] = NOT_COUNTED


def replacement(
    mineral: str,
    buyer: str,
    supplier: str | None = None,
    *,
    growth: float = 0.25,
    stock: float = 0.0,
    years: int = 3,
    year: int | None = None,
    stage: str | None = None,
) -> Replacement:
    """Replace what a supplier delivers at least cost.

    Exporters who exist sell up to ``growth`` more than today, all of it to this buyer; recycling grows by
    the same part; a stock is used up evenly. With one sum to fill and a limit for each, the cheapest first
    is the optimum.

    Parameters
    ----------
    mineral : str
        With a code of its own.
    buyer : str
        ISO 3166 alpha-3 code or name of a country, or "EU".
    supplier : str, optional
        Who stops; by default the largest of the recorded tonnes.
    growth : float
        By how much of its exports each may sell more, 0 to 10.
    stock : float
        Tonnes of product that the buyer holds; valued at the supplier's price, at which it is refilled.
    years : int
        That the stop lasts, 1 to 50: over which the stock is used up.
    year : int, optional
        Of the trade; the last by default.
    stage : {"mined", "refined"}, optional

    Returns
    -------
    Replacement

    Raises
    ------
    DataError
        "no data": the mineral's trade is not known, a bundle's or without tonnes, or the buyer buys
        nothing from the supplier.
    CritminError
        If a name or number cannot be.

    See Also
    --------
    critmin.trade.suppliers : Who supplies today.
    critmin.trade.diversify : The cheapest spread over suppliers.

    Notes
    -----
    A buyer is taken to recycle the share r of its use that the world does
    (`critmin.data.tables.recycled_shares`; 0 where none is on record), so that recycling grows by
    growth * r / (1 - r) of its imports. Cost and unmet part hold if no other buyer asks for the same: a
    world short of the supplier bids against this one.

    Examples
    --------
    >>> plan = replacement("magnesium", "JPN", "CHN", growth=0.5)
    >>> plan.supplier, bool(plan.table["taken"].sum() <= plan.needed + 1e-6)
    ('CHN', True)
    """
    check_number(growth, "growth", 0.0, 10.0)
    check_number(stock, "stock", 0.0, 1e12)
    check_number(years, "years", 1, 50)
    buyer = as_buyer(buyer)
    offered = offers(mineral, buyer, year=year, stage=stage)
    largest = str(offered["now"].idxmax())
    supplier = largest if supplier is None else as_country(supplier, "supplier")
    if supplier not in offered.index or not offered.loc[supplier, "now"] > 0:
        known = ", ".join(map(str, offered.index[offered["now"] > 0]))
        raise DataError(
            f"no data: {buyer} buys no {mineral} from {supplier!r}; it does from {known}"
        )
    needed, price = (float(offered.loc[supplier, name]) for name in ("now", "unit_value"))
    others = offered.drop(supplier)
    able = growth * others["sold"]
    recycled = float(recycled_shares().get(mineral, 0.0))
    total = float(offered["now"].sum())
    worth = float((offered["unit_value"] * offered["sold"]).sum() / offered["sold"].sum())
    able[RECYCLING], able[STOCK] = growth * recycled / (1 - recycled) * total, stock / years
    unit_value = others["unit_value"].copy()
    unit_value[RECYCLING], unit_value[STOCK] = worth, price
    table = pd.DataFrame({"able": able, "unit_value": unit_value})
    table = table[table["able"] > 0].sort_values(["unit_value", "able"], kind="stable")
    before = table["able"].cumsum() - table["able"]
    table["taken"] = (needed - before).clip(lower=0.0).clip(upper=table["able"])
    table["share"] = table["taken"] / needed
    table.index.name = "source"
    table.attrs = {"units": {"able": "t/year", "taken": "t/year", "unit_value": "USD/t of product"}}
    return Replacement(
        mineral,
        buyer,
        supplier,
        check_year(year),
        needed,
        needed / total,
        max(0.0, 1 - float(table["share"].sum())),
        float(
            (table["taken"] * (table["unit_value"] - price))[table["taken"] > 0].sum(skipna=False)
        ),
        table[["able", "taken", "share", "unit_value"]],
    )
