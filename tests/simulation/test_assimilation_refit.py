"""News taken up by weights against a real fit that has the year in its data."""

import numpy as np
import pytest
import xarray as xr

import critmin
from critmin.audit.backtesting.vintage import known_at
from critmin.data import load_panel
from critmin.data.money import real_factor
from critmin.exceptions import ConvergenceError
from critmin.posterior import Posterior
from critmin.simulation.market import simulate

# Neither has monthly prices: a fit that lacks the last year's end knows less of the year after than
# the law of the carry, by which news are taken up, does.
MINERALS = ["lithium", "cobalt"]
UNITS = {"lithium": "USD/t of contained Li", "cobalt": "USD/t"}


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


@pytest.fixture(scope="module")
def before() -> Posterior:
    return fitted(known_at(load_panel(MINERALS), 2021))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mineral", "low", "high"),
    [("cobalt", 0.7, 1.4), ("lithium", 3.0, 4.5)],
    ids=["mild", "strong"],
)
def test_a_price_is_taken_up_as_a_fit_would(
    before: Posterior, mineral: str, low: float, high: float
) -> None:
    """Of 2022 one price alone is known: lithium's was 3.6 times what 2021 let expect."""
    panel = load_panel(MINERALS)
    later, earlier = known_at(panel, 2022).copy(deep=True), known_at(panel, 2021)
    for name, known in earlier.data_vars.items():
        if "year" in known.dims:  # news are no revisions of what was known
            later[name].loc[{"year": earlier["year"]}] = known
    # As it turned out; the first edition that named lithium's had half of it.
    price = float(panel["price"].sel(mineral=mineral, year=2022))
    nominal = price / float(real_factor(np.array([2022]))[0])
    for name in ("price", "price_nominal", "price_year_end"):
        later[name].loc[{"year": 2022}] = np.nan
    later["price"].loc[{"year": 2022, "mineral": mineral}] = price
    later["price_nominal"].loc[{"year": 2022, "mineral": mineral}] = nominal
    later["production"].loc[{"year": 2022}] = np.nan
    known = before.assimilate({mineral: (nominal, UNITS[mineral])}, over="2022")
    assert low < known.assimilated[mineral]["ratio"] < high
    refit = fitted(later)
    ahead = np.log(simulate(known, mineral, 6, 0).market)[:, 1:]
    fit = np.log(simulate(refit, mineral, 5, 0).market)
    assert np.all(np.abs(ahead.mean(axis=0) - fit.mean(axis=0)) < 0.15 * fit.std(axis=0))
    # Standard deviations of a thousand draws with such tails differ by a fifth by chance.
    middle = [np.diff(np.quantile(x, [0.25, 0.75], axis=0), axis=0)[0] for x in (ahead, fit)]
    assert middle[0] == pytest.approx(middle[1], rel=0.15)
    scale = [float(p.of(mineral)["price_scale"].mean()) for p in (known, refit)]
    assert scale[0] == pytest.approx(scale[1], rel=0.06)


@pytest.mark.slow
def test_a_price_out_of_this_world_is_refused(before: Posterior) -> None:
    with pytest.raises(ConvergenceError, match="times what was expected"):
        before.assimilate({"lithium": (20_000_000, UNITS["lithium"])}, over="2022")
