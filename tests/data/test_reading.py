"""Files as agencies send them: each form read to the same values."""

import contextlib
import datetime as dt
import gzip
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin.data import private, register, registered, unregister
from critmin.data.annual import to_years
from critmin.data.reading import read_sheet
from critmin.exceptions import CritminError, DataError

MONTHS = pd.period_range("2023-01", "2023-12", freq="M")
VALUES = [21_000.5 + month for month in range(12)]
MEAN, LAST = 21_006.0, 21_011.5
"""Of the twelve values: their average, and December's."""


@pytest.fixture(autouse=True)
def clean():
    yield
    for name in private.names():
        unregister(name)


def lines(dates: list[str], sep: str = ",", decimal: str = ".", thousands: str = "") -> str:
    marks = {ord(","): thousands, ord("."): decimal}
    cells = [f"{value:,.1f}".translate(marks) for value in VALUES]
    if sep in (decimal, thousands):
        cells = [f'"{cell}"' for cell in cells]
    return (
        "\n".join([f"date{sep}value", *(f"{d}{sep}{c}" for d, c in zip(dates, cells, strict=True))])
        + "\n"
    )


ISO = [str(month) for month in MONTHS]
END = [month.end_time.date() for month in MONTHS]
PREAMBLE = "Agency Ltd\nNickel, cash; London\n\n"
FOOTER = (
    "\n\nSource: Agency Ltd\n(c) 2024, not for redistribution\nNotes: monthly, cash, averages\n"
)

TEXTS = {
    "plain": (lines(ISO).encode(), {}),
    "bom": (lines(ISO).encode("utf-8-sig"), {}),
    "utf-16": (lines(ISO).encode("utf-16"), {}),
    "utf-16 without mark": (lines(ISO).encode("utf-16-le"), {}),
    "utf-32": (lines(ISO).encode("utf-32"), {}),
    "cp1252": (("Preis in € für Nickel\n" + lines(ISO)).encode("cp1252"), {}),
    "cp932": (("ニッケル価格\n" + lines(ISO)).encode("cp932"), {"encoding": "cp932"}),
    "gz": (gzip.compress(lines(ISO).encode()), {}),
    "windows line ends": (lines(ISO).replace("\n", "\r\n").encode(), {}),
    "old mac line ends": (lines(ISO).replace("\n", "\r").encode(), {}),
    "semicolons, decimal commas": (lines(ISO, ";", ",").encode(), {}),
    "semicolons, thousands points": (lines(ISO, ";", ",", ".").encode(), {}),
    "tabs": (lines(ISO, "\t").encode(), {}),
    "bars": (lines(ISO, "|").encode(), {}),
    "quoted thousands commas": (lines(ISO, ",", ".", ",").encode(), {}),
    "thousands spaces": (lines(ISO, ";", ",", "\u202f").encode(), {}),
    "preamble": ((PREAMBLE + lines(ISO)).encode(), {}),
    "a quoted cell of two lines above": (
        ('"Nickel, cash\nmonthly average",\n' + lines(ISO)).encode(),
        {},
    ),
    "a quote that is never closed above": (('"Nickel, cash\n' + lines(ISO)).encode(), {}),
    "line ends of Windows twice": ((PREAMBLE + lines(ISO)).replace("\n", "\r\r\n").encode(), {}),
    "remarks with many commas": (
        lines(ISO)
        .replace("value\n", "value,why\n", 1)
        .replace(".5\n", '.5,"' + "a, " * 40 + '"\n')
        .encode(),
        {},
    ),
    "footer": ((lines(ISO) + FOOTER).encode(), {}),
    "capitals": (lines(ISO).replace("date,value", "Date, VALUE").encode(), {}),
    "trailing delimiters": (lines(ISO).replace("\n", ",\n").encode(), {}),
    "trailing blank rows": ((lines(ISO) + ",\n,\n\n").encode(), {}),
    "day/month/year": (lines([f"{d:%d/%m/%Y}" for d in END]).encode(), {}),
    "month/day/year": (lines([f"{d:%m/%d/%Y}" for d in END]).encode(), {}),
    "first days, told": (
        lines([f"01/{m.month:02}/2023" for m in MONTHS]).encode(),
        {"date_format": "%d/%m/%Y"},
    ),
    "German days": (lines([f"{d:%d.%m.%Y}" for d in END]).encode(), {}),
    "Jan-23": (lines([f"{d:%b-%y}" for d in END]).encode(), {}),
    "2023M01": (lines([f"2023M{m.month}" for m in MONTHS]).encode(), {}),
    "Excel's days": (
        lines([str((d - pd.Timestamp("1899-12-30").date()).days) for d in END]).encode(),
        {},
    ),
    "times": (lines([f"{d}T16:30:00" for d in END]).encode(), {}),
}


@pytest.mark.parametrize("form", TEXTS)
def test_a_text_of_every_form(form: str, tmp_path: Path) -> None:
    content, options = TEXTS[form]
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    name = register(path, name="x", mineral="nickel", unit="USD/t", **options)
    entry = private._series[name]
    assert entry.table["value"].item() == pytest.approx(MEAN)
    assert entry.year_end["value"].item() == pytest.approx(LAST)
    assert registered().loc[name, "rows"] == 12


def workbook(path: Path, rows: list[list[object]], sheet: str = "Data") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_workbooks(tmp_path: Path) -> None:
    rows = [
        ["Agency"],
        [],
        ["Date", "Price"],
        *map(list, zip(END, VALUES, strict=True)),
        [],
        ["Source: us"],
    ]
    path = workbook(tmp_path / "export.xlsx", rows)
    columns = {"date": "Date", "value": "Price"}
    name = register(path, name="x", mineral="nickel", unit="USD/t", columns=columns, sheet="Data")
    assert private._series[name].table["value"].item() == pytest.approx(MEAN)
    assert registered().loc[name, "dropped"] == "1 blank rows; 1 lines under the table"
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    register(packed, name="y", mineral="nickel", unit="USD/t", columns=columns)
    assert private._series["private-y"].table.equals(private._series[name].table)


def test_a_cover_is_no_data_and_the_other_sheets_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.create_sheet("Prices").append(["date", "value"])
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(DataError, match="or say sheet= of 'Cover', 'Prices'"):
        register(tmp_path / "two.xlsx", name="x", mineral="nickel", unit="USD/t")


@pytest.mark.parametrize("word", ["1", "true"])
def test_days_of_1904_however_a_program_says_so(word: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["date", "value"])
    book.active.append([(END[-1] - dt.date(1904, 1, 1)).days, 21_500.0])
    book.save(tmp_path / "plain.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "plain.xlsx") as parts,
        zipfile.ZipFile(tmp_path / "mac.xlsx", "w") as made,
    ):
        for part in parts.namelist():
            made.writestr(part, parts.read(part).replace(b'1904="1"', f'1904="{word}"'.encode()))
    name = register(
        tmp_path / "mac.xlsx", name="x", mineral="nickel", unit="USD/t", frequency="year"
    )
    assert private._series[name].table["year"].tolist() == [2023]


def test_dates_may_be_the_index() -> None:
    for i, index in enumerate((pd.to_datetime(END), MONTHS, MONTHS.rename("month"))):
        frame = pd.DataFrame({"value": VALUES}, index=index)
        register(frame, name=f"x{i}", mineral="nickel", unit="USD/t")
        assert private._series[f"private-x{i}"].table["value"].item() == pytest.approx(MEAN)


def test_figures_with_a_publisher_s_mark_are_read_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("date,value\n2022,e25834\n2023 r,21521 r\n2024 p,16814 (p)\n\nr: revised\n")
    name = register(path, name="x", mineral="nickel", unit="USD/t")
    assert private._series[name].table["value"].tolist() == [25834, 21521, 16814]
    said = registered().loc[name, "dropped"]
    assert said == "1 blank rows; 1 lines under the table; 5 marks of a publisher's, left off"


@pytest.mark.parametrize("mark", ["f", "F", " k", "%", "¹", " 1/", "[2]"])
def test_what_may_change_a_figure_is_no_mark(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(f"date,value\n2022,25834\n2023,21521{mark}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a value is one number (.|\n)*row 3: '21521"):
        register(path, name="x", mineral="nickel", unit="USD/t")


def test_figures_of_all_rows_under_a_table_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "sums.csv"
    path.write_text("date,value\n2022,25834\n2023,21521\nAverage,23677.5\n合计,47355\n")
    name = register(path, name="x", mineral="nickel", unit="USD/t")
    assert private._series[name].table["year"].tolist() == [2022, 2023]
    assert registered().loc[name, "dropped"] == "2 lines under the table"


def test_a_line_of_units_must_say_the_unit_given(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("date,value\n,($/mt)\n2022,25834\n2023,21521\n")
    name = register(path, name="x", mineral="nickel", unit="USD/t")
    assert private._series[name].table["value"].tolist() == [25834, 21521]
    assert registered().loc[name, "dropped"] == "1 lines of units"
    with pytest.raises(DataError, match=r"says '\$/mt', but the unit given is USD per lb"):
        register(path, name="y", mineral="nickel", unit="USD/lb")


def test_a_column_of_another_currency_is_refused() -> None:
    frame = pd.DataFrame({"date": [2022, 2023], "Price (EUR/t)": [24530.0, 19910.0]})
    columns = {"value": "Price (EUR/t)"}
    with pytest.raises(DataError, match="names EUR, but the unit is USD per t"):
        register(frame, name="x", mineral="nickel", unit="USD/t", columns=columns)
    register(frame, name="x", mineral="nickel", unit="EUR/t", columns=columns)
    plain = frame.set_axis(["date", "LME CSP"], axis=1)
    register(plain, name="y", mineral="nickel", unit="USD/t", columns={"value": "LME CSP"})


@pytest.mark.parametrize("encoding", ["cp932", "gb18030", "euc_jp", "utf-16"])
def test_names_of_columns_show_the_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "east.csv"
    path.write_text(
        "年月,価格(円)\n" + "".join(f"2023年{m}月,3{m:02d}0\n" for m in range(1, 13)),
        encoding=encoding,
    )
    columns = {"date": "年月", "value": "価格(円)"}
    name = register(path, name="x", mineral="nickel", unit="円/kg", columns=columns)
    assert private._series[name].table["year"].tolist() == [2023]


def test_years_side_by_side_are_told_how_to_turn() -> None:
    wide = pd.DataFrame({"Country": ["World"], "2022": [1.0], "2023": [2.0]})
    with pytest.raises(DataError, match=r"pandas\.melt"):
        register(wide, name="x", mineral="nickel", unit="USD/t")


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"date": pd.to_datetime(END), "value": VALUES})
    frame.to_parquet(tmp_path / "a.parquet")
    frame.set_index("date").to_parquet(tmp_path / "b.parquet")
    for name in ("a", "b"):
        register(tmp_path / f"{name}.parquet", name=name, mineral="nickel", unit="USD/t")
        assert private._series[f"private-{name}"].table["value"].item() == pytest.approx(MEAN)


def test_frames_of_every_kind() -> None:
    for i, dates in enumerate(
        (
            MONTHS,
            MONTHS.to_timestamp(),
            pd.to_datetime(END),
            pd.to_datetime(END).tz_localize("Asia/Tokyo"),
            END,
            ISO,
            pd.Categorical(ISO),
        )
    ):
        frame = pd.DataFrame({"date": dates, "value": VALUES}, index=[5] * 12)
        register(frame, name=f"x{i}", mineral="nickel", unit="USD/t")
        assert private._series[f"private-x{i}"].table["value"].item() == pytest.approx(MEAN)


def test_holidays_are_dropped_and_counted(tmp_path: Path) -> None:
    days = pd.bdate_range("2023-01-02", "2023-12-29")
    text = "date,value\n" + "".join(
        f"{day:%Y-%m-%d},{'.' if day.day == 1 else 21500.5}\n" for day in days
    )
    path = tmp_path / "daily.csv"
    path.write_text(text)
    name = register(path, name="x", mineral="nickel", unit="USD/t")
    row = registered().loc[name]
    holidays = int((days.day == 1).sum())
    assert row["dropped"] == f"{holidays} dates without a value"
    assert row["frequency"] == "day"
    assert row["rows"] == len(days) - holidays


def test_three_days_of_may_are_no_year() -> None:
    """Case 4."""
    days = pd.DataFrame({"date": ["2023-05-03", "2023-05-04", "2023-05-05"], "value": 21_500.0})
    with pytest.raises(DataError, match=r"3 rows of 2023 \(8% of the year\)"):
        register(days, name="x", mineral="nickel", unit="USD/t")
    whole = pd.DataFrame({"date": ["2022"], "value": 25_000.0})
    name = register(pd.concat([whole, days]), name="x", mineral="nickel", unit="USD/t")
    assert private._series[name].table["year"].tolist() == [2022]
    assert registered().loc[name, "dropped"] == "3 rows of 2023 (8% of the year)"


@pytest.mark.parametrize(
    ("months", "share", "there"),
    [(6, 0.5, True), (5, 0.5, False), (5, 0.4, True), (11, 1.0, False), (12, 1.0, True)],
)
def test_a_year_counts_from_the_stated_share_on(months: int, share: float, there: bool) -> None:
    frame = pd.DataFrame({"date": MONTHS[:months], "value": VALUES[:months]})
    if there:
        name = register(frame, name="x", mineral="nickel", unit="USD/t", min_share=share)
        assert private._series[name].table["year"].tolist() == [2023]
    else:
        with pytest.raises(DataError, match="no year is there"):
            register(frame, name="x", mineral="nickel", unit="USD/t", min_share=share)


def test_quarters_are_a_year_with_no_known_end() -> None:
    frame = pd.DataFrame(
        {"date": ["2023Q1", "2023Q2", "2023Q3", "2023Q4"], "value": [20e3, 21e3, 22e3, 23e3]}
    )
    name = register(frame, name="x", mineral="nickel", unit="USD/t")
    assert private._series[name].table["value"].item() == 21_500
    assert private._series[name].year_end.empty


def dated(
    first: str, last: str, every: str, value: float, written: str = "%Y-%m-%d"
) -> pd.DataFrame:
    days = pd.date_range(first, last, freq=every)
    return pd.DataFrame({"date": days.strftime(written), "value": value})


@pytest.mark.parametrize(
    ("before", "written"), [("ME", "%Y-%m-%d"), ("ME", "%Y-%m"), ("W-FRI", "%Y-%m-%d")]
)
def test_each_year_counts_by_the_dates_that_it_has(before: str, written: str) -> None:
    old = dated("2018-01-01", "2020-12-31", before, 15_000.0, written)
    new = dated("2021-01-01", "2023-12-29", "B", 21_000.0)
    name = register(pd.concat([old, new]), name="x", mineral="nickel", unit="USD/t", allow_far=True)
    assert private._series[name].table["value"].tolist() == [15_000.0] * 3 + [21_000.0] * 3
    assert private._series[name].year_end["month"].tolist() == [12] * 6
    assert registered().loc[name, "dropped"] == ""


@pytest.mark.parametrize("written", ["%Y-%m-%d", "%Y-%m"])
def test_in_a_year_of_months_and_days_every_month_counts_alike(written: str) -> None:
    months = dated("2022-01-01", "2023-06-30", "ME", 20_000.0, written)
    days = dated("2023-07-03", "2023-12-29", "B", 26_000.0)
    name = register(pd.concat([months, days]), name="x", mineral="nickel", unit="USD/t")
    # Days are 130 and months 6: as they are they would say 25,700.
    assert private._series[name].table["value"].tolist() == pytest.approx(
        [20_000, 23_000], rel=0.002
    )


def test_quarters_then_months_are_a_year() -> None:
    dates = ["2023Q1", "2023Q2", *(f"2023-{month:02d}" for month in range(7, 13))]
    frame = pd.DataFrame({"date": dates, "value": [18_000.0] * 2 + [24_000.0] * 6})
    name = register(frame, name="x", mineral="nickel", unit="USD/t")
    assert private._series[name].table["value"].item() == 21_000.0
    assert private._series[name].year_end["value"].item() == 24_000.0


def test_of_a_year_given_twice_the_frequency_named_is_kept() -> None:
    years = pd.DataFrame({"date": ["2021", "2022", "2023"], "value": [18e3, 26e3, 22e3]})
    months = dated("2022-01-01", "2023-12-31", "ME", 21_500.0, "%Y-%m")
    frame = pd.concat([years, months])
    with pytest.raises(
        DataError, match=r"keep one of them \(frequency='month' or frequency='year'"
    ):
        register(frame, name="x", mineral="nickel", unit="USD/t")
    name = register(frame, name="x", mineral="nickel", unit="USD/t", frequency="month")
    assert private._series[name].table["value"].tolist() == [18e3, 21_500, 21_500]
    assert "1 rows of 2022 beside those by month" in registered().loc[name, "dropped"]


def test_dated_quarters_need_to_be_told() -> None:
    dates = ["2023-03-31", "2023-06-30", "2023-09-30", "2023-12-31"]
    frame = pd.DataFrame({"date": dates, "value": [20e3, 21e3, 22e3, 23e3]})
    with pytest.raises(DataError, match="frequency='quarter' or 'year'"):
        register(frame, name="x", mineral="nickel", unit="USD/t")
    name = register(frame, name="x", mineral="nickel", unit="USD/t", frequency="quarter")
    assert private._series[name].table["value"].item() == 21_500


def test_output_by_month_counts_in_whole_years_only() -> None:
    frame = pd.DataFrame({"date": pd.period_range("2023-01", periods=18, freq="M"), "value": 150.0})
    name = register(
        frame.assign(country="IDN"), name="x", mineral="nickel", unit="kt", kind="production"
    )
    table = private._series[name].table
    assert table[["country", "year", "value"]].to_numpy().tolist() == [["IDN", 2023, 1_800_000]]
    assert registered().loc[name, "dropped"] == "6 rows of 2024 (50% of the year)"


def test_what_is_later_than_the_drivers_can_be_left_out() -> None:
    """Case 6."""
    frame = pd.DataFrame({"date": [2024, 2027, 2028], "value": [17e3, 18e3, 19e3]})
    with pytest.raises(DataError, match=r"2 rows are of 2027 and later, .* say until="):
        register(frame, name="x", mineral="nickel", unit="USD/t")
    name = register(frame, name="x", mineral="nickel", unit="USD/t", until=2025)
    assert private._series[name].table["year"].tolist() == [2024]
    assert registered().loc[name, "dropped"] == "2 rows after 2025"


def test_a_formula_counts_by_the_value_it_was_saved_with(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", [["date", "value"], [2023, "=21000+500"]])
    with pytest.raises(DataError, match="cell B2 is a formula that was never calculated"):
        register(path, name="x", mineral="nickel", unit="USD/t")


@given(st.lists(st.floats(1, 1e6), min_size=12, max_size=12))
def test_the_average_of_months_is_that_of_the_year(values: list[float]) -> None:
    rows = pd.DataFrame(
        {"country": "", "year": 2023, "month": range(1, 13), "day": 1, "value": values}
    )
    annual = to_years(rows.assign(span="month"))
    assert annual.table["value"].item() == pytest.approx(sum(values) / 12)
    assert annual.year_end["value"].item() == values[-1]


@given(st.binary(max_size=400))
def test_no_content_gets_past_the_errors(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any"
    path.write_bytes(b"date,value\n" + content)
    with contextlib.suppress(CritminError):
        read_sheet(path, ["date", "value"])
    path.write_bytes(content)
    with contextlib.suppress(CritminError):
        read_sheet(path, ["date", "value"])
