"""Rows of a compiled file beside what a person read in them.

Compiled facts mix periods, units, definitions and doubts in words that no parser reads surely. A
table of readings has one row for each row of the file, written by hand: what the number is, or why
it is refused. Its columns ``raw_...`` repeat cells of the file, so that a reading never lands on
another row when the file changes.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError
from critmin.units import price_factor

Rate = Callable[[str, int], float]
"""Units of a currency per US dollar in a year, such as `critmin.data.exchange.exchange_rate`."""


def rows_with_readings(
    path: str | Path, readings: pd.DataFrame, where: Mapping[str, str] | None = None
) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Each row of a file with its reading.

    Parameters
    ----------
    path : path
        The compiled CSV file.
    readings : DataFrame
        Text; a column ``line`` (2 is the file's first row), columns ``raw_NAME`` that repeat the
        file's column NAME, and the reading.
    where : mapping of str to str, optional
        Only rows of the file with these cells; all by default.

    Returns
    -------
    list of (dict, dict)
        Cells of the file and of the reading.

    Raises
    ------
    DataError
        Naming every row without a reading, every reading without a row, and every row whose
        cells are not those that the reading was made of.
    """
    repeated = [name for name in readings.columns if name.startswith("raw_")]
    table = read_csv(path, required=tuple(name.removeprefix("raw_") for name in repeated))
    by_line = {int(row["line"]): row for row in readings.to_dict("records")}
    pairs, problems = [], []
    for line, row in enumerate(table.to_dict("records"), start=2):
        if any(row[name] != cell for name, cell in (where or {}).items()):
            continue
        reading = by_line.pop(line, None)
        if reading is None:
            problems.append(f"row {line}: nobody has read it yet ({list(row.values())[:3]})")
            continue
        for name in repeated:
            there, here = row[name.removeprefix("raw_")], reading[name]
            if there != here:
                problems.append(f"row {line}: {name[4:]} is {there!r}, the reading is of {here!r}")
        pairs.append((row, reading))
    problems.extend(f"row {line}: a reading, but no row" for line in by_line)
    if problems:
        raise DataError(f"{path}: {len(problems)} rows differ from their readings", problems)
    return pairs


def usd_per_tonne(value: float, unit: str, year: int, rate: Rate) -> float:
    """Convert a price at the average exchange rate of its year.

    Parameters
    ----------
    value : float
        The price.
    unit : str
        A currency and a mass, such as ``"CNY/kg"``, ``"USD/mtu"``, or ``"ct/lb"``.
    year : int
        The year of the price.
    rate : callable
        Units of a currency per US dollar in a year.

    Returns
    -------
    float
        USD per tonne of what the unit counts.

    Raises
    ------
    UnknownNameError
        If currency or mass is not known.

    Examples
    --------
    >>> round(usd_per_tonne(17200, "CNY/t", 2023, lambda currency, year: 7.08))
    2429
    """
    currency, mass = unit.split("/")
    if currency == "ct":
        return value * price_factor(unit)
    return value * price_factor(f"USD/{mass}") / float(rate(currency, year))


def number(text: Any) -> float:
    """A cell as a number.

    Parameters
    ----------
    text : str or number
        The cell.

    Returns
    -------
    float
        NaN if it is empty.

    Examples
    --------
    >>> number("1.5"), number(" ")
    (1.5, nan)
    """
    return float(text) if str(text).strip() else float("nan")
