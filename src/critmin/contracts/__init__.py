"""Long-term supply contracts on the draws of a forecast: what they are worth, to whom, and where both gain.

An `Offtake` holds who sells what to whom, a term of price (`Collar`, `Indexed`, ...) and clauses (`Take`,
`Default`, ...); prices and clauses compose with ``+``. ``offtake.value()`` gives a `Valuation`,
``offtake.zone()`` a `Zone`, `Project` the mine behind it, `FairIndex` the index to sign.
"""

from critmin.contracts.adjustments import (
    Blend,
    Cap,
    Collar,
    Escalated,
    Floor,
    Reviewed,
    Shared,
    Toll,
)
from critmin.contracts.clauses import Delivery, Prepayment, Streaming, Take
from critmin.contracts.files import gallery
from critmin.contracts.finances import Finance, finance_table
from critmin.contracts.index import FairIndex
from critmin.contracts.lognormal import lognormal_forecast
from critmin.contracts.others import Royalty, Security, StateFloor, StateShare
from critmin.contracts.parties import Default, Party, Renegotiation
from critmin.contracts.past import contract_backtest
from critmin.contracts.prices import Fixed, Indexed, Premium
from critmin.contracts.project import Project
from critmin.contracts.result import Valuation
from critmin.contracts.terms import Offtake
from critmin.contracts.zones import Zone

__all__ = [
    "Blend",
    "Cap",
    "Collar",
    "Default",
    "Delivery",
    "Escalated",
    "FairIndex",
    "Finance",
    "Fixed",
    "Floor",
    "Indexed",
    "Offtake",
    "Party",
    "Premium",
    "Prepayment",
    "Project",
    "Renegotiation",
    "Reviewed",
    "Royalty",
    "Security",
    "Shared",
    "StateFloor",
    "StateShare",
    "Streaming",
    "Take",
    "Toll",
    "Valuation",
    "Zone",
    "contract_backtest",
    "finance_table",
    "gallery",
    "lognormal_forecast",
]
