"""What is published: one version, one list of dependencies, badges and claims that are true."""

import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from critmin import minerals
from critmin.audit.backtesting.comparison import summarise
from critmin.audit.backtesting.record import STRUCTURAL
from critmin.audit.reporting.evidence import evidence

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RENAMED = {"matplotlib": "matplotlib-base"}
"""Packages that the conda world calls otherwise."""


def bounds(requirements: list[str]) -> dict[str, str]:
    """Lower bound of each package: of ``"numpy>=2.2"`` and of ``"numpy >=2.2"``."""
    parts = [re.match(r"([\w-]+)\s*>=\s*([\d.]+)$", each) for each in requirements]
    assert all(parts)
    return {RENAMED.get(part[1], part[1]): part[2] for part in parts}


@pytest.mark.quick
def test_there_is_one_version() -> None:
    version = PROJECT["version"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    assert str(cited["version"]) == recipe["context"]["version"] == version
    told = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+) \(", told, flags=re.MULTILINE)[1] == version
    assert f"critmin-{version}-py3" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.quick
def test_conda_asks_for_what_the_wheel_asks_for() -> None:
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    asked = recipe["requirements"]
    python, *run = asked["run"]
    assert bounds(run) == bounds(PROJECT["dependencies"])
    assert python.replace(" ", "") == "python" + PROJECT["requires-python"]
    extras = {}
    for name in ("assimilate", "fit", "plot"):
        others = PROJECT["optional-dependencies"][name]
        extras |= bounds([each for each in others if not each.startswith("critmin[")])
    told = bounds(asked["run_constraints"])
    assert told.items() <= extras.items()


@pytest.mark.quick
def test_workflows_try_what_the_classifiers_promise() -> None:
    folder = ROOT / ".github" / "workflows"
    flows = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in folder.glob("*.yml")
    }
    assert set(flows) == {"tests", "docs", "release"}
    matrix = flows["tests"]["jobs"]["test"]["strategy"]["matrix"]
    promised = {c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if "Python :: 3." in c}
    assert set(matrix["python"]) == promised
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    publish = flows["release"]["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    for flow in flows.values():
        assert flow["permissions"] == {"contents": "read"}
        for job in flow["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout"):
                    assert step["with"] == {"persist-credentials": False}


def test_badges_are_those_of_this_commit() -> None:
    scripts = str(ROOT / "scripts")
    if scripts not in sys.path:
        sys.path.insert(0, scripts)
    folder = ROOT / "docs" / "pictures" / "badges"
    made = importlib.import_module("build_badges").badges()
    assert {path.stem for path in folder.iterdir()} == set(made)
    for name, text in made.items():
        assert (folder / f"{name}.svg").read_text(encoding="utf-8") == text
        for page in ("README.md", "README.ja.md"):
            assert f"pictures/badges/{name}.svg" in (ROOT / page).read_text(encoding="utf-8")


def test_the_readme_claims_what_is_so() -> None:
    english, japanese = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md")
    )
    listed = minerals()
    assert f"distortion for {len(listed)} minerals" in " ".join(english.split())
    assert f"{len(listed)}鉱物" in japanese
    assert f"about {(listed['prices'] < 25).sum()} of {len(listed)} minerals" in english
    gain = summarise(evidence("backtest"))["skill"].unstack()
    low, high = (round(100 * bound(gain[STRUCTURAL])) for bound in (min, max))
    assert f"gain in CRPS is {low} to {high}%" in english
    assert f"CRPSの改善は{low}〜{high}%" in japanese
    share = gain.loc[1, "walk from year end"] / gain.loc[1, STRUCTURAL]
    assert "four fifths of it at one year" in english
    assert 0.75 < share < 0.85
    words = {20: "Twenty", 23: "Twenty-three", 40: "Forty"}
    assert f"{words[evidence('backtest')['origin'].nunique()]} origins" in english


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uv") is None, reason="needs uv")
def test_a_wheel_installs_small_and_prices(tmp_path: Path) -> None:
    """Needs a package index to install from."""
    run = {"check": True, "capture_output": True, "text": True, "cwd": tmp_path}
    subprocess.run(["uv", "build", "--wheel", "-o", str(tmp_path), str(ROOT)], **run)  # noqa: S607
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size <= 22_000_000
    python = tmp_path / "slim" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run(["uv", "venv", "-q", "--python", sys.executable, "slim"], **run)  # noqa: S607
    subprocess.run(["uv", "pip", "install", "-q", "--python", str(python), str(wheel)], **run)  # noqa: S607
    size = sum(path.stat().st_size for path in (tmp_path / "slim").rglob("*") if path.is_file())
    assert size <= 300_000_000
    code = (
        "import importlib.util as u, json, critmin; price = critmin.fair_price('nickel', 5); "
        "print(json.dumps([u.find_spec('pymc') is None, float(price.draws['fair_price'].median())]))"
    )
    done = subprocess.run([str(python), "-c", code], env={}, **run)
    without, median = json.loads(done.stdout)
    assert without
    assert median > 0
