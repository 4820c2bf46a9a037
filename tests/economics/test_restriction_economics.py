"""Restrictions begin, last and withhold as often, as long and as much as fitted.

Statistical checks have fixed seeds. Their bounds are at least four standard errors of the simulated
share wide, so that fewer than one in ten thousand seeds would fail.
"""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from critmin import disruption_risk
from critmin.data import load_panel
from critmin.model.priors import WITHHELD_CONCENTRATION
from critmin.model.restrictions import Exporters, build_restriction_model, make_exporters
from critmin.scenario import BASELINE, ExportControl, LiftControls, Scenario
from critmin.simulation.market import simulate

SIZE = 2000
EXPORTED = {"own_use": 1e-9, "use_effect": 0.0}
"""Whatever a country makes is exported, so that shares of exports and of output are one."""


def withheld(posterior, *interventions, mineral: str = "nickel", years: int = 10) -> np.ndarray:
    """Share withheld by the producers that may restrict exports, (path, year)."""
    scenario = Scenario("one", tuple(interventions)) if interventions else BASELINE
    paths = simulate(posterior, mineral, years, 5, scenario)
    exporters = {country for country, _, _ in posterior.exporters(mineral)}
    chosen = [i for i, country in enumerate(paths.countries) if country in exporters]
    return np.concatenate([paths.withheld[i] for i in chosen])


def lengths(held: np.ndarray, first: int) -> np.ndarray:
    """Years that restrictions begun in the first years last without a break."""
    chosen = held[held[:, :first].any(axis=1)] > 0
    begun = np.cumsum(chosen, axis=1) > 0
    over = (np.cumsum(begun & ~chosen, axis=1) > 0) & begun
    years: np.ndarray = (begun & ~over).sum(axis=1)
    return years


@pytest.mark.parametrize("hazard", [0.02, 0.1])
def test_restrictions_begin_at_their_hazard(still, hazard: float) -> None:
    held = withheld(still(size=SIZE, hazard=hazard))
    ever = (held > 0).any(axis=1)
    expected = 1 - np.exp(-10 * hazard)
    assert ever.mean() == pytest.approx(expected, abs=4 * np.sqrt(0.25 / len(ever)))


def test_a_higher_hazard_begins_more_restrictions_and_dearer_markets(still) -> None:
    low, high = (withheld(still(hazard=h)) for h in (0.02, 0.06))
    assert ((high[:, 0] > 0) >= (low[:, 0] > 0)).all()  # the same chances
    assert (high > 0).mean() > 1.5 * (low > 0).mean()
    dear, cheap = (simulate(still(hazard=h), "nickel", 10, 5).market for h in (0.06, 0.0))
    assert np.log(dear / cheap).mean() > 0


@pytest.mark.parametrize(("typical", "log_sd"), [(3.0, 0.0), (6.0, 0.0), (6.0, 0.5), (4.0, 1.0)])
def test_simulated_durations_of_restrictions_follow_the_fitted_ones(still, typical, log_sd) -> None:
    """Each quantile is the fitted one, but for whole years: not less, and by less than one more.

    The hazard is so low that 3% of the restrictions meet another.
    """
    posterior = still(size=SIZE, hazard=0.01, typical_duration=typical, duration_log_sd=log_sd)
    years = lengths(withheld(posterior, years=40), 6)
    assert len(years) > 400
    error = 4 * np.sqrt(0.25 / len(years)) + 0.02
    for duration in np.arange(1.5, 12):
        share = (
            stats.norm.cdf(np.log(duration / typical) / log_sd)
            if log_sd
            else float(duration >= typical)
        )
        assert (years <= duration).mean() <= share + error
        assert (years < duration + 1).mean() >= share - error


def test_a_restriction_of_three_years_withholds_for_three(still) -> None:
    posterior = still(size=SIZE, hazard=0.01, typical_duration=3.0, duration_log_sd=0.0)
    assert np.median(lengths(withheld(posterior, years=12), 6)) == 3


def test_restrictions_in_force_end_as_the_median_duration_implies(still) -> None:
    posterior = still(size=SIZE, producer_withheld=0.3, typical_duration=5.0, **EXPORTED)
    held = withheld(posterior, years=12)
    left = (held > 0).mean(axis=0)
    expected = 0.5 ** (np.arange(1, 13) / 5)
    np.testing.assert_allclose(left, expected, atol=4 * np.sqrt(0.25 / len(held)))
    assert ((held == 0) | np.isclose(held, 0.3)).all()


def test_a_measure_withholds_what_its_kind_does(still) -> None:
    """Two kinds, one taken three times as often: a tax of 5% and a ban of 90%."""
    draws = still().draws
    count, mean = np.zeros(draws.sizes["measure"]), np.full(draws.sizes["measure"], 0.5)
    count[:2], mean[:2] = [3, 1], [0.05, 0.9]
    posterior = still(
        size=SIZE,
        hazard=0.05,
        **EXPORTED,
        withheld_count=lambda v: v * 0 + count,
        withheld_mean=lambda v: v * 0 + mean,
    )
    new = withheld(posterior, years=1)[:, 0]
    new = new[new > 0]
    k = WITHHELD_CONCENTRATION
    for kind, (share, m) in enumerate(((0.75, 0.05), (0.25, 0.9))):
        chosen = new[(new > 0.5) == bool(kind)]
        assert len(chosen) / len(new) == pytest.approx(share, abs=0.08)
        spread = np.sqrt(m * (1 - m) / (k + 1))
        assert chosen.mean() == pytest.approx(m, abs=4 * spread / np.sqrt(len(chosen)) + 0.01)
        assert chosen.std() == pytest.approx(spread, rel=0.35)


def test_the_strongest_restriction_counts(still) -> None:
    posterior = still(producer_withheld=0.3, typical_duration=1e12, **EXPORTED)
    for share, expected in ((0.5, 0.5), (0.1, 0.3)):
        paths = simulate(
            posterior,
            "nickel",
            2,
            5,
            Scenario("control", (ExportControl("IDN", "nickel", share, 2026),)),
        )
        np.testing.assert_allclose(paths.withheld[paths.countries.index("IDN")], expected)


def test_a_country_that_lifts_its_controls_withholds_nothing(still) -> None:
    posterior = still(producer_withheld=0.3, typical_duration=1e12, hazard=0.3)
    paths = simulate(
        posterior, "nickel", 5, 5, Scenario("lift", (LiftControls("IDN", "nickel", 2027),))
    )
    idn = paths.withheld[paths.countries.index("IDN")]
    assert (idn[:, 0] > 0).all()
    assert not idn[:, 1:].any()


def test_the_risk_of_a_restriction_is_that_of_its_hazard(world) -> None:
    posterior = world(hazard=0.1)
    number = len(posterior.exporters("nickel"))
    assert number > 3
    for years in (1, 5):
        risk = disruption_risk("nickel", years, posterior=posterior).summary()["probability"]
        np.testing.assert_allclose(risk.drop("any"), 1 - np.exp(-0.1 * years))
        assert risk["any"] == pytest.approx(1 - np.exp(-0.1 * number * years))


@pytest.fixture(scope="module")
def exposure() -> Exporters:
    return make_exporters(load_panel(["cobalt", "nickel"]))


def evaluated(exposure: Exporters, changes: dict | None = None) -> dict[str, np.ndarray]:
    """Hazards ahead and expected onsets of the hazard model at one point."""
    import pytensor

    model = build_restriction_model(exposure)
    values = {
        "hazard_level": np.log(0.03),
        "share_effect": 0.8,
        "concentration_effect": 0.3,
        "country_spread": 1.0,
        "commodity_spread": 1.0,
        "period_spread": 1.0,
        "cluster_spread": 1.0,
        "typical_duration": 4.0,
        "duration_log_sd": 1.2,
    }
    coords = {k: list(v) for k, v in model.coords.items()}
    shapes = {
        v.name: tuple(len(coords[d]) for d in model.named_vars_to_dims.get(v.name, ()))
        for v in model.free_RVs
    }
    point = {name: np.zeros(shape) + values.get(name, 0.0) for name, shape in shapes.items()}
    point |= {name: point[name] + change for name, change in (changes or {}).items()}
    function = pytensor.function(
        [pytensor.In(v, name=v.name) for v in model.free_RVs],
        [model["hazard"], model["onsets"].owner.inputs[-1]],
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    return dict(zip(("hazard", "onsets"), function(**point), strict=True))


def test_larger_producers_and_more_concentrated_supply_restrict_more(exposure) -> None:
    plain = evaluated(exposure)
    larger = dataclasses.replace(exposure, log_share=exposure.log_share + np.log(2))
    narrower = dataclasses.replace(
        exposure, log_concentration=exposure.log_concentration + np.log(2)
    )
    for changed, effect in ((larger, 0.8), (narrower, 0.3)):
        found = evaluated(changed)
        np.testing.assert_allclose(found["hazard"] / plain["hazard"], 2**effect)
        np.testing.assert_allclose(found["onsets"] / plain["onsets"], 2**effect)


def test_a_producer_of_a_fifth_of_concentrated_supply_restricts_at_the_level(exposure) -> None:
    fifth = np.full(exposure.log_share.shape, np.log(0.2))
    even = dataclasses.replace(exposure, log_share=fifth, log_concentration=fifth)
    found = evaluated(even)
    np.testing.assert_allclose(found["hazard"], 0.03)
    np.testing.assert_allclose(found["onsets"], 0.03 * np.broadcast_to(exposure.years, fifth.shape))


@pytest.mark.parametrize(("known", "effect"), [("log_share", 0.8), ("log_concentration", 0.3)])
def test_the_hazard_ahead_is_that_of_todays_producers(exposure, known: str, effect: float) -> None:
    values = getattr(exposure, known).copy()
    values[:, -1] += np.log(2)
    plain, found = evaluated(exposure), evaluated(dataclasses.replace(exposure, **{known: values}))
    np.testing.assert_allclose(found["hazard"] / plain["hazard"], 2**effect)
    np.testing.assert_allclose(found["onsets"][:, :-1], plain["onsets"][:, :-1])


def test_the_hazard_ahead_is_that_of_the_period_after_the_data(exposure) -> None:
    plain = evaluated(exposure)
    steps = len(exposure.periods)
    last = np.zeros(steps)
    last[-1] = 0.5
    found = evaluated(exposure, {"period_step": last})
    np.testing.assert_allclose(found["hazard"] / plain["hazard"], np.exp(0.5))
    np.testing.assert_allclose(found["onsets"], plain["onsets"])
    last[:] = 0.1
    found = evaluated(exposure, {"period_step": last})
    np.testing.assert_allclose(found["hazard"] / plain["hazard"], np.exp(0.1 * steps))
    cluster = np.zeros((len(exposure.countries), steps + 1))
    cluster[:, -1] = 0.4
    found = evaluated(exposure, {"cluster_effect": cluster})
    np.testing.assert_allclose(found["hazard"] / plain["hazard"], np.exp(0.4))
    np.testing.assert_allclose(found["onsets"], plain["onsets"])


def test_a_restriction_still_in_force_has_lasted_longer_than_so_far(exposure) -> None:
    """Survival for those in force, density for those that ended, of a log-normal."""
    lasting, log_sd = np.array([0.5, 3.0, 7.0]), 1.2
    ended = np.array([True, True, False])
    few = dataclasses.replace(exposure, duration=lasting, ended=ended)
    model = build_restriction_model(few)
    density = model.compile_fn(
        model.logp(vars=[model["duration"]], sum=False),
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    values = {"typical_duration": np.log(4.0), "duration_log_sd": np.log(log_sd)}
    point = {
        model.rvs_to_values[model[name]].name: np.array(value) for name, value in values.items()
    }
    law = stats.lognorm(s=log_sd, scale=4.0)
    expected = np.where(ended, law.logpdf(lasting), law.logsf(lasting))
    np.testing.assert_allclose(np.ravel(density(point)), expected, rtol=1e-6)


def test_onsets_are_counted_in_the_period_in_which_they_began(exposure) -> None:
    place = {
        (exposure.commodities[i], exposure.countries[j]): k
        for k, (i, j) in enumerate(zip(exposure.commodity, exposure.country, strict=True))
    }
    cobalt, nickel = (
        exposure.onsets[place["cobalt", "COD"]],
        exposure.onsets[place["nickel", "IDN"]],
    )
    assert cobalt[exposure.periods.index("2025-2025")] == 2  # ban in February, quota in October
    assert nickel[exposure.periods.index("2010-2014")] == 1  # ore export ban of January 2014
    assert nickel[exposure.periods.index("2020-2024")] == 1  # its return in January 2020
    assert exposure.years.sum() == 31  # 1995 to 2025
