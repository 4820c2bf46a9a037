"""Private data: a user's own prices, costs and production, kept in this process only."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from critmin.data.countries import country_names
from critmin.data.loaders.files import checked_path, read_csv
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import Mineral, get_mineral
from critmin.units import mass_factor, price_factor

COLUMNS = ("date", "value", "symbol", "country")
"""What a table may hold; `register` maps a publisher's own column names to these."""

Kind = Literal["price", "cost", "production"]


@dataclass(frozen=True, slots=True)
class PrivateSeries:
    """A registered private series: checked, annual, in USD per tonne of contained element or t."""

    name: str
    kind: Kind
    mineral: str
    table: pd.DataFrame
    sha256: str


_lock = threading.Lock()
_series: dict[str, PrivateSeries] = {}


def _read(data: "pd.DataFrame | str | Path") -> tuple[pd.DataFrame, str, int]:
    """The table, its name for messages, and the number of its first row."""
    if isinstance(data, pd.DataFrame):
        return data.reset_index(drop=True), "DataFrame", 0
    path = checked_path(data)
    if path.suffix.lower() == ".parquet":
        try:
            return pd.read_parquet(path), str(path), 0
        except ImportError as error:
            raise DataError(f"{path}: Parquet needs pyarrow: install critmin[parquet]") from error
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: not a readable Parquet file ({error})") from error
    return read_csv(path), str(path), 2


def _years(raw: "pd.Series[str]") -> "pd.Series[float]":
    """Calendar years of a column of years or dates; NaN where neither."""
    text = raw.astype(str).str.strip()
    plain = pd.to_numeric(text.where(text.str.fullmatch(r"\d{4}(\.0)?")), errors="coerce")
    dates = pd.to_datetime(text.where(plain.isna()), errors="coerce", format="ISO8601")
    return plain.fillna(dates.dt.year)


def _check(
    table: pd.DataFrame, source: str, first_row: int, columns: Mapping[str, str], kind: Kind
) -> pd.DataFrame:
    needed = ["date", "value", *(["country"] if kind == "production" else [])]
    lost = [
        f"{n} (looked for column {columns.get(n, n)!r})"
        for n in needed
        if columns.get(n, n) not in table
    ]
    if lost:
        raise DataError(
            f"{source}: missing {', '.join(lost)}; it has {list(map(str, table.columns))}"
        )
    raw_value = table[columns.get("value", "value")]
    rows = pd.DataFrame(
        {
            "year": _years(table[columns.get("date", "date")]),
            "value": pd.to_numeric(raw_value, errors="coerce"),
            "country": table[columns["country"]]
            if "country" in columns
            else table.get("country", ""),
        }
    )
    stamps = table[columns.get("date", "date")].astype(str)
    problems = []
    for i, row in rows.iterrows():
        where = f"row {int(str(i)) + first_row}"
        if np.isnan(row["year"]):
            problems.append(f"{where}: {stamps[i]!r} is neither a year nor an ISO date")
        elif not 1900 <= row["year"] <= 2100:
            problems.append(f"{where}: year {row['year']:.0f} is not between 1900 and 2100")
        if not np.isfinite(row["value"]):
            problems.append(f"{where}: {str(raw_value[i])!r} is not a number")
        elif row["value"] < 0 or (row["value"] == 0 and kind != "production"):
            problems.append(f"{where}: {kind} {row['value']:g} is not positive")
        if kind == "production" and row["country"] not in country_names():
            problems.append(f"{where}: {row['country']!r} is not an ISO 3166 alpha-3 code")
    keys = [stamps, rows["country"].astype(str)]
    doubled = pd.DataFrame({"stamp": keys[0], "country": keys[1]}).duplicated(keep=False)
    problems.extend(
        f"row {int(str(i)) + first_row}: {stamps[i]!r} given more than once"
        for i in rows.index[doubled]
    )
    if rows.empty:
        problems.append("no rows")
    if problems:
        raise DataError(f"{source}: refused, nothing was registered", problems)
    return rows


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
) -> str:
    """Add a private price, cost or production series to every panel made from now on.

    The data stay in this process: nothing is written or sent. Results of a fit that used them name
    them in their provenance.

    Parameters
    ----------
    data : DataFrame or path
        A table or a CSV or Parquet file with a date (year or ISO date) and a value a row. Several
        dates in one year are averaged (prices, costs) or added up (production).
    name : str
        What provenance calls it.
    mineral : str
        The mineral it belongs to.
    unit : str
        Of the values: of price such as ``"USD/lb"``, or of mass such as ``"kt"`` for production.
    kind : {"price", "cost", "production"}
        What it is. A cost is the full cost of production of the marginal producer.
    columns : mapping, optional
        Names of the columns for ``date``, ``value``, ``symbol`` and ``country``, for exports of
        price agencies, such as ``{"date": "Date", "symbol": "Symbol", "value": "Price"}``.
    symbol : str, optional
        Keep only the rows with this symbol.
    per_content : bool
        The values are per unit of contained element already; otherwise they are per unit of the
        form in `critmin.mineral.Mineral.form`.

    Returns
    -------
    str
        Identifier of the data set, ``"private-<name>"``.

    Raises
    ------
    DataError
        With file, row and reason of every bad row; nothing is registered then.

    Examples
    --------
    >>> frame = pd.DataFrame({"date": [2023, 2024], "value": [9.75, 7.7]})
    >>> register(frame, name="desk", mineral="nickel", unit="USD/lb")
    'private-desk'
    >>> unregister("private-desk")
    """
    if kind not in get_args(Kind):
        raise UnknownNameError.of("kind of private data", kind, get_args(Kind))
    about = get_mineral(mineral)
    if not name or not all(c.isalnum() or c in "-_." for c in name):
        raise DataError(f"name {name!r}: use letters, digits, '-', '_' and '.'")
    if unit is None:
        example = "'t' or 'kt'" if kind == "production" else "'USD/t' or 'USD/lb'"
        raise DataError(f"{name}: missing unit; give one such as {example}")
    factor = mass_factor(unit) if kind == "production" else price_factor(unit)
    names_of = dict(columns or {})
    for key in names_of:
        if key not in COLUMNS:
            raise UnknownNameError.of("key of columns", key, COLUMNS)
    table, source, first_row = _read(data)
    if symbol is not None:
        column = names_of.get("symbol", "symbol")
        if column not in table:
            raise DataError(f"{source}: no column {column!r} to look up symbol {symbol!r} in")
        present = sorted(set(table[column].astype(str)))
        table = table[table[column].astype(str) == symbol]
        if table.empty:
            raise DataError(f"{source}: no rows with symbol {symbol!r}; it has {present[:20]}")
    rows = _check(table, source, first_row, names_of, kind)
    content = 1.0 if per_content or kind == "production" else about.content
    rows["value"] *= factor / content
    rows["year"] = rows["year"].astype(int)
    how = "sum" if kind == "production" else "mean"
    annual = rows.groupby(["country", "year"], as_index=False)["value"].agg(how)
    identifier = f"private-{name}"
    entry = PrivateSeries(
        identifier,
        kind,
        about.name,
        annual,
        hashlib.sha256(annual.to_csv(index=False).encode()).hexdigest(),
    )
    with _lock:
        if identifier in _series:
            raise DataError(f"{identifier} is registered already; unregister it first")
        _series[identifier] = entry
    return identifier


def unregister(identifier: str) -> None:
    """Forget a private data set.

    Parameters
    ----------
    identifier : str
        As `register` returned it.

    Raises
    ------
    UnknownNameError
        If it is not registered.

    Examples
    --------
    >>> unregister("private-desk")
    Traceback (most recent call last):
    critmin.exceptions.UnknownNameError: unknown private data set 'private-desk': ...
    """
    with _lock:
        if identifier not in _series:
            raise UnknownNameError.of(
                "private data set", identifier, [*_series, "(none registered)"]
            )
        del _series[identifier]


def names() -> list[str]:
    """Identifiers of the private data sets registered in this process."""
    with _lock:
        return sorted(_series)


def _of(kind: Kind) -> list[PrivateSeries]:
    with _lock:
        return [s for _, s in sorted(_series.items()) if s.kind == kind]


def price_series(mineral: Mineral) -> list[tuple["pd.Series[float]", str, str]]:
    """Private prices of a mineral as values by year, quality and data set."""
    return [
        (s.table.set_index("year")["value"].sort_index(), "private", s.name)
        for s in _of("price")
        if s.mineral == mineral.name
    ]


def production() -> pd.DataFrame:
    """Private production: mineral, country, year, vintage, value."""
    frames = [s.table.assign(mineral=s.mineral, vintage="latest") for s in _of("production")]
    columns = ["mineral", "country", "year", "vintage", "value"]
    return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)


def cost_points(minerals: list[str]) -> pd.DataFrame:
    """Private costs (nominal USD per tonne of contained element): mineral, year, value."""
    frames = [s.table.assign(mineral=s.mineral) for s in _of("cost") if s.mineral in minerals]
    columns = ["mineral", "year", "value"]
    return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)


def combined_hash(public: str) -> str:
    """Hash of the snapshot joined with that of the private data, if any."""
    with _lock:
        if not _series:
            return public
        joined = public + "".join(f"{n}:{s.sha256}" for n, s in sorted(_series.items()))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
