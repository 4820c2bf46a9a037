"""The combined layout in which the USGS publishes the Mineral Commodity Summaries from 2026 on."""

import re
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.countries import iso3
from critmin.data.loaders.account import Account, Reading
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError

COLUMNS = (
    "MCS chapter",
    "Section",
    "Commodity",
    "Country",
    "Statistics",
    "Statistics_detail",
    "Unit",
    "Year",
    "Value",
)
"""Columns that are read; ``Notes`` is used where it is there."""

_YEAR = re.compile(r"(\d{4})\s*e?", re.IGNORECASE)
_HALF_UNIT = re.compile(r"less than ½ unit")
_PERIOD = re.compile(r"\d{4}\s*[–—-]\s*\d{2,4}")


def _words(text: str) -> str:
    return " ".join(text.split())


def _records(table: pd.DataFrame, edition: int, account: Account) -> list[dict[str, object]]:
    """Rows that can be read one by one, with where each stands."""
    records = []
    for number, row in enumerate(table.to_dict("records"), start=2):
        where = f"row {number}: {_words(row['Commodity'])}, {_words(row['Statistics_detail'])}"
        year = _YEAR.fullmatch(row["Year"].strip())
        if not year:
            period = _PERIOD.fullmatch(row["Year"].strip())
            reason = "a period of several years" if period else "not a year"
            account.refuse(reason, f"{where}: {row['Year']!r}")
            continue
        place = _words(row["Country"])
        country = iso3(place) if place else "USA"
        if country is None:
            account.refuse("not one known country", f"{where}: {place!r}")
            continue
        value, notes = row["Value"], row.get("Notes", "").lower()
        if value.strip() == "s" and (found := _HALF_UNIT.search(notes)):
            value = found[0]
            account.mend("a mark that its note explains", f"{where}: {row['Value']!r}")
        try:
            cell = tidy.parse_cell(value)
        except ValueError:
            account.refuse("not a figure", f"{where}: {row['Value']!r}")
            continue
        parts = (row["Section"], row["Statistics"], row["Statistics_detail"])
        estimated = "estimated" in notes or row["Year"].strip()[-1] in "eE"
        records.append(
            {
                "dataset": f"usgs-mcs-{edition}-combined",
                "series": ": ".join(_words(part) for part in parts if part.strip()),
                "commodity": _words(row["Commodity"]).lower(),
                "country": country,
                "year": int(year[1]),
                "value": cell.value,
                "lower": cell.lower,
                "upper": cell.upper,
                "unit": _words(row["Unit"]),
                "qualifier": cell.qualifier or ("estimated" if estimated else ""),
                "where": where,
            }
        )
    return records


def _apart(rows: pd.DataFrame, account: Account) -> pd.DataFrame:
    """Tell figures under one label apart by their units, merge equal ones, refuse the others."""
    keys = [key for key in tidy.KEYS if key != "month"]
    units = rows.groupby(keys)["unit"].transform("nunique")
    two = units > 1
    for where in rows.loc[two, "where"]:
        account.mend("one label in two units: the unit joins the label", where)
    rows.loc[two, "series"] += " [" + rows.loc[two, "unit"] + "]"
    doubled = rows.duplicated(keys, keep=False)
    out = []
    for _, same in rows[doubled].groupby(keys, sort=False):
        first = same.iloc[0]
        figures = same[["value", "lower", "upper", "qualifier"]]
        if len(figures.drop_duplicates()) == 1:
            account.mend("one figure given twice", str(first["where"]))
            out += list(same.index[1:])
        else:
            account.refuse("two figures under one label", str(first["where"]), len(same))
            out += list(same.index)
    return rows.drop(index=out)


def load_combined(path: str | Path) -> Reading:
    """Read the combined file of all chapters.

    What cannot be read surely is left out and counted by reason: periods such as ``"2021–24"``,
    two figures under one label, cells and countries that are none. Ranges, bounds, withheld
    figures and words such as "Large" keep their `qualifier`.

    Parameters
    ----------
    path : path
        A CSV file in UTF-8 or Windows-1252 with the columns `COLUMNS`.

    Returns
    -------
    Reading
        Its table is tidy and annual; `dataset` is ``usgs-mcs-<edition>-combined`` (edition: last
        year plus one), `series` joins section, statistic and detail, `unit` is in the
        publisher's words.

    Raises
    ------
    DataError
        If columns are missing or no row can be read.
    """
    table = read_csv(path, required=COLUMNS)
    single = table["Year"].str.strip().str.extract(rf"^{_YEAR.pattern}$", flags=re.IGNORECASE)[0]
    edition = int(single.dropna().astype(int).max()) + 1 if single.notna().any() else 0
    account = Account()
    records = _records(table, edition, account)
    if not records:
        raise DataError(f"{path}: no row can be read", list(account.problems()))
    rows = _apart(pd.DataFrame(records), account)
    kept = tidy.frame(rows.drop(columns="where").to_dict("records"))
    return account.close(tidy.check(kept, str(path)), len(kept))
