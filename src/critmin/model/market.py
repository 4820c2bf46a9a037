"""The joint model of all minerals as one `pm.Model` with named dims."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from critmin.mineral import GROUPS
from critmin.model import equations
from critmin.model.assumptions import ANCHOR_DISCREPANCY, LIST_TAIL, PUBLISHED, Assumptions
from critmin.model.coords import Index, coords, index
from critmin.model.cost_path import log_cost_path
from critmin.model.distortions import distortions
from critmin.model.economy import Economy, Parameters, filled, price_scales, shocks
from critmin.model.exogenous import exogenous
from critmin.model.inputs import ModelInputs, as_inputs
from critmin.model.parameters import parameters
from critmin.model.priors import PRIORS
from critmin.model.switches import without_support


def _step(at: Index, count: int) -> "pt.TensorVariable":
    """Log step (mineral,) that brings an older price source to the level of the newest."""
    step = pt.zeros(count)
    if len(at.stepped):
        step = pt.set_subtensor(step[at.stepped], PRIORS["step"].build("stepped"))
    return step


def _common(inputs: ModelInputs, column: Parameters, when: str = "") -> "pt.TensorVariable":
    """What the cycles common to all minerals and to a group do to each price, (mineral, year - 1)."""
    own = np.array([GROUPS.index(group) for group in inputs.groups])
    return equations.common_move(
        factor=PRIORS[f"{when}factor"].build("year")[None, 1:],
        group_factor=PRIORS[f"{when}group_factor"].build(("group", "year"))[own, 1:],
        factor_loading=column["factor_loading"],
        group_loading=column["group_loading"],
    )


def _push(
    inputs: ModelInputs,
    par: Parameters,
    column: Parameters,
    support: "pt.TensorVariable",
    availability: "pt.TensorVariable",
    log_cost: "pt.TensorVariable",
    common: "pt.TensorVariable",
) -> "pt.TensorVariable":
    """What each year's cost, demand, host and distortions do to the log price."""
    technology = par["technology_response"] * np.einsum(
        "mkt,kt->mt", inputs.technology_weight, np.nan_to_num(inputs.technology_surprise)
    )
    return equations.price_push(
        cost_change=log_cost[:, 1:] - log_cost[:, :-1],
        support_change=support[:, 1:] - support[:, :-1],
        availability_change=availability[:, 1:] - availability[:, :-1],
        income=par["income_signal"] * inputs.income[None, 1:],
        technology=technology[:, 1:],
        host=inputs.host_growth[:, 1:],
        common=common,
        supply_elasticity=column["supply_elasticity"],
        slope=column["slope"],
        primary=column["primary"],
        income_elasticity=column["income_elasticity"],
        host_tie=column["host_tie"],
    )


def _observe_prices(
    economy: Economy,
    shock: "pt.TensorVariable",
    scales: "pt.TensorVariable",
    price_data: Any,
    carry_data: Any,
) -> None:
    """The density of annual prices, and of how far the year's end stands above them."""
    inputs, at, par = economy.inputs, economy.at, economy.par
    m, t = at.observed.m, at.observed.t
    # A price printed with one digit is uncertain by its rounding, this year's and last year's.
    rounding = inputs.rounding[m, t] ** 2 + inputs.rounding[m, t - 1] ** 2
    # Frozen list prices inform the level, not how much a market moves.
    listed = inputs.listed[m, t]
    own = pt.where(listed, par["list_scale"], scales[m, t - 1])
    pm.StudentT(
        "log_price",
        nu=pt.where(listed, LIST_TAIL, par["tail"][m]),
        mu=price_data - shock[m, t - 1],
        sigma=pt.sqrt(own**2 + rounding),
        observed=price_data,
        dims="observation",
    )
    if carry_data is not None:
        m, t = at.carried.m, at.carried.t
        pm.StudentT(
            "carry",
            nu=par["tail"][m],
            mu=equations.year_end_carry(
                response=par["carry_response"],
                scale=par["carry_scale"],
                shock=shock[m, t - 1],
                common=economy.common[m, t - 1],
                price_scale=scales[m, t - 1],
                noise=0.0,
                common_noise=economy.common_end[m, t - 1],
            ),
            sigma=par["carry_scale"] * scales[m, t - 1],
            observed=carry_data,
            dims="carry_observation",
        )


def _observe_output(
    economy: Economy,
    price: "pt.TensorVariable",
    gap: "pt.TensorVariable",
    shock: "pt.TensorVariable",
    scales: "pt.TensorVariable",
) -> None:
    """The density of the growth of output given the price of the same year."""
    inputs, par, column = economy.inputs, economy.par, economy.column
    if len(inputs.revision):
        pm.StudentT(
            "revision",
            nu=4,
            mu=0,
            sigma=par["revision_scale"],
            observed=pm.Data("revision_data", inputs.revision, dims="revised"),
            dims="revised",
        )
    m, t = economy.at.grown.m, economy.at.grown.t
    if not len(m):
        return
    mean = equations.production_growth(
        trend=column["growth"],
        price_change=price[:, 1:] - price[:, :-1],
        cost_change=economy.cost_change,
        support_change=economy.support_change,
        host=inputs.host_growth[:, 1:],
        gap=gap,
        price_shock=shock,
        demand_share=column["demand_share"],
        substitution=par["substitution"],
        supply_elasticity=column["supply_elasticity"],
        slope=column["slope"],
        primary=column["primary"],
        host_tie=column["host_tie"],
        reversion=column["reversion"],
    )
    spread = equations.production_scale(
        price_scale=scales[m, t - 1],
        demand_share=par["demand_share"][m],
        slope=par["slope"][m],
        primary=par["primary"][m],
        # Both years of a growth rate are first reports.
        measurement=2**0.5 * par["revision_scale"],
    )
    surprise = (shock / scales)[m, t - 1]
    pm.StudentT(
        "production_growth",
        nu=par["tail"][m] + 1,
        mu=mean[m, t - 1],
        sigma=spread * equations.second_shock_weight(surprise=surprise, tail=par["tail"][m]),
        observed=pm.Data(
            "production_growth_data", inputs.growth[m, t], dims="production_observation"
        ),
        dims="production_observation",
    )


def _observe_costs(inputs: ModelInputs, log_cost: "pt.TensorVariable") -> None:
    """The density of what is known of marginal costs: one effective observation a mineral.

    The trend to which a price returns stands off the cost of its marginal producer by a group's offset
    and a discrepancy of its own: prices rest far from it for years.
    """
    if not len(inputs.anchor_log):
        return
    offset = PRIORS["anchor_offset"].build("group")
    group = np.array([GROUPS.index(inputs.groups[m]) for m in inputs.anchor_mineral])
    pm.Normal(
        "marginal_cost",
        log_cost[inputs.anchor_mineral, inputs.anchor_year] - offset[group],
        np.sqrt(inputs.anchor_error**2 + ANCHOR_DISCREPANCY**2),
        observed=pm.Data("marginal_cost_data", inputs.anchor_log, dims="anchored"),
        dims="anchored",
    )


def build_model(
    data: xr.Dataset | ModelInputs | None = None,
    minerals: Sequence[str] | None = None,
    *,
    assumptions: Assumptions = PUBLISHED,
) -> pm.Model:
    """Build the joint model of all minerals.

    Parameters
    ----------
    data : Dataset or ModelInputs, optional
        A panel of `critmin.data.load_panel`, without anchors of cost; by default the built-in data
        with whatever is registered. With them: ``make_inputs(panel, posterior.cost_anchors)``.
    minerals : sequence of str, optional
        Restrict the panel to these.
    assumptions : Assumptions, optional
        Of `critmin.model.assumptions`, instead of the published priors.

    Returns
    -------
    pm.Model
        With dims mineral, group, component, year, observation (a mineral's year with a price after
        its first), production_observation, hole (years without a price, nowcasts among them),
        innovation, supporter, restriction and fence. Observed: ``log_price``, ``production_growth``, the
        drivers (``energy_price``, ``materials_price``, ``wage_growth``, ``income``,
        ``technology_surprise``) and, where they are known, ``carry``, ``revision``, ``support_growth``,
        ``support_rate``, ``wedge``, ``export_ratio`` and ``marginal_cost``.

    Raises
    ------
    DataError
        If the panel cannot be fitted.

    See Also
    --------
    critmin.fit : Samples it and checks the draws.
    critmin.prior_table : Every prior of it.

    Notes
    -----
    ``log_price`` has the density of the price equation and ``production_growth`` that of output
    given the price of the same year: together the structural density of the simultaneous system
    (see `critmin.model.equations`). The two shocks share one Student t scale mixture, so the
    second has one degree of freedom more and a scale that grows with the price's surprise.

    References
    ----------
    Baumeister and Hamilton (2015), Econometrica 83, on priors of simultaneous systems.

    Examples
    --------
    >>> model = build_model(minerals=["nickel", "gallium"])
    >>> list(model.coords["mineral"])
    ['nickel', 'gallium']
    """
    inputs = as_inputs(data, minerals)
    if not assumptions.support:
        inputs = without_support(inputs)
    at, rows = index(inputs), np.arange(len(inputs.minerals))
    m, t = at.observed.m, at.observed.t
    with pm.Model(coords=coords(inputs, at)) as model:
        # What calibration simulates anew is data; the rest is constant.
        first_price = pm.Data(
            "first_log_price", inputs.log_price[rows, inputs.first], dims="mineral"
        )
        price_data = pm.Data("log_price_data", inputs.log_price[m, t], dims="observation")
        par = parameters(inputs, assumptions)
        exogenous(inputs, at)
        support, availability = distortions(inputs, at, assumptions, par)
        step = _step(at, len(inputs.minerals))
        log_cost = log_cost_path(inputs, par, support, step, first_price)
        # Prices on the basis of the newest source; holes are filled below.
        price = pt.set_subtensor(pt.zeros(at.alive.shape)[rows, inputs.first], first_price)
        price = pt.set_subtensor(price[m, t], price_data) + inputs.basis * step[:, None]
        carry: Any = np.nan_to_num(inputs.carry)
        carry_data = None
        if len(at.carried):
            ends = at.carried.m, at.carried.t
            carry_data = pm.Data("carry_data", inputs.carry[ends], dims="carry_observation")
            carry = pt.set_subtensor(pt.as_tensor(carry)[ends], carry_data)
        column = {name: value[:, None] for name, value in par.items() if value.ndim == 1}
        common = _common(inputs, column)
        economy = Economy(
            inputs=inputs,
            at=at,
            par=par,
            column=column,
            support=support,
            log_cost=log_cost,
            common=common,
            common_end=_common(inputs, column, "end_"),
            push=_push(inputs, par, column, support, availability, log_cost, common),
            carry=carry,
            carry_known=np.isfinite(inputs.carry),
        )
        price = filled(economy, price)
        pm.Deterministic("market_log_price", price, dims=("mineral", "year"))
        shock, lasting = shocks(economy, price)
        pm.Deterministic("lasting", lasting, dims=("mineral", "year"))
        full_cost = pm.Deterministic("log_cost", log_cost + lasting, dims=("mineral", "year"))
        scales = price_scales(economy, shock)
        pm.Deterministic(
            "surprise",
            pt.where(at.steady[:, -1], 1.0, shock[:, -1] / par["price_scale"]),
            dims="mineral",
        )
        _observe_prices(economy, shock, scales, price_data, carry_data)
        gap = equations.price_gap(log_price=price, log_cost=full_cost, support=support)
        _observe_output(economy, price, gap[:, :-1], shock, scales)
        _observe_costs(inputs, full_cost)
    return model
