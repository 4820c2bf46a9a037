"""Posterior draws run forward: no PyMC here."""
