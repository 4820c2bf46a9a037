"""Data: the catalogue, the panel, trade, and private series.

`catalog` lists every data set, `load` gives one of them in the tidy layout, `load_panel` joins all into
one dataset, `load_trade` says who sells what to whom, `export_volumes` what controls withheld, `register`
adds a user's own, `registered` lists them.
"""

from critmin.data.catalogue import catalog, data_hash, load
from critmin.data.panel import load_panel
from critmin.data.private import registered, unregister
from critmin.data.registering import register
from critmin.data.trade import load_trade
from critmin.data.volumes import export_volumes

__all__ = [
    "catalog",
    "data_hash",
    "export_volumes",
    "load",
    "load_panel",
    "load_trade",
    "register",
    "registered",
    "unregister",
]
