"""Public docstrings: parameters, returns and an example, by numpydoc's own checks."""

import importlib
import importlib.util
import re

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

CHECKS = {"GL08", "PR01", "PR02", "PR07", "RT01", "EX01"}
"""Missing docstring; parameters not described, or unknown; returns not described; no example."""

ROOMS = (
    "critmin",
    "critmin.audit",
    "critmin.data",
    "critmin.contracts",
    "critmin.scenario",
    "critmin.trade",
)


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


SMALL = ("apply", "words")
"""What interventions and clauses of contracts have: their page lists them side by side."""


def there(name: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one."""
    room, *rest = name.split(".")
    found = importlib.import_module(room)
    for part in rest:
        room += f".{part}"
        if hasattr(found, part):
            found = getattr(found, part)
        elif importlib.util.find_spec(room):
            found = importlib.import_module(room)
        else:
            return False
    return True


@pytest.mark.quick
@pytest.mark.parametrize("name", public())
def test_the_library_points_from_one_call_to_the_next(name: str) -> None:
    room, attribute = name.rsplit(".", 1)
    each = getattr(importlib.import_module(room), attribute)
    told = get_doc_object(each)
    if not any(hasattr(each, method) for method in SMALL):
        assert told["See Also"], name
    for other in re.findall(r"(critmin(?:\.\w+)+)", f"{told['See Also']}{told}"):
        assert there(other), other
