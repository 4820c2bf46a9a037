"""Restrictions and countries' costs, fitted in a process of their own.

They share no parameter with the market. It waits for them: marginal costs are data to it
(`critmin.model.curve.cost_anchors`), which its prices never rewrite.
"""

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr

from critmin.exceptions import CritminError
from critmin.inference.sampling import kept_draws, sample
from critmin.internal.files import netcdf
from critmin.model.cost_arrays import Points
from critmin.model.producer_costs import Producers, build_producer_cost_model
from critmin.model.restrictions import Exporters, build_restriction_model

ACCEPTANCE = 0.98
"""Target acceptance: the scales of these models pool few effects."""

THINNING = {"restrictions": 1, "producer_costs": 4}
"""Iterations for one of the market's: those of the small models cost little, and the scales of costs,
which pool few effects, mix slowly."""

GIVEN, FOUND, ERRORS = "given.json", "{}.nc", "errors.txt"


def _packed(data: Exporters | Producers | Points) -> dict[str, Any]:
    """Fields as JSON has them; arrays with their type and shape."""
    return {field.name: _value(getattr(data, field.name)) for field in dataclasses.fields(data)}


def _value(value: Any) -> Any:
    if isinstance(value, Points):
        return {"points": _packed(value)}
    if not isinstance(value, np.ndarray):
        return value
    return {"dtype": str(value.dtype), "shape": value.shape, "values": value.ravel().tolist()}


def _unpacked(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _restored(value) for name, value in fields.items()}


def _restored(value: Any) -> Any:
    if isinstance(value, dict) and "points" in value:
        return Points(**_unpacked(value["points"]))
    if isinstance(value, dict) and "dtype" in value:
        return np.array(value["values"], dtype=value["dtype"]).reshape(value["shape"])
    return value


@contextmanager
def fitting_modules(
    exporters: Exporters, producers: Producers, **settings: Any
) -> Iterator[Callable[[], list[xr.Dataset]]]:
    """Fit both modules while the body of the ``with`` statement runs.

    Parameters
    ----------
    exporters : Exporters
        Of `critmin.model.restrictions.make_exporters`.
    producers : Producers
        Of `critmin.model.producer_costs.make_producers`.
    **settings
        Of `critmin.inference.sampling.sample`: draws, tune, chains, seed, sampler and cores.

    Yields
    ------
    callable
        Waits for the process and returns what `critmin.inference.sampling.kept_draws` gives, one a module.

    Raises
    ------
    CritminError
        When waited for, if the process failed; with its last words.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        given = {
            "restrictions": _packed(exporters),
            "producer_costs": _packed(producers),
            "settings": settings,
        }
        (folder / GIVEN).write_text(json.dumps(given), encoding="utf-8")
        path = os.pathsep.join(entry for entry in sys.path if entry)
        with (folder / ERRORS).open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(  # noqa: S603 (this module, on a folder made here)
                [sys.executable, "-P", "-m", __name__, name],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.PIPE,  # open as long as this process lives
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
            if process.stdin is not None:
                process.stdin.close()


def main(folder: Path) -> None:
    """Fit the modules to what stands in a folder, and leave their draws there."""
    given = json.loads((folder / GIVEN).read_text(encoding="utf-8"))
    settings = given["settings"]
    draws, tune = settings.pop("draws"), settings.pop("tune")
    models = {
        "restrictions": build_restriction_model(Exporters(**_unpacked(given["restrictions"]))),
        "producer_costs": build_producer_cost_model(
            Producers(**_unpacked(given["producer_costs"]))
        ),
    }
    for module, thin in THINNING.items():
        trace = sample(
            models[module],
            draws=thin * draws,
            tune=thin * tune,
            target_accept=ACCEPTANCE,
            **settings,
        )
        kept = kept_draws(trace).isel(draw=slice(None, None, thin)).assign_coords(draw=range(draws))
        (folder / FOUND.format(module)).write_bytes(netcdf(kept))


def _end_with_parent() -> None:
    """End when the fit that asked is no more, even if it was killed."""
    os.read(0, 1)  # not sys.stdin, whose lock would be in the way of an orderly end
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    main(Path(sys.argv[1]))
