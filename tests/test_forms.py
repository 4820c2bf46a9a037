"""Units with their forms: each as it is written, with the factor that follows from its definition."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critmin.exceptions import CritminError
from critmin.forms import basis_of, forms_of, parse_currency, parse_unit, pint_definitions
from critmin.mineral import registry
from critmin.units import TONNES, UNITS_PER_USD, price_factor

LB, OZ = 0.45359237e-3, 31.1034768e-6


@pytest.mark.parametrize(
    ("text", "mineral", "factor", "words"),
    [
        ("USD/t", "nickel", 1, "USD per t of contained Ni"),
        ("usd/t", "nickel", 1, "USD per t of contained Ni"),
        ("USD/tonne", "nickel", 1, "USD per t of contained Ni"),
        ("USD/mt", "nickel", 1, "USD per t of contained Ni"),
        ("USD/MT", "nickel", 1, "USD per t of contained Ni"),
        ("USD per metric ton", "nickel", 1, "USD per t of contained Ni"),
        ("US$/kg", "gallium", 1000, "USD per kg of contained Ga"),
        ("$/lb", "cobalt", 1 / LB, "USD per lb of contained Co"),
        ("ct/lb", "silicon", 0.01 / LB, "US cents per lb of contained Si"),
        ("¢/lb", "copper", 0.01 / LB, "US cents per lb of contained Cu"),
        ("USD/oz", "gold", 1 / OZ, "USD per troy_oz of contained Au"),
        ("USD/oz t", "platinum", 1 / OZ, "USD per troy_oz of contained Pt"),
        ("EUR/troy_oz", "silver", 1 / OZ, "EUR per troy_oz of contained Ag"),
        ("RMB/t", "copper", 1, "CNY per t of contained Cu"),
        ("元/吨", "copper", 1, "CNY per t of contained Cu"),
        ("円/kg", "copper", 1000, "JPY per kg of contained Cu"),
        ("美元/公斤", "copper", 1000, "USD per kg of contained Cu"),
        ("yen per kg", "indium", 1000, "JPY per kg of contained In"),
        ("USD/short ton", "copper", 1 / 0.90718474, "USD per short_ton of contained Cu"),
        # Content belongs to the form.
        ("USD/kg", "neodymium", 1000 / 0.8574, "USD per kg of Nd2O3"),
        ("USD/kg of oxide", "neodymium", 1000 / 0.8574, "USD per kg of Nd2O3"),
        ("USD/kg metal", "neodymium", 1000, "USD per kg of contained Nd"),
        ("CNY/kg NdPr", "neodymium", 1000 / 0.85, "CNY per kg of NdPr"),
        ("USD/t LCE", "lithium", 1 / 0.18787, "USD per t of LCE"),
        ("USD/t LiOH", "lithium", 1 / 0.16539, "USD per t of LiOH"),
        ("USD/t spodumene", "lithium", 1 / (0.06 * 0.46454), "USD per t of spodumene 6%"),
        ("USD/t SC5.5", "lithium", 1 / (0.055 * 0.46454), "USD per t of spodumene 5.5%"),
        ("USD/lb V2O5", "vanadium", 1 / LB / 0.5602, "USD per lb of V2O5"),
        ("USD/kg V", "vanadium", 1000, "USD per kg of contained V"),
        ("CNY/t FeV50", "vanadium", 2, "CNY per t of ferrovanadium 50%"),
        ("USD/kg ferroniobium 65%", "niobium", 1000 / 0.65, "USD per kg of ferroniobium 65%"),
        # Ton units are of content, tonnes of ore gross (cases 8 and 9).
        ("USD/mtu", "tungsten", 100 / 0.793, "USD per mtu of WO3"),
        ("USD/dmtu", "manganese", 100, "USD per mtu of ore 44%"),
        ("USD/t of ore 44%", "manganese", 1 / 0.44, "USD per t of ore 44%"),
        ("USD/t", "manganese", 1 / 0.44, "USD per t of ore 44%"),
        ("USD/t of ore, 37% Mn", "manganese", 1 / 0.37, "USD per t of ore 37%"),
        ("USD/dmtu", "iron_ore", 100, "USD per mtu of ore 62%"),
        ("USD/dmt", "iron_ore", 1 / 0.62, "USD per t of ore 62%"),
        ("USD/ltu WO3", "tungsten", 1 / 0.010160469088 / 0.793, "USD per ltu of WO3"),
        ("USD/stu WO3", "tungsten", 1 / 0.0090718474 / 0.793, "USD per stu of WO3"),
        ("USD/mtu APT", "tungsten", 100 / 0.793, "USD per mtu of APT 88.5%"),
        ("CNY/t APT", "tungsten", 1 / (0.885 * 0.793), "CNY per t of APT 88.5%"),
        ("USD/t of contained P2O5", "phosphate", 0.32, "USD per t of P2O5"),
        ("USD/t", "phosphate", 1, "USD per t of rock"),
        ("USD/t K2O", "potash", 1, "USD per t of K2O"),
        ("USD/t", "potash", 1 / 0.6, "USD per t of MOP"),
    ],
)
def test_price_units(text: str, mineral: str, factor: float, words: str) -> None:
    unit = parse_unit(text, mineral, kind="price")
    assert unit.factor == pytest.approx(factor, rel=1e-9)
    assert unit.words == words


@pytest.mark.parametrize(
    ("text", "mineral", "tonnes"),
    [
        ("kt", "nickel", 1000),
        ("Mt", "copper", 1e6),
        ("mt", "copper", 1),
        ("million tonnes", "copper", 1e6),
        ("'000 t", "copper", 1000),
        ("kg", "gallium", 1e-3),
        ("kt LCE", "lithium", 187.87),
        ("t of oxide", "dysprosium", 0.8713),
        ("t", "dysprosium", 1),
        ("kt of ore 44%", "manganese", 440),
    ],
)
def test_mass_units(text: str, mineral: str, tonnes: float) -> None:
    assert parse_unit(text, mineral, kind="mass").factor == pytest.approx(tonnes)


def test_a_fallen_manganese_price_is_of_manganese() -> None:
    assert 230 * parse_unit("USD/t of ore 44%", "manganese").factor == pytest.approx(523, abs=0.5)


@pytest.mark.parametrize("name", registry())
def test_every_quote_reads_as_before(name: str) -> None:
    about = registry()[name]
    unit = parse_unit(about.quote, name)
    assert unit.factor == pytest.approx(price_factor(about.quote) / about.content)


@pytest.mark.parametrize("name", registry())
def test_every_form_reads_and_holds_less_than_itself(name: str) -> None:
    for form in forms_of(name):
        if form in ("ferrochromium", "chromite", "ferromolybdenum", "molybdenum concentrate"):
            form += " 60%"
        if form in ("ferrovanadium", "ferroniobium", "wolframite", "ferrotungsten", "NPI"):
            form += " 50%"
        tonnes = parse_unit(f"t of {form}", name).factor
        # A richer thing than the one that is modelled: fluorite in fluorspar, phosphate in rock.
        assert 0 < tonnes <= (3.2 if form in ("P2O5", "CaF2") else 1)


def test_masses_and_currencies_agree_with_the_units_of_critmin() -> None:
    for mass, tonnes in TONNES.items():
        assert parse_unit(mass, "nickel").factor == tonnes
    assert {parse_currency(code) for code in UNITS_PER_USD} == set(UNITS_PER_USD)


def test_basis_is_what_a_tonne_is() -> None:
    assert basis_of("boron") == "borates"
    assert basis_of("lithium") == "contained Li"


@given(
    value=st.floats(1e-6, 1e9),
    unit=st.sampled_from(["USD/kg of oxide", "USD/lb of contained Nd", "USD/t NdPr", "USD/g"]),
)
def test_prices_round_trip(value: float, unit: str) -> None:
    per_tonne = value * parse_unit(unit, "neodymium").factor
    mass = unit.removeprefix("USD/")
    mass = mass if " " in mass else f"{mass} of oxide"
    assert per_tonne * parse_unit(mass, "neodymium").factor == pytest.approx(value)


def test_pint_reads_every_unit_as_critmin_does() -> None:
    pint = pytest.importorskip("pint")
    units = pint.UnitRegistry()
    for line in pint_definitions():
        units.define(line)
    for text, mineral in (
        ("USD/t", "nickel"),
        ("ct/lb", "silicon"),
        ("CNY/mtu", "tungsten"),
        ("USD/troy_oz", "gold"),
        ("USD/ltu", "manganese"),
        ("EUR/flask", "nickel"),
    ):
        unit = parse_unit(text, mineral)
        content = unit.factor / units(unit.pint).to(f"{unit.currency}/t").magnitude
        assert 1 / content == pytest.approx({"tungsten": 0.793}.get(mineral, 1))
    for text in ("kt", "Mt", "g", "short_ton", "long_ton"):
        unit = parse_unit(text, "nickel")
        assert units(unit.pint).to("t").magnitude == pytest.approx(unit.factor)


def test_pint_xarray_converts_a_price() -> None:
    pint = pytest.importorskip("pint")
    pytest.importorskip("pint_xarray")
    import xarray as xr

    units = pint.UnitRegistry(force_ndarray_like=True)
    for line in pint_definitions():
        units.define(line)
    price = xr.DataArray(
        [22046.2262], dims="year", attrs={"units": parse_unit("USD/t", "nickel").pint}
    )
    converted = price.pint.quantify(unit_registry=units).pint.to("USD/lb")
    assert float(converted.pint.dequantify()[0]) == pytest.approx(10)


@given(st.text(max_size=130), st.sampled_from(["nickel", "vanadium", "gold", "lithium"]))
def test_no_text_gets_past_the_errors(text: str, mineral: str) -> None:
    for unit in (text, f"USD/{text}", f"USD/t {text}"):
        with contextlib.suppress(CritminError):
            assert parse_unit(unit, mineral).factor > 0
