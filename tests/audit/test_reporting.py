"""The audit report: self-contained, complete, and of numbers that were measured."""

import re
from pathlib import Path

import pandas as pd
import pytest

from critmin.audit import report
from critmin.audit.backtesting.comparison import summarise
from critmin.audit.checks.check import DEFINITIONS, Check
from critmin.audit.reporting.evidence import EVIDENCE, evidence, measured
from critmin.exceptions import DataError, UnknownNameError

DOCUMENT = Path(__file__).parents[2] / "docs" / "evidence.md"


def test_nickel_has_every_table_and_nothing_from_elsewhere(tmp_path) -> None:
    found = report("nickel")
    for title in (
        "Data",
        "Priors",
        "Convergence",
        "Backtest: nickel",
    ):
        assert len(found.tables[title]) > 0
    page = found.to_html(tmp_path / "nickel.html")
    assert (tmp_path / "nickel.html").read_text(encoding="utf-8") == page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)
    ids = re.findall(r" id=\"([^\"]+)\"", page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"href=\"#([^\"]+)\"", page)) <= set(ids)
    assert page.index(found.notes["Priors"]) < page.index("HalfNormal")
    assert "viewport" in page
    assert "@media print" in page
    assert found.provenance["posterior"] in page
    assert page.count("<table>") == page.count("</table>") == len(found.tables)


def test_a_mineral_without_a_backtest_says_what_it_has() -> None:
    found = report("scandium")
    assert "Backtest: scandium" not in found.tables
    assert "Backtest: all minerals" in found.tables
    with pytest.raises(UnknownNameError, match="gallium"):
        report("galium")


@pytest.mark.parametrize("name", list(EVIDENCE))
def test_a_table_of_evidence_is_there_or_says_how_to_make_it(name: str) -> None:
    if measured(name):
        assert len(evidence(name)) > 0
    else:
        with pytest.raises(DataError, match="critmin audit"):
            evidence(name)


def said(pattern: str) -> list[float]:
    """Numbers that docs/evidence.md states in a sentence, line breaks and minus signs mended."""
    if not DOCUMENT.is_file():
        pytest.skip("docs/evidence.md belongs to the repository, not to the installed package")
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").replace("−", "-").split())
    found = re.search(pattern, text)
    assert found, f"docs/evidence.md no longer says {pattern!r}: change this test with it"
    return [float(number.replace(",", "")) for number in found.groups()]


def test_skill_stated_in_words_is_that_of_the_stored_scores() -> None:
    """The tables of docs/evidence.md are tested as they are printed; its sentences are here."""
    table = evidence("backtest")
    means = summarise(table, baseline="random walk", by="horizon")
    (outcomes,) = said(r"([\d,]+) outcomes are scored")
    assert outcomes == len(table[table["model"] == "critmin"])
    low, high = said(r"Its 90% intervals held (\d+) to (\d+)% at every horizon")
    inside = 100 * means["inside 90%"].unstack()["critmin"]  # noqa: PD010
    assert [low, high] == [round(inside.min()), round(inside.max())]


def test_a_check_is_told_in_one_way_on_the_page() -> None:
    page = report("nickel")
    for name in EVIDENCE[1:-1]:
        about = DEFINITIONS[name]
        if measured(name):
            assert about.note in page.notes[about.title]
            assert about.command in page.notes[about.title]
        else:
            assert any(about.command in limit for limit in page.limits)


def test_checks_pass_and_fail() -> None:
    ranks = pd.DataFrame({"p_value": [0.2, 0.02]})
    assert Check.of("sbc", ranks).passed is True
    assert Check.of("sbc", ranks.assign(p_value=[0.2, 0.004])).passed is False
    shares = pd.DataFrame({("spread", "above"): [0.4, 0.999], ("spread", "observed"): [1.0, 2.0]})
    assert Check.of("predictive", shares).verdict == "Not passed."
    assert Check.of("predictive", shares.head(1)).passed is True
    assert Check.of("contraction", shares).passed is None
    assert Check.of("contraction", shares).verdict == ""
    with pytest.raises(UnknownNameError, match="did you mean 'events'"):
        Check.of("event", shares)
