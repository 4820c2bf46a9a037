"""Forecasts of what is refined, beside what is mined."""

import numpy as np
import pytest
import xarray as xr

from critmin import forecast
from critmin.exceptions import CritminError, UnknownNameError
from critmin.model.refiners import two_stages
from critmin.posterior import Posterior, builtin_posterior
from critmin.results.forecasts import Forecast
from critmin.scenario import ExportControl, RefineryProject, Scenario

PLANT = RefineryProject("IND", "cobalt", 20_000.0, 2027)


@pytest.mark.parametrize("mineral", two_stages())
def test_supply_is_told_by_stage(mineral: str) -> None:
    found = forecast(mineral, 3)
    refined, mined = found.supply(stage="refined"), found.supply(stage="mined")
    assert refined.attrs["stage"] == "refined"
    assert refined.attrs["basis"] in {"measured", "assumed"}
    assert refined.attrs["year"] <= 2025
    assert mined.equals(found.supply())
    assert mined.attrs == found.supply().attrs == {"stage": "mined"}
    assert refined.columns[0][0] == "CHN" or mineral == "nickel"
    assert refined.columns[-1][0] == "ROW"
    assert (refined.to_numpy() >= 0).all()
    assert (refined.xs("5%", axis=1, level=1) <= refined.xs("95%", axis=1, level=1)).all(axis=None)


def test_where_refining_is_counted_it_is_the_only_stage() -> None:
    found = forecast("gallium", 2)
    assert found.supply(stage="refined").equals(found.supply())
    assert found.supply().attrs == {"stage": "refined"}
    assert "refined" not in found.draws


@pytest.mark.parametrize(
    ("mineral", "stage", "message"),
    [
        (
            "gallium",
            "mined",
            "gallium: supply is forecast refined alone; .* lithium, cobalt, nickel",
        ),
        (
            "tungsten",
            "refined",
            "tungsten: supply is forecast mined alone; both stages are known of",
        ),
        ("neodymium", "refined", "neodymium: supply is forecast mined alone"),
        ("hafnium", "mined", "hafnium: (supply is forecast|no production)"),
    ],
)
def test_a_stage_that_is_not_known_is_refused(mineral: str, stage: str, message: str) -> None:
    with pytest.raises(CritminError, match=message):
        forecast(mineral, 2).supply(stage=stage)


def test_a_stage_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown stage 'smelted'"):
        forecast("copper", 2).supply(stage="smelted")


def test_a_refinery_survives_files_and_is_compared(tmp_path) -> None:
    plain, more = (forecast("cobalt", 4, scenario=s) for s in (None, PLANT))
    for again in (
        Forecast.from_json(more.to_json()),
        Forecast.from_netcdf(more.to_netcdf(tmp_path / "x.nc")),
    ):
        xr.testing.assert_identical(again.draws, more.draws)
        assert again.scenario == Scenario.from_dict(more.scenario.to_dict()) == more.scenario
        assert again.supply(stage="refined").equals(more.supply(stage="refined"))
    difference = more.compare(plain)
    np.testing.assert_allclose(difference["refined"].sum("refiner"), 0, atol=1e-6)
    assert (difference["refined"].sel(refiner="IND", year=2028) == 20_000).all()
    assert (difference["refined"].sel(refiner="CHN", year=2028) < 0).all()
    assert (difference["market_price_ratio"] == 1).all()  # nobody restricts refined cobalt
    assert (more.effect(plain)["supply", "median"] == 0).all()


def test_what_is_withheld_of_metal_is_refined_and_not_sold() -> None:
    control = ExportControl("CHL", "copper", 0.5, 2027)
    plain, held = (forecast("copper", 3, scenario=s) for s in (None, control))
    assert held.draws["restricts"].sel(country="CHL") == "refined"
    np.testing.assert_allclose(
        held.draws["refined"].sel(year=2027, refiner="JPN"),
        plain.draws["refined"].sel(year=2027, refiner="JPN"),
        rtol=0.05,
    )
    sold, all_ = (f.supply(stage="refined")["CHL", "median"].loc[2027] for f in (held, plain))
    assert sold / all_ == pytest.approx(0.5, abs=0.05)
    mined = ExportControl("CHL", "copper", 0.5, 2027, stage="mined")
    assert forecast("copper", 3, scenario=mined).draws["restricts"].sel(country="CHL") == "mined"


def test_draws_of_a_stage_do_not_depend_on_the_scenario_or_horizon() -> None:
    one = forecast("nickel", 3).draws["refined"]
    longer = forecast("nickel", 6).draws["refined"].sel(year=one["year"])
    xr.testing.assert_allclose(one, longer)
    other = forecast("nickel", 3, seed=1).draws["refined"]
    assert not np.allclose(one / one.sum("refiner"), other / other.sum("refiner"))


def test_before_refining_was_counted_there_is_one_stage() -> None:
    old = Posterior(builtin_posterior().draws.assign_attrs(origin=2020))
    found = forecast("lithium", 2, posterior=old)
    assert "refined" not in found.draws
    with pytest.raises(CritminError, match="no refined output was known at the origin"):
        found.supply(stage="refined")
    assert found.exposure("JPN").suppliers.loc["CHL", "moves_with"] == "itself"
    with pytest.raises(CritminError, match="known from 2024 on, not by 2020"):
        forecast("lithium", 2, posterior=old, scenario=RefineryProject("USA", "lithium", 1e4, 2021))
    assert forecast("cobalt", 2, posterior=old).draws["refined"].attrs["year"] == 2020
