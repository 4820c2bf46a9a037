"""Refit a few minerals with a private price series, and name it in the provenance.

Usage: uv run python examples/private_prices.py

A real fit takes all minerals and the default draws; this one is short so that it runs in a minute, and
says so: it does not pass the diagnostics gate.
"""

import pandas as pd

import critmin

assessments = pd.DataFrame({"date": [2023, 2024, 2025], "value": [330.0, 460.0, 720.0]})
critmin.data.register(assessments, name="desk", mineral="gallium", unit="USD/kg")
posterior = critmin.fit(
    mineral=["gallium", "germanium"],
    draws=200,
    tune=200,
    chains=2,
    progressbar=False,
    allow_bad=True,
)
price = critmin.fair_price("gallium", posterior=posterior, unit="quoted", horizon=5)
print(price.summary(prob=0.9).round(0).to_string())
print("private data:", price.provenance["private"], "| gate:", price.provenance["diagnostics"])
critmin.data.unregister("private-desk")
