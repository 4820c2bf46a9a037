"""Published costs, their shares, points of cost curves, electricity, governance."""

from functools import partial
from pathlib import Path

from critmin.data.exchange import by_currency, rate_from
from critmin.data.loaders.cost_points import load_published_costs
from critmin.data.loaders.cost_structure import (
    load_cost_shares,
    load_electricity,
    load_governance,
    load_loss_making,
)
from critmin.data.loaders.exchange_rates import load_exchange_rates
from critmin.data.tables import readings
from snapshot.family import About, Family


def _facts(title: str, vintage: str = "2025") -> About:
    return About("critmin", title, "facts", "", vintage)


def families(raw: Path) -> list[Family]:
    """Five files: costs, shares, curves, electricity, governance."""
    folder = raw / "compiled"
    rate = partial(rate_from, by_currency(load_exchange_rates(raw / "exchange-rates/annual.csv")))
    return [
        Family(
            "published-costs.csv",
            load_published_costs(folder / "cost-points.csv", readings("cost-readings"), rate),
            {
                "critmin-published-costs": _facts(
                    "Published costs of production, from the page named in each row"
                )
            },
        ),
        Family(
            "cost-shares.csv",
            load_cost_shares(folder / "cost-shares.csv", readings("share-readings")),
            {"critmin-cost-shares": _facts("Shares of cost by component, from the page named")},
        ),
        Family(
            "cost-curves.csv",
            load_loss_making(folder, readings("curve-readings"), rate),
            {
                "critmin-cost-curves": _facts(
                    "Shares of capacity that lose money at a price, from the page named"
                )
            },
        ),
        Family(
            "electricity.csv",
            load_electricity(raw / "electricity/country_electricity_prices.csv"),
            {
                "critmin-electricity": _facts(
                    "Industrial electricity prices: Eurostat, US EIA, tariffs and press", "2024"
                )
            },
        ),
        Family(
            "governance.csv.gz",
            load_governance(raw / "wgi/wgidataset_2023_update.xlsx"),
            {
                "worldbank-wgi-2023": About(
                    "World Bank",
                    "Worldwide Governance Indicators, 2023 update, with standard errors",
                    "CC BY 4.0",
                    "https://www.worldbank.org/en/publication/worldwide-governance-indicators",
                    "2023-09",
                )
            },
        ),
    ]
