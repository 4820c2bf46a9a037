"""Trade: read whole, coded by hand, traced through transit places."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from critmin.data import load
from critmin.data.loaders.baci import CODES, load_baci
from critmin.data.loaders.comtrade import load_imports
from critmin.data.loaders.export_volumes import load_monthly, load_volumes, months
from critmin.data.tables import export_controls, trade_codes
from critmin.data.trade import EU, load_trade
from critmin.data.transit import PLACES, transit_places, without_transit
from critmin.data.volumes import export_volumes
from critmin.exceptions import CritminError, DataError, UnknownNameError

KEYS = ["mineral", "stage", "year", "exporter", "importer"]
COUNTRIES = (
    "country_code,country_name,country_iso2,country_iso3\n"
    '152,Chile,CL,CHL\n392,Japan,JP,JPN\n516,Namibia,,NAM\n490,"Other Asia, nes",,S19\n'
)


def net(flows: pd.DataFrame) -> pd.Series:
    sold = flows.groupby("exporter")["value"].sum()
    return sold.sub(flows.groupby("importer")["value"].sum(), fill_value=0.0)


@pytest.fixture
def countries(tmp_path: Path) -> Path:
    path = tmp_path / "countries.csv"
    path.write_text(COUNTRIES)
    return path


def test_world_totals_are_those_of_the_raw_file(raw: Path) -> None:
    table = pd.read_csv(
        raw / "baci-trade/baci_critical_2002_2024.csv.gz", keep_default_na=False, na_values=[""]
    )
    table = table[table["material"].isin(CODES)]
    expected = table.groupby([table["material"].map(CODES), "year"])["value"].sum()
    flows = load_trade()
    got = flows.drop_duplicates(["hs", *KEYS[2:]]).groupby(["hs", "year"])["value"].sum()
    rounding = 500 * flows.groupby(["hs", "year"]).size()
    difference = (got - expected.rename_axis(["hs", "year"])).abs()
    assert (difference <= rounding.reindex(difference.index)).all()
    assert len(got) == 25 * 23


def test_columns_units_and_order() -> None:
    flows = load_trade(["cobalt", "copper"], [2022, 2024])
    assert set(flows["year"]) == {2022, 2024}
    assert not flows.duplicated(KEYS).any()
    assert flows.equals(flows.sort_values(KEYS, ignore_index=True))
    assert set(flows["stage"]) <= {"mined", "refined"}
    assert flows.attrs["units"]["value"].startswith("USD")
    assert (flows["value"] > 0).all()
    assert flows.loc[flows["year"] == 2022, "tonnes"].isna().all()
    assert flows.loc[flows["year"] == 2024, "tonnes"].notna().mean() > 0.8


def test_what_one_caller_writes_into_trade_no_other_sees() -> None:
    flows = load_trade("lithium", 2024)
    flows.loc[:, "value"] = 0.0
    assert load_trade("lithium", 2024)["value"].sum() == pytest.approx(3.774e9, rel=1e-3)


def test_weight_of_japans_lithium_is_what_its_customs_printed() -> None:
    flows = load_trade("lithium", 2024).query("importer == 'JPN'").set_index("exporter")
    assert flows.loc["CHL", "customs_tonnes"] == 5143.194
    assert flows.loc["ARG", "customs_tonnes"] == 4431.8
    assert flows.loc["CHL", "customs_value"] == pytest.approx(137_282_200, abs=500)


def test_a_bundle_is_one_trade_under_several_names() -> None:
    gallium, indium = load_trade("gallium", 2024), load_trade("indium", 2024)
    assert set(gallium["clean"]) == {"bundle"}
    assert gallium["value"].tolist() == indium["value"].tolist()


@pytest.mark.parametrize("mineral", ["neodymium", "bismuth", "tellurium", "tin"])
def test_a_mineral_without_code_says_no_data(mineral: str) -> None:
    with pytest.raises(DataError, match=f"no data: trade of {mineral}"):
        load_trade(mineral)


def test_bad_names_and_years_are_refused_with_help() -> None:
    with pytest.raises(UnknownNameError, match="lithium"):
        load_trade("lithum")
    with pytest.raises(CritminError, match="2002 to 2024, got 1999"):
        load_trade("lithium", 1999)
    with pytest.raises(CritminError, match=r"got 2024\.5"):
        load_trade("lithium", 2024.5)  # type: ignore[arg-type]
    with pytest.raises(CritminError, match="a name or several"):
        load_trade(5)  # type: ignore[arg-type]
    with pytest.raises(CritminError, match="True"):
        load_trade("lithium", True)
    with pytest.raises(CritminError, match="corrected"):
        load_trade("lithium", transit="yes")  # type: ignore[arg-type]


def test_codes_are_whole() -> None:
    table = trade_codes()
    assert not table.duplicated(["hs", "mineral"]).any()
    assert set(table["clean"]) == {"yes", "part", "other form", "bundle", "none"}
    assert (table["hs"] == "").equals(table["clean"] == "none")
    assert set(table.loc[table["hs"] != "", "hs"]) == set(CODES.values())
    assert (table["note"] != "").all()
    assert table.loc[table["clean"] == "bundle", "hs"].unique().tolist() == ["811292"]


@pytest.mark.parametrize(
    ("mineral", "clean"),
    [
        ("graphite", "other form"),  # flake is 250410
        ("cobalt", "other form"),
        ("tungsten", "other form"),
        ("antimony", "other form"),
        ("vanadium", "other form"),
        ("gallium", "bundle"),
        ("dysprosium", "none"),
        ("bismuth", "none"),
        ("copper", "yes"),
    ],
)
def test_what_a_code_is_worth(mineral: str, clean: str) -> None:
    assert trade_codes().set_index("mineral").loc[mineral, "clean"] == clean


def test_transit_places_of_a_code() -> None:
    assert transit_places("283691") == tuple(sorted(PLACES))
    assert {"NAM", "ZMB"} <= set(transit_places("282200"))
    assert "BEL" not in transit_places("282200")
    flows = load_trade("cobalt", 2024)
    assert set(flows.loc[flows["transit"], "exporter"]) <= set(transit_places("282200"))


def test_half_of_a_stores_sales_come_from_each_of_its_two_sources() -> None:
    flows = pd.DataFrame(
        [("CHL", "NLD", 10.0), ("ARG", "NLD", 30.0), ("NLD", "DEU", 20.0), ("NLD", "CHL", 4.0)],
        columns=["exporter", "importer", "value"],
    ).assign(hs="283691", year=2024)
    traced = without_transit(flows).set_index(["exporter", "importer"])["value"]
    assert traced.to_dict() == pytest.approx(
        {("CHL", "DEU"): 5.0, ("ARG", "DEU"): 15.0, ("ARG", "CHL"): 3.0, ("CHL", "NLD"): 4.0}
        | {("ARG", "NLD"): 12.0}
    )


def test_what_a_store_sells_beyond_its_purchases_stays_its_own() -> None:
    flows = pd.DataFrame(
        [("CHL", "SGP", 10.0), ("SGP", "JPN", 40.0)], columns=["exporter", "importer", "value"]
    ).assign(hs="283691", year=2024)
    traced = without_transit(flows).set_index(["exporter", "importer"])["value"]
    assert traced.to_dict() == pytest.approx({("CHL", "JPN"): 10.0, ("SGP", "JPN"): 30.0})


@pytest.mark.parametrize("mineral", ["copper", "cobalt", "platinum", "nickel", "niobium"])
def test_tracing_keeps_every_countrys_net_exports(mineral: str) -> None:
    recorded = net(load_trade(mineral, 2024))
    traced = net(load_trade(mineral, 2024, transit="corrected"))
    scale = recorded.abs().sum()
    np.testing.assert_allclose(
        traced.reindex(recorded.index).fillna(0.0), recorded, atol=1e-6 * scale
    )


@pytest.mark.parametrize("mineral", ["copper", "cobalt", "platinum", "nickel", "niobium"])
def test_tracing_moves_no_import_but_ones_own_goods_come_home(mineral: str) -> None:
    recorded, traced = (
        load_trade(mineral, 2024, transit=transit) for transit in ("marked", "corrected")
    )
    places = set(transit_places(recorded["hs"].iloc[0]))
    before = recorded.groupby("importer")["value"].sum().drop(list(places), errors="ignore")
    after = traced.groupby("importer")["value"].sum().reindex(before.index).fillna(0.0)
    assert (after <= before * (1 + 1e-6) + 1).all()
    sold = recorded.groupby("exporter")["value"].sum().reindex(before.index).fillna(0.0)
    never = sold == 0  # who sells nothing has no goods to come home
    np.testing.assert_allclose(after[never], before[never], rtol=1e-6, atol=1)
    assert traced["value"].min() > 0


def test_flows_that_stand_twice_are_not_traced() -> None:
    flows = load_trade(["gallium", "indium"], 2024)
    with pytest.raises(DataError, match="more than once"):
        without_transit(flows)


def test_congos_cobalt_goes_to_china_once_the_ports_are_traced() -> None:
    def largest(transit: str) -> str:
        flows = load_trade("cobalt", 2024, transit=transit).query("exporter == 'COD'")
        return flows.set_index("importer")["value"].idxmax()

    assert largest("marked") == "NAM"  # Walvis Bay
    assert largest("corrected") == "CHN"


def test_the_bloc_has_27_members() -> None:
    assert len(EU) == 27
    assert "GBR" not in EU


def test_baci_refuses_what_it_does_not_know(tmp_path: Path, countries: Path) -> None:
    path = tmp_path / "baci.csv"
    head = "year,material,exporter,importer,value,qty\n"
    path.write_text(head + "2024,lithium,NA,JP,20000,\n2024,lithium,TW,JP,9000,3\n")
    table = load_baci(path, countries)
    assert table[["exporter", "value"]].values.tolist() == [["NAM", 20], ["ROW", 9]]
    path.write_text(head + "2024,lithium,XX,JP,20000,\n")
    with pytest.raises(DataError, match="XX"):
        load_baci(path, countries)
    path.write_text(head + "2024,lithium,CL,JP,20000,\n2024,lithium,CL,JP,20000,\n")
    with pytest.raises(DataError, match="twice"):
        load_baci(path, countries)
    path.write_text(head + "2024,gravel,CL,JP,20000,\n")
    with pytest.raises(DataError, match="none of the materials"):
        load_baci(path, countries)


def test_a_broken_down_flow_is_read_by_its_total(tmp_path: Path, countries: Path) -> None:
    path = tmp_path / "comtrade.csv"
    head = "reporter,partner,cmd,flow,value,netwgt\n"
    total = "392,152,283691,M,30000,3000\n"
    parts = "392,152,283691,M,10000,1000\n392,152,283691,M,20000,2000\n"
    path.write_text(head + total + parts + "392,516,283691,M,40000,0\n")
    read = load_imports(path, countries, frozenset({"283691"}), 2024)
    assert read.table[["exporter", "value", "tonnes"]].values.tolist() == [["CHL", 30, 3.0]]
    assert read.refused["no weight"] == 1
    path.write_text(head + parts + total.replace("30000", "23000"))
    with pytest.raises(DataError, match="'broken down without a total': 1"):
        load_imports(path, countries, frozenset({"283691"}), 2024)


def test_periods_as_the_press_writes_them() -> None:
    assert months("2024") == ("2024-01", "2024-12")
    assert months("2015H2") == ("2015-07", "2015-12")
    assert months("2024-08/2024-01") is None


def test_contradicting_figures_of_gallium_both_stay() -> None:
    facts = load("critmin-export-volumes")
    year = facts[
        (facts["form"] == "gallium") & (facts["first"] == "2024-01") & (facts["last"] == "2024-12")
    ]
    assert sorted(year["value"]) == [60880.0, 69440.0]
    row = export_volumes("gallium").set_index("form").loc["gallium"]
    assert row["after_error"] > (69440 - 60880) / 2 / (60880 + 69440)
    assert row["ratio_error"] > 0.1


def test_graphite_flake_after_the_control_by_month_and_by_year() -> None:
    table = export_volumes("graphite").set_index("form")
    code = table.loc["graphite, flake and powder (250410)"]
    assert (code["months_before"], code["months_after"], code["basis"]) == (36, 12, "normal")
    assert code["ratio"] == pytest.approx(0.647, abs=0.002)
    assert table.loc["graphite flake", "ratio"] < 0.3


def test_every_control_is_measured_or_says_that_it_is_not() -> None:
    table = export_volumes()
    assert len(table) == len(export_controls())
    known = table["months_before"] > 0
    assert (table["basis"] != "none").equals(known)
    both = known & (table["months_after"] > 0)
    assert table["ratio"].notna().equals(both)
    assert (table.loc[both, "ratio_error"] > 0).all()
    with pytest.raises(UnknownNameError, match="gallium"):
        export_volumes("galium")


def test_volumes_read_and_refused_are_counted(raw: Path) -> None:
    volumes = load_volumes(raw / "compiled/export-volumes.csv")
    assert len(volumes.table) + sum(volumes.refused.values()) == 291
    monthly = load_monthly(raw / "china-exports-monthly/deep_dive_hs6_monthly.csv")
    assert not monthly.table["first"].str.startswith("2017").any()  # imputed unit values
    assert monthly.refused["rows with the month's one imputed unit value"] == 583
    assert set(monthly.table["last"].str[5:]) == {"11", "12"}
