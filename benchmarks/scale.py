"""Where one machine ends: processor time and memory a mineral, a draw, a year, a scenario, an origin.

Usage: uv run python benchmarks/scale.py [--fit 2 4]

``--fit`` also fits panels of so many minerals with the defaults, a minute or more each.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

import critmin
from critmin.data import load_panel
from critmin.scenario import DemandShock

REPEATS = 7


def seconds(work: Callable[[], object]) -> float:
    """Median processor time over repeats, the first left out."""
    work()
    spent = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return statistics.median(spent)


def peak() -> float:
    """Most memory that this process has held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def results() -> None:
    """A forecast by horizon and by mineral, a scenario, and an exposure."""
    for horizon in (5, 15, 40):
        took = seconds(lambda h=horizon: critmin.forecast("copper", h))
        size = critmin.forecast("copper", horizon).draws.nbytes / 1e6
        print(f"forecast of copper, {horizon} years: {1000 * took:.0f} ms, {size:.1f} MB kept")
    names = critmin.builtin_posterior().minerals
    begun = time.process_time()
    sizes = [critmin.forecast(name, 15).draws.nbytes / 1e6 for name in names]
    each = (time.process_time() - begun) / len(names)
    print(
        f"{len(names)} minerals, 15 years: {1000 * each:.0f} ms and {np.mean(sizes):.1f} MB a mineral, "
        f"{peak():.2f} GB at the peak"
    )
    shocks = [DemandShock("copper", 0.01 * i, 2027) for i in range(1, 21)]
    begun = time.process_time()
    critmin.sweep("copper", shocks, 15, progressbar=False)
    print(f"sweep: {1000 * (time.process_time() - begun) / 21:.0f} ms a scenario of 15 years")


def models() -> None:
    """Size of the model and of its panel by number of minerals."""
    names = critmin.builtin_posterior().minerals
    for count in (4, 16, len(names)):
        panel = load_panel(names[:count])
        begun = time.process_time()
        model = critmin.build_model(panel)
        took = time.process_time() - begun
        point = model.initial_point()
        free = sum(np.size(value) for value in point.values())
        print(
            f"model of {count} minerals: {free} dimensions ({free / count:.0f} a mineral), panel of "
            f"{panel.nbytes / 1e6:.1f} MB, built in {took:.1f} s"
        )


def origins() -> None:
    """An origin of the backtest without the structural model."""
    asked = {"models": ("random walk", "pooled AR(1)", "local level"), "progressbar": False}
    begun = time.process_time()
    critmin.backtest(origins=range(2000, 2005), **asked)
    print(f"backtest of the baselines: {(time.process_time() - begun) / 5:.1f} s an origin")


def fits(counts: list[int]) -> None:
    """Fits with the defaults."""
    names = critmin.builtin_posterior().minerals
    for count in counts:
        begun = time.process_time()
        critmin.fit(names[:count], progressbar=False, allow_bad=True)
        took = time.process_time() - begun
        print(f"fit of {count} minerals: {took:.0f} s, {peak():.2f} GB at the peak")


def main() -> None:
    """Print the figures of docs/scale.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=int, nargs="*", default=[])
    chosen = parser.parse_args()
    results()
    models()
    origins()
    fits(chosen.fit)


if __name__ == "__main__":
    main()
