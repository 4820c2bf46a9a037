"""USGS Mineral Commodity Summaries, editions 1996 on, as transcribed from the PDFs.

The transcription is noisy: names lose letters, footnote marks stick to them, units change between
editions, and some rows are debris of the page. Everything kept here can be explained; everything
else is refused with its reason. The edition is the vintage of its figures, the data year is the
edition less one.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from critmin.data import tidy
from critmin.data.countries import ROW, guess_iso3, iso3
from critmin.data.loaders.files import checked_path
from critmin.exceptions import DataError

NEIGHBOUR_RATIO = 8.0
"""A country's figure further than this from the median of its other editions within three years
is refused: real output of a country seldom moves by more, misread columns usually do."""

MIXED = frozenset({"platinum", "titanium"})
"""Files whose rows mix several tables (platinum and palladium; ilmenite and rutile)."""

KILOGRAMS = frozenset({"germanium"})
"""Files of kilograms that are labelled metric tons, without an official figure that would tell."""

DASHED = frozenset({"cadmium"})
"""Files whose dashes are those of a column of reserves that holds nothing else."""

_SHIFTED = re.compile(r"(^|\s)(W|NA|XX|—|–)(?=\s|$)")
"""A mark of a withheld or missing figure that ran into a country's name."""
_REMARK = re.compile(r"\s{2,}(?=.*[a-z]{3})")
"""Where the words of a later column, such as "are not available", run into a country's name."""

_FIELDS = ("country", "year", "production_volume", "unit", "multiplier")


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What became of the rows of one transcribed file.

    Attributes
    ----------
    table : DataFrame
        The rows kept, tidy; qualifier ``"mended"`` where a name or a unit was put right.
    kept, mended, refused : int
        Counts of rows; the mended are among the kept.
    reasons : dict of str to int
        Why rows were refused, and how many for each reason.
    """

    table: pd.DataFrame
    kept: int
    mended: int
    refused: int
    reasons: dict[str, int]


def _rows(path: Path) -> list[dict[str, object]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable JSON ({error})") from error
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and set(_FIELDS) <= set(row) for row in rows
    ):
        raise DataError(f"{path}: expected a list of rows with the fields {_FIELDS}")
    return rows


def _shifted(name: str, country: str | None, edition: object) -> bool:
    """Whether a mark in the name tells that the figure is another column's.

    A single "NA" is that of the reserves, which foreign producers often do not state: of 340 such rows
    with a later figure 84% lie within a factor of three of it (93% of the rows without marks). Two
    are the reserves' and the reserve base's of other countries in editions before 2010, but anywhere
    else the production's.
    """
    marks = [found[2] for found in _SHIFTED.finditer(name)]
    if marks == ["NA", "NA"] and country == ROW:
        return not (isinstance(edition, int) and edition < 2010)
    return bool(marks) and not (marks == ["NA"] and country not in {"USA", "WLD"})


def _rescale(table: pd.DataFrame) -> pd.DataFrame:
    """Bring editions whose world sum is a power of 1000 off their neighbours to tonnes."""
    sums = table.groupby("edition")["value"].sum()
    for edition in reversed(sums.index[:-1]):
        near = sums.loc[edition + 1 :].iloc[:5]
        if near.empty or sums[edition] <= 0:
            continue
        power = round(np.log10(near.median() / sums[edition]) / 3)
        off = abs(np.log10(near.median() / sums[edition]) - 3 * power)
        if power and off < np.log10(4):
            here = table["edition"] == edition
            table.loc[here, "value"] *= 1000.0**power
            table.loc[here, "qualifier"] = "mended"
            sums[edition] *= 1000.0**power
    return table


def _out_of_line(table: pd.DataFrame) -> "pd.Series[bool]":
    """Rows further than `NEIGHBOUR_RATIO` from the median of their country's near editions."""
    flags = pd.Series(False, index=table.index)
    for _, rows in table.groupby("country"):
        for index, row in rows.iterrows():
            near = rows[(rows["edition"] - row["edition"]).abs().le(3) & (rows.index != index)]
            if len(near) < 2 or row["value"] == 0:
                continue
            middle = near["value"].median()
            if middle > 0 and abs(np.log(row["value"] / middle)) > np.log(NEIGHBOUR_RATIO):
                flags[index] = True
    return flags


def load_editions(path: str | Path, tonnes_in_latest: float | None = None) -> Cleaning:
    """Clean one transcribed file.

    Parameters
    ----------
    path : path
        A file named like ``cobalt_data_1996_2025.json``.
    tonnes_in_latest : float, optional
        World production in tonnes that the latest edition is known to state (from the official
        file); brings a file transcribed in another unit to tonnes.

    Returns
    -------
    Cleaning
        With the kept rows and the account of the others. `dataset` is ``usgs-mcs-<edition>``.

    Raises
    ------
    DataError
        If the file is not a transcription at all.
    """
    found = checked_path(path)
    commodity = found.name.split("_data_")[0]
    raw = _rows(found)
    reasons: dict[str, int] = {}

    def refuse(reason: str, count: int = 1) -> None:
        if count:
            reasons[reason] = reasons.get(reason, 0) + count

    if commodity in MIXED:
        refuse("the transcription mixes several tables", len(raw))
        return Cleaning(tidy.frame([]), 0, 0, len(raw), reasons)

    unit = 1e-3 if commodity in KILOGRAMS else 1.0
    records = []
    seen: set[tuple[str, int]] = set()
    for row in raw:
        name, volume = str(row["country"]), row["production_volume"]
        if commodity in DASHED:
            name = name.replace("—", "")
        edition, scale = row["year"], row["multiplier"]
        country = guess_iso3(name) or guess_iso3(_REMARK.split(name)[0])
        if _shifted(name, country, edition):
            refuse("a withheld or missing figure shifted the columns")
        elif country is None:
            refuse("not the name of a country")
        elif country == "WLD":
            refuse("world total, recomputed from the countries")
        elif not isinstance(volume, int | float) or not np.isfinite(volume) or volume < 0:
            refuse("no production figure")
        elif not isinstance(edition, int) or not isinstance(scale, int | float):
            refuse("no edition or multiplier")
        elif (country, edition) in seen:
            refuse("second figure for the country in the edition (another table)")
        else:
            seen.add((country, edition))
            records.append(
                {
                    "country": country,
                    "edition": edition,
                    "value": float(volume) * scale * unit,
                    "qualifier": "" if iso3(name) == country and unit == 1 else "mended",
                }
            )
    if not records:
        return Cleaning(tidy.frame([]), 0, 0, len(raw), reasons)

    table = pd.DataFrame(records).sort_values(["edition", "country"], ignore_index=True)
    if tonnes_in_latest:
        last = table["edition"].max()
        ratio = tonnes_in_latest / table.loc[table["edition"] == last, "value"].sum()
        power = round(np.log10(ratio) / 3)
        if not 1 / 3 < ratio / 1000.0**power < 3:
            refuse("another series than the official one", len(table))
            return Cleaning(tidy.frame([]), 0, 0, len(raw), reasons)
        if power:
            table["value"] *= 1000.0**power
            table["qualifier"] = "mended"
    table = _rescale(table)
    odd = _out_of_line(table)
    refuse("out of line with the editions around it", int(odd.sum()))
    table = table[~odd]
    tidy_rows = tidy.frame(
        {
            "dataset": f"usgs-mcs-{row.edition}",
            "series": "production",
            "commodity": commodity,
            "country": row.country,
            "year": int(str(row.edition)) - 1,
            "value": row.value,
            "unit": "t",
            "qualifier": row.qualifier,
        }
        for row in table.itertuples(index=False)
    )
    mended = int((table["qualifier"] == "mended").sum())
    return Cleaning(
        tidy.check(tidy_rows, str(found)), len(table), mended, len(raw) - len(table), reasons
    )
