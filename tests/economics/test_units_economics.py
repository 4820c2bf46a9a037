"""Money and mass: every unit against a figure from elsewhere, and deflation in the right direction."""

import numpy as np
import pandas as pd
import pytest

from critmin import fair_price
from critmin.data.exchange import exchange_rate
from critmin.data.money import real_factor
from critmin.mineral import get_mineral
from critmin.units import (
    BASE_YEAR,
    TONNES,
    UNITS_PER_USD,
    currency_rate,
    deflator,
    mass_factor,
    price_factor,
)

IN_A_TONNE = {
    "t": 1,
    "kt": 1e-3,
    "Mt": 1e-6,
    "kg": 1000,
    "g": 1e6,
    "lb": 2204.6226,  # NIST Handbook 44, appendix C
    "Mlb": 2204.6226e-6,
    "troy_oz": 32150.747,  # NIST Handbook 44, appendix C
    "koz": 32.150747,
    "Moz": 0.032150747,
    "short_ton": 1.1023113,  # NIST Handbook 44, appendix C
    "long_ton": 0.98420653,  # NIST Handbook 44, appendix C
    "ltu": 98.420653,  # a hundredth of a long ton
    "stu": 110.23113,  # a hundredth of a short ton
    "mtu": 100,  # a metric ton unit is 10 kg
    "flask": 29.008,  # 76 lb of mercury
}

POUND = 0.84662 / 1.0824
"""Pounds a dollar, European Central Bank, annual averages of 2024."""

ATOMS = {"Li": 6.94, "C": 12.011, "O": 15.999, "V": 50.942, "W": 183.84, "Ta": 180.948, "Zr": 91.224,
         "Si": 28.085, "Nd": 144.242, "Dy": 162.500, "Tb": 158.925, "Eu": 151.964, "La": 138.905,
         "Ce": 140.116, "Y": 88.906, "Sc": 44.956}  # fmt: skip
"""Standard atomic weights, IUPAC 2021."""
FORMULAS = {
    "lithium": ("Li", {"Li": 2, "C": 1, "O": 3}),
    "vanadium": ("V", {"V": 2, "O": 5}),
    "tungsten": ("W", {"W": 1, "O": 3}),
    "tantalum": ("Ta", {"Ta": 2, "O": 5}),
    "neodymium": ("Nd", {"Nd": 2, "O": 3}),
    "dysprosium": ("Dy", {"Dy": 2, "O": 3}),
    "terbium": ("Tb", {"Tb": 4, "O": 7}),
    "europium": ("Eu", {"Eu": 2, "O": 3}),
    "lanthanum": ("La", {"La": 2, "O": 3}),
    "cerium": ("Ce", {"Ce": 1, "O": 2}),
    "yttrium": ("Y", {"Y": 2, "O": 3}),
    "scandium": ("Sc", {"Sc": 2, "O": 3}),
}


def content(mineral: str) -> float:
    element, formula = FORMULAS[mineral]
    mass = {atom: count * ATOMS[atom] for atom, count in formula.items()}
    return mass[element] / sum(mass.values())


def median(mineral: str, **request) -> np.ndarray:
    price = fair_price(mineral, horizon=3, **request)
    return price.draws["fair_price"].median("sample").values


def test_every_unit_and_currency_has_an_independent_figure() -> None:
    assert set(IN_A_TONNE) == set(TONNES)


@pytest.mark.parametrize("unit", IN_A_TONNE)
def test_a_tonne_holds_so_many_of_each_unit_of_mass(unit: str) -> None:
    assert 1 / mass_factor(unit) == pytest.approx(IN_A_TONNE[unit], rel=1e-5)


@pytest.mark.parametrize("unit", [u for u in IN_A_TONNE if u not in ("kt", "Mt")])
def test_a_price_by_a_small_unit_is_so_many_times_as_much_by_the_tonne(unit: str) -> None:
    assert price_factor(f"USD/{unit}") == pytest.approx(IN_A_TONNE[unit], rel=1e-5)


def test_cents_a_pound_are_hundredths_of_dollars_a_pound() -> None:
    assert price_factor("ct/lb") == pytest.approx(22.046226, rel=1e-5)


def published(currency: str) -> float:
    """The Federal Reserve's average of the year that real money is of; the pound's of 2024."""
    return POUND if currency == "GBP" else float(exchange_rate(currency, BASE_YEAR))


@pytest.mark.parametrize("currency", UNITS_PER_USD)
def test_a_dollar_buys_as_much_of_each_currency_as_the_central_bank_says(currency: str) -> None:
    assert currency_rate(currency) == pytest.approx(published(currency), rel=2e-3)


@pytest.mark.parametrize("currency", UNITS_PER_USD)
def test_a_price_in_another_currency_is_the_dollars_times_its_rate(currency: str) -> None:
    ratio = median("tin", currency=currency) / median("tin")
    np.testing.assert_allclose(ratio, published(currency), rtol=2e-3)


@pytest.mark.parametrize("currency", [c for c in UNITS_PER_USD if c not in ("USD", "GBP")])
def test_history_in_another_currency_meets_the_forecast(currency: str) -> None:
    """Money of the base year is turned at one rate on both sides of the origin."""
    ours, dollars = (
        fair_price("tin", 1, currency=c, basis="nominal").history["observed"][BASE_YEAR]
        for c in (currency, "USD")
    )
    assert ours / dollars == pytest.approx(currency_rate(currency), rel=1e-4)


@pytest.mark.parametrize("unit", ["kg", "lb", "troy_oz", "kt"])
def test_a_price_by_a_unit_is_that_of_the_tonne_over_so_many(unit: str) -> None:
    np.testing.assert_allclose(
        median("tin") / median("tin", unit=unit), IN_A_TONNE[unit], rtol=1e-5
    )


def test_old_dollars_are_worth_more_than_todays() -> None:
    """Consumer prices of all urban consumers, 1982-84 = 100: 82.4 in 1980 and 313.689 in 2024 (BLS)."""
    then, now = real_factor([1980, 2024])
    assert then / now == pytest.approx(313.689 / 82.4, rel=1e-3)
    assert then > now > 1


def test_real_and_nominal_are_one_in_the_base_year_and_part_with_inflation() -> None:
    cpi = pd.Series({2023: 90.0, 2024: 95.0, 2025: 100.0})
    np.testing.assert_allclose(deflator(cpi, [2023, 2024, 2025]), [0.9, 0.95, 1])
    np.testing.assert_allclose(deflator(cpi, [2026, 2035]), [1.02, 1.02**10])
    ratio = median("tin", basis="nominal") / median("tin")
    np.testing.assert_allclose(ratio, 1.02 ** np.arange(1, 4))


@pytest.mark.parametrize(
    ("mineral", "year", "nominal"),
    [
        ("copper", 1980, 2182),  # World Bank, Commodity Markets: USD a tonne, London Metal Exchange
        ("nickel", 2000, 8638),
        ("aluminum", 2010, 2173),
    ],
)
def test_nominal_history_is_what_was_paid_and_real_history_more(mineral, year, nominal) -> None:
    paid, real = (fair_price(mineral, horizon=1, basis=b).history for b in ("nominal", "real"))
    assert paid["observed"].loc[year] == pytest.approx(nominal, rel=2e-3)
    assert real["observed"].loc[year] > 1.3 * nominal


@pytest.mark.parametrize("mineral", FORMULAS)
def test_a_quote_is_for_the_element_that_its_form_contains(mineral: str) -> None:
    about = get_mineral(mineral)
    assert about.content == pytest.approx(content(mineral), rel=2e-3)
    mass = about.quote.split("/")[1]
    by_element, quoted = median(mineral, unit=mass), median(mineral, unit="quoted")
    np.testing.assert_allclose(quoted / by_element, content(mineral), rtol=2e-3)
    assert (quoted < by_element).all()


def test_metal_is_quoted_as_it_is() -> None:
    np.testing.assert_allclose(median("cobalt", unit="quoted") * 2204.6226, median("cobalt"))
