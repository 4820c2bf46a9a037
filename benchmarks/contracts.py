"""Benchmark of contracts: one deal on 2,000 draws beyond the forecast, and a zone of 50 x 50 terms.

Usage: uv run python benchmarks/contracts.py
"""

import statistics
import time
from collections.abc import Callable

from critmin import forecast
from critmin.contracts import Collar, Offtake, gallery

LIMIT_VALUE, LIMIT_ZONE = 0.020, 2.0


def median(run: Callable[[], object], rounds: int) -> float:
    """Median seconds of a call, after one to warm up."""
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Time both, in one run, beside the forecast that they stand on."""
    print(f"limits: {1000 * LIMIT_VALUE:.0f} ms a value, {LIMIT_ZONE:.0f} s a zone")
    for name, deal in gallery().items():
        horizon = deal.last - 2025
        made = forecast(deal.minerals[0], horizon)
        base = median(lambda d=deal, h=horizon: forecast(d.minerals[0], h), 11)  # type: ignore[misc]
        seconds = median(lambda d=deal, f=made: d.value(f), 21)  # type: ignore[misc]
        print(
            f"{name}: {1000 * seconds:.1f} ms, {seconds / base:.2f} times its forecast, "
            f"{len(deal.without())} clauses taken out in turn"
        )
    nickel = forecast("nickel", 11)
    plain = Offtake("nickel", 5_000, 2027, 10, Collar(13_000, 21_000))
    for name, deal in (("collar", plain), ("nickel-auto", gallery()["nickel-auto"])):
        seconds = median(lambda d=deal: d.zone(forecast=nickel, points=50), 3)  # type: ignore[misc]
        print(f"zone of 50 x 50, {name}: {seconds:.2f} s")


if __name__ == "__main__":
    main()
