"""Loaders of output by country: the publishers' layouts, and their traps, in small."""

import json
from pathlib import Path

import numpy as np
import pytest

from critmin.data import load
from critmin.data.loaders.bgs import COLUMNS as BGS
from critmin.data.loaders.bgs import load_bgs
from critmin.data.loaders.iea_supply import load_iea_supply
from critmin.data.loaders.usgs_editions import load_editions
from critmin.data.loaders.usgs_mcs_2026_world import COLUMNS as MCS
from critmin.data.loaders.usgs_mcs_2026_world import load_world_2026
from critmin.data.loaders.world_mining_data import load_world_mining_data
from critmin.data.outlooks import outlooks
from critmin.exceptions import DataError


def _write(path: Path, header: tuple[str, ...], rows: list[list[str]]) -> Path:
    lines = [header, *rows]
    text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def _bgs(
    name: str, code: str, year: str, quantity: str, kind: str = "A", unit: str = ""
) -> list[str]:
    unit = unit or "tonnes (metal content)"
    stamp = f"{year}-01-01 00:00:00"
    return [name, code, "copper, mine", "", "Production", unit, stamp, quantity, kind, ""]


def test_bgs_reads_codes_units_and_former_states(tmp_path: Path) -> None:
    rows = [
        _bgs("Congo", "COD", "1971", "2070"),  # Brazzaville, whatever the code says
        _bgs("Zaire", "ZAR", "1971", "407000"),
        _bgs("German Democratic Rep", "", "1971", "20"),
        _bgs("Chile", "CHL", "1971", "", "N"),
        _bgs("Peru", "PER", "1971", "", "O"),
        _bgs("South Africa", "ZAF", "1971", "5000", unit="kilograms (metal content)"),
        _bgs("German Federal Republic", "DEU", "1990", "7"),
        _bgs("Germany", "DEU", "1990", "", "O"),
    ]
    table = load_bgs(_write(tmp_path / "bgs.csv", BGS, rows)).set_index(["country", "year"])
    assert table.loc[("COG", 1971), "value"] == 2070
    assert table.loc[("COD", 1971), "value"] == 407_000
    assert table.loc[("DDR", 1971), "value"] == 20
    assert table.loc[("ZAF", 1971), "value"] == 5
    assert table.loc[("DEU", 1990), "value"] == 7
    assert table.loc[("CHL", 1971), ["qualifier", "upper"]].tolist() == ["below", 0.5]
    assert np.isnan(table.loc[("PER", 1971), "value"])


def test_bgs_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    rows = [_bgs("Atlantis", "", "1971", "1"), _bgs("Chile", "CHL", "1971", "1", unit="carats")]
    with pytest.raises(DataError, match="2 rows refused"):
        load_bgs(_write(tmp_path / "bgs.csv", BGS, rows))
    with pytest.raises(DataError, match="given more than once"):
        load_bgs(_write(tmp_path / "bgs.csv", BGS, [_bgs("Chile", "CHL", "1971", "1")] * 2))


WMD = ("commodity", "country", "iso3", "2021", "2022", "unit", "reported_or_estimated")


def test_world_mining_data_goes_by_name_and_checks_totals(tmp_path: Path) -> None:
    rows = [
        ["Gold", "French Guiana", "GUY", "1000", "2000", "kg", "r"],
        ["Gold", "Guyana", "GUY", "3000", "4000", "kg", "e"],
        ["Gold", "Total", "DELETE", "4000", "6000", "kg", "nan"],
        ["Diamonds (Gem)", "Angola", "AGO", "1", "2", "ct", "r"],
    ]
    table = load_world_mining_data(_write(tmp_path / "w.csv", WMD, rows))
    found = table.set_index(["country", "year"])
    assert found.loc[("GUF", 2022), "value"] == 2
    assert found.loc[("GUY", 2021), ["value", "qualifier"]].tolist() == [3, "estimated"]
    assert len(table) == 4
    rows[2][3] = "5000"
    with pytest.raises(DataError, match="countries add to 4, not 5"):
        load_world_mining_data(_write(tmp_path / "w.csv", WMD, rows))


def _mcs(
    country: str, detail: str, value: str, unit: str = "kilograms", year: str = "2025"
) -> list[str]:
    section = "World Primary Production and Reserves"
    return [
        "GALLIUM",
        section,
        "Gallium",
        country,
        "Production",
        detail,
        unit,
        year,
        value,
        "Estimated.",
    ]


def test_world_tables_of_mcs_2026(tmp_path: Path) -> None:
    rows = [
        _mcs("China", "Primary production", "900,000"),
        _mcs("United States", "Primary production", "W"),
        _mcs("Japan", "Primary production", "—"),
        _mcs("Russia", "Primary production", "s"),
        _mcs("World total", "Primary production: rounded", "900,000"),
        _mcs("China", "Primary production", "1", year="2021–24"),
        _mcs("China", "Primary production", "1", unit="million carats"),
    ]
    table = load_world_2026(_write(tmp_path / "m.csv", MCS, rows)).set_index("country")
    assert table.index.tolist() == ["CHN", "JPN", "USA", "WLD"]
    assert table.loc["CHN", ["value", "qualifier"]].tolist() == [900.0, "estimated"]
    assert table.loc["JPN", "value"] == 0
    assert table.loc["USA", "qualifier"] == "withheld"
    assert set(table["series"]) == {"production: primary production"}
    described = load_world_2026(_write(tmp_path / "m.csv", MCS, [_mcs("China", "x", "Large")]))
    assert described["qualifier"].tolist() == ["described"]
    assert described["value"].isna().all()


def test_iea_supply_reads_one_year_and_checks_the_sum(tmp_path: Path) -> None:
    part = {
        "countries": {
            "China": {"2024": 9.0, "2030": 8.0},
            "Rest of world": {"2024": 1.0},
            "Note": {},
        },
        "total": {"2024": 10.0},
    }
    path = tmp_path / "iea.json"
    path.write_text(json.dumps({"supply": {"Lithium": {"refining": part}}}), encoding="utf-8")
    table = load_iea_supply(path, ("Lithium",)).set_index("country")
    assert table.loc["CHN", "value"] == 9_000
    assert table.index.tolist() == ["CHN", "ROW"]
    with pytest.raises(DataError, match="no tables of"):
        load_iea_supply(path, ("Tin",))
    part["total"] = {"2024": 12.0}
    path.write_text(json.dumps({"supply": {"Lithium": {"refining": part}}}), encoding="utf-8")
    with pytest.raises(DataError, match=r"miss the total: 2024 by -2\.0"):
        load_iea_supply(path, ("Lithium",))


def test_a_country_in_the_rest_of_the_world_counts_once() -> None:
    supply = load("iea-supply-2024").query("commodity == 'graphite' and series == 'mining'")
    ours = supply.set_index("country")["value"]
    theirs = outlooks("graphite").query("quantity == 'mined' and year == 2024")
    theirs = theirs.set_index("country")["value"]
    # The file has 58,011 t for the rest of the world, Tanzania's 9,059 t among them.
    assert ours["TZA"] == pytest.approx(9_059.353306)
    assert ours["ROW"] == pytest.approx(58_011.35331 - 9_059.353306)
    assert ours.sum() == pytest.approx(theirs["WLD"], rel=1e-6)
    assert ours["ROW"] == pytest.approx(theirs["ROW"], rel=1e-6)


def test_editions_tell_unstated_reserves_from_shifted_columns(tmp_path: Path) -> None:
    def row(country: str, edition: int, volume: float) -> dict[str, object]:
        return {
            "country": country,
            "year": edition,
            "production_volume": volume,
            "unit": "metric tons",
            "multiplier": 1,
        }

    path = tmp_path / "chromium_data_1996_2025.json"
    rows = [
        row("India", 2015, 3000.0),
        row("Other countries   NA", 2015, 4600.0),
        row("Other countries   NA NA", 2006, 900.0),
        row("Australia NA NA", 2006, 320_000.0),
        row("Morocco and Western Sahar", 2015, 50.0),
        row("United States   NA", 2015, 620.0),  # its reserves
        row("Finland — —", 2015, 50_000.0),
        row("Turkey   NA NA", 2015, 900.0),
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    cleaned = load_editions(path)
    kept = set(zip(cleaned.table["country"], cleaned.table["year"], strict=True))
    assert kept == {("IND", 2014), ("ROW", 2014), ("ROW", 2005), ("MAR", 2014)}
    assert cleaned.reasons["a withheld or missing figure shifted the columns"] == 4
