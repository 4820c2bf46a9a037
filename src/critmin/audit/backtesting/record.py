"""The record of a backtest: forecasts at past origins and what came, scored, widened and combined."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.audit.backtesting.baskets import basket_table
from critmin.audit.backtesting.comparison import skill, summarise
from critmin.audit.backtesting.scores import pool, score
from critmin.audit.backtesting.stacking import stacking_weights, widening
from critmin.audit.backtesting.supply import supply_scores, supply_table
from critmin.exceptions import UnknownNameError
from critmin.internal import storage
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.internal.storage import Stored
from critmin.internal.tables import html_result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRUCTURAL = "critmin"
FAIR = "fair_points"
"""Points of the fair price as the structural model forecast it; nothing came of it to score."""

POOLED: tuple[str, ...] = (STRUCTURAL, "local level", "pooled AR(1)")
"""What is combined: the structural model and the two baselines whose prices return to a level."""


@dataclass(frozen=True, repr=False)
class Backtest:
    """Forecasts at past origins and what came.

    Attributes
    ----------
    forecasts : Dataset
        ``points`` (model, forecast, point): equally probable log real prices; ``outcome``
        (forecast); ``fair_points`` (forecast, point), of the fair price, if the structural model is
        among them. A forecast has a mineral, an origin and a horizon. ``attrs`` hold the failures
        and the diagnostics of the refits by origin, and `provenance`, as JSON.

    See Also
    --------
    critmin.backtest : Makes one.
    critmin.audit.report : The record of one mineral, with all else that is known of it.

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

    @property
    def draws(self) -> xr.Dataset:
        """The forecasts, as every result names its draws."""
        return self.forecasts

    @property
    def provenance(self) -> dict[str, Any]:
        """Arguments that repeat it, versions and hash of the data."""
        return dict(json.loads(self.forecasts.attrs.get("provenance", "{}")))

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
        worst = rows.dropna(subset="crps").sort_values("crps", ascending=False)
        return worst[keys].head(count).reset_index(drop=True)

    def supply(self, by: str = "horizon") -> pd.DataFrame:
        """Mean scores of forecasts of world output; see `critmin.audit.backtesting.supply.supply_table`."""
        return supply_table(supply_scores(self.forecasts), by)

    def baskets(self) -> pd.DataFrame:
        """Energy scores of baskets; see `critmin.audit.backtesting.baskets.basket_table`."""
        return basket_table(self.forecasts)

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

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the mean CRPS of each model by horizon.

        Parameters
        ----------
        ax : Axes, optional
            A new figure by default.
        """
        from critmin.results.style import new_axes

        ax = new_axes(ax, (7, 4))
        means = self.table.groupby(["model", "horizon"])["crps"].mean()
        for model in self.models:
            row = means.loc[model]
            ax.plot(
                row.index, row.to_numpy(), "o-", lw=2 if model == STRUCTURAL else 1, label=model
            )
        ax.set_xlabel("years ahead")
        ax.set_ylabel("mean CRPS, log points")
        ax.legend(frameon=False)
        return ax

    def _stored(self) -> Stored:
        return Stored("Backtest", self.forecasts, self.provenance)

    def to_datatree(self) -> xr.DataTree:
        """Hand over to ArviZ: groups ``posterior_predictive``, a single chain, and ``observed_data``."""
        points = self.forecasts[["points"]].rename(point="draw").expand_dims(chain=[0])
        points = points.assign_coords(draw=np.arange(points.sizes["draw"]))
        groups = {"posterior_predictive": points, "observed_data": self.forecasts[["outcome"]]}
        return xr.DataTree.from_dict(groups)

    def to_json(self, path: str | Path | None = None) -> str:
        """Write everything as JSON text; see `critmin.internal.storage.to_json`."""
        return storage.to_json(self._stored(), self._means(), path)

    @classmethod
    def from_json(cls, source: str | Path) -> "Backtest":
        """Read what `to_json` wrote, bit for bit; see `critmin.internal.storage.from_json`."""
        return cls(storage.from_json(source, "Backtest").draws)

    def to_netcdf(self, path: str | Path) -> Path:
        """Write everything as a netCDF file; see `critmin.internal.storage.to_netcdf`."""
        return storage.to_netcdf(self._stored(), path)

    @classmethod
    def from_netcdf(cls, path: str | Path) -> "Backtest":
        """Read what `to_netcdf` wrote, bit for bit; see `critmin.internal.storage.from_netcdf`."""
        return cls(storage.from_netcdf(path, "Backtest").draws)

    def _means(self) -> pd.DataFrame:
        return self.summary("random walk" if "random walk" in self.models else self.models[0])

    def __repr__(self) -> str:
        """How many forecasts, of what, and from when."""
        f, about = self.forecasts, self.provenance
        origins, ahead = np.unique(f["origin"].values), np.unique(f["horizon"].values)
        names = np.unique(f["mineral"].values.astype(str))
        shown = ", ".join(names) if len(names) < 4 else f"{len(names)} minerals"
        models = ", ".join(self.models) if len(self.models) < 4 else f"{len(self.models)} models"
        data = f"; {about['data']}" if "data" in about else ""
        return (
            f"Backtest({shown}; {models}; {f.sizes['forecast']:,} forecasts, "
            f"{_span(ahead)} years ahead, from {_span(origins)}{data})"
        )

    def _repr_html_(self) -> str:
        return html_result(repr(self), self._means(), "Mean scores; skill is less mean CRPS.")

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


def _span(values: Ints) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def with_fair(parts: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Origins with an unknown fair price where a refit failed or an older run kept none."""
    if not any(FAIR in part for part in parts):
        return list(parts)
    unknown = [part["points"].isel(model=0, drop=True) * np.nan for part in parts]
    return [p if FAIR in p else p.assign({FAIR: u}) for p, u in zip(parts, unknown, strict=True)]


def widened(model: str) -> str:
    """Name of a model at the width that its earlier outcomes ask for."""
    return f"{model}, widened"


@dataclass(frozen=True, slots=True)
class _Known:
    """Origins and horizons of forecasts, and when each outcome was known."""

    origin: Ints
    horizon: Ints

    @classmethod
    def of(cls, forecasts: xr.Dataset) -> "_Known":
        return cls(forecasts["origin"].values, forecasts["horizon"].values)

    @property
    def origins(self) -> Ints:
        return np.unique(self.origin)

    @property
    def horizons(self) -> Ints:
        return np.unique(self.horizon)

    def labelled(self, values: Floats, models: Sequence[str]) -> xr.DataArray:
        """What was learned (member, at, ahead) of some models at each origin and horizon."""
        coords = {"member": list(models), "at": self.origins, "ahead": self.horizons}
        return xr.DataArray(values, coords, tuple(coords))

    def steps(self) -> Iterator[tuple[int, int, Bools, Bools]]:
        """Positions of origin and horizon, forecasts made there, and those with outcomes known by then."""
        for i, at in enumerate(self.origins):
            for j, ahead in enumerate(self.horizons):
                same = self.horizon == ahead
                yield i, j, same & (self.origin == at), same & (self.origin + ahead <= at)
