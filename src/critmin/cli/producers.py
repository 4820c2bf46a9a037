"""Commands on what producing countries earn: revenue."""

from typing import TYPE_CHECKING, Annotated

import typer

from critmin.cli.common import (
    BasisOption,
    CsvOption,
    CurrencyOption,
    FileOption,
    HorizonOption,
    JsonOption,
    MineralsArgument,
    PlotOption,
    PosteriorOption,
    ProbOption,
    ScenarioOption,
    SeedOption,
    UnitOption,
    draw,
    one_picture,
    scenario_named,
)
from critmin.cli.output import emit, medians_and_ranges, millions, say, sentence, show

if TYPE_CHECKING:
    import pandas as pd

    from critmin.results.producers import ProducerRevenue

DOES = {"withheld": "withholds a share of its exports", "duty": "takes a duty on its exports"}


def revenue(
    mineral: MineralsArgument,
    country: Annotated[str, typer.Argument(help="A producer, such as COD or Chile.")],
    horizon: HorizonOption = 10,
    withheld: Annotated[
        list[float] | None,
        typer.Option(help="Share of exports withheld; may be repeated. Default: 0 to 0.9."),
    ] = None,
    duty: Annotated[
        list[float] | None, typer.Option(help="Rate of a duty instead; may be repeated.")
    ] = None,
    royalty: Annotated[
        float | None, typer.Option(help="The state's share of what producers are paid, as 0.05.")
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="mined: what the mines export, not the refineries.")
    ] = None,
    discount: Annotated[float, typer.Option(help="Real rate a year.")] = 0.06,
    scenario: ScenarioOption = None,
    file: FileOption = None,
    currency: CurrencyOption = "USD",
    basis: BasisOption = "real",
    unit: UnitOption = "t",
    prob: ProbOption = 0.9,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    plot: PlotOption = None,
    posterior: PosteriorOption = None,
) -> None:
    """What a quota or a duty earns the country that sets it, and which earns the most.

    Examples
    --------
        critmin revenue cobalt COD

        critmin revenue nickel IDN --duty 0.1 --duty 0.3 --royalty 0.05

        critmin revenue copper Zambia --stage mined --withheld 0.1 --withheld 0.2 --plot zambia.png
    """
    from critmin.results.producers import producer_revenue

    one_picture(mineral, plot)
    found = producer_revenue(
        mineral,
        country,
        horizon,
        withheld=withheld,
        duty=duty,
        stage=stage,
        royalty=royalty,
        discount=discount,
        scenario=scenario_named(scenario, file, mineral),
        currency=currency,
        basis=basis,
        unit=unit,
        posterior=posterior,
        seed=seed,
    )
    if plot is not None:
        draw(found[mineral[0]], plot)
    tables = {name: each.summary(prob) for name, each in found.items()}
    if emit(tables, as_json=as_json, as_csv=as_csv, results=found):
        return
    for name, each in found.items():
        _show(each, tables[name], prob)


def _show(found: "ProducerRevenue", table: "pd.DataFrame", prob: float) -> None:
    """Sums, changes and shares by level, then the best level of each sum."""
    from critmin.results.producers import SUMS

    sums = [name for name in SUMS[:-1] if name in found.draws]
    if found.policy == "withheld":
        sums.remove("duty")
        table = table.drop(columns="duty", level=0)
    shown = table.copy()
    money = [column for column in shown if column[0] in sums]
    shown[money], size = millions(shown[money])
    shown.index = shown.index.map(_percent)
    attrs = found.draws["exports"].attrs
    about = f"as parts {attrs['words']}" if attrs["units"] == "1" else f"in {size}{attrs['words']}"
    where = f"{found.mineral}, {found.country}"
    parts = medians_and_ranges(shown)
    rest = "the rest in percent, price over that at 0%"
    title = f"{where}: what a country earns that {DOES[found.policy]}; sums {about}, {rest}"
    show(parts.pop("median"), f"{title}; medians")
    for bounds, part in parts.items():
        show(part, f"\n{where}: {bounds}")
    for name in sums:
        best = found.best(prob, of=name)
        low, high = (_percent(v) for label, v in best.items() if str(label).endswith("%"))
        say(
            f"Most {name} at {_percent(best['level'])} (each draw's own: {low} to {high}): mean "
            f"{best['gain']:+.1f}% of exports at 0%."
        )
    say(f"{sentence(found.provenance['data'])}.")


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


COMMANDS = (revenue,)
