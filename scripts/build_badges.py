"""Draw the badges of the README from what is true of this commit.

Usage: uv run python scripts/build_badges.py

Nothing is fetched: Python versions and licence are those of pyproject.toml, minerals, data and convergence
those of the built-in posterior. A test fails while a badge is stale.
"""

import html
import tomllib
from pathlib import Path

from critmin import builtin_posterior
from critmin.exceptions import CritminError

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "pictures" / "badges"
LETTER = 6.6
"""Width of a letter, pixels; texts are drawn to it."""

FORM = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"
aria-label="{label}: {text}">
<title>{label}: {text}</title>
<rect width="{width}" height="20" rx="3" fill="#444"/>
<path d="M{left} 0h{square}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{square}z" fill="{color}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="6" y="14" textLength="{label_length}">{label}</text>
<text x="{text_at}" y="14" textLength="{text_length}">{text}</text>
</g></svg>
"""


def badge(label: str, text: str, color: str) -> str:
    """One badge as SVG.

    Parameters
    ----------
    label, text : str
        On its dark and on its coloured part.
    color : str
        White must be read on it.

    Returns
    -------
    str
    """
    lengths = {name: round(LETTER * len(part)) for name, part in (("l", label), ("t", text))}
    left = lengths["l"] + 12
    return FORM.format(
        label=html.escape(label),
        text=html.escape(text),
        color=color,
        width=left + lengths["t"] + 12,
        left=left,
        square=lengths["t"] + 9,
        label_length=lengths["l"],
        text_at=left + 6,
        text_length=lengths["t"],
    )


def badges() -> dict[str, str]:
    """Every badge by name.

    Raises
    ------
    CritminError
        If the built-in posterior has not passed its gate: no badge says so.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    start = "Programming Language :: Python :: 3."
    minor = [c.removeprefix(start) for c in project["classifiers"] if c.startswith(start)]
    posterior = builtin_posterior()
    found = posterior.diagnostics
    if not found["passed"]:
        raise CritminError("the built-in posterior has not passed its gate: fit it again")
    return {
        "python": badge("Python", " | ".join(f"3.{each}" for each in minor), "#0062a3"),
        "licence": badge("licence", project["license"], "#0062a3"),
        "minerals": badge("minerals", str(len(posterior.minerals)), "#1b6f5f"),
        "data": badge("data to", str(int(posterior.draws.attrs["origin"])), "#1b6f5f"),
        "convergence": badge("R-hat", f"{found['r_hat']:.3f}, gate passed", "#1b6f5f"),
    }


def main() -> None:
    """Write them."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in badges().items():
        (TARGET / f"{name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
