"""The panel: every tidy series joined into one validated `xarray.Dataset`.

Prices are annual averages per tonne of contained element, nominal and real; production is in
tonnes by country; drivers are annual. Holes are holes: nothing is interpolated.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data import catalogue, private
from critmin.data.dates import decimal_year
from critmin.data.drivers import BY_NAME, DRIVERS, RETURNING, TECHNOLOGIES, Driver
from critmin.data.money import cpi, real_factor
from critmin.data.prices import price_history, price_variables, year_end_variable
from critmin.data.production import (
    STAGES,
    WORLD_TOTALS,
    datasets,
    output_rows,
    production_rows,
    world_totals,
)
from critmin.data.quotes import annual
from critmin.exceptions import DataError
from critmin.internal.arrays import Floats, Ints
from critmin.mineral import Mineral, get_mineral, registry
from critmin.units import BASE_YEAR

FIRST_YEAR = 1940
MAX_JUMP = 30
"""A price that moves by more than this factor within a year is a unit gone wrong."""


def _chained_index(driver: Driver, years: Ints) -> Floats:
    """Log of a chained real index of a driver's series, 0 in `BASE_YEAR`."""
    rows = catalogue.load(driver.dataset)
    logs = pd.DataFrame(
        {code: np.log(annual(rows[rows["series"] == code])) for code in driver.series}
    )
    growth = logs.diff().mean(axis=1, skipna=True)
    index = growth.fillna(0).cumsum() + np.log(real_factor(logs.index.to_numpy()))
    return (index - index.loc[BASE_YEAR]).reindex(years).to_numpy(dtype=float)


def _gdp() -> pd.DataFrame:
    """Real GDP, year by country; "WLD" is the world."""
    rows = catalogue.load(BY_NAME["gdp"].dataset)
    table = rows.pivot_table(index="year", columns="country", values="value")
    return table.mul(real_factor(table.index.to_numpy()), axis=0)


def _population() -> "pd.Series[float]":
    rows = catalogue.load("un-population-2023")
    return rows.set_index("country")["value"]


def _technology(years: Ints) -> Floats:
    """Sales or additions (technology, year)."""
    volumes = []
    for driver in TECHNOLOGIES.values():
        rows = catalogue.load(driver.dataset)
        chosen = rows[rows["series"].str.startswith(driver.series)]
        volumes.append(chosen.groupby("year")["value"].sum().reindex(years).to_numpy(dtype=float))
    nominal = np.stack(volumes)
    money = np.array([["USD" in driver.unit] for driver in TECHNOLOGIES.values()])
    return np.where(money, nominal * real_factor(years), nominal)


def load_panel(minerals: str | Sequence[str] | None = None) -> xr.Dataset:
    """Join everything that is known into one dataset.

    Parameters
    ----------
    minerals : str or sequence of str, optional
        Names; all priced minerals by default.

    Returns
    -------
    Dataset
        - ``price_nominal``, ``price`` (mineral, year): USD and real USD of `BASE_YEAR` per tonne of
          contained element;
        - ``price_year_end`` (mineral, year): real price of the year's last month, where monthly;
        - ``price_quality``, ``price_dataset`` (mineral, year): how it was got, and where, "" in holes;
        - ``price_basis`` (mineral, year): breaks between sources without overlap, -1 in holes;
        - ``price_class`` (mineral, year): as quality, or ``"list_price"`` for a producer's frozen
          price; ``price_rounding``: half a unit of the last printed digit, in log;
          ``price_edition``: 0 for sources without editions; ``price_place``: ``"outside"``,
          ``"inside"`` or ``"world"``; ``price_form``: what was priced;
        - ``production`` (mineral, country, year, vintage): tonnes at the mineral's main stage,
          vintages first_estimate and latest; ``production_source`` (mineral, year) of the latest;
        - ``production_world`` (mineral, year): the world's total where it is printed without countries;
        - ``output``, ``output_error`` (mineral, stage, country, year): tonnes mined and refined, "ROW"
          for what the world has beyond the countries named, and the standard deviation of their
          logarithms; ``output_source`` (mineral, stage, year), "" in holes (see
          `critmin.data.production.output`); of minerals counted within a wider commodity
          (``production_proxy``) only the shares of countries mean anything;
        - ``gdp`` (real USD), ``energy``, ``materials`` (log real indices) and ``cpi`` (year);
        - ``gdp_country`` (country, year) in real USD and ``population`` (country) of 2023;
        - ``technology_volume`` (technology, year): yearly sales or additions;
        - ``event_*`` (event): mineral, country, measure, scope, start and end (decimal years, end NaN while
          in force), note, source;
        - ``cost`` (cost_point) in nominal USD/t with its ``cost_mineral``, ``cost_year``,
          ``cost_country`` ("" where it is no country's) and ``cost_kind`` ("average", "deposit" or
          "marginal"), published and private.

        ``attrs["datasets"]`` names every data set used, ``attrs["private"]`` the private ones.

    Raises
    ------
    UnknownNameError
        If a mineral is not known.
    DataError
        If a series is broken.

    See Also
    --------
    critmin.data.register : A series of your own in every panel from then on.
    critmin.build_model : What takes a panel.
    critmin.minerals : What is priced.

    Examples
    --------
    >>> p = load_panel(["nickel"])
    >>> round(float(p["price_nominal"].sel(mineral="nickel", year=2022)))
    25834
    """
    given = [minerals] if isinstance(minerals, str) else minerals
    if given is not None and not isinstance(given, Iterable):
        raise DataError(f"minerals must be a name or a list of names, got {given!r:.80}")
    chosen = [get_mineral(n) for n in given] if given is not None else [*registry().values()]
    if not chosen:
        raise DataError("no minerals given")
    names = [m.name for m in chosen]
    if len(set(names)) != len(names):
        raise DataError(
            f"minerals given more than once: {sorted({n for n in names if names.count(n) > 1})}"
        )
    histories = {m.name: price_history(m) for m in chosen}
    last = max(int(h.index.max()) for h in histories.values())
    years = np.arange(FIRST_YEAR, last + 1)

    produced = _output(chosen, years)
    countries = produced["country"].values.tolist()
    events = catalogue.load("critmin-events")
    event_years = {
        edge: [decimal_year(text) for text in events[column]]
        for edge, column in (("start", "effective"), ("end", "ended"))
    }
    used = sorted({d for h in histories.values() for d in h["dataset"]})
    used += [WORLD_TOTALS[name] for name in names if name in WORLD_TOTALS]
    common = [
        "bls-cpi-u",
        *(driver.dataset for driver in DRIVERS if driver.dataset and driver.process != "money"),
        "un-population-2023",
        "usgs-mcs-2025-world",
        "critmin-events",
        "critmin-cost-points",
        "critmin-published-costs",
        "critmin-cost-curves",
        "critmin-electricity",
        "worldbank-wgi-2023",
        "glombo-elasticities",
    ]
    published = catalogue.load("critmin-cost-points")
    published = published[published["mineral"].isin(names)]
    own = private.cost_points(names).assign(country="", kind="marginal")
    costs = pd.concat([published, own], ignore_index=True)
    gdp = _gdp().reindex(years)
    dataset = xr.Dataset(
        {
            **price_variables(histories, years),
            "price_year_end": year_end_variable(histories, years),
            "gdp": ("year", gdp["WLD"].to_numpy(dtype=float), {"units": f"USD of {BASE_YEAR}"}),
            "gdp_country": (
                ("country", "year"),
                gdp.reindex(columns=countries).to_numpy(dtype=float).T,
                {"units": f"USD of {BASE_YEAR}"},
            ),
            "population": (
                "country",
                _population().reindex(countries).to_numpy(dtype=float),
                {"units": "persons"},
            ),
            **{
                each.name: ("year", _chained_index(each, years), {"units": each.unit})
                for each in RETURNING
            },
            "technology_volume": (("technology", "year"), _technology(years)),
            "cpi": ("year", cpi().reindex(years).to_numpy(dtype=float), {"units": "1982-84=100"}),
            "event_mineral": ("event", events["mineral"].to_numpy(dtype=object)),
            "event_country": ("event", events["country"].to_numpy(dtype=object)),
            "event_measure": ("event", events["measure"].to_numpy(dtype=object)),
            "event_scope": ("event", events["scope"].to_numpy(dtype=object)),
            "event_start": ("event", event_years["start"], {"units": "year"}),
            "event_end": ("event", event_years["end"], {"units": "year"}),
            "event_note": ("event", events["note"].to_numpy(dtype=object)),
            "event_source": ("event", events["source"].to_numpy(dtype=object)),
            "cost": ("cost_point", costs["value"].to_numpy(dtype=float), {"units": "USD/t"}),
            "cost_mineral": ("cost_point", costs["mineral"].to_numpy(dtype=object)),
            "cost_year": ("cost_point", costs["year"].to_numpy(dtype=int)),
            "cost_country": ("cost_point", costs["country"].to_numpy(dtype=object)),
            "cost_kind": ("cost_point", costs["kind"].to_numpy(dtype=object)),
        },
        coords={"mineral": names, "year": years, "technology": list(TECHNOLOGIES)}
        | dict(produced.coords),
        attrs={
            "datasets": sorted({*used, *common, *datasets(chosen)} - set(private.names())),
            "private": private.names(),
            "data_hash": private.combined_hash(catalogue.data_hash()),
        },
    )
    return _validated(dataset.assign(produced.data_vars))


def _output(minerals: Sequence[Mineral], years: Ints) -> xr.Dataset:
    """Production by vintage and output by stage, with their sources and errors."""
    made, staged = production_rows(minerals), output_rows(minerals)
    axes = {
        "mineral": pd.Index([m.name for m in minerals]),
        "stage": pd.Index(STAGES),
        "country": pd.Index(sorted({*made["country"], *staged["country"]})),
        "year": pd.Index(years),
        "vintage": pd.Index(["first_estimate", "latest"]),
    }

    def array(table: pd.DataFrame, column: str, dims: list[str]) -> xr.DataArray:
        shape = [len(axes[d]) for d in dims]
        kind, hole = (object, "") if column == "source" else (np.float32, np.nan)
        full = np.full(shape, hole, dtype=kind)
        at = np.stack([axes[d].get_indexer(table[d]) for d in dims])
        inside = (at >= 0).all(axis=0)  # a private series may be of another mineral or year
        full[tuple(at[:, inside])] = table.loc[inside, column].to_numpy()
        return xr.DataArray(full, {d: list(axes[d]) for d in dims}, dims)

    latest = made[made["vintage"] == "latest"]
    by_stage = ["mineral", "stage", "country", "year"]
    return xr.Dataset(
        {
            "production": array(made, "value", ["mineral", "country", "year", "vintage"]),
            "production_source": array(latest, "source", ["mineral", "year"]),
            "production_world": array(world_totals(minerals), "value", ["mineral", "year"]),
            "output": array(staged, "value", by_stage),
            "output_error": array(staged, "error", by_stage),
            "output_source": array(staged, "source", ["mineral", "stage", "year"]),
        }
    )


def _validated(dataset: xr.Dataset) -> xr.Dataset:
    """Refuse a panel with prices that are not positive or jump by more than `MAX_JUMP`."""
    price = dataset["price"]
    problems = [
        f"{name}: price {float(value)} is not positive"
        for name, value in zip(dataset["mineral"].values, price.min("year").values, strict=True)
        if value <= 0
    ]
    jumps = np.abs(np.diff(np.log(price.values), axis=1))
    for name, jump in zip(dataset["mineral"].values, jumps, strict=True):
        wide = np.flatnonzero(np.nan_to_num(jump) > np.log(MAX_JUMP))
        problems += [
            f"{name}: the price moves by more than a factor of {MAX_JUMP} in {year}"
            for year in dataset["year"].values[wide + 1]
        ]
    if not bool(price.notnull().any("year").all()):
        problems.append("a mineral has no price at all")
    if problems:
        raise DataError("the panel is not sound", problems)
    return dataset
