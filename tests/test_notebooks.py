"""Notebooks and examples run top to bottom."""

import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[1]

SMALLER = {"a_thousand_scenarios": ("1000", "50")}
"""What a notebook's first code cell says, and what stands for it here; the documentation runs all."""


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebook_runs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    if path.stem in SMALLER:
        many, few = SMALLER[path.stem]
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert first.source.count(many) == 3
        first.source = first.source.replace(many, few)
    nbclient.NotebookClient(notebook, timeout=1200, kernel_name="python3").execute()


@pytest.mark.quick
def test_notebooks_are_committed_without_outputs() -> None:
    found = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert len(found) >= 8
    for path in found:
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_example_runs(path: Path) -> None:
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
