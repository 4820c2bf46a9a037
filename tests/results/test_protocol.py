"""Every result has one shape."""

import json
import re

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes

from critmin import cost_curve, disruption_risk, fair_price, forecast, producer_revenue
from critmin.contracts import Collar, Offtake, Project, Zone
from critmin.exceptions import CritminError
from critmin.forms import pint_definitions
from critmin.internal.storage import records

DEAL = Offtake("cobalt", 100, 2026, 3, Collar("10 USD/lb", "20 USD/lb"))
MADE = {
    "FairPrice": lambda: fair_price("cobalt", 3),
    "Forecast": lambda: forecast("cobalt", 3),
    "CostCurve": lambda: cost_curve("cobalt"),
    "Risk": lambda: disruption_risk("cobalt"),
    "Exposure": lambda: forecast("cobalt", 3).exposure("JPN"),
    "ProducerRevenue": lambda: producer_revenue("cobalt", "COD", 3, withheld=(0.2, 0.4)),
    "Valuation": lambda: DEAL.value(),
    "Zone": lambda: DEAL.zone(points=4),
    "Finance": lambda: Project(200, "5 million USD", life=4, tenor=2).finance(DEAL)["with"],
}


@pytest.fixture(scope="module", params=MADE)
def result(request):
    return MADE[request.param]()


def test_it_has_everything(result) -> None:
    assert isinstance(result.draws, xr.Dataset)
    assert result.draws.sizes["sample"] == 2000
    assert result.provenance["request"]["mineral"] == "cobalt"
    assert isinstance(result.plot(), Axes)
    assert "posterior_predictive" in result.to_datatree().children


def test_a_curve_and_a_risk_are_repeated_from_what_they_say() -> None:
    curve = cost_curve("gold", 2030, unit="troy_oz", currency="EUR", basis="nominal", seed=3)
    xr.testing.assert_identical(cost_curve(**curve.provenance["request"]).draws, curve.draws)
    risk = disruption_risk("gold", 7)
    xr.testing.assert_identical(disruption_risk(**risk.provenance["request"]).draws, risk.draws)


def test_round_trips_are_bit_exact(result, tmp_path) -> None:
    kind = type(result)
    path = result.to_netcdf(tmp_path / "result.nc")
    for again in (kind.from_json(result.to_json()), kind.from_netcdf(path)):
        xr.testing.assert_identical(again.draws, result.draws)
        assert again.provenance == result.provenance
        assert repr(again) == repr(result)
        assert again.summary().equals(result.summary())
        assert again.to_json() == result.to_json()


def test_repr_is_one_line_with_the_age_of_the_data(result) -> None:
    text = repr(result)
    assert "\n" not in text
    assert re.search(r"data to \d{4}, (one|two) years? old", text)
    assert len(text) < 300


@pytest.mark.parametrize("prob", [0.9, np.float32(0.5), (0.5, 0.9), [0.5], np.array([0.8, 0.2])])
def test_one_probability_or_several(result, prob) -> None:
    table = result.summary(prob)
    bounds = {f"{round(50 - 50 * p, 2):g}%" for p in np.atleast_1d(prob).astype(float).round(6)}
    labels = {c[-1] if isinstance(c, tuple) else c for c in table.columns}
    assert bounds <= labels
    if not isinstance(result, Zone):  # its picture has no bands
        assert isinstance(result.plot(prob=prob), Axes)


@pytest.mark.parametrize("prob", ["0.9", 0, 1, -0.1, None, True, (), ("a",), float("nan")])
def test_what_is_no_probability_is_refused(result, prob) -> None:
    with pytest.raises(CritminError, match="prob must"):
        result.summary(prob)


def test_html_is_a_table_and_escaped(result) -> None:
    assert "<table" in result._repr_html_()
    content = json.loads(result.to_json())
    if "mineral" in content:
        content["mineral"] = "<script>alert(1)</script>"
    text = json.dumps(content).replace("USD of 2025", "<script>USD")
    assert "<script>" not in type(result).from_json(text)._repr_html_()


def test_json_of_another_kind_is_refused(result) -> None:
    for other in MADE:
        if other != type(result).__name__:
            content = json.loads(result.to_json())
            content["kind"] = other
            with pytest.raises(CritminError, match="not a "):
                type(result).from_json(json.dumps(content))


def test_records_are_plain(result) -> None:
    rows = records(result.summary())
    assert len(rows) == len(result.summary())
    json.dumps(rows, allow_nan=False)


def test_the_error_of_a_median_is_that_of_many_draws_of_it() -> None:
    rng = np.random.default_rng(1)
    from critmin.internal.tables import median_error

    draws = rng.lognormal(size=(400, 2000))
    assert median_error(draws.T).mean() == pytest.approx(np.median(draws, axis=1).std(), rel=0.1)


def test_a_market_without_distortion_says_so() -> None:
    price = fair_price("cobalt", 3)
    assert price.distorted
    assert "no distortion known" not in repr(price)
    same = price.draws.assign(fair_price=price.draws["market_price"])
    free = type(price)("cobalt", same, price.history, price.provenance)
    assert not free.distorted
    assert "no distortion known" in repr(free)
    assert (free.summary()["distortion, %"] == 0).all(axis=None)


def test_units_are_read_by_pint(result) -> None:
    pint = pytest.importorskip("pint")
    pytest.importorskip("pint_xarray")
    units = pint.UnitRegistry(force_ndarray_like=True)
    for line in pint_definitions():
        units.define(line)
    quantities = result.draws.drop_vars(
        [name for name, values in result.draws.items() if values.dtype == bool]
    )
    for name, values in quantities.items():
        assert "units" in values.attrs, name
        units.parse_units(values.attrs["units"])
    quantified = quantities.pint.quantify(unit_registry=units)
    xr.testing.assert_allclose(quantified.pint.dequantify(), quantities)


@pytest.mark.parametrize("unit", ["kg", "lb of V2O5", "t of FeV 50%", "quoted"])
@pytest.mark.parametrize("basis", ["real", "nominal"])
def test_a_price_says_its_unit_twice(unit: str, basis: str) -> None:
    price = fair_price("vanadium", 2, unit=unit, currency="EUR", basis=basis)
    about = price.draws["fair_price"].attrs
    mass = "kg" if unit == "kg" else "t" if unit.startswith("t") else "lb"
    assert about["units"] == f"EUR/{mass}"
    assert about["words"] == price.units
    assert price.units.startswith("EUR of 2025 per" if basis == "real" else "EUR per")
    assert price.summary().attrs == about


def test_pint_changes_a_price_as_critmin_does() -> None:
    pint = pytest.importorskip("pint")
    pytest.importorskip("pint_xarray")
    units = pint.UnitRegistry(force_ndarray_like=True)
    for line in pint_definitions():
        units.define(line)
    tonnes, pounds = (
        fair_price("copper", 2, unit=unit).draws["fair_price"] for unit in ("t", "lb")
    )
    changed = tonnes.pint.quantify(unit_registry=units).pint.to("USD/lb").pint.dequantify()
    np.testing.assert_allclose(changed.values, pounds.values)


def test_the_form_that_is_priced_can_be_chosen() -> None:
    element = fair_price("lithium", 2).draws["fair_price"]
    carbonate = fair_price("lithium", 2, unit="t LCE")
    assert carbonate.units == "USD of 2025 per t of LCE"
    np.testing.assert_allclose(carbonate.draws["fair_price"], 0.18787 * element)
    with pytest.raises(CritminError, match="unknown form of lithium"):
        fair_price("lithium", 2, unit="t of oxide of tin")
