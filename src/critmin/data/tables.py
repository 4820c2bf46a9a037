"""Tables written by hand, in one place: what the model reads of judgement and compiled facts.

Their content is part of what ties a posterior to its data: `critmin.data.catalogue.data_hash` covers it.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType

import numpy as np
import pandas as pd

from critmin.exceptions import UnknownNameError

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "minerals": ("minerals.toml",),
        "state-support": ("data", "state_support.csv"),
        "recycled": ("data", "recycled.csv"),
        "production-series": ("data", "production_series.csv"),
        "technology-share": ("data", "technology_share.csv"),
        "trade-codes": ("data", "trade_codes.csv"),
        "export-controls": ("data", "export_controls.csv"),
        "cost-readings": ("data", "readings", "costs.csv"),
        "curve-readings": ("data", "readings", "curves.csv"),
        "share-readings": ("data", "readings", "shares.csv"),
        "wedge-readings": ("data", "readings", "wedges.csv"),
        "countervailing-readings": ("data", "readings", "countervailing.csv"),
        "export-taxes": ("data", "export_taxes.csv"),
        "literature": ("model", "literature.csv"),
        "widths": ("simulation", "widths.csv"),
    }
)
"""Where each table stands in the package."""

AFTER_THE_FIT = frozenset({"widths"})
"""Tables that no fit reads: they are learned from forecasts, so they tie no posterior to its data."""


def table_bytes(name: str) -> bytes:
    """Content of one of `TABLES`."""
    return files("critmin").joinpath(*TABLES[name]).read_bytes()


@cache
def table_hashes() -> Mapping[str, str]:
    """SHA-256 of each of `TABLES`, with line ends as git keeps them.

    Examples
    --------
    >>> len(table_hashes()["minerals"])
    64
    """
    return MappingProxyType({name: content_hash(table_bytes(name)) for name in TABLES})


def content_hash(content: bytes) -> str:
    """SHA-256 of a text, whatever its line ends."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


@cache
def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(BytesIO(table_bytes(name)))


@cache
def _texts(name: str) -> pd.DataFrame:
    """A table whose cells stay as they are written."""
    return pd.read_csv(BytesIO(table_bytes(name)), dtype=str, keep_default_na=False)


def of_mineral(table: pd.DataFrame, mineral: str, what: str) -> pd.DataFrame:
    """Rows of a table about one mineral.

    Parameters
    ----------
    table : DataFrame
        With a column mineral.
    mineral : str
    what : str
        What the table is of, for the error.

    Raises
    ------
    UnknownNameError
        If the table has none.
    """
    known = sorted(table["mineral"].unique())
    if mineral not in known:
        raise UnknownNameError.of(f"mineral with {what}", mineral, known)
    return table[table["mineral"] == mineral].reset_index(drop=True)


def support_evidence(year: int | None = None) -> pd.DataFrame:
    """Producers with stated evidence of state support.

    Parameters
    ----------
    year : int, optional
        Only evidence that was known at its end; all by default.

    Returns
    -------
    DataFrame
        Columns mineral, country, since, full (years in which support began and was in full), share,
        known (year of the evidence), evidence.

    Examples
    --------
    >>> len(support_evidence(2003)), bool((support_evidence(2020)["known"] <= 2020).all())
    (2, True)
    """
    table = _table("state-support")
    return table[table["known"] <= (np.inf if year is None else year)].reset_index(drop=True)


def technology_shares() -> pd.DataFrame:
    """Share of a mineral's demand that a technology takes: mineral, technology, share, year, source."""
    return _table("technology-share").copy()


def export_taxes() -> pd.DataFrame:
    """China's value-added tax, rebates on export and duties by date, and other levies on exports.

    Returns
    -------
    DataFrame
        Columns kind, country, mineral, form, since and until (ISO dates or ""), rate, grade, note,
        source, address.

    Examples
    --------
    >>> export_taxes()["rate"].max()
    np.float64(0.25)
    """
    table = _texts("export-taxes")
    return table.assign(rate=table["rate"].astype(float))


def recycled_shares() -> "pd.Series[float]":
    """Share of supply from old scrap by mineral; those not in it have too little to matter."""
    return _table("recycled").set_index("mineral")["share"]


def trade_codes() -> pd.DataFrame:
    """Which HS code stands for which mineral: hs, mineral, stage, clean, material, transit, note.

    ``clean`` is "yes" (the code is the stage's trade), "part" (it is the material, but other codes carry
    much of it), "other form" (it is not what is priced or mined), "bundle" (several minerals in one code)
    or "none". ``transit`` adds places to `critmin.data.transit.PLACES`, or with a minus takes one away.
    """
    table = _table("trade-codes").copy()
    table["hs"] = table["hs"].map(lambda code: "" if pd.isna(code) else f"{int(code):06d}")
    texts = ["material", "transit", "note"]
    table[texts] = table[texts].fillna("")
    return table


def export_controls() -> pd.DataFrame:
    """Which exports measure which control: form, mineral, country, effective, material, source."""
    return _table("export-controls").copy()


def readings(name: str) -> pd.DataFrame:
    """What a person read in each row of a compiled file, as text.

    Parameters
    ----------
    name : str
        One of `TABLES` that ends in ``-readings``.

    Returns
    -------
    DataFrame
        One row a reading; ``refused`` is the reason, or "" where the row is kept.

    Examples
    --------
    >>> readings("cost-readings").loc[0, ["mineral", "measure", "form"]].tolist()
    ['nickel', 'operating', 'nickel in pig iron']
    """
    return _texts(name).copy()


def readings_account(name: str) -> "pd.Series[int]":
    """How many rows of a compiled file were kept, and how many refused for which reason.

    Parameters
    ----------
    name : str
        One of `TABLES` that ends in ``-readings``.

    Returns
    -------
    Series
        Rows by "kept" or reason, most frequent first; together they are all rows of the file.

    Examples
    --------
    >>> int(readings_account("cost-readings")["kept"])
    329
    """
    outcome = _texts(name)["refused"].replace("", "kept")
    return outcome.value_counts().rename("rows").rename_axis("outcome")
