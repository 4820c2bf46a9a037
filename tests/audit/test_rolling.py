"""Backtests: no leak, honest scores, resumable, the same whoever runs them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import scoringrules as sr
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import critmin
from critmin import data
from critmin.audit.backtesting.baselines import BASELINES, Known
from critmin.audit.backtesting.record import Backtest
from critmin.audit.backtesting.rolling import MODELS, Refit, backtest
from critmin.audit.backtesting.scores import LEVELS, pool, score
from critmin.audit.backtesting.stacking import stacking_weights
from critmin.audit.backtesting.structural import structural
from critmin.audit.backtesting.vintage import (
    edition_prices,
    eligible,
    known_at,
    log_prices,
    outcomes,
    own_panel,
)
from critmin.contracts import contract_backtest
from critmin.data import load_panel
from critmin.data.tables import support_evidence, technology_shares
from critmin.exceptions import DataError, UnknownNameError
from critmin.inference.diagnostics import MAX_RHAT
from critmin.model.inputs import make_inputs

PLAIN = tuple(BASELINES)
METALS = ["copper", "tin", "zinc", "nickel"]


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    return load_panel(METALS)


@pytest.fixture(scope="module")
def plain(panel: xr.Dataset) -> Backtest:
    return backtest(origins=range(1986, 2024, 3), models=PLAIN, data=panel, progressbar=False)


def poisoned(panel: xr.Dataset, origin: int) -> xr.Dataset:
    """The panel with an absurd future: every later value changed."""
    bad = panel.copy(deep=True)
    for name, values in bad.data_vars.items():
        if "year" in values.dims and values.dtype.kind == "f":
            bad[name] = values.where(values["year"] <= origin, 7.0)
    bad["event_start"] = bad["event_start"].where(bad["event_start"] < origin + 1, origin + 1.5)
    bad["event_end"] = bad["event_end"].where(bad["event_end"] < origin + 1, origin + 3.0)
    bad["cost"] = bad["cost"].where(bad["cost_year"] <= origin, 7.0)
    revised = bad["production"].sel(vintage="latest")
    first = bad["production"].sel(vintage="first_estimate")
    bad["production"].loc[{"vintage": "latest"}] = revised.where(~first.notnull(), 7.0)
    return bad


@pytest.mark.parametrize("origin", [1990, 2010, 2022])
def test_nothing_later_is_known(panel: xr.Dataset, origin: int) -> None:
    xr.testing.assert_identical(known_at(panel, origin), known_at(poisoned(panel, origin), origin))


@pytest.fixture(scope="module")
def revised() -> xr.Dataset:
    return load_panel(["vanadium", "neodymium", "gallium", "copper"])


@pytest.mark.parametrize(
    ("mineral", "year", "then", "unit"),
    [
        ("vanadium", 2023, 9.25, 2204.62262 / 0.5602),  # V2O5, USD/lb, MCS 2024; later 7.50
        ("neodymium", 2021, 49.0, 1000 / 0.8574),  # oxide, USD/kg, MCS 2022; later 98
    ],
)
def test_an_origin_has_the_edition_of_its_time(
    revised: xr.Dataset, mineral: str, year: int, then: float, unit: float
) -> None:
    cut = known_at(revised, year)
    price = cut["price_nominal"].sel(mineral=mineral, year=year)
    assert float(price) == pytest.approx(then * unit, rel=0.01)
    assert int(cut["price_edition"].sel(mineral=mineral, year=year)) == year + 1
    today = float(revised["price_nominal"].sel(mineral=mineral, year=year))
    assert abs(np.log(float(price) / today)) > 0.15


def test_before_the_first_edition_todays_history_stands(revised: xr.Dataset) -> None:
    xr.testing.assert_identical(edition_prices(revised, 2020), revised.sel(year=slice(None, 2020)))
    xr.testing.assert_identical(edition_prices(revised, 2025), revised)


def test_a_price_of_the_users_own_is_not_replaced(revised: xr.Dataset) -> None:
    own = revised.copy(deep=True)
    own["price_nominal"].loc[{"mineral": "vanadium"}] = 1.0
    own["price"].loc[{"mineral": "vanadium"}] = 1.0
    cut = edition_prices(own, 2023)
    assert (cut["price"].sel(mineral="vanadium") == 1.0).all()
    assert int(cut["price_edition"].sel(mineral="neodymium", year=2023)) == 2024


def test_a_price_changed_in_real_money_alone_is_the_users_own(revised: xr.Dataset) -> None:
    moved = revised["price"] * xr.where(revised["mineral"] == "vanadium", 2.0, 1.0)
    cut = edition_prices(revised.assign(price=moved), 2023)
    np.testing.assert_array_equal(cut["price"].sel(mineral="vanadium"), moved[0].sel(year=cut.year))
    assert int(cut["price_edition"].sel(mineral="neodymium", year=2023)) == 2024


def test_holes_are_no_prices_whatever_their_basis(panel: xr.Dataset) -> None:
    assert "tin" in eligible(panel, 2010)
    tin = panel["mineral"] == "tin"
    without = panel.assign(price=panel["price"].where(~tin | (panel["year"] != 2010)))
    assert eligible(without, 2010) == [m for m in eligible(panel, 2010) if m != "tin"]
    few = panel.assign(price=panel["price"].where(~tin | (panel["year"] % 3 == 0)))
    assert "tin" not in eligible(few, 2001)  # 14 prices since 1960


def test_outcomes_are_of_today_on_the_level_of_the_edition(revised: xr.Dataset) -> None:
    names = ["vanadium", "neodymium", "gallium", "copper"]
    cut = known_at(revised, 2022)
    found, now = outcomes(revised, cut, names), log_prices(revised, names, 2022)
    moved = (found - now).sel(year=2023)
    assert float(moved.sel(mineral="neodymium")) == 0  # one revised year is a miss, no level
    assert float(moved.sel(mineral="copper")) == 0
    # Gallium: one import unit value of all grades today, high purity then.
    price = {"mineral": "gallium", "year": 2021}
    gap = np.log(cut["price_nominal"].sel(price) / revised["price_nominal"].sel(price))
    assert float(gap) > 0.5
    assert float(moved.sel(mineral="gallium")) == pytest.approx(float(gap))
    first = outcomes(revised, known_at(revised, 2021), names).sel(mineral="gallium", year=2021)
    assert float(first) == pytest.approx(np.log(570_000), abs=0.25)  # on the edition's own level


def test_evidence_of_support_counts_from_when_it_appeared(panel: xr.Dataset) -> None:
    table = support_evidence()
    assert (table["known"] <= 2025).all()
    named = make_inputs(known_at(panel, 2021)).support_names
    assert "nickel:IDN" not in named  # regulation of 2022
    assert "nickel:IDN" in make_inputs(known_at(panel, 2022)).support_names


def test_technology_shares_count_from_their_year() -> None:
    assert technology_shares()["year"].min() >= 2022


@pytest.mark.parametrize("models", [PLAIN, pytest.param(MODELS, marks=pytest.mark.slow)])
def test_forecasts_do_not_see_the_future(panel: xr.Dataset, models: Sequence[str]) -> None:
    refit, few = Refit(draws=20, tune=30, chains=1), panel.sel(mineral=["tin", "zinc"])
    arguments = {"origins": [2010], "horizons": (1, 5), "models": models, "refit": refit}
    found = [
        backtest(data=data, seed=3, progressbar=False, **arguments).forecasts
        for data in (few, poisoned(few, 2010))
    ]
    assert found[0].sizes["model"] == len(models)
    xr.testing.assert_identical(*(each["points"] for each in found))
    if models == MODELS:  # what past contracts are set from
        xr.testing.assert_identical(*(each["fair_points"] for each in found))


def test_pool_of_one_model_is_that_model() -> None:
    points = norm.ppf(LEVELS) + np.array([[[0.0]], [[3.0]]])
    np.testing.assert_allclose(pool(points, np.array([1.0, 0.0])), points[0], atol=1e-6)
    mixed = pool(points, np.array([0.25, 0.75]))[0]
    probability = 0.25 * norm.cdf(mixed) + 0.75 * norm.cdf(mixed - 3)
    np.testing.assert_allclose(probability, LEVELS, atol=0.005)


def test_scores_of_a_normal_forecast_are_the_known_ones() -> None:
    points = np.tile(norm.ppf(LEVELS), (3, 1))
    outcome = np.array([-1.0, 0.0, 2.5])
    found = score(points, outcome)
    np.testing.assert_allclose(found["crps"], sr.crps_normal(outcome, 0, 1), rtol=0.01)
    np.testing.assert_allclose(found["pit"], norm.cdf(outcome), atol=0.01)
    assert found["inside 95%"].tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("name", PLAIN)
def test_baselines_see_holes_and_scale_with_the_series(name: str) -> None:
    rng = np.random.default_rng(5)
    prices = np.cumsum(rng.normal(0, 0.2, (4, 40)), axis=1)
    prices[0, 10] = np.nan
    known = Known(prices, np.full_like(prices, np.nan))
    mean, spread = BASELINES[name](known, 15)
    assert mean.shape == spread.shape == (4, 15)
    assert np.isfinite(mean).all()
    assert (spread > 0).all()
    shifted, same = BASELINES[name](Known(prices + 3, known.year_ends), 15)
    np.testing.assert_allclose(shifted, mean + 3, atol=1e-3)
    np.testing.assert_allclose(same, spread, rtol=1e-3)


@pytest.mark.parametrize("name", PLAIN)
def test_a_series_that_skips_years_is_forecast_and_spoils_no_other(name: str) -> None:
    rng = np.random.default_rng(6)
    prices = np.cumsum(rng.normal(0, 0.2, (5, 60)), axis=1)
    whole = Known(prices, np.full_like(prices, np.nan))
    skipping = prices.copy()
    skipping[0, ::2] = np.nan  # the last year is known
    mean, spread = BASELINES[name](Known(skipping, whole.year_ends), 6)
    expected, usual = BASELINES[name](whole, 6)
    np.testing.assert_allclose(spread[0] / usual[0], 1, atol=0.25)
    np.testing.assert_allclose(mean[1:], expected[1:], atol=0.15)  # one speed for all
    np.testing.assert_allclose(spread[1:], usual[1:], rtol=0.15)


def test_local_level_finds_the_reversion_of_a_simulated_panel() -> None:
    """Recovery: with slow levels and phi of 0.7, the forecast closes 1 - 0.7^5 of the gap in 5 years."""
    rng = np.random.default_rng(8)
    cycle = np.zeros((40, 400))
    for t in range(1, 400):
        cycle[:, t] = 0.7 * cycle[:, t - 1] + rng.normal(0, 0.2, 40)
    prices = cycle + np.cumsum(rng.normal(0, 0.01, cycle.shape), axis=1)
    mean, _ = BASELINES["local level"](Known(prices, np.full_like(prices, np.nan)), 40)
    closed = (mean[:, 4] - prices[:, -1]) / (mean[:, 39] - prices[:, -1])
    assert np.median(closed) == pytest.approx(1 - 0.7**5, abs=0.06)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_stacking_weights_are_a_distribution(seed: int) -> None:
    losses = np.random.default_rng(seed).normal(size=(4, 30)) * 5
    weights = stacking_weights(losses)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()


def test_forecasts_too_sure_of_themselves_are_widened(plain: Backtest) -> None:
    points = plain.forecasts["points"]
    sure = plain.forecasts.assign(
        points=points.median("point") + 0.4 * (points - points.median("point"))
    )
    found = Backtest(sure).recalibrate(["random walk"])
    covered = found.summary()["inside 90%"].groupby("model").mean()
    assert covered["random walk"] < 0.7
    assert covered["random walk, widened"] > covered["random walk"] + 0.1
    width = found.forecasts["width"].sel(member="random walk", ahead=1)
    assert float(width[0]) == 1.0  # nothing was known yet
    assert float(width[-1]) == pytest.approx(2.0, abs=0.5)


def test_the_pool_uses_no_outcome_after_its_origin(plain: Backtest) -> None:
    altered = plain.forecasts.copy(deep=True)
    late = altered["origin"] + altered["horizon"] > 2005
    altered["outcome"] = altered["outcome"].where(~late, 0.0)
    members = ["local level", "pooled AR(1)"]
    pair = [Backtest(f).combine(members).forecasts for f in (plain.forecasts, altered)]
    early = (pair[0]["origin"] <= 2005).values
    for name in ("combined", "local level, widened"):
        xr.testing.assert_equal(*(f["points"].sel(model=name).isel(forecast=early) for f in pair))


def test_the_same_from_memory_disk_and_threads(panel: xr.Dataset, tmp_path) -> None:
    arguments = {"origins": [1995, 2005], "models": PLAIN, "data": panel, "progressbar": False}
    whole = backtest(**arguments)
    with ThreadPoolExecutor(2) as pool_:
        by_threads = backtest(**arguments, executor=pool_, folder=tmp_path)
    xr.testing.assert_identical(whole.forecasts, by_threads.forecasts)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(times) == 2
    again = backtest(**arguments, folder=tmp_path)
    xr.testing.assert_identical(whole.forecasts, again.forecasts)
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    # A panel that was changed by hand is another one, whatever it says of its data.
    other = panel.assign(price=panel["price"] * xr.where(panel["year"] == 1994, 1.5, 1.0))
    changed = backtest(**{**arguments, "data": other}, folder=tmp_path)
    assert not changed.forecasts["points"].equals(whole.forecasts["points"])
    assert changed.provenance["data_hash"] != whole.provenance["data_hash"]
    (tmp_path / "1995.nc").write_bytes(b"not netCDF")
    xr.testing.assert_identical(whole.forecasts, backtest(**arguments, folder=tmp_path).forecasts)


def test_what_is_asked_twice_is_done_once(panel: xr.Dataset) -> None:
    found = backtest(
        data=panel,
        origins=[2000, 2000],
        horizons=(1, 1),
        models=["drift", "drift"],
        progressbar=False,
    )
    assert len(found.table) == len(METALS)


def test_skill_against_itself_is_zero(plain: Backtest) -> None:
    table = plain.skill("random walk", "random walk", resamples=50)
    assert (table["skill"] == 0).all()
    other = plain.skill("pooled AR(1)")
    assert ((other["5%"] <= other["skill"]) & (other["skill"] <= other["95%"])).all()
    summary = plain.summary()
    assert summary.loc[(1, "random walk"), "skill"] == 0
    assert summary["inside 90%"].between(0, 1).all()
    assert set(plain.summary(by="group").index.get_level_values(0)) == {"base", "battery"}
    with pytest.raises(UnknownNameError, match="random walk"):
        plain.skill("random wlk")


def test_a_forecast_that_was_not_made_is_no_score(plain: Backtest) -> None:
    """A fit that fails at an origin leaves no forecast: neither a perfect one nor a miss."""
    points = plain.forecasts["points"]
    lost = (points["model"] == "drift") & (points["origin"] == 1998)
    failed = Backtest(plain.forecasts.assign(points=points.where(~lost)))
    without = Backtest(plain.forecasts.isel(forecast=(plain.forecasts["origin"] != 1998).values))
    scores = failed.table[(failed.table["model"] == "drift") & (failed.table["origin"] == 1998)]
    assert len(scores) > 0
    assert scores[["crps", "log_score", "pit", "inside 90%"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(
        failed.summary().xs("drift", level="model"), without.summary().xs("drift", level="model")
    )
    # Not with the walk's scores of the origin at which the drift had none.
    pd.testing.assert_frame_equal(failed.skill("drift"), without.skill("drift"))
    assert failed.skill("drift", by="origin").loc[1998, "forecasts"] == 0
    assert failed.misses("drift", 1000)["origin"].isin([1998]).sum() == 0


def test_worst_misses_are_named(plain: Backtest) -> None:
    worst = plain.misses("random walk", 3)
    assert worst["crps"].is_monotonic_decreasing
    row = worst.iloc[0]
    actual = load_panel([row["mineral"]])["price"].sel(year=row["origin"] + row["horizon"])
    assert row["outcome"] == pytest.approx(float(actual.squeeze()))


def test_own_history_needs_only_years_and_prices() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"year": np.arange(1980, 2025), "price": np.exp(np.cumsum(rng.normal(0, 0.2, 45)) + 5)}
    )
    found = backtest(
        ["tin"],
        data=frame,
        origins=[2012],
        horizons=(1, 2),
        models=("critmin", "random walk"),
        refit=Refit(20, 30, 1),
        progressbar=False,
    )
    assert set(found.table["mineral"]) == {"own"}
    assert not found.failures
    told = found.diagnostics.loc["2012"]
    assert {"r_hat", "scored_r_hat", "scored_ess_bulk", "scored_ess_tail"} <= set(told.index)
    assert told["scored_ess_bulk"] > told["ess_bulk"]  # a price has noise of its own each draw
    outcome = found.forecasts["outcome"].sel(forecast=0)
    assert float(np.exp(outcome)) == pytest.approx(frame.loc[frame["year"] == 2013, "price"].item())
    with pytest.raises(UnknownNameError):
        critmin.forecast("own")
    # The fair price is kept beside the market's, and past contracts are settled on both.
    settled = contract_backtest(found).set_index(["rule", "year"])
    assert sorted(settled.index) == [
        (rule, year) for rule in ("critmin", "random walk") for year in (2013, 2014)
    ]
    fair = np.exp(found.forecasts["fair_points"].astype(float))
    np.testing.assert_allclose(settled.loc["critmin", "cap"], fair.quantile(0.75, "point"))


@pytest.mark.slow
def test_forecasts_that_fail_the_gate_are_fitted_once_more(panel: xr.Dataset) -> None:
    cut = known_at(panel.sel(mineral=["tin", "zinc"]), 2010)
    for draws, warm_up in ((225, 2), (200, 1)):  # too few draws to pass are not asked again
        found = structural(cut, ["tin", "zinc"], 2, 0, Refit(draws, 1, 2))
        assert found.diagnostics["warm_up"] == warm_up
        r_hat = found.diagnostics["scored_r_hat"]
        assert r_hat is not None
        assert r_hat > MAX_RHAT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price": -1.0}, "no positive price"),
        ({"year": 1990}, "more than once"),
        ({"year": 1790}, "not a year from"),
        ({"year": "1990"}, "row 5: own 1990 is given more than once"),
        ({"price": "0.001"}, "row 5: own 1995 is more than 300 times off the one before"),
        ({"mineral": "Tin ", "year": 1990}, "row 5: tin 1990 is given more than once"),
        ({"mineral": None}, "row 5: (None|nan) 1995 has no name"),
    ],
)
def test_bad_histories_are_refused(panel: xr.Dataset, change: dict, message: str) -> None:
    frame = pd.DataFrame({"year": range(1990, 2020), "price": 1.0}, dtype=object)
    if "mineral" in change:
        frame["mineral"] = "tin"
    frame.loc[5, list(change)] = list(change.values())
    with pytest.raises(DataError, match=message):
        own_panel(frame, panel)


def test_a_column_twice_is_refused(panel: xr.Dataset) -> None:
    frame = pd.DataFrame([[1990, 1.0, 2.0]], columns=["year", "price", "price"])
    with pytest.raises(DataError, match="given more than once: price"):
        own_panel(frame, panel)


@pytest.mark.parametrize("name", ["tin", "Tin", " tin "])
def test_a_mineral_of_critmin_s_in_any_case_is_that_one(panel: xr.Dataset, name: str) -> None:
    years = np.arange(1980, 2020)
    frame = pd.DataFrame({"year": years, "price": 100 + years % 7, "mineral": name})
    merged, strangers = own_panel(frame, panel)
    assert (merged["mineral"].values.tolist(), strangers) == (["tin", *METALS[:1], *METALS[2:]], ())
    found = backtest(data=frame, origins=2010, horizons=1, models="drift", progressbar=False)
    assert set(found.table["mineral"]) == {"tin"}


def test_names_that_are_numbers_and_other_kinds_of_columns_are_read(panel: xr.Dataset) -> None:
    years = np.arange(1980, 2020)
    frame = pd.DataFrame({"year": years, "price": 100.0 + years % 7, "mineral": 7})
    for kind in (frame, frame.convert_dtypes(), frame.astype(str)):
        merged, _ = own_panel(kind, panel)
        own = merged["price"].sel(mineral="7", year=years)
        np.testing.assert_array_equal(own, frame["price"])


def test_too_short_a_history_says_so(panel: xr.Dataset) -> None:
    assert eligible(panel, 1970) == []
    with pytest.raises(DataError, match="25 prices"):
        backtest(data=panel, origins=[1970], progressbar=False)


def constant(until: int) -> pd.DataFrame:
    years = np.arange(1980, 2025)
    moves = np.exp(0.2 * np.sin(years))
    return pd.DataFrame({"year": years, "price": np.where(years <= until, 100.0, 100 * moves)})


def test_a_price_that_never_moves_is_refused(panel: xr.Dataset) -> None:
    with pytest.raises(DataError, match=r"own: the price is 100 in all 45 years"):
        backtest(origins=2015, horizons=1, models=PLAIN, data=constant(2025), progressbar=False)
    given = {"origins": [2010, 2020], "horizons": 1, "models": PLAIN, "progressbar": False}
    found = backtest(data=constant(2012), **given)
    assert set(found.table["origin"]) == {2020}
    assert bool(np.isfinite(found.table["crps"]).all())
    with pytest.raises(DataError, match="not all the same"):
        backtest(data=constant(2022), **given)


def test_a_backtest_has_what_every_result_has(plain: Backtest, tmp_path) -> None:
    path = plain.to_netcdf(tmp_path / "backtest.nc")
    for again in (Backtest.from_json(plain.to_json()), Backtest.from_netcdf(path)):
        xr.testing.assert_identical(again.draws, plain.draws)
        assert again.draws["points"].dtype == plain.draws["points"].dtype
        assert again.provenance == plain.provenance
        assert repr(again) == repr(plain)
        assert again.to_json() == Backtest.from_json(plain.to_json()).to_json()
        pd.testing.assert_frame_equal(again.summary(), plain.summary())
    assert plain.provenance["request"]["origins"] == list(range(1986, 2024, 3))
    assert "\n" not in repr(plain)
    assert "4 minerals" in repr(plain)
    assert "data to 20" in repr(plain)
    assert "<table" in plain._repr_html_()
    assert {line.get_label() for line in plain.plot().get_lines()} == set(plain.models)
    tree = plain.to_datatree()
    assert tree["posterior_predictive"]["points"].sizes["chain"] == 1
    assert "outcome" in tree["observed_data"]
    # What was learned goes with it.
    pooled = plain.recalibrate(["random walk"])
    xr.testing.assert_identical(Backtest.from_json(pooled.to_json()).draws, pooled.draws)


def test_private_data_are_named() -> None:
    years = [str(year) for year in range(2018, 2024)]
    frame = pd.DataFrame({"date": years, "value": [13e3, 14e3, 14e3, 18e3, 25e3, 21e3]})
    arguments = {"origins": 2000, "horizons": 20, "models": "drift", "progressbar": False}
    name = data.register(frame, mineral="nickel", unit="USD/t", name="desk")
    try:
        found = backtest("nickel", **arguments)
    finally:
        data.unregister(name)
    assert found.provenance["private"] == ["private-desk"]
    assert found.provenance["data"].endswith(", with private-desk")
    assert "with private-desk" in repr(found)
    plain = backtest("nickel", **arguments)
    assert plain.provenance["private"] == []
    # The price of 2020 that it is scored against is the member's.
    assert not np.allclose(plain.forecasts["outcome"], found.forecasts["outcome"])
