"""Commands on contracts: list, show, value, zone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd
import typer

from critmin.cli.common import (
    CsvOption,
    FileOption,
    JsonOption,
    OutOption,
    PlotOption,
    PosteriorOption,
    ProbOption,
    ScenarioOption,
    SeedOption,
    draw,
    scenario_named,
    write_csv,
)
from critmin.cli.output import emit, millions, say, say_each, sentence, show, show_toml
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
def list_contracts(as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """List the contracts that come with critmin."""
    from critmin.contracts import gallery

    notes = {name: each.note for name, each in gallery().items()}
    table = pd.DataFrame({"what it stands for": notes}).rename_axis("name")
    if not emit({"contracts": table}, as_json=as_json, as_csv=as_csv):
        say_each(notes)


@contracts.command("show")
def show_contract(
    deal: DealArgument, as_json: JsonOption = False, as_csv: CsvOption = False
) -> None:
    """Print a contract as TOML: a file to start your own from."""
    show_toml(deal_named(deal).to_toml(), as_json=as_json, as_csv=as_csv)


@contracts.command("value")
def value_contract(
    deal: DealArgument,
    discount: DiscountOption = 0.08,
    scenario: ScenarioOption = None,
    file: FileOption = None,
    prob: ProbOption = 0.9,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
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
    summary = found.summary(prob)
    if emit({"parties": summary}, as_json=as_json, as_csv=as_csv, results={"value": found}):
        return
    say(found.offtake.describe())
    units = found.units
    summary = summary[(summary[["mean", "CVaR"]] != 0).any(axis=1)].drop(columns="spread")
    chance = summary.pop("P(gain)")
    shown, money = millions(summary)
    show(shown.assign(**{"P(gain)": chance}), f"\nnet present value, {money}{units}")
    if not found.clauses.empty:
        shown, money = millions(_told(found.clauses))
        show(shown, f"\nwhat each clause adds, {money}{units}")
    years = found.by_year()
    binding = [name for name in years if str(name).startswith("P(")]
    paid = ["price", "spot", "taken"]
    show(years[paid], f"\nmeans by year, price in {found.draws['price'].attrs['words']}")
    shown, money = millions(_told(years.drop(columns=[*binding, *paid])))
    show(shown, f"\nmean gains by year, {money}{units}")
    if binding:
        show(years[binding], "\nprobability that a clause binds")
    for party in found.parties:
        if party not in ("seller", "buyer", "deadweight"):
            cost = found.budget(party)
            chance = cost.pop("P(paid)")
            shown, money = millions(cost)
            show(shown.assign(**{"P(paid)": chance}), f"\ncost to {party}, {money}{units}")
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
    scenario: ScenarioOption = None,
    file: FileOption = None,
    prob: ProbOption = 0.9,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    out: OutOption = None,
    plot: PlotOption = None,
    posterior: PosteriorOption = None,
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
        scenario=scenario_named(scenario, file),
        posterior=posterior,
        points=points,
        seed=seed,
    )
    if plot is not None:
        draw(found, plot)
    write_csv(found.gains.to_dataframe(), out)
    if emit(
        {"terms": found.summary(prob)}, as_json=as_json, as_csv=as_csv, results={"zone": found}
    ):
        return
    say(found.offtake.describe())
    say(found.say())
    table = found.summary(prob)
    for side in ("seller", "buyer"):
        gains, money = millions(table[side])
        dials = table[found.dials].droplevel(1, axis=1)
        show(
            dials.join(gains).dropna(axis=1, how="all"),
            f"\ngains of the {side}, {money}{found.units}",
        )
    if found.empty:
        tried, money = millions(found.openings)
        show(tried, f"\nwhat was tried instead, {money}{found.units}")
    say(f"{sentence(found.provenance['data'])}.")


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in which there is anything."""
    return frame.loc[:, (frame != 0).any()]
