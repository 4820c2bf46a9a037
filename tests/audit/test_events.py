"""Past controls: on record, imposed on fits that end before them, and scored by what happened."""

import numpy as np
import pytest

from critmin.audit.checks.events import EVENTS, Event, event_studies
from critmin.data import load
from critmin.exceptions import DataError


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_event_is_on_record_with_its_source(event: Event) -> None:
    record = load("critmin-events")
    mine = record[
        (record["country"] == event.country)
        & (record["mineral"] == event.mineral)
        & (record["measure"] == event.measure)
        & (record["scope"] == event.scope)
    ]
    years = mine["effective"].astype(str).str[:10].map(_decimal)
    # In force for the stated part of its first year, to within a month and a half.
    assert (abs(event.year + 1 - event.first_part - years) < 0.13).any(), years.tolist()
    assert mine["source"].str.len().min() > 0


def _decimal(date: str) -> float:
    year, month, day = map(int, date.split("-"))
    return year + (month - 1) / 12 + (day - 1) / 365


def test_a_small_study_compares_forecast_and_outcome() -> None:
    event = Event("gallium", "CHN", "gallium", "export licence", "all", 2023, 0.42)
    table = event_studies(
        [event], minerals=["gallium", "aluminum"], draws=20, tune=40, chains=1, seed=2
    )
    assert table.index.tolist() == [("gallium", 2023), ("gallium", 2024)]
    assert (table["effect"] > 1).all()
    # Editions up to 2024 had gallium at 2.3 times today's price: forecasts are held against theirs.
    assert (table["without"] < 1.3).all()
    assert table["withheld"].tolist() == pytest.approx([0.15 * 0.42, 0.15])
    assert (table["low"] < table["with"]).all()
    assert (table["with"] < table["high"]).all()
    assert (
        table["inside"].tolist()
        == ((table["low"] <= table["happened"]) & (table["happened"] <= table["high"])).tolist()
    )
    assert np.isfinite(table[["crps_with", "log_score_without", "log_score_with"]]).all(axis=None)


def test_an_event_without_prices_before_it_is_refused() -> None:
    early = Event("early", "CHN", "lutetium", "export ban", "all", 2020)
    with pytest.raises(DataError, match="no two prices before early"):
        event_studies([early], minerals=["lutetium", "aluminum"])
