"""Time `critmin.data.register` on a million rows: a daily export of many symbols, as an agency sends it.

Usage: uv run python benchmarks/reading.py [rows]
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from critmin.data import register, unregister
from critmin.data.panel import load_panel
from critmin.data.prices import price_history
from critmin.mineral import get_mineral

SYMBOLS = 100


def export(rows: int) -> pd.DataFrame:
    """Daily nickel prices near the public ones under one of many symbols, the others noise."""
    rng = np.random.default_rng(1)
    days = pd.bdate_range(end="2024-12-31", periods=max(rows // SYMBOLS, 600))
    public = price_history(get_mineral("nickel"))["price"].reindex(days.year).to_numpy()
    frame = pd.DataFrame({"Date": np.repeat(days, SYMBOLS)})
    frame["Symbol"] = np.tile([f"S{i:02d}" for i in range(SYMBOLS)], len(days))
    noise = np.exp(rng.normal(0, 0.02, len(frame)))
    frame["Price"] = (np.repeat(public, SYMBOLS) * noise).round(2)
    return frame.iloc[:rows]


def main() -> None:
    """Write the export in four kinds and register each."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    frame = export(rows)
    load_panel(["nickel"])  # what is read once is not timed
    whole = pd.DataFrame(
        {"Date": pd.date_range("2000-01-01", "2024-12-31", periods=rows).floor("s")}
    )
    public = price_history(get_mineral("nickel"))["price"]
    whole["Price"] = public.reindex(whole["Date"].dt.year).to_numpy() + np.arange(rows) / rows
    names = {"date": "Date", "value": "Price"}
    with tempfile.TemporaryDirectory() as folder:
        for label, table, options, more in (
            ("one symbol of many, CSV", frame, {}, {"symbol": "S07"}),
            ("semicolons, decimal commas", frame, {"sep": ";", "decimal": ","}, {"symbol": "S07"}),
            ("every row of one series", whole, {}, {}),
        ):
            path = Path(folder) / "export.csv"
            table.to_csv(path, index=False, **options)
            start, busy = time.perf_counter(), time.process_time()
            columns = names | ({"symbol": "Symbol"} if more else {})
            register(
                path, name="x", mineral="nickel", unit="USD/t", columns=columns, until=2024, **more
            )
            wall, cpu = time.perf_counter() - start, time.process_time() - busy
            print(f"{label}: {rows:,} rows in {wall:.2f} s ({cpu:.2f} s of processor)")
            unregister("private-x")


if __name__ == "__main__":
    main()
