"""Loaders: one file a publisher's layout, each returning the tidy layout of `critmin.data.tidy`."""
