"""Cost by producer country."""

import numpy as np
import pytest

import critmin
from critmin import cost_curve
from critmin.exceptions import CritminError, UnknownNameError
from critmin.model.equations import COMPONENTS
from critmin.posterior import builtin_posterior


def test_the_curve_rises_and_its_margin_is_the_full_cost() -> None:
    curve = cost_curve("nickel")
    table = curve.summary()
    assert (np.diff(table["median"]) >= 0).all()
    assert (np.diff(table["cumulative_capacity"]) > 0).all()
    assert (table["5%"] < table["median"]).all()
    assert (table["median"] < table["95%"]).all()
    assert table.loc["IDN", "capacity"] == 2_600_000  # USGS MCS 2026
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


def test_the_margin_is_that_of_fair_price() -> None:
    curve = cost_curve("copper", 2030)
    price = critmin.fair_price("copper")
    cost = price.draws["cost"].sum("component").sel(year=2030)
    np.testing.assert_allclose(curve.draws["marginal_cost"], cost, rtol=1e-12)


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
