"""Output by country and stage: the publishers' rows that the hand table of production uses."""

from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.loaders import (
    bgs,
    iea_supply,
    usgs_ds140,
    usgs_mcs_2026_world,
    world_mining_data,
)
from critmin.data.production import WORLD_TOTALS
from snapshot.family import About, Family

COMPILED = Path(__file__).parents[1] / "compiled"
SERIES = Path(__file__).parents[2] / "src" / "critmin" / "data" / "production_series.csv"
OGL = "Open Government Licence (c) UKRI"


def _used(source: str) -> pd.DataFrame:
    table = pd.read_csv(SERIES, keep_default_na=False)
    return table[table["source"] == source]


def _bgs(raw: Path) -> Family:
    frames = [bgs.load_bgs(path) for path in sorted((raw / "bgs-wms").glob("*.csv"))]
    table = pd.concat(frames, ignore_index=True)
    lines = _used("bgs-wms")
    keys = pd.MultiIndex.from_frame(lines[["commodity", "series"]])
    table = table[pd.MultiIndex.from_frame(table[["commodity", "series"]]).isin(keys)]
    # Countries that never produced stand in the file as rows of zeros.
    made = table.groupby(["commodity", "series", "country"])["value"].transform("max") > 0
    table = table[made].sort_values(tidy.KEYS, kind="stable", ignore_index=True)
    about = {
        str(name): About(
            "British Geological Survey",
            f"World Mineral Statistics: {part['commodity'].iloc[0]}",
            OGL,
            "https://www.bgs.ac.uk/mineralsuk/statistics/world-mineral-statistics/",
            "2025",
        )
        for name, part in table.groupby("dataset")
    }
    return Family("bgs-wms.csv", table, about)


def _world_mining_data(raw: Path) -> Family:
    path = raw / "world-mining-data" / "world-mining-data-2018-2022.csv"
    table = world_mining_data.load_world_mining_data(path)
    table = table[table["commodity"].isin(set(_used("world-mining-data-2024")["commodity"]))]
    about = About(
        "Austrian Federal Ministry of Finance",
        "World Mining Data 2024: output by country 2018-2022",
        "facts",
        "https://www.world-mining-data.info/",
        "2024",
    )
    return Family("world-mining-data.csv", table, {"world-mining-data-2024": about})


def _world_2026(raw: Path) -> Family:
    path = raw / "usgs-mcs-2026" / "usgs_mcs2026_commodities_data.csv"
    table = usgs_mcs_2026_world.load_world_2026(path)
    table = table[table["commodity"].isin(set(_used("usgs-mcs-2026-world")["commodity"]))]
    about = About(
        "U.S. Geological Survey",
        "Mineral Commodity Summaries 2026: world production",
        "US public domain",
        "https://doi.org/10.3133/mcs2026",
        "2026-02",
    )
    return Family("usgs-mcs-2026-world.csv", table, {"usgs-mcs-2026-world": about})


def _iea(raw: Path) -> Family:
    path = raw / "iea-critical-minerals" / "iea-critical-minerals-2025-05.json"
    names = tuple(sorted(name.title() for name in _used("iea-supply-2024")["commodity"]))
    table = iea_supply.load_iea_supply(path, names)
    about = About(
        "International Energy Agency",
        "Critical Minerals Data Explorer, May 2025: mined and refined supply of 2024",
        "CC BY 4.0",
        "https://www.iea.org/data-and-statistics/data-tools/critical-minerals-data-explorer",
        "2025-05",
    )
    return Family("iea-supply.csv", table, {"iea-supply-2024": about})


def _producers() -> Family:
    spans = pd.read_csv(COMPILED / "producers.csv")
    rows = [
        {
            "commodity": span.commodity,
            "country": span.country,
            "year": year,
            "value": span.share,
            "source": span.source,
        }
        for span in spans.itertuples(index=False)
        for year in range(span.first_year, span.last_year + 1)
    ]
    table = pd.DataFrame(rows).sort_values(["commodity", "year", "country"], ignore_index=True)
    about = About(
        "critmin", "Shares of producers where no tonnes are published", "facts", "", "2025"
    )
    return Family("producers.csv", table, {"critmin-producers": about})


WORLD_SHEETS = {"usgs-ds140-alumina-world": ("bauxi-Alumina", 2017)}
"""Sheets of which the world's total is read, and the publisher's last year: later rows are a copyist's."""


def _world_totals(raw: Path) -> Family:
    frames, about = [], {}
    for commodity, name in WORLD_TOTALS.items():
        sheet, last = WORLD_SHEETS[name]
        table = usgs_ds140.load_sheet(
            raw / "usgs-ds140-all" / f"ds140-{sheet}.tsv", commodity
        ).table.query("series == 'world_production' and year <= @last")
        frames.append(table.assign(dataset=name))
        about[name] = About(
            "U.S. Geological Survey",
            f"Data Series 140: world production of {commodity} to {last}",
            "US public domain",
            "https://www.usgs.gov/centers/national-minerals-information-center",
            "2018-12",
        )
    table = pd.concat(frames, ignore_index=True)
    return Family("world-totals.csv", table, about)


def revised(raw: Path) -> pd.DataFrame:
    """Later figures that transcribed editions are held against: mineral, country, year, value."""
    table = world_mining_data.load_world_mining_data(
        raw / "world-mining-data" / "world-mining-data-2018-2022.csv"
    )
    lines = _used("world-mining-data-2024")[["mineral", "commodity", "factor"]]
    table = lines.merge(table, on="commodity")
    table["value"] *= table["factor"].astype(float)
    return table[["mineral", "country", "year", "value"]]


def families(raw: Path) -> list[Family]:
    """Files of output by country.

    Parameters
    ----------
    raw : Path
        Folder of the publishers' files.
    """
    return [
        _bgs(raw),
        _world_mining_data(raw),
        _world_2026(raw),
        _iea(raw),
        _producers(),
        _world_totals(raw),
    ]
