"""Does a test fail by name when the economics is wrong? Deliberate errors, one at a time.

    uv run python scripts/mutation_trial.py [--only WORDS] [--record FILE]

Copies the package and the property tests (``tests/economics``) into a temporary folder, puts in each
error of ``scripts/mutations.toml``, runs the property tests until one fails, and prints which. The
working tree is never touched. A record (JSON lines) goes on where a trial of the same tree was
interrupted, and tells a trial of another tree which test to try first. Exits with 1 if an error
survives, with 2 if the trial itself cannot be run: an error whose text is not found exactly once, or
tests that fail without any error. Needs a system that forks (Linux).
"""

import argparse
import hashlib
import importlib
import json
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = Path("tests", "economics")
FILES = (
    "test_balance.py",
    "test_market_economics.py",
    "test_distortion_economics.py",
    "test_cost_economics.py",
    "test_fence_economics.py",
    "test_border_economics.py",
    "test_restriction_economics.py",
    "test_width_economics.py",
    "test_units_economics.py",
    "test_buyer_economics.py",
    "test_stage_economics.py",
    "test_combination_economics.py",
    "test_agreement.py",
)
"""Property tests, the fastest first and PyMC against the simulator last."""
FIRST = {
    "equations": "test_balance.py",
    "simulation": "test_market_economics.py",
    "restrictions and drivers": "test_restriction_economics.py",
    "counterfactual": "test_balance.py",
    "costs": "test_cost_economics.py",
    "hazard": "test_restriction_economics.py",
    "units": "test_units_economics.py",
    "recalibration": "test_width_economics.py",
    "fitted model": "test_agreement.py",
    "buyers": "test_buyer_economics.py",
    "fences": "test_fence_economics.py",
    "borders": "test_border_economics.py",
    "stages": "test_stage_economics.py",
    "volatility": "test_fence_economics.py",
    "worlds": "test_fence_economics.py",
}
"""Where the errors of an area are looked for before all other files, to save time."""
LIBRARIES = ("h5netcdf", "numpy", "pandas", "pymc", "pytensor", "scipy.stats", "xarray")
"""Imported once; each run is a fork of this process, with a critmin of its own."""
LIMIT = 600
"""Seconds of processor time that one run of the tests may take, however busy the machine; an error that
hangs them counts as found."""


class TrialError(Exception):
    """The trial cannot be run."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A deliberate error: where it belongs, what it means, and the text that it replaces."""

    area: str
    economics: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """An error and the test that found it; None if all passed."""

    mutation: Mutation
    file: str
    test: str | None
    seconds: float


def mutations() -> list[Mutation]:
    """Read the errors of ``scripts/mutations.toml``."""
    table = tomllib.loads((ROOT / "scripts" / "mutations.toml").read_text(encoding="utf-8"))
    return [Mutation(**row) for row in table["mutation"]]


def place(mutation: Mutation, sources: dict[Path, str]) -> Path:
    """The one file in which an error's text stands.

    Raises
    ------
    TrialError
        If it stands nowhere, or more than once.
    """
    found = {path: text.count(mutation.old) for path, text in sources.items()}
    if sum(found.values()) != 1:
        where = ", ".join(f"{path.name} ({n})" for path, n in found.items() if n) or "nowhere"
        raise TrialError(
            f"{mutation.economics!r}: its text must stand once in src/critmin, but stands {where}: "
            f"{mutation.old!r}. Correct scripts/mutations.toml"
        )
    return next(path for path, n in found.items() if n)


def sources(root: Path = ROOT) -> dict[Path, str]:
    """Files of the package that hold economics, code and tables of units, and their text."""
    package = root / "src" / "critmin"
    files = sorted([*package.rglob("*.py"), *package.rglob("*.toml")])
    return {path: path.read_text(encoding="utf-8") for path in files}


def copied(folder: Path) -> Path:
    """A copy of what the property tests need."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignored)
    shutil.copytree(ROOT / TESTS, folder / TESTS, ignore=ignored)
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


class FirstFailure:
    """A pytest plugin that keeps the name of the first test that fails, or cannot be set up."""

    name: str | None = None

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note a failure."""
        if report.failed and self.name is None:
            self.name = report.nodeid.removeprefix(f"{TESTS.as_posix()}/")

    def pytest_collectreport(self, report: Any) -> None:
        """Note a file that cannot be imported."""
        if report.failed and self.name is None:
            self.name = f"{report.nodeid} (not imported)"


@dataclass(slots=True)
class Record:
    """What was found before: on this tree, and which test found each error on any."""

    path: Path | None = None
    done: dict[str, Outcome] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> "Record":
        """Take up a record, if there is one."""
        record = cls(path)
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        for line in map(json.loads, lines):
            if line["test"]:
                record.hints[line["error"]] = line["test"]
            if line["tree"] == tree():
                made = {_key(m): m for m in mutations()}.get(line["error"])
                if made is not None:
                    found = (line["file"], line["test"], line["seconds"])
                    record.done[line["error"]] = Outcome(made, *found)
        return record

    def add(self, outcome: Outcome) -> None:
        """Write an outcome down at once."""
        if self.path is None:
            return
        row = {
            "tree": tree(),
            "error": _key(outcome.mutation),
            "file": outcome.file,
            "test": outcome.test,
            "seconds": round(outcome.seconds, 1),
        }
        with self.path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")


def _key(mutation: Mutation) -> str:
    return f"{mutation.area}: {mutation.economics}: {mutation.new}"


def tree() -> str:
    """Hash of the package, its property tests and the errors."""
    paths = [*sources(), *sorted((ROOT / TESTS).glob("*.py")), ROOT / "scripts" / "mutations.toml"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def _run(root: Path, files: tuple[str, ...], keep: bool, answer: Connection) -> None:
    """Run tests in this process, a fork with no critmin in it yet, and send what failed first."""
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 10))
    os.chdir(root)
    sys.path.insert(0, str(root / "src"))
    sys.dont_write_bytecode = not keep
    with (root / "output.txt").open("w", encoding="utf-8") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        plugin = FirstFailure()
        options = ["-n", "0", "-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider"]
        status = pytest.main([*options, *(str(TESTS / name) for name in files)], plugins=[plugin])
    answer.send((int(status), plugin.name, str(sys.modules["critmin"].__file__)))


def first_failure(root: Path, files: tuple[str, ...], *, keep: bool = False) -> str | None:
    """Name of the first property test that fails, or None.

    Bytecode is kept (`keep`) of the right sources only: an error of the same length within the same
    second would otherwise pass for them.

    Raises
    ------
    TrialError
        If the tests cannot be run.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(root, files, keep, theirs))
    process.start()
    theirs.close()
    try:
        status, name, package = ours.recv()
    except EOFError:
        process.join()
        if process.exitcode == -signal.SIGXCPU:
            return f"no end within {LIMIT} s of processor time"
        said = (root / "output.txt").read_text(encoding="utf-8", errors="replace")
        raise TrialError(f"the tests cannot be run: {said[-2000:]}") from None
    finally:
        process.kill()  # no effect where it has ended
        process.join()
    if not Path(package).is_relative_to(root):
        raise TrialError(f"the tests ran on {package}, not on the copy")
    if status and name is None:
        raise TrialError(f"the tests cannot be run: pytest ended with {status}")
    return name


def trial(chosen: list[Mutation], record: Record) -> Iterator[Outcome]:
    """Try each error in a temporary copy, but those that the record has.

    Raises
    ------
    TrialError
        If an error's text is not found once, or the tests fail without any error.
    """
    for mutation in chosen:
        place(mutation, sources())
    for library in LIBRARIES:
        importlib.import_module(library)
    with TemporaryDirectory() as name:
        root = copied(Path(name).resolve())
        right = sources(root)
        if not record.done and (broken := first_failure(root, FILES, keep=True)):
            raise TrialError(f"without any error {broken} fails")
        for mutation in chosen:
            if _key(mutation) in record.done:
                yield record.done[_key(mutation)]
                continue
            path, began = place(mutation, right), time.monotonic()
            path.write_text(right[path].replace(mutation.old, mutation.new), encoding="utf-8")
            files = tuple(dict.fromkeys((FIRST[mutation.area], *FILES)))
            hint = record.hints.get(_key(mutation))
            test = first_failure(root, (hint,)) if hint and _stands(root, hint) else None
            test = test or first_failure(root, files)
            path.write_text(right[path], encoding="utf-8")
            file = str(path.relative_to(root / "src" / "critmin"))
            outcome = Outcome(mutation, file, test, time.monotonic() - began)
            record.add(outcome)
            yield outcome


def _stands(root: Path, test: str) -> bool:
    """Whether a test of an earlier record is still there, and is one of a file's functions."""
    file, _, name = test.partition("::")
    path = root / TESTS / file
    return (
        bool(name)
        and path.is_file()
        and f"def {name.partition('[')[0]}(" in path.read_text("utf-8")
    )


def table(outcomes: list[Outcome]) -> str:
    """How many errors of each area were made and found, as Markdown."""
    rows = ["| area | errors | found |", "|---|---|---|"]
    for area in dict.fromkeys(o.mutation.area for o in outcomes):
        found = [o.test is not None for o in outcomes if o.mutation.area == area]
        rows.append(f"| {area} | {len(found)} | {sum(found)} |")
    rows.append(f"| all | {len(outcomes)} | {sum(o.test is not None for o in outcomes)} |")
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> int:
    """Run the trial, print what found each error, and return the exit status."""
    parser = argparse.ArgumentParser(description="Try deliberate errors on the property tests.")
    parser.add_argument("--only", default="", help="errors with these words in area or economics")
    parser.add_argument("--record", type=Path, help="where outcomes are written down and taken up")
    given = parser.parse_args(arguments)
    only = given.only
    chosen = [m for m in mutations() if only in f"{m.area}: {m.economics}"]
    outcomes = []
    try:
        for outcome in trial(chosen, Record.read(given.record)):
            outcomes.append(outcome)
            made = f"{outcome.mutation.area}: {outcome.mutation.economics} ({outcome.file})"
            found = outcome.test or "SURVIVED"
            print(f"{outcome.seconds:5.1f} s  {made}\n         {found}", flush=True)
    except TrialError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"\n{table(outcomes)}")
    return int(any(outcome.test is None for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
