"""What each command prints at three widths, against files in ``tests/snapshots``.

``CRITMIN_SNAPSHOTS=write pytest tests/test_snapshots.py`` writes them anew: read the difference before
you commit it. Words are compared to the letter. Of tables of draws the words of headings and notes are,
with `#` for every number, so that a new fit changes none.
"""

import os
import re
from pathlib import Path

import pytest

from test_cli import run

FOLDER = Path(__file__).parent / "snapshots"
WIDTHS = (60, 80, 120)

PLAIN = {
    "scenario-list": ("scenario", "list"),
    "scenario-show": ("scenario", "show", "gallium-ban-with-smelter"),
    "contract-list": ("contract", "list"),
    "contract-show": ("contract", "show", "ndpr-state-floor"),
    # What these print takes fits or whole pages to make: how they are called is kept.
    "fit-help": ("fit", "--help"),
    "backtest-help": ("backtest", "--help"),
    "audit-help": ("audit", "--help"),
    "brief-help": ("brief", "--help"),
}
DRAWN = {
    "price": ("price", "gallium", "zinc", "--horizon", "2", "--unit", "kg"),
    "forecast": ("forecast", "copper", "--horizon", "2"),
    "forecast-supply": ("forecast", "copper", "--horizon", "2", "--supply"),
    "forecast-stage": ("forecast", "cobalt", "--horizon", "2", "--stage", "refined"),
    "costs": ("costs", "nickel"),
    "risk": ("risk", "cobalt"),
    "exposure": ("exposure", "cobalt", "JPN", "--horizon", "2"),
    "revenue": ("revenue", "nickel", "IDN", "--horizon", "2", "--duty", "0.1", "--royalty", "0.05"),
    "revenue-quota": ("revenue", "dysprosium", "CHN", "--horizon", "2", "--withheld", "0.2"),
    "scenario-run": ("scenario", "run", "nickel-ban", "nickel", "--horizon", "2"),
    "contract-value": ("contract", "value", "nickel-auto"),
    "contract-zone": ("contract", "zone", "nickel-auto", "--points", "5"),
    "minerals": ("minerals",),
    "data": ("data",),
    "audit-ledger": ("audit", "ledger"),
}


COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Where a workflow forces colour."""

BOUNDS = {"5%", "25%", "75%", "95%"}


def headings(text: str) -> str:
    """Words of all lines that are no rows of figures, each once, numbers masked; wherever lines break."""
    kept: dict[str, None] = {}
    for line in text.splitlines():
        cells = line.split("  ")
        figures = {word for cell in cells[1:] for word in cell.split() if re.search(r"\d", word)}
        if not figures - BOUNDS:
            kept |= dict.fromkeys(re.sub(r"\d[\d,.]*", "#", line).split())
    return "\n".join(kept) + "\n"


def compare(name: str, text: str) -> None:
    path = FOLDER / f"{name}.txt"
    if os.environ.get("CRITMIN_SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} is printed in another way"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PLAIN)
def test_words_are_printed_as_they_were(name: str, width: int) -> None:
    done = run(*PLAIN[name], COLUMNS=str(width))
    assert done.returncode == 0
    compare(f"{name}-{width}", COLOUR.sub("", done.stdout))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", DRAWN)
def test_tables_are_headed_as_they_were(name: str, width: int) -> None:
    done = run(*DRAWN[name], COLUMNS=str(width))
    assert done.returncode == 0, done.stderr
    compare(f"{name}-{width}", headings(done.stdout))
