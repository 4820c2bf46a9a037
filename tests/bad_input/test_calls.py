"""What is wrong in a call is said by a CritminError that names the cure."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from critmin import (
    FairPrice,
    Forecast,
    Posterior,
    backtest,
    build_model,
    builtin_posterior,
    cost_curve,
    disruption_risk,
    fair_price,
    fit,
    forecast,
    minerals,
    sweep,
)
from critmin.data import load_panel
from critmin.exceptions import CritminError
from critmin.results.sweeping import compare
from critmin.scenario import ExportControl, Scenario, load_scenarios

BAN = ExportControl("CHN", "gallium", 0.9, 2027)


def changed(**made: object) -> xr.Dataset:
    """A panel of tin, changed by hand."""
    panel = load_panel("tin")
    return panel.assign({name: make(panel) for name, make in made.items()})


TRIES = {
    "no mineral": (lambda: fair_price(None), "mineral must be a name"),
    "a number as mineral": (lambda: forecast(7), "mineral must be a name"),
    "an empty list": (lambda: fair_price([]), "mineral must be a name"),
    "a list of numbers": (lambda: cost_curve([1]), "mineral must be a name"),
    "a misspelt mineral": (lambda: fair_price("lithum"), "did you mean 'lithium'"),
    "an element not priced": (lambda: fair_price("thulium"), "thulium is not priced"),
    "cesium is not cerium": (lambda: disruption_risk("cesium"), "cesium is not priced"),
    "a missing posterior": (lambda: fair_price("tin", posterior="x.nc"), "no such file"),
    "a posterior of another type": (lambda: forecast("tin", posterior=3), "must be a Posterior"),
    "a horizon in words": (lambda: fair_price("tin", "5"), "whole number of years"),
    "a fraction of a year": (lambda: forecast("tin", 2.5), "whole number of years"),
    "no horizon": (lambda: fair_price("tin", 0), "1 to 40"),
    "too far": (lambda: forecast("tin", 41), "1 to 40"),
    "a boolean horizon": (lambda: forecast("tin", True), "whole number of years"),
    "a negative seed": (lambda: forecast("tin", seed=-1), "seed must"),
    "a word as seed": (lambda: forecast("tin", seed="a"), "seed must"),
    "an unknown currency": (lambda: forecast("tin", currency="EURS"), "did you mean 'EUR'"),
    "no currency": (lambda: forecast("tin", currency=None), "unknown currency"),
    "an unknown basis": (lambda: fair_price("tin", basis="reel"), "did you mean 'real'"),
    "an unknown unit": (lambda: cost_curve("tin", unit="stone"), "unknown mass in unit 'stone'"),
    "a list as unit": (lambda: cost_curve("tin", unit=["t"]), "unit must be text"),
    "a word as scenario": (lambda: forecast("tin", scenario="ban"), "is not an intervention"),
    "a class as scenario": (lambda: forecast("tin", scenario=ExportControl), "not an intervention"),
    "one scenario in a sweep": (lambda: sweep("tin", Scenario("x", ())), "must be several"),
    "a word in a sweep": (lambda: sweep("tin", ["ban"]), "is not an intervention"),
    "a name twice": (
        lambda: sweep("tin", [Scenario("x", ()), Scenario("x", ())]),
        "more than once",
    ),
    "a sweep of numbers": (lambda: sweep([1], [BAN], progressbar=False), "mineral must be a name"),
    "a sweep on a number": (lambda: sweep("tin", [BAN], 2, executor=5), "executor must be"),
    "an array as basis": (lambda: fair_price("tin", basis=pd.Series(["real"])), "unknown basis"),
    "an array as unit": (lambda: fair_price("tin", unit=pd.Series(["t", "kg"])), "must be text"),
    "nothing known as unit": (lambda: fair_price("tin", unit=pd.NA), "must be text"),
    "a table as scenario": (
        lambda: forecast("tin", 2, scenario=pd.DataFrame()),
        "not an intervention",
    ),
    "a column as scenario": (
        lambda: forecast("tin", 2, scenario=pd.Series([BAN])),
        "not an intervention",
    ),
    "stages": (lambda: forecast("cobalt", 2).supply(stage=pd.Series(["mined"])), "unknown stage"),
    "a stage of a table": (
        lambda: ExportControl("CHN", "gallium", 0.9, 2027, stage=pd.Series(["mined"])),
        "stage must",
    ),
    "suppliers in a list": (
        lambda: forecast("magnesium", 1).exposure("JPN").replacement(["CHN"]),
        "unknown supplier ['CHN']: write an ISO 3166 alpha-3 code",
    ),
    "the number of a number": (
        lambda: fair_price("tin", 1).summary(np.array(3)),
        "prob must lie between",
    ),
    "a path too long": (lambda: fair_price("tin", posterior="x" * 3000), "no such file"),
    "a result too far": (lambda: FairPrice.from_netcdf("x" * 3000), "no such file"),
    "minerals of a posterior": (lambda: builtin_posterior().of(["tin"]), "unknown mineral of this"),
    "a comparison of nothing": (lambda: compare(None), "a forecast named 'baseline' is needed"),
    "a symbol": (lambda: fair_price("Nd"), "did you mean 'neodymium'"),
    "a form as mineral": (lambda: fair_price("LCE"), "'lithium' with unit='t LCE'"),
    "a group as mineral": (lambda: fair_price("rare earths"), "such as 'neodymium'"),
    "coal is not cobalt": (lambda: fair_price("coal"), "coal is not priced"),
    "axes that are none": (lambda: fair_price("tin", 2).plot(ax=5), "ax must be axes"),
    "a number as path": (lambda: fair_price("tin", 2).to_netcdf(5), "expected the path of a file"),
    "no path": (lambda: FairPrice.from_netcdf(None), "expected the path of a file"),
    "bytes as path": (lambda: Posterior.from_netcdf(b"x"), "expected the path of a file"),
    "scenarios of no file": (lambda: load_scenarios(None), "expected the path of a file"),
    "a list of a number": (lambda: minerals(5), "posterior must be"),
    "a panel of a number": (lambda: load_panel(5), "must be a name or a list"),
    "a fit of a number": (lambda: fit(5), "must be a name or a list"),
    "a fit on many words": (lambda: fit("tin", cores="a"), "cores must be"),
    "a difference to nothing": (lambda: forecast("tin", 2).compare(None), "expected a Forecast"),
    "an effect on a price": (
        lambda: forecast("tin", 2).effect(fair_price("tin", 2)),
        "expected a Forecast",
    ),
    "an unknown buyer": (lambda: forecast("tin").exposure("Atlantis"), "unknown buyer"),
    "a buyer of two letters": (lambda: forecast("tin").exposure("JP"), "did you mean 'JPN'"),
    "a buyer that is no word": (lambda: forecast("tin").exposure(None), "unknown buyer"),
    "a producer of two letters": (
        lambda: ExportControl("CN", "tin", 0.5, 2027),
        "unknown country 'CN': did you mean 'CHN'?",
    ),
    "a buyer that is China": (lambda: forecast("tin").exposure("cn"), "did you mean 'CHN'"),
    "a bloc as producer": (
        lambda: ExportControl("EU", "tin", 0.5, 2027),
        "unknown country 'EU': write an ISO 3166 alpha-3",
    ),
    "one control in a sweep": (lambda: sweep("tin", BAN), "must be several"),
    "two probabilities of one interval": (
        lambda: backtest("tin", 2000, 5, ("random walk", "drift"), progressbar=False).skill(
            "drift", prob=(0.5, 0.9)
        ),
        "prob must be one number",
    ),
    "a probability in words": (lambda: fair_price("tin", 2).summary("0.9"), "prob must"),
    "a yen that may be a yuan": (lambda: fair_price("tin", currency="¥"), "write JPY or CNY"),
    "a money without a rate": (lambda: fair_price("tin", currency="INR"), "unknown currency 'INR'"),
    "a year of a curve in words": (lambda: cost_curve("tin", "2030"), "whole number"),
    "a curve of the past": (lambda: cost_curve("tin", 2020), "year must be 2026"),
    "a fit of what is not priced": (lambda: fit(["lithum"]), "did you mean 'lithium'"),
    "a fit of a mineral of another panel": (
        lambda: fit(["tin"], data=load_panel(["lead"])),
        "unknown mineral of this panel 'tin'",
    ),
    "a fit of a table": (lambda: fit(data=pd.DataFrame()), "must be a panel"),
    "a panel without some years": (
        lambda: fit(data=load_panel("tin").sel(year=[*range(1960, 1990), *range(1991, 2020)])),
        "after 1989 comes 1991",
    ),
    "a panel of days": (
        lambda: fit(data=changed().assign_coords(year=pd.date_range("1940", "2026", freq="YE"))),
        "years must be whole numbers",
    ),
    "a panel without its attributes": (
        lambda: fit(data=changed().drop_attrs()),
        "attributes missing: data_hash",
    ),
    "a panel without people": (
        lambda: backtest(data=changed().drop_vars("population")),
        "variables missing: population",
    ),
    "a panel with twins": (
        lambda: backtest(data=load_panel(["tin", "lead"]).sel(mineral=["tin", "tin"])),
        "a mineral is named twice",
    ),
    "a price of nothing": (
        lambda: fit(data=changed(price=lambda p: p["price"].where(p["year"] != 2001, 0.0))),
        "tin 2001: price 0 is not above zero",
    ),
    "a price without its year's end": (
        lambda: fit(data=changed(price=lambda p: p["price"] / 1000)),
        "price_year_end goes with price",
    ),
    "a bare model of some years": (
        lambda: build_model(load_panel("tin").sel(year=[2000, 2010])),
        "after 2000 comes 2010",
    ),
    "a fit without draws": (lambda: fit(["tin"], draws=0), "at least 1"),
    "a panel of a word": (lambda: load_panel("lithum"), "did you mean 'lithium'"),
    "a panel of nothing": (lambda: load_panel([]), "no minerals given"),
    "a panel of twins": (lambda: load_panel(["tin", "tin"]), "more than once"),
    "a backtest of a series": (lambda: backtest(data=pd.Series([1.0])), "must be a panel"),
    "a backtest of a path": (lambda: backtest(data="prices.csv"), "must be a panel"),
    "a backtest without columns": (
        lambda: backtest(data=pd.DataFrame({"a": [1]})),
        "columns missing",
    ),
    "a backtest of doubled rows": (
        lambda: backtest(
            data=pd.DataFrame(
                {"year": [2000, 2000], "price": [1.0, 2.0], "mineral": ["x", "x"]}, index=[0, 0]
            )
        ),
        "x 2000 is given more than once",
    ),
    "an origin in words": (lambda: backtest("tin", origins="2005"), "origins must be"),
    "an origin after the data": (
        lambda: backtest("tin", origins=2050),
        "origins must lie before 2025",
    ),
    "a backtest on a number": (lambda: backtest("tin", executor=5), "executor must be"),
    "a backtest in a number": (
        lambda: backtest("tin", 2005, 1, "drift", folder=5, progressbar=False),
        "expected the path of a file",
    ),
    "a backtest in no folder": (
        lambda: backtest("tin", 2005, 1, "drift", folder="/proc/x", progressbar=False),
        "cannot write /proc/x",
    ),
    "a backtest of a mineral twice": (lambda: backtest(["tin", "Tin"], 2005), "more than once"),
    "a backtest of twins": (
        lambda: backtest(["tin", "tin"], 2005, data=load_panel("tin")),
        "more than once",
    ),
    "a backtest of what is not in the panel": (
        lambda: backtest("gold", 2005, data=load_panel("tin")),
        "unknown mineral of this panel 'gold'",
    ),
    "a backtest without models": (lambda: backtest("tin", 2005, models=()), "give a model"),
    "a backtest without horizons": (lambda: backtest("tin", 2005, ()), "give a horizon"),
    "a backtest without outcomes": (
        lambda: backtest("tin", 2024, 15, "drift", progressbar=False),
        "no price is known 15 years after",
    ),
    "an origin before the data": (lambda: backtest("tin", 1900, 1, "drift"), "has 25 prices"),
    "a horizon of a backtest": (lambda: backtest("tin", origins=2005, horizons=0), "1 to 40"),
    "an unknown model": (lambda: backtest("tin", origins=2005, models=["oracle"]), "unknown model"),
    "text that is no result": (lambda: FairPrice.from_json("{}"), "not a FairPrice"),
    "nothing": (lambda: FairPrice.from_json(""), "expected JSON text"),
    "a missing file": (lambda: FairPrice.from_json("missing.json"), "cannot be read"),
    "a folder": (lambda: Forecast.from_json("."), "cannot be read"),
    "bytes": (lambda: FairPrice.from_json(b"{}"), "expected JSON text"),
    "deep nesting": (lambda: FairPrice.from_json('{"a":' + "[" * 100_000), "not a FairPrice"),
    "a list": (lambda: FairPrice.from_json("[1]"), "cannot be read"),
    "a name with a zero byte": (lambda: FairPrice.from_json("a\0b"), "cannot be read"),
    "no netCDF": (lambda: Forecast.from_netcdf("missing.nc"), "no such file"),
    "a missing posterior file": (lambda: Posterior.from_netcdf("missing.nc"), "no such file"),
}


@pytest.mark.parametrize("name", TRIES)
def test_a_bad_call_is_told_what_would_be_right(name: str) -> None:
    call, words = TRIES[name]
    with pytest.raises(CritminError) as caught:
        call()
    message = str(caught.value)
    assert words in message
    assert "\n" not in message.split("\n  - ")[0]
    assert len(message) < 500


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\x00\x01\x02", b"\xff\xfe{\x00}\x00", b"{"])
def test_files_that_hold_no_result(content: bytes, tmp_path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(CritminError):
        FairPrice.from_json(path)
    with pytest.raises(CritminError):
        Forecast.from_netcdf(path)
    with pytest.raises(CritminError):
        Posterior.from_netcdf(path)


def test_a_file_with_a_mark_at_its_start_is_read(tmp_path) -> None:
    price = fair_price("tin", 2)
    path = tmp_path / "price.json"
    path.write_bytes(b"\xef\xbb\xbf" + price.to_json().encode())
    assert FairPrice.from_json(path).draws.identical(price.draws)
    assert FairPrice.from_json("\ufeff" + price.to_json()).draws.identical(price.draws)


def test_an_unfriendly_size_is_refused_before_it_is_unpacked() -> None:
    text = (
        fair_price("tin", 2)
        .to_json()
        .replace('"shape": [\n     2000', '"shape": [\n     2000000000000', 1)
    )
    with pytest.raises(CritminError, match=r"larger than|not a FairPrice"):
        FairPrice.from_json(text)


def test_country_words_and_positional_arguments_are_understood() -> None:
    assert ExportControl("China", "gallium", 0.9, 2027) == BAN
    assert fair_price("nickel", 5).draws.sizes["year"] == 5
    assert list(sweep("gallium", [BAN], 2, progressbar=False)) == ["baseline", "ExportControl 1"]
    several = sweep(["gallium", "tin"], [BAN], 2, progressbar=False)
    assert [list(each) for each in several.values()] == [["baseline", "ExportControl 1"]] * 2
    named = sweep("gallium", {"ban": BAN, "none": Scenario("x", ())}, 2, progressbar=False)
    assert [(key, found.scenario.name) for key, found in named.items()] == [
        ("baseline", "baseline"),
        ("ban", "ban"),
        ("none", "none"),
    ]
    assert fair_price("aluminium", 2).mineral == "aluminum"
    assert forecast("tin", 2).exposure("European Union").buyer == "EU"
    assert list(cost_curve(["nickel", "tin"])) == ["nickel", "tin"]
    assert fair_price("Iron ore", 2).mineral == "iron_ore"
    assert fair_price("tin", 2, currency="RMB").units.startswith("CNY of 2025 per t")
    assert len(fair_price("tin", 2).components((0.5, 0.9)).columns) == 5
    assert load_panel("nickel").sizes["mineral"] == 1
