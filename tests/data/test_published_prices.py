"""Prices of the panel against figures that publishers print, looked up by eye in their files."""

import numpy as np
import pytest

from critmin.data import load, load_panel
from critmin.data.prices import price_history
from critmin.data.quotes import quotes
from critmin.forms import parse_unit
from critmin.mineral import get_mineral
from critmin.units import price_factor

# Mineral, year, figure as printed, unit. "of content": per unit of the contained element, whatever
# the form is (Data Series 140, some import values); otherwise of the form that the market quotes.
FORM, CONTENT = False, True
PRINTED = [
    # Mineral Commodity Summaries 2026, prices of 2021 to 2025
    ("gallium", 2024, 439, "USD/kg", FORM),
    ("gallium", 2025, 580, "USD/kg", FORM),
    ("germanium", 2024, 1_991, "USD/kg", FORM),
    ("germanium", 2025, 4_100, "USD/kg", FORM),
    ("antimony", 2024, 10.24, "USD/lb", FORM),
    ("antimony", 2025, 25, "USD/lb", FORM),
    ("bismuth", 2025, 20, "USD/lb", FORM),
    ("tungsten", 2025, 380, "USD/mtu", FORM),
    ("neodymium", 2021, 98, "USD/kg", FORM),  # the editions of 2022 and 2023 have 49
    ("neodymium", 2025, 73, "USD/kg", FORM),
    ("praseodymium", 2022, 128, "USD/kg", FORM),
    ("samarium", 2025, 2.82, "USD/kg", FORM),
    ("gadolinium", 2021, 47, "USD/kg", FORM),
    ("terbium", 2025, 1_010, "USD/kg", FORM),
    ("dysprosium", 2025, 239, "USD/kg", FORM),
    ("holmium", 2022, 180, "USD/kg", FORM),
    ("erbium", 2025, 46, "USD/kg", FORM),
    ("ytterbium", 2024, 14, "USD/kg", FORM),
    ("lutetium", 2025, 888, "USD/kg", FORM),
    ("lanthanum", 2021, 1.51, "USD/kg", FORM),  # the others print 2
    ("cerium", 2025, 1.71, "USD/kg", FORM),
    ("yttrium", 2025, 9, "USD/kg", FORM),
    ("scandium", 2025, 640, "USD/kg", FORM),
    ("scandium", 2024, 665, "USD/kg", FORM),  # 660 to 670
    ("rhenium", 2025, 2_600, "USD/kg", FORM),
    ("hafnium", 2023, 6_130, "USD/kg", FORM),
    ("tellurium", 2025, 150, "USD/kg", FORM),
    ("indium", 2025, 380, "USD/kg", FORM),
    ("arsenic", 2022, 1.82, "USD/lb", FORM),
    ("beryllium", 2025, 1_600, "USD/kg", FORM),
    ("zirconium", 2022, 2_300, "USD/t", FORM),
    ("barite", 2023, 218, "USD/t", FORM),
    ("iodine", 2025, 68, "USD/kg", FORM),
    ("alumina", 2025, 590, "USD/t", FORM),
    ("rutile", 2025, 1_140, "USD/t", FORM),
    ("magnesium", 2025, 2_500, "USD/t", FORM),
    ("molybdenum", 2024, 47.72, "USD/kg", FORM),
    ("silicon", 2024, 170.34, "ct/lb", FORM),
    ("manganese", 2025, 4.5, "USD/mtu", FORM),
    ("vanadium", 2025, 5.02, "USD/lb", FORM),
    ("rhodium", 2024, 4_660.44, "USD/troy_oz", FORM),
    ("ruthenium", 2025, 690, "USD/troy_oz", FORM),
    # Mineral Commodity Summaries 2025 and before
    ("lithium", 2022, 71_100, "USD/t", FORM),
    ("gallium", 2017, 477, "USD/kg", FORM),
    ("germanium", 2018, 1_543, "USD/kg", FORM),
    ("vanadium", 2018, 16.4, "USD/lb", FORM),
    ("selenium", 2018, 17.68, "USD/lb", FORM),
    ("antimony", 2019, 3.04, "USD/lb", FORM),
    ("chromium", 2020, 0.89, "USD/lb", FORM),
    ("graphite", 2017, 1_390, "USD/t", FORM),
    ("cobalt", 2017, 25.28, "USD/lb", FORM),
    ("feldspar", 2019, 107, "USD/t", FORM),
    ("bauxite", 2018, 31, "USD/t", FORM),
    # Pages
    ("palladium", 2015, 694.99, "USD/troy_oz", FORM),
    ("iridium", 2016, 586.90, "USD/troy_oz", FORM),
    ("rhodium", 2008, 6_564, "USD/troy_oz", FORM),
    ("europium", 2014, 822, "USD/kg", FORM),
    ("dysprosium", 2015, 279, "USD/kg", FORM),
    ("neodymium", 2007, 30.24, "USD/kg", FORM),
    ("terbium", 2008, 720.77, "USD/kg", FORM),
    ("yttrium", 2015, 8, "USD/kg", FORM),
    ("niobium", 2008, 34_398, "USD/t", CONTENT),
    # Data Series 140
    ("rhenium", 2008, 10_400_000, "USD/t", CONTENT),
    ("gallium", 1960, 2_600_000, "USD/t", CONTENT),
    ("germanium", 1990, 1_060_000, "USD/t", CONTENT),
    ("indium", 2005, 946_000, "USD/t", CONTENT),
    ("tellurium", 2011, 357_000, "USD/t", CONTENT),
    ("selenium", 2005, 113_000, "USD/t", CONTENT),
    ("cadmium", 1999, 390, "USD/t", CONTENT),
    ("antimony", 2011, 14_300, "USD/t", CONTENT),
    ("bismuth", 2007, 31_000, "USD/t", CONTENT),
    ("tantalum", 1980, 284_000, "USD/t", CONTENT),
    ("hafnium", 2012, 503_000, "USD/t", CONTENT),
    ("titanium", 2006, 20_600, "USD/t", CONTENT),
    ("manganese", 2015, 1_140, "USD/t", CONTENT),
    ("tungsten", 2012, 56_700, "USD/t", CONTENT),
    ("molybdenum", 2005, 70_100, "USD/t", CONTENT),
    ("lithium", 2008, 4_440, "USD/t", FORM),
    ("fluorspar", 2006, 203, "USD/t", FORM),
    ("iodine", 2012, 42_300, "USD/t", FORM),
    ("alumina", 2008, 403, "USD/t", FORM),
    ("rutile", 2012, 1_270, "USD/t", FORM),
]


@pytest.fixture(scope="module")
def panel():
    return load_panel()


@pytest.mark.parametrize(("name", "year", "printed", "unit", "of_content"), PRINTED)
def test_prices_are_those_printed(panel, name, year, printed, unit, of_content) -> None:
    content = 1.0 if of_content else parse_unit(unit, name).content
    per_tonne = float(panel["price_nominal"].sel(mineral=name, year=year))
    # Sources on one level within the error of their overlap are not shifted; rounding is 0.5%.
    assert per_tonne * content / price_factor(unit) == pytest.approx(printed, rel=0.005)


def test_tantalum_of_2017_is_193_dollars_a_kilogram_of_oxide(panel) -> None:
    # Printed as 236,000 a tonne of tantalum (Data Series 140) and as 193 (edition of 2019).
    value = float(panel["price_nominal"].sel(mineral="tantalum", year=2017))
    assert value == pytest.approx(236_000, rel=1e-6)
    assert value * 0.819 / 1000 == pytest.approx(193, abs=0.5)


def test_all_rare_earths_together_are_shown_but_price_none() -> None:
    table = load("usgs-ds140-rare-earths")
    value = table.query("series == 'unit_value' and year == 2011")["value"].item()
    assert value == 58_100
    for name in ("neodymium", "lanthanum", "dysprosium"):
        years = price_history(get_mineral(name)).index
        assert not {2010, 2011, 2012, 2013} & set(years)


def test_histories_are_long_and_many(panel) -> None:
    counts = panel["price"].notnull().sum("year")
    assert panel.sizes["mineral"] >= 58
    assert int((counts >= 25).sum()) >= 46
    assert int(panel["price_basis"].max()) <= 1
    assert bool(panel["price"].sel(year=2025).notnull().all())


def test_what_stands_behind_a_price(panel) -> None:
    year = panel.sel(mineral="gallium", year=2017)
    assert year["price_dataset"].item() == "usgs-mcs-2022-galli"
    assert year["price_edition"].item() == 2022
    assert year["price_class"].item() == "unit_value"
    assert year["price_place"].item() == "outside"
    assert "99.9999%" in year["price_form"].item()
    assert year["price_basis"].item() == 1
    frozen = panel.sel(mineral="germanium", year=slice(1982, 1994))
    assert set(frozen["price_class"].values) == {"list_price"}
    assert set(frozen["price_quality"].values) == {"unit_value"}
    hole = panel.sel(mineral="neodymium", year=2011)
    assert np.isnan(hole["price"].item())
    assert (hole["price_class"].item(), hole["price_basis"].item()) == ("", -1)
    # Whole dollars: cerium at 2 USD/kg is anything from 1.5 to 2.5; at 1.71 it is known to a cent.
    rounding = panel["price_rounding"].sel(mineral="cerium")
    assert rounding.sel(year=2019).item() == pytest.approx(np.log(1.25))
    assert rounding.sel(year=2025).item() == pytest.approx(0.005 / 1.71, rel=0.01)


@pytest.mark.parametrize(
    "dataset", ["usgs-ds140-galli", "usgs-ds140-vanad", "usgs-ds140-tanta", "usgs-ds140-chrom"]
)
def test_unit_values_of_content_are_of_content(dataset: str) -> None:
    named = {
        (m, source)
        for m in map(get_mineral, ("gallium", "vanadium", "tantalum", "chromium"))
        for source in m.prices
        if source.dataset == dataset
    }
    assert named
    for mineral, source in named:
        assert source.series.endswith("content")
        got = quotes(mineral, source)
        np.testing.assert_allclose(got["price"], got["value"])
