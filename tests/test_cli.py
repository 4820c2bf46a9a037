import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from critmin.posterior import Posterior


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "critmin.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "120"},
    )


def test_price_prints_a_table_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "nickel.png"
    done = run("price", "nickel", "--horizon", "3", "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    assert re.search(r"2028 .*\d", done.stdout)
    assert "prior" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [picture]


def test_forecast_and_scenarios_print_tables(tmp_path: Path) -> None:
    picture = tmp_path / "f.png"
    done = run("forecast", "nickel", "--horizon", "3", "--supply", "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    assert "IDN" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    listed = run("scenario", "list")
    assert "gallium-ban" in listed.stdout
    shown = run("scenario", "show", "gallium-ban")
    mine = tmp_path / "mine.toml"
    mine.write_text(shown.stdout.replace("withheld = 1.0", "withheld = 0.2"), encoding="utf-8")
    done = run("scenario", "run", "gallium-ban", "gallium", "--horizon", "3", "--file", str(mine))
    assert done.returncode == 0, done.stderr
    assert re.search(r"2027 .* 1\.\d", done.stdout)
    done = run("forecast", "gallium", "--scenario", "galium-ban")
    assert done.returncode == 1
    assert "did you mean 'gallium-ban'" in done.stderr
    done = run("forecast", "gallium", "--horizon", "2", "--json", "--scenario", "gallium-ban")
    assert json.loads(done.stdout)["scenario"]["name"] == "gallium-ban"


def test_price_prints_json() -> None:
    done = run("price", "gallium", "--horizon", "2", "--json")
    content = json.loads(done.stdout)
    assert content["year"] == [2026, 2027]
    assert content["provenance"]["request"]["mineral"] == "gallium"


def test_costs_and_risk_print_tables(tmp_path: Path) -> None:
    picture = tmp_path / "costs.png"
    done = run("costs", "cobalt", "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    assert "Congo" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    done = run("risk", "cobalt", "--horizon", "3")
    assert done.returncode == 0, done.stderr
    assert re.search(r"COD .*any", done.stdout, re.DOTALL)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["price", "lithum"], "did you mean 'lithium'?"),
        (["price", "tin", "--horizon", "99"], "1 to 40"),
        (["price", "tin", "--plot", "/nowhere/x.png"], "cannot draw"),
        (["price", "tin", "--posterior", "none.nc"], "no such file"),
        (["data", "nothing"], "unknown data set"),
        (["costs", "boron"], "no production by country"),
        (["risk", "tin", "--horizon", "0"], "1 to 40"),
        (["audit", "sbc", "--simulations", "3"], "at least 10"),
        (["fit", "--out", "/nowhere/x.nc"], "no such folder"),
    ],
)
def test_errors_are_one_line_and_exit_1(arguments: list[str], reason: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_lists() -> None:
    assert "dysprosium" in run("minerals").stdout
    assert "usgs-mcs-2025-cobal" in run("data").stdout
    assert run("data", "usgs-mcs-2025-cobal").stdout.startswith("dataset,series,commodity")


@pytest.mark.parametrize("command", ["price", "minerals", "data", "fit"])
def test_help_has_examples(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout


def test_fit_writes_a_posterior(tmp_path: Path) -> None:
    out = tmp_path / "posterior.nc"
    common = ["fit", "--out", str(out), "--mineral", "nickel", "--mineral", "gallium"]
    done = run(*common, "--draws", "5", "--tune", "20", "--chains", "1", "--allow-bad")
    assert done.returncode == 0, done.stderr
    assert "wrote" in done.stdout
    assert Posterior.load(out).minerals == ["nickel", "gallium"]


def test_audit_of_a_mineral_is_one_word(tmp_path) -> None:
    done = run("audit", "tin", "-o", str(tmp_path / "tin.html"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tin.html").stat().st_size > 50_000


def test_backtest_of_a_csv_refuses_what_is_no_history(tmp_path) -> None:
    (tmp_path / "bad.csv").write_text("year,price\n2000,-1\n")
    done = run("backtest", "--csv", str(tmp_path / "bad.csv"))
    assert done.returncode == 1
    assert "no positive price" in done.stderr
