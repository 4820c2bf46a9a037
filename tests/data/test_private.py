from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from critmin.data import data_hash, load_panel, private, register, registered, unregister
from critmin.data.exchange import exchange_rate
from critmin.exceptions import DataError, UnknownNameError
from critmin.model.producer_costs import make_producers

CNY, EUR = (
    {year: float(exchange_rate(money, year)) for year in (2018, 2023)} for money in ("CNY", "EUR")
)
"""Yearly averages; tests/data/test_exchange.py holds them against published ones."""


@pytest.fixture(autouse=True)
def clean():
    yield
    for name in private.names():
        unregister(name)


NICKEL = {2022: 25_834.0, 2023: 21_521.0, 2024: 16_814.0}
"""Annual averages of the World Bank's Pink Sheet, USD per tonne."""


def prices(**changes: object) -> pd.DataFrame:
    values = [10.0, 11.0, 12.0]
    return pd.DataFrame({"date": [2022, 2023, 2024], "value": values} | changes)


def monthly(level: float, years: range, extra: int = 0) -> pd.DataFrame:
    """Nickel by month on some level, and `extra` months more."""
    months = pd.period_range(f"{years[0]}-01", periods=12 * len(years) + extra, freq="M")
    value = [level * NICKEL[month.year] * (1 + 0.01 * (month.month - 6.5)) for month in months]
    return pd.DataFrame({"date": months, "value": value})


def test_private_prices_take_precedence_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    table = pd.DataFrame({"Date": pd.date_range("2023-01-31", periods=13, freq="ME")})
    table["Price"] = [9.0, 11.0] * 6 + [8.0]
    both = pd.concat([table.assign(Symbol="NI"), table.assign(Symbol="CO", Price=99.0)])
    both.to_csv(path, index=False)
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
    # A single January is not a year: 2024 stays public.
    assert panel["price_dataset"].sel(mineral="nickel", year=2024).item() != name
    assert registered().loc[name, "dropped"] == "1 rows of 2024 (8% of the year)"
    assert panel.attrs["private"] == [name]
    assert panel.attrs["data_hash"] != data_hash()
    unregister(name)
    assert load_panel(["nickel"]).attrs["data_hash"] == data_hash()


def test_a_year_and_its_end_are_on_one_level() -> None:
    """Cases 3 and 5: better data shift both, and keep the year's end."""
    public = load_panel(["nickel"])
    name = register(monthly(1.12, range(2022, 2025)), name="desk", mineral="nickel", unit="USD/t")
    panel = load_panel(["nickel"])
    before, after = (p.sel(mineral="nickel") for p in (public, panel))
    whole = (after["price"] / before["price"]).sel(year=slice(1990, 2024))
    np.testing.assert_allclose(whole, 1.12, rtol=2e-3)
    own = after["price_dataset"] == name
    ends = (after["price_year_end"] / before["price_year_end"]).where(~own, drop=True)
    np.testing.assert_allclose(ends.dropna("year"), float(whole.sel(year=2000)), rtol=1e-9)
    # December is 1 + 0.01 (12 - 6.5) of its year, in money of its own month.
    nominal = after["price_year_end"] * before["price_nominal"] / before["price"]
    carried = (nominal / after["price_nominal"]).sel(year=[2022, 2023, 2024])
    np.testing.assert_allclose(carried, 1.055, rtol=0.02)


def test_a_price_of_the_other_side_is_kept_and_not_read() -> None:
    frame = pd.DataFrame({"date": [2023, 2024], "value": [180_000.0, 250_000.0]})
    name = register(frame, name="in", mineral="gallium", unit="USD/t", place="inside")
    assert not registered().loc[name, "used"]
    history = load_panel(["gallium"])["price_dataset"].sel(mineral="gallium")
    assert name not in history.values


def test_what_a_posterior_does_not_know_is_named() -> None:
    class Fitted:
        def __init__(self, known: str) -> None:
            self.draws = pd.DataFrame()
            self.draws.attrs["private"] = known

    assert private.ignored_by(Fitted("")) == ()
    name = register(prices(), name="x", mineral="nickel", unit="USD/lb")
    assert private.ignored_by(Fitted("")) == (name,)
    assert private.ignored_by(Fitted(f"private-a;{name}")) == ()


def test_what_is_registered_is_listed() -> None:
    assert registered().empty
    register(prices(), name="x", mineral="nickel", unit="USD/lb", quality="assessment")
    row = registered().loc["private-x"]
    assert row["unit"] == "USD per lb of contained Ni"
    assert (row["first_year"], row["last_year"], row["rows"]) == (2022, 2024, 3)
    assert (row["quality"], row["frequency"], row["dropped"]) == ("assessment", "year", "")
    quality = load_panel(["nickel"])["price_quality"].sel(mineral="nickel", year=2023)
    assert quality.item() == "assessment"


@pytest.mark.parametrize(
    ("frame", "unit", "options", "price"),
    [
        # 13% of value-added tax in 2023; 17% for four months of 2018 and 16% for eight.
        (prices(date=[2023], value=[175_656.2]), "CNY/t", {"vat": "china"}, 175_656.2 / 1.13 / CNY[2023]),
        (prices(date=[2018], value=[110_000.0]), "CNY/t", {"vat": "china"},
         110_000 / (1 + 0.49 / 3) / CNY[2018]),
        (prices(date=["2018-04"] * 1 + ["2018-05"], value=[117_000.0, 116_000.0]), "CNY/t",
         {"vat": "china", "min_share": 0.1}, 100_000 / CNY[2018]),
        # A day that stands for a year or a quarter holds the tax of all its months.
        (prices(date=["2018-12-31"], value=[110_000.0]), "CNY/t", {"vat": "china", "frequency": "year"},
         110_000 / (1 + 0.49 / 3) / CNY[2018]),
        (prices(date=["2018-03-31", "2018-06-30"], value=[117_000.0, 349_000 / 3]), "CNY/t",
         {"vat": "china", "frequency": "quarter"}, 100_000 / CNY[2018]),
        (prices(date=[2023], value=[150_000.0]), "CNY/t", {"vat": 0}, 150_000 / CNY[2023]),
        (prices(date=[2023], value=[20_000.0]), "EUR/t", {}, 20_000 / EUR[2023]),
    ],
)  # fmt: skip
def test_other_money(frame, unit: str, options: dict[str, object], price: float) -> None:
    name = register(frame, name="x", mineral="nickel", unit=unit, **options)
    assert private._series[name].table["value"].item() == pytest.approx(price)


def test_pounds_of_a_year_without_a_rate_are_refused() -> None:
    """A pound of 2007 bought 2.00 dollars, one of 2024 1.28."""
    with pytest.raises(DataError, match="no exchange rate of GBP in 2007 is known"):
        register(
            prices(date=[2007, 2023, 2024], value=[18_600.0, 17_300.0, 13_200.0]),
            name="x", mineral="nickel", unit="GBP/t",
        )  # fmt: skip
    name = register(
        pd.DataFrame({"date": [2024], "value": [13_200.0]}),
        name="x",
        mineral="nickel",
        unit="GBP/t",
    )
    assert private._series[name].table["value"].item() == pytest.approx(13_200 / 0.783)


def test_a_far_price_can_be_wanted() -> None:
    frame = pd.DataFrame({"date": [2022, 2023], "value": [80_000.0, 70_000.0]})
    with pytest.raises(DataError, match=r"3\.\d\d? times the public price .* allow_far=True"):
        register(frame, name="x", mineral="nickel", unit="USD/t")
    register(frame, name="x", mineral="nickel", unit="USD/t", allow_far=True)
    price = load_panel(["nickel"])["price_nominal"].sel(mineral="nickel")
    assert price.sel(year=[2022, 2023]).values.tolist() == [80_000, 70_000]


def test_another_shape_is_refused() -> None:
    frame = pd.DataFrame(
        {"date": range(2019, 2024), "value": [13_900.0, 13_800, 50_000, 25_800, 21_500]}
    )
    with pytest.raises(DataError, match=r"does not move as the public price .* in 2021"):
        register(frame, name="x", mineral="nickel", unit="USD/t")


@pytest.mark.parametrize(
    "values", [(25_834.0, 21_521.0, 1_681.4), (25_834.0, 215_210.0, 16_814.0), (80_000.0, 7_000.0)]
)
def test_a_slip_in_a_short_series_is_refused(values: tuple[float, ...]) -> None:
    frame = pd.DataFrame({"date": range(2022, 2022 + len(values)), "value": values})
    with pytest.raises(DataError, match="does not move as the public price"):
        register(frame, name="x", mineral="nickel", unit="USD/t")


def test_parquet_and_production(tmp_path: Path) -> None:
    path = tmp_path / "output.parquet"
    frame = pd.DataFrame({"date": [2024, 2024], "value": [1.0, 2.0], "country": ["ZMB", "COD"]})
    frame.to_parquet(path)
    register(path, name="mine", mineral="gallium", unit="kt", kind="production")
    output = load_panel(["gallium"])["production"].sel(mineral="gallium", year=2024)
    assert float(output.sel(country="ZMB", vintage="latest")) == 1000


OUTPUT = {
    # Kilotonnes under the name of tonnes, and thousands of them.
    ("nickel", "IDN", 2024, 2_200.0, "t"): "IDN, 2024: 1/1,050 of its published output of nickel",
    ("nickel", "IDN", 2024, 24_000.0, "kt"): "IDN, 2024: 10.4 times its published output of nickel",
    # A year of which nothing is published: one country would be the world.
    (
        "rhodium",
        "ZWE",
        2024,
        1.4,
        "t",
    ): "world's .22.9 t in 2023.: give all .*until=2023",
    ("boron", "TUR", 2024, 2.6, "Mt"): "world's .5,346,091 t in 2022.",
    # Shares of a whole: tonnes are none.
    ("dysprosium", "MMR", 2024, 500.0, "t"): "output of dysprosium is not published",
    ("hafnium", "FRA", 2024, 40.0, "t"): "output of hafnium is not published",
    ("lanthanum", "CHN", 2024, 60.0, "kt"): "output of lanthanum is not published",
}


@pytest.mark.parametrize("given", OUTPUT)
def test_output_on_no_scale_of_what_is_published_is_refused(given: tuple) -> None:
    mineral, country, year, value, unit = given
    frame = pd.DataFrame({"date": [year], "value": [value], "country": [country]})
    asked = {"name": "x", "mineral": mineral, "unit": unit, "kind": "production"}
    with pytest.raises(DataError, match=f"{OUTPUT[given]}.*allow_far=True"):
        register(frame, **asked)
    assert registered().empty
    assert register(frame, **asked, allow_far=True) == "private-x"


@pytest.mark.parametrize(
    ("mineral", "countries", "year", "values"),
    [
        ("nickel", ["IDN", "DNK"], 2024, [2_200_000.0, 5.0]),  # a new, small one
        ("rhodium", ["ZAF", "RUS", "ZWE"], 2024, [18.0, 2.5, 1.5]),
        ("rhodium", ["ZWE"], 2023, [1.4]),
    ],
)
def test_output_that_can_be_is_taken(
    mineral: str, countries: list, year: int, values: list
) -> None:
    frame = pd.DataFrame({"date": year, "value": values, "country": countries})
    register(frame, name="x", mineral=mineral, unit="t", kind="production")
    latest = load_panel([mineral])["production"].sel(mineral=mineral, year=year, vintage="latest")
    np.testing.assert_allclose(latest.sel(country=countries), values, rtol=1e-6)
    assert (
        latest.sum()
        > 0.5
        * load_panel([mineral])["production"]
        .sel(mineral=mineral, year=2023, vintage="latest")
        .sum()
    )


def test_costs_reach_the_model() -> None:
    frame = pd.DataFrame({"date": [2023], "value": [12_000.0]})
    register(frame, name="cost", mineral="nickel", unit="USD/t", kind="cost")
    points = make_producers(load_panel(["nickel", "copper"])).points
    own = [i for i, label in enumerate(points.labels) if label.startswith("nickel:WLD:private:")]
    assert len(own) == 1
    assert np.exp(points.log[own[0]]) == pytest.approx(12_000 * 1.057, rel=0.01)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (prices(value=[10.0, -1.0, 12.0]), "row 1: price -1 is not positive"),
        (prices(value=[10.0, "ten", 12.0]), "row 1: 'ten' is not a number"),
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
        ({"unit": "USD/tone"}, UnknownNameError, "did you mean 'tonne'"),
        ({"mineral": "nickle"}, UnknownNameError, "nickel"),
        ({"kind": "prices"}, UnknownNameError, "price"),
        ({"name": "a b"}, DataError, "letters"),
        ({"columns": {"valu": "Price"}}, UnknownNameError, "did you mean 'value'"),
        ({"symbol": "NI"}, DataError, "missing symbol"),
    ],
)
def test_bad_arguments_say_what_is_right(changes, error, reason: str) -> None:
    arguments = {"name": "x", "mineral": "nickel", "unit": "USD/t"} | changes
    with pytest.raises(error, match=reason):
        register(prices(), **arguments)


def test_countries_may_be_named_and_unknown_ones_are_refused() -> None:
    frame = pd.DataFrame(
        {"date": [2023, 2023], "value": [700.0, 1850.0], "country": ["Zambia", "cn"]}
    )
    with pytest.raises(DataError, match=r"row 1: unknown country 'cn': did you mean 'CHN'\?"):
        register(frame, name="x", mineral="copper", unit="kt", kind="production")
    name = register(
        frame.replace("cn", "China"), name="x", mineral="copper", unit="kt", kind="production"
    )
    assert sorted(private._series[name].table["country"]) == ["CHN", "ZMB"]
    with pytest.raises(DataError, match="unknown country 'World'"):
        register(
            frame.replace("cn", "World"), name="y", mineral="copper", unit="kt", kind="production"
        )


def test_cents_taken_for_dollars_are_named() -> None:
    frame = pd.DataFrame({"date": [2022, 2023, 2024], "value": [158.0, 120.0, 126.0]})
    with pytest.raises(DataError, match="looks like US cents per lb"):
        register(frame, name="x", mineral="zinc", unit="USD/lb")


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"\x00\xff\xfe\x00garbage", b"PK\x03\x04truncated"):
        path = tmp_path / "hostile.parquet"
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"hostile\.parquet"):
            register(path, name="x", mineral="nickel", unit="USD/t")


def test_a_name_is_taken_once() -> None:
    register(prices(), name="x", mineral="nickel", unit="USD/lb")
    with pytest.raises(DataError, match="registered already"):
        register(prices(), name="x", mineral="nickel", unit="USD/lb")
