"""Commands on prices and markets: price, forecast, costs, risk, minerals, data, fit."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from critmin.cli.common import (
    FileOption,
    HorizonOption,
    PosteriorOption,
    SeedOption,
    console,
    draw,
    errors,
    flat_columns,
    forecast_with,
    load_posterior,
    number,
    scenario_named,
    show,
)
from critmin.exceptions import CritminError

Basis = Literal["real", "nominal"]
Sampler = Literal["nutpie", "pymc", "numpyro"]


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
    from critmin.pricing import fair_price

    source = load_posterior(posterior)
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
        draw(result, plot)
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
            number(row[name, column])
            for name in ("fair_price", "market_price")
            for column in ("median", "5%", "95%")
        ]
        table.add_row(str(year), *numbers, f"{row['P(market < fair)', '']:.0%}")
    console.print(table)
    console.print(f"[dim]{escape(result.provenance['assumption'])}[/dim]")
    if plot is not None:
        console.print(f"picture: {plot}")


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
    chosen = scenario_named(scenario, file) if scenario is not None else None
    result = forecast_with(mineral, horizon, chosen, seed, posterior)
    if plot is not None:
        draw(result, plot)
    if as_json:
        sys.stdout.write(result.to_json() + "\n")
        return
    if supply:
        medians = result.supply().xs("median", axis=1, level=1)
        show(medians.rename_axis(columns=None), None)
    else:
        show(flat_columns(result.summary()), None)
    units = [result.draws[name].attrs["units"] for name in ("market_price", "supply")]
    console.print(escape("; ".join(units[supply:])))


def costs(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")],
    year: Annotated[int | None, typer.Option(help="A year after the data's end.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw into this file (PNG, SVG, PDF).")] = None,
    posterior: PosteriorOption = None,
) -> None:
    """Cost curve: full cost by producer country against cumulative capacity."""
    from critmin.producers import cost_curve

    source = load_posterior(posterior)
    curve = cost_curve(mineral, year, posterior=source)
    show(curve.summary(), None)
    console.print(f"{curve.draws['cost'].attrs['units']}, {curve.year}")
    if plot is not None:
        draw(curve, plot)


def risk(
    mineral: Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")],
    horizon: Annotated[int, typer.Option(help="Years ahead, 1 to 40.")] = 5,
    posterior: PosteriorOption = None,
) -> None:
    """Probability that each producer country newly restricts its exports."""
    from critmin.producers import disruption_risk

    source = load_posterior(posterior)
    show(disruption_risk(mineral, horizon=horizon, posterior=source), None)


def fit(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the posterior.")],
    mineral: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be repeated. Default: all.")
    ] = None,
    origin: Annotated[
        int | None, typer.Option(help="Fit to what was known at the end of this year.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws a chain.")] = 1000,
    tune: Annotated[int, typer.Option(help="Warm-up draws a chain.")] = 400,
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
    worst = {
        name: "no number" if value is None else f"{value:.4g}"
        for name, value in posterior.diagnostics.items()
    }
    console.print(
        f"wrote {out}: R-hat at most {worst['r_hat']}, bulk ESS at least {worst['ess_bulk']}, "
        f"tail ESS at least {worst['ess_tail']}, {worst['divergences']} divergences"
    )


COMMANDS = (price, forecast, minerals, costs, risk, data, fit)
