"""Publishers' country names to ISO 3166 alpha-3."""

import csv
import difflib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from critmin.exceptions import UnknownNameError

ROW = "ROW"
"""What the world has beyond the countries named."""

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
    "other": ROW,
    "others": ROW,
    "other countries": ROW,
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
        return ROW
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
    word = str(given).strip().upper()
    # Two letters are like many codes: only the country's own is worth a hint.
    close = difflib.get_close_matches(word, country_names(), n=1, cutoff=0.75)
    near = [_TWO_LETTERS[word]] if word in _TWO_LETTERS else [] if len(word) < 3 else close
    names = difflib.get_close_matches(str(given).lower(), _codes(), n=1, cutoff=0.8)
    code = near[0] if near and len(str(given)) < 4 else _codes()[names[0]] if names else None
    hint = f"did you mean {code!r}? " if code in country_names() else ""
    raise UnknownNameError(
        f"unknown {kind} {given!r:.80}: {hint}write an ISO 3166 alpha-3 code such as 'CHN' or 'COD'"
    )


def as_buyer(given: object, kind: str = "buyer") -> str:
    """Code of a country, or ``"EU"``, as a user writes it.

    Parameters
    ----------
    given : str
        As `as_country` takes it, or the European Union.
    kind : str
        What it is, for the error.

    Raises
    ------
    UnknownNameError
        As `as_country`.

    Examples
    --------
    >>> as_buyer("European Union"), as_buyer("Korea")
    ('EU', 'KOR')
    """
    if isinstance(given, str) and given.strip().lower() in _UNION:
        return "EU"
    return as_country(given, kind)


_UNION = ("eu", "european union", "eu27", "eu-27", "eu 27", "the eu")

_TWO_LETTERS = {
    pair[:2]: pair[3:]
    for pair in (
        "AE-ARE AO-AGO AR-ARG AT-AUT AU-AUS BE-BEL BG-BGR BI-BDI BO-BOL BR-BRA BW-BWA CA-CAN CD-COD "
        "CG-COG CH-CHE CL-CHL CN-CHN CO-COL CU-CUB CZ-CZE DE-DEU DK-DNK DO-DOM ES-ESP EE-EST FI-FIN "
        "FR-FRA GA-GAB GB-GBR GH-GHA GL-GRL GN-GIN GR-GRC GT-GTM HU-HUN ID-IDN IE-IRL IL-ISR IN-IND "
        "IR-IRN IS-ISL IT-ITA JM-JAM JO-JOR JP-JPN KE-KEN KG-KGZ KH-KHM KP-PRK KR-KOR KZ-KAZ LA-LAO "
        "LK-LKA LU-LUX LV-LVA MA-MAR MG-MDG MM-MMR MN-MNG MW-MWI MX-MEX MY-MYS MZ-MOZ NA-NAM NC-NCL "
        "NG-NGA NL-NLD NO-NOR NZ-NZL OM-OMN PE-PER PG-PNG PH-PHL PK-PAK PL-POL PT-PRT RO-ROU RS-SRB "
        "RU-RUS RW-RWA SA-SAU SE-SWE SG-SGP SI-SVN SK-SVK SL-SLE SN-SEN TH-THA TJ-TJK TN-TUN TR-TUR "
        "TW-TWN TZ-TZA UA-UKR UG-UGA UK-GBR US-USA UZ-UZB VE-VEN VN-VNM ZA-ZAF ZM-ZMB ZW-ZWE"
    ).split()
}
"""ISO 3166 alpha-2 codes of producers and buyers, for hints."""

_SPOKEN = {
    "drc": "COD",
    "dr congo": "COD",
    "uk": "GBR",
    "us": "USA",
    "u.s.": "USA",
    "u.s.a.": "USA",
    "united states of america": "USA",
    "america": "USA",
    "korea": "KOR",
    "s. korea": "KOR",
    "congo-kinshasa": "COD",
    "congo (kinshasa)": "COD",
    "congo-brazzaville": "COG",
    "congo (brazzaville)": "COG",
    "england": "GBR",
}
