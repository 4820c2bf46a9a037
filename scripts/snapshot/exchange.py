"""Exchange rates by year."""

from pathlib import Path

from critmin.data.loaders.exchange_rates import load_exchange_rates
from snapshot.family import About, Family


def families(raw: Path) -> list[Family]:
    """Units of 20 currencies per US dollar, annual averages."""
    return [
        Family(
            "exchange-rates.csv",
            load_exchange_rates(raw / "exchange-rates/annual.csv"),
            {
                "fed-exchange-rates": About(
                    "Federal Reserve Board",
                    "Foreign exchange rates (G.5A), annual averages, units per US dollar",
                    "US public domain",
                    "https://www.federalreserve.gov/releases/g5a/",
                    "2025",
                )
            },
        )
    ]
