"""What is known of state support, as the model's inputs."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.distortion import countervailing
from critmin.data.tables import support_evidence
from critmin.internal.arrays import Floats, Ints
from critmin.model.assumptions import SUPPORT_SPACING, SUPPORT_YEARS
from critmin.model.shares import country_growth, country_share


def support_ramps(years: Ints) -> Floats:
    """How far each step of the state support has come by each year, (support_year, year)."""
    since = (years[None, :] - SUPPORT_YEARS[:, None]) / SUPPORT_SPACING
    ramps: Floats = np.clip(since + 1, 0, 1)
    return ramps


def support_inputs(panel: xr.Dataset, minerals: list[str], years: Ints) -> dict[str, Any]:
    """Fields of `critmin.model.inputs.ModelInputs` on state support.

    Parameters
    ----------
    panel : Dataset
        Of `critmin.data.load_panel`, from `critmin.model.inputs.START` on.
    minerals : list of str
    years : array (T,)
        Findings later than the last of them are not known.
    """
    names, where, shares, growth, rates, found = [], [], [], [], [], []
    findings = countervailing()
    findings = findings[findings["year"].between(years[0], years[-1])]
    for row in support_evidence(int(years[-1])).itertuples(index=False):
        if row.mineral not in minerals:
            continue
        mineral, country = str(row.mineral), str(row.country)
        share = (
            country_share(panel, mineral, country)
            if np.isnan(row.share)
            else np.full(len(years), float(row.share))
        )
        ramp = np.clip((years - row.since) / max(row.full - row.since, 1), 0, 1)
        names.append(f"{mineral}:{country}")
        where.append(minerals.index(mineral))
        shares.append(share * ramp)
        growth.append(country_growth(panel, mineral, country))
        rate, year = _countervailed(findings, mineral, country, years)
        rates.append(rate)
        found.append(year)
    t = len(years)
    return {
        "support_names": names,
        "support_mineral": np.array(where, dtype=np.int64),
        "support_share": np.array(shares, dtype=float).reshape(-1, t),
        "support_growth": np.array(growth, dtype=float).reshape(-1, t),
        "support_rate": np.array(rates, dtype=float),
        "support_rate_year": np.array(found, dtype=np.int64),
    }


def _countervailed(
    findings: pd.DataFrame, mineral: str, country: str, years: Ints
) -> tuple[float, int]:
    """Mean log of one and the rates found against a producer, and the position of their middle year."""
    table = findings[(findings["mineral"] == mineral) & (findings["country"] == country)]
    if not len(table):
        return float("nan"), 0
    middle = int(table["year"].median())
    return float(np.log1p(table["value"]).mean()), int(np.searchsorted(years, middle))
