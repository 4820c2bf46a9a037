"""Onsets, durations and their recovery from simulated events."""

import dataclasses

import numpy as np
import pytest

from critmin.data import load_panel
from critmin.model.restrictions import build_restriction_model, make_exporters


@pytest.fixture(scope="module")
def exporters():
    return make_exporters(load_panel())


def test_exposure_counts_decisions(exporters) -> None:
    x = exporters
    label = {
        (x.commodities[i], x.countries[j]): k
        for k, (i, j) in enumerate(zip(x.commodity, x.country, strict=True))
    }
    # China's rare earths 2020-2024: no export restriction of the model's kinds began; 2025: two.
    rare = x.onsets[label["rare_earths", "CHN"]]
    assert rare[x.periods.index("2025-2025")] >= 1
    assert x.onsets[label["cobalt", "COD"], x.periods.index("2025-2025")] == 2  # ban, then quota
    assert x.onsets[label["nickel", "IDN"], x.periods.index("2010-2014")] == 1
    assert x.onsets.sum() >= 60
    assert (x.duration > 0).all()
    assert x.ended.sum() < len(x.ended)


def test_hazard_and_duration_are_recovered(exporters) -> None:
    import nutpie

    rng = np.random.default_rng(3)
    country = rng.normal(0, 1.0, len(exporters.countries))
    rate = np.exp(
        np.log(0.05)
        + country[exporters.country][:, None]
        + 0.8 * (exporters.log_share - np.log(0.2))
    )
    full = rng.lognormal(np.log(4), 1.0, 150)
    seen = rng.uniform(1, 12, 150)
    made = dataclasses.replace(
        exporters,
        onsets=rng.poisson(rate * exporters.years),
        duration=np.minimum(full, seen),
        ended=full <= seen,
    )
    compiled = nutpie.compile_pymc_model(build_restriction_model(made), backend="numba")
    posterior = nutpie.sample(
        compiled,
        draws=300,
        tune=500,
        chains=2,
        seed=1,
        target_accept=0.95,
        progress_bar=False,
        save_warmup=False,
    )["posterior"]
    for name, truth in (("share_effect", 0.8), ("duration_log_sd", 1.0), ("typical_duration", 4.0)):
        low, high = np.quantile(posterior[name].values, [0.005, 0.995])
        assert low < truth < high, (name, low, high)
    found = posterior["country_effect"].mean(("chain", "draw")).values
    many = np.bincount(exporters.country, minlength=len(country)) >= 4
    assert np.corrcoef(found[many], country[many])[0, 1] > 0.7
