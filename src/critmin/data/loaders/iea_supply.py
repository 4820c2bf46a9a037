"""International Energy Agency, Critical Minerals: mined and refined supply by country, base year."""

import json
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.countries import iso3
from critmin.data.loaders.files import checked_path
from critmin.exceptions import DataError

ALIASES = {"democratic republic of congo": "COD", "rest of world": "ROW"}
TOLERANCE = 0.005
"""How far the countries may miss the printed total."""


def load_iea_supply(path: str | Path, minerals: tuple[str, ...], year: int = 2024) -> pd.DataFrame:
    """Read one year of the tables of supply; later years are projections and not read.

    Parameters
    ----------
    path : path
        The data set of May 2025 as JSON, with ``supply``, mineral, ``mining`` or ``refining``,
        ``countries`` in thousand tonnes.
    minerals : tuple of str
        Tables to read, as the file names them.
    year : int, default 2024
        The base year.

    Returns
    -------
    DataFrame
        Tidy and annual, in tonnes; `series` is "mining" or "refining", "ROW" the rest of the world.

    Raises
    ------
    DataError
        If the file has another layout, or the countries do not add to the total (nickel's do not in
        the edition of May 2025).
    """
    found = checked_path(path)
    try:
        supply = json.loads(found.read_text(encoding="utf-8"))["supply"]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise DataError(f"{found}: not the IEA's tables of supply ({error})") from error
    records, problems = [], []
    if missing := [mineral for mineral in minerals if mineral not in supply]:
        raise DataError(f"{found}: no tables of {missing}; it has {sorted(supply)}")
    for mineral in minerals:
        for stage, part in supply[mineral].items():
            rows = {
                name: row[str(year)]
                for name, row in part["countries"].items()
                if row.get(str(year)) is not None  # notes stand among the countries
            }
            total = part["total"][str(year)]
            if abs(sum(rows.values()) - total) > TOLERANCE * total:
                problems.append(f"{mineral} {stage}: countries add to {sum(rows.values()):g}")
            for name, value in rows.items():
                country = ALIASES.get(name.lower()) or iso3(name)
                if country is None:
                    problems.append(f"{mineral} {stage}: unknown country {name!r}")
                    continue
                records.append(
                    {
                        "dataset": f"iea-supply-{year}",
                        "series": stage,
                        "commodity": mineral.lower(),
                        "country": country,
                        "year": year,
                        "value": value * 1e3,
                        "unit": "t",
                        "qualifier": "estimated",
                    }
                )
    if problems:
        raise DataError(f"{found}: {len(problems)} problems", problems)
    return tidy.check(tidy.frame(records), str(found))
