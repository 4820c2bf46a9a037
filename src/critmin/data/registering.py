"""`register`: a user's own series, from the file that an agency sends to what a panel takes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import pandas as pd

from critmin.data import catalogue, private
from critmin.data.annual import MIN_SHARE, Annual, Frequency, spanned_rows, to_years
from critmin.data.dates import MONTHS
from critmin.data.exchange import currencies, exchange_rate
from critmin.data.panel import FIRST_YEAR
from critmin.data.plausible import refuse_far, refuse_far_output, refuse_other_money
from critmin.data.private import Kind, PaidAt, PrivateSeries, same_market
from critmin.data.reading import Sheet, read_sheet
from critmin.data.rows import Marking, clean_rows
from critmin.exceptions import CritminError, DataError, UnknownNameError
from critmin.forms import Unit, basis_of, parse_unit
from critmin.internal.arrays import Floats, Ints
from critmin.mineral import Mineral, Quality, get_mineral
from critmin.units import POUND_YEAR, currency_rate

COLUMNS = ("date", "value", "symbol", "country")
"""What a table may hold; `register` maps a publisher's own column names to these."""

CHINESE_VAT = ((2018, 5, 0.17), (2019, 4, 0.16))
"""Rates of value-added tax on goods in China until the month given; `CHINESE_VAT_NOW` since (circulars
Caishui 2018 No. 32 and announcement No. 39 of 2019 of the Ministry of Finance and the tax authority)."""

CHINESE_VAT_NOW = 0.13


def register(
    data: "pd.DataFrame | str | Path",
    *,
    name: str,
    mineral: str,
    unit: str | None,
    kind: Kind = "price",
    columns: Mapping[str, str] | None = None,
    symbol: str | None = None,
    per_content: bool = False,
    place: PaidAt | None = None,
    quality: Quality = "private",
    vat: float | Literal["china"] | None = None,
    frequency: Frequency | None = None,
    min_share: float = MIN_SHARE,
    until: int | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    date_format: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    allow_far: bool = False,
) -> str:
    """Add a private price, cost or production series to every panel made from now on.

    The data stay in this process: nothing is written or sent. Results of a fit that used them name
    them in their provenance.

    Parameters
    ----------
    data : DataFrame or path
        A table, or a file with a date and a value a row: CSV in any usual delimiter and encoding with lines
        above and below the table, Excel (.xlsx), Parquet, or one of them in gz. Several dates in one
        year are averaged (prices, costs) or added up (production). A date without a value, a blank row and
        lines under the table are dropped and counted, see `registered`.
    name : str
        What provenance calls it.
    mineral : str
        The mineral it belongs to.
    unit : str
        Of the values, see `critmin.forms.parse_unit`: of price such as ``"USD/lb"``, ``"CNY/t LCE"``,
        ``"USD/kg of oxide"``, or of mass such as ``"kt"`` for production. A price that names no form is of
        `critmin.mineral.Mineral.form`. Other currencies are converted at each year's rate.
    kind : {"price", "cost", "production"}
        What it is. A cost is the full cost of production of the marginal producer.
    columns : mapping, optional
        Names of the columns for ``date``, ``value``, ``symbol`` and ``country``, for exports of
        price agencies, such as ``{"date": "Date", "symbol": "Symbol", "value": "Price"}``.
    symbol : str, optional
        Keep only the rows with this symbol.
    per_content : bool
        A price whose unit names no form is per unit of contained element.
    place : {"outside", "inside", "customs"}, optional
        Where a price was paid: outside a country that restricts its exports (or where none does), inside
        it, or at the customs of importers; where the public price was paid by default. A price of the
        other side is kept, but this model does not read it.
    quality : {"private", "exchange", "assessment", "unit_value"}
        How it was got, see `critmin.mineral.PriceSource`.
    vat : float or "china", optional
        Rate of the value-added tax that the values hold, 0 for none, ``"china"`` for the rate of each month
        in China. Must be said of prices in CNY.
    frequency : {"year", "half", "quarter", "month", "day"}, optional
        What a row that bears a day stands for, where the days do not show it; the rows to keep where a
        year is given twice.
    min_share : float
        Least share of a year for its average to count; production needs whole years.
    until : int, optional
        Leave out, and count, what is later than this year.
    decimal, thousands : str, optional
        Marks of the numbers, where the column itself leaves a choice ("1.234").
    date_format : str, optional
        Such as ``"%d/%m/%Y"``, where the column itself leaves a choice ("03/04/2023").
    encoding : str, optional
        Of a text, such as ``"cp932"``; UTF-8, UTF-16 and Windows-1252 are known without.
    sheet : str, optional
        Of a workbook; the first by default.
    allow_far : bool
        Take prices or output far from what is published, and prices that move otherwise.

    Returns
    -------
    str
        Identifier of the data set, ``"private-<name>"``.

    Raises
    ------
    DataError
        With file, row and reason of every bad row, if anything can be read in two ways, if it lies beyond
        the last year of the drivers, if prices are more than twice off the public ones, or if output is
        more than ten times off, or passes for the world's; nothing is registered then.
    UnknownNameError
        If a name is not known; the message names the nearest one.

    See Also
    --------
    critmin.data.registered : What is registered.
    critmin.data.unregister : Forget one.
    critmin.Posterior.assimilate : A price of the year under way, without a fit.

    Examples
    --------
    >>> frame = pd.DataFrame({"date": [2023, 2024], "value": [9.75, 7.7]})
    >>> register(frame, name="desk", mineral="nickel", unit="USD/lb")
    'private-desk'
    >>> private.unregister("private-desk")
    """
    about, parsed = _checked(name, mineral, unit, kind, per_content)
    place = private.public_side(about) if place is None else place
    for given, what, allowed in (
        (place, "place", get_args(PaidAt)),
        (quality, "quality", get_args(Quality)),
    ):
        if given not in allowed:
            raise UnknownNameError.of(what, given, allowed)
    names_of = _columns(columns, kind, symbol)
    read = read_sheet(data, names_of.values(), encoding=encoding, sheet=sheet)
    if symbol is not None:
        read = _of_symbol(read, names_of["symbol"], symbol)
    refuse_other_money(names_of["value"], parsed)
    marking = Marking(decimal, thousands, date_format, parsed, about.name)
    rows, dropped = clean_rows(read, names_of, kind, marking)
    rows = _within(rows, until, read.source, dropped)
    try:
        if parsed.currency is not None:
            years = rows["year"].to_numpy(dtype=np.int64)
            # What a day stands for decides which months' tax it holds.
            taxed = spanned_rows(rows, frequency) if frequency in MONTHS else rows
            tax = 1 + vat_rates(vat, parsed.currency, taxed)
            rows["value"] *= parsed.factor / _units_per_usd(parsed.currency, years) / tax
        else:
            rows["value"] *= parsed.factor
        annual = to_years(
            rows, total=kind == "production", min_share=min_share, frequency=frequency
        )
        if not allow_far:
            _refuse_far(annual, parsed, about, kind, place)
    except UnknownNameError:
        raise
    except CritminError as error:
        raise DataError(f"{read.source}: refused, nothing was registered; {error}") from error
    dropped.update(annual.dropped)
    entry = PrivateSeries(
        f"private-{name}",
        kind,
        about.name,
        annual.table,
        annual.year_end if kind == "price" else annual.year_end.iloc[:0],
        place,
        quality,
        _said(parsed, annual, len(rows), dropped, read.source),
    )
    private.add(entry)
    return entry.name


def _said(
    unit: Unit, annual: Annual, rows: int, dropped: "Counter[str]", source: str
) -> Mapping[str, object]:
    return MappingProxyType(
        {
            "unit": unit.words,
            "frequency": annual.frequency,
            "rows": rows - sum(annual.dropped.values()),
            "dropped": "; ".join(f"{n} {reason}" for reason, n in dropped.items()),
            "source": source,
        }
    )


def _checked(
    name: str, mineral: str, unit: str | None, kind: Kind, per_content: bool
) -> tuple[Mineral, Unit]:
    if kind not in get_args(Kind):
        raise UnknownNameError.of("kind of private data", kind, get_args(Kind))
    about = get_mineral(mineral)
    if not isinstance(name, str) or not name or not all(c.isalnum() or c in "-_." for c in name):
        raise DataError(f"name {name!r}: use letters, digits, '-', '_' and '.'")
    if unit is None:
        example = "'t' or 'kt'" if kind == "production" else "'USD/t' or 'USD/lb'"
        raise DataError(f"{name}: missing unit; give one such as {example}")
    expected: Literal["price", "mass"] = "mass" if kind == "production" else "price"
    parsed = parse_unit(unit, about.name, kind=expected, per_content=per_content)
    if per_content and parsed.form != basis_of(about.name):
        raise DataError(
            f"per_content=True, but unit {unit!r} is of {parsed.form}: leave one of them out"
        )
    return about, parsed


def _columns(columns: Mapping[str, str] | None, kind: Kind, symbol: str | None) -> dict[str, str]:
    """Names of the columns that are needed."""
    if columns is not None and not isinstance(columns, Mapping):
        raise DataError(
            f'columns must be a mapping such as {{"date": "Date"}}, got a {type(columns).__name__}'
        )
    given = dict(columns or {})
    for key, value in given.items():
        if key not in COLUMNS:
            raise UnknownNameError.of("key of columns", key, COLUMNS)
        if not isinstance(value, str) or not value:
            raise DataError(f"columns[{key!r}] must be the name of a column, got {value!r}")
    if symbol is not None and not isinstance(symbol, str):
        raise DataError(f"symbol must be text, got {symbol!r}")
    needed = ["date", "value", *(["country"] if kind == "production" else [])]
    needed += ["symbol"] if symbol is not None else []
    named = {key: given.get(key, key) for key in needed}
    if len(set(named.values())) < len(named):
        raise DataError(f"columns: one column stands for two things: {named}")
    return named


def _of_symbol(read: Sheet, column: str, symbol: str) -> Sheet:
    present = read.table[column].astype(str).str.strip()
    chosen = present == symbol.strip()
    if not chosen.any():
        raise DataError(
            f"{read.source}: no rows with symbol {symbol!r}; it has {sorted(set(present))[:20]}"
        )
    return replace(read, table=read.table[chosen.to_numpy()])


@cache
def last_driver_year() -> int:
    """The last year that the drivers are known for.

    Examples
    --------
    >>> last_driver_year()
    2025
    """
    rows = catalogue.load("worldbank-pink-sheet")
    return int(rows.loc[rows["series"] == "CRUDE_PETRO", "year"].max())


def _within(
    rows: pd.DataFrame, until: int | None, source: str, dropped: "Counter[str]"
) -> pd.DataFrame:
    """Rows that a panel can take; others are counted if it is said so, else refused."""
    if until is not None:
        if isinstance(until, bool) or not isinstance(until, int | np.integer):
            raise DataError(f"until must be a year, got {until!r}")
        late = rows["year"] > until
        if late.any():
            dropped[f"rows after {until}"] += int(late.sum())
        rows = rows[~late]
    beyond = rows["year"] > last_driver_year()
    if beyond.any():
        raise DataError(
            f"{source}: refused, nothing was registered; {int(beyond.sum())} rows are of "
            f"{rows.loc[beyond, 'year'].min()} and later, but the drivers of the model are known to "
            f"{last_driver_year()}: say until={last_driver_year()} to leave them out"
        )
    early = rows["year"] < FIRST_YEAR
    if early.any():
        dropped[f"rows before {FIRST_YEAR}"] += int(early.sum())
    rows = rows[~early]
    if rows.empty:
        raise DataError(
            f"{source}: no rows of {FIRST_YEAR} to {min(until or 9999, last_driver_year())}"
        )
    return rows.reset_index(drop=True)


def _units_per_usd(currency: str, years: Ints) -> Floats:
    """Units of a currency per US dollar in each year."""
    if currency == "USD" or currency in currencies().index:
        return exchange_rate(currency, years)
    if years.size and years.min() < POUND_YEAR:  # no yearly rates of it are open
        raise DataError(
            f"no exchange rate of {currency} in {years.min()} is known, only that of {POUND_YEAR}: give "
            "the values in USD"
        )
    return np.full(len(years), currency_rate(currency))


def vat_rates(vat: float | Literal["china"] | None, currency: str, rows: pd.DataFrame) -> Floats:
    """Rate of value-added tax that each value holds.

    Parameters
    ----------
    vat : float or "china" or None
        As `register` takes it.
    currency : str
        ISO 4217 code of the values.
    rows : DataFrame
        Columns year, month and span of each value.

    Raises
    ------
    DataError
        If it is not said of values in CNY, or is no rate.

    Examples
    --------
    >>> rows = pd.DataFrame({"year": [2018, 2024], "month": [4, 1], "span": ["month", "year"]})
    >>> vat_rates("china", "CNY", rows).round(2).tolist()
    [0.17, 0.13]
    """
    if vat is None:
        if currency == "CNY":
            raise DataError(
                "prices in CNY hold 13% of value-added tax as a rule: say vat='china' (17% until April "
                "2018, 16% until March 2019, 13% since), vat=0.13, or vat=0 if they do not"
            )
        return np.zeros(len(rows))
    if isinstance(vat, str):
        if vat != "china":
            raise UnknownNameError.of("vat", vat, ["china"])
        return _chinese_vat(rows)
    if isinstance(vat, bool) or not isinstance(vat, int | float) or not 0 <= vat < 0.5:
        raise DataError(f"vat must be a rate such as 0.13, or 'china', got {vat!r}")
    return np.full(len(rows), float(vat))


def _chinese_vat(rows: pd.DataFrame) -> Floats:
    """The rate of each row's months, averaged over them."""
    months = rows["span"].map(MONTHS).to_numpy(dtype=np.int64)
    first = (rows["year"] * 12 + rows["month"]).to_numpy()
    total = np.zeros(len(rows))
    for later in range(12):
        rate = np.full(len(rows), CHINESE_VAT_NOW)
        for year, month, before in reversed(CHINESE_VAT):
            rate[first + later < year * 12 + month] = before
        total += np.where(later < months, rate, 0.0)
    return np.asarray(total / months)


def _refuse_far(annual: Annual, unit: Unit, about: Mineral, kind: Kind, place: PaidAt) -> None:
    if kind == "production":
        refuse_far_output(annual.table, unit, about)
        return
    values = annual.table.set_index("year")["value"]
    refuse_far(values, unit, about, near=kind == "price" and same_market(about, place))
