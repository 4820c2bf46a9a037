"""What the snapshot holds joined is what joining gives, and never stands in the way of it."""

import json

import pandas as pd
import pytest
import xarray as xr

from critmin.data import assembled, load_panel, register, unregister
from critmin.data.editions import NEWEST
from critmin.data.prices import joined_history, price_history
from critmin.data.production import (
    first_estimates,
    joined_datasets,
    joined_first_estimates,
    joined_output,
    output,
    production_series,
)
from critmin.exceptions import DataError
from critmin.mineral import get_mineral, registry

MINERALS = ["gallium", "cobalt", "dysprosium", "alumina"]


@pytest.fixture
def fresh():
    """Nothing kept from before, nor after."""

    def clear() -> None:
        from critmin.data import prices, production

        for kept in (assembled._about, assembled._tables, prices._assembled, production._output):
            kept.cache_clear()

    clear()
    yield
    clear()


@pytest.mark.parametrize("name", list(registry()))
def test_prices_are_those_that_joining_gives(name: str) -> None:
    mineral = get_mineral(name)
    assert assembled.price_table(name) is not None, "run scripts/build_assembled.py"
    pd.testing.assert_frame_equal(
        price_history(mineral, own=False),
        joined_history(mineral, NEWEST)[0],
        check_exact=True,
        check_names=False,
    )


def test_output_is_what_putting_it_together_gives() -> None:
    series = production_series()[["mineral", "stage"]].drop_duplicates()
    for name, stage in series.itertuples(index=False):
        for found, made in (
            (output(name, stage), joined_output(name, stage)),
            (first_estimates(name, stage), joined_first_estimates(name, stage)),
        ):
            made = made.reset_index(drop=True)
            pd.testing.assert_frame_equal(found, made, check_exact=True, check_dtype=False)
        assert assembled.output_datasets(name, stage) == joined_datasets(name, stage)


def test_of_other_data_nothing_is_taken_and_the_panel_is_the_same(fresh, monkeypatch) -> None:
    ready = load_panel(MINERALS)
    assembled._about.cache_clear()
    monkeypatch.setattr(assembled, "stamp", lambda: "of other data")
    assert assembled.price_table("gallium") is None
    from critmin.data import prices, production

    prices._assembled.cache_clear()
    production._output.cache_clear()
    xr.testing.assert_identical(load_panel(MINERALS), ready)


def test_a_damaged_file_is_refused(fresh, monkeypatch) -> None:
    whole = assembled.snapshot_bytes

    def damaged(name: str) -> bytes:
        content = whole(name)
        return content.replace(b"477000", b"577000") if name == assembled.PRICES else content

    monkeypatch.setattr(assembled, "snapshot_bytes", damaged)
    with pytest.raises(DataError, match="does not match its hash"):
        price_history(get_mineral("gallium"))


def test_the_stamp_is_of_the_data_here() -> None:
    about = json.loads(assembled.snapshot_bytes(assembled.ABOUT))
    assert about["stamp"] == assembled.stamp(), "run scripts/build_assembled.py"


def test_what_a_user_registers_takes_effect() -> None:
    before = load_panel(["gallium"])["price_nominal"].sel(mineral="gallium", year=2020)
    frame = pd.DataFrame({"date": range(2015, 2024), "value": [float(before) * 1.1] * 9})
    register(frame, name="own", mineral="gallium", unit="USD/t")
    try:
        panel = load_panel(["gallium"])
        assert panel["price_dataset"].sel(mineral="gallium", year=2020) == "private-own"
        found = panel["price_nominal"].sel(mineral="gallium", year=2020)
        assert float(found) == pytest.approx(float(before) * 1.1)
    finally:
        unregister("private-own")
    again = load_panel(["gallium"])["price_nominal"].sel(mineral="gallium", year=2020)
    assert float(again) == float(before)


def test_what_one_caller_writes_into_a_table_no_other_sees() -> None:
    first_estimates("copper", "mined")["value"] = 0.0
    output("copper", "mined")["value"] = 0.0
    price_history(get_mineral("copper"))["price"] = 0.0
    assert first_estimates("copper", "mined")["value"].max() > 0
    assert output("copper", "mined")["value"].max() > 0
    assert price_history(get_mineral("copper"))["price"].min() > 0
