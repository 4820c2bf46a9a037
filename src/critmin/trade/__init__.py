"""Who buys from whom: suppliers, what stands behind them, what is normal, and how a stop is met.

Knows the data only; shares of output are handed in. `suppliers` and `second_hand` read one buyer's
trade, `unit_values` what its customs saw it pay, `normal_exports` sets a producer's exports against its
output, `reroute`, `diversify` and `replacement` ask who else could deliver.
"""

from critmin.trade.flows import Suppliers, second_hand, suppliers, unit_values
from critmin.trade.normal import normal_exports
from critmin.trade.routing import Diversification, Rerouting, diversify, reroute
from critmin.trade.stops import Replacement, replacement

__all__ = [
    "Diversification",
    "Replacement",
    "Rerouting",
    "Suppliers",
    "diversify",
    "normal_exports",
    "replacement",
    "reroute",
    "second_hand",
    "suppliers",
    "unit_values",
]
