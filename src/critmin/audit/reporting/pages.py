"""One audit report a mineral: where its price comes from, and how far to believe it."""

import base64
import io
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd

from critmin.audit.backtesting.comparison import skill, summarise
from critmin.audit.backtesting.supply import supply_table
from critmin.audit.checks.check import DEFINITIONS, Check
from critmin.audit.reporting.evidence import EVIDENCE, LIMITS, USED, evidence, measured
from critmin.audit.reporting.sources import figures_behind
from critmin.audit.reporting.tables import page_table
from critmin.inference.diagnostics import MAX_RHAT, MIN_ESS
from critmin.internal.extras import extras
from critmin.internal.files import replacing
from critmin.internal.tables import signed_percent, significant
from critmin.mineral import get_mineral
from critmin.model.inputs import START
from critmin.model.priors import prior_table
from critmin.posterior import Posterior, builtin_posterior
from critmin.results.fair_prices import FairPrice
from critmin.results.pricing import fair_price

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FOLDED = 15
"""Rows above which a table is folded on the page."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What an auditor wants to know of one mineral's price.

    Attributes
    ----------
    mineral : str
    headline : tuple of str
        The result and the record in sentences.
    tables : dict of str to DataFrame
        By title.
    notes : dict of str to str
        What to know when reading a table, and how to make it anew, by title.
    provenance : dict
        As in `critmin.FairPrice`.
    limits : tuple of str
        What the model cannot know.
    pictures : dict of str to bytes
        PNG files, by title of the table they stand above.

    See Also
    --------
    critmin.audit.report : Makes one.
    critmin.brief : A page for a buyer.

    Examples
    --------
    >>> report("tin").mineral
    'tin'
    """

    mineral: str
    headline: tuple[str, ...]
    tables: dict[str, pd.DataFrame]
    notes: dict[str, str]
    provenance: dict[str, Any]
    limits: tuple[str, ...]
    pictures: dict[str, bytes]

    def to_html(self, path: str | Path | None = None) -> str:
        """Write everything as one self-contained page, whole or not at all.

        Parameters
        ----------
        path : path, optional
            Also write it there.

        Returns
        -------
        str
        """
        about = get_mineral(self.mineral)
        parts = [
            {
                "title": name,
                "note": self.notes.get(name, ""),
                "picture": base64.b64encode(self.pictures.get(name, b"")).decode(),
                "table": page_table(table),
                "rows": len(table),
            }
            for name, table in self.tables.items()
        ]
        page = _template().render(
            title=f"critmin audit: {about.title}",
            form=about.form,
            group=about.group.replace("by_product", "by-product").replace("_", " "),
            headline=self.headline,
            parts=parts,
            folded=FOLDED,
            limits=self.limits,
            provenance=json.dumps(self.provenance, indent=1, default=str),
        )
        if path is not None:
            with replacing(Path(path)) as temporary:
                temporary.write_text(page, encoding="utf-8")
        return page


@cache
def _template() -> jinja2.Template:
    source = files("critmin").joinpath("audit", "reporting", "page.html.jinja")
    made = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.from_string(source.read_text(encoding="utf-8"))


def _picture(figure: "Figure") -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=130, metadata={"Software": None})
    return stream.getvalue()


def _pit_picture(table: pd.DataFrame, model: str) -> bytes:
    """Histogram of the backtest's probability integral transforms by horizon."""
    from matplotlib.figure import Figure

    rows = table[table["model"] == model]
    horizons = sorted(rows["horizon"].unique())
    figure = Figure(figsize=(6.4, 3), layout="constrained")
    axes = figure.subplots(2, -(-len(horizons) // 2), sharex=True, sharey=True)
    for ax, horizon in zip(axes.flat, horizons, strict=False):
        pit = rows.loc[rows["horizon"] == horizon, "pit"]
        ax.hist(pit, bins=10, range=(0, 1), density=True, color="#1b6f5f", alpha=0.6)
        ax.axhline(1, color="0.4", lw=1)
        ax.set_title(f"{horizon} year{'s' if horizon > 1 else ''} ahead", fontsize=9)
        ax.set_yticks([])
    return _picture(figure)


def report(mineral: str, *, posterior: Posterior | None = None, model: str = USED) -> Report:
    """Gather what is known of a mineral's price and of the model's record with it.

    Parameters
    ----------
    mineral : str
        A name of `critmin.minerals`.
    posterior : Posterior, optional
        The built-in one by default. The evidence is that of the built-in posterior's model and
        data; the note of each table tells how to make it anew.
    model : str
        Of the backtest, whose skill is shown; by default what `critmin.fair_price` uses.

    Returns
    -------
    Report

    Raises
    ------
    UnknownNameError
        If there is no such mineral.

    See Also
    --------
    critmin.backtest : The trial behind its table of skill.
    critmin.brief : A page for a buyer.

    Examples
    --------
    >>> found = report("nickel")
    >>> "Backtest: nickel" in found.tables, found.to_html().startswith("<!doctype html>")
    (True, True)
    """
    with extras():
        from matplotlib.figure import Figure

    about = get_mineral(mineral)
    source = builtin_posterior() if posterior is None else posterior
    price = fair_price(about.name, posterior=source)
    tables: dict[str, pd.DataFrame] = {}
    notes: dict[str, str] = {}
    pictures: dict[str, bytes] = {}

    def add(title: str, table: pd.DataFrame, note: str, name: str | None = None) -> None:
        tables[title] = table
        notes[title] = note + (f" Make it anew: `{DEFINITIONS[name].command}`" if name else "")

    def add_check(check: Check) -> None:
        said = " ".join(filter(None, (check.verdict, check.note)))
        add(check.title, check.table, said, check.name)

    figure = Figure(figsize=(6.8, 4.4), layout="constrained")
    price.plot(ax=figure.subplots())
    add(
        "Fair and market price",
        _ahead(price),
        f"In {price.units}; distortion, the market price over the fair one, in %.",
    )
    pictures["Fair and market price"] = _picture(figure)
    add(
        "Data",
        figures_behind(about.name),
        f"Years with figures, after splicing; the fit begins in {START}. `critmin data NAME` prints a data "
        "set, `critmin.data.catalog()` has addresses and hashes of all.",
    )
    passed = pd.DataFrame({"value": source.diagnostics}).rename_axis("diagnostic")
    add(
        "Convergence",
        passed,
        f"A fit needs R-hat at most {MAX_RHAT}, effective samples of {MIN_ESS}, no divergence; BFMI "
        "and the share of trajectories cut at their greatest depth are told beside, where it kept them.",
    )
    fitted = source.summary().xs(about.name, level=1).rename_axis("parameter")
    add(
        "What the fit says",
        fitted,
        "What the fit learned of this mineral, its prior included: median and 90% interval. The table of "
        "priors tells what each parameter means.",
    )
    add(
        "Priors",
        prior_table().drop(columns="variable"),
        "What was believed before the data, and why. The table of contraction tells how much of it "
        "the data took away.",
    )
    for check in _checks(about.name):
        add_check(check)
    _add_backtest(about.name, model, add, pictures)
    headline = (*_result(price), *_record(about.name))
    missing = tuple(
        f"{DEFINITIONS[name].title}: not measured for this version of the model; run "
        f"`{DEFINITIONS[name].command}`."
        for name in EVIDENCE
        if not measured(name)
    )
    limits = (*LIMITS, *missing)
    return Report(about.name, headline, tables, notes, price.provenance, limits, pictures)


def _ahead(price: FairPrice) -> pd.DataFrame:
    """Every price in one, five and fifteen years, one a row: narrow enough for paper."""
    table = price.summary(0.9).iloc[[0, 4, 14]]
    rows = {
        (year, str(name).partition(",")[0].replace("_", " ")): table.loc[year, name]
        for year in table.index
        for name in table.columns.unique(0)
        if (name, "median") in table.columns
    }
    found = pd.DataFrame.from_dict(rows, orient="index")
    return found.set_axis(pd.MultiIndex.from_tuples(rows, names=["year", "of"]))


def _checks(mineral: str) -> list[Check]:
    """What was measured once for the built-in posterior and says something of this mineral."""
    general = ("contraction", "sbc", "module_worth", "leave_group_out")
    found = [Check.of(name, evidence(name)) for name in general if measured(name)]
    if measured("predictive") and mineral in (table := evidence("predictive")).index:
        row = table.loc[mineral].unstack()  # noqa: PD010
        found.append(Check.of("predictive", row.rename_axis("annual price changes")))
    if measured("events") and mineral in set((table := evidence("events"))["mineral"]):
        # Of the scores one is enough on a page.
        left_out = ["mineral", "inside", "effect", "log_score_without", "log_score_with"]
        own = table[table["mineral"] == mineral].drop(columns=left_out).set_index("event")
        found.append(Check.of("events", own))
    if measured("held_back"):
        table = evidence("held_back")
        own = table[table["fence"].str.startswith(f"{mineral}:")].set_index(["fence", "left_out"])
        if len(own):
            kept = ["observed", "median", "low", "high", "log_score", "log_score_stays"]
            found.append(Check.of("held_back", own[kept]))
    for name in ("prior_swaps", "knock_outs"):
        if measured(name) and mineral in (table := evidence(name)).index:
            moved = table.loc[mineral].unstack()[["cost", "fair"]]  # noqa: PD010
            order = table.columns.unique(0)
            found.append(Check.of(name, moved.loc[order].rename_axis("change")))
    return found


def _result(price: FairPrice) -> tuple[str, ...]:
    """Fair and market price in five years, in a sentence each."""
    table = price.summary(0.9)
    year = int(table.index[min(4, len(table) - 1)])
    row = table.loc[year]
    sentences = [
        f"In {year} the {label} price is {significant(row[name, 'median'])} {price.units}; "
        f"with a probability of 90% it lies between {significant(row[name, '5%'])} "
        f"and {significant(row[name, '95%'])}."
        for label, name in (("fair", "fair_price"), ("market", "market_price"))
    ]
    chance = row["P(market < fair)", ""]
    return (
        *sentences,
        f"In {year} the market price is below the fair price with a probability of {chance:.0%}.",
    )


def _record(mineral: str) -> tuple[str, ...]:
    """How the model did against the random walk on this mineral, in a sentence or two."""
    table = evidence("backtest")
    own = table[table["mineral"] == mineral]
    if own.empty:
        return (
            "It has too few prices to be tested on its own past: its record is that of the "
            "minerals that have enough.",
        )
    gains = summarise(own)["skill"].xs(USED, level="model")
    told = ", ".join(f"{signed_percent(gain)} at {h}" for h, gain in gains.items())
    words = f"Skill against the random walk, by years ahead: {told}."
    lost = [str(h) for h, gain in gains.items() if gain < 0]
    return (words, f"It loses at {', '.join(lost)} years.") if lost else (words,)


def _add_backtest(mineral: str, model: str, add: Any, pictures: dict[str, bytes]) -> None:
    """Tables of the backtest: this mineral's where it was scored, and of all that were."""
    table = evidence("backtest")
    shown = ["forecasts", "skill", "crps", "inside 50%", "inside 90%"]
    if mineral in set(table["mineral"]):
        own = summarise(table[table["mineral"] == mineral])
        add(
            f"Backtest: {mineral}",
            own[shown],
            "By years ahead; skill is against the random walk. Its years overlap: a few dozen "
            "forecasts of one mineral prove little.",
            "backtest",
        )
    add("Backtest: all minerals", summarise(table)[shown], "By years ahead.", "backtest")
    output, about = evidence("supply"), DEFINITIONS["supply"]
    scored = {"all minerals": output, mineral: output[output["mineral"] == mineral]}
    for name, part in scored.items():
        if len(part):
            add(f"{about.title}: {name}", supply_table(part), about.note, "supply")
    title = f"Skill of “{model}” against the random walk"
    add(
        title,
        skill(table, model),
        "90% interval of a block bootstrap over origins; p of equal accuracy (Diebold-Mariano). The "
        "picture: where outcomes fell in the forecast distribution, flat if calibrated.",
        "backtest",
    )
    pictures[title] = _pit_picture(table, model)
