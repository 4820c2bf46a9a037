"""The parts of the built-in snapshot, one module a kind of data."""
