"""Contracts as TOML files, and the gallery that comes with critmin."""

import dataclasses
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from critmin.contracts.adjustments import (
    Blend,
    Cap,
    Collar,
    Escalated,
    Floor,
    Reviewed,
    Shared,
    Toll,
)
from critmin.contracts.cashflows import Clause
from critmin.contracts.clauses import Delivery, Prepayment, Streaming, Take
from critmin.contracts.others import Royalty, Security, StateFloor, StateShare
from critmin.contracts.parties import Default, Renegotiation
from critmin.contracts.prices import Fixed, Indexed, Premium, Price, Sum
from critmin.contracts.terms import Offtake
from critmin.data.plausible import MOST
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.files import replacing
from critmin.internal.toml import parsed, written

PRICES: dict[str, type[Price]] = {
    each.__name__: each
    for each in (
        *(Fixed, Indexed, Premium, Sum),
        *(Blend, Cap, Collar, Escalated, Floor, Reviewed, Shared, Toll),
    )
}
CLAUSES: dict[str, type[Clause]] = {
    each.__name__: each
    for each in (
        *(Delivery, Take, Prepayment, Streaming),
        *(StateFloor, StateShare, Royalty, Security, Default, Renegotiation),
    )
}


def read(source: str | Path) -> Offtake:
    """Read a contract.

    Parameters
    ----------
    source : str or path
        A TOML file, or its text if that has several lines.

    Returns
    -------
    Offtake

    Raises
    ------
    CritminError
        If it cannot be read, or a key, a term or a value cannot be; the message names which.

    Examples
    --------
    >>> deal = Offtake("tin", 100, 2027, 3)
    >>> read(write(deal)) == deal
    True
    """
    if isinstance(source, str) and "\n" in source:
        return _parsed(source, "contract")
    if not isinstance(source, str | Path):
        raise CritminError(f"a contract is read from a path or a text, got {source!r:.80}")
    try:
        text = Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CritminError(f"{str(source)[:200]}: cannot be read ({error})") from error
    return _parsed(text, str(source))


def _parsed(text: str, name: str) -> Offtake:
    content = parsed(text, name)
    try:
        if "price" in content:
            content["price"] = _made(content["price"], PRICES, "term of price")
        clauses = content.pop("clause", [])
        if not isinstance(clauses, list):
            raise CritminError("clause must be a list of tables, [[clause]]")
        content["clauses"] = tuple(_made(each, CLAUSES, "clause") for each in clauses)
        return _built(Offtake, content, "contract")
    except CritminError as error:
        raise CritminError(f"{name}: {error}") from error


def _made(content: object, kinds: Mapping[str, type], what: str) -> Any:
    if not isinstance(content, Mapping):
        raise CritminError(f"a {what} is a table with a kind, got {content!r}")
    values = dict(content)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in kinds:
        raise UnknownNameError.of(what, kind, kinds)
    for key, value in values.items():
        if key in ("of", "back_to", "reference"):
            values[key] = _made(value, PRICES, "term of price")
        elif key == "prices" and isinstance(value, list):
            values[key] = tuple(_made(each, PRICES, "term of price") for each in value)
    return _built(kinds[kind], values, kind)


def _sound(value: object) -> bool:
    """Whether a value of a file is a number, a text, a term that was read, or several."""
    if isinstance(value, list | tuple):
        return all(map(_sound, value))
    number = isinstance(value, int | float) and abs(value) < MOST
    return number or isinstance(value, str | Price | Clause)


def _built(kind: type, values: Mapping[str, Any], name: str) -> Any:
    known = [f.name for f in dataclasses.fields(kind)]
    for key, value in values.items():
        if key not in known:
            raise UnknownNameError.of(f"key of {name}", key, known)
        table = key == "standards" and isinstance(value, Mapping)  # the one key that is by name
        if not _sound(list(value.values()) if table else value):
            raise CritminError(
                f"{key} of {name} must be a finite number, a text or a list of these, got {value!r:.80}"
            )
    try:
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except TypeError as error:
        raise CritminError(f"{name}: {error}") from error


def write(offtake: Offtake, path: str | Path | None = None) -> str:
    """A contract as the text that `read` takes, also written to a file, whole or not at all.

    Parameters
    ----------
    offtake : Offtake
    path : path, optional

    Returns
    -------
    str
    """
    plain = _stated(offtake)
    clauses = plain.pop("clauses", ())
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in plain.items())
    for clause in clauses:
        rows = {"kind": type(clause).__name__, **_stated(clause)}
        text += "\n[[clause]]\n" + "".join(f"{key} = {_toml(v)}\n" for key, v in rows.items())
    if path is not None:
        with replacing(Path(path)) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return text


def _stated(given: Any) -> dict[str, Any]:
    """Fields that differ from their defaults."""
    found = {}
    for each in dataclasses.fields(given):
        value = getattr(given, each.name)
        if value is not None and value != each.default:
            found[each.name] = value
    return found


def _toml(value: object) -> str:
    if isinstance(value, Price):
        return _table({"kind": type(value).__name__, **_stated(value)})
    if isinstance(value, tuple | list):
        if value and all(
            isinstance(v, tuple) and len(v) == 2 and isinstance(v[0], str) for v in value
        ):
            return _table(dict(value))  # the standards of a premium
        return "[" + ", ".join(map(_toml, value)) + "]"
    return written(value)


def _table(rows: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in rows.items()) + " }"


def gallery() -> dict[str, Offtake]:
    """Contracts that come with critmin, by name.

    Returns
    -------
    dict of str to Offtake
        The caller's own.

    See Also
    --------
    critmin.contracts.Offtake : What each is.
    critmin.scenario.gallery : Scenarios with names.

    Examples
    --------
    >>> gallery()["lithium-upside"].minerals
    ('lithium',)
    """
    return dict(_gallery())


@cache
def _gallery() -> dict[str, Offtake]:
    folder = files("critmin.contracts").joinpath("gallery")
    return {
        each.name.removesuffix(".toml"): _parsed(each.read_text(encoding="utf-8"), each.name)
        for each in sorted(folder.iterdir(), key=lambda each: each.name)
        if each.name.endswith(".toml")
    }
