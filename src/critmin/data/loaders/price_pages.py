"""Annual prices typed from pages of publishers, the address of the page in each row.

Three layouts: oxides of rare earths, platinum-group metals, and the others. Only averages over a
year are kept. Quotes of the year's end, ranges, prices that one company realised and pages without
a named source are refused and counted.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.loaders.account import Account, Reading
from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError

_UNITS = {"USD/troy oz": "USD/troy_oz"}

Row = dict[str, str]


def _oxide(row: Row) -> Row | str:
    if not row["basis"].startswith("annual average"):
        return "a quote of the year's end, not an average"
    publisher = "lynas" if row["source"].startswith("Lynas") else "usgs-mcs"
    return {
        "publisher": publisher,
        "series": f"{row['oxide']} oxide, {row['purity']}",
        "commodity": row["oxide"],
        "value": row["value_usd_per_kg"],
        "unit": "USD/kg",
        "estimated": "yes" if "estimated" in row["basis"] else "no",
    }


def _metal(row: Row) -> Row | str:
    return {
        "publisher": "usgs-mcs",
        "series": f"{row['metal']}, metal",
        "commodity": row["metal"],
        "value": row["usd_per_troy_oz"],
        "unit": "USD/troy_oz",
        "estimated": row["estimated"],
    }


def _page(row: Row) -> Row | str:
    return {
        "publisher": "usgs-mcs",
        "series": f"{row['mineral']}: {row['form']}",
        "commodity": row["mineral"],
        "value": row["value"],
        "unit": row["unit"],
        "estimated": row["estimated"],
    }


def _compiled(row: Row) -> Row | str:
    if not row["value"] or row["basis"] not in ("average", "unit value"):
        return "not an average over a year"
    if re.search(r"realised|achieved", row["form"]):
        return "what one company got, not the market's price"
    if "Johnson Matthey" not in row["source"]:
        return "in a better source already, or its basis or source is not named"
    return {
        "publisher": "johnson-matthey",
        "series": f"{row['mineral']}, {row['form']}",
        "commodity": row["mineral"],
        "value": row["value"],
        "unit": row["unit"],
        "estimated": row["estimated"],
    }


_LAYOUTS: dict[str, tuple[tuple[str, ...], Callable[[Row], Row | str]]] = {
    "oxides": (("oxide", "purity", "year", "basis", "value_usd_per_kg", "source"), _oxide),
    "metals": (("metal", "year", "usd_per_troy_oz", "estimated", "source"), _metal),
    "compiled": (("mineral", "form", "year", "value", "unit", "basis", "source"), _compiled),
    "pages": (("mineral", "form", "year", "value", "unit", "estimated", "source"), _page),
}


def load_pages(path: str | Path) -> Reading:
    """Read one file of typed prices.

    Where a page gives a year's estimate and a later page the final figure, the final one is kept.

    Parameters
    ----------
    path : path
        A CSV file in one of the three layouts; which one is told by its columns.

    Returns
    -------
    Reading
        Its table is tidy and annual; `dataset` is ``usgs-mcs-pages``, ``lynas-pages`` or
        ``johnson-matthey-pages``.

    Raises
    ------
    DataError
        If the columns are those of no layout, or nothing can be read.
    """
    table = read_csv(path)
    layout = next((v for v in _LAYOUTS.values() if set(v[0]) <= set(table.columns)), None)
    if layout is None:
        raise DataError(f"{path}: no layout of typed prices has the columns {list(table.columns)}")
    account, records = Account(), []
    for number, row in enumerate(table.to_dict("records"), start=2):
        where = f"row {number}: {row[layout[0][0]]} {row['year']}"
        got = layout[1]({str(k): str(v) for k, v in row.items()})
        if isinstance(got, str):
            account.refuse(got, where)
            continue
        try:
            cell, year = tidy.parse_cell(got["value"]), int(row["year"])
        except ValueError:
            account.refuse("not a figure", f"{where}: {got['value']!r}")
            continue
        records.append(
            {
                "dataset": f"{got['publisher']}-pages",
                "series": got["series"],
                "commodity": got["commodity"],
                "year": year,
                "value": cell.value,
                "unit": _UNITS.get(got["unit"], got["unit"]),
                "qualifier": "estimated" if got["estimated"] == "yes" else cell.qualifier,
                "where": where,
            }
        )
    if not records:
        raise DataError(f"{path}: nothing can be read", list(account.problems()))
    rows = pd.DataFrame(records).sort_values("qualifier", kind="stable")
    later = rows.duplicated(["dataset", "series", "year"])
    for where in rows.loc[later, "where"]:
        account.refuse("an estimate that a later page replaces", str(where))
    kept = tidy.frame(rows[~later].drop(columns="where").to_dict("records"))
    return account.close(tidy.check(kept, str(path)), len(kept))
