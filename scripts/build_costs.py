"""Print what the cost model says: points refused, parameters, costs by country, what it predicts unseen.

Usage: uv run python scripts/build_costs.py [check]

With "check" also predicts assets and countries left out (16 exact refits, about ten minutes).
"""

import sys

import numpy as np
import pandas as pd
import xarray as xr

from critmin.audit.checks.costs import cost_scores, left_out_costs
from critmin.data import load_panel
from critmin.inference.cost_reduction import decided_by
from critmin.inference.sampling import sample
from critmin.model.cost_evidence import cost_evidence
from critmin.model.curve import MARGIN, cost_anchors, quantile, relative_costs
from critmin.model.producer_costs import Producers, build_producer_cost_model, make_producers

SEED = 20251202
QUANTILES = (0.05, 0.5, 0.95)


def shown(draws: np.ndarray) -> str:
    """Median and 90% interval, three digits."""
    low, median, high = np.quantile(draws, QUANTILES)
    return f"{median:,.3g} ({low:,.3g} to {high:,.3g})"


def mineral_lines(panel: xr.Dataset, x: Producers, flat: xr.Dataset, k: int) -> list[str]:
    """Marginal cost and costs by country of one mineral at the panel's end."""
    mineral = x.points.costed[k]
    level = flat["cost_level"].sel(costed=mineral).values
    level = level + flat["driver_response"].values * x.points.last_shift[k]
    where = np.array([i for i, (m, _) in enumerate(x.pairs) if m == mineral], dtype=int)
    cost = level + relative_costs(flat, x)[where]
    capacity, words = x.capacity[where], decided_by(x)
    lines = []
    if capacity.any():
        made = capacity > 0
        spread = flat["asset_spread"].sel(costed=mineral).values
        margin = np.exp(quantile(cost[made], spread, capacity[made], MARGIN))
        price = panel["price"].sel(mineral=mineral, year=slice(2020, 2025)).values
        prices = ", ".join(f"{p:,.3g}" for p in price)
        lines.append(f"{mineral}: marginal {shown(margin)}; prices from 2020 {prices}")
    for i in np.argsort(np.median(cost, axis=1)):
        share = capacity[i] / max(capacity.sum(), 1)
        country = x.pairs[where[i]][1]
        lines.append(f"    {country} {share:.0%}: {shown(np.exp(cost[i]))}; {words[where[i]]}")
    return lines


def main() -> None:
    """Fit and print."""
    panel = load_panel()
    _, refused = cost_evidence(panel)
    print(refused.to_string(), "\n")
    x = make_producers(panel)
    trace = sample(
        build_producer_cost_model(x), draws=1500, tune=800, seed=SEED, target_accept=0.95
    )
    posterior = trace["posterior"].to_dataset()
    for name, variable in posterior.data_vars.items():
        if variable.ndim == 2:
            print(f"{name} {float(variable.mean()):.3f} ({float(variable.std()):.3f})")
    print("\n", cost_anchors(posterior, x).round(3).to_string(index=False), "\n")
    flat = posterior.stack(sample=("chain", "draw"), create_index=False)  # noqa: PD013 (not pandas)
    for k in range(len(x.points.costed)):
        print("\n".join(mineral_lines(panel, x, flat, k)))
    if "check" in sys.argv[1:]:
        scores = {
            unit: cost_scores(left_out_costs(panel, unit=unit)) for unit in ("asset", "country")
        }
        print("\n", pd.DataFrame(scores).round(3).to_string())


if __name__ == "__main__":
    main()
