"""Check the built site: links and anchors lead somewhere, pictures have words, nothing is fetched.

Usage: uv run python scripts/check_site.py build/site
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

MADE_BY_SCRIPT = ("search.html", "genindex.html")
"""Pages whose anchors a script makes, or that have none of their own."""


class Page(HTMLParser):
    """Addresses that a page links to and loads, its anchors, and pictures without words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.silent: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what a tag says."""
        told = {name: value or "" for name, value in attrs}
        self.anchors |= {told[name] for name in ("id", "name") if told.get(name)}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        if tag == "link" and told.get("rel") not in ("canonical", "author"):
            self.loads.append(told.get("href", ""))
        if tag in ("img", "script", "iframe", "source") and "src" in told:
            self.loads.append(told["src"])
        if tag == "img" and not told.get("alt"):
            self.silent.append(told.get("src", "")[:60])


def check_site(folder: Path) -> list[str]:
    """What is wrong with a built site.

    Parameters
    ----------
    folder : Path
        Of the pages.

    Returns
    -------
    list of str
        A line each; empty if all is well.
    """
    pages = {
        path: Page(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.html")
        if "_static" not in path.parts
    }
    found: list[str] = [] if pages else [f"{folder} holds no page"]
    for path, page in pages.items():
        here = path.relative_to(folder)
        found += [f"{here}: picture without words {each}" for each in page.silent]
        for address in page.loads + page.links:
            parts = urlsplit(address)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                if address in page.loads:
                    found.append(f"{here}: loads {address}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target = target / "index.html"
            if not target.exists():
                found.append(f"{here}: no {address}")
            elif (
                parts.fragment
                and target in pages
                and target.name not in MADE_BY_SCRIPT
                and unquote(parts.fragment) not in pages[target].anchors
            ):
                found.append(f"{here}: no anchor {address}")
    return found


def main() -> None:
    """Print what is wrong; exit with 1 if anything is."""
    found = check_site(Path(sys.argv[1]).resolve())
    sys.stdout.write("".join(f"{each}\n" for each in found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
