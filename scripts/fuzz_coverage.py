"""Fuzz one reader by coverage: inputs that reach new lines of critmin are kept and changed further.

Anything but a result or a `CritminError` stops it, with the input in the folder ``fuzz-found``.

Usage: uv run --group fuzz python scripts/fuzz_coverage.py READER [seconds]
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["critmin", "openpyxl", "tomllib"]):
    import critmin
    from critmin.contracts import Offtake
    from critmin.data import private, register, unregister
    from critmin.data.cells import read_numbers
    from critmin.data.dates import read_dates
    from critmin.exceptions import CritminError
    from critmin.forms import parse_unit
    from critmin.posterior import Posterior
    from critmin.results.forecasts import Forecast
    from critmin.scenario import ExportControl, Scenario, load_scenarios, save_scenarios

import pandas as pd

from fuzz_reading import sound_files

HOME = Path(tempfile.mkdtemp())
INPUT = HOME / "input"
LONGEST = 400_000


def registered(content: bytes) -> None:
    """A file of prices."""
    INPUT.write_bytes(content)
    try:
        register(INPUT, name="x", mineral="nickel", unit="USD/t", min_share=0.05)
    finally:
        for name in private.names():
            unregister(name)


def cells(content: bytes) -> None:
    """A column of dates and one of numbers, a cell a line."""
    column = pd.Series(content.decode("utf-8", "replace").split("\n"), dtype="str")
    for read in (read_dates, read_numbers):
        try:
            read(column)
        except CritminError:
            continue


def of_file(read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """A reader of one file."""

    def reader(content: bytes) -> None:
        INPUT.write_bytes(content)
        read(INPUT)

    return reader


READERS: dict[str, Callable[[bytes], None]] = {
    "table": registered,
    "cells": cells,
    "unit": lambda content: void(parse_unit(content.decode("utf-8", "replace"), "lithium")),
    "scenarios": of_file(load_scenarios),
    "contract": of_file(Offtake.from_toml),
    "json": of_file(Forecast.from_json),
    "netcdf": of_file(Forecast.from_netcdf),
    "posterior": of_file(Posterior.from_netcdf),
}


def void(_: object) -> None:
    """Nothing."""


def corpus(reader: str) -> list[bytes]:
    """Sound inputs to begin from."""
    few = small()
    path = HOME / "sound"
    if reader == "table":
        return sound_files()
    if reader == "cells":
        return [b"2023-01\n31.12.2023\nDec-20\n2020Q4\n45291", b"1.234,5\n980\n1 000\n2e3\n."]
    if reader == "unit":
        return [b"USD/kg of LCE", b"CNY/t LiOH", b"USD/dmtu", b"ct/lb", b"USD/t SC5.5"]
    if reader == "scenarios":
        save_scenarios([Scenario("a", (ExportControl("CHN", "tin", 0.5, 2027),))], path)
    elif reader == "contract":
        Offtake("tin", 100, 2026, 3).to_toml(path)
    elif reader == "posterior":
        few.to_netcdf(path)
    else:
        made = critmin.forecast("tin", 1, posterior=few)
        (made.to_json if reader == "json" else made.to_netcdf)(path)
    content = path.read_bytes()
    if len(content) > LONGEST:
        sys.exit(f"an input of {len(content):,} bytes would be cut at {LONGEST:,}")
    return [content]


def small() -> Posterior:
    """Two draws of one mineral, so that a file of them is short."""
    draws = critmin.builtin_posterior().draws.isel(sample=slice(2))
    of = {
        "mineral": draws["mineral"],
        "producer": draws["producer_mineral"],
        "exporter": draws["exporter_commodity"],
    }
    return Posterior(
        draws.isel({dim: names.values.astype(str) == "tin" for dim, names in of.items()})
    )


def main() -> None:
    """Fuzz for the seconds given."""
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in READERS:
        sys.exit(f"{__doc__}\nREADER is one of {', '.join(READERS)}")
    read, seconds = READERS[sys.argv[1]], int(sys.argv[2]) if len(sys.argv) == 3 else 600
    begin, found = HOME / "corpus", Path("fuzz-found")
    begin.mkdir()
    found.mkdir(exist_ok=True)
    for i, content in enumerate(corpus(sys.argv[1])):
        (begin / str(i)).write_bytes(content)

    def attempt(content: bytes) -> None:
        try:
            read(content)
        except CritminError:
            return

    flags = [f"-max_total_time={seconds}", f"-artifact_prefix={found}/", "-rss_limit_mb=4096"]
    flags += ["-timeout=60", f"-max_len={LONGEST}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *flags, str(begin)], attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
