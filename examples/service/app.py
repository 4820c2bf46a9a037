"""A service that prices: FastAPI over the plain install of critmin, without samplers and pictures.

Usage: uv run --no-dev --group service uvicorn --app-dir examples/service app:app --workers 2
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse

import critmin
from critmin.exceptions import MissingExtraError, PosteriorError

Basis = Literal["real", "nominal"]


@asynccontextmanager
async def _warm(_: FastAPI) -> AsyncIterator[None]:
    """Read the posterior before the first request comes."""
    critmin.fair_price("nickel", 1)
    yield


app = FastAPI(
    title="critmin", version=critmin.fair_price("nickel", 1).provenance["critmin"], lifespan=_warm
)


@app.exception_handler(critmin.CritminError)
def _refused(_: Request, error: critmin.CritminError) -> JSONResponse:
    """What cannot be priced is the caller's mistake, and the message names what would be right.

    What is not installed, and a posterior that cannot be read, are ours.
    """
    match error:
        case MissingExtraError():
            status = 501
        case PosteriorError():
            status = 500
        case _:
            status = 422
    return JSONResponse({"detail": str(error)}, status_code=status)


@lru_cache(maxsize=4096)
def _priced(
    mineral: str, horizon: int, unit: str, currency: str, basis: Basis, prob: float
) -> dict[str, Any]:
    """A price as JSON values; the same question has the same answer until the process ends."""
    price = critmin.fair_price(mineral, horizon, unit=unit, currency=currency, basis=basis)
    table = price.summary(prob)[["fair_price", "market_price"]]
    return {
        "mineral": price.mineral,
        "units": price.units,
        "probability": prob,
        "years": {
            str(year): {name: row[name].to_dict() for name in ("fair_price", "market_price")}
            for year, row in table.iterrows()
        },
        "data": price.provenance["data"],
        "posterior": price.provenance["posterior"],
        "assumption": price.provenance["assumption"],
    }


@app.get("/price/{mineral}")
def price(
    mineral: str,
    horizon: Annotated[int, Query(ge=1, le=40)] = 15,
    unit: str = "t",
    currency: str = "USD",
    basis: Basis = "real",
    prob: Annotated[float, Query(gt=0, lt=1)] = 0.9,
) -> dict[str, Any]:
    """Fair and market price of a mineral by year, with intervals."""
    return _priced(mineral, horizon, unit, currency, basis, prob)


@app.get("/minerals")
def minerals() -> list[str]:
    """What can be priced."""
    return critmin.builtin_posterior().minerals


@app.get("/health")
def health() -> dict[str, str]:
    """Which posterior answers."""
    return {"posterior": critmin.builtin_posterior().id}
