"""The site: `uv run --group docs sphinx-build -W docs build/site`.

Notebooks and the cells of pages run at build, pictures of the gallery are drawn at build: every number
shown is of the code and the posterior of the commit. Nothing is fetched.
"""

import shutil
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

project = "critmin"
author = "The critmin developers"
copyright = "the critmin developers, Apache-2.0"  # noqa: A001
release = version = version_of("critmin")
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["ledger/*", "_templates"]
templates_path = ["_templates"]
html_static_path = ["_static"]
# The first is what the reference is generated as.
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 1800  # a thousand scenarios, on a busy machine
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_image_options = {"alt": "Drawn by the cell above from the result that it names."}
suppress_warnings = ["config.cache", "mystnb.unknown_mime_type"]

default_role = "py:obj"
autosummary_generate = True
# Files whose names differ from a class's by case alone would be one file on some machines.
autosummary_filename_map = {
    f"critmin.{name}": f"critmin.{name}-call"
    for name in ("audit.report", "backtest", "forecast", "trade.replacement", "trade.suppliers")
}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "pydata_sphinx_theme"
html_title = "critmin"
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options: dict[str, Any] = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def _prepare(app: Any, _: Any) -> None:
    """Copy what lives elsewhere into the sources, and draw the gallery."""
    source = Path(app.srcdir)
    target = source / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        shutil.copy(notebook, target)
    sys.path.insert(0, str(ROOT / "scripts"))
    from build_gallery import build_gallery

    build_gallery(source / "gallery")


def setup(app: Any) -> None:
    """Register what happens before the sources are read."""
    from pygments.lexers.special import TextLexer

    app.add_lexer(
        "mermaid", TextLexer
    )  # drawn by forges; here it stays text, as no script is fetched
    app.connect("config-inited", _prepare)
