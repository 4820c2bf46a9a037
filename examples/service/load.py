"""Measure the service on this machine: quantiles of its answers' times under a few clients.

Usage: uv run --no-dev --group service python examples/service/load.py

Starts the service on a free port of the loopback address, asks a bounded number of questions and stops it.
"""

import itertools
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

import critmin

CLIENTS, FIRST, AGAIN = 4, 132, 2000
"""Clients at once; questions nobody asked before; questions asked again."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ask(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - begun


def _measure(base: str, paths: list[str]) -> str:
    """Median, 99% quantile and rate of the answers to many questions."""
    with httpx.Client(base_url=base, timeout=60) as client, ThreadPoolExecutor(CLIENTS) as pool:
        begun = time.perf_counter()
        spent = sorted(pool.map(lambda path: _ask(client, path), paths))
        rate = len(paths) / (time.perf_counter() - begun)
    p99 = statistics.quantiles(spent, n=100)[98]
    return f"median {1000 * statistics.median(spent):.0f} ms, p99 {1000 * p99:.0f} ms, {rate:.0f} a second"


def main() -> None:
    """Start, ask, print, stop."""
    port = _free_port()
    here = str(Path(__file__).parent)
    command = [sys.executable, "-m", "uvicorn", "--app-dir", here, "app:app", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "warning"])  # noqa: S603
    try:
        base = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                httpx.get(f"{base}/health").raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.1)
        names = critmin.builtin_posterior().minerals
        fresh = [f"/price/{m}?horizon={h}" for h in (10, 15) for m in names][:FIRST]
        print(f"{CLIENTS} clients, one process")
        print(f"{len(fresh)} new questions: {_measure(base, fresh)}")
        print(
            f"{AGAIN} asked again: {_measure(base, list(itertools.islice(itertools.cycle(fresh), AGAIN)))}"
        )
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    main()
