"""critmin."""
