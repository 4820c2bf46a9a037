"""What is assimilated beside what drawing until it is met has kept."""

from collections.abc import Mapping

import numpy as np
import pytest


def agrees(found: Mapping[str, np.ndarray], brute: Mapping[str, np.ndarray]) -> None:
    """Assert that means differ by chance alone (a false alarm in 16,000 each), and spreads by little."""
    for name, values in found.items():
        error = np.sqrt(brute[name].var() / len(brute[name]) + values.var() / 1000)
        assert abs(values.mean() - brute[name].mean()) < 4 * error, name
        assert values.std() == pytest.approx(brute[name].std(), rel=0.15), name
