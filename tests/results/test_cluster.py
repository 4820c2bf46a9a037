"""On a cluster of two workers of which one dies: nothing is lost, the numbers are the same."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pandas as pd
import pytest
import xarray as xr

from critmin import backtest, sweep
from critmin.scenario import DemandShock, Scenario

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.slow


@pytest.fixture
def client() -> Iterator["distributed.Client"]:
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


class Killer(threading.Thread):
    """Kills one worker's process as soon as some results are there but not all."""

    def __init__(self, client: "distributed.Client", count: int) -> None:
        super().__init__(daemon=True)
        self.client, self.count, self.killed, self.done_then = client, count, 0, 0

    def run(self) -> None:
        workers = self.client.run(os.getpid)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            tasks = self.client.run_on_scheduler(
                lambda dask_scheduler: [task.state for task in dask_scheduler.tasks.values()]
            )
            done = tasks.count("memory")
            if 2 <= done < self.count - 2:
                self.killed, self.done_then = next(iter(workers.values())), done
                os.kill(self.killed, signal.SIGKILL)
                return
            time.sleep(0.02)


def test_a_sweep_outlives_a_worker(client) -> None:
    scenarios = [
        Scenario(f"demand {i}", (DemandShock("gallium", i / 100, 2027),)) for i in range(1, 41)
    ]
    killer = Killer(client, len(scenarios))
    killer.start()
    far = sweep("gallium", scenarios, horizon=8, executor=client.get_executor(), progressbar=False)
    killer.join()
    assert killer.killed
    assert killer.killed not in client.run(os.getpid).values()
    alone = sweep("gallium", scenarios, horizon=8, progressbar=False)
    assert list(far) == list(alone)
    for name, each in alone.items():
        xr.testing.assert_identical(each.draws, far[name].draws)


def test_a_backtest_outlives_a_worker(client) -> None:
    asked = {"models": ("random walk", "pooled AR(1)", "local level"), "progressbar": False}
    origins = range(1985, 2020)
    killer = Killer(client, len(origins))
    killer.start()
    far = backtest(["copper", "tin", "nickel"], origins, executor=client.get_executor(), **asked)
    killer.join()
    assert killer.killed
    assert not far.failures
    alone = backtest(["copper", "tin", "nickel"], origins, **asked)
    pd.testing.assert_frame_equal(far.table, alone.table)
