"""The command line: prices, scenarios, contracts, data, fits, backtests and audits.

Exit codes: 0 for success (a reader that stops reading included), 1 for an error of critmin, which is one
line on standard error, and 2 for options that do not exist.
"""

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, TextIO

import typer
from rich.markup import escape

from critmin.cli import library, markets, producers
from critmin.cli.common import errors
from critmin.cli.contracts import contracts
from critmin.cli.scenarios import scenarios
from critmin.cli.trial import audit, backtest
from critmin.exceptions import CritminError
from critmin.internal.extras import extras

app = typer.Typer(
    help="Fair prices for critical minerals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for command in (*markets.COMMANDS, *producers.COMMANDS, *library.COMMANDS, backtest):
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
    sys.stdout = _UntilClosed(sys.stdout)
    try:
        with extras():
            app()
    except CritminError as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)


class _UntilClosed:
    """Standard output that ends the program in peace when its reader has seen enough."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or stop."""
        return int(self._until_closed(self._stream.write, text) or 0)

    def flush(self) -> None:
        """Flush, or stop."""
        self._until_closed(self._stream.flush)

    def _until_closed(self, act: Callable[..., Any], *arguments: str) -> Any:
        try:
            return act(*arguments)
        except BrokenPipeError:
            # Nothing is left to say, at exit neither.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            raise SystemExit(0) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
