"""Bad input has one clear error; files and sentences say the terms and nothing else."""

from pathlib import Path

import numpy as np
import pytest

import critmin
from critmin.contracts import (
    Cap,
    Collar,
    Default,
    Delivery,
    Escalated,
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
    Streaming,
    Take,
    gallery,
    lognormal_forecast,
)
from critmin.exceptions import CritminError

WALK = lognormal_forecast("neodymium", 80_000, 0.3, 15, size=50)
NICKEL = lognormal_forecast("nickel", 16_000, 0.3, 15, size=50)


def nickel(price=None, **terms):
    given = {"volume": 100, "start": 2027, "years": 5, **terms}
    return Offtake("nickel", price=price or Indexed(), **given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Collar(20, 10), "floor of 20 is above the cap of 10"),
        (lambda: nickel(Floor(20_000) + Cap(15_000)), "floor of 20,000 is above the cap of 15,000"),
        (lambda: nickel(Collar("20 USD/kg", "15 USD/kg")), "floor of 20 USD/kg is above"),
        (lambda: nickel(Collar("20 USD/kg", 15_000)), "above the cap of 15,000"),
        (lambda: nickel(Floor(-1)).value(NICKEL), "floor must be a number from 0 on, .*got -1"),
        (lambda: nickel(Floor(float("nan"))).value(NICKEL), "floor must be a number from 0 on"),
        (lambda: nickel(Floor("16 dollars")).value(NICKEL), "such as '110 USD/kg of oxide'"),
        (lambda: nickel(Floor("16 USD/kgz")).value(NICKEL), "'kgz': did you mean 'kg'"),
        (lambda: nickel(Floor("16 USB/kg")).value(NICKEL), "unknown currency 'USB'"),
        (lambda: nickel(Floor("16 USD/kg of oxide")).value(NICKEL), "unknown form of nickel .*'oxide'"),
        (lambda: Offtake("chromium", 1, 2027, 5, unit="t of ferrochromium"), "several grades"),
        (lambda: Offtake("manganese", 1, 2027, 5, unit="t of steel"), "expected one of"),
        (lambda: Offtake("nickle", 1, 2027, 5), "did you mean 'nickel'"),
        (lambda: Indexed("marginl"), "did you mean 'marginal'"),
        (lambda: nickel(Indexed("inside")).value(NICKEL), "nickel: no inside price, because"),
        (lambda: nickel(Escalated("wages")), "unknown escalator 'wages'"),
        (lambda: nickel(volume=0), "a volume above 0"),
        (lambda: nickel(volume="100"), "such as '6000 t'"),
        (lambda: nickel(volume=(1, 2)), "volume has 2 years, the contract 5"),
        (lambda: nickel(capacity=50), "beyond the seller's capacity of 50 t"),
        (lambda: nickel(years=41), "years must be a whole number from 1 to 40"),
        (lambda: nickel(years=40).value(), "at most 40 are possible"),
        (lambda: nickel(start=2019).value(NICKEL), "begins before the forecast, whose data end in 2025"),
        (lambda: nickel(start=2019).value(), "start in 2026 or later"),
        (lambda: nickel(years=20).value(NICKEL), "a horizon of 21 years is needed"),
        (lambda: nickel(start=2026) + 5, "unsupported operand"),
        (lambda: nickel(Indexed(lag=2), start=2026).value(NICKEL), "start in 2028 or later"),
        (lambda: nickel(16_000), "such as Fixed"),
        (lambda: nickel(Fixed((1, 2))).value(NICKEL), "price has 2 amounts for 5 years"),
        (lambda: nickel(unit="barrel"), "unknown mass in unit 'barrel'"),
        (lambda: nickel(currency="ZMW"), "unknown currency 'ZMW'"),
        (lambda: nickel(Floor("12,5 USD/kg")).value(NICKEL), "a comma parts thousands, '12,500'"),
        (lambda: nickel(volume="6,5 kt"), "decimals have a point, '12.5'"),
        (lambda: nickel(volume="6.000 t"), "6.000 can be 6 or 6,000: write which"),
        (lambda: nickel(Floor("12.500 EUR/t")).value(NICKEL), "can be 12.5 or 12,500"),
        (lambda: nickel(volume=np.full(5, 9.0)), "or a tuple of one for each year"),
        (lambda: (nickel() + Royalty(0.1, "4,5 million USD")).value(NICKEL), "'4,5 million"),
        (lambda: Take(80), "from 0 to 1, got 80; 80% is 0.8"),
        (lambda: Default("60%"), "from 0 to 10, got '60%'; 60% is 0.6"),
        (lambda: Default(60), "got 60; 60% is 0.6"),
        (lambda: Renegotiation(50), "got 50; 50% is 0.5"),
        (lambda: nickel(basis="reel"), "did you mean 'real'"),
        (lambda: nickel(mix=(0.5, 0.5)), "mix must be 1 shares"),
        (lambda: (nickel() + Prepayment(1, over=5)).value(NICKEL), "contract of more than that"),
        (lambda: nickel() + Delivery("Kanada"), "did you mean 'CAN'"),
        (lambda: (nickel() + Delivery("CAN")).value(NICKEL), "CAN is not among the producers"),
        (lambda: (nickel() + Delivery("ROW")).value(NICKEL), "ROW"),
        (lambda: (nickel() + Security("9 USD/kg")).value(NICKEL), "no production by country is known"),
        (lambda: Take(0.9, 0.8), "maximum must be a number from 0.9"),
        (lambda: StateFloor(1, payer="buyer"), "the name of a third party"),
        (lambda: Premium(), "give one"),
        (lambda: nickel().value(WALK), "needs a forecast of nickel"),
        (lambda: nickel().value(NICKEL, scenario=critmin.scenario.BASELINE), "has its scenario"),
        (lambda: nickel().value(NICKEL, discount=8), "discount must be a number"),
        (lambda: nickel(volume=5e7).value(), "beyond the output of the world"),
        (lambda: (nickel(volume=1e6) + Delivery("CAN")).value(), "beyond the output of CAN"),
        (lambda: Offtake(("copper", "tin"), 5e6, 2027, 3, mix=(0.8, 0.2)).value(), "contained tin a year"),
        (lambda: (nickel() + Prepayment(50e9, 3)).value(NICKEL), "times the market value of all that is"),
        (lambda: (nickel() + Streaming(0.1, 9_000, 5e9)).value(NICKEL), "a sum is such as"),
        (lambda: (nickel() + Royalty(0.1, "5 billion USD")).value(NICKEL), "upfront of 5 billion USD is"),
        (lambda: nickel().zone("floor", forecast=NICKEL), "the price has no floor to set"),
        (lambda: nickel(Fixed(9_000)).zone(forecast=NICKEL), "set that, over='price', or add one"),
        (lambda: nickel().zone("flor", forecast=NICKEL), "did you mean 'floor'"),
        (lambda: Party("crra", 2).certainty_equivalent(np.array([-5.0, 5.0]), 1), "more wealth"),
        (lambda: Project(50, 1e6).finance(nickel(), NICKEL), "beyond what the mine makes"),
        (lambda: nickel(capacity=150) + Take(0.8, 2), "up to 200 t a year are beyond .* capacity"),
        (lambda: Project(150, 1e6, ramp=()).finance(nickel() + Take(1, 2), NICKEL), "what the mine makes"),
        (lambda: Project(500, 1e6, ramp=(), life=9).finance(nickel(), NICKEL), "no cost by component"),
        (lambda: Project(500, 1e6, ramp=(), life=20).finance(nickel(), NICKEL), "horizon of 21 years"),
        (lambda: Project(500, "1 M", 9, ramp=(), life=9).finance(nickel(), NICKEL), "400 million USD"),
    ],
)  # fmt: skip
def test_one_clear_error(make, message) -> None:
    with pytest.raises((CritminError, TypeError), match=message):
        make()


@pytest.mark.parametrize(
    "text",
    ["12,500 USD/t", "$12,500/t", "US$ 12.5 per kg", "USD 12.5/kg", "12.5 thousand dollars/t"],
)
def test_an_amount_as_people_write_it(text) -> None:
    assert nickel().goods.price(text, "floor") == (pytest.approx(12_500), True)


def test_volumes_and_sums_as_people_write_them() -> None:
    goods = nickel(currency="usd").goods
    assert [
        goods.tonnes(each, "volume") for each in ("6 kt/year", "6,000 tpa", "6000 t per year")
    ] == [6_000] * 3
    yen = goods.money("50 billion JPY", "capex")
    assert [
        goods.money(each, "capex")
        for each in ("50 billion yen", "JPY 50 billion", "0.05 trillion JPY")
    ] == (pytest.approx([yen] * 3))
    assert nickel(currency="RMB") == nickel(currency="CNY")


def test_an_amount_a_hundred_times_off_names_its_unit() -> None:
    offer = Offtake("neodymium", 600, 2027, 5, Floor(110))
    with pytest.raises(CritminError, match=r"did you mean '110 USD/kg'\?"):
        offer.value(WALK)
    assert offer.turned({"floor": "110 USD/kg"}).value(WALK).parties
    with pytest.raises(CritminError, match="write it with its unit"):
        nickel(Shared(16e6, 0.5)).value(NICKEL)


DEALS = [
    nickel(Collar("13 USD/kg", 19_000) + Premium(standards={"labour": 0.2, "compliance": 0.5})),
    nickel(Fixed((1, 2, 3, 4, 5)) + Escalated("energy", 0.4) + Reviewed(2, Indexed("fair"), 0.1)),
    nickel(Indexed(lag=1) + Floor(3), note='a "quoted" note\nin two lines', ramp=(0.5,))
    + Take(0.5),
    Offtake(("neodymium", "dysprosium"), "6 kt", 2027, 3, mix=(0.9, 0.1), unit="kg of oxide"),
    *gallery().values(),
]


@pytest.mark.parametrize("offer", DEALS, ids=lambda o: str(o.mineral))
def test_toml_there_and_back(offer, tmp_path: Path) -> None:
    path = tmp_path / "deal.toml"
    text = offer.to_toml(path)
    assert Offtake.from_toml(text) == offer == Offtake.from_toml(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mineral = \n", "not TOML"),
        ('mineral = "tin"\nvolme = 3\n', "did you mean 'volume'"),
        ('mineral = "tin"\nvolume = 3\n', "missing 2 required"),
        ('mineral = "tin"\nprice = { kind = "Flor", at = 3 }\n', "did you mean 'Floor'"),
        ('mineral = "tin"\nprice = { kind = "Floor", att = 3 }\n', "unknown key of Floor 'att'"),
        ('mineral = "tin"\nprice = 3\n', "a term of price is a table with a kind"),
        ('mineral = "tin"\nclause = 3\n', "must be a list of tables"),
        ('mineral = "tin"\n[[clause]]\nkind = "Tak"\n', "did you mean 'Take'"),
    ],
)
def test_bad_files(text, message) -> None:
    with pytest.raises(CritminError, match=message):
        Offtake.from_toml(text)


def test_a_missing_file() -> None:
    with pytest.raises(CritminError, match="cannot be read"):
        Offtake.from_toml("nowhere.toml")


def test_sentences() -> None:
    offer = nickel(Collar(13_000, 19_000)) + Take(0.8, pay=0.9)
    assert offer.describe() == (
        "The seller sells the buyer 100 t a year of nickel from 2027 to 2031 at the market price, between "
        "13,000 and 19,000 (nominal USD per t of contained element); the buyer takes 80% to 100% of the "
        "volume, pays for at least 90%."
    )
    for each in gallery().values():
        said = each.describe()
        assert said.endswith(".")
        assert "\n" not in said
        assert len(each.note) > 20


def test_the_gallery_has_six_deals_that_can_be_valued() -> None:
    assert len(gallery()) == 6
    for name, offer in gallery().items():
        found = offer.value()
        assert set(offer.without()) == set(found.clauses.index), name
        assert found.draws.sizes["sample"] == 2000
