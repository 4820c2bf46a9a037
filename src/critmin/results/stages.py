"""What is refined of a mineral that is counted at the mine, as variables of a forecast."""

from typing import Any

import numpy as np
import xarray as xr

from critmin.data.countries import ROW, country_names
from critmin.data.production import MINED, REFINED, STAGES
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.arrays import Floats
from critmin.model.refiners import history, main_stage, two_stages
from critmin.posterior import Posterior
from critmin.simulation.paths import Paths
from critmin.simulation.refining import ore_held, refined

BY_REFINER = ("refiner", "sample", "year")


def second_stage(
    posterior: Posterior, mineral: str, seed: int, paths: Paths, attrs: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Variables and coordinates of the second stage; none where one stage was known at the origin.

    Parameters
    ----------
    posterior : Posterior
    mineral : str
    seed : int
    paths : Paths
    attrs : dict of str to str
        Of tonnes.
    """
    if mineral not in two_stages() or history(mineral, posterior.origin)[0].empty:
        return {}, {}
    made = refined(posterior, mineral, seed, paths)
    about = {"basis": made.about.basis, "year": made.about.year}
    variables = {"refined": (BY_REFINER, made.output, {**attrs, **about})}
    stage = [REFINED if fenced else MINED for fenced in made.fenced]
    names = [country_names().get(c, "others") for c in made.countries]
    coords = {
        "refiner": made.countries,
        "refiner_name": ("refiner", names),
        "restricts": ("country", stage),
    }
    return variables, coords


def check_stage(mineral: str, stage: str | None) -> bool:
    """Whether a stage is the second one of a mineral.

    Raises
    ------
    CritminError
        If there is no such stage, or nothing is known of it.
    """
    if stage is None:
        return False
    if not isinstance(stage, str) or stage not in STAGES:
        raise UnknownNameError.of("stage", stage, STAGES)
    main = main_stage(mineral)
    if stage != main and (stage == MINED or mineral not in two_stages()):
        raise CritminError(
            f"{mineral}: supply is forecast {main} alone; both stages are known of "
            f"{', '.join(two_stages())}"
        )
    return stage != main


def refined_supply(draws: xr.Dataset) -> xr.DataArray:
    """Tonnes that each refiner brings to market (refiner, sample, year): what it does not withhold.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.Forecast`.

    Raises
    ------
    CritminError
        If it is of a time before anybody's refined output was known.
    """
    if "refined" not in draws:
        raise CritminError("no refined output was known at the origin of this forecast")
    made = draws["refined"]
    sold = 1 - draws["withheld"] * draws["normal_exports"]
    own = sold.where(draws["restricts"] == REFINED, 1.0).drop_vars(["name", "restricts"])
    of_all = own.rename(country="refiner").reindex(refiner=made["refiner"].values, fill_value=1.0)
    return (made * of_all).transpose(*BY_REFINER)


def before_restrictions(
    draws: xr.Dataset,
) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, Floats]]:
    """What each refiner would refine if nothing were held back, and the share of it that is, and was.

    Beside what its own measures withhold, a refiner lacks its part of the ore that others hold back, as
    far as it refines a larger share of the world's output than it mines: the rest is its own ore.

    Parameters
    ----------
    draws : Dataset
        Of a `critmin.Forecast` with ``refined``.

    Returns
    -------
    dict of str to array (sample, year)
        Tonnes, and shares, by country.
    dict of str to array (sample, 1)
        Shares at the origin.
    """
    by_country = ("country", "sample", "year")
    mined, supply, held = (
        draws[name].transpose(*by_country).values for name in ("production", "supply", "withheld")
    )
    unsold = 1 - np.divide(supply, mined, out=np.ones_like(mined), where=mined > 0)
    made = draws["refined"].transpose(*BY_REFINER).values
    output, withheld = _without(draws, mined, unsold, held, made)
    now = draws["withheld_now"].transpose("country", "sample").values[..., None]
    exported = draws["normal_exports"].transpose(*by_country).values[..., :1]
    _, before = _without(draws, mined[..., :1], now * exported, now, made[..., :1])
    return output, withheld, before


def _without(
    draws: xr.Dataset, mined: Floats, unsold: Floats, held: Floats, made: Floats
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """What refiners would refine without restrictions, and the share of it that they lack.

    Parameters
    ----------
    draws : Dataset
    mined, unsold, held : arrays (country, sample, year)
        Output, and what is withheld as a share of it and of normal exports.
    made : array (refiner, sample, year)
    """
    ore = ore_held(mined, unsold, draws["restricts"].values == REFINED)
    missing, part = ore.sum(axis=0), mined / mined.sum(axis=0)
    stranger = (np.zeros_like(missing),) * 3
    # The rest's miners and the rest's refiners are other countries.
    at = {str(c): i for i, c in enumerate(draws["country"].values) if c != ROW}
    output, withheld = {}, {}
    for name, tonnes in zip(map(str, draws["refiner"].values), made, strict=True):
        i = at.get(name)
        own, kept, back = (part[i], held[i], ore[i]) if i is not None else stranger
        refines = np.maximum(tonnes / made.sum(axis=0), np.finfo(float).tiny)
        bought = np.maximum(1 - own / refines, 0.0)
        output[name] = tonnes / (1 - missing)
        withheld[name] = 1 - (1 - kept) * (1 - bought * (missing - back))
    return output, withheld
