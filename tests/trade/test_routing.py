"""A stop met by swapping sellers, and the cheapest way below a limit."""

import pytest

from critmin.data.trade import EU, load_trade
from critmin.exceptions import CritminError, DataError
from critmin.trade import diversify, reroute


def test_a_ban_on_one_buyer_is_rerouted_where_others_sell_enough() -> None:
    ban = reroute("copper", "CHL", "KOR")
    assert ban.covered == 1.0
    assert ban.table["moved"].sum() == pytest.approx(ban.lost)
    assert ban.table["share"].sum() == pytest.approx(1.0)
    assert "CHL" not in ban.table.index
    assert ban.swapped == pytest.approx(ban.lost / ban.table["elsewhere"].sum())


def test_europe_cannot_replace_chinas_magnesium() -> None:
    ban = reroute("magnesium", "CHN", "EU")
    assert ban.lost_share == pytest.approx(0.8, abs=0.05)
    assert 0.5 < ban.covered < 1.0
    assert ban.swapped == 1.0
    assert not EU & set(ban.table.index)


def test_what_others_buy_from_the_seller_does_not_count() -> None:
    ban = reroute("magnesium", "CHN", "JPN")
    flows = load_trade("magnesium", 2024, transit="corrected")
    sold = flows[flows["exporter"] == "TUR"].query("importer != 'JPN'")["value"].sum()
    bought = flows.query("exporter == 'CHN' and importer == 'TUR'")["value"].sum()
    assert bought > 0
    assert ban.table.loc["TUR", "elsewhere"] == pytest.approx(sold - bought)


def test_a_seller_that_sells_nothing_loses_nobody_anything() -> None:
    ban = reroute("lithium", "ISL", "JPN")
    assert (ban.lost, ban.lost_share, ban.covered, ban.swapped) == (0.0, 0.0, 1.0, 0.0)


def test_a_limit_is_kept_and_no_tonne_is_lost() -> None:
    plan = diversify("lithium", "JPN", most=0.4, growth=0.2)
    total = plan.table["now"].sum()
    assert plan.unmet == pytest.approx(0.0)
    assert plan.table["then"].sum() == pytest.approx(total)
    assert plan.table["then"].max() <= 0.4 * total + 1e-6


def test_no_one_grows_beyond_what_is_allowed() -> None:
    flows = load_trade("silicon", 2024)
    sold = flows.groupby("exporter")["tonnes"].sum()
    plan = diversify("silicon", "JPN", most=0.3, growth=0.1)
    grown = (plan.table["then"] - plan.table["now"]).clip(lower=0)
    assert (grown <= 0.1 * sold.reindex(grown.index) + 1e-6).all()


def test_the_cheapest_are_taken_first() -> None:
    plan = diversify("silicon", "JPN", most=0.3, growth=0.1)
    grown = plan.table["then"] - plan.table["now"]
    limit = 0.3 * plan.table["now"].sum()
    taken = plan.table[grown > 0]
    dearest = taken["unit_value"].max()
    flows = load_trade("silicon", 2024)
    room = 0.1 * flows.groupby("exporter")["tonnes"].sum()
    for name, row in taken[taken["unit_value"] < dearest].iterrows():
        full = row["then"] >= limit - 1e-6 or grown[name] >= room[name] - 1e-6
        assert full, name


def test_the_bloc_buys_from_outside_alone() -> None:
    plan = diversify("magnesium", "EU", most=0.6, growth=0.5)
    assert not EU & set(plan.table.index)
    assert plan.table["then"].sum() == pytest.approx(plan.table["now"].sum())
    assert plan.table["then"].idxmax() == "CHN"


def test_no_room_to_grow_leaves_the_limit_unmet() -> None:
    plan = diversify("magnesium", "JPN", most=0.5, growth=0.0)
    assert plan.unmet == pytest.approx(0.98 - 0.5, abs=0.02)
    assert plan.cost == pytest.approx(0.0)
    assert plan.table["then"].tolist() == pytest.approx(plan.table["now"].tolist())


def test_a_wider_growth_never_costs_more_for_the_same_tonnes() -> None:
    narrow, wide = (diversify("silicon", "JPN", most=0.4, growth=g) for g in (0.3, 0.6))
    assert narrow.unmet == wide.unmet == pytest.approx(0.0)
    assert wide.cost <= narrow.cost + 1e-6


@pytest.mark.parametrize("mineral", ["gallium", "neodymium", "tin"])
def test_no_data_is_said(mineral: str) -> None:
    with pytest.raises(DataError, match="no data"):
        reroute(mineral, "CHN", "JPN")
    with pytest.raises(DataError, match="no data"):
        diversify(mineral, "JPN")


def test_nobody_bans_itself() -> None:
    for seller, buyer in (("JPN", "JPN"), ("FIN", "EU")):
        with pytest.raises(CritminError, match="seller and buyer must be apart"):
            reroute("cobalt", seller, buyer)


def test_bad_limits_are_refused() -> None:
    with pytest.raises(CritminError, match="most"):
        diversify("lithium", "JPN", most=0)
    with pytest.raises(CritminError, match="growth"):
        diversify("lithium", "JPN", growth=-1)
    with pytest.raises(DataError, match="not known for 2015"):
        diversify("lithium", "JPN", year=2015)
