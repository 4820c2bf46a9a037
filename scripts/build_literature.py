"""Run the meta-analysis of published elasticities and store the priors it gives.

Usage: uv run python scripts/build_literature.py
"""

from pathlib import Path

import arviz as az
import nutpie
import pandas as pd

from critmin.internal.files import replacing
from critmin.model.literature import SERIES, build_meta_analysis, substitution, summarise

TARGET = Path(__file__).parents[1] / "src" / "critmin" / "model" / "literature.csv"


def main() -> None:
    """Fit, check, write."""
    tables, fits = [], {}
    for elasticity in SERIES:
        compiled = nutpie.compile_pymc_model(build_meta_analysis(elasticity), backend="numba")
        trace = nutpie.sample(
            compiled,
            draws=3000,
            tune=2000,
            chains=4,
            seed=20251202,
            target_accept=0.98,
            progress_bar=False,
        )
        posterior = trace["posterior"].to_dataset()
        summary = az.summary(trace, round_to=3)
        divergences = int(trace["sample_stats"]["diverging"].sum())
        print(
            f"{elasticity}: {divergences} divergences, "
            f"R-hat {az.rhat(posterior).to_array().max().item():.4f}, "
            f"bulk ESS {az.ess(posterior).to_array().min().item():.0f}"
        )
        names = ["typical", "spread", "bias", "publication_scatter", "tail", "error"]
        print(summary.loc[names].to_string())
        fits[elasticity] = posterior
        tables.append(summarise(elasticity, posterior))
    tables.append(substitution(fits["demand"], fits["supply"]))
    table = pd.concat(tables, ignore_index=True)
    print(table.to_string())
    with replacing(TARGET) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
