"""The command line: price, forecast, scenario, minerals, costs, risk, data, fit, backtest, audit."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from critmin.exceptions import CritminError
from critmin.replacing import replacing

if TYPE_CHECKING:
    import pandas as pd

    from critmin.forecasting import Forecast
    from critmin.producers import CostCurve
    from critmin.results import FairPrice
    from critmin.scenario import Scenario

app = typer.Typer(
    help="Fair prices for critical minerals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
console = Console()
errors = Console(stderr=True)

Basis = Literal["real", "nominal"]
Sampler = Literal["nutpie", "pymc", "numpyro"]
PosteriorOption = Annotated[
    Path | None, typer.Option("--posterior", help="A file of `critmin fit`; default: the built-in.")
]


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def _draw(result: "FairPrice | CostCurve | Forecast", path: Path) -> None:
    """Draw a result into a file, whole or not at all."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    result.plot(ax=figure.subplots())
    try:
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=150)
    except (OSError, ValueError) as error:
        raise CritminError(f"cannot draw into {path}: {error}") from error


@app.command()
def price(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")],
    horizon: Annotated[int, typer.Option(help="Years ahead, 1 to 40.")] = 15,
    currency: Annotated[str, typer.Option(help="USD, EUR, JPY, ...")] = "USD",
    basis: Annotated[Basis, typer.Option(help="Money of one year, or of each.")] = "real",
    unit: Annotated[str, typer.Option(help="t, kg, lb, troy_oz of element, or quoted")] = "t",
    seed: Annotated[int, typer.Option(help="Same seed, same numbers.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, draws included.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw into this file (PNG, SVG, PDF).")] = None,
    posterior: PosteriorOption = None,
) -> None:
    """Fair and market price of a mineral, year by year, with credible intervals.

    Examples
    --------
        critmin price nickel --horizon 15 --plot nickel.png

        critmin price dysprosium --unit quoted --currency JPY

        critmin price lithium --basis nominal --json > lithium.json
    """
    from critmin.posterior import Posterior
    from critmin.pricing import fair_price

    source = Posterior.load(posterior) if posterior else None
    result = fair_price(
        mineral,
        horizon=horizon,
        currency=currency,
        basis=basis,
        unit=unit,
        posterior=source,
        seed=seed,
    )
    if plot is not None:
        _draw(result, plot)
    if as_json:
        sys.stdout.write(result.to_json() + "\n")
        return
    summary = result.summary()
    table = Table(title=f"{mineral}: {escape(result.units)}", title_justify="left")
    table.add_column("year", justify="right")
    for name in ("fair", "market"):
        table.add_column(f"{name}\nmedian", justify="right", style="bold")
        table.add_column("\n5%", justify="right")
        table.add_column("\n95%", justify="right")
    table.add_column("P(market\n< fair)", justify="right")
    for year, row in summary.iterrows():
        numbers = [
            _number(row[name, column])
            for name in ("fair_price", "market_price")
            for column in ("median", "5%", "95%")
        ]
        table.add_row(str(year), *numbers, f"{row['P(market < fair)', '']:.0%}")
    console.print(table)
    console.print(f"[dim]{escape(result.provenance['assumption'])}[/dim]")
    if plot is not None:
        console.print(f"picture: {plot}")


@app.command()
def minerals() -> None:
    """List what can be priced, and how much data stands behind each.

    Example:

        critmin minerals
    """
    from critmin.listing import minerals as listing

    table = Table()
    frame = listing()
    for column in ("name", "group", "form", "quote", "prices", "years", "quality"):
        table.add_column(column, justify="right" if column == "prices" else "left")
    for name, row in frame.iterrows():
        years = f"{row['first']}-{row['last']}"
        table.add_row(
            str(name),
            row["group"],
            row["form"],
            row["quote"],
            str(row["prices"]),
            years,
            row["quality"],
        )
    console.print(table)


@app.command()
def data(
    dataset: Annotated[str | None, typer.Argument(help="Print this data set as CSV.")] = None,
) -> None:
    """List the data sets, or print one of them as tidy CSV.

    Examples
    --------
        critmin data

        critmin data usgs-mcs-2025-cobal
    """
    from critmin.data import catalog, load

    if dataset is not None:
        sys.stdout.write(load(dataset).to_csv(index=False))
        return
    table = Table()
    for column in ("id", "title", "licence", "vintage", "years", "rows"):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for name, row in catalog().iterrows():
        years = f"{row['first_year']}-{row['last_year']}"
        table.add_row(
            str(name), row["title"], row["licence"], row["vintage"], years, f"{row['rows']:,}"
        )
    console.print(table)


def _scenario(name: str, path: Path | None) -> "Scenario":
    """A scenario of the gallery, or of a file."""
    from critmin.exceptions import UnknownNameError
    from critmin.scenario import gallery, load_scenarios

    known = load_scenarios(path) if path is not None else gallery()
    if name not in known:
        raise UnknownNameError.of("scenario", name, known)
    return known[name]


def _forecast(
    mineral: str, horizon: int, scenario: "Scenario | None", seed: int, posterior: Path | None
) -> "Forecast":
    from critmin.forecasting import forecast as foresee
    from critmin.posterior import Posterior

    source = Posterior.load(posterior) if posterior is not None else None
    return foresee(mineral, horizon, scenario, posterior=source, seed=seed)


def _flat(table: "pd.DataFrame") -> "pd.DataFrame":
    """Columns of two levels joined by a space."""
    return table.set_axis([" ".join(map(str, column)) for column in table.columns], axis=1)


SeedOption = Annotated[int, typer.Option(help="Same seed, same numbers.")]
HorizonOption = Annotated[int, typer.Option(help="Years ahead, 1 to 40.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A TOML file of scenarios instead of the gallery.")
]


@app.command()
def forecast(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")],
    horizon: HorizonOption = 15,
    scenario: Annotated[str | None, typer.Option(help="A name of `critmin scenario list`.")] = None,
    file: FileOption = None,
    supply: Annotated[bool, typer.Option("--supply", help="Show supply by country.")] = False,
    seed: SeedOption = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw into this file (PNG, SVG, PDF).")] = None,
    posterior: PosteriorOption = None,
) -> None:
    """Market and fair price, supply and demand by year.

    Examples
    --------
        critmin forecast nickel --supply

        critmin forecast gallium --scenario gallium-ban --plot gallium.png
    """
    chosen = _scenario(scenario, file) if scenario is not None else None
    result = _forecast(mineral, horizon, chosen, seed, posterior)
    if plot is not None:
        _draw(result, plot)
    if as_json:
        sys.stdout.write(result.to_json() + "\n")
        return
    if supply:
        medians = result.supply().xs("median", axis=1, level=1)
        _show(medians.rename_axis(columns=None), None)
    else:
        _show(_flat(result.summary()), None)
    units = [result.draws[name].attrs["units"] for name in ("market_price", "supply")]
    console.print(escape("; ".join(units[supply:])))


scenarios = typer.Typer(help="What if: scenarios by name.", no_args_is_help=True)
app.add_typer(scenarios, name="scenario")


@scenarios.command("list")
def list_scenarios(file: FileOption = None) -> None:
    """List the scenarios that come with critmin, or those of a file."""
    from critmin.scenario import gallery, load_scenarios

    table = Table("name", "what it stands for")
    for name, each in (load_scenarios(file) if file is not None else gallery()).items():
        table.add_row(escape(name), escape(each.note))
    console.print(table)


@scenarios.command("show")
def show_scenario(
    name: Annotated[str, typer.Argument(help="Name, as in `critmin scenario list`.")],
    file: FileOption = None,
) -> None:
    """Print a scenario as TOML: a file to start your own from."""
    from critmin.scenario import to_toml

    sys.stdout.write(to_toml([_scenario(name, file)]))


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
    chosen = _scenario(name, file)
    changed = _forecast(mineral, horizon, chosen, seed, posterior)
    baseline = _forecast(mineral, horizon, None, seed, posterior)
    _show(changed.effect(baseline), None)
    console.print("price under the scenario over that of the baseline, 90% intervals")


def _show(table: "pd.DataFrame", out: Path | None) -> None:
    """Print a table of results, and write it as CSV if asked to."""
    shown = Table()
    flat = table.reset_index()
    for column in flat.columns:
        numeric = flat[column].dtype.kind in "if"
        shown.add_column(str(column), justify="right" if numeric else "left")
    for row in flat.itertuples(index=False):
        shown.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row))
    console.print(shown)
    if out is not None:
        with replacing(out) as temporary:
            table.to_csv(temporary, lineterminator="\n")


@app.command()
def costs(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")],
    year: Annotated[int | None, typer.Option(help="A year after the data's end.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw into this file (PNG, SVG, PDF).")] = None,
    posterior: PosteriorOption = None,
) -> None:
    """Cost curve: full cost by producer country against cumulative capacity."""
    from critmin.posterior import Posterior
    from critmin.producers import cost_curve

    source = Posterior.load(posterior) if posterior is not None else None
    curve = cost_curve(mineral, year, posterior=source)
    _show(curve.summary(), None)
    console.print(f"{curve.draws['cost'].attrs['units']}, {curve.year}")
    if plot is not None:
        _draw(curve, plot)


@app.command()
def risk(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")],
    horizon: Annotated[int, typer.Option(help="Years ahead, 1 to 40.")] = 5,
    posterior: PosteriorOption = None,
) -> None:
    """Probability that each producer country newly restricts its exports."""
    from critmin.posterior import Posterior
    from critmin.producers import disruption_risk

    source = Posterior.load(posterior) if posterior is not None else None
    _show(disruption_risk(mineral, horizon=horizon, posterior=source), None)


@app.command()
def fit(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the posterior.")],
    mineral: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be repeated. Default: all.")
    ] = None,
    origin: Annotated[
        int | None, typer.Option(help="Fit to what was known at the end of this year.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws a chain.")] = 1200,
    tune: Annotated[int, typer.Option(help="Warm-up draws a chain.")] = 800,
    chains: Annotated[int, typer.Option(help="Chains.")] = 4,
    seed: Annotated[int, typer.Option(help="Same seed, same draws.")] = 0,
    sampler: Annotated[Sampler, typer.Option(help="What draws.")] = "nutpie",
    allow_bad: Annotated[
        bool, typer.Option(help="Write a fit that fails the diagnostics.")
    ] = False,
) -> None:
    """Fit the joint model of all minerals; the first time takes minutes.

    Examples
    --------
        critmin fit --out posterior.nc

        critmin fit --origin 2022 --out posterior-2022.nc
    """
    from critmin.audit.vintage import fittable, known_at
    from critmin.data import load_panel
    from critmin.inference import fit as fit_model

    if not out.parent.is_dir():
        raise CritminError(f"{out.parent}: no such folder")
    panel = load_panel(mineral)
    posterior = fit_model(
        panel if origin is None else fittable(known_at(panel, origin)),
        draws=draws,
        tune=tune,
        chains=chains,
        seed=seed,
        sampler=sampler,
        allow_bad=allow_bad,
        progressbar=errors.is_terminal,
    )
    posterior.save(out)
    worst = posterior.diagnostics
    console.print(
        f"wrote {out}: R-hat at most {worst['r_hat']:.3f}, bulk ESS at least "
        f"{worst['ess_bulk']:.0f}, tail ESS at least {worst['ess_tail']:.0f}, "
        f"{worst['divergences']:.0f} divergences"
    )


OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Also write the table as CSV.")]


@app.command()
def backtest(
    mineral: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be repeated. Default: all.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--csv", help="Your own history: columns year and price.")
    ] = None,
    origin: Annotated[
        list[int] | None, typer.Option(help="A year; may be repeated. Default: 1985 to 2024.")
    ] = None,
    processes: Annotated[int, typer.Option(help="Origins tested at once.", min=1)] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps finished origins: an interrupted run goes on.")
    ] = None,
    out: OutOption = None,
) -> None:
    """Refit at past origins, forecast, and score what came, against plain baselines.

    Examples
    --------
        critmin backtest --processes 2 --folder backtest --out scores.csv

        critmin backtest --csv my-prices.csv --origin 2010 --origin 2015
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from contextlib import nullcontext

    from critmin.audit.backtesting import MODELS, ORIGINS
    from critmin.audit.backtesting import backtest as run
    from critmin.audit.univariate import UNIVARIATE, is_installed
    from critmin.data.loaders.files import read_csv

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context) if processes > 1 else nullcontext()
    with pool as executor:
        found = run(
            mineral,
            origin or ORIGINS,
            models=(*MODELS, *UNIVARIATE) if is_installed() else MODELS,
            data=read_csv(file) if file is not None else None,
            executor=executor,
            folder=folder,
            progressbar=errors.is_terminal,
        ).combine()
    means = found.summary()
    _show(means[["forecasts", "skill", "crps", "inside 50%", "inside 90%"]], None)
    _show(found.skill("combined"), None)
    console.print(
        "skill: 1 less the ratio of mean CRPS to the random walk's; the second table is that of the "
        "weighted combination, with a 90% block bootstrap interval"
    )
    for year, failed in found.failures.items():
        for name, reason in failed.items():
            errors.print(f"[red]failed:[/red] {escape(f'{name} at {year}: {reason}')}")
    if out is not None:
        with replacing(out) as temporary:
            found.table.to_csv(temporary, index=False, lineterminator="\n")


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
app.add_typer(audit, name="audit")


@audit.command("report")
def audit_report(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`, or all.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The page; a folder if the mineral is all.")
    ],
    posterior: PosteriorOption = None,
) -> None:
    """Write all evidence on a mineral's price as one self-contained HTML page.

    Examples
    --------
        critmin audit nickel -o nickel.html

        critmin audit all -o reports
    """
    from critmin.audit import report
    from critmin.posterior import Posterior, builtin_posterior

    source = Posterior.load(posterior) if posterior is not None else builtin_posterior()
    if mineral == "all":
        out.mkdir(parents=True, exist_ok=True)
        for name in source.minerals:
            report(name, posterior=source).to_html(out / f"{name}.html")
        console.print(f"wrote {len(source.minerals)} pages to {out}")
        return
    report(mineral, posterior=source).to_html(out)
    console.print(f"wrote {out}")


@audit.command()
def swaps(out: OutOption = None) -> None:
    """Refit under sceptical, diffuse and other priors: what moves."""
    from critmin.audit.sensitivity import prior_swaps

    _show(_flat(prior_swaps()), out)


@audit.command()
def publishers(out: OutOption = None) -> None:
    """Refit without one publisher's data at a time: what moves."""
    from critmin.audit.sensitivity import knock_outs

    _show(_flat(knock_outs()), out)


@audit.command()
def events(out: OutOption = None) -> None:
    """Impose past export controls on what was known before them: what happened, what was forecast."""
    from critmin.audit.events import event_studies

    _show(event_studies(), out)


@audit.command()
def predictive(out: OutOption = None) -> None:
    """Posterior predictive checks of each mineral's annual price changes."""
    from critmin.audit.predictive import predictive_checks

    _show(_flat(predictive_checks()), out)


@audit.command()
def sbc(
    simulations: Annotated[int, typer.Option(help="Histories simulated and fitted.")] = 100,
    seed: Annotated[int, typer.Option(help="Same seed, same histories.")] = 0,
    out: OutOption = None,
) -> None:
    """Simulation-based calibration of a reduced market model."""
    from critmin.audit.calibration import sbc as calibrate

    table = calibrate(simulations, seed=seed, progressbar=errors.is_terminal)
    _show(table, out)
    console.print(f"{table.attrs['divergences']} divergences")


@audit.command()
def priors(out: OutOption = None) -> None:
    """Power-scaling: which priors move cost and fair price, and by how much."""
    from critmin.audit.sensitivity import power_scaling

    _show(power_scaling(), out)


@audit.command()
def contraction(out: OutOption = None) -> None:
    """How far the data narrowed each prior of the built-in posterior."""
    from critmin.audit.sensitivity import contraction as contract

    _show(contract(), out)


@audit.command()
def modules(out: OutOption = None) -> None:
    """Predictive score of the model with and without each module."""
    from critmin.audit.sensitivity import module_worth

    _show(module_worth(), out)


@audit.command()
def groups(out: OutOption = None) -> None:
    """How far the other minerals move when one group is left out."""
    from critmin.audit.sensitivity import leave_group_out

    _show(leave_group_out(), out)


def main() -> None:
    """Run the command line; an error of critmin is one line on stderr and exit code 1."""
    try:
        app()
    except CritminError as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}")
        sys.exit(1)


if __name__ == "__main__":
    main()
