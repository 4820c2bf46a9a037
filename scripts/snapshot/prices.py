"""Prices: Data Series 140, the editions of the Mineral Commodity Summaries, typed pages."""

from pathlib import Path

import pandas as pd

from critmin.data import tidy
from critmin.data.editions import EDITIONS
from critmin.data.loaders import price_pages, usgs_combined, usgs_ds140, usgs_mcs
from critmin.data.loaders.files import read_csv
from snapshot.family import About, Family

COMPILED = Path(__file__).parents[1] / "compiled"
USGS = "U.S. Geological Survey"
PUBLIC_DOMAIN = "US public domain"
DS140_ADDRESS = "https://doi.org/10.3133/ds140"
MCS_ADDRESS = "https://www.usgs.gov/centers/national-minerals-information-center"

WHOLE_EDITION = 2025
"""Edition that the snapshot holds whole, in a family of its own; its columns name the series."""

SHEETS = {
    "alumina": "bauxi-Alumina",
    "antim": "antim",
    "arsen": "arsen",
    "barit": "barit",
    "bauxi": "bauxi-Bauxite",
    "beryl": "beryl",
    "bismu": "bismu",
    "boron": "boron",
    "cadmi": "cadmi",
    "chrom": "chrom",
    "felds": "felds",
    "fluor": "fluor",
    "galli": "galli",
    "germa": "germa",
    "graph": "graph",
    "hafni": "hafni.0d482ca",
    "indiu": "indiu",
    "iodin": "iodin",
    "mgmet": "mgmet",
    "rheni": "rheni",
    "rutil": "timin-Natural & Synthetic Rutile",
    "selen": "selen",
    "simet": "simet",
    "spong": "timet-Titanium sponge.0d482ca",
    "stron": "stron",
    "tanta": "tanta",
    "tellu": "tellu",
    "vanad": "vanad",
    "zirco": "zirco",
}
"""Sheets of Data Series 140 whose unit values are part of a history."""

RARE_EARTHS = "ds140-rare-earths-2020.xlsx"
"""A workbook of all rare earths together: shown, but no single one's price."""


def _refuse(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the cells that `price-refusals.csv` names, with its reasons."""
    bad = read_csv(COMPILED / "price-refusals.csv", required=("dataset", "series", "year"))
    keys = {(r.dataset, r.series, int(str(r.year))) for r in bad.itertuples(index=False)}
    hit = [
        (r.dataset, r.series, r.year) in keys
        for r in table[["dataset", "series", "year"]].itertuples(index=False)
    ]
    return table[[not h for h in hit]]


def _ds140(raw: Path) -> Family:
    folder = raw / "usgs-ds140-all"
    frames = [
        usgs_ds140.load_sheet(folder / f"ds140-{sheet}.tsv", commodity).table
        for commodity, sheet in SHEETS.items()
    ]
    frames.append(usgs_ds140.load_workbook(folder / RARE_EARTHS))
    table = pd.concat(frames)
    table = _refuse(table[table["series"].str.startswith("unit_value") & table["value"].notna()])
    about = {
        str(name): About(
            USGS,
            f"Data Series 140, historical statistics, unit value: {part['commodity'].iloc[0]}",
            PUBLIC_DOMAIN,
            DS140_ADDRESS,
            str(int(part["year"].max())),
        )
        for name, part in table.groupby("dataset")
    }
    ordered = table.sort_values(tidy.KEYS, kind="stable", ignore_index=True)
    return Family("usgs-ds140-prices.csv", ordered, about)


def _salient(raw: Path, edition: int, labels: pd.DataFrame) -> pd.DataFrame:
    """Prices of one edition's chapters under the names that the series have in `WHOLE_EDITION`."""
    wanted = {
        (r["chapter"], r[str(edition)]): (r["series"], r["unit"])
        for r in labels.to_dict("records")
        if r[str(edition)]
    }
    frames = []
    for path in sorted((raw / f"usgs-mcs-editions/{edition}").glob("*_salient.csv")):
        if "Year" not in read_csv(path).columns:
            continue  # a world table under the name of a salient one: cobalt in 2024
        table = usgs_mcs.load_salient(path)
        chapter = str(table["dataset"].iloc[0]).rsplit("-", 1)[1]
        keys = [(chapter, series) for series in table["series"]]
        table = table[[key in wanted for key in keys]].copy()
        table["unit"] = [wanted[chapter, s][1] for s in table["series"]]
        table["series"] = [wanted[chapter, s][0] for s in table["series"]]
        frames.append(table)
    return pd.concat(frames)


def _combined(raw: Path, edition: int, labels: pd.DataFrame) -> pd.DataFrame:
    """Prices of a combined file under the same names."""
    path = next((raw / f"usgs-mcs-{edition}").glob("*_commodities_data.csv"))
    table = usgs_combined.load_combined(path).table
    prefix = "Salient Statistics—United States: Price: "
    table = table[table["series"].str.startswith(prefix)]
    label = table["commodity"] + "|" + table["series"].str.removeprefix(prefix)
    frames = []
    for row in labels[labels[str(edition)] != ""].to_dict("records"):
        commodity, detail = row[str(edition)].split("|", 1)
        part = table[label == f"{commodity.lower()}|{' '.join(detail.split())}"].copy()
        if part.empty:
            raise ValueError(f"{path}: no price {row[str(edition)]!r}")
        part["dataset"] = f"usgs-mcs-{edition}-{row['chapter']}"
        part["series"], part["unit"], part["commodity"] = row["series"], row["unit"], commodity
        frames.append(part)
    joined = pd.concat(frames)
    return joined.assign(commodity=joined["commodity"].str.lower())


def _mcs(raw: Path) -> Family:
    labels = read_csv(COMPILED / "price-labels.csv", required=("chapter", "series", "unit"))
    frames = []
    for edition in EDITIONS:
        if edition == WHOLE_EDITION:
            continue
        read = _salient if edition < WHOLE_EDITION else _combined
        frames.append(read(raw, edition, labels))
    table = _refuse(pd.concat(frames))
    table = table[table["value"].notna()]
    about = {
        str(name): About(
            USGS,
            f"Mineral Commodity Summaries {str(name).split('-')[2]} data release, prices: "
            f"{part['commodity'].iloc[0]}",
            PUBLIC_DOMAIN,
            MCS_ADDRESS,
            str(name).split("-")[2],
        )
        for name, part in table.groupby("dataset")
    }
    ordered = table.sort_values(tidy.KEYS, kind="stable", ignore_index=True)
    return Family("usgs-mcs-prices.csv", tidy.check(ordered, "usgs-mcs-prices.csv"), about)


def _pages(raw: Path) -> Family:
    paths = [
        *sorted((raw / "usgs-mcs-pages").glob("*.csv")),
        raw / "compiled/more-annual-prices.csv",
    ]
    table = pd.concat(price_pages.load_pages(path).table for path in paths)
    table = table[table["commodity"] != "mischmetal"]
    about = {
        "usgs-mcs-pages": About(
            USGS,
            "Mineral Commodity Summaries 2010, 2016, 2019-2021 and 2023: prices typed from pages",
            PUBLIC_DOMAIN,
            MCS_ADDRESS,
            "2023",
        ),
        "lynas-pages": About(
            "Lynas Corporation",
            "Prices of rare-earth oxides FOB China, averages of 2007 to 2009, as quoted in July 2010",
            "facts",
            "",
            "2010",
        ),
        "johnson-matthey-pages": About(
            "Johnson Matthey, by Anglo American",
            "Average prices of palladium and rhodium, Anglo American annual report 2008",
            "facts",
            "",
            "2008",
        ),
    }
    ordered = table.sort_values(tidy.KEYS, kind="stable", ignore_index=True)
    return Family("price-pages.csv", ordered, about)


def families(raw: Path) -> list[Family]:
    """Files of the snapshot with prices, from the publishers' files under `raw`."""
    return [_ds140(raw), _mcs(raw), _pages(raw)]
