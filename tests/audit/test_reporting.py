"""The audit report: self-contained, complete, and of numbers that were measured."""

import re

import pandas as pd
import pytest

from critmin.audit import report
from critmin.audit.backtesting.comparison import skill, summarise
from critmin.audit.reporting.evidence import EVIDENCE, evidence
from critmin.exceptions import UnknownNameError


def test_nickel_has_every_table_and_nothing_from_elsewhere(tmp_path) -> None:
    found = report("nickel")
    for title in (
        "Data",
        "Priors",
        "Convergence",
        "Posterior predictive checks",
        "Backtest: nickel",
        "Prior swaps",
        "Publishers left out",
        "Simulation-based calibration",
    ):
        assert len(found.tables[title]) > 0
    page = found.to_html(tmp_path / "nickel.html")
    assert (tmp_path / "nickel.html").read_text(encoding="utf-8") == page
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)
    assert "viewport" in page
    assert "@media print" in page
    assert found.provenance["posterior"] in page
    assert page.count("<table>") == page.count("</table>") == len(found.tables)


def test_a_mineral_without_a_backtest_says_what_it_has() -> None:
    found = report("gallium")
    assert "Backtest: gallium" not in found.tables
    assert "Backtest: all minerals" in found.tables
    with pytest.raises(UnknownNameError, match="gallium"):
        report("galium")


@pytest.mark.parametrize("name", list(EVIDENCE))
def test_every_table_of_evidence_is_there(name: str) -> None:
    assert len(evidence(name)) > 0


def test_documented_skill_is_that_of_the_stored_scores() -> None:
    """The scores in docs/evidence.md are computed from the table, not copied by hand."""
    table = evidence("backtest")
    means = summarise(table)["skill"].xs("combined", level="model")
    again = skill(table, "combined", resamples=10)["skill"]
    pd.testing.assert_series_equal(means, again, check_names=False)
