"""Documents: links lead somewhere, cells of pages run, every picture has its lines."""

import ast
import importlib
import re
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if not {"gallery", "notebooks", "generated"} & set(path.relative_to(ROOT).parts[1:-1])
)
MADE_AT_BUILD = ("gallery/", "notebooks/", "../gallery/", "../notebooks/")
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.quick
@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+://|#", target):
            continue
        path = page.parent / target.partition("#")[0]
        if target.startswith(MADE_AT_BUILD) and page.is_relative_to(ROOT / "docs"):
            name = Path(target).stem
            made = (ROOT / "notebooks" / f"{name}.ipynb").exists() or name in pictures().PICTURES
            assert made, target
        else:
            assert path.exists(), target


@pytest.mark.quick
def test_documents_in_two_languages_name_each_other() -> None:
    for english in (ROOT / "README.md", ROOT / "docs" / "japan.md"):
        japanese = english.with_name(f"{english.stem}.ja.md")
        assert f"]({japanese.name})" in english.read_text(encoding="utf-8").replace("docs/", "")
        assert f"]({english.name})" in japanese.read_text(encoding="utf-8")


def pictures():
    scripts = str(ROOT / "scripts")
    if scripts not in sys.path:
        sys.path.insert(0, scripts)
    importlib.import_module("build_gallery")
    return sys.modules["pictures"]


@pytest.mark.quick
def test_the_gallery_has_twenty_pictures_each_with_its_lines() -> None:
    known = pictures()
    assert len(known.PICTURES) >= 20
    titles = [each.title for each in known.PICTURES.values()]
    assert len(set(titles)) == len(titles)
    for each in known.PICTURES.values():
        assert ast.parse(known.code_of(each)).body
        assert each.room in sys.modules["build_gallery"].ROOMS
    shown = importlib.import_module("build_pictures").SHOWN
    assert set(shown) <= set(known.PICTURES)
    for name in shown:
        assert (ROOT / "docs" / "pictures" / f"{name}.png").exists()


@pytest.mark.parametrize("name", ["gallium", "copper-cost-stack", "backtest"])
def test_a_picture_is_drawn_the_same_again(name: str, tmp_path: Path) -> None:
    known = pictures()
    for copy in ("one", "two"):
        known.draw(name, tmp_path / f"{copy}.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def listed() -> list[str]:
    """Names that the reference lists, with their module."""
    found = []
    for page in sorted((ROOT / "docs" / "api").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for module in re.findall(r"currentmodule:: (\S+)", text):
            found += [f"{module}.{name}" for name in re.findall(r"^   (\w[\w.]*)$", text, re.M)]
    return found


@pytest.mark.quick
def test_the_reference_lists_every_public_name_once() -> None:
    names = listed()
    assert len(set(names)) == len(names)
    for room in ("critmin", "audit", "contracts", "data", "scenario", "trade"):
        module = importlib.import_module(room if room == "critmin" else f"critmin.{room}")
        for name in module.__all__:
            each = getattr(module, name)
            error = isinstance(each, type) and issubclass(each, Exception)
            if callable(each) and not error:
                assert {f"{module.__name__}.{name}", f"critmin.{room}.{name}"} & set(names), name


@pytest.mark.quick
def test_no_two_pages_of_the_reference_differ_by_case_alone() -> None:
    conf = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    renamed = re.search(r"autosummary_filename_map = \{.*?for name in \((.*?)\)", conf, re.DOTALL)[
        1
    ]
    calls = {f"critmin.{name}" for name in re.findall(r'"([\w.]+)"', renamed)}
    files = [f"{name}-call" if name in calls else name for name in listed()]
    assert len({each.lower() for each in files}) == len(files)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [path for path in PAGES if CELL.search(path.read_text(encoding="utf-8"))],
    ids=lambda path: path.stem,
)
def test_the_cells_of_a_page_run(page: Path) -> None:
    found = CELL.findall(page.read_text(encoding="utf-8"))
    cells = [re.sub(r"^:.*\n", "", cell, flags=re.MULTILINE) for cell in found]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=900, kernel_name="python3").execute()


@pytest.mark.quick
def test_a_wrong_site_is_told(tmp_path: Path) -> None:
    pictures()
    check_site = importlib.import_module("check_site").check_site
    head = '<link rel="stylesheet" href="a.css"><a href="b.html#there">b</a><a href="https://x.org">x</a>'
    (tmp_path / "a.css").touch()
    (tmp_path / "index.html").write_text(f'{head}<img src="a.css" alt="told">')
    (tmp_path / "b.html").write_text('<h2 id="there">b</h2>')
    assert check_site(tmp_path) == []
    bad = '<script src="https://x.org/x.js"></script><img src="c.png"><a href="b.html#gone">b</a>'
    (tmp_path / "index.html").write_text(bad)
    found = " ".join(check_site(tmp_path))
    for reason in (
        "without words c.png",
        "loads https://x.org",
        "no c.png",
        "no anchor b.html#gone",
    ):
        assert reason in found
    assert len(check_site(tmp_path / "nowhere")) == 1
