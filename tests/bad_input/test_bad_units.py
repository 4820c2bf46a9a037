"""Units that must be refused, each with the words that its error must hold."""

import pytest

from critmin.data.plausible import plausible_mass, plausible_price
from critmin.exceptions import CritminError
from critmin.forms import parse_currency, parse_unit


@pytest.mark.parametrize(
    ("text", "mineral", "words"),
    [
        ("USD/kgg", "nickel", "did you mean 'kg'"),
        ("USD/pund", "nickel", "lb"),
        ("USD/ton", "copper", "write t, short_ton or long_ton"),
        ("tons", "copper", "write t, short_ton or long_ton"),
        ("USD/Mt", "copper", "USD/t"),
        ("MT", "copper", "write Mt or t"),
        ("¥/t", "copper", "write JPY or CNY"),
        ("USDD/t", "copper", "did you mean 'USD'"),
        ("DM/kg", "nickel", "unknown currency 'DM'"),
        ("/t", "nickel", "unknown currency ''"),
        ("USD/", "nickel", "USD/"),
        ("USD", "nickel", "unknown mass"),
        ("USD/_", "nickel", "unknown mass"),
        ("_", "nickel", "unknown mass"),
        ("USD/oz", "copper", "troy_oz"),
        ("USD/wmt", "iron_ore", "unknown share of water"),
        ("USD/t", "tungsten", "say t of what"),
        ("USD/mtu", "vanadium", "say mtu of what"),
        ("USD/kg FeV", "vanadium", "'contained V'"),
        ("USD/t NPI", "nickel", "NPI has several grades"),
        ("USD/t of oxide", "nickel", "contained Ni"),
        ("USD/t B2O3", "boron", "borates"),
        ("USD/kg LCE", "cobalt", "unknown form of cobalt"),
        ("USD/t LCEE", "lithium", "did you mean 'LCE'"),
        ("USD/t ore 0%", "manganese", "ore 44%"),
        ("USD/t ore 440%", "manganese", "ore 44%"),
        ("USD/t V2O5 98%", "vanadium", "leave 98% out"),
        ("USD/t/kg", "nickel", "t/kg"),
        ("", "nickel", "unit must be text such as 'USD/kg'"),
        ("   ", "nickel", "unit must be text"),
        (None, "nickel", "got None"),
        (5, "nickel", "got 5"),
        (b"USD/t", "nickel", "got b'USD/t'"),
        ("USD/" + "t" * 1000, "nickel", "1004 characters"),
        ("USD/t", "nickle", "did you mean 'nickel'"),
        ("USD/t", None, "None"),
        ("<script>/t", "nickel", "unknown currency '<script>'"),
    ],
)
def test_units(text: object, mineral: object, words: str) -> None:
    with pytest.raises(CritminError) as caught:
        parse_unit(text, mineral)  # type: ignore[arg-type]
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "text", "words"), [("price", "kt", "USD/t"), ("mass", "USD/t", "'kt'")]
)
def test_a_price_is_no_mass(kind: str, text: str, words: str) -> None:
    with pytest.raises(CritminError) as caught:
        parse_unit(text, "nickel", kind=kind)  # type: ignore[arg-type]
    assert words in str(caught.value)


@pytest.mark.parametrize("given", [None, 5, "", "dollar s", "EURO ZONE", ["USD"]])
def test_currencies(given: object) -> None:
    with pytest.raises(CritminError, match="unknown currency"):
        parse_currency(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["USd", "GBp", "GBX"])
def test_hundredths_of_terminals_are_no_currency(given: str) -> None:
    with pytest.raises(CritminError, match="is a hundredth"):
        parse_currency(given)


@pytest.mark.parametrize(
    ("value", "unit", "mineral", "words"),
    [
        (110, "USD/t", "neodymium", "looks like USD per kg of Nd2O3"),
        (18.2, "USD/t", "nickel", "looks like USD per kg of contained Ni"),
        (8.3, "USD/t", "nickel", "looks like USD per lb of contained Ni"),
        (2650, "USD/t", "gold", "looks like USD per troy_oz of contained Au"),
        (5000, "USD/lb", "vanadium", "above the price"),
        (0, "USD/t", "nickel", "positive number, got 0"),
        (-5, "USD/t", "nickel", "got -5"),
        (float("nan"), "USD/t", "nickel", "got nan"),
        (float("inf"), "USD/t", "nickel", "got inf"),
        ("5", "USD/t", "nickel", "got '5'"),
        (True, "USD/t", "nickel", "got True"),
    ],
)
def test_absurd_prices(value: object, unit: str, mineral: str, words: str) -> None:
    with pytest.raises(CritminError) as caught:
        plausible_price(value, unit, mineral)  # type: ignore[arg-type]
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(50_000, "kt", "smaller unit than kt"), (-1, "t", "got -1"), ("1", "t", "got '1'")],
)
def test_absurd_masses(value: object, unit: str, words: str) -> None:
    with pytest.raises(CritminError) as caught:
        plausible_mass(value, unit, "nickel")  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_sound_amounts_pass() -> None:
    assert plausible_price(110, "USD/kg of oxide", "neodymium") == pytest.approx(110_000 / 0.8574)
    assert plausible_price(6.0, "USD/lb", "nickel") == pytest.approx(13228, abs=1)
    assert plausible_mass(40, "kt", "nickel") == 40_000
    assert plausible_mass(200, "Mt", "iron_ore") == 2e8
