from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from critmin.data import data_hash, load_panel, private, register, unregister
from critmin.exceptions import DataError, UnknownNameError
from critmin.model.inputs import make_inputs


@pytest.fixture(autouse=True)
def clean():
    yield
    for name in private.names():
        unregister(name)


def prices(**changes: object) -> pd.DataFrame:
    return pd.DataFrame({"date": [2022, 2023, 2024], "value": [10.0, 11.0, 12.0]} | changes)


def test_private_prices_take_precedence_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    pd.DataFrame(
        {
            "Date": ["2023-01-31", "2023-07-31", "2024-01-31", "2023-01-31"],
            "Symbol": ["NI", "NI", "NI", "CO"],
            "Price": ["9.0", "11.0", "8.0", "99"],
        }
    ).to_csv(path, index=False)
    name = register(
        path,
        name="agency",
        mineral="nickel",
        unit="USD/lb",
        columns={"date": "Date", "value": "Price", "symbol": "Symbol"},
        symbol="NI",
    )
    panel = load_panel(["nickel"])
    price = panel["price_nominal"].sel(mineral="nickel")
    assert float(price.sel(year=2023)) == pytest.approx(10 * 2204.62262)
    assert panel["price_dataset"].sel(mineral="nickel", year=2023).item() == name
    assert np.isnan(float(panel["price_year_end"].sel(mineral="nickel", year=2023)))
    assert float(panel["price_year_end"].sel(mineral="nickel", year=2022)) > 0
    assert panel.attrs["private"] == [name]
    assert panel.attrs["data_hash"] != data_hash()
    unregister(name)
    assert load_panel(["nickel"]).attrs["data_hash"] == data_hash()


def test_parquet_and_production(tmp_path: Path) -> None:
    path = tmp_path / "output.parquet"
    frame = pd.DataFrame({"date": [2024, 2024], "value": [1.0, 2.0], "country": ["ZMB", "COD"]})
    frame.to_parquet(path)
    register(path, name="mine", mineral="gallium", unit="kt", kind="production")
    output = load_panel(["gallium"])["production"].sel(mineral="gallium", year=2024)
    assert float(output.sel(country="ZMB", vintage="latest")) == 1000


def test_costs_reach_the_model() -> None:
    frame = pd.DataFrame({"date": [2023], "value": [12_000.0]})
    register(frame, name="cost", mineral="nickel", unit="USD/t", kind="cost")
    inputs = make_inputs(load_panel(["nickel", "copper"]))
    assert len(inputs.cost_log) == 1
    assert np.exp(inputs.cost_log[0]) == pytest.approx(12_000 * 1.057, rel=0.01)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (prices(value=[10.0, -1.0, 12.0]), "row 1: price -1 is not positive"),
        (prices(value=[10.0, "n/a", 12.0]), "row 1: 'n/a' is not a number"),
        (prices(value=[10.0, np.inf, 12.0]), "row 1: '?inf'? is not a number"),
        (prices(date=[2022, 2022, 2024]), "given more than once"),
        (prices(date=[2022, "soon", 2024]), "row 1: 'soon' is neither a year"),
        (prices(date=[2022, 1492, 2024]), "year 1492"),
        (pd.DataFrame({"date": [], "value": []}), "no rows"),
        (pd.DataFrame({"when": [2022], "value": [1.0]}), "missing date"),
    ],
)
def test_bad_rows_are_refused_and_nothing_is_registered(frame, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        register(frame, name="bad", mineral="nickel", unit="USD/t")
    assert private.names() == []


def test_file_name_and_row_are_in_the_message(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("date,value\n2022,10\n2023,zero\n")
    with pytest.raises(DataError, match=r"bad\.csv(.|\n)*row 3: 'zero' is not a number"):
        register(path, name="bad", mineral="nickel", unit="USD/t")


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"unit": None}, DataError, "missing unit"),
        ({"unit": "USD/tonne"}, UnknownNameError, "USD/t"),
        ({"mineral": "nickle"}, UnknownNameError, "nickel"),
        ({"kind": "prices"}, UnknownNameError, "price"),
        ({"name": "a b"}, DataError, "letters"),
        ({"columns": {"valu": "Price"}}, UnknownNameError, "did you mean 'value'"),
        ({"symbol": "NI"}, DataError, "no column 'symbol'"),
    ],
)
def test_bad_arguments_say_what_is_right(changes, error, reason: str) -> None:
    arguments = {"name": "x", "mineral": "nickel", "unit": "USD/t"} | changes
    with pytest.raises(error, match=reason):
        register(prices(), **arguments)


def test_unknown_country_code_is_refused() -> None:
    frame = pd.DataFrame({"date": [2024], "value": [1.0], "country": ["Zambia"]})
    with pytest.raises(DataError, match="'Zambia' is not an ISO 3166"):
        register(frame, name="x", mineral="copper", unit="kt", kind="production")


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"\x00\xff\xfe\x00garbage", b"PK\x03\x04truncated"):
        path = tmp_path / "hostile.parquet"
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"hostile\.parquet"):
            register(path, name="x", mineral="nickel", unit="USD/t")


def test_a_name_is_taken_once() -> None:
    register(prices(), name="x", mineral="nickel", unit="USD/t")
    with pytest.raises(DataError, match="registered already"):
        register(prices(), name="x", mineral="nickel", unit="USD/t")
