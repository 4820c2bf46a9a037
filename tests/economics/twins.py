"""One market told twice: by PyMC's model and by the NumPy simulator, with everything switched on.

Both are given the same parameters, the same state at the origin and the same shocks afterwards: those
that the simulator draws. The model is then played forward as a generator: each year's price is its own
expectation plus its own scale times the shock, and so on for the carry and for output. None of the
economics is written here a third time.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from critmin.data import load_panel
from critmin.data.drivers import RETURNING
from critmin.inference.reduction import constants as constants_of
from critmin.inference.reduction import reduced
from critmin.inference.sampling import KEPT
from critmin.mineral import GROUPS, get_mineral
from critmin.model.assumptions import TAIL_SPREAD
from critmin.model.inputs import ModelInputs, make_inputs
from critmin.model.market import build_model
from critmin.model.priors import PRIORS
from critmin.model.producer_costs import make_producers
from critmin.model.restrictions import make_exporters
from critmin.posterior import Posterior, builtin_posterior
from critmin.scenario import Scenario, StateSupport
from critmin.simulation.drivers import drivers
from critmin.simulation.market import simulate
from critmin.simulation.streams import stream

NAMES = ["alumina", "copper", "nickel", "cobalt", "aluminum", "gallium"]
"""Two hosts; nickel, monthly, with scrap; cobalt and gallium, annual by-products. Support,
restrictions and technologies act on the last four."""
TESTED = ["nickel", "cobalt", "gallium"]
DRAWS, SEED = 8, 11

PROCESSES = {
    "energy_reversion": 0.3,
    "energy_mean": 0.2,
    "energy_scale": 0.2,
    "materials_reversion": 0.2,
    "materials_mean": -0.1,
    "materials_scale": 0.1,
    "materials_energy": 0.4,
    "wage_drift": 0.02,
    "wage_scale": 0.03,
    "income_scale": 0.02,
}
"""The same in every draw, as the model takes the paths of its drivers as given."""
TECHNOLOGY_SCALE = np.array([0.3, 0.2, 0.25, 0.15])
WHITE = {
    "energy_price": ("energy", "energy"),
    "materials_price": ("materials", "materials"),
    "wage_growth": ("wage_growth", "wages"),
    "income": ("income", "income"),
}
"""Observed variables of the drivers, where their data stand, and the stream of their shocks."""
LIKELIHOODS = (
    *WHITE,
    "technology_surprise",
    "support_growth",
    "log_price",
    "carry",
    "production_growth",
)

UNWITNESSED = {
    **{f"wedge_{name}": np.zeros(0, dtype=np.int64) for name in ("fence", "year")},
    **{f"wedge_{name}": np.zeros(0) for name in ("log", "error")},
    "volume_year": np.zeros(0, dtype=np.int64),
    **{f"volume_{name}": np.zeros(0) for name in ("ratio", "error")},
}
"""No price inside a fence, no exports after a measure."""

Values = dict[str, np.ndarray]


def normal(name: str, years: int) -> np.ndarray:
    """The standard normal shocks that the simulator sees, (year,)."""
    return stream(SEED, name).standard_normal((years, 1))[:, 0]


def student(name: str, tail: float, years: int) -> np.ndarray:
    return stream(SEED, name).standard_t(np.array([tail]), (years, 1))[:, 0]


def longer(early: ModelInputs, base: Posterior, years: int, priced: bool) -> ModelInputs:
    """The inputs with years after the origin, whose drivers are what the simulator draws.

    Prices of these years are observed (`priced`), or left for the model to nowcast.
    """

    def extend(values: np.ndarray, new: Any) -> np.ndarray:
        return np.concatenate([values, np.broadcast_to(new, (*values.shape[:-1], years))], axis=-1)

    paths = {name: path[:, 0] for name, path in drivers(base, SEED, {}, years).items()}
    technologies = [str(name) for name in base.draws["technology"].values]
    surprise = TECHNOLOGY_SCALE[:, None] * np.stack([normal(n, years) for n in technologies])
    hosts = [get_mineral(m).host or m for m in early.minerals]
    host = np.stack([normal(f"{name}: output", years) for name in hosts])
    return dataclasses.replace(
        early,
        years=np.arange(early.years[0], early.years[-1] + 1 + years),
        log_price=extend(early.log_price, 0.0 if priced else np.nan),  # set when its year is played
        carry=extend(early.carry, np.where(early.monthly & priced, 0.0, np.nan)[:, None]),
        basis=extend(early.basis, 0.0),
        drivers={name: extend(path, paths[name][1:]) for name, path in early.drivers.items()},
        wage_growth=extend(early.wage_growth, np.diff(paths["wages"])),
        income=extend(early.income, PROCESSES["income_scale"] * normal("income", years)),
        income_known=extend(early.income_known, True),
        technology_surprise=extend(early.technology_surprise, surprise),
        # The simulator keeps each technology's share of demand.
        technology_weight=extend(early.technology_weight, early.technology_weight[..., -1:]),
        host_growth=extend(early.host_growth, early.host_growth.std(axis=1)[:, None] * host),
        growth=extend(early.growth, 0.0),
        restriction_force=extend(early.restriction_force, early.restriction_open[:, None]),
        fence_output=extend(early.fence_output, early.fence_output[:, -1:]),
        fence_use=extend(early.fence_use, early.fence_use[:, -1:]),
        rounding=extend(early.rounding, 0.0),
        listed=extend(early.listed, False),
        # Support reaches more producers from the first year on, so that it changes.
        support_share=extend(early.support_share, 1.2 * early.support_share[:, -1:]),
        support_growth=extend(early.support_growth, np.nan),
    )


@dataclasses.dataclass
class Twin:
    """What the model makes of the years after the origin, by draw, and the draws up to it."""

    early: ModelInputs
    late: ModelInputs
    years: int
    points: list[Values]
    found: list[Values]
    labels: list[str]  # of the observations of supported growth
    posterior: Posterior


def tails(point: Values) -> dict[str, float]:
    """Degrees of freedom by mineral."""
    excess = [point["tail_excess"][GROUPS.index(get_mineral(name).group)] for name in NAMES]
    tail = PRIORS["tail"].shift + excess * np.exp(TAIL_SPREAD * point["tail_effect"])
    return dict(zip(NAMES, map(float, tail), strict=True))


def play(model: Any, function: Callable[..., Values], point: Values, late: ModelInputs) -> Values:
    """Let the model generate the years after the origin from the simulator's shocks."""
    labels = {
        d: list(model.coords[d])
        for d in ("observation", "carry_observation", "production_observation")
    }
    data = {name: model[name].get_value() for name in ("log_price_data", "carry_data")}
    years = [int(y) for y in late.years[late.years > builtin_posterior().origin]]
    tail = tails(point)
    growth = {}
    for h, year in enumerate(years):
        for of, name, data_name, dim in (
            ("price", "log_price", "log_price_data", "observation"),
            ("carry", "carry", "carry_data", "carry_observation"),
        ):
            for variable, values in data.items():
                model[variable].set_value(values)
            found = function(**point)
            for mineral in NAMES:
                if f"{mineral}:{year}" in labels[dim]:
                    i = labels[dim].index(f"{mineral}:{year}")
                    shock = student(f"{mineral}: {of}", tail[mineral], len(years))[h]
                    mean, scale = (found[f"{name} {part}"] for part in ("mean", "scale"))
                    data[data_name][i] = mean[i] + scale[i] * shock
    for variable, values in data.items():
        model[variable].set_value(values)
    found = function(**point)
    for mineral in NAMES:
        if f"{mineral}:{years[0]}" not in labels["production_observation"]:
            continue
        where = [labels["production_observation"].index(f"{mineral}:{y}") for y in years]
        shock = student(f"{mineral}: output shock", tail[mineral] + 1, len(years))
        mean, scale = (found[f"production_growth {part}"][where] for part in ("mean", "scale"))
        growth[f"growth of {mineral}"] = mean + scale * shock
    return found | growth


def origin_surprises(labels: list[str], found: list[Values], early: ModelInputs) -> np.ndarray:
    """Price shocks of the last year before the twin's own over their usual scale, (draw, mineral)."""
    result = np.ones((len(found), len(NAMES)))
    for m, mineral in enumerate(NAMES):
        label = f"{mineral}:{early.years[-1]}"
        if label in labels and not early.listed[m, -1]:
            means = np.array([f["log_price mean"][labels.index(label)] for f in found])
            scales = np.array([f["price_scale"][m] for f in found])
            result[:, m] = (early.log_price[m, -1] - means) / scales
    return result


def make_twin(years: int, *, in_force: bool = True, priced: bool = True) -> Twin:
    import pymc as pm
    import pytensor

    panel = load_panel(NAMES)
    # Prices without rounding and measures without witnesses, which walk on: a forecast has neither.
    early = dataclasses.replace(make_inputs(panel), **UNWITNESSED)
    early = dataclasses.replace(early, rounding=0 * early.rounding)
    early = dataclasses.replace(early, restriction_witnessed=early.restriction_open & False)
    early = dataclasses.replace(
        early,
        wedge_active=np.zeros((0, len(early.restriction_names))),
        volume_active=np.zeros((0, len(early.restriction_names))),
    )
    if not in_force:
        early = dataclasses.replace(early, restriction_open=early.restriction_open & False)
    exposure, producers = make_exporters(panel), make_producers(panel)
    # One draw of the built-in posterior lends its form; of it only the drivers' processes are used.
    form = builtin_posterior().draws.isel(sample=[0])
    form = form.assign({name: ("sample", [value]) for name, value in PROCESSES.items()})
    form = form.assign({d.name: ((), float(early.drivers[d.name][-1])) for d in RETURNING})
    late = longer(early, Posterior(form), years, priced)
    model = build_model(late)
    outputs = {name: model[name] for name in KEPT if name in model.named_vars}
    for name in LIKELIHOODS:
        outputs[f"{name} mean"], outputs[f"{name} scale"] = model[name].owner.inputs[-2:]
    compiled = pytensor.function(
        [pytensor.In(v, name=v.name) for v in model.free_RVs],
        list(outputs.values()),
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )

    def evaluate(**point: np.ndarray) -> Values:
        return dict(zip(outputs, compiled(**point), strict=True))

    drawn = pm.draw(model.free_RVs, draws=DRAWS, random_seed=3, mode="FAST_COMPILE")
    innovations = [str(label).split(":") for label in model.coords["innovation"]]
    points, found = [], []
    for draw in range(DRAWS):
        point = {
            v.name: values[draw].copy() for v, values in zip(model.free_RVs, drawn, strict=True)
        }
        point |= {name: np.array(value) for name, value in PROCESSES.items()}
        point["technology_scale"] = TECHNOLOGY_SCALE
        if not priced:
            point["volatility_memory"] = np.array(0.0)  # a nowcast's shock has its usual scale
        point["revision_scale"] = np.array(1e-12)  # the simulator's output has no reporting error
        for when in ("", "end "):
            own = when.replace(" ", "_")
            point[f"{own}factor"][-years:] = normal(f"{when}factor", years)
            for g, group in enumerate(GROUPS):
                shocks = normal(f"{when}factor: {group}", years)
                point[f"{own}group_factor"][g, -years:] = shocks
        for mineral in NAMES:
            where = [i for i, (m, y) in enumerate(innovations) if m == mineral][-years:]
            point["cost_shock"][where] = normal(f"{mineral}: cost", years)
        tail = tails(point)
        for i, label in enumerate(model.coords["hole"]):
            mineral, year = str(label).split(":")
            if int(year) > early.years[-1]:
                point["hole_mixing"][i] = 1.0
                point["hole_normal"][i] = student(f"{mineral}: price", tail[mineral], years)[0]
        points.append(point)
        found.append(play(model, evaluate, point, late))

    def stacked(name: str) -> xr.Variable:
        dims = model.named_vars_to_dims.get(name, ())
        return xr.Variable(("chain", "draw", *dims), [[f[name] for f in found]])

    kept = xr.Dataset(
        {name: stacked(name) for name in outputs if " " not in name},
        coords={
            "chain": [0],
            "draw": range(DRAWS),
            **{
                d: list(model.coords[d])
                for d in ("mineral", "component", "technology", "year", "restriction", "fence")
            },
            "exporter": [
                f"{exposure.commodities[i]}:{exposure.countries[j]}"
                for i, j in zip(exposure.commodity, exposure.country, strict=True)
            ],
            "producer": [f"{m}:{c}" for m, c in producers.pairs],
        },
    )
    surprises = origin_surprises([str(x) for x in model.coords["observation"]], found, early)
    kept = kept.assign(surprise=(("chain", "draw", "mineral"), surprises[None]))
    one = xr.ones_like(kept["scrap_elasticity"])
    kept = kept.assign(
        hazard=one.expand_dims(exporter=kept["exporter"]) * 0,  # no new restrictions
        relative_effect=one.expand_dims(producer=kept["producer"]) * 0,
        wage_gap_response=one,
        typical_duration=one * 1e12,  # what is in force stays
        duration_log_sd=one,
        long_run_elasticity=one * 1e12,  # costs that output does not raise
    )
    constants = constants_of(kept, early, exposure, producers, 0)
    draws = reduced(kept.sel(year=early.years), early, producers, 0).assign(constants)
    # Producers told apart make up the world, grow alike, and do not come near the host's limit.
    share = draws["output_share"].copy()
    mineral_of = np.array([m for m, _ in producers.pairs])
    for mineral in NAMES:
        share[mineral_of == mineral] /= float(share[mineral_of == mineral].sum())
    draws = draws.assign(output_share=share, output_spread=share * 0, output=draws["output"] / 50)
    draws = draws.assign_attrs(origin=int(early.years[-1]))
    labels = [str(label) for label in model.coords["support_observation"]]
    return Twin(early, late, years, points, found, labels, Posterior(draws))


def simulated(twin: Twin, mineral: str, draw: int) -> tuple[Posterior, Any]:
    """The same draw run by the simulator, with the same change of support and restrictions."""
    posterior = Posterior(twin.posterior.draws.isel(sample=[draw]))
    first, m = posterior.origin + 1, NAMES.index(mineral)
    support = twin.found[draw]["support"][m, -twin.years - 1 :]
    assert support[1] > support[0]  # support is on, and changes
    countries = [p.country for p in posterior.producers(mineral)]
    changes = [StateSupport(c, mineral, float(support[1] - support[0]), first) for c in countries]
    scenario = Scenario("twin", tuple(changes))
    return posterior, simulate(posterior, mineral, twin.years, SEED, scenario)
