"""What is known of state support: no rate before it was found, and none of a producer without one."""

import numpy as np
import pymc as pm
import pytest

from critmin.data import load_panel
from critmin.model.assumptions import RATE_ERROR
from critmin.model.inputs import make_inputs
from critmin.model.market import build_model

NAMES = ["aluminum", "tungsten", "gallium"]


@pytest.fixture(scope="module")
def panel():
    return load_panel(NAMES)


def test_rates_are_means_over_findings_in_logs(panel) -> None:
    inputs = make_inputs(panel)
    rates = dict(zip(inputs.support_names, inputs.support_rate, strict=True))
    # US Department of Commerce: aluminum foil 18.56% and common alloy sheet 50.75%, all others, 2018;
    # tungsten shot 55.64%, 2025.
    assert rates["aluminum:CHN"] == pytest.approx(np.log([1.1856, 1.5075]).mean())
    assert rates["tungsten:CHN"] == pytest.approx(np.log(1.5564))
    assert np.isnan(rates["gallium:CHN"])
    years = dict(zip(inputs.support_names, inputs.years[inputs.support_rate_year], strict=True))
    assert years["aluminum:CHN"] == 2018
    assert years["tungsten:CHN"] == 2025


def test_a_rate_is_not_known_before_it_is_found(panel) -> None:
    before = make_inputs(panel.sel(year=slice(None, 2024)))
    assert np.isnan(
        dict(zip(before.support_names, before.support_rate, strict=True))["tungsten:CHN"]
    )


def test_a_rate_stands_about_the_support_of_its_year(panel) -> None:
    inputs = make_inputs(panel)
    model = build_model(inputs)
    rate = model["support_rate"]
    location, scale = rate.owner.inputs[-2:]
    support, mean, spread = pm.draw(
        [model["support"], location, scale], random_seed=1, mode="FAST_COMPILE"
    )
    for name, expected in zip(model.coords["countervailed"], mean, strict=True):
        k = inputs.support_names.index(name)
        t = inputs.support_rate_year[k]
        assert support[inputs.support_mineral[k], t] == pytest.approx(
            expected * inputs.support_share[k, t]
        )
    np.testing.assert_allclose(spread, RATE_ERROR)
