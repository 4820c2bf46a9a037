"""Pictures of a brief as SVG that takes the page's font, its text colour and its theme."""

import io
import re
import warnings
from collections.abc import Callable, Mapping
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from critmin.briefs.gathering import Results
from critmin.results import style

INK = "#010203"
"""Stands for the page's text colour."""

THEMED: dict[str, str] = {
    INK: "currentColor",
    style.OBSERVED: "currentColor",
    "#333333": "currentColor",
    style.MARKET: "var(--market)",
    style.FAIR: "var(--fair)",
    style.INSIDE: "var(--inside)",
    style.MARGINAL: "var(--marginal)",
}
"""Colours of the pictures that follow the theme."""

SIZE = (5.4, 3.5)
"""Inches: one size that is read at the width of a phone and of half a sheet."""


def drawings(found: Results, words: Mapping[str, str]) -> dict[str, str]:
    """Every picture of a brief by name.

    Parameters
    ----------
    found : Results
    words : mapping of str to str
        What replaces the words in pictures.

    Returns
    -------
    dict of str to str
        SVG to stand in a page: no prolog, no title, no units (the page says them).
    """
    made: dict[str, Callable[[Axes], object]] = {
        "prices": lambda ax: found.price.plot(ax=ax),
    }
    if found.curve is not None:
        curve = found.curve
        made["costs"] = lambda ax: curve.plot(ax=ax)
    return {name: _svg(name, draw, words) for name, draw in made.items()}


def _svg(name: str, draw: Callable[[Axes], object], words: Mapping[str, str]) -> str:
    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    look = {**dict.fromkeys(inked, INK), "svg.fonttype": "none", "svg.hashsalt": name}
    with mpl.rc_context({**look, "font.size": 10, "legend.labelcolor": INK}):
        figure = Figure(figsize=SIZE, layout="constrained")
        ax = figure.subplots()
        draw(ax)
        ax.set_title("", loc="left")
        ax.set_ylabel("")
        ax.set_xlabel("")
        stream = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph", UserWarning)
            figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    text = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"| height="[\d.]+pt"', "", text, count=2)
    text = re.sub(r' width="[\d.]+pt"', "", text, count=1)
    # Several pictures stand in one page: their names must not meet.
    text = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    for color, themed in THEMED.items():
        text = text.replace(color, themed)
    for english, other in words.items():
        text = text.replace(f">{escape(english)}<", f">{escape(other)}<")
    return text.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
