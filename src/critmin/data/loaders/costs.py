"""Published points of production cost: reported lithium deposits, and compiled averages."""

from pathlib import Path

import pandas as pd

from critmin.data.countries import country_names, iso3
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError
from critmin.mineral import registry
from critmin.units import price_factor

COLUMNS = ("mineral", "country", "name", "year", "kind", "value", "unit", "source")

KINDS = frozenset({"average", "deposit", "marginal"})
"""What a point measures: an average over producers, one deposit, or the marginal producer."""

DISCOUNT_RATE, LIFE = 0.08, 20
CAPITAL_CHARGE = DISCOUNT_RATE / (1 - (1 + DISCOUNT_RATE) ** -LIFE)
"""Yearly charge on the capital of a deposit: an annuity of 20 years at 8% (judgement)."""

DEPOSITS = "P. Busch and others (2024), lithium deposits of the world, from technical reports"
DEPOSIT_YEAR = 2023


def load_lithium_deposits(path: str | Path) -> pd.DataFrame:
    """Read the deposits whose cost comes from a technical report.

    Parameters
    ----------
    path : path
        ``Deposit.csv`` of the replication files.

    Returns
    -------
    DataFrame
        Columns `COLUMNS` and ``capacity`` (tonnes of lithium a year). The value is operating cost
        before tax and royalty plus `CAPITAL_CHARGE` times the capital of an expansion, USD per
        tonne of lithium.
    """
    needed = ("Country", "Deposit_Name", "cost1_noTax", "cost_expansion", "max_prod_rate")
    table = read_csv(path, required=(*needed, "cost_source"))
    records, problems = [], []
    for number, row in enumerate(table.to_dict("records"), start=2):
        if row["cost_source"] != "Report":
            continue
        code = iso3(row["Country"])
        if code is None:
            problems.append(f"row {number}: {row['Country']!r} is not the name of a country")
            continue
        full = float(row["cost1_noTax"]) + CAPITAL_CHARGE * float(row["cost_expansion"])
        records.append(
            {
                "mineral": "lithium",
                "country": code,
                "name": row["Deposit_Name"].strip(),
                "year": DEPOSIT_YEAR,
                "kind": "deposit",
                "value": full,
                "unit": "USD/t",
                "source": DEPOSITS,
                # The file counts thousands of tonnes of lithium carbonate equivalent.
                "capacity": 1000 * float(row["max_prod_rate"]) * 0.1879,
            }
        )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return pd.DataFrame(records)


def load_cost_points(path: str | Path) -> pd.DataFrame:
    """Read a compiled table with `COLUMNS`, and give its values in USD per tonne of element.

    Raises
    ------
    DataError
        With every bad row: unknown mineral, country, kind or unit, a value that is not positive.
    """
    table = read_csv(path, required=COLUMNS)
    records, problems = [], []
    for number, row in enumerate(table.to_dict("records"), start=2):
        try:
            value = float(row["value"]) * price_factor(row["unit"])
        except (ValueError, KeyError, DataError) as error:
            problems.append(f"row {number}: {error}")
            continue
        if row["mineral"] not in registry():
            problems.append(f"row {number}: unknown mineral {row['mineral']!r}")
            continue
        if row["country"] and row["country"] not in country_names():
            problems.append(f"row {number}: unknown country code {row['country']!r}")
        if row["kind"] not in KINDS:
            problems.append(f"row {number}: kind {row['kind']!r} is none of {sorted(KINDS)}")
        if not value > 0:
            problems.append(f"row {number}: value {row['value']!r} is not positive")
        about = registry()[row["mineral"]]
        records.append(
            {
                **{name: row[name] for name in COLUMNS},
                "year": int(row["year"]),
                "value": value / about.content,
                "unit": "USD/t",
                "capacity": float("nan"),
            }
        )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return pd.DataFrame(records)
