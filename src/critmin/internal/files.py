"""Writing a file whole or not at all, and knowing whether it still is."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import xarray as xr

from critmin.exceptions import CritminError


def as_path(given: object) -> Path:
    """A path as callers give it.

    Raises
    ------
    CritminError
        If it is none.
    """
    if isinstance(given, str | Path) and str(given).strip():
        return Path(given)
    raise CritminError(f"expected the path of a file, got {given!r:.80}")


def is_file(path: Path) -> bool:
    """Whether a path is that of a file; one with a name too long for the system is none."""
    with suppress(OSError):
        return path.is_file()
    return False


def check_target(target: Path) -> None:
    """Refuse the name of a file that cannot be written: no such folder, or a folder itself."""
    if not target.parent.is_dir():
        raise CritminError(f"cannot write {target}: no such folder as {target.parent}")
    if target.is_dir():
        raise CritminError(f"cannot write {target}: it is a folder")


def made_folder(home: Path) -> Path:
    """A folder, made if it is not there.

    Raises
    ------
    CritminError
        If it cannot be made.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CritminError(f"cannot write {home}: {error.strerror or error}") from error
    return home


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a temporary name beside a file, and rename it into place if nothing went wrong.

    What is renamed is on the disk already, so that a machine that stops leaves the old file or the new
    one. One that stops while it writes leaves the temporary file, whose name begins with a dot.

    Parameters
    ----------
    target : Path
        What is to be written; the temporary name keeps its suffix.

    Raises
    ------
    CritminError
        If it cannot be written: no such folder, no right to, a full disk. What was there is as it was.
    """
    check_target(target)
    # Threads of one process may write one file, too.
    temporary = target.with_name(f".{os.getpid()}.{secrets.token_hex(4)}.{target.name}")
    try:
        yield temporary
        _settle(temporary)
        temporary.replace(target)
        _settle(target.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CritminError(f"cannot write {target}: {reason:.200}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


SEAL = b"\ncritmin-sha256:"
"""What stands behind the bytes of a netCDF file, before their hash. HDF5 reads no further than its own."""


def netcdf(made: xr.Dataset | xr.DataTree, encoding: Mapping[str, Any] | None = None) -> bytes:
    """The bytes of a netCDF file, with a seal at their end (`unharmed`).

    Made in memory: the HDF5 library ends the process when it meets a full disk.

    Parameters
    ----------
    made : Dataset or DataTree
    encoding : mapping, optional
        By variable.
    """
    view = made.to_netcdf(engine="h5netcdf", encoding=encoding)
    try:
        return b"".join((view, SEAL, hashlib.sha256(view).digest()))
    finally:
        view.release()


def unharmed(source: Path) -> Path:
    """A netCDF file, unless its bytes are not those that `netcdf` made.

    HDF5 does not find every damage, and spends minutes on some. A file without a seal, of another program
    or of an older critmin, is left to HDF5.

    Parameters
    ----------
    source : Path

    Raises
    ------
    CritminError
        If its hash is not that of its seal.
    """
    hashed = hashlib.sha256()
    with source.open("rb") as opened:
        end = opened.seek(0, os.SEEK_END) - len(SEAL) - hashed.digest_size
        seal = b""
        if end > 0:
            opened.seek(end)
            seal = opened.read()
        if not seal.startswith(SEAL):
            return source
        opened.seek(0)
        while left := end - opened.tell():
            hashed.update(opened.read(min(left, 1 << 20)))
    if seal != SEAL + hashed.digest():
        raise CritminError(
            "damaged: its bytes are not those that were written; copy or make it again"
        )
    return source


def _settle(path: Path) -> None:
    """Wait until the disk has a file, or the names of a folder."""
    if path.is_dir() and os.name == "nt":
        return  # folders cannot be opened there
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
