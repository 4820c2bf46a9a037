"""The factored density is the structural one; the counterfactual is the difference of two worlds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from critmin.inference import deviation_path
from critmin.model import equations
from critmin.model.equations import COMPONENTS

positive = st.floats(0.03, 0.8)
small = st.floats(-0.3, 0.3)


@given(
    e_s=positive,
    e_d=positive,
    kappa=st.floats(0.02, 0.5),
    share=st.floats(0.05, 0.95),
    scale=st.floats(0.05, 0.4),
    tail=st.floats(2.2, 30),
    dp=small,
    dq=small,
    gap=small,
    dc=small,
    income=small,
)
def test_price_then_output_has_the_structural_density(
    e_s, e_d, kappa, share, scale, tail, dp, dq, gap, dc, income
) -> None:
    """Bivariate t of the structural shocks times the Jacobian equals the factored form."""
    slope, eta, trend = e_s + e_d, 0.9, 0.03
    supply = dq - (trend + e_s * (dp - dc) + kappa * slope * gap)
    demand = dq - (trend + eta * income - e_d * dp)
    spread = slope * scale
    shape = spread**2 * np.diag([1 - share, share])
    structural = stats.multivariate_t([0, 0], shape, df=tail).logpdf([supply, demand])
    structural += np.log(slope)

    push = equations.price_push(
        cost_change=dc,
        support_change=0,
        availability_change=0,
        income=income,
        factor=0,
        supply_elasticity=e_s,
        demand_elasticity=e_d,
        income_elasticity=eta,
        factor_loading=0,
    )
    shock = dp - equations.price_change(push=push, carry=0, gap=gap, reversion=kappa)
    mean = equations.production_growth(
        trend=trend,
        price_change=dp,
        cost_change=dc,
        support_change=0,
        gap=gap,
        price_shock=shock,
        demand_share=share,
        supply_elasticity=e_s,
        demand_elasticity=e_d,
        reversion=kappa,
    )
    width = equations.production_scale(
        price_scale=scale,
        demand_share=share,
        supply_elasticity=e_s,
        demand_elasticity=e_d,
        measurement=0,
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
)
def test_counterfactual_is_the_difference_of_two_worlds(seed, e_s, e_d, kappa, psi) -> None:
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
            push = equations.price_push(
                cost_change=cost[t] - cost[t - 1],
                support_change=s[t] - s[t - 1],
                availability_change=a[t] - a[t - 1],
                income=income[t],
                factor=factor[t],
                supply_elasticity=e_s,
                demand_elasticity=e_d,
                income_elasticity=0.9,
                factor_loading=0.1,
            )
            before = shock[t] + equations.price_change(
                push=push,
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
        demand_elasticity=np.array(e_d),
        reversion=np.array(kappa),
        inertia=np.array(psi),
    )
    direct = world(np.zeros(years), np.zeros(years)) - world(support, availability)
    np.testing.assert_allclose(path, direct, atol=1e-8)


@given(e_s=positive, e_d=positive, more=st.floats(0, 0.5), less=st.floats(0, 0.5))
def test_more_withheld_never_lowers_the_price(e_s, e_d, more, less) -> None:
    low, high = sorted((more, less))

    def push(withheld: float) -> float:
        return equations.price_push(
            cost_change=0,
            support_change=0,
            availability_change=np.log1p(-withheld),
            income=0,
            factor=0,
            supply_elasticity=e_s,
            demand_elasticity=e_d,
            income_elasticity=1,
            factor_loading=0,
        )

    assert push(high) >= push(low)


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
            demand_elasticity=np.array(e_d),
            reversion=np.array(kappa),
            inertia=np.array(0.0),
        )

    low, high = path(min(one, two)), path(max(one, two))
    assert (high <= low + 1e-12).all()
    assert (high <= 1e-12).all()
    assert abs(high[-1]) <= abs(high[1])


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), small)
def test_components_add_up_to_the_energy_mix(raw, energy) -> None:
    shares = np.array(raw) / sum(raw)
    drivers = np.zeros(len(COMPONENTS))
    drivers[COMPONENTS.index("energy")] = energy
    total = equations.component_costs(shares, drivers).sum()
    mix = equations.energy_mix(shares[COMPONENTS.index("energy")], energy)
    assert np.log(total) == pytest.approx(mix, abs=1e-12)
