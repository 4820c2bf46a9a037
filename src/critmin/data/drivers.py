"""What costs and demand follow from outside, each driver declared once.

The panel builds its series from here, the model its process from the parameters named here, the simulator
plays the same process forward, a file of draws holds these parameters, and scenarios may set its path. Its
priors stand in `critmin.model.priors`, the shares of the components that it moves in
`critmin.model.assumptions`.
"""

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from critmin.units import BASE_YEAR

Process = Literal["returns", "drifts", "surprises", "trend", "money"]
"""A real price that returns to a mean; a walk with a drift; growth that surprises year by year; a trend
without a published series; a buyer's money, which no market sees."""

COMPONENTS: tuple[str, ...] = ("energy", "labour", "materials", "capital", "compliance")
"""Components of the full cost; compliance includes environmental rules and royalties."""

LOG_INDEX = f"log, 0 in {BASE_YEAR}"


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver.

    Attributes
    ----------
    name : str
        As in the panel, in `critmin.scenario.DriverPath` and among the random streams.
    words : str
        What it is.
    process : {"returns", "drifts", "surprises", "trend", "money"}
    moves : str
        What moves with it, in words.
    dataset : str
        Of the catalogue; "" where no series is published.
    series : tuple of str
        Of that data set; of a technology, how their names begin.
    unit : str
        Of its series.
    parameters : dict of str to str
        By part of its equations the parameter of the model.
    observed : str
        Variable of the model that its series is data of.
    component : str
        Of the cost, that moves with it; "" for none.
    follows : str
        Another driver, whose surprises it takes up in part (``"pull"``).
    path : tuple of float, optional
        Least and most that a scenario may set in a year; None where it cannot.
    relative : bool
        Whether a scenario's path is relative to the origin; else it is a yearly growth.

    Examples
    --------
    >>> BY_NAME["energy"].component, BY_NAME["energy"].parameters["reversion"]
    ('energy', 'energy_reversion')
    """

    name: str
    words: str
    process: Process
    moves: str
    dataset: str = ""
    series: tuple[str, ...] = ()
    unit: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    observed: str = ""
    component: str = ""
    follows: str = ""
    path: tuple[float, float] | None = None
    relative: bool = True


def _returning(name: str, **others: str) -> dict[str, str]:
    return {part: f"{name}_{part}" for part in ("reversion", "mean", "scale")} | others


def _technology(
    name: str, unit: str, series: str, dataset: str = "critmin-technology", words: str = ""
) -> Driver:
    return Driver(
        name,
        f"yearly {words or series}",
        "surprises",
        "demand, by each mineral's share in it",
        dataset,
        (series,),
        unit,
        {"scale": "technology_scale", "response": "technology_response"},
        "technology_surprise",
    )


RATIO = (0.05, 20.0)

DRIVERS: tuple[Driver, ...] = (
    Driver(
        "energy",
        "crude oil, coal and natural gas, a chained real index",
        "returns",
        "cost of energy; materials in part",
        "worldbank-pink-sheet",
        ("CRUDE_PETRO", "COAL_AUS", "INATGAS"),
        LOG_INDEX,
        _returning("energy"),
        "energy_price",
        component="energy",
        path=RATIO,
    ),
    Driver(
        "materials",
        "what mines buy, a chained real index: urea for explosives and ammonia, iron ore for steel, "
        "rubber for tyres and belts",
        "returns",
        "cost of materials",
        "worldbank-pink-sheet",
        ("UREA_EE_BULK", "IRON_ORE", "RUBBER1_MYSG"),
        LOG_INDEX,
        # Fertiliser, steel and rubber are made of gas, coal and oil.
        _returning("materials", pull="materials_energy"),
        "materials_price",
        component="materials",
        follows="energy",
        path=RATIO,
    ),
    Driver(
        "wages",
        "real income per head where a mineral is produced",
        "drifts",
        "cost of labour, as far as productivity does not take it",
        "worldbank-gdp",
        ("gdp",),
        LOG_INDEX,
        {"drift": "wage_drift", "scale": "wage_scale", "pass_through": "wage_pass_through"},
        "wage_growth",
        component="labour",
        path=RATIO,
    ),
    Driver(
        "capital",
        "real cost of capital",
        "trend",
        "cost of capital",
        parameters={"trend": "capital_trend"},
        component="capital",
    ),
    Driver(
        "compliance",
        "environmental rules and royalties",
        "trend",
        "cost of compliance",
        parameters={"trend": "compliance_trend"},
        component="compliance",
    ),
    Driver(
        "gdp",
        "growth of world income, real USD",
        "surprises",
        "demand, as far as it is not the dollar",
        "worldbank-gdp",
        ("gdp",),
        f"USD of {BASE_YEAR}",
        {"scale": "income_scale", "signal": "income_signal"},
        "income",
        path=(-0.2, 0.3),
        relative=False,
    ),
    _technology(
        "electric vehicles",
        "vehicles",
        "Historical: EV sales: ",
        "iea-global-ev-2024",
        "vehicle sales",
    ),
    _technology("wind", "GW", "wind additions"),
    _technology("solar", "GW", "solar additions"),
    _technology("semiconductors", "billion USD", "semiconductor sales"),
    Driver(
        "exchange_rate",
        "real units of a buyer's money per dollar",
        "money",
        "what a buyer pays: `Forecast.exposure` alone",
        "fed-exchange-rates",
        path=RATIO,
    ),
)
"""In the order in which a file of draws holds their parameters."""

BY_NAME: dict[str, Driver] = {driver.name: driver for driver in DRIVERS}
RETURNING = tuple(driver for driver in DRIVERS if driver.process == "returns")
DRIFTING = tuple(driver for driver in DRIVERS if driver.process == "drifts")
TECHNOLOGIES: dict[str, Driver] = {
    driver.name: driver for driver in DRIVERS if driver.observed == "technology_surprise"
}
"""Technologies that drive demand."""

MOVERS: dict[str, Driver] = {driver.component: driver for driver in DRIVERS if driver.component}
"""The driver of each component of cost."""

SETTABLE: dict[str, Driver] = {driver.name: driver for driver in DRIVERS if driver.path}
"""What a scenario may give a path."""


def parameters(*parts: str) -> tuple[str, ...]:
    """Parameters of all drivers that are one number, or only those of some parts of the equations.

    Examples
    --------
    >>> parameters("pass_through", "trend")
    ('wage_pass_through', 'capital_trend', 'compliance_trend')
    """
    return tuple(
        name
        for driver in DRIVERS
        if driver.name not in TECHNOLOGIES
        for part, name in driver.parameters.items()
        if not parts or part in parts
    )


def driver_table() -> pd.DataFrame:
    """Every driver: what it is, what moves with it, how it goes on and where it comes from.

    Returns
    -------
    DataFrame
        Indexed by driver; columns words, moves, process, parameters, dataset, unit, settable.

    Examples
    --------
    >>> driver_table().loc["energy", ["moves", "process", "dataset"]].tolist()
    ['cost of energy; materials in part', 'returns', 'worldbank-pink-sheet']
    """
    return pd.DataFrame(
        {
            driver.name: {
                "words": driver.words,
                "moves": driver.moves,
                "process": driver.process,
                "parameters": ", ".join(driver.parameters.values()),
                "dataset": driver.dataset,
                "unit": driver.unit,
                "settable": driver.path is not None,
            }
            for driver in DRIVERS
        }
    ).T.rename_axis("driver")
