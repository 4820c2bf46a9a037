"""Nothing but `CritminError` leaves a call, whatever is put into it."""

import dataclasses
from collections.abc import Callable

import pytest

import critmin
from critmin.contracts import (
    Blend,
    Cap,
    Collar,
    Default,
    Delivery,
    Escalated,
    FairIndex,
    Fixed,
    Floor,
    Indexed,
    Offtake,
    Party,
    Premium,
    Prepayment,
    Project,
    Renegotiation,
    Reviewed,
    Royalty,
    Security,
    Shared,
    StateFloor,
    StateShare,
    Streaming,
    Take,
    Toll,
    lognormal_forecast,
)
from critmin.exceptions import CritminError

JUNK = [
    None,
    "x",
    "",
    -1,
    float("nan"),
    10**400,
    1e300,
    True,
    [],
    ["a"],
    (),
    ("nickel", 3),
    {"a": 1},
]
WALK = lognormal_forecast("nickel", 16_000, 0.3, 15, size=20)
DEAL = Offtake("nickel", 100, 2027, 5, Collar(13_000, 19_000))
INDEX = FairIndex.signed("tin")


def survives(call: Callable[[], object]) -> None:
    said = ""
    try:
        call()
    except CritminError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 800


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Offtake)])
def test_terms(name) -> None:
    for junk in JUNK:
        survives(lambda j=junk: dataclasses.replace(DEAL, **{name: j}).value(WALK))
        survives(lambda j=junk: dataclasses.replace(DEAL, **{name: j}).describe())


PRICES = [
    *(Fixed(16_000), Indexed(), Premium(5), Blend(0.5), Cap(19_000), Collar(13_000, 19_000)),
    *(Escalated(0.02, of=Fixed(16_000)), Floor(13_000), Reviewed(2), Shared(18_000, 0.5), Toll(50)),
]
CLAUSES = [
    *(Delivery("AUS"), Take(0.5, pay=0.6), Prepayment(1e6, 2), Streaming(0.1, 6_000, 1e6)),
    *(StateFloor(14_000), StateShare(15_000, 0.3), Royalty(0.02), Security(20_000)),
    *(Default(0.5), Renegotiation(0.5)),
]


@pytest.mark.parametrize("price", PRICES, ids=lambda p: type(p).__name__)
def test_prices(price) -> None:
    for field in dataclasses.fields(price):
        for junk in JUNK:
            given = {field.name: junk}
            survives(
                lambda g=given: dataclasses.replace(
                    DEAL, price=dataclasses.replace(price, **g)
                ).value(WALK)
            )


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda c: type(c).__name__)
def test_clauses(clause) -> None:
    forecast = critmin.forecast("nickel", 6)
    for field in dataclasses.fields(clause):
        for junk in JUNK:
            given = {field.name: junk}
            survives(lambda g=given: (DEAL + dataclasses.replace(clause, **g)).value(forecast))


CALLS = {
    "value": (DEAL.value, {"forecast": WALK}, ["discount", "alternatives"]),
    "made": (DEAL.value, {}, ["forecast", "scenario", "posterior", "seed"]),
    "zone": (
        DEAL.zone,
        {"forecast": WALK, "points": 3},
        ["over", "buyer", "seller", "discount", "points"],
    ),
    "project": (
        lambda **given: Project(**given).finance(DEAL, WALK),
        {"capacity": 500, "capex": 1e6, "cost": 9_000, "ramp": (), "life": 10},
        [f.name for f in dataclasses.fields(Project)],
    ),
    "party": (
        lambda **given: DEAL.value(WALK).certainty_equivalent("seller", Party(**given)),
        {},
        [f.name for f in dataclasses.fields(Party)],
    ),
    "signed": (FairIndex.signed, {"mineral": "tin"}, ["mineral", "posterior", "unit", "currency"]),
    "index": (
        lambda **given: dataclasses.replace(INDEX, **given).publish(),
        {},
        [f.name for f in dataclasses.fields(FairIndex)],
    ),
    "walk": (
        lognormal_forecast,
        {"mineral": "nickel", "price": 16_000, "volatility": 0.3, "horizon": 5, "size": 10},
        ["mineral", "price", "volatility", "horizon", "fair", "drift", "origin", "size", "seed"],
    ),
    "file": (Offtake.from_toml, {}, ["source"]),
    "npv": (DEAL.value(WALK).npv, {}, ["party"]),
    "budget": (DEAL.value(WALK).budget, {}, ["payer", "prob"]),
}


@pytest.mark.parametrize(("call", "good", "names"), CALLS.values(), ids=CALLS)
def test_calls(call, good, names) -> None:
    for name in names:
        for junk in JUNK:
            survives(lambda n=name, j=junk: call(**{**good, n: j}))
