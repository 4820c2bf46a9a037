"""The gate: which fits are results."""

import numpy as np
import xarray as xr

MAX_RHAT = 1.01


MIN_ESS = 400


def _extreme(values: xr.Dataset, sign: int) -> tuple[float, str]:
    """Largest (sign 1) or smallest (sign -1) finite value of a dataset, and where it stands."""
    best, where = -np.inf, ""
    for name, variable in values.data_vars.items():
        flat = sign * variable.values.astype(float).ravel()
        if not np.isfinite(flat).any():
            continue  # constants, such as the support of a mineral without any
        position = int(np.nanargmax(np.where(np.isfinite(flat), flat, -np.inf)))
        if flat[position] > best:
            index = np.unravel_index(position, variable.shape)
            labels = [str(variable[d].values[i]) for d, i in zip(variable.dims, index, strict=True)]
            best, where = float(flat[position]), f"{name}[{', '.join(labels)}]"
    return sign * best, where


def diagnose(kept: xr.Dataset, divergences: int) -> tuple[dict[str, float], list[str]]:
    """Worst diagnostics of what is reported, and what is wrong with the fit.

    Parameters
    ----------
    kept : Dataset
        Of `critmin.inference.sampling.kept_draws`.
    divergences : int
    """
    import arviz as az

    # The last three years of the paths are what forecasts start from.
    reported = kept.isel(year=slice(-3, None))
    with np.errstate(invalid="ignore"):  # what is constant by construction has no R-hat
        found = {
            "r_hat": _extreme(az.rhat(reported), 1),
            "ess_bulk": _extreme(az.ess(reported, method="bulk"), -1),
            "ess_tail": _extreme(az.ess(reported, method="tail"), -1),
        }
    complaints = [f"{divergences} divergences"] if divergences else []
    for name, (value, where) in found.items():
        bad = value > MAX_RHAT if name == "r_hat" else value < MIN_ESS
        if bad:
            limit = f"at most {MAX_RHAT}" if name == "r_hat" else f"at least {MIN_ESS}"
            complaints.append(f"{name} of {where} is {value:.5g}, {limit} is needed")
    return {n: v for n, (v, _) in found.items()} | {"divergences": float(divergences)}, complaints
