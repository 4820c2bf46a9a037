"""Everything that is known of a fence: prices on both sides, taxes, exports, use inside, quotas.

A fence is the border behind which a restricted mineral is cheaper. Every row has the year from which it
was known, so that an origin can cut it.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from critmin.data.catalogue import load
from critmin.data.dates import decimal_year
from critmin.data.distortion import quotas, wedges
from critmin.data.editions import LAST_YEAR
from critmin.data.own_use import use_inside
from critmin.data.production import series_name, stages
from critmin.data.tables import export_taxes
from critmin.data.volumes import yearly_exports
from critmin.exceptions import DataError
from critmin.internal.arrays import Floats, Ints
from critmin.mineral import Mineral, registry

MEASURES = ("export ban", "export licence", "export quota", "export tax")
"""Measures by which a state puts up a fence of its own."""

VAT_IN = 5 / 8
"""Share of the domestic prices that say whether value-added tax is in, and have it in (5 of 8)."""

PAIR_SPREAD = 0.08
"""Standard deviation of the log wedge of one pair in calm years around their mean (19 domestic pairs of
2015 to June 2023 without lithium): what two quotes of one good differ by for no reason of the state."""

FIRST_YEAR = 1960
_OTHER_FORMS = ("alloy with iron", "ore and concentrate")  # not what is priced


@dataclass(frozen=True, slots=True, eq=False)
class Fences:
    """What is known of every fence until a year.

    Attributes
    ----------
    fences : DataFrame
        One row a mineral and country: mineral, country, stage, since (decimal year of its first
        measure; NaN where prices differ but no measure is on record), wedges and exports (rows below,
        so that 0 means nothing measured), delta ("measured" or "prior").
    years : array
        Calendar years of `delta`, from the first measure on.
    wedge : DataFrame
        mineral, country, form, date (decimal year), log_wedge (ln outside/inside, the inside price
        without value-added tax: where the page does not say, `VAT_IN` of it is taken off), sd, kind of
        the outside price ("transaction", "assessment", "ask"), basis ("measured" or "computed" by the
        page), weight (0 to 1, judgement of the pair), stated (ln outside/inside with nothing taken off
        but a stated tax), vat_doubt (what the tax that is not stated would add), place (outside).
    freight : DataFrame
        The same of pairs whose inside price is an export price (fob): freight and premium, no fence.
    tax : DataFrame
        mineral, country, year, tax (log points between an export price and the untaxed price inside:
        value-added tax not refunded, duties, levies; NaN where a rebate or rate is not known), low and
        high (bounds: all refunded, none refunded; high is NaN under a duty of unknown rate), duty (its
        part), basis ("dated", "held": the rate is on record, its end is not, or "unknown"); of China and
        Myanmar alone, since 2004.
    exports_ratio : DataFrame
        mineral, country, form, material ("yes", "part", "other form"), year, log_ratio (exports a month
        after the measure over those before), sd, months, basis ("normal": fourth to second year before,
        or "last year", when people buy ahead).
    delta : DataFrame
        mineral, country, stage (the fence's, or that of which output is known), year, share (of world
        output at the stage, mean of three years), delta (share of world use inside the fence), sd,
        basis ("measured" or "prior"). None where no output is known.
    quota : DataFrame
        mineral, country, year, kind ("export" or "production"), value (tonnes), form, known (year).
    """

    fences: pd.DataFrame
    years: Ints
    wedge: pd.DataFrame
    freight: pd.DataFrame
    tax: pd.DataFrame
    exports_ratio: pd.DataFrame
    delta: pd.DataFrame
    quota: pd.DataFrame


def _last(panel_year: int | None) -> int:
    """The last year known, if it is in the data."""
    last = LAST_YEAR if panel_year is None else panel_year
    if not FIRST_YEAR <= last <= LAST_YEAR:
        raise DataError(f"year {last}: fences are known from {FIRST_YEAR} to {LAST_YEAR}")
    return last


def fence_taxes(panel_year: int | None = None) -> pd.DataFrame:
    """`Fences.tax` alone, without what it takes to measure trade.

    Parameters
    ----------
    panel_year : int, optional
        As of `fences`.

    Raises
    ------
    DataError
        If the year is not in the data.

    Examples
    --------
    >>> fence_taxes(2023).equals(fences(2023).tax)
    True
    """
    last = _last(panel_year)
    wedge, _ = _wedges(last)
    return _tax(_fences(last, wedge), last)


def fences(panel_year: int | None = None) -> Fences:
    """Witnesses of every fence: what the two-price model observes of it.

    Parameters
    ----------
    panel_year : int, optional
        The last year known; the data's last by default. Nothing dated later is in the result.

    Returns
    -------
    Fences

    Raises
    ------
    DataError
        If the year is not in the data.

    Notes
    -----
    Hand tables list countries' and prices' dates, not the dates of publication; a page is taken to be
    known in its own year. What normal exports are leans on trade of 2022 and 2024: an origin before
    2022 has priors only, and their mean (how much of its output a producer uses itself) is still
    that of 2022.

    Examples
    --------
    >>> known = fences(2023)
    >>> known.wedge.query("mineral == 'gallium'")["stated"].round(2).tolist()
    [0.14, 0.4, 0.57]
    >>> int(known.exports_ratio["year"].max())
    2023
    """
    known = _known(_last(panel_year))
    # What a caller writes into a table is the caller's alone.
    own = {field.name: getattr(known, field.name).copy() for field in dataclasses.fields(known)}
    return Fences(**own)


@cache
def _known(last: int) -> Fences:
    """`fences` of a year, once: it takes seconds, and every fit and every test of a model asks for it."""
    wedge, freight = _wedges(last)
    table = _fences(last, wedge)
    since = table["since"].min()
    years = np.arange(int(since) if np.isfinite(since) else last, last + 1)
    ratio = yearly_exports()
    ratio = ratio[ratio["year"] <= last].drop(columns="effective").reset_index(drop=True)
    delta = use_inside(table, years, last)
    quota = quotas()
    decided = quota["source"].str.extract(r"decision of .*(\d{4})")[0].astype(float)
    quota = quota.assign(known=quota["year"].where(decided.isna(), decided).astype(int))
    quota = quota[quota["known"] <= last].reset_index(drop=True)
    keys = pd.MultiIndex.from_frame(table[["mineral", "country"]])
    basis = delta.drop_duplicates(["mineral", "country"], keep="last")
    table = table.assign(
        wedges=_count(wedge, keys),
        exports=_count(ratio, keys),
        delta=basis.set_index(["mineral", "country"])["basis"].reindex(keys).to_numpy(),
    )
    made = Fences(table, years, wedge, freight, _tax(table, last), ratio, delta, quota)
    for frame, units in (
        (wedge, {"log_wedge": "log", "sd": "log", "date": "year"}),
        (freight, {"log_wedge": "log", "sd": "log", "date": "year"}),
        (made.tax, dict.fromkeys(("tax", "low", "high", "duty"), "log")),
        (ratio, {"log_ratio": "log", "sd": "log"}),
        (delta, dict.fromkeys(("share", "delta", "sd"), "share of the world's output or use")),
        (quota, {"value": "t of what the quota counts"}),
    ):
        frame.attrs["units"] = units
    return made


def _count(rows: pd.DataFrame, keys: pd.MultiIndex) -> Ints:
    return rows.groupby(["mineral", "country"]).size().reindex(keys).fillna(0).to_numpy(dtype=int)


def _wedges(last: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs across a fence and pairs outside it."""
    pairs = wedges()
    pairs = pairs[pairs["date"].str[:4].astype(int) <= last]
    doubt = pairs["vat_doubt"]
    unsure = doubt * np.sqrt(VAT_IN * (1 - VAT_IN))
    table = pd.DataFrame(
        {
            "mineral": pairs["mineral"],
            "country": "CHN",
            "form": pairs["form"],
            "date": pairs["date"].map(decimal_year),
            "log_wedge": pairs["log_wedge"] + VAT_IN * doubt,
            "sd": np.sqrt(pairs["error"] ** 2 + unsure**2 + PAIR_SPREAD**2),
            "kind": pairs["outside_kind"],
            "basis": np.where(pairs["doubts"].str.contains("computed"), "computed", "measured"),
            "weight": pairs["weight"],
            "stated": pairs["log_wedge"],
            "vat_doubt": doubt,
            "place": pairs["outside_place"],
        }
    )
    across = (pairs["inside_place"] == "domestic").to_numpy()
    return table[across].reset_index(drop=True), table[~across].reset_index(drop=True)


def _members(commodity: str) -> Iterator[Mineral]:
    """Minerals that a measure on a commodity reaches."""
    for mineral in registry().values():
        if commodity in (mineral.name, mineral.production):
            yield mineral


def _fences(last: int, wedge: pd.DataFrame) -> pd.DataFrame:
    events = load("critmin-events")
    events = events[events["measure"].isin(MEASURES)].sort_values("effective", kind="stable")
    first: dict[tuple[str, str], tuple[str, float]] = {}
    for event in events.itertuples(index=False):
        since = decimal_year(str(event.effective))
        if since < last + 1:
            for mineral in _members(str(event.mineral)):
                first.setdefault((mineral.name, str(event.country)), (str(event.stage), since))
    for name in wedge["mineral"].unique():
        here = stages(series_name(registry()[name]) or "")
        stage = "refined" if "refined" in here or not here else here[0]
        first.setdefault((name, "CHN"), (stage, float("nan")))
    rows = [(*key, *value) for key, value in sorted(first.items())]
    return pd.DataFrame(rows, columns=["mineral", "country", "stage", "since"])


def _tax(table: pd.DataFrame, last: int) -> pd.DataFrame:
    """Taxes by year, mean of its months, in countries of which any is known."""
    known, events = export_taxes(), load("critmin-events")
    events = events[events["measure"] == "export tax"].fillna({"ended": ""})
    years = np.arange(int(known["since"].min()[:4]), last + 1)
    columns = ["mineral", "country", "year", "tax", "low", "high", "duty", "basis"]
    if not len(years):  # no tax is on record so early
        return pd.DataFrame(columns=columns).astype(dict.fromkeys(columns[3:7], float))
    months = np.array([f"{year}-{month:02d}-15" for year in years for month in range(1, 13)])
    frames = []
    for fence in table[table["country"].isin(known["country"])].itertuples(index=False):
        own = registry()[str(fence.mineral)]
        names = {own.name, own.production, ""}
        mine = known[(known["country"] == fence.country) & known["mineral"].isin(names)]
        mine = mine[~mine["form"].isin(_OTHER_FORMS)]
        taxed = events[(events["country"] == fence.country) & events["mineral"].isin(names)]
        rates = {kind: _rate(mine[mine["kind"] == kind], months) for kind in mine["kind"].unique()}
        nought, nothing = np.zeros(len(months)), np.full(len(months), np.nan)
        duty = np.log1p(np.nan_to_num(rates.get("export duty", nought)))
        # A levy in kind: the exporter keeps the rest.
        duty -= np.log1p(-np.nan_to_num(rates.get("export levy", nought)))
        missing = (duty == 0) & np.isfinite(
            _rate(taxed.assign(since=taxed["effective"], until=taxed["ended"], rate=1.0), months)
        )
        vat, rebate = rates.get("vat", nothing), rates.get("export VAT rebate", nothing)
        by_month = {
            "tax": np.where(missing, np.nan, duty + np.log((1 + vat) / (1 + rebate))),
            "low": duty,
            "high": np.where(missing, np.nan, duty + np.log1p(vat)),
            "duty": duty,
        }
        held = mine[
            mine["note"].str.contains("not sourced") & (mine["kind"] == "export VAT rebate")
        ]
        frame = pd.DataFrame(
            {name: values.reshape(-1, 12).mean(axis=1) for name, values in by_month.items()}
        )
        after = held["since"].str[:4].astype(int).min() if len(held) else last + 1
        basis = np.where(frame["tax"].isna(), "unknown", np.where(years > after, "held", "dated"))
        frames.append(
            frame.assign(mineral=own.name, country=fence.country, year=years, basis=basis)
        )
    return pd.concat([pd.DataFrame(columns=columns), *frames], ignore_index=True)[columns]


def _rate(rows: pd.DataFrame, days: "np.typing.NDArray[np.str_]") -> Floats:
    """Highest rate in force on each day; NaN where none is on record."""
    rate = np.full(len(days), np.nan)
    for row in rows.itertuples(index=False):
        inside = (days >= str(row.since)) & ((days <= str(row.until)) | (not row.until))
        rate = np.where(inside, np.fmax(rate, float(str(row.rate))), rate)
    return rate
