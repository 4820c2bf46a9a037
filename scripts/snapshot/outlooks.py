"""Outlooks of the IEA and of Australia's Department of Industry."""

from pathlib import Path

import pandas as pd

from critmin.data.loaders.outlooks import IEA, REQ, load_iea, load_req
from snapshot.family import About, Family


def families(raw: Path) -> list[Family]:
    """Two data sets in one file."""
    iea = load_iea(raw / "iea-critical-minerals/iea-critical-minerals-2025-05.json")
    req = load_req(raw / "australia-req/req-june-2025-forecast-data.xlsx")
    return [
        Family(
            "outlooks.csv",
            pd.concat([req, iea], ignore_index=True),
            {
                IEA: About(
                    "International Energy Agency",
                    "Critical Minerals Data Explorer, May 2025: demand, mining and refining to 2050",
                    "CC BY 4.0",
                    "https://www.iea.org/data-and-statistics/data-tools/critical-minerals-data-explorer",
                    "2025-05",
                ),
                REQ: About(
                    "Australian Department of Industry, Science and Resources",
                    "Resources and Energy Quarterly, June 2025: forecast prices and volumes to 2027",
                    "CC BY 4.0",
                    "https://www.industry.gov.au/publications/resources-and-energy-quarterly-june-2025",
                    "2025-06",
                ),
            },
        )
    ]
