"""What a brief asks: three scenarios, and a corridor for a contract."""

from dataclasses import replace
from typing import Any

import numpy as np

from critmin.briefs.gathering import Results, three
from critmin.contracts import Collar, Fixed, Offtake, Party
from critmin.data.countries import ROW
from critmin.results.forecasting import forecast
from critmin.results.request import Request
from critmin.scenario import DemandShock, DriverPath, ExportControl, Scenario

CONTRACT_YEARS = 5
WITHHELD, DEARER, MORE = 0.5, 1.5, 0.2
"""What the three scenarios change: exports withheld, energy, demand."""


def _largest(found: Results) -> str | None:
    """The largest producer that the forecast tells apart, so that it can act in it."""
    if found.curve is None:
        return None
    apart = set(map(str, found.forecast.draws["country"].values))
    capacity = found.curve.summary()["capacity"]
    told = [str(code) for code in capacity.sort_values(ascending=False).index if code in apart]
    return told[0] if told and told[0] != ROW else None


def scenarios_of(found: Results, request: Request) -> list[dict[str, Any]]:
    """The largest producer holds back, energy gets dear, demand grows: price and supply lost."""
    mineral, start = found.price.mineral, int(found.price.draws["year"][0]) + 1
    chosen: dict[str, Scenario] = {}
    code = _largest(found)
    if code is not None:
        control = ExportControl(code, mineral, withheld=WITHHELD, start=start, years=2)
        chosen["control"] = Scenario("control", (control,))
    dear = DriverPath("energy", (1.0, DEARER))
    chosen["energy"] = Scenario("energy", (dear,))
    chosen["demand"] = Scenario("demand", (DemandShock(mineral, float(np.log1p(MORE)), start),))
    rows = []
    horizon = min(len(found.forecast.draws["year"]), 4)
    asked: dict[str, Any] = {"posterior": request.posterior, "seed": request.seed}
    calm = forecast(mineral, horizon, **asked)
    without = calm.exposure(found.exposure.buyer)
    for name, scenario in chosen.items():
        changed = forecast(mineral, horizon, scenario=scenario, **asked)
        moved = changed.compare(calm).sel(year=start)
        lost = changed.exposure(found.exposure.buyer).draws["lost"] - without.draws["lost"]
        rows.append(
            {
                "name": name,
                "country": code,
                "year": start,
                "market": three(moved["market_price_ratio"].values),
                "fair": three(moved["fair_price_ratio"].values),
                "lost": float(lost.sel(year=start).mean()),
            }
        )
    return rows


def corridor_of(found: Results, request: Request) -> dict[str, Any] | None:
    """A floor and a ceiling at the middle half of the fair price, and what they are worth."""
    years = found.price.draws["year"].values
    span = min(CONTRACT_YEARS, len(years) - 1)
    if span < 2:
        return None
    fair = found.price.draws["fair_price"].isel(year=slice(1, 1 + span))
    floor, cap = (float(fair.quantile(q, "sample").mean()) for q in (0.25, 0.75))
    deal = Offtake(
        found.price.mineral,
        1,
        int(years[1]),
        span,
        Collar(floor, cap),
        unit=request.money.unit,
        currency=found.exposure.currency,
        basis="real",
    )
    market = found.price.draws["market_price"].isel(year=slice(1, 1 + span))
    asked: dict[str, Any] = {"posterior": request.posterior, "seed": request.seed}
    value = deal.value(**asked)
    paid = value.draws["price"].transpose("sample", "year").values
    middle = float(market.median())
    flat = replace(deal, price=Fixed(middle)).value(**asked)
    spot, party = flat.draws["spot_value"].values, Party()
    unit = float((spot + flat.npv("seller")).mean()) / middle  # what a price of one is worth today
    low, high = (sign * float(party.certainty_equivalent(sign * spot, unit)) for sign in (1, -1))
    return {
        "first": int(years[1]),
        "last": int(years[span]),
        "floor": floor,
        "cap": cap,
        "below": float((market < floor).mean()),
        "above": float((market > cap).mean()),
        "market": {**three(market.mean("year").values), "mean": float(market.mean())},
        "paid": three(paid.mean(axis=1)),
        "gains": {side: value.certainty_equivalent(side) for side in ("seller", "buyer")},
        "fixed": [low / unit, high / unit],
    }
