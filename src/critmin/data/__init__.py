"""Data: the catalogue, the panel, and private series.

`catalog` lists every data set, `load` gives one of them in the tidy layout, `load_panel` joins all into
one dataset, `register` adds a user's own, `registered` lists them.
"""

from critmin.data.catalogue import catalog, data_hash, load
from critmin.data.panel import load_panel
from critmin.data.private import registered, unregister
from critmin.data.registering import register

__all__ = ["catalog", "data_hash", "load", "load_panel", "register", "registered", "unregister"]
