"""Commands on scenarios: list, show, run."""

from typing import Annotated

import pandas as pd
import typer

from critmin.cli.common import (
    CsvOption,
    FileOption,
    HorizonOption,
    JsonOption,
    MineralsArgument,
    PosteriorOption,
    ProbOption,
    SeedOption,
    known_scenarios,
    scenario_named,
)
from critmin.cli.output import emit, say, say_each, sentence, show, show_toml, tonnes

scenarios = typer.Typer(help="What if: scenarios by name.", no_args_is_help=True)


@scenarios.command("list")
def list_scenarios(
    file: FileOption = None, as_json: JsonOption = False, as_csv: CsvOption = False
) -> None:
    """List the scenarios that come with critmin, or those of a file."""
    notes = {name: each.note for name, each in known_scenarios(file).items()}
    table = pd.DataFrame({"what it stands for": notes}).rename_axis("name")
    if not emit({"scenarios": table}, as_json=as_json, as_csv=as_csv):
        say_each(notes)


@scenarios.command("show")
def show_scenario(
    name: Annotated[str, typer.Argument(help="Name, as in `critmin scenario list`.")],
    file: FileOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Print a scenario as TOML: a file to start your own from."""
    from critmin.scenario import to_toml

    chosen = scenario_named(name, file)
    show_toml(to_toml([chosen] if chosen is not None else []), as_json=as_json, as_csv=as_csv)


@scenarios.command("run")
def run_scenario(
    name: Annotated[str, typer.Argument(help="Name, as in `critmin scenario list`.")],
    mineral: MineralsArgument,
    horizon: HorizonOption = 15,
    file: FileOption = None,
    prob: ProbOption = 0.9,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    posterior: PosteriorOption = None,
) -> None:
    """What a scenario does to the price: ratio to the baseline with the same shocks.

    Example:

        critmin scenario run gallium-ban gallium germanium --horizon 10
    """
    from critmin.results.forecasting import forecast

    chosen = scenario_named(name, file, mineral)
    changed = forecast(mineral, horizon, scenario=chosen, seed=seed, posterior=posterior)
    baseline = forecast(mineral, horizon, seed=seed, posterior=posterior)
    tables = {each: found.effect(baseline[each], prob) for each, found in changed.items()}
    if emit(tables, as_json=as_json, as_csv=as_csv):
        return
    for each, table in tables.items():
        ratios = [column for column in table if column[0] != "supply"]
        show(table[ratios], f"{each} under {name}: prices over those of the baseline")
        if "supply" in table:
            added, mass = tonnes(table["supply"])
            show(added, f"\n{each}: supply added, {mass} a year")
        say(f"{sentence(changed[each].provenance['data'])}.")
