"""A fit killed at any moment leaves no posterior or a whole one, no process, and the next one succeeds."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from critmin.posterior import Posterior

KILLS = int(os.environ.get("CRITMIN_KILLS", "50"))
AT_THE_WRITING = 2
"""Kills at the moment when the file is being written; random ones hardly ever meet it."""

ASKED = ("fit", "--mineral", "tin", "--mineral", "zinc", "--draws", "10", "--tune", "10")
SHORT = (*ASKED, "--chains", "1", "--allow-bad", "--out")

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads /proc, kills a group of processes"
)


def fit(out: Path) -> "subprocess.Popen[bytes]":
    """Begin a fit from the command line, in a group of its own."""
    scratch = out.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    settings = {
        "NUMBA_OPT": "0",  # compiles faster
        "TMPDIR": str(scratch),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "critmin", *SHORT, str(out)],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finished(out: Path) -> str:
    """Id of what a whole fit writes."""
    process = fit(out)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()[-2000:]
    return Posterior.from_netcdf(out).id


def at_work(group: int) -> bool:
    """Whether any process of a group still runs."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill the fit alone, and wait until its own subprocess has followed."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    deadline = time.monotonic() + 60
    while at_work(process.pid):
        assert time.monotonic() < deadline, "a killed fit left a process behind"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_fit_killed_many_times_leaves_nothing_or_a_whole_posterior(tmp_path: Path) -> None:
    out = tmp_path / "fit.nc"
    begun = time.monotonic()
    whole = finished(out)
    longest = time.monotonic() - begun
    out.unlink()
    written = 0
    for share in np.random.default_rng(17).uniform(0.0, 1.0, KILLS - AT_THE_WRITING):
        process = fit(out)
        time.sleep(float(share) * longest)
        kill(process)
        if out.exists():
            assert Posterior.from_netcdf(out).id == whole
            written += 1
            out.unlink()
        print(f"killed after {share:.2f} of {longest:.0f} s, {written} whole so far", flush=True)
    for _ in range(min(AT_THE_WRITING, KILLS)):
        process = fit(out)
        while not out.exists() and not any(tmp_path.glob(".*.nc")) and process.poll() is None:
            time.sleep(0.0005)
        kill(process)
        if out.exists():
            assert Posterior.from_netcdf(out).id == whole
            out.unlink()
    # What was cut off stands beside the file under a name with a dot, and is in nobody's way.
    left = {path.name for path in tmp_path.iterdir()} - {"scratch"}
    assert all(name.startswith(".") for name in left)
    assert finished(out) == whole
