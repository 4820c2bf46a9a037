"""Print the tables of trade in docs/data.md: what each code is worth, and who supplies a buyer.

Usage: uv run python scripts/build_trade_tables.py [BUYER [YEAR]]
"""

import sys

import pandas as pd

from critmin.data.tables import trade_codes
from critmin.data.trade import load_trade
from critmin.data.volumes import export_volumes
from critmin.trade import suppliers, unit_values
from critmin.trade.flows import LATEST

MINERALS = (
    "lithium",
    "cobalt",
    "nickel",
    "copper",
    "graphite",
    "magnesium",
    "silicon",
    "titanium",
    "niobium",
    "fluorspar",
    "gallium",
    "neodymium",
)


def codes() -> str:
    """One row a code: its minerals, worth, size, largest exporters and what places hand on."""
    lines = [
        "| code | mineral | stage | the code is | 2024, million USD | largest exporters, transit traced |",
        "|---|---|---|---|---|---|",
    ]
    for hs, rows in trade_codes().query("hs != ''").groupby("hs", sort=False):
        row = rows.iloc[0]
        names = ", ".join(rows["mineral"])
        sold = load_trade(row["mineral"], LATEST, transit="corrected")
        total = load_trade(row["mineral"], LATEST)["value"].sum() / 1e6
        largest = sold.groupby("exporter")["value"].sum().sort_values(ascending=False).head(3)
        shares = ", ".join(f"{k} {v:.0%}" for k, v in (largest / sold["value"].sum()).items())
        shown = "" if row["clean"] == "bundle" else shares
        cells = (
            f"{hs} {row['material']}",
            names,
            row["stage"],
            row["clean"],
            f"{total:,.0f}",
            shown,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def buyer(code: str, year: int) -> str:
    """One row a mineral: suppliers with shares, and the unit value that customs saw."""
    lines = ["| mineral | the code is | suppliers | paid, USD/t of product |", "|---|---|---|---|"]
    for mineral in MINERALS:
        answer = suppliers(code, mineral, year=year)
        shares = answer.table["share"].head(4)
        named = ", ".join(f"{k} {v:.0%}" for k, v in shares.items() if v >= 0.005)
        paid = unit_values(code, mineral, year=year)
        average = f"{paid['value'].sum() / paid['tonnes'].sum():,.0f}" if len(paid) else ""
        lines.append(f"| {mineral} | {answer.clean} | {named or answer.status} | {average} |")
    return "\n".join(lines)


def controls() -> str:
    """One row a control and form: tonnes a month before and after."""
    lines = [
        "| exports of China | control | before, t a month | after | after over before |",
        "|---|---|---|---|---|",
    ]
    for row in export_volumes().to_dict("records"):
        before, after = (_tonnes(row, side) for side in ("before", "after"))
        ratio = "" if pd.isna(row["ratio"]) else f"{row['ratio']:.2f} ± {row['ratio_error']:.2f}"
        lines.append(
            f"| {row['form']} ({row['material']}) | {row['effective']} | {before} ({row['basis']}) "
            f"| {after} | {ratio} |"
        )
    return "\n".join(lines)


def _tonnes(row: dict, side: str) -> str:
    months = row[f"months_{side}"]
    return f"{row[side] / 1000:,.4g} in {months} months" if months else "no data"


def main() -> None:
    """Print."""
    if len(sys.argv) > 3 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    code = sys.argv[1] if len(sys.argv) > 1 else "JPN"
    year = int(sys.argv[2]) if len(sys.argv) > 2 else LATEST
    print(codes(), buyer(code, year), controls(), sep="\n\n")


if __name__ == "__main__":
    main()
