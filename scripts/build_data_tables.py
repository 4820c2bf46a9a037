"""Write the tables of docs/data.md that follow from the data: joins, revisions, refusals.

Usage: uv run python scripts/build_data_tables.py [--check]

With --check nothing is written, and the exit status tells whether the document is up to date.
"""

import sys
from pathlib import Path

import pandas as pd

from critmin.data.prices import Join, joins, price_history
from critmin.data.vintage import revision_sizes
from critmin.mineral import Mineral, PriceSource, registry

DOCUMENT = Path(__file__).parents[1] / "docs" / "data.md"
COMPILED = Path(__file__).parent / "compiled"
BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"
FIRST = 1960


def _why(join: Join, source: PriceSource) -> str:
    if join.how == "overlap" or (join.common and not source.note):
        spread = "" if join.common < 2 else f", spread {join.spread:.2f}"
        common = f"{join.common} common year" + ("s" if join.common > 1 else "")
        said = f"log ratio {round(join.ratio, 2) + 0.0:+.2f} in {common}{spread}"
        if join.how == "break" and join.common == 1:
            said += ": one year does not tell"
        return said
    return source.note or "no common year"


def _years(join: Join) -> str:
    kept = [year for year in join.years if year >= FIRST]
    if len(kept) < 2:
        return str(kept[0]) if kept else "none of its own"
    return f"{kept[0]}-{kept[-1]}"


def join_table() -> str:
    """Every source after the first of every mineral: how it was joined, and why."""
    rows = ["| mineral | source | years | joined | why |", "|---|---|---|---|---|"]
    words = {"overlap": "by the overlap", "same": "same quotation", "break": "**break**"}
    for mineral in registry().values():
        used = {(s.dataset, s.series, s.first, s.last): s for s in mineral.prices}
        for join, source in zip(joins(mineral), used.values(), strict=True):
            if join.how == "first":
                continue
            rows.append(
                f"| {mineral.name} | {join.dataset} {join.series} | {_years(join)} "
                f"| {words[join.how]} | {_why(join, source)} |"
            )
    return "\n".join(rows)


def revision_table() -> str:
    """Sizes of revisions by quality."""
    rows = [
        "| quality | first estimates | median revision | 90% quantile | above a tenth |",
        "|---|---|---|---|---|",
    ]
    for quality, row in revision_sizes().iterrows():
        rows.append(
            f"| {str(quality).replace('_', ' ')} | {row['count']:.0f} | {row['median']:.1%} "
            f"| {row['90%']:.1%} | {row['above a tenth']:.0%} |"
        )
    return "\n".join(rows)


def refusal_table() -> str:
    """Single figures that were left out."""
    rows = ["| figure | why it is left out |", "|---|---|"]
    for row in pd.read_csv(COMPILED / "price-refusals.csv").itertuples(index=False):
        rows.append(f"| {row.dataset}, {row.year} | {row.reason} |")
    return "\n".join(rows)


def _count(mineral: Mineral) -> int:
    return int((price_history(mineral).index >= FIRST).sum())


def summary() -> str:
    """How many minerals have how many prices."""
    counts = {name: _count(mineral) for name, mineral in registry().items()}
    long = sum(n >= 25 for n in counts.values())
    few = [f"{name} {n}" for name, n in counts.items() if n < 25]
    return (
        f"{len(counts)} minerals are priced, {long} of them in 25 years or more since {FIRST}. "
        f"Fewer years: {', '.join(few)}."
    )


TABLES = {
    "summary": summary,
    "joins": join_table,
    "revisions": revision_table,
    "refusals": refusal_table,
}


def filled(text: str) -> str:
    """The document with every table between its marks made anew."""
    for name, make in TABLES.items():
        begin, end = BEGIN.format(name), END.format(name)
        head, rest = text.split(begin)
        tail = rest.split(end)[1]
        text = f"{head}{begin}\n{make()}\n{end}{tail}"
    return text


def main() -> None:
    """Write the document, or check it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    made = filled(text)
    if "--check" in sys.argv:
        sys.exit(made != text)
    DOCUMENT.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
