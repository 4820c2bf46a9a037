"""Fixtures: a tiny fitted posterior, and the folder of raw files where there is one."""

import os
from pathlib import Path

import matplotlib as mpl
import pytest

import critmin
from critmin.posterior import Posterior

mpl.use("Agg")

RAW = Path(os.environ.get("CRITMIN_RAW", Path(__file__).parents[2] / "shared" / "data"))


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
