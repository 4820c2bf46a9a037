"""Index sets of the model."""

import dataclasses

import numpy as np
import pymc as pm
import pytest

from critmin.data import load_panel
from critmin.model.coords import index
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.model.market import build_model


def holed(*missing: int) -> ModelInputs:
    """Inputs of copper and scandium without scandium's prices of some years."""
    inputs = make_inputs(load_panel(["copper", "scandium"]))
    log_price = inputs.log_price.copy()
    log_price[1, np.isin(inputs.years, missing)] = np.nan
    return dataclasses.replace(inputs, log_price=log_price)


@pytest.mark.parametrize("missing", [(2022,), (2021, 2023), (2022, 2023), (2021, 2022, 2024)])
def test_a_hole_is_filled_after_both_years_that_it_needs(missing: tuple[int, ...]) -> None:
    inputs = holed(*missing)
    at = index(inputs)
    known = {(m, int(inputs.first[m])) for m in range(2)}
    known |= set(zip(at.observed.m.tolist(), at.observed.t.tolist(), strict=True))
    for batch in at.holes:
        cells = set(zip(batch.m.tolist(), batch.t.tolist(), strict=True))
        for m, t in cells:
            assert (m, t - 1) in known
            assert t - 2 < inputs.first[m] or (m, t - 2) in known
        known |= cells
    assert len(known) == sum(len(inputs.years) - int(f) for f in inputs.first)


def test_a_hole_after_value_gap_value_stays_near_its_neighbours() -> None:
    inputs = holed(2021, 2023)
    with build_model(inputs) as model:
        drawn = pm.draw(model["market_log_price"], 50, random_seed=1)
    seen = np.isfinite(inputs.log_price[1])
    level = inputs.log_price[1][seen].mean()
    holes = ~seen & (np.arange(len(inputs.years)) > inputs.first[1])
    assert abs(np.median(drawn[:, 1][:, holes]) - level) < 1.5
