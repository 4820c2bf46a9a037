"""Trade between countries, importers' net weights, and exports around controls."""

from pathlib import Path

import pandas as pd

from critmin.data.loaders.baci import CODES, load_baci
from critmin.data.loaders.baci import DATASET as BACI
from critmin.data.loaders.comtrade import DATASET as IMPORTS
from critmin.data.loaders.comtrade import EXPORTS, load_exports, load_imports
from critmin.data.loaders.export_volumes import DATASET as VOLUMES
from critmin.data.loaders.export_volumes import load_monthly, load_volumes
from snapshot.family import About, Family

HAFNIUM = "811231"
"""Its own code since 2022, in the importers' files alone."""
YEARS = (2022, 2024)


def families(raw: Path) -> list[Family]:
    """Flows in ``trade.csv.gz``, exports around controls in ``export-volumes.csv``."""
    folder = raw / "baci-trade"
    countries = folder / "country_codes_V202601.csv"
    flows = load_baci(folder / "baci_critical_2002_2024.csv.gz", countries)
    codes = frozenset({*CODES.values(), HAFNIUM})
    reports = [
        read(folder / f"comtrade_{year}.csv.gz", countries, codes, year).table
        for read in (load_imports, load_exports)
        for year in YEARS
    ]
    volumes = pd.concat(
        [
            load_volumes(raw / "compiled/export-volumes.csv").table,
            load_monthly(raw / "china-exports-monthly/deep_dive_hs6_monthly.csv").table,
        ],
        ignore_index=True,
    )
    return [
        Family(
            "trade.csv.gz",
            pd.concat([flows, *reports], ignore_index=True),
            {
                BACI: About(
                    "CEPII",
                    "BACI V202601: trade between countries, 25 codes, flows from 10 thousand USD on",
                    "Etalab 2.0",
                    "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
                    "202601",
                ),
                IMPORTS: About(
                    "United Nations",
                    "Comtrade: imports by origin with net weight, as importers report them",
                    "facts",
                    "https://comtradeplus.un.org",
                    "2024",
                ),
                EXPORTS: About(
                    "United Nations",
                    "Comtrade: exports to the world with net weight, as exporters report them",
                    "facts",
                    "https://comtradeplus.un.org",
                    "2024",
                ),
            },
        ),
        Family(
            "export-volumes.csv",
            volumes,
            {
                VOLUMES: About(
                    "critmin",
                    "Exports by month and year around controls, from customs, the source in each row",
                    "facts",
                    "",
                    "2025",
                )
            },
        ),
    ]
