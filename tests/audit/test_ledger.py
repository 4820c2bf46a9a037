"""The ledger: what was signed stays as it was, and is scored by hand's arithmetic."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import scoringrules as sr
import xarray as xr
from typer.testing import CliRunner

import critmin
from critmin.audit.ledger import (
    Entry,
    digest,
    ledger_summary,
    read_entry,
    read_ledger,
    score_entry,
)
from critmin.audit.signing import PROBABILITIES, make_entry, write_entry
from critmin.cli.trial import audit
from critmin.data import load_panel
from critmin.exceptions import CritminError, DataError, PosteriorError
from critmin.model.version import MODEL_VERSION
from critmin.posterior import Posterior, builtin_posterior

SIGNED = Path(__file__).parents[2] / "docs" / "ledger"
COMMIT, DAY = "0" * 40, "2026-11-25"
NAMES = ["nickel", "gallium", "boron"]


@pytest.fixture(scope="module")
def content() -> dict:
    return make_entry(COMMIT, DAY, minerals=NAMES)


@pytest.fixture
def folder(content: dict, tmp_path: Path) -> Path:
    write_entry(content, tmp_path)
    return tmp_path


def newer(panel: xr.Dataset, **prices: float) -> xr.Dataset:
    """The panel with a made-up 2026: nominal prices, inflation of 3%, output up by a tenth."""
    longer = panel.reindex(year=[*panel["year"].values, 2026])
    longer["price_basis"] = panel["price_basis"].reindex(year=longer["year"], fill_value=-1)
    longer["cpi"].loc[{"year": 2026}] = 1.03 * float(panel["cpi"].sel(year=2025))
    for name, price in prices.items():
        longer["price_nominal"].loc[{"mineral": name, "year": 2026}] = price
        longer["price_basis"].loc[{"mineral": name, "year": 2026}] = 0
    longer["production"].loc[{"year": 2026}] = 1.1 * longer["production"].sel(year=2025)
    return longer


def test_an_entry_is_what_users_are_told(content: dict) -> None:
    entry = Entry(Path("x"), content)
    assert content["posterior"] == builtin_posterior().id
    for name in NAMES:
        for basis, ending in (("real", ""), ("nominal", "_nominal")):
            price = critmin.fair_price(name, basis=basis)
            for quantity in ("market_price", "fair_price"):
                told = price.draws[quantity].quantile(PROBABILITIES, "sample").values.T
                stored = entry.quantiles(name, quantity + ending)
                np.testing.assert_allclose(stored, told, rtol=6e-5)
                assert list(stored.index) == list(price.draws["year"].values)
    told = critmin.forecast("nickel").draws["supply"]
    for place, draws in (("world", told.sum("country")), ("IDN", told.sel(country="IDN"))):
        quantiles = draws.quantile(PROBABILITIES, "sample").transpose("year", "quantile")
        np.testing.assert_allclose(entry.quantiles("nickel", "supply", place), quantiles, rtol=6e-5)


def test_walks_start_from_what_was_last_known(content: dict) -> None:
    entry, panel = Entry(Path("x"), content), load_panel(NAMES)
    nickel = entry.quantiles("nickel", "market_price", forecaster="random walk")
    last = panel["price"].sel(mineral="nickel", year=2025)
    np.testing.assert_allclose(nickel[0.5], float(last), rtol=6e-5)
    end = panel["price_year_end"].sel(mineral="nickel", year=2025)
    from_end = entry.quantiles("nickel", "market_price", forecaster="walk from year end")
    np.testing.assert_allclose(from_end[0.5], float(end), rtol=6e-5)
    # Spreads grow with the root of the years.
    gallium = np.log(entry.quantiles("gallium", "market_price", forecaster="random walk"))
    width = (gallium[0.95] - gallium[0.05]).to_numpy()
    np.testing.assert_allclose(width / width[0], np.sqrt(np.arange(1, 16)), rtol=1e-3)


def test_a_ledger_is_read_as_it_was_written(folder: Path, content: dict) -> None:
    (entry,) = read_ledger(folder)
    assert entry.content == json.loads(json.dumps(content))
    with pytest.raises(DataError, match="signed already"):
        write_entry({**content, "previous": content["sha256"]}, folder)


@pytest.mark.parametrize("signed_again", [False, True])
def test_a_rewritten_entry_fails_the_audit(
    folder: Path, content: dict, signed_again: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    later = make_entry(COMMIT, "2027-02-01", minerals=["boron"], previous=content["sha256"], seed=1)
    write_entry(later, folder)
    assert len(read_ledger(folder)) == 2
    path = folder / f"2026-11-v{MODEL_VERSION}.json"
    altered = json.loads(path.read_text())
    altered["forecasts"]["gallium"]["critmin"]["market_price"][3][2] += 1
    if signed_again:  # then the entry after it does not know it any more
        altered["sha256"] = digest(altered)
    path.write_text(json.dumps(altered))
    result = CliRunner().invoke(audit, ["ledger", str(folder)])
    assert result.exit_code != 0
    assert isinstance(result.exception, DataError)
    reason = "as the entry before it" if signed_again else "altered after it was signed"
    assert reason in str(result.exception)
    # One that was taken out is missed as well.
    path.unlink()
    with pytest.raises(DataError, match="entry before it"):
        read_ledger(folder)


def test_scores_are_those_of_scoringrules(content: dict) -> None:
    entry, panel = Entry(Path("x"), content), load_panel(NAMES)
    table = score_entry(entry, newer(panel, nickel=18_000.0, gallium=400_000.0))
    assert table.attrs["refused"] == []
    levels = np.array(PROBABILITIES)
    index = ["mineral", "quantity", "place", "forecaster"]
    found = table.set_index(index).sort_index()
    assert (found["year"] == 2026).all()
    for name, paid in (("nickel", 18_000.0), ("gallium", 400_000.0)):
        for forecaster in ("critmin", "random walk", "walk from year end"):
            for quantity, outcome in (
                ("market_price", paid / 1.03),
                ("market_price_nominal", paid),
            ):
                q = entry.quantiles(name, quantity, forecaster=forecaster).loc[2026]
                row = found.loc[(name, quantity, "world", forecaster)]
                losses = sr.quantile_score(np.log(outcome), np.log(q), levels)
                assert row["crps"] == pytest.approx(2 * losses.mean(), rel=1e-9)
                assert row["outcome"] == pytest.approx(outcome, rel=1e-9)
                assert row["inside 90%"] == (q[0.05] <= outcome <= q[0.95])
                assert row["inside 50%"] == (q[0.25] <= outcome <= q[0.75])


def test_output_is_scored_as_a_share_of_the_worlds_last(content: dict) -> None:
    entry, panel = Entry(Path("x"), content), load_panel(NAMES)
    table = score_entry(entry, newer(panel, nickel=18_000.0, gallium=400_000.0))
    assert table.attrs["refused"] == []
    levels = np.array(PROBABILITIES)
    index = ["mineral", "quantity", "place", "forecaster"]
    found = table.set_index(index).sort_index()
    # Output is scored as a share of the world's last.
    country = panel["production"].sel(mineral="nickel", vintage="latest", year=2025)
    world, mined = float(country.sum()), 1.1 * float(country.sel(country="IDN"))
    q = entry.quantiles("nickel", "production", "IDN").loc[2026]
    losses = sr.quantile_score(mined / world, q / world, levels)
    row = found.loc[("nickel", "production", "IDN", "critmin")]
    assert row["crps"] == pytest.approx(2 * losses.mean(), rel=1e-4)


def test_the_summary_compares_on_the_same_outcomes(content: dict) -> None:
    entry, panel = Entry(Path("x"), content), load_panel(NAMES)
    table = score_entry(entry, newer(panel, nickel=18_000.0, gallium=400_000.0))
    means = ledger_summary(table)
    rows = means.loc[("market_price", "world", 1)]
    assert (rows["outcomes"] == 2).all()
    assert rows.loc["critmin", "skill"] == 0
    ours, theirs = (rows.loc[name, "crps"] for name in ("critmin", "random walk"))
    assert rows.loc["random walk", "skill"] == pytest.approx(1 - ours / theirs)
    # The rest of the world has no walk, so the walk is compared with the model elsewhere only.
    countries = table[(table["quantity"] == "production") & (table["place"] != "world")]
    sides = countries.pivot_table(index=["mineral", "place"], columns="forecaster", values="crps")
    both = sides.dropna()
    assert 0 < len(both) < len(sides)
    expected = 1 - both["critmin"].mean() / both["random walk"].mean()
    skill = means.loc[("production", "country", 1, "random walk"), "skill"]
    assert skill == pytest.approx(expected)


def test_figures_that_were_restated_are_refused_and_named(content: dict) -> None:
    entry, panel = Entry(Path("x"), content), newer(load_panel(NAMES), nickel=18_000.0)
    panel["price_nominal"].loc[{"mineral": "nickel"}] *= 1000
    panel["production"].loc[{"mineral": "gallium", "year": slice(2024, 2025)}] *= 0.5
    table = score_entry(entry, panel.sel(mineral=["nickel", "gallium"]))
    assert set(table["mineral"]) == {"nickel"}
    assert set(table["quantity"]) == {"production"}
    refused = "; ".join(table.attrs["refused"])
    assert "nickel: price of 2025 was 15187, is now 1.5187e+07" in refused
    assert "gallium: world output of 2025" in refused
    assert "boron: not in the panel" in refused


def test_another_base_year_and_an_unknown_price_index(content: dict) -> None:
    entry, panel = Entry(Path("x"), content), newer(load_panel(NAMES), nickel=18_000.0)
    panel["cpi"].loc[{"year": 2026}] = np.nan  # not published yet: no guess
    table = score_entry(entry, panel)
    nickel = table[(table["mineral"] == "nickel") & (table["place"] == "world")]
    assert set(nickel["quantity"]) == {"market_price_nominal", "production"}


def test_the_command_lists_and_says_when_nothing_is_newer(folder: Path) -> None:
    result = CliRunner().invoke(audit, ["ledger", str(folder)], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    assert f"2026-11-v{MODEL_VERSION}.json" in result.output
    assert "no newer data yet" in result.output


def test_the_command_prints_scores(folder: Path, tmp_path: Path, monkeypatch) -> None:
    later = newer(load_panel(NAMES), nickel=18_000.0)
    monkeypatch.setattr("critmin.data.panel.load_panel", lambda: later)
    out = tmp_path / "scores.csv"
    result = CliRunner().invoke(
        audit, ["ledger", str(folder), "--out", str(out)], env={"COLUMNS": "160"}
    )
    assert result.exit_code == 0, result.output
    assert "walk from year end" in result.output
    assert out.read_text().startswith("entry,,mineral,quantity,place,year")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "not a readable entry"),
        ("[]", "not an entry"),
        ('{"format": "critmin-ledger-1"}', "does not say: date"),
        ('{"format": "critmin-ledger-1", "seed": NaN}', "NaN is no number"),
    ],
)
def test_what_is_no_entry_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(CritminError, match=reason):
        read_entry(path)


def test_an_entry_that_says_something_twice_is_refused(folder: Path) -> None:
    """Else a reader of the file would see forged numbers, and the audit the signed ones after them."""
    (path,) = folder.glob("*.json")
    text = path.read_text()
    assert '"origin":2025,' in text
    path.write_text(text.replace('"origin":2025,', '"origin":1999,"origin":2025,'))
    with pytest.raises(DataError, match="says 'origin' twice"):
        read_ledger(folder)


def test_only_public_data_of_the_day_are_signed() -> None:
    draws = builtin_posterior().draws
    stale = Posterior(draws.assign_attrs(data_hash="another"))
    with pytest.raises(PosteriorError, match="another"):
        make_entry(COMMIT, DAY, minerals=["tin"], posterior=stale)
    for day in ("November", "20261125"):
        with pytest.raises(DataError, match="date"):
            make_entry(COMMIT, day, minerals=["tin"])


def test_the_ledger_of_the_repository_is_as_signed(tmp_path: Path) -> None:
    if not SIGNED.is_dir():
        pytest.skip("docs/ledger belongs to the repository, not to the installed package")
    entries = read_ledger(SIGNED)
    assert entries
    for entry in entries:
        assert entry.path.stat().st_size < 2_000_000
    # Every entry guards every number: alter one in the middle of the file.
    copy = tmp_path / entries[0].path.name
    shutil.copy(entries[0].path, copy)
    text = copy.read_text()
    at = text.index(",", len(text) // 2) + 1
    while not text[at].isdigit():
        at += 1
    copy.write_text(text[:at] + str(int(text[at]) % 9 + 1) + text[at + 1 :])
    with pytest.raises(DataError, match="altered"):
        read_ledger(tmp_path)
