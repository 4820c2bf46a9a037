"""Who refines what others mine, and how their shares move on."""

import numpy as np
import pytest

from critmin.exceptions import CritminError
from critmin.model.refiners import (
    ASSUMED,
    DRIFT_YEARS,
    MEASURED,
    history,
    refiners,
    two_stages,
)


def test_minerals_with_two_stages() -> None:
    assert set(two_stages()) == {"copper", "nickel", "cobalt", "lithium", "graphite"}
    basis = {mineral: refiners(mineral, 2025).basis for mineral in two_stages()}
    assert {m for m, each in basis.items() if each == MEASURED} == {"copper", "nickel", "cobalt"}


@pytest.mark.parametrize("mineral", two_stages())
def test_shares_are_those_of_the_last_year_with_figures(mineral: str) -> None:
    known = refiners(mineral, 2025)
    table, _ = history(mineral, 2025)
    assert known.share.sum() == pytest.approx(1)
    assert known.year == table.columns[-1]
    china = table.loc["CHN", known.year] / table[known.year].sum()
    assert known.share[known.countries.index("CHN")] == pytest.approx(china)
    assert (np.diff(known.share[:-1]) <= 0).all()
    assert known.countries[-1] == "ROW"
    assert known.spread[-1] == known.drift[-1] == 0


def test_of_ten_years_growth_half_goes_on() -> None:
    known = refiners("copper", 2025)
    _, growths = history("copper", 2025)
    recent = growths["JPN"][-DRIFT_YEARS:]
    at = known.countries.index("JPN")
    assert len(recent) == DRIFT_YEARS
    assert known.drift[at] == pytest.approx(recent.mean() / 2)
    assert known.spread[at] == pytest.approx(growths["JPN"].std())
    # Half of the mean's own variance: a prior as wide as the mean's error is left with half of it.
    assert known.drift_error[at] == pytest.approx(known.spread[at] / np.sqrt(2 * DRIFT_YEARS))


def test_where_one_year_is_known_the_spread_is_that_of_others() -> None:
    lithium, graphite = refiners("lithium", 2025), refiners("graphite", 2025)
    measured = [s for m in ("copper", "nickel", "cobalt") for s in refiners(m, 2025).spread[:-1]]
    assert lithium.basis == graphite.basis == ASSUMED
    assert lithium.spread[:-1] == pytest.approx(np.median(measured), rel=0.1)
    assert (lithium.spread[:-1] == graphite.spread[0]).all()
    assert not lithium.drift.any()


def test_nothing_is_known_before_its_year() -> None:
    early = refiners("cobalt", 2000)
    assert early.year == 2000
    assert early.countries != refiners("cobalt", 2025).countries
    table, growths = history("cobalt", 2000)
    assert table.columns[-1] == 2000
    assert len(growths["CHN"]) < len(history("cobalt", 2025)[1]["CHN"])
    with pytest.raises(CritminError, match="lithium: refined output is known from 2024 on"):
        refiners("lithium", 2020)


def test_years_without_figures_count_as_years_ahead() -> None:
    known = refiners("nickel", 2025)
    shape = (len(known.countries) - 1, 4, 4000)
    shocks = np.random.default_rng(0).standard_normal(shape)
    now, later = known.ahead(shocks, known.year), known.ahead(shocks, known.year + 2)
    for share in (now, later):
        np.testing.assert_allclose(share.sum(axis=0), 1)
    assert (np.log(later)[:-1].std(axis=1)[:, 0] > 1.3 * np.log(now)[:-1].std(axis=1)[:, 0]).all()
    quiet = known.ahead(np.zeros(shape), known.year)[:, 0, :]
    odds = np.log(quiet[0] / quiet[-1])
    np.testing.assert_allclose(np.diff(odds), known.drift[0])


@pytest.mark.parametrize("mineral", ["gallium", "tin", "neodymium", "alumina"])
def test_who_has_a_second_stage_is_told(mineral: str) -> None:
    with pytest.raises(CritminError, match=f"{mineral}: no second stage is known.*cobalt"):
        refiners(mineral, 2025)
