"""Benchmark of contracts: one deal on 2,000 draws beyond the forecast, and a zone of 50 x 50 terms.

Processor time is measured, which what else runs on the machine moves little.

Usage: uv run python benchmarks/contracts.py
"""

import statistics
import time
from collections.abc import Callable

from critmin import forecast
from critmin.contracts import Collar, Offtake, gallery

LIMIT_VALUE, LIMIT_ZONE = 0.020, 2.0


def median(run: Callable[[], object], rounds: int) -> float:
    """Median seconds of processor time of a call, after one to warm up."""
    run()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return statistics.median(times)


def within(seconds: float, limit: float) -> str:
    """Whether a time keeps its limit."""
    return "within the limit" if seconds <= limit else "BEYOND THE LIMIT"


def main() -> None:
    """Time both, in one run, beside the forecast that they stand on."""
    print(f"limits: {1000 * LIMIT_VALUE:.0f} ms a value, {LIMIT_ZONE:.0f} s a zone")
    for name, deal in gallery().items():
        horizon = deal.last - 2025
        names = list(deal.minerals)
        made = forecast(names, horizon)
        base = median(lambda n=names, h=horizon: forecast(n, h), 11)  # type: ignore[misc]
        seconds = median(lambda d=deal, f=made: d.value(f), 21)  # type: ignore[misc]
        print(
            f"{name}: {1000 * seconds:.1f} ms, {within(seconds, LIMIT_VALUE)}, {seconds / base:.2f} times "
            f"its forecast, {len(deal.without())} clauses taken out in turn"
        )
    nickel = forecast("nickel", 11)
    plain = Offtake("nickel", 5_000, 2027, 10, Collar(13_000, 21_000))
    for name, deal in (("collar", plain), ("nickel-auto", gallery()["nickel-auto"])):
        seconds = median(lambda d=deal: d.zone(forecast=nickel, points=50), 3)  # type: ignore[misc]
        print(f"zone of 50 x 50, {name}: {seconds:.2f} s, {within(seconds, LIMIT_ZONE)}")


if __name__ == "__main__":
    main()
