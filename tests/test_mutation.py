"""The property tests find deliberate errors in the economics (the trial itself is slow)."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "mutation_trial.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutation_trial", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutation_trial"] = module
    spec.loader.exec_module(module)
    return module


def test_every_error_can_still_be_made_in_one_place(script: ModuleType) -> None:
    sources = script.sources()
    for mutation in script.mutations():
        script.place(mutation, sources)
        assert mutation.old != mutation.new
        assert script.FIRST[mutation.area] in script.FILES
    assert len(script.mutations()) >= 100


def test_every_file_of_property_tests_is_in_the_trial(script: ModuleType) -> None:
    files = {path.name for path in (SCRIPT.parents[1] / script.TESTS).glob("test_*.py")}
    assert files == {*script.FILES}


def test_an_error_without_a_place_is_refused(script: ModuleType) -> None:
    lost = script.Mutation("equations", "nothing", "no such text in the package", "")
    with pytest.raises(script.TrialError, match="stands nowhere"):
        script.place(lost, script.sources())


def test_a_record_goes_on_where_it_stopped_and_hints_elsewhere(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = script.mutations()[:2]
    path = tmp_path / "record.jsonl"
    found = script.Outcome(first, "model/equations.py", "test_balance.py::test_it", 1.25)
    script.Record.read(path).add(found)
    again = script.Record.read(path)
    key = script._key(first)
    assert again.done[key].mutation == first
    assert again.done[key].test == "test_balance.py::test_it"
    # Nothing that is done is tried again: no copy of the package is changed, and no test is run.
    monkeypatch.setattr(script, "first_failure", lambda *given, **how: "test_x.py::test_y")
    outcomes = list(script.trial([first, second], again))
    assert [outcome.test for outcome in outcomes] == [
        "test_balance.py::test_it",
        "test_x.py::test_y",
    ]
    assert {line["test"] for line in map(json.loads, path.read_text().splitlines())} == {
        "test_balance.py::test_it",
        "test_x.py::test_y",
    }
    # Of another tree only the hints are left.
    monkeypatch.setattr(script, "tree", lambda: "another")
    other = script.Record.read(path)
    assert other.done == {}
    assert other.hints[key] == "test_balance.py::test_it"
    assert not script._stands(script.ROOT, other.hints[key])
    own = "test_balance.py::test_squeeze_is_the_price_at_which_demand_and_scrap_make_do_without_output"
    assert script._stands(script.ROOT, own)


@pytest.mark.slow
def test_every_error_in_the_economics_fails_a_named_test() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SURVIVED" not in done.stdout
    assert done.stdout.count("::test_") == done.stdout.count(" s  ")
