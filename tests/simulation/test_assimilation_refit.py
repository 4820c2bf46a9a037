"""News taken up by weights against a real fit that has the year in its data."""

import numpy as np
import pytest
import xarray as xr

import critmin
from critmin.audit.backtesting.vintage import known_at
from critmin.data import load_panel
from critmin.data.money import real_factor
from critmin.posterior import Posterior
from critmin.simulation.market import simulate

MINERALS = ["lithium", "copper"]


def fitted(panel: xr.Dataset) -> Posterior:
    return critmin.fit(
        MINERALS,
        data=panel,
        draws=500,
        tune=400,
        chains=2,
        seed=3,
        progressbar=False,
        allow_bad=True,
    )


@pytest.mark.slow
def test_the_year_of_dear_lithium_is_taken_up_as_a_fit_would() -> None:
    """In 2022 lithium cost 3.6 times what 2021 let expect; nothing else of 2022 is known."""
    panel = load_panel(MINERALS)
    later = known_at(panel, 2022).copy(deep=True)
    # As it turned out; the first edition that named it had half of that.
    price = float(panel["price"].sel(mineral="lithium", year=2022))
    nominal = price / float(real_factor(np.array([2022]))[0])
    later["price"].loc[{"year": 2022, "mineral": "lithium"}] = price
    later["price_nominal"].loc[{"year": 2022, "mineral": "lithium"}] = nominal
    for name in ("price", "price_nominal", "price_year_end"):
        later[name].loc[{"year": 2022, "mineral": "copper"}] = np.nan
    later["production"].loc[{"year": 2022}] = np.nan
    known = fitted(known_at(panel, 2021)).assimilate(
        {"lithium": (nominal, "USD/t of contained Li")}, over="2022"
    )
    assert known.assimilated["lithium"]["ratio"] > 3
    refit = fitted(later)
    ahead = np.log(simulate(known, "lithium", 6, 0).market)[:, 1:]
    fit = np.log(simulate(refit, "lithium", 5, 0).market)
    # Measured with three minerals: means apart by 0.01 to 0.02 standard deviations.
    assert np.all(np.abs(ahead.mean(axis=0) - fit.mean(axis=0)) < 0.15 * fit.std(axis=0))
    assert ahead.std(axis=0) == pytest.approx(fit.std(axis=0), rel=0.12)
    scale = [float(p.of("lithium")["price_scale"].mean()) for p in (known, refit)]
    assert scale[0] == pytest.approx(scale[1], rel=0.06)
