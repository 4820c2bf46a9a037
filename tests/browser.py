"""Pages in headless Chromium: what overflows, what is clipped, how many sheets it prints on."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

# Measured in a frame of the width asked for: a headless window is 500 px wide at least.
PROBE = """<!doctype html><body style="margin:0">
<iframe id="f" src="{name}" style="border:0;width:{width}px;height:4000px"></iframe>
<pre id="out"></pre><script>
document.getElementById("f").onload = () => {{
  const page = document.getElementById("f").contentDocument, found = [];
  const wide = page.documentElement.scrollWidth;
  for (const figure of page.querySelectorAll("figure svg, img")) {{
    const box = figure.getBoundingClientRect();
    if (box.width < 100 || box.right > {width} + 1) found.push("figure of " + box.width);
    for (const text of figure.querySelectorAll("text")) {{
      const t = text.getBoundingClientRect();
      const out = [box.left - t.left, t.right - box.right, box.top - t.top, t.bottom - box.bottom];
      if (Math.max(...out) > 2) found.push("clipped: " + text.textContent);
    }}
  }}
  for (const each of page.querySelectorAll(".wide"))
    if (each.scrollWidth > each.clientWidth + 1 && !(each.closest("details") || {scroll}))
      found.push("table: " + each.textContent.trim());
  for (const each of page.querySelectorAll("p, li, h1, h2, summary"))
    if (each.scrollWidth > each.clientWidth + 1) found.push("words: " + each.textContent.trim());
  document.getElementById("out").textContent = JSON.stringify({{wide, found}});
}};
</script>"""


def browse(page: Path, *options: str) -> str:
    """Open a page; what the options print."""
    folder = page.with_suffix(".profile")
    quiet = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
        "--disable-background-networking --disable-component-update --disable-sync "
        "--no-pdf-header-footer"
    ).split()
    done = subprocess.run(
        [str(CHROMIUM), *quiet, f"--user-data-dir={folder}", *options, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def overflows(page: Path, width: int, *, scroll: bool = False) -> list[str]:
    """What a page of a width shows beyond its edge; tables may scroll in their own box where said."""
    probe = page.with_name(f"probe-{page.name}")
    told = PROBE.format(name=page.name, width=width, scroll=str(scroll).lower())
    probe.write_text(told, encoding="utf-8")
    dom = browse(
        probe, "--allow-file-access-from-files", "--dump-dom", "--virtual-time-budget=5000"
    )
    found = json.loads(re.search(r'<pre id="out">(.*?)</pre>', dom)[1])
    wide = [f"page of {found['wide']}"] if found["wide"] > width else []
    return wide + found["found"]


def sheets(page: Path) -> int:
    """Pages that it prints on."""
    target = page.with_suffix(".pdf")
    browse(page, f"--print-to-pdf={target}")
    return len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))
