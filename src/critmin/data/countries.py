"""Publishers' country names to ISO 3166 alpha-3."""

import csv
import difflib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from critmin.exceptions import UnknownNameError

# Names that publishers use beside the ISO short names, and names of no single country today.
_ALIASES = {
    "bolivia": "BOL",
    "bosnia": "BIH",
    "brunei": "BRN",
    "burma": "MMR",
    "cape verde": "CPV",
    "congo": "COD",
    "congo kinshasa": "COD",
    "congo brazzaville": "COG",
    "cote d'ivoire": "CIV",
    "côte d’ivoire": "CIV",
    "ivory coast": "CIV",
    "czech republic": "CZE",
    "czechia": "CZE",
    "great britain": "GBR",
    "iran": "IRN",
    "korea": "KOR",
    "korea, republic of": "KOR",
    "korea republic of": "KOR",
    "republic of korea": "KOR",
    "south korea": "KOR",
    "korea, north": "PRK",
    "korea north": "PRK",
    "north korea": "PRK",
    "morocco and western sahara": "MAR",
    "kyrgyzstan": "KGZ",
    "laos": "LAO",
    "macedonia": "MKD",
    "moldova": "MDA",
    "other": "ROW",
    "others": "ROW",
    "other countries": "ROW",
    "russia": "RUS",
    "serbia and montenegro": "SCG",
    "soviet union": "SUN",
    "swaziland": "SWZ",
    "syria": "SYR",
    "taiwan": "TWN",
    "tanzania": "TZA",
    "turkey": "TUR",
    "türkiye": "TUR",
    "u.s.s.r.": "SUN",
    "united states": "USA",
    "united states and canada": "USA+CAN",
    "venezuela": "VEN",
    "vietnam": "VNM",
    "yugoslavia": "YUG",
    "zaire": "COD",
}
_FOOTNOTES = re.compile(r"\s*\(.*?\)|[0-9*†‡]+|\s+e$")


@cache
def country_names() -> Mapping[str, str]:
    """ISO 3166 alpha-3 codes and short names."""
    text = files("critmin.data").joinpath("countries.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["iso3"]: row["name"] for row in rows})


@cache
def _codes() -> dict[str, str]:
    return {name.lower(): code for code, name in country_names().items()} | _ALIASES


@cache
def iso3(name: str) -> str | None:
    """Code of a country as a publisher writes it.

    Parameters
    ----------
    name : str
        With or without footnote marks, such as ``"Congo (Kinshasa)"`` or ``"World total (rounded)"``.

    Returns
    -------
    str or None
        ISO 3166 alpha-3, ``"WLD"`` for a world total, ``"ROW"`` for other countries, None if the
        name is not known.

    Examples
    --------
    >>> iso3("Congo (Kinshasa)"), iso3("World total (rounded)"), iso3("Atlantis")
    ('COD', 'WLD', None)
    """
    text = " ".join(name.split()).strip(" ,.;—–-").lower()
    if text.startswith("world"):
        return "WLD"
    if text.startswith("other"):
        return "ROW"
    if text == "congo (brazzaville)":
        return "COG"
    plain = " ".join(_FOOTNOTES.sub(" ", text).split()).strip(" ,.;—–-")
    return _codes().get(text) or _codes().get(plain)


@cache
def guess_iso3(name: str) -> str | None:
    """Code of a country whose name lost its last letters or gained debris; None if in doubt."""
    plain = re.sub(r"[^A-Za-z,.' ]", " ", name)
    plain = re.sub(r"\b(NA|W|e|XX)\b", " ", plain)
    plain = " ".join(plain.split()).strip(" ,.;").lower()
    if (found := iso3(plain)) is not None:
        return found
    if not 4 <= len(plain) <= 30:
        return None
    near = difflib.get_close_matches(plain, _codes(), n=1, cutoff=0.87)
    return _codes()[near[0]] if near else None


def as_country(given: object, kind: str = "country") -> str:
    """Code of a country as a user writes it.

    Parameters
    ----------
    given : str
        ISO 3166 alpha-3 in any case, or a name, such as ``"JPN"``, ``"jpn"`` or ``"Japan"``.
    kind : str
        What it is, for the error.

    Raises
    ------
    UnknownNameError
        In one line, with the nearest code or name.

    Examples
    --------
    >>> as_country("Japan"), as_country("chn"), as_country("DRC")
    ('JPN', 'CHN', 'COD')
    """
    if isinstance(given, str):
        text = given.strip()
        if text.upper() in country_names():
            return text.upper()
        found = _SPOKEN.get(text.lower()) or _codes().get(text.lower(), "")
        if found in country_names():
            return found
    near = difflib.get_close_matches(str(given).upper(), country_names(), n=1, cutoff=0.75)
    names = difflib.get_close_matches(str(given).lower(), _codes(), n=1, cutoff=0.8)
    code = near[0] if near and len(str(given)) < 4 else _codes()[names[0]] if names else None
    hint = f"did you mean {code!r}? " if code in country_names() else ""
    raise UnknownNameError(
        f"unknown {kind} {given!r:.80}: {hint}write an ISO 3166 alpha-3 code such as 'CHN' or 'COD'"
    )


_SPOKEN = {
    "drc": "COD",
    "dr congo": "COD",
    "uk": "GBR",
    "us": "USA",
    "u.s.": "USA",
    "america": "USA",
    "korea": "KOR",
}
