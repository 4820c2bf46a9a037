import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import critmin
from critmin.cli import app
from critmin.exceptions import (
    ConvergenceError,
    CritminError,
    DataError,
    MissingExtraError,
    UnknownNameError,
)
from critmin.posterior import Posterior

SHORT = ["--mineral", "nickel", "--mineral", "gallium", "--draws", "60", "--tune", "150"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fit")


@pytest.fixture(scope="module")
def message(folder: Path) -> CritminError:
    """What the command says of a real fit of two minerals: too short to pass, long enough to run."""
    command = ["fit", "--out", str(folder / "posterior.nc"), *SHORT, "--chains", "2", "--seed", "1"]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, CritminError), done.output
    return done.exception


@pytest.fixture(scope="module")
def tiny(message) -> Posterior:
    """The fit that was refused, as `critmin.fit` gives it to who catches its error."""
    refused = message.__cause__
    assert isinstance(refused, ConvergenceError)
    assert refused.posterior is not None
    return refused.posterior


def test_a_bad_fit_is_refused_and_the_reason_named(message, tiny) -> None:
    assert re.search(r"ess_bulk of .* at least 400 is needed", str(message))
    assert re.search(r"ess_bulk of .* at least 400 is needed", str(message.__cause__))


def test_a_fit_that_the_command_refuses_is_kept_and_its_file_named(message, tiny, folder) -> None:
    assert str(message).endswith(f"It is in {folder / 'posterior.refused.nc'}.")
    assert [path.name for path in folder.iterdir()] == ["posterior.refused.nc"]
    kept = Posterior.from_netcdf(folder / "posterior.refused.nc")
    assert kept.id == tiny.id
    assert kept.diagnostics["passed"] is False


def test_the_command_writes_a_posterior(tiny, tmp_path: Path, monkeypatch) -> None:
    asked = {}

    def fitted(**options: object) -> Posterior:
        asked.update(options)
        return tiny

    monkeypatch.setattr("critmin.inference.fitting.fit", fitted)
    out = tmp_path / "posterior.nc"
    done = CliRunner().invoke(app, ["fit", "--out", str(out), *SHORT, "--allow-bad"])
    assert done.exit_code == 0, done.output
    assert "wrote" in done.output
    assert (asked["draws"], asked["tune"], asked["allow_bad"]) == (60, 150, True)
    assert asked["data"]["mineral"].values.tolist() == ["nickel", "gallium"]
    assert Posterior.from_netcdf(out).minerals == ["nickel", "gallium"]


@pytest.mark.skipif(find_spec("numpyro") is not None, reason="numpyro is installed")
def test_a_sampler_that_is_not_installed_names_its_extra() -> None:
    with pytest.raises(MissingExtraError, match=r"critmin\[numpyro\]"):
        critmin.fit(mineral=["tin"], sampler="numpyro")


def test_a_refused_fit_can_be_looked_at_and_says_so(tiny) -> None:
    assert tiny.diagnostics["passed"] is False
    assert tiny.diagnostics["bfmi"] > 0
    assert 0 <= tiny.diagnostics["saturated"] <= 1
    assert tiny.trace is not None
    assert tiny.minerals == ["nickel", "gallium"]
    price = critmin.fair_price("gallium", posterior=tiny)
    assert price.provenance["diagnostics"]["passed"] is False
    assert np.isfinite(price.draws["fair_price"]).all()


def test_saving_and_loading_changes_no_price(tiny, tmp_path: Path) -> None:
    path = tiny.to_netcdf(tmp_path / "posterior.nc")
    once = Posterior.from_netcdf(path)
    twice = Posterior.from_netcdf(once.to_netcdf(tmp_path / "again.nc"))
    assert tiny.id == once.id == twice.id
    assert tiny.draws.attrs == once.draws.attrs == twice.draws.attrs
    assert not list(tmp_path.glob(".*"))


def test_unknown_mineral_names_those_there_are(tiny) -> None:
    with pytest.raises(UnknownNameError, match="gallium, nickel"):
        tiny.of("copper")


def test_summary_is_by_parameter_and_mineral(tiny) -> None:
    row = tiny.summary().loc[("reversion", "nickel")]
    assert 0 < row["5%"] < row["median"] < row["95%"] < 1


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["pymc", "numpyro"])
def test_the_other_samplers_give_a_posterior_too(sampler: str) -> None:
    pytest.importorskip(sampler)
    posterior = critmin.fit(
        mineral=["tin"],
        draws=20,
        tune=20,
        chains=1,
        sampler=sampler,
        progressbar=False,
        allow_bad=True,
        cores=1,
    )
    assert posterior.minerals == ["tin"]
    assert posterior.diagnostics["bfmi"] > 0
    assert 0 <= posterior.diagnostics["saturated"] <= 1


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        ({"sampler": "stan"}, UnknownNameError, "nutpie"),
        ({"draws": 0}, DataError, "draws must be at least 1"),
        ({"mineral": ["lithum"]}, CritminError, "lithium"),
        ({"mineral": []}, DataError, "no minerals"),
    ],
)
def test_bad_arguments_say_what_is_right(arguments, error, reason: str) -> None:
    with pytest.raises(error, match=reason):
        critmin.fit(**arguments)
