"""Sign today's forecasts: write an entry of docs/ledger from the built-in posterior.

Usage: uv run python scripts/write_ledger.py

Refuses to run on code that is not committed, and to write over an entry.
"""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from critmin.audit.ledger import read_ledger
from critmin.audit.signing import make_entry, write_entry

ROOT = Path(__file__).parents[1]
LEDGER = ROOT / "docs" / "ledger"


def git(*arguments: str) -> str:
    """Output of a git command in the repository."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> None:
    """Forecast, sign, write."""
    if changed := git("status", "--porcelain", "--", "src"):
        raise SystemExit(f"commit these first, an entry names the code that made it:\n{changed}")
    entries = read_ledger(LEDGER)
    content = make_entry(
        git("rev-parse", "HEAD"),
        datetime.now(UTC).date().isoformat(),
        previous=entries[-1].content["sha256"] if entries else None,
    )
    print(write_entry(content, LEDGER))


if __name__ == "__main__":
    main()
