"""What a quota or a duty earns the country that sets it."""

import numpy as np
import pytest
import xarray as xr

from critmin import ProducerRevenue, builtin_posterior, forecast, producer_revenue
from critmin.exceptions import CritminError, UnknownNameError
from critmin.posterior import Posterior
from critmin.results.producers import DISCOUNT
from critmin.scenario import DemandShock, ExportControl, ExportDuty, LiftControls


@pytest.fixture(scope="module")
def few() -> Posterior:
    return Posterior(builtin_posterior().draws.isel(sample=slice(200)))


@pytest.fixture(scope="module")
def cobalt(few) -> ProducerRevenue:
    return producer_revenue("cobalt", "COD", 6, withheld=(0.3, 0.6, 0.9), posterior=few)


@pytest.mark.parametrize("policy", ["withheld", "duty"])
def test_exports_are_sold_abroad_at_the_price_outside(few, policy: str) -> None:
    found = producer_revenue("nickel", "IDN", 2, **{policy: (0.2,)}, posterior=few, currency="EUR")
    measure = (
        ExportControl("IDN", "nickel", 0.2, 2026)
        if policy == "withheld"
        else ExportDuty("IDN", "nickel", 0.2, 2026)
    )
    made = forecast(
        "nickel",
        2,
        scenario=[LiftControls("IDN", "nickel", 2026), measure],
        posterior=few,
        currency="EUR",
    ).draws
    part = next(p for p in few.producers("nickel") if p.country == "IDN").own_use
    own = made.sel(country="IDN")
    use = xr.DataArray(1 - part, dims="sample")
    sold = own["production"] * use * (1 - own["withheld"])
    paid = (made["market_price"] * sold).transpose("sample", "year").values
    worth = (1 + DISCOUNT) ** -np.array([0.5, 1.5])
    exports = found.draws["exports"].sel(level=0.2)
    np.testing.assert_allclose(exports, paid @ worth, rtol=1e-9)
    assert found.draws["exports"].attrs["units"] == "EUR"
    taxed = found.draws["duty"].sel(level=0.2)
    if policy == "duty":
        np.testing.assert_allclose(taxed, exports * 0.2 / 1.2, rtol=1e-9)
        bill = (own["duty_revenue"].transpose("sample", "year").values) @ worth
        np.testing.assert_allclose(taxed, bill, rtol=1e-9)
    assert (found.draws["duty"].sel(level=0.0) == 0).all()
    at_home = made["inside_price"] * own["production"] * (1 - use)
    home = found.draws["home"].sel(level=0.2)
    np.testing.assert_allclose(home, at_home.transpose("sample", "year").values @ worth, rtol=1e-9)


def test_nominal_sums_are_real_ones_in_money_of_the_first_year(few) -> None:
    real, nominal = (
        producer_revenue("cobalt", "COD", 8, withheld=(0.4,), posterior=few, basis=b, royalty=0.05)
        for b in ("real", "nominal")
    )
    for name in ("exports", "home", "royalty"):
        np.testing.assert_allclose(nominal.draws[name], 1.02 * real.draws[name], rtol=1e-9)
    assert nominal.draws["exports"].attrs["words"] == "USD of 2026"
    assert real.draws["exports"].attrs["words"] == "USD of 2025"
    assert nominal.best().to_dict() == pytest.approx(real.best().to_dict())
    # The price is the mean of each year's, inflation included.
    lifted = LiftControls("COD", "cobalt", 2026)
    paid = forecast("cobalt", 8, scenario=lifted, posterior=few, basis="nominal").draws
    mean = paid["market_price"].mean("year").transpose("sample")
    np.testing.assert_allclose(nominal.draws["price"].sel(level=0.0), mean, rtol=1e-9)


def test_who_sells_most_of_a_metal_gains_and_who_sells_little_loses(few, cobalt) -> None:
    assert cobalt.summary()["change"]["median"].loc[0.3] > 10
    zambia = producer_revenue("copper", "ZMB", 6, withheld=(0.1, 0.3), stage="mined", posterior=few)
    table = zambia.summary()
    assert (table["change"]["95%"].loc[[0.1, 0.3]] < 0).all()
    assert (table["change"]["median"].loc[0.1], table["change"]["median"].loc[0.3]) == (
        pytest.approx(-10, abs=2),
        pytest.approx(-30, abs=3),
    )
    assert zambia.best()["level"] == 0
    assert zambia.best()["gain"] == 0


def test_the_more_is_withheld_the_dearer_it_is_and_the_smaller_the_share(cobalt) -> None:
    price, share = (cobalt.draws[n].transpose("level", "sample").values for n in ("price", "share"))
    assert (np.diff(price, axis=0) > 0).all()
    # A draw in which output meets its limit may lose less of it under a quota.
    assert (np.diff(share, axis=0) < 0).mean() > 0.99
    assert cobalt.summary()["price"]["median"].is_monotonic_increasing
    first = cobalt.draws.sel(level=0.0)
    assert 0.3 < float(first["share"].median()) < 0.95


def test_the_best_level_is_that_of_the_largest_mean(cobalt) -> None:
    best, mean = cobalt.best(0.5), cobalt.draws["exports"].mean("sample")
    assert best["level"] == float(mean["level"][int(mean.argmax("level"))])
    assert best["gain"] == pytest.approx(100 * float(mean.max() / mean[0] - 1))
    assert best["25%"] <= best["median"] <= best["75%"]
    assert cobalt.summary()["change"]["mean"].max() == pytest.approx(best["gain"])
    with pytest.raises(UnknownNameError, match="sum"):
        cobalt.best(of="home")


def test_level_nought_has_no_quota_of_its_own(few, cobalt) -> None:
    lifted = forecast("cobalt", 6, scenario=LiftControls("COD", "cobalt", 2026), posterior=few)
    mean = lifted.draws["market_price"].mean("year").transpose("sample")
    np.testing.assert_allclose(cobalt.draws["price"].sel(level=0.0), mean, rtol=1e-9)


def test_a_state_takes_most_by_a_higher_duty_than_exporters_want(few) -> None:
    found = producer_revenue("nickel", "IDN", 6, duty=(0.1, 0.3, 1.0), posterior=few)
    assert found.best(of="duty")["level"] >= found.best()["level"]
    assert found.best(of="duty")["level"] > 0
    assert (found.draws["duty"] < found.draws["exports"]).all()


def test_a_royalty_takes_its_rate_of_what_producers_are_paid(few) -> None:
    plain, found = (
        producer_revenue("nickel", "IDN", 3, duty=(0.2,), posterior=few, royalty=rate)
        for rate in (None, 0.05)
    )
    paid = found.draws["exports"] - found.draws["duty"] + found.draws["home"]
    np.testing.assert_allclose(found.draws["royalty"], 0.05 * paid, rtol=1e-9)
    xr.testing.assert_equal(found.draws.drop_vars("royalty"), plain.draws)
    assert found.draws["royalty"].attrs == found.draws["exports"].attrs
    # A duty makes metal cheaper at home and leaves producers with less.
    assert found.best(of="royalty")["level"] == 0
    table = found.summary()
    assert table["royalty", "median"][0.2] < table["royalty", "median"][0.0]
    assert ProducerRevenue.from_json(found.to_json()).provenance["request"]["royalty"] == 0.05
    with pytest.raises(UnknownNameError, match="sum"):
        plain.best(of="royalty")


def test_a_royalty_on_a_relative_sum_is_relative(few) -> None:
    found = producer_revenue("dysprosium", "CHN", 2, withheld=(0.3,), posterior=few, royalty=0.1)
    paid = found.draws["exports"] + found.draws["home"]
    np.testing.assert_allclose(found.draws["royalty"], 0.1 * paid, rtol=1e-9)


def test_what_is_lost_is_the_share_against_level_nought(cobalt) -> None:
    table, share = cobalt.summary(0.9), 100 * cobalt.draws["share"]
    lost = (share.sel(level=0.0) - share.sel(level=0.6)).values
    assert table["lost", "median"][0.6] == pytest.approx(np.median(lost))
    assert table["lost", "95%"][0.6] == pytest.approx(np.quantile(lost, 0.95))
    assert (table["lost"].loc[0.0] == 0).all()


def test_what_else_happens_happens_at_every_level(few) -> None:
    boom = DemandShock("cobalt", 0.3, 2026)
    plain, more = (
        producer_revenue("cobalt", "COD", 2, withheld=(0.3,), posterior=few, scenario=s)
        for s in (None, boom)
    )
    assert (more.draws["exports"] > plain.draws["exports"]).all()


def test_where_tonnes_are_of_another_commodity_sums_are_relative(few) -> None:
    found = producer_revenue("dysprosium", "CHN", 3, withheld=(0.3,), posterior=few)
    assert float(found.draws["exports"].sel(level=0.0).median()) == pytest.approx(1)
    assert found.draws["exports"].attrs["units"] == "1"
    assert "USD" in found.draws["price"].attrs["units"]


def test_who_exports_in_some_draws_alone_has_numbers(few) -> None:
    # China uses most of the graphite that it mines, in some draws all of it.
    found = producer_revenue("graphite", "CHN", 2, withheld=(0.3,), stage="mined")
    first = found.draws["exports"].sel(level=0.0)
    assert 0 < float((first == 0).mean()) < 0.5
    table = found.summary()
    assert np.isfinite(table.to_numpy(dtype=float)).all()
    assert (table["change"].loc[0.0] == 0).all()
    with pytest.raises(CritminError, match="CHN exports nothing of what it has mined"):
        producer_revenue("copper", "CHN", 2, withheld=(0.3,), posterior=few, stage="mined")


def test_a_notebook_says_what_it_is(cobalt) -> None:
    assert "Cobalt" not in cobalt._repr_html_()
    assert "what restricting exports earns" in cobalt._repr_html_()


def test_the_picture_shows_the_summary(cobalt) -> None:
    ax = cobalt.plot(prob=0.9)
    drawn = {line.get_label(): line for line in ax.get_lines()}
    change = cobalt.summary(0.9)["change"]
    np.testing.assert_allclose(drawn["median"].get_ydata(), change["median"])
    np.testing.assert_allclose(drawn["sum over draws"].get_ydata(), change["mean"])
    np.testing.assert_allclose(drawn["median"].get_xdata(), 100 * change.index)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"withheld": (0.1,), "duty": (0.1,)}, "not both"),
        ({"withheld": (1.2,)}, "every level of withheld must be a number from 0 to 1"),
        ({"withheld": ()}, "withheld must be several numbers"),
        ({"withheld": 0.3}, "withheld must be several numbers"),
        ({"duty": "10%"}, "duty must be several numbers"),
        ({"duty": (-0.1,)}, "every level of duty"),
        ({"duty": (0.1,), "stage": "ore"}, "stage must be 'mined'"),
        ({"discount": 2}, "discount must be"),
        ({"royalty": 5}, "royalty must be a number from 0 to 1"),
        ({"royalty": "5%"}, "royalty must be a number"),
        ({"country": "JPN"}, "not among the producers"),
        ({"country": "Kongo"}, "country"),
        ({"mineral": "kobalt"}, "did you mean 'cobalt'"),
    ],
)
def test_nonsense_is_refused(few, arguments, message: str) -> None:
    given = {"mineral": "cobalt", "country": "COD", "horizon": 1, "posterior": few} | arguments
    with pytest.raises(CritminError, match=message):
        producer_revenue(given.pop("mineral"), given.pop("country"), **given)
