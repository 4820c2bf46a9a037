"""Dates: every way of writing them, and what is refused because it can be read in two ways."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin.data.dates import read_dates
from critmin.exceptions import DataError


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (2023, (2023, 1, 1, "year")),
        ("2023", (2023, 1, 1, "year")),
        (2023.0, (2023, 1, 1, "year")),
        ("2023.0", (2023, 1, 1, "year")),
        ("2023-12-31", (2023, 12, 31, "day")),
        ("2023/1/5", (2023, 1, 5, "day")),
        ("2023.01.05", (2023, 1, 5, "day")),
        ("20230105", (2023, 1, 5, "day")),
        (20230105, (2023, 1, 5, "day")),
        ("2023-12-31 16:30", (2023, 12, 31, "day")),
        ("2023-12-31T16:30:00Z", (2023, 12, 31, "day")),
        ("31/12/2023", (2023, 12, 31, "day")),
        ("12/31/2023", (2023, 12, 31, "day")),
        ("31.12.2023", (2023, 12, 31, "day")),
        ("03.04.2023", (2023, 4, 3, "day")),
        ("31-Dec-23", (2023, 12, 31, "day")),
        ("31 December 2023", (2023, 12, 31, "day")),
        ("Dec 31, 2023", (2023, 12, 31, "day")),
        ("31. Dezember 2023", (2023, 12, 31, "day")),
        ("2023年12月31日", (2023, 12, 31, "day")),
        ("202312", (2023, 12, 1, "month")),
        ("2023-12", (2023, 12, 1, "month")),
        ("12/2023", (2023, 12, 1, "month")),
        ("2023M12", (2023, 12, 1, "month")),
        ("2023m1", (2023, 1, 1, "month")),
        ("Dec-23", (2023, 12, 1, "month")),
        ("Dec-98", (1998, 12, 1, "month")),
        ("December 2023", (2023, 12, 1, "month")),
        ("2023 Dec", (2023, 12, 1, "month")),
        ("2023年12月", (2023, 12, 1, "month")),
        ("2023Q4", (2023, 10, 1, "quarter")),
        ("2023-Q4", (2023, 10, 1, "quarter")),
        ("Q4 2023", (2023, 10, 1, "quarter")),
        ("4Q23", (2023, 10, 1, "quarter")),
        ("H2 2023", (2023, 7, 1, "half")),
        ("2023.12", (2023, 12, 1, "month")),
        ("12.2023", (2023, 12, 1, "month")),
        ("2023 年 3 月", (2023, 3, 1, "month")),
        ("\uff12\uff10\uff12\uff13年\uff13月", (2023, 3, 1, "month")),
        ("2023년 3월", (2023, 3, 1, "month")),
        ("2023年第2四半期", (2023, 4, 1, "quarter")),
        ("2023年2季度", (2023, 4, 1, "quarter")),
        ("M3 2023", (2023, 3, 1, "month")),
        ("ene-23", (2023, 1, 1, "month")),
        ("2023Q2p", (2023, 4, 1, "quarter")),
        ("2023 (r)", (2023, 1, 1, "year")),
        ("CY2023", (2023, 1, 1, "year")),
        ("Saturday, December 31, 2022", (2022, 12, 31, "day")),
        ("1st March 2023", (2023, 3, 1, "day")),
        (45291, (2023, 12, 31, "day")),
        ("45291", (2023, 12, 31, "day")),
        (45291.5, (2023, 12, 31, "day")),
        (pd.Timestamp("2023-12-31"), (2023, 12, 31, "day")),
        (dt.date(2023, 12, 31), (2023, 12, 31, "day")),
        (np.datetime64("2023-12-31"), (2023, 12, 31, "day")),
        (pd.Period("2023-12", "M"), (2023, 12, 1, "month")),
        (pd.Period("2023Q4", "Q"), (2023, 10, 1, "quarter")),
        (pd.Period("2023", "Y"), (2023, 1, 1, "year")),
    ],
)
def test_dates(cell: object, expected: tuple[int, int, int, str]) -> None:
    for cells in (pd.Series([cell], dtype=object), pd.Series([cell])):
        read = read_dates(cells)
        found = (read.year[0], read.month[0], read.day[0], read.span[0])
        assert found == expected
        assert not read.bad[0]
        assert not read.blank[0]


def test_one_sure_day_tells_the_order_of_all() -> None:
    assert read_dates(pd.Series(["03/04/2023", "31/12/2023"])).month.tolist() == [4, 12]
    assert read_dates(pd.Series(["03/04/2023", "12/31/2023"])).month.tolist() == [3, 12]


def test_a_format_decides() -> None:
    assert read_dates(pd.Series(["03/04/2023"]), date_format="%d/%m/%Y").month.tolist() == [4]
    assert read_dates(pd.Series(["03/04/23"]), date_format="%m/%d/%y").month.tolist() == [3]
    assert read_dates(pd.Series(["04.23"]), date_format="%m.%y").span.tolist() == ["month"]


def test_days_of_old_macs() -> None:
    assert read_dates(pd.Series([43829]), from_1904=True).year.tolist() == [2023]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["03/04/2023"], "can be day or month first: say date_format="),
        (["31/12/2023", "12/31/2023"], "two orders"),
        (["31/12/23"], "year of two digits: say date_format"),
        (["2023-01-31T00:00+01:00", "2023-06-30T00:00+02:00"], "mix time zones"),
        ([pd.Timestamp("2023", tz="UTC"), pd.Timestamp("2023", tz="Asia/Tokyo")], "mix time zones"),
        ([[1], [2]], "no date"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(cells: list[object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_dates(pd.Series(cells, dtype=object))


@pytest.mark.parametrize("bad", ["%Q", "%d/%m", 5, "", "%Y%Y", "%Y%"])
def test_bad_formats(bad: object) -> None:
    with pytest.raises(DataError, match="date_format"):
        read_dates(pd.Series(["2023"]), date_format=bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        "soon",
        "2023-13-01",
        "2023-02-30",
        "20-Dec",
        "2023Q5",
        "Marble 2023",
        "12-23",
        2023.5,
        True,
        np.inf,
        "9" * 40,
    ],
)
def test_what_is_no_date_is_bad(bad: object) -> None:
    read = read_dates(pd.Series([bad, "2023"], dtype=object))
    assert read.bad.tolist() == [True, False]


def test_a_fiscal_year_is_no_calendar_year() -> None:
    assert read_dates(pd.Series([pd.Period("2023", "Y-JUN")])).bad.all()


@given(
    st.dates(dt.date(1901, 1, 1), dt.date(2099, 12, 31)),
    st.sampled_from(
        ["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d-%b-%Y", "%B %d, %Y", "%Y%m%d", "%Y/%m/%d"]
    ),
)
def test_days_read_back(day: dt.date, written: str) -> None:
    read = read_dates(pd.Series([day.strftime(written)]))
    assert (read.year[0], read.month[0], read.day[0]) == (day.year, day.month, day.day)


@given(
    st.lists(
        st.text(alphabet="0123456789-/. QMHJanFebDec:+TZ", max_size=14), min_size=1, max_size=5
    )
)
def test_no_text_gets_past_the_errors(cells: list[str]) -> None:
    try:
        read = read_dates(pd.Series(cells, dtype="str"))
    except DataError:
        return
    assert np.array_equal(read.span != "", ~read.bad & ~read.blank)
