"""Who buys from whom, against what traders know of 2024."""

import numpy as np
import pandas as pd
import pytest

from critmin.data.tables import trade_codes
from critmin.data.trade import EU, load_trade
from critmin.exceptions import CritminError, UnknownNameError
from critmin.trade import normal_exports, second_hand, suppliers, unit_values

BUYERS = ("JPN", "KOR", "USA", "EU", "DEU", "IND", "CHN")
CLEAN = trade_codes().query("clean in ('yes', 'part', 'other form')")["mineral"].tolist()


def share(buyer: str, mineral: str, supplier: str, year: int = 2024) -> float:
    return float(suppliers(buyer, mineral, year=year).table.loc[supplier, "share"])


@pytest.mark.parametrize("buyer", BUYERS)
def test_shares_add_to_one_for_every_mineral(buyer: str) -> None:
    answered = [suppliers(buyer, mineral) for mineral in CLEAN]
    data = [answer for answer in answered if answer.status == "data"]
    assert len(data) >= 22
    for answer in data:
        assert answer.table["share"].sum() == pytest.approx(1.0)
        assert answer.table["share"].is_monotonic_decreasing
        assert buyer not in answer.table.index
        assert answer.hs
        assert answer.note


def test_japans_lithium_came_half_from_chile_and_a_third_from_argentina() -> None:
    assert share("JPN", "lithium", "CHL") == pytest.approx(0.50, abs=0.02)
    assert share("JPN", "lithium", "ARG") == pytest.approx(0.31, abs=0.03)


@pytest.mark.parametrize(
    ("buyer", "mineral", "supplier", "low", "high"),
    [
        ("JPN", "graphite", "CHN", 0.93, 0.97),
        ("JPN", "magnesium", "CHN", 0.95, 1.0),
        ("JPN", "nickel", "AUS", 0.5, 0.65),
        ("JPN", "titanium", "SAU", 0.7, 0.85),
        ("JPN", "platinum", "ZAF", 0.75, 0.9),
        ("KOR", "lithium", "CHL", 0.7, 0.8),
        ("KOR", "vanadium", "CHN", 0.65, 0.8),
        ("USA", "nickel", "CAN", 0.5, 0.6),
        ("USA", "copper", "CHL", 0.65, 0.75),
        ("USA", "fluorspar", "MEX", 0.7, 0.85),
        ("USA", "phosphate", "PER", 0.95, 1.0),
        ("EU", "lithium", "CHL", 0.75, 0.9),
        ("EU", "magnesium", "CHN", 0.7, 0.9),
        ("EU", "boron", "TUR", 0.9, 1.0),
        ("DEU", "cobalt", "FIN", 0.75, 0.9),
        ("IND", "phosphate", "JOR", 0.55, 0.7),
        ("IND", "copper", "JPN", 0.6, 0.8),
        ("CHN", "aluminum", "GIN", 0.7, 0.8),
        ("CHN", "copper", "COD", 0.35, 0.45),
        ("CHN", "niobium", "BRA", 0.93, 1.0),
        ("CHN", "nickel", "RUS", 0.4, 0.55),
    ],
)
def test_what_traders_know(
    buyer: str, mineral: str, supplier: str, low: float, high: float
) -> None:
    assert low <= share(buyer, mineral, supplier) <= high


def test_german_niobium_is_brazils_though_customs_say_the_netherlands() -> None:
    table = suppliers("DEU", "niobium").table
    assert table["recorded_share"].max() < table["share"].max()
    recorded = suppliers("DEU", "niobium", transit="marked").table["share"]
    assert recorded.idxmax() == "NLD"
    assert table["share"].idxmax() == "BRA"


def test_no_member_of_the_bloc_supplies_it() -> None:
    for mineral in CLEAN:
        assert not EU & set(suppliers("EU", mineral).table.index)


@pytest.mark.parametrize(
    "mineral", ["gallium", "germanium", "indium", "neodymium", "bismuth", "tin"]
)
def test_no_shares_without_a_code_of_its_own(mineral: str) -> None:
    answer = suppliers("JPN", mineral)
    assert answer.status == "no data"
    assert answer.table.empty
    assert answer.note
    assert "no data" in str(answer)
    assert second_hand("JPN", mineral).empty
    assert unit_values("JPN", mineral).empty


def test_the_other_stage_has_no_data() -> None:
    assert suppliers("JPN", "lithium", stage="mined").status == "no data"
    assert suppliers("JPN", "lithium", stage="refined").status == "data"


def test_countries_are_written_as_everywhere() -> None:
    assert suppliers("Japan", "lithium").table.equals(suppliers("JPN", "lithium").table)
    ours, theirs = (second_hand(name, "lithium") for name in ("European Union", "EU"))
    assert ours.equals(theirs)
    shares = normal_exports("copper", {"Chile": 0.25}, {2024: 27e6})
    assert shares.index.tolist() == ["CHL"]


def test_bad_calls_say_what_is_right() -> None:
    with pytest.raises(UnknownNameError, match="unknown buyer 'Japn': did you mean 'JPN'"):
        suppliers("Japn", "lithium")
    with pytest.raises(UnknownNameError, match="lithium"):
        suppliers("JPN", "lithum")
    with pytest.raises(CritminError, match="2002 to 2024"):
        suppliers("JPN", "tin", year=1990)
    with pytest.raises(CritminError, match="name of one, got None"):
        suppliers("JPN", None)  # type: ignore[arg-type]
    with pytest.raises(CritminError, match="stage"):
        suppliers("JPN", "lithium", stage="smelted")
    with pytest.raises(CritminError, match="2022, 2024"):
        unit_values("JPN", "lithium", year=2015)
    for year in (np.array([2022, 2024]), pd.NA, pd.Period("2024"), "2024"):
        with pytest.raises(CritminError, match="2002 to 2024, got"):
            suppliers("JPN", "tin", year=year)  # type: ignore[arg-type]
    with pytest.raises(CritminError, match="got '2024'"):
        load_trade("lithium", "2024")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "code"),
    [("United States of America", "USA"), ("EU-27", "EU"), ("Congo-Kinshasa", "COD")],
)
def test_names_as_people_write_them(name: str, code: str) -> None:
    assert suppliers(name, "neodymium").buyer == code


@pytest.mark.parametrize("mineral", ["lithium", "cobalt", "nickel", "antimony", "vanadium"])
def test_second_hand_bounds_hold_the_direct_share(mineral: str) -> None:
    table = second_hand("JPN", mineral)
    assert (table["at_least"] <= table["direct"] + 1e-12).all()
    assert (table["direct"] <= table["at_most"] + 1e-12).all()
    assert table["direct"].sum() == pytest.approx(1.0)
    assert table["at_least"].sum() <= 1 + 1e-12
    assert table["at_most"].max() <= 1 + 1e-9


def test_chile_stands_behind_chinas_carbonate() -> None:
    table = second_hand("JPN", "lithium")
    assert table.loc["CHL", "at_most"] - table.loc["CHL", "direct"] > 0.1


def test_japan_paid_chile_more_than_argentina_for_lithium() -> None:
    paid = unit_values("JPN", "lithium")["unit_value"]
    assert paid["CHL"] == pytest.approx(26_692, rel=1e-3)  # 137.28 million USD over 5,143.194 t
    assert paid["ARG"] == pytest.approx(14_852, rel=1e-3)
    before = unit_values("JPN", "lithium", year=2022)
    assert before["value"].sum() / before["tonnes"].sum() > 30_000


def test_normal_exports_are_measured_where_the_code_is_the_stage() -> None:
    shares = {"CHL": 0.07, "CHN": 0.44, "JPN": 0.055}
    table = normal_exports("copper", shares, {2022: 25.5e6, 2024: 27e6})
    assert set(table["basis"]) == {"measured"}
    assert (table["exports_error"] > 0).all()
    assert table.loc["CHN", "exports"] < 0 < table.loc["JPN", "exports"]
    assert table.loc["CHL", "exports"] == pytest.approx(
        0.07, abs=3 * table.loc["CHL", "exports_error"]
    )
    assert (table["use"] + table["exports"]).tolist() == pytest.approx(table["share"].tolist())


@pytest.mark.parametrize("mineral", ["graphite", "lithium", "gallium", "neodymium"])
def test_elsewhere_normal_exports_are_a_prior_without_numbers(mineral: str) -> None:
    table = normal_exports(mineral, {"CHN": 0.7}, {2022: 1e6})
    assert table["basis"].item() == "prior"
    assert table[["exports", "use"]].isna().all(axis=None)
    assert table.attrs["note"]


def test_normal_exports_refuse_what_cannot_be() -> None:
    with pytest.raises(CritminError, match="mapping"):
        normal_exports("copper", {"CHL": 0.07}, 27e6)  # type: ignore[arg-type]
    with pytest.raises(CritminError, match="more than one"):
        normal_exports("copper", {"CHL": 0.7, "CHN": 0.6}, {2024: 27e6})
    with pytest.raises(CritminError, match="2021"):
        normal_exports("copper", {"CHL": 0.07}, {2021: 27e6})
    with pytest.raises(CritminError, match="share of CHL"):
        normal_exports("copper", {"CHL": 7}, {2024: 27e6})


def test_tonnes_scale_with_content_and_output() -> None:
    one = normal_exports("barite", {"IND": 0.3}, {2024: 8e6})["exports"].item()
    half = normal_exports("barite", {"IND": 0.3}, {2024: 8e6}, content=0.5)["exports"].item()
    twice = normal_exports("barite", {"IND": 0.3}, {2024: 16e6})["exports"].item()
    assert half == pytest.approx(one / 2)
    assert twice == pytest.approx(one / 2)
