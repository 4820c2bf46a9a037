"""Commands on contracts: list, show, value, zone."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd
import typer

from critmin.cli.common import (
    FileOption,
    JsonOption,
    OutOption,
    PlotOption,
    PosteriorOption,
    ScenarioOption,
    SeedOption,
    draw,
    scenario_named,
    write_csv,
)
from critmin.cli.output import say, say_each, show
from critmin.exceptions import UnknownNameError

if TYPE_CHECKING:
    from critmin.contracts import Offtake

contracts = typer.Typer(
    help="Long-term contracts: what they are worth, and to whom.", no_args_is_help=True
)

Attitude = Literal["cara", "crra", "cvar"]
DealArgument = Annotated[
    str, typer.Argument(help="A TOML file, or a name of `critmin contract list`.")
]
DiscountOption = Annotated[float, typer.Option(help="Real yearly rate.")]


def deal_named(name: str) -> "Offtake":
    """A contract of a file, or of the gallery."""
    from critmin.contracts import Offtake, gallery

    if name in gallery():
        return gallery()[name]
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return Offtake.from_toml(path)
    raise UnknownNameError.of("contract", name, gallery())


@contracts.command("list")
def list_contracts() -> None:
    """List the contracts that come with critmin."""
    from critmin.contracts import gallery

    say_each({name: each.note for name, each in gallery().items()})


@contracts.command("show")
def show_contract(deal: DealArgument) -> None:
    """Print a contract as TOML: a file to start your own from."""
    sys.stdout.write(deal_named(deal).to_toml())


@contracts.command("value")
def value_contract(
    deal: DealArgument,
    discount: DiscountOption = 0.08,
    scenario: ScenarioOption = None,
    file: FileOption = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    out: OutOption = None,
    plot: PlotOption = None,
    posterior: PosteriorOption = None,
) -> None:
    """What a contract is worth to each party, clause by clause and year by year.

    Examples
    --------
        critmin contract value ndpr-state-floor

        critmin contract show nickel-auto > deal.toml && critmin contract value deal.toml
    """
    found = deal_named(deal).value(
        discount=discount, scenario=scenario_named(scenario, file), posterior=posterior, seed=seed
    )
    if plot is not None:
        draw(found, plot)
    write_csv(found.by_year(), out)
    if as_json:
        sys.stdout.write(found.to_json() + "\n")
        return
    say(found.offtake.describe())
    units = found.draws["npv"].attrs["words"]
    summary = found.summary().drop(columns="spread")
    show(summary[(summary[["mean", "CVaR"]] != 0).any(axis=1)], f"net present value, {units}")
    if not found.clauses.empty:
        show(_told(found.clauses), f"what each clause adds, {units}")
    years = found.by_year()
    binding = [name for name in years if str(name).startswith("P(")]
    price = found.draws["price"].attrs["words"]
    show(_told(years.drop(columns=binding)), f"means by year, gains in {units}, price in {price}")
    if binding:
        show(years[binding], "probability that a clause binds")
    for party in found.parties:
        if party not in ("seller", "buyer", "deadweight"):
            show(found.budget(party), f"cost to {party}, {units}")
    say(str(found.provenance["assumption"]))


@contracts.command("zone")
def zone_contract(
    deal: DealArgument,
    over: Annotated[
        str, typer.Option(help="Terms to turn: price, floor, cap, or two with a comma.")
    ] = "floor,cap",
    attitude: Annotated[Attitude, typer.Option(help="How both see risk.")] = "cvar",
    seller: Annotated[float, typer.Option(help="The seller's aversion to risk.")] = 0.5,
    buyer: Annotated[float, typer.Option(help="The buyer's aversion to risk.")] = 0.5,
    points: Annotated[int, typer.Option(help="Values of each term.")] = 50,
    discount: DiscountOption = 0.08,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    out: OutOption = None,
    plot: PlotOption = None,
) -> None:
    """Which terms leave both parties better off, and where they might meet.

    Example:

        critmin contract zone nickel-auto --over floor,cap --plot zone.png
    """
    from critmin.contracts import Party

    found = deal_named(deal).zone(
        tuple(name.strip() for name in over.split(",")),
        seller=Party(attitude, seller),
        buyer=Party(attitude, buyer),
        discount=discount,
        points=points,
        seed=seed,
    )
    if plot is not None:
        draw(found, plot)
    write_csv(found.gains.to_dataframe(), out)
    if as_json:
        content = {
            "terms": found.offtake.to_toml(),
            "says": found.say(),
            "points": json.loads(found.summary().to_json(orient="index")),
            "openings": json.loads(found.openings.to_json(orient="index")),
            "provenance": found.provenance,
        }
        sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
        return
    say(found.offtake.describe())
    say(found.say())
    if not found.empty:
        show(found.summary(), f"gains in {found.gains['seller'].attrs['words']}")
    else:
        show(found.openings, "what was tried instead")


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in which there is anything."""
    return frame.loc[:, (frame != 0).any()]
