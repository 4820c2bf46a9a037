"""What a buyer pays: tariffs by the exporter's share, its own money, and the worst tail."""

import numpy as np
import pandas as pd
import pytest

from critmin import forecast
from critmin.scenario import DriverPath, ExportControl, Tariff


def exposure(posterior, buyer: str, *interventions):
    return forecast("nickel", 3, list(interventions) or None, posterior=posterior).exposure(buyer)


def test_a_tariff_raises_the_buyers_price_by_its_rate_times_the_share(still) -> None:
    posterior = still()
    plain = exposure(posterior, "USA")
    taxed = exposure(posterior, "USA", Tariff("USA", "IDN", 0.5, 2027))
    ratio = taxed.price["median"] / plain.price["median"]
    share = plain.suppliers.loc["IDN", "share"]
    assert ratio.loc[2026] == pytest.approx(1)
    assert ratio.loc[2027] == pytest.approx(1 + 0.5 * share, rel=0.01)
    assert exposure(posterior, "JPN", Tariff("USA", "IDN", 0.5, 2027)).price.equals(
        exposure(posterior, "JPN").price
    )


def test_a_dearer_dollar_raises_what_a_buyer_pays_in_its_money(still) -> None:
    posterior = still()
    usual, dear = (exposure(posterior, "EU", DriverPath("exchange_rate", (x,))) for x in (1.0, 1.2))
    np.testing.assert_allclose(dear.price["median"], 1.2 * usual.price["median"])
    dollars = exposure(posterior, "USA").price["median"]
    # 1.0824 dollars a euro in 2024 (European Central Bank).
    np.testing.assert_allclose(usual.price["median"], dollars / 1.0824, rtol=0.01)


def test_what_a_supplier_withholds_is_lost_to_buyers_abroad(still) -> None:
    posterior = still()
    ban = exposure(posterior, "USA", ExportControl("IDN", "nickel", 0.5, 2026))
    share = exposure(posterior, "USA").suppliers["share"]
    assert ban.suppliers.loc["IDN", "withholding"] == pytest.approx(0.5)
    assert ban.supply["lost"].iloc[0] == pytest.approx(0.5 * share["IDN"], rel=0.02)
    left = 0.5 * share["IDN"] / (1 - 0.5 * share["IDN"])
    assert ban.suppliers.loc["IDN", "share"] == pytest.approx(left, rel=0.05)
    assert ban.suppliers["share"].sum() == pytest.approx(1)


def test_the_expected_shortfall_is_beyond_the_upper_bound(world) -> None:
    price: pd.DataFrame = exposure(world(), "USA").price
    upper = [c for c in price.columns if c.endswith("%")][-1]
    assert (price["expected shortfall"] > price[upper]).all()
    assert (price[upper] > price["median"]).all()
