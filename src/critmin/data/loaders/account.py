"""What became of the rows of a file that is read as far as it can be read."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of one file that could be read surely, and the account of all of them.

    Attributes
    ----------
    table : DataFrame
        The rows kept, tidy.
    kept, mended, refused : int
        Counts of rows; the mended are among the kept.
    reasons : dict of str to int
        Why rows were mended or refused, and how many for each reason.
    examples : dict of str to str
        The first row of each reason, as ``"row 12: ..."``.
    """

    table: pd.DataFrame
    kept: int
    mended: int
    refused: int
    reasons: dict[str, int]
    examples: dict[str, str]


@dataclass(slots=True)
class Account:
    """Counts, while a file is read, what is mended and refused, by reason."""

    mended: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def _note(self, reason: str, example: str, count: int) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + count
        self.examples.setdefault(reason, example)

    def mend(self, reason: str, example: str) -> None:
        """Count a row that was put right."""
        self.mended += 1
        self._note(reason, example, 1)

    def refuse(self, reason: str, example: str, count: int = 1) -> None:
        """Count rows that are left out."""
        self.refused += count
        self._note(reason, example, count)

    def close(self, table: pd.DataFrame, kept: int) -> Reading:
        """The finished reading."""
        return Reading(table, kept, self.mended, self.refused, self.reasons, self.examples)

    def problems(self) -> Iterable[str]:
        """One line a reason, for an error."""
        return [f"{self.reasons[r]} x {r}, such as {e}" for r, e in self.examples.items()]
