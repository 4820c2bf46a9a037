"""Writing a file whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from critmin.exceptions import CritminError


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a temporary name beside a file, and rename it into place if nothing went wrong.

    Parameters
    ----------
    target : Path
        What is to be written; the temporary name keeps its suffix.

    Raises
    ------
    CritminError
        If nothing can be written there.
    """
    if not target.parent.is_dir():
        raise CritminError(f"cannot write {target}: no such folder as {target.parent}")
    if target.is_dir():
        raise CritminError(f"cannot write {target}: it is a folder")
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise CritminError(f"cannot write {target}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
