"""Numbers as text: every way of writing them, and what is refused because it can be read in two ways."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin.data.cells import read_numbers
from critmin.exceptions import DataError


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["18200", "19400.5"], [18200, 19400.5]),
        (["6,4", "2,50"], [6.4, 2.5]),  # case 22
        (["1.234,5", "980,0"], [1234.5, 980]),
        (["1,234.5", "980.0"], [1234.5, 980]),
        (["18,200", "19,400.5"], [18200, 19400.5]),
        (["18,200", "950.25"], [18200, 950.25]),
        (["1.234", "10.5"], [1.234, 10.5]),
        (["1.234", "2,5"], [1234, 2.5]),
        (["1 234,5", "1 000"], [1234.5, 1000]),
        (["1\u202f234,5", "1\u00a0000"], [1234.5, 1000]),
        (["1'234.50", "1’000.00"], [1234.5, 1000]),
        (["1.234.567"], [1234567]),
        (["1,234,567"], [1234567]),
        (["0,123"], [0.123]),
        (["0.123"], [0.123]),
        (["1234.567"], [1234.567]),
        (["1234,567"], [1234.567]),
        ([".5", "12.25"], [0.5, 12.25]),
        (["1.5e3", "2E-1"], [1500, 0.2]),
        (["-3.5", "+4.25", "−1.5"], [-3.5, 4.25, -1.5]),
        ([1, 2.5, "3.25"], [1, 2.5, 3.25]),
        ([1, 2], [1, 2]),
    ],
)
def test_numbers(cells: list[object], values: list[float]) -> None:
    read = read_numbers(pd.Series(cells))
    np.testing.assert_allclose(read.values, values, rtol=1e-15)
    assert not read.blank.any()
    assert not read.bad.any()


@pytest.mark.parametrize(
    ("cell", "marks", "value"),
    [
        ("1.234", {"decimal": "."}, 1.234),
        ("1.234", {"thousands": "."}, 1234),
        ("1.234", {"decimal": ","}, 1234),
        ("1,234", {"decimal": ","}, 1.234),
        ("1,234", {"thousands": ","}, 1234),
        ("1,234", {"decimal": "."}, 1234),
        ("1 234", {"thousands": " "}, 1234),
        ("1.234,5", {"decimal": ",", "thousands": "."}, 1234.5),
    ],
)
def test_what_is_said_decides(cell: str, marks: dict[str, str], value: float) -> None:
    assert read_numbers(pd.Series([cell]), **marks).values.item() == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("\uff11\uff18\uff14\uff16\uff15", 18465.0),
        ("18\u2009465", 18465.0),
        ("18\u200a465", 18465.0),
        ("\u3000184.65\u3000", 184.65),
        ("\uff0d5", -5.0),
        ("\u20115", -5.0),
        ("1.2E+04", 12000.0),
        ("18465e", 18465.0),
        ("e18465", 18465.0),
        ("18465 (est.)", 18465.0),
    ],
)
def test_scripts_and_marks(cell: str, value: float) -> None:
    assert read_numbers(pd.Series([cell])).values.item() == value


def test_pence_are_no_mark() -> None:
    assert read_numbers(pd.Series(["550p"]), currency="GBP").bad.item()


@pytest.mark.parametrize("cells", [["1.234"], ["18,200", "19,400"], ["1.234", "5.678", "9"]])
def test_a_factor_of_a_thousand_is_never_guessed(cells: list[str]) -> None:
    with pytest.raises(DataError, match=r"can be .* say decimal=.* or thousands="):
        read_numbers(pd.Series(cells))


@pytest.mark.parametrize(
    "cells", [["6,4", "2.5"], ["1.234.567", "2.5"], ["1,234,567", "1 234 567"]]
)
def test_two_ways_of_writing_are_refused(cells: list[str]) -> None:
    with pytest.raises(DataError, match=r"row 0: .* and row 1|row 1: .* and row 0"):
        read_numbers(pd.Series(cells))


@pytest.mark.parametrize(
    "blank",
    [
        "",
        " ",
        ".",
        "-",
        "n/a",
        "NA",
        "#N/A",
        "NaN",
        None,
        np.nan,
        pd.NA,
        "W",
        "#N/A N/A",
        "Holiday",
    ],
)
def test_blanks_are_no_numbers_and_no_mistakes(blank: object) -> None:
    read = read_numbers(pd.Series(["1.5", blank], dtype=object))
    assert read.blank.tolist() == [False, True]
    assert not read.bad.any()


@pytest.mark.parametrize(
    "bad",
    [
        "inf",
        "1_000",
        "0x1F",
        "12abc",
        "12%",
        "(5)",
        "1.2.3",
        "1,23,456",
        "1 2",
        "True",
        "€5",
        "=1+1",
    ],
)
def test_what_is_no_number_is_bad(bad: str) -> None:
    read = read_numbers(pd.Series(["1.5", bad]), currency="USD")
    assert read.bad.tolist() == [False, True]
    assert np.isnan(read.values[1])


@pytest.mark.parametrize(
    ("cell", "currency", "value"),
    [
        ("$1,200.50", "USD", 1200.5),
        ("1200.5 USD", "USD", 1200.5),
        ("US$ 1200.5", "USD", 1200.5),
        ("-€5.25", "EUR", -5.25),
        ("RMB 70.5", "CNY", 70.5),
    ],
)
def test_the_sign_of_its_own_currency_is_left_out(cell: str, currency: str, value: float) -> None:
    assert read_numbers(pd.Series([cell]), currency=currency).values.item() == value


def test_truths_are_no_numbers() -> None:
    assert read_numbers(pd.Series([True, False])).bad.all()
    assert read_numbers(pd.Series([1.0, True], dtype=object)).bad.tolist() == [False, True]


@given(
    st.lists(st.decimals(0, 10**9, places=2), min_size=1, max_size=30),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", "")]),
)
def test_two_decimals_read_back_whatever_the_marks(values: list, marks: tuple[str, str]) -> None:
    decimal, thousands = marks
    text = [f"{value:,.2f}".translate({ord(","): thousands, ord("."): decimal}) for value in values]
    read = read_numbers(pd.Series(text))
    np.testing.assert_allclose(read.values, [float(value) for value in values])


@given(st.lists(st.text(alphabet="0123456789.,' -eE$%", max_size=12), min_size=1, max_size=6))
def test_no_text_gets_past_the_errors(cells: list[str]) -> None:
    try:
        read = read_numbers(pd.Series(cells, dtype="str"), currency="USD")
    except DataError:
        return
    assert np.array_equal(np.isfinite(read.values), ~read.bad & ~read.blank)
