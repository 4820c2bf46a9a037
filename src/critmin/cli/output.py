"""How commands print: plain aligned tables that fit the width, or JSON or CSV."""

import json
import os
import re
import shutil
import sys
import textwrap
import tomllib
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from critmin.internal.storage import records
from critmin.internal.tables import flat_columns, significant

LARGE = ((1e9, "Gt"), (1e6, "Mt"), (1e3, "kt"))
"""From how many tonnes on a column is shown in a larger unit."""


NEGLIGIBLE = 1e-9
"""What is nearer to 0 is printed as 0: no quantity has a unit in which it counts."""

FIGURE = re.compile(r"(x|-)?[\d.,]+%?( to -?[\d.,]+)?|n/a|")
"""Cells that are set to the right."""


class Result(Protocol):
    """What can be printed as JSON."""

    def to_json(self) -> str:
        """The whole result as text."""


def width() -> int | None:
    """Columns to print in: of the terminal, or those that COLUMNS says; None in a pipe or file."""
    if (given := os.environ.get("COLUMNS", "")).isdigit() and int(given) > 0:
        return int(given)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def sentence(words: str) -> str:
    """Words with a capital in front; the others keep theirs."""
    return words[:1].upper() + words[1:]


def say(text: str, indent: str = "") -> None:
    """Print words, wrapped to the width; lines after the first begin with `indent`."""
    columns = width()
    if columns is None:
        sys.stdout.write(text + "\n")
        return
    start = "\n" * (len(text) - len(text.lstrip("\n")))
    lines = textwrap.wrap(
        text.lstrip("\n"), columns, subsequent_indent=indent, break_long_words=False
    )
    sys.stdout.write(start + "\n".join(lines) + "\n")


def say_each(notes: Mapping[str, str]) -> None:
    """Print names with what they stand for."""
    for name, note in notes.items():
        say(f"{name}: {note}", indent="    ")


def tonnes(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """A table of tonnes in the largest unit in which its typical figure has a digit before the point.

    Examples
    --------
    >>> tonnes(pd.DataFrame({"IDN": [2_200_000.0]}))[1]
    'Mt'
    """
    largest = float(np.nanmax(np.abs(table.to_numpy(dtype=float)), initial=0.0))
    for size, unit in LARGE:
        if largest >= size:
            return table / size, unit
    return table, "t"


def millions(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """A table of money in millions, if it is of millions, and the word for it.

    Examples
    --------
    >>> millions(pd.DataFrame({"seller": [1_130_000_000.0]}))[1]
    'million '
    """
    largest = float(np.nanmax(np.abs(table.to_numpy(dtype=float)), initial=0.0))
    return (table / 1e6, "million ") if largest >= 1e6 else (table, "")


def medians_and_ranges(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A summary of columns (quantity, statistic) as narrow tables: medians, then each interval in a cell.

    Parameters
    ----------
    table : DataFrame
        By year; quantities without statistics stand with the medians.

    Returns
    -------
    dict of str to DataFrame
        By what is in it: ``"median"``, ``"5% to 95%"``, ... from the narrowest interval to the widest.

    Examples
    --------
    >>> columns = pd.MultiIndex.from_tuples([("price", label) for label in ("median", "5%", "95%")])
    >>> found = medians_and_ranges(pd.DataFrame([[2.0, 1.0, 30.0]], [2026], columns))
    >>> found["5% to 95%"].loc[2026, "price"]
    '1.00 to 30.0'
    """
    statistics: dict[str, list[str]] = {}
    for name, label in table.columns:
        statistics.setdefault(str(name), []).append(str(label))
    names = list(statistics)
    labels = [label for label in next(iter(statistics.values())) if label.endswith("%")]
    middle = {
        name: table[name, "median" if "median" in statistics[name] else statistics[name][0]]
        for name in names
    }
    found = {"median": pd.DataFrame(middle)}
    half = len(labels) // 2
    for low, high in zip(labels[:half][::-1], labels[half:], strict=True):
        found[f"{low} to {high}"] = pd.DataFrame(
            {
                name: table[name, low].map(cell) + " to " + table[name, high].map(cell)
                for name in names
                if low in statistics[name]
            }
        )
    return found


def cell(value: object) -> str:
    """A value as people read it: three significant digits, no exponents."""
    if isinstance(value, bool | str | int | np.integer):
        return str(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return significant(0.0 if abs(number) < NEGLIGIBLE else number)
    return str(value)


def text_table(table: pd.DataFrame) -> str:
    """A table as aligned text that fits `width`; what is wider goes on below, with its index again.

    Parameters
    ----------
    table : DataFrame
        Columns of one level or two; two stand above each other.
    """
    shown = table.map(cell)
    names = [c if isinstance(c, tuple) else (c,) for c in shown.columns]
    rows = [[str(key), *values] for key, values in zip(shown.index, shown.to_numpy(), strict=True)]
    depth = max((len(name) for name in names), default=1)
    heads = [[str(n[level]) if level < len(n) else "" for n in names] for level in range(depth)]
    corner = str(table.index.name or "")
    heads = [["" if level < depth - 1 else corner, *head] for level, head in enumerate(heads)]
    # A name above several columns stands once.
    for head in heads[:-1]:
        head[1:] = [v if i == 0 or v != head[1:][i - 1] else "" for i, v in enumerate(head[1:])]
    figures = [all(FIGURE.fullmatch(row[i]) for row in rows) for i in range(1, len(names) + 1)]
    left = [True, *(not each for each in figures)]
    sizes = [max(len(row[i]) for row in [heads[-1], *rows]) for i in range(len(names) + 1)]
    tops = [str(name[0]) for name in names]
    for i, top in enumerate(tops, start=1):
        if tops.count(top) == 1:  # a name above a single column needs its room
            sizes[i] = max(sizes[i], len(top))
    blocks = _blocks(sizes, tops)
    out = []
    for block in blocks:
        chosen = [0, *block]
        for head in heads[:-1]:
            out.append(_over(head, chosen, sizes))
        for row in [heads[-1], *rows]:
            parts = [row[i].ljust(sizes[i]) if left[i] else row[i].rjust(sizes[i]) for i in chosen]
            out.append("  ".join(parts).rstrip())
        out.append("")
    return "\n".join(out[:-1])


def _over(head: list[str], chosen: list[int], sizes: list[int]) -> str:
    """A line of names over groups of columns, each where its group begins."""
    line, at = "", 0
    current = ""
    for i in chosen:
        name = head[i]
        if i and i == chosen[1] and not name:
            name = next((h for h in reversed(head[1:i]) if h), "")  # a group that goes on below
        if name and name != current:
            line = line.ljust(at) + name + " "
            current = name
        at += sizes[i] + 2
    return line.rstrip()[: width()]


def _blocks(sizes: list[int], tops: list[str]) -> list[list[int]]:
    """Columns side by side as far as they fit; a group stays together where it can."""
    columns = width()
    every = list(range(1, len(sizes)))
    if columns is None:
        return [every]
    blocks: list[list[int]] = [[]]
    used = sizes[0]
    for i in every:
        begins = i == 1 or tops[i - 1] != tops[i - 2]
        needed = max(sizes[i], len(tops[i - 1])) if begins else sizes[i]
        if begins and tops[i - 1]:
            group = [j for j in every if tops[j - 1] == tops[i - 1]]
            together = sum(sizes[j] for j in group) + 2 * (len(group) - 1)
            if sizes[0] + 2 + together <= columns:
                needed = max(needed, together)
        if blocks[-1] and used + 2 + needed > columns:
            blocks.append([])
            used = sizes[0]
        blocks[-1].append(i)
        used += 2 + sizes[i]
    return blocks


def show(table: pd.DataFrame, title: str = "", note: str = "") -> None:
    """Print a table with a line above and words below."""
    if title:
        say(title)
    sys.stdout.write(text_table(table) + "\n")
    if note:
        say(note)


def show_toml(text: str, *, as_json: bool, as_csv: bool) -> None:
    """Print a file of terms or scenarios as it is, as JSON, or as a table of keys and values."""
    content = tomllib.loads(text)
    if as_json:
        sys.stdout.write(json.dumps(content, indent=1) + "\n")
    elif as_csv:
        table = pd.DataFrame(_flat(content), columns=["key", "value"])
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
    else:
        sys.stdout.write(text)


def _flat(value: object, key: str = "") -> list[tuple[str, object]]:
    """Every plain value of nested tables, by the way to it."""
    if isinstance(value, Mapping):
        inner: list[tuple[str, object]] = [(str(name), each) for name, each in value.items()]
    elif isinstance(value, list):
        inner = [(str(number), each) for number, each in enumerate(value)]
    else:
        return [(key, value)]
    return [row for name, each in inner for row in _flat(each, f"{key}.{name}".lstrip("."))]


def emit(
    tables: Mapping[str, pd.DataFrame],
    *,
    as_json: bool,
    as_csv: bool,
    results: Mapping[str, Result] | None = None,
    of: str = "mineral",
) -> bool:
    """Print JSON or CSV if asked for.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By mineral; a single one is printed by itself.
    as_json, as_csv : bool
    results : mapping of str to result, optional
        Whole results for JSON; the tables' rows by default.
    of : str
        What names the tables in CSV.

    Returns
    -------
    bool
        Whether something was printed.
    """
    if as_json:
        found: dict[str, Any] = (
            {name: records(table) for name, table in tables.items()}
            if results is None
            else {name: json.loads(result.to_json()) for name, result in results.items()}
        )
        content = next(iter(found.values())) if len(found) == 1 else found
        sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
    elif as_csv:
        flat = {name: flat_columns(table) for name, table in tables.items()}
        several = pd.concat(flat, names=[of]) if len(flat) > 1 else pd.DataFrame()
        whole = next(iter(flat.values())) if len(flat) == 1 else several
        sys.stdout.write(whole.to_csv(lineterminator="\n"))
    return as_json or as_csv
