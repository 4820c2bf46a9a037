"""The house stays in order: lengths, one home for names and types, no second copy of the economics."""

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest

import critmin
from critmin.mineral import registry

SOURCE = Path(critmin.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 120


def named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@cache
def trees() -> list[tuple[str, ast.Module]]:
    return [(named(path), ast.parse(path.read_text(encoding="utf-8"))) for path in FILES]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = node.body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docs = (first.end_lineno or 0) - first.lineno + 1 if told else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docs


def test_no_file_is_longer_than_its_limit() -> None:
    lines = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: n for name, n in lines.items() if n > LONGEST_FILE} == {}


def test_no_function_is_longer_than_its_limit() -> None:
    long = {
        f"{name}: {node.name}": length
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := code_lines(node)) > LONGEST_FUNCTION
    }
    assert long == {}


def test_the_lists_of_the_front_door_agree() -> None:
    """What is public, where it lives, and what a type checker sees."""
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    checked = {
        alias.name: node.module
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    rooms = {name for name, home in checked.items() if home == "critmin"}
    homes = {name: home for name, home in checked.items() if name not in rooms}
    assert homes == critmin._HOME
    assert sorted(critmin.__all__) == sorted({*homes, *rooms})
    assert set(critmin._SAMPLED) <= set(critmin._HOME)
    for name, home in critmin._HOME.items():
        assert getattr(importlib.import_module(home), name).__name__ == name


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("ROW", "data/countries.py"),
        ("Floats", "internal/arrays.py"),
        ("Ints", "internal/arrays.py"),
        ("Bools", "internal/arrays.py"),
        ("BASE_YEAR", "units.py"),
        ("MAX_RHAT", "inference/diagnostics.py"),
        ("MIN_ESS", "inference/diagnostics.py"),
        ("LARGEST_PURCHASE", "model/equations.py"),
        ("CHOKE_FACTOR", "model/equations.py"),
        ("COMPONENTS", "data/drivers.py"),
        ("DRIVERS", "data/drivers.py"),
        ("TECHNOLOGIES", "data/drivers.py"),
        ("MODULES", "model/switches.py"),
    ],
)
def test_a_constant_has_one_home(name: str, home: str) -> None:
    found = [
        where
        for where, tree in trees()
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == name
    ]
    assert found == [home]


def test_the_rest_of_the_world_is_spelled_once() -> None:
    found = {
        where
        for where, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == "ROW"
    }
    assert found == {"data/countries.py"}


def test_no_mineral_is_treated_apart_by_name() -> None:
    """A comparison with a name: what is special of a mineral is a field of minerals.toml."""
    names = {*registry(), "rare_earths", "platinum_group"}
    found = {
        f"{where}: {sorted(names & texts)}"
        for where, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and (
            texts := {
                each.value
                for each in ast.walk(node)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
        )
        & names
    }
    assert {each for each in found if not each.startswith("data/loaders/")} == {
        # A notice on "rare earths" names every one but scandium; a field would make the posterior stale.
        "model/restricted.py: ['rare_earths']",
        "model/restricted.py: ['scandium']",
        # Published costs: those of baskets are no mineral's, those of iron ore are of several ores.
        "model/cost_evidence.py: ['iron_ore']",
        "model/cost_evidence.py: ['platinum', 'platinum_group', 'rare_earths']",
    }


def test_a_label_of_mineral_and_country_is_never_taken_apart() -> None:
    """They are two coordinates. Other texts have a colon: a series and its stage, a mineral and a year."""
    found = {
        where
        for where, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("split", "partition", "rsplit")
        and any(isinstance(a, ast.Constant) and a.value == ":" for a in node.args)
    }
    assert found == {"data/production.py", "audit/checks/predictive.py"}


def test_a_file_that_marks_its_own_quick_tests_is_collected_with_them() -> None:
    tests = Path(__file__).parent
    mark = "mark" + ".quick"
    marking = {
        path.relative_to(tests).as_posix()
        for path in tests.rglob("test_*.py")
        if mark in path.read_text(encoding="utf-8")
    }
    kept = (tests.parent / "conftest.py").read_text(encoding="utf-8")
    assert all(f'"{name}"' in kept for name in marking)
    assert marking
