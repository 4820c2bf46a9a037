"""Exchange rates against published averages, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from critmin.data.exchange import currencies, exchange_rate
from critmin.data.loaders.exchange_rates import CURRENCIES, load_exchange_rates
from critmin.exceptions import CritminError, DataError, UnknownNameError

# Federal Reserve, G.5A annual averages; the euro, the Australian and the New Zealand dollar are
# published in US dollars a unit (1.3931, 1.0332 in 2011; 0.5176 in 2001).
PUBLISHED = [
    ("JPY", 2011, 79.697),
    ("JPY", 1971, 347.79),
    ("CNY", 2023, 7.0809),
    ("KRW", 1998, 1400.44),
    ("BRL", 2015, 3.336),
    ("ZAR", 2024, 18.3346),
    ("INR", 2022, 78.5792),
    ("CAD", 2020, 1.3422),
    ("EUR", 2011, 1 / 1.3931),
    ("AUD", 2011, 1 / 1.0332),
    ("AUD", 2001, 1 / 0.5169),
    ("NZD", 2001, 1 / 0.4202),
    ("EUR", 2000, 1 / 0.9232),
]


@pytest.mark.parametrize(("currency", "year", "published"), PUBLISHED)
def test_rates_are_those_published(currency: str, year: int, published: float) -> None:
    assert float(exchange_rate(currency, year)) == pytest.approx(published, rel=1e-3)


def test_a_dollar_is_a_dollar_and_the_last_rate_is_held() -> None:
    assert exchange_rate("USD", [1950, 2060]).tolist() == [1.0, 1.0]
    ahead = exchange_rate("JPY", np.array([[2025, 2026], [2030, 2060]]))
    assert ahead.shape == (2, 2)
    assert np.unique(ahead).tolist() == [149.5686]
    assert float(exchange_rate("JPY", 2025)) == 149.5686


def test_every_currency_but_the_mixed_one_has_rates_to_the_last_year() -> None:
    table = currencies()
    assert set(table.index) == set(CURRENCIES.values())
    assert (table["last_year"] == 2025).all()
    assert (table["first_year"] <= 1999).all()
    for currency in table.index:
        rates = exchange_rate(currency, np.arange(table.loc[currency, "first_year"], 2026))
        assert np.isfinite(rates).all()
        # No redenomination is left: the greatest fall is the Mexican peso's of 1995.
        assert np.abs(np.diff(np.log(rates))).max() < 0.7


@pytest.mark.parametrize(
    ("currency", "year", "error", "said"),
    [
        ("JPN", 2011, UnknownNameError, "'JPN': expected one of: AUD, .*JPY"),
        ("VES", 2020, UnknownNameError, "VES"),
        (None, 2011, UnknownNameError, "None"),
        ("EUR", 1998, CritminError, "EUR in 1998: the rates are of 1999 to 2025"),
        ("CNY", [2000, 1970], CritminError, "CNY in 1970"),
        ("JPY", 2011.5, CritminError, "whole numbers"),
        ("JPY", "2011", CritminError, "whole numbers"),
    ],
)
def test_errors_name_currency_and_years(currency, year, error, said) -> None:
    with pytest.raises(error, match=said):
        exchange_rate(currency, year)


HEAD = "Date,Country,Exchange rate\n"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("2011-01-01,Atlantis,2\n", "Atlantis"),
        ("2011-01-01,Japan,-1\n", "not positive"),
        ("2011-01-01,Japan,nan\n", "not positive"),
        ("2011-01-01,Japan,\n", "row 2"),
        ("2011-01-01,Japan,80\n2011-01-01,Japan,81\n", "JPY 2011: given more than once"),
        ("2001-01-01,Australia,0.5169\n", "expected units per US dollar"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, rows: str, reason: str) -> None:
    path = tmp_path / "annual.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(DataError, match=reason):
        load_exchange_rates(path)


def test_the_raw_file_is_read_whole(raw: Path) -> None:
    table = load_exchange_rates(raw / "exchange-rates" / "annual.csv")
    assert len(table) == 962  # 993 rows less 31 of Venezuela
    assert table["value"].gt(0).all()
