"""The built-in data against figures that the publishers print."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from critmin.data import catalog, catalogue, data_hash, load, load_panel
from critmin.data.production import production_series
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import get_mineral
from critmin.units import price_factor


@pytest.fixture(scope="module")
def panel():
    return load_panel()


def test_catalogue_names_every_data_set() -> None:
    table = catalog()
    assert len(table) >= 250
    assert table.index.is_unique
    assert table[["publisher", "title", "licence", "vintage", "sha256"]].notna().all().all()
    assert set(table["licence"]) <= {
        "CC BY 4.0",
        "US public domain",
        "facts",
        "MIT; facts",
        "Etalab 2.0",
        "Open Government Licence (c) UKRI",
    }
    assert (table["first_year"] <= table["last_year"]).all()


@pytest.mark.parametrize("dataset", list(catalog().index))
def test_every_data_set_loads_and_matches_its_hash(dataset: str) -> None:
    assert len(load(dataset)) == catalog().loc[dataset, "rows"]


def test_unknown_data_set_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="usgs-mcs-2025-cobal"):
        load("usgs-mcs-2025-cobalt")


# Prices as printed: USGS Mineral Commodity Summaries 2026 and 2025 (price tables), in the quoted unit.
PRINTED = [
    ("lithium", 2022, 71_100, 0.001),
    ("lithium", 2024, 14_000, 0.001),
    ("cobalt", 2022, 28.83, 0.001),
    ("nickel", 2022, 25_815, 0.01),  # LME, USGS average of daily prices
    ("copper", 2021, 422.5 * 22.0462262, 0.01),
    ("zinc", 2022, 158.1 * 22.0462262, 0.01),
    ("tin", 2021, 1478 * 22.0462262, 0.01),
    ("platinum", 2020, 886.02, 0.01),
    ("silver", 2021, 25.23, 0.01),
    ("dysprosium", 2021, 410, 0.001),
    ("terbium", 2022, 2051, 0.001),
    ("neodymium", 2022, 134, 0.001),
    ("gallium", 2022, 432, 0.001),
    ("germanium", 2024, 1991, 0.001),
    ("tungsten", 2021, 225, 0.001),
    ("manganese", 2022, 5.97, 0.001),
    ("vanadium", 2022, 9.29, 0.001),
    ("hafnium", 2023, 6130, 0.001),
    ("rhodium", 2021, 20254.10, 0.001),
    ("arsenic", 2022, 1.82, 0.001),
    ("silicon", 2022, 361.86, 0.001),
    ("antimony", 2024, 10.24, 0.001),
]


@pytest.mark.parametrize(("name", "year", "printed", "tolerance"), PRINTED)
def test_prices_are_those_printed(panel, name, year, printed, tolerance) -> None:
    about = get_mineral(name)
    value = float(panel["price_nominal"].sel(mineral=name, year=year))
    assert value * about.content / price_factor(about.quote) == pytest.approx(
        printed, rel=tolerance
    )


# World output by country as printed in Mineral Commodity Summaries 2025, tonnes.
OUTPUT = [
    ("cobalt", "COD", 2023, 175_000),
    ("cobalt", "COD", 2024, 220_000),
    ("nickel", "IDN", 2024, 2_200_000),
    ("lithium", "AUS", 2024, 88_000),
    ("copper", "CHL", 2024, 5_300_000),
    ("copper", "ZMB", 2024, 680_000),
    ("gallium", "CHN", 2024, 750),
    ("neodymium", "CHN", 2024, 270_000),
    ("graphite", "CHN", 2024, 1_270_000),
    ("platinum", "ZAF", 2024, 120),
    ("tungsten", "CHN", 2024, 67_000),
]


@pytest.mark.parametrize(("name", "country", "year", "printed"), OUTPUT)
def test_output_is_that_printed(panel, name, country, year, printed) -> None:
    vintage = "latest" if year == 2023 else "first_estimate"
    value = panel["production"].sel(mineral=name, country=country, year=year, vintage=vintage)
    assert float(value) == pytest.approx(printed, rel=0.001)


def test_editions_account_for_every_row_and_agree_with_the_official_file() -> None:
    from importlib.resources import files

    path = files("critmin.data").joinpath("snapshot", "editions-account.csv")
    account = pd.read_csv(str(path))
    assert set(account["commodity"]) <= set(production_series()["mineral"])
    kept = account[account["kept"] > 0]
    assert kept["kept"].sum() > 5_000
    assert account["refused"].sum() > 0
    # 2023 and 2024 against the official world table.
    compared = kept[kept["official_rows"] >= 10]
    agreement = compared["within_10_percent"].sum() / compared["official_rows"].sum()
    assert agreement > 0.75


def test_vintages_keep_the_first_estimate(panel) -> None:
    cobalt = panel["production"].sel(mineral="cobalt", country="COD", year=2023)
    assert float(cobalt.sel(vintage="first_estimate")) == 170_000
    assert float(cobalt.sel(vintage="latest")) == 175_000


def test_real_prices_are_nominal_in_the_base_year(panel) -> None:
    year = panel.sel(year=2025)
    np.testing.assert_allclose(
        year["price"].sel(mineral="copper"), year["price_nominal"].sel(mineral="copper")
    )


def test_events_are_many_and_each_has_a_source(panel) -> None:
    events = load("critmin-events")
    decisions = events.groupby(["announced", "country", "measure", "note"]).ngroups
    assert decisions >= 80
    assert (events["source"].str.len() > 5).all()
    shaba = events[(events["country"] == "COD") & (events["effective"] == "1978-05-13")]
    assert set(shaba["mineral"]) == {"cobalt", "copper"}


def test_cost_points_are_full_costs_of_lithium_and_gold(panel) -> None:
    points = load("critmin-cost-points")
    deposits = points[points["kind"] == "deposit"]
    assert len(deposits) == 54
    atacama = deposits[deposits["name"] == "Salar de Atacama (SQM)"].squeeze()
    # Operating cost of 21,239 and an annuity of 10.19% on 56,956 USD per tonne of lithium.
    assert atacama["value"] == pytest.approx(21_238.77 + 0.101852 * 56_955.84, rel=1e-4)
    gold = panel["cost"].values[panel["cost_mineral"].values == "gold"]
    assert gold.max() == pytest.approx(1456 * 32_150.7466, rel=1e-6)


def test_technologies_are_those_printed(panel) -> None:
    volume = panel["technology_volume"]
    assert float(volume.sel(technology="wind", year=2020)) == 95.3  # GWEC
    # WSTS, 526.9 billion USD of 2023, with the CPI of 2023 and 2025.
    chips = float(volume.sel(technology="semiconductors", year=2023))
    assert chips == pytest.approx(
        526.9 * float(panel["cpi"].sel(year=2025) / panel["cpi"].sel(year=2023))
    )


def test_holes_stay_holes(panel) -> None:
    neodymium = panel["price"].sel(mineral="neodymium")
    assert np.isnan(neodymium.sel(year=slice(2010, 2013))).all()
    assert float(neodymium.sel(year=2014)) > 0


def test_panel_refuses_minerals_given_twice() -> None:
    with pytest.raises(DataError, match="nickel"):
        load_panel(["nickel", "nickel"])


def test_snapshot_is_rebuilt_byte_for_byte(raw: Path, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    script = root / "scripts" / "build_snapshot.py"
    subprocess.run([sys.executable, script, raw, tmp_path], check=True, capture_output=True)
    joined = root / "scripts" / "build_assembled.py"
    subprocess.run([sys.executable, joined, tmp_path], check=True, capture_output=True)
    shipped = root / "src" / "critmin" / "data" / "snapshot"
    for path in sorted(shipped.iterdir()):
        unpack = (
            gzip.decompress if path.suffix == ".gz" else bytes
        )  # zlib may pack otherwise elsewhere
        assert unpack((tmp_path / path.name).read_bytes()) == unpack(path.read_bytes()), path.name


def test_data_hash_is_the_same_in_every_process_and_follows_every_data_set(monkeypatch) -> None:
    code = "from critmin.data.catalogue import data_hash; print(data_hash())"
    for salt in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": salt}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
        assert done.stdout.strip() == data_hash(), done.stderr
    whole, original = catalogue._catalog(), data_hash()
    for row in range(len(whole)):
        changed = whole.copy()
        changed.iloc[row, changed.columns.get_loc("sha256")] = "0" * 64
        monkeypatch.setattr(catalogue, "_catalog", lambda table=changed: table)
        assert data_hash() != original, whole.index[row]
