"""The ledger: forecasts signed on the day they were made, and scored by what came.

An entry is a JSON file that says what was forecast, when, by which model, from which data. Its
SHA-256 stands in it, and that of the entry before, so that no number can be altered and no entry
taken out afterwards without the audit saying so. `critmin.audit.signing` writes entries.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.countries import ROW
from critmin.exceptions import DataError
from critmin.internal.extras import extras

FORMAT = "critmin-ledger-1"

MODEL = "critmin"
"""Name of the model among an entry's forecasters; the others are baselines of the same day."""

WORLD = "world"
"""Place of the world's output; other places are countries, ISO 3166 alpha-3, and ``"ROW"``."""

RESTATED = 0.25
"""Most that the last known figure may have moved since, in logs, for later ones to be compared."""

HEADER: tuple[str, ...] = (
    "format",
    "date",
    "critmin",
    "model_version",
    "data_hash",
    "posterior",
    "commit",
    "seed",
    "previous",
    "base_year",
    "origin",
    "years",
    "probabilities",
    "units",
    "forecasts",
    "sha256",
)
"""What every entry has to say."""

SCORED: tuple[str, ...] = ("market_price", "market_price_nominal", "production")
"""Quantities that statistics will report. The fair price is a counterfactual that nobody observes:
it is kept to show how later versions revise it."""


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of an entry, over its canonical JSON without the key ``sha256``.

    Canonical is: keys sorted, no white space, ASCII, numbers as Python writes them.

    Examples
    --------
    >>> digest({"b": 1, "a": [0.5]}) == digest({"a": [0.5], "b": 1, "sha256": "what it was"})
    True
    """
    rest = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """Forecasts of one day, whose hash was found to be right.

    Attributes
    ----------
    path : Path
    content : dict
        The whole file. ``forecasts`` holds by mineral what was last known (``last``) and the
        quantiles of each forecaster (``critmin`` and the baselines): by quantity, for output and
        supply also by place, lists (year, probability).
    """

    path: Path
    content: dict[str, Any]

    @property
    def minerals(self) -> list[str]:
        """Names of the minerals forecast."""
        return list(self.content["forecasts"])

    def quantiles(
        self, mineral: str, quantity: str, place: str = WORLD, forecaster: str = MODEL
    ) -> pd.DataFrame:
        """Quantiles of one forecast.

        Parameters
        ----------
        mineral : str
        quantity : str
            ``"market_price"``, ``"fair_price"``, either with ``"_nominal"``, ``"production"`` or
            ``"supply"``.
        place : str
            ``"world"`` or a country; prices have one place.
        forecaster : str
            ``"critmin"`` or a baseline.

        Returns
        -------
        DataFrame
            By year, a column a probability, in the entry's ``units`` of the quantity.

        Raises
        ------
        DataError
            If the entry has no such forecast.

        Examples
        --------
        >>> from critmin.audit.signing import make_entry
        >>> entry = Entry(Path("tin.json"), make_entry("a" * 40, "2026-11-25", minerals=["tin"]))
        >>> entry.quantiles("tin", "market_price").shape
        (15, 5)
        """
        try:
            found = self.content["forecasts"][mineral][forecaster][quantity]
            rows = found[place] if isinstance(found, dict) else found
        except KeyError as error:
            raise DataError(
                f"{self.path}: no forecast of {quantity} of {mineral} ({place}) by {forecaster}: "
                f"there is no {error}"
            ) from None
        years = pd.Index(self.content["years"], name="year")
        return pd.DataFrame(rows, index=years, columns=self.content["probabilities"])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, no key of it twice: what is read would not be all that is to be seen."""
    keys = [key for key, _ in pairs]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise ValueError(f"says {twice[0]!r} twice")
    return dict(pairs)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def read_entry(path: str | Path) -> Entry:
    """Read an entry and verify its hash.

    Parameters
    ----------
    path : path
        Of a file that `critmin.audit.signing.write_entry` wrote.

    Returns
    -------
    Entry

    Raises
    ------
    DataError
        If there is no such file, it is no entry, says something twice, or has another content's hash.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{source}: not a readable entry of the ledger ({error})") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{source}: not an entry of the ledger of format {FORMAT!r}")
    if missing := [key for key in HEADER if key not in content]:
        raise DataError(f"{source}: the entry does not say: {', '.join(missing)}")
    if (found := digest(content)) != content["sha256"]:
        said = f"its content has the SHA-256 {found}, it states {content['sha256']}"
        raise DataError(f"{source}: the entry was altered after it was signed: {said}")
    return Entry(source, content)


def read_ledger(folder: str | Path) -> list[Entry]:
    """Read and verify all entries of a folder.

    Parameters
    ----------
    folder : path
        ``*.json`` in it are entries.

    Returns
    -------
    list of Entry
        Oldest first.

    Raises
    ------
    DataError
        If there is no such folder, if an entry was altered, or if one that a later entry names as
        the one before it is not there any more. Every wrong entry is named.

    Examples
    --------
    >>> read_ledger("no such folder")
    Traceback (most recent call last):
    critmin.exceptions.DataError: no such folder: there is no ledger there
    """
    home = Path(folder)
    if not home.is_dir():
        raise DataError(f"{home}: there is no ledger there")
    entries, problems = [], []
    for path in sorted(home.glob("[!.]*.json")):  # a dot begins what a killed process left
        try:
            entries.append(read_entry(path))
        except DataError as error:
            problems.append(str(error))
    # By stem, so that v4 comes before v4.1.
    entries.sort(key=lambda entry: (str(entry.content["date"]), entry.path.stem))
    before = None
    for entry in entries:
        if not problems and entry.content["previous"] != before:
            problems.append(
                f"{entry.path}: names {entry.content['previous']} as the entry before it, "
                f"found {before}"
            )
        before = entry.content["sha256"]
    if problems:
        raise DataError(f"{home}: the ledger is not what was signed", problems)
    return entries


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """What a panel says of one quantity and place, brought to the entry's terms."""

    quantity: str
    place: str
    values: "pd.Series[float]"
    scale: float | None
    """Of output: tonnes that count as one. None: the score is of logs."""


class _RestatedError(Exception):
    """The figures are not those that the entry was made from."""


def _comparable(values: "pd.Series[float]", last: list[float], what: str) -> None:
    """Raise if the figure that was last known when the entry was made has changed a lot since."""
    year, known = int(last[0]), float(last[1])
    now = float(values.get(year, np.nan))
    if not (now > 0 and abs(np.log(now / known)) <= RESTATED):
        raise _RestatedError(f"{what} of {year} was {known:.5g}, is now {now:.5g}")


def _prices(entry: Entry, panel: xr.Dataset, mineral: str) -> list[_Outcomes]:
    last = entry.content["forecasts"][mineral]["last"]["market_price_nominal"]
    chosen = panel.sel(mineral=mineral)
    nominal = chosen["price_nominal"].to_series().astype(float)
    _comparable(nominal, last, "price")
    basis = chosen["price_basis"].to_series()
    nominal = nominal[basis == basis.loc[int(last[0])]]
    index = panel["cpi"].to_series().astype(float)
    # Money of the entry's base year, whatever that of the panel is; no guess of a price index.
    real = nominal * index.loc[entry.content["base_year"]] / index.reindex(nominal.index)
    return [
        _Outcomes("market_price", WORLD, real, None),
        _Outcomes("market_price_nominal", WORLD, nominal, None),
    ]


def _production(entry: Entry, panel: xr.Dataset, mineral: str) -> list[_Outcomes]:
    about = entry.content["forecasts"][mineral]
    if "production" not in about["last"]:
        return []
    table = panel["production"].sel(mineral=mineral, vintage="latest").to_pandas().T.astype(float)
    world = table.sum(axis=1, min_count=1)
    _comparable(world, about["last"]["production"], "world output")
    named = [place for place in about[MODEL]["production"] if place not in (WORLD, ROW)]
    own = table.reindex(columns=named)
    # The rest of the world is known only where every country told apart is.
    places = {WORLD: world, ROW: world - own.sum(axis=1, skipna=False), **own}
    scale = float(about["last"]["production"][1])
    return [
        _Outcomes("production", str(place), values, scale)
        for place, values in places.items()
        if place in about[MODEL]["production"]
    ]


def _score(entry: Entry, mineral: str, found: _Outcomes) -> list[dict[str, Any]]:
    """A row for every forecaster and year with an outcome."""
    with extras():
        import scoringrules as sr  # compiles for seconds when it is loaded

    levels = np.array(entry.content["probabilities"])
    rows = []
    for forecaster, made in entry.content["forecasts"][mineral].items():
        quantities = made.get(found.quantity) if forecaster != "last" else None
        if quantities is None or (isinstance(quantities, dict) and found.place not in quantities):
            continue
        table = entry.quantiles(mineral, found.quantity, found.place, forecaster)
        known = found.values.reindex(table.index).dropna()
        known = known[known > 0] if found.scale is None else known
        for year, outcome in known.items():
            row = table.loc[year]
            points = row.to_numpy(dtype=float)
            y, q = (
                (np.log(outcome), np.log(points))
                if found.scale is None
                else (outcome / found.scale, points / found.scale)
            )
            rows.append(
                {
                    "mineral": mineral,
                    "quantity": found.quantity,
                    "place": found.place,
                    "year": int(str(year)),
                    "horizon": int(str(year)) - int(entry.content["origin"]),
                    "forecaster": forecaster,
                    "outcome": float(outcome),
                    "crps": float(sr.crps_quantile(y, q, levels)),
                    "inside 50%": float(row[0.25] <= outcome <= row[0.75]),
                    "inside 90%": float(row[0.05] <= outcome <= row[0.95]),
                }
            )
    return rows


def score_entry(entry: Entry, panel: xr.Dataset) -> pd.DataFrame:
    """Score an entry's forecasts against what has become known since.

    Parameters
    ----------
    entry : Entry
    panel : Dataset
        Of `critmin.data.load_panel`.

    Returns
    -------
    DataFrame
        A row for each mineral, quantity of `SCORED`, place, year and forecaster: ``outcome``,
        ``crps`` and whether the outcome lay ``inside 50%`` and ``inside 90%``. Prices are scored in
        logs; output as a share of the world's last output known to the entry, so that a country
        that stops can be scored. Empty if nothing newer is known. ``attrs["refused"]`` lists what
        could not be compared, and why: minerals that the panel lacks, and figures whose last value
        known to the entry has since moved by more than `RESTATED`.

    Notes
    -----
    The CRPS is twice the mean pinball loss over the five quantiles (Koenker and Bassett 1978,
    Econometrica 46; Berrisch and Ziel 2023, Journal of Econometrics 237): coarse by itself, the same
    for every forecaster.
    """
    rows: list[dict[str, Any]] = []
    refused: list[str] = []
    newer = panel.sel(year=slice(int(entry.content["origin"]) + 1, None)).sizes["year"] > 0
    for mineral in entry.minerals if newer else []:
        if mineral not in panel["mineral"]:
            refused.append(f"{mineral}: not in the panel")
            continue
        for outcomes in (_prices, _production):
            try:
                for found in outcomes(entry, panel, mineral):
                    rows += _score(entry, mineral, found)
            except _RestatedError as error:
                refused.append(f"{mineral}: {error}")
    columns = ["mineral", "quantity", "place", "year", "horizon", "forecaster", "outcome", "crps"]
    table = pd.DataFrame(rows, columns=[*columns, "inside 50%", "inside 90%"])
    table.attrs["refused"] = refused
    return table


def ledger_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of the model and of the walks of the same day, on the same outcomes.

    Parameters
    ----------
    scores : DataFrame
        Of `score_entry`.

    Returns
    -------
    DataFrame
        By quantity, whether of the world or of a country, horizon and forecaster: number of
        ``outcomes``, mean ``crps``, ``skill`` (1 less the ratio of the model's mean CRPS to the
        forecaster's, on the outcomes that both forecast; 0 for the model) and coverage.
    """
    table = scores.assign(place=np.where(scores["place"] == WORLD, WORLD, "country"))
    label = ["mineral", "quantity", "year"]
    ours = scores[scores["forecaster"] == MODEL].set_index([*label, "place"])["crps"]
    keys = pd.MultiIndex.from_frame(scores[[*label, "place"]])
    table["ours"] = ours.reindex(keys).to_numpy()
    groups = table.groupby(["quantity", "place", "horizon", "forecaster"], sort=True)
    means = groups[["crps", "ours", "inside 50%", "inside 90%"]].mean()
    means.insert(0, "outcomes", groups.size())
    means.insert(2, "skill", 1 - means["ours"] / means["crps"])
    return means.drop(columns="ours")
