import contextlib
import io
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from tomllib import loads
from types import SimpleNamespace

import click
import pandas as pd
import pytest
from typer.main import get_command

from critmin.cli import app, main
from critmin.contracts import Zone


def run(*arguments: str, **environment: str) -> SimpleNamespace:
    """The command line in this process: what it prints, and its exit code."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    changed = {"COLUMNS": "120"} | environment
    before = {name: os.environ.get(name) for name in changed}
    argv, sys.argv = sys.argv, ["critmin", *arguments]
    os.environ.update(changed)
    try:
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            try:
                main()
                code = 0
            except SystemExit as stop:
                code = int(stop.code or 0)
    finally:
        sys.argv = argv
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    texts = []
    for stream in streams:
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    return SimpleNamespace(stdout=texts[0], stderr=texts[1], returncode=code)


COMMANDS = {
    "price": ("price", "gallium", "zinc", "--horizon", "2", "--unit", "kg"),
    "price of gold": ("price", "gold", "--horizon", "2"),
    "forecast": ("forecast", "copper", "--horizon", "2"),
    "supply": ("forecast", "copper", "--horizon", "2", "--supply"),
    "stage": ("forecast", "copper", "--horizon", "2", "--stage", "refined"),
    "costs": ("costs", "nickel"),
    "risk": ("risk", "cobalt"),
    "exposure": ("exposure", "cobalt", "JPN", "--horizon", "2"),
    "revenue": ("revenue", "nickel", "IDN", "--horizon", "2", "--duty", "0.1", "--royalty", "0.05"),
    "scenario": ("scenario", "run", "nickel-ban", "nickel", "--horizon", "2"),
    "minerals": ("minerals",),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_tables_can_be_read_at_every_width(name: str) -> None:
    plain = run(*COMMANDS[name], COLUMNS="")
    assert plain.returncode == 0, plain.stderr
    figures = sorted(re.findall(r"\d[\d,.]*%?", plain.stdout))
    for columns in (60, 80, 120):
        done = run(*COMMANDS[name], COLUMNS=str(columns))
        lines = done.stdout.splitlines()
        assert max(map(len, lines)) <= columns
        assert "…" not in done.stdout
        assert not re.search(r"\de[+-]\d", done.stdout)
        # Narrower tables go on below: every figure is still there.
        assert set(figures) <= set(re.findall(r"\d[\d,.]*%?", done.stdout))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_table_comes_as_json_and_csv(name: str) -> None:
    content = json.loads(run(*COMMANDS[name], "--json").stdout)
    assert content
    done = run(*COMMANDS[name], "--csv")
    table = pd.read_csv(StringIO(done.stdout))
    assert len(table) >= 2
    assert len(table.columns) >= 4


def test_several_minerals_are_named_in_json_and_csv() -> None:
    content = json.loads(run("price", "tin", "lead", "--horizon", "2", "--json").stdout)
    assert list(content) == ["tin", "lead"]
    table = pd.read_csv(StringIO(run("price", "tin", "lead", "--horizon", "2", "--csv").stdout))
    assert table["mineral"].tolist() == ["tin", "tin", "lead", "lead"]
    done = run("price", "tin", "lead", "--plot", "x.png")
    assert done.returncode == 1
    assert "draws one mineral" in done.stderr


def test_a_scenario_that_does_not_act_on_a_mineral_says_so() -> None:
    done = run("scenario", "run", "gallium-ban", "gallium", "tin", "--horizon", "2", "--csv")
    assert done.returncode == 0
    assert done.stderr == "note: nothing in gallium-ban acts on tin\n"
    done = run("price", "gallium", "--horizon", "2", "--scenario", "gallium-ban", "--csv")
    assert done.stderr == ""


def test_a_file_of_one_scenario_needs_no_name(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(run("scenario", "show", "gallium-ban").stdout, encoding="utf-8")
    given = ("forecast", "gallium", "--horizon", "2", "--csv")
    assert (
        run(*given, "--file", str(mine)).stdout == run(*given, "--scenario", "gallium-ban").stdout
    )
    assert run(*given, "--file", str(mine)).stdout != run(*given).stdout
    both = mine.read_text(encoding="utf-8") + run("scenario", "show", "nickel-ban").stdout
    mine.write_text(both, encoding="utf-8")
    done = run(*given, "--file", str(mine))
    assert done.returncode == 1
    assert "holds 2 scenarios" in " ".join(done.stderr.split())
    done = run(*given, "--file", str(tmp_path / "none.toml"))
    assert done.returncode == 1
    assert "cannot be read" in " ".join(done.stderr.split())


@pytest.mark.parametrize("encoding", ["cp932", "ascii"])
def test_names_that_a_console_cannot_write_do_not_stop_it(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "critmin", "costs", "chromium"],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert b"TUR" in done.stdout


def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} -m critmin minerals | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-c", command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("name")


def every_command() -> dict[str, click.Command]:
    """All commands by the words that call them."""
    found: dict[str, click.Command] = {}
    waiting = {(): get_command(app)}
    while waiting:
        words, command = waiting.popitem()
        inner = getattr(command, "commands", {})
        waiting |= {(*words, name): each for name, each in inner.items()}
        if not inner:
            found[" ".join(words)] = command
    return found


@pytest.mark.parametrize("words", every_command())
def test_every_command_speaks_json_and_csv(words: str) -> None:
    names = {name for option in every_command()[words].params for name in option.opts}
    assert {"--json", "--csv"} <= names
    assert every_command()[words].help


PRINTED = {
    "contract list": (),
    "contract show": ("nickel-auto",),
    "contract value": ("nickel-auto",),
    "contract zone": ("nickel-auto", "--points", "3"),
    "scenario list": (),
    "scenario show": ("gallium-ban",),
    "data": ("usgs-mcs-2025-cobal",),
    "brief": ("tin", "--horizon", "3"),
    "audit ledger": (str(Path(__file__).parents[1] / "docs" / "ledger"),),
}


@pytest.mark.parametrize("words", PRINTED)
def test_what_is_printed_for_machines_is_nothing_else(words: str) -> None:
    given = (*words.split(), *PRINTED[words])
    done = run(*given, "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    done = run(*given, "--csv")
    assert done.returncode == 0, done.stderr
    if content:
        assert len(pd.read_csv(StringIO(done.stdout))) >= 2


def test_results_of_the_command_line_are_read_again() -> None:
    zone = run("contract", "zone", "nickel-auto", "--points", "3", "--json").stdout
    assert Zone.from_json(zone).provenance["request"]["points"] == 3
    shown = run("contract", "show", "nickel-auto").stdout
    assert json.loads(run("contract", "show", "nickel-auto", "--json").stdout) == loads(shown)


def test_scenarios_and_buyers_take_several_minerals() -> None:
    done = run("scenario", "run", "gallium-ban", "gallium", "tin", "--horizon", "2", "--csv")
    assert pd.read_csv(StringIO(done.stdout))["mineral"].tolist() == ["gallium"] * 2 + ["tin"] * 2
    done = run("exposure", "gallium", "tin", "European Union", "--horizon", "2", "--json")
    assert [each["buyer"] for each in json.loads(done.stdout).values()] == ["EU", "EU"]


def test_a_brief_needs_a_page_or_a_format(tmp_path: Path) -> None:
    done = run("brief", "tin")
    assert done.returncode == 1
    assert "name its file with --out" in " ".join(done.stderr.split())
    page = tmp_path / "tin.html"
    done = run("brief", "tin", "--horizon", "3", "-o", str(page), "--json")
    assert json.loads(done.stdout)["mineral"] == "tin"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_noise_is_no_distortion() -> None:
    """Nobody distorts the iron ore of next year: no draw may lie below by rounding."""
    done = run("price", "iron_ore", "--horizon", "2", "--csv")
    table = pd.read_csv(StringIO(done.stdout), index_col="year")
    assert table.loc[2026, "P(market < fair)"] == 0
    assert not re.search(r"0\.0000000", run("price", "zinc", "--horizon", "2").stdout)


def test_version() -> None:
    done = run("--version")
    assert done.stdout.strip() == f"critmin {version('critmin')}"


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
    assert [row["year"] for row in content["summary"]] == [2026, 2027]
    assert content["provenance"]["request"]["mineral"] == "gallium"


def test_costs_say_who_loses_money_and_what_decides() -> None:
    done = run("costs", "chromium", "--price", "1", "--year", "2027")
    assert done.returncode == 0
    assert "Above 1: 100% of capacity (100% to 100%)." in done.stdout
    assert "Level from price." in done.stdout
    assert run("costs", "chromium", "--price", "-1").returncode != 0


def test_costs_and_risk_print_tables(tmp_path: Path) -> None:
    picture = tmp_path / "costs.png"
    done = run("costs", "cobalt", "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    assert "Congo" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    done = run("risk", "cobalt", "--horizon", "3")
    assert done.returncode == 0, done.stderr
    assert re.search(r"COD .*any", done.stdout, re.DOTALL)
    assert json.loads(run("risk", "cobalt", "--json").stdout)["kind"] == "Risk"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["price", "lithum"], "did you mean 'lithium'?"),
        (["price", "tin", "--horizon", "99"], "1 to 40"),
        (
            ["price", "tin", "--plot", "/nowhere/x.png"],
            "cannot write /nowhere/x.png: no such folder",
        ),
        (["price", "tin", "--plot", "x.doc"], "cannot draw"),
        (["audit", "tin", "-o", "/nowhere/x.html"], "cannot write /nowhere/x.html"),
        (["audit", "all", "-o", "/proc/nowhere/pages"], "cannot write /proc/nowhere/pages"),
        (["audit", "swaps", "-o", "/nowhere/x.csv"], "no such folder as /nowhere"),
        (["backtest", "--out", "/nowhere/x.csv"], "no such folder as /nowhere"),
        (["fit", "--out", "x.nc", "--origin", "2050", "--mineral", "tin"], "2025 or earlier"),
        (["backtest", "--mineral", "tin", "--origin", "2050"], "origins must lie before"),
        (["contract", "value", "nothing"], "unknown contract"),
        (["exposure", "cobalt", "CN"], "did you mean 'CHN'"),
        (["price", "tin", "--unit", "stone"], "unknown mass"),
        (["price", "tin", "--posterior", "none.nc"], "no such file"),
        (["data", "nothing"], "unknown data set"),
        (["risk", "tin", "--horizon", "0"], "1 to 40"),
        (["audit", "sbc", "--simulations", "3"], "at least 10"),
        (["fit", "--out", "/nowhere/x.nc"], "no such folder"),
        (["fit", "--out", "."], ".: is a folder; name the file to write"),
        (["costs", "nickel", "--price", "15000", "--json"], "leave out --json and --csv"),
        (["minerals", "--json", "--csv"], "leave one of them out"),
        (["scenario", "show", "gallium-ban", "--json", "--csv"], "leave one of them out"),
        (["price", "nickel", "--today", "60000 2026-05-12"], "Fit again"),
    ],
)
def test_errors_are_one_line_and_exit_1(arguments: list[str], reason: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_lists() -> None:
    assert "dysprosium" in run("minerals").stdout
    assert "usgs-mcs-2025-cobal" in run("data").stdout
    assert run("data", "usgs-mcs-2025-cobal").stdout.startswith("dataset,series,commodity")


@pytest.mark.parametrize("command", ["price", "minerals", "data", "fit"])
def test_help_has_examples(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout


def test_audit_of_a_mineral_is_one_word(tmp_path) -> None:
    done = run("audit", "tin", "-o", str(tmp_path / "tin.html"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tin.html").stat().st_size > 50_000


def test_backtest_of_a_csv_refuses_what_is_no_history(tmp_path) -> None:
    (tmp_path / "bad.csv").write_text("year,price\n2000,-1\n")
    done = run("backtest", "--data", str(tmp_path / "bad.csv"))
    assert done.returncode == 1
    assert "no positive price" in done.stderr
