"""The audit report: self-contained, complete, and of numbers that were measured."""

import re
from pathlib import Path

import pandas as pd
import pytest

from browser import needs_chromium, overflows, sheets
from critmin.audit import report
from critmin.audit.backtesting.comparison import summarise
from critmin.audit.checks.check import DEFINITIONS, Check
from critmin.audit.reporting.evidence import EVIDENCE, evidence, measured
from critmin.audit.reporting.pages import Report, _checks
from critmin.audit.reporting.sources import figures_behind
from critmin.audit.reporting.tables import page_table
from critmin.data import catalog, load_panel
from critmin.exceptions import DataError, UnknownNameError

DOCUMENT = Path(__file__).parents[2] / "docs" / "evidence.md"


@pytest.fixture(scope="module")
def nickel() -> Report:
    return report("nickel")


def test_nickel_has_every_table_and_nothing_from_elsewhere(nickel, tmp_path) -> None:
    found = nickel
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
    assert f"<code>{DEFINITIONS['backtest'].command}</code>" in page
    assert "`" not in page
    assert "viewport" in page
    assert "@media print" in page
    assert found.provenance["posterior"] in page
    assert page.count("<table>") == page.count("</table>") == len(found.tables)
    assert not re.search(r">-\d|[+−]0%", page)


@pytest.mark.parametrize("mineral", ["cobalt", "germanium"])
def test_output_is_credited_to_whoever_published_it(mineral: str) -> None:
    found = figures_behind(mineral)
    known, panel = catalog(), load_panel([mineral]).sel(mineral=mineral)
    years = int((panel["output_source"] != "").sum()) + int((panel["price_dataset"] != "").sum())
    assert found["years"].sum() == years
    for row in found.itertuples():
        for name in row[1].split(" to "):
            assert tuple(known.loc[name, ["publisher", "licence"]]) == row[2:4]
    if mineral == "cobalt":
        assert found.loc["output, refined", "data set"] == "bgs-wms-cobalt-refined"


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
    low, high = said(r"(\d+) to (\d+)% of outcomes lie in 90% intervals before any")
    inside = 100 * means["inside 90%"].unstack()["critmin"]  # noqa: PD010
    assert [low, high] == [round(inside.min()), round(inside.max())]


def test_a_check_is_told_in_one_way_on_the_page(nickel) -> None:
    page = nickel
    for name in EVIDENCE[2:-1]:
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


def test_headings_of_two_levels_stand_over_their_columns() -> None:
    columns = pd.MultiIndex.from_tuples([("fair_price", "median"), ("fair_price", "5%"), ("P", "")])
    table = pd.DataFrame([[7_440.26, 0.12345, 0.5]], [2030], columns).rename_axis("year")
    page = page_table(table)
    assert '<th scope="colgroup" colspan="2" class="group">fair price</th>' in page
    assert page.count('rowspan="2"') == 2
    assert '<th scope="row">2030</th><td>7,440</td><td>0.123</td><td>0.500</td>' in page
    named = page_table(pd.DataFrame({"<b>": ["x<y"], "passed": [True], "n": [12_000]}))
    assert "<b>" not in named
    assert '<td class="text">x&lt;y</td><td>yes</td><td>12,000</td>' in named


@needs_chromium
def test_on_a_screen_nothing_runs_over_and_on_paper_nothing_is_folded(nickel, tmp_path) -> None:
    path = tmp_path / "nickel.html"
    nickel.to_html(path)
    assert overflows(path, 390, scroll=True) == []
    assert overflows(path, 1000) == []
    assert 6 <= sheets(path) <= 20
    report("gallium").to_html(tmp_path / "gallium.html")  # four prices
    assert overflows(tmp_path / "gallium.html", 1000) == []
    closed = tmp_path / "closed.html"
    closed.write_text(path.read_text(encoding="utf-8").replace("::details-content", "::none"))
    assert sheets(closed) < sheets(path)


def test_a_page_has_the_wedges_of_its_own_fences_alone() -> None:
    own = {check.name: check for check in _checks("gallium")}["held_back"]
    assert set(own.table.index.get_level_values("fence")) == {"gallium:CHN"}
    assert len(own.table) == 3
    assert own.passed is True
    # Nothing was known before yttrium's only pair: there is nothing to beat.
    alone = {check.name: check for check in _checks("yttrium")}["held_back"]
    assert alone.passed is None
    assert "held_back" not in {check.name for check in _checks("tin")}
