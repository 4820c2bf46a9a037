"""Restrictions and countries' costs, fitted in a process of their own.

They share no parameter with the market: given the data they are independent of it. Most of a first
fit is the compilation of the market model, which keeps one core busy; a second process has these two
models compiled and sampled by then.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xarray as xr

from critmin.exceptions import CritminError
from critmin.sampling import kept_draws, sample

ACCEPTANCE = 0.98
"""Target acceptance: the scales of these models pool few effects."""

THINNING = {"disruption": 1, "cost": 4}
"""Iterations for one of the market's: those of the small models cost little, and the effects of large
producers, on which growth says much, mix slowly."""

PANEL, SETTINGS, FOUND, ERRORS = "panel.nc", "settings.json", "{}.nc", "errors.txt"


@contextmanager
def fitting_modules(panel: xr.Dataset, **settings: Any) -> Iterator[Callable[[], list[xr.Dataset]]]:
    """Fit both modules while the body of the ``with`` statement runs.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`.
    **settings
        Of `critmin.sampling.sample`: draws, tune, chains, seed, sampler and cores.

    Yields
    ------
    callable
        Waits for the process and returns what `critmin.sampling.kept_draws` gives, one a module.

    Raises
    ------
    CritminError
        When waited for, if the process failed; with its last words.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        panel.to_netcdf(folder / PANEL, engine="h5netcdf")
        (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
        path = os.pathsep.join(entry for entry in sys.path if entry)
        with (folder / ERRORS).open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(  # noqa: S603 (this module, on a folder made here)
                [sys.executable, "-P", "-m", __name__, name],
                env={**os.environ, "PYTHONPATH": path},
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

        def wait() -> list[xr.Dataset]:
            if process.wait():
                said = (folder / ERRORS).read_text(encoding="utf-8", errors="replace")
                raise CritminError(f"the fit of restrictions and costs failed: {said[-2000:]}")
            return [
                xr.load_dataset(folder / FOUND.format(module), engine="h5netcdf")
                for module in THINNING
            ]

        try:
            yield wait
        finally:
            process.kill()  # no effect where it has ended
            process.wait()


def main(folder: Path) -> None:
    """Fit the modules to the panel in a folder, and leave their draws there."""
    from critmin.model.cost import build_cost_model, make_producers
    from critmin.model.disruption import build_disruption_model, make_exposure

    panel = xr.load_dataset(folder / PANEL, engine="h5netcdf")
    given = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    models = {
        "disruption": build_disruption_model(make_exposure(panel)),
        "cost": build_cost_model(make_producers(panel)),
    }
    draws, tune = given.pop("draws"), given.pop("tune")
    for module, thin in THINNING.items():
        trace = sample(
            models[module],
            draws=thin * draws,
            tune=thin * tune,
            target_accept=ACCEPTANCE,
            **given,
        )
        kept = kept_draws(trace).isel(draw=slice(None, None, thin)).assign_coords(draw=range(draws))
        kept.to_netcdf(folder / FOUND.format(module), engine="h5netcdf")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
