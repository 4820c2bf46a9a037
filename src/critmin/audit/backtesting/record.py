"""The record of a backtest: forecasts at past origins and what came, scored, widened and combined."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from critmin.audit.backtesting.comparison import skill, summarise
from critmin.audit.backtesting.scores import pool, score
from critmin.audit.backtesting.stacking import stacking_weights, widening
from critmin.exceptions import UnknownNameError
from critmin.internal.arrays import Floats

STRUCTURAL = "critmin"

POOLED: tuple[str, ...] = (STRUCTURAL, "local level", "pooled AR(1)")
"""What is combined: the structural model and the two baselines whose prices return to a level."""


@dataclass(frozen=True)
class Backtest:
    """Forecasts at past origins and what came.

    Attributes
    ----------
    forecasts : Dataset
        ``points`` (model, forecast, point): equally probable log real prices; ``outcome``
        (forecast). A forecast has a mineral, an origin and a horizon. ``attrs`` hold the failures
        and the diagnostics of the refits by origin, as JSON.

    Examples
    --------
    >>> from critmin import backtest
    >>> names = ("random walk", "drift")
    >>> found = backtest("tin", 2000, 5, names, progressbar=False)
    >>> found.models, len(found.table)
    (['random walk', 'drift'], 2)
    """

    forecasts: xr.Dataset

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a forecast and model: its scores, see `critmin.audit.backtesting.scores.score`."""
        f = self.forecasts
        scores = self._score(f["points"].values.astype(float))
        size = f.sizes["forecast"]
        keys = {
            name: np.tile(f[name].values, f.sizes["model"])
            for name in ("mineral", "origin", "horizon")
        }
        columns = {"model": np.repeat(f["model"].values, size), **keys}
        return pd.DataFrame(columns | {name: values.ravel() for name, values in scores.items()})

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return [str(name) for name in self.forecasts["model"].values]

    @property
    def failures(self) -> dict[str, dict[str, str]]:
        """What went wrong, by origin and model."""
        return dict(json.loads(self.forecasts.attrs["failures"]))

    @property
    def diagnostics(self) -> pd.DataFrame:
        """Convergence of the structural model's refits, by origin."""
        found = json.loads(self.forecasts.attrs["diagnostics"])
        return pd.DataFrame.from_dict(found, orient="index").rename_axis("origin")

    def summary(self, baseline: str = "random walk", by: str = "horizon") -> pd.DataFrame:
        """Mean scores of each model; see `critmin.audit.backtesting.comparison.summarise`."""
        return summarise(self.table, baseline, by)

    def skill(
        self, model: str = STRUCTURAL, baseline: str = "random walk", **options: Any
    ) -> pd.DataFrame:
        """Skill of one model against another; see `critmin.audit.backtesting.comparison.skill`."""
        return skill(self.table, model, baseline, **options)

    def misses(self, model: str = STRUCTURAL, count: int = 10) -> pd.DataFrame:
        """The outcomes that a model was furthest from, worst CRPS first.

        Parameters
        ----------
        model : str
        count : int
            How many.

        Returns
        -------
        DataFrame
            Mineral, origin, horizon, forecast median and outcome in real USD per tonne, PIT, CRPS.
        """
        self._check_model(model)
        rows = self.table[self.table["model"] == model].reset_index(drop=True)
        points = self.forecasts["points"].sel(model=model).median("point").values
        rows["median"], rows["outcome"] = np.exp(points), np.exp(self.forecasts["outcome"].values)
        keys = ["mineral", "origin", "horizon", "median", "outcome", "pit", "crps"]
        return rows.sort_values("crps", ascending=False)[keys].head(count).reset_index(drop=True)

    def recalibrate(self, models: Sequence[str] = (STRUCTURAL,)) -> "Backtest":
        """Add some models at the width that their own earlier outcomes ask for.

        Parameters
        ----------
        models : sequence of str

        Returns
        -------
        Backtest
            With a model more for each, named as `widened` has it; ``width`` (member, at, ahead) is that
            of `critmin.audit.backtesting.stacking.widening` on the outcomes known at each origin.
        """
        points = np.stack([self._points(model) for model in models])
        pit = self._score(points)["pit"]
        known = _Known.of(self.forecasts)
        width = np.ones((len(models), len(known.origins), len(known.horizons)))
        for i, j, here, before in known.steps():
            for k in range(len(models)):
                usable = before & np.isfinite(points[k]).all(axis=-1)
                width[k, i, j] = widening(pit[k, usable])
                middle = np.median(points[k, here], axis=-1, keepdims=True)
                points[k, here] = middle + width[k, i, j] * (points[k, here] - middle)
        learned = {"width": known.labelled(width, models)}
        return self._with([widened(model) for model in models], points, learned)

    def combine(self, models: Sequence[str] = POOLED, name: str = "combined") -> "Backtest":
        """Add the linear pool of some models, each recalibrated, weighted by what was known.

        Parameters
        ----------
        models : sequence of str
        name : str
            Of the pool.

        Returns
        -------
        Backtest
            With the recalibrated models of `recalibrate` and the pool; ``weights`` (member, at, ahead)
            are those of `critmin.audit.backtesting.stacking.stacking_weights` on the outcomes known at
            each origin.

        Notes
        -----
        A forecast that is too sure of itself loses by log score however good its centre is: so each is
        brought to its right width before it is weighed.
        """
        ready = self.recalibrate(models)
        members = [widened(model) for model in models]
        points = np.stack([ready._points(model) for model in members])
        losses = self._score(points)["log_score"]
        usable = np.isfinite(losses).all(axis=0)
        known = _Known.of(self.forecasts)
        pooled = np.full(points.shape[1:], np.nan)
        weights = np.empty((len(members), len(known.origins), len(known.horizons)))
        for i, j, here, before in known.steps():
            weights[:, i, j] = stacking_weights(losses[:, before & usable])
            if (here & usable).any():
                pooled[here & usable] = pool(points[:, here & usable], weights[:, i, j])
        return ready._with([name], pooled[None], {"weights": known.labelled(weights, models)})

    def _points(self, model: str) -> Floats:
        self._check_model(model)
        return self.forecasts["points"].sel(model=model).values.astype(float)

    def _score(self, points: Floats) -> dict[str, Floats]:
        """Scores (model, forecast) of points (model, forecast, point)."""
        return score(points, np.broadcast_to(self.forecasts["outcome"].values, points.shape[:2]))

    def _with(
        self, names: list[str], points: Floats, learned: dict[str, xr.DataArray]
    ) -> "Backtest":
        """The same with more models (model, forecast, point), in place of any of these names."""
        f = self.forecasts
        kept = f.sel(model=[m for m in self.models if m not in names])
        added = xr.DataArray(
            points.astype(np.float32),
            {"model": names},
            ("model", "forecast", "point"),
            attrs=f["points"].attrs,
        )
        joined = xr.concat([kept["points"], added], "model", coords="minimal")
        rest = f.drop_vars(["points", "model", *learned], errors="ignore")
        return Backtest(rest.assign({"points": joined, **learned}).assign_attrs(f.attrs))

    def _check_model(self, name: str) -> None:
        if name not in self.models:
            raise UnknownNameError.of("model of this backtest", name, self.models)


def widened(model: str) -> str:
    """Name of a model at the width that its earlier outcomes ask for."""
    return f"{model}, widened"


@dataclass(frozen=True, slots=True)
class _Known:
    """Origins and horizons of forecasts, and when each outcome was known."""

    origin: NDArray[np.int64]
    horizon: NDArray[np.int64]

    @classmethod
    def of(cls, forecasts: xr.Dataset) -> "_Known":
        return cls(forecasts["origin"].values, forecasts["horizon"].values)

    @property
    def origins(self) -> NDArray[np.int64]:
        return np.unique(self.origin)

    @property
    def horizons(self) -> NDArray[np.int64]:
        return np.unique(self.horizon)

    def labelled(self, values: Floats, models: Sequence[str]) -> xr.DataArray:
        """What was learned (member, at, ahead) of some models at each origin and horizon."""
        coords = {"member": list(models), "at": self.origins, "ahead": self.horizons}
        return xr.DataArray(values, coords, tuple(coords))

    def steps(self) -> Iterator[tuple[int, int, NDArray[np.bool_], NDArray[np.bool_]]]:
        """Positions of origin and horizon, forecasts made there, and those with outcomes known by then."""
        for i, at in enumerate(self.origins):
            for j, ahead in enumerate(self.horizons):
                same = self.horizon == ahead
                yield i, j, same & (self.origin == at), same & (self.origin + ahead <= at)
