"""Meta-analysis of published elasticities: a small hierarchical model, and the priors it gives.

Its data are the estimates of the GLOMBO literature database (Ryter and others, 2022). Estimates of
one metal differ by what they estimate (within the year or in the long run), by method (least
squares of quantity on price is biased towards zero: Working 1927, Quarterly Journal of Economics
41), by publication, and by sampling error; the model takes each apart, as random-effects
meta-analysis does (Higgins, Thompson and Spiegelhalter 2009, JRSS A 172). What is left is the
elasticity of each metal, and the distribution from which that of a metal without a literature is a
new draw.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from critmin.data import catalogue
from critmin.data.tables import table_bytes
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.model.prior import expit

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

NEW_METAL = "any other"
"""Row of the priors for a metal without a literature."""

SERIES: Mapping[str, tuple[str, int]] = {
    "supply": ("Mine CU elasticity to TCM", 1),
    "demand": ("Demand elasticity to price", -1),
    "income": ("Demand elasticity to GDPPC", 1),
}
"""Parameter of the database behind each elasticity, and the sign that makes it positive."""

LARGEST = 3.0
"""Estimates beyond this are elasticities of something else (an index, a share) and are left out."""

_IDENTIFIED = re.compile(
    r"stage least|instrument|simultaneous|generalized method|error correction", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Estimates:
    """Published estimates of one elasticity, positive as theory has it.

    Attributes
    ----------
    value : array (N,)
    metal, publication : arrays (N,)
        Positions in `metals` and `publications`.
    reach : array (N,)
        0 within the year, 1 in the long run, 0.5 static or not said.
    identified : array (N,) of bool
        Whether the method separates supply from demand (instruments, systems of equations).
    metals, publications : list of str
    """

    value: Floats
    metal: Ints
    publication: Ints
    reach: Floats
    identified: Bools
    metals: list[str]
    publications: list[str]


def published(elasticity: str) -> Estimates:
    """Estimates of ``"supply"``, ``"demand"`` (to the price) or ``"income"`` elasticity."""
    parameter, sign = SERIES[elasticity]
    table = catalogue.load("glombo-elasticities")
    table = table[(table["parameter"] == parameter) & (table["value"].abs() <= LARGEST)]
    # "Tcha (2002), a" and "..., b" are two tables of one publication.
    name = table["publication"].str.replace(r",\s*[a-z]$", "", regex=True)
    metal, metals = pd.factorize(table["metal"], sort=True)
    publication, publications = pd.factorize(name, sort=True)
    reach = table["run"].map({"short": 0.0, "long": 1.0}).fillna(0.5)
    return Estimates(
        value=sign * table["value"].to_numpy(dtype=float),
        metal=metal.astype(np.int64),
        publication=publication.astype(np.int64),
        reach=reach.to_numpy(dtype=float),
        identified=table["method"].str.contains(_IDENTIFIED).to_numpy(dtype=bool),
        metals=[str(m) for m in metals],
        publications=[str(p) for p in publications],
    )


def build_meta_analysis(elasticity: str) -> "pm.Model":
    """Build the hierarchical model of one elasticity's published estimates.

    Parameters
    ----------
    elasticity : {"supply", "demand", "income"}

    Returns
    -------
    pm.Model
        ``short`` and ``long`` (metal) are elasticities within the year and in the long run, the
        latter never smaller; ``short_new`` and ``long_new`` those of a metal not in the database.
        The income elasticity has no short and long run: its ``short`` is the elasticity.

    Notes
    -----
    estimate = short + reach (long - short) + bias (not identified) + publication + error, the
    error Student t. Elasticities are log-normal over metals: theory gives their sign, and
    estimates of the other sign are error.
    """
    import pymc as pm
    import pytensor.tensor as pt

    data = published(elasticity)
    coords = {
        "metal": data.metals,
        "publication": data.publications,
        "estimate": np.arange(len(data.value)),
    }
    with pm.Model(coords=coords) as model:
        centre = np.log(1.0 if elasticity == "income" else 0.15)
        typical = pm.Normal("typical", centre, 1.0)
        spread = pm.HalfNormal("spread", 0.7)
        metal = pm.Normal("metal_effect", 0, 1, dims="metal")
        new = pm.Normal("new_metal", 0, 1)
        short = pm.Deterministic("short", pt.exp(typical + spread * metal), dims="metal")
        short_new = pm.Deterministic("short_new", pt.exp(typical + spread * new))
        if elasticity == "income":
            mean = short[data.metal]
        else:
            further = pm.Normal("further", np.log(0.3), 1.0)
            further_spread = pm.HalfNormal("further_spread", 0.5)
            beyond = pm.Normal("further_effect", 0, 1, dims="metal")
            new_beyond = pm.Normal("new_further", 0, 1)
            rise = pt.exp(further + further_spread * beyond)
            pm.Deterministic("long", short + rise, dims="metal")
            rise_new = pm.Deterministic("rise_new", pt.exp(further + further_spread * new_beyond))
            pm.Deterministic("long_new", short_new + rise_new)
            # Static estimates lie somewhere between the two.
            static = pm.Uniform("static", 0, 1)
            reach = pt.where(data.reach == 0.5, static, data.reach)
            mean = short[data.metal] + reach * rise[data.metal]
        bias = pm.Normal("bias", 0, 0.2)
        scatter = pm.HalfNormal("publication_scatter", 0.3)
        publication = pm.Normal("publication_effect", 0, 1, dims="publication")
        pm.StudentT(
            "estimates",
            nu=pm.Gamma("tail", 2, 0.3),
            mu=mean + bias * ~data.identified + scatter * publication[data.publication],
            sigma=pm.HalfNormal("error", 0.3),
            observed=data.value,
            dims="estimate",
        )
    return model


def summarise(elasticity: str, posterior: "xr.Dataset") -> pd.DataFrame:
    """Median and spread on the log scale of each metal's elasticity, and of a new metal's.

    Returns
    -------
    DataFrame
        Columns elasticity ("supply", "supply_long", ...), metal, median, log_sd, estimates.
    """
    data = published(elasticity)
    counts = np.bincount(data.metal, minlength=len(data.metals))
    runs = [("short", elasticity)]
    if elasticity != "income":
        runs.append(("long", f"{elasticity}_long"))
    rows: list[dict[str, Any]] = []
    for run, name in runs:
        for i, metal in enumerate([*data.metals, NEW_METAL]):
            draws = (
                posterior[run].isel(metal=i) if metal in data.metals else posterior[f"{run}_new"]
            )
            # The interquartile range, robust to the tails of the predictive distribution.
            low, middle, high = np.quantile(np.log(draws.values), [0.25, 0.5, 0.75])
            rows.append(
                {
                    "elasticity": name,
                    "metal": metal,
                    "median": round(float(np.exp(middle)), 4),
                    "log_sd": round(float(high - low) / 1.349, 3),
                    "estimates": int(counts[i]) if metal != NEW_METAL else len(data.value),
                }
            )
    return pd.DataFrame(rows)


def substitution(demand: "xr.Dataset", supply: "xr.Dataset") -> pd.DataFrame:
    """Share of the long-run response to a price that is demand's, beyond the year itself.

    Returns
    -------
    DataFrame
        One row as of `summarise`; ``log_sd`` is the spread on the logit scale.
    """
    rises = [np.log(posterior["rise_new"].values.ravel()) for posterior in (demand, supply)]
    low, middle, high = np.quantile(rises[0] - rises[1], [0.25, 0.5, 0.75])
    row = {
        "elasticity": "substitution",
        "metal": NEW_METAL,
        "median": round(float(expit(middle)), 4),
        "log_sd": round(float(high - low) / 1.349, 3),
        "estimates": len(published("demand").value) + len(published("supply").value),
    }
    return pd.DataFrame([row])


@cache
def literature() -> pd.DataFrame:
    """The stored result of the meta-analysis, indexed by elasticity and metal.

    Examples
    --------
    >>> bool(literature().loc[("supply_long", "copper"), "median"] > 0.2)
    True
    """
    return pd.read_csv(BytesIO(table_bytes("literature"))).set_index(["elasticity", "metal"])


def published_prior(elasticity: str, minerals: list[str]) -> Floats:
    """Median and log spread of each mineral's elasticity, (2, mineral).

    Minerals without a literature get the predictive distribution for a new metal.
    """
    table = literature().loc[elasticity]
    rows = [m if m in table.index else NEW_METAL for m in minerals]
    return table.loc[rows, ["median", "log_sd"]].to_numpy(dtype=float).T
