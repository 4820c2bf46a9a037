"""What the snapshot holds already joined: price histories and output, as they are without private data.

Joining takes seconds, reading a moment. The files are no data of their own: they are used only if they
were made from the data and hand tables that are here now (`stamp`), and made anew otherwise.
"""

import hashlib
import io
import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from critmin.data.catalogue import data_hash, snapshot_bytes
from critmin.data.tables import table_hashes
from critmin.exceptions import DataError

PRICES, OUTPUT, ABOUT = "assembled-prices.csv.gz", "assembled-output.csv.gz", "assembled.json"
"""Files of the snapshot: rows of price histories; rows of output and of first estimates; the rest."""

INTEGERS = frozenset({"year", "edition", "basis"})
FLOATS = frozenset({"price", "rounding", "splice", "value", "error"})
KINDS = ("output", "first_estimates")


TABLES = ("minerals", "production-series")
"""Hand tables that decide how sources are joined."""


def stamp() -> str:
    """Hash of the data sets and hand tables that prices and output are made of.

    Examples
    --------
    >>> len(stamp())
    16
    """
    return data_hash({name: table_hashes()[name] for name in TABLES})


@cache
def _about() -> dict[str, Any]:
    """Stamp and data sets; empty where nothing is there or it is of other data."""
    try:
        about: dict[str, Any] = json.loads(snapshot_bytes(ABOUT))
    except FileNotFoundError:
        return {}
    return about if about["stamp"] == stamp() else {}


@cache
def _tables(name: str, keys: tuple[str, ...]) -> dict[tuple[str, ...], pd.DataFrame]:
    content = snapshot_bytes(name)
    if hashlib.sha256(content).hexdigest() != _about()["sha256"][name]:
        raise DataError(f"{name}: the content does not match its hash; reinstall")
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    for column in INTEGERS.intersection(table.columns):
        table[column] = table[column].to_numpy(dtype=str).astype(np.int64)
    for column in FLOATS.intersection(table.columns):
        # As Python reads it: every digit counts, whatever the version of pandas.
        text = table[column].to_numpy(dtype=str)
        table[column] = np.where(text == "", "nan", text).astype(float)
    groups = table.groupby(list(keys), sort=False)
    return {
        tuple(map(str, key)): part.drop(columns=list(keys)).reset_index(drop=True)
        for key, part in groups
    }


def price_table(mineral: str) -> pd.DataFrame | None:
    """A mineral's public price history of the newest edition, or None where it must be joined.

    Examples
    --------
    >>> float(price_table("gallium").set_index("year").loc[2017, "price"])
    477000.0
    """
    return _tables(PRICES, ("mineral",)).get((mineral,)) if _about() else None


def output_table(kind: str, name: str, stage: str) -> pd.DataFrame | None:
    """Output of a series and stage, or None where it must be put together.

    Parameters
    ----------
    kind : {"output", "first_estimates"}
    name, stage : str

    Examples
    --------
    >>> output_table("output", "copper", "refined").columns.tolist()
    ['country', 'year', 'value', 'source', 'error']
    """
    return _tables(OUTPUT, ("kind", "name", "stage")).get((kind, name, stage)) if _about() else None


def output_datasets(name: str, stage: str) -> list[str] | None:
    """Data sets that the output of a series and stage comes from, or None where that is not known.

    Examples
    --------
    >>> output_datasets("alumina", "refined")
    ['usgs-mcs-2025-world', 'usgs-mcs-2026-world']
    """
    found: list[str] | None = _about().get("datasets", {}).get(f"{name}:{stage}")
    return found
