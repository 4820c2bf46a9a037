"""Export restrictions of history, and what witnesses them, as the model's arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.fences import Fences
from critmin.data.fences import fences as known_fences
from critmin.internal.arrays import Floats, Ints
from critmin.mineral import get_mineral
from critmin.model.assumptions import (
    CHINA_USE_PER_INCOME,
    MOST_USE,
    SCOPE_FACTOR,
    USE_PER_INCOME,
    WITHHELD_MEAN,
)
from critmin.model.fences import MOST_OUTPUT
from critmin.model.shares import country_share

CLOSING = ("export ban", "export quota", "export licence")
"""Measures that make a fence with a price on either side, if they reach all that is traded.

Behind a ban on ore the metal goes on being sold abroad; a tax leaves exports to whoever pays it, and a
sanction is no fence of the producer's own.
"""

LEAST_SHARE = 0.005
"""Share of world output below which a country's restriction is left out."""

TRACE = 1e-4
"""Share of world output of a country that no longer produces: its fence has two sides all the same."""

LEAST_USE = 0.005
"""Smallest and, from one, largest part of its output that a country uses itself."""

UNKNOWN_TAX = 0.15
"""Most that a tax of unknown rate adds to the wedge, log points."""

VOLUME_DOUBT = {"yes": 0.1, "part": 0.25, "other form": 0.4}
"""Standard error of exports after a measure over normal ones, by whether the form is the mineral's own."""

BUYING_AHEAD = 0.1
"""More error where normal exports are those of the last year, in which people buy ahead."""


def _affected(event_mineral: str, minerals: list[str]) -> list[str]:
    """Minerals that an event's entry names: itself, or every rare earth."""
    if event_mineral == "rare_earths":
        return [m for m in minerals if get_mineral(m).group == "rare_earth" and m != "scandium"]
    return [event_mineral] if event_mineral in minerals else []


def _in_force(start: float, end: float, years: Ints) -> Floats:
    """Part of each year that lies between two decimal years; an open end lasts."""
    stop = np.inf if np.isnan(end) else end
    return np.clip(np.minimum(stop, years + 1) - np.maximum(start, years), 0, 1)


def income_share(panel: xr.Dataset, country: str) -> Floats:
    """A country's part of world income by year, the nearest known one in holes."""
    if country not in panel["country"].values:
        return np.zeros(panel.sizes["year"])
    share = (panel["gdp_country"].sel(country=country) / panel["gdp"]).to_series()
    return share.ffill().bfill().fillna(0.0).to_numpy(dtype=float)


def typical_use(output: Any, income: Any, country: str) -> Any:
    """Prior median of the share of its output that a producer uses itself.

    Parameters
    ----------
    output, income : array
        Its shares of world output and of world income.
    country : str
        The producer, an ISO code of three letters.
    """
    use = CHINA_USE_PER_INCOME if country == "CHN" else USE_PER_INCOME
    return np.clip(use * income / np.maximum(output, LEAST_SHARE), 0.01, MOST_USE)


def restriction_inputs(panel: xr.Dataset, minerals: list[str], years: Ints) -> dict[str, Any]:
    """Fields of `critmin.model.inputs.ModelInputs` on restrictions, fences and their witnesses.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`, from `critmin.model.inputs.START` on.
    minerals : list of str
    years : array (T,)
    """
    rows: list[dict[str, Any]] = []
    shares: dict[tuple[str, str], Floats] = {}
    for i in range(panel.sizes["event"]):
        measure = str(panel["event_measure"].values[i])
        if measure not in WITHHELD_MEAN:
            continue
        start, end = float(panel["event_start"][i]), float(panel["event_end"][i])
        country, scope = (str(panel[f"event_{n}"].values[i]) for n in ("country", "scope"))
        force = _in_force(start, end, years)
        for mineral in _affected(str(panel["event_mineral"].values[i]), minerals):
            fence = (mineral, country)
            if fence not in shares:
                shares[fence] = country_share(panel, mineral, country)
            if (shares[fence] * force).max() < LEAST_SHARE:
                continue
            rows.append(
                {
                    "name": f"{mineral}:{country}:{measure}:{start:.2f}",
                    "fence": fence,
                    "measure": measure,
                    "force": force,
                    "start": start,
                    "end": end,
                    "open": not end < years[-1] + 1,
                    "closes": measure in CLOSING
                    and SCOPE_FACTOR[scope] == 1
                    and not end < years[-1] + 1,
                    "mean": WITHHELD_MEAN[measure] * SCOPE_FACTOR[scope],
                }
            )
    fences = list(dict.fromkeys(row["fence"] for row in rows))
    facts = known_fences(int(years[-1]))
    output, use = _output_and_use(panel, fences, shares, facts.delta, years)
    found = {
        "restriction_names": [row["name"] for row in rows],
        "restriction_force": _matrix([row["force"] for row in rows], len(years)),
        "restriction_open": np.array([row["open"] for row in rows], dtype=bool),
        "restriction_fence": _ints([fences.index(row["fence"]) for row in rows]),
        "withheld_mean": np.array([row["mean"] for row in rows], dtype=float),
        "fence_names": [f"{m}:{c}" for m, c in fences],
        "fence_mineral": _ints([minerals.index(m) for m, _ in fences]),
        "fence_closed": np.array(
            [any(row["closes"] for row in rows if row["fence"] == fence) for fence in fences],
            dtype=bool,
        ),
        "fence_output": output,
        "fence_use": use,
    }
    return found | _witnesses(rows, fences, years, facts)


def _output_and_use(
    panel: xr.Dataset,
    fences: list[tuple[str, str]],
    shares: dict[tuple[str, str], Floats],
    delta: pd.DataFrame,
    years: Ints,
) -> tuple[Floats, Floats]:
    """Shares of output at the fence's stage, and prior medians of the part used at home."""
    output, use = [], []
    known = dict(list(delta.groupby(["mineral", "country"])))
    for fence in fences:
        share = shares[fence]
        part = typical_use(share, income_share(panel, fence[1]), fence[1])
        # Elsewhere what is measured of a handful of others says less than the country's income.
        measured = fence in known and (known[fence]["basis"] == "measured").all()
        if fence in known and (measured or fence[1] == "CHN"):
            rows = known[fence].set_index("year").reindex(years).bfill().ffill()
            share = rows["share"].to_numpy(dtype=float)
            part = (rows["delta"] / np.maximum(rows["share"], LEAST_SHARE)).to_numpy(dtype=float)
        output.append(np.clip(share, TRACE, MOST_OUTPUT))
        use.append(np.clip(part, LEAST_USE, 1 - LEAST_USE))
    return _matrix(output, len(years)), _matrix(use, len(years))


def _active(rows: list[dict[str, Any]], fence: tuple[str, str], date: float) -> list[float]:
    """1 for the measures of a fence in force on a date; duties are in the taxes."""
    return [
        float(
            row["fence"] == fence
            and row["measure"] != "export tax"
            and row["start"] <= date
            and not row["end"] <= date
        )
        for row in rows
    ]


def _witnesses(
    rows: list[dict[str, Any]], fences: list[tuple[str, str]], years: Ints, facts: Fences
) -> dict[str, Any]:
    """Pairs of prices across a fence and exports after a measure, known at the panel's end."""
    taxes = facts.tax.set_index(["mineral", "country", "year"])
    pairs: list[tuple[int, int, float, float, list[float]]] = []
    for pair in facts.wedge.itertuples(index=False):
        fence, year = (str(pair.mineral), str(pair.country)), int(pair.date)
        if fence not in fences or year not in years or pair.weight <= 0:
            continue
        low, high, tax = taxes.loc[(*fence, year), ["low", "high", "tax"]].astype(float)
        unsure = 0.0
        if np.isnan(tax):
            high = low + UNKNOWN_TAX if np.isnan(high) else high
            tax, unsure = (low + high) / 2, (high - low) / 12**0.5
        error = np.hypot(pair.sd, unsure) / pair.weight**0.5
        place, when = fences.index(fence), int(year - years[0])
        pairs.append((place, when, pair.log_wedge - tax, error, _active(rows, fence, pair.date)))
    volumes: list[tuple[int, float, float, list[float]]] = []
    for row in facts.exports_ratio.itertuples(index=False):
        fence, year = (str(row.mineral), str(row.country)), int(row.year)
        active = _active(rows, fence, year + 0.999)
        if year not in years or not np.isfinite(row.log_ratio) or not any(active):
            continue
        extra = VOLUME_DOUBT[str(row.material)] + BUYING_AHEAD * (row.basis != "normal")
        ratio = float(np.exp(row.log_ratio))
        error = float(np.hypot(ratio * row.sd, extra))
        volumes.append((int(year - years[0]), ratio, error, active))
    wedge_active = _matrix([each[-1] for each in pairs], len(rows))
    volume_active = _matrix([each[-1] for each in volumes], len(rows))
    return {
        "wedge_fence": _ints([each[0] for each in pairs]),
        "wedge_year": _ints([each[1] for each in pairs]),
        "wedge_log": np.array([each[2] for each in pairs], dtype=float),
        "wedge_error": np.array([each[3] for each in pairs], dtype=float),
        "wedge_active": wedge_active,
        "volume_year": _ints([each[0] for each in volumes]),
        "volume_ratio": np.array([each[1] for each in volumes], dtype=float),
        "volume_error": np.array([each[2] for each in volumes], dtype=float),
        "volume_active": volume_active,
        "restriction_witnessed": (wedge_active > 0).any(axis=0) | (volume_active > 0).any(axis=0),
    }


def _ints(values: Any) -> Ints:
    return np.array(values, dtype=np.int64)


def _matrix(rows: Sequence[Any], width: int) -> Floats:
    return np.array(rows, dtype=float).reshape(len(rows), width)
