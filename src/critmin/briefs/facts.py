"""What a brief says, as plain values: everything is computed from results, nothing is written by hand."""

from typing import Any

import numpy as np
import pandas as pd

from critmin.audit.backtesting.comparison import summarise
from critmin.audit.reporting.evidence import USED, evidence
from critmin.briefs.gathering import Results, three
from critmin.briefs.what_if import corridor_of, scenarios_of
from critmin.data.catalogue import catalog
from critmin.data.countries import ROW
from critmin.data.panel import load_panel
from critmin.forms import parse_unit
from critmin.mineral import get_mineral
from critmin.results.buyers import Exposure
from critmin.results.fair_prices import FairPrice
from critmin.results.listing import listed
from critmin.results.request import Request
from critmin.results.risks import ANY, Risk
from critmin.results.sides import PRICE_LOOKS
from critmin.trade.flows import NO_IMPORTS
from critmin.units import BASE_YEAR

SHOWN = 5
"""Countries in a table."""

TRIED = (1, 5, 10)
"""Years ahead whose record is shown."""


def facts_of(found: Results, request: Request) -> dict[str, Any]:
    """Everything that the page prints, as plain values.

    Parameters
    ----------
    found : Results
    request : Request
        What was asked for.
    """
    price = found.price
    about = get_mineral(price.mineral)
    years = [int(year) for year in price.draws["year"].values]
    return {
        "mineral": about.name,
        "symbol": about.symbol,
        "form": about.form,
        "customs": about.prices[0].quality == "unit_value",
        "group": about.group,
        "host": about.host,
        "critical": list(about.critical),
        "buyer": found.exposure.buyer,
        "units": price.units,
        "money": _money(found, request),
        "origin": int(price.provenance["origin"]),
        "years": years,
        "prices": _prices(price),
        "distorted": price.distorted,
        "distortion": _distortion(price),
        "changes": _changes(price),
        "events": _events(about.production or about.name, about.name, request.posterior.origin),
        "cost": _cost(found),
        "producers": _producers(found.risk),
        "suppliers": _suppliers(found.exposure),
        "scenarios": scenarios_of(found, request),
        "corridor": corridor_of(found, request),
        "trust": _trust(price, request),
        "sources": _sources(price),
        "provenance": price.provenance,
    }


def _money(found: Results, request: Request) -> dict[str, Any]:
    """Currency, its year and the mass that a price is for."""
    about = get_mineral(found.price.mineral)
    mass = about.quote.split("/")[1]
    if request.money.unit != "quoted":
        unit = parse_unit(request.money.unit, about.name, kind="mass")
        mass = f"{unit.mass} {unit.form.removeprefix('contained ')}"
    return {"currency": found.exposure.currency, "year": BASE_YEAR, "mass": mass}


def _prices(price: FairPrice) -> list[dict[str, Any]]:
    """Median and 90% interval of each price next year, in five and in the last year."""
    years = [int(year) for year in price.draws["year"].values]
    shown = sorted({years[0], years[min(4, len(years) - 1)], years[-1]})
    return [
        {
            "name": name,
            "at": [{"year": y, **three(price.draws[name].sel(year=y).values)} for y in shown],
        }
        for name in PRICE_LOOKS
        if name in price.draws
    ]


def _distortion(price: FairPrice) -> dict[str, float]:
    """Market over fair price next year."""
    first = price.draws.isel(year=0)
    ratio = np.asarray((first["market_price"] / first["fair_price"]).values)
    return {**three(ratio), "below": float((ratio < 1).mean())}


def _changes(price: FairPrice) -> list[dict[str, Any]]:
    """The last two years on record: prices, and output of the largest producers."""
    found = []
    for name, column in (("market_price", "observed"), ("fair_price", "fair 50%")):
        known = price.history[column].dropna()
        if len(known) > 1 and known.index[-1] - known.index[-2] == 1:
            before, after = (float(value) for value in known.iloc[-2:])
            year = int(known.index[-1])
            found.append({"what": name, "year": year, "after": after, "ratio": after / before})
    output = load_panel([price.mineral])["production"].sel(mineral=price.mineral, vintage="latest")
    table = pd.DataFrame(output.transpose("year", "country").to_pandas())
    whole = table.sum(axis=1, min_count=1).dropna()
    if get_mineral(price.mineral).production_proxy or len(whole) < 2:
        return found
    year = int(whole.index[-1])
    if year - 1 not in whole.index:
        return found
    ratio = float(whole[year] / whole[year - 1])
    found.append({"what": "world", "year": year, "after": float(whole[year]), "ratio": ratio})
    for code in table.loc[year].nlargest(2).index:
        before, after = float(table.loc[year - 1, code]), float(table.loc[year, code])
        if code != ROW and before > 0 and np.isfinite(after / before):
            found.append({"what": str(code), "year": year, "after": after, "ratio": after / before})
    return found


def _events(commodity: str, mineral: str, origin: int) -> list[dict[str, Any]]:
    """Restrictions that began, or were announced to begin, since the year before the origin."""
    panel = load_panel([mineral])
    rows = []
    columns = ("country", "measure", "start", "note", "mineral")
    for values in zip(*(panel[f"event_{name}"].values for name in columns), strict=True):
        row = dict(zip(columns, values, strict=True))
        if row["mineral"] in (commodity, mineral) and float(row["start"]) >= origin - 1:
            rows.append({**{k: str(row[k]) for k in columns}, "year": int(float(row["start"]))})
    return rows[-3:]


def _cost(found: Results) -> dict[str, Any] | None:
    """The marginal producer's cost in parts, and who makes it at what cost."""
    if found.curve is None:
        return None
    curve = found.curve
    table = curve.summary(0.9)
    cost = curve.draws["cost"].sum("component")
    market = found.price.draws["market_price"].isel(year=0)
    weight = curve.draws["capacity"] / curve.draws["capacity"].sum()
    losing = (weight * (cost > market)).sum("country")
    parts = found.price.draws["cost"].isel(year=0).mean("sample")
    whole = float(parts.sum())
    largest = table.nlargest(SHOWN, "capacity").index
    share = table["capacity"] / table["capacity"].sum()
    return {
        "year": curve.year,
        "marginal": three(curve.draws["marginal_cost"].values),
        "parts": {str(c): float(parts.sel(component=c)) / whole for c in parts["component"].values},
        "losing": float(losing.mean()),
        "countries": [
            {
                "country": str(code),
                "share": float(share[code]),
                "low": float(row["5%"]),
                "median": float(row["median"]),
                "high": float(row["95%"]),
            }
            for code, row in table.iterrows()
            if code in largest
        ],
    }


def _producers(risk: Risk | None) -> dict[str, Any] | None:
    """Who makes it, and how likely each newly restricts its exports."""
    if risk is None:
        return None
    table = risk.summary(0.9)
    each = table.drop(index=ANY).nlargest(SHOWN, "share")
    return {
        "years": risk.horizon,
        "any": float(table.loc[ANY, "probability"]),
        "counted": risk.counted if risk.stand_in else "",
        "countries": [
            {
                "country": str(code),
                "share": float(row["share"]),
                "probability": float(row["probability"]),
                "low": float(row["5%"]),
                "high": float(row["95%"]),
            }
            for code, row in each.iterrows()
        ],
    }


def _suppliers(exposed: Exposure) -> dict[str, Any]:
    """Whom the buyer buys from, and what restrictions keep away."""
    lost = exposed.draws["lost"].transpose("sample", "year").values.mean(axis=1)
    worst = np.sort(lost)[-max(len(lost) // 20, 1) :]
    if exposed.basis == "trade":
        table = exposed.today.head(SHOWN)
        rows = [
            {"country": str(c), "share": float(r["share"]), "at_most": float(r["at_most"])}
            for c, r in table.iterrows()
            if r["share"] > 0 or r["at_most"] > 0
        ]
    else:
        table = exposed.suppliers.head(SHOWN)
        rows = [{"country": str(c), "share": float(r["share"])} for c, r in table.iterrows()]
    trade = exposed.trade
    # Who buys nothing on record under a code is no mineral without a code.
    buys = not str(trade["note"]).startswith(NO_IMPORTS)
    known = exposed.basis == "trade" or not buys
    return {
        "basis": exposed.basis,
        "buys": buys,
        "year": int(trade["year"]) if known else None,
        "hs": str(trade["hs"]) if known else None,
        "material": str(trade["material"]) if known else None,
        "countries": rows,
        "lost": float(lost.mean()),
        "worst": float(worst.mean()),
    }


def _trust(price: FairPrice, request: Request) -> dict[str, Any]:
    """Age and classes of the data, and the record of forecasts out of sample."""
    about = listed(price.mineral, request.posterior)
    table = evidence("backtest")
    own = table[table["mineral"] == price.mineral]
    scored = table if own.empty else own
    means = summarise(scored).xs(USED, level="model")
    inside = means["inside 90%"]
    return {
        "data": str(price.provenance["data"]),
        "prices": about["prices"],
        "last": about["last"],
        "classes": about["classes"],
        "own": not own.empty,
        "record": [
            {
                "years": int(h),
                "skill": float(means.loc[h, "skill"]),
                "inside": float(inside[h]),
                "forecasts": int(means.loc[h, "forecasts"]),
            }
            for h in means.index
            if h in TRIED
        ],
        "passed": bool(price.provenance["diagnostics"].get("passed", False)),
    }


def _sources(price: FairPrice) -> list[dict[str, Any]]:
    """Publishers with how many of their data sets were used, and the licences."""
    known = catalog()
    rows: dict[tuple[str, str], int] = {}
    for name, licence in price.provenance["datasets"].items():
        publisher = str(known.loc[name, "publisher"]) if name in known.index else "private"
        rows[publisher, licence] = rows.get((publisher, licence), 0) + 1
    return [
        {"publisher": publisher, "licence": licence, "count": count}
        for (publisher, licence), count in sorted(rows.items(), key=lambda row: -row[1])
    ]
