"""Costs of producers: what goes in, that known costs are found, and what an analyst knows."""

import numpy as np
import nutpie
import pytest
import xarray as xr

from critmin.data import load_panel
from critmin.model.cost_evidence import MEASURES
from critmin.model.curve import MARGINAL, cost_anchors, quantile, relative_costs
from critmin.model.producer_costs import Producers, build_producer_cost_model, make_producers

NAMES = ["lithium", "nickel", "cobalt", "copper", "aluminum", "gallium"]


@pytest.fixture(scope="module")
def producers() -> Producers:
    return make_producers(load_panel(NAMES))


@pytest.fixture(scope="module")
def fitted(producers: Producers):
    """Fits of one compiled model to costs given."""
    compiled = nutpie.compile_pymc_model(build_producer_cost_model(producers), backend="numba")

    def fit(log: np.ndarray) -> xr.Dataset:
        trace = nutpie.sample(
            compiled.with_data(cost_log=log),
            draws=500,
            tune=500,
            chains=2,
            seed=1,
            target_accept=0.9,
            progress_bar=False,
            save_warmup=False,
        )
        assert int(trace["sample_stats"]["diverging"].sum()) < 20
        return trace["posterior"].to_dataset()

    return fit


@pytest.fixture(scope="module")
def posterior(producers: Producers, fitted) -> xr.Dataset:
    return fitted(producers.points.log)


@pytest.fixture(scope="module")
def costs(producers: Producers, posterior: xr.Dataset) -> dict[tuple[str, str], np.ndarray]:
    """Full cost in the base year by mineral and country, draws of real USD per tonne of element."""
    relative = relative_costs(posterior, producers)
    flat = posterior.stack(sample=("chain", "draw"), create_index=False)
    return {
        (m, c): np.exp(flat["cost_level"].sel(costed=m).values + relative[i])
        for i, (m, c) in enumerate(producers.pairs)
        if m in producers.points.costed
    }


def test_producers_are_those_of_the_tables(producers) -> None:
    pairs = dict(zip(producers.pairs, producers.capacity, strict=True))
    assert pairs["cobalt", "COD"] == 230_000
    assert pairs["lithium", "DEU"] == 0  # a deposit, no output
    gap = dict(zip(producers.pairs, producers.wage_gap, strict=True))
    assert gap["lithium", "AUS"] > gap["lithium", "ZWE"]
    assert "gallium" not in producers.points.costed
    deposits = [label for label in producers.points.labels if ":deposit " in label]
    assert len(deposits) == 54


def test_minerals_left_out_take_their_cost_points_with_them() -> None:
    panel = load_panel(["lithium", "gold", "tin"]).sel(mineral=["gold", "tin"])
    assert make_producers(panel).points.costed == ["gold", "tin"]


def test_known_costs_are_found_in_what_is_simulated(producers, fitted) -> None:
    """Points drawn from known levels, countries, offsets and spreads give these back."""
    rng = np.random.default_rng(4)
    x = producers.points
    offset = np.array([0.35, 0.25, 0.15, 0.05, 0.1, 0.0])
    level = x.center + rng.normal(0.2, 0.1, len(x.costed))
    relative = rng.normal(0, 0.2, len(producers.pairs))
    drivers = relative_costs(
        xr.Dataset(
            {
                "relative_effect": (("sample", "producer"), relative[None]),
                **{
                    name: ("sample", [value])
                    for name, value in (
                        ("wage_gap_response", 0.4),
                        ("power_gap_response", 0.5),
                        ("governance_response", 0.15),
                    )
                },
            }
        ),
        producers,
    )[:, 0]
    mean = drivers[x.place]
    of_world = x.place < 0
    mean = np.where(of_world, (x.share @ drivers)[x.world], mean)
    variance = (x.share @ drivers**2 - (x.share @ drivers) ** 2)[x.world]
    inside = np.sqrt(0.2**2 + np.where(of_world, variance, 0))
    own = rng.normal(0, np.where(x.averaged, 0.05, 0.2))
    log = (
        level[x.mineral]
        + mean
        + x.quantile * inside
        - x.weight * offset[np.array(x.measure)]
        - 0.15 * x.study
        - 0.15 * x.credit
        + 0.5 * x.shift
        + 0.1 * x.cycle
        + own[x.group]
        + x.error * rng.standard_t(5, len(x.log))
    )
    found = fitted(log)
    flat = found.stack(sample=("chain", "draw"), create_index=False)
    known = np.unique(x.place[~of_world])
    total = relative_costs(found, producers)[known] + np.stack(
        [flat["cost_level"].sel(costed=producers.pairs[i][0]).values for i in known]
    )
    truth = drivers[known] + [level[x.costed.index(producers.pairs[i][0])] for i in known]
    low, middle, high = np.quantile(total, [0.05, 0.5, 0.95], axis=1)
    assert ((low <= truth) & (truth <= high)).mean() > 0.7
    assert np.corrcoef(middle, truth)[0, 1] > 0.9
    for k, measure in enumerate(MEASURES[:-1]):
        draws = flat[f"{measure}_offset"].values
        assert abs(draws.mean() - offset[k]) < 3 * draws.std() + 0.02
    driven = flat["driver_response"].values
    assert abs(driven.mean() - 0.5) < 3 * driven.std()


def test_indonesian_nickel_is_cheaper_than_its_rivals(costs) -> None:
    indonesia = np.median(costs["nickel", "IDN"])
    assert 9_000 < indonesia < 18_000
    assert indonesia < np.median(costs["nickel", "AUS"])
    assert (costs["nickel", "IDN"] < costs["nickel", "AUS"]).mean() > 0.8
    assert indonesia < np.median(costs["nickel", "NCL"])


def test_hydro_smelters_are_not_above_chinese_ones(costs) -> None:
    for country in ("CAN", "RUS"):
        assert np.median(costs["aluminum", country]) < np.median(costs["aluminum", "CHN"])


def test_chilean_brine_is_cheaper_than_australian_spodumene(costs) -> None:
    assert np.median(costs["lithium", "CHL"]) < np.median(costs["lithium", "AUS"])
    assert np.median(costs["lithium", "ARG"]) < np.median(costs["lithium", "AUS"])


def test_anchors_are_marginal_costs_of_what_is_not_a_by_product(producers, posterior) -> None:
    anchors = cost_anchors(posterior, producers).set_index("mineral")
    # Cobalt comes with copper, gallium with aluminum.
    assert list(anchors.index) == ["lithium", "nickel", "copper", "aluminum"]
    assert (anchors["sd"] >= 0.05).all()
    assert (anchors["sd"] < 0.3).all()
    assert anchors["year"].between(2010, 2025).all()
    x = producers.points
    k = x.costed.index("nickel")
    flat = posterior.stack(sample=("chain", "draw"), create_index=False)
    where = [i for i, (m, _) in enumerate(producers.pairs) if m == "nickel"]
    level = flat["cost_level"].sel(costed="nickel").values
    moved = flat["driver_response"].values * x.year_shift[k]
    moved += flat["cost_trend"].values * (anchors.loc["nickel", "year"] - 2025)
    relative = relative_costs(posterior, producers)[where]
    spread = flat["asset_spread"].sel(costed="nickel").values
    expected = quantile(level + moved + relative, spread, producers.capacity[where], 0.9)
    assert anchors.loc["nickel", "log_cost"] == pytest.approx(expected.mean())
    assert pytest.approx(1.2816, abs=1e-4) == MARGINAL
    # About half of nickel and little of aluminum lost money in 2024 and 2025.
    price = load_panel(["nickel", "aluminum"])["price"].sel(year=2025).to_series()
    assert np.exp(anchors.loc["nickel", "log_cost"]) > price["nickel"]
    assert np.exp(anchors.loc["aluminum", "log_cost"]) == pytest.approx(price["aluminum"], rel=0.35)
