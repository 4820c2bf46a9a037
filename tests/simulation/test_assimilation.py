"""Prices of the year under way: met by every forecast, in agreement with brute force and with a refit."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rejection import agrees
from typer.testing import CliRunner

import critmin
from critmin.cli import app
from critmin.cli.common import todays
from critmin.data import catalogue
from critmin.data.money import real_factor
from critmin.exceptions import ConvergenceError, CritminError
from critmin.model.part_years import within_year
from critmin.posterior import Posterior, builtin_posterior
from critmin.scenario import ExportControl
from critmin.simulation import market
from critmin.simulation.assimilation import _taken_up
from critmin.simulation.market import simulate
from critmin.simulation.particles import gathered, plain, smoothed, stratified
from critmin.simulation.quotations import quotations

NEAR = {
    "nickel": (16_000, "USD/t"),
    "gallium": (560, "USD/kg"),
    "copper": (11_000, "USD/t"),
    "dysprosium": (300, "USD/kg"),
    "antimony": (40_000, "USD/t"),
}


@pytest.mark.parametrize("mineral", list(NEAR))
def test_every_seed_meets_the_price_of_the_year(mineral: str) -> None:
    value, unit = NEAR[mineral]
    known = builtin_posterior().assimilate({mineral: (value, unit)}, over="2026")
    expected = known.assimilated[mineral]["expected"] * known.assimilated[mineral]["ratio"]
    for seed in (0, 1, 7):
        market = critmin.fair_price(mineral, 2, posterior=known, seed=seed).draws["market_price"]
        year = market.sel(year=2026)
        assert float(year.median()) == pytest.approx(expected, rel=0.002)
        assert float(np.log(year).std()) < 0.01
        # The year after is as open as ever.
        assert float(np.log(market.sel(year=2027)).std()) > 0.1


def test_a_quote_binds_the_year_the_more_of_it_has_passed() -> None:
    plain = critmin.fair_price("nickel", 1).draws["market_price"]
    spreads = [float(np.log(plain).std())]
    for until in ("2026-01", "2026-04", "2026-08", "2026-12"):
        known = builtin_posterior().assimilate({"nickel": 15_500}, over=("2026-01", until))
        market = critmin.fair_price("nickel", 1, posterior=known).draws["market_price"]
        spreads.append(float(np.log(market).std()))
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] < 0.02 < 0.1 < spreads[1]


@pytest.mark.parametrize("mineral", ["nickel", "gallium"])
def test_a_price_at_the_year_s_end_is_where_the_next_year_begins(mineral: str) -> None:
    scale = {"nickel": 1.0, "gallium": 1e3}[mineral]
    low, high = {"nickel": (11_000, 22_000), "gallium": (400, 600)}[mineral]
    after = []
    for value in (low, high):
        quote = {"price": value, "place": "outside"}
        known = builtin_posterior().assimilate({mineral: quote}, over="2026-12-31")
        market = critmin.fair_price(mineral, 2, posterior=known, seed=3).draws["market_price"]
        after.append(float(market.sel(year=2027).median()) / scale)
    # Most of the difference lasts; a part of it goes back to cost. The two are so far apart that the
    # Monte Carlo error of the medians is a small part of it.
    assert 0.5 < np.log(after[1] / after[0]) / np.log(high / low) < 1.05


def test_it_agrees_with_drawing_until_the_price_is_met() -> None:
    """Rejection from 60,000 draws keeps those whose year is within a half percent of the price."""
    posterior, value = builtin_posterior(), 17_500.0
    target = np.log(value * float(real_factor(np.array([2026]))[0]))
    kept: dict[str, list[np.ndarray]] = {"scale": [], "next": [], "copper": [], "reversion": []}
    for seed in range(30):
        nickel = np.log(simulate(posterior, "nickel", 2, 100 + seed).market)
        near = np.abs(nickel[:, 0] - target) < 0.005
        kept["next"].append(nickel[near, 1])
        kept["copper"].append(np.log(simulate(posterior, "copper", 1, 100 + seed).market)[near, 0])
        for name, parameter in (("scale", "price_scale"), ("reversion", "reversion")):
            kept[name].append(posterior.of("nickel")[parameter][near])
    brute = {name: np.concatenate(parts) for name, parts in kept.items()}
    known = posterior.assimilate({"nickel": value}, over="2026")
    found = {
        "scale": known.of("nickel")["price_scale"],
        "reversion": known.of("nickel")["reversion"],
        "next": np.log(simulate(known, "nickel", 2, 0).market)[:, 1],
        "copper": np.log(simulate(known, "copper", 1, 0).market)[:, 0],
    }
    assert len(brute["next"]) > 500
    agrees(found, brute)


@pytest.fixture
def year_ends(monkeypatch: pytest.MonkeyPatch) -> Callable[..., np.ndarray]:
    """Log price of the first year's end, where the next one begins, as the simulator carries it on."""
    seen: list[np.ndarray] = []
    year = market._year

    def watched(the_market, state, *others) -> None:  # type: ignore[no-untyped-def]
        year(the_market, state, *others)
        seen.append(state.log_price + state.carry)

    monkeypatch.setattr(market, "_year", watched)

    def ends(posterior: Posterior, mineral: str, seed: int) -> np.ndarray:
        seen.clear()
        simulate(posterior, mineral, 1, seed)
        return seen[0]

    return ends


@pytest.mark.parametrize("mineral", ["copper", "gold", "nickel"])
def test_the_year_s_last_price_is_where_the_year_ends(mineral: str, year_ends) -> None:
    plain = float(np.exp(np.median(year_ends(builtin_posterior(), mineral, 0))))
    for factor in (0.8, 1.25):
        quote = (plain * factor / float(real_factor(2026)), "USD/t", "2026-12-31")
        known = builtin_posterior().assimilate({mineral: quote})
        off = year_ends(known, mineral, 3) - np.log(plain * factor)
        # Its noon is half a day before the end.
        assert abs(np.median(off)) < 0.005
        assert off.std() < 0.025


def test_the_year_s_last_price_agrees_with_drawing_until_it_is_met(year_ends) -> None:
    """Rejection from 60,000 draws keeps those whose year ends within one percent of the price."""
    posterior, value = builtin_posterior(), 13_000.0
    target = np.log(value * float(real_factor(np.array([2026]))[0]))
    kept: dict[str, list[np.ndarray]] = {"year": [], "next": [], "nickel": []}
    for seed in range(100, 130):
        near = np.abs(year_ends(posterior, "copper", seed) - target) < 0.01
        price = np.log(simulate(posterior, "copper", 2, seed).market)[near]
        kept["year"].append(price[:, 0])
        kept["next"].append(price[:, 1])
        kept["nickel"].append(np.log(simulate(posterior, "nickel", 1, seed).market)[near, 0])
    brute = {name: np.concatenate(parts) for name, parts in kept.items()}
    known = posterior.assimilate({"copper": value}, over="2026-12-31")
    price = np.log(simulate(known, "copper", 2, 0).market)
    found = {
        "year": price[:, 0],
        "next": price[:, 1],
        "nickel": np.log(simulate(known, "nickel", 1, 0).market)[:, 0],
    }
    assert len(brute["next"]) > 500
    agrees(found, brute)


def test_january_foretells_no_more_than_a_price_that_wanders() -> None:
    plain = critmin.fair_price("copper", 1, basis="nominal").draws["market_price"].median()
    for value in (9_500, 12_000):
        known = builtin_posterior().assimilate({"copper": value}, over="2026-01")
        said = known.assimilated["copper"]
        year = critmin.fair_price("copper", 1, basis="nominal", posterior=known).draws[
            "market_price"
        ]
        moved = float(np.log(year.median() / plain)) / np.log(said["ratio"])
        # Of a random walk's first month the year's average goes 1.46 times as far.
        assert 0.5 < moved < 1.6
        assert said["known"] < 0.3
        assert float(np.log(year).std()) > 0.15


def test_a_price_far_off_agrees_with_drawing_until_it_is_met() -> None:
    """3.3 times what was expected: by a shock, or by a new restriction that one draw in a hundred has.

    Rejection from 900,000 draws keeps those whose year is within 3 percent of the price.
    """
    posterior, value = builtin_posterior(), 1_600_000.0
    target = np.log(value * float(real_factor(np.array([2026]))[0]))
    kept: dict[str, list[np.ndarray]] = {"held": [], "banned": [], "scale": [], "next": []}
    for seed in range(450):
        paths = simulate(posterior, "gallium", 2, 1000 + seed)
        price = np.log(paths.market)
        near = np.abs(price[:, 0] - target) < 0.03
        held = paths.withheld[0, near, 0]
        kept["held"].append(held)
        kept["banned"].append((held > 0.35) * 1.0)
        kept["scale"].append(posterior.of("gallium")["price_scale"][near])
        kept["next"].append(price[near, 1])
    brute = {name: np.concatenate(parts) for name, parts in kept.items()}
    known = posterior.assimilate({"gallium": value / 1000}, over="2026")
    assert known.assimilated["gallium"]["ratio"] > 3
    assert known.assimilated["gallium"]["pareto_k"] < 0.3
    paths = simulate(known, "gallium", 2, 0)
    found = {
        "held": paths.withheld[0, :, 0],
        "banned": (paths.withheld[0, :, 0] > 0.35) * 1.0,
        "scale": known.of("gallium")["price_scale"],
        "next": np.log(paths.market)[:, 1],
    }
    assert len(brute["next"]) > 600
    assert brute["banned"].mean() > 0.2
    agrees(found, brute)


def test_new_restrictions_drawn_apart_change_no_price_that_is_near() -> None:
    """Both ways to draw, of a price that either takes up."""
    posterior = builtin_posterior()
    news = quotations(posterior, {"gallium": (700, "USD/kg"), "copper": (11_000, "USD/t")}, "2026")
    minerals = [each.mineral for each in news]
    for made in (plain(posterior, minerals), stratified(posterior, minerals, 3)):
        assert made.share.sum() == pytest.approx(1)
        if len(made.share) > 1:
            assert len(made.share) == 3  # by China's gallium, by a seller of copper, or by neither
            assert made.share[-1] > 0.7
    few, many = (
        _taken_up(made, news, 3)
        for made in (plain(posterior, minerals), stratified(posterior, minerals, 3))
    )
    for one, other in zip(few.updates, many.updates, strict=True):
        assert one.middle == pytest.approx(other.middle, abs=0.01)
        assert one.variance == pytest.approx(other.variance, rel=0.1)
    for name in ("price_scale", "reversion", "supply_elasticity"):
        means = []
        for each in (few, many):
            values = each.particles.posterior.of("gallium")[name]
            means.append(each.weights.weight @ values)
        assert abs(means[0] - means[1]) < 4 * values.std() / np.sqrt(few.weights.draws), name
    held = [each.weights.weight @ each.first["gallium: CHN: held"] for each in (few, many)]
    assert held[0] == pytest.approx(held[1], abs=0.01)


def test_news_of_one_mineral_reaches_the_others_through_what_they_share() -> None:
    low, high = (
        critmin.fair_price(
            "copper", 1, posterior=builtin_posterior().assimilate({"nickel": value}, over="2026")
        ).draws["market_price"]
        for value in (12_000, 20_000)
    )
    ratio = float(high.median() / low.median())
    assert 1.01 < ratio < 20_000 / 12_000


def test_minerals_of_one_commodity_share_measures_and_not_what_these_withhold() -> None:
    """Rare earths see China's controls end and begin together; each has its own share withheld."""
    posterior = Posterior(builtin_posterior().draws.isel(sample=slice(200)))
    names = ("dysprosium", "yttrium")
    plain = {name: simulate(posterior, name, 1, 0) for name in names}
    news = {
        name: {"price": np.median(paths.market) / 1000, "unit": "USD/kg", "place": "outside"}
        for name, paths in plain.items()
    }
    both = posterior.assimilate(news, over="2026")
    for name in names:
        met = np.log(simulate(both, name, 1, 1).market)
        assert met.std() < 0.02, name
    one = posterior.assimilate({"dysprosium": news["dysprosium"]}, over="2026")
    told, other = (simulate(one, name, 1, 1) for name in names)
    at = told.countries.index("CHN")
    before = [next(p.withheld for p in one.producers(n) if p.country == "CHN") for n in names]
    stays = [
        np.abs(p.withheld[at, :, 0] - b) < 1e-4 for p, b in zip((told, other), before, strict=True)
    ]
    assert 0.5 < stays[0].mean() < 1
    assert np.array_equal(*stays)
    assert float(np.median(other.market)) == pytest.approx(
        float(np.median(plain["yttrium"].market)), rel=0.2
    )


def test_a_scenario_acts_on_top_of_the_news() -> None:
    known = builtin_posterior().assimilate({"gallium": (560, "USD/kg")}, over="2026")
    ban = ExportControl("CHN", "gallium", 0.9, 2027)
    with_ban = critmin.forecast("gallium", 2, scenario=ban, posterior=known)
    without = critmin.forecast("gallium", 2, posterior=known)
    ratio = with_ban.compare(without)["market_price_ratio"].median("sample")
    assert float(ratio.sel(year=2026)) == 1
    assert float(ratio.sel(year=2027)) > 1.5


def test_it_is_a_posterior_like_any_other(tmp_path: Path) -> None:
    posterior = builtin_posterior()
    known = posterior.assimilate({"nickel": (16_000, "USD/t", "2026-05-12")})
    again = posterior.assimilate({"nickel": 16_000}, over="2026-05-12")
    assert known.id == again.id != posterior.id
    assert known.draws.sizes["sample"] == posterior.draws.sizes["sample"]
    loaded = Posterior.from_netcdf(known.to_netcdf(tmp_path / "known.nc"))
    assert loaded.id == known.id
    assert loaded.assimilated == known.assimilated
    one, two = (critmin.fair_price("nickel", 3, posterior=p).draws for p in (known, loaded))
    assert one.identical(two)
    for use in (
        lambda p: critmin.cost_curve("nickel", posterior=p),
        lambda p: critmin.disruption_risk("nickel", posterior=p),
        lambda p: critmin.forecast("nickel", 2, posterior=p).exposure("JPN"),
    ):
        assert use(known).summary() is not None


def test_results_say_what_was_assimilated() -> None:
    price = critmin.fair_price("tin", 1, today={"tin": (40_000, "USD/t", "2026-05-12")})
    taken = price.provenance["assimilated"]["tin"]
    assert taken["price"] == "40000 USD per t of contained Sn, 2026-05-12"
    assert taken["pareto_k"] < 0.7
    assert 0 < taken["known"] < 1
    assert "with tin at 40000 USD per t of contained Sn, 2026-05-12" in price.provenance["data"]
    assert json.loads(price.to_json())["provenance"]["assimilated"]["tin"] == taken


@pytest.mark.parametrize(
    ("prices", "over", "words"),
    [
        ({}, None, "prices must name minerals"),
        (17_000, None, "prices must name minerals"),
        ({"nickle": 17_000}, "2026", "did you mean 'nickel'"),
        ({"nickel": "17000"}, "2026", "positive number"),
        ({"nickel": -1}, "2026", "positive number"),
        ({"nickel": float("nan")}, "2026", "positive number"),
        ({"nickel": True}, "2026", "positive number"),
        ({"nickel": (17, "USD/t")}, "2026", "looks like USD per kg"),
        ({"nickel": ("17000", "EUR/t")}, "2026", "positive number"),
        ({"nickel": (17_000, "DM/t")}, "2026", "unknown currency"),
        ({"nickel": (130_000, "CNY/t")}, "2026", "say vat="),
        ({"nickel": (17_000, "EUR/t", "2026", "abroad")}, None, "unknown place .*'abroad'"),
        ({"nickel": (16_000, "USD/t", "2026", "inside")}, None, "no fence is known"),
        ({"nickel": (16_000, "EUR/t", "2026", None, 13)}, None, "a rate such as 0.13"),
        ({"nickel": (2.4e6, "JPY/t", "2026", None, 0, 0.0063)}, None, "a dollar buys, about 149.6"),
        ({"nickel": {"price": 16_000, "unt": "USD/t"}}, None, "did you mean 'unit'"),
        ({"nickel": {"unit": "USD/t"}}, None, "needs 'price'"),
        ({"nickel": (17_000, "t")}, "2026", "is of mass"),
        ({"nickel": (1, 2, 3, 4, 5, 6, 7)}, "2026", "a price is a number"),
        ({"nickel": 17_000}, "2025", r"only prices of 2026 .* register"),
        ({"nickel": 17_000}, "2027-03", r"only prices of 2026 .* fit the years between"),
        ({"nickel": 17_000}, ("2026-05", "2026-01"), "must end after"),
        ({"nickel": 17_000}, ("2026-05",), r"one date or \(first, last\)"),
        ({"nickel": 17_000}, "soon", "a period must be a date"),
        ({"nickel": 17_000}, "NaT", "a period must be a date"),
        ({"nickel": 17_000}, 2026, "a period must be a date"),
        ({"nickel": 1_200_000}, "2026", r"too far from what this posterior knows .*Pareto k"),
    ],
)
def test_what_cannot_be_is_said(prices, over, words: str) -> None:
    with pytest.raises(CritminError, match=words):
        builtin_posterior().assimilate(prices, over=over)


def test_news_too_far_off_asks_for_a_fit() -> None:
    with pytest.raises(ConvergenceError, match=r"3\.\d+ times what was .*critmin\.fit.* of 2026"):
        builtin_posterior().assimilate({"nickel": 60_000}, over="2026-05")


def test_news_is_taken_up_once() -> None:
    known = builtin_posterior().assimilate({"nickel": 16_000}, over="2026-05")
    with pytest.raises(CritminError, match="give all prices at once"):
        known.assimilate({"copper": 10_000}, over="2026-05")


def test_the_command_line_takes_today_s_price() -> None:
    def ask(today: str) -> str:
        asked = ["price", "tin", "--horizon", "1", "--today", today]
        return " ".join(CliRunner().invoke(app, asked).output.split())

    assert "40000 USD per t of contained Sn, 2026-05-12" in ask("tin=40000 USD/t 2026-05-12")
    for wrong in ("tin:4", "tin=", "tin=dear", "tin=USD/t"):
        with pytest.raises(CritminError, match="expected mineral=price"):
            todays([wrong])
    assert todays(["nickel=15200"]) == {"nickel": {"price": 15_200, "unit": "USD/t"}}
    assert todays(["1600 marginal 2026Q2"], ["gallium"], "kg") == {
        "gallium": {"price": 1_600, "unit": "USD/kg", "place": "marginal", "over": "2026Q2"}
    }
    assert todays(["gallium=2000 CNY/kg inside vat=china per_dollar=7.1"]) == {
        "gallium": {
            "price": 2_000,
            "unit": "CNY/kg",
            "place": "inside",
            "vat": "china",
            "per_dollar": 7.1,
        }
    }
    # As the price that the command prints: its currency too, and dollars where the market quotes cents.
    for name, currency, unit in (
        ("tin", "EUR", "EUR/t of contained Sn"),
        ("silicon", "USD", "USD/lb of contained Si"),
        ("manganese", "JPY", "JPY/mtu of ore 44%"),
    ):
        assert todays(["5.5"], [name], "quoted", currency)[name]["unit"] == unit
    assert todays(["1600"], ["gallium"], "kg", place="customs")["gallium"]["place"] == "customs"
    assert todays(["1600 inside"], ["gallium"], place="customs")["gallium"]["place"] == "inside"
    with pytest.raises(CritminError, match="give --today as well"):
        todays(None, ["gallium"], place="inside")
    with pytest.raises(CritminError, match="a number alone is for one mineral"):
        todays(["1600"], ["gallium", "tin"])


def test_a_price_takes_little_more_time_than_a_forecast() -> None:
    posterior = builtin_posterior()

    def seconds(run: Callable[[], object]) -> float:
        run()
        times = []
        for _ in range(7):
            begun = time.process_time()  # whatever else the machine does
            run()
            times.append(time.process_time() - begun)
        return min(times)

    taken_up = seconds(lambda: posterior.assimilate({"nickel": 16_000}, over="2026-05"))
    assert taken_up < 2.0 * seconds(lambda: critmin.fair_price("nickel"))  # 1.15 when written


def test_draws_copied_late_are_the_draws_and_their_own() -> None:
    draws = builtin_posterior().draws
    index = np.array([3, 3, 0, 1999])
    copied, chosen = gathered(draws, index), draws.isel(sample=index)
    xr.testing.assert_identical(copied, chosen)
    assert copied["slope"].encoding == draws["slope"].encoding
    before = draws["slope"].values.copy()
    copied["slope"][:, 0] = -1.0
    assert (copied["slope"].values[:, 0] == -1.0).all()
    np.testing.assert_array_equal(draws["slope"].values, before)
    assert (copied["slope"].values[:, 1] == chosen["slope"].values[:, 1]).all()


@pytest.mark.parametrize("window", [(0.0, 0.25), (0.3, 0.3), (0.5, 0.75), (0.0, 1.0), (1.0, 1.0)])
def test_parts_of_a_year_hang_together_as_in_a_random_walk(window: tuple[float, float]) -> None:
    rng, steps = np.random.default_rng(1), 400
    walk = np.cumsum(rng.standard_normal((10_000, steps)) / steps**0.5, axis=1)
    first, last = (round(x * steps) for x in window)
    part = walk[:, first : max(last, first + 1)].mean(axis=1) if first < steps else walk[:, -1]
    of_year, of_end, noise = within_year(*window, end_known=True)
    left = part - of_year * walk.mean(axis=1) - of_end * walk[:, -1]
    # The scale of the price shock is the spread of the year's average.
    assert left.std() / 3**-0.5 == pytest.approx(noise, abs=0.02)
    if noise > 0.02:
        assert abs(np.corrcoef(left, walk[:, -1])[0, 1]) < 0.05


def test_annual_averages_alone_leave_the_start_open() -> None:
    start, year = within_year(0, 0, end_known=False), within_year(0, 1, end_known=False)
    assert 0.3 < start[0] < 0.6
    assert year == pytest.approx((1, 0, 0))


def test_first_months_foretell_the_year_as_they_should() -> None:
    """The World Bank's monthly prices: what January to April say of the year's average."""
    rows = catalogue.load("worldbank-pink-sheet")
    rows = rows[
        rows["series"].isin(["NICKEL", "COPPER", "ALUMINUM", "ZINC", "LEAD", "TIN", "GOLD"])
    ]
    errors, without, said = [], [], []
    of_year, of_end, noise = within_year(0, 1 / 3, end_known=True)
    cov = of_year / 3 + of_end / 2
    var = of_year**2 / 3 + of_end**2 + of_year * of_end + noise**2 / 3
    for _, series in rows.groupby("series"):
        table = np.log(series.pivot_table(index="year", columns="month", values="value").dropna())
        for year in table.index[1:]:
            if year - 1 not in table.index or year < 1975:
                continue
            start = float(table.loc[year - 1, 12])
            early = float(table.loc[year].iloc[:4].mean()) - start
            outcome = float(table.loc[year].mean()) - start
            errors.append(outcome - cov / var * early)
            without.append(outcome)
            said.append(1 - cov**2 / var * 3)
    assert len(errors) == 350
    ratio = np.var(errors) / np.var(without)
    assert ratio == pytest.approx(np.mean(said), abs=0.12)


@pytest.mark.parametrize(
    "log",
    [np.r_[np.zeros(20), np.full(280, -np.inf)], np.geomspace(1, 1e4, 999)],
    ids=["most are nothing", "one takes all"],
)
def test_weights_without_a_tail_are_not_trusted(log: np.ndarray) -> None:
    weight, k = smoothed(log)
    assert k == np.inf
    assert np.exp(weight).sum() == pytest.approx(1)
