"""Wrong prices of today, measures of producers, contracts and commands; each says what would be right."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from critmin import Posterior, builtin_posterior, fair_price, producer_revenue
from critmin.cli import app
from critmin.contracts import Offtake
from critmin.contracts.files import CLAUSES, PRICES
from critmin.exceptions import CritminError

NAN = float("nan")


def few(count: int) -> Posterior:
    """Some draws of the built-in posterior."""
    return Posterior(builtin_posterior().draws.isel(sample=slice(count)))


def earn(**given: object) -> object:
    """What the Congo earns by a measure."""
    asked = {"mineral": "cobalt", "country": "COD", "horizon": 2, "posterior": few(20), **given}
    return producer_revenue(**asked)  # type: ignore[call-overload]


def take_up(quote: object, over: object = "2026-05", mineral: object = "tin") -> object:
    """Take up one price."""
    return builtin_posterior().assimilate({mineral: quote}, over=over)  # type: ignore[dict-item, arg-type]


def yuan(**given: object) -> object:
    """Take up a price in yuan."""
    return take_up({"price": 2_000, "unit": "CNY/kg", **given}, mineral="gallium")


TRIES = {
    "a royalty in percent": (
        lambda: earn(royalty=5),
        "royalty must be a number from 0 to 1, got 5",
    ),
    "a royalty in words": (lambda: earn(royalty="5%"), "royalty must be a number from 0 to 1"),
    "a royalty that is no number": (lambda: earn(royalty=NAN), "royalty must be a number"),
    "royalties": (lambda: earn(royalty=[0.05]), "royalty must be a number"),
    "a true royalty": (lambda: earn(royalty=True), "royalty must be a number"),
    "one level": (lambda: earn(withheld=0.5), "withheld must be several numbers"),
    "no level": (lambda: earn(withheld=[]), "withheld must be several numbers"),
    "a level in words": (lambda: earn(withheld="0.5"), "withheld must be several numbers"),
    "levels in percent": (lambda: earn(withheld=[50]), "every level of withheld must be a number"),
    "a level below nothing": (lambda: earn(withheld=[-0.1]), "every level of withheld"),
    "a level that is no number": (lambda: earn(withheld=[NAN]), "every level of withheld"),
    "an array of one level": (
        lambda: earn(withheld=np.array(0.3)),
        "withheld must be several numbers",
    ),
    "several sums": (
        lambda: earn(withheld=[0.3]).best(of=pd.Series(["exports"])),  # type: ignore[attr-defined]
        "unknown sum",
    ),
    "places in an array": (
        lambda: take_up({"price": 30_000, "place": np.array(["outside"])}),
        "unknown place of the price of tin",
    ),
    "a unit not available": (lambda: take_up((30_000, pd.NA)), "unit must be text"),
    "nested levels": (lambda: earn(withheld=[[0.1]]), "every level of withheld"),
    "a set of levels": (lambda: earn(withheld={0.1}), "withheld must be several numbers"),
    "a table of levels": (
        lambda: earn(withheld=pd.DataFrame({"a": [0.1, 0.2]})),
        "withheld must be several numbers",
    ),
    "a subsidy": (lambda: earn(duty=[-0.5]), "every level of duty must be a number from 0 to 5"),
    "a duty without bound": (lambda: earn(duty=[1e9]), "every level of duty"),
    "a quota and a duty": (lambda: earn(withheld=[0.1], duty=[0.1]), "not both"),
    "a stage of another name": (lambda: earn(stage="smelted"), "stage must be 'mined'"),
    "a stage that it lacks": (lambda: earn(stage="refined"), "COD is not known to refine cobalt"),
    "a discount in percent": (
        lambda: earn(discount=6),
        "discount must be a number from -0.05 to 1",
    ),
    "no discount": (lambda: earn(discount=None), "discount must be a number"),
    "no country": (lambda: earn(country=""), "unknown country ''"),
    "a list of countries": (lambda: earn(country=["COD"]), "unknown country ['COD']"),
    "a country that makes none": (lambda: earn(country="JPN"), "not among the producers of cobalt"),
    "a mineral too many": (lambda: earn(mineral=[]), "mineral must be a name"),
    "no draws": (lambda: fair_price("tin", 1, posterior=few(0)), "must be a Posterior with draws"),
    "a posterior too small for news": (
        lambda: few(20).assimilate({"tin": 35_000}, over="2026-05"),
        "a posterior of 20 draws is too small to take up prices: at least 100",
    ),
    "a single draw": (lambda: few(1).assimilate({"tin": 35_000}), "too small to take up prices"),
    "a price alone": (lambda: fair_price("tin", 1, today=1_600), "prices must name minerals"),  # type: ignore[call-overload]
    "no price": (lambda: fair_price("tin", 1, today={}), "prices must name minerals"),
    "a price in words": (lambda: take_up("1600"), "a price must be a positive number"),
    "a price below nothing": (lambda: take_up(-5), "a price must be a positive number"),
    "a price of 400 digits": (lambda: take_up(10**400), "a price must be a positive number"),
    "a price in yuan of 400 digits": (lambda: yuan(price=10**400, vat=0), "positive number"),
    "a price beyond measure": (lambda: take_up(1e29), "times above the price of tin"),
    "a price of next to nothing": (lambda: take_up(1e-300), "times below the price of tin"),
    "an empty quote": (lambda: take_up(()), "a price is a number, (number, unit)"),
    "a quote turned over": (lambda: take_up(("USD/t", 30_000)), "unit must be text"),
    "a quote of another form": (lambda: take_up((30_000, "USD/t LCE")), "unknown form of tin"),
    "a misspelt key": (lambda: take_up({"prce": 30_000}), "did you mean 'price'"),
    "a key without a price": (lambda: take_up({"unit": "USD/t"}), "needs 'price'"),
    "an unknown place": (
        lambda: take_up({"price": 30_000, "place": "CIF"}),
        "expected one of: customs, inside, marginal, outside",
    ),
    "a place in capitals": (lambda: yuan(vat=0, place="Inside"), "did you mean 'inside'"),
    "places": (lambda: take_up({"price": 30_000, "place": ["inside"]}), "unknown place"),
    "no tax said": (lambda: yuan(), "say vat='china'"),
    "a tax in percent": (lambda: yuan(vat=13), "vat must be a rate such as 0.13"),
    "a rate turned over": (lambda: yuan(vat=0, per_dollar=0.14), "about 7."),
    "a rate near one turned over": (
        lambda: take_up({"price": 27_000, "unit": "EUR/t", "per_dollar": 1.13}),
        "per_dollar must be the EUR that a dollar buys, about 0.8845, got 1.13",
    ),
    "a pound turned over": (
        lambda: take_up({"price": 24_000, "unit": "GBP/t", "per_dollar": 1.31}),
        "per_dollar must be the GBP that a dollar buys, about 0.783",
    ),
    "a rate of the dollar": (
        lambda: take_up({"price": 30_000, "per_dollar": 7}),
        "per_dollar must be the USD that a dollar buys",
    ),
    "a month before a day": (lambda: take_up(30_000, "05/12/2026"), "a period must be a date such"),
    "a day before a month": (lambda: take_up(30_000, "12.05.2026"), "a period must be a date such"),
    "a day for a month": (lambda: take_up(30_000, "2026-13-05"), "a period must be a date such"),
    "a month in words": (lambda: take_up(30_000, "May"), "a period must be a date such"),
    "a day that is none": (lambda: take_up(30_000, "2026-02-30"), "a period must be a date such"),
    "half a year": (lambda: take_up(30_000, "2026H1"), "a period must be a date such"),
    "a period of a number": (lambda: take_up(30_000, 2026), "a period must be a date such"),
    "three dates": (lambda: take_up(30_000, ("2026-01", "2026-02", "2026-03")), "one date or"),
    "a period turned round": (
        lambda: take_up(30_000, ("2026-05", "2026-01")),
        "end after it begins",
    ),
    "a period of no time": (lambda: take_up(30_000, pd.NaT), "a period must be a date such"),
    "last year's price": (lambda: take_up(30_000, "2025-05"), "only prices of 2026"),
    "a mineral by number": (lambda: take_up(30_000, mineral=5), "unknown mineral '5'"),
    "one mineral by two names": (
        lambda: builtin_posterior().assimilate({"aluminum": 2_700, "aluminium": 2_800}),
        "a mineral is named twice",
    ),
}


@pytest.mark.parametrize("name", TRIES)
def test_a_bad_call_is_told_what_would_be_right(name: str) -> None:
    call, words = TRIES[name]
    with pytest.raises(CritminError) as caught:
        call()
    message = str(caught.value)
    assert words in message
    assert "\n" not in message
    assert len(message) < 500


COMMANDS = {
    "revenue cobalt Narnia": "unknown country 'Narnia'",
    "revenue cobalt COD --royalty 5": "royalty must be a number from 0 to 1, got 5.0",
    "revenue cobalt COD --royalty nan": "royalty must be a number from 0 to 1",
    "revenue cobalt COD --withheld 0.1 --duty 0.1": "not both",
    "revenue cobalt COD --stage smelted": "stage must be 'mined'",
    "revenue cobalt COD --stage refined": "COD is not known to refine cobalt",
    "revenue cobalt COD --discount inf": "discount must be a number",
    "revenue cobalt nickel COD --plot a.png": "--plot draws one mineral, got 2",
    "revenue cobalt COD --posterior .": ".: no such file",
    "price tin --place inside": "give --today as well",
    "price tin --today 30000 --place nowhere": "unknown place of the price of tin 'nowhere'",
    "price tin --today 30000 --today 31000": "--today names tin twice",
    "price tin --today tin=30000_inside_outside": "says inside and outside; only one can be",
    "price tin --today 30000_2026-05-12_2026-05-13": "says 2026-05-12 and 2026-05-13",
    "price tin --today 30000_2026-13-01": "a period must be a date such as",
    "price tin --today tin=1,600": "expected mineral=price",
    "price tin --today =5": "unknown mineral ''",
    "price tin --today tin=3e400": "a price must be a positive number",
    "price tin lead --today 30000": "a number alone is for one mineral",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bad_command_is_told_what_would_be_right(command: str) -> None:
    done = CliRunner().invoke(app, [word.replace("_", " ") for word in command.split()])
    assert done.exit_code != 0
    said = str(done.exception) if isinstance(done.exception, CritminError) else done.output
    assert COMMANDS[command] in " ".join(said.split())


SOUND = 'mineral = "tin"\nvolume = 5\nstart = 2026\nyears = 3\n'
CONTRACTS = {
    'price = {kind = ["Fixed"]}': "unknown term of price ['Fixed']",
    'price = {kind = "Sum", prices = 5}': "prices must be several terms of price",
    'price = {kind = "Sum", prices = []}': "prices must be several terms of price",
    'price = {kind = "Sum", prices = [5]}': "a term of price is a table with a kind, got 5",
    "seller = 5": "seller must be text, got 5",
    "note = {a = 1}": "note of contract must be a finite number",
    "ramp = [nan]": "ramp of contract must be a finite number",
    'mix = "half"': "mix must be",
    'basis = ["real"]': "unknown basis",
    "_ = 1": "unknown key of contract '_'",
    '[[clause]]\nkind = "Royalty"\nrate = 5': "rate must be a number from 0 to 1, got 5",
    '[clause]\nkind = "Take"': "clause must be a list of tables",
}


@pytest.mark.parametrize("line", CONTRACTS)
def test_a_bad_contract_is_told_what_would_be_right(line: str) -> None:
    with pytest.raises(CritminError) as caught:
        Offtake.from_toml(f"{SOUND}{line}\n")
    assert CONTRACTS[line] in str(caught.value)


VALUES = (
    *("nan", "inf", "-1", "1e300", '"x"', "[1]", "{a = 1}", "true", "2026-01-01", "[]", '""'),
    *("[nan]", '["x"]', "9" * 30, '{kind = "Fixed", at = 5}'),
)


@pytest.mark.parametrize("kind", [*PRICES.values(), *CLAUSES.values()])
def test_no_value_of_a_term_or_clause_is_a_foreign_error(kind: type) -> None:
    """Every key of every term and clause with every odd value: a contract or a `CritminError`."""
    sound = {"at": "30000", "over": "2", "country": '"JPN"', "of": '{kind = "Fixed", at = 30000}'}
    needed = {
        each.name: sound.get(each.name, "0.5")
        for each in dataclasses.fields(kind)
        if each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
    }
    head = "[price]" if kind.__name__ in PRICES else "[[clause]]"
    read = 0
    for each in dataclasses.fields(kind):
        for value in VALUES:
            given = {**needed, each.name: value}
            rows = "".join(f"{key} = {said}\n" for key, said in given.items())
            try:
                deal = Offtake.from_toml(f'{SOUND}{head}\nkind = "{kind.__name__}"\n{rows}')
            except CritminError:
                continue
            assert repr(Offtake.from_toml(deal.to_toml())) == repr(deal)
            read += 1
            assert "nan" not in value
            assert "inf" not in value
    assert read < len(dataclasses.fields(kind)) * len(VALUES)


def test_what_is_unusual_and_right_is_understood() -> None:
    levels = [earn(withheld=given) for given in ([0.1, 0.2], np.array([0.2, 0.1]), (0.1, 0.2, 0.2))]
    levels.append(earn(withheld=pd.Series([0.1, 0.2], index=[7, 8])))
    for each in levels[1:]:
        assert each.draws.identical(levels[0].draws)  # type: ignore[attr-defined]
    asked = ["2026-05-12", dt.date(2026, 5, 12), pd.Timestamp("2026-05-12 10:00"), "20260512"]
    asked += [pd.Timestamp("2026-05-12", tz="Asia/Tokyo"), dt.datetime(2026, 5, 12)]
    assert len({take_up(35_000, over).id for over in asked}) == 1  # type: ignore[attr-defined]
    # The pound has no yearly rates; the euro was at parity in 2022.
    for quote in (
        (26_000, "GBP/t"),
        {"price": 26_000, "unit": "GBP/t", "per_dollar": 0.75},
        {"price": 34_000, "unit": "EUR/t", "per_dollar": 1.02},
    ):
        assert take_up(quote).assimilated["tin"]["pareto_k"] < 0.7  # type: ignore[attr-defined]
