"""One file of the snapshot, and what the catalogue says of the data sets in it."""

import gzip
import hashlib
from dataclasses import dataclass

import pandas as pd

from critmin.data import tidy


@dataclass(frozen=True, slots=True)
class About:
    """What the catalogue says of one data set."""

    publisher: str
    title: str
    licence: str
    address: str
    vintage: str


@dataclass(frozen=True, slots=True)
class Family:
    """One CSV file of the snapshot.

    Attributes
    ----------
    file : str
        Such as ``"trade.csv"``; with ``.gz`` at its end it is packed, always to the same bytes.
    table : DataFrame
        Its rows. With a column ``dataset`` every value of it is a data set of its own, and with a
        column ``year`` the catalogue states the years that it covers.
    about : dict of str to About
        By identifier of the data set; exactly those of the table, one where there is no such column.
    """

    file: str
    table: pd.DataFrame
    about: dict[str, About]

    def content(self) -> bytes:
        """The file's bytes."""
        plain = tidy.to_csv_bytes(self.table)
        return gzip.compress(plain, mtime=0) if self.file.endswith(".gz") else plain

    def catalogue(self) -> pd.DataFrame:
        """Rows of the catalogue, one a data set; hashes are of what a reader gets back."""
        table = tidy.from_csv_bytes(tidy.to_csv_bytes(self.table))
        if "dataset" in table:
            parts = {str(name): part for name, part in table.groupby("dataset", sort=True)}
        else:
            parts = dict.fromkeys(self.about, table)
        if set(parts) != set(self.about):
            raise ValueError(
                f"{self.file}: {sorted(set(parts) ^ set(self.about))} lack a description"
            )
        return pd.DataFrame(
            [self._row(name, part, "dataset" in table) for name, part in parts.items()]
        )

    def _row(self, name: str, part: pd.DataFrame, shared: bool) -> dict[str, object]:
        about = self.about[name]
        content = tidy.to_csv_bytes(part if shared else self.table)
        units = sorted({str(u) for u in part["unit"].dropna() if u}) if "unit" in part else []
        years = part["year"] if "year" in part else pd.Series(dtype=float)
        return {
            "id": name,
            "publisher": about.publisher,
            "title": about.title,
            "licence": about.licence,
            "address": about.address,
            "vintage": about.vintage,
            "units": "; ".join(units),
            "file": self.file,
            "first_year": int(years.min()) if len(years) else "",
            "last_year": int(years.max()) if len(years) else "",
            "rows": len(part),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
