"""CEPII BACI: trade of critical materials between countries, exporter's and importer's reports reconciled.

G. Gaulier and S. Zignago (2010), BACI: International Trade Database at the Product-Level, CEPII
working paper 2010-23.
"""

from pathlib import Path

import pandas as pd

from critmin.data.countries import ROW
from critmin.data.loaders.files import checked_path
from critmin.exceptions import DataError

DATASET = "cepii-baci"
COLUMNS = ("dataset", "hs", "year", "exporter", "importer", "value", "tonnes")

CODES = {
    "lithium": "283691",
    "cobalt": "282200",
    "nickel": "750210",
    "manganese": "260200",
    "graphite": "250490",
    "copper": "740311",
    "bauxite": "260600",
    "platinum": "711011",
    "palladium": "711021",
    "vanadium": "720292",
    "niobium": "720293",
    "tungsten": "810194",
    "tantalum": "810320",
    "magnesium": "810411",
    "titanium": "810820",
    "silicon": "280469",
    "beryllium": "811212",
    "arsenic": "280480",
    "antimony": "811010",
    "fluorspar": "252922",
    "baryte": "251110",
    "phosphate": "251010",
    "boron": "252800",
    "strontium": "283692",
    "gallium": "811292",
}
"""HS code of each material of the file that critmin prices. Germanium and hafnium repeat gallium's
rows; coking coal, feldspar, helium, magnets and phosphorus are left out."""

_LATER = {"TW": "TWN", "NA": "NAM"}  # "Other Asia, nes" stands for Taiwan in BACI


def load_baci(path: str | Path, countries: str | Path, smallest: float = 10.0) -> pd.DataFrame:
    """Read bilateral trade of the materials in `CODES`.

    Parameters
    ----------
    path : path
        CSV or ``.csv.gz`` with year, material, exporter, importer (ISO alpha-2), value in USD and qty
        in tonnes (2024 alone).
    countries : path
        CEPII's table of country codes.
    smallest : float
        Flows below so many thousand USD are added up in one row, "ROW" to "ROW", a code and year.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; value in whole thousand USD (f.o.b.), tonnes gross (NaN where none is given or
        where it was rounded to zero). World totals by code and year are the file's, to rounding.

    Raises
    ------
    DataError
        If columns, countries or materials are not those of such a file, or a flow stands twice.
    """
    table = pd.read_csv(checked_path(path), keep_default_na=False, na_values=[""])
    needed = ("year", "material", "exporter", "importer", "value", "qty")
    missing = [column for column in needed if column not in table]
    if missing:
        raise DataError(f"{path}: columns {missing} are missing; found {list(table.columns)[:20]}")
    table = table[table["material"].isin(CODES)]
    if table.empty:
        raise DataError(f"{path}: none of the materials {sorted(CODES)}")
    codes = alpha3(countries)
    for side in ("exporter", "importer"):
        known = table[side].map(codes)
        if known.isna().any():
            unknown = sorted(table.loc[known.isna(), side].unique())
            raise DataError(f"{path}: {side} {unknown} is not in {countries}")
        table[side] = known
    table["hs"] = table["material"].map(CODES)
    keys = ["hs", "year", "exporter", "importer"]
    twice = table.duplicated(keys)
    if twice.any():
        raise DataError(
            f"{path}: {int(twice.sum())} flows stand twice, the first {table[twice].iloc[0].to_dict()}"
        )
    table["value"] = table["value"] / 1000
    table["tonnes"] = table["qty"].where(table["qty"] > 0)
    small = table["value"] < smallest
    rest = table[small].groupby(["hs", "year"], as_index=False)["value"].sum()
    rest = rest.assign(exporter=ROW, importer=ROW)
    whole = pd.concat([table[~small], rest]).assign(dataset=DATASET)
    whole["value"] = whole["value"].round().astype("int64")
    return whole.sort_values(keys, kind="stable", ignore_index=True)[list(COLUMNS)]


def alpha3(path: str | Path) -> dict[str, str]:
    """ISO alpha-2 to alpha-3 of CEPII's table of country codes."""
    table = _countries(path)
    return dict(zip(table["country_iso2"], table["country_iso3"], strict=True)) | _LATER


def numeric(path: str | Path) -> dict[int, str]:
    """The United Nations' number of a country to ISO alpha-3, from CEPII's table of country codes."""
    table = _countries(path)
    codes = dict(zip(table["country_code"].astype(int), table["country_iso3"], strict=True))
    return {code: name for code, name in codes.items() if len(name) == 3 and name.isalpha()}


def _countries(path: str | Path) -> pd.DataFrame:
    table = pd.read_csv(checked_path(path), keep_default_na=False)
    needed = ("country_code", "country_iso2", "country_iso3")
    missing = [column for column in needed if column not in table]
    if missing:
        raise DataError(f"{path}: columns {missing} are missing; found {list(table.columns)[:20]}")
    return table
