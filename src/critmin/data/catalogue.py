"""The catalogue of every data set, and the way to its tidy series."""

import gzip
import hashlib
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from critmin.data import tidy
from critmin.data.tables import AFTER_THE_FIT, table_hashes
from critmin.exceptions import DataError, UnknownNameError


def snapshot_bytes(name: str) -> bytes:
    """Content of a file of the snapshot, unpacked if its name ends in ``.gz``."""
    content = files("critmin.data").joinpath("snapshot", name).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


@cache
def _catalog() -> pd.DataFrame:
    table = pd.read_csv(io.BytesIO(snapshot_bytes("catalog.csv")), dtype={"vintage": str})
    return table.fillna({"units": "", "address": ""}).set_index("id")


def catalog() -> pd.DataFrame:
    """Every data set that critmin is built on.

    Returns
    -------
    DataFrame
        Indexed by ``id``; columns publisher, title, licence, address, vintage, units, file (of the
        snapshot), first_year, last_year, rows, sha256 (of the tidy content).

    See Also
    --------
    critmin.data.load : The series of one of them.
    critmin.data.load_panel : All of them joined, as the model takes them.

    Examples
    --------
    >>> catalog().loc["worldbank-pink-sheet", "licence"]
    'CC BY 4.0'
    """
    return _catalog().copy()


@cache
def _family(name: str) -> pd.DataFrame:
    return tidy.from_csv_bytes(snapshot_bytes(name))


def load(dataset: str) -> pd.DataFrame:
    """The tidy series of one data set of the snapshot.

    Parameters
    ----------
    dataset : str
        An ``id`` of `catalog`.

    Returns
    -------
    DataFrame
        In the layout of `critmin.data.tidy` (events and published estimates have their own
        columns). The content is checked against the catalogue's hash.

    Raises
    ------
    UnknownNameError
        If there is no such data set.
    DataError
        If the content does not match its hash.

    See Also
    --------
    critmin.data.catalog : What may be asked for, with licences.
    critmin.data.load_panel : All of them joined.

    Examples
    --------
    >>> cobalt = load("usgs-mcs-2025-cobal")
    >>> cobalt.query("series == 'Price_LME_dlb' and year == 2022")["value"].item()
    28.83
    """
    return _checked(dataset).copy()


@cache
def _checked(dataset: str) -> pd.DataFrame:
    known = _catalog()
    if dataset not in known.index:
        raise UnknownNameError.of("data set", dataset, known.index)
    row = known.loc[dataset]
    table = _family(str(row["file"]))
    if "dataset" in table.columns:
        table = table[table["dataset"] == dataset].reset_index(drop=True)
        content = tidy.to_csv_bytes(table)
    else:
        content = snapshot_bytes(str(row["file"]))
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise DataError(f"{dataset}: the content does not match the catalogue's hash; reinstall")
    return table


def data_hash(tables: Mapping[str, str] | None = None) -> str:
    """Hash of the whole snapshot and of every hand table that a fit reads, which ties a posterior to it.

    Parameters
    ----------
    tables : mapping of str to str, optional
        Hashes of hand tables; those of `critmin.data.tables.table_hashes` by default.

    Returns
    -------
    str
        Sixteen hexadecimal digits.

    See Also
    --------
    critmin.builtin_posterior : Refused where its hash is another.

    Examples
    --------
    >>> len(data_hash())
    16
    """
    hashes = {str(name): str(sha) for name, sha in _catalog()["sha256"].items()}
    read = {n: sha for n, sha in (tables or table_hashes()).items() if n not in AFTER_THE_FIT}
    hashes |= {f"table {name}": sha for name, sha in read.items()}
    joined = "".join(f"{name}:{sha}" for name, sha in sorted(hashes.items()))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
