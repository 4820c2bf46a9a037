"""Measure the evidence that comes with critmin: backtest, sensitivity, checks, calibration, events.

Usage: uv run python scripts/build_evidence.py FOLDER [TABLE ...]

FOLDER keeps the finished origins of the backtest, so that an interrupted run goes on. All tables by
default: forty origins of three to eight minutes each on a core, and some fifty fits of as long. The
backtest, of price and of output, also gives ``widths.csv``, by which forecasts are widened.
"""

import gzip
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

from critmin.audit.backtesting.record import STRUCTURAL, Backtest
from critmin.audit.backtesting.rolling import MODELS, backtest
from critmin.audit.backtesting.stacking import LEARNED, widening
from critmin.audit.backtesting.supply import supply_scores
from critmin.audit.backtesting.univariate import UNIVARIATE
from critmin.audit.checks.calibration import sbc
from critmin.audit.checks.events import event_studies
from critmin.audit.checks.held_back import held_back_wedges
from critmin.audit.checks.parts import knock_outs, leave_group_out, module_worth
from critmin.audit.checks.predictive import predictive_checks
from critmin.audit.checks.priors import contraction, prior_swaps

PACKAGE = Path(__file__).parents[1] / "src" / "critmin"
TARGET = PACKAGE / "audit" / "evidence"
SEED = 20251202

ORIGINS = tuple(range(1985, 2025))
"""Every year; by default a backtest takes every second."""


def scored(folder: Path) -> Backtest:
    """Forecasts of the backtest with their scores."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        models = (*MODELS, *UNIVARIATE)
        return backtest(origins=ORIGINS, models=models, executor=executor, folder=folder)


def write_widths() -> None:
    """The widths that the outcomes of every horizon ask for, from the stored scores of `LEARNED`."""
    factors = {}
    for name in ("backtest", "supply"):
        stored = pd.read_csv(TARGET / f"{name}.csv.gz")
        ours = stored[(stored["model"] == STRUCTURAL) & stored["origin"].isin(LEARNED)]
        factors[name] = ours.groupby("horizon")["pit"].apply(lambda pit: widening(pit.to_numpy()))
    table = pd.DataFrame(factors).set_axis(["price", "output"], axis=1).rename_axis("years")
    table.to_csv(PACKAGE / "simulation" / "widths.csv", float_format="%.4f", lineterminator="\n")


def main() -> None:
    """Write the tables as compressed CSV."""
    folder = Path(sys.argv[1])
    tables: dict[str, Callable[[], pd.DataFrame]] = {
        "backtest": lambda: scored(folder).combine().table,
        "supply": lambda: supply_scores(scored(folder).forecasts),
        "contraction": lambda: contraction(seed=SEED),
        "predictive": lambda: predictive_checks(seed=SEED),
        "sbc": lambda: sbc(100, seed=SEED),
        "prior_swaps": lambda: prior_swaps(seed=SEED),
        "knock_outs": lambda: knock_outs(seed=SEED),
        "module_worth": lambda: module_worth(seed=SEED),
        "leave_group_out": lambda: leave_group_out(seed=SEED),
        "events": event_studies,
        "held_back": lambda: held_back_wedges(seed=SEED),
    }
    TARGET.mkdir(exist_ok=True)
    for name in sys.argv[2:] or tables:
        table = tables[name]()
        text = table.to_csv(
            index=name not in ("backtest", "supply"), float_format="%.5g", lineterminator="\n"
        )
        # No time stamp: the same table gives the same file.
        with gzip.GzipFile(TARGET / f"{name}.csv.gz", "wb", mtime=0) as stream:
            stream.write(text.encode())
        if name == "supply":
            write_widths()
        print(f"{name}: {len(table)} rows", flush=True)


if __name__ == "__main__":
    main()
