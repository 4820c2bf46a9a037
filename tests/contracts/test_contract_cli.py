"""Commands on contracts."""

import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from critmin.cli import app


def run(*arguments: str) -> str:
    done = CliRunner(env={"COLUMNS": "100"}).invoke(app, ["contract", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def fails(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "critmin", "contract", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_from_the_gallery_to_a_value(tmp_path: Path) -> None:
    assert "ndpr-state-floor" in run("list")
    deal = tmp_path / "deal.toml"
    shown = run("show", "ndpr-state-floor")
    deal.write_text(shown.replace("110 USD/kg", "90 USD/kg"), encoding="utf-8")
    picture, table = tmp_path / "deal.png", tmp_path / "years.csv"
    said = run("value", str(deal), "--plot", str(picture), "--out", str(table))
    assert "90 USD/kg" in said
    assert "cost to Department of Defense" in said
    assert "deadweight" not in said
    assert max(map(len, said.splitlines())) <= 100
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert table.read_text(encoding="utf-8").startswith("year,price,spot")
    content = json.loads(run("value", str(deal), "--json", "--seed", "1"))
    assert content["provenance"]["request"]["seed"] == 1
    assert [row["party"] for row in content["summary"]] == [
        *("seller", "buyer", "Department of Defense", "deadweight"),
    ]


def test_zone(tmp_path: Path) -> None:
    picture = tmp_path / "zone.png"
    assert "Kalai-Smorodinsky" in run(
        "zone", "nickel-auto", "--points", "8", "--plot", str(picture)
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
    content = json.loads(run("zone", "nickel-auto", "--points", "5", "--json"))
    nash = next(row for row in content["summary"] if row["terms"] == "Nash")
    assert nash["floor"] <= nash["cap"]
    empty = run("zone", "nickel-auto", "--points", "5", "--seller", "0", "--buyer", "0")
    assert "No terms leave both better off" in " ".join(empty.split())


def test_errors_are_one_line(tmp_path: Path) -> None:
    assert "did you mean 'nickel-auto'" in fails("value", "nickel-autos")
    bad = tmp_path / "bad.toml"
    bad.write_text('mineral = "tin"\nvolume = 1\nstart = 2027\nyears = 50\n', encoding="utf-8")
    assert "years must be a whole number from 1 to 40" in fails("value", str(bad))
    assert "the price has no cap to set" in fails("zone", "lithium-upside", "--over", "cap")
