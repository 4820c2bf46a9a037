"""The tables of trade in the documentation are those that the data give."""

import subprocess
import sys
from pathlib import Path


def test_tables_in_the_documentation_are_those_printed() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, root / "scripts" / "build_trade_tables.py", "JPN", "2024"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    documented = (root / "docs" / "data.md").read_text(encoding="utf-8")
    tables = printed.stdout.strip().split("\n\n")
    assert len(tables) == 3
    for table in tables:
        assert table in documented, table.splitlines()[0]
