"""Shares of cost by component, loss-making shares, electricity prices, governance."""

from pathlib import Path

import pandas as pd

from critmin.data.countries import country_names
from critmin.data.drivers import COMPONENTS
from critmin.data.loaders.files import read_csv, read_sheets
from critmin.data.loaders.readings import Rate, number, rows_with_readings, usd_per_tonne
from critmin.exceptions import DataError

OTHER = ("royalties", "freight", "refining charges")
"""Shares that are none of the model's `COMPONENTS`."""

LOSSES = "loss-making-shares.csv"
POINTS = "cost-points.csv"
SHARES = "cost-shares.csv"

GOOD_SPREAD, ROUGH_SPREAD = 0.05, 0.25
"""Standard errors of log electricity prices: statistical offices' averages (judgement), and figures
researched from tariffs and press, which the compilers call rough."""
ELECTRICITY_YEAR = 2024

INDICATORS = {
    "VoiceandAccountability": "voice",
    "Political StabilityNoViolence": "stability",
    "GovernmentEffectiveness": "effectiveness",
    "RegulatoryQuality": "regulation",
    "RuleofLaw": "law",
    "ControlofCorruption": "corruption",
}
"""Sheets of the Worldwide Governance Indicators."""

# The publisher's own codes where they are not those of ISO 3166.
_CODES = {"ADO": "AND", "KSV": "XKX", "ROM": "ROU", "TMP": "TLS", "WBG": "PSE", "ZAR": "COD"}


def load_cost_shares(path: str | Path, readings: pd.DataFrame) -> pd.DataFrame:
    """Read the shares of cost that are shares of one component in one process.

    Parameters
    ----------
    path : path
        ``cost-shares.csv``.
    readings : DataFrame
        The hand table ``share-readings``, text.

    Returns
    -------
    DataFrame
        Columns mineral, process, country, year, component (one of `COMPONENTS` or `OTHER`), value,
        lower, upper (shares between 0 and 1; only a lower bound where the page says "at least"), of
        (which cost it is a share of), doubts, address.

    Raises
    ------
    DataError
        With every row that differs from its reading, or has an unknown component.
    """
    records, problems = [], []
    for row, reading in rows_with_readings(path, readings):
        if reading["refused"]:
            continue
        if reading["component"] not in (*COMPONENTS, *OTHER):
            problems.append(f"row {reading['line']}: unknown component {reading['component']!r}")
        records.append(
            {
                "mineral": reading["mineral"],
                "process": reading["process"],
                "country": row["country"],
                "year": int(row["year"]),
                "component": reading["component"],
                "value": number(reading["share"]) / 100,
                "lower": number(reading["lower"]) / 100,
                "upper": number(reading["upper"]) / 100,
                "of": reading["of"],
                "doubts": reading["doubts"],
                "address": row["source_address"],
            }
        )
    if problems:
        raise DataError(f"{path}: {len(problems)} readings refused", problems)
    return _sorted(records, ["mineral", "process", "component", "year", "country"])


def load_loss_making(folder: str | Path, readings: pd.DataFrame, rate: Rate) -> pd.DataFrame:
    """Read points of cost curves: the share of capacity or output whose cost lies above a price.

    Parameters
    ----------
    folder : path
        Holds ``loss-making-shares.csv``, and the two files whose notes print more such points.
    readings : DataFrame
        The hand table ``curve-readings``, text.
    rate : callable
        Units of a currency per US dollar in a year.

    Returns
    -------
    DataFrame
        Columns mineral, country, scope, year, month (0 for a whole year), price (nominal USD per
        tonne of metal or ore; NaN where the page prints none: that month's market price), vat ("in":
        Chinese value-added tax was in the price and is taken off; "unknown"), value (the share, 0
        to 1), bound, basis (of cost), address.

    Raises
    ------
    DataError
        With every row of ``loss-making-shares.csv`` that has no reading, and every reading without
        a row.
    """
    tables = {
        name: read_csv(Path(folder) / name, ("source_address",))
        for name in (LOSSES, POINTS, SHARES)
    }
    problems: list[str] = []
    records = []
    lines = set(readings.loc[readings["file"] == LOSSES, "line"])
    problems.extend(
        f"{LOSSES} row {line}: nobody has read it yet"
        for line in range(2, len(tables[LOSSES]) + 2)
        if str(line) not in lines
    )
    for reading in readings.to_dict("records"):
        position = int(reading["line"]) - 2
        if position >= len(tables[reading["file"]]):
            problems.append(f"{reading['file']} row {reading['line']}: a reading, but no row")
        elif not reading["refused"]:
            address = tables[reading["file"]].iloc[position]["source_address"]
            records.append(_curve_point(reading, address, rate))
    if problems:
        raise DataError(f"{folder}: {len(problems)} rows refused", problems)
    return _sorted(records, ["mineral", "country", "year", "month", "price", "value"])


def _curve_point(reading: dict[str, str], address: str, rate: Rate) -> dict[str, object]:
    year, price = int(reading["year"]), number(reading["price"])
    if reading["price_unit"]:
        price = usd_per_tonne(price, reading["price_unit"], year, rate)
        # All such points are later than March 2019, when the tax became 13%.
        price /= 1.13 if reading["vat"] == "in" else 1.0
    return {
        "mineral": reading["mineral"],
        "country": reading["country"],
        "scope": reading["scope"],
        "year": year,
        "month": int(reading["month"] or 0),
        "price": price,
        "vat": reading["vat"],
        "value": number(reading["share"]) / 100,
        "bound": reading["bound"],
        "basis": reading["basis"],
        "address": address,
    }


def load_electricity(path: str | Path) -> pd.DataFrame:
    """Read industrial electricity prices by country.

    Parameters
    ----------
    path : path
        ``country_electricity_prices.csv``.

    Returns
    -------
    DataFrame
        Columns country, year (about: the file has none), value (USD/kWh), error (standard error of
        the logarithm), band (of consumption), source.

    Raises
    ------
    DataError
        With every bad row: unknown country, a price that is not positive, a country given twice.
    """
    needed = ("iso3", "price_usd_kwh", "consumption_band", "source")
    records, problems = [], []
    for number_, row in enumerate(read_csv(path, needed).to_dict("records"), start=2):
        price = number(row["price_usd_kwh"])
        if row["iso3"] not in {*country_names(), "XKX"}:
            problems.append(f"row {number_}: unknown country code {row['iso3']!r}")
        if not price > 0:
            problems.append(f"row {number_}: price {row['price_usd_kwh']!r} is not positive")
        rough = row["consumption_band"] in ("research", "fallback")
        records.append(
            {
                "country": row["iso3"],
                "year": ELECTRICITY_YEAR,
                "value": price,
                "error": ROUGH_SPREAD if rough else GOOD_SPREAD,
                "band": row["consumption_band"],
                "source": row["source"],
            }
        )
    table = _sorted(records, ["country"])
    problems.extend(f"{c}: given twice" for c in table["country"][table["country"].duplicated()])
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return table


def load_governance(path: str | Path) -> pd.DataFrame:
    """Read the Worldwide Governance Indicators with their standard errors.

    Parameters
    ----------
    path : path
        The World Bank's workbook, one sheet an indicator (`INDICATORS`).

    Returns
    -------
    DataFrame
        Columns country, year, indicator, value, error; standard units, higher is better.

    Raises
    ------
    DataError
        If a sheet has another layout or an unknown country.
    """
    sheets = read_sheets(path, list(INDICATORS))
    records = [
        record
        for sheet, name in INDICATORS.items()
        for record in _indicator(path, sheet, name, sheets[sheet])
    ]
    return _sorted(records, ["country", "year", "indicator"])


def _indicator(
    path: str | Path, sheet: str, name: str, rows: list[tuple[object, ...]]
) -> list[dict[str, object]]:
    head = next((i for i, row in enumerate(rows) if isinstance(row[2], int)), None)
    if head is None or rows[head + 1][:4] != ("Country/Territory", "Code", "Estimate", "StdErr"):
        raise DataError(f"{path}: sheet {sheet!r} has no years over 'Estimate' and 'StdErr'")
    years, heads = rows[head], rows[head + 1]
    columns = [i for i, title in enumerate(heads) if title == "Estimate"]
    records: list[dict[str, object]] = []
    problems = []
    for row in rows[head + 2 :]:
        if not row[1]:
            continue
        code = _CODES.get(str(row[1]), str(row[1]))
        if code not in {*country_names(), "XKX", "ANT", "JEY"}:
            problems.append(f"sheet {sheet!r}: unknown country {row[0]!r}, {row[1]!r}")
        for i in columns:
            value, error, year = row[i], row[i + 1], years[i]
            if not isinstance(value, float | int) or not isinstance(error, float | int):
                continue
            records.append(
                {
                    "country": code,
                    "year": year,
                    "indicator": name,
                    "value": round(float(value), 3),
                    "error": round(float(error), 3),
                }
            )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return records


def _sorted(records: list[dict[str, object]], by: list[str]) -> pd.DataFrame:
    return pd.DataFrame(records).sort_values(by, kind="stable", ignore_index=True)
