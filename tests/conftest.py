"""Fixtures: a tiny fitted posterior, and the folder of raw files where there is one."""

import os
from pathlib import Path

import matplotlib as mpl
import pytest

import critmin
from critmin.posterior import Posterior

mpl.use("Agg")

RAW = Path(os.environ.get("CRITMIN_RAW", Path(__file__).parents[2] / "shared" / "data"))


QUICK = (
    "test_docstrings.py",
    "test_forms.py",
    "test_units.py",
    "test_mineral.py",
    "test_scenario.py",
    "bad_input/test_bad_units.py",
    "data/test_cells.py",
    "data/test_dates.py",
    "data/test_drivers.py",
    "data/test_tables.py",
    "data/test_tidy.py",
    "economics/test_units_economics.py",
    "economics/test_width_economics.py",
    "model/test_equations.py",
    "contracts/test_contract_input.py",
    "test_gate.py",
)
"""Tests without compilation, in files, which are quick together; see CONTRIBUTING.md."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick ones."""
    here = Path(__file__).parent
    for item in items:
        named = item.path.is_relative_to(here) and item.path.relative_to(here).as_posix() in QUICK
        if named and "tiny" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.quick)


@pytest.fixture(scope="session")
def raw() -> Path:
    if not RAW.is_dir():
        pytest.skip("the publishers' raw files are not here (set CRITMIN_RAW to their folder)")
    return RAW


@pytest.fixture(scope="session")
def tiny() -> Posterior:
    """A real, short fit of two minerals; too short to pass the gate, long enough to run."""
    return critmin.fit(
        mineral=["nickel", "gallium"],
        draws=60,
        tune=150,
        chains=2,
        seed=1,
        progressbar=False,
        allow_bad=True,
    )
