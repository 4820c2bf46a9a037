"""Prices of the year under way in other money and on other sides of a fence; limits that hold one back."""

import numpy as np
import pytest
from rejection import agrees
from typer.testing import CliRunner

import critmin
from critmin.cli import app
from critmin.data.exchange import exchange_rate, yearly_spread
from critmin.data.fences import PAIR_SPREAD
from critmin.data.money import real_factor
from critmin.exceptions import ConvergenceError
from critmin.posterior import builtin_posterior
from critmin.simulation.assimilation import _Update
from critmin.simulation.market import simulate
from critmin.simulation.quotations import Quotation, quotations

REAL = float(real_factor(np.array([2026]))[0])


def quoted(quote: object, mineral: str = "gallium") -> Quotation:
    return quotations(builtin_posterior(), {mineral: quote}, "2026-05")[0]  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("quote", "usd_per_t", "side", "error"),
    [
        ((500, "USD/kg"), 500e3, "market", 0.0),
        ((500, "USD/kg", "2026-05", "customs"), 500e3, "market", 0.0),
        ((500, "USD/kg", "2026-05", "marginal"), 500e3, "marginal", PAIR_SPREAD),
        ((450, "EUR/kg"), 450e3 / exchange_rate("EUR", 2025), "market", yearly_spread("EUR")),
        ((75_000, "JPY/kg"), 75e6 / exchange_rate("JPY", 2025), "market", yearly_spread("JPY")),
        ((40_000, "INR/kg"), 40e6 / exchange_rate("INR", 2025), "market", yearly_spread("INR")),
        ({"price": 75_000, "unit": "JPY/kg", "per_dollar": 156.0}, 75e6 / 156, "market", 0.0),
        (
            {"price": 2_000, "unit": "CNY/kg", "place": "inside", "vat": "china"},
            2e6 / 1.13 / exchange_rate("CNY", 2025),
            "inside",
            np.hypot(PAIR_SPREAD, yearly_spread("CNY")),
        ),
        (
            {"price": 1_770, "unit": "RMB/kg", "place": "inside", "vat": 0, "per_dollar": 7.0},
            1_770e3 / 7,
            "inside",
            PAIR_SPREAD,
        ),
    ],
)
def test_a_quote_in_any_money_of_any_side(
    quote: object, usd_per_t: float, side: str, error: float
) -> None:
    found = quoted(quote)
    assert np.exp(found.log_price) / REAL == pytest.approx(float(usd_per_t), rel=1e-9)
    assert found.side == side
    assert found.error == pytest.approx(float(error))


def test_the_rate_of_a_year_that_has_one_is_known() -> None:
    draws = builtin_posterior().draws
    earlier = critmin.Posterior(draws.assign_attrs(origin=2021))
    if earlier.origin != 2021:
        pytest.skip("an origin is not an attribute")
    found = quotations(earlier, {"nickel": (25_000, "EUR/t")}, "2022")[0]
    assert found.error == 0.0


def test_the_words_say_money_tax_and_place() -> None:
    words = quoted({"price": 2_000, "unit": "CNY/kg", "place": "inside", "vat": 0.13}).words
    assert words == (
        "2000 CNY per kg of contained Ga with 0.13 of tax at 7.1875 CNY a dollar, inside, 2026-05"
    )


def test_a_price_inside_the_fence_agrees_with_drawing_until_it_is_met() -> None:
    """Rejection: draws whose inside price, strayed by as much as pairs do, is within 2% of the quote."""
    posterior, usd = builtin_posterior(), 250e3
    target, rng = np.log(usd * REAL), np.random.default_rng(5)
    kept: dict[str, list[np.ndarray]] = {"market": [], "rent": [], "inside": [], "scale": []}
    for seed in range(16):
        paths = simulate(posterior, "gallium", 1, 300 + seed)
        inside, market = np.log(paths.inside[:, 0]), np.log(paths.market[:, 0])
        near = np.abs(inside + PAIR_SPREAD * rng.standard_normal(inside.size) - target) < 0.02
        kept["market"].append(market[near])
        kept["inside"].append(inside[near])
        kept["rent"].append((market - inside)[near])
        kept["scale"].append(posterior.of("gallium")["price_scale"][near])
    brute = {name: np.concatenate(parts) for name, parts in kept.items()}
    known = posterior.assimilate({"gallium": (250, "USD/kg", "2026", "inside")})
    paths = simulate(known, "gallium", 1, 0)
    inside, market = np.log(paths.inside[:, 0]), np.log(paths.market[:, 0])
    found = {
        "market": market,
        "inside": inside,
        "rent": market - inside,
        "scale": known.of("gallium")["price_scale"],
    }
    assert len(brute["market"]) > 700
    agrees(found, brute)


def test_a_dear_inside_price_narrows_the_fence_and_a_quote_outside_widens_it() -> None:
    def rent(price: float, place: str) -> float:
        known = builtin_posterior().assimilate({"gallium": (price, "USD/kg", "2026-06", place)})
        paths = simulate(known, "gallium", 1, 2)
        return float(np.log(paths.market / paths.inside).mean())

    assert rent(420, "inside") < rent(250, "inside") - 0.02
    assert rent(1_100, "marginal") > rent(500, "marginal") + 0.02


def test_the_quote_of_the_unlicensed_tonne_is_not_what_importers_pay() -> None:
    """Too far for the price that is paid on average; a lower one is taken up as a quote in Rotterdam."""
    with pytest.raises(ConvergenceError, match=r"times what was expected .*place='marginal'"):
        builtin_posterior().assimilate({"gallium": (3_000, "USD/kg", "2026")})
    today = {"gallium": (1_200, "USD/kg", "2026", "marginal")}
    price = critmin.fair_price("gallium", 1, today=today)
    paid, asked = (float(price.draws[n].median()) for n in ("market_price", "marginal_price"))
    assert 0.8 < asked / (1_200e3 * REAL) < 1.25
    assert paid < 0.85 * asked


@pytest.mark.parametrize(
    ("mineral", "when", "side"),
    [
        (
            "gallium",
            "2026-05-12",
            "marginal",
        ),  # its own series is of customs, which is never of a day
        ("gallium", "2026-05", "market"),
        ("germanium", "2026-05-12", "market"),  # its own series is of quotes
        ("fluorspar", "2026-05-12", "market"),  # of customs, and no fence stands
    ],
)
def test_the_kind_of_a_price_says_where_it_is_paid(mineral: str, when: str, side: str) -> None:
    unit = {"fluorspar": "USD/t"}.get(mineral, "USD/kg")
    value = {"fluorspar": 400, "germanium": 3_000}.get(mineral, 700)
    posterior = builtin_posterior()
    found = quotations(posterior, {mineral: (value, unit)}, when)[0]
    assert (found.side, found.said) == (side, False)
    # What is said counts, whatever the kind.
    for place, of in (("customs", "market"), ("outside", "market"), ("marginal", "marginal")):
        said = quotations(posterior, {mineral: (value, unit, when, place)}, None)[0]
        assert (said.side, said.said) == (of, True)


def test_a_fence_too_low_for_two_prices_has_one() -> None:
    """A quote of a day counts as the one price there is, and still strays from what customs average."""
    posterior = builtin_posterior()
    none = {"producer_withheld": posterior.draws["producer_withheld"] * 0}
    open_to_all = critmin.Posterior(posterior.draws.assign(none))
    known = open_to_all.assimilate({"gallium": (600, "USD/kg")}, over="2026-12-31")
    paths = simulate(known, "gallium", 1, 0)
    assert paths.fence == ""
    assert known.assimilated["gallium"]["price"].endswith(", marginal, 2026-12-31")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["tin", "--today", "40000 2026-05-12"], "40000 USD per t of contained Sn, 2026-05-12"),
        (
            ["gallium", "--unit", "kg", "--today", "1600 marginal 2026-11-28"],
            "1600 USD per kg of contained Ga, marginal, 2026-11-28",
        ),
        (
            ["gallium", "--unit", "kg", "--today", "1600 2026-11-28"],
            "1600 USD per kg of contained Ga, marginal, 2026-11-28",
        ),
        (
            ["gallium", "--unit", "kg", "--today", "1600 2026-11-28", "--place", "customs"],
            "1600 USD per kg of contained Ga, customs, 2026-11-28",
        ),
        (
            ["gallium", "--today", "gallium=2000 CNY/kg inside vat=china 2026-05"],
            "2000 CNY per kg of contained Ga with 0.13 of tax",
        ),
    ],
)
def test_the_command_line(asked: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["price", *asked, "--horizon", "1"])
    assert said in " ".join(done.output.split())


def test_weights_at_a_limit_are_those_of_drawing_until_the_news_is_met() -> None:
    """A price held at a limit: the news, 2, is met by a shock of 1 or more and days that bring the rest."""
    rng, tail, limit, news = np.random.default_rng(8), 4.0, 1.0, 2.0
    own, spread = 1.0, 0.7
    loading = np.array([[own], [0.0], [spread]])
    size, total = 200_000, own**2 + spread**2

    def student(shape: tuple[int, ...]) -> np.ndarray:
        n = shape[-1]
        return rng.standard_normal(shape) * np.sqrt(tail / 2 / rng.standard_gamma(tail / 2, n))

    free = student((3, size))
    standard = free + loading / total * (news - (loading * free).sum(axis=0))
    update = _Update(
        news=Quotation("tin", news, 1.0, 1.0, ""),
        middle=0.0,
        log_price=own * standard[0],
        log_weight=np.zeros(size),
        shocks={},
        weight=1.0,
        standard=standard,
        loading=np.broadcast_to(loading, standard.shape),
        strayed=np.zeros(size),
        tail=np.full(size, tail),
        variance=1.0,
        fenced=False,
    )
    weight = np.exp(update.correction(np.minimum(own * standard[0], limit)))
    held = standard[0] > limit
    assert np.all(weight[~held] == 1)
    assert weight[held].max() > 1.05
    # Brute force from the same density: along the news and across it, each with its own tail.
    along, across = student((1, 4_000_000))[0], student((2, 4_000_000))
    direction = np.array([own, 0.0, spread]) / np.sqrt(total)
    normal = np.array([-spread, 0.0, own]) / np.sqrt(total)
    price = direction[0] * along + normal[0] * across[0]
    days = direction[2] * along + normal[2] * across[0]
    near = np.abs(np.minimum(own * price, limit) + spread * days - news) < 0.01
    share = np.average(held, weights=weight)
    effective = weight.sum() ** 2 / (weight**2).sum()
    error = np.sqrt(0.25 / near.sum() + 0.25 / effective)
    assert share == pytest.approx((own * price[near] > limit).mean(), abs=4 * error)
    assert abs(share - held.mean()) > 5 * error  # without the correction it is wrong
