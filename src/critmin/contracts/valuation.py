"""`value`: from a contract and a forecast to what the contract is worth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from critmin.contracts.cashflows import DEADWEIGHT, Run, discount_factors, real, settle
from critmin.contracts.market import Market, horizon_to, market
from critmin.contracts.parties import standard_error
from critmin.contracts.result import ASSUMPTION, Valuation
from critmin.contracts.terms import Offtake
from critmin.exceptions import CritminError
from critmin.internal.arrays import Floats
from critmin.internal.checks import check_number
from critmin.mineral import get_mineral
from critmin.posterior import Posterior, as_posterior
from critmin.results.fair_prices import ERROR
from critmin.results.forecasting import forecast as foresee
from critmin.results.forecasts import Forecast
from critmin.results.request import What

Forecasts = Forecast | Mapping[str, Forecast]


def forecasts_for(
    offtake: Offtake,
    forecast: Forecasts | None,
    *,
    scenario: What = None,
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
    last: int | None = None,
) -> dict[str, Forecast]:
    """The forecasts that a contract stands on, by mineral.

    Parameters
    ----------
    offtake : Offtake
    forecast : Forecast or mapping of str to Forecast, optional
        Made if not given.
    scenario, posterior, seed
        As in `critmin.forecast`, if the forecast is made here.
    last : int, optional
        Last year that is needed, the contract's by default.

    Raises
    ------
    CritminError
        If a forecast is given together with a scenario or a posterior.
    """
    if forecast is not None:
        if scenario is not None or posterior is not None:
            raise CritminError(
                "a forecast has its scenario and posterior already: give either forecast=, or scenario= "
                "and posterior="
            )
        if isinstance(forecast, Forecast):
            return {forecast.mineral: forecast}
        if isinstance(forecast, Mapping):
            return dict(forecast)
        raise CritminError(
            f"forecast must be a Forecast, or one by mineral, got {type(forecast).__name__}"
        )
    source = as_posterior(posterior)
    if offtake.start <= source.origin:
        raise CritminError(
            f"a contract from {offtake.start} begins before the forecast, whose data end in "
            f"{source.origin}: start in {source.origin + 1} or later"
        )
    horizon = horizon_to(offtake.last if last is None else last, source.origin)
    return foresee(list(offtake.minerals), horizon, scenario=scenario, posterior=source, seed=seed)


def settled(offtake: Offtake, setting: Market, discount: float) -> Run:
    """A contract run through its years, in real money."""
    price = offtake.price.paid(setting)
    return real(settle(setting, price, offtake.tonnes(), offtake.clauses, discount))


def values(run: Run, factors: Floats) -> dict[str, Floats]:
    """Net present value (sample,) by party."""
    return {party: factors @ flow for party, flow in run.flows.items()}


def market_of(offtake: Offtake, forecasts: Mapping[str, Forecast]) -> Market:
    """The market that a contract is settled on.

    Raises
    ------
    CritminError
        If its volumes are beyond what is produced.
    """
    found = market(offtake.goods, offtake.start, offtake.years, forecasts, offtake.basis)
    _check_output(offtake, found)
    return found


def _check_output(offtake: Offtake, setting: Market) -> None:
    """Refuse volumes beyond what the seller's country, or the world, makes at the start."""
    countries = [
        country
        for each in offtake.clauses
        if (country := getattr(each, "country", None)) is not None
    ]
    goods, largest = offtake.goods, float(offtake.most_tonnes().max())
    told = zip(offtake.minerals, goods.mix, goods.contents(), strict=True)
    for i, (mineral, share, content) in enumerate(told):
        if get_mineral(mineral).production_proxy:
            continue
        name = "the world"
        if countries and i == 0:  # of a basket the first mineral is tied to the country
            name = countries[0]
            setting.country("production", name)
            whole = setting.output(i, name)
        else:
            whole = setting.output(i)
        wanted = largest * share * content
        if np.isfinite(whole) and wanted > whole:
            raise CritminError(
                f"volumes of {wanted:,.6g} t of contained {mineral} a year are beyond the output of "
                f"{name}, {whole:,.6g} t"
            )


def value(
    offtake: Offtake,
    forecast: Forecasts | None = None,
    *,
    discount: float = 0.08,
    scenario: What = None,
    posterior: Posterior | str | Path | None = None,
    alternatives: Mapping[str, Forecasts] | None = None,
    seed: int = 0,
) -> Valuation:
    """Value a contract on the draws of a forecast.

    Parameters
    ----------
    offtake : Offtake
    forecast : Forecast or mapping of str to Forecast, optional
        Of its mineral, or by mineral for a basket; made here by default, as far as needed.
    discount : float
        Real yearly rate, the same for all parties.
    scenario, posterior, seed
        As in `critmin.forecast`, where the forecast is made here.
    alternatives : mapping of str to forecast, optional
        Other models, such as `critmin.contracts.lognormal_forecast`; their values stand beside.

    Returns
    -------
    Valuation

    Raises
    ------
    CritminError
        If the contract cannot be settled on the forecast.

    Examples
    --------
    >>> from critmin.contracts import Collar, lognormal_forecast
    >>> deal = Offtake("nickel", 5_000, 2026, 10, Collar(13_000, 19_000), basis="real")
    >>> found = value(deal, lognormal_forecast("nickel", 16_000, 0.25, 10))
    >>> found.parties
    ('seller', 'buyer', 'deadweight')
    >>> bool(abs(found.draws["flow"].sum("party")).max() < 1e-3)
    True
    """
    check_number(discount, "discount", -0.05, 1)
    others = {} if alternatives is None else alternatives
    if not isinstance(others, Mapping):
        raise CritminError(f"alternatives must be forecasts by name, got {others!r:.80}")
    chosen = forecasts_for(offtake, forecast, scenario=scenario, posterior=posterior, seed=seed)
    setting = market_of(offtake, chosen)
    setting.marks = {}
    run = settled(offtake, setting, discount)
    marks, setting.marks = setting.marks, None
    factors = discount_factors(setting, discount)
    ours = values(run, factors)
    secured = bool(run.security.any())
    rows, errors = {}, {}
    for name, rest in offtake.without().items():
        bare = settled(rest, setting, discount)
        theirs = values(bare, factors)
        added = {party: gained - theirs.get(party, 0.0) for party, gained in ours.items()}
        if secured:
            added["security"] = factors @ (run.security - bare.security)
        rows[name] = {party: float(each.mean()) for party, each in added.items()}
        errors[name] = max(standard_error(each) for each in added.values())
    clauses = pd.DataFrame(rows).T if rows else pd.DataFrame(columns=list(ours), dtype=float)
    clauses[ERROR] = pd.Series(errors, dtype=float)
    said = chosen[offtake.minerals[0]].provenance
    models = {f"model {said.get('model_version', 'of the forecast')}": _means(ours)}
    for name, each in others.items():
        other = market_of(offtake, forecasts_for(offtake, each))
        models[name] = _means(values(settled(offtake, other, discount), factors))
    request = {**said["request"], "minerals": list(offtake.minerals), "discount": discount}
    provenance = {**said, "request": request, "assumption": f"{ASSUMPTION} {said['assumption']}"}
    return Valuation(
        offtake,
        _dataset(run, ours, factors, marks),
        clauses.rename_axis("clause"),
        pd.DataFrame(models).T.rename_axis("model"),
        provenance,
    )


def _means(by_party: Mapping[str, Floats]) -> dict[str, float]:
    return {party: float(each.mean()) for party, each in by_party.items()}


def _dataset(
    run: Run, npv: Mapping[str, Floats], factors: Floats, marks: Mapping[str, Any]
) -> xr.Dataset:
    setting = run.market
    parties = [name for name in run.flows if name != DEADWEIGHT] + [DEADWEIGHT]
    goods = setting.goods
    per_unit = goods.mass() / setting.money
    cash = goods.cash()
    quoted = {"units": goods.pint(), "words": f"{cash['words']} per {goods.title()}"}
    tonnes = {"units": "t", "words": f"t of {goods.title().partition(' of ')[2]}"}
    dims = ("sample", "year")
    shape = (0, setting.samples, len(setting.years))
    bound = np.stack([each.T for each in marks.values()]) if marks else np.zeros(shape, bool)
    spot_value = factors @ (run.planned * setting.spot / setting.money)
    return xr.Dataset(
        {
            "flow": (("party", *dims), np.stack([run.flows[p].T for p in parties]), cash),
            "npv": (("party", "sample"), np.stack([npv[p] for p in parties]), cash),
            "price": (dims, (run.price * per_unit).T, quoted),
            "spot": (dims, (setting.spot * per_unit).T, quoted),
            "taken": (dims, np.array(run.taken.T), tonnes),
            "security": (dims, run.security.T, cash),
            "security_value": ("sample", factors @ run.security, cash),
            "spot_value": ("sample", spot_value, cash),
            "binds": (("clause", *dims), bound),
        },
        coords={"party": parties, "year": setting.years, "clause": list(marks)},
    )
