"""Rebuild the built-in snapshot from the publishers' files, byte for byte.

Usage: uv run python scripts/build_snapshot.py RAW_FOLDER [TARGET_FOLDER]

RAW_FOLDER holds the raw files in the folders named below; without TARGET_FOLDER the package's own
snapshot is rewritten. Everything is built in memory first, then each file is renamed into place.
"""

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.loaders import (
    costs,
    drivers,
    elasticities,
    supply_events,
    usgs_ds140,
    usgs_editions,
    usgs_mcs,
    world_bank,
)
from critmin.data.production import OFFICIAL_PRODUCTION, official_production, production_series
from critmin.internal.files import replacing
from snapshot import costs as costs_snapshot
from snapshot import distortion, exchange, outlooks, prices, production, trade

TARGET = Path(__file__).parents[1] / "src" / "critmin" / "data" / "snapshot"
COMPILED = Path(__file__).parent / "compiled"
"""Facts that critmin's developers compiled, each row with its source."""

PINK_SHEET_SERIES = frozenset(
    [
        "ALUMINUM",
        "COPPER",
        "LEAD",
        "TIN",
        "NICKEL",
        "ZINC",
        "GOLD",
        "PLATINUM",
        "SILVER",
        "IRON_ORE",
        "PHOSROCK",
        "POTASH",
        "CRUDE_PETRO",
        "COAL_AUS",
        "INATGAS",
        "UREA_EE_BULK",
        "RUBBER1_MYSG",
    ]
)
FAMILIES = (
    prices.families,
    production.families,
    trade.families,
    exchange.families,
    costs_snapshot.families,
    distortion.families,
    outlooks.families,
)
"""Makers of the families that describe themselves."""
USGS = "U.S. Geological Survey"
PUBLIC_DOMAIN = "US public domain"
CC_BY = "CC BY 4.0"


def _family(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames).sort_values(tidy.KEYS, kind="stable", ignore_index=True)


def _other_tables(table: pd.DataFrame, reference: pd.DataFrame) -> "pd.Series[bool]":
    """Rows of years in which countries with a like figure later made under a third of the world."""
    merged = reference.merge(table, on=["country", "year"], suffixes=("_later", ""), how="left")
    like = (merged["value"] / merged["value_later"]).between(1 / 3, 3)
    found = merged["value_later"].where(like, 0).groupby(merged["year"]).sum()
    wrong = found.index[found < merged.groupby("year")["value_later"].sum() / 3]
    return table["year"].isin(wrong)


def _editions(raw: Path, world: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cleaned production of all editions, and the account of what was kept and refused."""
    frames, account = [], []
    later = production.revised(raw)
    lines = production_series()
    used = set(lines.loc[lines["source"] == "usgs-mcs-editions", "mineral"])
    for path in sorted((raw / "usgs-mcs-1996-2025-transcribed").glob("*_data_*.json")):
        commodity = path.name.split("_data_")[0]
        if commodity not in used:
            continue
        official = world.iloc[:0][["country", "year", "value"]]
        if commodity in OFFICIAL_PRODUCTION:
            official = official_production(world, commodity)
        latest = official[official["year"] == 2024]["value"].sum()
        cleaned = usgs_editions.load_editions(path, float(latest) or None)
        reference = later[later["mineral"] == commodity].drop(columns="mineral")
        wrong = _other_tables(cleaned.table, pd.concat([reference, official]))
        table = cleaned.table[~wrong]
        reasons, kept = dict(cleaned.reasons), len(table)
        if wrong.any():
            reasons["an edition of which another table was transcribed"] = int(wrong.sum())
        merged = table.merge(official, on=["country", "year"], suffixes=("", "_official"))
        merged = merged[merged["value_official"] > 0]
        agree = int((merged["value"] / merged["value_official"]).between(0.9, 1.1).sum())
        # Where most countries disagree with the official file, another table was transcribed.
        credible = len(merged) == 0 or agree >= len(merged) / 2
        if credible:
            frames.append(table)
        else:
            reasons["disagrees with the official file"], kept = kept, 0
        account.append(
            {
                "commodity": commodity,
                "kept": kept,
                "mended": int((table["qualifier"] == "mended").sum()) if credible else 0,
                "refused": cleaned.refused + cleaned.kept - kept,
                "reasons": "; ".join(f"{n} {why}" for why, n in sorted(reasons.items())),
                "official_rows": len(merged),
                "within_10_percent": agree,
            }
        )
    return _family(frames), pd.DataFrame(account)


def _coverage(table: pd.DataFrame) -> dict[str, object]:
    return {
        "first_year": int(table["year"].min()),
        "last_year": int(table["year"].max()),
        "rows": len(table),
        "sha256": hashlib.sha256(tidy.to_csv_bytes(table)).hexdigest(),
    }


def _years(table: pd.DataFrame) -> "pd.Series[int]":
    if "effective" in table:
        return pd.to_datetime(table["effective"]).dt.year
    if "year" in table:
        return table["year"]
    return table["years"].str.extract(r"((?:19|20)\d{2})")[0].dropna().astype(int)


def build(raw: Path) -> dict[str, bytes]:
    """Make every file of the snapshot: name to bytes."""
    salient = [
        usgs_mcs.load_salient(path)
        for path in sorted((raw / "usgs-mcs-2025/salient_commodity").glob("*_salient.csv"))
    ]
    world = usgs_mcs.load_world(raw / "usgs-mcs-2025/world_data/MCS2025_World_Data.csv")
    pink = world_bank.load_pink_sheet(
        raw / "world-bank-pink-sheet/CMO-Historical-Data-Monthly.xlsx", PINK_SHEET_SERIES
    )
    ds140 = [
        usgs_ds140.load_workbook(raw / "usgs-ds140/ds140-lithium-2021.xlsx"),
        usgs_ds140.load_series(raw / "usgs-ds140/ds140-series.csv"),
    ]
    editions, account = _editions(raw, world)
    cpi = drivers.load_cpi(raw / "macro/cpi-us.csv")
    population = drivers.load_population(COMPILED / "population.csv")
    technology = drivers.load_technology(COMPILED / "technology.csv")
    gdp = drivers.load_gdp(raw / "macro/gdp-current-usd.csv")
    gdp = gdp[gdp["country"].isin({"WLD", *population["country"]})]
    ev = drivers.load_ev(raw / "iea-global-ev/IEA-Global-EV-Data-2024.csv").query(
        "country == 'WLD'"
    )
    events = supply_events.with_stages(
        supply_events.joined(
            supply_events.load_events(path)
            for path in (raw / "events/supply-events.csv", COMPILED / "supply-events.csv")
        ),
        COMPILED / "event-stages.csv",
    )
    points = pd.concat(
        [
            costs.load_lithium_deposits(raw / "lithium-deposits/Deposit.csv"),
            costs.load_cost_points(COMPILED / "cost-points.csv"),
        ]
    )
    estimates = elasticities.load_elasticities(
        raw / "glombo/table_s28_literature_parameter_database_original.csv"
    )
    families = {
        "usgs-mcs-2025.csv": _family([*salient, world]),
        "usgs-mcs-editions.csv": editions,
        "usgs-ds140.csv": _family(ds140),
        "worldbank-pink-sheet.csv": pink,
        "drivers.csv": _family([cpi, gdp, ev, population, technology]),
    }
    files = {name: tidy.to_csv_bytes(table) for name, table in families.items()}
    files["events.csv"] = tidy.to_csv_bytes(events)
    files["cost-points.csv"] = tidy.to_csv_bytes(points)
    files["elasticities.csv"] = tidy.to_csv_bytes(estimates)
    files["editions-account.csv"] = tidy.to_csv_bytes(account)

    rows = []
    described = {
        "worldbank-pink-sheet": (
            "World Bank",
            "Commodity Price Data (The Pink Sheet), monthly, December 2025",
            CC_BY,
            "https://www.worldbank.org/en/research/commodity-markets",
            "2025-12-02",
        ),
        "bls-cpi-u": (
            "U.S. Bureau of Labor Statistics",
            "Consumer Price Index for All Urban Consumers, all items",
            PUBLIC_DOMAIN,
            "https://www.bls.gov/cpi/",
            "2026-06",
        ),
        "worldbank-gdp": (
            "World Bank",
            "World Development Indicators: GDP, current USD, world and producers",
            CC_BY,
            "https://data.worldbank.org/indicator/NY.GDP.MKTP.CD",
            "2024",
        ),
        "un-population-2023": (
            "United Nations",
            "World Population Prospects 2024: population of 2023, rounded",
            "facts",
            "https://population.un.org/wpp/",
            "2024",
        ),
        "critmin-technology": (
            "critmin",
            "World sales of semiconductors (WSTS), wind (GWEC) and solar (IEA PVPS) additions",
            "facts",
            "",
            "2024",
        ),
        "iea-global-ev-2024": (
            "International Energy Agency",
            "Global EV Data 2024, world",
            CC_BY,
            "https://www.iea.org/data-and-statistics/data-product/global-ev-outlook-2024",
            "2024-04",
        ),
        "usgs-mcs-2025-world": (
            USGS,
            "Mineral Commodity Summaries 2025: world production, capacity and reserves",
            PUBLIC_DOMAIN,
            "https://doi.org/10.5066/P13XCP3R",
            "2025-01",
        ),
    }
    for name, table in families.items():
        # Hash what a reader gets back, not what was in memory: floats are written to ten digits.
        table = tidy.from_csv_bytes(files[name])
        for dataset, part in table.groupby("dataset", sort=True):
            identifier = str(dataset)
            if identifier in described:
                publisher, title, licence, address, vintage = described[identifier]
            elif identifier.startswith("usgs-mcs-2025-"):
                commodity = part["commodity"].iloc[0]
                publisher, licence = USGS, PUBLIC_DOMAIN
                title = f"Mineral Commodity Summaries 2025 data release: {commodity}"
                address, vintage = "https://doi.org/10.5066/P13XCP3R", "2025-01"
            elif identifier.startswith("usgs-ds140-"):
                commodity = identifier.removeprefix("usgs-ds140-")
                publisher, licence = USGS, PUBLIC_DOMAIN
                title = f"Data Series 140, historical statistics: {commodity}"
                address = "https://doi.org/10.3133/ds140"
                vintage = str(int(part["year"].max()))
            else:
                edition = identifier.removeprefix("usgs-mcs-")
                publisher, licence = USGS, PUBLIC_DOMAIN
                title = f"Mineral Commodity Summaries {edition}: mine production by country, as transcribed"
                address = "https://www.usgs.gov/centers/national-minerals-information-center"
                vintage = edition
            rows.append(
                {
                    "id": identifier,
                    "publisher": publisher,
                    "title": title,
                    "licence": licence,
                    "address": address,
                    "vintage": vintage,
                    "units": "; ".join(sorted({u for u in part["unit"] if u})),
                    "file": name,
                    **_coverage(part),
                }
            )
    extra = {
        "critmin-events": (
            "critmin",
            "Dated export restrictions and supply disruptions, from the official notices in each row",
            "facts",
            "",
            "2025-11",
            "events.csv",
        ),
        "critmin-cost-points": (
            "P. Busch and others; Metals Focus; compiled by critmin",
            "Published points of production cost: reported lithium deposits, gold",
            "MIT; facts",
            "",
            "2025-03",
            "cost-points.csv",
        ),
        "glombo-elasticities": (
            "J. Ryter and others",
            "GLOMBO: literature database of metal-market parameters (table S28)",
            CC_BY,
            "",
            "2022",
            "elasticities.csv",
        ),
    }
    for identifier, (publisher, title, licence, address, vintage, name) in extra.items():
        table = tidy.from_csv_bytes(files[name])
        years = _years(table)
        rows.append(
            {
                "id": identifier,
                "publisher": publisher,
                "title": title,
                "licence": licence,
                "address": address,
                "vintage": vintage,
                "units": "",
                "file": name,
                "first_year": int(years.min()),
                "last_year": int(years.max()),
                "rows": len(table),
                "sha256": hashlib.sha256(files[name]).hexdigest(),
            }
        )
    parts = [pd.DataFrame(rows)]
    for family in (family for make in FAMILIES for family in make(raw)):
        files[family.file] = family.content()
        parts.append(family.catalogue())
    files["catalog.csv"] = tidy.to_csv_bytes(pd.concat(parts).sort_values("id"))
    return files


def write(files: Mapping[str, bytes], target: Path) -> None:
    """Write each file whole or not at all, the catalogue last: it holds the hashes of the others.

    A build that was stopped between two files leaves a catalogue that the new ones do not agree with, which
    `critmin.data.load` refuses; the same build once more ends it.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in sorted(files, key=lambda name: name == "catalog.csv"):
        with replacing(target / name) as temporary:
            temporary.write_bytes(files[name])


def main() -> None:
    """Build and write."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    target = Path(sys.argv[2]) if len(sys.argv) == 3 else TARGET
    files = build(Path(sys.argv[1]))
    write(files, target)
    for name, content in files.items():
        print(f"{name}: {len(content):,} bytes")
    if target == TARGET:
        # In a process of its own, which reads what was just written.
        script = Path(__file__).with_name("build_assembled.py")
        subprocess.run([sys.executable, str(script)], check=True)


if __name__ == "__main__":
    main()
