"""Print the tables of trade in docs/data.md: what each code is worth, and who supplies a buyer.

Usage: uv run python scripts/build_trade_tables.py [BUYER [YEAR]]
"""

import sys

import numpy as np
import pandas as pd

from critmin.data.tables import trade_codes
from critmin.data.trade import load_trade, reported_exports, trade_years
from critmin.data.volumes import export_volumes
from critmin.trade import suppliers, unit_values

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


def codes(year: int) -> str:
    """One row a code: its minerals, worth, size, largest exporters and what places hand on."""
    lines = [
        f"| code | mineral | stage | the code is | {year}, million USD "
        "| largest exporters, transit traced | two reports differ by a factor of |",
        "|---|---|---|---|---|---|---|",
    ]
    for hs, rows in trade_codes().query("hs != ''").groupby("hs", sort=False):
        row = rows.iloc[0]
        names = ", ".join(rows["mineral"])
        sold = load_trade(row["mineral"], year, transit="corrected")
        total = load_trade(row["mineral"], year)["value"].sum() / 1e6
        largest = sold.groupby("exporter")["value"].sum().sort_values(ascending=False).head(3)
        shares = ", ".join(f"{k} {v:.0%}" for k, v in (largest / sold["value"].sum()).items())
        shown = "" if row["clean"] == "bundle" else shares
        code = f"{hs} {row['material']}"
        gap = _gap(str(hs), sold)
        cells = (code, names, row["stage"], row["clean"], f"{total:,.0f}", shown, gap)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _gap(hs: str, sold: pd.DataFrame) -> str:
    """Median ratio of an exporter's tonnes to its buyers', larger over smaller, from 1% of exports on."""
    tonnes = reported_exports(hs, trade_years(weighed=True)[-1])
    by_exporter = sold.groupby("exporter")["value"].sum()
    large = by_exporter.reindex(tonnes.index) >= 0.01 * by_exporter.sum()
    gap = np.log(tonnes["exporter"] / tonnes["importers"]).abs()[large]
    return f"{np.exp(gap.median()):.3g} ({len(gap)} exporters)" if len(gap) else ""


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
    tonnes = row[side] / 1000
    shown = f"{tonnes:,.0f}" if tonnes >= 100 else f"{tonnes:.3g}"
    return f"{shown} in {months} month{'s' * (months > 1)}" if months else "no data"


def main() -> None:
    """Print."""
    if len(sys.argv) > 3 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    code = sys.argv[1] if len(sys.argv) > 1 else "JPN"
    year = int(sys.argv[2]) if len(sys.argv) > 2 else trade_years()[-1]
    print(codes(year), buyer(code, year), controls(), sep="\n\n")


if __name__ == "__main__":
    main()
