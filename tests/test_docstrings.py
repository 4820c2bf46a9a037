"""Public docstrings: parameters, returns and an example, by numpydoc's own checks."""

import importlib
import re

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import critmin

CHECKS = {"GL08", "PR01", "PR02", "PR07", "RT01", "EX01"}
"""Missing docstring; parameters not described, or unknown; returns not described; no example."""

ROOMS = ("critmin", "critmin.data", "critmin.contracts", "critmin.scenario", "critmin.trade")


def public() -> list[str]:
    found = []
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            each = getattr(module, name)
            if callable(each) and not (isinstance(each, type) and issubclass(each, Exception)):
                found.append(f"{room}.{name}")
    return found


@pytest.mark.quick
@pytest.mark.parametrize("name", public())
def test_a_public_name_is_documented(name: str) -> None:
    room, attribute = name.rsplit(".", 1)
    each = getattr(importlib.import_module(room), attribute)
    home = f"{each.__module__}.{each.__qualname__}"
    found = {code: text for code, text in validate(home)["errors"] if code in CHECKS}
    if isinstance(each, type):
        found.pop("PR01", None)  # attributes are described as such
        found.pop("PR02", None)
    assert not found, found


ALONE = {"Posterior", "builtin_posterior", "build_model"}
"""Others point to them."""


@pytest.mark.quick
def test_the_library_points_from_one_call_to_the_next() -> None:
    for name in critmin.__all__:
        each = getattr(critmin, name)
        error = isinstance(each, type) and issubclass(each, Exception)
        if callable(each) and not error and name not in ALONE:
            told = str(get_doc_object(each)["See Also"])
            assert "critmin." in told, name
            for other in re.findall(r"critmin\.([\w.]+)", told):
                room, _, attribute = f"critmin.{other}".rpartition(".")
                assert hasattr(importlib.import_module(room), attribute), other
