"""Publishers' country names to ISO 3166 alpha-3."""

import csv
import difflib
import re
from functools import cache
from importlib.resources import files

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
def country_names() -> dict[str, str]:
    """ISO 3166 alpha-3 codes and short names."""
    text = files("critmin.data").joinpath("countries.csv").read_text(encoding="utf-8")
    return {row["iso3"]: row["name"] for row in csv.DictReader(text.splitlines())}


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
