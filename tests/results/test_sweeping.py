"""A sweep gives the same forecasts whoever computes them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import xarray as xr

from critmin import forecast, sweep
from critmin.exceptions import CritminError
from critmin.results.sweeping import compare
from critmin.scenario import DemandShock, gallery

NAMES = ("gallium-ban", "dear-energy")


def chosen():
    return [gallery()[name] for name in NAMES]


def test_one_by_one_and_by_threads_are_the_same() -> None:
    alone = sweep("gallium", chosen(), horizon=4, progressbar=False)
    assert list(alone) == ["baseline", *NAMES]
    xr.testing.assert_identical(
        alone["gallium-ban"].draws, forecast("gallium", 4, scenario=gallery()["gallium-ban"]).draws
    )
    with ThreadPoolExecutor(3) as executor:
        threads = sweep("gallium", chosen(), horizon=4, executor=executor, progressbar=False)
    assert list(threads) == list(alone)
    for name, each in alone.items():
        xr.testing.assert_identical(each.draws, threads[name].draws)


def test_prices_of_today_are_taken_up_alike_by_one_and_by_many() -> None:
    today = {"nickel": (16_000, "USD/t", "2026-05")}
    shock = [DemandShock("nickel", 0.1, 2027)]
    alone = sweep("nickel", shock, 2, today=today, progressbar=False)
    with ThreadPoolExecutor(2) as executor:
        threads = sweep("nickel", shock, 2, today=today, executor=executor, progressbar=False)
    for name, each in alone.items():
        xr.testing.assert_identical(each.draws, threads[name].draws)
        assert each.provenance == threads[name].provenance
    xr.testing.assert_identical(alone["baseline"].draws, forecast("nickel", 2, today=today).draws)


def test_a_dask_cluster_of_two_workers_gives_the_same() -> None:
    distributed = pytest.importorskip("distributed")
    alone = sweep("gallium", chosen(), horizon=3, progressbar=False)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        far = sweep(
            "gallium", chosen(), horizon=3, executor=client.get_executor(), progressbar=False
        )
    assert list(far) == list(alone)
    for name, each in alone.items():
        xr.testing.assert_identical(each.draws, far[name].draws)


def test_comparison_is_the_effect_of_each() -> None:
    found = sweep("gallium", chosen(), horizon=3, progressbar=False)
    table = compare(found)
    assert table.index.get_level_values("scenario").nunique() == 2
    effect = found["gallium-ban"].effect(found["baseline"])
    assert (
        table.loc[(2027, "gallium-ban"), "median"] == effect.loc[2027, ("market_price", "median")]
    )
    with pytest.raises(CritminError, match="nothing to compare"):
        compare({"baseline": found["baseline"]})
    with pytest.raises(CritminError, match="more than once"):
        sweep("gallium", chosen() * 2)
