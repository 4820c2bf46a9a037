"""Commands on prices and markets: price, forecast, costs, risk, exposure."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from critmin.cli.common import (
    BasisOption,
    CsvOption,
    CurrencyOption,
    FileOption,
    HorizonOption,
    JsonOption,
    MineralArgument,
    MineralsArgument,
    PlaceOption,
    PlotOption,
    PosteriorOption,
    ProbOption,
    ScenarioOption,
    SeedOption,
    StageOption,
    TodayOption,
    UnitOption,
    draw,
    one_picture,
    scenario_named,
    todays,
)
from critmin.cli.output import emit, medians_and_ranges, say, sentence, show, tonnes
from critmin.exceptions import CritminError

if TYPE_CHECKING:
    import pandas as pd

    from critmin.results.buyers import Exposure

SHORT = {
    "fair_price": "fair",
    "market_price": "market",
    "marginal_price": "marginal",
    "inside_price": "inside",
    "P(market < fair)": "P(m<f)",
    "stock_change": "stock",
    "distortion, %": "dist. %",
}
"""Names over columns."""
FENCED = (
    " (marginal: what the tonne without a licence costs; inside: what one behind the border does). "
)


def price(
    mineral: MineralsArgument,
    horizon: HorizonOption = 15,
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
    today: TodayOption = None,
    place: PlaceOption = None,
) -> None:
    """Fair and market price of minerals, year by year, with credible intervals.

    Examples
    --------
        critmin price nickel --horizon 15 --plot nickel.png

        critmin price dysprosium terbium --unit quoted --currency JPY

        critmin price lithium --basis nominal --json > lithium.json

        critmin price gallium --unit kg --today 1600 --place customs --today 'aluminum=2900 USD/t'
    """
    from critmin.results.fair_prices import ERROR
    from critmin.results.pricing import fair_price
    from critmin.results.sides import fence_in_words

    one_picture(mineral, plot)
    found = fair_price(
        mineral,
        horizon,
        scenario=scenario_named(scenario, file, mineral),
        currency=currency,
        basis=basis,
        unit=unit,
        posterior=posterior,
        today=todays(today, mineral, unit, currency, place),
        seed=seed,
    )
    tables = {name: each.summary(prob) for name, each in found.items()}
    if plot is not None:
        draw(found[mineral[0]], plot)
    if emit(tables, as_json=as_json, as_csv=as_csv, results=found):
        return
    for name, each in found.items():
        table = tables[name].drop(columns=ERROR, level=1)
        if not each.distorted:
            table = table[["fair_price", "market_price"]]
        table = table.rename(columns=SHORT, level=0)
        parts = medians_and_ranges(table)
        show(parts.pop("median"), f"{name}: {each.units}; medians")
        for bounds, part in parts.items():
            show(part, f"\n{name}: {bounds}")
        known = "" if each.distorted else "No distortion of this market is known. "
        where = fence_in_words(each.draws)
        say(f"{known}{where}{FENCED * bool(where)}{sentence(each.provenance['data'])}.")
    say(str(next(iter(found.values())).provenance["assumption"]))
    if plot is not None:
        say(f"picture: {plot}")


def forecast(
    mineral: MineralsArgument,
    horizon: HorizonOption = 15,
    scenario: ScenarioOption = None,
    file: FileOption = None,
    supply: Annotated[bool, typer.Option("--supply", help="Show supply by country.")] = False,
    stage: StageOption = None,
    currency: CurrencyOption = "USD",
    basis: BasisOption = "real",
    unit: UnitOption = "t",
    prob: ProbOption = 0.9,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    plot: PlotOption = None,
    posterior: PosteriorOption = None,
    today: TodayOption = None,
    place: PlaceOption = None,
) -> None:
    """Market and fair price, supply and demand by year.

    Examples
    --------
        critmin forecast nickel --supply

        critmin forecast gallium --scenario gallium-ban --plot gallium.png

        critmin forecast gallium --file mine.toml --unit kg
    """
    from critmin.results.fair_prices import ERROR
    from critmin.results.forecasting import forecast as foresee

    one_picture(mineral, plot)
    found = foresee(
        mineral,
        horizon,
        scenario=scenario_named(scenario, file, mineral),
        currency=currency,
        basis=basis,
        unit=unit,
        posterior=posterior,
        today=todays(today, mineral, unit, currency, place),
        seed=seed,
    )
    if plot is not None:
        draw(found[mineral[0]], plot)
    supply = supply or stage is not None
    tables = {n: f.supply(prob, stage) if supply else f.summary(prob) for n, f in found.items()}
    if emit(tables, as_json=as_json, as_csv=as_csv, results=found):
        return
    for name, each in found.items():
        words = str(each.draws["supply"].attrs["words"]).removeprefix("t a year")
        if supply:
            medians, mass = tonnes(tables[name].xs("median", axis=1, level=1))
            kind = f"{stage} supply" if stage else "supply"
            show(medians, f"{name}, {each.scenario.name}: median {kind}, {mass} a year{words}")
        else:
            prices = tables[name][["market_price", "fair_price"]]
            prices = prices.drop(columns=ERROR, level=1).rename(columns=SHORT, level=0)
            show(prices, f"{name}: {each.units}")
            volumes, mass = tonnes(tables[name][["supply", "demand", "stock_change"]])
            show(volumes.rename(columns=SHORT, level=0), f"\n{name}: {mass} a year{words}")
        say(f"{sentence(each.provenance['data'])}.")


def costs(
    mineral: MineralsArgument,
    year: Annotated[int | None, typer.Option(help="A year after the data's end.")] = None,
    currency: CurrencyOption = "USD",
    basis: BasisOption = "real",
    unit: UnitOption = "t",
    prob: ProbOption = 0.9,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    plot: PlotOption = None,
    posterior: PosteriorOption = None,
    price: Annotated[
        float | None, typer.Option(help="Say what share of capacity costs more than this.")
    ] = None,
) -> None:
    """Cost curve: full cost by producer country against cumulative capacity.

    Example:

        critmin costs nickel --unit lb

        critmin costs nickel --price 15000
    """
    from critmin.results.cost_curves import cost_curve

    one_picture(mineral, plot)
    if price is not None and (as_json or as_csv):
        raise CritminError(
            "--price adds a sentence to the printed table: leave out --json and --csv; "
            "CostCurve.loss_making gives the number"
        )
    found = cost_curve(
        mineral, year, currency=currency, basis=basis, unit=unit, posterior=posterior, seed=seed
    )
    if plot is not None:
        draw(found[mineral[0]], plot)
    tables = {name: each.summary(prob) for name, each in found.items()}
    if emit(tables, as_json=as_json, as_csv=as_csv, results=found):
        return
    for name, each in found.items():
        table: pd.DataFrame = tables[name].copy()
        masses = ["capacity", "cumulative_capacity"]
        table[masses], mass = tonnes(table[masses])
        words = str(each.draws["capacity"].attrs["words"]).removeprefix("t a year")
        show(
            table.rename(columns={"cumulative_capacity": "cumulative"}),
            f"{name}, {each.year}: full cost in {each.units}; capacity in {mass} a year{words}",
            f"{each.level.capitalize()}. {sentence(each.provenance['data'])}.",
        )
        if price is not None:
            told = []
            for net in (False, True)[: 1 + bool(table["credits"].any())]:
                share = each.loss_making(price, prob, net=net)
                middle, low, high = (f"{share.iloc[i]:.0%}" for i in (0, 1, -1))
                told.append(f"{middle} of capacity ({low} to {high})")
            say(f"Above {price:,g}: {', or less credits '.join(told)}.")


def risk(
    mineral: MineralsArgument,
    horizon: HorizonOption = 5,
    prob: ProbOption = 0.9,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    plot: PlotOption = None,
    posterior: PosteriorOption = None,
) -> None:
    """Probability that each producer country newly restricts its exports.

    Example:

        critmin risk cobalt --horizon 3
    """
    from critmin.results.risks import disruption_risk

    one_picture(mineral, plot)
    found = disruption_risk(mineral, horizon, posterior=posterior)
    if plot is not None:
        draw(found[mineral[0]], plot)
    tables = {name: each.summary(prob) for name, each in found.items()}
    if emit(tables, as_json=as_json, as_csv=as_csv, results=found):
        return
    for name, each in found.items():
        table = tables[name]
        show(
            table.assign(**{c: table[c].map("{:.1%}".format) for c in table.columns.drop("name")}),
            f"{name}: probability of a new export restriction within {each.horizon} years",
            f"{sentence(each.provenance['data'])}.",
        )
        if each.stand_in:
            say(f"{sentence(each.stand_in)}.")
        for country, words in each.announced.items():
            say(f"Announced, and in no probability: {country}, {words}.")


def brief(
    mineral: MineralArgument,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The page, an HTML file.")] = None,
    buyer: Annotated[
        str | None, typer.Option(help="Country or EU; default: USA, with --lang ja JPN.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en or ja.")] = "en",
    horizon: HorizonOption = 10,
    currency: Annotated[
        str | None, typer.Option(help="USD, EUR, ...; default: the buyer's.")
    ] = None,
    unit: UnitOption = "quoted",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    posterior: PosteriorOption = None,
) -> None:
    """One page about a mineral, to hand over: prices, costs, suppliers, scenarios, a corridor, trust.

    Examples
    --------
        critmin brief gallium -o gallium.html

        critmin brief gallium --lang ja -o gallium.ja.html

        critmin brief gallium --json > gallium.json
    """
    import pandas as pd

    from critmin.briefs.page import brief as on_a_page

    if out is None and not (as_json or as_csv):
        raise CritminError(
            "a brief is a page: name its file with --out, or ask for --json or --csv"
        )
    found = on_a_page(
        mineral,
        buyer,
        lang=lang,  # type: ignore[arg-type]
        horizon=horizon,
        currency=currency,
        unit=unit,
        posterior=posterior,
        seed=seed,
    )
    if out is not None:
        found.to_html(out)
    rows = [{"price": each["name"], **at} for each in found.facts["prices"] for at in each["at"]]
    prices = pd.DataFrame(rows).set_index("price")
    if not emit({mineral: prices}, as_json=as_json, as_csv=as_csv, results={mineral: found}):
        say(f"{found!r}: {out}")


def exposure(
    mineral: MineralsArgument,
    buyer: Annotated[str, typer.Argument(help="Country or EU, such as JPN.")],
    horizon: HorizonOption = 15,
    scenario: ScenarioOption = None,
    file: FileOption = None,
    currency: Annotated[
        str | None, typer.Option(help="USD, EUR, ...; default: the buyer's.")
    ] = None,
    unit: UnitOption = "t",
    prob: ProbOption = 0.9,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    plot: PlotOption = None,
    posterior: PosteriorOption = None,
) -> None:
    """What a buyer pays, from whom it buys, and what restrictions may keep away.

    Example:

        critmin exposure cobalt JPN --unit kg

        critmin exposure gallium germanium EU
    """
    from critmin.results.forecasting import forecast as foresee

    one_picture(mineral, plot)
    chosen = scenario_named(scenario, file, mineral)
    made = foresee(mineral, horizon, scenario=chosen, posterior=posterior, seed=seed)
    found = {
        name: each.exposure(buyer, currency=currency, unit=unit) for name, each in made.items()
    }
    if plot is not None:
        draw(found[mineral[0]], plot)
    tables = {name: each.summary(prob) for name, each in found.items()}
    if emit(tables, as_json=as_json, as_csv=as_csv, results=found):
        return
    for name, each in found.items():
        shown = tables[name].drop(columns=("lost", "basis"))
        show(shown, f"{name} for {each.buyer}: {each.units}; share of supply lost")
        show(_suppliers(each), f"\n{each}", f"{sentence(each.provenance['data'])}.")
        if each.basis == "trade":
            say(f"Note: {each.trade['note']}.")


def _suppliers(found: "Exposure") -> "pd.DataFrame":
    """Suppliers as people read them: shares today and over the horizon, and what a stop would do."""
    table = found.suppliers.head(10)
    percent = {
        "share": table["share"],
        "withholds": table["withholding"],
        "P(more)": table["probability"],
        "lost then": table["lost"],
        "expected": table["expected_loss"],
    }
    shown = table.assign(**percent)[[*percent]].map("{:.1%}".format)
    if found.basis == "trade":
        today = found.today["share"].reindex(table.index).map("{:.1%}".format)
        shown.insert(0, str(found.trade["year"]), today)
    shown["price then"] = table["price_ratio"].map("x{:.2f}".format)
    shown["moves with"] = table["moves_with"]
    return shown.replace({"nan%": "", "xnan": ""})


COMMANDS = (price, forecast, costs, risk, exposure, brief)
