"""Pictures of the gallery, each a function that draws into a figure."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

Draw = Callable[[Figure], None]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the gallery.

    Attributes
    ----------
    title : str
    room : str
        Heading that it stands under.
    size : tuple of float
        Inches.
    draw : callable
    """

    title: str
    room: str
    size: tuple[float, float]
    draw: Draw


PICTURES: dict[str, Picture] = {}
"""By name, in the order of the gallery."""


def picture(title: str, room: str, size: tuple[float, float] = (9, 5)) -> Callable[[Draw], Draw]:
    """Add a function that draws into a figure to the gallery."""

    def add(draw: Draw) -> Draw:
        PICTURES[draw.__name__.replace("_", "-")] = Picture(title, room, size, draw)
        return draw

    return add


def draw(name: str, path: Path, dpi: int = 80) -> None:
    """Draw a picture into a file; the same picture gives the same bytes."""
    chosen = PICTURES[name]
    figure = Figure(figsize=chosen.size, layout="constrained")
    chosen.draw(figure)
    figure.savefig(path, dpi=dpi, metadata={"Software": None})


def code_of(chosen: Picture) -> str:
    """The lines that draw a picture, without decorator and docstring."""
    source = inspect.getsource(chosen.draw)
    body = source[source.index('"""', source.index('"""') + 3) + 3 :].strip("\n")
    return textwrap.dedent(body)
