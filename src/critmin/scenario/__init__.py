"""What can be changed about the future: interventions on named quantities of the simulator.

An intervention is a small frozen dataclass, `effects.Effects` is where it acts. Interventions compose:
their effects add up, except that the strongest of several controls of one country counts, and that one
leak lets out a share of what another left.
"""

from critmin.scenario.borders import ExportControl, ExportDuty, Leakage, LiftControls, StateStock
from critmin.scenario.economy import DemandShock, DriverPath, NewTechnology
from critmin.scenario.effects import KINDS, Effects, Intervention, Project, Stock, register
from critmin.scenario.files import (
    BASELINE,
    Scenario,
    as_scenario,
    gallery,
    load_scenarios,
    save_scenarios,
    to_toml,
)
from critmin.scenario.policy import (
    EnvironmentalRule,
    LabourStandard,
    PriceFloor,
    StateSupport,
    Stockpile,
    Tariff,
)
from critmin.scenario.projects import MineClosure, MineProject, Recycling, RefineryProject

__all__ = [
    "BASELINE",
    "KINDS",
    "DemandShock",
    "DriverPath",
    "Effects",
    "EnvironmentalRule",
    "ExportControl",
    "ExportDuty",
    "Intervention",
    "LabourStandard",
    "Leakage",
    "LiftControls",
    "MineClosure",
    "MineProject",
    "NewTechnology",
    "PriceFloor",
    "Project",
    "Recycling",
    "RefineryProject",
    "Scenario",
    "StateStock",
    "StateSupport",
    "Stock",
    "Stockpile",
    "Tariff",
    "as_scenario",
    "gallery",
    "load_scenarios",
    "register",
    "save_scenarios",
    "to_toml",
]
