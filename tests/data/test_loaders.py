"""Loaders on small files in the publishers' layouts: what they read, and what they refuse."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from critmin.data.countries import guess_iso3, iso3
from critmin.data.loaders import (
    costs,
    drivers,
    elasticities,
    price_pages,
    supply_events,
    usgs_combined,
    usgs_ds140,
    usgs_editions,
    usgs_mcs,
    world_bank,
)
from critmin.exceptions import DataError
from critmin.mineral import get_mineral


def workbook(path: Path, sheet: str, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


PINK = [
    ["World Bank Commodity Price Data"],
    [None, "Nickel", "Iron ore", "Coal, Australian"],
    [None, "($/mt)", "($/dmtu)", "($/mt)"],
    [None, "NICKEL", "IRON_ORE", "COAL_AUS"],
    ["1960M01", 1631, 11.42, "…"],
    ["1960M02", 1640, "...", 30],
]


def test_pink_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "pink.xlsx", "Monthly Prices", PINK)
    table = world_bank.load_pink_sheet(path)
    assert len(table) == 4
    nickel = table[table["series"] == "NICKEL"]
    assert nickel["value"].tolist() == [1631, 1640]
    assert nickel["month"].tolist() == [1, 2]
    assert set(table.loc[table["series"] == "IRON_ORE", "unit"]) == {"USD/t"}


def test_pink_sheets_with_an_empty_row_under_the_codes(tmp_path: Path) -> None:
    rows = [*PINK[:4], [None, None, None, None], *PINK[4:]]
    table = world_bank.load_pink_sheet(workbook(tmp_path / "pink.xlsx", "Monthly Prices", rows))
    assert table.loc[table["series"] == "NICKEL", "value"].tolist() == [1631, 1640]
    assert set(table.loc[table["series"] == "NICKEL", "unit"]) == {"USD/t"}


@pytest.mark.parametrize(
    ("rows", "sheet", "reason"),
    [
        (
            [*PINK[:3], *PINK[4:]],
            "Monthly Prices",
            "no row of codes",
        ),
        ([*PINK[:2], *PINK[3:]], "Monthly Prices", "no row of units"),
        ([*PINK[:4], ["1960M01", "…", "…", "…"]], "Monthly Prices", "no figure"),
        (PINK, "Sheet", "no sheet 'Monthly Prices'"),
        (PINK[:4], "Monthly Prices", "1960M01"),
        ([*PINK, ["1960M03", "n/k", 1, 1]], "Monthly Prices", "row 7, NICKEL: cannot read 'n/k'"),
    ],
)
def test_pink_sheets_of_other_shapes_are_refused(tmp_path, rows, sheet, reason) -> None:
    with pytest.raises(DataError, match=reason):
        world_bank.load_pink_sheet(workbook(tmp_path / "pink.xlsx", sheet, rows))


def test_pink_sheet_names_series_it_lacks(tmp_path: Path) -> None:
    path = workbook(tmp_path / "pink.xlsx", "Monthly Prices", PINK)
    with pytest.raises(DataError, match="COBALT"):
        world_bank.load_pink_sheet(path, {"COBALT"})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"<html>"])
def test_broken_workbooks_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.xlsx"):
        world_bank.load_pink_sheet(path)


def test_salient_units_come_from_the_column_names(tmp_path: Path) -> None:
    path = text(
        tmp_path / "mcs2025-cobal_salient.csv",
        "\ufeffDataSource,Commodity,Year,Imports_t,Price_Spot_dlb,NIR_pct\n"
        "MCS2025,Cobalt,2023,W,17.20,>75\nMCS2025,Cobalt,2024,Less than ½ unit.,17,E\n",
    )
    table = usgs_mcs.load_salient(path).set_index(["series", "year"])
    assert table.loc[("Price_Spot_dlb", 2023), "unit"] == "USD/lb"
    assert table.loc[("Price_Spot_dlb", 2024), "qualifier"] == "estimated"
    assert table.loc[("Imports_t", 2023), "qualifier"] == "withheld"
    assert table.loc[("NIR_pct", 2023), "lower"] == 75
    assert table.loc[("NIR_pct", 2024), "qualifier"] == "net_exporter"
    assert set(table["dataset"]) == {"usgs-mcs-2025-cobal"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cobalt.csv", "Commodity,Year\n", "expected a name like"),
        ("mcs2025-x_salient.csv", "Commodity,Jahr\n", "'Year'"),
        ("mcs2025-x_salient.csv", "Commodity,Year,A_t\nX,20x4,1\n", "'20x4' is not a year"),
        ("mcs2025-x_salient.csv", "Commodity,Year,A_t\nX,2024,many\n", "cannot read 'many'"),
        ("mcs2025-x_salient.csv", "Commodity,Year,A_t\nX,2024,1\nX,2024,2\n", "more than once"),
    ],
)
def test_salient_files_of_other_shapes_are_refused(tmp_path, name, content, reason) -> None:
    with pytest.raises(DataError, match=reason):
        usgs_mcs.load_salient(text(tmp_path / name, content))


WORLD = (
    "SOURCE,COMMODITY,COUNTRY,TYPE,UNIT_MEAS,PROD_2023,PROD_EST_ 2024,RESERVES_2024\n"
    "MCS2025,Gallium ,China,Primary production,kilograms,600000,750000,\n"
    'MCS2025,Lead,World total (rounded),"Mine production, lead content",'
    "thousand metric tons,4490,4300,96000\n"
)


def test_world_table_comes_in_tonnes(tmp_path: Path) -> None:
    table = usgs_mcs.load_world(text(tmp_path / "world.csv", WORLD))
    china = table[(table["country"] == "CHN") & (table["year"] == 2024)]
    assert china["value"].item() == 750
    assert china["qualifier"].item() == "estimated"
    lead = table[(table["country"] == "WLD") & table["series"].str.startswith("reserves")]
    assert lead["value"].item() == 96e6


def test_world_table_refuses_unknown_countries(tmp_path: Path) -> None:
    path = text(tmp_path / "world.csv", WORLD.replace("China", "Atlantis"))
    with pytest.raises(DataError, match="row 2: unknown country 'Atlantis'"):
        usgs_mcs.load_world(path)


COMBINED = (
    "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,"
    "Is critical mineral 2025,Other notes\n"
    "Cobalt,Salient,Cobalt,United States,Price,LME cash,dollars per pound,2025,15.2,,Yes,\n"
    "Cobalt,World,Cobalt,Congo (Kinshasa),Mine production,,metric tons,2025e,230000,,Yes,\n"
)


def test_combined_layout_of_2026(tmp_path: Path) -> None:
    read = usgs_combined.load_combined(text(tmp_path / "mcs2026.csv", COMBINED))
    assert (read.kept, read.mended, read.refused) == (2, 0, 0)
    assert set(read.table["dataset"]) == {"usgs-mcs-2026-combined"}
    congo = read.table[read.table["country"] == "COD"]
    assert (congo["value"].item(), congo["qualifier"].item()) == (230_000, "estimated")
    assert "Salient: Price: LME cash" in set(read.table["series"])


@pytest.mark.parametrize(
    ("old", "new", "reason", "example"),
    [
        ("Congo (Kinshasa)", "Elbonia", "not one known country", "row 3: Cobalt, : 'Elbonia'"),
        ("2025e", "soon", "not a year", "'soon'"),
        ("2025e", "2021–24", "a period of several years", "'2021–24'"),
        ("15.2", "cheap", "not a figure", "row 2: Cobalt, LME cash: 'cheap'"),
        ("15.2", '"1,5"', "not a figure", "'1,5'"),
    ],
)
def test_combined_layout_counts_what_it_refuses(tmp_path, old, new, reason, example) -> None:
    path = text(tmp_path / "mcs2026.csv", COMBINED.replace(old, new, 1))
    read = usgs_combined.load_combined(path)
    assert (read.kept, read.refused, read.reasons) == (1, 1, {reason: 1})
    assert example in read.examples[reason]


PIGMENT = (
    "Titanium,Salient,TiO2 Pigment,United States,Price,Price,dollars per metric ton,2025,"
    "3200,,Yes,\n"
)


def test_labels_doubled_by_case_or_unit_are_told_apart(tmp_path: Path) -> None:
    same = PIGMENT.replace("TiO2", "Tio2")
    read = usgs_combined.load_combined(text(tmp_path / "a.csv", COMBINED + PIGMENT + same))
    assert (read.kept, read.mended, read.refused) == (3, 1, 0)
    other = same.replace("3200", "3300")
    read = usgs_combined.load_combined(text(tmp_path / "b.csv", COMBINED + PIGMENT + other))
    assert (read.kept, read.refused) == (2, 2)
    assert read.reasons == {"two figures under one label": 2}
    unit = other.replace("metric ton", "short ton")
    read = usgs_combined.load_combined(text(tmp_path / "c.csv", COMBINED + PIGMENT + unit))
    assert (read.kept, read.refused) == (4, 0)
    assert "Salient: Price: Price [dollars per short ton]" in set(read.table["series"])


def test_combined_layout_reads_words_ranges_and_marks(tmp_path: Path) -> None:
    rows = COMBINED.replace("230000", "Large").replace("15.2,,", "14–16,,")
    mark = PIGMENT.replace("3200,,", "s,Less than ½ unit.,")
    path = tmp_path / "mcs2026.csv"
    path.write_bytes((rows + mark).encode("cp1252"))
    read = usgs_combined.load_combined(path)
    assert sorted(read.table["qualifier"]) == ["below", "described", "range"]
    assert read.mended == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (COMBINED.replace("Statistics_detail", "Detail"), "Statistics_detail"),
        (COMBINED.split("\n")[0] + "\n", "no row can be read"),
        (COMBINED.replace("15.2", "x").replace("230000", "y"), "no row can be read"),
    ],
)
def test_combined_files_without_figures_are_refused(tmp_path, content, reason) -> None:
    with pytest.raises(DataError, match=reason):
        usgs_combined.load_combined(text(tmp_path / "mcs2026.csv", content))


def test_the_real_combined_file_loads_whole(raw: Path) -> None:
    path = raw / "usgs-mcs-2026" / "usgs_mcs2026_commodities_data.csv"
    read = usgs_combined.load_combined(path)
    assert read.kept + read.refused == 8_886
    assert read.kept >= 8_100
    assert read.reasons["a period of several years"] == 720
    gallium = read.table.query("commodity == 'gallium' and year == 2024")
    assert 439 in set(gallium["value"])


SHEET = (
    "NICKEL STATISTICS1\nU.S. GEOLOGICAL SURVEY\n"
    "[All values are in metric tons (t) nickel content unless otherwise noted]\n"
    "Last modification: May 2022\n"
    "Year\tPrimary production\tUnit value ($/t)\tUnit value (98$/t)\tWorld production\n"
    "2018\tW\t13100\t8500\t2400000\n2019\tW\t13900\t8900\t2610000\n"
    "2019\tW\t13800\t8700\t2510000\nNA Not available.\n"
)


def test_sheets_of_data_series_140(tmp_path: Path) -> None:
    read = usgs_ds140.load_sheet(text(tmp_path / "nickel.tsv", SHEET), "nicke")
    value = read.table[read.table["series"] == "unit_value: nickel content"]
    # 2019 stands twice: the second is 2020.
    assert dict(zip(value["year"], value["value"], strict=True)) == {
        2018: 13_100,
        2019: 13_900,
        2020: 13_800,
    }
    assert read.reasons == {"a year printed twice is the next": 1}
    world = read.table[read.table["series"] == "world_production"]
    assert (world["country"].unique().tolist(), world["year"].max()) == (["WLD"], 2020)
    assert set(read.table["dataset"]) == {"usgs-ds140-nicke"}


def test_workbooks_with_a_year_printed_twice(tmp_path: Path) -> None:
    rows = [
        ["NICKEL STATISTICS1"],
        ["Year", "World production"],
        [2018, 2_400_000],
        [2019, 2_610_000],
        [2019, 2_510_000],
    ]
    table = usgs_ds140.load_workbook(workbook(tmp_path / "n.xlsx", "Nickel", rows))
    assert table["year"].tolist() == [2018, 2019, 2020]


def test_numbers_that_became_dates_are_counted(tmp_path: Path) -> None:
    path = text(tmp_path / "ilmenite.tsv", SHEET.replace("13100", "24.03.21"))
    read = usgs_ds140.load_sheet(path, "ilmen")
    assert read.reasons["a number that a spreadsheet made a date"] == 1
    assert read.refused == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Year\t", "Jahr\t", "'Year'"),
        ("U.S. GEOLOGICAL SURVEY", "ACME", "publisher"),
        ("Unit value ($/t)\tUnit value (98$/t)\tWorld production", "A\tB\tC", "no figure"),
    ],
)
def test_sheets_of_other_shapes_are_refused(tmp_path, old, new, reason) -> None:
    content = SHEET.replace(old, new).replace("Primary production", "Stocks")
    with pytest.raises(DataError, match=reason):
        usgs_ds140.load_sheet(text(tmp_path / "sheet.tsv", content), "nicke")


@pytest.mark.parametrize(
    ("line", "of"),
    [
        (
            "[All values are in metric tons (t) gallium content unless otherwise noted]",
            "gallium content",
        ),
        ("[All values in metric tons (t) gross weight unless otherwise noted]", "gross weight"),
        (
            "[All values are in metric tons (t) of magnesium oxide content unless otherwise noted]",
            "magnesium oxide content",
        ),
        (
            "[All values in metric tons (t) hafnium content unless otherwise noted]\t\t",
            "hafnium content",
        ),
        ("Last modification", ""),
    ],
)
def test_the_basis_of_a_sheet_stands_in_its_third_line(line: str, of: str) -> None:
    assert usgs_ds140.basis(line) == of


PAGES = (
    "oxide,purity,year,basis,low,high,value_usd_per_kg,source\n"
    "neodymium,99.5% min,2011,yearend range,190,200,,USGS MCS 2016\n"
    "neodymium,99.5% min,2014,annual average,,,63,USGS MCS 2019\n"
    "neodymium,99.5% min,2018,annual average (2018 estimated),,,50,USGS MCS 2019\n"
    "neodymium,99%,2007,annual average FOB China,,,30.24,Lynas price page\n"
)


def test_typed_pages_keep_averages_only(tmp_path: Path) -> None:
    read = price_pages.load_pages(text(tmp_path / "reo.csv", PAGES))
    assert (read.kept, read.refused) == (3, 1)
    assert read.reasons == {"a quote of the year's end, not an average": 1}
    lynas = read.table[read.table["dataset"] == "lynas-pages"]
    assert lynas[["year", "value", "unit"]].to_numpy().tolist() == [[2007, 30.24, "USD/kg"]]
    assert set(read.table["qualifier"]) == {"", "estimated"}


def test_typed_pages_drop_estimates_that_were_replaced_and_prices_of_one_company(
    tmp_path: Path,
) -> None:
    metals = (
        "metal,year,usd_per_troy_oz,estimated,source\n"
        "palladium,2019,1500.00,yes,USGS MCS 2020\npalladium,2019,1544.31,no,USGS MCS 2023\n"
    )
    read = price_pages.load_pages(text(tmp_path / "pgm.csv", metals))
    assert read.table["value"].tolist() == [1544.31]
    compiled = (
        "mineral,form,year,value,low,high,unit,basis,estimated,source\n"
        "rhodium,metal,2008,6564,,,USD/troy oz,average,no,average prices (Johnson Matthey)\n"
        "rhodium,price achieved by Anglo,2008,5174,,,USD/troy oz,average,no,Anglo\n"
        "scandium,oxide,2017,4600,,,USD/kg,not stated,no,a web page\n"
    )
    read = price_pages.load_pages(text(tmp_path / "more.csv", compiled))
    assert (read.kept, read.refused, read.table["value"].item()) == (1, 2, 6564)
    with pytest.raises(DataError, match="no layout"):
        price_pages.load_pages(text(tmp_path / "x.csv", "a,b\n1,2\n"))


def edition(country: str, year: int, volume: object, multiplier: int = 1) -> dict[str, object]:
    return {
        "country": country,
        "year": year,
        "production_volume": volume,
        "unit": "metric tons",
        "multiplier": multiplier,
    }


def test_editions_are_cleaned_and_accounted_for(tmp_path: Path) -> None:
    rows = [edition("Congo (Kinshasa)", y, 100.0 + y - 2015) for y in range(2015, 2020)]
    rows += [edition("Zambi", 2015, 5.0)]  # lost its last letter
    rows += [edition("Canada", y, 0.02, 1000) for y in range(2015, 2020)]
    rows += [edition("Canada", 2015, 3.0)]  # another table
    rows += [edition("China   content of zinc ores are not available.", 2015, 40.0)]  # a remark
    rows += [edition("United States W W", 2015, 9e6)]  # reserves slid into production
    rows += [edition("World total (rounded)", 2015, 500.0)]
    rows += [edition("price table continued below", 2015, 1.0), edition("Chile", 2016, None)]
    rows += [edition("Finland", y, 10.0) for y in (2015, 2016, 2017)]
    rows += [edition("Finland", 2018, 900.0)]  # out of line
    path = tmp_path / "cobalt_data_2015_2019.json"
    path.write_text(json.dumps(rows))
    cleaned = usgs_editions.load_editions(path)
    assert cleaned.kept + cleaned.refused == len(rows)
    assert cleaned.kept == 15
    assert cleaned.mended == 2
    assert sum(cleaned.reasons.values()) == cleaned.refused == 6
    zambia = cleaned.table[cleaned.table["country"] == "ZMB"]
    assert zambia["qualifier"].item() == "mended"
    assert zambia["year"].item() == 2014
    assert zambia["dataset"].item() == "usgs-mcs-2015"
    assert cleaned.table.loc[cleaned.table["country"] == "CHN", "value"].item() == 40.0
    canada = cleaned.table[cleaned.table["country"] == "CAN"]
    assert canada["value"].tolist() == [20.0] * 5


def test_editions_in_another_unit_are_brought_to_tonnes(tmp_path: Path) -> None:
    rows = [
        edition("China", y, v) for y, v in ((2018, 400.0), (2019, 410_000.0), (2020, 420_000.0))
    ]
    path = tmp_path / "gallium_data_2018_2020.json"
    path.write_text(json.dumps(rows))
    table = usgs_editions.load_editions(path, tonnes_in_latest=420.0).table
    assert table["value"].tolist() == [400.0, 410.0, 420.0]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"country": "Chile"}]'])
def test_editions_of_other_shapes_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match="tin_data"):
        usgs_editions.load_editions(text(tmp_path / "tin_data_1.json", content))


def test_ds140_workbook(tmp_path: Path) -> None:
    rows = [
        ["TIN STATISTICS1"],
        ["U.S. GEOLOGICAL SURVEY"],
        ["Year", "Production", "Unit value ($/t)", "World production"],
        [1900, "NA", 659, 85_000],
        [1901, "W", "NA", 86_000],
        ["1Compiled by nobody."],
    ]
    table = usgs_ds140.load_workbook(workbook(tmp_path / "tin.xlsx", "Tin", rows))
    assert set(table["dataset"]) == {"usgs-ds140-tin"}
    assert table.loc[table["series"] == "unit_value", "value"].tolist() == [659]
    assert table.loc[table["series"] == "us_production", "qualifier"].tolist() == ["withheld"]
    with pytest.raises(DataError, match="STATISTICS"):
        usgs_ds140.load_workbook(workbook(tmp_path / "odd.xlsx", "x", [["Year", "Value"]]))


def test_ds140_series_refuses_prices_that_are_not_positive(tmp_path: Path) -> None:
    header = "year,commodity,series,value,unit\n"
    with pytest.raises(DataError, match="row 3: unit_value '-5' is not positive"):
        usgs_ds140.load_series(
            text(
                tmp_path / "s.csv",
                header + "1950,tin,unit_value,5,USD\n1951,tin,unit_value,-5,USD\n",
            )
        )


EVENT = "announced,effective,ended,country,minerals,measure,note,source\n"


def test_events_are_split_by_mineral_and_scope(tmp_path: Path) -> None:
    rows = (
        "2023-07-03,2023-08-01,,CHN,gallium;germanium,export licence,all,MOFCOM\n"
        "2020-01-01,2020-01-01,,IDN,nickel,export ban,nickel-ore ban,ESDM\n"
    )
    table = supply_events.load_events(text(tmp_path / "e.csv", EVENT + rows))
    assert table["mineral"].tolist() == ["nickel", "gallium", "germanium"]
    assert table["scope"].tolist() == ["ore", "all", "all"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2023-08-01,2023-07-03,,CHN,tin,export ban,n,s", "effective 2023-07-03 before announced"),
        ("2023-13-01,2023-07-03,,CHN,tin,export ban,n,s", "row 2"),
        ("2023-07-01,2023-07-03,,XXX,tin,export ban,n,s", "unknown country code 'XXX'"),
        ("2023-07-01,2023-07-03,,CHN,tin,embargo,n,s", "unknown measure 'embargo'"),
        ("2023-07-01,2023-07-03,,CHN,tin,export ban,n,", "no source"),
    ],
)
def test_bad_events_are_refused(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        supply_events.load_events(text(tmp_path / "e.csv", EVENT + row + "\n"))


def test_cpi(tmp_path: Path) -> None:
    cpi = text(tmp_path / "cpi.csv", "Date,Index\n2020-01-01,258\n2020-13-01,259\n")
    with pytest.raises(DataError, match="row 3: '2020-13-01' is not a date"):
        drivers.load_cpi(cpi)


def test_elasticities(tmp_path: Path) -> None:
    head = "Parameter,Publication,Method,Steel,Al,Cu,Au,Pb,Ni,Ag,Sn,Zn,Degrees of freedom,Years,Notes\n"
    row = 'Demand elasticity to price,A (1990),"OLS, short run",,-0.1,none,,,,,,,12,1960-1988,x\n'
    table = elasticities.load_elasticities(text(tmp_path / "t.csv", head + row))
    assert table[["metal", "value", "run"]].to_numpy().tolist() == [["aluminum", -0.1, "short"]]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Congo (Kinshasa)", "COD"),
        ("Congo (Brazzaville)", "COG"),
        ("Korea, Republic of", "KOR"),
        ("Burma", "MMR"),
        ("Turkey", "TUR"),
        ("Zambia", "ZMB"),
        ("World total (rounded)", "WLD"),
        ("Other countries", "ROW"),
        ("New Caledonia", "NCL"),
        ("Narnia", None),
    ],
)
def test_country_names(name: str, code: str | None) -> None:
    assert iso3(name) == code


def test_guesses_mend_names_but_do_not_invent() -> None:
    assert guess_iso3("Greec") == "GRC"
    assert guess_iso3("Zimbabw") == "ZWE"
    assert guess_iso3("than the revised world primary production") is None
    assert guess_iso3("Nig") is None


def test_files_that_are_missing_say_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        drivers.load_gdp(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="not a readable CSV"):
        drivers.load_gdp(text(tmp_path / "empty.csv", ""))


def test_gdp_and_electric_vehicles(tmp_path: Path) -> None:
    gdp = text(tmp_path / "g.csv", "Country Name,Country Code,Year,Value\nWorld,WLD,2020,8.5e13\n")
    assert drivers.load_gdp(gdp)["value"].tolist() == [8.5e13]
    ev = text(
        tmp_path / "ev.csv",
        "region,category,parameter,mode,powertrain,year,unit,value\n"
        "World,Historical,EV sales,Cars,BEV,2020,Vehicles,2000000\n",
    )
    table: pd.DataFrame = drivers.load_ev(ev)
    assert table["series"].tolist() == ["Historical: EV sales: Cars: BEV"]


COSTS = "mineral,country,name,year,kind,value,unit,source\n"


def test_cost_points_come_per_tonne_of_element(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(COSTS + "lithium,CHL,a,2023,average,4000,USD/t,report\n")
    table = costs.load_cost_points(path)
    assert table["value"].item() == pytest.approx(4000 / get_mineral("lithium").content)
    assert table["unit"].item() == "USD/t"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("lithum,CHL,a,2023,average,4000,USD/t,r", "unknown mineral 'lithum'"),
        ("lithium,XXX,a,2023,average,4000,USD/t,r", "unknown country code 'XXX'"),
        ("lithium,CHL,a,2023,typical,4000,USD/t,r", "kind 'typical'"),
        ("lithium,CHL,a,2023,average,-1,USD/t,r", "not positive"),
        ("lithium,CHL,a,2023,average,much,USD/t,r", "could not convert"),
    ],
)
def test_bad_cost_points_are_refused(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(COSTS + row + "\n")
    with pytest.raises(DataError, match=reason):
        costs.load_cost_points(path)


def test_only_reported_deposits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "Deposit.csv"
    path.write_text(
        "Country,Deposit_Name,cost1_noTax,cost_expansion,max_prod_rate,cost_source\n"
        "Chile,A,20000,50000,10,Report\n"
        "Chile,B,20000,50000,10,Quantile\n"
    )
    table = costs.load_lithium_deposits(path)
    assert list(table["name"]) == ["A"]
    assert table["value"].item() == pytest.approx(20000 + costs.CAPITAL_CHARGE * 50000)
    assert table["capacity"].item() == pytest.approx(1879)
    path.write_text(path.read_text().replace("Chile,A", "Atlantis,A"))
    with pytest.raises(DataError, match="'Atlantis' is not the name of a country"):
        costs.load_lithium_deposits(path)


def test_the_same_measure_in_two_tables_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "announced,effective,ended,country,minerals,measure,note,source\n"
        "2014-01-12,2014-01-12,,IDN,nickel,export ban,ore ban,ESDM\n"
    )
    table = supply_events.load_events(path)
    with pytest.raises(DataError, match="two tables"):
        supply_events.joined([table, table])
