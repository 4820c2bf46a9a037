"""Print the tables of docs/japan.md and docs/japan.ja.md: Japan's suppliers, prices in yen, stops.

Usage: uv run python scripts/build_japan.py [en|ja [--write]]

With --write the tables in the document are replaced, as after every fit.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from critmin import forecast
from critmin.exceptions import DataError
from critmin.internal.tables import significant
from critmin.results.buyers import Exposure
from critmin.results.forecasts import Forecast
from critmin.scenario import ExportControl
from critmin.trade import Replacement
from critmin.trade.stops import RECYCLING
from critmin.units import currency_rate

BUYER, HORIZON, START, YEARS, GROWTH = "JPN", 5, 2027, 3, 0.25
STOP = [*range(START, START + YEARS)]
ASKED = ("COD", "ZMB", "CHL", "ARG")
JAPANESE = {
    "lithium": "リチウム",
    "cobalt": "コバルト",
    "nickel": "ニッケル",
    "copper": "銅",
    "graphite": "黒鉛",
    "silicon": "シリコン",
    "magnesium": "マグネシウム",
    "niobium": "ニオブ",
    "gallium": "ガリウム",
    "neodymium": "ネオジム",
}
WORLD = {"en": "world supply", "ja": "世界供給"}
NO_DATA = {"en": "no data", "ja": "データなし"}
HEADS = {
    "suppliers": {
        "en": "mineral | HS code, what it is worth | suppliers, 2024 | at most, one step back "
        "| price of 2027, yen/kg of content (90%) | kept away, mean | worst 5%",
        "ja": "鉱物 | HSコードとその信頼度 | 供給国(2024年) | 一段前をたどった上限 "
        "| 2027年の価格、円/kg(含有量、90%区間) | 失われる割合、平均 | 最悪5%",
    },
    "stop": {
        "en": "mineral | stops | share of today's imports | missing a year, more than without "
        "| price paid, times (90%) | imports of 2024, billion yen "
        "| dearer rest, billion yen in three years (90%)",
        "ja": "鉱物 | 停止する国 | 現在の輸入に占める割合 "
        "| 年間の不足(停止なしとの差) "
        "| 支払価格の倍率(90%区間) | 2024年の輸入額、十億円 | 残りの輸入の値上がり、3年計、十億円(90%区間)",
    },
    "others": {
        "en": "mineral | stops | needed, t a year | COD | ZMB | CHL | ARG | recycling | all others | unmet "
        "| dearer by, million yen a year",
        "ja": "鉱物 | 停止する国 | 必要量、t/年 | COD | ZMB | CHL | ARG | リサイクル | その他 | 不足 "
        "| 追加費用、百万円/年",
    },
}


def table(kind: str, language: str, rows: list[list[str]]) -> str:
    """A table in Markdown."""
    head = f"| {HEADS[kind][language]} |"
    width = head.count("|") - 1
    return "\n".join([head, "|---" * width + "|", *(f"| {' | '.join(row)} |" for row in rows)])


def title(mineral: str, language: str) -> str:
    """Name of a mineral."""
    return JAPANESE[mineral] if language == "ja" else mineral


def interval(values: np.ndarray, show: Callable[[float], str]) -> str:
    """Median with the bounds of 90%."""
    middle, low, high = np.quantile(values, [0.5, 0.05, 0.95])
    return f"{show(middle)} ({show(low)} – {show(high)})"


def supplier_row(found: Exposure, language: str) -> list[str]:
    """Who supplies, who stands behind, the price, and what restrictions keep away."""
    price = found.draws["price"].sel(year=START).values
    lost = found.summary().loc[START, "lost"]
    if found.basis == "trade":
        code = f"{found.trade['hs']} {found.trade['material']}, {found.trade['clean']}"
        first = found.today["share"].head(4)
        names = ", ".join(f"{c} {s:.0%}" for c, s in first.items() if s >= 0.005)
        more = (found.today["at_most"] - found.today["share"]).nlargest(2)
        behind = ", ".join(
            f"{c} {found.today.loc[c, 'at_most']:.0%}" for c, gain in more.items() if gain >= 0.02
        )
    else:
        code, behind = NO_DATA[language], ""
        first = found.suppliers["share"].head(3)
        names = f"{WORLD[language]}: " + ", ".join(f"{c} {s:.0%}" for c, s in first.items())
    kept = (f"{lost['mean']:.0%}", f"{lost['expected shortfall']:.0%}")
    return [
        title(found.mineral, language),
        code,
        names,
        behind,
        interval(price, significant),
        *kept,
    ]


def stopping(found: Exposure, made: Forecast) -> str:
    """The largest supplier that the forecast tells apart as a producer, or else the largest producer."""
    told = set(map(str, made.draws["country"].values)) - {"ROW"}
    own = [country for country in found.suppliers.index if country in told]
    if found.basis == "trade" and len(own):
        return str(found.today["share"].reindex(own).idxmax())
    output = made.draws["production"].mean(("sample", "year")).drop_sel(country="ROW")
    return str(output["country"].values[int(output.values.argmax())])


def stop_row(calm: Exposure, hit: Exposure, who: str, language: str) -> list[str]:
    """What a stop of all exports of a country costs, draw by draw against the same without."""
    ratio, more, arrives = (
        each.sel(year=STOP).transpose("sample", "year").values
        for each in (
            hit.draws["price"] / calm.draws["price"],
            hit.draws["lost"] - calm.draws["lost"],
            1 - hit.draws["lost"],
        )
    )
    share = calm.today["share"].get(who, 0.0)
    cells = [f"{share:.0%}" if calm.basis == "trade" else NO_DATA[language]]
    cells += [f"{more.mean():.0%}", interval(ratio.mean(axis=1), significant)]
    if calm.basis != "trade":
        return [title(calm.mineral, language), who, *cells, NO_DATA[language], NO_DATA[language]]
    yen = calm.trade["value"] * currency_rate("JPY") / 1e9
    bill = yen * (arrives * (ratio - 1)).sum(axis=1)
    cells += [significant(yen), interval(bill, significant)]
    return [title(calm.mineral, language), who, *cells]


def replaced(found: Exposure, who: str) -> Replacement:
    """Who could take over: from the country that stops, or else from the largest supplier."""
    try:
        return found.replacement(who, growth=GROWTH, years=YEARS)
    except DataError:
        return found.replacement(growth=GROWTH, years=YEARS)


def part(able: float) -> str:
    """A share of the needed; who could deliver all of it alone needs no figure."""
    return "≥ 100%" if able >= 1 else f"{able:.0%}"


def others_row(found: Exposure, who: str, language: str) -> list[str]:
    """What the asked countries, recycling and all others could take over, as shares of the needed."""
    name = title(found.mineral, language)
    if found.basis != "trade":
        return [name, NO_DATA[language], *[""] * 9]
    plan = replaced(found, who)
    able = plan.table["able"] / plan.needed
    asked = ["–" if c == plan.supplier else part(able.get(c, 0.0)) for c in ASKED]
    rest = able.drop([*ASKED, RECYCLING], errors="ignore").sum()
    return [
        name,
        f"{plan.supplier} ({plan.needed_share:.0%})",
        f"{plan.needed:,.0f}",
        *asked,
        part(able.get(RECYCLING, 0.0)),
        part(rest),
        f"{plan.unmet:.0%}",
        significant(plan.cost * currency_rate("JPY") / 1e6),
    ]


def tables(language: str) -> list[str]:
    """The three tables."""
    rows: dict[str, list[list[str]]] = {"suppliers": [], "stop": [], "others": []}
    for mineral in JAPANESE:
        made = forecast(mineral, HORIZON)
        calm = made.exposure(BUYER, unit="kg")
        who = stopping(calm, made)
        stop = ExportControl(who, mineral, 1.0, START, YEARS)
        hit = forecast(mineral, HORIZON, scenario=stop).exposure(BUYER, unit="kg")
        rows["suppliers"].append(supplier_row(calm, language))
        rows["stop"].append(stop_row(calm, hit, who, language))
        rows["others"].append(others_row(calm, who, language))
    return [table(kind, language, lines) for kind, lines in rows.items()]


def write(language: str, printed: list[str]) -> None:
    """Put the tables into the document in the place of those with the same heads."""
    path = Path(__file__).parents[1] / "docs" / ("japan.md" if language == "en" else "japan.ja.md")
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    heads = [block.partition("\n")[0] for block in blocks]
    for each in printed:
        blocks[heads.index(each.partition("\n")[0])] = each
    path.write_text("\n\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    language = sys.argv[1] if len(sys.argv) > 1 else "en"
    if language not in WORLD:
        sys.exit(f"language must be en or ja, got {language!r}")
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    found = tables(language)
    print("\n\n".join(found))
    if "--write" in sys.argv:
        write(language, found)
