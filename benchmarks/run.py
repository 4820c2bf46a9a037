"""Benchmarks: import time, call time, fit time and memory, as ratios where a machine is noisy.

Usage: uv run python benchmarks/run.py [--fit]

Without --fit the cold fit, which takes minutes, is left out.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from critmin import Posterior

ROUNDS = 7


def process_seconds(code: str) -> float:
    """Median user and system time of a fresh Python process."""
    times = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return statistics.median(times)


def imports() -> None:
    """Import time against what every user of labelled data pays anyway."""
    base = process_seconds("import pandas, xarray")
    for name, code in (
        ("import critmin", "import critmin"),
        ("import critmin, pandas, xarray", "import critmin, pandas, xarray"),
        ("from critmin import fair_price", "from critmin import fair_price"),
    ):
        seconds = process_seconds(code)
        print(f"{name}: {seconds:.2f} s, {seconds / base:.2f} times 'import pandas, xarray'")


PANEL = """
import time
import critmin.data.panel, critmin.data.assembled as assembled
{}
start = time.process_time()
critmin.data.panel.load_panel()
print(time.process_time() - start)
"""


def panel() -> None:
    """First `load_panel` of a process, against joining all sources anew."""

    def seconds(before: str) -> float:
        code = PANEL.format(before)
        runs = [
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
            for _ in range(ROUNDS)
        ]
        return statistics.median(float(run.stdout) for run in runs)

    joined, ready = seconds("assembled._about = dict"), seconds("")
    print(f"first load_panel(): {ready:.2f} s of processor, {ready / joined:.2f} of joining anew")


def median(
    run: Callable[[], object], rounds: int = 21, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Median seconds of a call."""
    times = []
    for _ in range(rounds):
        start = clock()
        run()
        times.append(clock() - start)
    return statistics.median(times)


def calls() -> None:
    """`fair_price` and `forecast` in a warm process, against drawing the variates they need."""
    import numpy as np

    from critmin import Posterior, builtin_posterior, fair_price, forecast

    fair_price("nickel")
    rng = np.random.default_rng(0)
    variates = median(lambda: rng.standard_normal((8, 15, 2000)))
    for call in (fair_price, forecast):
        seconds = median(lambda call=call: call("nickel"))  # type: ignore[misc]
        print(
            f"{call.__name__}('nickel'), 15 years, 2,000 draws: {1000 * seconds:.1f} ms median, "
            f"{seconds / variates:.1f} times drawing 8 x 15 x 2,000 normal variates"
        )
    posterior = builtin_posterior()
    news(posterior)
    every = median(lambda: forecast(posterior.minerals), 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"forecast of all {len(posterior.minerals)} minerals: {every:.2f} s, peak {peak:.2f} GB")
    whole = median(lambda: forecast("nickel", 40))
    for years in (5, 10, 20, 40):
        print(f"  {years} years: {median(lambda y=years: forecast('nickel', y)) / whole:.2f} of 40")  # type: ignore[misc]
    for draws in (500, 1000, 2000):
        part = Posterior(posterior.draws.isel(sample=slice(draws)))
        forecast("nickel", 40, posterior=part)
        seconds = median(lambda p=part: forecast("nickel", 40, posterior=p))  # type: ignore[misc]
        print(f"  {draws} draws: {seconds / whole:.2f} of 2,000")


def news(posterior: "Posterior") -> None:
    """Prices taken up, against a `fair_price` of the same run."""
    from critmin import fair_price

    one = median(lambda: fair_price("nickel"), clock=time.process_time)
    known = {
        "one price": {"nickel": 16_000},
        "one far off": {"gallium": (1_600, "USD/kg", "2026-11-28")},
        "three": {"nickel": 16_000, "copper": 12_000, "zinc": 3_000},
    }
    for name, prices in known.items():
        seconds = median(
            lambda p=prices: posterior.assimilate(p, over="2026-05"),  # type: ignore[misc]
            clock=time.process_time,
        )
        each = seconds / len(prices)
        print(
            f"assimilate {name}: {1000 * each:.0f} ms of processor a price, {each / one:.2f} times "
            "fair_price('nickel')"
        )
    today = {"nickel": (16_000, "USD/t", "2026-05-12")}
    seconds = median(lambda: fair_price("nickel", today=today), 9, time.process_time)
    print(f"fair_price('nickel', today=...): {seconds / one:.1f} times fair_price('nickel')")


FIT = """
import json, resource, time
start = time.perf_counter()
import critmin
posterior = critmin.fit(seed=20251202, progressbar=False)
print(json.dumps({
    "seconds": time.perf_counter() - start,
    "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    "gigabytes_apart": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6,
    **posterior.diagnostics,
}))
"""


def cold_fit() -> None:
    """Fit everything with empty compilation caches."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PYTENSOR_FLAGS": f"base_compiledir={folder}",
            "NUMBA_CACHE_DIR": folder,
        }
        done = subprocess.run(
            [sys.executable, "-c", FIT], check=True, capture_output=True, text=True, env=environment
        )
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"cold fit of all minerals: {found['seconds']:.0f} s, {found['gigabytes']:.2f} GB and "
        f"{found['gigabytes_apart']:.2f} GB apart, R-hat at most {found['r_hat']:.4f}, bulk ESS at "
        f"least {found['ess_bulk']:.0f}, tail ESS at least {found['ess_tail']:.0f}, "
        f"{found['divergences']:.0f} divergences"
    )


if __name__ == "__main__":
    imports()
    panel()
    calls()
    if "--fit" in sys.argv:
        cold_fit()
