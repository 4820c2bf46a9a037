"""The factored density is the structural one; the counterfactual is the difference of two worlds."""

import numpy as np
import pytensor.tensor as pt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from critmin.data.drivers import COMPONENTS
from critmin.model import cost_equations, equations
from critmin.model.counterfactual import deviation_path

positive = st.floats(0.03, 0.8)
small = st.floats(-0.3, 0.3)


def test_what_is_withheld_counts_by_its_share_and_what_is_added_by_its_log() -> None:
    share = np.linspace(0, 3, 301)
    term = equations.availability_term(share)
    assert term[0] == -1
    assert term[100] == 0
    assert (np.diff(term) > 0).all()
    np.testing.assert_allclose(np.diff(term)[98:102], 0.01, rtol=0.02)  # no kink at the whole
    np.testing.assert_allclose(term[share >= 1], np.log(share[share >= 1]))
    x = pt.dvector()
    np.testing.assert_allclose(
        equations.availability_term(x, xp=pt).eval({x: share}), term, atol=1e-12
    )


def push(slope: float, e_s: float, primary: float = 1.0, **changes: float) -> float:
    """`price_push` of a market where nothing else happens."""
    quiet = dict.fromkeys(
        (
            "cost_change",
            "support_change",
            "availability_change",
            "income",
            "technology",
            "host",
            "common",
        ),
        0.0,
    )
    slopes = {
        "income_elasticity": 0.9,
        "host_tie": 0.5,
    }
    return equations.price_push(
        **{**quiet, **changes}, supply_elasticity=e_s, slope=slope, primary=primary, **slopes
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    e_s=positive,
    e_d=positive,
    e_z=positive,
    w=st.floats(0.3, 1),
    phi=st.floats(0.05, 0.95),
    kappa=st.floats(0.02, 0.5),
    share=st.floats(0.05, 0.95),
    scale=st.floats(0.05, 0.4),
    tail=st.floats(2.2, 30),
    dp=small,
    dq=small,
    gap=small,
    dc=small,
    y=small,
    x=small,
    h=small,
)
def test_price_then_output_has_the_structural_density(
    e_s, e_d, e_z, w, phi, kappa, share, scale, tail, dp, dq, gap, dc, y, x, h
) -> None:
    """Bivariate t of the structural shocks times the Jacobian equals the factored form."""
    slope = equations.total_slope(
        supply_elasticity=e_s, demand_elasticity=e_d, scrap_elasticity=e_z, primary=w
    )
    trend = 0.03
    u = w * (dq - trend - e_s * (dp - dc) - 0.5 * h) - (1 - phi) * kappa * slope * gap
    quantity = w * dq + (1 - w) * (trend + e_z * dp)
    v = quantity - (trend + 0.9 * y + x - e_d * dp - phi * kappa * slope * gap)
    spread = slope * scale
    shape = spread**2 * np.diag([1 - share, share])
    structural = stats.multivariate_t([0, 0], shape, df=tail).logpdf([u, v])
    structural += np.log(w * slope)

    pushed = push(slope, e_s, w, cost_change=dc, income=y, technology=x, host=h)
    shock = dp - equations.price_change(push=pushed, carry=0, gap=gap, reversion=kappa)
    mean = equations.production_growth(
        trend=trend,
        price_change=dp,
        cost_change=dc,
        support_change=0,
        host=h,
        gap=gap,
        price_shock=shock,
        demand_share=share,
        substitution=phi,
        supply_elasticity=e_s,
        slope=slope,
        primary=w,
        host_tie=0.5,
        reversion=kappa,
    )
    width = equations.production_scale(
        price_scale=scale, demand_share=share, slope=slope, primary=w, measurement=0
    )
    width *= np.sqrt((tail + (shock / scale) ** 2) / (tail + 1))
    factored = stats.t(tail, 0, scale).logpdf(shock)
    factored += stats.t(tail + 1, mean, width).logpdf(dq)
    assert factored == pytest.approx(structural, abs=1e-6)


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    e_s=positive,
    e_d=positive,
    kappa=st.floats(0.02, 0.5),
    psi=st.floats(0, 0.4),
    w=st.floats(0.3, 1),
)
def test_counterfactual_is_the_difference_of_two_worlds(seed, e_s, e_d, kappa, psi, w) -> None:
    rng = np.random.default_rng(seed)
    years = 12
    support = np.maximum(0, rng.normal(0.1, 0.1, years))
    availability = -np.abs(rng.normal(0.1, 0.1, years))
    support[0] = availability[0] = 0
    cost = rng.normal(0, 0.1, years).cumsum()
    shock, income, factor = rng.normal(0, 0.2, (3, years))

    def world(s, a):
        price, before = np.zeros(years), 0.0
        for t in range(1, years):
            pushed = push(
                w * e_s + e_d,
                e_s,
                w,
                cost_change=cost[t] - cost[t - 1],
                support_change=s[t] - s[t - 1],
                availability_change=a[t] - a[t - 1],
                income=income[t],
                common=factor[t],
            )
            before = shock[t] + equations.price_change(
                push=pushed,
                carry=psi * before,
                gap=price[t - 1] - cost[t - 1] + s[t - 1],
                reversion=kappa,
            )
            price[t] = price[t - 1] + before
        return price

    path = deviation_path(
        support=support,
        availability=availability,
        supply_elasticity=np.array(e_s),
        slope=np.array(w * e_s + e_d),
        primary=np.array(w),
        reversion=np.array(kappa),
        inertia=np.array(psi),
    )
    direct = world(np.zeros(years), np.zeros(years)) - world(support, availability)
    np.testing.assert_allclose(path, direct, atol=1e-8)


@given(e_s=positive, e_d=positive, more=st.floats(0, 0.5), less=st.floats(0, 0.5))
def test_more_withheld_never_lowers_the_price(e_s, e_d, more, less) -> None:
    low, high = sorted((more, less))

    def raised(withheld: float) -> float:
        return push(e_s + e_d, e_s, availability_change=np.log1p(-withheld))

    assert raised(high) >= raised(low)


@given(
    e_s=positive,
    e_d=positive,
    kappa=st.floats(0.02, 0.5),
    one=st.floats(0, 0.6),
    two=st.floats(0, 0.6),
)
def test_a_lasting_restriction_keeps_the_market_above_the_fair_price(
    e_s, e_d, kappa, one, two
) -> None:
    """The more is withheld, the further the fair price lies below, until other supply has grown."""

    def path(withheld: float) -> np.ndarray:
        availability = np.full(30, np.log1p(-withheld))
        availability[0] = 0
        return deviation_path(
            support=np.zeros(30),
            availability=availability,
            supply_elasticity=np.array(e_s),
            slope=np.array(e_s + e_d),
            primary=np.array(1.0),
            reversion=np.array(kappa),
            inertia=np.array(0.0),
        )

    low, high = path(min(one, two)), path(max(one, two))
    assert (high <= low + 1e-12).all()
    assert (high <= 1e-12).all()
    assert abs(high[-1]) <= abs(high[1])


@given(e_s=positive, e_d=positive, h=st.floats(0, 0.5), x=st.floats(0, 0.5))
def test_a_growing_host_lowers_and_a_growing_technology_raises_the_price(e_s, e_d, h, x) -> None:
    slope = e_s + e_d
    assert push(slope, e_s, host=h) <= 0 <= push(slope, e_s, technology=x)


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), small, small, small)
def test_cost_moves_by_no_more_than_its_drivers(raw, energy, materials, wages) -> None:
    shares = np.array(raw) / sum(raw)
    drivers = cost_equations.cost_drivers(
        paths={"energy": energy, "wages": wages, "materials": materials},
        parameters={"wage_pass_through": 0.4, "capital_trend": 0.0, "compliance_trend": 0.01},
        years_ahead=3,
    )
    assert len(drivers) == len(COMPONENTS)
    total = float(np.log(cost_equations.component_costs(shares, np.array(drivers)).sum()))
    assert min(drivers) - 1e-12 <= total <= max(drivers) + 1e-12
    still = cost_equations.component_costs(shares, np.zeros(len(COMPONENTS)))
    assert still.sum() == pytest.approx(1)


def test_a_wild_year_makes_the_next_wilder_and_a_calm_one_calmer() -> None:
    scales = [
        float(equations.volatility(surprise=np.array(z), memory=0.3)) for z in (0.0, 1.0, -2.0, 9.0)
    ]
    assert scales[0] == pytest.approx(0.7**0.5)
    assert scales[1] == 1.0
    assert 1 < scales[2] < scales[3]
    assert scales[3] == pytest.approx((0.7 + 0.3 * equations.WILDEST**2) ** 0.5)


def test_volatility_is_the_same_in_pytensor() -> None:
    z = np.array([-7.0, 0.0, 0.4, 3.0])
    found = equations.volatility(surprise=pt.as_tensor(z), memory=0.3, xp=pt).eval()
    np.testing.assert_allclose(found, equations.volatility(surprise=z, memory=0.3))


def test_output_beyond_its_trend_makes_the_marginal_tonne_dearer() -> None:
    dearer = cost_equations.expansion_cost(output=np.log(1.5), trend=0.0, elasticity=1.2)
    assert dearer == pytest.approx(np.log(1.5) / 1.2)
    assert cost_equations.expansion_cost(output=0.2, trend=0.2, elasticity=1.2) == 0


def test_a_world_whose_cost_is_lower_gets_a_lower_fair_price() -> None:
    """The fair price goes for its own cost, which is lower where output is."""
    same = {"carry": 0.0, "deviation": 0.0, "support": 0.0, "support_change": 0.0}
    market = {"supply_elasticity": 0.2, "slope": 0.6, "primary": 0.9, "reversion": 0.15}
    cheaper = equations.counterfactual_change(
        **same, **market, availability_change=0.0, cost_deviation=-0.1, cost_deviation_change=-0.02
    )
    assert cheaper == pytest.approx(0.9 * 0.2 * -0.02 / 0.6 + 0.15 * -0.1)
