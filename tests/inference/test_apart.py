"""The models of restrictions and of countries' costs, fitted in a process of their own."""

import dataclasses
import time

import pytest

from critmin.data import load_panel
from critmin.exceptions import CritminError
from critmin.inference.apart import fitting_modules
from critmin.model.producer_costs import Producers, make_producers
from critmin.model.restrictions import Exporters, make_exporters

SETTINGS = {
    "draws": 10,
    "tune": 20,
    "chains": 2,
    "seed": 1,
    "sampler": "nutpie",
    "cores": 1,
}


@pytest.fixture(scope="module")
def nickel() -> tuple[Exporters, Producers]:
    panel = load_panel(["nickel"])
    return make_exporters(panel), make_producers(panel)


def test_both_modules_come_back_with_as_many_draws(nickel) -> None:
    with fitting_modules(*nickel, **SETTINGS) as modules:
        disruption, cost = modules()
    assert "hazard" in disruption
    assert cost["producer"].values.tolist() == [f"{m}:{c}" for m, c in nickel[1].pairs]
    for part in (disruption, cost):
        assert (part.sizes["chain"], part.sizes["draw"]) == (2, 10)
        assert (part["draw"] == range(10)).all()
        assert part.attrs["divergences"] >= 0
        assert part.attrs["bfmi"] > 0
        assert 0 <= part.attrs["saturated"] <= 1


def test_what_went_wrong_is_told(nickel) -> None:
    exporters, producers = nickel
    broken = dataclasses.replace(producers, share=producers.share[:0], pairs=[])
    with (
        fitting_modules(exporters, broken, **SETTINGS) as modules,
        pytest.raises(CritminError, match=r"restrictions and costs failed(.|\n)*Error"),
    ):
        modules()


def test_an_interrupted_fit_leaves_no_process_and_no_file(nickel, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)  # looked up again
    started = time.monotonic()
    with (
        pytest.raises(KeyboardInterrupt),
        fitting_modules(*nickel, **{**SETTINGS, "draws": 10**6}),
    ):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 300  # so many draws take days
    assert list(tmp_path.iterdir()) == []
