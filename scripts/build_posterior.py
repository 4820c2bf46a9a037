"""Fit the built-in posterior and put it into the package.

Usage: uv run python scripts/build_posterior.py

The file is tied to the model's version and to the hash of the snapshot; tests fail when it is stale.
"""

from pathlib import Path

from critmin.inference.fitting import fit

TARGET = Path(__file__).parents[1] / "src" / "critmin" / "builtin_posterior.nc"


def main() -> None:
    """Fit and write."""
    posterior = fit(seed=20261129)
    posterior.to_netcdf(TARGET)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, {posterior.diagnostics}")


if __name__ == "__main__":
    main()
