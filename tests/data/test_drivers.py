"""Each driver is declared once, and data, model, simulator, scenarios and docs have it from there."""

import re
from pathlib import Path

import numpy as np
import pytest

import critmin
from critmin.data import catalog, load
from critmin.data.drivers import (
    BY_NAME,
    COMPONENTS,
    DRIVERS,
    MOVERS,
    RETURNING,
    SETTABLE,
    TECHNOLOGIES,
    Driver,
    driver_table,
    parameters,
)
from critmin.exceptions import CritminError, UnknownNameError
from critmin.model.cost_equations import cost_drivers
from critmin.model.priors import PRIORS
from critmin.posterior import builtin_posterior
from critmin.posterior_format import CONSTANTS, SHARED
from critmin.scenario import DriverPath
from critmin.simulation.drivers import drivers

SOURCE = Path(critmin.__file__).parent


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_series_and_parameters_of_a_driver_exist(driver: Driver) -> None:
    assert set(driver.parameters.values()) <= set(PRIORS)
    assert re.fullmatch(r"[^:]+|[^:]+: \w.*\w", driver.words), "words, no name of a series"
    if driver.dataset:
        assert driver.dataset in catalog().index
    if driver.series:
        names = set(load(driver.dataset)["series"])
        assert all(any(name.startswith(series) for name in names) for series in driver.series)
    if driver.follows:  # what it takes up is drawn before
        assert DRIVERS.index(BY_NAME[driver.follows]) < DRIVERS.index(driver)


def test_a_file_of_draws_holds_the_parameters_of_every_driver() -> None:
    assert set(parameters()) <= set(SHARED)
    assert {driver.name for driver in RETURNING} <= set(CONSTANTS)
    found = builtin_posterior().draws
    assert {*parameters(), *(driver.name for driver in RETURNING)} <= set(found.data_vars)
    assert found["technology"].values.tolist() == list(TECHNOLOGIES)


def test_every_component_of_cost_has_one_driver() -> None:
    assert set(MOVERS) == set(COMPONENTS)
    assert len(MOVERS) == sum(bool(driver.component) for driver in DRIVERS)
    for name, mover in MOVERS.items():
        given = dict.fromkeys(parameters(), 0.0)
        if "pass_through" in mover.parameters:
            given[mover.parameters["pass_through"]] = 0.5
        if mover.process == "trend":
            given[mover.parameters["trend"]] = 0.1
        paths = {driver.name: float(driver is mover) for driver in DRIVERS}
        moved = cost_drivers(paths=paths, parameters=given, years_ahead=5)
        size = {"labour": 0.5, "capital": 0.5, "compliance": 0.5}.get(name, 1.0)
        assert moved == pytest.approx([size * (each == name) for each in COMPONENTS])


def test_the_simulator_plays_every_driver_of_cost_and_takes_its_path() -> None:
    posterior = builtin_posterior()
    played = drivers(posterior, 1, {}, 3)
    assert set(played) == {mover.name for mover in MOVERS.values() if mover.process != "trend"}
    for name in played:
        given = drivers(posterior, 1, {name: np.array([1.5, 2.0, 2.0])}, 3)
        rise = given[name][1:] - given[name][0]
        np.testing.assert_allclose(rise, np.log([[1.5], [2.0], [2.0]]) + 0 * rise)
        followers = {driver.name for driver in DRIVERS if driver.follows == name}
        for other in set(played) - {name}:
            assert (given[other] != played[other]).any() == (other in followers)


@pytest.mark.parametrize("name", SETTABLE)
def test_a_scenario_sets_a_driver_within_its_bounds(name: str) -> None:
    low, high = SETTABLE[name].path
    assert DriverPath(name, (low, high)).path == (low, high)
    for value in (low - 0.01, high + 0.01):
        with pytest.raises(CritminError, match="every value of path"):
            DriverPath(name, (value,))
    assert f'"{name}"' in DriverPath.__doc__


def test_a_driver_that_nobody_may_set_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="energy"):
        DriverPath("capital", (1.0,))


def test_parameters_of_drivers_stand_in_no_second_list() -> None:
    names = re.compile(r"\"(?:" + "|".join(parameters()) + r")\"")
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if names.search(path.read_text(encoding="utf-8"))
    }
    listing = {"data/drivers.py", "model/priors.py", "model/priors_drivers.py"}
    # Income that is demand's, in the equation of prices: by the model, the simulator and the audit.
    using = {"model/market.py", "simulation/shocks.py", "audit/checks/calibration.py"}
    assert found == listing | using


def test_the_table_of_drivers_is_printed_from_them() -> None:
    table = driver_table()
    assert table.index.tolist() == [driver.name for driver in DRIVERS]
    assert table.loc["wages", "parameters"] == "wage_drift, wage_scale, wage_pass_through"
    assert table["settable"].sum() == len(SETTABLE)
