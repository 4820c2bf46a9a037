import pytest

from critmin.data import catalog
from critmin.data.production import stages
from critmin.exceptions import UnknownNameError
from critmin.mineral import GROUPS, get_mineral, registry
from critmin.model.priors import ROUTE_SHARES
from critmin.units import price_factor

REQUIRED = [
    *"lithium cobalt nickel copper manganese graphite gallium germanium antimony tungsten".split(),
    *"magnesium titanium vanadium tin zinc lead aluminum bismuth indium tellurium tantalum niobium".split(),
    *"chromium molybdenum platinum palladium rhodium iridium ruthenium silicon beryllium fluorspar".split(),
    *"barite arsenic zirconium hafnium rhenium scandium yttrium neodymium dysprosium terbium".split(),
    *"europium lanthanum cerium silver".split(),
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
    assert all(source.dataset in catalog().index for source in about.prices)


def test_content_factors_follow_from_atomic_weights() -> None:
    # IUPAC 2021 standard atomic weights.
    dy, nd, li, v, o, c = 162.500, 144.242, 6.94, 50.9415, 15.999, 12.011
    assert get_mineral("dysprosium").content == pytest.approx(2 * dy / (2 * dy + 3 * o), abs=5e-4)
    assert get_mineral("neodymium").content == pytest.approx(2 * nd / (2 * nd + 3 * o), abs=5e-4)
    assert get_mineral("lithium").content == pytest.approx(2 * li / (2 * li + c + 3 * o), abs=5e-4)
    assert get_mineral("vanadium").content == pytest.approx(2 * v / (2 * v + 5 * o), abs=5e-4)


def test_unknown_mineral_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'lithium'"):
        get_mineral("lithum")
