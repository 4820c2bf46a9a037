"""Pictures that results of several layers share."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_intervals(table: pd.DataFrame, label: str, ax: "Axes | None" = None) -> "Axes":
    """Draw medians and intervals of a table, a row each.

    Parameters
    ----------
    table : DataFrame
        Columns ``median``, a lower and an upper bound; named rows.
    label : str
        Of the axis.
    ax : Axes, optional
        A new figure by default.
    """
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(7, 1.5 + 0.18 * len(table)), layout="constrained")
    at = np.arange(len(table))[::-1]
    low, high = (table.drop(columns="median").iloc[:, side] for side in (0, -1))
    ax.hlines(at, low, high, lw=2)
    ax.plot(table["median"], at, "o", ms=4)
    ax.set_yticks(at, [str(name) for name in table.index], fontsize=8)
    ax.set_xlabel(f"{label.replace('_', ' ')}: median, {low.name} to {high.name}")
    return ax
