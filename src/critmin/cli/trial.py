"""Commands that put the model on trial: backtest, and those of audit."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from critmin.cli.common import CsvOption, JsonOption, OutOption, PosteriorOption, errors, write_csv
from critmin.cli.output import emit, say, show
from critmin.internal.files import made_folder, replacing

if TYPE_CHECKING:
    import pandas as pd


def backtest(
    mineral: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be repeated. Default: all.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Your own history, a CSV file: columns year and price.")
    ] = None,
    origin: Annotated[
        list[int] | None,
        typer.Option(help="A year; may be repeated. Default: every second, 1986 to 2024."),
    ] = None,
    processes: Annotated[int, typer.Option(help="Origins tested at once.", min=1)] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps finished origins: an interrupted run goes on.")
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    out: OutOption = None,
) -> None:
    """Refit at past origins, forecast, and score what came, against plain baselines.

    Examples
    --------
        critmin backtest --processes 2 --folder backtest --out scores.csv

        critmin backtest --data my-prices.csv --origin 2010 --origin 2015
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from contextlib import nullcontext

    from critmin.audit.backtesting.record import STRUCTURAL, widened
    from critmin.audit.backtesting.rolling import MODELS, ORIGINS
    from critmin.audit.backtesting.rolling import backtest as run
    from critmin.audit.backtesting.univariate import UNIVARIATE, is_installed
    from critmin.data.loaders.files import read_csv

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context) if processes > 1 else nullcontext()
    with pool as executor:
        found = run(
            mineral,
            origin or ORIGINS,
            models=(*MODELS, *UNIVARIATE) if is_installed() else MODELS,
            data=read_csv(data) if data is not None else None,
            executor=executor,
            folder=folder,
            progressbar=errors.is_terminal,
        ).combine()
    means = found.summary()
    if out is not None:
        with replacing(out) as temporary:
            found.table.to_csv(temporary, index=False, lineterminator="\n")
    for year, failed in found.failures.items():
        for name, reason in failed.items():
            said = escape(f"{name} at {year}: {reason}")
            errors.print(f"[red]failed:[/red] {said}", soft_wrap=True)
    if emit({"backtest": means}, as_json=as_json, as_csv=as_csv, results={"backtest": found}):
        return
    show(means[["forecasts", "skill", "crps", "inside 50%", "inside 90%"]])
    show(found.skill(widened(STRUCTURAL)))
    say(
        "skill: 1 less the ratio of mean CRPS to the random walk's; the second table is that of the "
        "widened model, which forecasts are made with, with a 90% block bootstrap interval"
    )


def _print(
    name: str, table: "pd.DataFrame", out: Path | None, *, as_json: bool, as_csv: bool
) -> bool:
    """Show a check, or print its table as JSON or CSV; whether it is shown to people."""
    from critmin.audit.checks.check import Check

    check = Check.of(name, table)
    write_csv(table, out)
    if emit({name: table}, as_json=as_json, as_csv=as_csv):
        return False
    show(table, check.title, " ".join(filter(None, (check.verdict, check.note))))
    return True


class _ReportByDefault(TyperGroup):
    """`critmin audit nickel` is `critmin audit report nickel`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take a first word that is no command for a mineral."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["report", *args]
        return super().resolve_command(ctx, args)


audit = typer.Typer(
    cls=_ReportByDefault,
    help="Put the model on trial: `critmin audit nickel -o report.html`, or one test of it.",
    no_args_is_help=True,
)


@audit.command("report")
def audit_report(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`, or all.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The page; a folder if the mineral is all.")
    ],
    posterior: PosteriorOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Write all evidence on a mineral's price as one self-contained HTML page.

    Examples
    --------
        critmin audit nickel -o nickel.html

        critmin audit all -o reports
    """
    import pandas as pd

    from critmin.audit import report
    from critmin.posterior import as_posterior

    source = as_posterior(posterior)
    names = source.minerals if mineral == "all" else [mineral]
    pages = {name: out / f"{name}.html" if mineral == "all" else out for name in names}
    if mineral == "all":
        made_folder(out)
    for name, page in pages.items():
        report(name, posterior=source).to_html(page)
    table = pd.DataFrame({"page": {name: str(page) for name, page in pages.items()}})
    if not emit({"pages": table.rename_axis("mineral")}, as_json=as_json, as_csv=as_csv):
        say(f"wrote {out}" if mineral != "all" else f"wrote {len(pages)} pages to {out}")


@audit.command()
def swaps(as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None) -> None:
    """Refit under sceptical, diffuse and other priors: what moves."""
    from critmin.audit.checks.priors import prior_swaps

    _print("prior_swaps", prior_swaps(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def publishers(
    as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None
) -> None:
    """Refit without one publisher's data at a time: what moves."""
    from critmin.audit.checks.parts import knock_outs

    _print("knock_outs", knock_outs(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def events(as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None) -> None:
    """Impose past export controls on what was known before them: what happened, what was forecast."""
    from critmin.audit.checks.events import event_studies

    _print("events", event_studies(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def wedges(
    mineral: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be repeated. Default: all.")
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    out: OutOption = None,
) -> None:
    """Predict a fence's last wedges, and those under one control, from all that is left."""
    from critmin.audit.checks.held_back import held_back_wedges

    _print("held_back", held_back_wedges(mineral), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def predictive(
    as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None
) -> None:
    """Posterior predictive checks of each mineral's annual price changes."""
    from critmin.audit.checks.predictive import predictive_checks

    _print("predictive", predictive_checks(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def sbc(
    simulations: Annotated[int, typer.Option(help="Histories simulated and fitted.")] = 100,
    seed: Annotated[int, typer.Option(help="Same seed, same histories.")] = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    out: OutOption = None,
) -> None:
    """Simulation-based calibration of a reduced market model."""
    from critmin.audit.checks.calibration import sbc as calibrate

    table = calibrate(simulations, seed=seed, progressbar=errors.is_terminal)
    if _print("sbc", table, out, as_json=as_json, as_csv=as_csv):
        say(f"{table.attrs['divergences']} divergences")


@audit.command()
def priors(as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None) -> None:
    """Power-scaling: which priors move cost and fair price, and by how much."""
    from critmin.audit.checks.priors import power_scaling

    _print("power_scaling", power_scaling(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def contraction(
    as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None
) -> None:
    """How far the data narrowed each prior of the built-in posterior."""
    from critmin.audit.checks.priors import contraction as contract

    _print("contraction", contract(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def modules(as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None) -> None:
    """Predictive score of the model with and without each module."""
    from critmin.audit.checks.parts import module_worth

    _print("module_worth", module_worth(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def groups(as_json: JsonOption = False, as_csv: CsvOption = False, out: OutOption = None) -> None:
    """How far the other minerals move when one group is left out."""
    from critmin.audit.checks.parts import leave_group_out

    _print("leave_group_out", leave_group_out(), out, as_json=as_json, as_csv=as_csv)


@audit.command()
def ledger(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder of entries; in the repository docs/ledger."),
    ] = Path("docs/ledger"),
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    out: OutOption = None,
) -> None:
    """Verify forecasts signed in the past, and score them by what has become known since.

    Entries live in docs/ledger of the repository, not in the installed package: run this in a
    clone, or name a folder with entries from one. It fails if an entry was altered or is missing.

    Examples
    --------
        critmin audit ledger

        critmin audit ledger path/to/docs/ledger --out scores.csv
    """
    import pandas as pd

    from critmin.audit.ledger import ledger_summary, read_ledger, score_entry
    from critmin.data.panel import load_panel

    entries = read_ledger(folder)
    for entry in entries if not (as_json or as_csv) else []:
        said = entry.content
        say(
            f"{entry.path.name}: as signed on {said['date']}, model version "
            f"{said['model_version']}, data to {said['origin']}, "
            f"sha256 {said['sha256']}, "
            f"commit {said['commit']}, data {said['data_hash']}, posterior {said['posterior']}"
        )
    panel = load_panel()
    scores = {e.path.name: score_entry(e, panel) for e in entries}
    for name, table in scores.items():
        for reason in table.attrs["refused"]:
            errors.print(escape(f"not scored: {name}: {reason}"), soft_wrap=True)
    found = {name: table for name, table in scores.items() if len(table)}
    summaries = {name: ledger_summary(table) for name, table in found.items()}
    whole = pd.concat(found, names=["entry"]) if found else pd.DataFrame()
    if found:
        write_csv(whole, out)
    if emit(summaries, as_json=as_json, as_csv=as_csv, of="entry"):
        return
    if not found:
        say("no newer data yet: nothing to score")
        return
    for name, table in summaries.items():
        show(table, f"{name}: prices in logs, output as a share of the world's")
