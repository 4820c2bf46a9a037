import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin.exceptions import CritminError, UnknownNameError
from critmin.units import (
    TONNES,
    UNITS_PER_USD,
    USD_PER_UNIT_PER_T,
    annual_cpi,
    currency_rate,
    deflator,
    mass_factor,
    price_factor,
)


@given(
    value=st.floats(1e-6, 1e9),
    unit=st.sampled_from(sorted(u for u in USD_PER_UNIT_PER_T if u.startswith("USD/"))),
)
def test_prices_round_trip(value: float, unit: str) -> None:
    per_tonne = value * price_factor(unit)
    assert per_tonne * mass_factor(unit.split("/")[1]) == pytest.approx(value)


def test_known_conversions() -> None:
    assert price_factor("USD/lb") == pytest.approx(2204.6226, rel=1e-7)
    assert price_factor("ct/lb") == pytest.approx(22.046226, rel=1e-7)
    assert price_factor("USD/troy_oz") == pytest.approx(32150.7466, rel=1e-8)
    assert price_factor("USD/mtu") == pytest.approx(100)
    assert price_factor("USD/flask") == pytest.approx(1 / 0.034473)


@pytest.mark.parametrize(
    ("function", "wrong", "hint"),
    [
        (price_factor, "USD/pound", "USD/"),
        (mass_factor, "tonne", "t"),
        (currency_rate, "EURO", "EUR"),
    ],
)
def test_unknown_unit_names_what_is_right(function, wrong: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=hint):
        function(wrong)


@given(st.integers(2024, 2060))
def test_deflator_continues_with_inflation(year: int) -> None:
    cpi = pd.Series({2024: 98.0, 2025: 100.0})
    one, two = deflator(cpi, [year, year + 1])
    assert two / one == pytest.approx(1.02 if year >= 2025 else 100 / 98)


def test_deflator_refuses_years_before_the_index() -> None:
    with pytest.raises(CritminError, match="before 2024"):
        deflator(pd.Series({2024: 98.0, 2025: 100.0}), [1900])


def test_annual_cpi_needs_eleven_months() -> None:
    rows = pd.DataFrame(
        {"year": [2024] * 11 + [2025] * 10, "month": [*range(1, 12), *range(1, 11)], "value": 2.0}
    )
    assert annual_cpi(rows).to_dict() == {2024: 2.0}


def test_every_mass_and_currency_is_positive() -> None:
    assert np.all(np.array([*TONNES.values(), *UNITS_PER_USD.values()]) > 0)
