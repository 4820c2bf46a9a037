import pytest

from critmin.data import catalog
from critmin.data.production import stages
from critmin.data.quotes import datasets
from critmin.exceptions import UnknownNameError
from critmin.forms import parse_unit
from critmin.mineral import CRITICAL_LISTS, GROUPS, get_mineral, registry
from critmin.model.assumptions import ROUTE_SHARES
from critmin.units import price_factor

REQUIRED = [
    *"lithium cobalt nickel copper manganese graphite gallium germanium antimony tungsten".split(),
    *"magnesium titanium vanadium tin zinc lead aluminum bismuth indium tellurium tantalum niobium".split(),
    *"chromium molybdenum platinum palladium rhodium iridium ruthenium silicon beryllium fluorspar".split(),
    *"barite arsenic zirconium hafnium rhenium scandium yttrium neodymium dysprosium terbium".split(),
    *"europium lanthanum cerium silver praseodymium samarium gadolinium iodine rutile alumina".split(),
    *"bauxite feldspar boron strontium selenium potash phosphate".split(),
]


@pytest.mark.parametrize("name", REQUIRED)
def test_required_minerals_are_priced(name: str) -> None:
    assert name in registry()


@pytest.mark.parametrize("name", registry())
def test_every_mineral_is_sound(name: str) -> None:
    about = get_mineral(name)
    assert about.group in GROUPS
    assert about.route in ROUTE_SHARES
    assert 0 < about.content <= 1
    assert price_factor(about.quote) > 0
    assert about.host is None or about.host in registry()
    assert about.production is None or stages(about.production)
    named = [name for source in about.prices for name in datasets(source).values()]
    assert len(named) >= len(about.prices) > 0
    assert set(named) <= set(catalog().index)
    assert set(about.critical) <= set(CRITICAL_LISTS)


def test_content_factors_follow_from_atomic_weights() -> None:
    # IUPAC 2021 standard atomic weights.
    dy, nd, li, v, o, c = 162.500, 144.242, 6.94, 50.9415, 15.999, 12.011
    assert get_mineral("dysprosium").content == pytest.approx(2 * dy / (2 * dy + 3 * o), abs=5e-4)
    assert get_mineral("neodymium").content == pytest.approx(2 * nd / (2 * nd + 3 * o), abs=5e-4)
    assert get_mineral("lithium").content == pytest.approx(2 * li / (2 * li + c + 3 * o), abs=5e-4)
    assert get_mineral("vanadium").content == pytest.approx(2 * v / (2 * v + 5 * o), abs=5e-4)


def test_a_metric_ton_unit_is_of_what_is_contained() -> None:
    # 230 USD a tonne of ore with 44% manganese is 523 USD a tonne of manganese.
    assert 230 * parse_unit("USD/t", "manganese").factor == pytest.approx(523, abs=1)
    assert 5 * parse_unit("USD/mtu", "manganese").factor == pytest.approx(500)


@pytest.mark.parametrize("name", registry())
def test_the_content_of_the_quote_is_that_of_its_form(name: str) -> None:
    about = get_mineral(name)
    assert parse_unit(about.quote, name).content == about.content
    if about.grade != 1 and name != "tungsten":  # its form in tonnes has to be named
        assert parse_unit("USD/t", name).content == about.content * about.grade


def test_unknown_mineral_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'lithium'"):
        get_mineral("lithum")
