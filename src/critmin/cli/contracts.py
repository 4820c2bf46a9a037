"""Commands on contracts: list, show, value, zone."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from critmin.cli.common import (
    OutOption,
    PosteriorOption,
    SeedOption,
    console,
    draw,
    load_posterior,
    scenario_named,
)
from critmin.exceptions import CritminError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from critmin.contracts import Offtake

contracts = typer.Typer(
    help="Long-term contracts: what they are worth, and to whom.", no_args_is_help=True
)

Attitude = Literal["cara", "crra", "cvar"]
DealArgument = Annotated[
    str, typer.Argument(help="A TOML file, or a name of `critmin contract list`.")
]
DiscountOption = Annotated[float, typer.Option(help="Real yearly rate.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PlotOption = Annotated[Path | None, typer.Option(help="Draw into this file (PNG, SVG, PDF).")]


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

    table = Table("name", "what it stands for")
    for name, each in gallery().items():
        table.add_row(escape(name), escape(each.note))
    console.print(table)


@contracts.command("show")
def show_contract(deal: DealArgument) -> None:
    """Print a contract as TOML: a file to start your own from."""
    sys.stdout.write(deal_named(deal).to_toml())


@contracts.command("value")
def value_contract(
    deal: DealArgument,
    discount: DiscountOption = 0.08,
    scenario: Annotated[str | None, typer.Option(help="A name of `critmin scenario list`.")] = None,
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
    chosen = scenario_named(scenario, None) if scenario is not None else None
    found = deal_named(deal).value(
        discount=discount, scenario=chosen, posterior=load_posterior(posterior), seed=seed
    )
    if plot is not None:
        draw(found, plot)
    if out is not None:
        _csv(found.by_year(), out)
    if as_json:
        sys.stdout.write(found.to_json() + "\n")
        return
    console.print(escape(found.offtake.describe()))
    units = found.draws["npv"].attrs["units"]
    summary = found.summary().drop(columns="spread")
    _table(summary[(summary[["mean", "CVaR"]] != 0).any(axis=1)], f"net present value, {units}")
    if not found.clauses.empty:
        _table(_told(found.clauses), f"what each clause adds, {units}")
    years = found.by_year()
    binding = [name for name in years if str(name).startswith("P(")]
    price = found.draws["price"].attrs["units"]
    _table(_told(years.drop(columns=binding)), f"means by year, gains in {units}, price in {price}")
    if binding:
        _table(years[binding], "probability that a clause binds")
    for party in found.parties:
        if party not in ("seller", "buyer", "deadweight"):
            _table(found.budget(party), f"cost to {party}, {units}")
    console.print(f"[dim]{escape(found.provenance['assumption'])}[/dim]")


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
    if out is not None:
        _csv(found.gains.to_dataframe(), out)
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
    console.print(escape(found.offtake.describe()))
    console.print(escape(found.say()))
    if not found.empty:
        _table(found.summary(), f"gains in {found.gains['seller'].attrs['units']}")
    else:
        _table(found.openings, "what was tried instead")


def _table(frame: "pd.DataFrame", title: str) -> None:
    from critmin.contracts.result import digits

    table = Table(title=escape(title), title_justify="left")
    table.add_column(str(frame.index.name or ""))
    for column in frame.columns:
        table.add_column(escape(str(column)), justify="right")
    for name, row in frame.iterrows():
        table.add_row(escape(str(name)), *(digits(float(v)) for v in row))
    console.print(table)


def _told(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Columns in which there is anything."""
    return frame.loc[:, (frame != 0).any()]


def _csv(frame: "pd.DataFrame", path: Path) -> None:
    from critmin.internal.files import replacing

    try:
        with replacing(path) as temporary:
            frame.to_csv(temporary, lineterminator="\n")
    except OSError as error:
        raise CritminError(f"cannot write {path}: {error}") from error
