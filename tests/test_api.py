"""The public door, and how light it is."""

import json
import subprocess
import sys

import pytest

import critmin

HEAVY = ("pymc", "pytensor", "numba", "matplotlib", "arviz", "nutpie")


def loaded(code: str) -> list[str]:
    probe = (
        f"import sys, json; {code}; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "code",
    [
        "import critmin",
        "import critmin; critmin.fair_price('tin')",
        "import critmin; critmin.minerals()",
        "import critmin; critmin.cost_curve('tin'); critmin.disruption_risk('tin')",
        "import critmin.cli",
    ],
)
def test_light_to_import(code: str) -> None:
    assert loaded(code) == []


def test_public_names_resolve_and_are_few() -> None:
    assert len(critmin.__all__) <= 24
    assert all(getattr(critmin, name) is not None for name in critmin.__all__)
    assert dir(critmin) == sorted(critmin.__all__)
    with pytest.raises(AttributeError, match="no attribute 'fairprice'"):
        _ = critmin.fairprice
