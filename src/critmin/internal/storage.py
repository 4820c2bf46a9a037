"""Results as text and files: labelled draws, tables and provenance, bit for bit.

What a result is made of goes through `Stored`, so that all results are written and read in one way: JSON
with the draws packed into it, netCDF, or a `xarray.DataTree` for ArviZ.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.exceptions import CritminError
from critmin.internal.files import as_path, is_file, netcdf, replacing, unharmed

FORMAT = "critmin-result-4"

MAX_UNPACKED = 2_000_000_000
"""Bytes that the draws of one variable may have: a hostile file must not fill the memory."""

_KINDS = ("<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "|b1")

_BROKEN = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    OverflowError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What every result consists of.

    Attributes
    ----------
    kind : str
        Name of the class that holds it.
    draws : Dataset
        Labelled draws with units in ``attrs``.
    provenance : dict
        Plain values.
    about : dict
        What else names it: mineral, scenario, buyer, ... as plain values.
    tables : dict of str to DataFrame
        Numbers by year or name that are no draws.
    """

    kind: str
    draws: xr.Dataset
    provenance: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


def plain(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Attributes as JSON has them."""
    return {str(k): v.item() if isinstance(v, np.generic) else v for k, v in attrs.items()}


def _pack(array: xr.DataArray) -> dict[str, Any]:
    values = np.asarray(array.values)
    packed: dict[str, Any] = {"dims": list(map(str, array.dims)), "attrs": plain(array.attrs)}
    if values.dtype.kind in "OUS":
        return packed | {"text": [str(v) for v in values.ravel()], "shape": list(values.shape)}
    kind = values.dtype.newbyteorder("<").str
    if kind not in _KINDS:
        kind = {"f": "<f8", "i": "<i8", "u": "<i8"}[values.dtype.kind]
    raw = np.ascontiguousarray(values, dtype=kind).tobytes()
    return packed | {
        "dtype": kind,
        "shape": list(values.shape),
        "packed": base64.b64encode(zlib.compress(raw, 6)).decode("ascii"),
    }


def _unpack(packed: dict[str, Any]) -> tuple[list[str], Any, dict[str, Any]]:
    shape = tuple(int(n) for n in packed["shape"])
    attrs = {str(k): v for k, v in packed["attrs"].items()}
    if "text" in packed:
        values = np.array([str(v) for v in packed["text"]], dtype=object).reshape(shape)
        return list(packed["dims"]), values, attrs
    if packed["dtype"] not in _KINDS:
        raise CritminError(f"draws of type {packed['dtype']!r:.20} are unknown")
    dtype = np.dtype(packed["dtype"])
    size = dtype.itemsize * int(np.prod(shape, dtype=float))
    if min(shape, default=0) < 0 or not 0 <= size <= MAX_UNPACKED:
        raise CritminError(f"draws of shape {shape} are larger than {MAX_UNPACKED:,} bytes")
    raw = zlib.decompressobj().decompress(base64.b64decode(packed["packed"]), size + 1)
    if len(raw) != size:
        raise CritminError(f"draws of shape {shape} hold {len(raw)} bytes instead of {size}")
    native = dtype.newbyteorder("=")
    return (
        list(packed["dims"]),
        np.frombuffer(raw, dtype=dtype).reshape(shape).astype(native),
        attrs,
    )


def _pack_dataset(dataset: xr.Dataset) -> dict[str, Any]:
    return {
        "coords": {str(n): _pack(v) for n, v in dataset.coords.items()},
        "data": {str(n): _pack(v) for n, v in dataset.data_vars.items()},
        "attrs": plain(dataset.attrs),
    }


def _unpack_dataset(content: dict[str, Any]) -> xr.Dataset:
    return xr.Dataset(
        {name: _unpack(packed) for name, packed in content["data"].items()},
        {name: _unpack(packed) for name, packed in content["coords"].items()},
        dict(content["attrs"]),
    )


def _table(frame: pd.DataFrame) -> xr.Dataset:
    """A table of numbers as a dataset of columns along its index."""
    return frame.rename_axis(frame.index.name or "row").to_xarray()


def _key(key: Any) -> str | int:
    """Name of a row; those of several levels are joined."""
    if isinstance(key, tuple):
        return " ".join(map(str, key))
    return key if isinstance(key, str) else int(key)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a summary as plain values, for people and other programs; what is not finite is None.

    Parameters
    ----------
    table : DataFrame
        Columns of one level or two.
    """
    names = [" ".join(filter(None, map(str, np.atleast_1d(column)))) for column in table.columns]
    index = str(table.index.name or "row")
    rows = []
    for key, row in zip(table.index, table.itertuples(index=False), strict=True):
        values = dict(zip(names, map(_value, row), strict=True))
        rows.append({index: _key(key), **values})
    return rows


def _value(value: Any) -> str | float | None:
    """A cell as JSON has it: words, numbers, None for what is missing or not finite."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float | np.number | np.bool_):
        return float(value) if np.isfinite(value) else None
    return str(value)


def to_json(stored: Stored, summary: pd.DataFrame, path: str | Path | None = None) -> str:
    """Write a result as JSON text, draws included (compressed).

    Parameters
    ----------
    stored : Stored
    summary : DataFrame
        Written for readers; not read back.
    path : path, optional
        Also write it there, whole or not at all.
    """
    content = {
        "format": FORMAT,
        "kind": stored.kind,
        **stored.about,
        "provenance": stored.provenance,
        "summary": records(summary),
        "tables": {name: _pack_dataset(_table(frame)) for name, frame in stored.tables.items()},
        "draws": _pack_dataset(stored.draws),
    }
    text = json.dumps(content, indent=1, allow_nan=False)
    if path is not None:
        with replacing(as_path(path)) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return text


def _text(source: object) -> str:
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith("{"):
        return source.lstrip("\ufeff")
    if not isinstance(source, str | Path) or not str(source).strip():
        raise CritminError(f"expected JSON text or the path of a file with it, got {source!r:.80}")
    try:
        return Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CritminError(f"{str(source)[:200]}: cannot be read ({reason:.200})") from error


def from_json(source: str | Path, kind: str) -> Stored:
    """Read what `to_json` wrote.

    Parameters
    ----------
    source : str or path
        The text itself, or the path of a file with it.
    kind : str
        Of the result expected.

    Raises
    ------
    CritminError
        If it is not such a text.
    """
    text = _text(source)
    try:
        content = json.loads(text)
        found = content.pop("format", None), content.pop("kind", None)
        if found != (FORMAT, kind):
            raise CritminError(f"not a {kind} of format {FORMAT!r}: {found[1]!r} of {found[0]!r}")
        content.pop("summary")
        tables = {
            str(n): _unpack_dataset(t).to_dataframe() for n, t in content.pop("tables").items()
        }
        draws = _unpack_dataset(content.pop("draws"))
        return Stored(kind, draws, dict(content.pop("provenance")), content, tables)
    except _BROKEN as error:
        raise CritminError(f"not a {kind} as to_json writes it: {error!r:.300}") from error


def to_netcdf(stored: Stored, path: str | Path) -> Path:
    """Write a result as a netCDF file, whole or not at all.

    Parameters
    ----------
    stored : Stored
    path : path
    """
    target = as_path(path)
    attrs = {
        "format": FORMAT,
        "kind": stored.kind,
        "about": json.dumps(stored.about),
        "provenance": json.dumps(stored.provenance),
    }
    tree = {"/": xr.Dataset(attrs=attrs), "/draws": stored.draws}
    tree |= {f"/tables/{name}": _table(frame) for name, frame in stored.tables.items()}
    made = netcdf(xr.DataTree.from_dict(tree))
    with replacing(target) as temporary:
        temporary.write_bytes(made)
    return target


def from_netcdf(path: str | Path, kind: str) -> Stored:
    """Read what `to_netcdf` wrote.

    Raises
    ------
    CritminError
        If it is not such a file.
    """
    source = as_path(path)
    if not is_file(source):
        raise CritminError(f"{str(source)[:200]}: no such file")
    try:
        with xr.open_datatree(unharmed(source), engine="h5netcdf") as opened:
            tree = opened.load()
    except CritminError as error:
        raise CritminError(f"{source}: {error}") from error
    except Exception as error:  # HDF5 raises of every kind where bytes are damaged
        raise CritminError(f"{source}: not a readable {kind} ({error!r:.200})") from error
    try:
        found = tree.attrs.get("format"), tree.attrs.get("kind")
        if found != (FORMAT, kind):
            raise CritminError(f"{source}: {found[1]!r} of format {found[0]!r}, not a {kind}")
        tables = {}
        if "tables" in tree.children:
            tables = {
                str(name): child.to_dataset().to_dataframe()
                for name, child in tree["tables"].children.items()
            }
        return Stored(
            kind,
            tree["draws"].to_dataset(),
            json.loads(tree.attrs["provenance"]),
            json.loads(tree.attrs["about"]),
            tables,
        )
    except (OSError, *_BROKEN) as error:
        raise CritminError(f"{source}: not a readable {kind} ({error!r:.200})") from error


def one_chain(draws: xr.Dataset) -> xr.Dataset:
    """Draws (sample, ...) as ArviZ has those of a single chain."""
    tidy = draws.rename(sample="draw").expand_dims(chain=[0])
    return tidy.assign_coords(draw=np.arange(tidy.sizes["draw"]))


def to_datatree(stored: Stored, observed: pd.DataFrame | None = None) -> xr.DataTree:
    """Hand over to ArviZ: group ``posterior_predictive`` with a single chain.

    Parameters
    ----------
    stored : Stored
    observed : DataFrame, optional
        History, for the group ``observed_data``.
    """
    draws = stored.draws
    groups = {"posterior_predictive": one_chain(draws) if "sample" in draws.dims else draws}
    if observed is not None:
        groups["observed_data"] = _table(observed)
    return xr.DataTree.from_dict(groups)


class Saved:
    """What every result of draws can do: it says what it consists of, and is written and read so.

    A result is a dataclass with a `summary` that has `_stored` and `_of`; the name of its class is the
    kind that its files state.
    """

    __slots__ = ()

    def summary(self) -> pd.DataFrame:
        """What is written for readers."""
        raise NotImplementedError

    def _stored(self) -> Stored:
        raise NotImplementedError

    @classmethod
    def _of(cls, stored: Stored) -> Self:
        raise NotImplementedError

    @classmethod
    def _whole(cls, stored: Stored) -> Self:
        """What was read, refused where a part is missing without which it cannot be shown."""
        try:
            if not isinstance(stored.about.get("mineral", ""), str):
                raise TypeError("mineral is no text")
            made = cls._of(stored)
            made._repr_html_()
            repr(made)
        except CritminError:
            raise
        except (*_BROKEN, IndexError) as error:
            raise CritminError(f"not a whole {stored.kind}: {error!r:.300}") from error
        return made

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def to_datatree(self) -> xr.DataTree:
        """Hand over to ArviZ: group ``posterior_predictive`` with a single chain."""
        return to_datatree(self._stored())

    def to_json(self, path: str | Path | None = None) -> str:
        """Write everything, draws included, as JSON text; see `critmin.internal.storage.to_json`."""
        return to_json(self._stored(), self.summary(), path)

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read what `to_json` wrote, bit for bit; see `critmin.internal.storage.from_json`."""
        return cls._whole(from_json(source, cls.__name__))

    def to_netcdf(self, path: str | Path) -> Path:
        """Write everything as a netCDF file; see `critmin.internal.storage.to_netcdf`."""
        return to_netcdf(self._stored(), path)

    @classmethod
    def from_netcdf(cls, path: str | Path) -> Self:
        """Read what `to_netcdf` wrote, bit for bit; see `critmin.internal.storage.from_netcdf`."""
        return cls._whole(from_netcdf(path, cls.__name__))
