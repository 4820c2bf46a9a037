"""The command line: price, forecast, scenario, contract, minerals, costs, risk, data, fit, audit."""

import sys

import typer
from rich.markup import escape

from critmin.cli.common import errors
from critmin.cli.contracts import contracts
from critmin.cli.markets import COMMANDS
from critmin.cli.scenarios import scenarios
from critmin.cli.trial import audit, backtest
from critmin.exceptions import CritminError

app = typer.Typer(
    help="Fair prices for critical minerals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for command in (*COMMANDS, backtest):
    app.command()(command)
app.add_typer(scenarios, name="scenario")
app.add_typer(contracts, name="contract")
app.add_typer(audit, name="audit")


def main() -> None:
    """Run the command line; an error of critmin is one line on stderr and exit code 1."""
    try:
        app()
    except CritminError as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}")
        sys.exit(1)
