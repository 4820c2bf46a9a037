"""Tables of an audit's page as HTML: headings of two levels, numbers that line up."""

import html
import re
from typing import Any

import numpy as np
import pandas as pd

from critmin.internal.tables import significant


def page_table(table: pd.DataFrame) -> str:
    """A table with its index as first columns.

    Parameters
    ----------
    table : DataFrame
        With one or two levels of columns; two become two rows of headings.

    Returns
    -------
    str
        Numbers have four digits, below one three. Text is escaped; what stands between backticks is code.

    Examples
    --------
    >>> print(page_table(pd.DataFrame({"price": [7_440.3]}, index=pd.Index([2030], name="year"))))
    <table><thead><tr><th scope="col">year</th><th scope="col">price</th></tr></thead><tbody><tr><th
    scope="row">2030</th><td>7,440</td></tr></tbody></table>
    """
    index = table.index.to_frame(index=False)
    keys = len(index.columns)
    names = [str(name) if isinstance(name, str) else "" for name in table.index.names]
    columns = [index.iloc[:, i] for i in range(keys)]
    columns += [table.iloc[:, i] for i in range(table.shape[1])]
    texts = [not (column.dtype.kind in "iufb" or _numbers(column)) for column in columns]
    cells = [_column(column) for column in columns]
    rows = []
    for row in zip(*cells, strict=True):
        marked = []
        for i, (cell, text) in enumerate(zip(row, texts, strict=True)):
            kind = ' class="text"' if text else ""
            if i < keys:
                marked.append(f'<th scope="row"{kind}>{_marked(cell)}</th>')
            else:
                marked.append(f"<td{kind}>{_marked(cell)}</td>")
        rows.append(f"<tr>{''.join(marked)}</tr>")
    head = _head(names, table.columns, texts)
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _head(names: list[str], columns: "pd.Index[Any]", texts: list[bool]) -> str:
    """Headings: one row, or two where columns have two levels."""
    keys = len(names)
    kinds = [' class="text"' if text else "" for text in texts]
    if columns.nlevels == 1:
        labels = [*names, *map(str, columns)]
        cells = [
            f'<th scope="col"{kind}>{_said(label)}</th>'
            for label, kind in zip(labels, kinds, strict=True)
        ]
        return f"<tr>{''.join(cells)}</tr>"
    upper = [
        f'<th scope="col" rowspan="2"{kind}>{_said(label)}</th>'
        for label, kind in zip(names, kinds[:keys], strict=True)
    ]
    lower = []
    levels = [(str(column[0]), str(column[-1])) for column in columns]
    for i, (group, label) in enumerate(levels):
        if not label:
            upper.append(f'<th scope="col" rowspan="2"{kinds[keys + i]}>{_said(group)}</th>')
            continue
        if i == 0 or levels[i - 1][0] != group:
            span = next(
                (j for j, (other, _) in enumerate(levels[i:]) if other != group), len(levels) - i
            )
            upper.append(f'<th scope="colgroup" colspan="{span}" class="group">{_said(group)}</th>')
        lower.append(f'<th scope="col"{kinds[keys + i]}>{_said(label)}</th>')
    return f"<tr>{''.join(upper)}</tr><tr>{''.join(lower)}</tr>"


def _said(label: str) -> str:
    return html.escape(label.replace("_", " "))


def _marked(text: str) -> str:
    """Escaped, and what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _numbers(column: "pd.Series[Any]") -> bool:
    """Whether a column is of numbers but for some that say yes or no."""
    return all(_is_number(value) or isinstance(value, bool | np.bool_) for value in column)


def _column(column: "pd.Series[Any]") -> list[str]:
    """What stands in the cells of a column; years have no thousands."""
    whole = column.dtype.kind in "iu"
    years = whole and bool(column.between(1800, 2200).all())
    return [
        str(value) if years else _number(float(value)) if _is_number(value) else _word(value)
        for value in column
    ]


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    shown = (
        f"{value:,.0f}"
        if value == round(value)
        else significant(value, 4 if abs(value) >= 1 else 3)
    )
    return shown.replace("-", "−")


def _word(value: object) -> str:
    return {"True": "yes", "False": "no"}.get(str(value), str(value))
