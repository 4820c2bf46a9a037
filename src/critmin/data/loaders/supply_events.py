"""Dated export restrictions and supply disruptions."""

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from critmin.data.countries import country_names
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError

COLUMNS = ("announced", "effective", "ended", "country", "minerals", "measure", "note", "source")

MEASURES = frozenset(
    {
        "export ban",
        "export licence",
        "export quota",
        "export tax",
        "mine suspension",
        "nationalisation",
        "price floor",
        "sanction",
        "technology ban",
    }
)


_SCOPES = (
    ("ore", re.compile(r"\b(ore|ores|raw|unprocessed)\b", re.IGNORECASE)),
    ("destination", re.compile(r"\bto (the United States|Japan)\b|conflict minerals")),
)


def _scope(note: str) -> str:
    """What a measure reaches, from its note: all exports, raw ore only, or one destination."""
    return next((scope for scope, pattern in _SCOPES if pattern.search(note)), "all")


def _date(text: str) -> date:
    return date.fromisoformat(text.strip())


def load_events(path: str | Path) -> pd.DataFrame:
    """Read and check an events table.

    Parameters
    ----------
    path : path
        CSV with the columns `COLUMNS`; ISO dates; `minerals` joined by semicolons; `ended` empty
        while a measure is in force.

    Returns
    -------
    DataFrame
        One row an event and mineral: announced, effective, ended (ISO dates or ""), country,
        mineral, measure, scope ("all", "ore" for raw ore only, "destination" for one importer;
        read off the note), note, source.

    Raises
    ------
    DataError
        With every bad row: unreadable or disordered dates, unknown country or measure, no source.
    """
    table = read_csv(path, required=COLUMNS)
    records: list[dict[str, str]] = []
    problems = []
    for number, row in enumerate(table.to_dict("records"), start=2):
        try:
            announced, effective = _date(row["announced"]), _date(row["effective"])
            ended = _date(row["ended"]) if row["ended"].strip() else None
        except ValueError as error:
            problems.append(f"row {number}: {error}")
            continue
        if effective < announced:
            problems.append(f"row {number}: effective {effective} before announced {announced}")
        if row["country"] not in country_names():
            problems.append(f"row {number}: unknown country code {row['country']!r}")
        if row["measure"] not in MEASURES:
            problems.append(
                f"row {number}: unknown measure {row['measure']!r}, expected {sorted(MEASURES)}"
            )
        if not row["source"].strip():
            problems.append(f"row {number}: no source")
        records.extend(
            {
                "announced": announced.isoformat(),
                "effective": effective.isoformat(),
                "ended": ended.isoformat() if ended else "",
                "country": row["country"],
                "mineral": mineral.strip(),
                "measure": row["measure"],
                "scope": _scope(row["note"]),
                "note": row["note"],
                "source": row["source"],
            }
            for mineral in row["minerals"].split(";")
        )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return joined([pd.DataFrame(records)])


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Tables of `load_events` as one, in order of their dates.

    Raises
    ------
    DataError
        If one measure stands in two of them.
    """
    table = pd.concat(tables)
    keys = ["effective", "country", "mineral", "measure"]
    double = table[table.duplicated(keys)]
    if len(double):
        raise DataError(
            "the same measure stands in two tables",
            [" ".join(row) for row in double[keys].itertuples(index=False)],
        )
    return table.sort_values(["effective", "country", "mineral"], kind="stable", ignore_index=True)


STAGE_COLUMNS = ("effective", "country", "mineral", "measure", "stage", "allowed", "allowed_year")


def with_stages(events: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Say of each measure which stage it belongs to and, where known, what it allows.

    Parameters
    ----------
    events : DataFrame
        From `load_events` or `joined`.
    path : path
        CSV with the columns `STAGE_COLUMNS`, one row an event and mineral.

    Returns
    -------
    DataFrame
        ``events`` with the columns stage ("mined": ore, concentrate, intermediates such as cobalt
        hydroxide; "refined": metal, oxide, salt), allowed (tonnes a year that a quota allows, text,
        "" where it is not known) and allowed_year (the first year of that figure).

    Raises
    ------
    DataError
        With every event without a stage, every stage without an event, and every bad cell.
    """
    keys = list(STAGE_COLUMNS[:4])
    stages = read_csv(path, required=STAGE_COLUMNS)
    problems = [
        f"{' '.join(row)}: given twice"
        for row in stages.loc[stages.duplicated(keys), keys].itertuples(index=False)
    ]
    for row in stages[~stages["stage"].isin(("mined", "refined"))].itertuples():
        problems.append(f"{row.effective} {row.mineral}: stage {row.stage!r} is not known")
    for row in stages[~stages["allowed"].str.fullmatch(r"\d*")].itertuples():
        problems.append(f"{row.effective} {row.mineral}: allowed {row.allowed!r} is not tonnes")
    for one, other, lacks in ((events, stages, "no stage"), (stages, events, "a stage, no event")):
        known = set(other[keys].itertuples(index=False, name=None))
        problems.extend(
            f"{' '.join(row)}: {lacks}"
            for row in one[keys].itertuples(index=False, name=None)
            if row not in known
        )
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    merged = events.merge(stages, on=keys, how="left", validate="one_to_one")
    added = list(STAGE_COLUMNS[4:])
    return merged[
        [*(c for c in events.columns if c not in ("note", "source")), *added, "note", "source"]
    ]
