"""What a control withheld: exports before and after it took effect."""

import numpy as np
import pandas as pd

from critmin.data.catalogue import load
from critmin.data.tables import export_controls
from critmin.exceptions import UnknownNameError

NORMAL = (-48, -12)
"""Months around a control: normal exports are those of the fourth to second year before it, as in the
last one people buy ahead."""
LAST_YEAR = (-12, 0)
AFTER = (0, 24)

_ENOUGH = 3  # months of normal exports that outweigh more months of the last year
_LONG = 9  # a period of so many months may have one outside its window
_FIRST_WEEK = 7
_OF_CONTROL = ("mineral", "form", "country", "effective", "material")


def export_volumes(mineral: str | None = None) -> pd.DataFrame:
    """Exports before and after each control, by what was reported of them.

    A month counts as one after the control if that took effect in its first week, and a period of nine
    months or more may have one month outside the window. Figures of a window are taken from the longest
    period to the shortest, none for months that have one already. Where two sources differ on the same
    period, the middle is taken and the half range is an error. So is what months without a figure may
    hide: the spread of single months (measured over all forms) over the root of the months known, less as
    more of the window is known.

    Parameters
    ----------
    mineral : str, optional
        All by default.

    Returns
    -------
    DataFrame
        One row a form and control: mineral, form, country, effective, material (is the form what is priced:
        "yes", "part" or "other form"), basis ("normal": fourth to second year before, "last year": buying
        ahead may be in it, "none"), before, after (kilograms a month), months_before, months_after (with
        a figure), before_error, after_error (relative, one standard deviation), ratio (after over before)
        and ratio_error (absolute); NaN where there is no figure. A ratio from one or two months says little
        and shows it in its error.

    Raises
    ------
    UnknownNameError
        If no control of this mineral is measured.

    See Also
    --------
    critmin.data.load_trade : Trade of all pairs of countries by year.
    critmin.trade.normal_exports : What a country exports in a calm year.

    Examples
    --------
    >>> table = export_volumes("gallium").set_index("form")
    >>> bool(table.loc["gallium", "ratio"] < 1.1)
    True
    """
    controls = export_controls()
    if mineral is not None:
        if mineral not in set(controls["mineral"]):
            raise UnknownNameError.of("mineral with measured exports", mineral, controls["mineral"])
        controls = controls[controls["mineral"] == mineral]
    facts = _facts()
    spread = _monthly_spread(facts)
    rows = []
    for control in controls.to_dict("records"):
        start = _first_month(str(control["effective"]))
        part = facts[facts["form"] == control["form"]]
        before, basis = _window(part, start, NORMAL, spread), "normal"
        last_year = _window(part, start, LAST_YEAR, spread)
        if before[1] < min(_ENOUGH, last_year[1]):
            before, basis = last_year, "last year"
        after = _window(part, start, AFTER, spread)
        ratio = after[0] / before[0]
        rows.append(
            {
                **{key: control[key] for key in _OF_CONTROL},
                "basis": basis if before[1] else "none",
                "before": before[0],
                "after": after[0],
                "months_before": before[1],
                "months_after": after[1],
                "before_error": before[2],
                "after_error": after[2],
                "ratio": ratio,
                "ratio_error": ratio * np.hypot(before[2], after[2]),
            }
        )
    table = pd.DataFrame(rows)
    table.attrs = {
        "units": {"before": "kg a month", "after": "kg a month"},
        "datasets": ["critmin-export-volumes"],
    }
    return table


def yearly_exports(mineral: str | None = None) -> pd.DataFrame:
    """Exports of each calendar year after a control, against those before it.

    The year of a control holds its months from the control on; later years are whole. Before is as in
    `export_volumes`.

    Parameters
    ----------
    mineral : str, optional
        All by default.

    Returns
    -------
    DataFrame
        One row a form, control and year with a figure: mineral, form, country, effective, material,
        basis, year, months (with a figure), log_ratio (of kilograms a month, after over before) and sd,
        its standard deviation. A year in which nothing was exported in the few months known has none.

    Examples
    --------
    >>> table = yearly_exports("germanium")
    >>> bool((table["log_ratio"] < -0.4).all())
    True
    """
    facts, rows = _facts(), []
    spread = _monthly_spread(facts)
    for control in export_volumes(mineral).to_dict("records"):
        if not control["months_before"]:
            continue
        start = _first_month(str(control["effective"]))
        part = facts[facts["form"] == control["form"]]
        last = int(part["stop"].max()) - 1
        for year in range(start // 12, last // 12 + 1):
            window = (max(12 * year - start, 0), 12 * (year + 1) - start)
            after, months, error = _window(part, start, window, spread)
            if months and after > 0:
                rows.append(
                    {
                        **{key: control[key] for key in (*_OF_CONTROL, "basis")},
                        "year": year,
                        "months": months,
                        "log_ratio": np.log(after / control["before"]),
                        "sd": float(np.hypot(control["before_error"], error)),
                    }
                )
    columns = [*_OF_CONTROL, "basis", "year", "months", "log_ratio", "sd"]
    return pd.DataFrame(rows, columns=columns)


def _facts() -> pd.DataFrame:
    """Figures by period, one row each; contradicting ones as low and high."""
    table = load("critmin-export-volumes")
    table["start"], table["stop"] = table["first"].map(_month), table["last"].map(_month) + 1
    groups = table.groupby(["form", "start", "stop"])["value"]
    return groups.agg(low="min", high="max").reset_index()


def _first_month(effective: str) -> int:
    return _month(effective[:7]) + (int(effective[8:]) > _FIRST_WEEK)


def _month(text: str) -> int:
    year, month = map(int, text.split("-"))
    return 12 * year + month - 1


def _monthly_spread(facts: pd.DataFrame) -> float:
    """Spread of single months relative to their year's mean, where a year has three or more."""
    single = facts[(facts["stop"] - facts["start"] == 1) & (facts["low"] > 0)]
    value = (single["low"] + single["high"]) / 2
    groups = value.groupby([single["form"], single["start"] // 12])
    enough = groups.transform("size") >= 3
    relative = (value / groups.transform("mean") - 1)[enough]
    freedom = int(enough.sum()) - groups.ngroups + int((groups.size() < 3).sum())
    return float(np.sqrt((relative**2).sum() / freedom))


def _window(
    facts: pd.DataFrame, start: int, window: tuple[int, int], spread: float
) -> tuple[float, int, float]:
    """Mean a month, months with a figure, relative error."""
    first, last = start + window[0], start + window[1]
    length = facts["stop"] - facts["start"]
    slack = (length >= _LONG).astype(int)
    outside = (first - facts["start"]).clip(lower=0) + (facts["stop"] - last).clip(lower=0)
    inside = facts.assign(months=length)[outside <= slack]
    total, doubt, months, known = 0.0, 0.0, 0, np.zeros(last - first, dtype=bool)
    for row in inside.sort_values(["months", "start"], ascending=[False, True]).to_dict("records"):
        span = slice(max(int(row["start"]) - first, 0), int(row["stop"]) - first)
        if known[span].any():
            continue
        known[span] = True
        months += int(row["months"])
        total += (row["low"] + row["high"]) / 2
        doubt += (row["high"] - row["low"]) / 2
    if months == 0:
        return float("nan"), 0, float("nan")
    hidden = spread / np.sqrt(months) * np.sqrt(1 - known.mean())
    conflict = doubt / total if total else 0.0
    return total / months, months, float(np.hypot(hidden, conflict))
