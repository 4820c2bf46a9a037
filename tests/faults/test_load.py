"""Many calls at once give what one after the other does."""

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import critmin
from critmin import data
from critmin.data import private
from critmin.exceptions import CritminError

CALLS = [
    (mineral, horizon, seed)
    for mineral in ("nickel", "gallium", "dysprosium", "copper")
    for horizon, seed in ((1, 0), (5, 1), (15, 2), (3, 3))
]


def priced(call: tuple[str, int, int]) -> list[float]:
    mineral, horizon, seed = call
    draws = critmin.fair_price(mineral, horizon, seed=seed).draws
    return [float(draws[name].sum()) for name in ("fair_price", "market_price", "cost")]


def test_sixteen_threads_price_as_one_does() -> None:
    serial = [priced(call) for call in CALLS]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(priced, CALLS * 4)) == serial * 4


def test_threads_assimilate_apart_from_each_other() -> None:
    def known(price: float) -> float:
        posterior = critmin.builtin_posterior().assimilate({"nickel": price}, over="2026-06")
        return float(
            critmin.fair_price("nickel", 2, posterior=posterior).draws["market_price"].sum()
        )

    prices = [15_000.0, 16_000.0, 17_000.0, 18_000.0] * 4
    serial = [known(price) for price in prices[:4]]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(known, prices)) == serial * 4


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.slow
def test_processes_price_as_one_does(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    serial = [priced(call) for call in CALLS]
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(priced, CALLS)) == serial


def desk(name: str) -> str:
    frame = pd.DataFrame(
        {"date": ["2021", "2022", "2023"], "value": [18_450.0, 25_800.0, 21_500.0]}
    )
    return data.register(frame, mineral="nickel", unit="USD/t", name=name)


def both(name: str) -> tuple[str, list[str]]:
    return desk(name), private.names()


def test_one_of_many_threads_gets_a_name() -> None:
    def attempt(_: int) -> str:
        try:
            return desk("race")
        except CritminError as error:
            return str(error).partition(";")[0]

    try:
        with ThreadPoolExecutor(16) as pool:
            given = list(pool.map(attempt, range(32)))
        assert sorted(set(given)) == ["private-race", "private-race is registered already"]
        assert given.count("private-race") == 1
        assert private.names() == ["private-race"]
    finally:
        data.unregister("private-race")


def test_what_one_process_registers_another_does_not_know() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        found = list(pool.map(both, ["one", "two"], chunksize=1))
    assert [each for each, _ in found] == ["private-one", "private-two"]
    assert private.names() == []


MANY = int(os.environ.get("CRITMIN_CALLS", "100000"))
WORKERS, SEEDS = 8, 16


def resident() -> int:
    """Pages of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])


@cache
def few_draws() -> critmin.Posterior:
    """So that what is shown is the call, not its arithmetic."""
    return critmin.Posterior(critmin.builtin_posterior().draws.isel(sample=slice(50)))


def quick(seed: int) -> float:
    price = critmin.fair_price("tin", 1, seed=seed % SEEDS, posterior=few_draws())
    return float(price.draws["fair_price"].sum())


def worker(count: int) -> tuple[list[float], float, float, float]:
    """Different numbers seen by seed, growth of memory after a tenth of the calls, their begin and end.

    A process that is spawned imports critmin and reads the posterior first. On two cores eight of them
    take longer for that than for thousands of calls, so it is not part of their time.
    """
    seen: list[set[float]] = [set() for _ in range(SEEDS)]
    before = 0
    quick(0)
    begun = time.monotonic()
    for i in range(count):
        seen[i % SEEDS].add(quick(i))
        before = resident() if i == count // 10 else before
    assert all(len(each) == 1 for each in seen)
    return [each.pop() for each in seen], resident() / before, begun, time.monotonic()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_hundred_thousand_prices_in_threads() -> None:
    expected = [quick(seed) for seed in range(SEEDS)] * 10
    # A pool makes an object of every call that it is given; in one go they, not prices, would fill memory.
    batches = MANY // len(expected)
    before, begun = 0, time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        for i in range(batches):
            assert list(pool.map(quick, range(len(expected)))) == expected
            before = resident() if i == batches // 10 else before
    seconds = time.perf_counter() - begun
    print(f"{MANY:,} prices in {WORKERS} threads: {MANY / seconds:.0f} a second")
    print(f"memory: {resident() / before:.4f} times what a tenth of them took")
    assert resident() < 1.02 * before


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_hundred_thousand_prices_in_processes(method: str) -> None:
    serial = [quick(seed) for seed in range(SEEDS)]
    started = time.monotonic()
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        found = list(pool.map(worker, [MANY // WORKERS] * WORKERS))
    numbers, grown, begun, ended = zip(*found, strict=True)
    seconds = max(ended) - min(begun)
    print(f"{MANY:,} prices in {WORKERS} processes ({method}): {MANY / seconds:.0f} a second")
    print(
        f"the first began after {min(begun) - started:.1f} s, the last {max(begun) - started:.1f} s"
    )
    print(f"memory: at most {max(grown):.4f} times what a tenth took")
    assert list(numbers) == [serial] * WORKERS
    assert all(each < 1.02 for each in grown)
