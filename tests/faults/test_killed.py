"""A process killed at any moment leaves the old file or the new one, and work can be taken up again."""

import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import critmin
from critmin.audit.ledger import read_ledger
from critmin.audit.signing import make_entry, write_entry
from critmin.posterior import Posterior
from critmin.results.forecasts import Forecast

KILLS = 50

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def killed(
    work: Callable[[], object], seconds: float, when: Callable[[], bool] = lambda: True
) -> bool:
    """Do work over and over in a process that is killed after a while; whether it was at work then.

    After that while it is killed as soon as a condition holds, a second later at most.
    """
    child = os.fork()
    if child == 0:
        try:
            while True:
                work()
        finally:
            os._exit(7)
    time.sleep(seconds)
    latest = time.monotonic() + 1.0
    while not when() and time.monotonic() < latest:
        pass
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def random_moments(longest: float) -> list[float]:
    return [float(x) for x in np.random.default_rng(17).uniform(0.0, longest, KILLS)]


def small(seed: int) -> Posterior:
    """Some draws of the built-in posterior."""
    draws = critmin.builtin_posterior().draws
    chosen = np.random.default_rng(seed).choice(draws.sizes["sample"], 40, replace=False)
    return Posterior(draws.isel(sample=chosen))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["posterior", "netcdf", "json", "ledger"])
def test_what_was_being_written_is_old_or_new(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "result.nc"
    forecasts = [critmin.forecast("tin", 3, seed=seed) for seed in (0, 1)]
    posteriors = [small(seed) for seed in (0, 1)]
    entry = make_entry("a" * 40, "2026-11-25", minerals=["tin"])

    def write() -> None:
        for forecast, posterior in zip(forecasts, posteriors, strict=True):
            if kind == "posterior":
                posterior.to_netcdf(target)
            elif kind == "netcdf":
                forecast.to_netcdf(target)
            elif kind == "json":
                forecast.to_json(target)
            else:
                (tmp_path / f"2026-11-v{entry['model_version']}.json").unlink(missing_ok=True)
                write_entry(entry, tmp_path)

    def read() -> bool:
        if kind == "posterior":
            return Posterior.from_netcdf(target).id in [each.id for each in known]
        if kind == "ledger":
            return len(read_ledger(tmp_path)) <= 1
        found = (Forecast.from_netcdf if kind == "netcdf" else Forecast.from_json)(target)
        return any(found.draws.identical(each.draws) for each in forecasts)

    write()
    known = []
    if kind == "posterior":
        # What a file holds is rounded.
        known = [
            Posterior.from_netcdf(each.to_netcdf(tmp_path / "known.nc")) for each in posteriors
        ]
        (tmp_path / "known.nc").unlink()

    def left() -> set[str]:
        return {path.name for path in tmp_path.iterdir() if path.name.startswith(".")}

    for i, seconds in enumerate(random_moments(0.4)):
        before = left()
        # Most time goes into making, not into writing: every other kill waits for a write to begin.
        assert killed(write, seconds, lambda known=before: i % 2 == 0 or left() != known)  # noqa: B023
        assert read()
    assert left(), "no kill fell into a write: the test shows nothing"


ORIGINS = tuple(range(1990, 2014))
MODELS = ("random walk", "drift", "pooled AR(1)")


def trial(folder: Path | None) -> pd.DataFrame:
    found = critmin.backtest(
        ["copper", "tin", "zinc"], ORIGINS, (1, 5), MODELS, folder=folder, progressbar=False
    )
    return found.table


@pytest.mark.slow
def test_a_backtest_killed_many_times_gives_the_same_table(tmp_path: Path) -> None:
    whole = trial(None)
    for seconds in random_moments(0.5):
        killed(lambda: trial(tmp_path), seconds)
        for path in tmp_path.glob("[0-9]*.nc"):
            with xr.open_dataset(path, engine="h5netcdf") as opened:
                assert opened.load().attrs["key"]
    pd.testing.assert_frame_equal(trial(tmp_path), whole)


def test_two_processes_share_one_folder(tmp_path: Path) -> None:
    whole = trial(None)
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            try:
                trial(tmp_path)
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    pd.testing.assert_frame_equal(trial(tmp_path), whole)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_a_snapshot_build_killed_at_any_moment_is_whole_or_refused_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
    write = importlib.import_module("build_snapshot").write
    editions = []
    for seed in (0, 1):
        noise = np.random.default_rng(seed)
        files = {f"{i}.csv": noise.bytes(200_000) for i in range(8)}
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        editions.append({"catalog.csv": json.dumps(hashes).encode(), **files})

    def whole() -> bool:
        """Whether the catalogue agrees with every file, as `critmin.data.load` checks."""
        hashes = json.loads((tmp_path / "catalog.csv").read_bytes())
        return all(
            hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == expected
            for name, expected in hashes.items()
        )

    def work() -> None:
        for files in editions:
            write(files, tmp_path)

    work()
    stopped = 0
    for seconds in random_moments(0.3):
        assert killed(work, seconds)
        for name in editions[0]:
            assert (tmp_path / name).read_bytes() in [files[name] for files in editions]
        stopped += not whole()
        write(editions[0], tmp_path)
        assert whole()
    assert stopped, "no kill fell between two files: the test shows nothing"


@pytest.mark.slow
def test_a_killed_fit_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    code = (
        "import critmin\n"
        "print('begun', flush=True)\n"
        "critmin.fit(['tin'], draws=2000, tune=2000, chains=1, progressbar=False).to_netcdf('fit.nc')"
    )
    fit = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert fit.stdout is not None
    assert fit.stdout.readline() == b"begun\n"
    deadline = time.monotonic() + 120
    while not (children := children_of(fit.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert children, "the fit never started its own process"
    time.sleep(3)
    fit.kill()
    fit.wait()
    fit.stdout.close()
    while any(alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(alive(child) for child in children)
    assert not (tmp_path / "fit.nc").exists()


def children_of(parent: int) -> list[int]:
    """Processes of a parent, from the kernel's table."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_leftover_of_a_killed_write_is_no_entry_of_a_ledger(tmp_path: Path) -> None:
    entry = make_entry("a" * 40, "2026-11-25", minerals=["tin"])
    path = write_entry(entry, tmp_path)
    (tmp_path / f".123.abc.{path.name}").write_text(json.dumps(entry)[:100])
    assert len(read_ledger(tmp_path)) == 1
