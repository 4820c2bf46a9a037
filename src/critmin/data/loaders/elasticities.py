"""Published estimates of metal-market parameters (GLOMBO literature database, Ryter and others)."""

import re
from pathlib import Path

import pandas as pd

from critmin.data.loaders.files import read_csv

METALS = {
    "Steel": "steel",
    "Al": "aluminum",
    "Cu": "copper",
    "Au": "gold",
    "Pb": "lead",
    "Ni": "nickel",
    "Ag": "silver",
    "Sn": "tin",
    "Zn": "zinc",
}


def _run(method: str) -> str:
    text = method.lower()
    found = re.search(r"(short|long)[- ]run", text)
    return found[1] if found else "static" if "static" in text else ""


def load_elasticities(path: str | Path) -> pd.DataFrame:
    """Read the database, one row an estimate and metal.

    Returns
    -------
    DataFrame
        Columns: estimate (number of the publication's row), parameter, publication, method, run
        ("short", "long", "static" or ""), metal, value, degrees_of_freedom, years, notes. Rows
        whose metal the database does not name keep ``metal = ""``.
    """
    table = read_csv(path, required=("Parameter", "Publication", "Method", *METALS))
    records = []
    for number, row in enumerate(table.to_dict("records")):
        for column, metal in METALS.items():
            if not (text := str(row[column]).strip()):
                continue
            try:
                value = float(text)
            except ValueError:
                continue  # a remark in place of a number, such as "insignificant"
            records.append(
                {
                    "estimate": number,
                    "parameter": row["Parameter"].strip(),
                    "publication": row["Publication"].strip(),
                    "method": row["Method"].strip(),
                    "run": _run(row["Method"]),
                    "metal": metal,
                    "value": value,
                    "degrees_of_freedom": row["Degrees of freedom"].strip(),
                    "years": row["Years"].strip(),
                    "notes": " ".join(row["Notes"].split()),
                }
            )
    return pd.DataFrame(records)
