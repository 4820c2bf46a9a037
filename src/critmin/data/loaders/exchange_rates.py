"""Annual average exchange rates of the US Federal Reserve, as copied from FRED."""

from pathlib import Path
from types import MappingProxyType

import pandas as pd

from critmin.data.loaders.files import read_csv
from critmin.exceptions import DataError

COLUMNS = ("Date", "Country", "Exchange rate")

CURRENCIES = MappingProxyType(
    {
        "Australia": "AUD",
        "Brazil": "BRL",
        "Canada": "CAD",
        "China": "CNY",
        "Denmark": "DKK",
        "Euro": "EUR",
        "Hong Kong": "HKD",
        "India": "INR",
        "Japan": "JPY",
        "Malaysia": "MYR",
        "Mexico": "MXN",
        "New Zealand": "NZD",
        "Norway": "NOK",
        "Singapore": "SGD",
        "South Africa": "ZAR",
        "South Korea": "KRW",
        "Sweden": "SEK",
        "Switzerland": "CHF",
        "Taiwan": "TWD",
        "Thailand": "THB",
    }
)
"""Currency of each country of the file that is taken."""

REFUSED = frozenset({"Venezuela"})
"""Left out whole: three redenominations stand in one column (9.98, 4,389,737, 13,269, 6.64 in turn)."""


def load_exchange_rates(path: str | Path) -> pd.DataFrame:
    r"""Read the yearly averages, all of them as units of the currency per US dollar.

    The Federal Reserve publishes the Australian and New Zealand dollar and the euro the other way
    round, in US dollars a unit. The copy has turned these already: it gives 1.9346 for Australia
    in 2001, when an Australian dollar bought 0.517 US dollars. So nothing is turned here, and a
    file in the publisher's own directions is refused rather than misread.

    Parameters
    ----------
    path : path
        CSV with the columns `COLUMNS`, one row a country and year.

    Returns
    -------
    DataFrame
        Columns currency (ISO 4217), year, value (units per US dollar), in that order.

    Raises
    ------
    DataError
        With every bad row: unknown country, unreadable date or rate, a year given twice; or if
        a rate of 2001 shows that its currency stands in the other direction.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "annual.csv")
    >>> _ = path.write_text("Date,Country,Exchange rate\n2011-01-01,Japan,79.6967\n")
    >>> load_exchange_rates(path).values.tolist()
    [['JPY', 2011, 79.6967]]
    """
    table = read_csv(path, required=COLUMNS)
    records: list[dict[str, object]] = []
    problems = []
    for number, row in enumerate(table.to_dict("records"), start=2):
        if row["Country"] in REFUSED:
            continue
        currency = CURRENCIES.get(row["Country"])
        try:
            year, rate = int(row["Date"][:4]), float(row["Exchange rate"])
        except ValueError as error:
            problems.append(f"row {number}: {error}")
            continue
        if currency is None:
            problems.append(f"row {number}: {row['Country']!r} is none of {sorted(CURRENCIES)}")
        elif not 0 < rate < float("inf"):
            problems.append(f"row {number}: rate {row['Exchange rate']!r} is not positive")
        else:
            records.append({"currency": currency, "year": year, "value": rate})
    rates = pd.DataFrame(records, columns=["currency", "year", "value"])
    for twice in rates[rates.duplicated(["currency", "year"])].itertuples():
        problems.append(f"{twice.currency} {twice.year}: given more than once")
    problems.extend(_turned(rates))
    if problems:
        raise DataError(f"{path}: {len(problems)} rows refused", problems)
    return rates.sort_values(["currency", "year"], kind="stable", ignore_index=True)


def _turned(rates: pd.DataFrame) -> list[str]:
    """Currencies whose rate of 2001 can only be US dollars a unit: all were worth less than one."""
    return [
        f"{row.currency}: {row.value} in 2001 is US dollars a unit, expected units per US dollar"
        for row in rates[rates["year"] == 2001].itertuples()
        if row.value < 1
    ]
