"""Price wedges, quotas, countervailing rates."""

from functools import partial
from pathlib import Path

from critmin.data.exchange import by_currency, rate_from
from critmin.data.loaders.distortion import load_countervailing, load_quotas, load_wedges
from critmin.data.loaders.exchange_rates import load_exchange_rates
from critmin.data.tables import export_taxes, readings
from snapshot.family import About, Family

COMPILED = Path(__file__).parents[1] / "compiled"


def families(raw: Path) -> list[Family]:
    """Three files; the table of taxes is a hand table of the package."""
    folder = raw / "compiled"
    facts = folder / "distortion-facts.csv"
    rate = partial(rate_from, by_currency(load_exchange_rates(raw / "exchange-rates/annual.csv")))
    made = {
        "wedges": (
            load_wedges(folder, readings("wedge-readings"), rate, export_taxes()),
            "Prices inside China and outside at one time, from the pages named",
        ),
        "quotas": (
            load_quotas(facts, COMPILED / "quotas.csv"),
            "Quotas on exports and output, from the notices and pages named",
        ),
        "countervailing": (
            load_countervailing(facts, readings("countervailing-readings")),
            "US countervailing rates of all others and of firms that answered",
        ),
    }
    return [
        Family(
            f"{name}.csv",
            table.assign(year=table["date"].str[:4].astype(int)) if name == "wedges" else table,
            {f"critmin-{name}": About("critmin", title, "facts", "", "2025")},
        )
        for name, (table, title) in made.items()
    ]
