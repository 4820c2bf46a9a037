"""UN Comtrade: what importers and exporters report each by themselves, with net weight."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from critmin.data.loaders.baci import COLUMNS, numeric
from critmin.data.loaders.files import checked_path
from critmin.exceptions import DataError

DATASET = "un-comtrade-imports"
EXPORTS = "un-comtrade-exports"
_TAIWAN = {490: "TWN"}
_WORLD = 0
_FAR = 20.0


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports that could be read, and how many flows could not, by reason.

    Attributes
    ----------
    table : DataFrame
        Columns of `critmin.data.loaders.baci.COLUMNS`; value in whole thousand USD, tonnes net.
    refused : dict of str to int
    """

    table: pd.DataFrame
    refused: dict[str, int]


def load_imports(
    path: str | Path,
    countries: str | Path,
    codes: frozenset[str],
    year: int,
    smallest: float = 10.0,
) -> Reports:
    """Read imports by origin with their net weight, mostly c.i.f.

    A flow may stand once, or be broken down by customs procedure, means of transport and second partner:
    then the rows add up to a whole number of times the largest, which is the total. Where they do not,
    the flow is refused.

    Parameters
    ----------
    path : path
        CSV or ``.csv.gz`` with reporter, partner (the United Nations' numbers), cmd, flow ("M" or "X"),
        value in USD, netwgt in kilograms.
    countries : path
        CEPII's table of country codes.
    codes : frozenset of str
        HS codes to read.
    year : int
        The file's year.
    smallest : float
        Flows below so many thousand USD are left out, and counted.

    Raises
    ------
    DataError
        If columns are missing or nothing can be read.
    """
    table = _reports(path, codes, year)
    table = table[(table["flow"] == "M") & (table["partner"] != _WORLD)]
    names = numeric(countries) | _TAIWAN
    flows = _totals(table)
    flows["importer"], flows["exporter"] = (
        flows["reporter"].map(names),
        flows["partner"].map(names),
    )
    return _weighed(path, flows.assign(dataset=DATASET, year=year), smallest)


def load_exports(
    path: str | Path,
    countries: str | Path,
    codes: frozenset[str],
    year: int,
    smallest: float = 10.0,
) -> Reports:
    """Read exports to the whole world with their net weight, as exporters report them.

    Parameters and errors are those of `load_imports`; the importer is "WLD".
    """
    table = _reports(path, codes, year)
    table = table[(table["flow"] == "X") & (table["partner"] == _WORLD)]
    flows = _totals(table)
    flows["exporter"] = flows["reporter"].map(numeric(countries) | _TAIWAN)
    return _weighed(path, flows.assign(importer="WLD", dataset=EXPORTS, year=year), smallest)


def _reports(path: str | Path, codes: frozenset[str], year: int) -> pd.DataFrame:
    table = pd.read_csv(checked_path(path), dtype={"cmd": str})
    needed = ("reporter", "partner", "cmd", "flow", "value", "netwgt")
    missing = [column for column in needed if column not in table]
    if missing:
        raise DataError(f"{path}: columns {missing} are missing; found {list(table.columns)[:20]}")
    if "year" in table and not (table["year"] == year).all():
        raise DataError(f"{path}: holds {sorted(table['year'].unique())}, expected {year}")
    return table[table["cmd"].isin(codes)]


def _totals(table: pd.DataFrame) -> pd.DataFrame:
    """The total of each flow, and whether its rows prove it to be one."""
    keys = ["reporter", "partner", "cmd"]
    groups = table.groupby(keys)["value"]
    times = groups.sum() / groups.max()
    proven = (times - times.round()).abs() < 1e-3 * times
    largest = table.loc[groups.idxmax()].set_index(keys)
    return largest.assign(total=proven).reset_index()


def _weighed(path: str | Path, flows: pd.DataFrame, smallest: float) -> Reports:
    """Flows that can be read surely; the others counted by the first reason against them."""
    unit = flows["value"] / flows["netwgt"].where(flows["netwgt"] > 0)
    usual = flows.assign(unit=unit).groupby("cmd")["unit"].transform("median")
    reasons = {
        "small": flows["value"] < 1000 * smallest,
        "broken down without a total": ~flows["total"],
        "partner is no country": flows[["importer", "exporter"]].isna().any(axis=1),
        "from itself": flows["importer"] == flows["exporter"],
        "no weight": unit.isna(),
        f"unit value {_FAR:g} times off the code's median": (
            np.abs(np.log(unit / usual)) > np.log(_FAR)
        ),
    }
    kept, refused = pd.Series(True, index=flows.index), {}
    for reason, wrong in reasons.items():
        refused[reason] = int((kept & wrong).sum())
        kept &= ~wrong
    if not kept.any():
        raise DataError(f"{path}: nothing can be read; refused {refused}")
    read = flows[kept].rename(columns={"cmd": "hs"})
    read["value"] = (read["value"] / 1000).round().astype("int64")
    read["tonnes"] = (read["netwgt"] / 1000).round(3)
    order = ["hs", "year", "exporter", "importer"]
    table = read.sort_values(order, kind="stable", ignore_index=True)[list(COLUMNS)]
    return Reports(table, refused)
