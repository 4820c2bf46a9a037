"""On a full disk there is a CritminError, and the old file stays as it was."""

import subprocess
import sys
from pathlib import Path

import pytest

import critmin
from critmin.exceptions import CritminError

resource = pytest.importorskip("resource")

TRIAL = """
import resource, sys
from pathlib import Path

import critmin
from critmin.audit.signing import make_entry, write_entry
from critmin.cli.common import draw, write_csv
from critmin.posterior import Posterior
from critmin.scenario import ExportControl, Scenario, save_scenarios

home = Path(sys.argv[1])
forecast, posterior = critmin.forecast("tin", 3), critmin.builtin_posterior()
posterior = Posterior(posterior.draws.isel(sample=slice(200)))
plan = Scenario("plan", (ExportControl("CHN", "tin", 0.5, 2027),) * 8)
entry = make_entry("a" * 40, "2026-11-25", minerals=["tin"])
names = ("random walk", "drift")
writers = {
    "forecast.nc": forecast.to_netcdf,
    "forecast.json": forecast.to_json,
    "posterior.nc": posterior.to_netcdf,
    "picture.png": lambda path: draw(forecast, path),
    "table.csv": lambda path: write_csv(forecast.summary(), path),
    "plan.toml": lambda path: save_scenarios([plan], path),
    "ledger": lambda path: write_entry(entry, home / "ledger"),
    "backtest": lambda path: critmin.backtest(
        ["tin"], [1990], (1,), names, folder=home / "backtest", progressbar=False
    ),
}
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
for name in ("ledger", "backtest"):
    (home / name).mkdir()
for name, write in writers.items():
    path = home / name
    if not path.is_dir():
        path.write_text("old")
    for room in (0, 100):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            write(path)
            said = "nothing was said"
        except critmin.CritminError as error:
            said = "refused" if str(error).startswith("cannot write ") else str(error)
        except BaseException as error:
            said = repr(error)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        kept = list(path.iterdir()) == [] if path.is_dir() else path.read_text() == "old"
        print(name, room, said, kept, sep="|")
    write(path)
print("left", *[each for each in home.rglob(".*")], sep="|")
"""


@pytest.mark.slow
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    # In a process of its own: HDF5 has been seen to end it.
    done = subprocess.run(
        [sys.executable, "-c", TRIAL, str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line.split("|") for line in done.stdout.splitlines()]
    assert lines.pop() == ["left"]
    assert len(lines) == 16
    assert [line for line in lines if line[2:] != ["refused", "True"]] == []


@pytest.mark.parametrize("write", ["to_json", "to_netcdf"])
def test_a_missing_folder_is_said(write: str, tmp_path: Path) -> None:
    forecast = critmin.forecast("tin", 1)
    with pytest.raises(CritminError, match=r"cannot write .*nowhere/x\.nc: no such folder as "):
        getattr(forecast, write)(tmp_path / "nowhere" / "x.nc")
    with pytest.raises(CritminError, match="no such folder as "):
        critmin.builtin_posterior().to_netcdf(tmp_path / "nowhere" / "x.nc")
