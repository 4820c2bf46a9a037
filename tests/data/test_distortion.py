"""Prices inside and outside, taxes, quotas and countervailing rates, against the pages they are from."""

import math
from pathlib import Path

import pandas as pd
import pytest

from critmin.data import load
from critmin.data.distortion import countervailing, quotas, taxes, wedges
from critmin.data.exchange import exchange_rate
from critmin.data.loaders.distortion import INSIDE, KINDS, VAT, load_wedges, vat_rate
from critmin.data.loaders.supply_events import with_stages
from critmin.data.tables import export_taxes, readings, readings_account
from critmin.exceptions import DataError, UnknownNameError
from critmin.mineral import registry

POUND = 0.45359237e-3


def pair(mineral: str, date: str, place: str) -> pd.Series:
    found = wedges(mineral).query("date == @date and outside_place == @place")
    assert len(found) == 1, found
    return found.iloc[0]


# Mineral, date, place; inside and outside as printed, in USD per tonne of element.
PRINTED = [
    ("gallium", "2023-10-18", "Europe", 269_950, 475_000),
    ("gallium", "2023-09-22", "Rotterdam", (277 + 292) / 2 * 1000, 425_000),
    ("bismuth", "2025-03-21", "Rotterdam", (20_719 + 22_100) / 2, 33 / POUND),
    ("antimony", "2017-09-27", "Rotterdam", (7879 + 8030) / 2, 8250),
    ("antimony", "2024-11-19", "Rotterdam", 19_479.17, 38_000),
    ("antimony", "2025-04-18", "Rotterdam", 31_509, 59_000),
    ("graphite", "2020-03-17", "fob", (451.69 + 501.87) / 2, 555),
    ("lithium", "2020-03-19", "cif China", 6_040 / 0.18787, 9_250 / 0.18787),
    ("tungsten", "2022-05-19", "Rotterdam", 330 * 100 / 0.793, 351 * 100 / 0.793),
    ("samarium", "2011-10-01", "fob", 17_140 / 0.8624, 120_000 / 0.8624),
    ("yttrium", "2025-12-01", "Rotterdam", 6_500 / 0.7874, 350_000 / 0.7874),
]


@pytest.mark.parametrize(("mineral", "date", "place", "inside", "outside"), PRINTED)
def test_pairs_are_those_printed(mineral, date, place, inside, outside) -> None:
    row = pair(mineral, date, place)
    assert row["inside"] == pytest.approx(inside, rel=1e-6)
    assert row["outside"] == pytest.approx(outside, rel=1e-6)
    assert row["log_wedge"] == pytest.approx(math.log(outside / inside), abs=1e-6)


def test_tax_is_taken_off_where_it_is_known_to_be_in() -> None:
    vanadium = pair("vanadium", "2020-06-15", "Europe")
    rate = float(exchange_rate("CNY", 2020))
    assert vanadium["inside"] == pytest.approx(120_000 / rate / 1.13 / 0.5602)
    assert vanadium["vat_doubt"] == 0
    # The page prints the European price as 84,300 to 99,600 CNY/t without tax, 92,000 to compare.
    assert math.exp(vanadium["log_wedge"]) == pytest.approx(91_950 / (120_000 / 1.13), rel=0.03)


def test_the_doubt_about_tax_has_the_rate_of_its_date() -> None:
    assert pair("indium", "2018-04-27", "world")["vat_doubt"] == pytest.approx(math.log(1.17))
    assert pair("indium", "2018-06-29", "world")["vat_doubt"] == pytest.approx(math.log(1.16))
    assert pair("tungsten", "2025-12-12", "Rotterdam")["vat_doubt"] == pytest.approx(math.log(1.13))
    assert pair("bismuth", "2024-07-04", "Rotterdam")["vat_doubt"] == 0


@pytest.mark.parametrize(
    ("date", "rate"),
    [
        ("2012-01-01", 0.17),
        ("2018-04-30", 0.17),
        ("2018-05-01", 0.16),
        ("2019-03-31", 0.16),
        ("2019-04-01", 0.13),
        ("2025-12-31", 0.13),
    ],
)
def test_value_added_tax_by_date(date: str, rate: float) -> None:
    assert vat_rate(export_taxes(), date) == rate


def test_a_date_before_the_table_of_taxes_is_refused() -> None:
    with pytest.raises(DataError, match="1999"):
        vat_rate(export_taxes(), "1999-01-01")


def test_calm_years_show_tax_and_freight_and_controls_show_more() -> None:
    table = wedges().query("weight >= 0.5 and inside_place == 'domestic'")
    calm = table.query("date < '2023-07-01' and date >= '2015-01-01' and mineral != 'lithium'")
    assert calm["log_wedge"].between(-0.2, 0.2).all()
    antimony = table.query("mineral == 'antimony' and date >= '2024-09-15'")
    assert (antimony["log_wedge"] > 0.6).all()
    quota_years = table.query("date < '2012-01-01' and mineral in ('cerium', 'lanthanum')")
    assert (quota_years["log_wedge"] > 1.2).all()


def test_every_pair_is_classed_and_counted() -> None:
    table = wedges()
    assert set(table["vat"]) == set(VAT)
    assert set(table["inside_place"]) == set(INSIDE)
    assert set(table["inside_kind"]) | set(table["outside_kind"]) == set(KINDS)
    assert table["weight"].between(0.05, 1).all()
    assert table["pages"].isin((1, 2)).all()
    assert (table.loc[table["inside_place"] == "fob", "vat"] == "none").all()
    assert (table.loc[table["pages"] == 2, "weight"] <= 0.5).all()
    assert table["address"].str.startswith("http").all()
    # Asks for what is left outside weigh next to nothing.
    thin = table["doubts"].str.contains("under 1%")
    assert table.loc[thin, "weight"].max() <= 0.3
    account = readings_account("wedge-readings")
    assert account["kept"] == len(table) == 85
    assert account.sum() == 89
    assert account["only a ratio or a change printed"] == 3


def test_quotas_are_those_of_the_notices() -> None:
    earths = quotas("rare_earths").query("kind == 'export'").set_index("year")["value"]
    assert earths.loc[[2005, 2009, 2010, 2011, 2012]].tolist() == [
        50_000,
        50_145,
        30_258,
        30_184,
        30_996,
    ]
    assert earths.loc[2009] == 15_043 + 18_257 + 6_685 + 10_160
    mining = quotas("rare_earths").query("form == 'mining, REO'").set_index("year")["value"]
    assert mining.loc[2024] == 270_000
    # The figure of 2023 was printed before the year's last batch.
    assert 2023 not in mining.index
    cobalt = quotas("cobalt").set_index("year")["value"]
    assert cobalt.to_dict() == {2025: 18_125, 2026: 96_600, 2027: 96_600}
    assert quotas("indium").set_index("year")["value"].loc[2012] == 231
    assert set(quotas()["mineral"]) - set(registry()) <= {"rare_earths", "bauxite"}


def test_duties_and_rebates() -> None:
    table = taxes()
    assert table["rate"].between(0, 1).all()
    assert set(table["kind"]) == {"vat", "export VAT rebate", "export duty", "export levy"}
    duty = table.query("kind == 'export duty' and mineral == 'neodymium' and form == 'oxide'")
    assert duty[["since", "rate"]].values.tolist() == [["2008-01-01", 0.15], ["2011-01-01", 0.25]]
    assert (table["until"].eq("") | (table["until"] >= table["since"])).all()
    assert table["source"].str.len().gt(4).all()
    duty = table.query("kind == 'export duty'").sort_values("since")
    for _, rows in duty.groupby(["mineral", "form"]):
        assert (rows["since"].iloc[1:].values > rows["until"].iloc[:-1].values).all()


def test_rates_that_punish_are_left_out() -> None:
    table = countervailing()
    assert table["value"].max() < 0.6
    assert not table["country"].isin({"KAZ", "LAO", "THA"}).any()
    sheet = table.query("form == 'common alloy sheet'")
    assert sheet["value"].item() == 0.5075
    account = readings_account("countervailing-readings")
    assert account["adverse facts"] == 5
    assert account["kept"] == len(table)


def test_events_have_a_stage_and_what_they_allow() -> None:
    events = load("critmin-events")
    assert set(events["stage"]) == {"mined", "refined"}
    assert (events.loc[events["scope"] == "ore", "stage"] == "mined").all()
    gallium = events.query("mineral == 'gallium' and effective == '2023-08-01'")
    assert gallium["stage"].item() == "refined"
    cobalt = events.query("country == 'COD' and measure == 'export quota' and mineral == 'cobalt'")
    assert cobalt[["allowed", "allowed_year", "stage"]].values.tolist() == [
        ["96600", "2026", "mined"]
    ]
    earths = events.query("mineral == 'rare_earths' and effective == '2010-07-08'")
    assert earths["allowed"].item() == "30258"
    levy = events.query("country == 'MMR' and measure == 'export tax'")
    assert levy["scope"].item() == "ore"


STAGES = "effective,country,mineral,measure,stage,allowed,allowed_year\n"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("", "2020-01-01 IDN nickel export ban: no stage"),
        ("2020-01-01,IDN,nickel,export ban,molten,,\n", "stage 'molten' is not known"),
        ("2020-01-01,IDN,nickel,export ban,mined,some,\n", "allowed 'some' is not tonnes"),
        ("2020-01-01,IDN,nickel,export ban,mined,,\n" * 2, "given twice"),
        (
            "2020-01-01,IDN,nickel,export ban,mined,,\n2020-01-01,IDN,tin,export ban,mined,,\n",
            "tin export ban: a stage, no event",
        ),
    ],
)
def test_events_and_stages_must_match(tmp_path: Path, rows: str, reason: str) -> None:
    events = pd.DataFrame(
        {
            "effective": ["2020-01-01"],
            "country": ["IDN"],
            "mineral": ["nickel"],
            "measure": ["export ban"],
            "note": [""],
            "source": ["law"],
        }
    )
    path = tmp_path / "stages.csv"
    path.write_text(STAGES + rows, encoding="utf-8")
    with pytest.raises(DataError, match=reason):
        with_stages(events, path)


def test_an_unknown_mineral_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'gallium'"):
        wedges("galium")
    with pytest.raises(UnknownNameError, match="'indium'"):
        quotas("indum")


def test_a_reading_whose_numbers_are_not_in_its_row_is_refused(raw: Path) -> None:
    table = readings("wedge-readings")
    table.loc[0, "inside_low"] = "1234"
    table.loc[1, "vat"] = "perhaps"
    with pytest.raises(DataError, match="row 2: '1234' does not stand in the row") as caught:
        load_wedges(raw / "compiled", table, exchange_rate, export_taxes())
    assert "row 3: vat 'perhaps' is none of" in str(caught.value)
    with pytest.raises(DataError, match=r"price-wedges.csv row 2: nobody has read it yet"):
        load_wedges(raw / "compiled", table.iloc[1:], exchange_rate, export_taxes())
