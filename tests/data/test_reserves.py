"""Reserves are tonnes of the production series: many years of it, and a bound to projects."""

import pytest

from critmin.data.catalogue import load
from critmin.data.production import OFFICIAL_PRODUCTION, official_production
from critmin.data.reserves import reserves
from critmin.exceptions import CritminError
from critmin.results.forecasting import forecast
from critmin.scenario import MineProject

KNOWN = [name for name in OFFICIAL_PRODUCTION if reserves(name)]


def test_published_figures() -> None:
    """Mineral Commodity Summaries 2025, tables of reserves."""
    assert reserves("nickel")["IDN"] == 55_000_000
    assert reserves("copper")["CHL"] == 190_000_000
    assert reserves("molybdenum")["CHN"] == 5_900_000
    assert reserves("gallium") == {}


@pytest.mark.parametrize("production", KNOWN)
def test_the_worlds_reserves_last_for_years(production: str) -> None:
    output = official_production(load("usgs-mcs-2025-world"), production)
    yearly = output[output["year"] == 2023]["value"].sum()
    assert 8 < sum(reserves(production).values()) / yearly < 3000


def test_a_project_cannot_mine_more_than_there_is() -> None:
    with pytest.raises(CritminError, match=r"more than the reserves of cobalt in CAN, 220,000 t"):
        forecast("cobalt", 15, scenario=MineProject("CAN", "cobalt", 50_000.0, 2027))
    assert (
        forecast("cobalt", 15, scenario=MineProject("CAN", "cobalt", 10_000.0, 2027)).mineral
        == "cobalt"
    )
