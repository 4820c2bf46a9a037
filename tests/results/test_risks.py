"""Risk of new export restrictions."""

import pytest

from critmin import disruption_risk
from critmin.exceptions import CritminError
from critmin.results.risks import Risk


def test_risk_grows_with_the_horizon_and_concentrates_where_supply_does() -> None:
    short, long = (disruption_risk("cobalt", horizon).summary() for horizon in (1, 10))
    assert (long["probability"] > short.loc[long.index, "probability"]).all()
    assert short.index[0] == "COD"
    assert short.index[-1] == "any"
    assert short.loc["any", "probability"] >= short["probability"].max()
    for table in (short, long):
        assert table["probability"].between(0, 1).all()
        assert (table["5%"] <= table["95%"]).all()


def test_rare_earths_share_one_risk() -> None:
    heavy, light = disruption_risk(["dysprosium", "neodymium"]).values()
    assert heavy.summary().equals(light.summary())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"horizon": 0}, "1 to 40"),
        ({"horizon": 1.5}, "whole number"),
    ],
)
def test_bad_arguments_of_the_risk(arguments, reason) -> None:
    with pytest.raises(CritminError, match=reason):
        disruption_risk(**({"mineral": "nickel"} | arguments))


def test_the_risk_is_drawn() -> None:
    risk = disruption_risk("cobalt")
    ax = risk.plot()
    assert len(ax.get_yticklabels()) == len(risk.summary())
    assert ax.lines[0].get_xdata()[-1] == risk.summary()["probability"].iloc[0]


def test_what_is_announced_is_named() -> None:
    lithium, copper = (disruption_risk(name) for name in ("lithium", "copper"))
    assert lithium.announced.to_dict() == {"ZWE": "export ban of ore from 2027-01-01"}
    assert "announced: ZWE export ban" in lithium._repr_html_()
    assert Risk.from_json(lithium.to_json()).announced.equals(lithium.announced)
    assert copper.announced.empty


def test_a_commodity_that_stands_in_is_named() -> None:
    hafnium, cobalt = disruption_risk(["hafnium", "cobalt"]).values()
    assert (hafnium.counted, cobalt.counted) == ("zirconium", "cobalt")
    said = "countries and shares are those of zirconium"
    assert said in repr(hafnium)
    assert said in hafnium._repr_html_()
    assert Risk.from_json(hafnium.to_json()).counted == "zirconium"
    assert "shares are those" not in repr(cobalt)
    assert disruption_risk("phosphate").stand_in == ""


def test_shares_are_of_one_world() -> None:
    risk = disruption_risk("germanium").summary()
    assert risk.loc["any", "share"] == pytest.approx(1.0)
    assert risk["share"].max() <= 1
    assert risk.loc["CHN", "share"] > 0.9
