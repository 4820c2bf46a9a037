"""For all tests: what is quick, how fits are compiled, and examples of hypothesis without a clock."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent

# A machine that is busy with other things is no fault of what is tested.
settings.register_profile("critmin", deadline=None)
settings.load_profile("critmin")

QUICK = (
    "test_docstrings.py",
    "test_forms.py",
    "test_units.py",
    "test_mineral.py",
    "test_scenario.py",
    "test_house.py",
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

LONG = (
    "test_notebooks.py",
    "test_cli.py",
    "audit/test_rolling.py",
    "inference/test_fitting.py",
    "audit/test_events.py",
    "audit/test_refits.py",
    "audit/test_sensitivity.py",
    "data/test_snapshot.py",
    "model/test_market.py",
    "simulation/test_simulation.py",
    "inference/test_apart.py",
)
"""Files of minutes, most of them fits: run first, so that no process ends alone with one."""

MARKED = ("test_docs.py", "test_notebooks.py", "test_packaging.py")
"""Files with a mark of their own on what is quick."""


def _paths(names: tuple[str, ...]) -> set[Path]:
    return {HERE / "tests" / name for name in names}


def pytest_configure(config: pytest.Config) -> None:
    """Compile short fits without optimizing: that takes longer than their sampling."""
    if "not slow" in config.option.markexpr:
        os.environ.setdefault("NUMBA_OPT", "0")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``-m quick`` leave the other files alone: to import them takes longer than the tests."""
    if config.option.markexpr != "quick" or collection_path.is_dir():
        return None
    kept = collection_path in _paths((*QUICK, *MARKED)) or collection_path.name == "conftest.py"
    return None if kept else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick ones, and let the long ones come first."""
    quick, long = _paths(QUICK), _paths(LONG)
    for item in items:
        if item.path in quick:
            item.add_marker(pytest.mark.quick)
    items.sort(key=lambda item: item.path not in long)
