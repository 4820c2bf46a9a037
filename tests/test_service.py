"""The example service answers what the library says, and loads no sampler."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from critmin import fair_price
from critmin.exceptions import (
    ConvergenceError,
    MissingExtraError,
    PosteriorError,
    UnknownNameError,
)

FOLDER = Path(__file__).parents[1] / "examples" / "service"
fastapi_testclient = pytest.importorskip("fastapi.testclient")


@pytest.fixture(scope="module")
def client():
    spec = importlib.util.spec_from_file_location("service_app", FOLDER / "app.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["service_app"] = module
    spec.loader.exec_module(module)
    with fastapi_testclient.TestClient(module.app) as client:
        yield client


def test_it_answers_with_the_price(client) -> None:
    answer = client.get("/price/gallium?horizon=3&unit=quoted&currency=JPY").json()
    price = fair_price("gallium", 3, unit="quoted", currency="JPY")
    table = price.summary(0.9)
    assert answer["units"] == price.units
    for year, row in answer["years"].items():
        for name in ("fair_price", "market_price"):
            assert row[name]["median"] == table.loc[int(year), (name, "median")]
    assert (
        answer["posterior"]
        == price.provenance["posterior"]
        == client.get("/health").json()["posterior"]
    )
    assert "gallium" in client.get("/minerals").json()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/price/galium", "did you mean 'gallium'"),
        ("/price/tin?unit=stone", "unit"),
        ("/price/tin?horizon=99", "40"),
        ("/price/tin?prob=1", "less than 1"),
    ],
)
def test_what_cannot_be_priced_is_the_callers_mistake(client, path: str, reason: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert reason in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownNameError("unknown unit"), 422),
        (ConvergenceError("too far from what this posterior knows"), 422),
        (PosteriorError("of another version"), 500),
        (MissingExtraError.of("matplotlib", "plot"), 501),
    ],
)
def test_what_the_service_lacks_is_not_the_callers_mistake(client, error, status: int) -> None:
    answer = sys.modules["service_app"]._refused(None, error)
    assert answer.status_code == status
    assert json.loads(answer.body) == {"detail": str(error)}


def test_it_loads_neither_sampler_nor_pictures() -> None:
    code = (
        "import sys; import app; from fastapi.testclient import TestClient\n"
        "with TestClient(app.app) as c: assert c.get('/price/tin').status_code == 200\n"
        "assert not {'pymc', 'pytensor', 'matplotlib', 'numba'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
