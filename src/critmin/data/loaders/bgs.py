"""British Geological Survey, World Mineral Statistics: output by country, by its own interface."""

from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.countries import country_names, iso3
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError

COLUMNS = (
    "country_trans",
    "country_iso3_code",
    "bgs_commodity_trans",
    "bgs_sub_commodity_trans",
    "bgs_statistic_type_trans",
    "units",
    "year",
    "quantity",
    "sdmx_code",
    "data_precision_description",
)

UNITS = {
    "tonnes (metric)": 1.0,
    "tonnes (metal content)": 1.0,
    "kilograms (metal content)": 1e-3,
}
"""Units of the publisher and the tonnes in each."""

NAMED = {
    "soviet union": "SUN",
    "yugoslavia": "YUG",
    "czechoslovakia": "CSK",
    "german democratic rep": "DDR",
    "serbia & montenegro": "SCG",
    "rhodesia": "ZWE",
    "zaire": "COD",
    "congo": "COG",
    "kosovo": "XKX",
}
"""States that are no longer, and names whose code in the file is not today's: "Congo" is the one of
Brazzaville, beside Zaire, but carries the code of Kinshasa."""


def _country(row: "pd.Series[str]") -> str | None:
    name = str(row["country_trans"]).strip().lower()
    if name in NAMED:
        return NAMED[name]
    code = str(row["country_iso3_code"]).strip()
    return code if code in country_names() else iso3(name)


def load_bgs(path: str | Path) -> pd.DataFrame:
    """Read one file of World Mineral Statistics as the interface writes it.

    Parameters
    ----------
    path : path
        A CSV file with the interface's columns; those beyond `COLUMNS` are passed over.

    Returns
    -------
    DataFrame
        Tidy and annual, in tonnes. `commodity` is the publisher's ("cobalt, mine"), `series` its
        form where it gives one ("Silicon metal"), else "production". "Nil" is 0, "not available" is
        NaN, less than half a unit is the bound of it.

    Raises
    ------
    DataError
        Naming every row with a unit, country, year or figure that cannot be read.

    Notes
    -----
    Lithium and manganese ore are gross weights of minerals, never contained element.
    """
    table = read_csv(path, required=COLUMNS)
    table = table[table["bgs_statistic_type_trans"] == "Production"]
    records, problems = [], []
    for number, (_, row) in enumerate(table.iterrows(), start=2):
        country, scale = _country(row), UNITS.get(row["units"])
        year, raw, code = row["year"][:4], row["quantity"].strip(), row["sdmx_code"]
        if country is None or scale is None or not year.isdigit() or code not in {"A", "N", "O"}:
            where = f"{row['country_trans']!r}, {row['units']!r}, {row['year']!r}, {code!r}"
            problems.append(f"row {number}: cannot read {where}")
            continue
        try:
            value = float(raw) if raw and code == "A" else float("nan")
        except ValueError:
            problems.append(f"row {number}: cannot read {raw!r}")
            continue
        qualifier = {"A": "", "N": "below", "O": "not_available"}[code]
        commodity = row["bgs_commodity_trans"]
        records.append(
            {
                "dataset": "bgs-wms-" + "-".join(commodity.replace(",", "").split()[:6]).lower(),
                "series": row["bgs_sub_commodity_trans"] or "production",
                "commodity": commodity,
                "country": country,
                "year": int(year),
                "value": value * scale,
                "upper": 0.5 * scale if code == "N" else float("nan"),
                "unit": "t",
                "qualifier": qualifier,
            }
        )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    result = tidy.frame(records)
    # East and West Germany and their successor stand side by side around 1990, one without figures.
    twice = result.duplicated(tidy.KEYS, keep=False) & (result["qualifier"] == "not_available")
    return tidy.check(result[~twice].reset_index(drop=True), str(path))
