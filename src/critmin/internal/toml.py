"""TOML from and to text: the standard library reads it, and writes none."""

import json
import tomllib
from typing import Any

from critmin.exceptions import CritminError


def parsed(text: str, source: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Parameters
    ----------
    text : str
    source : str
        Where it is from, for the message.

    Raises
    ------
    CritminError
        If it is no TOML, or is nested without end.

    Examples
    --------
    >>> parsed("a = 1", "here")
    {'a': 1}
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CritminError(f"{source}: not TOML ({error})") from error
    except RecursionError as error:
        raise CritminError(f"{source}: not TOML of ours (nested too deep)") from error


def written(value: object) -> str:
    """A text, a number, a yes or no, or several of these, as TOML writes it.

    Examples
    --------
    >>> print(written(("tin", 0.5, True)))
    ["tin", 0.5, true]
    """
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(written, value)) + "]"
    plain = value.item() if hasattr(value, "item") else value
    return str(plain).lower() if isinstance(plain, bool) else repr(plain)


def quoted(text: str) -> str:
    r"""A text as TOML writes it, whatever characters it holds.

    Examples
    --------
    >>> print(quoted("a b"), quoted(chr(0)))
    "a b" "\u0000"
    """
    # JSON's escapes are TOML's, which also wants the last control character escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
