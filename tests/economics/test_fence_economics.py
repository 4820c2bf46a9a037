"""Both sides of a fence, worlds without distortions, wild years, and what growth costs: sign and size."""

import itertools

import numpy as np
import pytest
import xarray as xr
from balances import sides

from critmin.mineral import get_mineral
from critmin.model.equations import WILDEST
from critmin.scenario import (
    BASELINE,
    DemandShock,
    ExportControl,
    LiftControls,
    MineClosure,
    MineProject,
    Scenario,
    StateSupport,
)
from critmin.simulation.bounds import LARGEST_MOVE
from critmin.simulation.market import Paths, simulate
from critmin.simulation.streams import stream

FENCES = [("gallium", "CHN"), ("graphite", "CHN"), ("nickel", "IDN")]
"""A by-product, a mineral without scrap, and a monthly one with scrap."""
MINED = ["nickel", "graphite", "manganese"]
"""Costs of these rise with output; that of a by-product follows its host."""
FITTED = {name: (lambda values: values) for name in ("long_run_elasticity", "volatility_memory")}
"""As fitted, in worlds that leave them out."""


def run(posterior, mineral: str, *interventions, years: int = 1, seed: int = 3) -> Paths:
    scenario = Scenario("one", tuple(interventions)) if interventions else BASELINE
    return simulate(posterior, mineral, years, seed, scenario)


def rise(one: Paths, other: Paths, what: str = "market") -> np.ndarray:
    return np.log(getattr(one, what) / getattr(other, what))


def withholding(label: str, share: float):
    """What one producer alone withholds, such as ``"graphite:CHN"``."""
    return lambda held: xr.where(held["producer"] == label, share, held * 0.0).transpose(*held.dims)


def output(paths: Paths) -> np.ndarray:
    return np.log(paths.production.sum(axis=0))


@pytest.mark.parametrize(("mineral", "country"), FENCES)
def test_a_tighter_control_parts_the_prices_further(still, mineral: str, country: str) -> None:
    posterior = still(quote_premium=0.5, export_tax=0.0)
    loose, tight = (
        run(posterior, mineral, ExportControl(country, mineral, w, 2026)) for w in (0.4, 0.8)
    )
    assert loose.fence == tight.fence == country
    assert (rise(tight, loose) > 0).all()
    assert (rise(tight, loose, "marginal") > rise(tight, loose)).all()
    assert (rise(tight, loose, "inside") < 0).all()


@pytest.mark.parametrize(("mineral", "country"), FENCES)
def test_sides_of_a_fence_are_those_of_their_balances(still, mineral: str, country: str) -> None:
    """The unlicensed tonne pays a part of the rent on top; a tax lies between, and is nobody's rent."""
    posterior = still(quote_premium=0.4, export_tax=0.1)
    calm = run(posterior, mineral)
    fenced = run(posterior, mineral, ExportControl(country, mineral, 0.5, 2026))
    outside, inside = sides(posterior, mineral, country, 0.5)
    np.testing.assert_allclose(rise(fenced, calm)[:, 0], outside, rtol=1e-6)
    premium = np.log(fenced.marginal / fenced.market)[:, 0]
    np.testing.assert_allclose(premium, 0.4 * (outside + inside), rtol=1e-6)
    apart = np.log(fenced.market / fenced.inside)[:, 0]
    np.testing.assert_allclose(apart, outside + inside + 0.1, rtol=1e-6)


@pytest.mark.parametrize(("mineral", "country"), FENCES)
def test_what_a_country_uses_itself_is_not_withheld(still, mineral: str, country: str) -> None:
    little, much = (still(own_use=use, use_effect=0.0) for use in (0.1, 0.8))
    ban = ExportControl(country, mineral, 0.5, 2026)
    more, less = (rise(run(p, mineral, ban), run(p, mineral)) for p in (little, much))
    assert (more > less).all()
    more, less = (run(p, mineral, ban).unsold.sum(axis=0) for p in (little, much))
    assert (more > less).all()


@pytest.mark.parametrize("withheld", [0.2, 0.5])
@pytest.mark.parametrize(("mineral", "country"), [*FENCES, ("antimony", "CHN")])
def test_a_mine_behind_a_fence_moves_the_outside_by_what_gets_out(
    still, mineral: str, country: str, withheld: float
) -> None:
    """By less than without the fence, and about what is not withheld; a mine outside by more."""
    posterior = still()
    ban = ExportControl(country, mineral, withheld, 2026)
    tonnes = 0.02 * float(posterior.of(mineral)["output"])
    calm, fenced = run(posterior, mineral), run(posterior, mineral, ban)
    for kind, sign in ((MineProject, -1), (MineClosure, 1)):
        plant = kind(country, mineral, tonnes, 2026)
        whole = sign * rise(run(posterior, mineral, plant), calm)
        felt = sign * rise(run(posterior, mineral, ban, plant), fenced)
        assert (felt < whole).all()
        assert (felt > 0.6 * (1 - withheld) * whole).all()
    abroad = MineProject("LUX", mineral, tonnes, 2026)
    felt, whole = (
        rise(run(posterior, mineral, *b, abroad), c) for b, c in (((ban,), fenced), ((), calm))
    )
    assert (felt < whole).all()


@pytest.mark.parametrize("mineral", ["gallium", "graphite", "nickel", "copper", "dysprosium"])
def test_without_a_fence_there_is_one_price_to_the_last_bit(free, mineral: str) -> None:
    paths = run(free(**FITTED), mineral, years=10)
    assert paths.fence == ""
    np.testing.assert_array_equal(paths.marginal, paths.market)
    np.testing.assert_array_equal(paths.inside, paths.market)


def test_measures_that_do_not_close_a_border_make_no_price_inside(still) -> None:
    """A tax leaves exports to whoever pays it: supply falls, and the price is one."""
    held = {"producer_withheld": withholding("graphite:CHN", 0.5), "typical_duration": 1e12}
    paths = run(still(**held, fence_closed=0), "graphite", years=3)
    assert paths.fence == ""
    np.testing.assert_array_equal(paths.inside, paths.market)
    assert (paths.availability < 1).all()
    assert run(still(**held, fence_closed=1), "graphite", years=3).fence == "CHN"


def test_the_inside_is_cheaper_and_the_unlicensed_tonne_dearer_while_a_fence_stands(world) -> None:
    posterior, fenced = world(), []
    for mineral in posterior.minerals:
        paths = run(posterior, mineral, years=5)
        assert (paths.inside <= paths.market).all(), mineral
        assert (paths.market <= paths.marginal).all(), mineral
        if paths.fence:
            fenced.append(mineral)
            held = paths.withheld[paths.countries.index(paths.fence)] > 0
            # Rarely a country's output falls below its own use, and nothing is left to withhold.
            assert (paths.inside < paths.market)[held].mean() > 0.99, mineral
    assert {"gallium", "germanium"} <= set(fenced)
    assert not {"copper", "gold", "lead"} & set(fenced)


@pytest.mark.parametrize(("mineral", "country"), FENCES[:2])
def test_a_fence_that_is_lifted_leaves_one_price_lower_than_outside(still, mineral, country):
    posterior = still(
        producer_withheld=withholding(f"{mineral}:{country}", 0.6),
        fence_closed=1,
        typical_duration=1e12,
        export_tax=0.0,
    )
    stays = run(posterior, mineral, years=3)
    lifted = run(posterior, mineral, LiftControls(country, mineral, 2027), years=3)
    assert lifted.fence == stays.fence == country
    for what in ("market", "marginal", "inside"):
        np.testing.assert_allclose(rise(lifted, stays, what)[:, 0], 0, atol=1e-12)
    assert (lifted.inside < lifted.market)[:, 0].all()
    np.testing.assert_array_equal(lifted.inside[:, 1:], lifted.market[:, 1:])
    np.testing.assert_array_equal(lifted.marginal[:, 1:], lifted.market[:, 1:])
    assert (rise(lifted, stays)[:, 1] < 0).all()
    assert (rise(lifted, stays, "inside")[:, 1] > 0).all()


def test_a_control_that_withholds_nothing_changes_nothing(world) -> None:
    posterior = world()
    calm = run(posterior, "graphite", years=5)
    none = run(posterior, "graphite", ExportControl("CHN", "graphite", 0.0, 2026), years=5)
    for what in ("market", "fair", "fair_today", "unsupported", "marginal", "inside"):
        np.testing.assert_array_equal(getattr(none, what), getattr(calm, what))


@pytest.mark.parametrize("mineral", MINED)
@pytest.mark.parametrize("measure", ["control", "support"])
def test_the_fair_price_pays_its_own_cost_whatever_the_market_does(free, mineral, measure) -> None:
    """The fair world expands otherwise than the market, and so does its cost."""
    posterior = free(**FITTED)
    country = posterior.producers(mineral)[0].country
    changes = {
        "control": ExportControl(country, mineral, 0.5, 2026),
        "support": StateSupport(country, mineral, 0.3, 2026),
    }
    calm = run(posterior, mineral, years=15)
    moved = run(posterior, mineral, changes[measure], years=15)
    assert (abs(rise(moved, calm)) > 1e-3).any(axis=1).all()
    assert (abs(np.log(moved.components / calm.components)) > 1e-4).any(axis=2).all()
    for what in ("fair", "fair_today"):
        np.testing.assert_allclose(rise(moved, calm, what), 0, atol=1e-9)
    # Without support the market is what it is with its fences, or else the fair one.
    same = moved.market if measure == "control" else moved.fair
    np.testing.assert_allclose(moved.unsupported, same, rtol=1e-9)


@pytest.mark.parametrize("mineral", ["gallium", *MINED])
def test_without_distortions_every_world_is_the_market(free, mineral: str) -> None:
    paths = run(free(**FITTED), mineral, DemandShock(mineral, 0.3, 2027), years=15)
    for what in ("fair", "fair_today", "unsupported"):
        np.testing.assert_allclose(getattr(paths, what), paths.market, rtol=1e-9)


def test_the_fair_price_from_today_on_owes_nothing_to_the_past(still) -> None:
    """What distortions did is over: the market is as it is, and goes where it goes."""
    paths = run(still(deviation=0.3, **FITTED), "nickel", years=10)
    np.testing.assert_allclose(paths.fair_today, paths.market, rtol=1e-9)
    assert (paths.fair[:, 0] > paths.market[:, 0]).all()


def test_the_fair_price_from_today_on_ends_what_the_market_has(still) -> None:
    """Support that ends at the origin: at once by what supply passes on, in the end all of it."""
    posterior = still(support=0.2)
    par, paths = posterior.of("nickel"), run(posterior, "nickel", years=80)
    apart = np.log(paths.fair_today / paths.market)
    at_once = par["primary"] * par["supply_elasticity"] * 0.2 / par["slope"]
    np.testing.assert_allclose(apart[:, 0], at_once)
    slow = (1 - par["reversion"]) ** 79
    np.testing.assert_allclose(apart[:, -1], 0.2 - slow * (0.2 - at_once))


@pytest.mark.parametrize("mineral", MINED)
def test_output_beyond_its_trend_makes_the_next_years_cost_higher(still, mineral: str) -> None:
    posterior, boom = still(long_run_elasticity=1.5), DemandShock(mineral, 0.3, 2026)
    calm, shocked = run(posterior, mineral, years=2), run(posterior, mineral, boom, years=2)
    dearer = np.log(shocked.components / calm.components)
    np.testing.assert_allclose(dearer[..., 0], 0, atol=1e-12)
    beyond = output(shocked)[:, 0] - output(calm)[:, 0]
    assert (beyond > 0).all()
    np.testing.assert_allclose(dearer[..., 1], np.broadcast_to(beyond / 1.5, dearer.shape[:2]))


def test_the_cost_of_a_by_product_does_not_rise_with_its_output(still) -> None:
    boom = DemandShock("cobalt", 0.3, 2026)
    dear, cheap = (run(still(long_run_elasticity=e), "cobalt", boom, years=5) for e in (0.5, 1e12))
    np.testing.assert_array_equal(dear.components, cheap.components)


def test_lasting_demand_leaves_lithium_dearer_for_good(world) -> None:
    """Better deposits are used first; were there always more of them, capacity would close the gap."""
    boom = DemandShock("lithium", 0.5, 2026)
    dearer = {}
    for name, changes in (("fitted", {}), ("endless", {"long_run_elasticity": 1e12})):
        posterior = world(**changes)
        moved = rise(run(posterior, "lithium", boom, years=15), run(posterior, "lithium", years=15))
        dearer[name] = float(np.median(moved[:, -1]))
    assert np.log(1.1) < dearer["fitted"] < np.log(1.6)
    assert dearer["endless"] < 0.5 * dearer["fitted"]


WILD = {
    "price_scale": 0.2,
    "volatility_memory": 0.5,
    "tail": 8.0,
    "persistence": 0.0,
    "lasting_share": 0.0,
}


def shocks(still, years: int, size: int, **changes: float) -> np.ndarray:
    """Price shocks of manganese over their usual scale, (year, sample), read off its prices."""
    posterior = still(size=size, carry=0.0, **WILD, **changes)
    kappa = posterior.of("manganese")["reversion"]
    calm = still(size=size, carry=0.0, **{**WILD, "price_scale": 0.0}, **changes)
    apart = rise(run(posterior, "manganese", years=years), run(calm, "manganese", years=years)).T
    before = np.concatenate([np.zeros((1, size)), apart[:-1]])
    return (apart - (1 - kappa) * before) / WILD["price_scale"]


@pytest.mark.parametrize("last", [0.0, 1.0, -3.0, 9.0])
def test_a_year_is_as_wild_as_the_one_before_lets_it_be(still, last: float) -> None:
    """The usual scale after a usual year; beyond `WILDEST` a shock makes the next no wilder."""
    found = shocks(still, 3, 250, surprise=last)
    drawn = stream(3, "manganese: price").standard_t(np.full(250, 8.0), (3, 250))
    before = np.full(250, last)
    for year, shock in enumerate(found):
        expected = np.sqrt(0.5 + 0.5 * np.minimum(before**2, WILDEST**2)) * drawn[year]
        # The wildness of the year after is that of the shock as it was drawn.
        small = np.abs(WILD["price_scale"] * expected) < LARGEST_MOVE
        shock = np.where(small, shock, expected)
        np.testing.assert_allclose(shock, expected, atol=1e-8)
        before = shock


def test_years_after_large_shocks_have_wider_surprises(still) -> None:
    one, two = shocks(still, 2, 2000, surprise=1.0)
    large = abs(one) > 1.5
    assert large.sum() > 200
    assert two[large].std() > 1.4 * two[~large].std()


def test_prices_of_one_group_move_together_more_than_those_of_two(world) -> None:
    """Year by year over draws; base metals have no cycle beside the common one."""
    posterior = world(size=2000)
    names = ["neodymium", "dysprosium", "yttrium", "platinum", "rhodium", "lithium", "graphite"]
    changes = {n: np.diff(np.log(run(posterior, n, years=3).market), axis=1)[:, 0] for n in names}
    within, across = [], []
    for one, other in itertools.combinations(names, 2):
        together = get_mineral(one).group == get_mineral(other).group
        found = np.corrcoef(changes[one], changes[other])[0, 1]
        (within if together else across).append(found)
    # The standard error of each correlation is 0.022.
    assert np.mean(within) > np.mean(across) + 0.1
    assert np.mean(across) > 0
