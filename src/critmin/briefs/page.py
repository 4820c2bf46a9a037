"""`brief`: one page about a mineral, for somebody who will not run Python."""

import html
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

import jinja2

from critmin.briefs.drawings import drawings
from critmin.briefs.facts import facts_of
from critmin.briefs.gathering import gather
from critmin.briefs.words import Words, words_of
from critmin.data.countries import as_buyer
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.files import replacing
from critmin.internal.tables import signed_percent, significant
from critmin.mineral import get_mineral
from critmin.posterior import Posterior
from critmin.results.currencies import buyers_money
from critmin.results.request import Request

Language = Literal["en", "ja"]

BUYERS: dict[str, str] = {"en": "USA", "ja": "JPN"}
"""Who buys where nobody is named, by language."""


@dataclass(frozen=True, slots=True, eq=False)
class Brief:
    """One page about a mineral, for one buyer.

    Attributes
    ----------
    mineral, buyer, language : str
    facts : dict
        Everything that the page says, as plain values.
    pictures : dict of str to str
        SVG by name.

    See Also
    --------
    critmin.brief : Makes one.

    Examples
    --------
    >>> from critmin import brief
    >>> page = brief("tin", horizon=5)
    >>> page
    Brief(tin for USA, en; data to 2025, one year old)
    >>> page.to_html().startswith("<!doctype html>")
    True
    """

    mineral: str
    buyer: str
    language: Language
    facts: dict[str, Any]
    pictures: dict[str, str]

    def to_html(self, path: str | Path | None = None) -> str:
        """Write the page, self-contained, whole or not at all.

        Parameters
        ----------
        path : path, optional
            Also write it there.

        Returns
        -------
        str

        Raises
        ------
        CritminError
            If it cannot be written.
        """
        words = words_of(self.language)
        units, classes = self.facts["units"], self.facts["trust"]["classes"]
        text = _template().render(
            f=self.facts,
            w=words,
            n=_number(words),
            pictures=self.pictures,
            units=words("units", units=units, **self.facts["money"]),
            classes=words.classes(classes),
        )
        if path is not None:
            with replacing(Path(path)) as temporary:
                temporary.write_text(text, encoding="utf-8")
        return text

    def to_json(self) -> str:
        """The facts as JSON text."""
        return json.dumps(self.facts, indent=1, ensure_ascii=False)

    def __repr__(self) -> str:
        """What it is about, and how old its data are."""
        about = self.facts["trust"]["data"]
        return f"Brief({self.mineral} for {self.buyer}, {self.language}; {about})"

    def _repr_html_(self) -> str:
        """In a frame of its own, so that its style stays within."""
        page = html.escape(self.to_html(), quote=True)
        title = html.escape(repr(self), quote=True)
        return f'<iframe title="{title}" srcdoc="{page}" style="width:100%;height:46rem;border:0"></iframe>'


def brief(
    mineral: str,
    buyer: str | None = None,
    *,
    lang: Language = "en",
    horizon: int = 10,
    currency: str | None = None,
    unit: str = "quoted",
    posterior: Posterior | str | Path | None = None,
    seed: int = 0,
) -> Brief:
    """Put what is known of a mineral on one page, to hand over.

    Parameters
    ----------
    mineral : str
        A name of `critmin.minerals`.
    buyer : str, optional
        ISO 3166 alpha-3 code or name of a country, or ``"EU"``; by default the United States in
        English, Japan in Japanese.
    lang : {"en", "ja"}
        Language of the page.
    horizon : int
        Years, 3 to 40.
    currency : str, optional
        The buyer's own by default.
    unit : str
        Of the prices, as in `critmin.fair_price`; what the market quotes by default.
    posterior : Posterior or path, optional
        The built-in one by default.
    seed : int
        The same seed gives the same page.

    Returns
    -------
    Brief

    Raises
    ------
    UnknownNameError
        If mineral, buyer, currency, unit or language is not known.
    MissingExtraError
        If Matplotlib is not installed.

    See Also
    --------
    critmin.audit.report : The evidence behind a mineral's price, for an auditor.

    Examples
    --------
    >>> page = brief("nickel", "JPN", lang="ja")
    >>> page.facts["prices"][0]["name"], page.facts["buyer"]
    ('market_price', 'JPN')
    """
    if lang not in get_args(Language):
        raise UnknownNameError.of("language", lang, get_args(Language))
    about = get_mineral(mineral)
    given = BUYERS[lang] if buyer is None else buyer
    code = as_buyer(given)
    money = buyers_money(code) if currency is None else currency
    request = Request.of(horizon=horizon, currency=money, unit=unit, posterior=posterior, seed=seed)
    if request.horizon < 3:
        raise CritminError(f"a brief looks 3 years ahead at least, got {horizon}")
    found = gather(about.name, code, request.horizon, money, request)
    facts = facts_of(found, request)
    facts["command"] = (
        f"critmin brief {about.name} --buyer {code} --lang {lang} --horizon {request.horizon} "
        f"--currency {money} --unit {unit} --seed {request.seed}"
    )
    return Brief(about.name, code, lang, facts, drawings(found, words_of(lang).labels))


@cache
def _template() -> jinja2.Template:
    text = files("critmin").joinpath("briefs", "page.html.jinja").read_text(encoding="utf-8")
    made = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.from_string(text)


def _number(words: Words) -> dict[str, Any]:
    """How the page writes numbers."""

    def percent(share: float) -> str:
        shown = 100 * share
        if 0 < shown < 1:
            return words("under", value="1%")
        return f"{shown:.0f}%"

    def change(ratio: float) -> str:
        return signed_percent(ratio - 1)

    def tonnes(mass: float) -> str:
        return significant(mass).removesuffix(".00").removesuffix(".0")

    def times(ratio: float) -> str:
        return f"\u00d7{ratio:.2f}"

    return {
        "sig": significant,
        "percent": percent,
        "change": change,
        "tonnes": tonnes,
        "times": times,
    }
