"""The index to sign, its ledger and its wording; the backtest of contracts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import critmin
from critmin.audit.backtesting.record import Backtest
from critmin.contracts import FairIndex, contract_backtest
from critmin.contracts.past import PastForecast, regret
from critmin.exceptions import CritminError, DataError, UnknownNameError

INDEX = FairIndex.signed("gallium", unit="kg")


def test_a_fixing_is_the_median_of_the_fair_price() -> None:
    ledger = INDEX.publish()
    price = critmin.fair_price("gallium", horizon=1, unit="kg")
    assert ledger["fixing"].item() == np.median(price.draws["fair_price"])
    assert ledger["posterior"].item() == critmin.builtin_posterior().id == INDEX.posterior
    assert ledger["units"].item() == price.units
    assert INDEX.publish().equals(ledger)


def test_a_ledger_that_was_changed_is_found() -> None:
    ledger = INDEX.publish()
    INDEX.verify(ledger)
    with pytest.raises(DataError, match="row 1 of the ledger"):
        INDEX.verify(ledger.assign(fixing=1.0))
    with pytest.raises(DataError, match="lacks the columns entry"):
        INDEX.verify(ledger.drop(columns="entry"))


def test_a_ledger_outlives_a_file(tmp_path) -> None:
    ledger = INDEX.publish()
    ledger.to_csv(tmp_path / "ledger.csv", index=False)
    again = pd.read_csv(tmp_path / "ledger.csv", dtype={"entry": str, "model_version": str})
    assert INDEX.fixing_of(INDEX.verify(again), 2026).rule == "published"


def test_rules_when_data_stop_or_change() -> None:
    ledger = INDEX.publish()
    year, value = int(ledger["year"].item()), ledger["fixing"].item()
    assert INDEX.fixing_of(ledger, year + 1).value == value
    with pytest.raises(CritminError, match="give market="):
        INDEX.fixing_of(ledger, year + 2)
    assert INDEX.fixing_of(ledger, year + 2, market=300.0).rule == "market"
    kept = replace(INDEX, fallback="last")
    assert kept.fixing_of(ledger, year + 5).rule == "last published, 5 years old"
    with pytest.raises(CritminError, match="nothing is published for"):
        INDEX.fixing_of(ledger, year - 1)
    with pytest.raises(CritminError, match="does not restate"):
        INDEX.publish(ledger=ledger)
    restated = replace(INDEX, restate=True).publish(ledger=ledger, seed=1)
    assert len(restated) == 2
    with pytest.raises(DataError, match="row 1 of the ledger"):
        INDEX.verify(restated.iloc[1:])  # the first entry is gone
    assert (
        replace(INDEX, restate=True).fixing_of(restated, year).value == restated["fixing"].iloc[1]
    )
    assert INDEX.fixing_of(restated, year).value == value
    with pytest.raises(CritminError, match="both parties have to agree"):
        replace(INDEX, version="99").publish()
    with pytest.raises(CritminError, match="posterior that was signed"):
        replace(INDEX, posterior="0" * 16).publish()


def test_market_disruption_takes_two_years() -> None:
    ledger = INDEX.publish()
    year, value = int(ledger["year"].item()), ledger["fixing"].item()
    market = pd.Series({year: 2 * value, year + 1: 2 * value})
    assert INDEX.disrupted(ledger, market) == [year + 1]
    assert INDEX.disrupted(ledger, market * [1, 0.5]) == []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("restate", [True, False])
@pytest.mark.parametrize("fallback", ["market", "last"])
def test_the_wording_names_what_binds(language, restate, fallback) -> None:
    index = replace(INDEX, restate=restate, fallback=fallback, disruption=0.35, patience=2)
    text = index.clause(language)
    assert INDEX.posterior in text
    assert "35%" in text
    assert "{" not in text
    others = {replace(index, restate=not restate).clause(language), INDEX.clause(language)}
    assert text not in others
    quoted = FairIndex.signed("neodymium", unit="quoted").clause(language)
    assert "kg of neodymium oxide, 99.5%" in quoted
    with pytest.raises(CritminError, match="unknown language 'fr'"):
        INDEX.clause("fr")


YEARS = range(1970, 2011)
ACTUAL = pd.DataFrame(
    {"mineral": "nickel", "year": YEARS, "price": [100.0 + 10 * (y % 2) for y in YEARS]}
)


def past(origin, fair, market):
    years = [origin + 1, origin + 2]
    dims = ("sample", "year")
    values = {
        "fair_price": (dims, np.repeat(np.array(fair, dtype=float)[:, None], 2, axis=1)),
        "market_price": (dims, np.repeat(np.array(market, dtype=float)[:, None], 2, axis=1)),
    }
    return PastForecast("nickel", origin, xr.Dataset(values, coords={"year": years}))


def test_collars_of_the_past_are_settled() -> None:
    forecasts = [past(1990, [104, 104, 106, 108, 108], [100, 100, 100, 100, 100])]
    table = contract_backtest(forecasts, ACTUAL, term=2)
    ours = table[table["rule"] == "critmin"].set_index("year")
    # The middle half is 104 to 108; 1991 cost 110, 1992 100.
    assert ours[["floor", "cap"]].to_numpy().tolist() == [[104, 108]] * 2
    assert ours["gain"].tolist() == pytest.approx([108 / 110 - 1, 104 / 100 - 1])
    assert not ours["apart"].any()  # 6% apart
    walk = table[table["rule"] == "random walk"].set_index("year")
    changes = np.diff(np.log([100.0 + 10 * (y % 2) for y in range(1970, 1991)]))
    high = 100 * np.exp(0.6744897501960817 * changes.std(ddof=1) * np.sqrt([1, 2]))
    np.testing.assert_allclose(walk["cap"], high)


def test_nothing_after_an_origin_is_used() -> None:
    forecasts = [past(1990, [104, 108], [90, 90])]
    later = ACTUAL.assign(price=ACTUAL["price"].where(ACTUAL["year"] <= 1990, 7.0))
    columns = ["rule", "year", "floor", "cap", "apart"]
    before, after = (contract_backtest(forecasts, a)[columns] for a in (ACTUAL, later))
    assert before.equals(after)
    assert before["apart"].all()


def test_regret_of_both_sides() -> None:
    forecasts = [past(1990, [120, 120], [100, 100]), past(1995, [80, 80], [100, 100])]
    table = regret(contract_backtest(forecasts, ACTUAL, term=2))
    row = table.loc["nickel", "critmin", "all"]
    assert row["contracts"] == 2
    assert row["seller regrets"] == row["buyer regrets"] == 0.5
    assert row["seller's worst"] == pytest.approx(np.mean([80 / 100 - 1, 80 / 110 - 1]))
    assert row["buyer's worst"] == pytest.approx(-np.mean([120 / 110 - 1, 120 / 100 - 1]))
    assert row.equals(table.loc["nickel", "critmin", "apart"])


def test_what_is_left_out_is_counted() -> None:
    few = ACTUAL[ACTUAL["year"].between(1988, 1991)]
    table = contract_backtest([past(1990, [104, 108], [90, 90])], few)
    assert table.attrs["left_out"] == {
        "no actual price": 1,
        "history too short for a random walk": 1,
    }
    assert set(table["rule"]) == {"critmin"}


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (ACTUAL.drop(columns="price"), "lacks the columns price"),
        (pd.concat([ACTUAL, ACTUAL.head(1)]), "two prices of nickel in 1970"),
        (ACTUAL.assign(price=0.0), "not above zero: nickel in 1970"),
        (ACTUAL.assign(mineral="tin"), "no prices of nickel"),
        (ACTUAL.assign(price="1,200"), "a price that is no number such as 120.5: '1,200'"),
        (
            ACTUAL.assign(year=pd.to_datetime(ACTUAL["year"].astype(str))),
            "a year that is no number",
        ),
        (
            ACTUAL.assign(year=pd.PeriodIndex(ACTUAL["year"].astype(str), freq="Y")),
            "a year that is no number",
        ),
        (ACTUAL.assign(year=np.nan), "a year that is no number such as 1991: nan"),
        (ACTUAL.assign(year=ACTUAL["year"] + 0.5), "a year that is no whole number: 1970.5"),
    ],
)
def test_bad_history(actual, message) -> None:
    with pytest.raises(DataError, match=message):
        contract_backtest([past(1990, [104, 108], [90, 90])], actual)


def test_bad_forecasts() -> None:
    good = past(1990, [104, 108], [90, 90])
    with pytest.raises(DataError, match="not after the origin"):
        PastForecast("nickel", 1991, good.draws)
    with pytest.raises(DataError, match="lack fair_price"):
        PastForecast("nickel", 1990, good.draws.drop_vars("fair_price"))
    with pytest.raises(CritminError, match="no past contract can be settled"):
        contract_backtest([], ACTUAL)
    for wrong in ({"nickel": good}, [good.draws], good.draws):
        with pytest.raises(CritminError, match="must be a backtest, or several PastForecast"):
            contract_backtest(wrong, ACTUAL)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="settled lacks the columns rule, origin"):
        regret(ACTUAL)


def test_years_and_prices_may_be_text() -> None:
    told = ACTUAL.assign(year=ACTUAL["year"].astype(str), price=ACTUAL["price"].astype(str))
    good = past(1990, [104, 108], [90, 90])
    assert contract_backtest([good], told).equals(contract_backtest([good], ACTUAL))


def test_an_index_that_cannot_be_published_is_not_signed() -> None:
    with pytest.raises(CritminError, match="write t, short_ton or long_ton"):
        FairIndex.signed("gallium", unit="ton")
    with pytest.raises(UnknownNameError, match="unknown currency 'ZMW'"):
        FairIndex.signed("gallium", currency="ZMW")
    index = FairIndex.signed("neodymium", unit="kg of oxide", currency="yen")
    assert "in JPY of 2025 per kg of Nd2O3," in index.clause()
    assert "per kg of contained Ga," in FairIndex.signed("gallium", unit="kg").clause()
    for year in ("2026", pd.Timestamp("2026-01-01")):
        with pytest.raises(CritminError, match="year must be a whole number"):
            index.fixing_of(pd.DataFrame(), year)  # type: ignore[arg-type]
    with pytest.raises(CritminError, match="market must be a Series of prices by year"):
        index.disrupted(pd.DataFrame(), [1.0])  # type: ignore[arg-type]


def recorded(origin=2000, horizons=(1, 2, 3), **changes) -> Backtest:
    """A backtest as `critmin.backtest` stores it: fair 90 to 110, market 70 to 90, walk 40 to 120."""
    spread = np.linspace(-1, 1, 201)
    size = len(horizons)

    def points(middle, half):
        return np.tile(np.log(middle + half * spread), (size, 1))

    values = {
        "points": (("model", "forecast", "point"), np.stack([points(80, 10), points(80, 40)])),
        "outcome": ("forecast", np.log([60.0, 100.0, 150.0][:size])),
        "fair_points": (("forecast", "point"), points(100, 10)),
        **changes,
    }
    coords = {
        "model": ["critmin", "random walk"],
        "mineral": ("forecast", ["tin"] * size),
        "origin": ("forecast", [origin] * size),
        "horizon": ("forecast", list(horizons)),
    }
    return Backtest(xr.Dataset(values, coords))


def test_a_stored_backtest_is_settled_without_a_refit() -> None:
    table = contract_backtest(recorded())
    ours = table[table["rule"] == "critmin"]
    np.testing.assert_allclose(ours[["floor", "cap"]], [[95, 105]] * 3, rtol=1e-6)
    assert ours["gain"].tolist() == pytest.approx([95 / 60 - 1, 0, 105 / 150 - 1])
    assert ours["year"].tolist() == [2001, 2002, 2003]
    assert ours["apart"].all()  # 80 and 100
    walk = table[table["rule"] == "random walk"]
    np.testing.assert_allclose(walk[["floor", "cap"]], [[60, 100]] * 3, rtol=1e-6)
    assert contract_backtest(recorded(), term=2)["year"].max() == 2002
    assert not contract_backtest(recorded(), apart=0.3)["apart"].any()
    assert regret(table).loc[("tin", "critmin", "all"), "contracts"] == 1
    market = contract_backtest(recorded(), of="market")
    np.testing.assert_allclose(
        market.loc[market["rule"] == "critmin", ["floor", "cap"]], [[75, 85]] * 3, rtol=1e-6
    )
    assert market["apart"].all()


def test_backtests_that_cannot_be_settled() -> None:
    lost = ("forecast", "point"), np.full((3, 201), np.nan)
    several = Backtest(
        xr.concat(
            [recorded().forecasts, recorded(2010, fair_points=lost).forecasts],
            "forecast",
            data_vars="minimal",
            coords="minimal",
        )
    )
    table = contract_backtest(several)
    assert set(table["origin"]) == {2000}
    assert table.attrs["left_out"] == {"no refit": 1}
    old = Backtest(recorded().forecasts.drop_vars("fair_points"))
    with pytest.raises(CritminError, match="before the fair price was kept in it"):
        contract_backtest(old)
    assert not contract_backtest(old, of="market")["apart"].any()
    with pytest.raises(CritminError, match="did you mean 'fair'"):
        contract_backtest(recorded(), of="fare")
    alone = Backtest(recorded().forecasts.sel(model=["critmin"]))
    with pytest.raises(CritminError, match="unknown model of this backtest 'random walk'"):
        contract_backtest(alone)
    with pytest.raises(CritminError, match="holds its own outcomes"):
        contract_backtest(recorded(), ACTUAL)
    with pytest.raises(CritminError, match="settled on actual="):
        contract_backtest([past(1990, [104, 108], [90, 90])])
