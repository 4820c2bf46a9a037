"""A page about a mineral to hand over: `critmin.brief`."""
