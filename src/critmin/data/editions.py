"""The vintage of the data. Rolling it a year forward is new files and one more number here."""

EDITIONS: tuple[int, ...] = (2022, 2023, 2024, 2025, 2026)
"""Editions of the USGS Mineral Commodity Summaries whose prices are at hand, oldest first. An
edition appears early in its year and first estimates the year before."""

NEWEST: int = EDITIONS[-1]
"""The edition that the panel stands on."""

LAST_YEAR: int = NEWEST - 1
"""Last year with prices."""
