"""Forecasts: the books balance, scenarios differ by their effects alone, and these have the right sign."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from critmin import Forecast, Posterior, builtin_posterior, fair_price, forecast
from critmin.data.money import real_factor
from critmin.exceptions import CritminError
from critmin.results.paid import paid_on_both_sides
from critmin.scenario import (
    DemandShock,
    DriverPath,
    EnvironmentalRule,
    ExportControl,
    LabourStandard,
    LiftControls,
    MineClosure,
    MineProject,
    NewTechnology,
    PriceFloor,
    Recycling,
    StateSupport,
    Stockpile,
    gallery,
)
from critmin.units import currency_rate

slow = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))


def price_ratio(mineral: str, scenario, horizon: int = 5) -> xr.DataArray:
    """Market price under a scenario over that of the baseline."""
    return forecast(mineral, horizon, scenario=scenario).compare(forecast(mineral, horizon))[
        "market_price_ratio"
    ]


@slow
@given(
    mineral=st.sampled_from(["nickel", "cobalt", "gallium", "copper", "antimony"]),
    seed=st.integers(0, 5),
    withheld=st.floats(0, 1),
    percent=st.integers(-30, 30),
)
def test_supply_less_stock_change_is_demand(mineral, seed, withheld, percent) -> None:
    country = str(forecast(mineral, 1).draws["country"].values[0])
    tonnes = percent / 100 * float(forecast(mineral, 1).draws["production"].sum("country").mean())
    scenario = [
        ExportControl(country, mineral, withheld, 2027, 2),
        Stockpile(mineral, tonnes, 2028, 2),
    ]
    draws = forecast(mineral, 6, scenario=scenario, seed=seed).draws
    supply = draws["supply"].sum("country") + draws["scrap"]
    xr.testing.assert_allclose(supply - draws["stock_change"], draws["demand"])
    assert bool((draws["production"] >= 0).all())
    assert bool((draws["demand"] > 0).all())
    assert bool(((draws["withheld"] >= 0) & (draws["withheld"] <= 1)).all())


@slow
@given(less=st.floats(0, 1), more=st.floats(0, 1))
def test_withholding_more_never_lowers_the_price_when_it_begins(less, more) -> None:
    less, more = sorted((less, more))
    low, high = (
        forecast("cobalt", 1, scenario=ExportControl("COD", "cobalt", share, 2026)).draws[
            "market_price"
        ]
        for share in (less, more)
    )
    assert bool((high >= low * (1 - 1e-12)).all())


@slow
@given(withheld=st.floats(0, 1), seed=st.integers(0, 3))
def test_no_control_raises_the_price_beyond_the_end_of_demand(withheld, seed) -> None:
    """Demand falls in proportion to the log price: all of it is gone at exp(1 / slope)."""
    control = ExportControl("CHN", "gallium", withheld, 2026)
    ratio = forecast("gallium", 1, scenario=control, seed=seed).compare(
        forecast("gallium", 1, seed=seed)
    )
    # Outside the fence nearly all of the answer is demand's: mines are inside.
    end = np.exp(1 / builtin_posterior().of("gallium")["demand_elasticity"])
    # Where a by-product meets its limit on top, a draw in a thousand goes further.
    assert float((ratio["market_price_ratio"].isel(year=0) <= end * (1 + 1e-9)).mean()) > 0.99


def test_nothing_happens_before_the_start_and_shocks_are_the_same() -> None:
    ratio = price_ratio("gallium", ExportControl("CHN", "gallium", 0.9, 2028, 3), 8)
    assert bool((ratio.sel(year=slice(None, 2027)) == 1).all())
    # A draw at the choke price rises no further.
    assert bool((ratio.sel(year=2028) >= 1).all())
    assert float((ratio.sel(year=2028) > 1).mean()) > 0.998
    xr.testing.assert_identical(forecast("gallium", 8).draws, forecast("gallium", 8).draws)


def test_a_longer_horizon_continues_a_shorter_one() -> None:
    short, long = forecast("nickel", 4).draws, forecast("nickel", 9).draws
    xr.testing.assert_allclose(short, long.sel(year=short["year"]))


@pytest.mark.parametrize(
    ("mineral", "intervention", "sign"),
    [
        ("nickel", StateSupport("IDN", "nickel", 0.2, 2026), -1),
        ("nickel", StateSupport("IDN", "nickel", -0.2, 2026), 1),
        ("nickel", NewTechnology("nickel", 2026, cost_change=-0.3), -1),
        ("nickel", NewTechnology("nickel", 2026, demand_change=-0.5), -1),
        ("nickel", DemandShock("nickel", 0.2, 2026), 1),
        ("nickel", DemandShock("all", -0.2, 2026), -1),
        ("nickel", DriverPath("energy", (2.0,)), 1),
        ("nickel", DriverPath("gdp", (-0.02,)), -1),
        ("nickel", EnvironmentalRule("IDN", "nickel", 2000.0, 2026), 1),
        ("nickel", LabourStandard("IDN", "nickel", 0.5, 2026), 1),
        ("nickel", MineClosure("IDN", "nickel", 500_000.0, 2026), 1),
        ("nickel", MineProject("FIN", "nickel", 500_000.0, 2026), -1),
        ("nickel", Recycling("JPN", "nickel", 0.2, 2026), -1),
        ("nickel", Stockpile("nickel", 200_000.0, 2026, 2), 1),
        ("nickel", Stockpile("nickel", -200_000.0, 2026, 2), -1),
        ("nickel", PriceFloor("IDN", "nickel", 30_000.0, 2026), -1),
        ("cobalt", LiftControls("COD", "cobalt", 2026), -1),
    ],
)
def test_every_intervention_moves_the_price_the_right_way(mineral, intervention, sign) -> None:
    ratio = np.log(price_ratio(mineral, intervention, 1))
    assert sign * float(ratio.mean()) > 0
    # A driver's path replaces draws on both sides of it; all else moves every draw one way.
    # Mines that close behind a restriction have less to withhold: a draw in a thousand.
    one_way = float((sign * ratio >= -1e-9).mean())
    least = 0.99 if isinstance(intervention, MineClosure) else 1.0
    assert isinstance(intervention, DriverPath) or one_way >= least


def test_distortions_leave_the_fair_price_alone() -> None:
    for scenario in (
        ExportControl("COD", "cobalt", 0.9, 2026),
        StateSupport("COD", "cobalt", 0.3, 2026),
    ):
        ratio = forecast("cobalt", 4, scenario=scenario).compare(forecast("cobalt", 4))[
            "fair_price_ratio"
        ]
        np.testing.assert_allclose(ratio, 1, rtol=1e-9)
    mine = MineProject("CAN", "cobalt", 50_000.0, 2026)
    ratio = forecast("cobalt", 4, scenario=mine).compare(forecast("cobalt", 4))["fair_price_ratio"]
    assert bool((ratio.isel(year=0) < 1).all())
    assert bool((ratio.median("sample") < 1).all())


def test_a_levy_and_wages_show_in_their_components() -> None:
    plain = fair_price("nickel", horizon=2).draws["cost"]
    rule = EnvironmentalRule("IDN", "nickel", 1000.0, 2026)
    added = fair_price("nickel", horizon=2, scenario=rule).draws["cost"] - plain
    share = forecast("nickel", 1).draws["production"].mean("sample").isel(year=0)
    idn = float(share.sel(country="IDN") / share.sum())
    assert float(added.sel(component="compliance").mean()) == pytest.approx(1000 * idn, rel=0.1)
    # In the first year; then output, and with it every cost, answers.
    np.testing.assert_allclose(added.sel(component="energy").isel(year=0), 0, atol=1e-6)


def test_demand_answers_to_the_price_by_its_elasticity() -> None:
    """One year after a closure demand has fallen by the elasticities of demand and scrap supply."""
    par = builtin_posterior().of("copper")
    mine = MineClosure("CHL", "copper", 500_000.0, 2026)
    with_it, without = (simulate_draws("copper", s) for s in (mine, None))
    price = np.log(with_it["market_price"] / without["market_price"]).values
    demand = np.log(with_it["demand"] / without["demand"]).values
    # Linear in logs, so exact for small changes only.
    assert np.median(demand / price) == pytest.approx(-np.median(par["demand_elasticity"]), rel=0.1)


def simulate_draws(mineral: str, scenario) -> xr.Dataset:
    """First year of a forecast."""
    return forecast(mineral, 1, scenario=scenario).draws.isel(year=0)


def test_countries_move_apart_by_support() -> None:
    support = StateSupport("IDN", "nickel", 0.3, 2026)
    supply = forecast("nickel", 10, scenario=support).compare(forecast("nickel", 10))["supply"]
    last = supply.isel(year=-1).mean("sample")
    assert float(last.sel(country="IDN")) > 0 > float(last.sel(country="PHL"))


def test_a_project_may_come_late_or_rest() -> None:
    late = MineProject("FIN", "nickel", 50_000.0, 2027, delay=2.0)
    made = forecast("nickel", 12, scenario=late).draws["production"].sel(country="FIN")
    running = (made > 0).mean("sample").values
    assert running[1] < 0.2
    assert running[-1] > 0.95
    assert (np.diff(running) >= 0).all()
    dear = MineProject("FIN", "nickel", 50_000.0, 2027, cost=1e6)
    assert (
        float(forecast("nickel", 12, scenario=dear).draws["production"].sel(country="FIN").max())
        == 0
    )


def test_what_is_written_is_read_back_bit_for_bit(tmp_path) -> None:
    result = forecast("gallium", 4, scenario=gallery()["gallium-ban"])
    text = result.to_json(tmp_path / "f.json")
    assert (tmp_path / "f.json").read_text(encoding="utf-8") == text
    assert json.loads(text)["summary"][1]["market_price median"] > 0
    path = result.to_netcdf(tmp_path / "f.nc")
    for again in (
        Forecast.from_json(text),
        Forecast.from_json(tmp_path / "f.json"),
        Forecast.from_netcdf(path),
    ):
        xr.testing.assert_identical(again.draws, result.draws)
        assert again.scenario == result.scenario
        assert again.provenance == result.provenance
        assert repr(again) == repr(result)
    assert "gallium-ban" in repr(result)


def test_pictures_show_the_quantiles_and_the_countries() -> None:
    result = forecast("nickel", 5)
    ax, summary = result.plot(prob=(0.9,)), result.summary(0.9)
    drawn = {line.get_label(): line for line in ax.get_lines()}
    for name in ("market_price", "fair_price"):
        line = drawn[f"{name.replace('_', ' ')}, median"]
        np.testing.assert_array_equal(line.get_xdata(), summary.index)
        np.testing.assert_allclose(line.get_ydata(), summary[name, "median"])
    for side, line in zip(("5%", "95%"), ax.get_lines()[1:3], strict=True):  # the outline
        np.testing.assert_allclose(line.get_ydata(), summary["fair_price", side])
    assert {text.get_text() for text in ax.texts} == {"market price", "fair price"}
    (band,) = ax.collections
    corners = {tuple(point) for point in band.get_paths()[0].vertices}
    for side in ("5%", "95%"):
        assert set(summary["market_price", side].items()) <= corners
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel().replace("\n", " ") == result.draws["market_price"].attrs["words"]
    ax = result.plot_supply(prob=0.9)
    mean = result.draws["supply"].mean("sample").transpose("country", "year")
    mean = mean.isel(country=np.argsort(-mean.mean("year").values, kind="stable"))
    tops = mean.cumsum("country").values
    assert len(ax.collections) == len(mean)
    for area, top, below in zip(ax.collections, tops, [0 * tops[0], *tops], strict=False):
        corners = area.get_paths()[0].vertices
        heights = {tuple(point) for point in corners}
        years = mean["year"].values
        assert {(x, y) for x, y in zip(years, top, strict=True)} <= heights
        assert corners[:, 1].min() == pytest.approx(below.min())
    whole = result.summary(0.9)["supply"]
    for line, side in zip(ax.get_lines(), ("5%", "95%"), strict=True):
        np.testing.assert_allclose(line.get_ydata(), whole[side])
    labels = [area.get_label() for area in ax.collections]
    assert labels == [str(name) for name in mean["name"].values]
    assert "Indonesia" in labels


@pytest.mark.parametrize(("mineral", "basis"), [("gallium", "nominal"), ("dysprosium", "real")])
def test_a_picture_shows_what_was_paid_on_both_sides_of_a_fence(mineral, basis) -> None:
    result = forecast(mineral, 3, unit="kg", basis=basis)
    pairs = paid_on_both_sides(result)
    assert len(pairs) >= 3
    assert (pairs["outside"] > pairs["inside"]).mean() > 0.8
    assert pairs["date"].max() < 2026
    drawn = {line.get_label(): line for line in result.plot().get_lines()}
    np.testing.assert_allclose(drawn["paid inside"].get_ydata(), pairs["inside"])
    outside = pairs[pairs["kind"] != "ask"]
    np.testing.assert_allclose(drawn["paid outside"].get_xdata(), outside["date"])
    np.testing.assert_allclose(drawn["paid outside"].get_ydata(), outside["outside"])
    if "asked outside" in drawn:
        asked = pairs.loc[pairs["kind"] == "ask", "outside"]
        np.testing.assert_allclose(drawn["asked outside"].get_ydata(), asked)


def test_pairs_are_in_the_money_and_unit_of_the_forecast() -> None:
    """Gallium, October 2023: 475 USD/kg in Europe, when a dollar bought more than in 2025."""
    nominal, real, euro = (
        paid_on_both_sides(forecast("gallium", 1, unit="kg", basis=basis, currency=money)).iloc[-1]
        for basis, money in (("nominal", "USD"), ("real", "USD"), ("real", "EUR"))
    )
    assert nominal["outside"] == pytest.approx(475.0)
    assert real["outside"] == pytest.approx(475 * float(real_factor(np.array([2023]))[0]))
    assert 1.02 < real["outside"] / nominal["outside"] < 1.12
    assert euro["outside"] == pytest.approx(real["outside"] * currency_rate("EUR"))


@pytest.mark.parametrize("mineral", ["copper", "cobalt"])
def test_without_pairs_or_a_fence_a_picture_looks_as_ever(mineral: str) -> None:
    result = forecast(mineral, 2)
    assert paid_on_both_sides(result).empty
    assert result.plot().get_legend() is None


@pytest.mark.parametrize(
    ("mineral", "words"),
    [
        ("dysprosium", "t a year of rare_earths as it is counted, parted by shares of dysprosium"),
        ("hafnium", "t a year of zirconium as it is counted, parted by shares of hafnium"),
        ("neodymium", "t a year of rare_earths as it is counted"),
        ("rhodium", "t a year of rhodium as it is counted"),
        ("nickel", "t a year of nickel as it is counted"),
    ],
)
def test_tonnes_are_named_by_what_they_are_of(mineral: str, words: str) -> None:
    """The world makes some 70 t of hafnium a year, not a million."""
    found = forecast(mineral, 1).draws["supply"]
    assert found.attrs["words"] == words
    world = float(found.sum("country").median())
    assert (world > 1e5) == (mineral != "rhodium")


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(CritminError, match="differ in request"):
        forecast("nickel", 5).compare(forecast("nickel", 6))
    with pytest.raises(CritminError, match="horizon must be 1 to 40"):
        forecast("nickel", 41)
    several = forecast(["nickel", "tin"], 2)
    np.testing.assert_array_equal(
        several["tin"].draws["market_price"], forecast("tin", 2).draws["market_price"]
    )


def test_a_scenario_of_the_past_needs_a_posterior_that_ends_before() -> None:
    with pytest.raises(CritminError, match="within the years simulated, 2026 to 2030, got 2023"):
        forecast("gallium", 5, scenario=gallery()["china-2023"])
    past = Posterior(builtin_posterior().draws.assign_attrs(origin=2022))  # its clock put back
    pair = [
        forecast("gallium", 3, scenario=s, posterior=past) for s in (gallery()["china-2023"], None)
    ]
    ratio = pair[0].compare(pair[1])["market_price_ratio"]
    assert float(ratio.sel(year=2024).mean()) > float(ratio.sel(year=2023).mean()) > 1


@pytest.mark.parametrize("name", [name for name in gallery() if name != "china-2023"])
def test_the_gallery_runs(name: str) -> None:
    scenario = gallery()[name]
    minerals = {
        m for each in scenario.interventions for m in np.atleast_1d(getattr(each, "minerals", []))
    } | {each.mineral for each in scenario.interventions if hasattr(each, "mineral")}
    for mineral in minerals or {"aluminum"}:
        ratio = price_ratio(str(mineral), scenario, 10)
        assert bool(np.isfinite(ratio).all())
        assert float(abs(np.log(ratio)).max()) > 0.001
