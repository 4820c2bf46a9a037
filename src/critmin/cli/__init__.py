"""The command line: prices, scenarios, contracts, data, fits, backtests and audits.

Exit codes: 0 for success (a reader that stops reading included), 1 for an error of critmin, which is one
line on standard error, and 2 for options that do not exist.
"""

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.markup import escape

from critmin.cli import library, markets
from critmin.cli.common import errors
from critmin.cli.contracts import contracts
from critmin.cli.scenarios import scenarios
from critmin.cli.trial import audit, backtest
from critmin.exceptions import CritminError

app = typer.Typer(
    help="Fair prices for critical minerals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for command in (*markets.COMMANDS, *library.COMMANDS, backtest):
    app.command()(command)
app.add_typer(scenarios, name="scenario")
app.add_typer(contracts, name="contract")
app.add_typer(audit, name="audit")


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"critmin {version('critmin')}\n")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Fair prices for critical minerals."""


def main() -> None:
    """Run the command line; an error of critmin is one line on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
        sys.stdout.flush()
    except CritminError as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}")
        sys.exit(1)
    except BrokenPipeError:
        # The reader has seen enough; nothing is left to say, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
