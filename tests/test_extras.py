"""A plain install: prices without samplers and pictures, and errors that name the extra."""

import json
import subprocess
import sys
from typing import get_args

import pytest

from critmin.exceptions import MissingExtraError
from critmin.inference.sampling import Sampler
from critmin.internal.extras import EXTRAS, extras

HIDDEN = {"arviz_base", "numba", "IPython"}
"""What packages of the extras bring along."""

BLOCK = """
import json, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
"""


def plain(code: str, *but: str) -> "subprocess.CompletedProcess[str]":
    """Some code run in a plain install, or in one with some extras."""
    missing = sorted({name for name, extra in EXTRAS.items() if extra not in but} | HIDDEN)
    return subprocess.run(
        [sys.executable, "-c", f"MISSING = {missing!r}" + BLOCK + code],
        capture_output=True,
        text=True,
        check=True,
    )


def without_extras(code: str, *but: str) -> object:
    """What it prints, as JSON."""
    return json.loads(plain(code, *but).stdout)


def test_a_plain_install_prices_forecasts_and_values() -> None:
    code = """
import critmin
from critmin.contracts import gallery
price = critmin.fair_price("nickel", 5)
exposed = critmin.forecast("nickel", 5).exposure("JPN")
curve, risk = critmin.cost_curve("nickel"), critmin.disruption_risk("nickel")
worth = gallery()["nickel-auto"].value()
again = critmin.FairPrice.from_json(price.to_json())
print(json.dumps([float(price.draws["fair_price"].median()), repr(exposed), repr(curve), repr(risk),
    repr(worth), again.draws.identical(price.draws), len(critmin.prior_table())]))
"""
    median, *told, same, priors = without_extras(code)
    assert median > 0
    assert [each.partition("(")[0] for each in told] == [
        "Exposure",
        "CostCurve",
        "Risk",
        "Valuation",
    ]
    assert same
    assert priors > 10


def test_one_extra_is_all_that_todays_price_needs() -> None:
    code = """
import critmin
price = critmin.fair_price("nickel", 5, today={"nickel": (17_000, "USD/t", "2026-05-12")})
print(json.dumps(float(price.draws["market_price"][:, 0].median())))
"""
    assert without_extras(code, "assimilate") == pytest.approx(17_000, rel=0.2)


@pytest.mark.parametrize(
    ("call", "package", "extra"),
    [
        ("critmin.fit", "pymc", "fit"),
        ("critmin.build_model", "pymc", "fit"),
        ("critmin.backtest", "pymc", "fit"),
        ("critmin.audit.report('tin')", "pymc", "fit"),
        ("critmin.brief('tin')", "matplotlib", "plot"),
        ("critmin.fair_price('tin', 2, today={'tin': (30_000, 'USD/t')})", "scipy", "assimilate"),
        ("critmin.fair_price('tin', 2).plot()", "matplotlib", "plot"),
        ("critmin.cost_curve('tin').plot()", "matplotlib", "plot"),
    ],
)
def test_what_is_left_out_names_its_extra(call: str, package: str, extra: str) -> None:
    code = f"""
import critmin
try:
    {call}
except critmin.CritminError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""
    kind, message = without_extras(code)
    assert kind == "MissingExtraError"
    assert message.startswith(package)
    assert message.endswith(f'pip install "critmin[{extra}]"')


def test_the_command_line_says_it_in_one_line() -> None:
    code = """
import io, contextlib
from critmin.cli import main
sys.argv = ["critmin", "fit", "--out", "x.nc"]
try:
    main()
except SystemExit as end:
    print(json.dumps(end.code))
"""
    done = plain(code)
    assert json.loads(done.stdout) == 1
    assert 'pip install "critmin[fit]"' in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_other_missing_modules_stay_what_they_are() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module") as caught, extras():
        import no_such_module  # noqa: F401
    assert not isinstance(caught.value, MissingExtraError)


def test_every_sampler_has_its_extra() -> None:
    found = {name: EXTRAS[name] for name in get_args(Sampler)}
    assert found == {"nutpie": "fit", "pymc": "fit", "numpyro": "numpyro"}
