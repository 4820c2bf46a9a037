"""The tables of Japan's documents are those that the script prints."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(("language", "document"), [("en", "japan.md"), ("ja", "japan.ja.md")])
def test_tables_of_japan_are_those_printed(language: str, document: str) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, root / "scripts" / "build_japan.py", language]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    text = (root / "docs" / document).read_text(encoding="utf-8")
    tables = printed.stdout.strip().split("\n\n")
    assert len(tables) == 3
    for table in tables:
        assert table in text, table.splitlines()[0]
