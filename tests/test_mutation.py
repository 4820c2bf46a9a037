"""The property tests find deliberate errors in the economics (the trial itself is slow)."""

import importlib.util
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


@pytest.mark.slow
def test_every_error_in_the_economics_fails_a_named_test() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SURVIVED" not in done.stdout
    assert done.stdout.count("::test_") == done.stdout.count(" s  ")
