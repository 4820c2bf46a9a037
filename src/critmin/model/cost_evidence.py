"""Published costs as the cost model reads them: which points speak, of what, and how surely.

Every number here is a judgement with its words beside it; what is left out is counted by reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.costs import cost_points, loss_making_shares
from critmin.exceptions import DataError
from critmin.mineral import get_mineral
from critmin.model.curve import MARGINAL

MEASURES: tuple[str, ...] = ("c1", "operating", "aisc", "all_in", "deposit", "full")
"""What a point measures; "deposit" is operating cost with a charge on capital, before tax and royalty,
"full" all of it."""

ERRORS: dict[str, float] = {"reported": 0.08, "guidance": 0.12, "study": 0.15, "estimate": 0.15}
"""Log error of a point about what it measures, by who says it; doubts add to it."""

DOUBTS: dict[str, float] = {
    "weak": 0.2,
    "other definition": 0.2,
    "content assumed": 0.1,
    "grade assumed": 0.1,
    "moisture assumed": 0.05,
    "currency inferred": 0.1,
    "range of plants": 0.1,
    "range not of this value": 0.1,
    "midpoint of a range": 0.05,
    "year inferred": 0.05,
    "percentile": 0.1,
}
"""Further log errors, by what is weak in a reading."""

SHORT_SPAN, BOUND, WITNESS, PRIVATE = 0.07, 0.2, 0.1, 0.15
"""Further log errors: of a part of a year, of a bound taken as a value, of a share that loses money
(beside the error of the curve, which all its shares have alike), and of a private cost."""

BASES = {"c1": "c1", "cash": "c1", "aisc": "aisc", "all_in": "all_in", "unknown": "aisc"}
"""Measure of the cost that a share loses money at; the middle one where nothing is said."""

LEAST_SHARE = 0.02
"""Shares that lose money say no more than this about the ends of a curve."""

_AVERAGE = (
    "average|industry|national|most |producers|analysts|salt lakes|global|world|ministry|survey"
    "|association|primary mines|salars|chile, total|self-produced|sponge"
    "|seaborne|thundersaid|renaissance|firms"
)
"""Words in a name that say that a point is of a country's or the world's producers, not of an asset."""

_DEAR, _CHEAP = "stone coal", "top-tier"
"""Words for producers at the upper and lower end of their country's curve."""

_CHOSEN = "highest of|lowest of|high-quality"
_ASSETS = (
    "codelco",
    "first quantum",
    "forrestania",
    "gabanintha",
    "hengjaya",
    "kumba",
    "maracas",
    "pilgangoora",
    "vametco",
    "vanchem",
)
"""Assets that go by more than one name."""

_PROCESSES = ("lepidolite", "spodumene", "brine", "npi blast", "hpal")


@dataclass(frozen=True, slots=True)
class Conversion:
    """From the cost of what a point is of to the cost of what is priced.

    Attributes
    ----------
    recovery : float
        Part of the element that arrives.
    added : float
        Cost of the way, real USD per tonne of element.
    error : float
        Log error of the result.
    """

    recovery: float = 1.0
    added: float = 0.0
    error: float = 0.0


AS_PRICED = Conversion()
CONCENTRATE = Conversion(error=0.1)
"""C1 of a concentrate holds treatment charges by definition; other measures often do."""
SPODUMENE = Conversion(0.85, 16_000, 0.15)
"""To carbonate: 3,000 USD a tonne of carbonate, and 15% of the lithium lost."""

FORMS: dict[str, dict[str, Conversion]] = {
    "aluminum": {"metal": AS_PRICED},
    "antimony": {"metal": AS_PRICED},
    "cobalt": {"metal in intermediate": Conversion(0.95, 6_000, 0.1)},
    "copper": {"metal": AS_PRICED},
    "gold": {"bullion": AS_PRICED},
    "graphite": {"flake concentrate": AS_PRICED},
    "iron_ore": {"ore, 62% iron": AS_PRICED},
    "lead": {"metal in concentrate": CONCENTRATE},
    "lithium": {"carbonate equivalent": AS_PRICED}
    | dict.fromkeys(("carbonate equivalent in concentrate", "spodumene concentrate"), SPODUMENE),
    "magnesium": {"metal": AS_PRICED},
    "manganese": {"ore": Conversion(1.0, 50, 0.1)},  # freight to China, 22 USD a tonne of ore
    "molybdenum": {"metal in concentrate": CONCENTRATE},
    "neodymium": {"NdPr oxide": Conversion(error=0.15)},
    "nickel": {
        "metal": AS_PRICED,
        # Stainless steel takes pig iron's nickel in place of the exchange's.
        "nickel in pig iron": Conversion(error=0.15),
        "nickel in matte": Conversion(0.97, 1_500, 0.1),
        "nickel in hydroxide": Conversion(0.95, 2_000, 0.1),
        "nickel in concentrate": Conversion(0.9, 3_000, 0.2),
    },
    "palladium": {"metal": AS_PRICED},
    "phosphate": {"rock": AS_PRICED},
    "potash": {"potassium chloride": AS_PRICED},
    "silicon": {"metal": AS_PRICED},
    "silver": {"bullion": AS_PRICED},
    "tin": {"metal": AS_PRICED},
    "titanium": {"metal": AS_PRICED},
    "tungsten": {"trioxide in concentrate": AS_PRICED, "concentrate, 65% trioxide": AS_PRICED},
    "zinc": {"metal in concentrate": CONCENTRATE},
    "vanadium": {"pentoxide": AS_PRICED, "vanadium in product": Conversion(error=0.1)},
}
"""Forms whose cost says something about the priced one; others are left out."""

ORE_FREIGHT = 24.0
"""Sea freight of iron ore to China, USD per tonne of iron (15 a tonne of ore), where a point is not of
delivered ore."""

COPRODUCTS: dict[str, tuple[str, ...]] = {
    "copper": ("gold", "molybdenum", "cobalt"),
    "gold": ("silver", "copper"),
    "lead": ("zinc", "silver"),
    "molybdenum": ("copper",),
    "neodymium": ("phosphate", "lanthanum", "cerium"),
    "nickel": ("copper", "cobalt", "palladium"),
    "palladium": ("platinum", "gold"),
    "silver": ("lead", "zinc", "gold"),
    "tungsten": ("tin", "copper"),
    "zinc": ("lead", "silver"),
}
"""What is sold beside; net figures of other minerals are taken as gross ones."""

COLUMNS = ("mineral", "country", "asset", "average", "year", "measure", "study", "quantile")
NUMBERS = ("credit", "credit_doubt", "value", "recovery", "added", "error")


GROSS: dict[str, object] = {"credit": 0.0, "credit_doubt": 0.0, "recovery": 1.0, "added": 0.0}
"""Of a cost of what is priced, with no credits taken off."""


def _error(*parts: float) -> float:
    return float(np.sqrt(np.square(parts).sum()))


def _conversion(mineral: str, form: str) -> Conversion | None:
    forms = FORMS.get(mineral, {})
    return forms.get(form, forms.get(form.split(",")[0]))


def _refused(row: pd.Series, known: set[str]) -> str:
    """Why a published point says nothing about the full cost of a priced form; "" if it does."""
    name, process = str(row["name"]).lower(), str(row["process"]).lower()
    if row["measure"] == "capex":
        return "capital per tonne of capacity, no unit cost"
    if row["measure"] == "incentive" or "incentive" in process:
        return "price at which a plant would be built: of entry, not of cost"
    if row["mineral"] in ("platinum", "platinum_group", "rare_earths"):
        return "cost of a basket of joint products"
    if row["mineral"] not in known:
        return "mineral not in the panel"
    if _conversion(row["mineral"], row["form"]) is None:
        return "another product than the priced one"
    if any(words in name for words in _CHOSEN.split("|")):
        return "named for being the best or the worst"
    if not row["value"] > 0:
        return "net of credits and not positive"
    return ""


def _published(row: pd.Series) -> dict[str, object]:
    mineral, country, process = row["mineral"], row["country"], str(row["process"]).lower()
    way = _conversion(mineral, row["form"]) or AS_PRICED
    added = way.added
    if mineral == "iron_ore" and country != "CHN" and "delivered" not in process:
        added += ORE_FREIGHT
    words = str(row["name"]).lower()
    margin = row["measure"] in ("marginal", "percentile_90")
    average = any(word in words for word in _AVERAGE.split("|"))
    kind = next((word for word in _PROCESSES if word in f"{words} {process}"), "")
    own = words.split("(")[0]  # the owner stands in brackets
    plain = own.split(",")[0].replace(" guidance", "").strip() or words
    named = next((word for word in _ASSETS if word in own), plain)
    owner = "average" if average else named
    credit = {"net": 1.0, "unknown": 0.5}.get(row["credits"], 0.0) * (mineral in COPRODUCTS)
    doubts = [extra for doubt, extra in DOUBTS.items() if doubt in row["doubts"]]
    return {
        "mineral": mineral,
        "country": country,
        "asset": f"{owner} {kind}".strip(),
        # Averages over one of several processes are as far apart as assets are.
        "average": average and (not kind or country == "WLD"),
        "year": int(row["year"]),
        "measure": "full" if margin else row["measure"],
        "study": row["basis"] == "study",
        "quantile": MARGINAL * (int(margin or _DEAR in words) - int(_CHEAP in words)),
        "credit": credit,
        "credit_doubt": 0.5 if row["credits"] == "unknown" and credit else 0.0,
        "value": float(row["value"]),
        "recovery": way.recovery,
        "added": added,
        "error": _error(
            ERRORS[row["basis"]],
            way.error,
            0.0 if row["span"] == "year" else SHORT_SPAN,
            BOUND if row["bound"] else 0.0,
            *doubts,
        ),
    }


def _of_panel(panel: xr.Dataset) -> Iterator[dict[str, object]]:
    """Deposits with a technical report, and members' own costs; other averages are published ones."""
    for i in range(panel.sizes["cost_point"]):
        mineral, kind = (str(panel[f"cost_{n}"].values[i]) for n in ("mineral", "kind"))
        if kind == "average" or mineral not in panel["mineral"].values:
            continue
        own = kind == "marginal"
        yield {
            "mineral": mineral,
            "country": str(panel["cost_country"].values[i]) or "WLD",
            "asset": "private" if own else f"deposit {i}",
            "average": own,
            "year": int(panel["cost_year"].values[i]),
            "measure": "full" if own else "deposit",
            "study": not own,
            "quantile": MARGINAL if own else 0.0,
            "value": float(panel["cost"].values[i]),
            **GROSS,
            "error": PRIVATE if own else ERRORS["study"],
        }


def _witnesses(panel: xr.Dataset) -> Iterator[dict[str, object]]:
    """Shares of capacity that lose money: the price is that quantile of the curve."""
    table = loss_making_shares()
    table = table[table["mineral"].isin(set(panel["mineral"].values) & set(FORMS))]
    for _, row in table.iterrows():
        mineral, year, share = row["mineral"], int(row["year"]), float(row["value"])
        if year not in panel["year"].values:
            continue
        price = float(row["price"])
        # The table's iron ore is by the tonne of ore.
        price /= get_mineral(mineral).content if mineral == "iron_ore" else 1.0
        if np.isnan(price):
            price = float(panel["price_nominal"].sel(mineral=mineral, year=year))
        rough = row["basis"] == "unknown" or row["bound"] or not LEAST_SHARE <= share <= 0.98
        if not np.isfinite(price):
            continue
        yield {
            "mineral": mineral,
            "country": row["country"],
            "asset": f"curve of {year}",
            "average": True,
            "year": year,
            "measure": BASES[row["basis"]],
            "study": False,
            "quantile": NormalDist().inv_cdf(1 - min(max(share, LEAST_SHARE), 1 - LEAST_SHARE)),
            "value": price,
            **GROSS,
            "error": _error(WITNESS, BOUND if rough else 0.0),
        }


def cost_evidence(panel: xr.Dataset) -> tuple[pd.DataFrame, "pd.Series[int]"]:
    """What speaks of costs up to the panel's last year.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`.

    Returns
    -------
    DataFrame
        One row a point: `COLUMNS` and `NUMBERS`. ``asset`` groups points of one producer, ``average``
        says that they are of all of a country's (or the world's, "WLD"), ``quantile`` which standard
        normal quantile of theirs; ``credit`` how much of the mineral's credits the value is net of;
        ``value`` is nominal USD per tonne of element of the product named, ``recovery`` and ``added``
        lead to the priced form, ``error`` is that of the logarithm.
    Series
        How many published points are left out, by reason.
    """
    known = {str(m) for m in panel["mineral"].values}
    last = int(panel["year"].values[-1])
    published = cost_points()
    reasons = published.apply(_refused, axis=1, known=known)
    reasons[(reasons == "") & (published["year"] > last)] = "after the panel's end"
    rows = [_published(row) for _, row in published[reasons == ""].iterrows()]
    rows += [*_of_panel(panel), *_witnesses(panel)]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *NUMBERS])
    if not (table["value"] > 0).all():
        bad = table.loc[~(table["value"] > 0), ["mineral", "country", "year"]]
        raise DataError("costs that are not positive", [str(r) for r in bad.values.tolist()])
    return table, reasons[reasons != ""].value_counts()
