"""Score forecasts of commodities that critmin has never seen, in Markdown.

Usage: uv run python scripts/score_strangers.py DS140 FOLDER [ORIGIN ...]

DS140 is a folder of the tables of USGS Data Series 140 as text (``ds140-*.tsv``). Every commodity with 40
unit values in dollars of 1998 or more since 1940 that is none of critmin's minerals is a stranger: only
its prices are given, its group is unknown. At each origin (1985, 1992, 1999, 2006 and 2013 by default) the
structural model is refitted to strangers and base metals, some three minutes of a core each; FOLDER keeps
finished origins.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from critmin.audit.backtesting.record import Backtest
from critmin.audit.backtesting.rolling import HORIZONS, backtest
from critmin.mineral import registry

BASE = ["copper", "aluminum", "zinc", "lead", "tin", "nickel"]
ORIGINS = (1985, 1992, 1999, 2006, 2013)
VALUE = "Unit value (98$/t)"
MODELS = ("critmin", "random walk", "pooled AR(1)")
FIRST, ENOUGH = 1940, 40

KNOWN = (
    *(
        "abran",
        "alumi",
        "antim",
        "arsen",
        "barit",
        "bauxi",
        "beryl",
        "bismu",
        "boron",
        "cadmi",
        "chrom",
    ),
    *(
        "cobal",
        "coppe",
        "felds",
        "feore",
        "fluor",
        "galli",
        "germa",
        "gold",
        "graph",
        "hafni",
        "indiu",
    ),
    *(
        "iodin",
        "lead",
        "lithi",
        "manga",
        "mgmet",
        "molyb",
        "nicke",
        "niobi",
        "phosp",
        "plati",
        "potas",
    ),
    *(
        "raree",
        "rheni",
        "selen",
        "silve",
        "simet",
        "stron",
        "tanta",
        "tellu",
        "timet",
        "timin",
        "tin",
    ),
    *("tungs", "vanad", "zinc", "zirco"),
)
"""Tables of critmin's own minerals, and of mixtures of others."""


def unit_values(lines: Sequence[Sequence[object]]) -> "pd.Series[float]":
    """Real unit values by year of a table of DS140, which begins where a line says "Year"; NaN for none."""
    head = next((i for i, line in enumerate(lines) if line[0] == "Year"), None)
    if head is None or VALUE not in lines[head]:
        return pd.Series(dtype=float)
    column = list(lines[head]).index(VALUE)
    whole = [line for line in lines[head + 1 :] if len(line) == len(lines[head])]
    rows = [line for line in whole if str(line[0]).isdigit()]
    cells = pd.Series([str(row[column]) for row in rows], [int(str(row[0])) for row in rows])
    return pd.to_numeric(cells.str.replace(",", ""), errors="coerce").astype(float)


def histories(folder: Path) -> pd.DataFrame:
    """Real unit values of all strangers: mineral, year, price."""
    parts = []
    for path in sorted(folder.glob("ds140-*.tsv")):
        name = path.name.removeprefix("ds140-").split(".")[0]
        if name.split("-")[0] in KNOWN:
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found = unit_values([line.split("\t") for line in lines])
        part = found.rename_axis("year").rename("price").reset_index()
        part = part[(part["price"] > 0) & (part["year"] >= FIRST)]
        key = name.lower().replace(" ", "_").replace(",", "").replace("(", "").replace(")", "")
        if len(part) >= ENOUGH and key not in registry():
            parts.append(part.assign(mineral=key.replace("-", "_")))
    return pd.concat(parts, ignore_index=True)


def table(found: Backtest) -> str:
    """Skill, coverage and number of forecasts by years ahead."""
    means = found.summary()
    lines = [
        "| years ahead | forecasts | skill, % | pooled AR(1) | inside 90%, % |",
        "|---:|---:|---:|---:|---:|",
    ]
    for ahead in HORIZONS:
        ours, other = means.loc[(ahead, "critmin")], means.loc[(ahead, "pooled AR(1)")]
        lines.append(
            f"| {ahead} | {ours['forecasts']:.0f} | {100 * ours['skill']:.1f} | {100 * other['skill']:.1f} "
            f"| {100 * ours['inside 90%']:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    data = histories(Path(sys.argv[1]))
    origins = [int(text) for text in sys.argv[3:]] or ORIGINS
    found = backtest(BASE, origins, models=MODELS, data=data, folder=sys.argv[2], progressbar=False)
    names = sorted(set(data["mineral"]))
    print(f"{len(names)} strangers: {', '.join(names)}\n\n{table(found)}\n\n{found.diagnostics}")


if __name__ == "__main__":
    main()
