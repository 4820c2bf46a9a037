"""What the commands share: options, tables, pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.files import replacing

if TYPE_CHECKING:
    import pandas as pd

    from critmin.contracts import Valuation, Zone
    from critmin.posterior import Posterior
    from critmin.results.cost_curves import CostCurve
    from critmin.results.fair_prices import FairPrice
    from critmin.results.forecasts import Forecast
    from critmin.scenario import Scenario

console = Console()
errors = Console(stderr=True)

PosteriorOption = Annotated[
    Path | None, typer.Option("--posterior", help="A file of `critmin fit`; default: the built-in.")
]
SeedOption = Annotated[int, typer.Option(help="Same seed, same numbers.")]
HorizonOption = Annotated[int, typer.Option(help="Years ahead, 1 to 40.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A TOML file of scenarios instead of the gallery.")
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Also write the table as CSV.")]


def number(value: float) -> str:
    """Four digits, or whole numbers from a thousand on."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def draw(result: "FairPrice | CostCurve | Forecast | Valuation | Zone", path: Path) -> None:
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


def flat_columns(table: "pd.DataFrame") -> "pd.DataFrame":
    """Columns of two levels joined by a space."""
    return table.set_axis([" ".join(map(str, column)) for column in table.columns], axis=1)


def show(table: "pd.DataFrame", out: Path | None) -> None:
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


def known_scenarios(path: Path | None) -> "dict[str, Scenario]":
    """Scenarios of a file, or of the gallery, by name."""
    from critmin.scenario import gallery, load_scenarios

    return load_scenarios(path) if path is not None else gallery()


def scenario_named(name: str, path: Path | None) -> "Scenario":
    """A scenario of the gallery, or of a file."""
    known = known_scenarios(path)
    if name not in known:
        raise UnknownNameError.of("scenario", name, known)
    return known[name]


def load_posterior(path: Path | None) -> "Posterior | None":
    """The posterior of a file; None stands for the built-in one."""
    from critmin.posterior import Posterior

    return Posterior.load(path) if path is not None else None


def forecast_with(
    mineral: str, horizon: int, scenario: "Scenario | None", seed: int, posterior: Path | None
) -> "Forecast":
    """A forecast from the built-in posterior, or from a file's."""
    from critmin.results.forecasting import forecast as foresee

    return foresee(mineral, horizon, scenario=scenario, posterior=posterior, seed=seed)
