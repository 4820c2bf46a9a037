"""Pictures without a screen, and the folder of raw files where there is one."""

import os
from pathlib import Path

import matplotlib as mpl
import pytest

mpl.use("Agg")

RAW = Path(os.environ.get("CRITMIN_RAW", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def raw() -> Path:
    if not RAW.is_dir():
        pytest.skip("the publishers' raw files are not here (set CRITMIN_RAW to their folder)")
    return RAW
