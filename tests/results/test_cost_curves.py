"""Cost by producer country."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import critmin
from critmin import cost_curve
from critmin.data.drivers import COMPONENTS
from critmin.exceptions import CritminError, UnknownNameError
from critmin.posterior import Posterior, builtin_posterior


def test_without_points_the_curve_rises_to_the_full_cost_of_the_price() -> None:
    curve = cost_curve("chromium")
    assert curve.level == "level from price"
    assert "level from price" in repr(curve)
    table = curve.summary()
    assert (np.diff(table["median"]) >= 0).all()
    assert (np.diff(table["cumulative_capacity"]) > 0).all()
    assert (table["5%"] < table["median"]).all()
    assert (table["median"] < table["95%"]).all()
    # In every draw some producer stands at the margin, and 85% of capacity at or below it.
    unit = curve.draws["cost"].sum("component").transpose("country", "sample").values
    marginal = curve.draws["marginal_cost"].values
    assert np.isclose(unit, marginal, rtol=1e-9).any(axis=0).all()
    capacity = curve.draws["capacity"].values
    below = (capacity[:, None] * (unit <= marginal * (1 + 1e-9))).sum(axis=0) / capacity.sum()
    assert (below >= 0.85 - 1e-9).all()


def test_components_of_a_country_are_labelled_and_positive() -> None:
    table = cost_curve("cobalt").components(0.5)
    assert list(table.columns) == ["median", "25%", "75%"]
    assert set(table.index.get_level_values("component")) == set(COMPONENTS)
    assert (table > 0).all().all()
    assert "COD" in table.index.get_level_values("country")


def test_without_points_the_margin_is_that_of_fair_price() -> None:
    curve = cost_curve("chromium", 2030)
    price = critmin.fair_price("chromium")
    cost = price.draws["cost"].sum("component").sel(year=2030)
    np.testing.assert_allclose(curve.draws["marginal_cost"], cost, rtol=1e-12)


@pytest.fixture(scope="module")
def published() -> Posterior:
    """Draws of the built-in posterior with made-up costs in place of those that a fit would store."""
    draws = builtin_posterior().draws.isel(sample=slice(300))
    rng = np.random.default_rng(2)
    producers = draws.sizes["producer"]
    own = draws["producer_country"].values == "IDN"
    level = xr.zeros_like(draws["log_cost"]).astype(float)
    level.loc[{"mineral": "nickel"}] = np.log(15_000) + rng.normal(0, 0.05, 300)
    points = [28 if m == "nickel" else 0 for m in draws["mineral"].values]
    one = draws["wage_gap_response"].astype(float)
    words = np.where(own, "12 points", "wages, governance").astype(object)
    return Posterior(
        draws.assign(
            cost_level=level,
            asset_spread=level * 0 + 0.2,
            credit=level * 0 + np.log(2) * (level["mineral"] == "nickel"),
            power_gap_response=one,
            governance_response=one * 0.5,
            power_gap=("producer", rng.normal(0, 0.2, producers)),
            governance_gap=("producer", np.where(own, 0.8, 0.0)),
            cost_points=("mineral", points),
            cost_decided_by=("producer", words),
        )
    )


def test_with_points_the_margin_is_the_ninetieth_percentile_of_capacity(published) -> None:
    curve = cost_curve("nickel", posterior=published)
    assert curve.level == "level from 28 published points"
    table = curve.summary()
    assert (np.diff(table["median"]) >= 0).all()
    assert table.loc["IDN", "capacity"] == 2_600_000  # USGS MCS 2026
    assert table.loc["IDN", "decided_by"] == "12 points"
    assert (table["cheap"] < table["median"]).all()
    np.testing.assert_allclose(table["dear"] / table["median"], np.exp(1.2816 * 0.2), rtol=0.02)
    margin = curve.draws["marginal_cost"].values
    percentiles = curve.percentiles()
    assert percentiles["median"].is_monotonic_increasing
    assert percentiles.loc[90, "median"] == pytest.approx(np.median(margin))
    share = curve.loss_making(float(np.median(margin)))
    assert share["median"] == pytest.approx(0.1, abs=0.03)
    assert share["5%"] < share["median"] < share["95%"]
    credit = curve.draws["credit"].values
    assert (credit > 0).all()
    less = curve.loss_making(float(np.median(margin)), net=True)
    assert less["median"] < share["median"]  # by-products pay a part of it
    other = cost_curve("chromium", posterior=published)
    assert other.level == "level from price"
    same = (other.loss_making(5_000, net=net) for net in (False, True))
    pd.testing.assert_series_equal(*same)


def test_a_curve_of_points_does_not_follow_the_price(published) -> None:
    curve = cost_curve("nickel", posterior=published)
    dearer = Posterior(published.draws.assign(log_cost=published.draws["log_cost"] + 0.3))
    moved = cost_curve("nickel", posterior=dearer)
    np.testing.assert_allclose(
        moved.draws["marginal_cost"], curve.draws["marginal_cost"], rtol=0.01
    )
    worse = published.draws.assign(cost_level=published.draws["cost_level"] + 0.3)
    raised = cost_curve("nickel", posterior=Posterior(worse))
    np.testing.assert_allclose(
        raised.draws["marginal_cost"] / curve.draws["marginal_cost"], np.exp(0.3)
    )


def test_dear_power_and_bad_governance_make_a_country_dearer(published) -> None:
    curve = cost_curve("nickel", posterior=published)
    plain = published.draws.assign(governance_gap=published.draws["governance_gap"] * 0)
    better = cost_curve("nickel", posterior=Posterior(plain))
    change = np.log(
        curve.draws["cost"].sum("component").sel(country="IDN")
        / better.draws["cost"].sum("component").sel(country="IDN")
    )
    capital = 0.27  # of smelting
    response = published.draws["governance_response"].values
    np.testing.assert_allclose(change, capital * 0.8 * response, rtol=1e-5)
    assert (change > 0).all()


def test_credits_stand_beside_the_gross_cost_and_are_not_taken_off(published) -> None:
    table = cost_curve("nickel", posterior=published).summary()
    np.testing.assert_allclose(table["credits"], table["median"] / 2, rtol=1e-6)
    bare = published.draws.assign(credit=published.draws["credit"] * 0)
    without = cost_curve("nickel", posterior=Posterior(bare)).summary()
    np.testing.assert_allclose(without["median"], table["median"])
    assert (without["credits"] == 0).all()


def test_only_what_is_sold_beside_others_has_credits() -> None:
    for mineral, paid in (("nickel", True), ("copper", True), ("lithium", False)):
        assert bool((cost_curve(mineral).summary()["credits"] > 0).all()) is paid


def test_a_curve_of_points_survives_its_files(published, tmp_path) -> None:
    curve = cost_curve("nickel", posterior=published)
    for other in (
        type(curve).from_json(curve.to_json()),
        type(curve).from_netcdf(curve.to_netcdf(tmp_path / "curve.nc")),
    ):
        assert other.level == curve.level
        pd.testing.assert_frame_equal(other.summary(), curve.summary())


def test_a_price_must_be_one() -> None:
    with pytest.raises(CritminError, match="price"):
        cost_curve("chromium").loss_making(0.0)


def test_every_mineral_with_production_has_a_curve() -> None:
    priced = builtin_posterior().minerals
    without = []
    for mineral in priced:
        try:
            curve = cost_curve(mineral)
        except CritminError:
            without.append(mineral)
            continue
        assert np.isfinite(curve.draws["cost"]).all()
    assert without == []


def test_the_curve_is_drawn_as_it_is() -> None:
    curve = cost_curve("cobalt")
    ax, table = curve.plot(prob=0.9), curve.summary(0.9)
    band, steps = (patch.get_data() for patch in ax.patches)
    np.testing.assert_allclose(steps.values, table["median"])
    np.testing.assert_allclose(steps.edges, [0, *table["cumulative_capacity"]])
    np.testing.assert_allclose(band.values, table["95%"])
    np.testing.assert_allclose(band.baseline, table["5%"])
    (marginal,) = ax.get_lines()
    np.testing.assert_allclose(marginal.get_ydata(), curve.draws["marginal_cost"].median())
    assert "cumulative capacity" in ax.get_xlabel()
    large = table.index[table["capacity"] > 0.03 * table["capacity"].sum()]
    assert [text.get_text() for text in ax.texts] == [*large, "marginal\nproducer"]
    assert "COD" in large


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        (("lithum",), UnknownNameError, "did you mean 'lithium'"),
        (("nickel", 2020), CritminError, "year must be 2026 to 2065, got 2020"),
        (("nickel", 2030.5), CritminError, "whole number"),
    ],
)
def test_bad_arguments_of_the_curve(arguments, error, reason) -> None:
    with pytest.raises(error, match=reason):
        cost_curve(*arguments)
