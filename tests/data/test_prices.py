"""How sources are joined, and what editions know."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from critmin.data import prices, register, unregister
from critmin.data.editions import EDITIONS, LAST_YEAR, NEWEST
from critmin.data.prices import MAX_ERROR, MAX_RATIO, joins, price_history
from critmin.data.quotes import half_unit, printed, quotes
from critmin.data.vintage import known_at, revision_sizes, revisions
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import PriceSource, get_mineral, registry


@pytest.fixture(scope="module")
def everywhere():
    return {name: joins(mineral) for name, mineral in registry().items()}


def test_every_overlap_that_joins_is_small_and_sure(everywhere) -> None:
    used = [j for found in everywhere.values() for j in found if j.how == "overlap"]
    assert len(used) >= 6
    for join in used:
        assert join.common >= 2
        assert abs(join.ratio) <= np.log(MAX_RATIO)
        assert join.spread / np.sqrt(join.common) <= MAX_ERROR


def test_no_mineral_has_more_than_one_break(everywhere) -> None:
    for name, found in everywhere.items():
        assert sum(j.how == "break" for j in found) <= 1, name
        assert found[0].basis == 0
        assert max(j.basis for j in found) <= 1


def test_every_join_without_common_years_says_why() -> None:
    for name, mineral in registry().items():
        for source, join in zip(mineral.prices, joins(mineral), strict=True):
            if join.how == "same" and not join.common:
                assert source.note, (name, source.dataset)
            if source.join == "break":
                assert source.note, (name, source.dataset)


def test_the_document_says_what_the_data_say() -> None:
    script = Path(__file__).parents[2] / "scripts" / "build_data_tables.py"
    found = subprocess.run([sys.executable, script, "--check"], check=False, capture_output=True)
    assert found.returncode == 0, "run scripts/build_data_tables.py"


def test_the_same_quotation_agrees_where_it_is_printed_twice(everywhere) -> None:
    # Only sources of the mineral's own newest level: those of an older one are compared in _joined.
    pairs = [j for f in everywhere.values() for j in f if j.how == "same" and j.common]
    assert len(pairs) >= 12
    assert max(abs(j.ratio) for j in pairs) <= MAX_ERROR


def test_another_good_is_never_put_on_the_same_level() -> None:
    # Manganese in alloys costs more than twice what it costs in ore: the old source keeps its level.
    history = price_history(get_mineral("manganese"))
    assert history.loc[2017, "basis"] == 0
    assert history.loc[2016, "basis"] == 1
    assert (history["splice"] == 0).all()
    assert "ore and alloys" in history.loc[2016, "form"]
    assert history.loc[2017, "form"] == get_mineral("manganese").form


def test_a_small_steady_difference_is_taken_out() -> None:
    # The lithium quote of the 2026 edition stands 5 to 18% below that of 2025 in four years.
    history = price_history(get_mineral("lithium"))
    ratios = np.log(np.array([14_200, 71_100, 41_300, 14_000]) / [11_700, 63_700, 39_000, 11_800])
    assert history.loc[2025, "splice"] == pytest.approx(ratios.mean())
    content = get_mineral("lithium").content
    assert history.loc[2025, "price"] * content == pytest.approx(9_000 * np.exp(ratios.mean()))


def test_a_source_said_to_be_the_same_must_be() -> None:
    gallium = get_mineral("gallium")
    low = PriceSource("usgs-mcs-galli", "Price_Low-purity_dkg", "unit_value", join="same")
    wrong = replace(gallium, prices=(gallium.prices[1], low))
    with pytest.raises(DataError, match=r"usgs-mcs-galli is said to carry .* times as high"):
        price_history(wrong)


def test_a_price_that_is_no_series_is_refused() -> None:
    gallium = get_mineral("gallium")
    source = replace(gallium.prices[0], series="Price_Imports_dlb")
    with pytest.raises(DataError, match="no data set 'usgs-mcs-galli' has 'Price_Imports_dlb'"):
        quotes(gallium, source)


def test_private_prices_of_another_unit_are_refused_with_their_ratio() -> None:
    frame = pd.DataFrame({"date": [2022, 2023], "value": [18.2, 19.4]})
    with pytest.raises(DataError, match=r"1/1,255 of the public .*: looks like USD per kg"):
        register(frame, name="slip", mineral="nickel", unit="USD/t")


def test_private_prices_on_a_near_level_set_it() -> None:
    before = price_history(get_mineral("nickel"))
    values = 1.12 * before.loc[2021:2023, "price"]
    frame = pd.DataFrame({"date": values.index, "value": values.to_numpy()})
    name = register(frame, name="desk", mineral="nickel", unit="USD/t")
    try:
        after = price_history(get_mineral("nickel"))
    finally:
        unregister(name)
    assert set(after.loc[2021:2023, "dataset"]) == {"private-desk"}
    np.testing.assert_allclose(after["price"], 1.12 * before["price"])


def test_list_prices_are_runs_of_equal_figures_printed_finely() -> None:
    germanium = price_history(get_mineral("germanium"))
    assert (germanium.loc[1982:1994, "price_class"] == "list_price").all()
    assert germanium.loc[1995, "price_class"] == "unit_value"
    # Four years at 2 USD/kg are rounding, and an exchange has no list prices.
    assert "list_price" not in set(price_history(get_mineral("lanthanum"))["price_class"])
    assert set(price_history(get_mineral("copper"))["price_class"]) == {"exchange"}


@pytest.mark.parametrize(
    ("value", "estimated", "half"),
    [
        (16.4, False, 0.05),
        (2.75, True, 0.005),
        (1294, False, 0.5),
        (1540, False, 5.0),
        (98_000, False, 50.0),
        (10_400_000, False, 50_000.0),
        (1300, True, 50.0),
        (1000, False, 5.0),
        (1000, True, 50.0),
        (25, True, 0.5),
        (1, False, 0.5),
    ],
)
def test_rounding_is_half_a_unit_of_the_last_digit(value, estimated, half) -> None:
    assert half_unit(value, estimated=estimated) == pytest.approx(half)


def test_ranges_are_as_wide_as_printed() -> None:
    source = get_mineral("scandium").prices[0]
    table = printed(source).set_index("year")
    assert table.loc[2021, ["value", "half"]].tolist() == [945, 55]  # 890 to 1,000


def test_digits_of_an_earlier_edition_are_kept_where_the_later_rounds_them() -> None:
    selenium = get_mineral("selenium")
    got = quotes(selenium, selenium.prices[0])
    # 2019: 9.27 USD/lb in the edition of 2023, 20 USD/kg in that of 2024.
    assert (got.loc[2019, "value"], got.loc[2019, "edition"]) == (9.27, 2023)
    assert got.loc[2022, "edition"] == NEWEST


def test_the_vintage_stands_in_one_place() -> None:
    assert tuple(sorted(EDITIONS)) == EDITIONS
    assert LAST_YEAR == NEWEST - 1
    last = {name: price_history(m).index.max() for name, m in registry().items()}
    assert set(last.values()) == {LAST_YEAR}


def test_an_edition_knows_its_own_first_estimates_only() -> None:
    then = known_at(2021)
    assert then.attrs["edition"] == 2022
    assert int(then["year"][-1]) == 2021
    gallium = then.sel(mineral="gallium")
    # First estimate of 2021 in the edition of 2022, high purity; all imports came in 2026.
    assert gallium["price_nominal"].sel(year=2021).item() == 570_000
    assert gallium["price_edition"].sel(year=2021).item() == 2022
    cobalt = known_at(2022, ["cobalt"])["price_nominal"].sel(mineral="cobalt", year=2022)
    assert cobalt.item() == pytest.approx(29.0 * 2204.6226, rel=1e-6)


@pytest.mark.parametrize("year", range(2015, LAST_YEAR + 1))
def test_every_vintage_can_be_modelled(year: int) -> None:
    then = known_at(year)
    assert int(then["price_edition"].max()) <= max(NEWEST, year + 1)
    assert int(then["price_basis"].max()) <= 1
    assert int(then["price"].sel(year=year).notnull().sum()) >= 54
    assert bool((then["price"] > 0).where(then["price"].notnull(), True).all())


def test_the_newest_vintage_is_the_panel() -> None:
    now = known_at(LAST_YEAR, ["gallium", "lithium"])
    for name in ("gallium", "lithium"):
        history = price_history(get_mineral(name))
        known = now["price_nominal"].sel(mineral=name).dropna("year").to_series()
        np.testing.assert_allclose(known, history.loc[known.index, "price"])


@pytest.mark.parametrize("year", [1900, 2026])
def test_a_vintage_that_is_not_there_says_which_are(year: int) -> None:
    with pytest.raises(DataError, match="from 1940 to 2025"):
        known_at(year)
    with pytest.raises(UnknownNameError, match="gallium"):
        known_at(2022, ["galium"])


def test_revisions_are_those_between_editions() -> None:
    table = revisions().set_index(["mineral", "series", "year"])
    row = table.loc[("neodymium", "Price_Nd2O3_dkg", 2021)]
    assert row["revision"] == pytest.approx(np.log(2))
    # 9 USD/lb first, 19.82 USD/kg later: units are brought together.
    row = table.loc[("selenium", "Price_Europe_dkg", 2022)]
    assert row["revision"] == pytest.approx(np.log(19.82 / (9 * 2.20462262)))
    sizes = revision_sizes()
    assert set(sizes.index) == {"assessment", "exchange", "unit_value"}
    assert sizes["count"].sum() == len(table) >= 150
    assert (sizes["median"] < sizes["90%"]).all()


def test_columns_of_a_history_are_all_there() -> None:
    history = price_history(get_mineral("tantalum"))
    assert list(history.columns) == list(prices.COLUMNS)
    assert history.index.is_monotonic_increasing
    assert 2000 not in history.index  # a quote of the year's end, refused
    assert not history.isna().any().any()
