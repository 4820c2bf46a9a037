"""Output by country and stage against figures that the publishers print, and what any output obeys."""

import numpy as np
import pandas as pd
import pytest

from critmin.audit.backtesting.vintage import known_at
from critmin.data import load, load_panel
from critmin.data.output_error import LEAST, TYPICAL, pairs
from critmin.data.production import (
    OFFICIAL_PRODUCTION,
    ORDER,
    STAGES,
    _chosen,
    _sources,
    disagreement,
    first_estimates,
    output,
    production_series,
    stages,
    world_totals,
)
from critmin.exceptions import UnknownNameError
from critmin.mineral import get_mineral
from critmin.model.inputs import make_inputs
from critmin.model.shares import country_share, producer_weights, world_growth

SERIES = [(name, s) for name in production_series()["mineral"].unique() for s in stages(name)]


@pytest.fixture(scope="module")
def panel():
    return load_panel()


# Read in the publishers' own tables; tonnes of content as printed (kilograms and thousands converted).
PRINTED = [
    # USGS, Mineral Commodity Summaries 2026
    ("cobalt", "mined", "COD", 2024, 226_000),
    ("cobalt", "mined", "COD", 2025, 230_000),
    ("nickel", "mined", "IDN", 2024, 2_310_000),
    ("nickel", "mined", "IDN", 2025, 2_600_000),
    ("gallium", "refined", "CHN", 2024, 839),
    ("gallium", "refined", "CHN", 2025, 900),
    ("lithium", "mined", "AUS", 2024, 82_700),
    ("lithium", "mined", "CHL", 2025, 56_000),
    ("copper", "mined", "CHL", 2024, 5_510_000),
    ("copper", "refined", "CHN", 2024, 12_400_000),
    ("copper", "refined", "COD", 2025, 2_800_000),
    ("rare_earths", "mined", "CHN", 2025, 270_000),
    ("antimony", "mined", "RUS", 2024, 40_000),
    ("graphite", "mined", "CHN", 2025, 1_400_000),
    ("tungsten", "mined", "KAZ", 2025, 2_400),
    ("niobium", "mined", "BRA", 2024, 104_000),
    ("rhenium", "mined", "CHL", 2024, 29),
    ("bauxite", "mined", "GIN", 2025, 150_000_000),
    ("silicon", "refined", "CHN", 2024, 4_800_000),
    ("iron_ore", "mined", "AUS", 2024, 607_000_000),
    # USGS, Mineral Commodity Summaries 2025
    ("cobalt", "mined", "COD", 2023, 175_000),
    # British Geological Survey, World Mineral Statistics
    ("copper", "mined", "CHL", 1971, 708_300),
    ("copper", "mined", "CHL", 2022, 5_330_500),
    ("copper", "refined", "CHN", 2010, 4_540_300),
    ("magnesium", "refined", "CHN", 2022, 893_600),
    ("germanium", "refined", "CHN", 2023, 200),
    ("germanium", "refined", "USA", 2012, 3),
    ("cobalt", "refined", "CHN", 2023, 140_000),
    ("cobalt", "refined", "COD", 1980, 14_482),
    ("nickel", "refined", "IDN", 2023, 1_410_000),
    ("nickel", "mined", "NCL", 1980, 86_592),
    ("tungsten", "mined", "SUN", 1980, 8_700),
    ("ruthenium", "mined", "ZAF", 2020, 25.058),
    ("rare_earths", "mined", "CHN", 2010, 118_900),
    # World Mining Data 2024
    ("boron", "mined", "TUR", 2022, 2_590_000),
    ("tellurium", "refined", "SWE", 2022, 33),
    ("lithium", "mined", "CHL", 2022, 110_350 * 2 * 6.94 / (2 * 6.94 + 15.999)),
]


@pytest.mark.parametrize(("name", "stage", "country", "year", "printed"), PRINTED)
def test_output_is_that_printed(name, stage, country, year, printed) -> None:
    table = output(name, stage)
    value = table[(table["country"] == country) & (table["year"] == year)]["value"].item()
    assert value == pytest.approx(printed, rel=1e-4)


# World totals as printed, Mineral Commodity Summaries 2026.
TOTALS = [
    ("nickel", "mined", 2024, 3_710_000),
    ("copper", "refined", 2024, 27_600_000),
    ("rare_earths", "mined", 2025, 390_000),
    ("tungsten", "mined", 2025, 85_000),
    ("graphite", "mined", 2025, 1_800_000),
    ("tellurium", "refined", 2024, 981),
    ("zinc", "mined", 2025, 13_000_000),
    ("feldspar", "mined", 2024, 31_100_000),
]


@pytest.mark.parametrize(("name", "stage", "year", "printed"), TOTALS)
def test_the_world_is_complete_with_its_remainder(name, stage, year, printed) -> None:
    table = output(name, stage)
    assert table.loc[table["year"] == year, "value"].sum() == pytest.approx(printed, rel=0.015)


@pytest.mark.parametrize(("name", "stage"), SERIES)
def test_each_year_is_of_one_source_and_each_country_stands_once(name, stage) -> None:
    table = output(name, stage)
    assert not table.duplicated(["country", "year"]).any()
    assert len(table[["year", "source"]].drop_duplicates()) == table["year"].nunique()
    assert set(table["source"]) <= set(ORDER)
    assert "WLD" not in set(table["country"])
    assert (table["value"] >= 0).all()
    assert table["error"].between(0.01, 1.0).all()


@pytest.mark.parametrize(("name", "stage"), SERIES)
def test_no_world_output_moves_as_if_a_unit_had_slipped(name, stage) -> None:
    world = output(name, stage).groupby("year")["value"].sum()
    steps = np.log(world).diff()[np.diff(world.index, prepend=world.index[0]) == 1]
    # Lithium of 2018, by far the widest, joins a first estimate and World Mining Data.
    assert not (steps.abs() > np.log(2.2)).any()


def test_unknown_names_are_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="refined"):
        output("copper", "smelted")
    with pytest.raises(UnknownNameError, match="cobalt"):
        output("cobolt", "mined")


def test_estimates_and_small_producers_are_less_sure() -> None:
    table = output("copper", "mined").set_index(["year", "country"])["error"]
    assert table[2025, "CHL"] > table[2024, "CHL"]
    assert table[2015, "CHL"] < table[2015, "BOL"]
    graphite = output("graphite", "mined").set_index(["year", "country"])["error"]
    assert graphite[2022, "CHN"] > 2 * table[2022, "CHL"]


def test_typical_errors_are_those_measured() -> None:
    spreads: dict[bool, list[float]] = {True: [], False: []}
    for name, stage in SERIES:
        every = _sources(name, stage)
        both = pairs(every, _chosen(every))
        for large, gaps in both.groupby("large")["gap"]:
            if len(gaps) >= LEAST:
                spreads[bool(large)].append(float(np.percentile(gaps, 68.27)) / 2**0.5)
    for large, typical in TYPICAL.items():
        assert np.median(spreads[large]) == pytest.approx(typical, abs=0.01)


def test_disagreement_is_that_of_an_independent_comparison(raw) -> None:
    theirs = pd.read_csv(raw / "usgs-error" / "usgs_bgs_gap.csv").set_index("series")
    for name in ("copper", "cobalt"):
        table = disagreement(name, "mined")
        ours = abs(table.loc[("bgs-wms", "usgs-mcs-editions"), "world_gap"])
        assert ours == pytest.approx(theirs.loc[f"{name} mine", "median_abs_world_gap"], abs=0.03)


def test_germanium_is_chinas_as_a_share_of_one_years_world(panel) -> None:
    weights = producer_weights(panel, "germanium")
    assert weights["CHN"] > 0.8
    shares = [country_share(panel, "germanium", str(c)) for c in panel["country"].values]
    assert np.sum(shares, axis=0) == pytest.approx(np.ones(panel.sizes["year"]), abs=1e-6)
    assert country_share(panel, "germanium", "USA")[-1] < 0.05


def test_hafnium_is_made_by_who_parts_it_from_zirconium(panel) -> None:
    weights = producer_weights(panel, "hafnium").sort_values(ascending=False)
    assert weights.index[:2].tolist() == ["FRA", "USA"]
    assert set(weights.index) == {"FRA", "USA", "RUS", "CHN", "ROW"}


@pytest.mark.parametrize("name", ["dysprosium", "terbium"])
def test_heavy_rare_earths_are_separated_in_china(panel, name) -> None:
    assert country_share(panel, name, "CHN")[-5:].min() > 0.95
    assert country_share(panel, "neodymium", "CHN")[-1] < 0.75
    assert float(panel["output"].sel(mineral=name, stage="mined").sum()) == 0


def test_iron_ore_and_boron_have_producers(panel) -> None:
    assert producer_weights(panel, "iron_ore").idxmax() == "AUS"
    assert producer_weights(panel, "boron").idxmax() == "TUR"
    assert np.isfinite(world_growth(panel, "iron_ore")).sum() >= 5


def test_long_histories(panel) -> None:
    years = panel["output"].notnull().any("country").sum("year")
    for name in ("copper", "nickel", "cobalt", "tungsten", "antimony"):
        assert int(years.sel(mineral=name, stage="mined")) >= 50
    for name in ("copper", "nickel", "cobalt", "magnesium"):
        assert int(years.sel(mineral=name).sel(stage="refined")) >= 45
    assert panel["stage"].values.tolist() == list(STAGES)


def test_growth_is_not_taken_across_publishers(panel) -> None:
    growth = world_growth(panel, "copper")
    at = panel["year"].values.tolist().index
    assert panel["production_source"].sel(mineral="copper", year=2022) == "bgs-wms"
    assert np.isnan(growth[at(2023)])
    assert np.isfinite(growth[[at(2022), at(2024), at(2025)]]).all()


def test_what_was_known_then_is_one_table(panel) -> None:
    then = known_at(panel, 2015)
    known = then["production"].sel(mineral="copper", year=2015, vintage="latest")
    early = first_estimates("copper", "mined").query("year == 2015").set_index("country")["value"]
    assert float(known.sum()) == pytest.approx(early.sum(), rel=1e-5)
    assert then["production_source"].sel(mineral="copper", year=2015) == "usgs-mcs-editions"


def test_every_source_of_the_hand_table_is_found() -> None:
    table = production_series()
    assert set(table["source"]) <= set(ORDER)
    assert not table.duplicated(["mineral", "stage", "source", "series", "first"]).any()
    for name, stage in SERIES:
        assert len(output(name, stage)) > 0, (name, stage)
    world = load("usgs-mcs-2025-world")
    assert {c for c, _ in OFFICIAL_PRODUCTION.values()} <= set(world["commodity"])


def test_alumina_of_the_world_fits_the_aluminum_made_of_it() -> None:
    """1.93 t of alumina make a tonne of aluminum; a tenth goes elsewhere (ceramics, water)."""
    alumina = world_totals([get_mineral("alumina")]).set_index("year")["value"]
    assert alumina[2017] == 129e6  # Minerals Yearbook 2017
    assert alumina[2011] == pytest.approx(
        91.6e6, rel=0.01
    )  # Minerals Yearbook 2011, before revision
    aluminum = output("aluminum", "refined").groupby("year")["value"].sum()
    both = (alumina / aluminum).dropna()
    assert len(both) >= 20
    assert both.between(1.85, 2.35).all(), both
    assert alumina.index.max() == 2017  # later rows of the sheet are not the publisher's


def test_gallium_follows_alumina() -> None:
    panel = load_panel(["gallium", "alumina"])
    growth = world_growth(panel, "alumina")
    assert np.isfinite(growth).sum() >= 45
    assert get_mineral("gallium").host == "alumina"
    assert (make_inputs(panel).host_growth[0] != 0).sum() >= 45
    # A total without countries is nobody's output.
    assert not panel["production"].sel(mineral="alumina", year=2010).notnull().any()
