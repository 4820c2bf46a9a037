"""Interventions under one name, in files, and the gallery that comes with critmin."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from critmin.data.trade import EU
from critmin.exceptions import CritminError, UnknownNameError, shown
from critmin.internal.arrays import Bools, Floats, Ints
from critmin.internal.files import as_path, replacing
from critmin.internal.toml import parsed, written
from critmin.scenario.borders import ExportControl
from critmin.scenario.economy import DriverPath
from critmin.scenario.effects import KINDS, Intervention, includes
from critmin.scenario.policy import Tariff


@dataclass(frozen=True, slots=True)
class Scenario:
    """Interventions under one name.

    Attributes
    ----------
    name : str
    interventions : tuple of Intervention
    note : str
        What it stands for.

    See Also
    --------
    critmin.forecast : What takes one: ``scenario=``.
    critmin.scenario.gallery : Named ones.
    critmin.scenario.load_scenarios : From a file.
    critmin.sweep : Many at once.

    Examples
    --------
    >>> from critmin.scenario import ExportControl
    >>> Scenario("stop", (ExportControl("COD", "cobalt", 1.0, 2027),)).to_dict()["name"]
    'stop'
    """

    name: str
    interventions: tuple[Any, ...]
    note: str = ""

    def __post_init__(self) -> None:
        for each in self.interventions:
            # Tables of pandas have a method of that name, too.
            table = isinstance(each, pd.Series | pd.DataFrame)
            if not isinstance(each, Intervention) or isinstance(each, type) or table:
                named = f"; by name: critmin.scenario.gallery()[{each!r:.80}]"
                raise CritminError(
                    f"{shown(each, 200)} is not an intervention: one of {', '.join(sorted(KINDS))}, or an "
                    f"object with a method apply{named if isinstance(each, str) else ''}"
                )

    @property
    def newcomers(self) -> tuple[tuple[str, str], ...]:
        """Mineral and country of every project."""
        found = (getattr(each, "newcomer", None) for each in self.interventions)
        return tuple(pair for pair in found if pair is not None)

    def tariffs(self, mineral: str, importer: str, years: Ints) -> dict[str, Floats]:
        """Rates (year,) on what an importer buys of a mineral, by exporter; several add up."""
        found: dict[str, Floats] = {}
        for each in self.interventions:
            if not isinstance(each, Tariff) or not _is_of(importer, each.importer):
                continue
            if includes(each.minerals, mineral):
                rate = np.where(_during(each, years), each.rate, 0.0)
                found[each.exporter] = found.get(each.exporter, np.zeros(len(years))) + rate
        return found

    def bans(self, mineral: str, buyer: str, years: Ints) -> dict[str, Floats]:
        """Share (year,) of what it sells to a buyer that each seller keeps from it; the most counts."""
        found: dict[str, Floats] = {}
        for each in self.interventions:
            if not isinstance(each, ExportControl) or each.to is None:
                continue
            if _is_of(buyer, each.to) and includes(each.minerals, mineral):
                share = np.where(_during(each, years), each.withheld, 0.0)
                found[each.country] = np.maximum(found.get(each.country, 0.0), share)
        return found

    def exchange_rate(self, years: int) -> Floats | None:
        """Path (year,) of the real exchange rate relative to the data's end, if one is given."""
        paths = [
            each.held(years)
            for each in self.interventions
            if isinstance(each, DriverPath) and each.driver == "exchange_rate"
        ]
        return paths[0] if paths else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `from_dict` takes them; of a kind that is not registered only its text."""
        return {
            "name": self.name,
            "note": self.note,
            "intervention": [_plain(each) for each in self.interventions],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Scenario":
        """Read what `to_dict` gives.

        Raises
        ------
        CritminError
            If a key or a kind of intervention is not known, or a value is out of range.
        """
        unknown = set(content) - {"name", "note", "intervention"}
        if unknown or not isinstance(content.get("intervention"), list):
            raise CritminError(
                "a scenario has the keys name, note and intervention (a list), got "
                + ", ".join(map(str, content))
            )
        made = []
        for row in content["intervention"]:
            values = dict(row)
            kind = values.pop("kind", None)
            if kind not in KINDS:
                raise UnknownNameError.of("kind of intervention", kind, KINDS)
            known = [f.name for f in dataclasses.fields(KINDS[kind])]
            for name in values:
                if name not in known:
                    raise UnknownNameError.of(f"key of {kind}", name, known)
            lists = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
            try:
                made.append(KINDS[kind](**lists))
            except TypeError as error:
                raise CritminError(f"{kind}: {error}") from error
        return cls(str(content.get("name", "")), tuple(made), str(content.get("note", "")))


def _is_of(buyer: str, given: str) -> bool:
    """Whether a buyer is the one given, or a member of it."""
    return buyer == given or (given == "EU" and buyer in EU)


def _during(each: Tariff | ExportControl, years: Ints) -> Bools:
    end = math.inf if each.years is None else each.start + each.years
    return (years >= each.start) & (years < end)


def _plain(each: Any) -> dict[str, Any]:
    kind = type(each).__name__
    if kind not in KINDS:
        return {"kind": kind, "text": repr(each)}
    values = {k: v for k, v in dataclasses.asdict(each).items() if v is not None}
    # As JSON and TOML have them.
    return {"kind": kind, **{k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}}


BASELINE = Scenario("baseline", ())
"""Nothing changes."""


def as_scenario(given: "Scenario | Intervention | Sequence[Intervention] | None") -> Scenario:
    """A `Scenario` from what a caller may give: one, an intervention, several, or none.

    Parameters
    ----------
    given : Scenario, Intervention or sequence of Intervention, optional
        None stands for the baseline.

    Returns
    -------
    Scenario
        Named ``"scenario"`` where it is made of interventions.

    See Also
    --------
    critmin.scenario.Scenario : What it makes.

    Examples
    --------
    >>> as_scenario(None).name
    'baseline'
    """
    if isinstance(given, Scenario):
        return given
    if given is None:
        return BASELINE
    several = tuple(given) if isinstance(given, list | tuple) else (given,)
    return Scenario("scenario", several)


def load_scenarios(path: str | Path) -> dict[str, Scenario]:
    """Read scenarios from a TOML file.

    Parameters
    ----------
    path : path
        With tables ``[[scenario]]``, each with a name, a note and ``[[scenario.intervention]]``,
        whose ``kind`` is the name of a class of this module and whose other keys are its attributes.

    Returns
    -------
    dict of str to Scenario

    Raises
    ------
    CritminError
        If the file is not such a one; the message names what is wrong.

    See Also
    --------
    critmin.scenario.save_scenarios : The way back.
    critmin.scenario.gallery : Those that come with critmin.

    Examples
    --------
    >>> load_scenarios("missing.toml")
    Traceback (most recent call last):
    critmin.exceptions.CritminError: missing.toml: cannot be read (...)
    """
    try:
        text = as_path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CritminError(f"{path}: cannot be read ({error})") from error
    return _parsed(text, str(path))


def _parsed(text: str, source: str) -> dict[str, Scenario]:
    content = parsed(text, source)
    if set(content) != {"scenario"} or not isinstance(content["scenario"], list):
        raise CritminError(f"{source}: expected tables [[scenario]], got {sorted(content)}")
    found: dict[str, Scenario] = {}
    for row in content["scenario"]:
        try:
            scenario = Scenario.from_dict(row)
        except CritminError as error:
            raise CritminError(f"{source}: scenario {row.get('name')!r}: {error}") from error
        if not scenario.name or scenario.name in found:
            raise CritminError(f"{source}: every scenario needs a name of its own: {row!r}")
        found[scenario.name] = scenario
    return found


def to_toml(scenarios: Sequence[Scenario]) -> str:
    """Scenarios as the text that `load_scenarios` reads from a file.

    Parameters
    ----------
    scenarios : sequence of Scenario
        With names of their own.

    Returns
    -------
    str
        TOML.

    See Also
    --------
    critmin.scenario.save_scenarios : Into a file.
    critmin.scenario.load_scenarios : The way back.

    Examples
    --------
    >>> print(to_toml([Scenario("nothing", ())]))
    [[scenario]]
    name = "nothing"
    note = ""
    intervention = []
    <BLANKLINE>
    """
    blocks = []
    for scenario in scenarios:
        content = scenario.to_dict()
        lines = ["[[scenario]]", f"name = {written(content['name'])}"]
        lines.append(f"note = {written(content['note'])}")
        if not content["intervention"]:
            lines.append("intervention = []")
        for row in content["intervention"]:
            lines += ["", "[[scenario.intervention]]"]
            lines += [f"{key} = {written(value)}" for key, value in row.items()]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def save_scenarios(scenarios: Sequence[Scenario], path: str | Path) -> None:
    """Write scenarios as `load_scenarios` reads them, whole or not at all.

    Parameters
    ----------
    scenarios : sequence of Scenario
        With names of their own.
    path : path
        Of the TOML file.

    See Also
    --------
    critmin.scenario.load_scenarios : The way back.
    critmin.scenario.to_toml : The same as text.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_scenarios(gallery().values(), f"{folder}/mine.toml")
    ...     len(load_scenarios(f"{folder}/mine.toml")) == len(gallery())
    True
    """
    with replacing(Path(path)) as temporary:
        temporary.write_text(to_toml(scenarios), encoding="utf-8")


def gallery() -> dict[str, Scenario]:
    """Scenarios that come with critmin, by name.

    Returns
    -------
    dict of str to Scenario
        The caller's own.

    See Also
    --------
    critmin.scenario.load_scenarios : Those of a file of your own.
    critmin.sweep : Many at once.

    Examples
    --------
    >>> gallery()["gallium-ban"].interventions[0].withheld
    1.0
    """
    return dict(_gallery())


@cache
def _gallery() -> dict[str, Scenario]:
    text = files("critmin.scenario").joinpath("gallery.toml").read_text(encoding="utf-8")
    return _parsed(text, "gallery.toml")
