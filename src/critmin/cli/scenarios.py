"""Commands on scenarios: list, show, run."""

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from critmin.cli.common import (
    FileOption,
    HorizonOption,
    PosteriorOption,
    SeedOption,
    console,
    flat_columns,
    forecast_with,
    known_scenarios,
    scenario_named,
    show,
)

scenarios = typer.Typer(help="What if: scenarios by name.", no_args_is_help=True)


@scenarios.command("list")
def list_scenarios(file: FileOption = None) -> None:
    """List the scenarios that come with critmin, or those of a file."""
    table = Table("name", "what it stands for")
    for name, each in known_scenarios(file).items():
        table.add_row(escape(name), escape(each.note))
    console.print(table)


@scenarios.command("show")
def show_scenario(
    name: Annotated[str, typer.Argument(help="Name, as in `critmin scenario list`.")],
    file: FileOption = None,
) -> None:
    """Print a scenario as TOML: a file to start your own from."""
    from critmin.scenario import to_toml

    sys.stdout.write(to_toml([scenario_named(name, file)]))


@scenarios.command("run")
def run_scenario(
    name: Annotated[str, typer.Argument(help="Name, as in `critmin scenario list`.")],
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")],
    horizon: HorizonOption = 15,
    file: FileOption = None,
    seed: SeedOption = 0,
    posterior: PosteriorOption = None,
) -> None:
    """What a scenario does to the price: ratio to the baseline with the same shocks.

    Example:

        critmin scenario run gallium-ban gallium --horizon 10
    """
    chosen = scenario_named(name, file)
    changed = forecast_with(mineral, horizon, chosen, seed, posterior)
    baseline = forecast_with(mineral, horizon, None, seed, posterior)
    show(flat_columns(changed.effect(baseline)), None)
    console.print("price under the scenario over that of the baseline, 90% intervals")
