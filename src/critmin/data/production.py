"""Output by mineral, stage, country and year: one series each, from the best source of each year.

``production_series.csv`` says which figures of which source belong to a mineral and a stage. A year
comes whole from one source, the first of `ORDER` that has it: figures of two publishers side by side
would count some countries twice and others not at all.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from typing import Literal, get_args

import numpy as np
import pandas as pd

from critmin.data import assembled, catalogue, private
from critmin.data.countries import ROW
from critmin.data.output_error import pairs, relative_error
from critmin.data.tables import table_bytes
from critmin.exceptions import UnknownNameError
from critmin.mineral import Mineral

Stage = Literal["mined", "refined"]
STAGES: tuple[str, ...] = get_args(Stage)
MINED, REFINED = STAGES

ORDER: dict[str, str] = {
    "usgs-mcs-2026-world": "the newest, and the only figures of 2025",
    "usgs-mcs-2025-world": "the same publisher a year earlier: the revised figures of 2023",
    "bgs-wms": "revised figures from one publisher for fifty years, country by country",
    "world-mining-data-2024": "revised figures of five years, reported by governments",
    "usgs-mcs-editions": "first estimates, transcribed by a third party",
    "iea-supply-2024": "one year of refining where nobody else counts it",
    "shares": "producers' shares, compiled, where no tonnes are published",
}
"""Sources, best first, and why."""

FIRST_ESTIMATES = {"usgs-mcs-2026-world": 2025, "usgs-mcs-2025-world": 2024}
"""Year that a world table estimates before anybody has counted it; of the transcribed editions every
year is one."""

WORLD_TOTALS = {"alumina": "usgs-ds140-alumina-world"}
"""Series whose world total is known for years without countries, and the data set that has it."""

LARGE = 0.1
"""Share of the world from which a country's absence makes a year of a source incomplete."""

SPAN = 3
"""Years around one in which a country must have figures for its absence to be an omission."""

REMAINDER = (0.01, 0.15)
"""Parts of a printed world total that its countries may fall short of it: below the first it is
rounding, above the second the table contradicts itself; between, it is the remainder's output."""


@cache
def _series() -> pd.DataFrame:
    table = pd.read_csv(BytesIO(table_bytes("production-series")), keep_default_na=False)
    for column, fill in (("first", 0), ("last", 9999)):
        table[column] = pd.to_numeric(table[column]).fillna(fill).astype("int64")
    return table


def production_series() -> pd.DataFrame:
    """The hand table: mineral, stage, source, commodity, series, factor, first, last, note.

    `series` is part of the publisher's name of a series, `factor` makes tonnes of content of its
    figures, `first` and `last` are the years to be used. A mineral's stage listed first is the one
    that `production` of the panel is of.
    """
    return _series().copy()


@cache
def stages(name: str) -> tuple[str, ...]:
    """Stages that a series has output for, the main one first; empty where it has none."""
    table = _series()
    return tuple(dict.fromkeys(table.loc[table["mineral"] == name, "stage"]))


def series_name(mineral: Mineral) -> str | None:
    """Name of a mineral's series: its own, or that of the wider commodity it is counted with."""
    return mineral.name if stages(mineral.name) else mineral.production


@cache
def _data(source: str) -> dict[str, pd.DataFrame]:
    """Rows of one source by commodity."""
    table = catalogue.catalog()
    if source == "usgs-mcs-editions":
        ids = table.index[table["file"] == "usgs-mcs-editions.csv"]
    elif source == "shares":
        ids = pd.Index(["critmin-producers"])
    else:
        ids = table.index[table.index.str.startswith(source)]
    table = pd.concat([catalogue.load(i) for i in ids], ignore_index=True)
    return {str(name): rows for name, rows in table.groupby("commodity", sort=False)}


def official_production(
    world: pd.DataFrame, production: str, measure: str = "production"
) -> pd.DataFrame:
    """Production (or reserves) by country, no totals, of one series from the MCS 2025 world table.

    Parameters
    ----------
    world : DataFrame
        Of `critmin.data.loaders.usgs_mcs.load_world`.
    production : str
        A key of `OFFICIAL_PRODUCTION`.
    measure : {"production", "reserves"}

    Returns
    -------
    DataFrame
        Columns country, year and value in tonnes.
    """
    commodity, kind = OFFICIAL_PRODUCTION[production]
    rows = world[
        (world["commodity"] == commodity)
        & world["series"].str.startswith(f"{measure}: ")
        & world["series"].str.contains(kind, regex=False)
        & (world["country"] != "WLD")
        & world["value"].notna()
    ]
    table = rows.groupby(["country", "year"], as_index=False)["value"].sum()
    lines = _series()
    own = (lines["mineral"] == production) & (lines["source"] == "usgs-mcs-2025-world")
    return table.assign(value=table["value"] * float(lines.loc[own, "factor"].iloc[0]))


def _official() -> dict[str, tuple[str, str]]:
    table = _series()
    table = table[table["source"] == "usgs-mcs-2025-world"].drop_duplicates("mineral")
    return {str(r.mineral): (str(r.commodity), str(r.series)) for r in table.itertuples()}


OFFICIAL_PRODUCTION: dict[str, tuple[str, str]] = _official()
"""Commodity and part of the type of a series of production in the MCS 2025 world table."""


def _with_remainder(rows: pd.DataFrame) -> pd.DataFrame:
    """Countries (country, year, value), and "ROW" with what a printed total has beyond them."""
    sums = rows.loc[rows["value"].notna(), ["country", "year", "value"]]
    if sums.duplicated(["country", "year"]).any():
        sums = sums.groupby(["country", "year"], as_index=False)["value"].sum()
    if not (sums["country"] == "WLD").any():
        return sums
    world = sums[sums["country"] == "WLD"].set_index("year")["value"]
    sums = sums[sums["country"] != "WLD"]
    short = world - sums.groupby("year")["value"].sum().reindex(world.index)
    part = short / world
    rest = short[(part > REMAINDER[0]) & (part < REMAINDER[1])].rename("value").reset_index()
    return (
        pd.concat([sums, rest.assign(country=ROW)], ignore_index=True)
        .groupby(["country", "year"], as_index=False)["value"]
        .sum()
    )


def _complete(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of editions without the years that leave out a large country between two that have it."""
    table = rows.pivot_table(index="year", columns="country", values="value")
    shares = table.div(table.sum(axis=1), axis=0)
    before = shares.ffill(limit=SPAN)
    after = shares.bfill(limit=SPAN)
    omitted = shares.isna() & ((before + after) / 2 > LARGE)
    return rows[~rows["year"].isin(table.index[omitted.any(axis=1)])]


def _figures(source: str, commodity: str, series: str, first: int, last: int) -> pd.DataFrame:
    """The rows of a source that a line of the hand table names."""
    rows = _data(source)[commodity]
    rows = rows[rows["year"].between(first, last)]
    if source == "shares":
        return rows.assign(dataset="critmin-producers")
    names = set(rows["series"])
    if series not in names:
        meant = {name for name in names if name.startswith("production") and series in name}
        return rows[rows["series"].isin(meant)]
    return rows[rows["series"] == series]


def _lines(name: str, stage: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Sources of a series in `ORDER`, in tonnes of content."""
    table = _series()
    table = table[(table["mineral"] == name) & (table["stage"] == stage)]
    for source in ORDER:
        for line in table[table["source"] == source].itertuples(index=False):
            rows = _figures(source, line.commodity, line.series, line.first, line.last)
            sets = ";".join(sorted(rows["dataset"].unique()))
            if source == "shares":
                yield source, _shared(rows, line.series).assign(datasets=sets)
                continue
            rows = _with_remainder(rows).assign(value=lambda t, f=line.factor: t["value"] * f)
            made = rows.groupby("country")["value"].transform("max") > 0
            rows = rows[made]
            if source == "usgs-mcs-editions":
                rows = _complete(rows)
            yield source, rows.assign(datasets=sets)


def _shared(rows: pd.DataFrame, whole: str) -> pd.DataFrame:
    """The world output of another series in the shares of compiled producers."""
    name, stage = whole.split(":")
    world = joined_output(name, stage).groupby("year")["value"].sum()
    shares = rows.rename(columns={"value": "share"})[["country", "year", "share"]]
    table = shares.merge(world.reset_index(), on="year")
    return table.assign(value=table["value"] * table["share"])[["country", "year", "value"]]


@cache
def _sources(name: str, stage: str) -> pd.DataFrame:
    """Every figure of every source: source, rank, datasets, country, year, value."""
    ranks = {source: rank for rank, source in enumerate(ORDER)}
    parts = [t.assign(source=source, rank=ranks[source]) for source, t in _lines(name, stage)]
    return pd.concat(parts, ignore_index=True)


def datasets(minerals: Iterable[Mineral]) -> list[str]:
    """Data sets of `critmin.data.catalog` that the output of minerals comes from."""
    names = [name for mineral in minerals if (name := series_name(mineral)) is not None]
    found: set[str] = set()
    for name in names:
        for stage in stages(name):
            ready = assembled.output_datasets(name, stage)
            found.update(joined_datasets(name, stage) if ready is None else ready)
    return sorted(found)


def joined_datasets(name: str, stage: str) -> list[str]:
    """Data sets of one series and stage, from the sources."""
    texts = _chosen(_sources(name, stage))["datasets"]
    return sorted({one for text in texts for one in text.split(";")})


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    """Of each year the figures of the best source that has it."""
    return table[table["rank"] == table.groupby("year")["rank"].transform("min")]


@cache
def _output(name: str, stage: str) -> pd.DataFrame:
    ready = assembled.output_table("output", name, stage)
    return joined_output(name, stage) if ready is None else ready


def joined_output(name: str, stage: str) -> pd.DataFrame:
    """Output of one series and stage (see `output`), from the sources."""
    every = _sources(name, stage)
    table = _chosen(every)
    first = table["year"] == table["source"].map(FIRST_ESTIMATES)
    table = table.assign(error=relative_error(every, table, first))
    columns = ["country", "year", "value", "source", "error"]
    return table.sort_values(["year", "country"], ignore_index=True)[columns]


def output(name: str, stage: str) -> pd.DataFrame:
    """Output of one mineral (or wider commodity) at one stage.

    Parameters
    ----------
    name : str
        A mineral or commodity of `production_series`, such as ``"cobalt"`` or ``"rare_earths"``.
    stage : {"mined", "refined"}

    Returns
    -------
    DataFrame
        By year and country: country (ISO 3166 alpha-3, "ROW" for what the world has beyond the
        countries named), year, value (tonnes of content), source (a key of `ORDER`), one source a
        year, and error, the standard deviation of the figure's logarithm; empty where nothing can
        be trusted. See `critmin.data.output_error`.

    Raises
    ------
    UnknownNameError
        If there is no such stage, or no output of that mineral or commodity at that stage.

    Examples
    --------
    >>> china = output("copper", "refined").query("country == 'CHN' and year == 2024").squeeze()
    >>> float(china["value"]), china["source"]
    (12400000.0, 'usgs-mcs-2026-world')
    """
    if stage not in STAGES:
        raise UnknownNameError.of("stage", stage, STAGES)
    if stage not in stages(name):
        known = {str(n) for n in _series().query("stage == @stage")["mineral"]}
        raise UnknownNameError.of(f"mineral with {stage} output", name, known)
    return _output(name, stage).copy()


def world_totals(minerals: Iterable[Mineral]) -> pd.DataFrame:
    """The world's output (mineral, year, value in tonnes) from totals printed without countries.

    Not part of `output`: nobody's share of it is known.

    Examples
    --------
    >>> from critmin.mineral import get_mineral
    >>> table = world_totals([get_mineral("alumina")]).set_index("year")
    >>> float(table.loc[2017, "value"])
    129000000.0
    """
    frames = [
        catalogue.load(WORLD_TOTALS[mineral.name])[["year", "value"]].assign(mineral=mineral.name)
        for mineral in minerals
        if mineral.name in WORLD_TOTALS
    ]
    table = pd.concat([pd.DataFrame(columns=["mineral", "year", "value"]), *frames])
    return table.astype({"year": "int64", "value": float}).reset_index(drop=True)


def disagreement(name: str, stage: str) -> pd.DataFrame:
    """How far the other sources of a series are from the one that counts.

    Parameters
    ----------
    name, stage : str
        As in `output`.

    Returns
    -------
    DataFrame
        By the sources that count and the others: ``figures`` that both have, ``median_gap`` of their
        logarithms, and ``world_gap``, the median over years of the log ratio (other over chosen) of
        the sums over the countries that both have.

    Examples
    --------
    >>> table = disagreement("graphite", "mined")
    >>> round(float(table.loc[("world-mining-data-2024", "usgs-mcs-editions"), "world_gap"]), 1)
    -0.4
    """
    every = _sources(name, stage)
    both = pairs(every, _chosen(every))
    keys = ["source", "source_other"]
    sums = both.groupby([*keys, "year"])[["value", "value_other"]].sum()
    world = np.log(sums["value_other"] / sums["value"]).groupby(keys).median()
    gaps = both.groupby(keys)["gap"].agg(figures="count", median_gap="median")
    return gaps.assign(world_gap=world)


def first_estimates(name: str, stage: str) -> pd.DataFrame:
    """First published figures of each year: country, year and value in tonnes of content."""
    ready = assembled.output_table("first_estimates", name, stage)
    if ready is None:
        return joined_first_estimates(name, stage)
    return ready[["country", "year", "value"]].copy()


def joined_first_estimates(name: str, stage: str) -> pd.DataFrame:
    """First published figures (see `first_estimates`), from the sources."""
    table = _sources(name, stage)
    year = table["source"].map(FIRST_ESTIMATES)
    early = table[(table["source"] == "usgs-mcs-editions") | (table["year"] == year)]
    return _chosen(early)[["country", "year", "value"]]


def production_rows(minerals: Iterable[Mineral]) -> pd.DataFrame:
    """Rows of the panel's production, of each mineral's main stage.

    Returns
    -------
    DataFrame
        mineral, country, year, vintage ("first_estimate" or "latest"), value in tonnes, and source.
    """
    frames = []
    for mineral in minerals:
        name = series_name(mineral)
        if name is None or not stages(name):
            continue
        stage = stages(name)[0]
        frames += [
            first_estimates(name, stage).assign(mineral=mineral.name, vintage="first_estimate"),
            output(name, stage).assign(mineral=mineral.name, vintage="latest"),
        ]
    columns = ["mineral", "country", "year", "vintage", "value", "source"]
    own = private.production().assign(source="private")
    table = pd.concat([own, pd.DataFrame(columns=columns), *frames], ignore_index=True)[columns]
    # What a user registers takes the place of the public figure.
    table = table.drop_duplicates(["mineral", "country", "year", "vintage"])
    return table.astype({"value": float, "year": "int64"})


def output_rows(minerals: Iterable[Mineral]) -> pd.DataFrame:
    """Rows of the panel's output, of each mineral's every stage: `output` with mineral and stage."""
    frames = [
        output(name, stage).assign(mineral=mineral.name, stage=stage)
        for mineral in minerals
        if (name := series_name(mineral)) is not None
        for stage in stages(name)
    ]
    columns = ["mineral", "stage", "country", "year", "value", "source", "error"]
    table = pd.concat([pd.DataFrame(columns=columns), *frames], ignore_index=True)
    return table.astype({"value": float, "error": float, "year": "int64"})
