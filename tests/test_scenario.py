"""Interventions refuse nonsense, and files give back what was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin import forecast
from critmin.exceptions import CritminError
from critmin.scenario import (
    DemandShock,
    DriverPath,
    EnvironmentalRule,
    ExportControl,
    LabourStandard,
    LiftControls,
    MineClosure,
    MineProject,
    NewTechnology,
    PriceFloor,
    Scenario,
    StateSupport,
    Stockpile,
    Tariff,
    gallery,
    load_scenarios,
    register,
    save_scenarios,
)

ONE_OF_EACH = (
    ExportControl("IDN", ("nickel",), 0.3, 2027, 2),
    LiftControls("IDN", "nickel", 2030),
    StateSupport("IDN", "nickel", -0.1, 2028),
    NewTechnology("nickel", 2028, cost_change=-0.2, demand_change=0.1, adoption=0.4, country="CAN"),
    DemandShock("nickel", -0.1, 2029, ramp=3),
    DriverPath("energy", (1.5, 2.0)),
    EnvironmentalRule("IDN", "nickel", 900.0, 2027),
    LabourStandard("PHL", "nickel", 0.3, 2027),
    MineProject("FIN", "nickel", 40_000.0, 2028, delay=1.5),
    MineClosure("AUS", "nickel", 30_000.0, 2027, 4),
    Stockpile("nickel", 10_000.0, 2027, 3),
    PriceFloor("CAN", "nickel", 18_000.0, 2027),
    Tariff("USA", "IDN", 0.25, 2027, "nickel", 5),
)


def test_files_give_back_what_was_written(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    written = [Scenario('every "one"', ONE_OF_EACH, "line\nbreak"), *gallery().values()]
    save_scenarios(written, path)
    assert list(load_scenarios(path).values()) == written


def test_every_kind_can_be_simulated_together() -> None:
    result = forecast("nickel", 6, scenario=ONE_OF_EACH)
    assert "FIN" in result.draws["country"].values
    assert bool((result.draws["production"] >= 0).all())


@given(withheld=st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1.0000001)))
def test_no_share_beyond_one_can_be_withheld(withheld: float) -> None:
    with pytest.raises(CritminError, match="withheld must be a number from 0 to 1"):
        ExportControl("CHN", "gallium", withheld, 2027)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExportControl("Chinaa", "gallium", 0.5, 2027), "did you mean 'CHN'"),
        (
            lambda: ExportControl("CHM", "gallium", 0.5, 2027),
            "unknown country 'CHM'.*ISO 3166 alpha-3",
        ),
        (lambda: ExportControl("CHN", "galium", 0.5, 2027), "did you mean 'gallium'"),
        (lambda: ExportControl("CHN", (), 0.5, 2027), "a name or several"),
        (lambda: ExportControl("CHN", "gallium", 0.5, 2027.5), "start must be a whole number"),
        (lambda: ExportControl("CHN", "gallium", 0.5, 2027, 0), "years must be a whole number"),
        (lambda: ExportControl("CHN", "gallium", float("nan"), 2027), "withheld must be"),
        (lambda: DriverPath("oil", (1.0,)), "unknown driver 'oil'"),
        (lambda: DriverPath("energy", ()), "path must be numbers"),
        (lambda: DriverPath("energy", (-1.0,)), "every value of path"),
        (lambda: NewTechnology("nickel", 2028), "cost_change, demand_change or both"),
        (lambda: Stockpile("nickel", 1.0, 2027, None), "years must be given"),
        (lambda: Tariff("USA", "USA", 0.1, 2027), "a tariff on itself"),
        (lambda: Tariff("USA", "CHN", -0.1, 2027), "rate must be a number from 0 to 5"),
        (lambda: Scenario("x", ("ban",)), "is not an intervention"),
    ],
)
def test_nonsense_is_refused_when_it_is_made(make, message: str) -> None:
    with pytest.raises(CritminError, match=message):
        make()


@pytest.mark.parametrize(
    ("mineral", "intervention", "message"),
    [
        ("nickel", ExportControl("IDN", "nickel", 0.5, 2020), "start must lie within"),
        ("nickel", ExportControl("IDN", "nickel", 0.5, 2050), "start must lie within"),
        ("gallium", ExportControl("COD", "gallium", 0.5, 2027), "not among the producers"),
        ("nickel", Stockpile("nickel", 1e9, 2027, 1), "at most 50% of world output"),
        ("neodymium", MineProject("CAN", "neodymium", 1e3, 2027), "is not known"),
        ("nickel", [DriverPath("energy", (1.0,))] * 2, "two paths"),
        ("nickel", Tariff("USA", "COD", 0.1, 2027), "not among the producers"),
        ("nickel", "ban", "is not an intervention"),
    ],
)
def test_what_does_not_fit_the_market_is_refused(mineral, intervention, message: str) -> None:
    with pytest.raises(CritminError, match=message):
        forecast(mineral, 5, scenario=intervention)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scenario = 1", "expected tables"),
        ("x", "not TOML"),
        ('[[scenario]]\nname="a"\nother=1\nintervention=[]', "has the keys name"),
        ('[[scenario]]\nname="a"\n[[scenario.intervention]]\nkind="Ban"', "unknown kind"),
        (
            '[[scenario]]\nname="a"\n[[scenario.intervention]]\nkind="LiftControls"\nfrom=1',
            "unknown key of LiftControls",
        ),
        (
            '[[scenario]]\nname="a"\n[[scenario.intervention]]\nkind="LiftControls"',
            "missing 3 required",
        ),
        ('[[scenario]]\nname=""\nintervention=[]', "name of its own"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CritminError, match=message):
        load_scenarios(path)
    with pytest.raises(CritminError, match="cannot be read"):
        load_scenarios(tmp_path / "none.toml")


class Boycott:
    """An intervention that no file knows."""

    def apply(self, effects) -> None:
        effects.demand -= 0.3


def test_anything_with_apply_is_an_intervention() -> None:
    plain, changed = forecast("gallium", 3), forecast("gallium", 3, scenario=Boycott())
    ratio = changed.compare(plain)["market_price_ratio"]
    assert bool((ratio.isel(year=0) < 1).all())
    assert changed.scenario.to_dict()["intervention"][0]["kind"] == "Boycott"


def test_a_kind_that_is_not_registered_cannot_come_from_a_file() -> None:
    written = Scenario("own", (Boycott(),)).to_dict()
    with pytest.raises(CritminError, match="unknown kind of intervention 'Boycott'"):
        Scenario.from_dict(written)


def test_a_class_or_a_second_class_of_one_name_is_refused() -> None:
    with pytest.raises(CritminError, match="is not an intervention"):
        Scenario("x", (Boycott,))
    with pytest.raises(CritminError, match="there is an intervention ExportControl already"):
        register(ExportControl)
    with pytest.raises(CritminError, match="a dataclass with a method apply"):
        register(Boycott)
