"""What is known of fences: against the pages it is from, and against the year that an origin knows."""

import math

import numpy as np
import pandas as pd
import pytest

from critmin.data.distortion import wedges
from critmin.data.exchange import exchange_rate
from critmin.data.fences import PAIR_SPREAD, VAT_IN, Fences, fences
from critmin.data.net_exports import net_tonnes
from critmin.data.own_use import own_use
from critmin.data.production import output
from critmin.data.volumes import export_volumes, yearly_exports
from critmin.exceptions import DataError


@pytest.fixture(scope="module")
def known() -> Fences:
    return fences()


def one(table: pd.DataFrame, query: str) -> pd.Series:
    found = table.query(query)
    assert len(found) == 1, found
    return found.iloc[0]


def test_a_table_that_is_written_into_is_the_callers_alone(known: Fences) -> None:
    mine = fences()
    mine.wedge["log_wedge"] = 9.0
    mine.years[:] = 0
    again = fences()
    assert again.wedge.equals(known.wedge)
    assert (again.years > 0).all()
    assert again.wedge.attrs["units"] == known.wedge.attrs["units"]


def test_gallium_of_october_2023(known: Fences) -> None:
    row = one(known.wedge, "mineral == 'gallium' and date > 2023.75")
    assert row["stated"] == pytest.approx(math.log(475 / 269.95))
    # 1,975 CNY/kg: the page's own conversion is near the year's rate.
    assert row["stated"] == pytest.approx(
        math.log(475 / (1975 / exchange_rate("CNY", 2023))), abs=0.04
    )
    assert row["log_wedge"] == pytest.approx(row["stated"] + 5 / 8 * math.log(1.13))
    assert (row["kind"], row["basis"], row["country"]) == ("assessment", "measured", "CHN")
    assert row["sd"] > math.hypot(PAIR_SPREAD, math.log(1.13) * 0.4)


def test_rare_earths_under_quota_were_far_dearer_outside(known: Fences) -> None:
    quota = known.wedge.query("2010 <= date < 2013 and mineral != 'indium'")
    assert len(quota) >= 8
    assert quota["stated"].min() > 0.4
    assert quota["stated"].median() > 0.8
    calm = known.wedge.query("mineral == 'neodymium' and 2023 <= date < 2025.1")
    assert calm["stated"].abs().max() < 0.06


def test_graphite_has_no_pair_since_its_control(known: Fences) -> None:
    since = one(known.fences, "mineral == 'graphite' and country == 'CHN'")["since"]
    assert since == pytest.approx(2008)  # a duty; the licence came in December 2023
    assert known.wedge.query("mineral == 'graphite' and date >= 2023.9").empty
    assert known.freight.query("mineral == 'graphite' and date >= 2023.9").empty


def test_pairs_across_the_fence_and_pairs_outside_are_all(known: Fences) -> None:
    pairs = wedges()
    assert len(known.wedge) == (pairs["inside_place"] == "domestic").sum() == 73
    assert len(known.freight) == (pairs["inside_place"] == "fob").sum() == 12
    assert set(known.wedge["kind"]) <= {"transaction", "assessment", "ask"}


def test_the_constants_are_what_the_pairs_say() -> None:
    pairs = wedges().query("inside_place == 'domestic'")
    said = pairs["vat"].isin(["in", "out"])
    assert (pairs.loc[said, "vat"] == "in").mean() == VAT_IN
    calm = pairs.query("'2015' <= date < '2023-07' and mineral != 'lithium' and weight > 0.2")
    wedge = calm["log_wedge"] + VAT_IN * calm["vat_doubt"]
    assert len(calm) == 19
    spread = math.sqrt(float(np.cov(wedge, aweights=calm["weight"])))
    assert spread == pytest.approx(PAIR_SPREAD, abs=0.005)


@pytest.mark.parametrize(
    ("mineral", "year", "tax", "basis"),
    [
        ("dysprosium", 2012, math.log(1.17) + math.log(1.25), "held"),  # 25% duty, nothing refunded
        ("neodymium", 2010, math.log(1.17) + math.log(1.15), "held"),
        ("neodymium", 2012, math.log(1.17) + math.log(1.25), "held"),
        ("dysprosium", 2021, math.log(1.13), "held"),
        ("tungsten", 2012, math.log(1.17 / 1.08) + math.log(1.10), "held"),
        ("gallium", 2023, math.nan, "unknown"),
    ],
)
def test_taxes_by_year(known: Fences, mineral: str, year: int, tax: float, basis: str) -> None:
    row = one(known.tax, f"mineral == '{mineral}' and year == {year} and country == 'CHN'")
    assert row["tax"] == pytest.approx(tax, nan_ok=True)
    assert row["basis"] == basis


def test_what_is_not_known_of_taxes_has_bounds(known: Fences) -> None:
    row = one(known.tax, "mineral == 'gallium' and year == 2023")
    assert (row["low"], row["high"]) == (0.0, pytest.approx(math.log(1.13)))
    sure = known.tax.dropna(subset=["tax", "high"])
    assert (sure["low"] <= sure["tax"] + 1e-9).all()
    assert (sure["tax"] <= sure["high"] + 1e-9).all()
    # A duty whose rate is nowhere on record has no upper bound.
    assert math.isnan(one(known.tax, "mineral == 'magnesium' and year == 2010")["high"])
    levy = one(known.tax, "mineral == 'dysprosium' and country == 'MMR' and year == 2025")
    assert levy["low"] == pytest.approx(-math.log(0.8))


def test_exports_of_each_year_are_those_of_the_control(known: Fences) -> None:
    row = one(known.exports_ratio, "mineral == 'gallium' and year == 2024")
    before = export_volumes("gallium")["before"].item()
    assert row["log_ratio"] == pytest.approx(math.log((60_880 + 69_440) / 2 / 12 / before))
    assert row["basis"] == "last year"
    graphite = one(known.exports_ratio, "form.str.contains('250410')")
    assert (graphite["year"], graphite["basis"], graphite["months"]) == (2024, "normal", 12)
    assert (yearly_exports()["sd"] > 0).all()


def test_use_inside_is_output_less_exports(known: Fences) -> None:
    gallium = one(known.delta, "mineral == 'gallium' and year == 2022")
    assert gallium["basis"] == "measured"
    world = output("gallium", "refined").query("year == 2022")["value"].sum()
    exports = 12 * export_volumes("gallium")["before"].item() / 1000 / world
    assert gallium["delta"] == pytest.approx(gallium["share"] - exports, abs=0.01)
    copper = one(known.delta, "mineral == 'copper' and country == 'CHN' and year == 2024")
    assert copper["delta"] > copper["share"]  # China buys more cathode than it sells
    assert net_tonnes("copper", 2024)["CHN"] < 0
    assert set(known.delta["basis"]) == {"measured", "prior"}
    kept = own_use().loc["CHN"]
    germanium = one(known.delta, "mineral == 'germanium' and year == 2023")
    assert germanium["basis"] == "prior"
    assert germanium["delta"] == pytest.approx(germanium["share"] * kept["mean"])


@pytest.mark.parametrize("year", [2012, 2021, 2023])
def test_an_origin_knows_nothing_later(year: int) -> None:
    then = fences(year)
    assert (then.fences["since"].dropna() < year + 1).all()
    for table in (then.wedge, then.freight):
        assert (table["date"] < year + 1).all()
    for table in (then.tax, then.exports_ratio, then.delta):
        assert (table["year"] <= year).all()
    assert (then.quota["known"] <= year).all()
    assert then.years[-1] == year
    if year < 2022:
        assert set(then.delta["basis"]) == {"prior"}


def test_quotas_decided_ahead_are_known_when_decided(known: Fences) -> None:
    cobalt = known.quota.query("mineral == 'cobalt' and year == 2027")
    assert cobalt["known"].tolist() == [2025]
    assert fences(2024).quota.query("mineral == 'cobalt'").empty


def test_years_without_data_are_refused() -> None:
    with pytest.raises(DataError, match="1960 to 2025"):
        fences(2040)


def test_an_origin_before_any_tax_is_on_record_has_none() -> None:
    """The taxes begin in 1994; origins before it can be fitted all the same."""
    early = fences(1990)
    assert early.tax.empty
    assert list(early.tax.columns) == list(fences(2023).tax.columns)
