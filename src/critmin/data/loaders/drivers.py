"""What drives demand and cost: prices in general, output, technologies, population, risk."""

from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError


def load_cpi(path: str | Path) -> pd.DataFrame:
    """Read the US consumer price index (BLS CPI-U, monthly, columns Date and Index)."""
    table = read_csv(path, required=("Date", "Index"))
    stamps = pd.to_datetime(table["Date"], format="%Y-%m-%d", errors="coerce")
    if stamps.isna().any():
        bad = table.index[stamps.isna()]
        raise DataError(f"{path}: row {int(bad[0]) + 2}: {table['Date'][bad[0]]!r} is not a date")
    return tidy.check(
        tidy.frame(
            {
                "dataset": "bls-cpi-u",
                "series": "cpi",
                "country": "USA",
                "year": stamp.year,
                "month": stamp.month,
                "value": float(value),
                "unit": "1982-84=100",
            }
            for stamp, value in zip(stamps, table["Index"], strict=True)
            if value.strip()
        ),
        str(path),
    )


def load_gdp(path: str | Path) -> pd.DataFrame:
    """Read gross domestic product in current USD (World Bank; countries and aggregates)."""
    table = read_csv(path, required=("Country Name", "Country Code", "Year", "Value"))
    return tidy.check(
        tidy.frame(
            {
                "dataset": "worldbank-gdp",
                "series": "gdp",
                "country": row["Country Code"],
                "year": int(row["Year"]),
                "value": float(row["Value"]),
                "unit": "USD",
            }
            for row in table.to_dict("records")
            if row["Value"]
        ),
        str(path),
    )


def load_ev(path: str | Path) -> pd.DataFrame:
    """Read the IEA Global EV Data; `series` joins category, parameter, mode and powertrain."""
    required = ("region", "category", "parameter", "mode", "powertrain", "year", "unit", "value")
    table = read_csv(path, required=required)
    return tidy.check(
        tidy.frame(
            {
                "dataset": "iea-global-ev-2024",
                "series": ": ".join(
                    row[part] for part in ("category", "parameter", "mode", "powertrain")
                ),
                "country": "WLD" if row["region"] == "World" else row["region"],
                "year": int(row["year"]),
                "value": float(row["value"]),
                "unit": row["unit"],
            }
            for row in table.to_dict("records")
        ),
        str(path),
    )


def load_technology(path: str | Path) -> pd.DataFrame:
    """Read compiled annual series of technologies (columns series, year, value, unit)."""
    table = read_csv(path, required=("series", "year", "value", "unit", "source"))
    return tidy.check(
        tidy.frame(
            {
                "dataset": "critmin-technology",
                "series": row["series"],
                "country": "WLD",
                "year": int(row["year"]),
                "value": float(row["value"]),
                "unit": row["unit"],
            }
            for row in table.to_dict("records")
        ),
        str(path),
    )


def load_population(path: str | Path) -> pd.DataFrame:
    """Read population of 2023 in millions by country (columns country, millions)."""
    table = read_csv(path, required=("country", "millions"))
    return tidy.check(
        tidy.frame(
            {
                "dataset": "un-population-2023",
                "series": "population",
                "country": row["country"],
                "year": 2023,
                "value": float(row["millions"]) * 1e6,
                "unit": "persons",
            }
            for row in table.to_dict("records")
        ),
        str(path),
    )
