"""Commands on what critmin holds: minerals, data, fit."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import typer

from critmin.cli.common import CsvOption, JsonOption, errors
from critmin.cli.output import emit, say, show
from critmin.exceptions import ConvergenceError, CritminError

Sampler = Literal["nutpie", "pymc", "numpyro"]


def minerals(as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """List what can be priced, and how much data stands behind each.

    Example:

        critmin minerals
    """
    from critmin.results.listing import CLASSES
    from critmin.results.listing import minerals as listing

    table = listing()
    if emit({"minerals": table}, as_json=as_json, as_csv=as_csv):
        return
    years = table["first"].astype(str) + "-" + table["last"].astype(str)
    shown = table[["quote", "prices"]].assign(years=years)
    words = ", ".join(f"{initial} {name.replace('_', ' ')}" for name, initial in CLASSES.items())
    show(
        shown.assign(**{name: table[name] for name in ("classes", "earlier", "critical")}),
        note=f"prices: years with one. By class: {words}. Earlier: years on another basis.",
    )


def data(
    dataset: Annotated[str | None, typer.Argument(help="Print this data set as CSV.")] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """List the data sets, or print one of them as tidy CSV.

    Examples
    --------
        critmin data

        critmin data usgs-mcs-2025-cobal
    """
    from critmin.data import catalog, load

    if dataset is not None:
        table = load(dataset)
        if not emit({dataset: table.reset_index(drop=True)}, as_json=as_json, as_csv=False):
            sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
        return
    table = catalog()
    if emit({"data": table}, as_json=as_json, as_csv=as_csv):
        return
    years = table["first_year"].astype(str) + "-" + table["last_year"].astype(str)
    show(table[["rows"]].assign(years=years, licence=table["licence"], title=table["title"]))


def fit(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the posterior.")],
    mineral: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be repeated. Default: all.")
    ] = None,
    origin: Annotated[
        int | None, typer.Option(help="Fit to what was known at the end of this year.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws a chain.")] = 2400,
    tune: Annotated[int, typer.Option(help="Warm-up draws a chain.")] = 700,
    chains: Annotated[int, typer.Option(help="Chains.")] = 4,
    seed: Annotated[int, typer.Option(help="Same seed, same draws.")] = 0,
    sampler: Annotated[Sampler, typer.Option(help="What draws.")] = "nutpie",
    allow_bad: Annotated[
        bool, typer.Option(help="Write a fit that fails the diagnostics.")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Fit the joint model of all minerals; the first time takes minutes.

    Examples
    --------
        critmin fit --out posterior.nc

        critmin fit --origin 2022 --out posterior-2022.nc
    """
    from critmin.audit.backtesting.vintage import fittable, known_at
    from critmin.data import load_panel
    from critmin.inference.fitting import fit as fit_model

    if not out.parent.is_dir():
        raise CritminError(f"{out.parent}: no such folder")
    if out.is_dir():
        raise CritminError(f"{out}: is a folder; name the file to write")
    panel = load_panel(mineral)
    try:
        posterior = fit_model(
            data=panel if origin is None else fittable(known_at(panel, origin)),
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
            sampler=sampler,
            allow_bad=allow_bad,
            progressbar=errors.is_terminal,
        )
    except ConvergenceError as refused:
        if refused.posterior is None:
            raise
        # Minutes of work: kept under a name that nobody takes for a result.
        kept = refused.posterior.to_netcdf(out.with_suffix(f".refused{out.suffix}"))
        raise CritminError(f"{refused} It is in {kept}.") from refused
    posterior.to_netcdf(out)
    table = pd.DataFrame({"value": posterior.diagnostics}, dtype=float).rename_axis("diagnostic")
    if emit({str(out): table}, as_json=as_json, as_csv=as_csv):
        return
    worst = {
        name: "no number" if value is None else f"{value:.4g}"
        for name, value in posterior.diagnostics.items()
    }
    say(
        f"wrote {out}: R-hat at most {worst['r_hat']}, bulk ESS at least {worst['ess_bulk']}, "
        f"tail ESS at least {worst['ess_tail']}, {worst['divergences']} divergences, BFMI at least "
        f"{worst['bfmi']}, share of trajectories cut {worst['saturated']}"
    )


COMMANDS = (minerals, data, fit)
