"""Words of a brief in each language."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from critmin.data.countries import country_names
from critmin.mineral import get_mineral


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of one language.

    Attributes
    ----------
    language : str
    texts : dict of str to str
        By key, with fields in braces.
    countries, minerals, labels, measures : dict of str to str
        Names by code, by mineral, of what stands in pictures, and of restrictions.
    """

    language: str
    texts: dict[str, str]
    countries: dict[str, str]
    minerals: dict[str, str]
    labels: dict[str, str]
    measures: dict[str, str]

    def __call__(self, key: str, **fields: Any) -> str:
        """A text with its fields filled."""
        return self.texts[key].format(**fields)

    def country(self, code: str) -> str:
        """A country's name; its code where none is known."""
        if code in self.countries:
            return self.countries[code]
        return str(country_names().get(code, code))

    def measure(self, name: str) -> str:
        """The name of a restriction."""
        return self.measures.get(name, name)

    def classes(self, counted: str) -> str:
        """Years by class of price in words, from such as ``"U43 L23"``."""
        return ", ".join(self(f"class_{each[0]}", count=each[1:]) for each in counted.split())

    def mineral(self, name: str) -> str:
        """A mineral's name."""
        return self.minerals.get(name) or get_mineral(name).title


@cache
def words_of(language: str) -> Words:
    """Texts of a language of ``words.toml``.

    Examples
    --------
    >>> words_of("ja").mineral("gallium"), words_of("en").country("COD")
    ('ガリウム', 'DR Congo')
    """
    text = files("critmin").joinpath("briefs", "words.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)[language]
    parts = {name: table.pop(name, {}) for name in ("countries", "minerals", "labels", "measures")}
    return Words(language, table, **parts)
