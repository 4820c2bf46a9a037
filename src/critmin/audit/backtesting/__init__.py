"""Forecasts from past origins, and what came of them."""
