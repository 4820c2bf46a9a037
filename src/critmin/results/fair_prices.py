"""What the user holds: a fair price with its draws, history and provenance."""

import base64
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from critmin.exceptions import CritminError
from critmin.internal.checks import check_probabilities
from critmin.internal.files import replacing
from critmin.internal.tables import quantile_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JSON_FORMAT = "critmin-fair-price-1"
SCARCITY = "scarcity"
"""Component of the fair price that is not cost: the margin, negative in a glut."""


@dataclass(frozen=True, slots=True, eq=False)
class FairPrice:
    """Fair and market price of one mineral, year by year, as draws.

    Attributes
    ----------
    mineral : str
    draws : Dataset
        ``fair_price`` and ``market_price`` (sample, year) and ``cost`` (component, sample, year),
        units in ``attrs``. The market price is what is or will be paid, distortions included; the
        fair price is that of the same economy, with the same shocks, had there never been state
        support or export restrictions.
    history : DataFrame
        By year up to the origin: ``observed`` market price (NaN in holes) and quantiles of
        ``market``, ``fair`` and ``cost``, in the same unit as the draws. Years of an older source on
        another basis are moved by the median of the step that the model estimates.
    provenance : dict
        Model version, data hash, data sets with licences, posterior id, diagnostics, seed, scenario,
        assumptions, and the arguments that repeat the result.
    """

    mineral: str
    draws: xr.Dataset
    history: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def units(self) -> str:
        """Unit of every price in it."""
        return str(self.draws["fair_price"].attrs["units"])

    def summary(self, prob: float | tuple[float, ...] = (0.5, 0.9)) -> pd.DataFrame:
        """Median and equal-tailed intervals of both prices by year.

        Parameters
        ----------
        prob : float or tuple of float
            Probabilities of the intervals.

        Returns
        -------
        DataFrame
            By year; columns ``(price, statistic)`` with price ``fair_price`` and ``market_price`` and
            statistics ``median`` and the bounds named by their quantile, then
            ``("P(market < fair)", "")``, the probability that the market price lies below the fair
            price. ``attrs["units"]`` holds the unit.

        Raises
        ------
        CritminError
            If a probability is not between 0 and 1.
        """
        levels = check_probabilities(prob)
        bounds = sorted({side for p in levels for side in ((1 - p) / 2, (1 + p) / 2)})
        columns: dict[tuple[str, str], Any] = {}
        for name in ("fair_price", "market_price"):
            values = self.draws[name].transpose("sample", "year").values
            columns[name, "median"] = np.median(values, axis=0)
            for bound, row in zip(bounds, np.quantile(values, bounds, axis=0), strict=True):
                columns[name, quantile_label(bound)] = row
        below = self.draws["market_price"] < self.draws["fair_price"]
        columns["P(market < fair)", ""] = below.mean("sample").values
        years = pd.Index(self.draws["year"].values, name="year")
        table = pd.DataFrame(columns, index=years)
        table.attrs["units"] = self.units
        return table

    def decompose(self) -> xr.DataArray:
        """Split the fair price into the components of cost and scarcity, draw by draw.

        Returns
        -------
        DataArray (component, sample, year)
            Energy, labour, materials, capital and compliance of the full cost of the marginal
            market-financed producer, and ``"scarcity"``: what the fair price is above (or, in a glut,
            below) that cost. They add up to ``fair_price`` in every draw and year.
        """
        cost = self.draws["cost"]
        rest = (self.draws["fair_price"] - cost.sum("component")).expand_dims(component=[SCARCITY])
        parts = xr.concat([cost, rest], dim="component").transpose("component", "sample", "year")
        return parts.rename("fair_price").assign_attrs(units=self.units)

    def components(self, prob: float = 0.9) -> pd.DataFrame:
        """Median and equal-tailed interval of each part of `decompose`.

        Parameters
        ----------
        prob : float
            Probability of the interval.

        Returns
        -------
        DataFrame
            Indexed by year and component; columns the lower bound, ``median`` and the upper bound.
            Medians of parts need not add up to the median of the price.

        Raises
        ------
        CritminError
            If the probability is not between 0 and 1.
        """
        (level,) = check_probabilities(prob)
        bounds = ((1 - level) / 2, 0.5, (1 + level) / 2)
        parts = self.decompose().transpose("year", "component", "sample")
        index = pd.MultiIndex.from_product(
            [parts["year"].values, map(str, parts["component"].values)], names=["year", "component"]
        )
        quantiles = np.quantile(parts.values, bounds, axis=-1).reshape(3, -1).T
        columns = [quantile_label(bounds[0]), "median", quantile_label(bounds[2])]
        table = pd.DataFrame(quantiles, columns=columns, index=index)
        table.attrs["units"] = self.units
        return table

    def plot(self, ax: "Axes | None" = None, prob: tuple[float, ...] = (0.5, 0.9)) -> "Axes":
        """Draw history and the fans of both prices; see `critmin.results.plots.plot_fair_price`."""
        from critmin.results.plots import plot_fair_price

        return plot_fair_price(self, ax=ax, prob=prob)

    def to_datatree(self) -> xr.DataTree:
        """Hand over to ArviZ: group ``posterior_predictive`` with a single chain."""
        tidy = self.draws.rename(sample="draw").expand_dims(chain=[0])
        tidy = tidy.assign_coords(draw=np.arange(tidy.sizes["draw"]))
        history = self.history.rename_axis("year").to_xarray()
        return xr.DataTree.from_dict({"posterior_predictive": tidy, "observed_data": history})

    def to_json(self, path: str | Path | None = None) -> str:
        """Write everything, draws included (compressed), as JSON text.

        Parameters
        ----------
        path : path, optional
            Also write it there, whole or not at all.

        Returns
        -------
        str
        """
        content = {
            "format": JSON_FORMAT,
            "mineral": self.mineral,
            "units": self.units,
            "provenance": self.provenance,
            "summary": _records(self.summary()),
            "history": json.loads(self.history.to_json(orient="split", double_precision=15)),
            "year": [int(year) for year in self.draws["year"].values],
            "component": [str(c) for c in self.draws["component"].values],
            "draws": {str(name): _pack(self.draws[name].values) for name in self.draws.data_vars},
        }
        text = json.dumps(content, indent=1, allow_nan=False)
        if path is not None:
            with replacing(Path(path)) as temporary:
                temporary.write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read what `to_json` wrote.

        Parameters
        ----------
        source : str or path
            The text itself, or the path of a file with it.

        Raises
        ------
        CritminError
            If it is not such a text.
        """
        is_text = isinstance(source, str) and source.lstrip().startswith("{")
        text = str(source) if is_text else Path(source).read_text(encoding="utf-8")
        try:
            content = json.loads(text)
            if content.get("format") != JSON_FORMAT:
                raise CritminError(
                    f"not a fair price of format {JSON_FORMAT!r}: {content.get('format')!r}"
                )
            units = {"units": content["units"]}
            draws = {name: _unpack(packed) for name, packed in content["draws"].items()}
            dataset = xr.Dataset(
                {
                    "fair_price": (("sample", "year"), draws["fair_price"], units),
                    "market_price": (("sample", "year"), draws["market_price"], units),
                    "cost": (("component", "sample", "year"), draws["cost"], units),
                },
                coords={"year": content["year"], "component": content["component"]},
            )
            history = pd.DataFrame(**content["history"]).astype(float)
            history.index.name = "year"
            return cls(content["mineral"], dataset, history, content["provenance"])
        except (KeyError, TypeError, ValueError, AttributeError, zlib.error) as error:
            if isinstance(error, CritminError):
                raise
            raise CritminError(f"not a fair price as to_json writes it: {error!r}") from error

    def __repr__(self) -> str:
        """Median and 90% interval of the last year."""
        years = self.draws["year"].values
        row = self.summary(0.9).iloc[-1]
        parts = [
            f"{label} {row[name, 'median']:,.0f} ({row[name, '5%']:,.0f} to {row[name, '95%']:,.0f})"
            for label, name in (("fair", "fair_price"), ("market", "market_price"))
        ]
        return (
            f"FairPrice({self.mineral}, {years[0]}-{years[-1]}, {self.units}; "
            f"{years[-1]} median (90%): {', '.join(parts)})"
        )

    def _repr_html_(self) -> str:
        table = _flat(self.summary())
        percent = table.pop("P(market < fair)").map("{:.0%}".format)
        shown = table.map("{:,.0f}".format).assign(**{"P(market < fair)": percent})
        assumption = self.provenance["assumption"]
        return (
            f"<h4>{self.mineral}: fair and market price, {self.units}</h4>"
            f"{shown.to_html()}<p><small>{assumption}</small></p>"
        )


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """A summary with its two levels of columns joined by a space."""
    return table.set_axis([" ".join(filter(None, column)) for column in table.columns], axis=1)


def _records(table: pd.DataFrame) -> list[dict[str, float]]:
    return [
        {"year": int(str(year)), **{str(k): float(v) for k, v in row.items()}}
        for year, row in _flat(table).iterrows()
    ]


def _pack(values: "np.typing.NDArray[np.float64]") -> dict[str, Any]:
    raw = np.ascontiguousarray(values, dtype="<f8").tobytes()
    return {
        "shape": list(values.shape),
        "float64": base64.b64encode(zlib.compress(raw, 6)).decode("ascii"),
    }


MAX_UNPACKED = 2_000_000_000


def _unpack(packed: dict[str, Any]) -> "np.typing.NDArray[np.float64]":
    shape = tuple(int(n) for n in packed["shape"])
    size = 8 * int(np.prod(shape))
    if not 0 <= size <= MAX_UNPACKED:
        raise CritminError(f"draws of shape {shape} are larger than {MAX_UNPACKED:,} bytes")
    # A hostile file must not unpack to more than its shape says.
    raw = zlib.decompressobj().decompress(base64.b64decode(packed["float64"]), size + 1)
    if len(raw) != size:
        raise CritminError(f"draws of shape {shape} hold {len(raw)} bytes instead of {size}")
    return np.frombuffer(raw, dtype="<f8").reshape(shape).astype(float)
