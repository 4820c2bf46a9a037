"""Packages that a plain install leaves out, and errors that say which extra brings them."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from critmin.exceptions import MissingExtraError

EXTRAS: dict[str, str] = {
    "arviz": "fit",
    "arviz_stats": "assimilate",
    "nutpie": "fit",
    "pymc": "fit",
    "pytensor": "fit",
    "scipy": "assimilate",
    "scoringrules": "fit",
    "numpyro": "numpyro",
    "matplotlib": "plot",
    "plotly": "interactive",
    "pyarrow": "parquet",
    "distributed": "cluster",
    "statsforecast": "baselines",
}
"""By package, the extra that installs it."""


@contextmanager
def extras() -> Iterator[None]:
    """Name the extra where an import within finds a package of it missing.

    Raises
    ------
    MissingExtraError
        If the package that is missing belongs to an extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise MissingExtraError.of(package, EXTRAS[package]) from error


def require(package: str) -> None:
    """Refuse to go on without a package of `EXTRAS`, before anything slow begins.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    with extras():
        found = importlib.util.find_spec(package)
    if found is None:
        raise MissingExtraError.of(package, EXTRAS[package])
