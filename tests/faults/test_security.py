"""What SECURITY.md promises: nothing is run from a file, and nothing goes over a network."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import critmin
from critmin.data import reading
from critmin.data.loaders.files import MAX_BYTES
from critmin.internal import storage

SOURCE = Path(critmin.__file__).parent
SECURITY = Path(__file__).parents[2] / "SECURITY.md"

UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
NETWORK = {"socket", "ssl", "http", "urllib", "requests", "httpx", "aiohttp", "ftplib", "smtplib"}
UNSAFE_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "read_pickle",
    "to_pickle",
    "system",
    "popen",
}


def test_no_source_can_run_what_it_reads() -> None:
    found, files = [], 0
    for path in SOURCE.rglob("*.py"):
        files += 1
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [str(node.module)]
            if {name.split(".")[0] for name in names} & (UNSAFE_MODULES | NETWORK):
                found.append((path.name, node.lineno, names))
            if isinstance(node, ast.Call):
                called = node.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                plain = isinstance(called, ast.Attribute) and name in {"compile", "eval"}
                if name in UNSAFE_CALLS and not (plain and _is_harmless(node, called)):
                    found.append((path.name, node.lineno, name))
                for keyword in node.keywords:
                    on = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                    if keyword.arg in {"allow_pickle", "shell"} and on:
                        found.append((path.name, node.lineno, keyword.arg))
    assert files > 150
    assert found == []


def _is_harmless(call: ast.Call, called: ast.expr) -> bool:
    """Whether it is `re.compile`, or `eval` of a pytensor graph, which takes no text."""
    if isinstance(called, ast.Attribute) and called.attr == "eval":
        return not call.args and not call.keywords
    owner = called.value if isinstance(called, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id == "re"


OFFLINE = """
import socket, sys
from pathlib import Path

def refuse(*_, **__):
    raise SystemExit("a socket was asked for")

class Refused(socket.socket):
    __init__ = refuse

socket.socket = Refused
socket.create_connection = socket.getaddrinfo = refuse

import critmin
from critmin import data, scenario

price = critmin.fair_price("tin", 2)
path = Path(sys.argv[1])
critmin.FairPrice.from_json(price.to_json(path / "a.json"))
critmin.FairPrice.from_netcdf(price.to_netcdf(path / "a.nc"))
critmin.cost_curve("tin"), critmin.forecast("tin", 2).exposure("JPN")
data.load_panel(["tin"]), scenario.gallery()
(path / "a.csv").write_text("date,value\\n2021,31000\\n2022,31000\\n2023,26000\\n")
data.register(path / "a.csv", mineral="tin", unit="USD/t", name="desk")
critmin.build_model(minerals=["tin"])
print("done")
"""


def test_nothing_asks_for_a_network(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.stdout.strip() == "done", done.stderr[-2000:]


def test_the_limits_are_those_that_are_documented() -> None:
    text = SECURITY.read_text(encoding="utf-8")
    assert f"{MAX_BYTES // 1_000_000} MB" in text
    assert f"{reading.MAX_CELLS:,}" in text
    assert f"{storage.MAX_UNPACKED:,} bytes" in text


def test_the_tests_it_names_are_there() -> None:
    named = re.findall(r"(?:tests|scripts)/[\w/.]+\w", SECURITY.read_text(encoding="utf-8"))
    assert len(named) >= 4
    assert [name for name in named if not (SECURITY.parent / name).exists()] == []
