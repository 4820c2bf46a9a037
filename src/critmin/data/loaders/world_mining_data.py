"""World Mining Data (Austrian Federal Ministry of Finance): output by country of five years."""

import re
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.countries import country_names, iso3
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError

SCALE = {"metr. t": 1.0, "kg": 1e-3}
"""Units of mass and the tonnes in each; minerals in other units are passed over."""

QUALIFIERS = {"r": "", "p": "", "e": "estimated"}
"""Reported, provisional, estimated."""

TOLERANCE = 0.005
"""How far the countries of a mineral may miss the printed total."""


def load_world_mining_data(path: str | Path, edition: int = 2024) -> pd.DataFrame:
    """Read the table of all minerals.

    Parameters
    ----------
    path : path
        A CSV file with commodity, country, iso3, a column a year, unit, reported_or_estimated.
    edition : int, default 2024
        Of the book; it names the data set.

    Returns
    -------
    DataFrame
        Tidy and annual, in tonnes; `commodity` as printed, with its content ("Lithium (Li2O)").
        The printed totals are checked, not returned: they are the sums of the countries.

    Raises
    ------
    DataError
        If a row cannot be read, or a total is not the sum of its countries.
    """
    table = read_csv(path, required=("commodity", "country", "iso3", "unit"))
    years = [c for c in table.columns if re.fullmatch(r"(19|20)\d{2}", c)]
    records, problems = [], []
    totals: dict[tuple[str, int], tuple[float, float]] = {}
    for number, (_, row) in enumerate(table.iterrows(), start=2):
        scale = SCALE.get(row["unit"].strip())
        if scale is None:
            continue
        total = row["country"].strip() == "Total"
        code = row["iso3"].strip()
        # The name first: the file gives French Guiana the code of Guyana.
        country = iso3(row["country"]) or (code if code in country_names() else None)
        if country is None and not total:
            problems.append(f"row {number}: unknown country {row['country']!r}")
            continue
        for year in years:
            if not (raw := row[year].strip()):
                continue
            try:
                cell = tidy.parse_cell(raw)
            except ValueError:
                problems.append(f"row {number}, {year}: cannot read {raw!r}")
                continue
            if total:
                totals[row["commodity"].strip(), int(year)] = cell.value * scale, scale
                continue
            records.append(
                {
                    "dataset": f"world-mining-data-{edition}",
                    "series": "production",
                    "commodity": row["commodity"].strip(),
                    "country": country,
                    "year": int(year),
                    "value": cell.value * scale,
                    "unit": "t",
                    "qualifier": QUALIFIERS.get(row["reported_or_estimated"].strip(), "estimated"),
                }
            )
    result = tidy.frame(records)
    sums = result.groupby(["commodity", "year"])["value"].sum()
    for key, (printed, unit) in totals.items():
        found = float(sums.get(key, 0.0))
        if abs(found - printed) > max(TOLERANCE * printed, 2 * unit):
            problems.append(f"{key[0]} {key[1]}: countries add to {found:g}, not {printed:g}")
    if problems:
        raise DataError(f"{path}: {len(problems)} problems", problems)
    return tidy.check(result, str(path))
