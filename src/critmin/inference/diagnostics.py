"""The gate: which fits are results."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

MAX_RHAT = 1.01


MIN_ESS = 400


RUN = ("divergences", "bfmi", "saturated")
"""What `run` tells."""

DEEPEST = 10
"""Doublings of a trajectory at which all samplers stop by default."""


def run(stats: xr.Dataset) -> dict[str, float]:
    """How the sampler ran: what its draws do not show.

    Parameters
    ----------
    stats : Dataset
        Statistics (chain, draw) of a sampler.

    Returns
    -------
    dict of str to float
        ``divergences``; ``bfmi``, the least estimated fraction of missing information of a chain
        (Betancourt 2016, arXiv 1604.00695), where below 0.3 momentum hardly reaches the tails;
        ``saturated``, the share of draws whose trajectory was cut at its greatest depth. NaN where the
        sampler does not say.
    """
    from arviz_stats import bfmi

    full = next((n for n in ("maxdepth_reached", "reached_max_treedepth") if n in stats), None)
    if full is not None:
        saturated = float(stats[full].mean())
    elif "tree_depth" in stats:
        saturated = float((stats["tree_depth"] >= DEEPEST).mean())
    else:
        saturated = float("nan")
    energy = float(bfmi(stats[["energy"]])["energy"].min()) if "energy" in stats else float("nan")
    return {
        "divergences": float(stats["diverging"].sum()),
        "bfmi": energy,
        "saturated": saturated,
    }


def together(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The worst of several models' `run`, divergences added up."""
    found = {
        "divergences": float(sum(each["divergences"] for each in runs)),
        "bfmi": min(float(each["bfmi"]) for each in runs),
        "saturated": max(float(each["saturated"]) for each in runs),
    }
    lost = [n for n in ("bfmi", "saturated") if any(np.isnan(float(each[n])) for each in runs)]
    return found | dict.fromkeys(lost, float("nan"))


def _worst(values: xr.Dataset, varying: xr.Dataset, sign: int) -> tuple[float, str]:
    """Largest (sign 1) or smallest (sign -1) value among what varies, and where it stands.

    What is not finite is worse than any number.
    """
    best, where = -np.inf, ""
    for name, variable in values.data_vars.items():
        flat = sign * variable.values.astype(float).ravel()
        # Infinite of the wrong sign (no effective draw at all) is as bad as NaN.
        flat = np.where(np.isfinite(flat), flat, np.inf)
        flat = np.where(varying[name].transpose(*variable.dims).values.ravel(), flat, -np.inf)
        position = int(flat.argmax()) if flat.size else 0
        if flat.size and flat[position] > best:
            index = np.unravel_index(position, variable.shape)
            labels = [str(variable[d].values[i]) for d, i in zip(variable.dims, index, strict=True)]
            best, where = float(flat[position]), f"{name}[{', '.join(labels)}]"
    return sign * best, where


def diagnose(
    kept: xr.Dataset, ran: Mapping[str, float]
) -> tuple[dict[str, float | None], list[str]]:
    """Worst diagnostics (None: no finite number) and what is wrong with them.

    Constants, such as the support of a mineral without any, are known by their one value in all
    draws of all chains, and have no diagnostics; anything else has to have finite ones.

    Parameters
    ----------
    kept : Dataset
        Of `critmin.inference.sampling.kept_draws`.
    ran : mapping of str to float
        Of `run`. Only divergences refuse a fit: energy that mixes badly and trajectories cut short show
        in the effective sample sizes of what is reported, and are told to say why these are low.
    """
    import arviz as az

    # The last three years of the paths are what forecasts start from.
    reported = kept.isel(year=slice(-3, None))
    dims = ("chain", "draw")
    varying = ~(reported == reported.isel(chain=0, draw=0)).all(dims)
    with np.errstate(invalid="ignore", divide="ignore"):  # constants have neither
        found = {
            "r_hat": _worst(az.rhat(reported), varying, 1),
            "ess_bulk": _worst(az.ess(reported, method="bulk"), varying, -1),
            "ess_tail": _worst(az.ess(reported, method="tail"), varying, -1),
        }
    complaints = [f"{ran['divergences']:.0f} divergences"] if ran["divergences"] else []
    # Ranks hide what is infinite from all three.
    complaints += [
        f"{name} has draws that are not finite"
        for name, variable in reported.data_vars.items()
        if not bool(np.isfinite(variable).all())
    ]
    if not any(bool(each.any()) for each in varying.values()):
        complaints.append("no draw differs from any other")
    for name, (value, where) in found.items():
        if not where:
            continue
        limit = f"at most {MAX_RHAT}" if name == "r_hat" else f"at least {MIN_ESS}"
        if not np.isfinite(value):
            complaints.append(f"{name} of {where} is no finite number, {limit} is needed")
        elif value > MAX_RHAT if name == "r_hat" else value < MIN_ESS:
            complaints.append(f"{name} of {where} is {value:.5g}, {limit} is needed")
    every = {name: value for name, (value, _) in found.items()} | {n: ran[n] for n in RUN}
    return {n: float(v) if np.isfinite(v) else None for n, v in every.items()}, complaints
