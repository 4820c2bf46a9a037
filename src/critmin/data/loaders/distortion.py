"""Prices inside and outside a fence, quotas, and countervailing rates, as a person read them."""

import math
from pathlib import Path

import pandas as pd

from critmin.data.loaders.files import read_csv
from critmin.data.loaders.readings import Rate, number, rows_with_readings, usd_per_tonne
from critmin.exceptions import DataError

PAIRS = "price-wedges.csv"
FACTS = "distortion-facts.csv"
FILES = (PAIRS, FACTS, "price-series-by-place.csv", "spot-prices.csv")
"""Compiled files that wedges are read from."""

VAT = ("in", "out", "unknown", "none")
"""The inside price has value-added tax (and it is taken off), has none, does not say, or is for export."""

KINDS = ("assessment", "transaction", "ask")
INSIDE = ("domestic", "fob")

WEDGE_COLUMNS = (
    "mineral",
    "form",
    "date",
    "span",
    "inside",
    "outside",
    "log_wedge",
    "vat_doubt",
    "error",
    "inside_place",
    "outside_place",
    "inside_kind",
    "outside_kind",
    "vat",
    "rate",
    "pages",
    "weight",
    "doubts",
    "source",
    "address",
)

DAY_RATE_ERROR = 0.02
"""Standard error of a log price that is converted at its year's rate and not at its day's: the
root mean square of the twelve conversions that pages print is 1.8%."""


def load_wedges(
    folder: str | Path, readings: pd.DataFrame, rate: Rate, taxes: pd.DataFrame
) -> pd.DataFrame:
    """Read pairs of prices of one mineral at one time inside China and outside.

    Parameters
    ----------
    folder : path
        Holds `FILES`.
    readings : DataFrame
        The hand table ``wedge-readings``, text.
    rate : callable
        Units of a currency per US dollar in a year.
    taxes : DataFrame
        The hand table ``export-taxes``; its rows of kind "vat" are used.

    Returns
    -------
    DataFrame
        With `WEDGE_COLUMNS`. ``inside`` and ``outside`` are nominal USD per tonne of contained
        element, middles of printed ranges, the inside one without value-added tax where it is known
        to be in; ``log_wedge`` is ln(outside/inside); ``vat_doubt`` what a tax that the page does not
        mention would add to it; ``error`` the standard error from the width of the ranges (taken as
        uniform) and the exchange rate; ``weight`` (0 to 1, judgement) what the pair is worth.

    Raises
    ------
    DataError
        With every row of ``price-wedges.csv`` that nobody has read, and every reading whose numbers
        do not stand in its row.
    """
    tables = {name: read_csv(Path(folder) / name) for name in FILES}
    seen = set(readings.loc[readings["inside_file"] == PAIRS, "inside_line"])
    problems = [
        f"{PAIRS} row {line}: nobody has read it yet"
        for line in range(2, len(tables[PAIRS]) + 2)
        if str(line) not in seen
    ]
    records = []
    for reading in readings.to_dict("records"):
        inside = _row(tables, reading["inside_file"], reading["inside_line"])
        outside = _row(tables, reading["outside_file"], reading["outside_line"])
        problems.extend(_absent(reading, inside, outside))
        if not reading["refused"]:
            problems.extend(_wrong(reading))
            records.append(_wedge(reading, inside, outside, rate, taxes))
    if problems:
        raise DataError(f"{folder}: {len(problems)} rows refused", problems)
    table = pd.DataFrame(records, columns=list(WEDGE_COLUMNS))
    return table.sort_values(
        ["mineral", "date", "form", "outside"], kind="stable", ignore_index=True
    )


def _row(tables: dict[str, pd.DataFrame], name: str, line: str) -> dict[str, str]:
    table = tables[name]
    position = int(line) - 2
    return dict(table.iloc[position]) if position < len(table) else {}


def _absent(reading: dict[str, str], inside: dict[str, str], outside: dict[str, str]) -> list[str]:
    """Numbers of a reading that do not stand in the rows that it names."""
    where = f"{reading['inside_file']} row {reading['inside_line']}"
    if not inside or not outside:
        return [f"{where}: a reading, but no row"]
    found: list[str] = []
    for side, row in (("inside", inside), ("outside", outside)):
        cells = " ".join(row.values())
        found.extend(
            f"{where}: {text!r} does not stand in the row"
            for text in (reading[f"{side}_low"], reading[f"{side}_high"])
            if text not in cells
        )
    return found


def _wrong(reading: dict[str, str]) -> list[str]:
    where = f"{reading['inside_file']} row {reading['inside_line']}"
    allowed = {"vat": VAT, "inside_kind": KINDS, "outside_kind": KINDS, "inside_place": INSIDE}
    return [
        f"{where}: {name} {reading[name]!r} is none of {words}"
        for name, words in allowed.items()
        if reading[name] not in words
    ]


def vat_rate(taxes: pd.DataFrame, date: str) -> float:
    """China's rate of value-added tax on metals at a date.

    Parameters
    ----------
    taxes : DataFrame
        From `critmin.data.tables.export_taxes`.
    date : str
        ISO date.

    Returns
    -------
    float
        Such as 0.13.

    Raises
    ------
    DataError
        If the table begins later.

    Examples
    --------
    >>> from critmin.data.tables import export_taxes
    >>> vat_rate(export_taxes(), "2018-06-29")
    0.16
    """
    vat = taxes[(taxes["kind"] == "vat") & (taxes["since"] <= date)].sort_values("since")
    if vat.empty:
        raise DataError(f"no rate of value-added tax on {date}: the table begins later")
    return float(vat["rate"].iloc[-1])


def _bounds(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    return float(low), float(high or low)


def _wedge(
    reading: dict[str, str],
    inside: dict[str, str],
    outside: dict[str, str],
    rate: Rate,
    taxes: pd.DataFrame,
) -> dict[str, object]:
    year, tax = int(reading["date"][:4]), vat_rate(taxes, reading["date"])
    low, high, error = _side(reading, "inside", year, rate)
    if reading["printed_usd"]:
        # The page converts at its day's rate: better than the year's.
        mass = f"USD/{reading['inside_unit'].split('/')[1]}"
        factor = usd_per_tonne(1.0, mass, year, rate) / float(reading["inside_content"])
        low, high = (factor * bound for bound in _bounds(reading["printed_usd"]))
        error = 0.0
    within = (low + high) / 2 / (1 + tax if reading["vat"] == "in" else 1.0)
    bottom, top, _ = _side(reading, "outside", year, rate)
    beyond = (bottom + top) / 2
    widths = [(high - low) / (low + high) * 2, (top - bottom) / beyond]
    local = not reading["inside_unit"].startswith("USD")
    return {
        "mineral": reading["mineral"],
        "form": reading["form"],
        "date": reading["date"],
        "span": reading["span"],
        "inside": within,
        "outside": beyond,
        "log_wedge": math.log(beyond / within),
        "vat_doubt": math.log(1 + tax) if reading["vat"] == "unknown" else 0.0,
        "error": math.sqrt(sum(width**2 / 12 for width in widths) + error**2),
        **{
            name: reading[name]
            for name in ("inside_place", "outside_place", "inside_kind", "outside_kind", "vat")
        },
        "rate": "none" if not local else "printed" if reading["printed_usd"] else "year",
        "pages": int(reading["pages"]),
        "weight": float(reading["weight"]),
        "doubts": reading["doubts"],
        "source": inside.get("source_title") or inside.get("source", ""),
        "address": _address(inside)
        if inside == outside
        else f"{_address(inside)} {_address(outside)}",
    }


def _side(reading: dict[str, str], side: str, year: int, rate: Rate) -> tuple[float, float, float]:
    """Low and high in USD per tonne of element, and the error of the exchange rate."""
    unit = reading[f"{side}_unit"]
    factor = usd_per_tonne(1.0, unit, year, rate) / float(reading[f"{side}_content"])
    error = 0.0 if unit.startswith("USD") else DAY_RATE_ERROR
    return factor * number(reading[f"{side}_low"]), factor * number(reading[f"{side}_high"]), error


def _address(row: dict[str, str]) -> str:
    return next(row[name] for name in ("source_address", "address", "url") if name in row)


QUOTAS = {"export_quota": "export", "production_quota": "production"}
NAMES = {"rare earths": "rare_earths", "aluminium": "aluminum"}
DISPUTED = frozenset({"magnesia (light and dead burned)"})
"""Left out: two pages print different quotas for 2011 (1.23 and 1.85 million tonnes)."""


def load_quotas(path: str | Path, more: str | Path) -> pd.DataFrame:
    """Read quotas on exports and on output, one row a mineral, form and year.

    A quota that a page gives before the last batch of its year (rare earths, 2023) is left out.

    Parameters
    ----------
    path : path
        ``distortion-facts.csv``.
    more : path
        A compiled table in the layout that is returned.

    Returns
    -------
    DataFrame
        Columns mineral, country, year, kind (export or production), value (tonnes), form, grade (of
        the source: A, A-, B), source, address.

    Raises
    ------
    DataError
        With every quota that stands twice.
    """
    records = []
    for row in read_csv(path, ("kind", "mineral", "date", "low", "url")).to_dict("records"):
        if row["kind"] not in QUOTAS or row["mineral"] in DISPUTED:
            continue
        if row["basis"].startswith("before a third batch"):
            continue
        records.append(
            {
                "mineral": NAMES.get(row["mineral"], row["mineral"]),
                "country": row["country"],
                "year": int(row["date"]),
                "kind": QUOTAS[row["kind"]],
                "value": number(row["low"]),
                "form": row["form"],
                "grade": row["trust"].split(" ")[0],
                "source": row["source"],
                "address": row["url"],
            }
        )
    for row in read_csv(more, ("mineral", "year", "kind", "value")).to_dict("records"):
        records.append({**row, "year": int(row["year"]), "value": number(row["value"])})
    keys = ["mineral", "country", "kind", "form", "year"]
    table = pd.DataFrame(records).sort_values(keys, kind="stable", ignore_index=True)
    double = table[table.duplicated(keys)]
    if len(double):
        raise DataError(
            f"{path}: a quota stands twice",
            [f"{r.mineral} {r.kind} {r.form} {r.year}" for r in double.itertuples()],
        )
    return table


def load_countervailing(path: str | Path, readings: pd.DataFrame) -> pd.DataFrame:
    """Read US countervailing rates that measure a subsidy: of all others and of firms that answered.

    Parameters
    ----------
    path : path
        ``distortion-facts.csv``.
    readings : DataFrame
        The hand table ``countervailing-readings``, text, for the rows of kind "us_cvd_rate".

    Returns
    -------
    DataFrame
        Columns mineral, form, country, year, value (share of the value), who, status (preliminary,
        final, review), note, grade, source, address. Rates "with adverse facts" are punishments and
        left out.

    Raises
    ------
    DataError
        With every row that differs from its reading.
    """
    records = []
    for row, reading in rows_with_readings(path, readings, {"kind": "us_cvd_rate"}):
        if reading["refused"]:
            continue
        records.append(
            {
                "mineral": NAMES.get(row["mineral"], row["mineral"]),
                "form": row["form"],
                "country": row["country"],
                "year": int(row["date"][:4]),
                "value": number(reading["rate"]) / 100,
                "who": reading["who"],
                "status": reading["status"],
                "note": row["basis"],
                "grade": row["trust"].split(" ")[0],
                "source": row["source"],
                "address": row["url"],
            }
        )
    keys = ["mineral", "country", "year", "who", "value"]
    return pd.DataFrame(records).sort_values(keys, kind="stable", ignore_index=True)
