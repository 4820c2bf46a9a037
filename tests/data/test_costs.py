"""Published costs against the figures printed, and the warnings that came with them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from critmin.data import load_panel
from critmin.data.costs import (
    cost_points,
    cost_shares,
    electricity,
    governance,
    loss_making_shares,
)
from critmin.data.exchange import exchange_rate
from critmin.data.loaders.cost_points import BASES, CREDITS, MEASURES, load_published_costs
from critmin.data.loaders.cost_structure import COMPONENTS, OTHER, load_loss_making
from critmin.data.loaders.readings import rows_with_readings, usd_per_tonne
from critmin.data.tables import readings, readings_account
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import registry

OUNCE = 31.1034768e-6
POUND = 0.45359237e-3
CARBONATE = 0.18787

# Part of the name, year, measure, the number printed in USD, and tonnes of element in what it counts.
PRINTED = [
    ("nickel", "Hengjaya Nickel (IMIP)", 2019, "c1", 7778, 1),
    ("nickel", "PT Vale Indonesia", 2024, "operating", 9374, 1),
    ("nickel", "Moa JV (Sherritt), mined", 2024, "c1", 5.94, POUND),
    ("nickel", "Norilsk", 2015, "c1", -9000, 1),
    ("lithium", "some Argentine salars", 2019, "operating", 4000, CARBONATE),
    ("lithium", "Cauchari-Olaroz", 2024, "operating", 7130, CARBONATE),
    ("lithium", "Centenario phase 1 (Eramet)", 2024, "capex", 33_333, CARBONATE),
    ("copper", "Las Bambas", 2018, "c1", 1.15, POUND),
    ("copper", "Salvador", 2014, "operating", 11_439, 1),
    ("copper", "weighted global average", 2014, "c1", 1.55, POUND),
    ("gold", "Barrick", 2017, "aisc", 750, OUNCE),
    ("gold", "Gold Fields, Ghana", 2022, "all_in", 1220, OUNCE),
    ("silver", "Hecla", 2023, "aisc", 11.39, OUNCE),
    ("palladium", "Lac des Iles", 2012, "c1", 380, OUNCE),
    ("manganese", "GEMCO (South32)", 2017, "operating", 1.52, 0.01),
    ("tungsten", "Mt Carbine", 2021, "c1", 113, 0.01 * 0.793),
    ("vanadium", "Largo Maracas Menchen", 2021, "operating", 3.37, POUND * 0.5602),
    ("molybdenum", "Henderson; 2012", 2012, "c1", 7.07, POUND),
    ("tin", "Bisie (Alphamin)", 2021, "aisc", 14_173, 1),
    ("potash", "Intrepid", 2013, "operating", 174, 0.90718474 * 0.6),
    ("zinc", "Tara", 2023, "c1", 1.37, POUND),
    ("graphite", "Molo phase 1 (NextSource) feasibility", 2017, "operating", 688.43, 1),
]


def point(mineral: str, name: str, year: int, measure: str) -> pd.Series:
    table = cost_points(mineral)
    found = table[
        table["name"].str.contains(name, regex=False)
        & (table["year"] == year)
        & (table["measure"] == measure)
    ]
    assert len(found) == 1, found
    return found.iloc[0]


@pytest.mark.parametrize(("mineral", "name", "year", "measure", "printed", "tonnes"), PRINTED)
def test_costs_are_those_printed(mineral, name, year, measure, printed, tonnes) -> None:
    assert point(mineral, name, year, measure)["value"] == pytest.approx(printed / tonnes, rel=1e-5)


def test_local_money_is_converted_at_its_years_rate() -> None:
    harmony = point("gold", "Harmony", 2023, "aisc")
    # The company printed 44,000 to 45,000 USD/kg beside 830,000 to 855,000 ZAR/kg for the half year.
    assert harmony["value"] == pytest.approx(842_500 * 1000 / 18.4535, rel=1e-4)
    assert 44e6 < harmony["value"] < 46e6
    pilgangoora = point("lithium", "Pilgangoora (Pilbara", 2025, "operating")
    # 627 AUD/t of concentrate, which the company printed as 406 USD/t too.
    assert pilgangoora["value"] * 0.052 * 0.46457 == pytest.approx(406, rel=0.02)


def test_chinese_tax_is_taken_off_where_the_page_says_so() -> None:
    smelters = cost_points("aluminum").query("vat == 'in'").sort_values("value")
    assert smelters["printed"].tolist() == ["16386 CNY/t", "19989 CNY/t"]
    rate = float(exchange_rate("CNY", 2025))
    assert smelters["value"].tolist() == pytest.approx([16386 / rate / 1.13, 19989 / rate / 1.13])


# What an analyst would hold, USD per tonne of element: (query, lower, upper).
RANGES = [
    ("mineral == 'nickel' and form == 'nickel in pig iron'", 7_500, 14_500),
    ("mineral == 'nickel' and form == 'nickel in hydroxide' and measure != 'capex'", 9_000, 13_000),
    ("mineral == 'copper' and measure == 'c1'", 2_000, 6_000),
    ("mineral == 'gold' and measure == 'aisc'", 700 / OUNCE, 1_600 / OUNCE),
    ("mineral == 'silver'", 4 / OUNCE, 18 / OUNCE),
    ("mineral == 'aluminum'", 1_300, 2_500),
    ("mineral == 'tin' and measure == 'aisc'", 10_000, 15_000),
    ("mineral == 'zinc'", 1_000, 3_100),
    ("mineral == 'cobalt' and measure == 'aisc'", 20_000, 25_000),
    ("mineral == 'manganese' and form == 'ore'", 130, 330),
    ("mineral == 'vanadium' and measure in ('c1', 'operating')", 12_000, 40_000),
    ("mineral == 'magnesium'", 2_000, 3_000),
    ("mineral == 'neodymium' and measure != 'capex'", 25_000, 105_000),
    ("mineral == 'iron_ore' and measure in ('c1', 'operating')", 15, 140),
    (
        "mineral == 'platinum_group' and measure in ('aisc', 'operating')",
        600 / OUNCE,
        2_000 / OUNCE,
    ),
]


@pytest.mark.parametrize(("query", "lower", "upper"), RANGES)
def test_costs_are_what_analysts_hold(query: str, lower: float, upper: float) -> None:
    values = cost_points().query(query)["value"]
    assert len(values) > 1
    assert values.between(lower, upper).all(), values.tolist()


def test_lithium_carbonate_costs_3_to_15_thousand_dollars() -> None:
    table = cost_points("lithium").query(
        "measure == 'operating' and form == 'carbonate equivalent'"
    )
    carbonate = table["value"] * CARBONATE
    assert carbonate.between(2_900, 15_000).all()
    brine = table["process"].str.contains("brine")
    assert carbonate[brine].median() < carbonate[~brine].median()


def test_costs_are_of_the_order_of_their_years_price() -> None:
    """A slip of a unit, of content or of a currency is a factor of ten or more."""
    price = load_panel()["price_nominal"].to_series()
    table = cost_points().query("measure in ('c1', 'operating', 'aisc', 'all_in') and value > 0")
    # Anodes and electrolytic manganese are worth more than the form whose price is known.
    table = table[~table["form"].isin({"coated anode", "electrolytic metal"})]
    keys = pd.MultiIndex.from_frame(table[["mineral", "year"]])
    ratio = table["value"].to_numpy() / price.reindex(keys).to_numpy()
    ratio = ratio[np.isfinite(ratio)]
    assert len(ratio) > 200
    assert ratio.min() > 0.06
    assert ratio.max() < 1.7
    assert 0.4 < np.median(ratio) < 0.7


def test_every_point_is_classed() -> None:
    table = cost_points()
    assert set(table["measure"]) == set(MEASURES)
    assert set(table["basis"]) == set(BASES)
    assert set(table["credits"]) == set(CREDITS)
    assert (table["credits"] == "").equals(table["measure"] == "capex")
    assert set(table["mineral"]) - set(registry()) == {"platinum_group", "rare_earths"}
    assert table["address"].str.startswith("http").all()
    assert np.isfinite(table["value"]).all()
    assert (table["lower"].isna() | (table["lower"] <= table["value"])).all()
    assert (table["upper"].isna() | (table["upper"] >= table["value"])).all()
    negative = table[table["value"] <= 0]
    assert negative["credits"].eq("net").all()


def test_every_row_is_kept_or_refused_for_a_reason() -> None:
    account = readings_account("cost-readings")
    assert account.sum() == 448
    assert account["kept"] == len(cost_points()) == 329
    assert account["given twice"] == 19
    assert account["circular: a price that a study or contract assumes"] == 13
    assert account["grade or content not printed"] == 15
    assert readings_account("share-readings").sum() == 64
    assert readings_account("share-readings")["kept"] == len(cost_shares())


def test_no_circular_price_is_left() -> None:
    table = cost_points()
    incentives = table[table["measure"] == "incentive"]
    assert not incentives["mineral"].isin({"niobium", "scandium", "vanadium", "antimony"}).any()
    assert not table["printed"].str.startswith("110 USD/kg").any()
    assert not table["mineral"].eq("niobium").any()


def test_shares_and_curves_are_those_printed() -> None:
    shares = cost_shares()
    assert set(shares["component"]) <= {*COMPONENTS, *OTHER}
    assert shares["value"].between(0, 1).all()
    copper = shares.query("mineral == 'copper' and year == 2014").set_index("component")["value"]
    assert copper.to_dict() == {"labour": 0.21, "materials": 0.17}
    curves = loss_making_shares()
    assert curves["value"].between(0, 1).all()
    april = curves.query("mineral == 'aluminum' and year == 2025 and month == 4 and price > 0")
    # Bands of SMM's statistic: 3.3% below 15,000 CNY/t, 29.7% to 16,000, ... 0.2% above 19,000.
    assert april["value"].tolist() == pytest.approx([0.967, 0.67, 0.366, 0.091, 0.002])
    assert april["price"].iloc[0] == pytest.approx(15_000 / 7.1875 / 1.13, rel=1e-4)
    assert curves.query("mineral == 'nickel' and price == 16_243")["value"].item() == 0.6
    assert curves.query("mineral == 'zinc' and price == 1750")["value"].item() == 0.24


def test_electricity_and_governance() -> None:
    price = electricity().set_index("country")
    assert price.loc["USA", ["value", "error"]].tolist() == [0.0813, 0.05]
    assert price.loc["JPN", ["value", "error"]].tolist() == [0.135, 0.25]
    assert price.loc["LIE", "error"] == 0.25
    table = governance()
    # As printed in the 2023 update.
    assert table.loc[("AND", 1996), "voice"] == pytest.approx(1.563, abs=5e-4)
    assert table.loc[("AND", 1996), "voice_error"] == pytest.approx(0.292, abs=5e-4)
    assert table.loc[("AFG", 1996), "stability"] == pytest.approx(-2.417, abs=5e-4)
    assert {"COD", "ROU"} <= set(table.index.get_level_values("country"))
    norway, congo = table.loc[("NOR", 2022)], table.loc[("COD", 2022)]
    assert norway["mean"] > 1.5
    assert congo["mean"] < -1.2
    assert table.index.is_unique
    assert (table["mean_error"].dropna() > 0).all()
    assert set(governance(2020).index.get_level_values("year")) == {2020}


def test_an_unknown_mineral_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'nickel'"):
        cost_points("nickle")


def test_units() -> None:
    def at_two(currency: str, year: int) -> float:
        return 1.0 if currency == "USD" else 2.0

    assert usd_per_tonne(100, "ct/lb", 2020, at_two) == pytest.approx(1 / POUND)
    assert usd_per_tonne(100, "CNY/mtu", 2020, at_two) == pytest.approx(5000)
    with pytest.raises(UnknownNameError):
        usd_per_tonne(1, "USD/bushel", 2020, at_two)


def test_a_file_that_changed_is_not_read_with_old_readings(tmp_path: Path) -> None:
    read = pd.DataFrame({"line": ["2"], "raw_mineral": ["tin"], "refused": [""]})
    path = tmp_path / "points.csv"
    path.write_text("mineral\nlead\ntin\n", encoding="utf-8")
    with pytest.raises(DataError, match="'lead', the reading is of 'tin'") as caught:
        rows_with_readings(path, read)
    assert "row 3: nobody has read it yet" in str(caught.value)
    path.write_text("mineral\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2: a reading, but no row"):
        rows_with_readings(path, read)


def test_a_reading_with_an_unknown_word_is_refused(raw: Path) -> None:
    table = readings("cost-readings")
    table.loc[0, "measure"] = "C2"
    table.loc[1, "stage"] = "melted"
    with pytest.raises(DataError, match="row 2: measure 'C2' is none of") as caught:
        load_published_costs(raw / "compiled/cost-points.csv", table, exchange_rate)
    assert "row 3: stage 'melted'" in str(caught.value)


def test_every_loss_making_share_needs_a_reading(raw: Path) -> None:
    table = readings("curve-readings")
    with pytest.raises(DataError, match="row 2: nobody has read it yet"):
        load_loss_making(raw / "compiled", table[table["line"] != "2"], exchange_rate)
