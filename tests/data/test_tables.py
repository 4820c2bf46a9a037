"""Hand tables: hashed, and nobody's to change."""

import pytest

from critmin.audit.reporting.evidence import evidence
from critmin.data import data_hash
from critmin.data.countries import country_names
from critmin.data.tables import (
    AFTER_THE_FIT,
    TABLES,
    content_hash,
    recycled_shares,
    support_evidence,
    table_bytes,
    table_hashes,
    technology_shares,
)


@pytest.mark.parametrize("name", [name for name in TABLES if name not in AFTER_THE_FIT])
def test_a_changed_hand_table_makes_a_posterior_stale(name: str) -> None:
    hashes = dict(table_hashes())
    assert data_hash(hashes) == data_hash()
    altered = table_bytes(name).replace(b"0", b"1", 1)
    assert altered != table_bytes(name)
    assert data_hash({**hashes, name: content_hash(altered)}) != data_hash()
    added = table_bytes(name) + b"\nmade up, row"
    assert data_hash({**hashes, name: content_hash(added)}) != data_hash()


def test_a_table_read_after_the_fit_makes_none_stale() -> None:
    assert set(AFTER_THE_FIT) < set(TABLES)
    for name in AFTER_THE_FIT:
        assert data_hash({**table_hashes(), name: content_hash(b"another")}) == data_hash()


def test_line_ends_do_not_make_it_stale() -> None:
    windows = table_bytes("recycled").replace(b"\n", b"\r\n")
    assert content_hash(windows) == table_hashes()["recycled"]


def test_what_one_caller_writes_into_a_table_no_other_sees() -> None:
    before = support_evidence()
    changed = support_evidence()
    changed.loc[:, "since"] = 1900
    assert support_evidence().equals(before)
    shares = technology_shares()
    shares["share"] = 0.0
    assert technology_shares()["share"].max() > 0
    recycled = recycled_shares()
    recycled[:] = 0.0
    assert recycled_shares().max() > 0
    scores = evidence("backtest")
    scores.iloc[:, -1] = 0
    assert not evidence("backtest").equals(scores)
    with pytest.raises(TypeError):
        country_names()["XXX"] = "Nowhere"  # type: ignore[index]
