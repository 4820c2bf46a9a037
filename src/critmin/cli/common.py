"""What the commands share: options, pictures, scenarios and posteriors by name."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer
from rich.console import Console

from critmin.exceptions import CritminError, UnknownNameError
from critmin.forms import quoted_unit
from critmin.internal.files import check_target, replacing
from critmin.mineral import get_mineral

if TYPE_CHECKING:
    import pandas as pd

    from critmin.scenario import Scenario
    from critmin.simulation.quotations import Quote

errors = Console(stderr=True)

Basis = Literal["real", "nominal"]


def one_form(context: typer.Context, value: bool) -> bool:
    """Refuse JSON and CSV at once, before anything is run."""
    if value and (context.params.get("as_json") or context.params.get("as_csv")):
        raise CritminError("--json and --csv were both given: leave one of them out")
    return value


def can_be_written(value: Path | None) -> Path | None:
    """Refuse a file that cannot be written, before anything is run."""
    if value is not None:
        check_target(value)
    return value


MineralsArgument = Annotated[
    list[str], typer.Argument(help="Names, as in `critmin minerals`; several share their draws.")
]
MineralArgument = Annotated[str, typer.Argument(help="Name, as in `critmin minerals`.")]
HorizonOption = Annotated[int, typer.Option(help="Years ahead, 1 to 40.")]
CurrencyOption = Annotated[str, typer.Option(help="USD, EUR, JPY, ...")]
BasisOption = Annotated[Basis, typer.Option(help="Money of one year, or of each.")]
UnitOption = Annotated[
    str, typer.Option(help="t, kg, lb ... of element, of a form ('kg of oxide'), or quoted.")
]
ProbOption = Annotated[float, typer.Option(help="Probability of the intervals.")]
ScenarioOption = Annotated[
    str | None, typer.Option(help="A name of `critmin scenario list`, or of --file.")
]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A TOML file of scenarios instead of the gallery.")
]
PosteriorOption = Annotated[
    Path | None, typer.Option("--posterior", help="A file of `critmin fit`; default: the built-in.")
]
SeedOption = Annotated[int, typer.Option(help="Same seed, same numbers.")]
JsonOption = Annotated[
    bool, typer.Option("--json", callback=one_form, help="Print JSON, draws included.")
]
CsvOption = Annotated[bool, typer.Option("--csv", callback=one_form, help="Print CSV.")]
PlotOption = Annotated[Path | None, typer.Option(help="Draw into this file (PNG, SVG, PDF).")]
TodayOption = Annotated[
    list[str] | None,
    typer.Option("--today", help="A price of the year under way: 1600, 'nickel=15200 USD/t'."),
]
PlaceOption = Annotated[
    str | None,
    typer.Option("--place", help="Where --today is paid: outside, customs, marginal or inside."),
]
StageOption = Annotated[
    str | None,
    typer.Option("--stage", help="Show supply by country at this stage: mined or refined."),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", callback=can_be_written, help="Also write the table as CSV."),
]


def todays(
    given: list[str] | None,
    asked: Sequence[str] = (),
    unit: str = "t",
    currency: str = "USD",
    place: str | None = None,
) -> "dict[str, Quote] | None":
    """Prices of the year under way as they are typed.

    Parameters
    ----------
    given : list of str or None
        Each ``mineral=number``, or a number alone where one mineral is asked for; then, in any order, a
        unit, a place, ``vat=``, ``per_dollar=`` and a date.
    asked : sequence of str
        Minerals of the command.
    unit, currency : str
        Of the command's own prices, and so of a number alone.
    place : str, optional
        Of prices that name none.

    Raises
    ------
    CritminError
        If one cannot be read.
    """
    if not given:
        if place is not None:
            raise CritminError(f"--place {place} says where a price is paid: give --today as well")
        return None
    found: dict[str, Quote] = {}
    for text in given:
        name, parted, rest = text.partition("=")
        name = name.strip()
        if not parted or re.match(r"[\d.+-]", name):
            if len(asked) != 1:
                raise CritminError(
                    f"--today {text!r}: expected mineral=price, such as nickel=15200; a number alone "
                    "is for one mineral"
                )
            name, rest = asked[0], text
            mass = quoted_unit(name).words if unit == "quoted" else unit
            own = f"{currency}/{mass}"
        else:
            own = get_mineral(name).quote
        if name in found:
            raise CritminError(f"--today names {name} twice")
        found[name] = ({"place": place} if place else {}) | _today(text, rest, own)
    return found


def _today(text: str, rest: str, unit: str) -> dict[str, Any]:
    """One price: its number, and what stands after it."""
    from critmin.simulation.quotations import Place

    number, *words = rest.split() or [""]
    said: dict[str, Any] = {}
    try:
        said["price"] = float(number)
        for word in list(words):
            key, parted, value = word.partition("=")
            if parted and key in ("vat", "per_dollar"):
                found: Any = value if value == "china" else float(value)
            elif word in get_args(Place):
                key, found = "place", word
            elif re.match(r"\d{4}", word):
                key, found = "over", word
            else:
                continue
            if key in said:
                raise CritminError(
                    f"--today {text!r}: says {said[key]} and {found}; only one can be"
                )
            said[key] = found
            words.remove(word)
    except ValueError:
        raise CritminError(
            f"--today {text!r}: expected mineral=price, such as nickel=15200, "
            "'gallium=1600 USD/kg marginal', 'tin=40000 USD/t 2026-05-12' or "
            "'gallium=2000 CNY/kg inside vat=0.13'"
        ) from None
    return said | {"unit": " ".join(words) or unit}


def draw(result: object, path: Path) -> None:
    """Draw a result into a file, whole or not at all."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    result.plot(ax=figure.subplots())  # type: ignore[attr-defined]
    try:
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=150)
    except ValueError as error:  # a kind of file that is none
        raise CritminError(f"cannot draw into {path}: {error}") from error


def one_picture(minerals: list[str], plot: Path | None) -> None:
    """Refuse a picture of several minerals."""
    if plot is not None and len(minerals) > 1:
        raise CritminError(f"--plot draws one mineral, got {len(minerals)}")


def write_csv(table: "pd.DataFrame", out: Path | None) -> None:
    """Write a table as CSV if asked to, whole or not at all."""
    if out is None:
        return
    with replacing(out) as temporary:
        table.to_csv(temporary, lineterminator="\n")


def known_scenarios(path: Path | None) -> "dict[str, Scenario]":
    """Scenarios of a file, or of the gallery, by name."""
    from critmin.scenario import gallery, load_scenarios

    return load_scenarios(path) if path is not None else gallery()


def scenario_named(
    name: str | None, path: Path | None, minerals: Iterable[str] = ()
) -> "Scenario | None":
    """A scenario of the gallery or of a file; the only one of a file needs no name.

    Minerals on which nothing in it acts are told on standard error.

    Raises
    ------
    CritminError
        If there is no such scenario, or a file has several and none is named.
    """
    if name is None and path is None:
        return None
    known = known_scenarios(path)
    if name is None and len(known) > 1:
        raise CritminError(f"{path} holds {len(known)} scenarios: name one with --scenario")
    if name is not None and name not in known:
        raise UnknownNameError.of("scenario", name, known)
    chosen = known[name] if name is not None else next(iter(known.values()))
    if idle := [mineral for mineral in minerals if not _acts_on(chosen, mineral)]:
        typer.echo(f"note: nothing in {chosen.name} acts on {' or '.join(idle)}", err=True)
    return chosen


def _acts_on(scenario: "Scenario", mineral: str) -> bool:
    from critmin.scenario.effects import includes

    name = get_mineral(mineral).name
    for each in scenario.interventions:
        on = getattr(each, "minerals", getattr(each, "mineral", None))
        if on is None or includes([on] if isinstance(on, str) else on, name):
            return True
    return not scenario.interventions
