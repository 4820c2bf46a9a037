"""International Energy Agency, Critical Minerals: mined and refined supply by country, base year."""

import json
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.countries import ROW, iso3
from critmin.data.loaders.files import checked_path
from critmin.exceptions import DataError

ALIASES = {"democratic republic of congo": "COD", "rest of world": ROW}
REST = "Rest of world"
SUM_TOLERANCE = 1e-6
"""Countries must add up to the printed total this closely."""


def disjoint(
    countries: dict[str, dict[str, float]], total: dict[str, float]
) -> dict[str, dict[str, float]]:
    """Countries that add up to the total: one that the rest of the world holds too is taken out of it.

    In four of the twelve tables of May 2025 the sum exceeds the total by exactly one country, in every
    year (nickel: Australia and Canada; graphite: Tanzania and Germany).

    Parameters
    ----------
    countries : mapping
        Figures by year of each country and of `REST`.
    total : mapping
        The printed total by year.

    Raises
    ------
    ValueError
        If no one country explains the difference.

    Examples
    --------
    >>> twice = {"Tanzania": {"2024": 1.0}, "China": {"2024": 6.0}, REST: {"2024": 3.0}}
    >>> disjoint(twice, {"2024": 9.0})[REST]
    {'2024': 2.0}
    """
    excess = {y: sum(v[y] for v in countries.values()) - total[y] for y in total}

    def explains(values: dict[str, float]) -> bool:
        return all(abs(excess[y] - values[y]) <= SUM_TOLERANCE * total[y] for y in total)

    if explains(dict.fromkeys(total, 0.0)):
        return countries
    twice = [name for name, values in countries.items() if name != REST and explains(values)]
    if len(twice) != 1:
        shown = ", ".join(f"{year} by {value:,.1f}" for year, value in excess.items())
        raise ValueError(f"the countries miss the total: {shown}")
    rest = {y: value - countries[twice[0]][y] for y, value in countries[REST].items()}
    return {**countries, REST: rest}


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
        If the file has another layout, or the countries do not add to the total even where one that
        the rest of the world holds too is taken out of it.
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
            total = part["total"]
            # Notes stand among the countries.
            rows = {
                name: row
                for name, row in part["countries"].items()
                if all(row.get(y) is not None for y in total)
            }
            try:
                rows = disjoint(rows, total)
            except ValueError as error:
                problems.append(f"{mineral} {stage}: {error}")
                continue
            figures = {name: row[str(year)] for name, row in rows.items()}
            for name, value in figures.items():
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
