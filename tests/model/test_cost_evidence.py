"""What of the published costs speaks, and what it is taken to say."""

import numpy as np
import pandas as pd
import pytest

from critmin.data import load_panel, register, unregister
from critmin.data.costs import cost_points
from critmin.model.cost_arrays import driver_shift, point_arrays, price_gaps
from critmin.model.cost_evidence import FORMS, cost_evidence
from critmin.model.curve import MARGINAL
from critmin.model.producer_costs import make_producers


@pytest.fixture(scope="module")
def panel():
    return load_panel()


@pytest.fixture(scope="module")
def found(panel) -> tuple[pd.DataFrame, "pd.Series[int]"]:
    return cost_evidence(panel)


def of(table: pd.DataFrame, **words: object) -> pd.DataFrame:
    return table[np.logical_and.reduce([table[k] == v for k, v in words.items()])]


def test_every_published_point_is_used_or_refused_for_a_reason(found, panel) -> None:
    table, refused = found
    published = len(table) - panel.sizes["cost_point"] + 4  # the gold averages come once
    witnesses = table["asset"].str.startswith("curve of ").sum()
    assert published - witnesses + refused.sum() == len(cost_points()) == 329
    assert refused["net of credits and not positive"] == 1  # Norilsk, -9,000 USD/t
    assert refused["cost of a basket of joint products"] == 28
    assert refused["price at which a plant would be built: of entry, not of cost"] == 9
    assert (table["value"] > 0).all()
    assert (table["error"] > 0.05).all()


def test_what_is_another_product_does_not_speak_of_the_priced_one(found) -> None:
    table, _ = found
    # Coated anodes and electrolytic manganese metal are not what graphite and manganese are priced as.
    assert set(of(table, mineral="graphite")["country"]) == {"MOZ", "MDG"}
    assert "CAN" not in set(of(table, mineral="manganese")["country"])
    assert not of(table, mineral="platinum").shape[0]
    spodumene = of(table, mineral="lithium", asset="mt cattlin spodumene").iloc[0]
    assert (spodumene["recovery"], spodumene["added"]) == (0.85, 16_000)
    assert "spodumene concentrate" in FORMS["lithium"]


def test_measures_say_which_producers_they_are_of(found) -> None:
    table, _ = found
    tail = table[(table["measure"] == "full") & (table["mineral"] == "copper")]
    assert (tail["quantile"] == MARGINAL).all()
    assert len(tail)
    half = of(table, mineral="nickel", asset="curve of 2024").sort_values("quantile")
    # 60% of capacity lost money at 16,243 USD/t: it is the fortieth percentile.
    assert half["quantile"].iloc[0] == pytest.approx(-0.2533, abs=1e-3)
    assert half["value"].iloc[0] == pytest.approx(16_243)
    assert of(table, mineral="silicon")["quantile"].item() < 0  # top-tier plants


def test_one_asset_has_one_name(found) -> None:
    table, _ = found
    largo = table[(table["mineral"] == "vanadium") & (table["country"] == "BRA")]
    assert set(largo["asset"]) == {"maracas"}
    assert len(largo) == 13


def test_a_members_cost_is_that_of_the_marginal_producer() -> None:
    frame = pd.DataFrame({"date": [2023], "value": [12_000.0]})
    name = register(frame, name="cost", mineral="nickel", unit="USD/t", kind="cost")
    try:
        table, _ = cost_evidence(load_panel(["nickel", "copper"]))
    finally:
        unregister(name)
    own = of(table, asset="private").squeeze()
    assert own["value"] == pytest.approx(12_000)
    assert (own["mineral"], own["country"], own["year"]) == ("nickel", "WLD", 2023)
    assert (own["measure"], own["quantile"]) == ("full", MARGINAL)


def test_nothing_after_the_panels_end_is_known(panel) -> None:
    early = panel.sel(year=slice(None, 2016))
    early = early.isel(cost_point=(early["cost_year"] <= 2016).values)
    table, refused = cost_evidence(early)
    assert table["year"].max() == 2016
    assert refused["after the panel's end"] > 100
    producers = make_producers(early)
    assert not producers.known[:, 1].any()  # electricity prices are of 2024
    assert producers.known[:, 2].any()


def test_arrays_are_real_and_of_the_priced_form(panel, found) -> None:
    table = found[0]
    producers = make_producers(panel)
    points = point_arrays(panel, table, producers.pairs)
    i = points.labels.index(
        next(v for v in points.labels if v.startswith("lithium:AUS:mt cattlin") and ":2022:" in v)
    )
    # 31,730 USD of 2022 per tonne of lithium in concentrate; prices rose by 10% to 2025.
    value = 31_730 * 1.1 / 0.85 + 16_000
    assert np.exp(points.log[i]) == pytest.approx(value, rel=0.01)
    assert producers.pairs[points.place[i]] == ("lithium", "AUS")
    np.testing.assert_allclose(points.share.sum(axis=1), 1)
    assert (points.cycle[points.study == 1] == 0).all()
    assert np.abs(points.cycle).max() <= 0.7


def test_drivers_and_cycles_have_the_signs_of_their_times(panel) -> None:
    shift = driver_shift(panel, "aluminum")
    assert shift.loc[2025] == pytest.approx(0, abs=1e-9)
    assert shift.loc[2022] > shift.loc[2020]  # the energy crisis
    gaps = price_gaps(panel, "nickel")
    assert gaps.loc[2007] > 0.3
    assert gaps.loc[2016] < 0
