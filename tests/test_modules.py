"""The models of restrictions and of countries' costs, fitted in a process of their own."""

import time

import pytest

from critmin.data import load_panel
from critmin.exceptions import CritminError
from critmin.modules import fitting_modules

SETTINGS = {
    "draws": 10,
    "tune": 20,
    "chains": 2,
    "seed": 1,
    "sampler": "nutpie",
    "cores": 1,
}


def test_both_modules_come_back_with_as_many_draws() -> None:
    with fitting_modules(load_panel(["nickel"]), **SETTINGS) as modules:
        disruption, cost = modules()
    assert "hazard" in disruption
    assert "relative_effect" in cost
    for part in (disruption, cost):
        assert (part.sizes["chain"], part.sizes["draw"]) == (2, 10)
        assert (part["draw"] == range(10)).all()
        assert part.attrs["divergences"] >= 0


def test_what_went_wrong_is_told() -> None:
    broken = load_panel(["nickel"]).drop_vars("production")
    with (
        fitting_modules(broken, **SETTINGS) as modules,
        pytest.raises(CritminError, match=r"restrictions and costs failed(.|\n)*production"),
    ):
        modules()


def test_an_interrupted_fit_leaves_no_process_and_no_file(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)  # looked up again
    started = time.monotonic()
    with (
        pytest.raises(KeyboardInterrupt),
        fitting_modules(load_panel(["nickel"]), **{**SETTINGS, "draws": 10**6}),
    ):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 30
    assert list(tmp_path.iterdir()) == []
