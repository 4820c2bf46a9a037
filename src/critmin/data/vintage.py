"""What was known of prices at the end of a year, and how far first estimates are revised."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from critmin.data.editions import EDITIONS, LAST_YEAR, NEWEST
from critmin.data.panel import FIRST_YEAR
from critmin.data.prices import price_history, price_variables, year_end_variable
from critmin.data.quotes import printed
from critmin.exceptions import DataError
from critmin.mineral import get_mineral, registry
from critmin.units import price_factor


def known_at(year: int, minerals: Sequence[str] | None = None) -> xr.Dataset:
    """Prices as the edition that appeared early in the next year had them.

    The last year is that edition's first estimate, and sources are joined by the overlaps of the
    day. Before the first edition at hand its successors' figures, cut at the year, stand for those
    of the day; data without editions (Data Series 140, the World Bank's averages of exchange
    quotations) are not revised.

    Parameters
    ----------
    year : int
        Up to `critmin.data.editions.LAST_YEAR`.
    minerals : sequence of str, optional
        Names; all by default.

    Returns
    -------
    Dataset
        The price variables of `critmin.data.load_panel` (mineral, year), its year-end prices among
        them, to be put in their place:
        ``panel.sel(year=slice(None, 2022)).assign(known_at(2022))``. Private series are included.
        ``attrs["edition"]`` is the edition that was used.

    Raises
    ------
    UnknownNameError
        If a mineral is not known.
    DataError
        If nothing is known so early, or the year has not ended in the data.

    Examples
    --------
    >>> then, now = (known_at(year, ["neodymium"])["price_nominal"] for year in (2021, 2025))
    >>> (now / then).sel(mineral="neodymium", year=2021).item()  # 49, later 98 USD/kg
    2.0
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DataError(f"year {year}: prices are known from {FIRST_YEAR} to {LAST_YEAR}")
    edition = year + 1 if year + 1 >= EDITIONS[0] else NEWEST
    chosen = [get_mineral(n) for n in minerals] if minerals is not None else [*registry().values()]
    years = np.arange(FIRST_YEAR, year + 1)
    histories = {m.name: price_history(m, edition) for m in chosen}
    return xr.Dataset(
        {
            **price_variables(histories, years),
            "price_year_end": year_end_variable(histories, years),
        },
        coords={"mineral": list(histories), "year": years},
        attrs={"edition": edition},
    )


def revisions() -> pd.DataFrame:
    """Every price of the editions at hand that was estimated first and printed again later.

    Returns
    -------
    DataFrame
        One row a mineral, series and year: mineral, series, quality, year, first and latest (in
        the unit of the latest edition), first_edition, latest_edition, and revision (log of latest
        over first).

    Examples
    --------
    >>> table = revisions().set_index(["mineral", "year"])
    >>> row = table.loc[("neodymium", 2021)]
    >>> float(row["first"]), float(row["latest"])
    (49.0, 98.0)
    """
    rows = []
    for mineral in registry().values():
        for source in mineral.prices:
            table = printed(source)
            table = table[table["edition"] > 0].sort_values("edition")
            for year, figures in table.groupby("year"):
                first, latest = figures.iloc[0], figures.iloc[-1]
                if not first["estimated"] or len(figures) < 2:
                    continue
                rate = price_factor(first["unit"]) / price_factor(latest["unit"])
                rows.append(
                    {
                        "mineral": mineral.name,
                        "series": source.series,
                        "quality": source.quality,
                        "year": year,
                        "first": first["value"] * rate,
                        "latest": latest["value"],
                        "first_edition": first["edition"],
                        "latest_edition": latest["edition"],
                        "revision": np.log(latest["value"] / (first["value"] * rate)),
                    }
                )
    return pd.DataFrame(rows)


def revision_sizes() -> pd.DataFrame:
    """How far first estimates of a year's price are revised, by quality.

    Returns
    -------
    DataFrame
        By quality: count, median and 90% quantile of the absolute log revision, and the share of
        revisions by more than a tenth.

    Examples
    --------
    >>> sizes = revision_sizes()
    >>> bool(sizes.loc["exchange", "median"] < sizes.loc["unit_value", "90%"])
    True
    """
    table = revisions()
    size = table["revision"].abs().groupby(table["quality"])
    return pd.DataFrame(
        {
            "count": size.size(),
            "median": size.median(),
            "90%": size.quantile(0.9),
            "above a tenth": size.apply(lambda one: float((one > np.log(1.1)).mean())),
        }
    )
