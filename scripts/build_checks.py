"""Draw the predictive checks of docs/pictures: annual price changes of each group, and SBC ranks.

Usage: uv run python scripts/build_checks.py [SIMULATIONS]

Prior and posterior predictive draws of every observed price, less the price of the year before, against
what was observed; and the ranks of simulation-based calibration (100 histories by default). About a
quarter of an hour.
"""

import sys
from pathlib import Path

import numpy as np
import pymc as pm
from matplotlib.figure import Figure

from critmin.audit.checks.calibration import sbc
from critmin.audit.checks.refits import market_inputs
from critmin.data import load_panel
from critmin.inference.sampling import sample
from critmin.mineral import GROUPS
from critmin.model.market import build_model

TARGET = Path(__file__).parents[1] / "docs" / "pictures"
SEED = 20251202


def predictive() -> None:
    """Distributions of annual log changes: prior, posterior and observed."""
    inputs = market_inputs(load_panel())
    seen = np.isfinite(inputs.log_price)
    m, t = np.nonzero(seen[:, 1:] & (np.arange(1, seen.shape[1]) > inputs.first[:, None]))
    before = inputs.log_price[m, t]
    observed = inputs.log_price[m, t + 1]
    with build_model(inputs) as model:
        prior = pm.sample_prior_predictive(200, var_names=["log_price"], random_seed=SEED)
        trace = sample(model, draws=100, tune=600, seed=SEED, everything=True)
        posterior = pm.sample_posterior_predictive(
            trace, var_names=["log_price"], random_seed=SEED, progressbar=False
        )
    names = [str(label) for label in model.coords["observation"]]
    known = [f"{inputs.minerals[i]}:{inputs.years[j + 1]}" for i, j in zip(m, t, strict=True)]
    place = [names.index(label) for label in known]
    groups = np.array(inputs.groups)[m]
    figure = Figure(figsize=(11, 5.5), layout="constrained")
    axes = figure.subplots(2, 4, sharex=True).ravel()
    bins = np.linspace(-1.5, 1.5, 46)
    pit = np.empty(len(place))
    for ax, group in zip(axes, GROUPS, strict=True):
        rows = (groups == group) & np.isfinite(before)
        for source, color, label in (
            (prior["prior_predictive"], "#999999", "prior predictive"),
            (posterior["posterior_predictive"], "#1b6f5f", "posterior predictive"),
        ):
            draws = source["log_price"].values.reshape(-1, len(names))[:, place]
            change = (draws - before)[:, rows].ravel()
            ax.hist(change, bins=bins, density=True, histtype="step", color=color, label=label)
            if label.startswith("posterior"):
                pit[rows] = (draws < observed)[:, rows].mean(axis=0)
        ax.hist(
            (observed - before)[rows],
            bins=bins,
            density=True,
            color="#b5541c",
            alpha=0.35,
            label=f"observed ({rows.sum()})",
        )
        ax.set_title(group.replace("_", " "), fontsize=9)
        ax.set_yticks([])
        ax.legend(frameon=False, fontsize=6)
    figure.supxlabel("annual change of the log price", fontsize=9)
    figure.savefig(TARGET / "predictive.png", dpi=90, metadata={"Software": None})
    known_before = np.isfinite(before)
    figure = Figure(figsize=(6, 3), layout="constrained")
    ax = figure.subplots()
    ax.hist(pit[known_before], bins=20, range=(0, 1), density=True, color="#1b6f5f", alpha=0.6)
    ax.axhline(1, color="0.4", lw=1)
    ax.set_xlabel("probability integral transform of observed prices, in sample")
    figure.savefig(TARGET / "pit.png", dpi=90, metadata={"Software": None})


def calibration(simulations: int) -> None:
    """Histograms of the ranks of the truth by parameter."""
    table = sbc(simulations, seed=SEED)
    print(table.round(3).to_string())
    print(f"{table.attrs['divergences']} divergences in {simulations} fits")
    ranks = table.attrs["ranks"]
    figure = Figure(figsize=(11, 5.5), layout="constrained")
    axes = figure.subplots(3, 6, sharex=True).ravel()
    for ax, (name, found) in zip(axes, ranks.items(), strict=False):
        flat = found[np.isfinite(found)]
        ax.hist(flat, bins=10, range=(0, 1), density=True, color="#1b6f5f", alpha=0.6)
        ax.axhline(1, color="0.4", lw=1)
        ax.set_title(name.replace("_", " "), fontsize=8)
        ax.set_yticks([])
    for ax in axes[len(ranks) :]:
        ax.set_axis_off()
    figure.supxlabel("rank of the truth among posterior draws", fontsize=9)
    figure.savefig(TARGET / "sbc.png", dpi=90, metadata={"Software": None})


def main() -> None:
    """Draw all."""
    TARGET.mkdir(parents=True, exist_ok=True)
    predictive()
    calibration(int(sys.argv[1]) if len(sys.argv) > 1 else 100)


if __name__ == "__main__":
    main()
