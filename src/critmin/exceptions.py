"""The exceptions that critmin raises, all of them under `CritminError`."""

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from critmin.posterior import Posterior

MOST_LISTED = 60
"""Names that an error lists; of more it gives examples."""


def shown(given: object, most: int = 80) -> str:
    """What a caller gave, on one line and not too long.

    Examples
    --------
    >>> shown(["tin"]), shown("x" * 100, 10)
    ("['tin']", "'xxxxxxxxx")
    """
    return " ".join(repr(given).split())[:most]


class CritminError(Exception):
    """Base class of every error that critmin raises on purpose."""


class UnknownNameError(CritminError, ValueError):
    """A name (mineral, unit, data set, country, ...) that critmin does not know."""

    @classmethod
    def of(cls, kind: str, given: object, known: Iterable[str]) -> "UnknownNameError":
        """Build the error with the nearest known name.

        Parameters
        ----------
        kind : str
            What sort of name it is, such as ``"mineral"``.
        given : object
            What the caller gave.
        known : iterable of str
            The names that would have been right.

        Examples
        --------
        >>> print(UnknownNameError.of("mineral", "lithum", ["lithium", "tin"]))
        unknown mineral 'lithum': did you mean 'lithium'?
        """
        names = sorted(map(str, known))
        folded = {name.lower(): name for name in names}
        near = difflib.get_close_matches(str(given).lower(), folded, n=1, cutoff=0.75)
        if near:
            hint = f"did you mean {folded[near[0]]!r}?"
        elif len(names) > MOST_LISTED:
            hint = f"expected one of {len(names)}, such as {', '.join(names[:3])}"
        else:
            hint = "expected one of: " + ", ".join(names)
        return cls(f"unknown {kind} {shown(given)}: {hint}")


class DataError(CritminError, ValueError):
    """A file or table that cannot be taken; the message names file, row and reason."""

    def __init__(self, message: str, problems: Iterable[str] = ()):
        self.problems: tuple[str, ...] = tuple(problems)
        shown = "".join(f"\n  - {problem}" for problem in self.problems[:20])
        more = len(self.problems) - 20
        super().__init__(message + shown + (f"\n  ... and {more} more" if more > 0 else ""))


class ConvergenceError(CritminError, RuntimeError):
    """A fit whose diagnostics do not allow its draws to be used.

    Attributes
    ----------
    posterior : Posterior or None
        The fit that was refused, to look at; its provenance says that it did not pass. None where
        nothing was fitted.
    """

    def __init__(self, message: str, posterior: "Posterior | None" = None):
        self.posterior = posterior
        super().__init__(message)


class MissingExtraError(CritminError, ImportError):
    """A package that a plain install leaves out; the message names the extra that brings it."""

    @classmethod
    def of(cls, package: str, extra: str) -> "MissingExtraError":
        """Build the error.

        Parameters
        ----------
        package : str
            What is not installed.
        extra : str
            The extra of critmin that installs it.

        Examples
        --------
        >>> print(MissingExtraError.of("matplotlib", "plot"))
        matplotlib is not installed: pip install "critmin[plot]"
        """
        return cls(f'{package} is not installed: pip install "critmin[{extra}]"')


class PosteriorError(CritminError, ValueError):
    """A posterior that does not fit this critmin: other version, other data, damaged file."""
