"""Modules can be left out one by one, and contraction says what the data moved."""

import pytest

from critmin.audit.checks.calibration import REDUCED
from critmin.audit.checks.priors import contraction
from critmin.audit.checks.refits import market_inputs
from critmin.data import load_panel
from critmin.model.market import build_model
from critmin.model.switches import MODULES


@pytest.fixture(scope="module")
def inputs():
    return market_inputs(load_panel(list(REDUCED)))


@pytest.mark.parametrize("name", list(MODULES))
def test_the_model_stands_without_each_module(inputs, name: str) -> None:
    whole, part = build_model(inputs), build_model(MODULES[name](inputs))
    gone = {v.name for v in whole.free_RVs} - {v.name for v in part.free_RVs}
    expected = {
        "hosts": {"host_tie_hosted"},
        "state support": {
            "state_support",
            "support_step",
            "support_advantage",
            "support_noise",
            "capacity_response",
        },
        "restrictions": {
            "withheld",
            "withheld_step",
            "use_effect",
            "wedge_level",
            "wedge_spread",
        },
        "cost points": {"anchor_offset"},
    }
    assert gone == expected.get(name, set())
    unseen = {v.name for v in whole.observed_RVs} - {v.name for v in part.observed_RVs}
    witnesses = {
        "restrictions": {"wedge", "export_ratio"},
        "state support": {"support_growth", "support_rate"},
        "cost points": {"marginal_cost"},
    }
    assert unseen == witnesses.get(name, set())


def test_contraction_is_high_where_data_decide_and_low_where_they_cannot() -> None:
    table = contraction(draws=500, seed=1)
    assert table.loc["price_scale", "contraction"] > 0.5
    assert table.loc["compliance_trend", "contraction"] < 0.3
    assert (table["most"] >= table["contraction"]).all()
