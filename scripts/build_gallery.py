"""Draw the gallery of the site: every picture with the lines of code that draw it.

Usage: uv run python scripts/build_gallery.py FOLDER

The site runs it at build, so that the pictures are of the code and the posterior of the commit.
"""

import inspect
import sys
from pathlib import Path

from pictures import PICTURES, code_of, draw, evidence, markets  # noqa: F401

ROOMS = ("Prices", "Costs", "Scenarios", "Risk and trade", "Contracts", "Evidence")


def build_gallery(target: Path) -> None:
    """Draw every picture, and write the page of the gallery and one a picture.

    Parameters
    ----------
    target : Path
        A folder; what it held is overwritten.
    """
    target.mkdir(parents=True, exist_ok=True)
    rooms: dict[str, list[str]] = {}
    for name, each in PICTURES.items():
        draw(name, target / f"{name}.png")
        caption = inspect.getdoc(each.draw) or ""
        page = (
            f"# {each.title}\n\n{caption}\n\n![{each.title}. {caption}]({name}.png)\n\n"
            f"The lines that drew it, into a Matplotlib `figure`:\n\n```python\n{code_of(each)}\n```\n"
        )
        (target / f"{name}.md").write_text(page, encoding="utf-8")
        card = (
            f":::{{grid-item-card}} {each.title}\n:link: {name}\n:link-type: doc\n"
            f":img-top: {name}.png\n:img-alt: {each.title}. {caption}\n:::\n"
        )
        rooms.setdefault(each.room, []).append(card)
    parts = [
        "# Gallery\n\nDrawn when this site was built. A picture's page has the lines that drew it. "
        "With hover and zoom draw `critmin.results.interactive` (extra `interactive`).\n"
    ]
    for room in ROOMS:
        cards = rooms.pop(room)
        parts.append(
            f"## {room}\n\n::::{{grid}} 1 2 2 3\n:gutter: 3\n\n" + "\n".join(cards) + "\n::::\n"
        )
    parts.append(
        "```{toctree}\n:hidden:\n\n"
        + "\n".join(sorted(PICTURES, key=lambda name: ROOMS.index(PICTURES[name].room)))
        + "\n```\n"
    )
    (target / "index.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    build_gallery(Path(sys.argv[1]))
