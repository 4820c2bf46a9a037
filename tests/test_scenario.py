"""Interventions refuse nonsense, and files give back what was written."""

from dataclasses import dataclass

import hypothesis
import numpy as np
import pytest
import xarray as xr
from hypothesis import strategies as st

import critmin
from critmin import forecast
from critmin.data.prices import price_history
from critmin.exceptions import CritminError
from critmin.forms import parse_unit
from critmin.mineral import registry
from critmin.posterior import Posterior, builtin_posterior
from critmin.scenario import (
    BASELINE,
    KINDS,
    DemandShock,
    DriverPath,
    Effects,
    EnvironmentalRule,
    ExportControl,
    ExportDuty,
    LabourStandard,
    Leakage,
    LiftControls,
    MineClosure,
    MineProject,
    NewTechnology,
    PriceFloor,
    Recycling,
    RefineryProject,
    Scenario,
    StateStock,
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
    ExportControl("IDN", ("nickel",), 0.3, 2027, 2, to="USA"),
    ExportControl("IDN", "nickel", 0.2, 2029, stage="mined"),
    ExportDuty("IDN", "nickel", 0.1, 2028, 3, stage="mined"),
    Leakage("IDN", "nickel", 0.2, 2027, 1),
    StateStock("JPN", "nickel", 2027, 2, purchase=5_000.0),
    StateStock("IDN", "nickel", 2027, release=(4.0, 0.0), purchase=(0.0, 9.0), unit="kt"),
    LiftControls("IDN", "nickel", 2030),
    StateSupport("IDN", "nickel", -0.1, 2028),
    NewTechnology("nickel", 2028, cost_change=-0.2, demand_change=0.1, adoption=0.4, country="CAN"),
    DemandShock("nickel", -0.1, 2029, ramp=3),
    DriverPath("energy", (1.5, 2.0)),
    EnvironmentalRule("IDN", "nickel", 900.0, 2027),
    EnvironmentalRule("IDN", "nickel", 0.9, 2027, unit="kg"),
    LabourStandard("PHL", "nickel", 0.3, 2027),
    MineProject("FIN", "nickel", 40_000.0, 2028, delay=1.5),
    RefineryProject("KOR", "nickel", 60_000.0, 2028, delay=0.5, cost=9_000.0),
    RefineryProject("FIN", "nickel", 60.0, 2027, unit="kt"),
    Recycling("JPN", "nickel", 0.04, 2027, years=8),
    MineClosure("AUS", "nickel", 30_000.0, 2027, 4),
    Stockpile("nickel", 10_000.0, 2027, 3),
    Stockpile("nickel", 10.0, 2027, 3, unit="kt"),
    PriceFloor("CAN", "nickel", 18_000.0, 2027),
    PriceFloor("CAN", "nickel", 8.0, 2027, unit="USD/lb"),
    Tariff("USA", "IDN", 0.25, 2027, "nickel", 5),
)


def test_files_give_back_what_was_written(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    written = [Scenario('every "one"', ONE_OF_EACH, "line\nbreak"), *gallery().values(), BASELINE]
    save_scenarios(written, path)
    assert list(load_scenarios(path).values()) == written


def test_every_kind_can_be_simulated_together() -> None:
    result = forecast("nickel", 6, scenario=ONE_OF_EACH)
    assert "FIN" in result.draws["country"].values
    assert "KOR" not in result.draws["country"].values
    assert {"KOR", "FIN"} <= {*result.draws["refiner"].values}
    assert bool((result.draws["production"] >= 0).all())


@hypothesis.given(withheld=st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1.0000001)))
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
        (lambda: Tariff("EU", "FIN", 0.1, 2027), "EU cannot levy a tariff on itself"),
        (
            lambda: ExportControl("CHN", "gallium", 1, 2027, to="CHN"),
            "keep its exports from itself",
        ),
        (lambda: ExportControl("CHN", "gallium", 1, 2027, to="US of A"), "buyer"),
        (lambda: ExportControl("CHL", "copper", 1, 2027, stage="ore"), "stage must be 'mined'"),
        (
            lambda: ExportControl("CHL", "copper", 1, 2027, to="JPN", stage="mined"),
            "leave out stage or to",
        ),
        (lambda: ExportDuty("IDN", "nickel", -0.1, 2027), "rate must be a number from 0 to 5"),
        (lambda: ExportDuty("IDN", "nickel", "10%", 2027), "rate must be a number from 0 to 5"),
        (lambda: Leakage("CHN", "gallium", 1.1, 2027), "share must be a number from 0 to 1"),
        (lambda: StateStock("CHN", "gallium", 2027, purchase=5.0), "years must be given"),
        (lambda: StateStock("CHN", "gallium", 2027, purchase="5"), "years must be given"),
        (lambda: StateStock("CHN", "gallium", 2027, 1, purchase="5"), "purchase must be a number"),
        (lambda: StateStock("CHN", "gallium", 2027, 1, purchase=-5.0), "purchase must be a number"),
        (
            lambda: StateStock("CHN", "gallium", 2027, 3, release=(5.0, 5.0)),
            r"one for each of the years, got release=\(5.0, 5.0\)",
        ),
        (
            lambda: StateStock("CHN", "gallium", 2027, release=(5.0,), purchase=(5.0, 2.0)),
            "one for each of the years",
        ),
        (lambda: StateStock("CHN", "gallium", 2027, purchase=()), "years must be a whole number"),
        (
            lambda: StateStock("CHN", "gallium", 2027, 1, release=1e9),
            "times the world's output of gallium",
        ),
        (lambda: Tariff("USA", "CHN", -0.1, 2027), "rate must be a number from 0 to 5"),
        (lambda: Scenario("x", ("ban",)), "is not an intervention"),
        (
            lambda: PriceFloor("USA", "neodymium", 110, 2026),
            r"110 USD per t of contained Nd is \d+ times below .* looks like USD per kg",
        ),
        (lambda: PriceFloor("USA", "nickel", 1e9, 2026), "times above the price of nickel"),
        (lambda: PriceFloor("USA", "nickel", "8", 2026), "price must be a number"),
        (lambda: PriceFloor("USA", "nickel", 8, 2026, unit=5), "unit must be text"),
        (
            lambda: PriceFloor("USA", "nickel", 8, 2026, unit="lb of cheese"),
            "unknown form of nickel",
        ),
        (lambda: PriceFloor("USA", "tungsten", 400, 2026, unit="t of FeW"), "several grades"),
        (lambda: EnvironmentalRule("IDN", "nickel", 0.8, 2027), "times below the price of nickel"),
        (lambda: EnvironmentalRule("IDN", "nickel", -1.0, 2027), "cost must be a number from 0"),
        (lambda: MineProject("FIN", "nickel", 50, 2029, unit="Mt"), "looks like a smaller unit"),
        (lambda: MineProject("FIN", "nickel", 5, 2029, unit="kg"), "looks like a larger unit"),
        (
            lambda: MineProject("AUS", "iron_ore", 1e12, 2029),
            "times the world's output of iron_ore",
        ),
        (lambda: MineProject("TUR", "boron", 10, 2029), "looks like a larger unit than t"),
        (lambda: MineProject("COD", "cobalt", 10, 2029, cost=30, unit="kt"), "^cost: 30 USD per t"),
        (lambda: MineProject("FIN", "nickel", 5e4, 2029, cost=5), "^cost: 5 USD per t"),
        (lambda: MineProject("FIN", "nickel", 5e4, 2029, unit="USD/t"), "is of price"),
        (
            lambda: RefineryProject("FIN", "nickel", 50, 2029, unit="Mt"),
            "looks like a smaller unit",
        ),
        (lambda: RefineryProject("FIN", "nickel", -5.0, 2029), "capacity must be a number from 0"),
        (
            lambda: RefineryProject("USA", "tungsten", 1e3, 2029),
            "no refined output of tungsten is known.*cobalt.*a MineProject is of any mineral",
        ),
        (lambda: RefineryProject("USA", "neodymium", 1e3, 2029), "no refined output of neodymium"),
        (lambda: MineClosure("IDN", "nickel", 5e9, 2029), "^capacity: 5e.09 t of contained Ni"),
        (lambda: MineClosure("IDN", "nickel", -5e3, 2029), "capacity must be a number from 0"),
        (lambda: Stockpile("nickel", -1e9, 2027, 3), "times the world's output of nickel"),
        (lambda: Stockpile("nickel", 10, 2027, 3), "volume: .* looks like a larger unit than t"),
    ],
)
def test_nonsense_is_refused_when_it_is_made(make, message: str) -> None:
    with pytest.raises(CritminError, match=message):
        make()


NEODYMIUM = "neodymium"


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (
            PriceFloor("CHN", NEODYMIUM, 110.0, 2026, unit="kg of oxide"),
            PriceFloor("CHN", NEODYMIUM, 110_000 / 0.8574, 2026),
        ),
        (
            PriceFloor("CHN", NEODYMIUM, 110.0, 2026, unit="quoted"),
            PriceFloor("CHN", NEODYMIUM, 110_000 / 0.8574, 2026),
        ),
        (
            PriceFloor("CHN", NEODYMIUM, 790.625, 2026, unit="CNY/kg of oxide"),
            PriceFloor("CHN", NEODYMIUM, 110_000 / 0.8574, 2026),
        ),
        (
            EnvironmentalRule("CHL", "lithium", 500.0, 2027, unit="t LCE"),
            EnvironmentalRule("CHL", "lithium", 500 / 0.18787, 2027),
        ),
        (
            MineProject("AUS", "lithium", 40_000.0, 2028, cost=9_000.0, unit="t LCE"),
            MineProject("AUS", "lithium", 40_000 * 0.18787, 2028, cost=9_000 / 0.18787),
        ),
        (
            MineProject("AUS", "iron_ore", 0.2, 2028, cost=90.0, unit="Mt"),
            MineProject("AUS", "iron_ore", 0.2e6, 2028, cost=90.0),
        ),
        (
            MineProject("AUS", "lithium", 40.0, 2028, cost=9_000.0, unit="kt LCE"),
            MineProject("AUS", "lithium", 40_000 * 0.18787, 2028, cost=9_000 / 0.18787),
        ),
        (
            MineProject("CHN", "gold", 0.5, 2028, cost=1_500.0, unit="Moz"),
            MineProject("CHN", "gold", 500_000.0, 2028, cost=1_500.0, unit="oz"),
        ),
        (
            MineClosure("AUS", "lithium", 20.0, 2028, unit="kt LCE"),
            MineClosure("AUS", "lithium", 20_000 * 0.18787, 2028),
        ),
        (
            Stockpile("cobalt", -2e6, 2028, 2, unit="lb"),
            Stockpile("cobalt", -2e6 * 0.45359237e-3, 2028, 2),
        ),
        (
            Stockpile("cobalt", 2e6, 2028, 2, unit="quoted"),
            Stockpile("cobalt", 2e6 * 0.45359237e-3, 2028, 2),
        ),
    ],
)
def test_an_amount_acts_as_what_its_unit_says(given, plain) -> None:
    ahead, same = (effects_of(each) for each in (given, plain))
    for name in ("floor", "levy", "capacity", "purchases"):
        assert getattr(ahead, name) == pytest.approx(getattr(same, name), rel=1e-9)
    assert any(
        getattr(ahead, n).any() for n in ("floor", "levy", "capacity", "purchases")
    ) or ahead.projects[0].capacity == pytest.approx(same.projects[0].capacity)
    for ours, theirs in zip(ahead.projects, same.projects, strict=True):
        assert ours.cost == pytest.approx(theirs.cost)


def effects_of(intervention) -> Effects:
    """What an intervention does to a market of its own producers."""
    mineral = intervention.mineral
    countries = ["AUS", "CHL", "CHN", "ROW"]
    effects = Effects(mineral, np.arange(2026, 2032), countries, frozenset(countries), 240_000.0)
    intervention.apply(effects)
    return effects


@pytest.mark.parametrize("name", registry())
def test_quoted_is_the_unit_of_the_market(name: str) -> None:
    # Cents are told in dollars.
    quoted = parse_unit(registry()[name].quote.replace("ct/", "USD/"), name)
    usual = float(price_history(registry()[name])["price"].iloc[-1])
    given = PriceFloor("CHN", name, usual / quoted.factor, 2027, unit="quoted")
    assert effects_of(given).floor.max() == pytest.approx(usual)


def test_files_and_the_command_line_read_units(tmp_path) -> None:
    path = tmp_path / "floor.toml"
    text = (
        '[[scenario]]\nname="floor"\n[[scenario.intervention]]\nkind="PriceFloor"\ncountry="CHN"\n'
        'mineral="neodymium"\nprice=110\nstart=2026\nunit="kg of oxide"\n'
    )
    path.write_text(text, encoding="utf-8")
    (floor,) = load_scenarios(path)["floor"].interventions
    assert floor == PriceFloor("CHN", "neodymium", 110, 2026, unit="kg of oxide")
    path.write_text(text.replace('unit="kg of oxide"', ""), encoding="utf-8")
    with pytest.raises(
        CritminError, match=r"floor.toml: scenario 'floor': price: .* looks like USD"
    ):
        load_scenarios(path)


@pytest.mark.parametrize(
    ("mineral", "intervention", "message"),
    [
        ("nickel", ExportControl("IDN", "nickel", 0.5, 2020), "start must lie within"),
        ("nickel", ExportControl("IDN", "nickel", 0.5, 2050), "start must lie within"),
        ("gallium", ExportControl("COD", "gallium", 0.5, 2027), "not among the producers"),
        ("nickel", Stockpile("nickel", 3e6, 2027, 1), "at most 50% of world output"),
        ("nickel", StateStock("JPN", "nickel", 2027, 1, 3e6), "at most 50% of world output"),
        ("neodymium", StateStock("CHN", "neodymium", 2027, 1, 1e3), "is not known"),
        ("nickel", ExportDuty("JPN", "nickel", 0.1, 2027), "not among the producers"),
        ("nickel", ExportControl("NPL", "nickel", 1, 2027, to="USA"), "not among the producers"),
        ("nickel", ExportControl("IDN", "nickel", 1, 2020, to="USA"), "start must lie within"),
        ("neodymium", MineProject("CAN", "neodymium", 1e3, 2027), "is not known"),
        ("copper", RefineryProject("IND", "copper", 30e6, 2027), "a refinery adds none"),
        (
            "copper",
            [RefineryProject(c, "copper", 16e6, 2027) for c in ("IND", "USA")],
            "32,000,000 t",
        ),
        ("copper", RefineryProject("IND", "copper", 1e6, 2020), "start must lie within"),
        ("dysprosium", RefineryProject("USA", "dysprosium", 1e2, 2027), "is not known"),
        ("nickel", [DriverPath("energy", (1.0,))] * 2, "two paths"),
        ("nickel", Tariff("USA", "COD", 0.1, 2027, "nickel"), "not among the producers"),
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


@pytest.mark.parametrize("kind", [MineProject, RefineryProject])
def test_a_list_of_projects_is_one_in_any_order(kind) -> None:
    posterior = Posterior(builtin_posterior().draws.isel(sample=slice(50)))
    plants = [
        kind("CAN", "nickel", 60_000.0, start=2027, delay=1.0),
        kind("AUS", "nickel", 90_000.0, start=2028, delay=2.0),
    ]
    one, other = (
        forecast("nickel", 4, scenario=each, posterior=posterior).draws
        for each in (plants, plants[::-1])
    )
    for name in ("market_price", "production", "refined"):
        xr.testing.assert_equal(*xr.align(one[name], other[name], join="left"))


def test_a_tariff_and_a_ban_may_be_of_one_who_refines_what_others_mine() -> None:
    posterior = Posterior(builtin_posterior().draws.isel(sample=slice(50)))
    tariff = Tariff("USA", "FIN", 0.5, 2026, "cobalt")
    ban = ExportControl("FIN", "cobalt", 1.0, 2026, to="USA")
    everything = Tariff("USA", "CHN", 0.5, 2026)
    plain, taxed, banned, both = (
        forecast("cobalt", 1, scenario=each, posterior=posterior).exposure("USA").draws
        for each in (None, tariff, ban, [tariff, everything])
    )
    share = plain["share"].sel(country="FIN")
    assert (share > 0.3).all()
    np.testing.assert_allclose(taxed["price"] / plain["price"], 1 + 0.5 * share, rtol=1e-9)
    assert (banned["share"].reindex(country=["FIN"], fill_value=0.0) == 0).all()
    assert (both["price"] >= taxed["price"]).all()


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


def test_a_kind_of_ones_own_may_say_yes_or_no(tmp_path) -> None:
    @dataclass(frozen=True)
    class Moratorium:
        mineral: str
        lasting: bool

        def apply(self, effects: Effects) -> None:
            effects.demand -= 0.1 * self.lasting

    register(Moratorium)
    try:
        given = Scenario("pause", (Moratorium("tin", lasting=True),))
        save_scenarios([given], tmp_path / "pause.toml")
        assert load_scenarios(tmp_path / "pause.toml")["pause"] == given
    finally:
        del KINDS["Moratorium"]


@pytest.mark.parametrize("bloc", ["EU", "eu", "European Union"])
def test_a_bloc_is_written_as_everywhere(bloc: str) -> None:
    assert Tariff(bloc, "China", 0.1, start=2027).importer == "EU"
    assert ExportControl("China", "tin", 0.5, start=2027, to=bloc).to == "EU"


def test_galleries_are_the_callers_own() -> None:
    for known in (gallery, critmin.contracts.gallery):
        known().clear()
        assert known()
