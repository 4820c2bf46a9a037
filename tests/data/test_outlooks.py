"""Outlooks against the figures that the IEA and Australia print."""

import json
from pathlib import Path

import openpyxl
import pytest

from critmin.data.loaders.outlooks import load_iea, load_req
from critmin.data.outlooks import outlooks
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import registry

# Mineral, quantity, country, scenario, year, printed figure in kt or USD a unit, factor.
PRINTED = [
    ("copper", "mined", "CHL", "", 2024, 5476, 1e3),
    ("copper", "mined", "WLD", "base case", 2040, 15_836, 1e3),
    ("cobalt", "refined", "CHN", "base case", 2030, 251.7017, 1e3),
    ("lithium", "demand", "WLD", "", 2024, 205.0, 1e3),
    ("lithium", "clean_demand", "WLD", "STEPS", 2040, 808.706, 1e3),
    ("gallium", "clean_demand", "WLD", "NZE", 2050, 7.28084, 1e3),
    ("copper", "price", "WLD", "", 2024, 9144.09, 1),
    ("nickel", "price", "WLD", "", 2026, 16_400, 1),
    ("gold", "price", "WLD", "", 2027, 2650, 1 / 31.1034768e-6),
    ("iron_ore", "price", "WLD", "", 2025, 83.399, 1 / 0.62),
    ("lithium", "refined", "WLD", "", 2027, 1943.8946, 187.87),
    ("zinc", "refined", "WLD", "", 2024, 13_495, 1e3),
    ("aluminum", "demand", "WLD", "", 2024, 71_962.737, 1e3),
]


@pytest.mark.parametrize(
    ("mineral", "quantity", "country", "scenario", "year", "printed", "factor"), PRINTED
)
def test_outlooks_are_those_printed(
    mineral, quantity, country, scenario, year, printed, factor
) -> None:
    table = outlooks(mineral).query(
        "quantity == @quantity and country == @country and scenario == @scenario and year == @year"
    )
    # Both publishers give a figure of 2024 for copper's, nickel's ... mined and refined output.
    assert any(table["value"].between(printed * factor * 0.9999, printed * factor * 1.0001))


def test_countries_add_up_to_the_world() -> None:
    supply = outlooks().query(
        "dataset == 'iea-critical-minerals-2025' and quantity in ('mined', 'refined')"
    )
    keys = ["mineral", "quantity", "year"]
    parts = supply[supply["country"] != "WLD"].groupby(keys)["value"].sum()
    world = supply[supply["country"] == "WLD"].set_index(keys)["value"]
    assert len(world) == 12 * 4
    assert (parts / world).between(1 - 1e-6, 1 + 1e-6).all()
    # Australia's 100 kt of nickel are not in the rest of the world too.
    nickel = supply.query("mineral == 'nickel' and quantity == 'mined' and year == 2024")
    assert nickel.set_index("country")["value"]["ROW"] == pytest.approx(529e3)


def test_outlooks_are_tidy() -> None:
    table = outlooks()
    keys = ["dataset", "mineral", "quantity", "country", "scenario", "year"]
    assert not table.duplicated(keys).any()
    mixes = {"magnet_rare_earths", "battery_graphite", "platinum_group"}
    assert set(table["mineral"]) - set(registry()) <= mixes | {"praseodymium"}
    assert (table["value"] >= 0).all()
    assert set(table["unit"]) == {"t", "USD/t"}
    assert (table.loc[table["year"] == 2024, "status"] == "base").all()
    assert set(table["scenario"]) == {"", "STEPS", "APS", "NZE", "base case"}
    with pytest.raises(UnknownNameError, match="'cobalt'"):
        outlooks("cobolt")


def iea(countries: dict[str, float], total: float) -> dict[str, object]:
    part = {"countries": {c: {"2024": v} for c, v in countries.items()}, "total": {"2024": total}}
    return {
        "totalDemand": {},
        "cleantechByMineral": {},
        "supply": {"Nickel": {"mining": part, "refining": part}},
    }


def test_a_country_counted_twice_is_taken_out_of_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "iea.json"
    path.write_text(
        json.dumps(iea({"China": 5.0, "Canada": 2.0, "Rest of world": 4.0}, 9.0)), encoding="utf-8"
    )
    mined = load_iea(path).query("quantity == 'mined'").set_index("country")["value"]
    assert mined.to_dict() == {"CAN": 2000.0, "CHN": 5000.0, "ROW": 2000.0, "WLD": 9000.0}


@pytest.mark.parametrize(
    ("countries", "total", "reason"),
    [
        (
            {"China": 5.0, "Rest of world": 5.0},
            9.0,
            "Nickel mining: the countries miss the total",
        ),
        ({"Atlantis": 5.0, "Rest of world": 4.0}, 9.0, "unknown country 'Atlantis'"),
    ],
)
def test_sums_and_names_that_are_wrong_are_refused(
    tmp_path: Path, countries, total, reason
) -> None:
    path = tmp_path / "iea.json"
    path.write_text(json.dumps(iea(countries, total)), encoding="utf-8")
    with pytest.raises(DataError, match=reason):
        load_iea(path)


def test_a_workbook_whose_rows_or_units_changed_is_refused(raw: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(raw / "australia-req" / "req-june-2025-forecast-data.xlsx")
    for sheet, cell, value in (("Nickel", "G17", "A$/t"), ("Zinc", "F13", "Use")):
        assert book[sheet][cell].value in ("US$/t", "Consumption")
        book[sheet][cell] = value
    path = tmp_path / "req.xlsx"
    book.save(path)
    with pytest.raises(DataError, match="sheet 'Zinc': no row 'Consumption'") as caught:
        load_req(path)
    assert "'A$/t', expected 'US$/t'" in str(caught.value)
