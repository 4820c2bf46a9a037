"""Version of the model, kept where reading it costs no PyMC."""

MODEL_VERSION = "4.2"
"""Raised whenever draws of an older model no longer mean the same."""
