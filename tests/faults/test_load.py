"""Many calls at once give what one after the other does."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
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


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_ten_thousand_prices_do_not_fill_the_memory() -> None:
    def resident() -> float:
        return float(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])

    def once(seed: int) -> float:
        return float(np.median(critmin.fair_price("tin", 1, seed=seed).draws["fair_price"]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(once, range(500)))
        before = resident()
        list(pool.map(once, range(10_000)))
    assert resident() < 1.02 * before
