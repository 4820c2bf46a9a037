import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin.data import tidy
from critmin.exceptions import DataError


@pytest.mark.parametrize(
    ("raw", "value", "lower", "upper", "qualifier"),
    [
        ("1,234.5", 1234.5, math.nan, math.nan, ""),
        ("W", math.nan, math.nan, math.nan, "withheld"),
        ("E", math.nan, math.nan, math.nan, "net_exporter"),
        ("NA", math.nan, math.nan, math.nan, "not_available"),
        ("…", math.nan, math.nan, math.nan, "not_available"),
        ("—", 0.0, math.nan, math.nan, ""),
        (">75", math.nan, 75.0, math.inf, "above"),
        ("<25", math.nan, -math.inf, 25.0, "below"),
        ("Less than ½ unit.", math.nan, 0.0, 0.5, "below"),
        ("50–300", 175.0, 50.0, 300.0, "range"),
        ("500-16,000", 8250.0, 500.0, 16000.0, "range"),
        (">50%", math.nan, 50.0, math.inf, "above"),
        ("Less than one-half unit", math.nan, 0.0, 0.5, "below"),
        ("10,000 - 15,000", 12500.0, 10000.0, 15000.0, "range"),
        ("Large", math.nan, math.nan, math.nan, "described"),
        ("Moderate to large", math.nan, math.nan, math.nan, "described"),
        ("12,345,678", 12345678.0, math.nan, math.nan, ""),
        ("e2,300", 2300.0, math.nan, math.nan, "estimated"),
        ("1e3", 1000.0, math.nan, math.nan, ""),
        ("-3.5", -3.5, math.nan, math.nan, ""),
        (None, math.nan, math.nan, math.nan, "not_available"),
        (12, 12.0, math.nan, math.nan, ""),
    ],
)
def test_cells_mean_what_publishers_mean(raw, value, lower, upper, qualifier) -> None:
    cell = tidy.parse_cell(raw)
    assert [cell.value, cell.lower, cell.upper] == pytest.approx([value, lower, upper], nan_ok=True)
    assert cell.qualifier == qualifier


@pytest.mark.parametrize(
    "raw",
    [
        "see text",
        "12 t",
        "=1+1",
        "<",
        "1–2–3",
        "6,4",
        "2,50",
        "1,2345",
        "12,34,567",
        "1,234,56",
        ",5",
    ],
)
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^."):
        tidy.parse_cell(raw)


@given(st.floats(-1e12, 1e12))
def test_numbers_survive(number: float) -> None:
    assert tidy.parse_cell(repr(number)).value == number


@given(st.text(max_size=30))
def test_no_text_crashes_the_parser(text: str) -> None:
    with contextlib.suppress(ValueError):
        tidy.parse_cell(text)


def row(**changes: object) -> dict[str, object]:
    return {"dataset": "d", "series": "s", "year": 2020, "value": 1.0, "unit": "t"} | changes


def test_frames_round_trip_through_bytes() -> None:
    table = tidy.frame([row(), row(year=2021, value=float("nan"), qualifier="withheld")])
    again = tidy.from_csv_bytes(tidy.to_csv_bytes(table))
    assert tidy.to_csv_bytes(again) == tidy.to_csv_bytes(table)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row(), row(value=2.0)], "more than once"),
        ([row(qualifier="odd")], "unknown qualifier"),
        ([row(year=202)], "not between"),
        ([row(month=13)], "month 13"),
    ],
)
def test_bad_frames_are_refused_with_a_reason(rows, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        tidy.check(tidy.frame(rows), "file.csv")
