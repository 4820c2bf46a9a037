"""Prices on both sides of a fence: limits and a worked case."""

import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin.model import fences

ELASTICITIES = {
    "supply_elasticity": 0.4,
    "demand_elasticity": 0.36,
    "scrap_elasticity": 0.3,
    "primary": 1.0,
}
SHARES = st.floats(0.01, 0.99)


def sides(withheld: float, output: float, use: float, **changes: float) -> tuple[float, float]:
    """Rise outside and fall inside."""
    answers = ELASTICITIES | changes
    outside, inside = fences.fence_slopes(output=output, use=use, **answers)
    exports = fences.normal_exports(output=output, use=use, primary=answers["primary"])
    given = {"withheld": withheld, "exports": exports, "use": use}
    rise = fences.outside_rise(**given, slope=outside)
    return float(rise), float(fences.inside_fall(**given, slope=inside))


@given(SHARES, SHARES)
def test_without_a_fence_there_is_one_price_to_the_last_bit(output: float, use: float) -> None:
    assert sides(0.0, output, use) == (0.0, 0.0)


@given(SHARES, SHARES, st.floats(0, 1))
def test_a_country_that_exports_nothing_has_no_fence(output: float, use: float, w: float) -> None:
    if use >= output:
        assert sides(w, output, use) == (0.0, 0.0)


@given(SHARES, SHARES, st.floats(0.01, 0.99), st.floats(0.001, 0.01))
def test_withholding_more_raises_the_outside_and_lowers_the_inside(
    output: float, use: float, w: float, more: float
) -> None:
    before, after = sides(w, output, use), sides(w + more, output, use)
    assert min(before) >= 0
    if output > use + 0.01:
        assert after[0] > before[0]
        assert after[1] > before[1]


def test_a_market_like_galliums_splits_by_two_log_points() -> None:
    """97 to 99% of output and most of the use inside, nine tenths of exports withheld."""
    assert sum(sides(0.9, 0.98, 0.85)) == pytest.approx(2.0, abs=0.1)


def test_a_producer_that_uses_next_to_nothing_feels_little_at_home() -> None:
    """The DRC's cobalt: three quarters of output, a hundredth of use."""
    rise, fall = sides(0.5, 0.74, 0.01)
    assert fall < 0.5
    assert rise > fall


def test_as_use_inside_goes_to_nothing_the_outside_is_the_world() -> None:
    """The slope outside is then that of the others' mines and all of demand."""
    rise, fall = sides(0.3, 0.5, 1e-9)
    assert rise == pytest.approx(0.3 * 0.5 / (0.4 * 0.5 + 0.36), rel=1e-6)
    assert fall == pytest.approx(0.0, abs=1e-6)


def test_as_use_meets_output_the_fence_fades() -> None:
    near = sides(0.9, 0.6, 0.6 - 1e-9)
    assert max(near) == pytest.approx(0.0, abs=1e-7)


def test_scrap_stands_on_both_sides() -> None:
    """Half of supply from scrap halves normal exports, and its answer damps both prices."""
    assert fences.normal_exports(output=0.6, use=0.2, primary=0.5) == pytest.approx(0.2)
    mines = sides(0.5, 0.6, 0.2)
    scrap = sides(0.5, 0.6, 0.2, primary=0.5)
    assert scrap[0] < mines[0]
    assert scrap[1] < mines[1]


def test_the_balance_takes_the_outside_rise_as_it_is() -> None:
    taken = fences.fence_availability(rise=0.7, slope=0.5, primary=0.8)
    assert -0.8 * taken / 0.5 == pytest.approx(0.7)


def test_pytensor_and_numpy_agree() -> None:
    w, output, use = pt.dscalars("w", "output", "use")
    outside, inside = fences.fence_slopes(output=output, use=use, **ELASTICITIES)
    exports = fences.normal_exports(output=output, use=use, primary=1.0, xp=pt)
    given = {"withheld": w, "exports": exports, "use": use}
    rise = fences.outside_rise(**given, slope=outside, xp=pt)
    fall = fences.inside_fall(**given, slope=inside, xp=pt)
    values = {w: 0.6, output: 0.9, use: 0.5}
    found = [float(each.eval(values)) for each in (rise, fall)]
    assert found == pytest.approx(list(sides(0.6, 0.9, 0.5)))
