"""Wedges held back: what the model says of a fence's last prices, or of a control, that it has not seen."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from critmin.audit.backtesting.vintage import fittable
from critmin.audit.checks.last_wedge import Pairs, reverts, stays
from critmin.audit.checks.refits import market_inputs
from critmin.data.fences import fences
from critmin.data.panel import load_panel
from critmin.exceptions import DataError
from critmin.internal.arrays import Bools, Floats
from critmin.model.assumptions import PUBLISHED
from critmin.model.inputs import ModelInputs

Part = Literal["fences", "market"]

NOTHING = 1e6
"""Standard error, in logs, at which a witness says nothing."""

BACK = (1, 2)
"""Years of a fence's pairs that are held back, from its last; dates where all are of one year."""

Sampled = tuple[Floats, Floats, float]
"""Draws of each pair's mean (sample, pair), of the spread (sample,), and degrees of freedom."""


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """What is predicted, and what nobody may see.

    Attributes
    ----------
    fence, left_out : str
    kind : str
        "last", "last 2" or "control".
    out, hidden : arrays (W,) of bool
        Pairs predicted; these and all that are hidden beside them.
    exports : array (V,) of bool
        Exports hidden.
    """

    fence: str
    kind: str
    left_out: str
    out: Bools
    hidden: Bools
    exports: Bools


def pairs_of(x: ModelInputs) -> Pairs:
    """The model's pairs with their dates.

    Raises
    ------
    DataError
        If the model was given other pairs than the data set has.
    """
    known = fences(int(x.years[-1])).wedge
    name = known["mineral"] + ":" + known["country"]
    years = known["date"].astype(int).isin(x.years)
    known = known[name.isin(x.fence_names) & years & (known["weight"] > 0)]
    date = known["date"].to_numpy(dtype=float)
    if not np.array_equal(date.astype(np.int64), x.years[x.wedge_year]):
        raise DataError("the model's pairs are not those of the data set critmin-wedges")
    fence = np.array(x.fence_names)[x.wedge_fence]
    return Pairs(fence, date, x.wedge_log, x.wedge_error)


def folds(x: ModelInputs, pairs: Pairs) -> Iterator[Fold]:
    """A fence's last year of pairs and last two, and each of its controls.

    Of the first two everything dated later is hidden, of all fences; of a control its own witnesses are.
    """
    year = x.years[x.volume_year]
    for fence in dict.fromkeys(pairs.fence):
        mine = pairs.fence == fence
        whole = np.floor(pairs.date)
        by, word = (whole, "year") if len(set(whole[mine])) > 1 else (pairs.date, "date")
        steps = sorted(set(by[mine]))
        for back in BACK:
            if back >= len(steps):
                continue
            out = mine & np.isin(by, steps[-back:])
            start = pairs.date[out].min()
            told = " and ".join(
                f"{step:g}" if word == "year" else f"{step:.2f}" for step in steps[-back:]
            )
            count = "" if back == 1 else f" {back}"
            words = f"last{count} {word}{'s' * (back > 1)}, {told}"
            yield Fold(fence, f"last{count}", words, out, pairs.date >= start, year >= int(start))
        yield from _controls(x, fence, mine)


def _controls(x: ModelInputs, fence: str, mine: Bools) -> Iterator[Fold]:
    """Controls of a fence that pairs witness; those with the same pairs together."""
    found: dict[bytes, list[int]] = {}
    own = _restrictions_of(x, fence)
    for e in range(len(own)):
        seen = mine & (x.wedge_active[:, e] > 0)
        if own[e] and seen.any():
            found.setdefault(seen.tobytes(), []).append(e)
    for together in found.values():
        out = mine & (x.wedge_active[:, together[0]] > 0)
        exports = (x.volume_active[:, together] > 0).any(axis=1)
        # What is left of a name is its measure and first date, as in "export licence:2023.58".
        named = [x.restriction_names[e].removeprefix(f"{fence}:") for e in together]
        words = " and ".join(f"{name[:-8]} of {name[-7:-3]}" for name in named)
        yield Fold(fence, "control", words, out, out, exports)


def held_back_wedges(
    minerals: Sequence[str] | None = None,
    *,
    part: Part = "fences",
    draws: int = 300,
    tune: int = 600,
    seed: int = 0,
) -> pd.DataFrame:
    """Predict the wedges of a fence's last years, and those under one control, from all that is left.

    Parameters
    ----------
    minerals : sequence of str, optional
        Whose fences are predicted, and known; all with pairs by default.
    part : {"fences", "market"}
        Fit the model's fences alone, with elasticities at their priors (about ten seconds a fit), or the
        whole market with its prices (minutes a fit).
    draws, tune : int
        Of each of four chains.
    seed : int

    Returns
    -------
    DataFrame
        By fence and what is ``left_out``: ``kind`` ("last": its last year, or its last date where all
        its pairs are of one; "last 2"; "control"), ``pairs`` predicted, the ``last`` wedge known
        before them and their mean ``observed``, both less taxes, in logs; the model's ``median``,
        ``low`` and ``high`` (90% interval), over pairs the mean; ``inside``, the share of them in
        it. Mean ``log_score`` and ``crps`` (less is better) of the model that sees no witness from the
        first such pair on, ``_exports`` if it knows the exports since (NaN where there are none), and of
        the two baselines ``_stays`` and ``_reverts`` (NaN where too little is known before).

    Raises
    ------
    DataError
        If no fence has pairs to predict.

    Notes
    -----
    Hidden witnesses keep their place with an error so large that they say nothing, so that what is
    withheld walks on as it would have. `critmin.audit.checks.last_wedge` says what the baselines know.
    """
    known = sorted(set(fences().wedge["mineral"]))
    panel = fittable(load_panel(known if minerals is None else minerals))
    x = market_inputs(panel)
    pairs = pairs_of(x)
    chosen = list(folds(x, pairs))
    if not chosen:
        raise DataError("no fence of these minerals has pairs of prices before others")
    sample = (_market if part == "market" else _alone)(x, draws, tune, seed)
    done: dict[bytes, Sampled] = {}

    def fitted(fold: Fold, exports: Bools) -> Sampled:
        key = np.concatenate([fold.hidden, exports]).tobytes()
        if key not in done:
            done[key] = sample(
                np.where(fold.hidden, NOTHING, x.wedge_error),
                np.where(exports, NOTHING, x.volume_error),
            )
        return done[key]

    rng = np.random.default_rng(seed)
    none = np.zeros(len(x.volume_ratio), dtype=bool)
    rows = {}
    for fold in chosen:
        told = _predicted(fitted(fold, fold.exports), pairs, fold.out, rng)
        later = {"log_score": np.nan, "crps": np.nan}
        if (fold.exports & _exports_of(x, fold.fence)).any():
            later = _predicted(fitted(fold, none), pairs, fold.out, rng)
        rows[fold.fence, fold.left_out] = {
            "kind": fold.kind,
            "pairs": int(fold.out.sum()),
            "last": pairs.last(fold.out, ~fold.hidden)[1],
            "observed": pairs.log[fold.out].mean(),
            **told,
            **{f"{name}_exports": later[name] for name in ("log_score", "crps")},
            **stays(pairs, fold.out, ~fold.hidden),
            **reverts(pairs, fold.out, ~fold.hidden),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(table.index, names=["fence", "left_out"])
    return table


def _restrictions_of(x: ModelInputs, fence: str) -> Bools:
    """Which restrictions are of a fence."""
    return np.array([name.startswith(f"{fence}:") for name in x.restriction_names])


def _exports_of(x: ModelInputs, fence: str) -> Bools:
    """Which exports are of a fence."""
    found: Bools = (x.volume_active[:, _restrictions_of(x, fence)] > 0).any(axis=1)
    return found


def _mean_of_pairs(model: Any) -> float:
    """Name the mean of each pair, as the model itself has it; degrees of freedom of its error."""
    import pymc as pm

    of = model["wedge"].owner
    tail, mean, _ = of.op.dist_params(of)
    with model:
        pm.Deterministic("wedge_mean", mean, dims="pair")
    return float(np.ravel(tail.eval())[0])


def _draws(trace: Any, tail: float) -> Sampled:
    made = trace["posterior"].to_dataset()
    mean, spread = made["wedge_mean"].values, made["wedge_spread"].values
    return mean.reshape(-1, mean.shape[-1]), spread.ravel(), tail


def _alone(x: ModelInputs, draws: int, tune: int, seed: int) -> Callable[[Floats, Floats], Sampled]:
    """The model's fences and their witnesses without the rest of the market, compiled once."""
    import nutpie
    import pymc as pm

    from critmin.model.coords import coords, index
    from critmin.model.distortions import distortions
    from critmin.model.parameters import parameters

    at = index(x)
    with pm.Model(coords=coords(x, at)) as model:
        errors: Any = {
            name: pm.Data(name, getattr(x, name), dims=dims)
            for name, dims in (("wedge_error", "pair"), ("volume_error", "export_volume"))
        }
        given = dataclasses.replace(x, **errors)
        distortions(given, at, PUBLISHED, parameters(x, PUBLISHED))
    tail = _mean_of_pairs(model)
    kept = ["wedge_mean", "wedge_spread"]
    compiled = nutpie.compile_pymc_model(model, backend="numba", var_names=kept)

    def sample(wedge_error: Floats, volume_error: Floats) -> Sampled:
        trace = nutpie.sample(
            compiled.with_data(wedge_error=wedge_error, volume_error=volume_error),
            draws=draws,
            tune=tune,
            chains=4,
            seed=seed,
            progress_bar=False,
            save_warmup=False,
        )
        return _draws(trace, tail)

    return sample


def _market(
    x: ModelInputs, draws: int, tune: int, seed: int
) -> Callable[[Floats, Floats], Sampled]:
    """The whole market, compiled anew for each fit."""
    from critmin.inference.sampling import sample as run
    from critmin.model.market import build_model

    def sample(wedge_error: Floats, volume_error: Floats) -> Sampled:
        given = dataclasses.replace(x, wedge_error=wedge_error, volume_error=volume_error)
        with build_model(given) as model:
            tail = _mean_of_pairs(model)
            trace = run(model, draws=draws, tune=tune, seed=seed, everything=True)
        return _draws(trace, tail)

    return sample


def _predicted(
    drawn: Sampled, pairs: Pairs, out: Bools, rng: np.random.Generator
) -> dict[str, float]:
    """What draws say of the pairs left out, and what that scores."""
    import scoringrules as sr
    from scipy import special, stats

    mean, spread, tail = drawn
    seen = pairs.log[out]
    scale = np.hypot(pairs.error[out], spread[:, None])
    density = stats.t.logpdf(seen, tail, mean[:, out], scale)
    made = mean[:, out] + scale * rng.standard_t(tail, scale.shape)
    low, median, high = np.quantile(made, [0.05, 0.5, 0.95], axis=0)
    log_score = np.log(len(density)) - special.logsumexp(density, axis=0)
    return {
        "median": float(median.mean()),
        "low": float(low.mean()),
        "high": float(high.mean()),
        "inside": float(((low <= seen) & (seen <= high)).mean()),
        "log_score": float(log_score.mean()),
        "crps": float(np.mean(sr.crps_ensemble(seen, made.T))),
    }


def wedge_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Mean scores by what is left out, over fences of which all predict.

    Parameters
    ----------
    table : DataFrame
        Of `held_back_wedges`.

    Returns
    -------
    DataFrame
        By ``kind`` and baseline: ``fences``, the mean ``log_score`` and ``crps`` of the model and of the
        ``baseline``, and of how many fences the model's log score is the lower (``won``).

    Examples
    --------
    >>> scores = {"kind": ["last"], "log_score": [0.2], "crps": [0.1], "log_score_stays": [0.5],
    ...           "crps_stays": [0.3], "log_score_reverts": [np.nan], "crps_reverts": [np.nan]}
    >>> wedge_scores(pd.DataFrame(scores)).loc[("last", "stays"), "won"]
    np.int64(1)
    """
    rows = {}
    for kind, part in table.groupby("kind", sort=False):
        for name in ("stays", "reverts"):
            both = part[part[f"log_score_{name}"].notna()]
            if len(both):
                rows[kind, name] = {
                    "fences": len(both),
                    "log_score": both["log_score"].mean(),
                    "log_score_baseline": both[f"log_score_{name}"].mean(),
                    "crps": both["crps"].mean(),
                    "crps_baseline": both[f"crps_{name}"].mean(),
                    "won": int((both["log_score"] < both[f"log_score_{name}"]).sum()),
                }
    found = pd.DataFrame.from_dict(rows, orient="index")
    return found.set_axis(pd.MultiIndex.from_tuples(rows, names=["kind", "baseline"]))
