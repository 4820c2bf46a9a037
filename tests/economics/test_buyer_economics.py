"""What a buyer pays: tariffs by the exporter's share, its own money, and the worst tail."""

import numpy as np
import pandas as pd
import pytest

from critmin import forecast
from critmin.scenario import DriverPath, ExportControl, Tariff


def exposure(posterior, buyer: str, *interventions):
    made = forecast("nickel", 3, scenario=list(interventions) or None, posterior=posterior)
    return made.exposure(buyer)


def paid(found) -> pd.DataFrame:
    return found.summary()["price"]


def test_a_tariff_raises_the_buyers_price_by_its_rate_times_the_share(still) -> None:
    posterior = still()
    plain = exposure(posterior, "USA")
    taxed = exposure(posterior, "USA", Tariff("USA", "CAN", 0.5, 2027))
    ratio = paid(taxed)["median"] / paid(plain)["median"]
    share = plain.suppliers.loc["CAN", "share"]
    assert ratio.loc[2026] == pytest.approx(1)
    assert ratio.loc[2027] == pytest.approx(1 + 0.5 * share, rel=0.01)
    assert paid(exposure(posterior, "JPN", Tariff("USA", "CAN", 0.5, 2027))).equals(
        paid(exposure(posterior, "JPN"))
    )


def test_a_tariff_of_the_european_union_is_one_of_its_members(still) -> None:
    posterior, tariff = still(50), Tariff("EU", "NOR", 0.5, 2027)
    for buyer, rate in (("EU", 0.5), ("FRA", 0.5), ("JPN", 0.0)):
        plain, taxed = (exposure(posterior, buyer, *each).draws for each in ((), (tariff,)))
        ratio = taxed["price"] / plain["price"]
        share = plain["share"].reindex(country=["NOR"], fill_value=0.0)[0]
        np.testing.assert_allclose(ratio.sel(year=2026), 1.0)
        np.testing.assert_allclose(ratio.sel(year=2027), 1 + rate * share.sel(year=2027))


def test_a_dearer_dollar_moves_no_price_in_dollars(still) -> None:
    posterior, dear = still(50), DriverPath("exchange_rate", (1.2,))
    for buyer, currency in (("USA", None), ("JPN", "USD")):
        usual, other = (
            forecast("nickel", 3, scenario=each, posterior=posterior).exposure(
                buyer, currency=currency
            )
            for each in (None, dear)
        )
        np.testing.assert_array_equal(other.draws["price"], usual.draws["price"])


def test_a_dearer_dollar_raises_what_a_buyer_pays_in_its_money(still) -> None:
    posterior = still()
    usual, dear = (exposure(posterior, "EU", DriverPath("exchange_rate", (x,))) for x in (1.0, 1.2))
    np.testing.assert_allclose(paid(dear)["median"], 1.2 * paid(usual)["median"])
    dollars = paid(exposure(posterior, "USA"))["median"]
    # Euros a dollar in 2025 (Federal Reserve).
    np.testing.assert_allclose(paid(usual)["median"], 0.8845 * dollars, rtol=0.01)


def test_what_a_supplier_withholds_is_lost_to_buyers_abroad(still) -> None:
    posterior = still()
    ban = exposure(posterior, "USA", ExportControl("CAN", "nickel", 0.5, 2026))
    first = {"country": "CAN", "year": 2026}
    share = float(exposure(posterior, "USA").draws["share"].sel(first).mean())
    assert ban.suppliers.loc["CAN", "withholding"] == pytest.approx(0.5)
    missing = ban.draws["missing"].sel(year=2026).mean("sample")
    assert float(missing.sel(country="CAN")) == pytest.approx(0.5 * share, rel=1e-6)
    # Refiners get less of Canada's ore as well, by its part of the world's.
    assert 0.5 * share < ban.summary()["lost", "mean"].loc[2026] < 0.5 * share + 0.02
    lost = float(ban.draws["lost"].sel(year=2026).mean())
    left = 0.5 * share / (1 - lost)
    assert float(ban.draws["share"].sel(first).mean()) == pytest.approx(left, rel=1e-3)
    assert ban.suppliers["share"].sum() == pytest.approx(1)


def test_the_expected_shortfall_is_beyond_the_upper_bound(world) -> None:
    price: pd.DataFrame = paid(exposure(world(), "USA"))
    upper = [c for c in price.columns if c.endswith("%")][-1]
    assert (price["expected shortfall"] > price[upper]).all()
    assert (price[upper] > price["median"]).all()


def test_a_buyer_behind_its_own_fence_pays_the_price_inside(world) -> None:
    made = forecast("gallium", 3, posterior=world())
    assert made.draws.attrs["fence"] == "CHN"
    rate = made.exposure("CHN").draws["price"] / made.exposure("CHN", currency="USD").draws["price"]
    for buyer, side in (("CHN", "inside_price"), ("JPN", "market_price")):
        found = made.exposure(buyer, currency="USD").draws["price"]
        np.testing.assert_allclose(found, made.draws[side].transpose("sample", "year"))
    assert (rate.sel(year=2026) > 5).all()  # yuan a dollar
